"""What was read at one place of one page, and how sure the reader was; it refuses to know what the value means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in fractions (0.0-1.0) of a registered page, origin top left, y downwards."""

    x0: float
    y0: float
    x1: float
    y1: float


class Mark(StrEnum):
    """Whether something stands in a zone. Blank is not illegible."""

    READ = "read"
    BLANK = "blank"
    ILLEGIBLE = "illegible"


BY_LIKELIHOOD = "likelihood"
"""What stands for the readers' names where the value is the ledger's and the ink was found to say it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One zone as read. `key` is the field it speaks for: `printed_name`, `row1.grant_no`, `schedule.row3.shares`.

    `value` is the string handed to the rules (unreadable characters as "?", "" when blank), `raw` what the reader said
    before any tidying. `confidence` is 0.0-1.0: of the fields at 0.99, one in a hundred is wrong. `page` is 1-based in
    the fax, `box` fractions of the registered page.
    """

    key: str
    value: str
    raw: str
    mark: Mark
    confidence: float
    page: int
    box: Box
    reader: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """A reading that its use does not trust: the form may not pass unseen (OCR_LOW_CONFIDENCE, rulebook 26)."""

    key: str
    confidence: float
    asks: float
    """The confidence this use of the field demands."""
    why: str = ""
