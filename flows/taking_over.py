"""A complete file taken out of the inbox: into the archive, into the books, and only then out of the inbox.

A delivery is known by the file itself (its name, inode, times and bytes): who is killed at any step and comes back
finds the same delivery, which adds nothing. Two watchers exclude each other by a lock on the file. Only an ordinary
file whose every byte is kept is ever removed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from extractors.decode import read_fax_file
from extractors.failures import FaxFileRefused
from flows.desk import Desk
from flows.inbox import Sight, sidecars_of
from flows.receiving import Arrival, NameRefused, check_name, keep_received, refuse, told_of


class Outcome(StrEnum):
    """What became of a file: taken in; seen to be no fax and kept; left where it lies; or not to be had just now.

    STUCK is taken in, but we may not remove it: the books know it and it adds nothing when it is seen again.
    """

    TAKEN = "taken"
    STUCK = "stuck"
    REFUSED = "refused"
    SET_ASIDE = "set aside"
    BUSY = "busy"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class TakenOver:
    outcome: Outcome
    arrival: Arrival | None = None


def take_over(desk: Desk, seen: Sight) -> TakenOver:
    """Takes one complete file over. Raises OSError and database errors: the inbox keeps the file then."""
    try:
        handle = os.open(seen.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return TakenOver(Outcome.GONE)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE, errno.EIO, errno.ESTALE, errno.ENOMEM):
            raise
        return _left_where_it_lies(desk, seen.path)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return _left_where_it_lies(desk, seen.path)
        with _held(handle) as free:
            if not free:
                return TakenOver(Outcome.BUSY)
            if not _is_still(seen):
                return TakenOver(Outcome.GONE if not seen.path.exists() else Outcome.CHANGED)
            return _take(desk, seen)
    finally:
        os.close(handle)


def delivery_of(seen: Sight, content: bytes) -> str:
    """The name of one delivery: the same for the same file, however often it is looked at, and for no other."""
    inode = seen.inode[1]
    facts = [seen.path.name, str(inode), str(seen.modified_ns), str(seen.changed_ns), sha256(content).hexdigest()]
    return f"inbox-{sha256(os.fsencode(chr(0).join(facts))).hexdigest()[:40]}"


def _take(desk: Desk, seen: Sight) -> TakenOver:
    try:
        check_name(seen.path.name)
        content = read_fax_file(seen.path, desk.decode_limits, seen.path.name)
    except FaxFileRefused as refusal:
        arrival = refuse(desk, seen.path, refusal)
        # Only here all of its bytes are kept: an empty file may be one just begun, of a huge one we keep the start.
        if isinstance(refusal, NameRefused) and arrival.fax is not None and _is_still(seen):
            _remove(seen.path)
            return TakenOver(Outcome.REFUSED, arrival)
        return TakenOver(Outcome.SET_ASIDE, arrival)
    told = told_of(seen.path, content, desk)
    if not _is_still(seen):
        return TakenOver(Outcome.CHANGED)
    arrival = keep_received(desk, seen.path, content, told, delivery_id=delivery_of(seen, content))
    # The books hold it now. Should the name belong to another file by now, that one is another delivery.
    try:
        if _is_still(seen):
            _remove(seen.path)
        if told.sidecar is not None and not _is_needed(told.sidecar):
            _remove(told.sidecar)
    except PermissionError:
        return TakenOver(Outcome.STUCK, arrival)
    return TakenOver(Outcome.TAKEN, arrival)


def _left_where_it_lies(desk: Desk, path: Path) -> TakenOver:
    """A link, a folder, a pipe, a file that we may not read: said and kept as far as may be, never removed."""
    try:
        content = read_fax_file(path, desk.decode_limits, path.name)
    except FaxFileRefused as refusal:
        return TakenOver(Outcome.SET_ASIDE, refuse(desk, path, refusal))
    raise AssertionError(f"a file of {len(content)} bytes that could not be opened was read")


def _is_still(seen: Sight) -> bool:
    try:
        return seen.shows(seen.path.lstat())
    except OSError:
        return False


def _is_needed(sidecar: Path) -> bool:
    """Whether another fax beside it has the same sidecar (x.tif and x.pdf with x.json)."""
    stem = sidecar.name.removesuffix(".json")
    with contextlib.suppress(OSError), os.scandir(sidecar.parent) as entries:
        return any(
            entry.name.startswith(stem)
            and entry.name != sidecar.name
            and sidecar in sidecars_of(Path(entry.path))
            and not entry.name.endswith(".json")
            for entry in entries
        )
    return False


def _remove(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _held(handle: int) -> Iterator[bool]:
    """Whether the file is nobody else's, and meanwhile ours: locked against other watchers until it is closed."""
    yield _lock(handle) and not _is_open_for_writing(handle)


def _lock(handle: int) -> bool:
    for take, how in ((fcntl.flock, fcntl.LOCK_EX), (fcntl.lockf, fcntl.LOCK_SH)):
        try:
            take(handle, how | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EAGAIN):
                return False
            # A file system without locks (or NFS, which wants the file open for writing): the rest of the rule decides.
    return True


def _is_open_for_writing(handle: int) -> bool:
    """Whether some process of this machine has the file open for writing, as far as the kernel tells us (a lease).

    The signal that ends a lease is turned into one that nobody minds; without, a writer's open would kill us.
    """
    try:
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    with contextlib.suppress(OSError):
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
