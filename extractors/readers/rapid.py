"""RapidOCR's line recogniser (PP-OCRv6 small, Apache-2.0), run straight from the model file in its wheel.

We call onnxruntime ourselves: RapidOCR's own entry point pads every line to 320 pixels, logs, and gives neither the
posteriors nor a choice of alphabet. One thread; the network is loaded once a process; nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from extractors.page_images import Gray
from extractors.readers.alphabets import ALPHABETS, WORDS, WORDY
from extractors.readers.ctc import Frames, decode_greedily
from extractors.readers.failures import ReaderUnusable
from extractors.readers.line_image import PAPER, scaled_to_height
from extractors.readers.reader import NOTHING_READ, Crop, ReaderResult, Writing

_MODEL = "PP-OCRv6_rec_small.onnx"
_LINE_HEIGHT = 48
"""What the network was trained on (rapidocr/config.yaml, rec_img_shape)."""
_BATCH_PIXELS = 6 * 320
"""Summed widths of one batch: more gained no time on one thread and costs memory (18,710 classes a time step)."""
_LONGEST_LINE = 3200


@dataclass(frozen=True, slots=True)
class Look:
    """How a line is shown to the network: the height of its ink in pixels (of 48), a stretch, a blur's sigma."""

    ink_height: int
    stretch: float = 1.0
    softness: float = 0.0


class RapidReader:
    """A neural reader of lines. Figures have no descenders and are shown smaller than `words`."""

    def __init__(self, name: str, words: Look, figures: Look | None = None) -> None:
        self.name = name
        self.version = version("rapidocr")
        self._figures = figures
        self._words = words

    def reads(self, writing: Writing) -> bool:
        """All with a look for figures. A second one brings nothing to those, nor to names (docs/decisions/0053)."""
        return self._figures is not None or writing in WORDS - {Writing.NAME}

    def read(self, crops: Sequence[Crop]) -> Sequence[ReaderResult]:
        """Lines are batched with lines of like width, so that little paper is computed."""
        lines = [self._line_of(crop) for crop in crops]
        results: dict[int, ReaderResult] = {}
        for batch in _batches(lines):
            for place, posteriors in zip(batch, _posteriors([lines[i] for i in batch]), strict=True):
                results[place] = _result(posteriors, crops[place].writing)
        return [results.get(place, NOTHING_READ) for place in range(len(crops))]

    def _line_of(self, crop: Crop) -> Gray:
        look = self._words if self._figures is None or crop.writing in WORDY else self._figures
        margin = (_LINE_HEIGHT - look.ink_height) // 2
        line = scaled_to_height(crop.picture, look.ink_height, margin, look.stretch, look.softness)
        return line[:, :_LONGEST_LINE]


def _batches(lines: Sequence[Gray]) -> Iterator[list[int]]:
    """Places of the lines, narrow to wide, cut so that a batch stays within its pixels."""
    batch: list[int] = []
    for place in sorted(range(len(lines)), key=lambda i: lines[i].shape[1]):
        if batch and (len(batch) + 1) * lines[place].shape[1] > _BATCH_PIXELS:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _posteriors(lines: Sequence[Gray]) -> NDArray[np.float32]:
    """Probabilities of the network's classes: lines x time steps x classes."""
    network = _network()
    width = max(line.shape[1] for line in lines)
    stack = np.full((len(lines), 3, _LINE_HEIGHT, width), PAPER, dtype=np.float32)
    for place, line in enumerate(lines):
        stack[place, :, :, : line.shape[1]] = line
    found = network.run(None, {network.get_inputs()[0].name: stack / 127.5 - 1.0})[0]
    return np.asarray(found, dtype=np.float32)


def _result(posteriors: NDArray[np.float32], writing: Writing) -> ReaderResult:
    frames = _restricted(posteriors, ALPHABETS[writing])
    text, characters = decode_greedily(frames)
    plain, _ = decode_greedily(_restricted(posteriors, ALPHABETS[Writing.WORDS]))
    return ReaderResult(text.strip(), min(characters, default=0.0), plain.strip(), characters, frames)


def _restricted(posteriors: NDArray[np.float32], alphabet: str) -> Frames:
    """The posteriors given that only the alphabet's characters (and the blank) may stand here."""
    columns = [0, *(_classes()[character] for character in alphabet)]
    chosen = posteriors[:, columns] + 1e-9
    return Frames(np.log(chosen / chosen.sum(axis=1, keepdims=True)), alphabet)


@cache
def _network() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(_model_path()), options, providers=["CPUExecutionProvider"])


def _model_path() -> Path:
    package = find_spec("rapidocr")
    if package is None or package.origin is None:
        raise ReaderUnusable("the package rapidocr is not installed: run `make` to set the environment up again")
    path = Path(package.origin).parent / "models" / _MODEL
    if not path.exists():
        raise ReaderUnusable(f"rapidocr {version('rapidocr')} carries no {_MODEL}: install the locked version")
    return path


@cache
def _classes() -> Mapping[str, int]:
    """The network's class of each character: class 0 is the CTC blank, the last one the space."""
    characters = _network().get_modelmeta().custom_metadata_map["character"].splitlines()
    return {character: place for place, character in enumerate([*characters, " "], start=1)}
