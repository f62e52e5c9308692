"""A clean line sent through scanner, fax line and intake desk: what is left of it on the registered page.

It refuses to know what is written. Pictures come in as ink (255 is ink) and leave as grey pages (0 is ink) at the
working resolution of 200 dpi.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from extractors.page_images import WORKING_DPI, Gray
from training.contents import Dice, chance, pick
from training.lettering import DIGIT_HEIGHT, Ink

_DOTS_PER_INCH = 204.0
_LINES_PER_INCH = (98.0, 196.0, 391.0)
_BAYER = (
    np.array(
        [
            [0, 32, 8, 40, 2, 34, 10, 42],
            [48, 16, 56, 24, 50, 18, 58, 26],
            [12, 44, 4, 36, 14, 46, 6, 38],
            [60, 28, 52, 20, 62, 30, 54, 22],
            [3, 35, 11, 43, 1, 33, 9, 41],
            [51, 19, 59, 27, 49, 17, 57, 25],
            [15, 47, 7, 39, 13, 45, 5, 37],
            [63, 31, 55, 23, 61, 29, 53, 21],
        ],
        np.float32,
    )
    + 0.5
) / 64.0


def faxed(ink: Ink, dice: Dice, inches_a_digit: float, severity: float) -> Gray:
    """The line as registered pages show it: 200 dpi, digits `inches_a_digit` high, `severity` 0.0 (none) to 1.0."""
    lines = pick(dice, _LINES_PER_INCH[:2] * 3 + _LINES_PER_INCH[2:])
    scale = inches_a_digit / DIGIT_HEIGHT
    if chance(dice, 0.3):
        # A scanner's sensor and its moving paper smear along the feed: at a hard threshold level strokes vanish.
        ink = np.asarray(cv2.GaussianBlur(ink, (0, 0), 0.8, None, dice.uniform(0.002, 0.0045) / scale), np.uint8)
    size = (max(round(ink.shape[1] * scale * _DOTS_PER_INCH), 3), max(round(ink.shape[0] * scale * lines), 3))
    shade = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.float32) / 255.0
    raster = _sent(_scanned(shade, dice, severity), dice, severity)
    if chance(dice, 0.1 * severity):
        raster = _sent(_scanned(_printed_again(raster, dice), dice, severity), dice, severity)
    return _registered(raster, lines, dice, severity)


def _scanned(shade: NDArray[np.float32], dice: Dice, severity: float) -> NDArray[np.bool_]:
    """One scanner's 1-bit picture, True is ink: its blur, its paper, its threshold or its dither."""
    blur = dice.uniform(0.0, 0.35 + 0.6 * severity)
    if blur > 0.15:
        shade = np.asarray(cv2.GaussianBlur(shade, (0, 0), blur), np.float32)
    ink, paper = dice.uniform(0.7, 1.0), dice.uniform(0.0, 0.08)
    shade = paper + shade * (ink - paper)
    if chance(dice, 0.6):
        shade = shade + dice.normal(0.0, dice.uniform(0.01, 0.06 + 0.08 * severity), shade.shape).astype(np.float32)
    style = dice.random()
    if style < 0.84:
        cut = dice.uniform(0.2, 0.52) * ink + (dice.normal(0.0, 0.06) * severity)
        return np.asarray(shade > max(cut, paper + 0.08))
    if style < 0.91:
        height, width = shade.shape
        grid = np.tile(_BAYER, (height // 8 + 1, width // 8 + 1))[:height, :width]
        return np.asarray(shade > 0.08 + 0.9 * (grid if chance(dice, 0.5) else grid[::-1]) * dice.uniform(0.7, 1.0))
    if style < 0.97:
        dithered = Image.fromarray(np.clip((1.0 - shade) * 255, 0, 255).astype(np.uint8)).convert("1")
        return ~np.asarray(dithered)
    local = cv2.blur(np.asarray(shade, np.float32), (31, 31))
    return np.asarray(shade > local + dice.uniform(0.12, 0.25))


def _printed_again(raster: NDArray[np.bool_], dice: Dice) -> NDArray[np.float32]:
    """What a receiving machine's print of the raster gives the next scanner: spread toner, a slight skew."""
    height, width = raster.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(dice.normal(0.0, 0.4)), 1.0)
    turn[:, 2] += dice.uniform(-0.5, 0.5, 2)
    printed = cv2.GaussianBlur(raster.astype(np.float32), (0, 0), dice.uniform(0.4, 0.8))
    return np.asarray(cv2.warpAffine(printed, turn, (width, height), flags=cv2.INTER_LINEAR), np.float32)


def _sent(raster: NDArray[np.bool_], dice: Dice, severity: float) -> NDArray[np.bool_]:
    """What a telephone line does to rows, and dirt on glass and drum to columns and dots."""
    raster = raster.copy()
    height, width = raster.shape
    if chance(dice, 0.25 * severity):
        rows = dice.integers(0, height, int(dice.integers(1, 3 + int(6 * severity))))
        raster = np.delete(raster, rows, axis=0) if chance(dice, 0.5) else np.insert(raster, rows, raster[rows], axis=0)
        height = raster.shape[0]
    if chance(dice, 0.22 * severity):
        _burst(raster, dice)
    if chance(dice, 0.25 * severity):
        for _ in range(int(dice.integers(1, 4))):
            column = int(dice.integers(width))
            raster[:, column : column + int(dice.integers(1, 3))] = chance(dice, 0.6)
    if chance(dice, 0.5 * severity):
        count = dice.poisson(height * width * 10 ** dice.uniform(-4.0, -2.0 - (1 - severity)))
        ys, xs = dice.integers(0, height, count), dice.integers(0, width, count)
        raster[ys, xs] ^= True
        large = count // 4
        raster[np.minimum(ys[:large] + 1, height - 1), xs[:large]] ^= True
    return raster


def _burst(raster: NDArray[np.bool_], dice: Dice) -> None:
    """Broken lines as a G3 decoder leaves them: from the error on white, black, shifted, noise or the line before."""
    height, width = raster.shape
    start = int(dice.integers(height))
    for row in range(start, min(start + int(dice.geometric(0.35)), height)):
        column = int(dice.integers(width)) if chance(dice, 0.6) else 0
        match int(dice.integers(6)):
            case 0:
                raster[row, column:] = False
            case 1:
                raster[row, column:] = np.roll(raster[row, column:], int(dice.integers(-12, 13)))
            case 2:
                runs = np.cumsum(dice.geometric(0.12, width // 4 + 1))
                edges = np.zeros(width, np.int64)
                edges[runs[runs < width]] = 1
                raster[row, column:] = (np.cumsum(edges) % 2 == 1)[column:]
            case 3:
                raster[row, column : column + int(dice.integers(4, 60))] = True
            case _:
                raster[row] = raster[max(start - 1, 0)]


def _registered(raster: NDArray[np.bool_], lines: float, dice: Dice, severity: float) -> Gray:
    """Squared to 200 dpi, laid onto the blank (a slight turn and shear that registration leaves), cleaned of specks."""
    raster = _without_specks(raster, dice) if chance(dice, 0.4) else raster
    page = np.where(raster, np.uint8(0), np.uint8(255))
    height = max(round(raster.shape[0] * WORKING_DPI / lines), 2)
    width = max(round(raster.shape[1] * WORKING_DPI / _DOTS_PER_INCH), 2)
    way = pick(dice, (cv2.INTER_LINEAR, cv2.INTER_LINEAR, cv2.INTER_AREA, cv2.INTER_CUBIC, cv2.INTER_NEAREST))
    page = np.asarray(cv2.resize(page, (width, height), interpolation=way), np.uint8)
    if chance(dice, 0.85):
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(dice.normal(0.0, 0.25 + 0.4 * severity)), 1.0)
        turn[:, 2] += dice.uniform(-0.5, 0.5, 2)
        way = pick(dice, (cv2.INTER_LINEAR, cv2.INTER_LINEAR, cv2.INTER_CUBIC))
        page = np.asarray(cv2.warpAffine(page, turn, (width, height), flags=way, borderValue=255), np.uint8)
    if chance(dice, 0.25):
        page = np.asarray(cv2.GaussianBlur(page, (0, 0), dice.uniform(0.4, 1.0)), np.uint8)
    elif chance(dice, 0.15):
        page = np.where(page < dice.integers(100, 160), np.uint8(0), np.uint8(255))
    return page


def _without_specks(raster: NDArray[np.bool_], dice: Dice) -> NDArray[np.bool_]:
    largest = int(dice.integers(1, 7))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(raster.astype(np.uint8), connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] > largest
    large[0] = False
    return np.asarray(large[labels])
