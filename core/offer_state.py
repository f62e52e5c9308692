"""What has happened to the offer itself: extensions, termination, acceptance; it refuses to know who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.decisions import Waiver


@dataclass(frozen=True, slots=True)
class Extension:
    announced_at: datetime
    new_expiration: datetime


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
