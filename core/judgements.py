"""What the rules and the fold say of a submission and of a holder; values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from core.findings import Disposition, Finding, RowStatus


class State(StrEnum):
    NONE = "NONE"
    TENDERED = "TENDERED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a holder stands (rulebook 4.1). `grants` maps grant number to the ledger's unexercised shares."""

    state: State = State.NONE
    grants: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    held_grants: tuple[str, ...] = ()
    basis: str | None = None
    contested: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """One submission judged at its own place in receipt order.

    `findings` holds every finding (resolved ones carry their resolution); `not_evaluated` the codes of rules whose
    input could not be read or is unknown to the ledger: such a form may not pass unseen. `standing` is the holder's
    standing after this submission, None when no holder resolves.
    """

    submission_id: str
    holder_id: str | None
    findings: tuple[Finding, ...]
    disposition: Disposition
    row_statuses: Mapping[str, RowStatus]
    standing_before: Standing | None
    standing: Standing | None
    signed_at: datetime | None = None
    not_evaluated: tuple[str, ...] = ()
    cures: str | None = None
    """The earlier submission in whose place this one stands (CURE_RESUBMISSION)."""
    duplicates: str | None = None
    """The earlier submission of which this one is a copy (DUPLICATE_FAX)."""
