"""Copies of blanks as a fax machine makes them, each with the place of every point known: truth for registration."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from PIL import Image

from extractors.blank_pages import BlankPage, BlankPages, load_blank_pages
from extractors.page_images import Gray
from offers.forms import load_forms
from samples.generate import FORMS_FOLDER

CORNERS = np.array([[0.05, 0.05], [0.95, 0.05], [0.05, 0.95], [0.95, 0.95], [0.5, 0.5]])
"""Fractions of the blank whose place on the copy is compared."""
JULY, JUNE = "2003-07-09", "2003-06-25"


@cache
def blanks() -> BlankPages:
    return load_blank_pages(load_forms(FORMS_FOLDER))


def blank(page_class: str, version: str | None = JULY, kind: str | None = None) -> BlankPage:
    return next(
        page
        for page in blanks().pages
        if page.page_class == page_class and page.form.version == version and kind in (None, page.form.kind)
    )


@dataclass(frozen=True, slots=True)
class Damage:
    """What happens to one page; the defaults are moderate. `lines` are those an inch."""

    turn_degrees: float = 0.8
    scale: tuple[float, float] = (1.01, 0.99)
    shift: tuple[float, float] = (14.0, -18.0)
    lines: int = 196
    threshold: int = 150
    noise: float = 20.0
    specks: float = 0.0005
    slip_points: float = 0.0
    upside_down: bool = False
    seed: int = 1


CLEAN = Damage(0.0, (1.0, 1.0), (0.0, 0.0), noise=0.0, specks=0.0)


def copy_of(picture: Gray, damage: Damage) -> tuple[Gray, np.ndarray]:
    """The picture (at 200 dpi) as sent, in fax pixels, and the place of CORNERS on it in fractions."""
    rng = np.random.default_rng(damage.seed)
    height, width = picture.shape
    affine = cv2.getRotationMatrix2D((width / 2, height / 2), damage.turn_degrees, 1.0)
    affine = np.diag(damage.scale) @ affine + np.column_stack([np.zeros((2, 2)), damage.shift])
    sent = cv2.warpAffine(picture, affine, (width, height), borderValue=255)
    places = CORNERS * (width, height) @ affine[:, :2].T + affine[:, 2]
    sent, places = _slipped(sent, places, damage)
    size = (round(width * 204 / 200), round(height * damage.lines / 200))
    small = cv2.resize(sent, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    small += rng.normal(0, damage.noise, small.shape)
    bits = np.where(small > damage.threshold, 255, 0).astype(np.uint8)
    bits[rng.random(bits.shape) < damage.specks] = 0
    fractions = places / (width, height)
    return (np.ascontiguousarray(bits[::-1, ::-1]), 1 - fractions) if damage.upside_down else (bits, fractions)


def _slipped(sent: np.ndarray, places: np.ndarray, damage: Damage) -> tuple[np.ndarray, np.ndarray]:
    """The paper drawn in by fits and starts: two waves down the page, `slip_points` high."""
    height, width = sent.shape
    high = damage.slip_points * 200 / 72
    rows = np.arange(height, dtype=np.float32)
    came_from = rows + high * np.sin(rows / height * 4 * np.pi)
    across = np.tile(np.arange(width, dtype=np.float32), (height, 1))
    slipped = cv2.remap(sent, across, np.repeat(came_from[:, None], width, 1).astype(np.float32), cv2.INTER_LINEAR)
    arrived = np.interp(places[:, 1], came_from, rows)
    return slipped, np.column_stack([places[:, 0], arrived])


def tiff_of(*pages: Gray, lines: int = 196) -> bytes:
    images = [Image.fromarray(page).convert("1", dither=Image.Dither.NONE) for page in pages]
    buffer = io.BytesIO()
    images[0].save(buffer, "TIFF", compression="group4", dpi=(204, lines), save_all=True, append_images=images[1:])
    return buffer.getvalue()
