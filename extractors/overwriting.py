"""Cells in which a figure was written over another: the word of a very small network of our own. It reads nothing.

Its recipe is training/overwriting.py, what it is worth stands in docs/model-card-overwriting.md. One thread; loaded
once a process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from extractors.marks import Written
from extractors.page_images import Gray
from extractors.readers.networks import MODELS, description, loaded_network
from offers.forms import Zone

HEIGHT = 40
"""Rows of a picture, at 120 dpi: writing higher than that is made to fit."""
_SHRINK = 0.6
_MARGIN = 6
_WIDTH_STEP = 4


@dataclass(frozen=True, slots=True)
class OverwritingNetwork:
    """The network and what stands beside it in overwriting.toml; from `least_chance` on a person must look."""

    network: onnxruntime.InferenceSession
    least_chance: float

    def chance(self, picture: Gray) -> float:
        """How probable it is (0.0-1.0) that a figure was written over another in an `ink_picture`."""
        width = -(-picture.shape[1] // _WIDTH_STEP) * _WIDTH_STEP
        ink = np.zeros((1, 1, HEIGHT, width), np.float32)
        ink[0, 0, :, : picture.shape[1]] = picture / np.float32(255.0)
        return float(self.network.run(None, {"pictures": ink})[0][0, 0])


def overwritten_cells(zones: Sequence[Zone], by_zone: Mapping[str, Written]) -> frozenset[str]:
    """The names of the table's cells in which a figure was written over another."""
    network = overwriting_network()
    cells = (zone.name for zone in zones if zone.row is not None and by_zone[zone.name].pieces)
    return frozenset(name for name in cells if network.chance(ink_picture(by_zone[name])) >= network.least_chance)


def ink_picture(written: Written) -> Gray:
    """What was written in a box, 255 where there is ink: HEIGHT rows, as wide as it is with some paper beside."""
    ink = written.ink.astype(np.uint8) * 255
    scale = min(_SHRINK, HEIGHT / ink.shape[0])
    size = (max(round(ink.shape[1] * scale), 1), max(round(ink.shape[0] * scale), 1))
    small = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8)
    picture = np.zeros((HEIGHT, size[0] + 2 * _MARGIN), np.uint8)
    above = (HEIGHT - size[1]) // 2
    picture[above : above + size[1], _MARGIN:-_MARGIN] = small
    return picture


@cache
def overwriting_network(folder: Path = MODELS) -> OverwritingNetwork:
    """The network of `folder`. Raises ReaderUnusable where it is missing."""
    described = description(folder, "overwriting")
    return OverwritingNetwork(loaded_network(folder, "overwriting"), described["least_chance"])
