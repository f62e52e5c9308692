"""Nearly level strokes in ink: lines drawn through words, the edges of a stamp's frame. It refuses to know which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_SLOPES = np.linspace(-0.12, 0.12, 13)
_THICKNESS = 3
"""Pixels at 200 dpi that a drawn line may waver by and still be followed."""
_LARGEST_GAP = 1


@dataclass(frozen=True, slots=True)
class LevelStroke:
    """One nearly level stroke: its row and its ends in pixels, of ink that was sheared until it lay level.

    `above` and `below` are the shares of its length that have other ink above and below.
    """

    row: int = 0
    start: int = 0
    end: int = 0
    above: float = 0.0
    below: float = 0.0

    @property
    def length(self) -> int:
        return self.end - self.start


def longest_strokes(ink: NDArray[np.bool_]) -> Iterator[LevelStroke]:
    """The longest unbroken stroke of each slope."""
    for level in _levelled(ink):
        rows, starts, ends = _runs(level)
        if rows.size:
            longest = int((ends - starts).argmax())
            yield _stroke(level, int(rows[longest]), int(starts[longest]), int(ends[longest]))


def has_two_edges(ink: NDArray[np.bool_], least: int, apart: int, side_by_side: float, above: float) -> bool:
    """Whether two parallel strokes of `least` pixels and more lie one `apart` or more above the other.

    `side_by_side` is the share of their common width in which both are, at least; the upper one lies in the share
    `above` of the height.
    """
    for level in _levelled(ink):
        rows, starts, ends = _runs(level)
        long = ends - starts >= least
        rows, starts, ends = rows[long], starts[long], ends[long]
        common = np.minimum.outer(ends, ends) - np.maximum.outer(starts, starts)
        whole = np.maximum.outer(ends, ends) - np.minimum.outer(starts, starts)
        upper = (rows <= above * len(level))[None, :]
        if np.any((np.subtract.outer(rows, rows) >= apart) & (common >= side_by_side * whole) & upper):
            return True
    return False


def _levelled(ink: NDArray[np.bool_]) -> Iterator[NDArray[np.uint8]]:
    if not ink.any():
        return
    height, width = ink.shape
    for slope in _SLOPES:
        shear = np.array([[1.0, 0.0, 0.0], [-slope, 1.0, slope * width / 2]])
        yield np.asarray(cv2.warpAffine(ink.astype(np.uint8), shear, (width, height), flags=cv2.INTER_NEAREST))


def _runs(level: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Rows, starts and ends of all unbroken level runs."""
    thick = cv2.dilate(level, np.ones((_THICKNESS, 1), np.uint8))
    closed = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, _LARGEST_GAP + 1), np.uint8))
    steps = np.diff(np.pad(closed, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(steps == 1)
    return rows, starts, np.nonzero(steps == -1)[1]


def _stroke(level: NDArray[np.uint8], row: int, start: int, end: int) -> LevelStroke:
    above, below = level[: max(row - _THICKNESS, 0), start:end], level[row + _THICKNESS + 1 :, start:end]
    return LevelStroke(row, start, end, float(np.any(above, axis=0).mean()), float(np.any(below, axis=0).mean()))
