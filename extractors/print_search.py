"""Looks for pieces of a blank's print on a page that is roughly laid onto it; it decides nothing about the page.

All lengths are pixels of half-size pictures (SEARCH_DPI).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from extractors.blank_pages import BlankPage, Patches, Points
from extractors.page_images import Gray

Affine = NDArray[np.float64]
"""2 x 3: pixels of the blank's half picture to pixels of the page's half picture."""

Reach = tuple[int, int]
"""How far to look across and down, in half-size pixels."""

ScoreMaps = NDArray[np.float32]
"""n x (2 * down + 1) x (2 * across + 1): the correlation of each patch at each offset, the middle being none."""

_PATCH_FOUND: Final = 0.45
"""Correlation from which a patch counts as found."""
_FEED_SLOPE: Final = 0.25
"""Pixels of drift a pixel down that a feed may well have; a row of a table further is half a page's worth of that."""
_STEADY_COST: Final = 0.002
_JUMP_COST: Final = 0.03
"""What a pixel of drift costs against correlation, below that slope and beyond it."""
_BESIDE_PATH: Final = 2
_SURE_OF_ROW: Final = 4
"""Patches from which a row of them says as much as it can."""
_PAPER: Final = 255

NO_DRIFT: Final = np.zeros((0, 3))


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where a blank lies on a page: point p of the blank is at affine(p + drift(p.y)) on the page.

    `drift` are rows (y, dx, dy) of the feed's unevenness by rising y, straight between them. Half-size pixels.
    """

    affine: Affine
    drift: NDArray[np.float64] = field(default_factory=lambda: NO_DRIFT, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class PatchHits:
    """Where a blank's patches were found: `centres` on the blank, `offsets` from where the map put them, `scores`."""

    patches: Patches
    centres: Points = field(repr=False)
    offsets: Points = field(repr=False)
    scores: NDArray[np.float32] = field(repr=False)

    @property
    def found(self) -> NDArray[np.bool_]:
        return self.scores >= _PATCH_FOUND


def lay_patches(half: Gray, blank: BlankPage, laid: Layout, reach: Reach, patches: Patches) -> ScoreMaps:
    """How well each of `patches` correlates with the page, within `reach` of where `laid` puts it.

    The page is laid onto the blank first, so that offsets are pixels of the blank.
    """
    height, width = blank.half.shape
    (aside, along), (wide, high) = reach, patches.size
    on_blank = lay(half, laid, (width, height), 1)
    around = np.asarray(
        cv2.copyMakeBorder(on_blank, along, along, aside, aside, cv2.BORDER_CONSTANT, value=_PAPER), np.uint8
    )
    maps = np.zeros((len(patches), 2 * along + 1, 2 * aside + 1), np.float32)
    for index, (x, y) in enumerate(patches.corners):
        window = around[y : y + high + 2 * along, x : x + wide + 2 * aside]
        maps[index] = cv2.matchTemplate(window, blank.half[y : y + high, x : x + wide], cv2.TM_CCOEFF_NORMED)
    # Where the page is all white there is no correlation, and OpenCV divides by nothing.
    return np.nan_to_num(maps, nan=0.0, posinf=0.0, neginf=0.0)


def find_patches(half: Gray, blank: BlankPage, laid: Layout, reach: Reach, patches: Patches) -> PatchHits:
    """Each patch where it correlates best within `reach`."""
    return _peaks(lay_patches(half, blank, laid, reach, patches), patches)


def follow_feed(half: Gray, blank: BlankPage, laid: Layout, reach: Reach, patches: Patches) -> PatchHits:
    """Each patch where it correlates best along the likeliest course of the feed.

    The lines of a table are all alike: taken one by one, they are as well found a row too high. Taken together from top
    to bottom they are not, since paper does not leap up and down by a row.
    """
    maps = lay_patches(half, blank, laid, reach, patches)
    rows, row_of = np.unique(patches.corners[:, 1], return_inverse=True)
    across = maps.max(axis=2).clip(min=0)
    curves = np.array([across[row_of == row].mean(axis=0) for row in range(len(rows))])
    counts = np.bincount(row_of, minlength=len(rows))
    course = _likeliest_course(curves * np.minimum(1, counts / _SURE_OF_ROW)[:, None], np.diff(rows))
    beside = np.abs(np.arange(maps.shape[1])[None, :] - course[row_of][:, None]) > _BESIDE_PATH
    maps[beside] = 0
    return _peaks(maps, patches)


def _likeliest_course(curves: NDArray[np.floating], gaps: NDArray[np.integer]) -> NDArray[np.int64]:
    """The index into each curve of the course with the highest sum of correlations less the cost of its changes."""
    places = np.arange(curves.shape[1])
    change = np.abs(places[:, None] - places[None, :])
    best = curves[0]
    came_from: list[NDArray[np.int64]] = []
    for curve, gap in zip(curves[1:], gaps, strict=True):
        cost = _STEADY_COST * change + _JUMP_COST * np.maximum(0, change - _FEED_SLOPE * gap)
        reached = best[None, :] - cost
        came_from.append(reached.argmax(axis=1))
        best = curve + reached.max(axis=1)
    course = [int(best.argmax())]
    for previous in reversed(came_from):
        course.append(int(previous[course[-1]]))
    return np.array(course[::-1], np.int64)


def _peaks(maps: ScoreMaps, patches: Patches) -> PatchHits:
    """Each map's highest place, to a fraction of a pixel."""
    along, aside = maps.shape[1] // 2, maps.shape[2] // 2
    offsets = np.zeros((len(maps), 2), np.float32)
    scores = np.zeros(len(maps), np.float32)
    for index, scored in enumerate(maps):
        y, x = divmod(int(scored.argmax()), scored.shape[1])
        scores[index] = max(float(scored[y, x]), 0.0)
        if scores[index] > 0:
            offsets[index] = x - aside + _vertex(scored[y, :], x), y - along + _vertex(scored[:, x], y)
    centres = (patches.corners + np.array(patches.size) / 2).astype(np.float32)
    return PatchHits(patches, centres, offsets, scores)


def _vertex(scores: NDArray[np.float32], at: int) -> float:
    """Where the parabola through a peak and its neighbours has its top, relative to the peak: -0.5 to 0.5."""
    if not 0 < at < len(scores) - 1:
        return 0.0
    before, peak, after = (float(s) for s in scores[at - 1 : at + 2])
    bend = before - 2 * peak + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0


def drift_at(drift: NDArray[np.float64], y: NDArray[np.floating]) -> Points:
    """The drift (dx, dy) at heights `y`, straight between the bands and constant beyond them."""
    if not len(drift):
        return np.zeros((len(y), 2), np.float32)
    return np.stack([np.interp(y, drift[:, 0], drift[:, column]) for column in (1, 2)], axis=1).astype(np.float32)


def lay(picture: Gray, laid: Layout, size: tuple[int, int], scale: int) -> Gray:
    """`picture` laid onto a blank of `size` (width, height), both `scale` times as large as `laid` has them."""
    affine = laid.affine.copy()
    affine[:, 2] *= scale
    width, height = size
    if not len(laid.drift):
        warped = cv2.warpAffine(
            picture, affine, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT, borderValue=_PAPER,
        )  # fmt: skip
        return np.asarray(warped, np.uint8)
    rows = np.arange(height, dtype=np.float32)
    moved = scale * drift_at(laid.drift, rows / scale)
    x = np.arange(width, dtype=np.float32)[None, :] + moved[:, :1]
    y = (rows + moved[:, 1])[:, None]
    (a, b, tx), (c, d, ty) = affine.astype(np.float32)
    map_x, map_y = a * x + b * y + tx, c * x + d * y + ty
    warped = cv2.remap(picture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=_PAPER)
    return np.asarray(warped, np.uint8)
