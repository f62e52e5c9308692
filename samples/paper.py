"""Fills the blank forms as holders did: words and signatures into the zones, ticks, strikes, notes in the margin.

Pictures are grey (255 paper, 0 ink), 300 dpi, upright. It refuses to know what the rules make of the words.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import numpy.typing as npt
from pdf2image import convert_from_path

from core.readings import Box
from core.submissions import Fields, GrantRow, Schedule, Submission
from offers.forms import FieldKind, Form, FormPage, Zone
from samples.writing import Ink, Rng, Writer, curve, draw_stroke, sign, trimmed, write_line

Gray = npt.NDArray[np.uint8]
DPI = 300
PIXELS_PER_POINT = DPI / 72

_COLUMNS = ("grant_no", "grant_date", "price", "shares")


@dataclass(frozen=True, slots=True)
class Pen:
    """Who writes on a page, with what chance, and how the two parts of the Date and Time box are joined."""

    writer: Writer
    joint: str = " "


@lru_cache(maxsize=20)
def blank_picture(pdf: Path, number: int) -> Gray:
    """Page `number` (1-based) of a blank, as it leaves the printer. Read-only: copy before writing on it."""
    (picture,) = convert_from_path(str(pdf), dpi=DPI, first_page=number, last_page=number, grayscale=True)
    gray = np.asarray(picture, np.uint8)
    gray.flags.writeable = False
    return gray


def fill(form: Form, page: FormPage, submission: Submission, pen: Pen, rng: Rng) -> Gray:
    """One page of `form` as the holder of `submission` filled it. The words are those of `submission.fields`."""
    picture = blank_picture(form.pdf, page.number).copy()
    fields = submission.fields
    rows, words = _rows_on(page, fields), _words_on(page, fields, pen)
    for zone in page.zones:
        if zone.field_kind is FieldKind.TICK:
            if fields.amend_box:
                _tick(picture, zone.box, rng)
        elif zone.field_kind is FieldKind.SIGNATURE:
            _fill_signature(picture, page, zone, fields, pen, rng)
        elif zone.field_kind is FieldKind.SHARES and zone.row and zone.row <= len(rows) and rows[zone.row - 1].altered:
            _write_over(picture, zone.box, words[zone.name], pen.writer, rng)
        else:
            write_in(picture, zone.box, words.get(zone.name, ""), pen.writer, rng)
    for number, row in enumerate(rows, start=1):
        if row.struck:
            _strike_row(picture, page, number, rng)
    for phrase in submission.struck_text:
        for box in printed_lines(form.pdf, page.number, phrase):
            strike(picture, box, rng)
    if fields.notes and page.page_class in {"E2", "N1"}:
        _note(picture, fields.notes, pen.writer, rng)
    return picture


def _rows_on(page: FormPage, fields: Fields) -> tuple[GrantRow, ...]:
    if page.page_class == "SCHEDULE":
        return fields.schedule.rows if fields.schedule else ()
    return fields.rows if any(zone.row for zone in page.zones) else ()


def _words_on(page: FormPage, fields: Fields, pen: Pen) -> dict[str, str]:
    """What stands in each text zone of the page, by the zone's name."""
    words = {
        f"row{number}_{column}": getattr(row, column)
        for number, row in enumerate(_rows_on(page, fields), start=1)
        for column in _COLUMNS
    }
    if page.page_class == "SCHEDULE":
        schedule = fields.schedule or Schedule()
        return words | {"printed_name": schedule.name, "signed_on": schedule.date}
    return words | {
        "printed_name": fields.printed_name,
        "tax_id": fields.tax_id,
        "signed_at": pen.joint.join(part for part in (fields.date, fields.time) if part),
        "email": fields.email,
        "address": fields.address,
    }


def _fill_signature(picture: Gray, page: FormPage, zone: Zone, fields: Fields, pen: Pen, rng: Rng) -> None:
    """A signature starts on the line, and pays little heed to the box."""
    signed = fields.signature.present
    if page.page_class == "SCHEDULE":
        signed = fields.schedule.signed if fields.schedule else False
    if signed is None:
        _stray_mark(picture, zone.box, rng)
    if not signed:
        return
    representative = bool(fields.title) and page.page_class != "SCHEDULE"
    ends = zone.box.x0 + (zone.box.x1 - zone.box.x0) * (0.56 if representative else 1.0)
    left, top, right, bottom = pixels_of(picture, replace(zone.box, x1=ends))
    room_to_sign = {"width": right - left, "height": bottom - top}
    legible = fields.signature.reads_as
    name = legible or fields.printed_name or "X"
    ink, baseline = sign(name, pen.writer, rng, PIXELS_PER_POINT, **room_to_sign, legibly=bool(legible))
    ink, baseline = _fitted(*trimmed(ink, baseline), width=(right - left) * 0.98, height=(bottom - top) * 1.5)
    room = right - left - ink.shape[1]
    x = left + round(room * rng.uniform(0.02, 0.5))
    lay(picture, ink, x, bottom - round((bottom - top) * rng.uniform(0.08, 0.26)) - baseline)
    if representative:
        write_in(picture, replace(zone.box, x0=ends), fields.title, replace(pen.writer, figure_height_pt=8.0), rng)


def _write_over(picture: Gray, box: Box, text: str, writer: Writer, rng: Rng) -> None:
    """A slip struck out, and the right word beside it."""
    middle = (box.x0 + box.x1) / 2
    slip = text[:-1] + str((int(text[-1]) + 3) % 10) if text[-1].isdigit() else text[:-1]
    left, right = replace(box, x1=middle), replace(box, x0=middle)
    x0, y0, x1, y1 = write_in(picture, left, slip, replace(writer, overshoot=0.0), rng)
    pen_line(picture, (x0 - 6, (y0 + y1) / 2 + 3), (x1 + 8, (y0 + y1) / 2 - 4), rng)
    write_in(picture, right, text, replace(writer, overshoot=0.0), rng)


def write_in(picture: Gray, box: Box, text: str, writer: Writer, rng: Rng) -> tuple[int, int, int, int]:
    """Write `text` into `box`; gives the pixels its ink covers (left, top, right, bottom)."""
    left, top, right, bottom = pixels_of(picture, box)
    if not text:
        return left, top, left, bottom
    width, height = right - left, bottom - top
    writer = replace(writer, figure_height_pt=min(writer.figure_height_pt, height / PIXELS_PER_POINT * 0.62))
    ink, baseline = trimmed(*write_line(text, writer, rng, PIXELS_PER_POINT))
    ink, baseline = _fitted(ink, baseline, width=width * 0.97, height=height * 1.25)
    room = max(0, width - ink.shape[1])
    inset = 2.5 * PIXELS_PER_POINT if writer.typed else rng.uniform(2, 14) * PIXELS_PER_POINT
    x = left + min(room, round(inset)) if rng.random() < 0.8 else left + room // 2
    lift = height * (0.24 if writer.typed else rng.uniform(0.16, 0.34))
    # Further out, a line would stand in its neighbour's box, where no person could say whose it is.
    wander = height * float(np.clip(writer.overshoot * rng.normal(0, 0.6), -0.25, 0.25))
    y = round(bottom - lift + wander) - baseline
    lay(picture, ink, x, y)
    return x, y, x + ink.shape[1], y + ink.shape[0]


def _fitted(ink: Ink, baseline: int, *, width: float, height: float) -> tuple[Ink, int]:
    """Written closer, then smaller, where the box is too narrow: as people do when they see the edge coming."""
    rows, columns = ink.shape
    narrow = min(1.0, width / columns)
    small = min(1.0, height / rows, narrow / 0.78)
    if narrow == small == 1.0:
        return ink, baseline
    size = (max(1, round(columns * narrow)), max(1, round(rows * small)))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.float32), round(baseline * small)


def lay(picture: Gray, ink: Ink, x: int, y: int) -> None:
    """Ink onto paper; what would fall off the sheet does."""
    rows, columns = picture.shape
    x0, y0 = max(x, 0), max(y, 0)
    x1, y1 = min(x + ink.shape[1], columns), min(y + ink.shape[0], rows)
    if x1 <= x0 or y1 <= y0:
        return
    piece = ink[y0 - y : y1 - y, x0 - x : x1 - x]
    paper = picture[y0:y1, x0:x1]
    paper[:] = np.minimum(paper, (255 * (1 - piece)).astype(np.uint8))


def pixels_of(picture: Gray, box: Box) -> tuple[int, int, int, int]:
    rows, columns = picture.shape
    return round(box.x0 * columns), round(box.y0 * rows), round(box.x1 * columns), round(box.y1 * rows)


# ---------------------------------------------------------------- marks


def _tick(picture: Gray, box: Box, rng: Rng) -> None:
    """A tick, a cross or a filled square, reaching out of its box as they do."""
    left, top, right, bottom = pixels_of(picture, box)
    side = right - left
    out = side * rng.uniform(0.0, 0.45)
    air = 60
    shape = (bottom - top + 2 * air, side + 2 * air)
    low, high = air - out * 0.4, air + side + out
    style = rng.choice(["tick", "cross", "scribble"], p=[0.45, 0.45, 0.1])
    width = rng.uniform(0.9, 1.8) * PIXELS_PER_POINT
    jitter = rng.normal(0, side * 0.06, (8, 2))
    if style == "tick":
        points = np.array([[air + side * 0.12, air + side * 0.5], [air + side * 0.42, air + side * 0.9], [high, low]])
        ink = draw_stroke(points + jitter[:3], width, shape)
    elif style == "cross":
        first = np.array([[low + side * 0.1, low + side * 0.1], [high - side * 0.1, high - side * 0.1]])
        second = np.array([[high - side * 0.1, low + side * 0.1], [low + side * 0.1, high - side * 0.1]])
        ink = np.maximum(draw_stroke(first + jitter[:2], width, shape), draw_stroke(second + jitter[2:4], width, shape))
    else:
        x = air + side * rng.uniform(0.1, 0.9, 8)
        y = air + side * np.linspace(0.1, 0.9, 8)
        ink = draw_stroke(curve(np.column_stack([x, y]) + jitter), width, shape)
    lay(picture, ink, left - air, top - air)


def _stray_mark(picture: Gray, box: Box, rng: Rng) -> None:
    """Something in the signature box that nobody can call a signature or its absence."""
    left, _, right, bottom = pixels_of(picture, box)
    x = left + (right - left) * rng.uniform(0.1, 0.5)
    pen_line(picture, (x, bottom - 30), (x + rng.uniform(20, 50), bottom - rng.uniform(15, 60)), rng)


def _strike_row(picture: Gray, page: FormPage, number: int, rng: Rng) -> None:
    boxes = [page.zone(f"row{number}_{column}").box for column in _COLUMNS]
    strike(picture, Box(boxes[0].x0, boxes[0].y0, boxes[-1].x1, boxes[0].y1), rng)


def strike(picture: Gray, box: Box, rng: Rng) -> None:
    left, top, right, bottom = pixels_of(picture, box)
    middle, span = (top + bottom) / 2, (bottom - top) * 0.18
    ends = rng.uniform(-span, span, 2)
    pen_line(
        picture, (left - rng.uniform(0, 25), middle + ends[0]), (right + rng.uniform(0, 25), middle + ends[1]), rng
    )


def pen_line(picture: Gray, start: tuple[float, float], end: tuple[float, float], rng: Rng) -> None:
    """One drawn line, not quite straight."""
    t = np.linspace(0, 1, 7)[:, None]
    points = np.array(start) * (1 - t) + np.array(end) * t
    points[1:-1, 1] += rng.normal(0, 2.5, 5)
    lay_stroke(picture, curve(points), rng.uniform(0.8, 1.5) * PIXELS_PER_POINT)


def lay_stroke(picture: Gray, points: npt.NDArray[np.float64], width: float) -> None:
    """A pen stroke, `width` pixels wide, straight from point to point (x, y) of the picture."""
    low = np.floor(points.min(0)).astype(int) - 14
    columns, rows = (np.ceil(points.max(0)).astype(int) + 14 - low).tolist()
    lay(picture, draw_stroke(points - low, width, (rows, columns)), int(low[0]), int(low[1]))


# ---------------------------------------------------------------- words beside the boxes


def _note(picture: Gray, text: str, writer: Writer, rng: Rng) -> None:
    """Handwriting where the form has room for none."""
    pen = replace(writer, figure_height_pt=max(9.5, writer.figure_height_pt * 0.85), overshoot=0.0)
    lines = [trimmed(*write_line(line, pen, rng, PIXELS_PER_POINT)) for line in folded(text, 44)]
    width = max(ink.shape[1] for ink, _ in lines)
    step = round(pen.figure_height_pt * 1.8 * PIXELS_PER_POINT)
    height = step * len(lines)
    x, y = free_place(picture, width, height, rng)
    for number, (ink, baseline) in enumerate(lines):
        lay(picture, ink, x, y + step * number + round(step * 0.75) - baseline)


def folded(text: str, columns: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) + 1 > columns and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def free_place(picture: Gray, width: int, height: int, rng: Rng) -> tuple[int, int]:
    """The upper left corner of a place without ink of that size; the foot of the page when there is none."""
    scale = 10
    small = cv2.resize(picture, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA)
    sums = cv2.integral((small < 245).astype(np.uint8))
    w, h = width // scale + 2, height // scale + 2
    margin = 28
    rows, columns = small.shape
    ys, xs = np.arange(margin, rows - h - margin // 2), np.arange(margin, columns - w - margin)
    if ys.size and xs.size:
        y, x = ys[:, None], xs[None, :]
        inked = sums[y + h, x + w] - sums[y, x + w] - sums[y + h, x] + sums[y, x]
        free = np.argwhere(inked == 0)
        if len(free):
            row, column = free[int(rng.integers(len(free)))]
            return int(xs[column]) * scale, int(ys[row]) * scale
    return margin * scale, picture.shape[0] - height - 60


@lru_cache(maxsize=8)
def _printed_lines(pdf: Path, number: int) -> tuple[tuple[str, Box], ...]:
    """Every printed line of a page with its place, as poppler sees them."""
    page = str(number)
    command = ["pdftotext", "-bbox-layout", "-f", page, "-l", page, str(pdf), "-"]
    xhtml = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    root = ElementTree.fromstring(re.sub(r' xmlns="[^"]*"', "", xhtml, count=1))  # noqa: S314 -- our own blank
    sheet = root.find(".//page")
    if sheet is None:
        return ()
    width, height = float(sheet.attrib["width"]), float(sheet.attrib["height"])
    found = []
    for line in sheet.iter("line"):
        words = " ".join(word.text or "" for word in line.iter("word"))
        edges = (float(line.attrib[key]) for key in ("xMin", "yMin", "xMax", "yMax"))
        x0, y0, x1, y1 = edges
        found.append((words, Box(x0 / width, y0 / height, x1 / width, y1 / height)))
    return tuple(found)


def printed_lines(pdf: Path, number: int, phrase: str) -> list[Box]:
    """Where the printed lines stand that hold `phrase`; none on a page that does not print it."""
    return [box for words, box in _printed_lines(pdf, number) if phrase in words]
