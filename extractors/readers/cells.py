"""Our own reader of written lines: a small CTC network trained on made-up fax crops, and a sister of it that was then
shown nothing but figures and dates.

Their recipe is training/, what they are worth stands in docs/model-card-cells.md. One thread; each is loaded once a
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
from extractors.readers.alphabets import ALPHABETS, WORDS
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
_OF_WORDS, _OF_FIGURES = "words", "figures"
"""The networks' names, and their files'."""


@dataclass(frozen=True, slots=True)
class CellModel:
    """One network and what stands beside it in its TOML; `temperature` divides scores before they become chances."""

    network: onnxruntime.InferenceSession
    alphabet: str
    temperature: float


class CellReader:
    """Reads lines of at least two pixels each way; the frames it gives keep to the alphabet of the line's writing."""

    name = "cells"

    def __init__(self, folder: Path = MODELS) -> None:
        self._folder = folder
        versions = (description(folder, name)["version"] for name in (_OF_WORDS, _OF_FIGURES))
        self.version = "+".join(versions)

    def reads(self, writing: Writing) -> bool:
        """Every box of the forms; what is written outside of them goes to a person anyway."""
        return writing is not Writing.WORDS

    def read(self, crops: Sequence[Crop]) -> Sequence[ReaderResult]:
        """One result for each crop, in their order. The networks were never shown a line without ink: they get none."""
        results: dict[int, ReaderResult] = {}
        for name in (_OF_WORDS, _OF_FIGURES):
            readable = {
                place: cell_image(crop.picture)
                for place, crop in enumerate(crops)
                if _network_for(crop.writing) == name and _holds_a_line(crop.picture)
            }
            for batch in _batches(readable):
                model = _model(self._folder, name)
                scores = _scores(model, [readable[place] for place in batch])
                for place, line in zip(batch, scores, strict=True):
                    results[place] = _result(line, model.alphabet, crops[place].writing)
        return [results.get(place, NOTHING_READ) for place in range(len(crops))]


def _network_for(writing: Writing) -> str:
    return _OF_WORDS if writing in WORDS else _OF_FIGURES


def _scores(model: CellModel, lines: Sequence[Gray]) -> NDArray[np.float32]:
    """Tempered scores: lines x time steps x classes."""
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
def _model(folder: Path, name: str) -> CellModel:
    described = description(folder, name)
    return CellModel(loaded_network(folder, name), described["alphabet"], described["temperature"])
