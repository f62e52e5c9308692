"""Prefect's server as one long-lived process needs it: begun in the background, begun anew when it died, ended with us.

Whether it answers is asked before every fax. While it does not, faxes are taken in without it (flows.intake).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from flows.logbook import Logbook
from flows.prefect_home import settle_prefect

if TYPE_CHECKING:
    from prefect.server.api.server import SubprocessASGIServer

_ANSWER_SECONDS = 5.0
_AGAIN_AFTER_SECONDS = 20.0


@dataclass
class PrefectServer:
    """The server that flows report to: a shared one where PREFECT_API_URL names it, else one of our own."""

    workspace: Path
    log: Logbook
    _url: str = ""
    _starting: threading.Thread | None = None
    _guard: subprocess.Popen[bytes] | None = None
    _guarded: int | None = None
    _failed_at: float | None = None
    _is_up: bool | None = None
    _ended: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asking: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """Begins to start it and returns at once."""
        shared = os.environ.get("PREFECT_API_URL")
        if shared is None or "prefect" not in sys.modules:
            settle_prefect(self.workspace)
        if shared:
            self._url = shared
            return
        with self._lock:
            if self._starting is None or not self._starting.is_alive():
                self._starting = threading.Thread(target=self._start, name="prefect", daemon=True)
                self._starting.start()

    async def answers(self) -> bool:
        """Whether a flow can be run just now; says once when that changes."""
        up = await asyncio.to_thread(self._answers)
        if up != self._is_up and (self._is_up is not None or up):
            self.log.info("prefect_is_there") if up else self.log.warning("prefect_is_away")
        self._is_up = up
        return up

    async def first_answer(self, seconds: float, stop: asyncio.Event) -> bool:
        """Waits for the server to come up, at most `seconds`."""
        until = time.monotonic() + seconds
        while not await self.answers():
            if stop.is_set() or time.monotonic() > until or self._failed_at is not None:
                return False
            await asyncio.sleep(0.2)
        return True

    def end(self) -> None:
        """Ends our own server, also one that is just being started; a shared one is left alone."""
        self._ended = True
        if self._guard is None:
            return
        from prefect.server.api.server import SubprocessASGIServer

        SubprocessASGIServer().stop()
        self._end_guard()

    def _answers(self) -> bool:
        with self._asking:
            self._begin_again_when_due()
        if not self._url:
            return False
        try:
            return httpx.get(f"{self._url}/health", timeout=_ANSWER_SECONDS).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def _begin_again_when_due(self) -> None:
        """Begins another server of our own when it died or did not start, at most every few seconds."""
        if self._starting is None or self._starting.is_alive():
            return  # a shared one, or ours is just being started
        if self._guard is not None:
            from prefect.server.api.server import SubprocessASGIServer

            server = SubprocessASGIServer()
            if server.server_process is not None and server.server_process.poll() is None:
                return
            self._url, self._failed_at = "", self._failed_at or time.monotonic()
            server.stop()
            self._end_guard()
        if self._failed_at is not None and time.monotonic() - self._failed_at > _AGAIN_AFTER_SECONDS:
            self._failed_at = None
            self.begin()

    def _start(self) -> None:
        from prefect.server.api.server import SubprocessASGIServer

        server = SubprocessASGIServer()
        failures: list[Exception] = []
        starting = threading.Thread(target=_start_server, args=(server, failures), daemon=True)
        starting.start()
        # Guarded from its first moment: to be up takes it long, and we may be killed meanwhile.
        while starting.is_alive():
            self._guard_it(server)
            starting.join(0.05)
        if self._ended:
            return
        if failures:
            self._failed_at = time.monotonic()
            self.log.warning("prefect_did_not_start", kind=type(failures[0]).__name__)
            with contextlib.suppress(Exception):
                server.stop()
            self._end_guard()
            return
        self._guard_it(server)
        self._url = server.api_url

    def _guard_it(self, server: SubprocessASGIServer) -> None:
        """Begins a guard over the server's process, another one where that was begun anew."""
        process = server.server_process
        if process is None or process.pid == self._guarded:
            return
        self._end_guard()
        self._guard, self._guarded = _guard_over(process.pid), process.pid

    def _end_guard(self) -> None:
        if self._guard is not None:
            self._guard.kill()
            self._guard.wait()
            if self._guard.stdin is not None:
                self._guard.stdin.close()
            self._guard, self._guarded = None, None


def _start_server(server: SubprocessASGIServer, failures: list[Exception]) -> None:
    try:
        server.start()
    except Exception as failure:  # noqa: BLE001 - without Prefect the faxes are taken in all the same
        failures.append(failure)


def _guard_over(server: int) -> subprocess.Popen[bytes]:
    """A small process that ends the server when we are gone: it waits for the end of a pipe that only we hold.

    Prefect ends its server when Python exits; a process that is killed does not come to that.
    """
    return subprocess.Popen(
        ["/bin/sh", "-c", 'read -r _; kill "$0"', str(server)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
