"""Who works on which fax: deliveries, claims with a lease, attempts and failures; it refuses to know what reading is.

Our own rows decide that each fax is taken in exactly once. A claim ends in the same transaction as the event that
says what came of it, and only for the owner who still holds it: a worker that was presumed dead can finish nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, or_, select, update

from core.events import EventKind
from core.transmissions import Receipt
from ledger.schema import claims, faxes, journal, receipts


class ClaimState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Claim:
    """One fax on its way. `attempts` counts how often it was taken up, `failures` how often its reader failed.

    Only failures lead to quarantine: a worker killed from outside says nothing about the fax it held.
    """

    fax: str
    state: ClaimState
    owner: str | None
    lease_until: datetime | None
    attempts: int
    failures: int
    last_failure: str


@dataclass(frozen=True, slots=True)
class KeptFax:
    """A fax whose bytes are safe; `archived_name` is relative to the archive."""

    fax: str
    size: int
    archived_name: str


def register(
    connection: Connection, kept: KeptFax, *, delivery_id: str, file: str, receipt: Receipt, noted_at: datetime
) -> tuple[bool, bool]:
    """Notes one delivery; returns (the fax is new, the delivery is new). Must run inside `Books.writing()`."""
    new_fax = connection.execute(select(faxes.c.sha256).where(faxes.c.sha256 == kept.fax)).first() is None
    if new_fax:
        connection.execute(
            insert(faxes).values(
                sha256=kept.fax, size=kept.size, archived_name=kept.archived_name, first_received_at=noted_at
            )
        )
        connection.execute(
            insert(claims).values(fax=kept.fax, state=ClaimState.WAITING.value, attempts=0, failures=0, last_failure="")
        )
    known = select(receipts.c.delivery_id).where(receipts.c.delivery_id == delivery_id)
    if connection.execute(known).first() is not None:
        return new_fax, False
    connection.execute(
        insert(receipts).values(
            delivery_id=delivery_id,
            fax=kept.fax,
            file=file,
            noted_at=noted_at,
            **receipt_columns(receipt),
        )
    )
    return new_fax, True


def tell_receipt(connection: Connection, delivery_id: str, receipt: Receipt) -> None:
    """What became known of a delivery after it was noted."""
    connection.execute(update(receipts).where(receipts.c.delivery_id == delivery_id).values(**receipt_columns(receipt)))


def deliveries_named(connection: Connection, stem: str) -> tuple[tuple[str, str], ...]:
    """(delivery, fax) of what came as `stem`, or as `stem` with any one suffix; in order of noting."""
    wanted = or_(receipts.c.file == stem, receipts.c.file.startswith(f"{stem}.", autoescape=True))
    query = select(receipts.c.delivery_id, receipts.c.fax, receipts.c.file).where(wanted)
    rows = connection.execute(query.order_by(receipts.c.noted_at, receipts.c.delivery_id))
    return tuple((row.delivery_id, row.fax) for row in rows if "." not in row.file[len(stem) + 1 :])


def noted_at(connection: Connection, delivery_id: str) -> datetime | None:
    found: datetime | None = connection.execute(
        select(receipts.c.noted_at).where(receipts.c.delivery_id == delivery_id)
    ).scalar()
    return found


def pages_of(connection: Connection, fax: str) -> int | None:
    """How many pages a fax has; None until it was read."""
    return connection.execute(select(faxes.c.pages).where(faxes.c.sha256 == fax)).scalar()


def take(connection: Connection, fax: str, *, owner: str, now: datetime, lease: timedelta) -> Claim | None:
    """Claims a waiting fax for `owner`; None when another holds it or it is done. `now` is the real clock."""
    free = or_(claims.c.owner.is_(None), claims.c.owner == owner, claims.c.lease_until < now)
    taken = connection.execute(
        update(claims)
        .where(and_(claims.c.fax == fax, claims.c.state == ClaimState.WAITING.value, free))
        .values(owner=owner, lease_until=now + lease, attempts=claims.c.attempts + 1)
    )
    return claim_of(connection, fax) if taken.rowcount == 1 else None


def renew(connection: Connection, fax: str, *, owner: str, now: datetime, lease: timedelta) -> bool:
    """Holds a claim for longer; False when it was lost meanwhile."""
    kept = connection.execute(update(claims).where(_held(fax, owner)).values(lease_until=now + lease))
    return kept.rowcount == 1


def finish(connection: Connection, fax: str, *, owner: str, state: ClaimState, pages: int | None = None) -> bool:
    """Ends a claim; False when the owner no longer holds it: then nothing of its work may be written."""
    ended = connection.execute(
        update(claims).where(_held(fax, owner)).values(state=state.value, owner=None, lease_until=None)
    )
    if ended.rowcount == 1 and pages is not None:
        connection.execute(update(faxes).where(faxes.c.sha256 == fax).values(pages=pages))
    return ended.rowcount == 1


def release(connection: Connection, fax: str, *, owner: str, failure: str | None = None) -> bool:
    """Gives a claim back, to be taken up again; with `failure` the reader is to blame and the count goes up."""
    values: dict[str, Any] = {"owner": None, "lease_until": None}
    if failure is not None:
        values |= {"failures": claims.c.failures + 1, "last_failure": failure}
    return connection.execute(update(claims).where(_held(fax, owner)).values(**values)).rowcount == 1


def release_lost(connection: Connection, is_gone: Callable[[str], bool]) -> tuple[str, ...]:
    """Frees at once the claims of owners that `is_gone` knows to be dead, whatever their lease; returns the faxes."""
    held = connection.execute(select(claims.c.fax, claims.c.owner).where(claims.c.owner.is_not(None))).all()
    lost = [row for row in held if is_gone(row.owner)]
    return tuple(row.fax for row in lost if release(connection, row.fax, owner=row.owner))


def claim_of(connection: Connection, fax: str) -> Claim | None:
    row = connection.execute(select(claims).where(claims.c.fax == fax)).first()
    return _claim(row) if row else None


def kept_fax(connection: Connection, fax: str) -> KeptFax | None:
    row = connection.execute(select(faxes).where(faxes.c.sha256 == fax)).first()
    return KeptFax(row.sha256, row.size, row.archived_name) if row else None


def waiting(connection: Connection) -> tuple[str, ...]:
    """The faxes that nobody has finished, oldest first."""
    query = (
        select(claims.c.fax)
        .join(faxes, faxes.c.sha256 == claims.c.fax)
        .where(claims.c.state == ClaimState.WAITING.value)
        .order_by(faxes.c.first_received_at, claims.c.fax)
    )
    return tuple(connection.execute(query).scalars())


def takeable(connection: Connection, *, owner: str, now: datetime, limit: int) -> tuple[str, ...]:
    """Waiting faxes that nobody else holds, in the order in which the journal first heard of them.

    Not by a clock: one that is set back or forth must change no order.
    """
    free = or_(claims.c.owner.is_(None), claims.c.owner == owner, claims.c.lease_until < now)
    archived = and_(journal.c.subject == claims.c.fax, journal.c.kind == EventKind.FAX_ARCHIVED.value)
    query = (
        select(claims.c.fax)
        .join(journal, archived)
        .where(and_(claims.c.state == ClaimState.WAITING.value, free))
        .order_by(journal.c.seq)
        .limit(limit)
    )
    return tuple(connection.execute(query).scalars())


def _held(fax: str, owner: str) -> Any:
    return and_(claims.c.fax == fax, claims.c.owner == owner, claims.c.state == ClaimState.WAITING.value)


def _claim(row: Row[Any]) -> Claim:
    return Claim(
        fax=row.fax,
        state=ClaimState(row.state),
        owner=row.owner,
        lease_until=row.lease_until,
        attempts=row.attempts,
        failures=row.failures,
        last_failure=row.last_failure,
    )


def receipt_columns(receipt: Receipt) -> dict[str, str | None]:
    """What a row of the receipts table keeps of it."""
    return {
        "received_start": _iso(receipt.received_start),
        "received_at": _iso(receipt.received_at),
        "source": receipt.source,
        "destination": receipt.destination,
        "delivery": receipt.delivery,
        "job_id": receipt.job_id,
    }


def _iso(value: datetime | None) -> str | None:
    return value.isoformat() if value is not None else None
