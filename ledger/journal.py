"""The append-only journal: events in a chain of hashes; it refuses to know what an event means to the standing."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, insert, select

from core.events import Event, EventKind, NewEvent, hash_of, payload_of, subject_of
from core.failures import TenderfaxError
from ledger.schema import journal

GENESIS = "0" * 64
"""The hash that the first event names as the one before it."""
_SUBJECTS_AT_ONCE = 500
"""Databases take only so many values in one query."""


class JournalBroken(TenderfaxError):
    """The chain of hashes does not hold: a line was changed, removed or put in between outside the program."""

    def __init__(self, line: int, fact: str) -> None:
        self.line = line
        super().__init__(f"journal line {line} {fact}; restore the database from a backup")


@dataclass(frozen=True, slots=True)
class Head:
    """The last line of the journal; seq 0 and GENESIS while it is empty."""

    seq: int
    hash: str


def append(connection: Connection, events: Iterable[NewEvent]) -> tuple[Event, ...]:
    """Writes the events after the last one, all or none; must run inside `Books.writing()`.

    That transaction is what makes the chain safe: no second writer can read the same head.
    """
    last = head(connection)
    written = []
    for new in events:
        event = _chained(new, last)
        written.append(event)
        last = Head(event.seq, event.hash)
    if written:
        connection.execute(insert(journal), [_columns(event) for event in written])
    return tuple(written)


def head(connection: Connection, *, as_of: datetime | None = None) -> Head:
    """The last line; with `as_of` the last one recorded at or before that instant."""
    query = select(journal.c.seq, journal.c.hash).order_by(journal.c.seq.desc()).limit(1)
    if as_of is not None:
        query = query.where(journal.c.at <= as_of)
    row = connection.execute(query).first()
    return Head(row.seq, row.hash) if row else Head(0, GENESIS)


def read(
    connection: Connection,
    *,
    as_of: datetime | None = None,
    after: int = 0,
    until: int | None = None,
    kinds: Sequence[EventKind] = (),
    subject: str | None = None,
) -> Iterator[Event]:
    """The events in order of writing; with `as_of` only those recorded at or before that instant.

    `after` and `until` are lines, the first left out, the second included.
    """
    query = select(journal).where(journal.c.seq > after).order_by(journal.c.seq)
    if until is not None:
        query = query.where(journal.c.seq <= until)
    if as_of is not None:
        query = query.where(journal.c.at <= as_of)
    if kinds:
        query = query.where(journal.c.kind.in_([kind.value for kind in kinds]))
    if subject is not None:
        query = query.where(journal.c.subject == subject)
    for row in connection.execute(query):
        yield _event(row)


def about(connection: Connection, subjects: Collection[str], *, until: int | None = None) -> tuple[Event, ...]:
    """The events about these subjects, in order of writing, up to line `until`."""
    wanted, found = sorted(subjects), []
    for begin in range(0, len(wanted), _SUBJECTS_AT_ONCE):
        query = select(journal).where(journal.c.subject.in_(wanted[begin : begin + _SUBJECTS_AT_ONCE]))
        if until is not None:
            query = query.where(journal.c.seq <= until)
        found += [_event(row) for row in connection.execute(query)]
    return tuple(sorted(found, key=lambda event: event.seq))


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the journal without what it says."""

    seq: int
    id: str
    kind: EventKind
    at: datetime
    subject: str


def entries(connection: Connection, *, after: int = 0) -> Iterator[Entry]:
    """Every line in order of writing, quickly: nothing is said of its body."""
    columns = (journal.c.seq, journal.c.id, journal.c.kind, journal.c.at, journal.c.subject)
    for row in connection.execute(select(*columns).where(journal.c.seq > after).order_by(journal.c.seq)):
        yield Entry(row.seq, row.id, EventKind(row.kind), row.at, row.subject)


def verify(connection: Connection, since: Head | None = None) -> Head:
    """Walks the chain and returns its head; raises JournalBroken at the first line that does not fit.

    `since` is a line proven before, which must still be there: only the lines after it are walked.
    """
    last = Head(0, GENESIS)
    if since is not None and since.seq:
        if connection.execute(select(journal.c.hash).where(journal.c.seq == since.seq)).scalar() != since.hash:
            raise JournalBroken(since.seq, "is no longer the one that was proven before")
        last = since
    try:
        for event in read(connection, after=last.seq):
            if event.seq != last.seq + 1:
                raise JournalBroken(last.seq + 1, "is missing")
            if event.prev_hash != last.hash:
                raise JournalBroken(event.seq, f"does not follow line {last.seq}")
            if event.hash != _hash(event):
                raise JournalBroken(event.seq, "was changed after it was written")
            last = Head(event.seq, event.hash)
    except ValueError as error:
        # A kind or a time that no program of ours ever wrote.
        raise JournalBroken(last.seq + 1, "was changed after it was written") from error
    return last


def _chained(new: NewEvent, last: Head) -> Event:
    at = new.at.astimezone(UTC)
    parts = {
        "seq": last.seq + 1,
        "id": str(uuid.uuid4()),
        "kind": new.kind,
        "at": at,
        "actor": new.actor,
        "subject": subject_of(new.body),
        "payload": payload_of(new.body),
        "prev_hash": last.hash,
    }
    return Event(**parts, hash=hash_of(**parts))  # type: ignore[arg-type]


def _hash(event: Event) -> str:
    return hash_of(
        seq=event.seq,
        id=event.id,
        kind=event.kind,
        at=event.at,
        actor=event.actor,
        subject=event.subject,
        payload=event.payload,
        prev_hash=event.prev_hash,
    )


def _columns(event: Event) -> dict[str, object]:
    return {column.name: getattr(event, column.name) for column in journal.columns} | {"kind": event.kind.value}


def _event(row: Row[tuple[object, ...]]) -> Event:
    values = dict(row._mapping)
    return Event(**values | {"kind": EventKind(values["kind"])})
