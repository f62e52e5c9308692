"""One night drawn up from a workspace as of a moment: a recorded one as it was found then, any other found anew.

It writes nothing and refuses to know the clock.
"""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection

from core.failures import TenderfaxError
from core.night import Night
from core.plain import MalformedRecord, canonical, from_plain, to_plain
from judging.nights.drawing_up import draw_up
from judging.nights.gathering import Gathered, gather
from judging.nights.sources import Sources
from ledger import nights


class NightUnreadable(TenderfaxError):
    """A recorded night that another version of the program wrote, or that was changed."""


def find_night(sources: Sources, as_of: datetime) -> tuple[Night, Gathered]:
    """The night found now, as of a moment: the archive and the fax server's log are looked at as they lie."""
    as_of = as_of.astimezone(sources.terms.time_zone)
    with sources.books.reading() as connection:
        before = night_before(connection, as_of)
        gathered = gather(sources, connection, as_of, before)
    return _settled(draw_up(gathered, sources.terms.issuer, before)), gathered


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


def read_night(content: bytes) -> Night:
    try:
        return from_plain(Night, json.loads(content), "night")
    except (MalformedRecord, ValueError) as error:
        raise NightUnreadable(
            f"a recorded night cannot be read ({error}); use the version of the program that wrote it"
        ) from None


def _settled(night: Night) -> Night:
    """The night as it is read back: what is shown tonight and what is shown later come from the same value."""
    return read_night(written_night(night))
