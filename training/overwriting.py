"""Trains the network that looks for figures written over others, and ships it: `python -m training.overwriting`.

Learns from what training.overwriting_crops wrote but for the last tenth of the boxes, on which it tells what it is
worth; writes overwriting.onnx and overwriting.toml. Seeded; some quarter of an hour on one processor core.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from training.contents import Dice, chance
from training.small_networks import Folded, ship, trained

_BATCH = 64
_KEPT = 0.1
_BOUNDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)

Ink = NDArray[np.float32]


class OverwritingNetwork(nn.Module):
    """Batch x 1 x height x width (0 paper, 1 ink) to batch x 1 log-odds that a figure was written over another.

    It judges by the likeliest place of the box, beside what the ink of the whole box is like.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            Folded(1, 16, 2), Folded(16, 32, 1), Folded(32, 48, 2), Folded(48, 64, 1), Folded(64, 64, 1)
        )
        self.judgement = nn.Sequential(nn.Conv2d(128, 48, 1), nn.ReLU(inplace=True), nn.Conv2d(48, 1, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        features = self.features(pictures)
        ink = avg_pool2d(pictures, 4)
        usual = (features * ink).sum((2, 3), keepdim=True) / (ink.sum((2, 3), keepdim=True) + 1e-3)
        places: Tensor = self.judgement(torch.cat([features, usual.expand_as(features)], 1))
        return places.amax((2, 3))


@dataclass(frozen=True, slots=True)
class Boxes:
    """Pictures (all of one height, 255 where there is ink) and whether a figure was written over another."""

    pictures: list[NDArray[np.uint8]]
    altered: NDArray[np.bool_]

    def part(self, first: int, last: int) -> Boxes:
        return Boxes(self.pictures[first:last], self.altered[first:last])


def boxes(folder: Path) -> Boxes:
    pictures, altered = [], []
    for path in sorted(folder.glob("boxes[0-9]*.npz")):
        file = np.load(path)
        pictures += np.split(file["pictures"], np.cumsum(file["widths"])[:-1], axis=1)
        altered.append(file["altered"])
    return Boxes(pictures, np.concatenate(altered))


def _varied(picture: NDArray[np.uint8], dice: Dice) -> NDArray[np.uint8]:
    """Stretched, leant, moved, thicker or thinner, with rows lost and dirt."""
    height, width = picture.shape
    if chance(dice, 0.8):
        lean, (across, down) = dice.normal(0, 0.08), np.exp(dice.normal(0, 0.1, 2))
        shape = np.array([[across, -lean, 0.0], [0.0, down, 0.0]])
        shape[:, 2] = [lean * height / 2, (1 - down) * height / 2 + dice.normal(0, 1.0)]
        size = (max(round(width * across), 8), height)
        picture = np.asarray(cv2.warpAffine(picture, shape, size), np.uint8)
    if chance(dice, 0.25):
        kernel = np.ones((2, 2), np.uint8) if chance(dice, 0.5) else np.ones((1, 2), np.uint8)
        picture = np.asarray((cv2.dilate if chance(dice, 0.5) else cv2.erode)(picture, kernel), np.uint8)
    picture = picture.copy()
    if chance(dice, 0.15):
        for row in dice.integers(0, height, int(dice.integers(1, 3))):
            picture[row : row + int(dice.integers(1, 3))] = 0
    if chance(dice, 0.15):
        for _ in range(int(dice.integers(1, 8))):
            y, x = int(dice.integers(height)), int(dice.integers(picture.shape[1]))
            picture[y : y + int(dice.integers(1, 3)), x : x + int(dice.integers(1, 3))] = 255
    return picture


def _stacked(pictures: list[NDArray[np.uint8]]) -> Tensor:
    width = -(-max(picture.shape[1] for picture in pictures) // 4) * 4
    stack = np.zeros((len(pictures), 1, pictures[0].shape[0], width), np.float32)
    for place, picture in enumerate(pictures):
        stack[place, 0, :, : picture.shape[1]] = picture / np.float32(255)
    return torch.from_numpy(stack)


def train(given: Boxes, steps: int, rate: float, seed: int) -> OverwritingNetwork:
    """Half of each batch is overwritten."""
    torch.manual_seed(seed)
    places = [np.flatnonzero(given.altered == altered) for altered in (True, False)]

    def batch(dice: Dice) -> tuple[Tensor, list[bool]]:
        chosen = [int(dice.choice(places[number % 2])) for number in range(_BATCH)]
        pictures = _stacked([_varied(given.pictures[place], dice) for place in chosen])
        return pictures, [bool(given.altered[place]) for place in chosen]

    return trained(OverwritingNetwork(), batch, steps, rate, seed)


def chances(network: nn.Module, given: Boxes) -> NDArray[np.float64]:
    """For each box, how probable it is that a figure was written over another."""
    with torch.inference_mode():
        odds = [float(network(_stacked([picture]))[0, 0]) for picture in given.pictures]
    return 1 / (1 + np.exp(-np.array(odds)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crops", type=Path, default=Path("outputs/training/overwriting"))
    parser.add_argument("--out", type=Path, default=Path("extractors/readers/models"))
    parser.add_argument("--least-chance", type=float, default=0.8, help="from which a person must look")
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=20030712)
    parser.add_argument("--version", default="1")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    everything = boxes(given.crops)
    until = round(len(everything.altered) * (1 - _KEPT))
    shown, kept = everything.part(0, until), everything.part(until, len(everything.altered))
    print(f"{until} boxes to train on, {len(kept.altered)} to judge by")
    network = train(shown, given.steps, given.rate, given.seed)
    chance_of = chances(network, kept)
    for bound in _BOUNDS:
        seen, wrongly = (int((chance_of[kept.altered == so] >= bound).sum()) for so in (True, False))
        print(f">= {bound}: {seen} of {kept.altered.sum()} seen, {wrongly} of {(~kept.altered).sum()} plain ones")
    description = {
        "version": given.version,
        "least_chance": given.least_chance,
        "seed": given.seed,
        "steps": given.steps,
        "boxes": until,
    }
    ship(network, (kept.pictures[0].shape[0], 256), given.out, "overwriting", description)


if __name__ == "__main__":
    main()
