"""Several readers, one answer: the value most of them mean, and how sure one may be of it.

It compares readings by their sense (meanings), never with the ledger: what a holder ought to have written has no part
in what the paper says. How much each reader's word is worth stands in `thresholds.toml`, measured.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from core.readings import Mark
from extractors.half_words import beginnings_of
from extractors.meanings import meaning, tidied, with_lost_mark
from extractors.readers.ctc import decode_beams, joined_frames, log_likelihood
from extractors.readers.reader import ReaderResult, Writing
from extractors.thresholds import Thresholds

UNREADABLE = "?"

_GUESSES = 8
_SURE_CHARACTER = 0.5
"""A character that its network gives less than this is written "?" where no reader's text makes sense."""
_ODDS_FLOOR = 1e-4


@dataclass(frozen=True, slots=True)
class Fused:
    """One answer. `readers` names those who meant it; `raw` is what the first of them saw before any tidying."""

    value: str
    raw: str
    mark: Mark
    confidence: float
    readers: str


@dataclass(frozen=True, slots=True)
class Votes:
    """What speaks for one sense of a line; numbers only, so that its worth can be fitted (docs/decisions/0050).

    `posteriors` holds for each reader the log-odds that it gives to this sense, 0.0 where it means another;
    `agreeing` and `against` count the readers that mean it and that mean something else; `guessed` says that no reader
    read it plainly, it is only the likeliest text that the box's grammar covers.
    """

    value: str
    raw: str
    sense: Hashable
    readers: tuple[str, ...]
    posteriors: Mapping[str, float]
    against: tuple[str, ...]
    guessed: bool = False


def fuse(writing: Writing, results: Mapping[str, ReaderResult], thresholds: Thresholds) -> Fused:
    """The answer of all readers (by name, the most trusted first) about one line that is not blank."""
    votes = count_votes(writing, results)
    if votes is None:
        return _nonsense(results)
    return Fused(
        votes.value, votes.raw, Mark.READ, thresholds.confidence(writing, votes), "+".join(votes.readers) or "guess"
    )


def count_votes(writing: Writing, results: Mapping[str, ReaderResult]) -> Votes | None:
    """The sense with the best odds and all that speaks for and against it; None when nobody's text makes sense."""
    texts = {name: tidied(writing, result.text) for name, result in results.items()}
    senses = {name: meaning(writing, text) for name, text in texts.items()}
    meant = [sense for sense in senses.values() if sense is not None]
    if not meant:
        return _guess(writing, results)
    best = max(meant, key=lambda sense: sum(_weight(results[n]) for n, other in senses.items() if other == sense))
    readers = tuple(name for name, sense in senses.items() if sense == best)
    return Votes(
        value=texts[readers[0]],
        raw=results[readers[0]].plain,
        sense=best,
        readers=readers,
        posteriors={name: _log_odds(_posterior(results[name])) for name in readers},
        against=tuple(name for name, sense in senses.items() if sense not in (None, best)),
    )


def _guess(writing: Writing, results: Mapping[str, ReaderResult]) -> Votes | None:
    """A text with a lost point or hyphen put back, else the likeliest sense that a network came close to."""
    for name, result in results.items():
        text = with_lost_mark(writing, result.text)
        if text is not None:
            odds = {name: _log_odds(_posterior(result))}
            return Votes(text, result.plain, meaning(writing, text), (name,), odds, (), guessed=True)
    for name, result in results.items():
        if result.frames is None or not result.text:
            continue
        for text, log_chance in decode_beams(result.frames, _GUESSES, beginnings_of(writing)):
            sense = meaning(writing, tidied(writing, text))
            if sense is not None:
                odds = {name: _log_odds(math.exp(log_chance))}
                return Votes(tidied(writing, text), result.plain, sense, (name,), odds, (), guessed=True)
    return None


def _nonsense(results: Mapping[str, ReaderResult]) -> Fused:
    """What was seen, with "?" for each character that the first reader doubts; ILLEGIBLE when nothing is left."""
    for name, result in results.items():
        if not result.text:
            continue
        shown = _questioned(result)
        legible = any(character.isalnum() for character in shown)
        mark = Mark.READ if legible else Mark.ILLEGIBLE
        return Fused(shown if legible else UNREADABLE, result.plain, mark, 0.0, name)
    return Fused(UNREADABLE, "", Mark.ILLEGIBLE, 0.0, "")


def _questioned(result: ReaderResult) -> str:
    if len(result.characters) != len(result.text):
        return result.text
    return "".join(
        character if chance >= _SURE_CHARACTER or character == " " else UNREADABLE
        for character, chance in zip(result.text, result.characters, strict=True)
    )


def of_lines(lines: Sequence[ReaderResult]) -> ReaderResult:
    """One reader's results for the lines of one box as one result, a space between lines; as sure as its least line."""
    if len(lines) == 1:
        return lines[0]
    characters = tuple(chance for line in lines for chance in (*line.characters, 1.0))[:-1]
    return ReaderResult(
        " ".join(line.text for line in lines).strip(),
        min((line.confidence for line in lines), default=0.0),
        " ".join(line.plain for line in lines).strip(),
        characters if all(len(line.characters) == len(line.text) for line in lines) else (),
        joined_frames([line.frames for line in lines if line.frames is not None]),
    )


def _weight(result: ReaderResult) -> float:
    return (0.6 if result.frames is None else 1.0) + _posterior(result)


def _posterior(result: ReaderResult) -> float:
    """How likely the reader itself holds its text: of all alignments where it has frames, else its own confidence."""
    if result.frames is None:
        return result.confidence
    return math.exp(log_likelihood(result.frames, result.text))


def _log_odds(chance: float) -> float:
    kept = min(max(chance, _ODDS_FLOOR), 1 - _ODDS_FLOOR)
    return math.log(kept / (1 - kept))
