"""Listens in while forms are read: what each reader alone makes of each cell, and what the doubts were drawn from.

The product keeps neither. Listening at the places where a form asks its readers and draws its doubts gives both as they
were used, reads nothing twice, and leaves the product without code for its benchmark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

from benchmarks.grant_cells import WRITINGS
from core.holders import OptionLedger
from core.readings import Doubt
from extractors import form_reading
from extractors.answers import Answer, Question, ask_readers, hear_readers
from extractors.doubts import FormAsRead, doubts_of
from extractors.readers import all_readers
from extractors.readers.reader import Crop, Reader, ReaderResult, Writing
from extractors.thresholds import Thresholds

COMPARED = ("cells", "rapid", "tesseract")
"""The readers that are measured alone, by name; the product asks each only where it helps the others."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One form. `texts` are what each reader alone makes of each cell: by the cell's key, then the reader's name."""

    texts: Mapping[str, Mapping[str, str]]
    form: FormAsRead


@dataclass(slots=True)
class Overheard:
    """What was heard so far, the forms in the order in which they were read."""

    texts: list[Mapping[str, Mapping[str, str]]] = field(default_factory=list)
    read: list[FormAsRead] = field(default_factory=list)

    @property
    def forms(self) -> tuple[Heard, ...]:
        return tuple(Heard(texts, form) for texts, form in zip(self.texts, self.read, strict=True))


@contextmanager
def overheard() -> Iterator[Overheard]:
    """Hears every form that this process reads meanwhile."""
    heard = Overheard()

    def asking(
        questions: Sequence[Question], readers: Sequence[Reader], thresholds: Thresholds
    ) -> Mapping[str, Answer]:
        answers = ask_readers(questions, readers, thresholds)
        heard.texts.append(_texts_of_cells(questions, answers))
        return answers

    def drawing(form: FormAsRead, ledger: OptionLedger, thresholds: Thresholds) -> tuple[Doubt, ...]:
        heard.read.append(form)
        return doubts_of(form, ledger, thresholds)

    with patch.object(form_reading, "ask_readers", asking), patch.object(form_reading, "doubts_of", drawing):
        yield heard


def _texts_of_cells(questions: Sequence[Question], answers: Mapping[str, Answer]) -> dict[str, dict[str, str]]:
    """Readers that the product does not ask about cells are asked here, for comparison, on the same crops."""
    cells = [question for question in questions if question.writing in WRITINGS.values()]
    others = [_Willing(reader) for reader in all_readers() if reader.name in COMPARED and not _reads_cells(reader)]
    asked_here = hear_readers(cells, others)
    return {
        cell.key: {
            name: result.text
            for name, result in {**answers[cell.key].by_reader, **asked_here[cell.key]}.items()
            if name in COMPARED
        }
        for cell in cells
    }


def _reads_cells(reader: Reader) -> bool:
    return all(reader.reads(writing) for writing in WRITINGS.values())


@dataclass(frozen=True, slots=True)
class _Willing:
    """A reader that is asked about everything."""

    reader: Reader

    @property
    def name(self) -> str:
        return self.reader.name

    @property
    def version(self) -> str:
        return self.reader.version

    def reads(self, writing: Writing) -> bool:
        return True

    def read(self, crops: Sequence[Crop]) -> Sequence[ReaderResult]:
        return self.reader.read(crops)
