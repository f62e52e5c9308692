"""Whether a signature box holds one plain signature by hand: the word of a very small network of our own.

It sees what hand-made measures cannot: a faint stamp without a frame across a signature, hatching as wild as some
people sign. Its recipe is training/signatures.py, what it is worth stands in docs/model-card-signatures.md. One thread;
it is loaded once a process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from extractors.marks import PAPER, Written
from extractors.page_images import Gray
from extractors.readers.networks import MODELS, description, loaded_network

HEIGHT, WIDTH = 96, 384
"""Pixels at 100 dpi: a signature box with the reach around it. What is larger still is made to fit."""
_SHRINK = 0.5
"""From the page's 200 dpi. How large letters are tells print from a hand, so nothing is ever enlarged."""


@dataclass(frozen=True, slots=True)
class SignatureNetwork:
    """The network and what stands beside it in signatures.toml; below `least_chance` a person must look."""

    network: onnxruntime.InferenceSession
    least_chance: float

    def chance_of_one_plain(self, picture: Gray) -> float:
        """How probable it is (0.0-1.0) that a `signature_picture` shows one signature by hand and nothing else."""
        ink = (255 - picture[None, None]) / np.float32(255.0)
        return float(self.network.run(None, {"pictures": ink})[0][0, 0])


def is_one_plain_signature(parts: Sequence[Written]) -> bool:
    """Whether the network takes all that was written in a box, given in parts, for one signature by hand."""
    network = signature_network()
    return network.chance_of_one_plain(signature_picture(parts)) >= network.least_chance


def signature_picture(parts: Sequence[Written]) -> Gray:
    """HEIGHT x WIDTH, 0 ink, 255 paper; `parts` (at least one, none empty) are laid where they stood, in the middle."""
    left, top = min(part.left for part in parts), min(part.top for part in parts)
    right = max(part.left + part.picture.shape[1] for part in parts)
    bottom = max(part.top + part.picture.shape[0] for part in parts)
    whole = np.full((bottom - top, right - left), PAPER, np.uint8)
    for part in parts:
        rows, columns = part.picture.shape
        place = whole[part.top - top : part.top - top + rows, part.left - left : part.left - left + columns]
        np.minimum(place, part.picture, out=place)
    scale = min(_SHRINK, HEIGHT / whole.shape[0], WIDTH / whole.shape[1])
    size = (max(round(whole.shape[1] * scale), 1), max(round(whole.shape[0] * scale), 1))
    small = np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.uint8)
    picture = np.full((HEIGHT, WIDTH), PAPER, np.uint8)
    y, x = (HEIGHT - small.shape[0]) // 2, (WIDTH - small.shape[1]) // 2
    picture[y : y + small.shape[0], x : x + small.shape[1]] = small
    return picture


@cache
def signature_network(folder: Path = MODELS) -> SignatureNetwork:
    """The network of `folder`. Raises ReaderUnusable where it is missing."""
    described = description(folder, "signatures")
    return SignatureNetwork(loaded_network(folder, "signatures"), described["least_chance"])
