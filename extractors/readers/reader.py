"""What every reader of handwriting and type has in common: a line goes in, a text with its confidence comes out.

It refuses to know which readers exist, where a line was cut from and what its text means to the rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from extractors.page_images import Gray
from extractors.readers.ctc import Frames


class Writing(StrEnum):
    """What a line is expected to hold; it decides the alphabet, the grammar and the confidence asked for.

    The names are those of `offers.forms.FieldKind`, so that a text zone's kind is its writing.
    """

    GRANT_NO = "GRANT_NO"
    DATE = "DATE"
    PRICE = "PRICE"
    SHARES = "SHARES"
    NAME = "NAME"
    TAX_ID = "TAX_ID"
    DATE_TIME = "DATE_TIME"
    EMAIL = "EMAIL"
    ADDRESS = "ADDRESS"
    WORDS = "WORDS"
    """Anything: text outside the boxes, signatures, cover sheets."""


@dataclass(frozen=True, slots=True)
class Crop:
    """One written line: a tight grey picture (0 ink, 255 paper) at the working resolution, and what it should hold."""

    picture: Gray = field(repr=False)
    writing: Writing


@dataclass(frozen=True, slots=True)
class ReaderResult:
    """What one reader made of one line.

    `text` keeps to the alphabet of the line's writing, `plain` is what the reader saw before that restriction (the same
    where it has none). `confidence` is the reader's own, 0.0-1.0, not calibrated: `extractors.fusion` knows what it is
    worth. `characters` holds one confidence a character of `text`, or nothing. `frames` are a network's posteriors,
    where it has them, so that a fusion may ask how likely some other text would have been.
    """

    text: str
    confidence: float
    plain: str
    characters: tuple[float, ...] = ()
    frames: Frames | None = field(default=None, repr=False, compare=False)


NOTHING_READ = ReaderResult("", 0.0, "")


class Reader(Protocol):
    """A reader of lines. `name` and `version` stand in every reading it takes part in."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def reads(self, writing: Writing) -> bool:
        """Whether it is any good at this kind of writing; it is asked about no other."""
        ...

    def read(self, crops: Sequence[Crop]) -> Sequence[ReaderResult]:
        """One result for each crop, in their order; a line it can make nothing of gives an empty text."""
        ...
