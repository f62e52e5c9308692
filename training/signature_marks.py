"""What stands in signature boxes: plain signatures, and stamps, type, initials, hatching and the like in their stead.

Far more various than the samples' own (samples.trouble_marks), which only measure what was learnt. Ink goes onto a grey
page at 300 dpi; it refuses to know what becomes of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np

from core.readings import Box
from samples.lettering import letters
from samples.paper import PIXELS_PER_POINT, Gray, lay, lay_stroke, pixels_of, write_in
from samples.writing import Ink, Rng, Writer, curve, sign, trimmed
from training.contents import chance, pick

_STAMPED_WORDS = (
    "RECEIVED", "Received", "COPY", "FAXED", "PAID", "VOID", "FILED", "ENTERED", "APPROVED", "ORIGINAL", "DRAFT",
    "CONFIDENTIAL", "CANCELLED", "POSTED", "CERTIFIED", "SCANNED", "URGENT", "DUPLICATE", "COMPLETED", "MAILED",
    "HUMAN RESOURCES", "LEGAL DEPT.", "STOCK PLAN ADMINISTRATION", "Office of the Secretary", "MAIL ROOM", "LATE",
    "NOTARY PUBLIC", "STATE OF CALIFORNIA", "ACCOUNTS", "BY FAX", "FILE COPY", "NOT VALID", "FOR DEPOSIT ONLY",
    "Checked by", "OK TO PAY",
)  # fmt: skip
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_TITLES = (
    "Attorney-in-Fact",
    "attorney in fact",
    "Trustee",
    "by POA",
    "Executor",
    "Guardian",
    "as Trustee",
    "Custodian",
)


@dataclass(frozen=True, slots=True)
class Spot:
    """One signature box: its place on the page, whose name belongs there, who signs, and the typefaces at hand."""

    picture: Gray
    box: Box
    name: str
    writer: Writer
    typefaces: tuple[str, ...]
    rng: Rng

    @property
    def pixels(self) -> tuple[int, int, int, int]:
        return pixels_of(self.picture, self.box)


# ---------------------------------------------------------------- signatures


def plain(spot: Spot) -> None:
    """One signature; now and then a representative's title stands small beside it."""
    if not chance(spot.rng, 0.08):
        _sign(spot, 0.98)
        return
    ends = spot.box.x0 + (spot.box.x1 - spot.box.x0) * 0.56
    _sign(replace(spot, box=replace(spot.box, x1=ends)), 0.98)
    title = replace(spot.writer, figure_height_pt=8.0)
    write_in(spot.picture, replace(spot.box, x0=ends), pick(spot.rng, _TITLES), title, spot.rng)


def _sign(spot: Spot, share: float) -> tuple[int, int, int, int]:
    """As samples sign or, as often, higher, wider, slanted otherwise, thicker or thinner; gives the ink's bounds."""
    rng = spot.rng
    left, top, right, bottom = spot.pixels
    width, height = right - left, bottom - top
    ink, baseline = trimmed(*sign(spot.name, spot.writer, rng, PIXELS_PER_POINT, width=width, height=height))
    if chance(rng, 0.5):
        ink, baseline = _signed_otherwise(ink, baseline, rng)
    fit = min(1.0, width * share / ink.shape[1])
    low = min(1.0, height * 1.5 / ink.shape[0], fit / 0.78)
    size = (max(round(ink.shape[1] * fit), 1), max(round(ink.shape[0] * low), 1))
    ink = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.float32)
    x = left + round(max(width - size[0], 0) * rng.uniform(0.0, 0.7))
    y = bottom - round(height * rng.uniform(0.02, 0.4)) - round(baseline * low)
    lay(spot.picture, ink, x, y)
    return x, y, x + size[0], y + size[1]


def _signed_otherwise(ink: Ink, baseline: int, rng: Rng) -> tuple[Ink, int]:
    turn = np.radians(float(rng.normal(0, 4)))
    across, down, lean = float(rng.uniform(0.75, 1.35)), float(rng.uniform(0.75, 1.4)), float(rng.normal(0, 0.12))
    shape = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ np.array(
        [[across, -lean], [0.0, down]]
    )
    rows, columns = ink.shape
    corners = np.array([[0, 0], [columns, 0], [0, rows], [columns, rows]], float) @ shape.T
    low = corners.min(0)
    wide, high = (int(side) + 2 for side in corners.max(0) - low)
    ink = np.asarray(cv2.warpAffine(ink, np.column_stack([shape, -low]), (wide, high)), np.float32)
    baseline = round(float((shape @ np.array([columns / 2, baseline]) - low)[1]))
    if chance(rng, 0.3):
        side = int(rng.integers(2, 4))
        ink = np.asarray((cv2.dilate if chance(rng, 0.7) else cv2.erode)(ink, np.ones((side, side), np.uint8)))
    ink *= np.float32(rng.uniform(0.75, 1.0))
    return trimmed(ink, baseline)


def two(spot: Spot) -> None:
    """Two signatures, side by side or one across the other."""
    apart = float(spot.rng.uniform(0.3, 0.6))
    split = spot.box.x0 + (spot.box.x1 - spot.box.x0) * apart
    reach = float(spot.rng.uniform(-0.02, 0.05))
    _sign(replace(spot, box=replace(spot.box, x1=split + reach)), 0.95)
    _sign(replace(spot, box=replace(spot.box, x0=split - reach), name="Alex " + spot.name.split()[-1]), 0.95)


# ---------------------------------------------------------------- stamps


def stamped(spot: Spot) -> None:
    """A stamp across a signature, or beside it."""
    _sign(spot, 0.98)
    _press(spot, _some_stamp(spot))


def stamp(spot: Spot) -> None:
    """A stamp and no signature."""
    _press(spot, _some_stamp(spot))


def stamped_name(spot: Spot) -> None:
    """The name from a rubber stamp, with or without a title below."""
    lines = [spot.name.upper() if chance(spot.rng, 0.6) else spot.name]
    if chance(spot.rng, 0.25):
        lines.append(pick(spot.rng, ("SECRETARY", "Vice President", "TREASURER", "Employee No. 4471", "DIRECTOR")))
    ink = _in_lines(lines, spot, int(spot.rng.integers(22, 56)))
    if chance(spot.rng, 0.4):
        ink = _framed(ink, spot.rng)
    _press(spot, ink)


def _some_stamp(spot: Spot) -> Ink:
    rng = spot.rng
    day = pick(rng, (f"{pick(rng, _MONTHS)} {int(rng.integers(1, 31))} {int(rng.integers(1998, 2006))}",
                     f"{int(rng.integers(1, 13))}/{int(rng.integers(1, 31))}/03",
                     f"{int(rng.integers(1, 31))} {pick(rng, _MONTHS).title()} 2003"))  # fmt: skip
    lines = [pick(rng, _STAMPED_WORDS)]
    if chance(rng, 0.5):
        lines.append(day)
    if chance(rng, 0.3):
        lines.insert(int(rng.integers(len(lines) + 1)), pick(rng, _STAMPED_WORDS))
    if chance(rng, 0.07):
        lines = [day]
    size = int(rng.integers(20, 66 if len(lines) < 3 else 44))
    ink = _in_lines(lines, spot, size)
    frame = rng.random()
    if frame < 0.12:
        return _seal(lines, spot)
    return _framed(ink, rng) if frame < 0.6 else ink


def _in_lines(lines: list[str], spot: Spot, size: int) -> Ink:
    """Lines of type in the middle of one another, `size` pixels an em at 300 dpi."""
    rng = spot.rng
    font = letters(pick(rng, spot.typefaces), size)
    bold = int(rng.choice([0, 1, 1, 2])) if size > 26 else 0
    step = round(size * float(rng.uniform(1.1, 1.5)))
    wide = max(round(font.getlength(line)) for line in lines)
    ink: Ink = np.zeros((step * len(lines) + size, wide + 2 * size), np.float32)
    for place, line in enumerate(lines):
        mask = font.getmask(line, mode="L", stroke_width=bold)
        columns, rows = mask.size
        shape = np.asarray(mask, np.float32).reshape(rows, columns) / np.float32(255)
        top, left = size // 2 + place * step, max((ink.shape[1] - columns) // 2, 0)
        piece = ink[top : top + rows, left : left + columns]
        np.maximum(piece, shape[: piece.shape[0], : piece.shape[1]], out=piece)
    if chance(rng, 0.3):
        ink = np.asarray(cv2.resize(ink, None, fx=float(rng.uniform(0.7, 1.4)), fy=1.0), np.float32)
    return ink


def _framed(ink: Ink, rng: Rng) -> Ink:
    """A frame, single or double, square, rounded or oval."""
    oval = chance(rng, 0.25)
    air = [int(side * rng.uniform(0.2, 0.45)) if oval else int(rng.integers(4, 20)) for side in ink.shape]
    ink = np.asarray(
        cv2.copyMakeBorder(ink, air[0], air[0], air[1], air[1], cv2.BORDER_CONSTANT, value=0.0), np.float32
    )
    rows, columns = ink.shape
    width = int(rng.integers(2, 7))
    for inset in (width, width + int(rng.integers(7, 14))) if chance(rng, 0.3) else (width,):
        if oval:
            middle = (columns // 2, rows // 2)
            cv2.ellipse(ink, middle, (middle[0] - inset, middle[1] - inset), 0, 0, 360, 1.0, width, cv2.LINE_AA)
        else:
            cv2.rectangle(ink, (inset, inset), (columns - 1 - inset, rows - 1 - inset), 1.0, width)
    if not oval and chance(rng, 0.2):
        cv2.line(ink, (width, rows // 2), (columns - width, rows // 2), 1.0, max(width // 2, 1))
    return ink


def _seal(lines: list[str], spot: Spot) -> Ink:
    """A round seal: words around its edge, a line in the middle."""
    rng = spot.rng
    size, radius = int(rng.integers(20, 30)), int(rng.integers(70, 130))
    font = letters(pick(rng, spot.typefaces), size)
    words = " * ".join([*lines, pick(rng, _STAMPED_WORDS)])
    around = round(2 * np.pi * radius)
    band = np.zeros((radius, around), np.float32)
    mask = font.getmask(words, mode="L")
    columns, rows = mask.size
    shape = np.asarray(mask, np.float32).reshape(rows, columns)[:, :around] / np.float32(255)
    band[6 : 6 + rows, : shape.shape[1]] = shape[: radius - 6]
    # cv2.warpPolar wants angle down and radius across, the outermost letters' tops last.
    polar = np.ascontiguousarray(band[::-1].T)
    side = 2 * radius + 8
    middle = (side / 2, side / 2)
    flags = cv2.WARP_INVERSE_MAP | cv2.WARP_FILL_OUTLIERS
    ink = np.asarray(cv2.warpPolar(polar, (side, side), middle, radius, flags), np.float32)
    cv2.circle(ink, (side // 2, side // 2), radius, 1.0, int(rng.integers(2, 5)), cv2.LINE_AA)
    if chance(rng, 0.6):
        cv2.circle(ink, (side // 2, side // 2), radius - rows - 14, 1.0, 2, cv2.LINE_AA)
    return ink


def _press(spot: Spot, ink: Ink) -> None:
    """The stamp pressed onto the box: unevenly or faintly inked, askew, half off the box at times."""
    rng = spot.rng
    left, top, right, bottom = spot.pixels
    ink = np.asarray(cv2.resize(ink, None, fx=min(1.0, 1.1 * (right - left) / ink.shape[1]), fy=1.0), np.float32)
    faintest = float(rng.uniform(0.35, 0.9))
    patches = rng.uniform(faintest, 1.0, (int(rng.integers(2, 6)), int(rng.integers(3, 10)))).astype(np.float32)
    ink = ink * cv2.resize(patches, (ink.shape[1], ink.shape[0]))
    if chance(rng, 0.3):
        # Rubber that carried too little ink: grains of paper show through.
        ink *= (rng.random(ink.shape) < rng.uniform(0.6, 0.95)).astype(np.float32)
    angle = float(rng.normal(0, 4) if chance(rng, 0.75) else rng.uniform(-30, 30))
    rows, columns = ink.shape
    reach = int(np.hypot(rows, columns)) + 2 if abs(angle) > 8 else 0
    room = (max((reach - rows) // 2, 12), max((reach - columns) // 2, 12))
    ink = np.pad(ink, ((room[0], room[0]), (room[1], room[1])))
    turn = cv2.getRotationMatrix2D((ink.shape[1] / 2, ink.shape[0] / 2), angle, 1.0)
    ink = np.asarray(cv2.warpAffine(ink, turn, (ink.shape[1], ink.shape[0])), np.float32)
    x = left + round((right - left - ink.shape[1]) * float(rng.uniform(0.0, 1.0)))
    y = (top + bottom - ink.shape[0]) // 2 + round((bottom - top) * float(rng.normal(-0.05, 0.15)))
    lay(spot.picture, ink, x, y)


# ---------------------------------------------------------------- the rest


def typed(spot: Spot) -> None:
    """The name in type, as a rule after an "/s/"."""
    rng = spot.rng
    size = float(rng.uniform(7, 13))
    typist = Writer(pick(rng, spot.typefaces), typed=True, figure_height_pt=size, pressure=float(rng.uniform(0.7, 1)))
    text = pick(rng, ("{}", "/s/ {}", "/S/ {}", "s/{}", "(signed) {}")).format(spot.name)
    write_in(spot.picture, spot.box, text.upper() if chance(rng, 0.25) else text, typist, rng)


def initials(spot: Spot) -> None:
    rng = spot.rng
    first = [word[0] for word in spot.name.split()]
    text = pick(rng, (".".join(first) + ".", "".join(first), first[0] + first[-1]))
    family = pick(rng, (spot.writer.family, spot.writer.signing_family))
    size = float(rng.uniform(9, 16))
    write_in(spot.picture, spot.box, text, replace(spot.writer, family=family, figure_height_pt=size), rng)


def struck(spot: Spot) -> None:
    """A signature with lines through it, crossed, hatched or scribbled over."""
    rng = spot.rng
    left, top, right, bottom = _sign(replace(spot, box=replace(spot.box, x1=spot.box.x1 - 0.06)), 0.98)
    height = bottom - top
    middle = top + height * float(rng.uniform(0.4, 0.65))
    match int(rng.integers(5)):
        case 0:
            for _ in range(int(rng.integers(1, 4))):
                ends = middle + rng.normal(0, 0.1 * height, 2)
                _stroke(spot, [(left - 12, ends[0]), (right + 12, ends[1])])
        case 1:
            _stroke(spot, [(left - 8, top), (right + 8, bottom)])
            _stroke(spot, [(left - 8, bottom), (right + 8, top)])
        case 2 | 3:
            _hatch(spot, left, right, middle, height * float(rng.uniform(0.25, 0.7)))
        case _:
            turns = np.linspace(0, 2 * np.pi * float(rng.uniform(4, 12)), 90)
            x = np.linspace(left, right, 90) + np.sin(turns) * height * 0.35
            y = middle + np.cos(turns) * height * float(rng.uniform(0.2, 0.5))
            _stroke(spot, list(zip(x.tolist(), y.tolist(), strict=True)))


def hatched(spot: Spot) -> None:
    """Hatching with nothing legible below it."""
    left, top, right, bottom = spot.pixels
    begin = left + (right - left) * float(spot.rng.uniform(0, 0.3))
    end = begin + (right - left) * float(spot.rng.uniform(0.25, 0.7))
    for _ in range(int(spot.rng.integers(1, 3))):
        _hatch(spot, begin, end, (top + bottom) / 2, (bottom - top) * float(spot.rng.uniform(0.2, 0.5)))


def _hatch(spot: Spot, left: float, right: float, middle: float, height: float) -> None:
    """Strokes up and down, of almost the same height all the way: what no signature's letters are."""
    turns = max(int((right - left) / spot.rng.uniform(14, 70)), 6)
    x = np.linspace(left, right, 2 * turns) + spot.rng.normal(0, 2.5, 2 * turns)
    y = middle + height * np.where(np.arange(2 * turns) % 2, 1.0, -1.0) * spot.rng.normal(1, 0.1, 2 * turns)
    _stroke(spot, list(zip(x.tolist(), y.tolist(), strict=True)), smooth=chance(spot.rng, 0.3))


def mark(spot: Spot) -> None:
    """A cross, a line, a tick, a ring: no signature, or a mark beside one."""
    rng = spot.rng
    left, top, right, bottom = spot.pixels
    x, y = left + (right - left) * float(rng.uniform(0.1, 0.6)), top + (bottom - top) * float(rng.uniform(0.3, 0.8))
    size = float(rng.uniform(18, 60))
    match int(rng.integers(4)):
        case 0:
            _stroke(spot, [(x - size, y - size), (x + size, y + size)])
            _stroke(spot, [(x + size, y - size), (x - size, y + size)])
        case 1:
            end = x + (right - left) * float(rng.uniform(0.08, 0.6))
            _stroke(spot, [(x, y), ((x + end) / 2, y + float(rng.normal(0, 12))), (end, y + float(rng.normal(0, 14)))])
        case 2:
            _stroke(spot, [(x - size * 0.6, y), (x, y + size * 0.7), (x + size * 1.4, y - size)], smooth=False)
        case _:
            turns = np.linspace(0.3, 2 * np.pi + float(rng.uniform(0.1, 0.8)), 16)
            wide = size * float(rng.uniform(1, 4))
            _stroke(spot, [(x + wide * float(np.cos(t)), y + size * 0.8 * float(np.sin(t))) for t in turns])


def _stroke(spot: Spot, points: list[tuple[float, float]], *, smooth: bool = True) -> None:
    path = np.array(points, float)
    path[1:-1] += spot.rng.normal(0, 1.5, path[1:-1].shape)
    if smooth and len(path) > 2:
        path = curve(path)
    lay_stroke(spot.picture, path, float(spot.rng.uniform(0.7, 1.8)) * PIXELS_PER_POINT)


MARKS: Mapping[Callable[[Spot], None], float] = {
    plain: 0.42, stamped: 0.17, stamp: 0.1, stamped_name: 0.1, typed: 0.04, initials: 0.03, struck: 0.08,
    hatched: 0.02, two: 0.02, mark: 0.02,
}  # fmt: skip
"""How often each stands in a box. Two signatures and initials are the hand-made measures' business more than this."""
