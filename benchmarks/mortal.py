"""The real program, ended or refused at one chosen step: `python -m benchmarks.mortal PLAN tenderfax-arguments...`.

A step is whatever the program does to the outside: a file of the workspace opened for writing, renamed or removed, a
statement that writes to the books, a commit. The plan is a JSON object: `kill_at` N ends the process by SIGKILL just
before its Nth step; `full_from` N refuses, as a full disk does, every file written from the Nth step on, until the file
named by `until` is gone. `steps` names a file to which each step's name is written. Nothing in the program knows.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_OPENED_BY_SQLITE = (".sqlite", "-wal", "-shm", "-journal")


@dataclass
class Fate:
    """Counts the steps of this process, and strikes at the one that was planned."""

    workspace: str
    kill_at: int = 0
    full_from: int = 0
    until: str = ""
    steps: str = ""
    _count: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _log: int = -1

    def begin(self) -> None:
        if self.steps:
            self._log = os.open(self.steps, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        sys.addaudithook(self._heard)
        event.listen(Engine, "before_cursor_execute", self._statement)
        event.listen(Engine, "commit", lambda _connection: self._step("commit", is_file=False))

    def _heard(self, name: str, facts: tuple[Any, ...]) -> None:
        match name:
            case "open" if isinstance(facts[2], int) and facts[2] & _WRITES:
                self._touched("write", facts[0])
            case "os.rename":
                self._touched("rename", facts[1])
            case "os.remove":
                self._touched("remove", facts[0])
            case "os.mkdir":
                self._touched("make folder", facts[0])
            case _:
                pass

    def _touched(self, what: str, path: object) -> None:
        text = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
        if text.startswith(self.workspace) and not text.endswith(_OPENED_BY_SQLITE) and "/prefect/" not in text:
            place = Path(text[len(self.workspace) :].lstrip("/")).parts
            self._step(f"{what} {place[0] if place else ''}", is_file=what != "remove")

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        verb, *rest = statement.split(maxsplit=3)
        if verb in ("INSERT", "UPDATE", "DELETE"):
            self._step(f"{verb} {rest[1] if verb == 'INSERT' else rest[0]}", is_file=False)

    def _step(self, name: str, *, is_file: bool) -> None:
        with self._lock:
            self._count += 1
            dies = self._count == self.kill_at
            if self._log >= 0 and (dies or not self.kill_at):
                os.write(self._log, f"{name}\n".encode())
            if dies:
                os.kill(os.getpid(), signal.SIGKILL)
            if is_file and 0 < self.full_from <= self._count and os.access(self.until, os.F_OK):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def main() -> None:
    plan = json.loads(sys.argv[1])
    Fate(**plan).begin()
    sys.argv = ["tenderfax", *sys.argv[2:]]
    from flows.__main__ import main as tenderfax

    tenderfax()


if __name__ == "__main__":
    main()
