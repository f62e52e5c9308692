"""Takes the streaks of a dirty scanner out of a page: thin lines down the paper that would read as ones and strokes.

Dirt on the glass draws a line along the way of the paper. On a registered page it is thin, broken, and straight down
the page, or slanted by as much as the page was turned.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from extractors.marks import INK_BELOW, PAPER
from extractors.page_images import Gray

_THICKEST = 6
"""Pixels at 200 dpi: a streak of two fax pixels, softened."""
_SHORTEST = 9
_SLOPES = np.linspace(-0.06, 0.06, 49)
"""Pixels across per pixel down; 0.06 is 3.4 degrees, the most that a sheet is drawn in askew."""
_LONG = 330
"""Summed lengths of thin pieces on one line, in pixels (1.6 inch). No hand writes that thin and straight downwards."""
_WIDE_SPREAD = 550
_MOST_STREAKS = 6


def without_streaks(ink: Gray) -> Gray:
    """The page without its streaks; strokes that cross one stay whole. The same picture where there is none."""
    cleaned = ink
    thin = _thin_uprights(ink)
    for _ in range(_MOST_STREAKS):
        path = _straightest(thin)
        if path is None:
            break
        if cleaned is ink:
            cleaned = ink.copy()
        _erase(cleaned, thin, path)
    return cleaned


def _thin_uprights(ink: Gray) -> NDArray[np.uint8]:
    """The parts of the ink that are thin across and go on downwards."""
    dark = ink < INK_BELOW
    thin = dark & ~_thick(dark, _THICKEST + 1)
    return np.asarray(
        cv2.morphologyEx(thin.astype(np.uint8), cv2.MORPH_OPEN, np.ones((_SHORTEST, 1), np.uint8)), np.uint8
    )


def _thick(dark: NDArray[np.bool_], across: int) -> NDArray[np.bool_]:
    """The ink that is `across` pixels and more from side to side."""
    return np.asarray(cv2.morphologyEx(dark.astype(np.uint8), cv2.MORPH_OPEN, np.ones((1, across), np.uint8))) > 0


def _straightest(thin: NDArray[np.uint8]) -> NDArray[np.int64] | None:
    """The column of each row along the line that holds most of the thin ink; None when no line holds a streak's."""
    rows, columns = np.nonzero(thin)
    if rows.size < _LONG:
        return None
    best = (0, 0.0, 0)
    for slope in _SLOPES:
        places = np.round((columns - slope * rows) / 3).astype(np.int64) + thin.shape[0]
        counts = np.bincount(places)
        pairs = counts[:-1] + counts[1:]
        if pairs.size and pairs.max() > best[0]:
            best = (int(pairs.max()), float(slope), int(pairs.argmax()))
    _, slope, place = best
    on_line = np.abs(columns - slope * rows - 3 * (place - thin.shape[0] + 0.5)) <= 5
    covered = np.unique(rows[on_line])
    if covered.size < _LONG or covered[-1] - covered[0] < _WIDE_SPREAD:
        return None
    middle = float(np.median((columns - slope * rows)[on_line]))
    return np.round(middle + slope * np.arange(thin.shape[0])).astype(np.int64)


def _erase(ink: Gray, thin: NDArray[np.uint8], path: NDArray[np.int64]) -> None:
    """Paper along the path wherever the ink there is thin; the path is taken off `thin` too."""
    height, width = ink.shape
    band = np.zeros_like(thin)
    for offset in range(-_THICKEST, _THICKEST + 1):
        column = np.clip(path + offset, 0, width - 1)
        band[np.arange(height), column] = 1
    streak = (np.asarray(cv2.dilate(thin & band, np.ones((3, 5), np.uint8))) > 0) & (band > 0)
    # What is thick where the streak passes is a stroke that crosses it.
    ink[streak & ~_thick(ink < INK_BELOW, _THICKEST + 2)] = PAPER
    thin[band > 0] = 0
