"""Reading the frames of a CTC recogniser: the best text and the next best ones.

Frames are log-probabilities, one row a time step; column 0 is the CTC blank, column i + 1 the i-th character of the
alphabet. Graves et al. 2006 is the source of the forward algorithm.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEVER = -1e30
"""A log-probability small enough to be zero and large enough not to make NaN when added."""
_HARDLY = -12.0
"""A beam does not grow by a character less likely than this (nats)."""


@dataclass(frozen=True, slots=True)
class Frames:
    """`log_probabilities` is time steps x (1 + len(alphabet)), each row a distribution."""

    log_probabilities: NDArray[np.float32]
    alphabet: str


def joined_frames(lines: Sequence[Frames]) -> Frames | None:
    """The frames of several lines over one alphabet as those of one line, a sure space between each two."""
    if not lines:
        return None
    alphabet = lines[0].alphabet
    space = np.full((1, len(alphabet) + 1), NEVER, dtype=np.float32)
    space[0, alphabet.index(" ") + 1 if " " in alphabet else 0] = 0.0
    parts = [part for line in lines for part in (line.log_probabilities, space)][:-1]
    return Frames(np.concatenate(parts), alphabet)


def decode_greedily(frames: Frames) -> tuple[str, tuple[float, ...]]:
    """The text along the most likely path, and the probability (0.0-1.0) of each of its characters where it is best."""
    best = frames.log_probabilities.argmax(axis=1)
    text: list[str] = []
    chances: list[float] = []
    before = 0
    for step, symbol in enumerate(best.tolist()):
        chance = math.exp(float(frames.log_probabilities[step, symbol]))
        if symbol and symbol == before:
            chances[-1] = max(chances[-1], chance)
        elif symbol:
            text.append(frames.alphabet[symbol - 1])
            chances.append(chance)
        before = symbol
    return "".join(text), tuple(chances)


def decode_beams(
    frames: Frames, width: int = 8, may_begin: Callable[[str], bool] | None = None
) -> tuple[tuple[str, float], ...]:
    """The likeliest texts with their log-probabilities, best first: a prefix beam search of `width` beams.

    With `may_begin`, only texts all of whose beginnings it accepts.
    """
    allowed: dict[tuple[int, ...], bool] = {(): True}
    # Of each beam: the log-probability of ending in a blank, and of ending in its last character.
    beams: Mapping[tuple[int, ...], tuple[float, float]] = {(): (0.0, NEVER)}
    for step in frames.log_probabilities:
        likely = [(int(s), float(step[s])) for s in np.argsort(step)[: -(width + 1) : -1] if step[s] > _HARDLY]
        if len(likely) == 1 and likely[0][0] == 0:
            # Most steps: nothing but paper.
            beams = {prefix: (_either(*ends) + likely[0][1], NEVER) for prefix, ends in beams.items()}
            continue
        grown: dict[tuple[int, ...], tuple[float, float]] = defaultdict(lambda: (NEVER, NEVER))
        for prefix, (blank, inked) in beams.items():
            either = _either(blank, inked)
            for symbol, chance in likely:
                if symbol == 0:
                    ends = grown[prefix]
                    grown[prefix] = (_either(ends[0], either + chance), ends[1])
                    continue
                start = either
                if prefix and prefix[-1] == symbol:
                    ends = grown[prefix]
                    grown[prefix] = (ends[0], _either(ends[1], inked + chance))
                    start = blank
                longer = (*prefix, symbol)
                if may_begin is not None and longer not in allowed:
                    allowed[longer] = may_begin(_spelled(longer, frames.alphabet))
                if may_begin is None or allowed[longer]:
                    ends = grown[longer]
                    grown[longer] = (ends[0], _either(ends[1], start + chance))
        beams = dict(sorted(grown.items(), key=lambda beam: -_either(*beam[1]))[:width])
    return tuple((_spelled(prefix, frames.alphabet), _either(*ends)) for prefix, ends in beams.items())


def _spelled(symbols: Sequence[int], alphabet: str) -> str:
    return "".join(alphabet[symbol - 1] for symbol in symbols)


def _either(one: float, other: float) -> float:
    """The logarithm of the sum of two chances. `numpy.logaddexp` takes five times as long for two numbers."""
    high, low = (one, other) if one >= other else (other, one)
    return high + math.log1p(math.exp(low - high))
