"""Who has which form on the desk, what is keyed there and not yet saved, and what blind readers read.

Nothing here counts: it can be lost without a holder being worse off. It refuses to know what a form says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Update, and_, delete, func, insert, select, update

from ledger.desk_tables import blind_readings, drafts, form_claims, users


@dataclass(frozen=True, slots=True)
class FormClaim:
    """A form on somebody's desk until `lease_until`; `name` is that person's."""

    submission_id: str
    login: str
    name: str
    claimed_at: datetime
    lease_until: datetime

    def holds_at(self, now: datetime) -> bool:
        return now < self.lease_until


def claim(connection: Connection, submission_id: str, *, login: str, now: datetime, until: datetime) -> FormClaim:
    """Takes the form for `login` if it is free, lapsed or already theirs; returns whose it then is.

    Must run inside `Books.writing()`.
    """
    held = claim_of(connection, submission_id)
    if held is None:
        connection.execute(
            insert(form_claims).values(submission_id=submission_id, login=login, claimed_at=now, lease_until=until)
        )
    elif held.login == login:
        connection.execute(_of(submission_id).values(lease_until=until))
    elif not held.holds_at(now):
        connection.execute(_of(submission_id).values(login=login, claimed_at=now, lease_until=until))
    taken = claim_of(connection, submission_id)
    assert taken is not None
    return taken


def claim_of(connection: Connection, submission_id: str) -> FormClaim | None:
    query = _claims().where(form_claims.c.submission_id == submission_id)
    row = connection.execute(query).first()
    return _claim(row) if row else None


def claims(connection: Connection, now: datetime) -> Mapping[str, FormClaim]:
    """The claims that have not lapsed, by submission."""
    rows = connection.execute(_claims().where(form_claims.c.lease_until > now))
    return {row.submission_id: _claim(row) for row in rows}


def put_back(connection: Connection, submission_id: str, login: str) -> None:
    connection.execute(
        delete(form_claims).where(form_claims.c.submission_id == submission_id, form_claims.c.login == login)
    )


def save_draft(connection: Connection, submission_id: str, login: str, body: str, now: datetime) -> None:
    """Keeps what one person keyed on one form; "" forgets it."""
    connection.execute(delete(drafts).where(drafts.c.submission_id == submission_id, drafts.c.login == login))
    if body:
        connection.execute(insert(drafts).values(submission_id=submission_id, login=login, body=body, saved_at=now))


def draft_of(connection: Connection, submission_id: str, login: str) -> str:
    query = select(drafts.c.body).where(drafts.c.submission_id == submission_id, drafts.c.login == login)
    return connection.execute(query).scalar() or ""


def note_blind_reading(
    connection: Connection, submission_id: str, key: str, *, login: str, value: str, now: datetime
) -> None:
    """What one person read without seeing what another did; the last of each person counts."""
    mine = and_(
        blind_readings.c.submission_id == submission_id, blind_readings.c.key == key, blind_readings.c.login == login
    )
    connection.execute(delete(blind_readings).where(mine))
    connection.execute(
        insert(blind_readings).values(submission_id=submission_id, key=key, login=login, value=value, read_at=now)
    )


def blind_readings_of(connection: Connection, submission_id: str, key: str) -> Mapping[str, str]:
    """Login to value."""
    query = select(blind_readings.c.login, blind_readings.c.value).where(
        blind_readings.c.submission_id == submission_id, blind_readings.c.key == key
    )
    return {row.login: row.value for row in connection.execute(query)}


def read_apart(connection: Connection, submission_id: str) -> Mapping[str, tuple[str, ...]]:
    """The form's cells that two people read differently: key to the values, no longer anybody's secret."""
    query = select(blind_readings.c.key, blind_readings.c.value).where(blind_readings.c.submission_id == submission_id)
    read: dict[str, set[str]] = {}
    for row in connection.execute(query):
        read.setdefault(row.key, set()).add(row.value)
    return {key: tuple(sorted(values)) for key, values in read.items() if len(values) > 1}


def cells_read_by(connection: Connection, login: str) -> frozenset[tuple[str, str]]:
    """The (submission, key) pairs that this person has read and that wait for another."""
    query = select(blind_readings.c.submission_id, blind_readings.c.key).where(blind_readings.c.login == login)
    return frozenset((row.submission_id, row.key) for row in connection.execute(query))


def blind_counts(connection: Connection) -> Mapping[tuple[str, str], int]:
    """How many people have read each (submission, key) blind."""
    query = select(blind_readings.c.submission_id, blind_readings.c.key, func.count().label("people")).group_by(
        blind_readings.c.submission_id, blind_readings.c.key
    )
    return {(row.submission_id, row.key): row.people for row in connection.execute(query)}


def forget_blind_reading(connection: Connection, submission_id: str, key: str, login: str) -> None:
    """Takes one person's blind reading back, before a second person has agreed with it."""
    mine = and_(blind_readings.c.submission_id == submission_id, blind_readings.c.key == key)
    connection.execute(delete(blind_readings).where(mine, blind_readings.c.login == login))


def forget_blind_readings(connection: Connection, submission_id: str, key: str) -> None:
    connection.execute(
        delete(blind_readings).where(blind_readings.c.submission_id == submission_id, blind_readings.c.key == key)
    )


def _claims() -> Select[Any]:
    return select(form_claims, users.c.name).join(users, users.c.login == form_claims.c.login)


def _of(submission_id: str) -> Update:
    return update(form_claims).where(form_claims.c.submission_id == submission_id)


def _claim(row: Row[tuple[object, ...]]) -> FormClaim:
    return FormClaim(row.submission_id, row.login, row.name, row.claimed_at, row.lease_until)
