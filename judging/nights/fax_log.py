"""The fax server's own log and the log of its clock, read from CSV files; they refuse to be guessed at.

A line that cannot be read makes the whole log unreliable: a call that nobody can read might be somebody's form.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from core.standing import read_in_zone
from validators.reconciliation.facts import Call, ClockCheck, FaxLog

_COLUMNS = ("job_id", "received_start", "received_at", "pages", "caller_id", "destination", "status", "file")
_CLOCK_COLUMNS = ("server_at", "reference_at")
_COMPLETE = frozenset({"", "ok", "complete", "completed", "done", "received", "success", "successful"})
"""What fax servers write of a call that came through, in any letter case; whatever else they write is a failure."""
_MOST_BYTES = 64 * 2**20
T = TypeVar("T")


class _Unreadable(ValueError):
    """A file, or a line of it, that does not say what it should."""


def read_fax_log(path: Path, as_of: datetime, zone: ZoneInfo) -> FaxLog | None:
    """The calls up to `as_of`, in the order of the log; None without a log. A time without an offset is in `zone`."""
    if not path.exists():
        return None
    try:
        calls = tuple(_rows(path, _COLUMNS, _call))
        if doubled := _first_repeated(call.job_id for call in calls):
            raise _Unreadable(f"{path.name}: job {doubled} stands there twice")
    except _Unreadable as unreadable:
        return FaxLog(problem=str(unreadable))
    return FaxLog(tuple(call for call in calls if _is_by(call.received_at or call.received_start, as_of, zone)))


def read_clock_log(path: Path, as_of: datetime, zone: ZoneInfo) -> tuple[tuple[ClockCheck, ...], str]:
    """The clock checks up to `as_of`, and why they cannot be relied on, "" where they can."""
    if not path.exists():
        return (), ""
    try:
        checks = tuple(_rows(path, _CLOCK_COLUMNS, _clock_check))
    except _Unreadable as unreadable:
        return (), str(unreadable)
    return tuple(check for check in checks if _is_by(check.reference_at, as_of, zone)), ""


def _rows(path: Path, columns: tuple[str, ...], read: Callable[[dict[str, str]], T]) -> Iterator[T]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _Unreadable(f"{path.name}: is larger than {_MOST_BYTES // 2**20} MB")
        reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")), strict=True)
        if missing := [column for column in columns if column not in (reader.fieldnames or ())]:
            raise _Unreadable(f"{path.name}, line 1: lacks the column {missing[0]}")
        for row in reader:
            try:
                yield read({column: (row[column] or "").strip() for column in columns})
            except ValueError as error:
                raise _Unreadable(f"{path.name}, line {reader.line_num}: {error}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _Unreadable(f"{path.name}: cannot be read ({type(error).__name__})") from None


def _call(cells: dict[str, str]) -> Call:
    if not cells["job_id"]:
        raise ValueError("has no job number")
    pages = cells["pages"]
    if pages and not pages.isdecimal():
        raise ValueError(f"pages {pages!r} is no number")
    return Call(
        job_id=cells["job_id"],
        received_start=_moment(cells["received_start"]),
        received_at=_moment(cells["received_at"]),
        pages=int(pages) if pages else None,
        caller_id=cells["caller_id"],
        status=cells["status"],
        complete=cells["status"].casefold() in _COMPLETE,
        file=cells["file"],
    )


def _clock_check(cells: dict[str, str]) -> ClockCheck:
    server_at, reference_at = _moment(cells["server_at"]), _moment(cells["reference_at"])
    if server_at is None or reference_at is None:
        raise ValueError("lacks a time")
    return ClockCheck(server_at, reference_at)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        if len(text) <= len("2003-07-24"):
            raise ValueError
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time such as 2003-07-24T17:00:00-07:00") from None


def _is_by(moment: datetime | None, as_of: datetime, zone: ZoneInfo) -> bool:
    return moment is None or read_in_zone(moment, zone) <= as_of


def _first_repeated(values: Iterator[str]) -> str | None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None
