"""Reads every filled zone of a form at once: all lines to each reader in one go, then one answer a zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.readings import Mark, Reading
from extractors.fusion import UNREADABLE, Fused, Rival, fuse, of_lines
from extractors.lines import lines_of
from extractors.marks import Written
from extractors.readers.reader import NOTHING_READ, Crop, Reader, ReaderResult, Writing
from extractors.stand_ins import stands_in
from extractors.thresholds import Thresholds
from extractors.zones import ZoneInk

_SURELY_BLANK = 0.999
_SURELY_WORDS = 0.99
_LOST = 0.3
"""What an answer is worth where broken fax lines run through it, and a blank where nothing can be read."""


@dataclass(frozen=True, slots=True)
class Question:
    """One place to read. `key` is unique in the form."""

    key: str
    writing: Writing
    written: Written


@dataclass(frozen=True, slots=True)
class Answer:
    """The readers' common answer and what each of them said (by reader name), for uses other than the value.

    `stands_in`: what is written stands for a value, such as ditto marks or ALL, and is none.
    """

    fused: Fused
    by_reader: Mapping[str, ReaderResult]
    stands_in: bool = False


@dataclass(frozen=True, slots=True)
class ReadField:
    """One reading with the kind of writing it was read as, None for a tick or a signature, and what else it may say."""

    reading: Reading
    writing: Writing | None
    rivals: tuple[Rival, ...] = ()


def ask_readers(
    questions: Sequence[Question], readers: Sequence[Reader], thresholds: Thresholds
) -> Mapping[str, Answer]:
    """An answer for each question, by its key."""
    heard = hear_readers(questions, readers)
    return {question.key: _answer(question, heard[question.key], thresholds) for question in questions}


def hear_readers(questions: Sequence[Question], readers: Sequence[Reader]) -> Mapping[str, Mapping[str, ReaderResult]]:
    """What each reader says to each question, by the question's key and the reader's name.

    Each reader is called once, with all lines of the kinds of writing that it reads.
    """
    lines = [(question, line) for question in questions for line in lines_of(question.written)]
    said: dict[str, dict[str, list[ReaderResult]]] = {question.key: {} for question in questions}
    for reader in readers:
        own = [(question, line) for question, line in lines if reader.reads(question.writing)]
        crops = [Crop(line, question.writing) for question, line in own]
        for (question, _), result in zip(own, reader.read(crops) if crops else (), strict=True):
            said[question.key].setdefault(reader.name, []).append(result)
    return {key: {name: of_lines(results) for name, results in by.items()} for key, by in said.items()}


def _answer(question: Question, heard: Mapping[str, ReaderResult], thresholds: Thresholds) -> Answer:
    by_reader = heard or {"": NOTHING_READ}
    for name, result in by_reader.items():
        if stands_in(question.writing, result.plain):
            # What it stands for is not for a reader to say, and the figures nearest to it are none.
            fused = Fused(result.plain, result.plain, Mark.READ, _stand_in_worth(by_reader), name)
            return Answer(fused, by_reader, stands_in=True)
    return Answer(fuse(question.writing, by_reader, thresholds), by_reader)


def _stand_in_worth(by_reader: Mapping[str, ReaderResult]) -> float:
    """Sure where all readers see the same words."""
    return _SURELY_WORDS if len({result.plain.casefold() for result in by_reader.values()}) == 1 else _LOST


def reading_of(key: str, ink: ZoneInk, page: int, answer: Answer | None) -> Reading:
    """The reading of a zone; `answer` None for a blank one. A place that the fax lost is illegible, never blank."""
    if ink.no_figures:
        raw = answer.fused.raw if answer is not None else ""
        return Reading(key, UNREADABLE, raw, Mark.ILLEGIBLE, _LOST, page, ink.zone.box, "ink")
    if answer is not None:
        fused = answer.fused
        sure = fused.confidence * (_LOST if ink.unreadable else 1.0)
        return Reading(key, fused.value, fused.raw, fused.mark, round(sure, 4), page, ink.zone.box, fused.readers)
    if ink.unreadable:
        return Reading(key, UNREADABLE, "", Mark.ILLEGIBLE, _LOST, page, ink.zone.box, "ink")
    return Reading(key, "", "", Mark.BLANK, _SURELY_BLANK, page, ink.zone.box, "ink")
