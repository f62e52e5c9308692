"""Which files came into a folder by rename: the kernel's own word (inotify), for a rename is a hand-over (design 5).

watchfiles tells of a renamed file and of one just begun by the same word, "added"; only the event itself tells them
apart. Where there is no inotify (another system, a network file system) nothing is reported, and a file waits until it
has been quiet: later, never too early.
"""

from __future__ import annotations

import ctypes
import os
import struct
from dataclasses import dataclass, field
from pathlib import Path

_IN_MOVED_TO = 0x80
_IN_ONLYDIR = 0x01000000
_EVENT = struct.Struct("iIII")
_BUFFER = 1 << 16

Inode = tuple[int, int]
"""Device and inode number: the file itself, whatever its name."""


@dataclass
class Renames:
    """The files that were renamed into the folders being watched. Not safe from several threads at once."""

    _handle: int = -1
    _folders: dict[int, Path] = field(default_factory=dict)
    _arrived: dict[Path, Inode] = field(default_factory=dict)
    _fresh: set[Path] = field(default_factory=set)

    def watch(self, folder: Path) -> None:
        """Begins to watch a folder; again is harmless (the kernel gives the same descriptor)."""
        libc = _libc()
        if libc is None:
            return
        if self._handle < 0:
            self._handle = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._handle < 0:
            return
        watch = libc.inotify_add_watch(self._handle, os.fsencode(folder), _IN_MOVED_TO | _IN_ONLYDIR)
        if watch >= 0:
            self._folders[watch] = folder

    def handed_over(self, path: Path, inode: Inode) -> bool:
        """Whether this very file came under this name by rename."""
        self._take_note()
        return self._arrived.get(path) == inode

    def forget(self, paths: set[Path]) -> None:
        """Drops what is known of every file but these and those that came since the last time: the rest is gone."""
        kept = paths | self._fresh
        self._arrived = {path: inode for path, inode in self._arrived.items() if path in kept}
        self._fresh.clear()

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        self._folders.clear()

    def _take_note(self) -> None:
        while self._handle >= 0:
            try:
                events = os.read(self._handle, _BUFFER)
            except BlockingIOError:
                return
            for watch, name in _named(events):
                self._note(watch, name)

    def _note(self, watch: int, name: bytes) -> None:
        folder = self._folders.get(watch)
        if folder is None or not name:
            return
        path = folder / os.fsdecode(name)
        try:
            state = path.lstat()
        except OSError:
            return
        self._fresh.add(path)
        self._arrived[path] = (state.st_dev, state.st_ino)


def _named(events: bytes) -> list[tuple[int, bytes]]:
    """(watch, name) of each event in what the kernel wrote; a queue that overflowed shows as one without a name."""
    found = []
    at = 0
    while at + _EVENT.size <= len(events):
        watch, _mask, _cookie, length = _EVENT.unpack_from(events, at)
        at += _EVENT.size
        found.append((watch, events[at : at + length].rstrip(b"\0")))
        at += length
    return found


def _libc() -> ctypes.CDLL | None:
    libc = ctypes.CDLL(None, use_errno=True)
    return libc if hasattr(libc, "inotify_init1") else None
