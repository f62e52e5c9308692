"""Reads one fax again as a person at the desk put its pages together, in a child process of its own.

One fax at a time: it is rare, and the reading of what arrives goes before. The child begins with the option ledger in
force and ends with its answer, so that the desk holds no models while nobody needs them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace

from core.events import EventKind, FaxReceived
from core.failures import TenderfaxError
from core.page_layout import Regrouping
from core.transmissions import Transmission
from flows.desk import Desk
from flows.reading_pool import ReadingRequest, pool_for
from ledger import archive, claims, journal

_PATIENCE_SECONDS = 60


class ReadersBusy(TenderfaxError):
    """Another fax is being read again at this desk."""


def pages_read_again(desk: Desk) -> Callable[[Regrouping], Transmission]:
    """What the desk's pages call; raises a TenderfaxError where the fax could not be read again."""
    turn = threading.Lock()

    def read_again(asked: Regrouping) -> Transmission:
        if not turn.acquire(timeout=_PATIENCE_SECONDS):
            raise ReadersBusy("another fax is being read again; repeat in a minute")
        try:
            return _read(desk, asked)
        finally:
            turn.release()

    return read_again


def _read(desk: Desk, asked: Regrouping) -> Transmission:
    pool = replace(pool_for(desk), size=1)
    try:
        return asyncio.run(pool.read(_request(desk, asked)))
    finally:
        pool.close()


def _request(desk: Desk, asked: Regrouping) -> ReadingRequest:
    fax = asked.before.fax
    with desk.books.reading() as connection:
        kept = claims.kept_fax(connection, fax)
        first = next(journal.read(connection, kinds=[EventKind.FAX_RECEIVED], subject=fax)).body()
    assert kept is not None and isinstance(first, FaxReceived), "a fax that was read is archived and received"
    archive.open_kept(desk.settings.archive, kept.archived_name, kept.fax)
    return ReadingRequest(fax, first.file, desk.settings.archive / kept.archived_name, first.receipt, asked)
