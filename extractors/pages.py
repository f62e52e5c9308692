"""Makes the picture of a page fit to be read: square pixels, no dither, no specks; it refuses to know what it shows.

Fax pixels are not square (204 an inch across, 98, 196 or 391 down); a dithered grey ground is thousands of specks that
hide every stroke from a registration and from a reader. Afterwards a page is grey, WORKING_DPI both ways.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from extractors.decode import RawPage
from extractors.page_images import WORKING_DPI, Gray

_FAX_DPI_ACROSS: Final = 204.0
_FAX_DPI_DOWN: Final = (98.0, 196.0, 391.0)
_PAPER_WIDTH_INCHES: Final = 8.5
_LETTER_ASPECT: Final = 11 / 8.5
_PLAUSIBLE_INCHES: Final = (6.0, 18.0)
"""A sheet of less or more inches to a side is a resolution that somebody's software made up."""

_SPECK_PIXELS: Final = 12
_DITHER_SHARE: Final = 0.10
"""Design 4, measured there: specks of 12 pixels or fewer holding over a tenth of the ink tell a dithered page."""
_DITHER_INK: Final = 0.05
"""A page with less ink than this share of its pixels is text with dirt, whatever its specks hold."""
_STROKE_CURVE: Final = 2.2
"""Darkens what the blur left of thin strokes: points and hyphens came out lighter than ink. Typed grant cells read
right on eight dithered forms in training letters: 36 of 88 without it, 68 at 1.8, 72 at 2.6, 41 at 3.6."""
_GROUND_PERCENTILE: Final = 15
"""Print covers a tenth of a page: from here on it is ground, and becomes white with all its unevenness."""
_DIRT_PIXELS: Final = 2
"""A lone blot up to this many fine fax pixels is dirt; of standard ones (twice as high), one. The point in a typed
price is one point across, 2.8 x 2.7 fine pixels or 2.8 x 1.4 standard ones: 24.50 must not become 2450."""
_PAPER: Final = 255


@dataclass(frozen=True, slots=True)
class SquaredPage:
    """A page with square pixels at WORKING_DPI, as it was sent (not yet turned upright). Sides are even numbers."""

    picture: Gray
    dithered: bool
    ink_share: float


def square_pixels(raw: RawPage, stretch: float = 1.0) -> SquaredPage:
    """`raw` resampled, descreened and cleaned. `stretch` corrects a header that lies about the lines an inch."""
    native = raw.picture if raw.bilevel else _whitened(raw.picture)
    dithered = _is_dithered(native)
    across, down = _dpi_of(raw)
    cleaned = _descreened(native) if dithered else native
    if raw.bilevel and not dithered:
        cleaned = _without_dirt(native, _DIRT_PIXELS if down > 150 else _DIRT_PIXELS // 2)
    width = _even(cleaned.shape[1] * WORKING_DPI / across)
    height = _even(cleaned.shape[0] * WORKING_DPI / down * stretch)
    shrinks = height <= cleaned.shape[0] * 1.1
    picture = cv2.resize(cleaned, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return SquaredPage(np.asarray(picture, np.uint8), dithered, float(np.mean(picture < 128)))


def _dpi_of(raw: RawPage) -> tuple[float, float]:
    """Pixels an inch across and down: the header's word where it makes a sheet of paper, else the likeliest."""
    height, width = raw.picture.shape
    if raw.dpi and all(_is_paper(n / dpi) for n, dpi in zip((width, height), raw.dpi, strict=True)):
        return raw.dpi
    across = width / _PAPER_WIDTH_INCHES
    if 1650 <= width <= 1800:
        across = _FAX_DPI_ACROSS
        down = min(_FAX_DPI_DOWN, key=lambda dpi: abs(np.log(height / dpi / (width / across) / _LETTER_ASPECT)))
        return across, down
    return across, across


def _is_paper(inches: float) -> bool:
    return _PLAUSIBLE_INCHES[0] <= inches <= _PLAUSIBLE_INCHES[1]


def _even(length: float) -> int:
    return max(2, 2 * round(length / 2))


def _is_dithered(native: Gray) -> bool:
    """Measured on the middle third of the page: a ground is everywhere, and a whole page would cost four times more."""
    rows = native.shape[0]
    ink = (native[rows // 3 : 2 * rows // 3] < 128).astype(np.uint8)
    total = int(np.count_nonzero(ink))
    if total < _DITHER_INK * ink.size:
        return False
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_32S)
    areas = stats[1:, cv2.CC_STAT_AREA]
    return int(areas[areas <= _SPECK_PIXELS].sum()) > _DITHER_SHARE * total


def _descreened(native: Gray) -> Gray:
    """The grey that the dots stood for, with its contrast stretched so that the ground is paper again.

    Strokes are solid and stay dark under a small blur; dots average to the ground's grey.
    """
    smooth = cv2.GaussianBlur(native, (0, 0), 1.4)
    ground = float(np.percentile(smooth[::7, ::7], _GROUND_PERCENTILE))
    dark = float(np.percentile(smooth[::7, ::7], 0.5))
    span = max((ground - dark) * 0.8, 16.0)
    stretched = (smooth.astype(np.float32) - (ground - span)) * (255.0 / span)
    descreened: Gray = np.clip(stretched, 0, 255).astype(np.uint8)
    return descreened


def _without_dirt(native: Gray, largest: int) -> Gray:
    """Lone blots of up to `largest` (1 or 2) pixels turned to paper."""
    ink = (native < 128).astype(np.uint8)
    square = np.ones((3, 3), np.uint8)
    around = np.asarray(cv2.boxFilter(ink, cv2.CV_8U, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT))
    # In a blot of one or two touching pixels nobody counts more than that many at and around itself.
    crowded = ((around > largest) & (ink > 0)).astype(np.uint8)
    near = np.asarray(cv2.dilate(crowded, square), np.uint8)
    cleaned: Gray = native.copy()
    cleaned[(near == 0) & (ink > 0)] = _PAPER
    return cleaned


def _whitened(picture: Gray) -> Gray:
    """A grey scan or photograph divided by its own ground, so that shadow and yellowed paper become white."""
    height, width = picture.shape
    small = cv2.resize(picture, (max(1, width // 8), max(1, height // 8)), interpolation=cv2.INTER_AREA)
    ground = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    if int(ground.min()) > 250:
        return picture
    ground = cv2.resize(cv2.GaussianBlur(ground, (0, 0), 4), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(picture, np.maximum(ground, 60), scale=255), np.uint8)
