"""What a count is worth: error rates of characters, exact bounds on shares, and how well confidences keep their word.

It refuses to know what was read.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import Levenshtein

_BINS_OF_EQUAL_WIDTH = tuple(place / 10 for place in range(11))
RISK_BINS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 1.0)
"""Confidences between which a reliability diagram gathers readings: finer the surer, for that is where values pass."""


def character_error_rate(pairs: Iterable[tuple[str, str]]) -> float:
    """Characters to insert, delete or replace per character written, of (written, read) pairs; gaps do not count."""
    bare = [("".join(written.split()), "".join(read.split())) for written, read in pairs]
    errors = sum(Levenshtein.distance(written, read) for written, read in bare)
    return errors / max(sum(len(written) for written, _ in bare), 1)


def upper_bound(found: int, tried: int, confidence: float = 0.95) -> float:
    """The greatest true share that would show no more than `found` in `tried` as often as 1 - `confidence`.

    Exact (Clopper and Pearson 1934), one-sided: 3 / tried, or a little less, where nothing was found. 1.0 where nothing
    was tried.
    """
    if found >= tried:
        return 1.0
    low, high = found / tried, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(found, tried, middle) > 1 - confidence else (low, middle)
    return high


def lower_bound(found: int, tried: int, confidence: float = 0.95) -> float:
    """The least true share that would show `found` or more as often as 1 - `confidence`; 0.0 if nothing was tried."""
    return 1 - upper_bound(tried - found, tried, confidence) if tried else 0.0


def _at_most(found: int, tried: int, share: float) -> float:
    """The chance of `found` or fewer in `tried` when each has the chance `share`, 0.0 < share < 1.0."""
    logs = [
        math.lgamma(tried + 1) - math.lgamma(count + 1) - math.lgamma(tried - count + 1)
        + count * math.log(share) + (tried - count) * math.log1p(-share)
        for count in range(found + 1)
    ]  # fmt: skip
    return float(np.exp(np.logaddexp.reduce(logs)))


@dataclass(frozen=True, slots=True)
class Told:
    """One reading: what confidence (0.0-1.0) it was told with, and whether it was right."""

    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """The readings between two confidences. `promised` is their mean confidence, 0.0-1.0."""

    count: int
    right: int
    promised: float

    @property
    def wrong(self) -> int:
        return self.count - self.right


def bins_of(told: Sequence[Told], edges: Sequence[float]) -> tuple[Bin, ...]:
    """The bins that hold anything, by rising confidence; the last one holds its upper edge too."""
    confidences = np.array([each.confidence for each in told])
    right = np.array([each.right for each in told], dtype=bool)
    places = np.clip(np.searchsorted(edges, confidences, side="right") - 1, 0, len(edges) - 2)
    found = []
    for place in range(len(edges) - 1):
        own = places == place
        if own.any():
            found.append(Bin(int(own.sum()), int(right[own].sum()), float(confidences[own].mean())))
    return tuple(found)


def calibration_error(told: Sequence[Told]) -> float:
    """Expected calibration error, 0.0-1.0: how far the share of right ones lies from the mean confidence, over ten bins
    of equal width, each weighed by its readings (Naeini and others 2015)."""
    gaps = (abs(each.right - each.promised * each.count) for each in bins_of(told, _BINS_OF_EQUAL_WIDTH))
    return sum(gaps) / max(len(told), 1)
