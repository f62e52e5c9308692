"""Training examples: a crop as the page reader cuts it, and the text that stands on it.

Example `number` of seed `seed` is always the same picture, whoever makes it and in whatever order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from extractors.page_images import Gray
from extractors.readers.cell_image import cell_image
from extractors.readers.reader import Writing
from training.contents import SHARE_OF_TRAINING, Dice, chance, drawn_content, pick
from training.faces import Face, faces
from training.faxing import faxed
from training.lettering import Ink, drawn_line, handwritten_line, typed_line

_EASY_EXAMPLES = 20_000
"""Damage grows to its full severity over this many examples: a network that has seen letters learns from specks."""


@dataclass(frozen=True, slots=True)
class Example:
    """`picture` is what the network sees; `hand` names the face or the way of writing."""

    picture: Gray
    text: str
    writing: Writing
    hand: str


@lru_cache(maxsize=4)
def _split_faces(folder: Path, for_validation: bool) -> tuple[tuple[Face, ...], tuple[Face, ...]]:
    given = faces(folder, for_validation=for_validation)
    return tuple(face for face in given if not face.typed), tuple(face for face in given if face.typed)


def example(
    seed: int,
    number: int,
    folder: Path,
    shares: Mapping[Writing, float] = SHARE_OF_TRAINING,
    *,
    for_validation: bool = False,
) -> Example:
    """One example; validation examples are written in the faces kept for it only. `folder` holds the fetched faces."""
    dice = np.random.default_rng((seed, number, int(for_validation)))
    writing, text = drawn_content(dice, shares)
    hands, typefaces = _split_faces(folder, for_validation)
    style = dice.random()
    if style < 0.22:
        face = pick(dice, typefaces)
        ink, hand, inches = typed_line(face, text, dice), face.family, dice.uniform(0.075, 0.15)
    elif style < 0.62 or for_validation:
        face = pick(dice, hands)
        ink, hand, inches = handwritten_line(face, text, dice), face.family, _hand_size(dice)
    elif style < 0.80:
        ink, hand, inches = drawn_line(hands, None, text, dice), "pen", _hand_size(dice)
    else:
        ink, hand, inches = drawn_line(hands, folder, text, dice), "people's digits", _hand_size(dice)
    severity = float(dice.beta(1.2, 1.6))
    if not for_validation:
        severity *= min(number / _EASY_EXAMPLES, 1.0)
    page = faxed(_with_paper(ink), dice, float(inches), severity)
    return Example(cell_image(_cut_out(page, dice)), text, writing, hand)


def _hand_size(dice: Dice) -> float:
    """Inches a digit: most write in a 0.3-inch cell as it asks for, some small, some over its edges."""
    return float(np.clip(dice.normal(0.15, 0.04), 0.08, 0.32))


def _with_paper(ink: Ink) -> Ink:
    return np.asarray(cv2.copyMakeBorder(ink, 30, 30, 40, 40, cv2.BORDER_CONSTANT, value=0), np.uint8)


def _cut_out(page: Gray, dice: Dice) -> Gray:
    """The crop: found ink with some margin, now and then cut into, with what dropping the form out left behind."""
    count, _, stats, _ = cv2.connectedComponentsWithStats((page < 140).astype(np.uint8), connectivity=8)
    order = np.argsort(stats[1:, cv2.CC_STAT_AREA])[::-1] + 1 if count > 1 else np.array([], int)
    kept = [place for place in order if stats[place, cv2.CC_STAT_AREA] >= 5]
    height, width = page.shape
    if kept:
        left = int(stats[kept, cv2.CC_STAT_LEFT].min())
        top = int(stats[kept, cv2.CC_STAT_TOP].min())
        right = int((stats[kept, cv2.CC_STAT_LEFT] + stats[kept, cv2.CC_STAT_WIDTH]).max())
        bottom = int((stats[kept, cv2.CC_STAT_TOP] + stats[kept, cv2.CC_STAT_HEIGHT]).max())
    else:
        left, top, right, bottom = 0, 0, width, height
    page = page.copy()
    _drop_out_gaps(page[top:bottom, left:right], dice)
    loose = 4 if chance(dice, 0.7) else 18
    margins = dice.integers(0, loose, 4)
    if chance(dice, 0.08):
        margins[int(dice.integers(4))] = -int(dice.integers(1, 4))
    crop = np.full(
        (max(bottom - top + margins[0] + margins[1], 4), max(right - left + margins[2] + margins[3], 4)), 255, np.uint8
    )
    source_top, source_left = top - int(margins[0]), left - int(margins[2])
    part = page[max(source_top, 0) : source_top + crop.shape[0], max(source_left, 0) : source_left + crop.shape[1]]
    y, x = max(-source_top, 0), max(-source_left, 0)
    crop[y : y + part.shape[0], x : x + part.shape[1]] = part
    if chance(dice, 0.22):
        crop = _residue(crop, dice)
    return crop


def _drop_out_gaps(ink: Gray, dice: Dice) -> None:
    """Where writing crossed a rule of the form, dropping the rule out took a stripe of the writing with it."""
    if not chance(dice, 0.15) or min(ink.shape) < 12:
        return
    thick = int(dice.integers(2, 5))
    height, width = ink.shape
    if chance(dice, 0.75):
        row = int(height * (dice.uniform(0.75, 1.0) if chance(dice, 0.7) else dice.uniform(0.0, 0.25)))
        ink[row : row + thick, :] = 255
    else:
        column = int(dice.integers(width))
        ink[:, column : column + thick] = 255


def _residue(crop: Gray, dice: Dice) -> Gray:
    """Bits of the cell's rules at the crop's edges, bits of a neighbour's writing."""
    grown = [int(room) for room in dice.integers(0, 7, 4)]
    crop = np.asarray(cv2.copyMakeBorder(crop, *grown, cv2.BORDER_CONSTANT, value=255), np.uint8)
    height, width = crop.shape
    for _ in range(int(dice.integers(1, 4))):
        shade = int(dice.integers(0, 120))
        thick = int(dice.integers(1, 4))
        match int(dice.integers(6)):
            case 0 | 1 | 2:
                row = 0 if chance(dice, 0.4) else height - thick
                row = int(np.clip(row + dice.integers(-1, 2), 0, height - 1))
                for _ in range(int(dice.integers(1, 5))):
                    start = int(dice.integers(width))
                    crop[row : row + thick, start : start + int(dice.integers(3, max(width // 2, 4)))] = shade
            case 3 | 4:
                column = 0 if chance(dice, 0.5) else max(width - thick, 0)
                start = int(dice.integers(height))
                crop[start : start + int(dice.integers(3, height + 1)), column : column + thick] = shade
            case _:
                centre = (
                    int(dice.integers(width)),
                    -int(dice.integers(0, 8)) if chance(dice, 0.5) else height + int(dice.integers(0, 8)),
                )
                axes = (int(dice.integers(4, 16)), int(dice.integers(4, 14)))
                cv2.ellipse(crop, centre, axes, 0, 0, 360, shade, thick)
    return crop
