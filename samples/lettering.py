"""The letterforms that samples are written in: handwriting families and typefaces, each with its licence beside it.

TRAINING may be looked at while building: training, tuning, the committed samples, the tests. CALIBRATION, whose hands
are among those, is what no network was trained on, so that its word can be weighed there. HELD_OUT is
kept for the benchmarks alone: nothing of it may guide a choice, or the benchmark measures our memory instead of the
reader. The split itself stands in `split.toml` of each folder.
"""

from __future__ import annotations

import tomllib
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

_HERE = Path(__file__).parent


class Group(StrEnum):
    """Which letterforms a sample may be written in."""

    TRAINING = "training"
    CALIBRATION = "calibration"
    HELD_OUT = "held_out"


CURSIVE = frozenset(
    {"homemade-apple", "cedarville-cursive", "dawning-of-a-new-day", "reenie-beanie", "over-the-rainbow"}
    | {"la-belle-aurore", "zeyada", "the-girl-next-door"}
)
"""Hands fluent enough to sign with."""


@lru_cache
def hands(group: Group) -> tuple[str, ...]:
    """The handwriting families of a group, by their folder names."""
    return _families("hands", group)


@lru_cache
def typefaces(group: Group) -> tuple[str, ...]:
    """The typefaces of a group; the typed half of the samples."""
    return _families("typefaces", group)


def _families(folder: str, group: Group) -> tuple[str, ...]:
    split = tomllib.loads((_HERE / folder / "split.toml").read_text(encoding="utf-8"))
    return tuple(split[group.value])


@lru_cache(maxsize=256)
def letters(family: str, pixels: int) -> ImageFont.FreeTypeFont:
    """The family at `pixels` per em; it may also be the path of a font file that is not among the samples'."""
    shipped = (_HERE / folder / f"{family}.woff2" for folder in ("hands", "typefaces"))
    path = next(path for path in (*shipped, Path(family)) if path.exists())
    return ImageFont.truetype(str(path), pixels, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=64)
def figure_height(family: str) -> float:
    """The height of the family's figures, as a share of its em: hands differ by a factor of two."""
    pixels = 200
    tops = [letters(family, pixels).getbbox(figure, anchor="ls")[1] for figure in "0123456789"]
    return -sum(tops) / len(tops) / pixels
