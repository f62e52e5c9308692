"""How likely each of many texts is on one line: the CTC forward algorithm over all of them at once.

This is what confirms a ledger's value: not whether it was read, but whether the ink speaks for it and against its
neighbours (design 4). It refuses to know where the texts come from. Source: Graves et al. 2006, section 4.1.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from extractors.readers.ctc import NEVER, Frames


def log_likelihoods(frames: Frames, texts: Sequence[str]) -> NDArray[np.float64]:
    """For each text, the log-probability that the frames hold exactly it, over all alignments; NEVER where impossible.

    A text with a character outside the frames' alphabet, or longer than they have steps for, is impossible.
    """
    possible = [number for number, text in enumerate(texts) if set(text) <= set(frames.alphabet)]
    found = np.full(len(texts), NEVER)
    if possible:
        states, last = _states([texts[number] for number in possible], frames.alphabet)
        found[possible] = _at_end(deque(_forward(frames.log_probabilities, states), maxlen=1).pop(), last)
    return found


def log_likelihood_of_end(frames: Frames, text: str) -> tuple[float, int]:
    """The log-probability that the frames end with `text`, whatever stands before it, and the step at which it begins.

    That of the one best place to begin; NEVER where it is impossible.
    """
    if not set(text) <= set(frames.alphabet):
        return NEVER, 0
    states, last = _states([text[::-1]], frames.alphabet)
    by_steps = [float(_at_end(each, last)[0]) for each in _forward(frames.log_probabilities[::-1], states)]
    most = max(range(len(by_steps)), key=by_steps.__getitem__)
    return by_steps[most], len(by_steps) - 1 - most


def _states(texts: Sequence[str], alphabet: str) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Each text's states, its characters with a blank before, between and after them, and which is its last."""
    place_of = {character: place for place, character in enumerate(alphabet, start=1)}
    states = np.zeros((len(texts), 2 * max(map(len, texts)) + 1), dtype=np.intp)
    for row, text in enumerate(texts):
        states[row, 1 : 2 * len(text) : 2] = [place_of[character] for character in text]
    return states, np.array([2 * len(text) for text in texts])


def _forward(log_probabilities: NDArray[np.float32], states: NDArray[np.intp]) -> Iterator[NDArray[np.float64]]:
    """After each step, the log-probability of being in each state."""
    steps = log_probabilities.astype(np.float64)
    # A state may be reached from two states back, unless that would skip a blank between two equal characters.
    may_skip = np.zeros(states.shape, dtype=np.bool_)
    may_skip[:, 2:] = (states[:, 2:] != 0) & (states[:, 2:] != states[:, :-2])
    forward = np.full(states.shape, NEVER)
    forward[:, :2] = steps[0][states[:, :2]]
    yield forward
    for step in steps[1:]:
        reached = forward.copy()
        reached[:, 1:] = np.logaddexp(reached[:, 1:], forward[:, :-1])
        skipped = np.where(may_skip[:, 2:], forward[:, :-2], NEVER)
        reached[:, 2:] = np.logaddexp(reached[:, 2:], skipped)
        forward = np.maximum(reached + step[states], NEVER)
        yield forward


def _at_end(forward: NDArray[np.float64], last: NDArray[np.intp]) -> NDArray[np.float64]:
    """For each text, the log-probability of being through with it."""
    rows = np.arange(len(last))
    before_last = np.where(last > 0, forward[rows, np.maximum(last - 1, 0)], NEVER)
    ends: NDArray[np.float64] = np.logaddexp(forward[rows, last], before_last)
    return ends
