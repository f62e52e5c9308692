"""Whether somebody signed: True, False, or None where a person must look (a stray line, initials, type, a stamp).

Rulebook 28 and 29. It refuses to know whose name it ought to be.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from extractors.marks import Written
from extractors.page_images import PIXELS_PER_POINT

_STRAIGHT = 1.35
"""Length of the strokes over their span up to which they are a line, not writing."""
_SHORTEST_STROKES = 80 * PIXELS_PER_POINT
"""Summed length of a signature's strokes, in pixels: less is initials or a slip of the pen."""
_NARROWEST = 34 * PIXELS_PER_POINT
_DENSEST = 0.5
"""Share of ink within its bounds from which it is a stamp or a blot."""
_FRAMED = 0.85


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
    if strokes < _SHORTEST_STROKES or _bounds(written)[0] < _NARROWEST:
        return SignatureMark(None, 0.5, "initials or a slip of the pen")
    if looks_typed:
        return SignatureMark(None, 0.5, "type, not a hand")
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
    """Solid ink, or one piece that frames most of the others."""
    if float(written.ink.mean()) > _DENSEST:
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
