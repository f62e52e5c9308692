"""The readers: one file each behind `reader.Reader`, and one line here."""

from __future__ import annotations

from functools import cache

from extractors.readers.rapid import Look, RapidReader
from extractors.readers.reader import Reader
from extractors.readers.tesseract import TesseractReader


@cache
def all_readers() -> tuple[Reader, ...]:
    """Every reader, the most trusted first; made once a process."""
    return (
        RapidReader("rapid", figures=Look(30), words=Look(40)),
        RapidReader(
            "rapid-wide", figures=Look(24, stretch=1.4, softness=1.0), words=Look(34, stretch=1.3, softness=0.7)
        ),
        TesseractReader(),
    )
