"""Child processes that read faxes: a crash, a hang or a burst of memory ends one of them and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from core.failures import TenderfaxError
from core.holders import OptionLedger
from core.page_layout import Regrouping
from core.plain import from_plain, to_plain
from core.transmissions import Receipt, Transmission
from flows.desk import Desk
from ledger import grants

CHILD = "flows.reading_child"


class ReaderFailed(TenderfaxError):
    """The reader crashed, hung or took too much memory over one fax. `details` is a traceback without values."""

    def __init__(self, reason: str, details: str = "") -> None:
        self.details = details
        super().__init__(reason)


class ReadersUnusable(TenderfaxError):
    """No fax can be read here: a program, a model or a blank form is missing. No fax is to blame."""


class ReadersStopped(ReadersUnusable):
    """The pool was closed while a fax was being read; the fax is not to blame and waits for the next reader."""


class FaxRefused(TenderfaxError):
    """The reader says that this file is no fax it can read; trying again would say the same."""


@dataclass(frozen=True, slots=True)
class ReadingRequest:
    """What a child needs to read one fax; `path` is the archived file, `regrouping` what a person says of its pages."""

    fax: str
    file: str
    path: Path
    receipt: Receipt
    regrouping: Regrouping | None = None


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    lines: IO[str]
    channel: socket.socket
    crash_log: IO[bytes]
    edition: int
    """Of the option ledger that it reads with."""
    fresh: bool = True
    faxes_read: int = 0

    def kill(self) -> None:
        """Kills the child and whatever it started; whoever waits for its answer hears that it is gone."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()

    def end(self) -> None:
        """Ends the child and whatever it started; safe when it is gone already."""
        self.kill()
        self.process.wait()
        self.channel.close()
        self.crash_log.close()


@dataclass
class ReadingPool:
    """At most `size` children, started when first needed. `seconds` is the most that one fax may take.

    A child has `start_seconds` to load the readers' models. The pages' pictures go to `pictures/FAX/PAGE.png`.
    """

    offer_folder: Path
    pictures: Path
    ledger: OptionLedger
    size: int
    seconds: int
    memory_bytes: int
    start_seconds: int = 120
    module: str = CHILD
    faxes_per_child: int = 500
    """After so many a child is ended and another begun: whatever a library leaks does not grow for weeks."""
    _idle: list[_Child] = field(default_factory=list)
    _busy: list[_Child] = field(default_factory=list)
    _edition: int = 0
    _stopped: threading.Event = field(default_factory=threading.Event)
    _free: asyncio.Semaphore | None = None

    async def read(self, request: ReadingRequest) -> Transmission:
        """Raises FaxRefused for a file that is no readable fax, ReaderFailed when the child did not survive it.

        Raises ReadersUnusable when no fax could be read at all.
        """
        if self._free is None:
            self._free = asyncio.Semaphore(self.size)
        async with self._free:
            return await asyncio.to_thread(self._read, request)

    def warm_up(self) -> None:
        """Starts the children now, so that they load their models while others do something else."""
        while len(self._idle) < self.size:
            self._idle.append(self._start())

    def read_with(self, ledger: OptionLedger) -> None:
        """Another option ledger from the next fax on; what is being read goes on with the one it began with."""
        self.ledger = ledger
        self._edition += 1

    def close(self) -> None:
        """Ends every child, also one that is reading: its fax fails with ReadersStopped."""
        self._stopped.set()
        for child in tuple(self._busy):
            child.kill()
        while self._idle:
            self._idle.pop().end()

    def _read(self, request: ReadingRequest) -> Transmission:
        if self._stopped.is_set():
            raise ReadersStopped("the readers were stopped")
        child = self._child()
        self._busy.append(child)
        try:
            if child.fresh:
                _await_readiness(child, self.start_seconds)
            answer = _ask(child, request, self.seconds)
        except BaseException as failure:
            child.end()
            if self._stopped.is_set() and isinstance(failure, TenderfaxError):
                raise ReadersStopped("the readers were stopped") from failure
            raise
        finally:
            self._busy.remove(child)
        child.faxes_read += 1
        if self._stopped.is_set() or child.faxes_read >= self.faxes_per_child:
            child.end()
        else:
            self._idle.append(child)
        if "unusable" in answer:
            raise ReadersUnusable(answer["unusable"])
        if "refused" in answer:
            raise FaxRefused(answer["refused"])
        if "failed" in answer:
            raise ReaderFailed(answer["failed"], answer["details"])
        return from_plain(Transmission, answer["transmission"])

    def _child(self) -> _Child:
        """An idle child that reads with the ledger in force, else a new one."""
        while self._idle:
            child = self._idle.pop()
            if child.edition == self._edition:
                return child
            child.end()
        return self._start()

    def _start(self) -> _Child:
        ours, theirs = socket.socketpair()
        crash_log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        # One thread each: the pool is what runs in parallel. Faulthandler names the lines of code of a native crash.
        environment = os.environ | {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1", "PYTHONFAULTHANDLER": "1"}
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", self.module, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=crash_log,
                env=environment,
                # Its own session, so that whatever it starts (tesseract, poppler) can be ended with it.
                start_new_session=True,
            )
        lines = ours.makefile("rw", encoding="utf-8", newline="\n")
        child = _Child(process, lines, ours, crash_log, self._edition)
        _send(
            child,
            {
                "offer_folder": str(self.offer_folder),
                "pictures": str(self.pictures),
                "ledger": to_plain(self.ledger),
                "memory_bytes": self.memory_bytes,
            },
        )
        return child


def pool_for(desk: Desk) -> ReadingPool:
    """The pool that the desk's settings ask for, reading with the option ledger in force."""
    with desk.books.reading() as connection:
        ledger = grants.ledger_in_force(connection)
    settings = desk.settings
    return ReadingPool(
        settings.offer_folder,
        settings.pages,
        ledger,
        settings.readers,
        settings.read_seconds,
        settings.read_memory_bytes,
        module=settings.reader,
    )


def _await_readiness(child: _Child, seconds: float) -> None:
    try:
        answer = _answer(child, seconds)
    except ReaderFailed as failure:
        raise ReadersUnusable(f"{failure} before its first fax; is the installation whole?") from failure
    if "unusable" in answer:
        raise ReadersUnusable(answer["unusable"])
    child.fresh = False


def _ask(child: _Child, request: ReadingRequest, seconds: float) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "fax": request.fax,
        "file": request.file,
        "path": str(request.path),
        "receipt": to_plain(request.receipt),
    }
    if request.regrouping is not None:
        asked["regrouping"] = to_plain(request.regrouping)
    _send(child, asked)
    return _answer(child, seconds)


def _answer(child: _Child, seconds: float) -> dict[str, Any]:
    child.channel.settimeout(seconds)
    try:
        line = child.lines.readline()
    except TimeoutError:
        raise ReaderFailed(f"reader took longer than {seconds:.0f} seconds") from None
    except OSError:
        line = ""
    if line.endswith("\n"):
        answer: dict[str, Any] = json.loads(line)
        return answer
    raise ReaderFailed(_cause_of_death(child), _code_lines(child))


def _send(child: _Child, message: dict[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        child.lines.write(json.dumps(message) + "\n")
        child.lines.flush()


def _cause_of_death(child: _Child) -> str:
    status = child.process.wait()
    if status >= 0:
        return f"reader ended with status {status}"
    return f"reader was killed by {signal.Signals(-status).name}"


def _code_lines(child: _Child) -> str:
    """The lines of code that the child was in when it died; only they, since a message may quote the paper."""
    child.crash_log.seek(0)
    text = child.crash_log.read().decode(errors="replace")
    return "\n".join(line for line in text.splitlines() if line.lstrip().startswith(("File ", "Fatal Python error")))
