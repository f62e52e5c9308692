"""The flow `intake_fax`: one fax read, recorded and judged.

Prefect shows and schedules; our own claim decides who does the work and that it is done once (flows.attempts). So every
step may be repeated, and a fax is taken in just the same where Prefect cannot be reached.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from prefect import flow, task

from core.failures import TenderfaxError
from flows.attempts import House, ReadFax, give_back, read_fax, record_fax
from flows.reading_pool import ReadersUnusable
from flows.trouble import is_passing

HOUSE: ContextVar[House] = ContextVar("house")
T = TypeVar("T")


class StepFailed(TenderfaxError):
    """A step of the flow failed through a fault of ours. It names the kind only: Prefect keeps what we tell it.

    `passing` says that nothing is wrong with the fax: the disk, the database or the readers are away for a while.
    """

    def __init__(self, kind: str, *, passing: bool = False) -> None:
        self.passing = passing
        super().__init__(kind)


@dataclass(slots=True)
class Takings:
    """What came of many faxes: those that a fault of ours left unfinished, with its kind, and those without Prefect."""

    unfinished: dict[str, str] = field(default_factory=dict)
    without_prefect: list[str] = field(default_factory=list)


@task(name="read", persist_result=False)
async def read(fax: str) -> ReadFax | None:
    return await _named("read", read_fax(HOUSE.get(), fax))


@task(name="record", persist_result=False)
async def record(outcome: ReadFax) -> bool:
    return await _named("record", asyncio.to_thread(record_fax, HOUSE.get(), outcome))


@task(name="judge", persist_result=False)
async def judge() -> None:
    await _named("judge", asyncio.to_thread(HOUSE.get().judging.refresh))


@flow(name="intake_fax", flow_run_name="intake {fax}", validate_parameters=False, persist_result=False)
async def intake_fax(fax: str) -> None:
    """Takes one archived fax in; one read before is only judged again, since this receipt may be an earlier one."""
    outcome = await read(fax)
    if outcome is not None:
        await record(outcome)
    await judge()


async def take_in(house: House, fax: str) -> None:
    """The same without Prefect, for the hours when its server cannot be reached."""
    outcome = await _timed(house, "read", read_fax(house, fax))
    if outcome is not None:
        await _timed(house, "record", asyncio.to_thread(record_fax, house, outcome))
    await _timed(house, "judge", asyncio.to_thread(house.judging.refresh))


async def take_in_all(house: House, faxes: Sequence[str], on_done: Callable[[str], None]) -> Takings:
    """Takes in every fax, as many at a time as there are readers, and one more that is being recorded.

    What fails is one fax's affair: its claim is given back and the others go on.
    """
    HOUSE.set(house)
    free = asyncio.Semaphore(house.pool.size + 1)
    takings = Takings()

    async def one(fax: str) -> None:
        async with free:
            try:
                await _in_flow_or_without(house, fax, takings)
            except Exception as failure:  # noqa: BLE001 - the edge of one fax
                takings.unfinished[fax] = (
                    str(failure) if isinstance(failure, TenderfaxError) else type(failure).__name__
                )
                await asyncio.to_thread(give_back, house, fax)
            on_done(fax)

    await asyncio.gather(*(one(fax) for fax in dict.fromkeys(faxes)))
    return takings


async def _in_flow_or_without(house: House, fax: str, takings: Takings) -> None:
    try:
        await intake_fax(fax)
    except StepFailed:
        raise
    except Exception:  # noqa: BLE001 - Prefect itself failed; our claim says what is left to do
        takings.without_prefect.append(fax)
        await take_in(house, fax)


async def _timed(house: House, stage: str, step: Coroutine[Any, Any, T]) -> T:
    began = time.perf_counter()
    try:
        return await step
    finally:
        house.onlooker.stage_took(stage, time.perf_counter() - began)


async def _named(stage: str, step: Coroutine[Any, Any, T]) -> T:
    try:
        return await _timed(HOUSE.get(), stage, step)
    except ReadersUnusable as failure:
        raise StepFailed(str(failure), passing=True) from None
    except Exception as failure:  # noqa: BLE001 - Prefect would keep the message, and it may quote the paper
        raise StepFailed(type(failure).__name__, passing=is_passing(failure)) from None
