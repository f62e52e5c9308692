"""The readers: one file each behind `reader.Reader`, and one line here."""

from __future__ import annotations

from functools import cache

from extractors.readers.rapid import RapidReader
from extractors.readers.reader import Reader
from extractors.readers.tesseract import TesseractReader


@cache
def all_readers() -> tuple[Reader, ...]:
    """Every reader, the most trusted first; made once a process."""
    return (
        RapidReader("rapid", ink_height=30, stretch=1.0, softness=0.0),
        RapidReader("rapid-wide", ink_height=24, stretch=1.4, softness=1.0),
        TesseractReader(),
    )
