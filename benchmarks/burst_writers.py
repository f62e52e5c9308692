"""Fax servers that write slowly: 32 KB every 18 and 27 seconds, with pauses between the pages (design 5).

Each writes in another manner. Where nothing but time tells that it goes on, no pause is longer than the set time, and
a fax that the busy machine delayed beyond it is left out: the rule made no promise about that one.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.small_faxes import House

_BURST = 32 * 1024
_PAGES, _BURSTS_A_PAGE = 3, 2
_SHORT_PAUSE, _LONG_PAUSE = 36.0, 90.0
"""Seconds between two pages: within the set time of 45, and twice beyond it."""
_SET_TIME = 45.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How a server writes. `tells` says that the file itself shows it is not done, however long the pause."""

    name: str
    tells: bool
    reopens: bool = False
    lock: Callable[[int, int], None] | None = None
    hidden: bool = False
    sidecar: bool = False


MANNERS = (
    Manner("reopened for each burst", tells=False, reopens=True),
    Manner("kept open", tells=True),
    Manner("locked by flock", tells=True, lock=fcntl.flock),
    Manner("locked by lockf", tells=True, lock=fcntl.lockf),
    Manner("renamed when whole", tells=True, reopens=True, hidden=True),
    Manner("handed over by a sidecar", tells=False, reopens=True, sidecar=True),
)


@dataclass
class _Writer:
    """One fax on its way. `longest_gap` is the longest time between two bursts, in seconds as measured."""

    house: House
    number: int
    manner: Manner
    scale: float
    longest_gap: float = 0.0
    content: bytes = field(init=False)

    def __post_init__(self) -> None:
        start = self.house.small_fax(self.number)
        self.content = start + b" " * (_BURST * _PAGES * _BURSTS_A_PAGE - len(start))

    @property
    def name(self) -> str:
        return f"fax{self.number:06}.tif"

    def write(self) -> None:
        path = self.house.inbox / (f"{self.name}.part" if self.manner.hidden else self.name)
        wrote_at = time.monotonic()
        handle = self._open(path)
        for burst in range(_PAGES * _BURSTS_A_PAGE):
            if burst:
                time.sleep(self._pause_before(burst))
                if self.manner.reopens:
                    handle = self._open(path)
            os.write(handle, self.content[burst * _BURST : (burst + 1) * _BURST])
            self.longest_gap = max(self.longest_gap, time.monotonic() - wrote_at)
            wrote_at = time.monotonic()
            if self.manner.reopens:
                os.close(handle)
        if not self.manner.reopens:
            os.close(handle)
        if self.manner.hidden:
            path.rename(self.house.inbox / self.name)
        if self.manner.sidecar:
            self.house.hand_over(f"{self.name}.json", b'{"job_id": "%d"}' % self.number)

    def _open(self, path: Path) -> int:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
        if self.manner.lock is not None:
            self.manner.lock(handle, fcntl.LOCK_EX)
        return handle

    def _pause_before(self, burst: int) -> float:
        if burst % _BURSTS_A_PAGE == 0:
            return (_LONG_PAUSE if self.manner.tells else _SHORT_PAUSE) / self.scale
        return (18.0 if burst % 4 == 1 else 27.0) / self.scale


def write_in_bursts(house: House, count: int, scale: float) -> tuple[int, frozenset[str]]:
    """Writes `count` faxes at once, each a little later; how many held to the plan, and the names of those left out.

    The others are noted as sent, with the bytes that they have when they are whole.
    """
    writers = [_Writer(house, number, MANNERS[number % len(MANNERS)], scale) for number in range(count)]
    threads = [threading.Thread(target=writer.write) for writer in writers]
    for thread in threads:
        thread.start()
        time.sleep(20.0 / scale / count)
    for thread in threads:
        thread.join()
    late = {w.name for w in writers if not w.manner.tells and w.longest_gap > 0.95 * _SET_TIME / scale}
    for writer in writers:
        if writer.name not in late:
            house.note(writer.name, writer.content, None)
    return count - len(late), frozenset(late)
