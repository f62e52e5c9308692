"""What scanner, telephone line and fax server do to a page; it refuses to know what the page says.

A page goes in grey at 300 dpi and comes out as fax bits with non-square pixels, together with where its points went:
a benchmark needs to know that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from time import gmtime

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, TiffImagePlugin, TiffTags

from samples.lettering import letters
from samples.paper import DPI, Gray
from samples.writing import Rng

Bits = npt.NDArray[np.bool_]
"""True is black; rows are fax lines, 1728 pixels each."""

WIDTH = 1728
LINES_PER_PAGE_AT_98 = 1078
"""Eleven inches at 98 lines an inch."""
STANDARD, FINE, SUPERFINE = (204, 98), (204, 196), (204, 391)

ANCHORS = tuple((x, y) for y in (0.1, 0.3, 0.5, 0.7, 0.9) for x in (0.1, 0.5, 0.9))
"""Points of the page (fractions) whose place in the fax is kept as truth."""


class Level(StrEnum):
    """How badly a page travels."""

    CLEAN = "clean"
    LIGHT = "light"
    MODERATE = "moderate"
    HEAVY = "heavy"


@dataclass(frozen=True, slots=True)
class Journey:
    """What happens to one page on its way. Shifts are fractions of the page, `blur` pixels at 300 dpi."""

    resolution: tuple[int, int] = FINE
    dither: str = "none"
    """One of none, diffused (Floyd-Steinberg), ordered (4 by 4 Bayer)."""
    tint: float = 0.9
    """How light the paper looks to a scanner in photo mode; only a dither shows it."""
    threshold: int = 140
    gamma: float = 1.0
    blur: float = 0.8
    grain: float = 0.0
    """Standard deviation of the scanner's noise, grey levels."""
    skew_degrees: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    shift: tuple[float, float] = (0.0, 0.0)
    feed: float = 0.0
    """Amplitude of the uneven feed as a fraction of the page's height."""
    upside_down: bool = False
    specks: int = 0
    streaks: int = 0
    dropped_lines: int = 0
    repeated_lines: int = 0
    clipped: tuple[float, float] = (0.0, 0.0)
    """Share of the width lost at the left and the right edge."""
    header: str = ""


@dataclass(frozen=True, slots=True)
class FaxedPage:
    """One page as received. `anchors` are, for each of ANCHORS, its place in the upright picture (fractions)."""

    bits: Bits
    resolution: tuple[int, int]
    anchors: tuple[tuple[float, float], ...]
    upside_down: bool
    bad_lines: int = 0
    """Lines that the receiver gave up and filled with their neighbours."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a HylaFAX server notes on a page: its local time without zone when it began, and the seconds it took."""

    begun_at: datetime
    seconds: int


def some_journey(rng: Rng, level: Level, resolution: tuple[int, int]) -> Journey:
    """A journey at random, of the given hardship."""
    if level is Level.CLEAN:
        return Journey(resolution, skew_degrees=float(rng.normal(0, 0.1)))
    hard = {Level.LIGHT: 0.4, Level.MODERATE: 1.0, Level.HEAVY: 2.0}[level]
    dither = "none"
    if rng.random() < 0.06 * hard:
        dither = str(rng.choice(["diffused", "ordered"]))
    return Journey(
        resolution,
        dither=dither,
        tint=float(rng.uniform(0.86, 0.96)),
        threshold=int(np.clip(rng.normal(145, 14 * hard), 100, 190)),
        gamma=float(np.exp(rng.normal(0, 0.12 * hard))),
        blur=float(rng.uniform(0.6, 0.8 + 0.5 * hard)),
        grain=float(rng.uniform(2, 6 + 8 * hard)),
        skew_degrees=float(np.clip(rng.normal(0, 0.55 * hard), -3, 3)),
        scale=(1 + float(rng.normal(0, 0.006 * hard)), 1 + float(rng.normal(0, 0.008 * hard))),
        shift=(float(rng.normal(0, 0.006 * hard)), float(rng.normal(0, 0.006 * hard))),
        feed=float(abs(rng.normal(0, 0.0007 * hard))),
        specks=int(rng.poisson(35 * hard**1.5)),
        streaks=int(rng.poisson(0.25 * hard)),
        dropped_lines=int(rng.poisson(0.8 * hard**1.5)),
        repeated_lines=int(rng.poisson(0.8 * hard**1.5)),
        clipped=(
            float(rng.uniform(0, 0.02)) if rng.random() < 0.12 * hard else 0.0,
            float(rng.uniform(0, 0.02)) if rng.random() < 0.12 * hard else 0.0,
        ),
    )


def send(picture: Gray, journey: Journey, rng: Rng) -> FaxedPage:
    """`picture` (grey, 300 dpi) as the other end received it."""
    lines = round(LINES_PER_PAGE_AT_98 * journey.resolution[1] / 98)
    matrix = _scan_matrix(picture, journey, lines)
    scanned = _scan(picture, journey, matrix, lines, rng)
    rows, order = _feed(lines, journey, rng)
    bits = _to_bits(_rows_at(scanned, rows), journey, rng)
    bits = bits[order]
    anchors = tuple(_anchor(point, picture, matrix, rows, order) for point in ANCHORS)
    if journey.upside_down:
        bits = bits[::-1, ::-1]
    bits = np.ascontiguousarray(bits)
    _soil(bits, journey, rng)
    if journey.header:
        _print_header(bits, journey)
    return FaxedPage(bits, journey.resolution, anchors, journey.upside_down, journey.repeated_lines)


def _scan_matrix(picture: Gray, journey: Journey, lines: int) -> npt.NDArray[np.float64]:
    """From pixels of the sheet to pixels of the scan (2 by 3), about the middle of the sheet."""
    height, width = picture.shape
    turn = np.radians(journey.skew_degrees)
    # A degree is a degree on paper: turn in inches, then go to the fax's own pixels.
    to_inches = np.diag([1 / DPI, 1 / DPI])
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    to_fax = np.diag([journey.resolution[0] * journey.scale[0], journey.resolution[1] * journey.scale[1]])
    linear = to_fax @ rotation @ to_inches
    middle = np.array([WIDTH * (0.5 + journey.shift[0]), lines * (0.5 + journey.shift[1])])
    return np.column_stack([linear, middle - linear @ np.array([width / 2, height / 2])])


def _scan(
    picture: Gray, journey: Journey, matrix: npt.NDArray[np.float64], lines: int, rng: Rng
) -> npt.NDArray[np.float32]:
    """Grey as the scanner's sensor has it, 0-255."""
    # One output pixel covers several of the sheet's: without that average thin strokes would fall between lines.
    spread = max(DPI / journey.resolution[1] * 0.35, journey.blur)
    soft = cv2.GaussianBlur(picture, (0, 0), sigmaX=max(0.6, journey.blur), sigmaY=spread)
    gray = cv2.warpAffine(soft, matrix, (WIDTH, lines), flags=cv2.INTER_LINEAR, borderValue=255).astype(np.float32)
    if journey.gamma != 1.0:
        table = 255 * (np.arange(256) / 255) ** journey.gamma
        gray = table.astype(np.float32)[np.clip(gray, 0, 255).astype(np.uint8)]
    if journey.grain:
        gray += rng.standard_normal(gray.shape, np.float32) * np.float32(journey.grain)
    return gray


def _feed(lines: int, journey: Journey, rng: Rng) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp]]:
    """Which line of the scan each line shows (uneven feed), and which of those arrive (dropped, repeated)."""
    at = np.arange(lines, dtype=float)
    if journey.feed:
        for waves in (1.3, 3.1, 7.7):
            strength = rng.normal(0, 1) * journey.feed * lines / waves**0.5
            at = at + strength * np.sin(2 * np.pi * (waves * at / lines + rng.random()))
    order = list(range(lines))
    for _ in range(journey.dropped_lines):
        start = int(rng.integers(len(order) - 4))
        del order[start : start + int(rng.integers(1, 3))]
    for _ in range(journey.repeated_lines):
        start = int(rng.integers(len(order) - 4))
        order[start:start] = order[start : start + int(rng.integers(1, 3))]
    order = (order + [order[-1]] * max(0, lines - len(order)))[:lines]
    return at, np.array(order)


def _rows_at(gray: npt.NDArray[np.float32], at: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    if np.array_equal(at, np.arange(len(at))):
        return gray
    low = np.clip(np.floor(at).astype(int), 0, len(gray) - 2)
    part = np.clip(at - low, 0, 1).astype(np.float32)[:, None]
    return np.asarray(gray[low] * (1 - part) + gray[low + 1] * part, np.float32)


def _to_bits(gray: npt.NDArray[np.float32], journey: Journey, rng: Rng) -> Bits:
    if journey.dither == "none":
        return np.asarray(gray < journey.threshold)
    # In "photo" mode the paper's own grey becomes a screen of dots.
    tinted = np.clip(gray * journey.tint, 0, 255)
    if journey.dither == "diffused":
        image = Image.fromarray(tinted.astype(np.uint8)).convert("1")
        return ~np.asarray(image, bool)
    bayer = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32)
    rows, columns = gray.shape
    screen = np.tile((bayer + 0.5) * 16, (rows // 4 + 1, columns // 4 + 1))[:rows, :columns]
    return np.asarray(tinted < screen)


def _anchor(
    point: tuple[float, float],
    picture: Gray,
    matrix: npt.NDArray[np.float64],
    at: npt.NDArray[np.float64],
    order: npt.NDArray[np.intp],
) -> tuple[float, float]:
    height, width = picture.shape
    x, y = matrix @ np.array([point[0] * width, point[1] * height, 1.0])
    line = float(np.argmin(np.abs(at[order] - y)))
    return float(x) / WIDTH, line / len(order)


def _soil(bits: Bits, journey: Journey, rng: Rng) -> None:
    """Dirt, lost lines, scratches and edges, in place."""
    rows, columns = bits.shape
    for _ in range(journey.specks):
        y, x = int(rng.integers(rows - 3)), int(rng.integers(columns - 4))
        size = rng.choice([1, 1, 1, 2, 2, 3, 4])
        height = 1 if rows < 1500 else int(rng.integers(1, 3))
        bits[y : y + height, x : x + size] = rng.random() < 0.85
    for _ in range(journey.streaks):
        x = int(rng.integers(20, columns - 20))
        top = int(rng.integers(rows // 2)) if rng.random() < 0.5 else 0
        bottom = rows if rng.random() < 0.6 else int(rng.integers(top, rows))
        streak = rng.random(bottom - top) < 0.93
        bits[top:bottom, x] |= streak
        if rng.random() < 0.3:
            bits[top:bottom, x + 1] |= streak
    left, right = (round(share * columns) for share in journey.clipped)
    if left:
        bits[:, :left] = False
    if right:
        bits[:, columns - right :] = False


def _print_header(bits: Bits, journey: Journey) -> None:
    """The sender's line (TTI): printed by the machine itself across the top, straight and sharp, over what is there."""
    squash = journey.resolution[1] / 196
    font = letters("cousine", 30)
    mask = font.getmask(journey.header, mode="L")
    width, height = mask.size
    letters_at_196 = np.asarray(mask, np.uint8).reshape(height, width)
    line = cv2.resize(letters_at_196, (width, max(1, round(height * squash))), interpolation=cv2.INTER_AREA)
    top = round(14 * squash)
    left = 60
    columns = min(line.shape[1], bits.shape[1] - left)
    bits[: top + line.shape[0] + round(8 * squash)] = False
    bits[top : top + line.shape[0], left : left + columns] |= line[:, :columns] > 110


# ---------------------------------------------------------------- files


def write_tiff(path: Path, pages: list[FaxedPage], *, group: int = 4, stamps: Sequence[Stamp] = ()) -> None:
    """Multi-page TIFF class F: G3 (1-D) or G4, white is zero, the resolution of its pages.

    `stamps`, one a page or none at all, are a HylaFAX server's; without them the file knows nothing of its receipt.
    """
    images = [_image(page.bits) for page in pages]
    for number, (image, page) in enumerate(zip(images, pages, strict=True)):
        image.encoderinfo = {"tiffinfo": _tags(page, group, stamps[number] if stamps else None)}
    buffer = BytesIO()
    images[0].save(
        buffer,
        "TIFF",
        compression=f"group{group}",
        save_all=True,
        append_images=images[1:],
        tiffinfo=images[0].encoderinfo["tiffinfo"],
    )
    path.write_bytes(buffer.getvalue())


_PAGE_OF_MANY = 2
_WHITE_IS_ZERO = 0
_HIGH_BIT_FIRST = 1
_INCH = 2
_LINES_REGENERATED = 1


def _tags(page: FaxedPage, group: int, stamp: Stamp | None) -> TiffImagePlugin.ImageFileDirectory_v2:
    """Class F's tags (RFC 2306, 6.2), by number: names read worse than the standard's table."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[254], tags[262], tags[266] = _PAGE_OF_MANY, _WHITE_IS_ZERO, _HIGH_BIT_FIRST
    tags[278] = len(page.bits)
    tags[282], tags[283] = (float(dots) for dots in page.resolution)
    tags[296] = _INCH
    tags[305] = "HylaFAX (tm) Version 4.1.6" if stamp else "Tenderfax samples"
    if group == 3:
        tags[326], tags[327], tags[328] = (
            page.bad_lines,
            _LINES_REGENERATED if page.bad_lines else 0,
            min(page.bad_lines, 2),
        )
    if stamp:
        tags[306] = f"{stamp.begun_at:%Y:%m:%d %H:%M:%S}"
        tags.tagtype[34910] = TiffTags.LONG
        tags[34910] = stamp.seconds
    return tags


def _image(bits: Bits) -> Image.Image:
    return Image.fromarray(np.where(bits, 0, 255).astype(np.uint8)).convert("1", dither=Image.Dither.NONE)


def write_pdf(path: Path, pages: list[FaxedPage]) -> None:
    """The same pages as a fax server's PDF: one image a page, of the paper's size."""
    images = [_image(page.bits) for page in pages]
    buffer = BytesIO()
    epoch = gmtime(0)
    images[0].save(
        buffer,
        "PDF",
        save_all=True,
        append_images=images[1:],
        dpi=tuple(float(n) for n in pages[0].resolution),
        creationDate=epoch,
        modDate=epoch,
    )
    path.write_bytes(buffer.getvalue())
