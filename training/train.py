"""Trains the cell reader's networks: `python -m training.train`, with the packages of training/requirements.txt. With
`--figures --begin outputs/training/words` it goes on to the one for figures and dates.

Seeded from end to end; examples are made while training runs, and example `number` is the same in every run. Stopped
and started again, it goes on from its last checkpoint. Runs on a GPU where there is one.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import math
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import ctc_loss
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from extractors.readers.reader import Writing
from training.contents import SHARE_OF_FIGURES, SHARE_OF_TRAINING, chance, drawn_kind, pick
from training.crops import Example, example
from training.faces import fetch
from training.network import ALPHABET, COLUMNS_A_STEP, CellNetwork, encoded
from training.page_crops import PageCrop, kept_crops, varied

_BATCH_COLUMNS = 32 * 256
"""Columns of pictures in one batch: short lines many at a time, long ones few, the same work and memory always."""
_MOST_LINES = 48
_POOL = 768
"""Examples made at once, so that those of like width can share a batch."""
_WIDTH_STEP = 32
_WIDEST = 1450
_VALIDATION_COUNT = 800
_SHARE_OF_PAGES = 0.5
_DICE_OF_PAGES = 2
_WARM_UP = 300
_COSINES = (6000, 7500, 16500, 28000, 42000)
"""Steps at which the shipped network's learning rate had come down to nearly nothing."""
_AVERAGING = 0.999


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures padded with paper to one width, and their texts."""

    pictures: torch.Tensor
    texts: tuple[str, ...]
    writings: tuple[str, ...]


def _as_batch(examples: list[Example]) -> Batch:
    widest = max(one.picture.shape[1] for one in examples)
    width = _padded(widest)
    pictures = np.zeros((len(examples), 1, examples[0].picture.shape[0], width), np.uint8)
    for place, one in enumerate(examples):
        pictures[place, 0, :, : one.picture.shape[1]] = 255 - one.picture
    return Batch(
        torch.from_numpy(pictures), tuple(one.text for one in examples), tuple(one.writing for one in examples)
    )


def _fits(one: Example) -> bool:
    repeats = sum(before == after for before, after in itertools.pairwise(one.text))
    width = one.picture.shape[1]
    return width <= _WIDEST and len(one.text) + repeats <= width // COLUMNS_A_STEP


def _of_like_width(examples: list[Example]) -> list[list[Example]]:
    batches: list[list[Example]] = [[]]
    for one in sorted(examples, key=lambda one: one.picture.shape[1]):
        lines = len(batches[-1]) + 1
        if lines > _MOST_LINES or lines * _padded(one.picture.shape[1]) > _BATCH_COLUMNS:
            batches.append([])
        batches[-1].append(one)
    return batches


def _padded(width: int) -> int:
    return -(-width // _WIDTH_STEP) * _WIDTH_STEP


class Examples(IterableDataset[Batch]):
    """Batches from example `first` on, without end; each worker makes its own share.

    Every example is shown twice, in other company: making one costs as much as learning from it. `pages` holds crops of
    whole pages, from which a share of the examples is drawn; where it is empty, none is. `shares` says how often each
    kind of box is shown.
    """

    def __init__(self, seed: int, first: int, folder: Path, pages: Path, shares: Mapping[Writing, float]) -> None:
        self.seed, self.first, self.folder, self.pages, self.shares = seed, first, folder, pages, shares

    def __iter__(self) -> Iterator[Batch]:
        cv2.setNumThreads(1)
        crops = kept_crops(self.pages)
        worker = get_worker_info()
        share, shares = (worker.id, worker.num_workers) if worker else (0, 1)
        numbers = itertools.count(self.first + share, shares)
        order = np.random.default_rng((self.seed, self.first, share))
        before: list[Example] = []
        while True:
            pool = [one for number in itertools.islice(numbers, _POOL) if _fits(one := self._made(number, crops))]
            batches = _of_like_width(before + pool)
            before = pool
            for place in order.permutation(len(batches)):
                yield _as_batch(batches[place])

    def _made(self, number: int, crops: Mapping[Writing, Sequence[PageCrop]]) -> Example:
        dice = np.random.default_rng((self.seed, number, _DICE_OF_PAGES))
        among = crops.get(drawn_kind(dice, self.shares))
        if among and chance(dice, _SHARE_OF_PAGES):
            crop = pick(dice, among)
            return Example(varied(crop, dice), crop.text, crop.writing, crop.hand)
        return example(self.seed, number, self.folder, self.shares)


def read_greedily(scores: NDArray[np.float32]) -> str:
    """The text along the best path of one line's scores (steps x classes)."""
    best = scores.argmax(axis=1)
    return "".join(ALPHABET[symbol - 1] for symbol, _ in itertools.groupby(best.tolist()) if symbol)


def edits(read: str, text: str) -> int:
    """How many characters to insert, delete or replace to get from one to the other."""
    row = list(range(len(text) + 1))
    for place, character in enumerate(read, start=1):
        diagonal, row[0] = row[0], place
        for column, wanted in enumerate(text, start=1):
            diagonal, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, diagonal + (character != wanted)),
            )
    return row[-1]


def validate(network: CellNetwork, batches: list[Batch], device: torch.device) -> dict[str, tuple[float, float]]:
    """Of each kind of writing (and "all"): the share read exactly, and edits a character."""
    network.eval()
    exact: dict[str, list[bool]] = defaultdict(list)
    wrong: dict[str, list[int]] = defaultdict(list)
    length: dict[str, list[int]] = defaultdict(list)
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16):
        for batch in batches:
            scores = network(batch.pictures.to(device).float() / 255.0).float().cpu().numpy()
            for line, text, writing in zip(scores, batch.texts, batch.writings, strict=True):
                read = read_greedily(line)
                for kind in (str(writing), "all"):
                    exact[kind].append(read == text)
                    wrong[kind].append(edits(read, text))
                    length[kind].append(len(text))
    network.train()
    return {kind: (float(np.mean(exact[kind])), sum(wrong[kind]) / sum(length[kind])) for kind in exact}


def _rate(step: int, ends: Sequence[int], peak: float) -> float:
    """Warm up, then a cosine down to each of the `ends`, every one but the first from half the first one's height."""
    if step < _WARM_UP:
        return peak * (step + 1) / _WARM_UP
    cycle = min(sum(step >= end for end in ends), len(ends) - 1)
    start = ends[cycle - 1] if cycle else _WARM_UP
    done = min((step - start) / (ends[cycle] - start), 1.0)
    return peak * (0.5 if cycle else 1.0) * (0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * done)))


def _loss(network: CellNetwork, batch: Batch, device: torch.device) -> torch.Tensor:
    pictures = (batch.pictures.to(device).float() / 255.0).contiguous(memory_format=torch.channels_last)
    with torch.autocast(device.type, torch.bfloat16):
        scores = network(pictures)
    chances = scores.float().log_softmax(-1).transpose(0, 1)
    targets = torch.tensor([symbol for text in batch.texts for symbol in encoded(text)])
    lengths = torch.tensor([len(text) for text in batch.texts])
    steps = torch.full((len(batch.texts),), chances.shape[0])
    return ctc_loss(chances.cpu(), targets, steps, lengths, zero_infinity=True)


def train(arguments: argparse.Namespace) -> None:
    """The whole training, with its log of validations in `out`/log.csv and its state in `out`/checkpoint.pt."""
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    fetch(arguments.faces)
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = CellNetwork().to(device, memory_format=torch.channels_last)
    averaged = CellNetwork().to(device, memory_format=torch.channels_last)
    averaged.load_state_dict(network.state_dict())
    optimiser = torch.optim.AdamW(network.parameters(), lr=arguments.rate, weight_decay=0.01, fused=True)
    step = 0
    own = out / "checkpoint.pt"
    checkpoint = own if own.exists() or arguments.begin is None else arguments.begin / "checkpoint.pt"
    if checkpoint != own or own.exists():
        state = torch.load(checkpoint, map_location=device)
        network.load_state_dict(state["network"])
        averaged.load_state_dict(state["averaged"])
        optimiser.load_state_dict(state["optimiser"])
        step = state["step"]
    shares = SHARE_OF_FIGURES if arguments.figures else SHARE_OF_TRAINING
    watched = [
        example(arguments.seed, number, arguments.faces, shares, for_validation=True)
        for number in range(_VALIDATION_COUNT)
    ]
    validation = [_as_batch(alike) for alike in _of_like_width(watched)]
    examples = Examples(arguments.seed, step * _MOST_LINES, arguments.faces, arguments.pages, shares)
    batches = DataLoader(
        examples, batch_size=None, num_workers=arguments.workers, prefetch_factor=24, multiprocessing_context="spawn"
    )
    started, losses = time.monotonic(), []
    for batch in batches:
        if step >= arguments.steps[-1]:
            break
        for group in optimiser.param_groups:
            group["lr"] = _rate(step, arguments.steps, arguments.rate)
        loss = _loss(network, batch, device)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        _average(averaged, network, min(_AVERAGING, (1 + step) / (10 + step)))
        losses.append(loss.item())
        step += 1
        if step % arguments.every == 0 or step == arguments.steps[-1]:
            figures = validate(averaged, validation, device)
            _log(out / "log.csv", step, float(np.mean(losses)), time.monotonic() - started, figures)
            losses.clear()
            state = {"network": network.state_dict(), "averaged": averaged.state_dict(), "step": step}
            torch.save({**state, "optimiser": optimiser.state_dict(), "seed": arguments.seed}, out / "checkpoint.part")
            (out / "checkpoint.part").replace(out / "checkpoint.pt")


@torch.no_grad()
def _average(averaged: CellNetwork, network: CellNetwork, keep: float) -> None:
    for kept, now in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.dtype.is_floating_point:
            kept.lerp_(now, 1.0 - keep)
        else:
            kept.copy_(now)


def _log(path: Path, step: int, loss: float, seconds: float, figures: dict[str, tuple[float, float]]) -> None:
    row = {"step": step, "loss": round(loss, 4), "seconds": round(seconds)}
    for kind in sorted(figures):
        row[f"{kind}_exact"], row[f"{kind}_cer"] = (round(figure, 4) for figure in figures[kind])
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if new:
            writer.writeheader()
        writer.writerow(row)
    print(f"step {step}  loss {loss:.3f}  exact {figures['all'][0]:.1%}  edits {figures['all'][1]:.2%}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("outputs/training/words"), help="checkpoint and log")
    parser.add_argument("--begin", type=Path, help="the run whose checkpoint to begin with")
    parser.add_argument("--faces", type=Path, default=Path("outputs/training/faces"), help="fetched faces and digits")
    parser.add_argument("--pages", type=Path, default=Path("outputs/training/pages"), help="what training.pages wrote")
    parser.add_argument("--seed", type=int, default=20030709)
    parser.add_argument("--steps", type=int, nargs="+", default=_COSINES, help="where each cosine ends")
    parser.add_argument("--figures", action="store_true", help="show figures and dates only: the network for those")
    parser.add_argument("--every", type=int, default=250, help="steps between validations")
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    train(_arguments())
