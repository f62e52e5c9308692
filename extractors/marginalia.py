"""Writing outside the boxes: found on the page that is left when the form and its zones are taken away.

Nothing that somebody wrote is dropped silently: what cannot be read becomes "?", so that FREE_TEXT fires (rulebook
25). Dirt is not writing: specks, streaks, remnants of the form's own lines.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from extractors.marks import Piece, Written, WrittenPage
from extractors.page_images import PIXELS_PER_POINT
from offers.forms import Zone

_EDGE = round(13 * PIXELS_PER_POINT)
"""Along the sheet's edges lie shadows and punch holes; people leave them free."""
_WORD_GAP = round(16 * PIXELS_PER_POINT)
_LINE_GAP = round(3 * PIXELS_PER_POINT)
_LEAST_INK = 120
"""Pixels of ink of the smallest note: a tick, an "x" has some 150. Single specks of moderate damage have up to 90, and
on 60 clean pages nothing lay outside the boxes that was as high as a letter."""
_LEAST_HEIGHT = round(5 * PIXELS_PER_POINT)
_THIN = round(2.2 * PIXELS_PER_POINT)
"""A piece that is thinner one way is a remnant of a printed line, not writing, unless there is writing beside it."""
_RING, _STROKE, _HOLLOW = (60, 28), (70, 8), 0.16
"""Width and height in pixels, least of a ring's part and least and most of a stroke's, and the share of its bounds that
a ring inks. On 60 clean pages no piece of writing in a table is like either; a large C is 49 pixels wide."""
_LONG = 9
"""A piece so many times longer than wide is a remnant too: where the feed was uneven, a ruled line bends."""


def notes_on(page: WrittenPage) -> tuple[Written, ...]:
    """Each note as one piece of writing, from top to bottom."""
    height, width = page.ink.shape
    inner = [
        piece
        for piece in page.outside
        if piece.left >= _EDGE
        and piece.right <= width - _EDGE
        and piece.top >= _EDGE
        and piece.bottom <= height - _EDGE
    ]
    groups = grouped(inner, page.ink.shape)
    notes = [group for group in groups if _is_writing(group)]
    return tuple(page.written(group) for group in sorted(notes, key=lambda group: min(piece.top for piece in group)))


def _is_writing(group: Sequence[Piece]) -> bool:
    solid = [piece for piece in group if min(piece.sides) > _THIN and max(piece.sides) < _LONG * min(piece.sides)]
    if not solid or sum(piece.area for piece in group) < _LEAST_INK:
        return False
    return max(piece.bottom for piece in solid) - min(piece.top for piece in solid) >= _LEAST_HEIGHT


def drawn_around(page: WrittenPage, cells: Sequence[Zone]) -> tuple[Written, ...]:
    """A ring, or what dropping the form's lines left of one, drawn in or around `cells`: one mark, if any."""
    pieces = {piece.label: piece for zone in cells for piece in page.by_zone[zone.name].pieces if _is_drawn(piece)}
    return (page.written(tuple(pieces.values())),) if pieces else ()


def _is_drawn(piece: Piece) -> bool:
    """Larger than letters and mostly hollow, or a long level stroke on its own."""
    hollow = piece.area < _HOLLOW * piece.width * piece.height
    arc = piece.width >= _RING[0] and piece.height >= _RING[1] and hollow
    return arc or (piece.width >= _STROKE[0] and piece.height <= _STROKE[1])


def grouped(pieces: Sequence[Piece], shape: tuple[int, ...]) -> list[list[Piece]]:
    """Pieces near each other, nearer down the page than along a line, are one note."""
    if not pieces:
        return []
    scale = 4
    canvas = np.zeros((shape[0] // scale + 1, shape[1] // scale + 1), np.uint8)
    for piece in pieces:
        top, bottom = max(piece.top - _LINE_GAP, 0), piece.bottom + _LINE_GAP
        left, right = max(piece.left - _WORD_GAP // 2, 0), piece.right + _WORD_GAP // 2
        canvas[top // scale : bottom // scale + 1, left // scale : right // scale + 1] = 1
    _, labels = cv2.connectedComponents(canvas, connectivity=8)
    groups: dict[int, list[Piece]] = {}
    for piece in pieces:
        label = int(labels[(piece.top + piece.bottom) // 2 // scale, (piece.left + piece.right) // 2 // scale])
        groups.setdefault(label, []).append(piece)
    return list(groups.values())
