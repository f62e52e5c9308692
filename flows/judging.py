"""The books judged for one opened workspace; the judging itself lies below, in `judging.books`, for the desk too."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from flows.desk import Desk
from judging import books
from judging.books import Judged as Judged
from ledger.derived import Derived


def refresh(desk: Desk) -> None:
    """Brings the derived tables up to the journal; does nothing when they are. Two at once: the later line wins."""
    books.refresh(desk.books, desk.offer.terms)


def judged_now(desk: Desk, connection: Connection) -> Judged:
    """Everything judged as the journal has it now."""
    return books.judged_now(desk.offer.terms, connection)


def judged_as_of(desk: Desk, connection: Connection, instant: datetime) -> Judged:
    """Everything judged as the books had it at `instant` (decision 0061)."""
    return books.judged_as_of(desk.offer.terms, connection, instant)


def derive(judged: Judged) -> Derived:
    """The rows of the derived tables; the queue in order of arrival."""
    return books.derive(judged)
