"""What lies in the inbox, and which of it is complete (design 5); it refuses to know what becomes of a file.

Complete is a fax that was handed over (by rename, or by a sidecar written after it), or that has lain unchanged for the
set time. Whether somebody still holds it open or locked is asked when it is taken (flows.taking_over). Time is counted
on a clock that nobody can set; the files' own times serve only to notice a change.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from flows.receiving import FAX_SUFFIXES, looks_like_a_fax
from flows.renames import Inode, Renames

_UNFINISHED = frozenset(
    {".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".download", ".writing", ".swp"}
)
_SIDECAR_KEYS = frozenset({"job_id", "received_start", "received_at", "destination", "caller_id", "delivery"})
_SIDECAR_BYTES = 64 * 1024


class Kind(StrEnum):
    FAX = "fax"
    SIDECAR = "sidecar"
    UNFINISHED = "unfinished"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Sight:
    """A file as it was seen: the four numbers that change when anybody touches it."""

    path: Path
    inode: Inode
    size: int
    modified_ns: int
    changed_ns: int

    def shows(self, state: os.stat_result) -> bool:
        """Whether `state` is still this very file with the same content."""
        return (self.inode, self.size, self.modified_ns, self.changed_ns) == (
            (state.st_dev, state.st_ino),
            state.st_size,
            state.st_mtime_ns,
            state.st_ctime_ns,
        )


@dataclass(frozen=True, slots=True)
class Look:
    """The inbox at one moment. `ready` and `lone_sidecars` are complete, in order of name (a server's sequence).

    `quiet_in` is in how many seconds the next of the growing ones may be complete, None while nothing grows.
    `waiting_seconds` is how long the oldest fax that lies here has been seen lying.
    """

    ready: tuple[Sight, ...] = ()
    lone_sidecars: tuple[Sight, ...] = ()
    growing: int = 0
    unfinished: int = 0
    others: tuple[Path, ...] = ()
    aside: int = 0
    quiet_in: float | None = None
    waiting_seconds: float = 0.0


@dataclass(slots=True)
class _Watched:
    """What is known of one name: its last look, since when it looks so, and since when it lies there."""

    sight: Sight
    kind: Kind
    since: float
    first_seen: float
    handed_over: bool = False
    aside: bool = False


@dataclass
class Inbox:
    """The inbox looked at again and again. `clock` counts seconds and is never set (time.monotonic)."""

    folder: Path
    quiet_seconds: float
    clock: Callable[[], float]
    renames: Renames = field(default_factory=Renames)
    _known: dict[Path, _Watched] = field(default_factory=dict)
    _unfinished_inodes: set[Inode] = field(default_factory=set)

    def look(self) -> Look:
        """Every file there is, looked at once. Raises OSError when the folder itself cannot be read."""
        now = self.clock()
        seen = {sight.path: self._watched(sight, now) for sight in self._sights()}
        self._unfinished_inodes = {w.sight.inode for w in seen.values() if w.kind is Kind.UNFINISHED}
        self._known = seen
        self.renames.forget(set(seen))
        return self._judged(now)

    def set_aside(self, sight: Sight) -> None:
        """This file stays where it is; it is not looked at again until somebody changes it."""
        if sight.path in self._known:
            self._known[sight.path].aside = True

    def look_anew(self, sight: Sight) -> None:
        """The file changed while it was being taken: its quiet time begins anew."""
        if sight.path in self._known:
            self._known[sight.path].since = self.clock()
            self._known[sight.path].handed_over = False

    def seconds_here(self, sight: Sight) -> float:
        """How long this file has been seen lying here."""
        known = self._known.get(sight.path)
        return self.clock() - known.first_seen if known else 0.0

    def _judged(self, now: float) -> Look:
        faxes = [w for w in self._known.values() if w.kind is Kind.FAX and not w.aside]
        ready: list[_Watched] = []
        growing: list[_Watched] = []
        for watched in faxes:
            (ready if self._is_complete(watched, now) else growing).append(watched)
        partners = {sidecar for path, w in self._known.items() if w.kind is Kind.FAX for sidecar in sidecars_of(path)}
        lone = [
            w
            for path, w in self._known.items()
            if w.kind is Kind.SIDECAR and path not in partners and not w.aside and not self._left(w, now)
        ]
        return Look(
            ready=_by_name(ready),
            lone_sidecars=_by_name(lone),
            growing=len(growing),
            unfinished=sum(w.kind is Kind.UNFINISHED for w in self._known.values()),
            others=tuple(sorted(p for p, w in self._known.items() if w.kind is Kind.OTHER)),
            aside=sum(w.aside for w in self._known.values()),
            quiet_in=min((self._left(w, now) for w in growing), default=None),
            waiting_seconds=max((now - w.first_seen for w in faxes), default=0.0),
        )

    def _is_complete(self, watched: _Watched, now: float) -> bool:
        return watched.handed_over or self._has_sidecar(watched.sight) or not self._left(watched, now)

    def _left(self, watched: _Watched, now: float) -> float:
        """Seconds until the file has been quiet for long enough; 0 when it has."""
        return max(0.0, watched.since + self.quiet_seconds - now)

    def _has_sidecar(self, fax: Sight) -> bool:
        """Whether a whole sidecar came after the fax was last written to: an earlier one hands nothing over."""
        for path in sidecars_of(fax.path):
            watched = self._known.get(path)
            if watched is not None and watched.sight.changed_ns >= fax.modified_ns and stated_in(path) is not None:
                return True
        return False

    def _watched(self, sight: Sight, now: float) -> _Watched:
        known = self._known.get(sight.path)
        if known is not None and known.sight == sight:
            return known
        same_content = (
            known is not None
            and known.sight.inode == sight.inode
            and known.sight.size == sight.size
            and known.sight.modified_ns == sight.modified_ns
        )
        if known is not None and known.sight.inode == sight.inode:
            # Somebody who writes on after the hand-over has not handed over.
            handed_over = known.handed_over and same_content
            first_seen = known.first_seen
        else:
            handed_over = sight.inode in self._unfinished_inodes or self.renames.handed_over(sight.path, sight.inode)
            first_seen = now
        return _Watched(sight, _kind_of(sight.path), now, first_seen, handed_over)

    def _sights(self) -> Iterator[Sight]:
        folders = [self.folder]
        while folders:
            folder = folders.pop()
            # Before it is read: a file that is renamed in between is then reported, or seen, or both.
            self.renames.watch(folder)
            try:
                entries = list(os.scandir(folder))
            except OSError:
                if folder == self.folder:
                    raise
                continue
            for entry in entries:
                path = Path(entry.path)
                if entry.is_dir(follow_symlinks=False) and path.suffix.lower() not in FAX_SUFFIXES:
                    if not entry.name.startswith("."):
                        folders.append(path)
                    continue
                try:
                    state = entry.stat(follow_symlinks=False)
                except OSError:
                    continue  # gone since the folder was read
                yield sight_of(path, state)


def sight_of(path: Path, state: os.stat_result) -> Sight:
    return Sight(path, (state.st_dev, state.st_ino), state.st_size, state.st_mtime_ns, state.st_ctime_ns)


def sidecars_of(fax: Path) -> tuple[Path, Path]:
    """The two names that a fax's sidecar may have (design 3.7), the longer one first."""
    return fax.with_name(fax.name + ".json"), fax.with_suffix(".json")


def stated_in(sidecar: Path) -> Mapping[str, Any] | None:
    """What a sidecar says; None while it is not a whole JSON object that speaks of a receipt."""
    try:
        handle = os.open(sidecar, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            stated = json.loads(file.read(_SIDECAR_BYTES))
    except (OSError, ValueError):
        return None
    return stated if isinstance(stated, dict) and _SIDECAR_KEYS & stated.keys() else None


def _kind_of(path: Path) -> Kind:
    name = path.name
    if (name.startswith(".") and not name.startswith("..")) or name.endswith("~"):
        return Kind.UNFINISHED
    if path.suffix.lower() in _UNFINISHED:
        return Kind.UNFINISHED
    if path.suffix.lower() == ".json":
        return Kind.SIDECAR
    return Kind.FAX if looks_like_a_fax(path) else Kind.OTHER


def _by_name(watched: list[_Watched]) -> tuple[Sight, ...]:
    return tuple(sorted((w.sight for w in watched), key=lambda sight: str(sight.path)))
