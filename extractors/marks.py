"""What somebody put on a page: pieces of connected ink, and the zone that each belongs to.

Ink is shared out piece by piece, not cut at a box's edge: a figure that overshoots its cell stays whole, and a stroke
that belongs to no zone is writing outside the boxes. It refuses to know what any of it says.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from core.readings import Box
from extractors.page_images import PIXELS_PER_POINT, Gray
from offers.forms import FieldKind, Zone

INK_BELOW = 140
"""Grey values below this are ink: squaring and softening leave the edges of 1-bit strokes grey."""
PAPER = 255

_FAINT_AREA = 2
"""Pixels at 200 dpi. The point of a typed price may be no more than this after a pale scan."""
_DOT_AREA = 6
_STROKE_AREA = 26
"""A piece of this size is writing on its own; a smaller one only beside such a piece (a point, a comma, a hyphen)."""
_DOT_REACH = round(9 * PIXELS_PER_POINT)
_FAINT_REACH = round(3.5 * PIXELS_PER_POINT)
"""A point stands within a figure's width of its figures, a faint one must stand closer: most dots that small are dirt.
Without the faint ones one typed price in twelve lost its point."""
_OVERSHOOT = round(13 * PIXELS_PER_POINT)
"""How far outside its box a holder's writing still counts as written in it, in pixels."""
_CUT_BY_THE_FORM = round(3.5 * PIXELS_PER_POINT)
"""Dropping a printed line out may cut a figure in two; pieces this near to each other are one."""
_FLOURISH = round(11 * PIXELS_PER_POINT)
"""A stroke under a signature, cut off by the line that it was signed on."""
_MOSTLY = 0.55
_FILLS = 0.4
"""Ink that reaches this far into both of two rows (of a row's height) is two figures that touch."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of connected ink. Pixel bounds of the registered page (right and bottom exclusive), area in pixels."""

    label: int
    left: int
    top: int
    right: int
    bottom: int
    area: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def sides(self) -> tuple[int, int]:
        return self.width, self.height

    def distance_to(self, other: Piece) -> int:
        """Pixels of paper between the two bounds, along the wider gap; 0 where they overlap."""
        across = max(self.left - other.right, other.left - self.right, 0)
        down = max(self.top - other.bottom, other.top - self.bottom, 0)
        return max(across, down)


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in one place: its pieces and a grey picture of them alone.

    `picture` is tight around the pieces; `left` and `top` place it on the registered page, in pixels. An empty place
    has no pieces and an empty picture.
    """

    pieces: tuple[Piece, ...] = ()
    picture: Gray = field(default_factory=lambda: np.full((0, 0), PAPER, np.uint8), repr=False)
    left: int = 0
    top: int = 0

    @property
    def ink(self) -> NDArray[np.bool_]:
        return self.picture < INK_BELOW

    @property
    def area(self) -> int:
        return sum(piece.area for piece in self.pieces)


NOTHING_WRITTEN = Written()


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """The writing of a page: by the name of its zone, the pieces outside every zone, and the dots of no writing."""

    by_zone: Mapping[str, Written]
    outside: tuple[Piece, ...]
    dots: tuple[Piece, ...] = field(repr=False)
    """Pieces too small to be writing and too far from any: dirt, or what a fax left of a thin pen."""
    ink: Gray = field(repr=False)
    labels: NDArray[np.int32] = field(repr=False)

    def written(self, pieces: Sequence[Piece]) -> Written:
        """Some of the page's pieces as a picture of their own."""
        return _written(self.ink, self.labels, pieces)


def share_out(ink: Gray, zones: Sequence[Zone]) -> WrittenPage:
    """Every piece of ink of a registered, dropped-out page to the zone it was written in."""
    _, found, stats, _ = cv2.connectedComponentsWithStats(
        (ink < INK_BELOW).astype(np.uint8), connectivity=8, ltype=cv2.CV_32S
    )
    labels = np.asarray(found, np.int32)
    bounds = _cut_between_rows(labels, np.asarray(stats, np.int32), zones)
    pieces = _pieces(bounds)
    homes, outside = _homes(pieces, zones, *_overlaps(labels, len(bounds), zones)) if zones else ({}, pieces)
    by_zone = {
        zone.name: _written(ink, labels, _without_dirt(homes.get(place, ())), _clip(zone.box, ink))
        for place, zone in enumerate(zones)
    }
    written = {piece.label for each in by_zone.values() for piece in each.pieces}
    return WrittenPage(
        by_zone,
        tuple(piece for piece in outside if piece.area >= _STROKE_AREA),
        tuple(piece for piece in pieces if piece.area < _STROKE_AREA and piece.label not in written),
        ink,
        labels,
    )


def _pieces(stats: NDArray[np.int32]) -> list[Piece]:
    return [
        Piece(label, int(x), int(y), int(x + w), int(y + h), int(area))
        for label, (x, y, w, h, area) in enumerate(stats.tolist())
        if label and area >= _FAINT_AREA
    ]


def _cut_between_rows(labels: NDArray[np.int32], stats: NDArray[np.int32], zones: Sequence[Zone]) -> NDArray[np.int32]:
    """Cuts figures that touch those of the next row, where they are thinnest; returns the bounds, new ones at the end.

    Only what fills most of the height of both rows is cut: the tail of a 7 stays whole. `labels` is changed.
    """
    bounds = [tuple(row) for row in stats.tolist()]
    height, width = labels.shape
    for upper, lower in _pairs_of_rows(zones):
        left, right = round(upper.x0 * width), round(upper.x1 * width)
        middle = round((upper.y1 + lower.y0) / 2 * height)
        reach = round(_FILLS * min(upper.y1 - upper.y0, lower.y1 - lower.y0) * height)
        for label in np.unique(labels[middle, left:right]).tolist():
            x, y, wide, high, _ = bounds[label]
            if label and y <= middle - reach and y + high >= middle + reach:
                own = labels[y : y + high, x : x + wide] == label
                at = _thinnest(own, middle - y, reach // 2)
                labels[y + at : y + high, x : x + wide][own[at:]] = len(bounds)
                bounds[label] = _bounds_of(own[:at], x, y)
                bounds.append(_bounds_of(own[at:], x, y + at))
    return np.array(bounds, np.int32)


def _pairs_of_rows(zones: Sequence[Zone]) -> Iterator[tuple[Box, Box]]:
    """The boxes of a table that lie one under the other, from top to bottom."""
    for column in columns_of(zones):
        yield from itertools.pairwise(zone.box for zone in column)


def columns_of(zones: Sequence[Zone]) -> list[list[Zone]]:
    """The cells of a table by their column, from top to bottom."""
    columns: dict[float, list[Zone]] = defaultdict(list)
    for zone in zones:
        if zone.row is not None:
            columns[round(zone.box.x0, 2)].append(zone)
    return [sorted(column, key=lambda zone: zone.box.y0) for column in columns.values()]


def _thinnest(own: NDArray[np.bool_], middle: int, reach: int) -> int:
    """The row within `reach` of `middle` with the least ink, the nearest of equals."""
    rows = np.arange(max(middle - reach, 1), min(middle + reach, len(own) - 1) + 1)
    return int(min(rows, key=lambda row: (own[row].sum(), abs(row - middle))))


def _bounds_of(own: NDArray[np.bool_], x: int, y: int) -> tuple[int, int, int, int, int]:
    """Left, top, width, height, area, as OpenCV gives them, of a mask whose corner lies at (x, y)."""
    rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    return x + left, y + top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1, int(own.sum())


def _overlaps(
    labels: NDArray[np.int32], count: int, zones: Sequence[Zone]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pixels of each piece (row) inside each zone's box (column), and within its reach; column 0 is neither."""
    boxes, reaches = np.zeros(labels.shape, np.int32), np.zeros(labels.shape, np.int32)
    # A signature pays least heed to its box: its reach goes before its neighbours'.
    for number, zone in sorted(enumerate(zones, start=1), key=lambda each: each[1].field_kind is FieldKind.SIGNATURE):
        _fill(reaches, zone.box, number, _OVERSHOOT)
    for number, zone in enumerate(zones, start=1):
        _fill(reaches, zone.box, number, 0)
        _fill(boxes, zone.box, number, 0)
    inked = labels > 0
    columns = len(zones) + 1
    return (
        np.bincount(labels[inked] * columns + boxes[inked], minlength=count * columns).reshape(count, columns),
        np.bincount(labels[inked] * columns + reaches[inked], minlength=count * columns).reshape(count, columns),
    )


def _fill(picture: NDArray[np.int32], box: Box, number: int, margin: int) -> None:
    height, width = picture.shape
    top, bottom = max(round(box.y0 * height) - margin, 0), round(box.y1 * height) + margin
    left, right = max(round(box.x0 * width) - margin, 0), round(box.x1 * width) + margin
    picture[top:bottom, left:right] = number


def _homes(
    pieces: Iterable[Piece], zones: Sequence[Zone], inside: NDArray[np.int64], near: NDArray[np.int64]
) -> tuple[dict[int, list[Piece]], list[Piece]]:
    """Pieces by the place of their zone, and those of none. A stroke across several boxes is in each of them."""
    homes: dict[int, list[Piece]] = {}
    strays: list[tuple[int, Piece]] = []
    outside: list[Piece] = []
    for piece in pieces:
        in_boxes, in_reach = inside[piece.label, 1:], near[piece.label, 1:]
        best = int(in_boxes.argmax())
        if in_boxes[best] and in_reach[best] >= _MOSTLY * piece.area:
            homes.setdefault(best, []).append(piece)
        elif in_boxes.sum() >= _MOSTLY * piece.area:
            for place in np.flatnonzero(in_boxes >= _DOT_AREA).tolist():
                homes.setdefault(place, []).append(piece)
        elif not in_boxes.any() and in_reach.any():
            strays.append((int(in_reach.argmax()), piece))
        else:
            outside.append(piece)
    for place, piece in strays:
        far = _FLOURISH if zones[place].field_kind is FieldKind.SIGNATURE else _CUT_BY_THE_FORM
        if any(piece.distance_to(other) <= far for other in homes.get(place, ())):
            homes[place].append(piece)
        else:
            outside.append(piece)
    return homes, outside


def _without_dirt(pieces: Sequence[Piece]) -> list[Piece]:
    strokes = [piece for piece in pieces if piece.area >= _STROKE_AREA]
    return [
        piece
        for piece in pieces
        if piece.area >= _STROKE_AREA or any(piece.distance_to(stroke) <= _reach_of(piece) for stroke in strokes)
    ]


def _reach_of(dot: Piece) -> int:
    return _DOT_REACH if dot.area >= _DOT_AREA else _FAINT_REACH


def _clip(box: Box, ink: Gray) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the zone with its reach, in pixels of the page."""
    height, width = ink.shape
    return (
        max(round(box.x0 * width) - _OVERSHOOT, 0),
        max(round(box.y0 * height) - _OVERSHOOT, 0),
        min(round(box.x1 * width) + _OVERSHOOT, width),
        min(round(box.y1 * height) + _OVERSHOOT, height),
    )


def _written(
    ink: Gray,
    labels: NDArray[np.int32],
    pieces: Sequence[Piece],
    clip: tuple[int, int, int, int] | None = None,
) -> Written:
    if not pieces:
        return NOTHING_WRITTEN
    left, top, right, bottom = (
        min(piece.left for piece in pieces),
        min(piece.top for piece in pieces),
        max(piece.right for piece in pieces),
        max(piece.bottom for piece in pieces),
    )
    if clip:
        left, top, right, bottom = max(left, clip[0]), max(top, clip[1]), min(right, clip[2]), min(bottom, clip[3])
    # One pixel of air keeps the grey edges of the strokes.
    left, top = max(left - 1, 0), max(top - 1, 0)
    window = labels[top : bottom + 1, left : right + 1]
    own = np.isin(window, [piece.label for piece in pieces])
    rim = cv2.dilate(own.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    picture = np.where(own | (rim & (window == 0)), ink[top : bottom + 1, left : right + 1], np.uint8(PAPER))
    return Written(tuple(pieces), picture.astype(np.uint8), left, top)
