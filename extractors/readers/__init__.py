"""The readers: one file each behind `reader.Reader`, and one line here."""

from __future__ import annotations

from functools import cache

from extractors.readers.cells import CellReader
from extractors.readers.rapid import Look, RapidReader
from extractors.readers.reader import Reader
from extractors.readers.tesseract import TesseractReader


@cache
def all_readers() -> tuple[Reader, ...]:
    """Every reader, the most trusted first; made once a process."""
    return (
        RapidReader("rapid", words=Look(40), figures=Look(30)),
        CellReader(),
        RapidReader("rapid-wide", words=Look(34, stretch=1.3, softness=0.7)),
        TesseractReader(),
    )
