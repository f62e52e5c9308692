"""Tells the editions of a form apart by the words that differ between them (rulebook 2.3); by nothing else.

The words are found by comparing the blanks, not listed here: a new edition of a form needs no code. An edition is only
named when its own words stand on the page and the other edition's do not: else it is nobody's (FORM_VERSION_UNKNOWN).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from extractors.blank_pages import BlankPage, Patches
from extractors.page_images import Gray
from extractors.print_search import Layout, find_patches
from extractors.registration import Placing

MARK_SIZE: Final = (48, 16)
"""A mark is a word or two of one line: 0.48 x 0.16 inch at SEARCH_DPI."""
_STEP: Final = (24, 8)
_MARK_CONTRAST: Final = 28.0
_UNLIKE_GREY: Final = 60
_REACH: Final = (6, 6)
_NEARBY: Final = 70
"""Six lines of print, in half-size pixels: words that the other edition has so far above or below have only moved down
with the text's flow. A page laid by its lower half would find them there: they tell nothing."""
_DIFFERENT: Final = 0.55
_MOVED: Final = 0.7
"""Words that correlate less than the first with the other edition do not stand there; more than the second, they do."""
_SAME_PATCH: Final = 0.95
_SAME_SHARE: Final = 0.6
_MOST_MARKS: Final = 12
_PRESENT: Final = 0.55
"""Mean correlation of an edition's own marks from which its words stand on the page."""
_MARGIN: Final = 0.2
_IDENTITY: Final = Layout(np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))


@dataclass(frozen=True, slots=True)
class EditionWitness:
    """How well the differing words of one edition are found on a page: mean correlation, 1 = as printed."""

    placing: Placing
    presence: float


def witness_editions(half: Gray, placings: Sequence[Placing]) -> tuple[EditionWitness, ...]:
    """Each edition's witness, best first. `placings` lay one page onto the editions of one blank."""
    witnesses = [_witness(half, placing, placings) for placing in placings]
    return tuple(sorted(witnesses, key=lambda w: w.presence, reverse=True))


def edition_of(witnesses: Sequence[EditionWitness]) -> str | None:
    """The edition whose words stand on the page; None where that cannot be said. A form of one edition is that one."""
    best = witnesses[0]
    if len(witnesses) == 1:
        return best.placing.blank.form.version
    if best.presence < _PRESENT or best.presence - witnesses[1].presence < _MARGIN:
        return None
    return best.placing.blank.form.version


def _witness(half: Gray, placing: Placing, placings: Sequence[Placing]) -> EditionWitness:
    marks = np.concatenate(
        [marks_of(placing.blank, other.blank) for other in placings if other is not placing]
        or [np.zeros((0, 2), np.int32)]
    )
    if not len(marks):
        return EditionWitness(placing, 0.0)
    hits = find_patches(half, placing.blank, placing.laid, _REACH, _patches_at(marks))
    return EditionWitness(placing, float(np.mean(hits.scores)))


@lru_cache(maxsize=64)
def marks_of(blank: BlankPage, other: BlankPage) -> NDArray[np.int32]:
    """n x 2 corners (x, y) of the places where `blank` has words that `other` has not there; the most telling first."""
    candidates = np.array(_candidates(blank, other), np.int32).reshape(-1, 2)
    if not len(candidates):
        return candidates
    # The cheap look at the same place comes first; only what differs there is looked for all around.
    scores = find_patches(other.half, blank, _IDENTITY, _REACH, _patches_at(candidates)).scores
    chosen: list[NDArray[np.int32]] = []
    for index in np.argsort(scores, kind="stable"):
        if scores[index] > _DIFFERENT or len(chosen) == _MOST_MARKS:
            break
        corner = candidates[index]
        if all(_apart(corner, mark) for mark in chosen) and not _is_above_or_below(blank, other, corner):
            chosen.append(corner)
    return np.array(chosen, np.int32).reshape(-1, 2)


@lru_cache(maxsize=64)
def shares_layout(blank: BlankPage, other: BlankPage) -> bool:
    """Whether all but some words stand at the same place in both editions: then no text has moved up or down."""
    hits = find_patches(other.half, blank, _IDENTITY, (2, 2), blank.patches)
    return float(np.mean(hits.scores > _SAME_PATCH)) > _SAME_SHARE


def _is_above_or_below(blank: BlankPage, other: BlankPage, corner: NDArray[np.int32]) -> bool:
    (x, y), (wide, high) = corner, MARK_SIZE
    words = blank.half[y : y + high, x : x + wide]
    around = other.half[max(y - _NEARBY, 0) : y + high + _NEARBY, x - _REACH[0] : x + wide + _REACH[0]]
    return float(cv2.matchTemplate(around, words, cv2.TM_CCOEFF_NORMED).max()) > _MOVED


def _candidates(blank: BlankPage, other: BlankPage) -> list[tuple[int, int]]:
    """Printed places of `blank`; those where the other edition is the same to the pixel are left out for speed."""
    differs = cv2.absdiff(blank.half, other.half) > _UNLIKE_GREY
    (wide, high), (right, down) = MARK_SIZE, _STEP
    height, width = blank.half.shape
    return [
        (x, y)
        for y in range(_REACH[1], height - high - _REACH[1], down)
        for x in range(_REACH[0], width - wide - _REACH[0], right)
        if blank.half[y : y + high, x : x + wide].std() > _MARK_CONTRAST and differs[y : y + high, x : x + wide].any()
    ]


def _patches_at(corners: NDArray[np.int32]) -> Patches:
    return Patches(corners, MARK_SIZE, np.ones((len(corners), 2), np.bool_))


def _apart(one: NDArray[np.int32], two: NDArray[np.int32]) -> bool:
    return bool(abs(one[0] - two[0]) >= MARK_SIZE[0] or abs(one[1] - two[1]) >= MARK_SIZE[1])
