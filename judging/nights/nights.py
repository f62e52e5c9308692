"""One night drawn up from a workspace as of a moment: a recorded one as it was found then, any other found anew.

It writes nothing and refuses to know the clock.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import Connection

from core.failures import TenderfaxError
from core.night import Night
from core.plain import MalformedRecord, canonical, from_plain, to_plain
from judging.nights.advancing import advance, can_be_carried_on, read_left, written
from judging.nights.drawing_up import draw_up
from judging.nights.gathering import Gathered, gather
from judging.nights.sources import Sources
from ledger import journal, nights
from ledger.nights import ProofKind

WHOLE_EVERY = timedelta(days=7)
LINES_PROVEN_EVERY_NIGHT = 6_000
"""Books of about 2,000 forms are proven whole in seconds (docs/benchmarks.md): there is nothing to save by less."""


class NightUnreadable(TenderfaxError):
    """A recorded night that another version of the program wrote, or that was changed."""


@contextmanager
def without_garbage() -> Iterator[None]:
    """Puts the search for cycles off: a night makes millions of values and no cycle among them.

    Measured: 3.7 instead of 5.0 seconds of processor time for 10,000 submissions (`make bench-nightly`), and no more
    memory.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Depth(Enum):
    """How much of the books a run proves."""

    FULL = "every line and every file"
    AS_DUE = "what is new, where the books are large and were proven whole within the week"
    NEW = "what is new, wherever that can be done"


def find_night(sources: Sources, as_of: datetime, depth: Depth = Depth.FULL) -> tuple[Night, Gathered]:
    """The night found now, as of a moment: the archive and the fax server's log are looked at as they lie.

    What it may go on from is of moments before `as_of` alone: a run that was killed, or made twice, comes out the same.
    """
    as_of = datetime.fromisoformat(as_of.astimezone(sources.terms.time_zone).isoformat())
    with sources.books.reading() as connection:
        before = night_before(connection, as_of)
        gathered = None
        if before is not None and _may_go_on(connection, as_of, before, depth):
            content = nights.facts_of(connection, before.as_of)
            left = read_left(content) if content is not None else None
            gathered = advance(sources, connection, as_of, before, left) if left is not None else None
        if gathered is None:
            gathered = gather(sources, connection, as_of, before)
    return draw_up(gathered, sources.terms.issuer, before), gathered


def _may_go_on(connection: Connection, as_of: datetime, before: Night, depth: Depth) -> bool:
    if depth is Depth.FULL or not can_be_carried_on(before):
        return False
    if depth is Depth.NEW:
        return True
    whole = nights.last_done(connection, before=as_of, kind=ProofKind.FULL)
    is_due = whole is None or as_of - whole.as_of >= WHOLE_EVERY
    return not is_due and journal.head(connection).seq > LINES_PROVEN_EVERY_NIGHT


def recorded_night(connection: Connection, as_of: datetime) -> Night | None:
    """What the run of exactly this moment found; None without one."""
    content = nights.night_of(connection, as_of)
    return read_night(content) if content is not None else None


def night_before(connection: Connection, as_of: datetime) -> Night | None:
    """The night of the last run before a moment."""
    earlier = nights.last_done(connection, before=as_of)
    return recorded_night(connection, earlier.as_of) if earlier is not None else None


def written_night(night: Night) -> bytes:
    return canonical(to_plain(night)).encode()


def written_left(gathered: Gathered) -> bytes | None:
    """What a later run may go on from; None where nothing was proven."""
    return written(gathered.left) if gathered.left is not None else None


def read_night(content: bytes) -> Night:
    try:
        return from_plain(Night, json.loads(content), "night")
    except (MalformedRecord, ValueError) as error:
        raise NightUnreadable(
            f"a recorded night cannot be read ({error}); use the version of the program that wrote it"
        ) from None
