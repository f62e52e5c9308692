"""The archive as it lies there: every file found, hashed and its pages counted; files proven before are not read again.

It refuses to know what a page shows.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from extractors.failures import FaxFileRefused
from extractors.tiff_header import is_tiff, read_tiff_headers
from ledger.archive import suffix_of
from validators.reconciliation.facts import FileState

_MOST_PAGES, _MOST_PIXELS = 10_000, 2**40
"""No limit in practice: intake refused what was too large; here every page counts."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells cheaply that a file was not written since: its size in bytes, its time in nanoseconds, its inode."""

    size: int
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class Found:
    """One file of the archive: `name` relative to it."""

    name: str
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Proven:
    """A file that was hashed, with what it was then."""

    state: FileState
    stamp: Stamp


def files_in(archive: Path) -> Mapping[str, Found]:
    """Every file of the archive by its stem, which is its hash; half-written ones are left out."""
    return {Path(found.name).stem: found for found in _walk(archive)}


def prove(
    archive: Path, sha256: str, name: str, found: Found | None, before: Proven | None = None
) -> tuple[FileState, Proven | None]:
    """The state of one file; one that was proven `before` and has its stamp still is not read again."""
    if found is None:
        return FileState(name, exists=False, unchanged=False), None
    if before is not None and before.stamp == found.stamp and before.state.unchanged:
        return before.state, before
    try:
        content = (archive / found.name).read_bytes()
    except OSError:
        return FileState(found.name, exists=False, unchanged=False), None
    if hashlib.sha256(content).hexdigest() != sha256:
        return FileState(found.name, exists=True, unchanged=False), None
    pages, problem = _pages_of(content)
    state = FileState(found.name, exists=True, unchanged=True, pages=pages, problem=problem)
    return state, Proven(state, found.stamp)


def _pages_of(content: bytes) -> tuple[int | None, str]:
    try:
        if is_tiff(content[:4]):
            return len(read_tiff_headers(content, _MOST_PAGES, _MOST_PIXELS)), ""
        if suffix_of(content[:16]) == ".pdf":
            return len(PdfReader(io.BytesIO(content)).pages), ""
    except (FaxFileRefused, PyPdfError, ValueError, KeyError, RecursionError) as error:
        return None, f"its headers cannot be read ({type(error).__name__})"
    return 1, ""


def _walk(archive: Path) -> Iterator[Found]:
    if not archive.is_dir():
        return
    with os.scandir(archive) as folders:
        for folder in folders:
            if folder.name.startswith("."):
                continue
            if not folder.is_dir(follow_symlinks=False):
                yield _found(folder, folder.name)
                continue
            with os.scandir(folder.path) as files:
                for file in files:
                    if not file.name.startswith("."):
                        yield _found(file, f"{folder.name}/{file.name}")


def _found(entry: os.DirEntry[str], name: str) -> Found:
    state = entry.stat(follow_symlinks=False)
    return Found(name, Stamp(state.st_size, state.st_mtime_ns, state.st_ino))
