"""What a cover sheet says that counts for the form it came with: a condition there is a condition (rulebook 24).

Greetings, numbers of pages and legends of confidentiality are not the holder's instructions and count for nothing. A
line that Tesseract is unsure of, handwriting mostly, is read again by the readers of lines; one that stays unreadable
is told as "?", since it may be a condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from extractors.free_text import signs_in
from extractors.fusion import UNREADABLE
from extractors.page_images import Gray, RegisteredPage
from extractors.page_text import TextLine
from extractors.readers.reader import Crop, Reader, ReaderResult, Writing

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n\s*\n")
_LEGEND = re.compile(
    r"confidential|privileged|intended recipient|in error|unauthori[sz]ed|prohibited|disseminat", re.IGNORECASE
)
_SURE = 0.8
"""Mean confidence of Tesseract's words from which a line is print, read well enough to look for signs in it."""
_LEGIBLE = 0.55
"""Mean confidence of a line reader's characters; below it the line is unreadable."""
_FEWEST_LETTERS = 4
_AIR = 4
_SMALLEST_LINE = 14
"""Pixels at 200 dpi: lower lines are specks and rules."""


def words_that_count(page: RegisteredPage, reader: Reader) -> tuple[str, ...]:
    """The sentences of a cover sheet with a condition, a partial withdrawal, a name change or a capacity in them.

    `reader` is asked for the lines that the page's own text is unsure of; "?" stands for each that it cannot read.
    """
    if page.page.page_class != "COVER":
        return ()
    doubtful = [line for line in page.text_lines if line.confidence < _SURE and _may_be_writing(line)]
    crops = [Crop(_cut(page.squared, line), Writing.WORDS) for line in doubtful]
    again = dict(zip(doubtful, reader.read(crops), strict=True))
    texts = [again[line].plain if line in again else line.text for line in page.text_lines]
    unreadable = [UNREADABLE for line, result in again.items() if _is_unreadable(line, result)]
    said = "\n".join(texts) if page.text_lines else page.page.text
    return (*_sentences(said), *unreadable[:1])


def _may_be_writing(line: TextLine) -> bool:
    return line.bottom - line.top >= _SMALLEST_LINE and sum(map(str.isalpha, line.text)) >= _FEWEST_LETTERS


def _cut(picture: Gray, line: TextLine) -> Gray:
    """The line across the whole page, tight around its ink."""
    band = picture[max(line.top - _AIR, 0) : line.bottom + _AIR]
    columns = np.flatnonzero((band < 140).any(axis=0))
    return band[:, columns[0] : columns[-1] + 1] if columns.size else band


def _is_unreadable(line: TextLine, result: ReaderResult) -> bool:
    return _mean(result.characters) < _LEGIBLE and not signs_in(line.text)


def _mean(chances: Sequence[float]) -> float:
    return sum(chances) / len(chances) if chances else 0.0


def _sentences(text: str) -> Iterator[str]:
    for sentence in _SENTENCE_END.split(text):
        said = " ".join(sentence.split())
        if said and not _LEGEND.search(said) and signs_in(said):
            yield said
