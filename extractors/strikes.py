"""Lines drawn through what was written: struck cells, struck rows, and cells that were corrected.

Rulebook 86 and 87. A struck cell's strokes are not taken away: what is under them is read as far as it can be, and a
person decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.readings import Box
from extractors.level_strokes import longest_strokes
from extractors.marks import INK_BELOW, Written
from extractors.page_images import Gray

_THROUGH_CELL = 0.6
"""Share of a cell's width that one unbroken level line must cross to be a line through the cell."""
_FROM_SIDE_TO_SIDE = 0.85
"""Share of a cell's width that one piece of ink, wavy or jagged, must span to go through it."""
_THROUGH_WORD = 50
"""Pixels of unbroken level line (0.25 inch): a slip struck out. In 91 corrected cells all, of 657 plain ones 2 %."""
_BESIDE_EDGE = 14
_ALONG_CELL = 0.5
_LONGER_THAN_HIGH = 1.5
_INK_BESIDE = 0.3
"""Share of a line that has ink above it, and below it, where it goes through figures."""
_MIDDLE = (0.18, 0.82)
"""Where in a cell's height a line goes through it; nearer to its edges lie remnants of the table's own lines."""


@dataclass(frozen=True, slots=True)
class RowTrouble:
    """What was done to a row: a line through most of its filled cells, or a line through words of some cell.

    `crossed` are the places of the cells in which a word seems struck out. Close handwriting can look like that, so a
    cell that reads well is not corrected: `extractors.reading` asks for both.
    """

    struck: bool = False
    crossed: frozenset[int] = frozenset()
    overwritten: bool = False
    """A figure of some cell was written over another."""
    edged: bool = False
    """A line runs along the row's edge although the form's own lines are dropped out: either the page lies badly on
    its blank here, or the stroke that strikes the row out was taken for the table's line. Nothing in it is sure."""


def read_row_trouble(ink: Gray, cells: Sequence[tuple[Box, Written]]) -> RowTrouble:
    """What was done to one row of the table. `cells` are its boxes with what was written in each."""
    filled = [(box, written) for box, written in cells if written.pieces]
    edged = any(_has_line_along(ink, [box for box, _ in cells], at_top) for at_top in (True, False))
    if not filled:
        return RowTrouble(edged=edged)
    through = [_goes_through(ink, box) for box, _ in filled]
    if sum(through) >= max(2, round(0.6 * len(filled))) or (len(filled) == 1 and through[0]):
        return RowTrouble(struck=True, edged=edged)
    crossed = (place for place, (_, written) in enumerate(cells) if written.pieces and _is_crossed(written))
    return RowTrouble(crossed=frozenset(crossed), edged=edged)


def _goes_through(ink: Gray, box: Box) -> bool:
    """Whether a stroke goes through the cell from one side to the other: level, in waves, in zigzag.

    Written words are several pieces of ink; a ring around them keeps to the edges.
    """
    if _longest_level_run(_middle_of(ink, box)) >= _THROUGH_CELL * _width(ink, box):
        return True
    cell = _part_of(ink, box, (0.0, 1.0)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cell, connectivity=8, ltype=cv2.CV_32S)
    top, bottom = (round(share * cell.shape[0]) for share in _MIDDLE)
    return any(
        stats[label, cv2.CC_STAT_WIDTH] >= _FROM_SIDE_TO_SIDE * cell.shape[1]
        and np.any(labels[top:bottom] == label, axis=0).sum() >= _THROUGH_CELL * cell.shape[1]
        for label in range(1, count)
    )


def _has_line_along(ink: Gray, boxes: Sequence[Box], at_top: bool) -> bool:
    """Whether a level line goes along most of the row's upper or lower edge. In 80 pages one that lay badly had it."""
    height, width = ink.shape
    along = 0
    for box in boxes:
        edge = round((box.y0 if at_top else box.y1) * height)
        strip = ink[max(edge - _BESIDE_EDGE, 0) : edge + _BESIDE_EDGE, round(box.x0 * width) : round(box.x1 * width)]
        band, needed = strip < INK_BELOW, _ALONG_CELL * strip.shape[1]
        along += np.any(band, axis=0).sum() >= needed and _longest_level_run(band) >= needed
    return along > len(boxes) // 2


def _middle_of(ink: Gray, box: Box) -> NDArray[np.bool_]:
    return _part_of(ink, box, _MIDDLE)


def _part_of(ink: Gray, box: Box, between: tuple[float, float]) -> NDArray[np.bool_]:
    """The ink of a cell between two shares of its height."""
    height, width = ink.shape
    span = box.y1 - box.y0
    top, bottom = (round((box.y0 + share * span) * height) for share in between)
    return ink[top:bottom, round(box.x0 * width) : round(box.x1 * width)] < INK_BELOW


def _width(ink: Gray, box: Box) -> float:
    return (box.x1 - box.x0) * float(ink.shape[1])


def _longest_level_run(ink: NDArray[np.bool_]) -> int:
    """The longest nearly level stroke, in pixels across, without a gap."""
    return max((stroke.length for stroke in longest_strokes(ink)), default=0)


def _is_crossed(written: Written) -> bool:
    """Whether a level line goes through figures: ink above and below most of it, so that it is no dash or underline."""
    return any(
        stroke.length >= max(_THROUGH_WORD, _LONGER_THAN_HIGH * _figure_height(written))
        and min(stroke.above, stroke.below) >= _INK_BESIDE
        for stroke in longest_strokes(written.ink)
    )


def _figure_height(written: Written) -> float:
    """The median height of the three highest pieces: one descender or bracket does not count."""
    return float(np.median(sorted(piece.height for piece in written.pieces)[-3:]))
