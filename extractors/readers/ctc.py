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

_NEVER = -1e30
"""A log-probability small enough to be zero and large enough not to make NaN when added."""


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
    space = np.full((1, len(alphabet) + 1), _NEVER, dtype=np.float32)
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
    allowed: dict[tuple[int, ...], bool] = {}
    # Of each beam: the log-probability of ending in a blank, and of ending in its last character.
    beams: Mapping[tuple[int, ...], tuple[float, float]] = {(): (0.0, _NEVER)}
    for step in frames.log_probabilities:
        likely = [int(symbol) for symbol in np.argsort(step)[: -(width + 1) : -1] if step[symbol] > -12.0]
        grown: dict[tuple[int, ...], tuple[float, float]] = defaultdict(lambda: (_NEVER, _NEVER))
        for prefix, (blank, inked) in beams.items():
            either = np.logaddexp(blank, inked)
            for symbol in likely:
                chance = float(step[symbol])
                if symbol == 0:
                    old = grown[prefix]
                    grown[prefix] = (float(np.logaddexp(old[0], either + chance)), old[1])
                    continue
                if prefix and prefix[-1] == symbol:
                    old = grown[prefix]
                    grown[prefix] = (old[0], float(np.logaddexp(old[1], inked + chance)))
                    start = blank
                else:
                    start = either
                longer = (*prefix, symbol)
                if may_begin is not None:
                    if longer not in allowed:
                        allowed[longer] = may_begin("".join(frames.alphabet[each - 1] for each in longer))
                    if not allowed[longer]:
                        continue
                old = grown[longer]
                grown[longer] = (old[0], float(np.logaddexp(old[1], start + chance)))
        kept = sorted(grown.items(), key=lambda beam: -float(np.logaddexp(*beam[1])))[:width]
        beams = dict(kept)
    return tuple(
        ("".join(frames.alphabet[symbol - 1] for symbol in prefix), float(np.logaddexp(*ends)))
        for prefix, ends in beams.items()
    )
