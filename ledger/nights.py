"""The nightly runs: when each began and ended, and what it found, append-only; it refuses to know what a check is.

What a night found is kept whole: archive and fax log are looked at once, and a report of that night must come out the
same for ever after (decision 0090).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from ledger.schema import night_runs


class RunOutcome(StrEnum):
    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"


class ProofKind(StrEnum):
    FULL = "full"
    INCREMENTAL = "incremental"


@dataclass(frozen=True, slots=True)
class NightRun:
    """One line about a run: that it began, was done or failed. `at` is the real clock, `as_of` the offer's.

    `reason` names the kind of failure only. What follows it is there for a run that was done.
    """

    outcome: RunOutcome
    as_of: datetime
    at: datetime
    reason: str = ""
    balanced: bool | None = None
    proven: ProofKind | None = None
    journal_seq: int | None = None
    journal_hash: str | None = None


def note(connection: Connection, run: NightRun, *, night: bytes | None = None, facts: bytes | None = None) -> None:
    """Writes one line; `night` is what was found and `facts` what a later run may build on. Inside `writing()`."""
    newest = connection.execute(select(func.max(night_runs.c.id))).scalar() or 0
    connection.execute(
        insert(night_runs).values(
            id=newest + 1,
            outcome=run.outcome.value,
            as_of=run.as_of,
            at=run.at,
            reason=run.reason,
            balanced=run.balanced,
            proven=run.proven.value if run.proven else None,
            journal_seq=run.journal_seq,
            journal_hash=run.journal_hash,
            night=_packed(night),
            facts=_packed(facts),
        )
    )


def runs(connection: Connection, *, limit: int = 100) -> Iterator[NightRun]:
    """The latest lines first."""
    for row in connection.execute(_lines().order_by(night_runs.c.id.desc()).limit(limit)):
        yield _run(row)


def last_done(
    connection: Connection, *, before: datetime | None = None, kind: ProofKind | None = None
) -> NightRun | None:
    """The run of the latest moment that was done; with `before` of a moment before that one."""
    query = _done().order_by(night_runs.c.as_of.desc(), night_runs.c.id.desc()).limit(1)
    if before is not None:
        query = query.where(night_runs.c.as_of < before)
    if kind is not None:
        query = query.where(night_runs.c.proven == kind.value)
    row = connection.execute(query).first()
    return _run(row) if row else None


def night_of(connection: Connection, as_of: datetime) -> bytes | None:
    """What the run of exactly this moment found, the last one where there were several; None without one."""
    return _content(connection, night_runs.c.night, as_of)


def facts_of(connection: Connection, as_of: datetime) -> bytes | None:
    """What the run of exactly this moment left for later runs to build on."""
    return _content(connection, night_runs.c.facts, as_of)


def _content(connection: Connection, column: Any, as_of: datetime) -> bytes | None:
    query = select(column).where(night_runs.c.outcome == RunOutcome.DONE.value, night_runs.c.as_of == as_of)
    packed = connection.execute(query.order_by(night_runs.c.id.desc()).limit(1)).scalar()
    return zlib.decompress(packed) if packed is not None else None


def _packed(content: bytes | None) -> bytes | None:
    return zlib.compress(content, 1) if content is not None else None


def _lines() -> Any:
    return select(*(column for column in night_runs.columns if column.name not in ("night", "facts")))


def _done() -> Any:
    return _lines().where(night_runs.c.outcome == RunOutcome.DONE.value)


def _run(row: Row[Any]) -> NightRun:
    return NightRun(
        outcome=RunOutcome(row.outcome),
        as_of=row.as_of,
        at=row.at,
        reason=row.reason,
        balanced=row.balanced,
        proven=ProofKind(row.proven) if row.proven else None,
        journal_seq=row.journal_seq,
        journal_hash=row.journal_hash,
    )
