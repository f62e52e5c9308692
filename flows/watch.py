"""`tenderfax watch` and the flow `watch`: one watcher of one inbox, begun, run and ended as its user expects.

The loop runs beside the main thread: Prefect would take the signals of the main thread for its own, and whoever stops a
watcher wants the fax in hand finished, not thrown into the air.
"""

from __future__ import annotations

import asyncio
import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

from sqlalchemy.exc import OperationalError

from core.failures import TenderfaxError
from flows.attempts import this_owner
from flows.desk import Desk, open_desk
from flows.endpoint import DEFAULT_ADDRESS, Endpoint, EndpointTaken
from flows.figures import Figures
from flows.logbook import Logbook, open_logbook
from flows.prefect_server import PrefectServer
from flows.settings import BadSetting, Settings
from flows.trouble import Trouble
from flows.watcher import Watcher
from ledger.books import BooksNotReady

_THREADS = 16
"""Beside two for each reader: receiving, measuring, asking Prefect, the heartbeat."""


_M_ARENA_MAX = -8
"""mallopt's own number (malloc.h)."""


class NotDrained(TenderfaxError):
    """`watch --once` ended before everything was done; what it did not do is kept and waits."""


def watch_inbox(settings: Settings, *, once: bool) -> None:
    """Watches until SIGTERM or SIGINT, or with `once` until the inbox is drained. Raises NotDrained, BooksNotReady."""
    _share_one_heap()
    log = open_logbook(part="watch", owner=this_owner().rpartition(":")[0])
    running = _Running(settings, log, once)
    with _signals(running.ask_to_stop):
        running.thread.start()
        while running.thread.is_alive():
            running.thread.join(0.5)
    if running.failure is not None:
        raise running.failure
    if once and running.left:
        raise NotDrained(f"{running.left}; it is kept, run the same command again")


def _require_inbox(settings: Settings) -> None:
    """Makes the workspace's own inbox; another one must be there: to make it would hide that it is not mounted."""
    if settings.inbox_folder is None:
        settings.inbox.mkdir(parents=True, exist_ok=True)
    elif not settings.inbox.is_dir():
        raise BadSetting(f"inbox {settings.inbox} is no folder; make or mount it, or name another with --inbox")


def _share_one_heap() -> None:
    """Lets all threads allocate from one heap, where the C library can be told so (glibc).

    Each thread's own heap keeps what it once took: over 600 small faxes a watcher grew by 58 KB each, with one heap by
    22, of which 16 are the judged books (docs/benchmarks.md). Python's threads take turns anyhow.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_M_ARENA_MAX, 1)


class _Running:
    """The watcher's thread, and how it ended."""

    def __init__(self, settings: Settings, log: Logbook, once: bool) -> None:
        self.settings, self.log, self.once = settings, log, once
        self.thread = threading.Thread(target=self._run, name="watcher")
        self.failure: BaseException | None = None
        self.left = ""
        self._stopping = threading.Event()
        self._watcher: Watcher | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        """The first signal lets what is being read be finished, the second gives it back at once."""
        again = self._stopping.is_set()
        self._stopping.set()
        watcher, loop = self._watcher, self._loop
        if watcher is None or loop is None or loop.is_closed():
            return
        loop.call_soon_threadsafe(watcher.stop.set)
        if again:
            loop.call_soon_threadsafe(watcher.hurry.set)

    def _run(self) -> None:
        try:
            asyncio.run(self._watch())
        except BaseException as failure:  # noqa: BLE001 - raised again in the main thread
            self.failure = failure

    async def _watch(self) -> None:
        # Python's own few threads could all wait for a database that hangs, and the heartbeat behind them.
        threads = 2 * self.settings.readers + _THREADS
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(threads, "work"))
        desk = await self._desk()
        if desk is None:
            return
        _require_inbox(self.settings)
        prefect = PrefectServer(self.settings.workspace, self.log) if self.settings.prefect else None
        figures = Figures()
        watcher = Watcher(desk, self.log, figures, prefect, once=self.once)
        self._watcher, self._loop = watcher, asyncio.get_running_loop()
        if self._stopping.is_set():
            return
        endpoint = self._endpoint(figures)
        watcher.heartbeat.endpoint = endpoint.url if endpoint else None
        self.log.info("watching", once=self.once, endpoint=watcher.heartbeat.endpoint)
        try:
            await watcher.run()
        finally:
            if endpoint is not None:
                endpoint.close()
            desk.books.close()
            self.log.info("ended", unfinished=len(watcher.unfinished))
        if watcher.gave_up:
            self.left = f"the work was held up ({watcher.gave_up})"
        elif watcher.unfinished:
            self.left = f"{len(watcher.unfinished)} faxes or files were not finished"

    def _endpoint(self, figures: Figures) -> Endpoint | None:
        """/healthz and /metrics; a second watcher on this machine does without, unless it was given its own address."""
        if self.once or self.settings.endpoint == "off":
            return None
        endpoint = Endpoint(self.settings.endpoint or DEFAULT_ADDRESS, figures)
        try:
            endpoint.start()
        except EndpointTaken:
            if self.settings.endpoint:
                raise
            self.log.warning("no_endpoint", address=DEFAULT_ADDRESS)
            return None
        return endpoint

    async def _desk(self) -> Desk | None:
        """The desk; a database that does not answer yet is waited for, one that was never made is not."""
        trouble, began, stop = Trouble("opening the books", self.log), time.monotonic(), asyncio.Event()
        while not self._stopping.is_set():
            try:
                desk = await asyncio.to_thread(open_desk, self.settings)
            except BooksNotReady as failure:
                too_long = self.once and time.monotonic() - began > self.settings.rescan_seconds
                if not isinstance(failure.__cause__, OperationalError) or too_long:
                    raise
                trouble.begins(failure.__cause__)
                await trouble.pause(stop)
                continue
            trouble.is_over()
            return desk
        return None


class _signals:  # noqa: N801 - a context manager, used as a word
    """SIGTERM and SIGINT answered by `then` while the block runs; elsewhere than in the main thread nothing changes."""

    def __init__(self, then: Callable[[int, FrameType | None], None]) -> None:
        self._then, self._before = then, {}  # type: ignore[var-annotated]

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._before = {n: signal.signal(n, self._then) for n in (signal.SIGTERM, signal.SIGINT)}

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        sys.stderr.flush()
