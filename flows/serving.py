"""Watcher, reviewer's desk and nightly run together on one machine: three programs and one that looks after them.

Each is a process of its own, as it would be as a service: one that ends is begun again, and takes no other with it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import FrameType

from core.failures import TenderfaxError
from flows.desk import Desk
from flows.logbook import Logbook
from flows.nights import last_run
from flows.settings import Settings
from flows.trouble import is_passing, kind_of

_AT_ONCE_SECONDS = 15.0
"""A part that refuses to run so soon after the beginning was asked for wrongly: then nothing is served."""
_LONGEST_WAIT = 60.0
_NIGHT_AGAIN_SECONDS = 900.0
_REFUSALS = frozenset({2, 3})
"""Wrong use or bad input (design 3.1), and uvicorn's word for a port that is taken."""
_PR_SET_PDEATHSIG = 1


class NotServed(TenderfaxError):
    """A part of the service refuses to run; it said why."""


@dataclass
class Part:
    """One program of the service; `arguments` follow `tenderfax`."""

    name: str
    arguments: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    ended: int = 0
    again_at: float = 0.0


@dataclass
class Service:
    """Runs its parts until it is asked to stop. `started_at` is on the offer's clock: no night before it is made up."""

    desk: Desk
    log: Logbook
    parts: Sequence[Part]
    started_at: datetime
    stopping: threading.Event = field(default_factory=threading.Event)
    _night: Part = field(default_factory=lambda: Part("nightly", ("reconcile", "--mail")))

    def run(self) -> None:
        """Raises NotServed when a part refuses to run at all."""
        began = time.monotonic()
        before = {number: signal.signal(number, self._asked_to_stop) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            while not self.stopping.is_set():
                for part in self.parts:
                    self._look_after(part, began)
                self._look_after_the_night()
                self.stopping.wait(0.5)
        finally:
            self._end()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping.set()

    def _look_after(self, part: Part, began: float) -> None:
        now = time.monotonic()
        if part.process is not None and (status := part.process.poll()) is not None:
            part.process, part.ended = None, part.ended + 1
            if status in _REFUSALS and now - began < _AT_ONCE_SECONDS:
                raise NotServed(f"{part.name} does not run; it said why, correct that and repeat")
            steady = now - part.began > 10 * _LONGEST_WAIT
            part.ended = 1 if steady else part.ended
            part.again_at = now + min(_LONGEST_WAIT, 2.0 ** min(part.ended - 1, 6))
            self.log.error("part_ended", name=part.name, status=status, again_in=round(part.again_at - now))
        if part.process is None and now >= part.again_at:
            self._begin(part)

    def _look_after_the_night(self) -> None:
        night, now = self._night, time.monotonic()
        if night.process is not None:
            if (status := night.process.poll()) is None:
                return
            night.process = None
            self.log.info("night_ended", status=status)
        if now < night.again_at:
            return
        night.again_at = now + 20.0
        try:
            due = self._is_night()
        except Exception as failure:
            if not is_passing(failure):
                raise
            self.log.warning("night_not_asked", kind=kind_of(failure))
            return
        if due:
            self._begin(night)
            night.again_at = now + _NIGHT_AGAIN_SECONDS

    def _is_night(self) -> bool:
        """Whether a run was due since the last one that was done, or since we began where none ever was."""
        last = last_run(self.desk)
        return last.due_at > (last.done_as_of or self.started_at)

    def _begin(self, part: Part) -> None:
        part.process = subprocess.Popen(
            [sys.executable, "-m", "flows", *part.arguments],
            env=environment_of(self.desk.settings, os.environ),
            stdin=subprocess.DEVNULL,
            # What the user types at the terminal is for us alone; we tell the parts to end, once.
            start_new_session=True,
            preexec_fn=_end_with_parent(),
        )
        part.began = time.monotonic()
        self.log.info("part_begun", name=part.name, process=part.process.pid)

    def _end(self) -> None:
        running = [part for part in (*self.parts, self._night) if part.process is not None]
        for part in running:
            assert part.process is not None
            part.process.terminate()
        until = time.monotonic() + self.desk.settings.shutdown_seconds + 20
        for part in running:
            assert part.process is not None
            try:
                status = part.process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                part.process.kill()
                status = part.process.wait()
            self.log.info("part_ended", name=part.name, status=status)


def environment_of(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which a part runs on the same workspace as we do."""
    found = dict(environment) | {
        "TENDERFAX_WORKSPACE": str(settings.workspace),
        "TENDERFAX_OFFER": str(settings.offer_folder),
        "TENDERFAX_DATABASE": settings.database_url,
        "TENDERFAX_INBOX": str(settings.inbox),
    }
    return found | ({"TENDERFAX_NOW": settings.now.isoformat()} if settings.now is not None else {})


def _end_with_parent() -> Callable[[], None]:
    """What a part runs first: whoever looks after it being killed, it is asked to end (it would keep our ports)."""
    libc = ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask
