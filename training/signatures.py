"""Trains the network that looks at signature boxes, and ships it: `python -m training.signatures`.

Learns from what `training.signature_crops` wrote, sets the threshold on its boxes in hands kept aside, and writes
signatures.onnx and signatures.toml. Seeded; some quarter of an hour on one processor core.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.contents import Dice, chance, pick
from training.small_networks import Folded, ship, trained

_BATCH = 48
_MIXED = 0.3
"""Of the examples against, so many are a signature of one page under the ink of another box, pushed about."""
_LEAST_INK = 30.0
"""Pixels of ink that must reach a signature for it to be marked: what the fax lost cannot be learnt."""
_PLAIN = "plain"
_LAID_OVER = ("stamp", "stamp", "stamp", "stamped_name", "hatched", "mark")
_UNCLEAR_OF_CLEAN = 0.01
"""Share of plain signatures in kept hands that may be called unclear where nothing else sets the threshold."""

Ink = NDArray[np.float32]


class SignatureNetwork(nn.Module):
    """Batch x 1 x height x width (0 paper, 1 ink) to batch x 1 log-odds that it is one plain signature.

    It judges by the strongest sign of each kind anywhere in the box and by how much there is of it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            Folded(1, 12, 2), Folded(12, 20, 2), Folded(20, 32, 2), Folded(32, 48, 2), Folded(48, 48, 1)
        )
        self.judgement = nn.Sequential(nn.Dropout(0.1), nn.Linear(96, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        features = self.features(pictures)
        odds: Tensor = self.judgement(torch.cat([features.amax((2, 3)), features.mean((2, 3))], 1))
        return odds


@dataclass(frozen=True, slots=True)
class Boxes:
    """Pictures (count x height x width, 0 ink) with what stands on each, and whether the hand-made measures pass it."""

    pictures: NDArray[np.uint8]
    kinds: NDArray[np.str_]
    passed: NDArray[np.bool_]

    @property
    def plain(self) -> NDArray[np.bool_]:
        return np.asarray(self.kinds == _PLAIN)


def boxes(folder: Path, name: str) -> Boxes:
    """All boxes of the files `name`*.npz."""
    files = [np.load(path) for path in sorted(folder.glob(f"{name}[0-9]*.npz"))]
    pictures, kinds, passed = (np.concatenate([file[key] for file in files]) for key in ("pictures", "kinds", "passed"))
    return Boxes(pictures, kinds, passed)


# ---------------------------------------------------------------- examples


def _ink(picture: NDArray[np.uint8]) -> Ink:
    return (255 - picture) / np.float32(255)


def _example(given: Boxes, places: Mapping[str, NDArray[np.intp]], dice: Dice) -> tuple[Ink, bool]:
    """One box, never quite the same twice, and whether it is a plain signature. As many are as are not."""
    if chance(dice, 0.5):
        return _varied(_ink(given.pictures[pick(dice, places[_PLAIN])]), dice), True
    if chance(dice, _MIXED):
        signature = _varied(_ink(given.pictures[pick(dice, places[_PLAIN])]), dice)
        other = _varied(_ink(given.pictures[pick(dice, places[pick(dice, _LAID_OVER)])]), dice)
        moved = _moved(other, int(dice.integers(-70, 71)), int(dice.integers(-14, 15)))
        return np.maximum(signature, moved), float(np.maximum(moved - signature, 0).sum()) < _LEAST_INK
    return _varied(_ink(given.pictures[pick(dice, places["against"])]), dice), False


def _moved(ink: Ink, across: int, down: int) -> Ink:
    height, width = ink.shape
    shift = np.array([[1.0, 0.0, across], [0.0, 1.0, down]])
    return np.asarray(cv2.warpAffine(ink, shift, (width, height)), np.float32)


def _varied(ink: Ink, dice: Dice) -> Ink:
    """Stretched, leant, turned, pressed harder or less, with rows lost and dirt."""
    height, width = ink.shape
    if chance(dice, 0.8):
        turn, lean = np.radians(dice.normal(0, 1.5)), dice.normal(0, 0.08)
        across, down = np.exp(dice.normal(0, 0.09, 2))
        shape = np.array([[across * np.cos(turn), -np.sin(turn) - lean], [np.sin(turn), down * np.cos(turn)]])
        middle = np.array([width / 2, height / 2])
        shift = middle - shape @ middle + dice.normal(0, (8, 3))
        ink = np.asarray(cv2.warpAffine(ink, np.column_stack([shape, shift]), (width, height)), np.float32)
    if chance(dice, 0.25):
        kernel = np.ones((2, 2), np.uint8) if chance(dice, 0.5) else np.ones((1, 2), np.uint8)
        ink = np.asarray((cv2.dilate if chance(dice, 0.5) else cv2.erode)(ink, kernel), np.float32)
    if chance(dice, 0.3):
        ink = ink ** np.float32(np.exp(dice.normal(0, 0.4)))
    if chance(dice, 0.12):
        ink = ink.copy()
        for row in dice.integers(0, height, int(dice.integers(1, 4))):
            ink[row : row + int(dice.integers(1, 3))] = 0
    if chance(dice, 0.15):
        ink = ink.copy()
        for _ in range(int(dice.integers(1, 12))):
            y, x = int(dice.integers(height)), int(dice.integers(width))
            ink[y : y + int(dice.integers(1, 3)), x : x + int(dice.integers(1, 3))] = dice.uniform(0.3, 1.0)
    return ink


# ---------------------------------------------------------------- training


def train(given: Boxes, steps: int, rate: float, seed: int) -> SignatureNetwork:
    torch.manual_seed(seed)
    places = {str(kind): np.flatnonzero(given.kinds == kind) for kind in np.unique(given.kinds)}
    places["against"] = np.flatnonzero(~given.plain)

    def batch(dice: Dice) -> tuple[Tensor, list[bool]]:
        examples = [_example(given, places, dice) for _ in range(_BATCH)]
        return torch.from_numpy(np.stack([ink for ink, _ in examples])[:, None]), [plain for _, plain in examples]

    return trained(SignatureNetwork(), batch, steps, rate, seed)


def chances(network: nn.Module, given: Boxes) -> NDArray[np.float64]:
    """For each box, how probable it is that it is one plain signature."""
    parts = np.array_split(given.pictures, max(len(given.pictures) // 64, 1))
    with torch.inference_mode():
        odds = [network(torch.from_numpy(_ink(part)[:, None])).numpy()[:, 0] for part in parts]
    return np.asarray(1 / (1 + np.exp(-np.concatenate(odds).astype(np.float64))))


def fitted_threshold(chance_of: NDArray[np.float64], kept: Boxes) -> float:
    """The chance below which a person must look: as many plain signatures as may be lost lie below."""
    return float(np.quantile(chance_of[kept.plain & kept.passed], _UNCLEAR_OF_CLEAN))


def report(chance_of: NDArray[np.float64], kept: Boxes, threshold: float) -> dict[str, int]:
    """Of each kind: boxes, passed by the hand-made measures, passed by them and the network."""
    figures = {}
    for kind in sorted(set(kept.kinds.tolist())):
        own = kept.kinds == kind
        both = int((own & kept.passed & (chance_of >= threshold)).sum())
        alone = int((own & (chance_of >= threshold)).sum())
        print(f"{kind:20} {own.sum():5} boxes, by hand {(own & kept.passed).sum():5}, both {both:5}, alone {alone:5}")
        figures[str(kind)] = both
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crops", type=Path, default=Path("outputs/training/signatures"))
    parser.add_argument("--out", type=Path, default=Path("extractors/readers/models"))
    parser.add_argument("--steps", type=int, default=4500)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=20030711)
    parser.add_argument("--version", default="2")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    shown, kept = boxes(given.crops, "boxes"), boxes(given.crops, "kept")
    print(f"{len(shown.kinds)} boxes to train on, {len(kept.kinds)} to judge by")
    network = train(shown, given.steps, given.rate, given.seed)
    chance_of = chances(network, kept)
    threshold = round(fitted_threshold(chance_of, kept), 3)
    report(chance_of, kept, threshold)
    description = {
        "version": given.version,
        "least_chance": threshold,
        "seed": given.seed,
        "steps": given.steps,
        "boxes": len(shown.kinds),
    }
    ship(network, (shown.pictures.shape[1], shown.pictures.shape[2]), given.out, "signatures", description)


if __name__ == "__main__":
    main()
