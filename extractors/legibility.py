"""Whether a page can be read at all: the form's own print is the test chart, since we know what it says.

What the fax did to the print it did to the writing between it. A page below the floor is present but unreadable
(PAGE_UNREADABLE, a "!" behind its label); a place below it makes the zones there illegible, never blank.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.readings import Box
from extractors.blank_pages import BlankPage
from extractors.dropout import print_masks
from extractors.fax_lines import LineDamage
from extractors.page_images import Gray
from extractors.registration import Placing

_FLOOR_SCORE: Final = 0.7
"""Median correlation of the print. Measured: heavily damaged faxes have 0.83 and more, a page blurred by a tenth of a
letter's height 0.75, one whose letters run into each other 0.66."""
_FLOOR_SHARE: Final = 0.85
_FLOOR_RESIDUAL_POINTS: Final = 1.5
_STEEPEST_FEED: Final = 0.25
"""A feed that slips a quarter of its way, or a table that was taken a row too high: both look alike. Of 211 pages with
moderate and heavy damage the steepest has 0.19; pages taken a row too high have 0.26 and more."""
_MOST_BAD_LINES: Final = 0.05
"""Share of broken lines; T.30 receivers themselves call a page bad from five to fifteen in a hundred."""
_LONGEST_BAD_INCHES: Final = 0.06
"""A run of broken lines as high as half a typed digit may have taken a row of figures with it."""
_LOST_SHARE: Final = 0.5
_LITTLE_PRINT: Final = 40
"""Pixels of print in a patch, at full size, from which its loss means anything: a comma has 20, a letter 60."""
_DROWNED_SHARE: Final = 0.6


def is_legible(placing: Placing, damage: LineDamage, lines: int, lines_an_inch: float) -> bool:
    """Whether a registered page is above the floor. `lines` is its number of fax lines."""
    printed_well = placing.score >= _FLOOR_SCORE and placing.share_found >= _FLOOR_SHARE
    laid_well = placing.residual_points <= _FLOOR_RESIDUAL_POINTS and placing.steepest <= _STEEPEST_FEED
    whole = damage.count <= _MOST_BAD_LINES * lines and damage.longest_run <= _LONGEST_BAD_INCHES * lines_an_inch
    return printed_well and laid_well and whole


def unreadable_places(registered: Gray, missing: Gray, blank: BlankPage) -> tuple[Box, ...]:
    """Places of the blank's print where most of it is missing or drowned in black: a blank zone there proves nothing.

    Boxes are fractions of the page, a print patch (0.4 inch square) each.
    """
    (height, width), (wide, high) = registered.shape, (2 * side for side in blank.patches.size)
    masks = print_masks(blank)
    # A level rule can fall between two lines of a standard fax; what stands on it is none the worse.
    lettered = (masks.exact > 0) & (masks.level_rules == 0)
    printed = _patch_sums(lettered, blank)
    lost = _patch_sums(lettered & (missing == 0), blank)
    black = _patch_sums(registered < 128, blank)
    bad = (lost > _LOST_SHARE * np.maximum(printed, _LITTLE_PRINT)) | (black > _DROWNED_SHARE * wide * high)
    return tuple(
        Box(x / width, y / height, (x + wide) / width, (y + high) / height)
        for x, y in (2 * blank.patches.corners[bad]).tolist()
    )


def broken_places(rows: tuple[int, ...], lines: int, to_registered: NDArray[np.float64]) -> tuple[Box, ...]:
    """Bands of a registered page that broken fax lines run through.

    `rows` are 0-based of `lines` as sent; `to_registered` is the 2 x 3 map from fractions of the page as sent to
    fractions of the registered page.
    """
    bands: list[Box] = []
    for first, last in _runs(rows):
        edges = [((x, y)) for x in (0.0, 1.0) for y in (first / lines, (last + 1) / lines)]
        ends = np.array(edges) @ to_registered[:, :2].T + to_registered[:, 2]
        (x0, y0), (x1, y1) = ends.min(axis=0), ends.max(axis=0)
        bands.append(Box(max(x0, 0.0), max(y0, 0.0), min(x1, 1.0), min(y1, 1.0)))
    return tuple(bands)


def _runs(rows: tuple[int, ...]) -> list[tuple[int, int]]:
    if not rows:
        return []
    pieces = np.split(np.array(rows), np.flatnonzero(np.diff(rows) > 1) + 1)
    return [(int(piece[0]), int(piece[-1])) for piece in pieces]


def _patch_sums(condition: NDArray[np.bool_], blank: BlankPage) -> NDArray[np.float64]:
    """How many full-size pixels of each print patch meet the condition."""
    table = cv2.integral(condition.astype(np.uint8), sdepth=cv2.CV_64F)
    x, y = (2 * blank.patches.corners).T
    wide, high = (2 * side for side in blank.patches.size)
    right, below = x + wide, y + high
    return np.asarray(table[below, right] - table[y, right] - table[below, x] + table[y, x], np.float64)
