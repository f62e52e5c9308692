"""Our own reader of written lines: a small CTC network trained on made-up fax crops.

Its recipe is training/, what it is worth stands in docs/model-card-cells.md. One thread; the network is loaded once a
process. A line's reading does not depend on which lines are read with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from extractors.page_images import Gray
from extractors.readers.alphabets import ALPHABETS
from extractors.readers.cell_image import HEIGHT, cell_image
from extractors.readers.ctc import Frames, decode_greedily
from extractors.readers.networks import MODELS, description, loaded_network
from extractors.readers.reader import NOTHING_READ, Crop, ReaderResult, Writing

_WIDTH_STEP = 32
"""Lines are padded with paper to a multiple of this, and batched with lines of that very width only."""
_BATCH = 16
_SMALLEST_LINE = 2
_PAPER = 200
"""Grey level from which a pixel is no ink."""


@dataclass(frozen=True, slots=True)
class CellModel:
    """The network and what stands beside it in cells.toml; `temperature` divides scores before they become chances."""

    network: onnxruntime.InferenceSession
    alphabet: str
    version: str
    temperature: float


class CellReader:
    """Reads lines of at least two pixels each way; the frames it gives keep to the alphabet of the line's writing."""

    name = "cells"

    def __init__(self, folder: Path = MODELS) -> None:
        self._folder = folder
        self.version = str(description(folder, "cells")["version"])

    def reads(self, writing: Writing) -> bool:
        """Every box of the forms; what is written outside of them goes to a person anyway."""
        return writing is not Writing.WORDS

    def read(self, crops: Sequence[Crop]) -> Sequence[ReaderResult]:
        """One result for each crop, in their order. The network was never shown a line without ink: it gets none."""
        readable = {place: cell_image(crop.picture) for place, crop in enumerate(crops) if _holds_a_line(crop.picture)}
        results: dict[int, ReaderResult] = {}
        for batch in _batches(readable):
            scores = self._scores([readable[place] for place in batch])
            for place, line in zip(batch, scores, strict=True):
                results[place] = _result(line, _model(self._folder).alphabet, crops[place].writing)
        return [results.get(place, NOTHING_READ) for place in range(len(crops))]

    def _scores(self, lines: Sequence[Gray]) -> NDArray[np.float32]:
        """Tempered scores: lines x time steps x classes."""
        model = _model(self._folder)
        stack = np.zeros((len(lines), 1, HEIGHT, _padded(lines[0])), dtype=np.float32)
        for place, line in enumerate(lines):
            stack[place, 0, :, : line.shape[1]] = (255 - line) / np.float32(255.0)
        scores = model.network.run(None, {"pictures": stack})[0]
        return np.asarray(scores, dtype=np.float32) / np.float32(model.temperature)


def _holds_a_line(picture: Gray) -> bool:
    return min(picture.shape, default=0) >= _SMALLEST_LINE and bool(picture.min() < _PAPER)


def _padded(line: Gray) -> int:
    width: int = line.shape[1]
    return -(-width // _WIDTH_STEP) * _WIDTH_STEP


def _batches(lines: dict[int, Gray]) -> Iterator[list[int]]:
    """Places of lines that are padded to the same width, at most _BATCH at a time."""
    by_width = sorted(lines, key=lambda place: _padded(lines[place]))
    for _, group in groupby(by_width, key=lambda place: _padded(lines[place])):
        alike = list(group)
        yield from (alike[start : start + _BATCH] for start in range(0, len(alike), _BATCH))


def _result(scores: NDArray[np.float32], alphabet: str, writing: Writing) -> ReaderResult:
    frames = _restricted(scores, alphabet, ALPHABETS[writing])
    text, characters = decode_greedily(frames)
    plain, _ = decode_greedily(_restricted(scores, alphabet, alphabet))
    return ReaderResult(text.strip(), min(characters, default=0.0), plain.strip(), characters, frames)


def _restricted(scores: NDArray[np.float32], alphabet: str, allowed: str) -> Frames:
    """Log-probabilities given that only the allowed characters (and the blank) may stand here."""
    chosen = scores[:, [0, *(alphabet.index(character) + 1 for character in allowed)]]
    highest = chosen.max(axis=1, keepdims=True)
    total = np.log(np.exp(chosen - highest).sum(axis=1, keepdims=True)) + highest
    return Frames(chosen - total, allowed)


@cache
def _model(folder: Path) -> CellModel:
    described = description(folder, "cells")
    return CellModel(
        loaded_network(folder, "cells"), described["alphabet"], described["version"], described["temperature"]
    )
