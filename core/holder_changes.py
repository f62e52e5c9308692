"""What happens to a holder while the offer runs and until the new grant; it refuses to know what follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class HolderChangeKind(StrEnum):
    """What HR, counsel or the holder reported (rulebook 3 G)."""

    LEFT = "left"
    REHIRED = "rehired"
    BECAME_CONSULTANT = "became_consultant"
    BECAME_DIRECTOR = "became_director"
    PROMOTED = "promoted"
    """To executive officer or executive management."""
    MOVED_ABROAD = "moved_abroad"
    DIED = "died"
    INCAPACITATED = "incapacitated"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    GRANT_BARRED = "grant_barred"
    """Law, Nasdaq rules or the new residence forbid a grant to this holder (OTE §13)."""
    GRANT_BAR_LIFTED = "grant_bar_lifted"


@dataclass(frozen=True, slots=True)
class HolderChange:
    """One change of one holder's circumstances. `changed_on` is a date in the offer's zone.

    `detail` says what was reported; it may speak of health, and stays out of logs.
    """

    holder_id: str
    kind: HolderChangeKind
    changed_on: date
    detail: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class UnlawfulTender:
    """Counsel's record that accepting the tenders of these holders may be unlawful (OTE §4, EF-I 8)."""

    holder_ids: frozenset[str]
    recorded_on: date
    reason: str
