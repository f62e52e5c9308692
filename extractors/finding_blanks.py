"""Finds which blank a page is a copy of, if any; the first of the two ways a page gets its class.

Features say which blank, the blank's own print confirms it. A page that resembles a blank only by its letters (all
forms share a typeface and a heading) fails the confirmation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from extractors.blank_pages import PAGE_FEATURES, BlankPage, BlankPages, Features, orb_features
from extractors.editions import edition_of, shares_layout, witness_editions
from extractors.page_images import Gray
from extractors.registration import CoarsePlacing, Placing, place_by_features, place_by_sift, place_exactly

_SURE_INLIERS: Final = 60
"""Features that settle the search at once. Measured on 141 moderately damaged pages: the right blank has 47 to 400 of
them, the wrong one at most 35 (the schedule shares its heading with the form's first page)."""
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
    features = orb_features(half, PAGE_FEATURES)
    candidates = sorted(_candidates(features, blanks), key=lambda c: c.inliers, reverse=True)
    return _confirmed(half, features, candidates, blanks)


def find_known_blank(half: Gray, blank: BlankPage, blanks: BlankPages) -> Found | None:
    """`find_blank` for a page whose words say which blank it is, with the slower features that survive more damage."""
    placing = place_by_sift(half, blank)
    return _confirmed(half, orb_features(half, PAGE_FEATURES), [placing] if placing else [], blanks)


def find_said_blank(half: Gray, blank: BlankPage) -> Found | None:
    """The page laid onto the very blank, in the very edition, that a person says it copies.

    None where too little of the blank's print is there for its zones to be where the writing is.
    """
    for coarse in (place_by_sift(half, blank), place_by_features(orb_features(half, PAGE_FEATURES), blank)):
        placing = place_exactly(half, coarse) if coarse else None
        if placing is not None and placing.share_found >= _FOUND_SHARE and placing.score >= _FOUND_SCORE:
            return Found(placing, blank.form.version)
    return None


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
        placing = place_exactly(half, candidate)
        # The newest edition's print is enough to know the page; a form whose text flowed otherwise has half of it.
        if placing is None or placing.share_found < _FOUND_SHARE or placing.score < _FOUND_SCORE:
            continue
        editions = [placing, *_placed_siblings(half, features, placing, blanks)]
        witnesses = witness_editions(half, editions)
        return Found(witnesses[0].placing, edition_of(witnesses))
    return None


def _placed_siblings(half: Gray, features: Features, placing: Placing, blanks: BlankPages) -> Iterator[Placing]:
    """The other editions laid onto the page: at the same place where they share a layout, else found anew."""
    for sibling in blanks.siblings_of(placing.blank):
        if shares_layout(placing.blank, sibling):
            yield replace(placing, blank=sibling)
            continue
        coarse = place_by_features(features, sibling)
        exact = place_exactly(half, coarse) if coarse else None
        if exact is not None:
            yield exact
