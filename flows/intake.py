"""The flow `intake_fax`: one fax read, recorded and judged.

Prefect shows and schedules; our own claim decides who does the work and that it is done once (flows.attempts). So every
step may be repeated, and a fax is taken in just the same where Prefect cannot be reached.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextvars import ContextVar

from prefect import flow, task

from flows import judging
from flows.attempts import House, ReadFax, read_fax, record_fax

HOUSE: ContextVar[House] = ContextVar("house")
_log = logging.getLogger(__name__)


@task(name="read", persist_result=False)
async def read(fax: str) -> ReadFax | None:
    return await read_fax(HOUSE.get(), fax)


@task(name="record", persist_result=False)
async def record(outcome: ReadFax) -> bool:
    return await asyncio.to_thread(record_fax, HOUSE.get(), outcome)


@task(name="judge", persist_result=False)
async def judge() -> None:
    await asyncio.to_thread(judging.refresh, HOUSE.get().desk)


@flow(name="intake_fax", flow_run_name="intake {fax}", validate_parameters=False, persist_result=False)
async def intake_fax(fax: str) -> None:
    """Takes one archived fax in; one that was read before is only judged again, for its receipt may be an earlier one."""
    outcome = await read(fax)
    if outcome is not None:
        await record(outcome)
    await judge()


async def take_in(house: House, fax: str) -> None:
    """The same without Prefect, for the hours when its server cannot be reached."""
    outcome = await read_fax(house, fax)
    if outcome is not None:
        await asyncio.to_thread(record_fax, house, outcome)
    await asyncio.to_thread(judging.refresh, house.desk)


async def take_in_all(house: House, faxes: Sequence[str], on_done: Callable[[str], None]) -> None:
    """Takes in every fax, as many at a time as there are readers, and one more that is being recorded."""
    HOUSE.set(house)
    free = asyncio.Semaphore(house.pool.size + 1)

    async def one(fax: str) -> None:
        async with free:
            try:
                await intake_fax(fax)
            except Exception as failure:  # noqa: BLE001 - Prefect itself failed; our claim says what is left to do
                _log.warning("flow of fax %s failed (%s); taken in without it", fax[:12], type(failure).__name__)
                await take_in(house, fax)
            on_done(fax)

    await asyncio.gather(*(one(fax) for fax in dict.fromkeys(faxes)))
