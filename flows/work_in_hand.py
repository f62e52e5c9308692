"""How the work stands by the books: what waits, what was read, what lies in quarantine, how long the offer is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, func, select

from core.events import EventKind
from core.offer_state import OfferState
from flows.desk import Desk
from ledger import journal, schema
from ledger.claims import ClaimState
from ledger.replay import Record, replay
from offers.state import current_expiration

_OF_THE_OFFER = (
    EventKind.OFFER_EXTENDED,
    EventKind.OFFER_TERMINATED,
    EventKind.OFFER_ACCEPTED,
    EventKind.OFFER_CHANGED,
)


@dataclass(frozen=True, slots=True)
class WorkInHand:
    """Counts of faxes by what became of them; `held` of those that wait are being read by somebody.

    `quarantined` counts files by the journal, also those that never were a fax. `to_review` are open irregularities.
    """

    waiting: int
    held: int
    read: int
    pages: int
    quarantined: int
    deliveries: int
    to_review: int
    oldest_waiting_since: datetime | None
    expires_at: datetime


def work_in_hand(desk: Desk) -> WorkInHand:
    """Raises database errors while the books are away."""
    claims, faxes = schema.claims, schema.faxes
    waiting = claims.c.state == ClaimState.WAITING.value
    with desk.books.reading() as connection:
        return WorkInHand(
            waiting=_count(connection, claims, waiting),
            held=_count(connection, claims, waiting, claims.c.owner.is_not(None)),
            read=_count(connection, claims, claims.c.state == ClaimState.DONE.value),
            pages=connection.execute(select(func.coalesce(func.sum(faxes.c.pages), 0))).scalar_one(),
            quarantined=connection.execute(
                select(func.count(func.distinct(schema.journal.c.subject))).where(
                    schema.journal.c.kind == EventKind.FAX_QUARANTINED.value
                )
            ).scalar_one(),
            deliveries=_count(connection, schema.receipts),
            to_review=_count(connection, schema.queue),
            oldest_waiting_since=_oldest(connection),
            expires_at=_expiration(desk, connection),
        )


def _count(connection: Connection, table: Table, *conditions: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()


def _oldest(connection: Connection) -> datetime | None:
    faxes, claims = schema.faxes, schema.claims
    query = (
        select(faxes.c.first_received_at)
        .join(claims, claims.c.fax == faxes.c.sha256)
        .where(claims.c.state == ClaimState.WAITING.value)
        .order_by(faxes.c.first_received_at)
        .limit(1)
    )
    found: datetime | None = connection.execute(query).scalar()
    return found


def _expiration(desk: Desk, connection: Connection) -> datetime:
    """The expiration in force, from the offer's own events alone."""
    terms = desk.offer.terms
    events = journal.read(connection, kinds=_OF_THE_OFFER)
    state = replay(events, Record(OfferState(terms.expiration))).offer
    return current_expiration(state, terms.announcement_limit)
