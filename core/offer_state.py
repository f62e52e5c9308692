"""What has happened to the offer itself: extensions, changes, termination, acceptance; it knows not who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from core.decisions import Waiver


@dataclass(frozen=True, slots=True)
class Extension:
    announced_at: datetime
    new_expiration: datetime


class ChangeKind(StrEnum):
    """What a change of the offer touches; it decides how long the offer must stay open (OTE §2, §15)."""

    CONSIDERATION = "consideration"
    NUMBER = "number"
    CONDITION_WAIVED = "condition"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TermsChange:
    """A change of the offer, or a waiver of a material condition, of which notice was given on a day."""

    notified_on: date
    kind: ChangeKind
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AcceptedGrant:
    """One grant accepted for exchange: all its unexercised shares, on the strength of the `basis` submission."""

    holder_id: str
    grant_no: str
    shares: int
    basis: str


@dataclass(frozen=True, slots=True)
class OfferState:
    """The offer at one moment. `expiration` is the one first printed; extensions are in order of announcement.

    Which extensions count is for the rules to say (rulebook 1.2, extension effect): a late one is recorded here all
    the same.
    """

    expiration: datetime
    extensions: tuple[Extension, ...] = ()
    accepted_at: datetime | None = None
    terminated_at: datetime | None = None
    waivers: tuple[Waiver, ...] = ()
    changes: tuple[TermsChange, ...] = ()
    accepted_grants: tuple[AcceptedGrant, ...] = ()
    """What was accepted, recorded with the acceptance (rulebook 6.1): the ledger cannot say it afterwards."""
