"""Trouble that passes (a full disk, a database that is away) told apart from what is wrong with one fax.

While it lasts nothing is tried but at growing intervals; it is said once when it begins and once when it is over.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError

from flows.logbook import Logbook
from flows.reading_pool import ReadersUnusable

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0


def is_passing(failure: BaseException) -> bool:
    """Whether the machine, the disk or the database is to blame, and not the fax in hand."""
    if getattr(failure, "passing", False):
        return True
    return isinstance(failure, OSError | OperationalError | InterfaceError | InternalError | ReadersUnusable)


def kind_of(failure: BaseException) -> str:
    """What is wrong, in words that quote neither a fax nor a path."""
    original = getattr(failure, "orig", None)
    if isinstance(failure, OSError):
        return failure.strerror or type(failure).__name__
    if original is not None:
        return f"the database: {type(original).__name__}"
    if getattr(failure, "passing", False) or isinstance(failure, ReadersUnusable):
        return str(failure)
    return type(failure).__name__


@dataclass
class Trouble:
    """One kind of work that may be held up (receiving, reading). Used from one event loop only."""

    work: str
    log: Logbook
    since: float | None = None
    what: str = ""
    _tries: int = 0

    def begins(self, failure: BaseException) -> None:
        """The work failed. Said only the first time."""
        self._tries += 1
        self.what = kind_of(failure)
        if self.since is None:
            self.since = time.monotonic()
            self.log.error("held_up", work=self.work, what=self.what, kind=type(failure).__name__)

    @property
    def lasted_seconds(self) -> float:
        return time.monotonic() - self.since if self.since is not None else 0.0

    def is_over(self) -> None:
        """The work succeeded; said only where it had failed."""
        if self.since is not None:
            seconds = round(time.monotonic() - self.since, 1)
            self.log.info("goes_on", work=self.work, after_seconds=seconds, tries=self._tries)
        self.since, self.what, self._tries = None, "", 0

    async def pause(self, stop: asyncio.Event) -> None:
        """Waits, longer each time, or until the program is asked to stop."""
        seconds = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(self._tries - 1, 10))
        await wait_for(stop, seconds)


async def wait_for(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event came within `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
