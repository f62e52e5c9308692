"""Several readers, one answer: the sense that the ink speaks for most, and how sure one may be of it.

Every reader's plain text is a candidate, and so are the texts that the networks' frames come closest to within the
box's grammar. Candidates that mean the same are one sense, and each network says how likely its frames are under it.
Nothing here knows the ledger: what a holder ought to have written has no part in what is found. One given value may be
asked about beside that (`chance_of`). What each reader's word is worth stands in `thresholds.toml`, measured
(docs/decisions/0053, 0056).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.readings import Mark
from extractors.half_words import beginnings_of
from extractors.meanings import meaning, tidied, with_lost_mark
from extractors.readers.ctc import decode_beams, joined_frames
from extractors.readers.likelihood import log_likelihoods
from extractors.readers.reader import ReaderResult, Writing
from extractors.thresholds import Thresholds

UNREADABLE = "?"

_BEAMS = 8
_SURE_CHARACTER = 0.5
"""A character that its network gives less than this is written "?" where no reader's text makes sense."""
_UNLIKELIEST = -25.0
"""No network's word weighs more against a sense than this (nats): the best of them is sometimes sure of what is wrong.
Measured: -25 and -12 are alike, -8 is worse on dates."""


@dataclass(frozen=True, slots=True)
class Rival:
    """Another thing that the ink may say, and how likely that is (0.0-1.0)."""

    text: str
    chance: float


@dataclass(frozen=True, slots=True)
class Fused:
    """One answer. `readers` names those who meant it; `raw` is what the first of them saw before any tidying.

    `rivals` are the other senses; what they and `confidence` leave of 1 is that the line says none of these.
    """

    value: str
    raw: str
    mark: Mark
    confidence: float
    readers: str
    rivals: tuple[Rival, ...] = ()


@dataclass(frozen=True, slots=True)
class _SenselessText:
    """What stands for a meaning where a text has none."""

    text: str


@dataclass(frozen=True, slots=True)
class Sense:
    """One thing that a line may mean, and what speaks for it; its worth is fitted (docs/decisions/0053).

    `text` is how it is written: as its first reader has it, else as the ink has it most likely. `log_likelihoods` holds
    for each network the log-probability of its frames under this sense (nats, at least -25); `readers` are those whose
    plain text means it: none for a guess.
    """

    text: str
    meaning: Hashable
    log_likelihoods: Mapping[str, float]
    readers: tuple[str, ...]

    @property
    def is_senseless(self) -> bool:
        """Whether it is a text that means nothing in its box; nobody is counted as meaning it."""
        return isinstance(self.meaning, _SenselessText)


def fuse(writing: Writing, results: Mapping[str, ReaderResult], thresholds: Thresholds) -> Fused:
    """The answer of all readers (by name, the most trusted first) about one line that is not blank."""
    senses = senses_of(writing, results)
    if not senses:
        return _mended(writing, results, thresholds) or _nonsense(results)
    chances = thresholds.chances(writing, senses)
    best = max(range(len(senses)), key=chances.__getitem__)
    sense, sure = senses[best], chances[best]
    rivals = tuple(
        Rival(other.text, chance) for other, chance in zip(senses, chances, strict=True) if other is not sense
    )
    if not sense.readers:
        first = next(name for name in results if name in sense.log_likelihoods)
        guessed = min(sure, thresholds.guess_at_most)
        return Fused(sense.text, results[first].plain, Mark.READ, guessed, "guess", rivals)
    return Fused(sense.text, results[sense.readers[0]].plain, Mark.READ, sure, "+".join(sense.readers), rivals)


def chance_of(
    writing: Writing, texts: Sequence[str], results: Mapping[str, ReaderResult], thresholds: Thresholds
) -> float:
    """How likely it is (0.0-1.0) that a line says what `texts` mean, ways to write one value, and nothing else that was
    found on it. 0.0 where a network that has a say saw nothing."""
    if is_unseen(writing, results, thresholds):
        return 0.0
    wanted = meaning(writing, tidied(writing, texts[0]))
    senses = senses_of(writing, results, texts)
    chances = zip(senses, thresholds.chances(writing, senses), strict=True)
    return next((chance for sense, chance in chances if sense.meaning == wanted), 0.0)


def is_unseen(writing: Writing, results: Mapping[str, ReaderResult], thresholds: Thresholds) -> bool:
    """Whether a network that has a say saw nothing on a line: its silence would speak for anything."""
    heard = {name for name, result in results.items() if result.frames is not None and result.text}
    return any(name not in heard for name, weight in thresholds.worth[writing].likelihood.items() if weight > 0.0)


def senses_of(writing: Writing, results: Mapping[str, ReaderResult], asked: Sequence[str] = ()) -> tuple[Sense, ...]:
    """Every sense that a reader means or a network comes close to; none where no text makes any.

    `asked` are texts that are held against the ink beside those. What was read and makes no sense in this kind of box
    is then a sense of its own: a day that no month has is not the day before.
    """

    plain = {name: tidied(writing, result.text) for name, result in results.items()}
    meant = {name: meaning(writing, text) for name, text in plain.items()}
    texts: dict[Hashable, list[str]] = defaultdict(list)
    for text in dict.fromkeys((*_candidates(writing, results), *asked)):
        sense = meaning(writing, tidied(writing, text))
        if sense is not None:
            texts[sense].append(text)
        elif asked:
            texts[_SenselessText(tidied(writing, text))].append(text)
    likely = {
        name: _by_sense(result, texts) for name, result in results.items() if result.frames is not None and result.text
    }
    found = []
    for sense, written in texts.items():
        readers = tuple(name for name, other in meant.items() if other == sense)
        log_likelihoods = {name: senses[sense] for name, senses in likely.items()}
        text = plain[readers[0]] if readers else tidied(writing, written[0])
        found.append(Sense(text, sense, log_likelihoods, readers))
    return tuple(found)


def _candidates(writing: Writing, results: Mapping[str, ReaderResult]) -> Iterator[str]:
    """Texts as the readers have them, tidied and not, then what the networks' frames nearly say."""
    for result in results.values():
        if result.text:
            yield from (result.text, tidied(writing, result.text))
    for result in results.values():
        if result.frames is not None and result.text:
            yield from (text for text, _ in decode_beams(result.frames, _BEAMS, beginnings_of(writing)) if text)


def _by_sense(result: ReaderResult, texts: Mapping[Hashable, Sequence[str]]) -> dict[Hashable, float]:
    assert result.frames is not None
    flat = [text for written in texts.values() for text in written]
    chances = dict(zip(flat, log_likelihoods(result.frames, flat).tolist(), strict=True))
    return {
        sense: max(float(np.logaddexp.reduce([chances[text] for text in written])), _UNLIKELIEST)
        for sense, written in texts.items()
    }


def _mended(writing: Writing, results: Mapping[str, ReaderResult], thresholds: Thresholds) -> Fused | None:
    """A text with a lost point or hyphen put back: a convenience for the reviewer."""
    for name, result in results.items():
        text = with_lost_mark(writing, result.text)
        if text is not None:
            return Fused(text, result.plain, Mark.READ, min(result.confidence, thresholds.guess_at_most), name)
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
