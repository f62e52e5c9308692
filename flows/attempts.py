"""One fax claimed, read and recorded, exactly once whoever else tries; plain functions that know no Prefect.

A claim ends in the transaction that writes what came of it. Only the reader's own failures lead to quarantine: a worker
killed from outside says nothing about the fax it held.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy.exc import DBAPIError

from core.events import EventKind, FaxQuarantined, FaxRead, FaxReceived, NewEvent
from core.transmissions import Receipt, Transmission
from flows.desk import MACHINE, Desk
from flows.reading_pool import FaxRefused, ReaderFailed, ReadersUnusable, ReadingPool, ReadingRequest
from flows.rulings import KeptUp
from ledger import archive, claims, journal
from ledger.claims import Claim, ClaimState, KeptFax

_POLL_SECONDS = 0.5


class Onlooker(Protocol):
    """Who wants to know how the work goes on (the watcher's figures)."""

    def stage_took(self, stage: str, seconds: float) -> None: ...

    def was_recorded(self, outcome: ReadFax) -> None: ...


class Nobody:
    def stage_took(self, stage: str, seconds: float) -> None:
        """Not counted."""

    def was_recorded(self, outcome: ReadFax) -> None:
        """Not counted."""


@dataclass(frozen=True, slots=True)
class House:
    """What a process that takes faxes in has at hand. `owner` signs its claims."""

    desk: Desk
    pool: ReadingPool
    owner: str
    judging: KeptUp
    waits_for_others: bool = True
    """Whether a fax that another process holds is waited for; a watcher takes up another fax meanwhile."""
    onlooker: Onlooker = Nobody()


def open_house(desk: Desk, pool: ReadingPool) -> House:
    return House(desk, pool, this_owner(), KeptUp(desk))


@dataclass(frozen=True, slots=True)
class ReadFax:
    """What came of reading a fax: its transmission, or the reason why it goes to quarantine."""

    fax: str
    transmission: Transmission | None
    attempts: int
    refusal: str = ""
    details: str = ""


async def read_fax(house: House, fax: str) -> ReadFax | None:
    """Claims the fax and reads it, again after a failure; None when another process finished it meanwhile."""
    while True:
        claim = await asyncio.to_thread(_claim, house, fax)
        if claim is None:
            if not house.waits_for_others or await asyncio.to_thread(_is_settled, house.desk, fax):
                return None
            await asyncio.sleep(_POLL_SECONDS)
        elif claim.failures >= house.desk.settings.max_failures:
            first_line = claim.last_failure.splitlines()[0]
            refusal = f"reading failed {claim.failures} times, last: {first_line}; look at it by hand"
            return ReadFax(fax, None, claim.attempts, refusal, claim.last_failure)
        elif (outcome := await _attempt(house, claim)) is not None:
            return outcome


async def _attempt(house: House, claim: Claim) -> ReadFax | None:
    """Reads once; None when the reader failed and the fax was given back for another attempt."""
    request = await asyncio.to_thread(_request, house.desk, claim.fax)
    try:
        async with _renewed(house, claim.fax):
            return ReadFax(claim.fax, await house.pool.read(request), claim.attempts)
    except FaxRefused as refusal:
        return ReadFax(claim.fax, None, claim.attempts, str(refusal))
    except ReaderFailed as failure:
        await asyncio.to_thread(give_back, house, claim.fax, f"{failure}\n{failure.details}".strip())
        return None
    except ReadersUnusable:
        await asyncio.to_thread(give_back, house, claim.fax)
        raise


def record_fax(house: House, outcome: ReadFax) -> bool:
    """Writes what was read and ends the claim, in one transaction; False when the claim was lost meanwhile."""
    desk = house.desk
    if outcome.transmission is not None:
        body: FaxRead | FaxQuarantined = FaxRead(outcome.transmission)
        pages, state = len(outcome.transmission.pages), ClaimState.DONE
    else:
        file = _keep_in_quarantine(desk, outcome)
        body = FaxQuarantined(outcome.fax, file, outcome.refusal, outcome.attempts, outcome.details)
        pages, state = None, ClaimState.QUARANTINED
    with desk.books.writing() as connection:
        if not claims.finish(connection, outcome.fax, owner=house.owner, state=state, pages=pages):
            return False
        journal.append(connection, [NewEvent(desk.now(), MACHINE, body)])
    house.onlooker.was_recorded(outcome)
    return True


def release_own_claims(house: House) -> tuple[str, ...]:
    """Gives back whatever this process still holds, before it ends; returns the faxes."""
    with house.desk.books.writing() as connection:
        return claims.release_lost(connection, lambda owner: owner == house.owner)


def release_lost_claims(desk: Desk) -> tuple[str, ...]:
    """Frees the faxes that processes of this machine held when they died; returns them."""
    with desk.books.writing() as connection:
        return claims.release_lost(connection, owner_is_gone)


def this_owner() -> str:
    """A name for this process that no other has: machine, process id and the time it started."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def owner_is_gone(owner: str) -> bool:
    """Whether `owner` was a process of this machine and runs no more; False for what runs elsewhere."""
    machine, process_id, started = owner.rsplit(":", 2)
    return machine == socket.gethostname() and _started(int(process_id)) != started


def _started(process_id: int) -> str:
    """The start time of a process in clock ticks since boot, "" when there is none: ids are used again, times not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[19]
    return ""


@asynccontextmanager
async def _renewed(house: House, fax: str) -> AsyncIterator[None]:
    """Renews the lease at every third of it, so that a long fax is not taken for an abandoned one."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(house.desk.settings.lease.total_seconds() / 3)
            # The database may be away for a while: the lease outlasts two renewals that fail.
            with contextlib.suppress(DBAPIError):
                await asyncio.to_thread(_renew, house, fax)

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()


def _renew(house: House, fax: str) -> None:
    with house.desk.books.writing() as connection:
        claims.renew(connection, fax, owner=house.owner, now=datetime.now(UTC), lease=house.desk.settings.lease)


def _claim(house: House, fax: str) -> Claim | None:
    with house.desk.books.writing() as connection:
        return claims.take(connection, fax, owner=house.owner, now=datetime.now(UTC), lease=house.desk.settings.lease)


def give_back(house: House, fax: str, failure: str | None = None) -> None:
    """Ends our claim without having finished; with `failure` the reader is to blame."""
    with house.desk.books.writing() as connection:
        claims.release(connection, fax, owner=house.owner, failure=failure)


def _is_settled(desk: Desk, fax: str) -> bool:
    with desk.books.reading() as connection:
        claim = claims.claim_of(connection, fax)
    return claim is None or claim.state is not ClaimState.WAITING


def _request(desk: Desk, fax: str) -> ReadingRequest:
    file, receipt, kept = _arrival(desk, fax)
    archive.open_kept(desk.settings.archive, kept.archived_name, kept.fax)
    return ReadingRequest(fax, file, desk.settings.archive / kept.archived_name, receipt)


def _arrival(desk: Desk, fax: str) -> tuple[str, Receipt, KeptFax]:
    """The name and receipt of the fax's first delivery, and where its bytes lie."""
    with desk.books.reading() as connection:
        kept = claims.kept_fax(connection, fax)
        first = next(journal.read(connection, kinds=[EventKind.FAX_RECEIVED], subject=fax)).body()
    assert kept is not None and isinstance(first, FaxReceived), "a fax is archived and received before it is claimed"
    return first.file, first.receipt, kept


def _keep_in_quarantine(desk: Desk, outcome: ReadFax) -> str:
    """Copies the archived file beside its reason; returns the name it came under."""
    file, _, kept = _arrival(desk, outcome.fax)
    details = f"\n\n{outcome.details}" if outcome.details else ""
    archive.quarantine(
        desk.settings.quarantine,
        sha256=outcome.fax,
        content=desk.settings.archive / kept.archived_name,
        suffix=Path(kept.archived_name).suffix,
        reason=f"{file}\nattempts: {outcome.attempts}\n{outcome.refusal}{details}",
    )
    return file
