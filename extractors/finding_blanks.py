"""Finds which blank a page is a copy of, if any; the first of the two ways a page gets its class.

Features say which blank, the blank's own print confirms it. A page that resembles a blank only by its letters (all
forms share a typeface and a heading) fails the confirmation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from extractors.blank_pages import BlankPage, BlankPages, Features, orb_features
from extractors.editions import edition_of, witness_editions
from extractors.page_images import Gray
from extractors.registration import CoarsePlacing, Placing, place_by_features, place_by_sift, place_exactly

_SURE_INLIERS: Final = 200
"""Features that settle the search at once. Measured on damaged copies: the right blank has 160 to 560, the wrong one
at most 110 (the notice and the schedule share a heading)."""
_FEWEST_INLIERS: Final = 10
_TRIED: Final = 3
"""Candidates confirmed by print before a page is said to match none."""
_FOUND_SHARE: Final = 0.5
_FOUND_SCORE: Final = 0.45
"""Share of print patches found, and their median correlation, from which a page is a copy of a blank."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A page recognised as a copy of a blank. `edition` None: the words that tell editions apart are not readable."""

    placing: Placing
    edition: str | None


def find_blank(half: Gray, blanks: BlankPages) -> Found | None:
    """The blank that `half` (a page at SEARCH_DPI, any way up) copies, exactly placed; None for another page."""
    features = orb_features(half)
    candidates = sorted(_candidates(features, blanks), key=lambda c: c.inliers, reverse=True)
    return _confirmed(half, features, candidates, blanks)


def find_known_blank(half: Gray, blank: BlankPage, blanks: BlankPages) -> Found | None:
    """`find_blank` for a page whose words say which blank it is, with the slower features that survive more damage."""
    placing = place_by_sift(half, blank)
    return _confirmed(half, orb_features(half), [placing] if placing else [], blanks)


def _candidates(features: Features, blanks: BlankPages) -> Iterator[CoarsePlacing]:
    """One placing for each page that fits at all; the search ends at the first that leaves no doubt."""
    for blank in blanks.newest:
        placing = place_by_features(features, blank)
        if placing is not None and placing.inliers >= _FEWEST_INLIERS:
            yield placing
            if placing.inliers >= _SURE_INLIERS:
                return


def _confirmed(half: Gray, features: Features, candidates: Sequence[CoarsePlacing], blanks: BlankPages) -> Found | None:
    for candidate in candidates[:_TRIED]:
        editions = [candidate, *_placed_siblings(features, candidate, blanks)]
        witnesses = witness_editions(half, editions)
        placing = place_exactly(half, witnesses[0].placing)
        if placing and placing.share_found >= _FOUND_SHARE and placing.score >= _FOUND_SCORE:
            return Found(placing, edition_of(witnesses))
    return None


def _placed_siblings(features: Features, candidate: CoarsePlacing, blanks: BlankPages) -> Iterator[CoarsePlacing]:
    """The other editions' placings; where features do not find one, its layout is taken to be the candidate's."""
    for sibling in blanks.siblings_of(candidate.blank):
        placing = place_by_features(features, sibling)
        if placing is None or placing.inliers < candidate.inliers / 2:
            placing = CoarsePlacing(sibling, candidate.affine, candidate.inliers)
        yield placing
