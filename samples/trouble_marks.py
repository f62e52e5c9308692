"""The pen strokes and stamps of troubled forms: lines through rows, slips written over, arrows, circles, stamps.

Each draws on a page that is already filled. It refuses to know what the rules make of it (samples.troubles does).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from core.readings import Box
from core.submissions import Fields, GrantRow
from offers.forms import FormPage
from samples.lettering import letters
from samples.paper import PIXELS_PER_POINT, Gray, free_place, lay, lay_stroke, pen_line, pixels_of, strike, write_in
from samples.writing import Ink, Rng, Writer, curve, sign, trimmed, write_line

COLUMNS = ("grant_no", "grant_date", "price", "shares")


@dataclass(frozen=True, slots=True)
class Desk:
    """A filled page with somebody still at work on it. `writer` filled it, `pen` is the hand that marks it.

    `row` is the 1-based line of the table that the trouble is in, `column` the cell where it is in one; `rows` are all
    rows as written before.
    """

    picture: Gray
    page: FormPage
    writer: Writer
    pen: Writer
    rng: Rng
    rows: tuple[GrantRow, ...]
    row: int
    column: str
    fields: Fields
    joint: str

    def box(self, zone: str) -> Box:
        return self.page.zone(zone).box

    @property
    def cell(self) -> Box:
        return self.box(f"row{self.row}_{self.column}")

    @property
    def words(self) -> str:
        """What the cell in trouble was meant to say."""
        return str(getattr(self.rows[self.row - 1], self.column))

    def line(self, row: int) -> Box:
        """All four cells of a row as one box."""
        boxes = [self.box(f"row{row}_{column}") for column in COLUMNS]
        return replace(boxes[0], x1=boxes[-1].x1)

    @property
    def width(self) -> float:
        """A pen's width in pixels."""
        return float(self.rng.uniform(0.8, 1.5)) * PIXELS_PER_POINT


def stroke(desk: Desk, points: list[tuple[float, float]], *, smooth: bool = True, width: float | None = None) -> None:
    """One pen stroke through `points` (pixels of the picture), a little unsteady."""
    path = np.array(points, float)
    path[1:-1] += desk.rng.normal(0, 2.0, path[1:-1].shape)
    if smooth and len(path) > 2:
        path = curve(path)
    lay_stroke(desk.picture, path, width or desk.width)


def _zigzag(left: float, right: float, middle: float, height: float, turns: int) -> list[tuple[float, float]]:
    xs = np.linspace(left, right, 2 * turns)
    return [(float(x), middle + height * (1 if place % 2 else -1)) for place, x in enumerate(xs)]


# ---------------------------------------------------------------- rows and cells


def strike_twice(desk: Desk) -> None:
    for _ in range(2):
        strike(desk.picture, desk.line(desk.row), desk.rng)


def strike_in_waves(desk: Desk) -> None:
    """A wavy line through the row."""
    left, top, right, bottom = pixels_of(desk.picture, desk.line(desk.row))
    height = (bottom - top) * float(desk.rng.uniform(0.1, 0.22))
    stroke(desk, _zigzag(left, right, (top + bottom) / 2, height, int(desk.rng.integers(6, 16))))


def strike_in_zigzag(desk: Desk) -> None:
    """Hatched out from end to end, as high as the figures."""
    left, top, right, bottom = pixels_of(desk.picture, desk.line(desk.row))
    height = (bottom - top) * float(desk.rng.uniform(0.28, 0.42))
    stroke(desk, _zigzag(left, right, (top + bottom) / 2, height, int(desk.rng.integers(14, 34))), smooth=False)


def cross_out(desk: Desk) -> None:
    """A long cross over the row, corner to corner."""
    left, top, right, bottom = pixels_of(desk.picture, desk.line(desk.row))
    over = (bottom - top) * float(desk.rng.uniform(0.0, 0.25))
    pen_line(desk.picture, (left, top - over), (right, bottom + over), desk.rng)
    pen_line(desk.picture, (left, bottom + over), (right, top - over), desk.rng)


def strike_cell(desk: Desk) -> None:
    """A line through one cell, and nothing written instead."""
    left, top, right, bottom = pixels_of(desk.picture, desk.cell)
    x0, _, x1, _ = write_in(desk.picture, desk.cell, desk.words, replace(desk.writer, overshoot=0.0), desk.rng)
    middle = (top + bottom) / 2
    ends = desk.rng.uniform(-3, 3, 2)
    pen_line(desk.picture, (max(x0 - 12, left), middle + ends[0]), (min(x1 + 12, right), middle + ends[1]), desk.rng)


def overwrite(desk: Desk) -> None:
    """A slip, and the right figure written over it."""
    at, slip = _slip_at_one_figure(desk)
    _write_over(desk, slip, at, desk.words[at])


def overwrite_wrongly(desk: Desk) -> None:
    """What should stand there, and another figure written over one of its own."""
    at, slip = _slip_at_one_figure(desk)
    _write_over(desk, desk.words, at, slip[at])


def _slip_at_one_figure(desk: Desk) -> tuple[int, str]:
    words = desk.words
    places = [place for place, character in enumerate(words) if character.isdigit()]
    at = places[int(desk.rng.integers(len(places)))]
    return at, words[:at] + str((int(words[at]) + int(desk.rng.integers(1, 9))) % 10) + words[at + 1 :]


def _write_over(desk: Desk, first: str, at: int, figure: str) -> None:
    """`figure` over the one at place `at` of `first`: heavier, on the same spot."""
    writer = replace(desk.writer, overshoot=0.0, slope=0.0, waviness=0.0)
    left, top, right, bottom = pixels_of(desk.picture, desk.cell)
    size = min(writer.figure_height_pt, (bottom - top) / PIXELS_PER_POINT * 0.62)
    writer = replace(writer, figure_height_pt=size)
    ink, baseline = line_of(first, writer, desk.rng)
    squeeze = min(1.0, (right - left) * 0.9 / ink.shape[1])
    x, y = left + 24, bottom - round((bottom - top) * 0.26)
    lay(desk.picture, narrowed(ink, squeeze), x, y - baseline)
    # Where the figure stands: the width of the line up to and with it, less its own.
    up_to, own = (line_of(part, writer, desk.rng)[0].shape[1] for part in (first[: at + 1], first[at]))
    before = up_to - own
    hand = desk.pen if desk.writer.typed else writer
    right_one, base = line_of(
        figure, replace(hand, figure_height_pt=size * 1.1, thickness=0.07, pressure=1.0), desk.rng
    )
    for _ in range(int(desk.rng.integers(1, 3))):
        lay(desk.picture, right_one, x + round(before * squeeze) + int(desk.rng.integers(-2, 4)), y - base)


def line_of(text: str, writer: Writer, rng: Rng) -> tuple[Ink, int]:
    """A written line, tight around its ink, and the row of its baseline, in pixels of the pages drawn on."""
    return trimmed(*write_line(text, writer, rng, PIXELS_PER_POINT))


def narrowed(ink: Ink, by: float) -> Ink:
    """Ink `by` times as wide; never widened."""
    if by >= 1.0:
        return ink
    size = (max(1, round(ink.shape[1] * by)), ink.shape[0])
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.float32)


def _slip(words: str, rng: Rng) -> str:
    places = [place for place, character in enumerate(words) if character.isdigit()]
    at = places[int(rng.integers(len(places)))]
    return words[:at] + str((int(words[at]) + int(rng.integers(1, 9))) % 10) + words[at + 1 :]


def correct_beside(desk: Desk, box: Box | None = None, words: str | None = None) -> None:
    """A slip with a line through it, and the right words beside it."""
    where, right_words = box or desk.cell, words or desk.words
    middle = (where.x0 + where.x1) / 2
    writer = replace(desk.writer, overshoot=0.0)
    x0, y0, x1, y1 = write_in(desk.picture, replace(where, x1=middle), _slip(right_words, desk.rng), writer, desk.rng)
    pen_line(desk.picture, (x0 - 6, (y0 + y1) / 2 + 3), (x1 + 8, (y0 + y1) / 2 - 4), desk.rng)
    hand = writer if not writer.typed or desk.rng.random() < 0.5 else replace(desk.pen, overshoot=0.0)
    write_in(desk.picture, replace(where, x0=middle), right_words, hand, desk.rng)


def black_out(desk: Desk) -> None:
    """A slip scribbled over until nobody can read it, and the right words beside it."""
    box = desk.cell
    middle = box.x0 + (box.x1 - box.x0) * 0.45
    writer = replace(desk.writer, overshoot=0.0)
    x0, y0, x1, y1 = write_in(desk.picture, replace(box, x1=middle), _slip(desk.words, desk.rng), writer, desk.rng)
    for _ in range(2):
        stroke(desk, _zigzag(x0 - 4, x1 + 4, (y0 + y1) / 2, (y1 - y0) * 0.5, max(6, (x1 - x0) // 14)))
    write_in(desk.picture, replace(box, x0=middle), desk.words, writer, desk.rng)


def correct_above(desk: Desk) -> None:
    """A slip with a line through it, and the right words written small above."""
    box = desk.cell
    height = box.y1 - box.y0
    writer = replace(desk.writer, overshoot=0.0)
    x0, y0, x1, y1 = write_in(
        desk.picture, replace(box, y0=box.y0 + 0.2 * height), _slip(desk.words, desk.rng), writer, desk.rng
    )
    pen_line(desk.picture, (x0 - 8, (y0 + y1) / 2 + 2), (x1 + 8, (y0 + y1) / 2 - 2), desk.rng)
    small = replace(desk.pen, figure_height_pt=6.5, overshoot=0.0)
    write_in(
        desk.picture, replace(box, y0=box.y0 - 0.3 * height, y1=box.y0 + 0.35 * height), desk.words, small, desk.rng
    )


def correct_date(desk: Desk) -> None:
    """The signing date corrected: the box holds the slip, struck out, and the right words below it."""
    box = desk.box("signed_at")
    middle = (box.y0 + box.y1) / 2
    small = replace(desk.writer, figure_height_pt=min(desk.writer.figure_height_pt, 7.0), overshoot=0.0)
    upper, lower = replace(box, y1=middle), replace(box, y0=middle)
    words = desk.joint.join((desk.fields.date, desk.fields.time))
    x0, y0, x1, y1 = write_in(desk.picture, upper, _slip(desk.fields.date, desk.rng), small, desk.rng)
    pen_line(desk.picture, (x0 - 8, (y0 + y1) / 2 + 2), (x1 + 8, (y0 + y1) / 2 - 2), desk.rng)
    write_in(desk.picture, lower, words, small, desk.rng)


def arrow_down(desk: Desk) -> None:
    """A line drawn down the column from its first cell through all that are left blank, with or without a head."""
    first, last = desk.box(f"row1_{desk.column}"), desk.box(f"row{len(desk.rows)}_{desk.column}")
    left, top, right, bottom = pixels_of(desk.picture, Box(first.x0, first.y1, last.x1, last.y1))
    x = left + (right - left) * float(desk.rng.uniform(0.15, 0.7))
    lean = float(desk.rng.normal(0, 10))
    start, end = (x, top - float(desk.rng.uniform(-6, 16))), (x + lean, bottom - float(desk.rng.uniform(4, 26)))
    pen_line(desk.picture, start, end, desk.rng)
    if desk.rng.random() < 0.7:
        _head(desk, end, (0.0, 1.0))


def _head(desk: Desk, tip: tuple[float, float], towards: tuple[float, float]) -> None:
    size = float(desk.rng.uniform(14, 30))
    back = (tip[0] - towards[0] * size, tip[1] - towards[1] * size)
    aside = (towards[1] * size * 0.6, towards[0] * size * 0.6)
    stroke(
        desk, [(back[0] - aside[0], back[1] - aside[1]), tip, (back[0] + aside[0], back[1] + aside[1])], smooth=False
    )


def circle_row(desk: Desk) -> None:
    """The whole row ringed, as one does to make it stand out."""
    _ring(desk, desk.line(desk.row), 0.02)


def circle_cell(desk: Desk) -> None:
    _ring(desk, desk.cell, 0.0)


def _ring(desk: Desk, box: Box, beyond: float) -> None:
    left, top, right, bottom = pixels_of(desk.picture, box)
    x, y = (left + right) / 2, (top + bottom) / 2
    across, down = (right - left) / 2 * (1 + beyond), (bottom - top) / 2 * float(desk.rng.uniform(1.0, 1.3))
    turns = np.linspace(0.3, 2 * np.pi + float(desk.rng.uniform(0.1, 0.8)), 14)
    stroke(desk, [(x + across * float(np.cos(t)), y + down * float(np.sin(t))) for t in turns])


def arrow_beside(desk: Desk) -> None:
    """An arrow in the margin that points at the row."""
    left, top, _, bottom = pixels_of(desk.picture, desk.line(desk.row))
    y = (top + bottom) / 2 + float(desk.rng.normal(0, 8))
    tip = (left - float(desk.rng.uniform(4, 14)), y)
    pen_line(
        desk.picture, (tip[0] - float(desk.rng.uniform(70, 130)), y + float(desk.rng.normal(0, 14))), tip, desk.rng
    )
    _head(desk, tip, (1.0, 0.0))


def straddle(desk: Desk) -> None:
    """The whole row written across the line between two rows of the table."""
    line = desk.line(desk.row)
    down = (line.y1 - line.y0) * float(desk.rng.uniform(0.4, 0.6))
    writer = replace(desk.writer, overshoot=0.0)
    for column in COLUMNS:
        box = desk.box(f"row{desk.row}_{column}")
        words = getattr(desk.rows[desk.row - 1], column)
        write_in(desk.picture, replace(box, y0=box.y0 + down, y1=box.y1 + down), words, writer, desk.rng)


def all_across(desk: Desk) -> None:
    """ALL, written large over the share cells of every row."""
    first, last = desk.box("row1_shares"), desk.box(f"row{len(desk.rows)}_shares")
    big = replace(desk.pen, figure_height_pt=float(desk.rng.uniform(20, 30)), overshoot=0.0)
    ink, _ = line_of("ALL", big, desk.rng)
    left, top, right, bottom = pixels_of(desk.picture, Box(first.x0, first.y0, last.x1, last.y1))
    fit = min((right - left) * 0.9 / ink.shape[1], (bottom - top) * 0.9 / ink.shape[0])
    ink = np.asarray(cv2.resize(ink, None, fx=fit, fy=fit, interpolation=cv2.INTER_LINEAR), np.float32)
    lay(desk.picture, ink, (left + right - ink.shape[1]) // 2, (top + bottom - ink.shape[0]) // 2)


# ---------------------------------------------------------------- the signature box and beside it


def _sign_at(desk: Desk, name: str, box: Box) -> None:
    left, top, right, bottom = pixels_of(desk.picture, box)
    ink, baseline = trimmed(*sign(name, desk.pen, desk.rng, PIXELS_PER_POINT, width=right - left, height=bottom - top))
    fit = min(1.0, (right - left) / ink.shape[1], (bottom - top) * 1.4 / ink.shape[0])
    ink = np.asarray(cv2.resize(ink, None, fx=fit, fy=fit, interpolation=cv2.INTER_AREA), np.float32)
    lay(desk.picture, ink, left, round(bottom - (bottom - top) * 0.2 - baseline * fit))


def cosign(desk: Desk) -> None:
    """Two signatures in the box, side by side."""
    box = desk.box("signature")
    third = (box.x1 - box.x0) / 3
    _sign_at(desk, desk.fields.printed_name, replace(box, x1=box.x0 + 1.25 * third))
    _sign_at(desk, "Alex Moreno", replace(box, x0=box.x1 - 1.25 * third))


def sign_elsewhere(desk: Desk) -> None:
    """A second signature where the form asks for none."""
    height, width = desk.picture.shape
    x, y = free_place(desk.picture, round(0.3 * width), round(0.06 * height), desk.rng)
    _sign_at(desk, "Alex Moreno", Box(x / width, y / height, x / width + 0.28, y / height + 0.05))


def initial(desk: Desk) -> None:
    """Initials, in block letters or run together."""
    letters_of = [word[0] for word in desk.fields.printed_name.split()]
    text = str(desk.rng.choice([".".join(letters_of) + ".", "".join(letters_of), letters_of[0] + letters_of[-1]]))
    hand = replace(
        desk.pen,
        family=str(desk.rng.choice([desk.pen.family, desk.pen.signing_family])),
        figure_height_pt=float(desk.rng.uniform(10, 16)),
        overshoot=0.0,
    )
    write_in(desk.picture, desk.box("signature"), text, hand, desk.rng)


def sign_with_cross(desk: Desk) -> None:
    left, top, right, bottom = pixels_of(desk.picture, desk.box("signature"))
    x, y = left + (right - left) * float(desk.rng.uniform(0.08, 0.4)), (top + bottom) / 2
    size = float(desk.rng.uniform(22, 45))
    pen_line(desk.picture, (x - size, y - size), (x + size, y + size), desk.rng)
    pen_line(desk.picture, (x + size, y - size), (x - size, y + size), desk.rng)


def type_name(desk: Desk) -> None:
    """The name in type where a hand should sign."""
    typist = replace(
        desk.writer if desk.writer.typed else desk.pen,
        family=desk.writer.family if desk.writer.typed else "arimo",
        typed=True,
        figure_height_pt=float(desk.rng.uniform(7, 10)),
        overshoot=0.0,
    )
    text = desk.fields.printed_name if desk.rng.random() < 0.6 else f"/s/ {desk.fields.printed_name}"
    write_in(desk.picture, desk.box("signature"), text, typist, desk.rng)


def stray_line(desk: Desk) -> None:
    """A line in an unsigned box, long or short, straight or bent."""
    left, top, right, bottom = pixels_of(desk.picture, desk.box("signature"))
    x = left + (right - left) * float(desk.rng.uniform(0.02, 0.3))
    length = (right - left) * float(desk.rng.uniform(0.08, 0.65))
    y = bottom - (bottom - top) * float(desk.rng.uniform(0.15, 0.6))
    bend = float(desk.rng.normal(0, 10))
    stroke(desk, [(x, y), (x + length / 2, y + bend), (x + length, y + float(desk.rng.normal(0, 12)))])


def strike_signature(desk: Desk) -> None:
    """A signature with a line through it, or hatched out."""
    box = desk.box("signature")
    left, top, right, bottom = pixels_of(desk.picture, box)
    _sign_at(desk, desk.fields.printed_name, replace(box, x1=box.x0 + (box.x1 - box.x0) * 0.8))
    end, middle = left + (right - left) * 0.8, bottom - (bottom - top) * 0.42
    if desk.rng.random() < 0.5:
        pen_line(desk.picture, (left - 10, middle + 4), (end + 12, middle - 6), desk.rng)
        pen_line(desk.picture, (left - 6, middle + 12), (end + 12, middle + 4), desk.rng)
    else:
        stroke(desk, _zigzag(left, end, middle, (bottom - top) * 0.35, int(desk.rng.integers(8, 16))), smooth=False)


def _stamp(desk: Desk, words: tuple[str, ...], framed: bool, size: int) -> Ink:
    """A rubber stamp: type, mostly in a frame, unevenly inked, not quite straight."""
    font = letters(str(desk.rng.choice(["arimo", "tinos", "cousine"])), size)
    wide = max(round(font.getlength(line)) for line in words)
    step = round(size * 1.35)
    ink: Ink = np.zeros((step * len(words) + size, wide + 2 * size), np.float32)
    for place, line in enumerate(words):
        mask = font.getmask(line, mode="L", stroke_width=1)
        columns, rows = mask.size
        shape = np.asarray(mask, np.float32).reshape(rows, columns) / np.float32(255)
        top, left = size // 2 + place * step, (ink.shape[1] - columns) // 2
        ink[top : top + rows, left : left + columns] = shape[: ink.shape[0] - top, : ink.shape[1] - left]
    if framed:
        cv2.rectangle(ink, (3, 3), (ink.shape[1] - 4, ink.shape[0] - 4), 1.0, 4)
    patches = desk.rng.uniform(0.6, 1.0, (4, 7)).astype(np.float32)
    ink *= cv2.resize(patches, (ink.shape[1], ink.shape[0]))
    turn = cv2.getRotationMatrix2D((ink.shape[1] / 2, ink.shape[0] / 2), float(desk.rng.normal(0, 4)), 1.0)
    return np.asarray(cv2.warpAffine(ink, turn, (ink.shape[1], ink.shape[0])), np.float32)


def stamp_name(desk: Desk) -> None:
    """The holder's name from a rubber stamp where a hand should sign."""
    left, top, right, bottom = pixels_of(desk.picture, desk.box("signature"))
    ink = _stamp(
        desk, (desk.fields.printed_name.upper(),), bool(desk.rng.random() < 0.5), int(desk.rng.integers(34, 48))
    )
    ink = narrowed(ink, (right - left) * 0.95 / ink.shape[1])
    lay(desk.picture, ink, left + 10, (top + bottom - ink.shape[0]) // 2)


def _office_stamp(desk: Desk) -> Ink:
    day = f"JUL {int(desk.rng.integers(10, 24))} 2003"
    words = (("RECEIVED", day), ("RECEIVED", day, "HUMAN RESOURCES"), ("COPY",), ("FAXED", day), ("PAID",))
    size = int(desk.rng.integers(38, 60))
    return _stamp(desk, words[int(desk.rng.integers(len(words)))], bool(desk.rng.random() < 0.75), size)


def stamp_page(desk: Desk) -> None:
    """An office's stamp where nothing is written."""
    ink = _office_stamp(desk)
    x, y = free_place(desk.picture, ink.shape[1], ink.shape[0], desk.rng)
    lay(desk.picture, ink, x, y)


def stamp_signature(desk: Desk) -> None:
    """An office's stamp across the signature."""
    left, top, right, bottom = pixels_of(desk.picture, desk.box("signature"))
    ink = _office_stamp(desk)
    x = left + round((right - left - ink.shape[1]) * float(desk.rng.uniform(0.2, 0.8)))
    lay(desk.picture, ink, x, (top + bottom - ink.shape[0]) // 2 + int(desk.rng.integers(-25, 15)))


def stamp_row(desk: Desk) -> None:
    """An office's stamp across the cells of a row."""
    left, top, right, bottom = pixels_of(desk.picture, desk.line(desk.row))
    ink = _office_stamp(desk)
    x = left + round((right - left - ink.shape[1]) * float(desk.rng.uniform(0.1, 0.9)))
    lay(desk.picture, ink, x, (top + bottom - ink.shape[0]) // 2 + int(desk.rng.integers(-15, 15)))


# ---------------------------------------------------------------- notes and boxes


def note_over_print(desk: Desk) -> None:
    """Words written right across the printed text."""
    height, width = desk.picture.shape
    x, y = desk.rng.uniform(0.12, 0.4) * width, desk.rng.uniform(0.45, 0.55) * height
    ink, _ = line_of(str(desk.rng.choice(NOTES)), replace(desk.pen, thickness=0.06), desk.rng)
    lay(desk.picture, ink, round(x), round(y))


NOTES = ("only if price under $2", "call me first!", "not the 2002 grant", "see attached", "VOID", "no thanks")


def note_in_margin(desk: Desk) -> None:
    """Words up the left margin, turned by a quarter."""
    ink, _ = line_of(str(desk.rng.choice(NOTES)), replace(desk.pen, figure_height_pt=10.0), desk.rng)
    turned = np.ascontiguousarray(np.rot90(ink))
    height, _ = desk.picture.shape
    y = round(height * float(desk.rng.uniform(0.2, 0.6)))
    lay(desk.picture, turned, round(float(desk.rng.uniform(22, 40)) * PIXELS_PER_POINT), y)


def short_note(desk: Desk) -> None:
    """A word of two letters, or a mark of one stroke, where nothing is asked."""
    ink, _ = line_of(str(desk.rng.choice(["OK", "No", "NO", "?", "ok", "x"])), desk.pen, desk.rng)
    x, y = free_place(desk.picture, ink.shape[1] + 30, ink.shape[0] + 30, desk.rng)
    lay(desk.picture, ink, x + 15, y + 15)


def tick_with_circle(desk: Desk) -> None:
    """The box ringed instead of ticked."""
    box = desk.box("amend_box")
    _ring(desk, box, float(desk.rng.uniform(0.25, 0.9)))


def tick_with_dot(desk: Desk) -> None:
    """A small blot in the box."""
    left, top, right, bottom = pixels_of(desk.picture, desk.box("amend_box"))
    x, y = (left + right) / 2 + float(desk.rng.normal(0, 4)), (top + bottom) / 2 + float(desk.rng.normal(0, 4))
    size = float(desk.rng.uniform(5, 10))
    stroke(desk, [(x - size, y), (x + size, y + 2), (x - size / 2, y + size / 2)], width=float(desk.rng.uniform(6, 9)))


def _inside(desk: Desk) -> tuple[float, float, float]:
    """The middle of the tick box and half its side, in pixels."""
    left, top, right, bottom = pixels_of(desk.picture, desk.box("amend_box"))
    return (left + right) / 2, (top + bottom) / 2, (right - left) / 2


def tick(desk: Desk) -> None:
    x, y, half = _inside(desk)
    out = float(desk.rng.uniform(0.8, 2.0))
    stroke(
        desk, [(x - half * 0.7, y), (x - half * 0.15, y + half * 0.7), (x + half * out, y - half * out)], smooth=False
    )


def tick_with_cross(desk: Desk) -> None:
    x, y, half = _inside(desk)
    out = half * float(desk.rng.uniform(0.6, 1.5))
    stroke(desk, [(x - out, y - out), (x + out, y + out)])
    stroke(desk, [(x + out, y - out), (x - out, y + out)])


def tick_with_scribble(desk: Desk) -> None:
    x, y, half = _inside(desk)
    stroke(
        desk,
        _zigzag(
            x - half * 0.8, x + half * 0.8, y, half * float(desk.rng.uniform(0.5, 1.1)), int(desk.rng.integers(3, 7))
        ),
    )
