"""Every nightly check in reading order (rulebook 5), and what a night's facts come to."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.night import Break, BreakSeverity, CheckRun, Night
from validators.reconciliation import books, faxes, people
from validators.reconciliation.check import Check, Mismatch, make
from validators.reconciliation.facts import NightFacts

CHECKS: tuple[Check, ...] = (
    *books.CHECKS_OF_THE_JOURNAL,
    *faxes.CHECKS,
    *people.CHECKS_OF_CONFIRMATIONS,
    *books.CHECKS_OF_TENDERS,
    *people.CHECKS_OF_IRREGULARITIES,
    *books.CHECKS_OF_THE_OFFER,
    *people.CHECKS_OF_RECORDS,
)

CHECK_BY_CODE: Mapping[str, Check] = MappingProxyType({one.code: one for one in CHECKS})

COMING: Mapping[str, str] = MappingProxyType(
    {
        "REC_CONFIRM_WRONG": "the letters",
        "REC_ACCEPT_SET": "the closing",
        "REC_CANCEL_LEDGER": "the closing",
        "REC_PROMISE_OVERDUE": "the closing",
        "REC_PROMISE_SHARES": "the closing",
        "REC_DEFERRED_GRANT": "the closing",
        "REC_GRANT_DUE": "the closing",
    }
)
"""Checks of the rulebook whose records this program does not keep yet, and what they come with."""


def make_all(facts: NightFacts, before: Night | None) -> tuple[tuple[CheckRun, ...], tuple[Break, ...]]:
    """Every check made, and every break with the night it was first seen in; `before` is the last run's night.

    Blocking breaks come first, then the order of the checks, then the key.
    """
    made = [make(one, facts) for one in CHECKS]
    seen = {(b.code, b.key): b for b in before.breaks} if before is not None else {}
    breaks = [_break(c.check, m, facts, seen.get((c.check.code, m.key))) for c in made for m in c.found]
    breaks.sort(key=lambda one: one.severity is not BreakSeverity.BLOCKS)
    return tuple(c.run for c in made), tuple(breaks)


def _break(one: Check, found: Mismatch, facts: NightFacts, earlier: Break | None) -> Break:
    first_seen = earlier.first_seen if earlier is not None else facts.as_of
    return Break(
        code=one.code,
        severity=found.severity or one.severity,
        key=found.key,
        message=found.message,
        next_step=found.next_step or one.next_step,
        cite=one.cite,
        evidence=found.evidence,
        first_seen=first_seen,
        nights=earlier.nights + 1 if earlier is not None else 1,
        age=facts.as_of - first_seen,
        submission_id=found.submission_id,
        fax=found.fax,
        holder_id=found.holder_id,
    )
