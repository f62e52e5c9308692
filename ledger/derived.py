"""The derived tables: what the rules made of the journal, kept so that it need not be made again for every question.

They carry the number of the journal's line they were made from. Whoever finds them behind makes them again; they can be
thrown away at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select

from core.findings import Finding, Hold, Resolution, Severity
from core.judgements import Judgement, Standing
from core.plain import canonical, from_plain, to_plain
from core.submissions import Submission
from ledger import schema


@dataclass(frozen=True, slots=True)
class JudgedSubmission:
    """One submission with its judgement; `file` is the name it came under, `opened_at` when we had read it."""

    submission: Submission
    judgement: Judgement
    needs_review: bool
    file: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One thing that a person must look at. `submission_id` is None for a file that gave no submission."""

    id: str
    fax: str | None
    submission_id: str | None
    holder_id: str | None
    file: str
    code: str
    severity: Severity
    hold: Hold
    target: str
    message: str
    cite: str
    suggestion: str
    opened_at: datetime
    position: int = 0
    """The queue is shown in this order: by arrival, and within a form in the rules' order."""


@dataclass(frozen=True, slots=True)
class Derived:
    """Everything made from the journal up to line `seq`, by submission id, holder id and queue item id."""

    seq: int
    submissions: Mapping[str, JudgedSubmission]
    standings: Mapping[str, Standing]
    queue: Mapping[str, QueueItem]
    expiration: datetime | None = None
    """The offer's expiration that everything was judged with."""


def store(connection: Connection, derived: Derived, before: Derived | None = None) -> bool:
    """Brings the derived tables to `derived`; False when they were made from as late a line already.

    With `before`, what the tables held when this process last wrote them, only the differences are written; they are
    written whole where somebody else wrote meanwhile. Inside `writing()`.
    """
    held = derived_seq(connection)
    if held >= derived.seq:
        return False
    if before is None or before.seq != held:
        discard(connection)
        before = Derived(0, {}, {}, {})
    else:
        connection.execute(delete(schema.derivation))
    gone, new = _differences(before.submissions, derived.submissions)
    _delete(connection, schema.submissions.c.id, gone)
    _delete(connection, schema.findings.c.submission_id, gone)
    _insert(connection, schema.submissions, [_submission_row(derived.submissions[key]) for key in new])
    _insert(
        connection,
        schema.findings,
        [row for key in new for row in _finding_rows(derived.submissions[key].judgement)],
    )
    gone, new = _differences(before.standings, derived.standings)
    _delete(connection, schema.standings.c.holder_id, gone)
    _insert(connection, schema.standings, [_standing_row(key, derived.standings[key]) for key in new])
    gone, new = _differences(before.queue, derived.queue)
    _delete(connection, schema.queue.c.id, gone)
    _insert(connection, schema.queue, [_queue_row(derived.queue[key]) for key in new])
    connection.execute(insert(schema.derivation).values(id=1, seq=derived.seq, expiration=derived.expiration))
    return True


def rows_of(made: Derived) -> Mapping[Table, Sequence[Mapping[str, Any]]]:
    """The rows that `store` writes for it, by table; the queue and the rest without the line they were made from."""
    return {
        schema.submissions: [_submission_row(one) for one in made.submissions.values()],
        schema.findings: [row for one in made.submissions.values() for row in _finding_rows(one.judgement)],
        schema.standings: [_standing_row(key, one) for key, one in made.standings.items()],
        schema.queue: [_queue_row(one) for one in made.queue.values()],
    }


def derived_seq(connection: Connection) -> int:
    """The journal line that the derived tables were made from; 0 when they were never made."""
    return connection.execute(select(schema.derivation.c.seq)).scalar() or 0


def expiration_used(connection: Connection) -> datetime | None:
    """The expiration that the derived tables were judged with; None where they do not say."""
    return connection.execute(select(schema.derivation.c.expiration)).scalar()


@dataclass(frozen=True, slots=True)
class OtherRow:
    """A stored row that is not what it should be: changed, missing or too much. Both rows as plain values."""

    table: str
    key: str
    stored: Mapping[str, Any] | None
    due: Mapping[str, Any] | None

    @property
    def about(self) -> str:
        """The form, else the holder or the fax, that the row is about."""
        row = self.stored or self.due or {}
        if self.table == "queue":
            return str(row["submission_id"] or row["fax"])
        return str(row["submission_id"]) if self.table == "findings" else self.key


def other_rows(connection: Connection, due: Derived) -> tuple[OtherRow, ...]:
    """Every stored row that differs from `due`, which must be of the line that the tables were made from."""
    return tuple(other for table, rows in rows_of(due).items() for other in _others(connection, table, rows))


def digests_of(due: Derived) -> Mapping[str, str]:
    """What `stored_digests` gives when the tables hold just `due`."""
    return {_digest_key(table, row): _digest(table, row) for table, rows in rows_of(due).items() for row in rows}


def stored_digests(connection: Connection) -> Mapping[str, str]:
    """A digest of every stored row, by its table and what it is about: equal digests, equal rows."""
    tables = (schema.submissions, schema.findings, schema.standings, schema.queue)
    return {
        _digest_key(table, row): _digest(table, row)
        for table in tables
        for row in (dict(stored) for stored in connection.execute(select(table)).mappings())
    }


def _digest_key(table: Any, row: Mapping[str, Any]) -> str:
    """`submissions/S1/S1`, `findings/S1/0`, `standings/H1/H1`, `queue/S1/ITEM`: table, subject, row."""
    if table is schema.findings:
        return f"findings/{row['submission_id']}/{row['number']}"
    if table is schema.queue:
        return f"queue/{row['submission_id'] or row['fax']}/{row['id']}"
    key = row["holder_id"] if table is schema.standings else row["id"]
    return f"{table.name}/{key}/{key}"


def _digest(table: Any, row: Mapping[str, Any]) -> str:
    values = [row[column.name] for column in table.columns]
    return hashlib.sha256(repr(values).encode()).hexdigest()[:32]


def _others(connection: Connection, table: Table, due: Sequence[Mapping[str, Any]]) -> Iterator[OtherRow]:
    def key_of(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(row[column.name] for column in table.primary_key)

    expected = {key_of(row): row for row in due}
    for stored in connection.execute(select(table)).mappings():
        row = dict(stored)
        wanted = expected.pop(key_of(row), None)
        if row != wanted:
            yield OtherRow(table.name, str(key_of(row)[0]), row, wanted)
    for missing in expected.values():
        yield OtherRow(table.name, str(key_of(missing)[0]), None, missing)


def discard(connection: Connection) -> None:
    """Throws everything derived away; the next reader makes it again."""
    for table in schema.DERIVED:
        connection.execute(delete(table))


def judgements(connection: Connection) -> Mapping[str, tuple[Judgement, bool]]:
    """Submission id to its judgement and whether a person must look, in the order of `Derived.submissions`."""
    table = schema.submissions
    rows = connection.execute(select(table).order_by(table.c.position))
    return {row.id: (from_plain(Judgement, json.loads(row.judgement)), row.needs_review) for row in rows}


def standings(connection: Connection, holder_id: str | None = None) -> Mapping[str, Standing]:
    """Holder id to standing, of everybody who sent something or of one holder, by holder id."""
    table = schema.standings
    query = select(table).order_by(table.c.holder_id)
    if holder_id is not None:
        query = query.where(table.c.holder_id == holder_id)
    return {row.holder_id: from_plain(Standing, json.loads(row.standing)) for row in connection.execute(query)}


def open_items(connection: Connection) -> tuple[QueueItem, ...]:
    table = schema.queue
    return tuple(
        QueueItem(
            id=row.id,
            fax=row.fax,
            submission_id=row.submission_id,
            holder_id=row.holder_id,
            file=row.file,
            code=row.code,
            severity=Severity(row.severity),
            hold=Hold(row.hold),
            target=row.target,
            message=row.message,
            cite=row.cite,
            suggestion=row.suggestion,
            opened_at=row.opened_at,
            position=row.position,
        )
        for row in connection.execute(select(table).order_by(table.c.position, table.c.id))
    )


def item_id(subject: str, code: str, target: str) -> str:
    """The same irregularity has the same id in every rebuild, so that a link to it stays good."""
    return hashlib.sha256(canonical([subject, code, target]).encode()).hexdigest()[:16]


def queued(finding: Finding) -> bool:
    """Whether a person must look at a finding: it is open and more than a note."""
    return finding.resolution is Resolution.OPEN and finding.severity is not Severity.NOTE


def _differences(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[list[str], list[str]]:
    """The keys whose rows must go, and those whose rows must be written; a changed one is in both."""
    changed = [key for key, value in after.items() if key in before and before[key] != value]
    return [*(before.keys() - after.keys()), *changed], [*changed, *(key for key in after if key not in before)]


def _insert(connection: Connection, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), list(rows))


def _delete(connection: Connection, column: Any, keys: Sequence[str]) -> None:
    if keys:
        gone = delete(column.table).where(column == bindparam("gone"))
        connection.execute(gone, [{"gone": key} for key in keys])


def _submission_row(judged: JudgedSubmission) -> dict[str, Any]:
    submission, judgement = judged.submission, judged.judgement
    return {
        "id": submission.id,
        "position": submission.sequence,
        "fax": submission.fax,
        "kind": submission.kind.value if submission.kind else None,
        "holder_id": judgement.holder_id,
        "disposition": judgement.disposition.value,
        "needs_review": judged.needs_review,
        "judgement": canonical(to_plain(judgement)),
    }


def _finding_rows(judgement: Judgement) -> list[dict[str, Any]]:
    return [
        {
            "submission_id": judgement.submission_id,
            "number": number,
            "code": finding.code,
            "severity": finding.severity.value,
            "hold": finding.hold.value,
            "target": finding.target,
            "message": finding.message,
            "cite": finding.cite,
            "suggestion": finding.suggestion,
            "resolution": finding.resolution.value,
        }
        for number, finding in enumerate(judgement.findings)
    ]


def _standing_row(holder_id: str, standing: Standing) -> dict[str, Any]:
    return {"holder_id": holder_id, "state": standing.state.value, "standing": canonical(to_plain(standing))}


def _queue_row(item: QueueItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "position": item.position,
        "fax": item.fax,
        "submission_id": item.submission_id,
        "holder_id": item.holder_id,
        "file": item.file,
        "code": item.code,
        "severity": item.severity.value,
        "hold": item.hold.value,
        "target": item.target,
        "message": item.message,
        "cite": item.cite,
        "suggestion": item.suggestion,
        "opened_at": item.opened_at,
    }
