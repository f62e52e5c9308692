"""What persons decided about findings; each decision is an event in the journal and an input to the fold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    CLEAR = "clear"
    UPHOLD = "uphold"
    RECODE = "recode"


@dataclass(frozen=True, slots=True)
class Decision:
    """One person's decision on one finding of one submission (rulebook 0: who, when, why, the class of waiver)."""

    id: str
    submission_id: str
    code: str
    target: str
    verdict: Verdict
    actor: str
    decided_at: datetime
    reason: str
    recoded_to: str | None = None
    was: str = ""
    """The finding's resolution before: open, cleared, upheld, recoded, waived."""
    about: tuple[str, ...] = ()
    """On the offer's own findings: what they said when it was decided. One that says something else, since another
    day or number lies behind it, is not decided yet. () = whatever they say."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """A class of defects waived for every holder (OTE §4, July 9 wording); never LATE_RECEIPT (OTE Q21)."""

    id: str
    code: str
    actor: str
    waived_at: datetime
    reason: str
    submission_ids: tuple[str, ...] | None = None
    """None = universal. A narrower one is recorded only to be reported as WAIVER_NOT_UNIVERSAL."""
