"""How likely each of many texts is on one line: the CTC forward algorithm over all of them at once.

This is what confirms a ledger's value: not whether it was read, but whether the ink speaks for it and against its
neighbours (design 4). It refuses to know where the texts come from. Source: Graves et al. 2006, section 4.1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from extractors.readers.ctc import NEVER, Frames


def log_likelihoods(frames: Frames, texts: Sequence[str]) -> NDArray[np.float64]:
    """For each text, the log-probability that the frames hold exactly it, over all alignments; NEVER where impossible.

    A text with a character outside the frames' alphabet, or longer than they have steps for, is impossible.
    """
    place_of = {character: place for place, character in enumerate(frames.alphabet, start=1)}
    possible = [number for number, text in enumerate(texts) if all(character in place_of for character in text)]
    found = np.full(len(texts), NEVER)
    if possible:
        spelled = [[place_of[character] for character in texts[number]] for number in possible]
        found[possible] = _forward(frames.log_probabilities.astype(np.float64), spelled)
    return found


def _forward(steps: NDArray[np.float64], spelled: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    """Log-probabilities of symbol rows. A text's states are its symbols with a blank before, between and after them."""
    longest = max(len(symbols) for symbols in spelled)
    states = np.zeros((len(spelled), 2 * longest + 1), dtype=np.intp)
    for row, symbols in enumerate(spelled):
        states[row, 1 : 2 * len(symbols) : 2] = symbols
    # A state may be reached from two states back, unless that would skip a blank between two equal characters.
    may_skip = np.zeros(states.shape, dtype=np.bool_)
    may_skip[:, 2:] = (states[:, 2:] != 0) & (states[:, 2:] != states[:, :-2])
    forward = np.full(states.shape, NEVER)
    forward[:, :2] = steps[0][states[:, :2]]
    for step in steps[1:]:
        reached = forward.copy()
        reached[:, 1:] = np.logaddexp(reached[:, 1:], forward[:, :-1])
        skipped = np.where(may_skip[:, 2:], forward[:, :-2], NEVER)
        reached[:, 2:] = np.logaddexp(reached[:, 2:], skipped)
        forward = np.maximum(reached + step[states], NEVER)
    rows = np.arange(len(spelled))
    last = np.array([2 * len(symbols) for symbols in spelled])
    before_last = np.where(last > 0, forward[rows, np.maximum(last - 1, 0)], NEVER)
    ends: NDArray[np.float64] = np.logaddexp(forward[rows, last], before_last)
    return ends
