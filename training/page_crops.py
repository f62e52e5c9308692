"""Crops that `training.pages` cut out of whole faxed pages. Both environments import it, so it imports little."""

from __future__ import annotations

import pickle
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from extractors.page_images import Gray
from extractors.readers.cell_image import cell_image
from extractors.readers.reader import Writing
from training.contents import Dice, chance


@dataclass(frozen=True, slots=True)
class PageCrop:
    """One written line as intake cuts it (a PNG of the grey crop), the text that stands on it, and whose hand it is."""

    png: bytes
    text: str
    writing: Writing
    hand: str

    @property
    def picture(self) -> Gray:
        return np.asarray(cv2.imdecode(np.frombuffer(self.png, np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8)


def kept_crops(folder: Path) -> Mapping[Writing, Sequence[PageCrop]]:
    """All crops below `folder` by their kind, in the order of their pages."""
    crops: dict[Writing, list[PageCrop]] = defaultdict(list)
    for path in sorted(folder.glob("pages*.pickle")):
        for crop in pickle.loads(path.read_bytes()):  # noqa: S301 - files of our own making
            crops[crop.writing].append(crop)
    return crops


def varied(crop: PageCrop, dice: Dice) -> Gray:
    """What the network sees of it, never quite the same twice: cut, stretched, leant, smeared a little otherwise."""
    picture = crop.picture
    height, width = picture.shape
    if chance(dice, 0.7):
        lean = float(dice.normal(0.0, 0.06))
        stretch = float(np.exp(dice.normal(0.0, 0.06)))
        room = abs(lean) * height
        matrix = np.array([[stretch, -lean, room if lean > 0 else 0.0], [0.0, 1.0, 0.0]])
        size = (max(round(width * stretch + room), 2), height)
        picture = np.asarray(cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR, borderValue=255), np.uint8)
    if chance(dice, 0.25):
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), dice.uniform(0.3, 0.8)), np.uint8)
    margins = [int(margin) for margin in dice.integers(0, 4, 4)]
    picture = np.asarray(cv2.copyMakeBorder(picture, *margins, cv2.BORDER_CONSTANT, value=255), np.uint8)
    return cell_image(picture)
