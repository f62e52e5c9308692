"""The standing of a holder as a fold over dispositions in order of receipt (rulebook 4); it knows no rule and no offer.

Receipt order decides when a form can speak, signed order whether it displaces what came before. Everything here is
recomputed from the first submission on whenever anything changes: nothing is ever patched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar
from zoneinfo import ZoneInfo

from core.findings import Disposition, Finding, Hold, Resolution, RowStatus, Severity
from core.grammar import SignedMoment
from core.judgements import Standing, State
from core.submissions import Submission

T = TypeVar("T")


# --------------------------------------------------------------------------------------------------------- ordering


def read_in_zone(instant: datetime, zone: ZoneInfo) -> datetime:
    """The instant in UTC, so that comparing never depends on wall clocks; without an offset it is read in `zone`."""
    aware = instant if instant.tzinfo is not None else instant.replace(tzinfo=zone)
    return aware.astimezone(UTC)


def receipt_order(submission: Submission, signed: SignedMoment, zone: ZoneInfo) -> tuple[object, ...]:
    """Sorts submissions by receipt; ties by signature, then by the fax server's sequence; unknown receipt last.

    A signed date without a usable time stands for the beginning of that day, an undated form for the end of time.
    """
    received = submission.received_at
    last = datetime.max.replace(tzinfo=UTC)
    if signed.at is not None:
        signed_at = signed.at.astimezone(UTC)
    elif signed.on is not None:
        signed_at = datetime(signed.on.year, signed.on.month, signed.on.day, tzinfo=zone).astimezone(UTC)
    else:
        signed_at = last
    received_at = last if received is None else read_in_zone(received, zone)
    return received is None, received_at, signed_at, submission.sequence, submission.id


class Order(StrEnum):
    """How one signature lies to an earlier-received one (rules 97-100)."""

    LATER_DATE = "later date"
    LATER_SAME_DAY = "same date, later time"
    NOT_LATER = "not later"
    UNKNOWN = "same date, a time is missing"
    UNDATED = "a date is missing"


def signed_order(new: SignedMoment, earlier: SignedMoment) -> Order:
    """Dates are compared first, times only when both are known; equal is not later."""
    if new.on is None or earlier.on is None:
        return Order.UNDATED
    if new.on > earlier.on:
        return Order.LATER_DATE
    if new.on < earlier.on:
        return Order.NOT_LATER
    if new.at is None or earlier.at is None:
        return Order.UNKNOWN
    later = new.at.astimezone(UTC) > earlier.at.astimezone(UTC)
    return Order.LATER_SAME_DAY if later else Order.NOT_LATER


# ----------------------------------------------------------------------------------- what findings do to form and row

Provisional = Callable[[Finding], bool]
"""Whether a fatal finding rests on a reading still in doubt: it then holds, and does not reject (rule 26)."""


def rejects(finding: Finding, is_provisional: Provisional) -> bool:
    """A fatal finding rejects, and so does a hard one that a person upheld (rulebook 0, 9 #33)."""
    if not finding.stands:
        return False
    if finding.resolution is Resolution.UPHELD:
        return finding.hold is Hold.HARD
    return finding.severity is Severity.FATAL and not is_provisional(finding)


def holds(finding: Finding) -> bool:
    return finding.stands and finding.hold is Hold.HARD


def disposition_of(form_findings: Iterable[Finding], is_duplicate: bool, is_provisional: Provisional) -> Disposition:
    """What becomes of a submission, from the findings about the form as a whole (rulebook 0)."""
    findings = tuple(form_findings)
    if any(rejects(finding, is_provisional) for finding in findings):
        return Disposition.REJECTED
    if is_duplicate:
        return Disposition.DUPLICATE
    if any(holds(finding) for finding in findings):
        return Disposition.HELD
    return Disposition.EFFECTIVE


def row_status_of(row_findings: Iterable[Finding], is_provisional: Provisional) -> RowStatus:
    """What becomes of a row, from the findings about it."""
    findings = tuple(row_findings)
    if any(rejects(finding, is_provisional) for finding in findings):
        return RowStatus.REJECTED
    if any(holds(finding) for finding in findings):
        return RowStatus.HELD
    return RowStatus.ACCEPTED


# --------------------------------------------------------------------------------------------------------- the fold


@dataclass(frozen=True, slots=True)
class Fold:
    """One holder's standing and the submissions that are held and not yet mooted, in order of receipt."""

    standing: Standing = Standing()
    open: tuple[str, ...] = ()

    def with_held(self, submission_id: str, cured: str | None) -> Fold:
        """A held submission changes nothing but that the standing is contested; it takes the place of one it cures."""
        still_open = (*(one for one in self.open if one != cured), submission_id)
        return Fold(replace(self.standing, contested=True), still_open)

    def with_election(self, submission_id: str, grants: Mapping[str, int], held_grants: tuple[str, ...]) -> Fold:
        """An effective election replaces everything earlier in full; its held rows keep the standing contested."""
        standing = Standing(
            state=State.TENDERED,
            grants=MappingProxyType(dict(grants)),
            held_grants=held_grants,
            basis=submission_id,
            contested=bool(held_grants),
        )
        return Fold(standing)

    def with_notice(self, submission_id: str) -> Fold:
        """An effective notice withdraws everything; only a later-dated election tenders again."""
        return Fold(Standing(state=State.WITHDRAWN, basis=submission_id))
