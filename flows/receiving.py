"""Takes one file in: its bytes, the facts of its receipt, its place in archive or quarantine (design 3.7)."""

from __future__ import annotations

import json
import os
import stat
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from core.events import EventKind, FaxArchived, FaxQuarantined, FaxReceived, NewEvent
from core.failures import TenderfaxError
from core.transmissions import Receipt
from extractors.decode import read_fax_file
from extractors.failures import (
    EmptyFile,
    FaxFileRefused,
    FolderInstead,
    SpecialFileRefused,
    SymbolicLinkRefused,
    shown_name,
)
from extractors.limits import DecodeLimits
from extractors.receipts import receipt_from_sidecar, receipt_from_tiff
from extractors.tiff_header import is_tiff, read_tiff_headers
from flows.desk import MACHINE, Desk
from ledger import archive, claims, journal

FAX_SUFFIXES = frozenset({".tif", ".tiff", ".pdf", ".png", ".jpg", ".jpeg", ".bmp", ".gif"})
_SIDECAR_BYTES = 64 * 1024


class NameRefused(FaxFileRefused):
    """A name with a line break or another control character, or one that climbs out of its folder."""


class SidecarUnreadable(TenderfaxError):
    """A sidecar that does not say what design 3.7 lets it say; the fax is taken in without it."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One file as received. `fax` is None when not even its bytes could be kept; `error` is for a person."""

    path: Path
    file: str
    fax: str | None
    error: str | None = None
    warning: str | None = None
    new_fax: bool = True
    new_delivery: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of a receipt: by a sidecar (its path and bytes, also of one that cannot be read), or by tags."""

    receipt: Receipt
    warning: str | None = None
    sidecar: Path | None = None
    sidecar_bytes: bytes | None = None


def fax_files(paths: list[Path]) -> tuple[list[Path], list[Path]]:
    """The files to take in, and those found in folders that are neither faxes nor sidecars; folders sorted by name.

    A folder whose name ends like a fax's is not opened, nor is a link followed: both are refused later, by name.
    """
    taken: list[Path] = []
    passed_over: list[Path] = []
    for path in paths:
        if path.is_dir() and not path.is_symlink() and path.suffix.lower() not in FAX_SUFFIXES:
            for found in _entries(path):
                if found.suffix.lower() == ".json":
                    continue
                (taken if looks_like_a_fax(found) else passed_over).append(found)
        else:
            taken.append(path)
    return taken, passed_over


def receive(desk: Desk, path: Path, *, delivery_id: str | None = None) -> Arrival:
    """Puts one file into the archive, notes its receipt and opens its claim; never raises for what is wrong with it.

    A `delivery_id` seen before is the same delivery again (a worker was killed between two steps) and adds nothing.
    """
    try:
        check_name(path.name)
        content = read_fax_file(path, desk.decode_limits, path.name)
    except FaxFileRefused as refusal:
        return refuse(desk, path, refusal)
    return keep_received(desk, path, content, told_of(path, content, desk), delivery_id=delivery_id or uuid.uuid4().hex)


def keep_received(desk: Desk, path: Path, content: bytes, told: Told, *, delivery_id: str) -> Arrival:
    """Keeps one fax's bytes and those of its sidecar, notes the delivery and opens the claim; what is new of it.

    When it returns, the disk and the books hold them. Raises OSError and database errors: then nothing is noted.
    """
    file = shown(path)
    kept = archive.keep(desk.settings.archive, BytesIO(content), size_limit=desk.decode_limits.max_file_bytes)
    fax = claims.KeptFax(kept.sha256, kept.size, kept.name)
    sidecar = keep_sidecar(desk, told.sidecar_bytes) if told.sidecar_bytes is not None else None
    now = desk.now()
    with desk.books.writing() as connection:
        new_fax, new_delivery = claims.register(
            connection, fax, delivery_id=delivery_id, file=file, receipt=told.receipt, noted_at=now
        )
        events: list[NewEvent] = []
        if new_fax:
            events.append(NewEvent(now, MACHINE, FaxArchived(fax.fax, fax.size, fax.archived_name)))
        if new_delivery:
            events.append(NewEvent(now, MACHINE, FaxReceived(fax.fax, file, delivery_id, told.receipt, sidecar)))
        journal.append(connection, events)
    return Arrival(path, file, fax.fax, warning=told.warning, new_fax=new_fax, new_delivery=new_delivery)


def told_of(path: Path, content: bytes, desk: Desk) -> Told:
    """What a sidecar, else the fax server's TIFF tags, say of the receipt; and a warning about a bad sidecar."""
    warning, bad, bad_bytes = None, None, None
    for sidecar in (path.with_name(path.name + ".json"), path.with_suffix(".json")):
        read: bytes | None = None
        try:
            if (read := _sidecar_bytes(sidecar)) is not None:
                receipt = receipt_stated(read, sidecar.name, desk.offer.terms.fax_number)
                return Told(receipt, sidecar=sidecar, sidecar_bytes=read)
        except SidecarUnreadable as error:
            warning = str(error)
            if read is not None and len(read) <= _SIDECAR_BYTES:
                bad, bad_bytes = sidecar, read
    tags = _receipt_of_tags(content, desk.decode_limits)
    return Told(tags or Receipt(), warning, sidecar=bad, sidecar_bytes=bad_bytes)


def receipt_of(path: Path, content: bytes, desk: Desk) -> tuple[Receipt, str | None]:
    """The receipt alone, and the warning."""
    told = told_of(path, content, desk)
    return told.receipt, told.warning


def receipt_stated(content: bytes, name: str, fax_number: str) -> Receipt:
    """The receipt that a sidecar's bytes state; raises SidecarUnreadable."""
    try:
        stated = json.loads(content) if len(content) <= _SIDECAR_BYTES else None
    except ValueError:
        stated = None
    if not isinstance(stated, dict):
        raise SidecarUnreadable(f"{_printed(name)}: is no JSON object; receipt unknown, correct it and repeat")
    _check_times(stated, name)
    return receipt_from_sidecar(stated, fax_number)


def keep_sidecar(desk: Desk, content: bytes) -> str:
    """Puts a sidecar's bytes into the archive, as what the fax server said; returns their hash."""
    kept = archive.keep(desk.settings.archive, BytesIO(content), size_limit=2 * _SIDECAR_BYTES, suffix=".json")
    return kept.sha256


def _entries(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.is_dir() and not entry.is_symlink() and entry.suffix.lower() not in FAX_SUFFIXES:
            yield from _entries(entry)
        else:
            yield entry


def looks_like_a_fax(path: Path) -> bool:
    """By its suffix, or else by its first bytes: a fax server's files need not have a suffix.

    A hidden file is one that somebody is still writing (rsync, scp), unless its name only begins like one.
    """
    if path.name.startswith(".") and not path.name.startswith(".."):
        return False
    if path.suffix.lower() in FAX_SUFFIXES:
        return True
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        with path.open("rb") as file:
            return archive.suffix_of(file.read(16)) != ".bin"
    except OSError:
        return False


def check_name(name: str) -> None:
    if any(ord(c) < 32 or ord(c) == 127 for c in name):
        raise NameRefused("its name holds a line break or another control character", name)
    if ".." in name.replace("\\", "/").split("/") or "\\" in name:
        raise NameRefused("its name climbs out of its folder", name)


def shown(path: Path) -> str:
    """A path's last name, fit to be printed on one line."""
    return _printed(path.name)


def _printed(name: str) -> str:
    """The name itself where it can be printed, else escaped."""
    return name if name.isprintable() else shown_name(name)


def refuse(desk: Desk, path: Path, refusal: FaxFileRefused) -> Arrival:
    """Keeps what there is to keep in quarantine and journals it; the original stays where it lies."""
    file = shown(path)
    kept = _remains(path, refusal, desk.decode_limits)
    if kept is None:
        return Arrival(path, file, None, error=str(refusal))
    content, suffix = kept
    fax = sha256(content).hexdigest()
    put_in_quarantine(desk, fax, file=file, content=content, suffix=suffix, reason=str(refusal), attempts=0)
    return Arrival(path, file, fax, error=str(refusal))


def put_in_quarantine(
    desk: Desk, fax: str, *, file: str, content: bytes | Path, suffix: str, reason: str, attempts: int
) -> None:
    """Keeps the file beside its reason and journals both; for files that never had a claim. Again adds nothing."""
    archive.quarantine(desk.settings.quarantine, sha256=fax, content=content, suffix=suffix, reason=reason)
    with desk.books.writing() as connection:
        known = [event.body() for event in journal.read(connection, kinds=[EventKind.FAX_QUARANTINED], subject=fax)]
        if any(isinstance(body, FaxQuarantined) and body.file == file for body in known):
            return
        journal.append(connection, [NewEvent(desk.now(), MACHINE, FaxQuarantined(fax, file, reason, attempts))])


def _remains(path: Path, refusal: FaxFileRefused, limits: DecodeLimits) -> tuple[bytes, str] | None:
    """The bytes to keep of a refused file, with their suffix; None when there is nothing that we may read."""
    try:
        match refusal:
            case SymbolicLinkRefused():
                return f"{_printed(path.name)} -> {path.readlink()}\n".encode(errors="backslashreplace"), ".link"
            case FolderInstead():
                names = sorted(_printed(entry.name) for entry in path.iterdir())[:1000]
                return "\n".join([_printed(path.name) + "/", *names, ""]).encode(errors="backslashreplace"), ".folder"
            case SpecialFileRefused():
                return f"{_printed(path.name)}: no ordinary file\n".encode(errors="backslashreplace"), ".special"
            case EmptyFile():
                return b"", ".empty"
            case NameRefused():
                content = read_fax_file(path, limits, path.name)
                return content, archive.suffix_of(content[:16])
            case _:
                return _too_large(path)
    except (OSError, FaxFileRefused):
        return None


def _too_large(path: Path) -> tuple[bytes, str] | None:
    """A file above the limit is kept by its first megabyte and its size: nobody may fill our disk."""
    if not stat.S_ISREG(path.lstat().st_mode):
        return None
    with path.open("rb") as file:
        return file.read(2**20), ".cut"


def _sidecar_bytes(path: Path) -> bytes | None:
    """The bytes of a sidecar, up to one more than it may have; None where there is none. Raises SidecarUnreadable."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SidecarUnreadable(f"{_printed(path.name)}: cannot be read ({error.strerror}); receipt unknown") from error
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise SidecarUnreadable(f"{_printed(path.name)}: is no ordinary file; receipt unknown")
        return file.read(_SIDECAR_BYTES + 1)


def _check_times(stated: Mapping[str, Any], name: str) -> None:
    """A time that cannot be read must not be guessed at; a bare date would be taken for its midnight."""
    for key in ("received_start", "received_at"):
        value = stated.get(key)
        if value is None:
            continue
        try:
            if not isinstance(value, str) or len(value) <= len("2003-07-24"):
                raise ValueError
            datetime.fromisoformat(value)
        except ValueError:
            raise SidecarUnreadable(f"{_printed(name)}: {key} {value!r} is no ISO 8601 time; receipt unknown") from None


def _receipt_of_tags(content: bytes, limits: DecodeLimits) -> Receipt | None:
    if not is_tiff(content[:4]):
        return None
    try:
        return receipt_from_tiff([p.tags for p in read_tiff_headers(content, limits.max_pages, limits.max_pixels)])
    except FaxFileRefused:
        return None
