"""How the house stands, for `tenderfax status`: books, inbox, the watchers' heartbeats, the last night."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.attempts import owner_is_gone
from flows.desk import Desk
from flows.inbox import Inbox
from flows.nights import LastRun, last_run
from flows.renames import Renames
from flows.work_in_hand import WorkInHand, work_in_hand

_BEATS_MISSED = 6
"""A watcher that has not written its heartbeat for so many of its intervals hangs, or its machine is away."""


@dataclass(frozen=True, slots=True)
class SeenWatcher:
    """A watcher by its heartbeat: `state` is runs, silent (hangs, or its machine is away) or dead."""

    owner: str
    state: str
    at: datetime
    endpoint: str | None
    held_up: dict[str, str]


@dataclass(frozen=True, slots=True)
class InboxNow:
    """What lies in the inbox; None where it cannot be read. `others` are no fax and are let lie."""

    faxes: int
    unfinished: int
    others: int


@dataclass(frozen=True, slots=True)
class Status:
    at: datetime
    work: WorkInHand
    inbox: InboxNow | None
    watchers: tuple[SeenWatcher, ...]
    night: LastRun

    @property
    def attention(self) -> tuple[str, ...]:
        """What somebody should look at, in words; nothing when all is well."""
        found = [
            f"watcher {one.owner} is {one.state} since {one.at.isoformat()}"
            for one in self.watchers
            if one.state != "runs"
        ]
        found += [f"{work} is held up: {what}" for one in self.watchers for work, what in one.held_up.items()]
        if self.inbox is None:
            found.append("the inbox cannot be read")
        elif self.inbox.faxes and not any(one.state == "runs" for one in self.watchers):
            found.append(f"{self.inbox.faxes} faxes lie in the inbox and no watcher runs")
        if self.night.failing:
            found.append(f"the last nightly reconciliation failed ({self.night.reason or 'it was killed'})")
        if self.night.overdue:
            found.append(f"the nightly reconciliation of {self.night.due_at.isoformat()} is overdue")
        if self.night.balanced is False:
            found.append("the last nightly reconciliation did not balance")
        return tuple(found)


def status_of(desk: Desk) -> Status:
    """Raises database errors while the books are away."""
    settings = desk.settings
    return Status(
        at=desk.now(),
        work=work_in_hand(desk),
        inbox=_inbox(settings.inbox),
        watchers=tuple(_watchers(settings.heartbeats)),
        night=last_run(desk),
    )


def _inbox(folder: Path) -> InboxNow | None:
    renames = Renames()
    try:
        look = Inbox(folder, 0.0, time.monotonic, renames).look()
    except OSError:
        return None
    finally:
        renames.close()
    return InboxNow(len(look.ready) + look.growing, look.unfinished, len(look.others))


def _watchers(folder: Path) -> list[SeenWatcher]:
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            beat: dict[str, Any] = json.loads(path.read_text())
            at = datetime.fromisoformat(beat["at"])
        except (OSError, ValueError, KeyError):
            continue  # removed or written anew just now
        silent = (datetime.now(UTC) - at).total_seconds() > _BEATS_MISSED * beat["every_seconds"]
        state = "dead" if owner_is_gone(beat["owner"]) else "silent" if silent else "runs"
        found.append(SeenWatcher(beat["owner"].rpartition(":")[0], state, at, beat["endpoint"], beat["held_up"]))
    return found
