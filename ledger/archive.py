"""The files we keep: faxes and ledger files under the hash of their bytes, and the quarantine for what cannot be read.

No name that a sender chose ever becomes a path here. A file is written beside its place, flushed to the disk and
renamed; then its folder is flushed: after a power cut it is there whole or not at all.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from core.failures import TenderfaxError

_CHUNK = 1 << 20
_PARTIAL = ".partial-"
_SUFFIXES = (
    (b"II*\0", ".tif"),
    (b"MM\0*", ".tif"),
    (b"II+\0", ".tif"),
    (b"MM\0+", ".tif"),
    (b"%PDF-", ".pdf"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"GIF8", ".gif"),
    (b"BM", ".bmp"),
)


class FileTooLarge(TenderfaxError):
    """A file above the size that one fax may have."""


class ArchiveDamaged(TenderfaxError):
    """An archived file is gone or no longer has the bytes that its name says."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as kept: `name` is relative to the archive or quarantine folder, `size` in bytes."""

    sha256: str
    size: int
    name: str
    new: bool


def suffix_of(first_bytes: bytes) -> str:
    """The suffix that the content says (".tif", ".pdf", an image's), ".bin" when it says nothing we know."""
    for magic, suffix in _SUFFIXES:
        if first_bytes.startswith(magic):
            return suffix
    return ".bin"


def keep(archive: Path, source: BinaryIO, *, size_limit: int, suffix: str | None = None) -> Kept:
    """Copies a stream into the archive under its hash; the bytes hashed are the bytes kept.

    Raises FileTooLarge above `size_limit` bytes; OSError when the disk does not take it. Twice is once.
    """
    archive.mkdir(parents=True, exist_ok=True)
    digest, size, first = hashlib.sha256(), 0, b""
    descriptor, partial = tempfile.mkstemp(prefix=_PARTIAL, dir=archive)
    try:
        with os.fdopen(descriptor, "wb") as copy:
            while chunk := source.read(_CHUNK):
                first = first or chunk[:16]
                size += len(chunk)
                if size > size_limit:
                    raise FileTooLarge(f"file is larger than {size_limit // 2**20} MB; no fax is; look at it by hand")
                digest.update(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
        name = _name_of(digest.hexdigest(), suffix or suffix_of(first))
        new = _settle(Path(partial), archive / name)
    finally:
        Path(partial).unlink(missing_ok=True)
    return Kept(digest.hexdigest(), size, name, new)


def open_kept(archive: Path, name: str, sha256: str) -> bytes:
    """The bytes of an archived file, checked against its hash; raises ArchiveDamaged."""
    try:
        content = (archive / name).read_bytes()
    except OSError as error:
        raise ArchiveDamaged(f"archive file {name} cannot be read ({error.strerror}); restore a backup") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ArchiveDamaged(f"archive file {name} does not have its hash's bytes; restore it from a backup")
    return content


def quarantine(folder: Path, *, sha256: str, content: Path | bytes, suffix: str, reason: str) -> str:
    """Keeps a file that cannot be read beside `HASH.reason.txt`, which says why; returns the file's name.

    `content` is a file to copy or the bytes themselves (for what is no file: a link, a folder).
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{sha256}{suffix}"
    _write(folder / name, content.read_bytes() if isinstance(content, Path) else content)
    _write(folder / f"{sha256}.reason.txt", reason.rstrip("\n").encode() + b"\n")
    return name


def sweep(folder: Path, *, before: datetime) -> int:
    """Removes what writers that were killed left half written before that moment; how many files it was.

    Whoever is writing touches his file all the while: an hour ago is nobody's any more.
    """
    left = [path for path in folder.glob(f"{_PARTIAL}*") if path.stat().st_mtime < before.timestamp()]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def _name_of(sha256: str, suffix: str) -> str:
    return f"{sha256[:2]}/{sha256}{suffix}"


def _settle(partial: Path, place: Path) -> bool:
    """Renames into place; False when the same bytes lay there already."""
    place.parent.mkdir(parents=True, exist_ok=True)
    new = not place.exists()
    partial.chmod(0o640)
    partial.replace(place)
    _flush_folder(place.parent)
    _flush_folder(place.parent.parent)
    return new


def _write(place: Path, content: bytes) -> None:
    descriptor, partial = tempfile.mkstemp(prefix=_PARTIAL, dir=place.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(partial).replace(place)
        _flush_folder(place.parent)
    finally:
        Path(partial).unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
