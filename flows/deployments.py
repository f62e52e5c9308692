"""The flows beside flows.nightly that prefect.yaml deploys: intake and watch, for workers of a shared Prefect server.

Their settings are the worker's environment (docs/operations.md). What they run is what the command line runs.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from prefect import flow

from core.failures import TenderfaxError
from flows.attempts import House, open_house, release_lost_claims
from flows.desk import open_desk
from flows.intake import take_in_all
from flows.reading_pool import pool_for
from flows.receiving import fax_files, receive
from flows.settings import settings_from
from flows.watch import watch_inbox
from ledger import claims


class IntakeUnfinished(TenderfaxError):
    """Faxes that a fault of ours left unread; they are kept and wait."""


@flow(name="intake", persist_result=False)
def intake(paths: tuple[str, ...] = ()) -> int:
    """Takes in fax files or folders, and whatever waits in the books; how many faxes were looked at."""
    desk = open_desk(settings_from(os.environ))
    files, _ = fax_files([Path(path) for path in paths])
    for path in files:
        receive(desk, path)
    release_lost_claims(desk)
    with desk.books.reading() as connection:
        faxes = claims.waiting(connection)
    pool = pool_for(desk)
    try:
        asyncio.run(_read(open_house(desk, pool), faxes))
    finally:
        pool.close()
    return len(faxes)


@flow(name="watch", persist_result=False)
def watch(once: bool = False) -> None:
    """Watches the inbox until the run is cancelled, or with `once` until it is drained."""
    watch_inbox(settings_from(os.environ), once=once)


async def _read(house: House, faxes: tuple[str, ...]) -> None:
    takings = await take_in_all(house, faxes, lambda _fax: None)
    await asyncio.to_thread(house.judging.refresh)
    if takings.unfinished:
        kinds = ", ".join(sorted(set(takings.unfinished.values())))
        raise IntakeUnfinished(f"{len(takings.unfinished)} faxes were not finished ({kinds}); they wait, run it again")
