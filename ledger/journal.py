"""The append-only journal: events in a chain of hashes; it refuses to know what an event means to the standing."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, insert, select

from core.events import Event, EventKind, NewEvent, hash_of, payload_of, subject_of
from core.failures import TenderfaxError
from ledger.schema import journal

GENESIS = "0" * 64
"""The hash that the first event names as the one before it."""


class JournalBroken(TenderfaxError):
    """The chain of hashes does not hold: a line was changed, removed or put in between outside the program."""


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


def head(connection: Connection) -> Head:
    row = connection.execute(select(journal.c.seq, journal.c.hash).order_by(journal.c.seq.desc()).limit(1)).first()
    return Head(row.seq, row.hash) if row else Head(0, GENESIS)


def read(
    connection: Connection,
    *,
    as_of: datetime | None = None,
    after: int = 0,
    kinds: Sequence[EventKind] = (),
    subject: str | None = None,
) -> Iterator[Event]:
    """The events in order of writing; with `as_of` only those recorded at or before that instant."""
    query = select(journal).where(journal.c.seq > after).order_by(journal.c.seq)
    if as_of is not None:
        query = query.where(journal.c.at <= as_of)
    if kinds:
        query = query.where(journal.c.kind.in_([kind.value for kind in kinds]))
    if subject is not None:
        query = query.where(journal.c.subject == subject)
    for row in connection.execute(query):
        yield _event(row)


def verify(connection: Connection) -> Head:
    """Walks the whole chain and returns its head; raises JournalBroken at the first line that does not fit."""
    last = Head(0, GENESIS)
    for event in read(connection):
        if event.seq != last.seq + 1:
            raise JournalBroken(f"journal line {last.seq + 1} is missing; restore the database from a backup")
        if event.prev_hash != last.hash:
            raise JournalBroken(f"journal line {event.seq} does not follow line {last.seq}; restore from a backup")
        if event.hash != _hash(event):
            raise JournalBroken(f"journal line {event.seq} was changed after it was written; restore from a backup")
        last = Head(event.seq, event.hash)
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
