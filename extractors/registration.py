"""Lays a page onto a blank: where every point of the blank lies on the page; it does not know what is written there.

Two steps. ORB features find the blank on the page at any turn, size and place, as an affine map that a fax could make.
Then every patch of the blank's print is looked for near where that map puts it: the patches found give the exact map,
how far the paper's feed was uneven down the page, and how well the print survived. See docs/decisions/0041.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from extractors.blank_pages import SEARCH_DPI, BlankPage, Features, Points, sift_features
from extractors.page_images import Gray
from extractors.print_search import NO_DRIFT, Affine, Layout, PatchHits, drift_at, find_patches, follow_feed, lay

_RATIO: Final = 0.8
"""Lowe's ratio test."""
_REPROJECTION_PIXELS: Final = 8.0
"""Six points: tighter, an uneven feed lets only one paragraph agree, and its map is far off at the page's other end."""
_ROUGHLY_PIXELS: Final = 16.0
_SCALE: Final = (0.6, 1.5)
_MOST_SHEAR: Final = 0.06
_MOST_ANISOTROPY: Final = 1.15
"""A faxed copy is turned and scaled, hardly sheared: other maps come from chance matches of look-alike letters."""

_FIRST_REACH: Final = (7, 28)
_SECOND_REACH: Final = (4, 5)
"""How far (half-size pixels) a patch may lie across and down from where the map puts it: 20 points down, then 3.6. The
feed slips along the page, hardly across it."""
_FEWEST_TELLING: Final = 8
_REWEIGHTINGS: Final = 6
_NO_OUTLIER_PIXELS: Final = 0.3
_UNEVEN_PIXELS: Final = 0.6
"""Row bands further off the affine map than this (0.4 point) show an uneven feed, which is then followed."""
_FEWEST_IN_BAND: Final = 4
_BEYOND_DOUBT: Final = 0.85


@dataclass(frozen=True, slots=True, eq=False)
class CoarsePlacing:
    """Where features put a blank: the map and the number of features that agree on it."""

    blank: BlankPage
    affine: Affine
    inliers: int


@dataclass(frozen=True, slots=True, eq=False)
class Placing:
    """A blank laid exactly.

    Of the patches with letters (a ruled line can be anywhere along itself): `score` is their median correlation with
    the page (1 = as printed), `share_found` the share found where they belong, `residual_points` the median distance
    of the found ones from there.
    """

    blank: BlankPage
    laid: Layout
    score: float
    share_found: float
    residual_points: float

    @property
    def steepest(self) -> float:
        """The fastest change of the feed's unevenness, inches an inch. 0 where the feed was even."""
        y, drift = self.laid.drift[:, 0], self.laid.drift[:, 2]
        return float(np.max(np.abs(np.diff(drift) / np.diff(y)))) if len(y) > 1 else 0.0


def place_by_features(page: Features, blank: BlankPage) -> CoarsePlacing | None:
    """The affine map most features agree on; None where they agree on none that a faxed page could have."""
    if len(page.points) < 4:
        return None
    return _placed(page, blank.features, blank, cv2.NORM_HAMMING)


def place_by_sift(half: Gray, blank: BlankPage) -> CoarsePlacing | None:
    """`place_by_features` with SIFT: five times slower, for pages too damaged for ORB."""
    page = sift_features(half)
    if len(page.points) < 4:
        return None
    return _placed(page, blank.sift_features, blank, cv2.NORM_L2)


def _placed(page: Features, landmarks: Features, blank: BlankPage, norm: int) -> CoarsePlacing | None:
    pairs = cv2.BFMatcher(norm).knnMatch(page.descriptors, landmarks.descriptors, k=2)
    good = [first for first, second in (p for p in pairs if len(p) == 2) if first.distance < _RATIO * second.distance]
    if len(good) < 4:
        return None
    on_blank = landmarks.points[[m.trainIdx for m in good]]
    on_page = page.points[[m.queryIdx for m in good]]
    affine, agreeing = _estimate_affine(on_blank, on_page, _REPROJECTION_PIXELS)
    if affine is None:
        return None
    # An uneven feed lets few features agree exactly: the map is drawn through all that roughly do.
    affine = _drawn_through_most(affine, on_blank, on_page)
    return CoarsePlacing(blank, affine, agreeing) if is_plausible(affine) else None


def _drawn_through_most(affine: Affine, on_blank: Points, on_page: Points) -> Affine:
    near = np.abs(on_page - (on_blank @ affine[:, :2].T + affine[:, 2])).max(axis=1) <= _ROUGHLY_PIXELS
    rows = [_plane_through(on_blank[near], on_page[near, axis]) for axis in (0, 1)]
    return np.array(rows) if np.count_nonzero(near) >= _FEWEST_TELLING else affine


def _estimate_affine(here: Points, there: Points, tolerance: float) -> tuple[Affine | None, int]:
    """The affine map that most pairs of points agree on within `tolerance` pixels, and how many do."""
    found: Any
    found, agreeing = cv2.estimateAffine2D(
        here, there, ransacReprojThreshold=tolerance, maxIters=1000, confidence=0.999
    )
    if found is None:
        return None, 0
    return np.asarray(found, np.float64), int(np.count_nonzero(agreeing))


def is_plausible(affine: Affine) -> bool:
    """Whether a fax could have done this to a page: turned by anything, scaled a little, never mirrored or squashed."""
    a, b, c, d = (float(v) for v in (affine[0, 0], affine[0, 1], affine[1, 0], affine[1, 1]))
    if a * d - b * c <= 0:
        return False
    across, down = float(np.hypot(a, c)), float(np.hypot(b, d))
    shear = abs(a * b + c * d) / (across * down)
    in_scale = all(_SCALE[0] <= s <= _SCALE[1] for s in (across, down))
    return in_scale and shear <= _MOST_SHEAR and max(across, down) / min(across, down) <= _MOST_ANISOTROPY


def quarter_turns(affine: Affine) -> int:
    """How many quarter turns clockwise the blank's top was turned on the page: 0 to 3."""
    return round(float(np.degrees(np.arctan2(affine[1, 0], affine[0, 0]))) / 90) % 4


def turn_upright(picture: Gray, quarters: int) -> Gray:
    """The picture with `quarters` clockwise quarter turns undone."""
    return np.ascontiguousarray(np.rot90(picture, quarters))


def place_exactly(half: Gray, coarse: CoarsePlacing) -> Placing | None:
    """The coarse map made exact by the blank's print; None where too little of the print is there to say so."""
    blank, patches = coarse.blank, coarse.blank.patches
    some = patches.only(_every_other_of_each_row(patches.corners))
    laid = _moved(Layout(coarse.affine), follow_feed(half, blank, Layout(coarse.affine), _FIRST_REACH, some))
    if laid is None:
        return None
    hits = find_patches(half, blank, laid, _SECOND_REACH, blank.slices)
    # Offsets from the affine map alone: what the first pass took for drift is part of them again.
    whole = replace(hits, offsets=hits.offsets + drift_at(laid.drift, hits.centres[:, 1]))
    exact = _moved(Layout(laid.affine), whole)
    if exact is None or not is_plausible(exact.affine):
        return None
    lettered = hits.patches.texture.all(axis=1)
    left_over = np.hypot(*hits.offsets[lettered & hits.found].T)
    residual = float(np.median(left_over)) * 72 / SEARCH_DPI if len(left_over) else np.inf
    return Placing(
        blank, exact, float(np.median(hits.scores[lettered])), float(np.mean(hits.found[lettered])), residual
    )


def _every_other_of_each_row(corners: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Enough patches for a first look; of a row with a single one (a page number), that one."""
    _, first, row = np.unique(corners[:, 1], return_index=True, return_inverse=True)
    return np.asarray((np.arange(len(corners)) - first[row]) % 2 == 0, np.bool_)


def compose(affine: Affine, step: Affine) -> Affine:
    """`affine` after `step`: a point of the blank is first moved by `step`, then laid onto the page."""
    last = np.array([[0.0, 0.0, 1.0]])
    return np.asarray((np.vstack([affine, last]) @ np.vstack([step, last]))[:2])


def _moved(laid: Layout, hits: PatchHits) -> Layout | None:
    """The layout corrected by where patches were found; None where too few were. `laid` must be free of drift.

    A patch of ruled lines alone says nothing about its place along them.
    """
    step = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    left_over = np.zeros_like(hits.offsets)
    for axis in (0, 1):
        telling = hits.found & hits.patches.texture[:, axis]
        if np.count_nonzero(telling) < _FEWEST_TELLING:
            return None
        plane = _plane_through(hits.centres[telling], hits.offsets[telling, axis])
        step[axis] += plane
        left_over[:, axis] = hits.offsets[:, axis] - (hits.centres @ plane[:2] + plane[2])
    return Layout(compose(laid.affine, step), _drift_of(hits, left_over))


def _plane_through(points: Points, heights: NDArray[np.floating]) -> NDArray[np.float64]:
    """(a, b, c) of a*x + b*y + c through most of the heights: least absolute deviations, by reweighting."""
    terms = np.column_stack([points, np.ones(len(points))]).astype(np.float64)
    weights = np.ones(len(points))
    plane = np.zeros(3)
    for _ in range(_REWEIGHTINGS):
        root = np.sqrt(weights)
        plane = np.linalg.lstsq(terms * root[:, None], heights * root, rcond=None)[0]
        weights = 1 / np.maximum(np.abs(heights - terms @ plane), _NO_OUTLIER_PIXELS)
    return plane


def _drift_of(hits: PatchHits, left_over: Points) -> NDArray[np.float64]:
    """Rows (y, dx, dy): the medians of what is left in bands of patches across the page, if any band is off at all.

    Paper slips only along its way through the machine, so the drift depends on y alone.
    """
    rows = np.unique(hits.centres[:, 1])
    curves = []
    for axis in (0, 1):
        telling = hits.found & hits.patches.texture[:, axis]
        bands = [(y, telling & (hits.centres[:, 1] == y)) for y in rows]
        known = np.array(
            [
                (y, np.median(left_over[band, axis]))
                for y, band in bands
                if _is_sure(left_over[band, axis], hits.scores[band])
            ]
        ).reshape(-1, 2)
        curves.append(np.interp(rows, known[:, 0], known[:, 1]) if len(known) else np.zeros(len(rows)))
    drift = np.column_stack([rows, *curves]).astype(np.float64)
    return drift if np.abs(drift[:, 1:]).max() >= _UNEVEN_PIXELS else NO_DRIFT


def _is_sure(band: NDArray[np.floating], scores: NDArray[np.float32]) -> bool:
    """Whether most patches of a band moved alike (else they are chance hits, not the feed).

    Of a few patches, such as a page number alone, each must be found beyond doubt.
    """
    if len(band) < _FEWEST_IN_BAND:
        return len(band) > 0 and bool(scores.min() >= _BEYOND_DOUBT)
    return bool(np.median(np.abs(band - np.median(band))) <= _UNEVEN_PIXELS)


def lay_onto_blank(picture: Gray, placing: Placing) -> Gray:
    """The page's full-size picture laid onto the blank's: same size, same place."""
    height, width = placing.blank.picture.shape
    return lay(picture, placing.laid, (width, height), 2)


def drift_in_fractions(placing: Placing) -> tuple[tuple[float, float, float], ...]:
    """The drift's rows (y, dx, dy) in fractions of the blank."""
    height, width = placing.blank.half.shape
    return tuple((y / height, dx / width, dy / height) for y, dx, dy in placing.laid.drift.tolist())


def in_fractions(
    affine: Affine, blank_size: Sequence[int], page_size: Sequence[int]
) -> tuple[float, float, float, float, float, float]:
    """(a, b, tx, c, d, ty) from fractions of the blank to fractions of the page; sizes are (height, width), full size.

    A half-size pixel i lies on whole pixel 2i, and the middle of whole pixel k is at the fraction (k + 0.5) / length.
    """
    whole = affine.copy()
    whole[:, 2] *= 2
    half_pixel = np.array([0.5, 0.5])
    offset = whole[:, 2] + half_pixel - whole[:, :2] @ half_pixel
    blank = np.array([blank_size[1], blank_size[0]], np.float64)
    page = np.array([page_size[1], page_size[0]], np.float64)
    linear = whole[:, :2] * blank[None, :] / page[:, None]
    shift = offset / page
    return (
        float(linear[0, 0]), float(linear[0, 1]), float(shift[0]),
        float(linear[1, 0]), float(linear[1, 1]), float(shift[1]),
    )  # fmt: skip
