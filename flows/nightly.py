"""The flow `nightly`: everything balanced with everything, recorded, and shown as a table in Prefect's own page.

Prefect shows and schedules; the run itself is `flows.nights`, which does the same without it.
"""

from __future__ import annotations

import asyncio
import os
from contextvars import ContextVar
from typing import Any

from prefect import flow, task
from prefect.artifacts import acreate_table_artifact

from core.failures import TenderfaxError
from core.night import Night
from flows.desk import Desk, open_desk
from flows.mailing import MailNotSent, mail_night
from flows.nights import Ran, run_night
from flows.nights import last_run as last_run
from flows.settings import settings_from

DESK: ContextVar[Desk | None] = ContextVar("desk", default=None)


class NightFailed(TenderfaxError):
    """A run that could not be made, through a fault of ours. It names the kind only: Prefect keeps what we tell it."""


@task(name="reconcile", persist_result=False)
async def reconcile(full: bool) -> Ran:
    desk = DESK.get() or open_desk(settings_from(os.environ))
    try:
        return await asyncio.to_thread(run_night, desk, full=full)
    except Exception as failure:  # noqa: BLE001 - Prefect would keep the message, and it may quote the paper
        raise NightFailed(type(failure).__name__) from None


@task(name="show", persist_result=False)
async def show(night: Night) -> None:
    """The night's checks as an artifact: codes and counts only, never what a break says."""
    await acreate_table_artifact(key="nightly-reconciliation", table=artifact_rows(night), description=_headline(night))


@task(name="mail", persist_result=False)
async def mail(ran: Ran) -> None:
    """The night's summary, mailed once. A mail server that does not take it fails the flow, after all else is done."""
    desk = DESK.get() or open_desk(settings_from(os.environ))
    try:
        await asyncio.to_thread(mail_night, desk.settings, ran.night, ran.folder)
    except MailNotSent:
        raise
    except Exception as failure:  # noqa: BLE001 - as above
        raise NightFailed(type(failure).__name__) from None


@flow(name="nightly", validate_parameters=False, persist_result=False)
async def nightly(full: bool = False) -> bool:
    """One night's reconciliation of the workspace that the environment names; whether it balances."""
    ran = await reconcile(full)
    await show(ran.night)
    await mail(ran)
    return ran.night.balanced


def artifact_rows(night: Night) -> list[dict[str, Any]]:
    return [
        {
            "check": run.code,
            "outcome": run.outcome.value,
            "severity": run.severity.value,
            "looked at": run.looked_at,
            "breaks": run.breaks,
        }
        for run in night.checks
    ]


def _headline(night: Night) -> str:
    state = "balanced" if night.balanced else "not balanced"
    return f"As of {night.as_of.isoformat()}: {state}, {len(night.breaks)} breaks, {len(night.blocking)} blocking"
