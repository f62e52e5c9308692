"""Whether somebody signed: True, False, or None where a person must look (a stray line, initials, type, a stamp).

Rulebook 28 and 29. It refuses to know whose name it ought to be.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from extractors.level_strokes import has_two_edges, longest_strokes
from extractors.marks import Piece, Written
from extractors.page_images import PIXELS_PER_POINT

_STRAIGHT = 1.2
"""Length of the strokes over their span up to which they are a line, not writing: of 64 stray lines the most had 1.14,
of 384 signatures the least 1.28 but for one that the fax had nearly lost. The network sees crooked lines."""
_SHORTEST_STROKES = 80 * PIXELS_PER_POINT
"""Summed length of a signature's strokes, in pixels: less is initials or a slip of the pen."""
_NARROWEST = 56 * PIXELS_PER_POINT
"""Two centimetres: three initials are narrower, of 60 signatures the narrowest had 27 millimetres."""
_DENSEST = 0.5
"""Share of ink within its bounds from which it is a stamp or a blot."""
_FRAMED = 0.85
_EDGE, _EDGES_APART, _SIDE_BY_SIDE, _ABOVE = 90, 30, 0.25, 0.5
"""Pixels: two level strokes so long and so far one above the other, for so much of their width, are a frame's edges,
the upper one in the upper half. Of 60 signatures in 25 hands none has them; of 15 framed stamps eleven, some across a
signature. Two strokes under a name lie lower."""
_AS_LOW_AS_PRINT = round(11.5 * PIXELS_PER_POINT)
"""The highest joined stroke of type and stamped capitals had 28 pixels, of 140 signatures the lowest 39."""
_BETWEEN_SIDES, _LETTERS, _LETTER_AREA = round(10 * PIXELS_PER_POINT), 5, 26
"""The same of at least so many pieces between the first and the last, which may be the sides of a frame; 32 pixels."""
_MOST_PIECES = 30
"""A hand joins its letters: of those 60 signatures the most had 21 pieces of ink, stamps up to 58."""
_MOST_CROSSINGS = 14
_AT_HEIGHTS = (0.2, 0.35, 0.5, 0.65, 0.8)
"""Strokes that a level line meets at each of these heights. Hatching and stamped capitals have as many above
as below; a signature has fewer where only its tall letters reach (13 at most)."""
_CROSSED_WIDTH, _CROSSED_SIDES, _CROSSED_ABOVE = 0.97, 0.3, 0.8
"""A line through all of it, with ink above and below, not at its foot: a flourish ends before, or lies lower."""
_BETWEEN_TWO = 30 * PIXELS_PER_POINT
_LEAST_OF_TWO = 120
"""Paper between a signature and a second one or a mark, and the least ink of each in pixels. Within one signature lay
19 points of paper at most."""


@dataclass(frozen=True, slots=True)
class SignatureMark:
    """`why` says what makes it doubtful, "" where nothing does."""

    present: bool | None
    confidence: float
    why: str = ""


def read_signature(written: Written, *, looks_typed: bool) -> SignatureMark:
    """`looks_typed`: the readers of type agree on what stands there, as they hardly do about a hand."""
    if not written.pieces:
        return SignatureMark(False, 0.995)
    strokes, span = _stroke_length(written), float(np.hypot(*_bounds(written)))
    if strokes <= _STRAIGHT * span:
        return SignatureMark(None, 0.5, "a line, no signature")
    if _is_stamp(written):
        return SignatureMark(None, 0.5, "a stamp or a blot")
    if looks_typed or _is_as_low_as_print(written.pieces):
        return SignatureMark(None, 0.5, "type or a stamp, not a hand")
    if _is_crossed_out(written):
        return SignatureMark(None, 0.5, "a signature crossed out")
    if strokes < _SHORTEST_STROKES or _bounds(written)[0] < _NARROWEST:
        return SignatureMark(None, 0.5, "initials or a slip of the pen")
    return SignatureMark(True, 0.99)


def _bounds(written: Written) -> tuple[int, int]:
    """Width and height of the ink, in pixels."""
    return (
        max(piece.right for piece in written.pieces) - min(piece.left for piece in written.pieces),
        max(piece.bottom for piece in written.pieces) - min(piece.top for piece in written.pieces),
    )


def _stroke_length(written: Written) -> float:
    """Half the length of the ink's outlines: a stroke has two sides."""
    outlines, _ = cv2.findContours(written.ink.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return sum(cv2.arcLength(outline, closed=True) for outline in outlines) / 2


def _is_stamp(written: Written) -> bool:
    """Solid ink, a frame's edges, more pieces than a hand makes, or one piece that frames most of the others."""
    if float(written.ink.mean()) > _DENSEST or len(written.pieces) > _MOST_PIECES:
        return True
    if has_two_edges(written.ink, _EDGE, _EDGES_APART, _SIDE_BY_SIDE, _ABOVE):
        return True
    width, height = _bounds(written)
    largest = max(written.pieces, key=lambda piece: piece.width * piece.height)
    framing = largest.width >= _FRAMED * width and largest.height >= _FRAMED * height
    return framing and len(written.pieces) > 3 and _goes_round(written)


def _goes_round(written: Written) -> bool:
    """Whether nearly every row has ink in both its outer tenths: the sides of a frame."""
    ink = written.ink
    edge = max(ink.shape[1] // 10, 2)
    both = ink[:, :edge].any(axis=1) & ink[:, -edge:].any(axis=1)
    return float(both.mean()) > _FRAMED


def _is_as_low_as_print(pieces: Sequence[Piece]) -> bool:
    """Whether no joined stroke is higher than print is, or none between a frame's two sides."""
    if max(piece.height for piece in pieces) <= _AS_LOW_AS_PRINT:
        return True
    sides = {min(pieces, key=lambda piece: piece.left), max(pieces, key=lambda piece: piece.right)}
    letters = [piece.height for piece in pieces if piece not in sides and piece.area >= _LETTER_AREA]
    return len(letters) >= _LETTERS and max(letters) <= _BETWEEN_SIDES


def _is_crossed_out(written: Written) -> bool:
    """A line through all of it, or hatching over it."""
    ink = written.ink
    rows = [ink[int(height * len(ink))] for height in _AT_HEIGHTS]
    if min(int(np.count_nonzero(np.diff(row.astype(np.int8)) == 1)) for row in rows) >= _MOST_CROSSINGS:
        return True
    width, _ = _bounds(written)
    return any(
        stroke.length >= _CROSSED_WIDTH * width
        and min(stroke.above, stroke.below) >= _CROSSED_SIDES
        and stroke.row <= _CROSSED_ABOVE * len(ink)
        for stroke in longest_strokes(ink)
    )


def are_two(pieces: Sequence[Piece]) -> bool:
    """Whether a signature box holds two signatures, or one and some other mark: paper divides its ink in two."""
    ordered = sorted(pieces, key=lambda piece: piece.left)
    whole = sum(piece.area for piece in ordered)
    reached, area = 0, 0
    for before, piece in itertools.pairwise(ordered):
        reached, area = max(reached, before.right), area + before.area
        if piece.left - reached >= _BETWEEN_TWO and min(area, whole - area) >= _LEAST_OF_TWO:
            return True
    return False
