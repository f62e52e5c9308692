"""What a rule found, how heavy it is and what it holds; it refuses to know how the rule found it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

FORM = "form"
"""The target of a finding about the whole form; the others are grant numbers, `rowN` or a reading's key."""


class Severity(StrEnum):
    """How heavy a finding is (rulebook 0)."""

    FATAL = "fatal"
    CURABLE = "curable"
    REVIEW = "review"
    NOTE = "note"


class Hold(StrEnum):
    """HARD: form or row does not count meanwhile. SOFT: it counts provisionally, acceptance waits. NONE: no effect."""

    HARD = "hard"
    SOFT = "soft"
    NONE = "none"


class Disposition(StrEnum):
    EFFECTIVE = "EFFECTIVE"
    HELD = "HELD"
    REJECTED = "REJECTED"
    DUPLICATE = "DUPLICATE"


class RowStatus(StrEnum):
    ACCEPTED = "accepted"
    HELD = "held"
    REJECTED = "rejected"


class Resolution(StrEnum):
    """What a person made of a finding; OPEN until somebody decided."""

    OPEN = "open"
    CLEARED = "cleared"
    RECODED = "recoded"
    UPHELD = "upheld"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class Finding:
    """One irregularity or note on one submission, ready to be shown: the message quotes paper and ledger (style 24).

    `suggestion` is the rulebook's recommended decision, "" where it gives none. `facts` holds what a report or letter
    may want again (strings only, no personal data).
    """

    code: str
    severity: Severity
    hold: Hold
    target: str
    message: str
    cite: str
    suggestion: str = ""
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    resolution: Resolution = Resolution.OPEN

    @property
    def stands(self) -> bool:
        """Whether the irregularity is still there: nobody cleared it and no universal waiver covers it."""
        return self.resolution in (Resolution.OPEN, Resolution.UPHELD)
