"""The books judged for one opened workspace; the judging itself lies below, in `judging.books`, for the desk too."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from flows.desk import Desk
from judging import books
from judging.books import Judged as Judged
from judging.running import Running, advance, start
from ledger import derived
from ledger.derived import Derived


def refresh(desk: Desk) -> None:
    """Brings the derived tables up to the journal; does nothing when they are. Two at once: the later line wins."""
    books.refresh(desk.books, desk.offer.terms)


@dataclass
class KeptUp:
    """The judged books of one long-lived process: only what an event touches is judged and written again.

    Safe from several threads; another process may write the derived tables too, the later line wins.
    """

    desk: Desk
    _running: Running | None = None
    _derived: Derived | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def refresh(self) -> Judged:
        """Judges whatever the journal holds by now and brings the derived tables up to it."""
        with self._lock:
            with self.desk.books.reading() as connection:
                running = (
                    advance(self._running, connection) if self._running else start(self.desk.offer.terms, connection)
                )
            if running is not self._running or self._derived is None:
                made = books.derive(running.judged)
                with self.desk.books.writing() as connection:
                    derived.store(connection, made, self._derived)
                self._running, self._derived = running, made
            return running.judged


def judged_now(desk: Desk, connection: Connection) -> Judged:
    """Everything judged as the journal has it now."""
    return books.judged_now(desk.offer.terms, connection)


def judged_as_of(desk: Desk, connection: Connection, instant: datetime) -> Judged:
    """Everything judged as the books had it at `instant` (decision 0061)."""
    return books.judged_as_of(desk.offer.terms, connection, instant)
