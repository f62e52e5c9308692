"""Tables of a TOML file read into frozen dataclasses: every wrong, missing or unknown key is named, all at once.

The dataclass is the schema: one key per field, the field's type says how its value is written. It refuses to know
what the values mean.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

T = TypeVar("T")

_DECIMAL = re.compile(r"\d+(\.\d+)?")
_MINUTES = re.compile(r"(\d+) minutes?")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong with one file: `key` is the dotted key, or line and column; `value` as written, "" if none."""

    file: Path
    key: str
    value: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}{f' = {self.value}' if self.value else ''}: {self.reason}"


class _Refused(Exception):
    """A value that is not what its key asks for; the message is the reason. Never leaves this module."""


@dataclass(frozen=True, slots=True)
class TableReader:
    """Reads tables of one file and gathers its complaints in `complaints`, in the order they are met."""

    file: Path
    complaints: list[Complaint] = dataclasses.field(default_factory=list)

    def read(self, kind: type[T]) -> T | None:
        """The whole file as one `kind`; None when anything in it was refused."""
        try:
            table = tomllib.loads(self.file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            self.complain("", "", "there is no such file: an offer's folder needs one")
        except UnicodeDecodeError as failure:
            self.complain("", "", f"not UTF-8 text: byte {failure.start} cannot be read")
        except tomllib.TOMLDecodeError as failure:
            self.complain("", "", f"not valid TOML: {failure}")
        else:
            return self._table(kind, table, "")
        return None

    def complain(self, key: str, value: str, reason: str) -> None:
        self.complaints.append(Complaint(self.file, key or "the file", value, reason))

    def _table(self, kind: type[T], table: Mapping[str, Any], prefix: str) -> T | None:
        hints = typing.get_type_hints(kind)
        fields = {f.name: f for f in dataclasses.fields(kind) if f.init}  # type: ignore[arg-type]
        complaints_before = len(self.complaints)
        for key in table.keys() - fields.keys():
            self.complain(prefix + key, _shown(table[key]), f"unknown key; known here: {', '.join(sorted(fields))}")
        values: dict[str, Any] = {}
        for name, field in fields.items():
            if name in table:
                values[name] = self._value(hints[name], table[name], prefix + name)
            elif field.default is dataclasses.MISSING:
                self.complain(prefix + name, "", "missing key")
        return kind(**values) if len(self.complaints) == complaints_before else None

    def _value(self, hint: Any, written: Any, key: str) -> Any:
        """The value of one key, or None after a complaint."""
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin in (tuple, frozenset):
            return self._sequence(origin, arguments[0], written, key)
        try:
            if dataclasses.is_dataclass(hint):
                if not isinstance(written, dict):
                    raise _Refused("a table is wanted here")
                return self._table(hint, written, f"{key}.")  # type: ignore[arg-type]
            return _READERS[hint](written)
        except _Refused as refusal:
            self.complain(key, _shown(written), str(refusal))
        return None

    def _sequence(self, origin: Any, item: Any, written: Any, key: str) -> Any:
        if not isinstance(written, list) or not written:
            self.complain(key, _shown(written), "a list with at least one entry is wanted here")
            return None
        return origin(self._value(item, entry, f"{key}[{index}]") for index, entry in enumerate(written))


def _shown(value: object) -> str:
    """A value as a message quotes it: short, on one line."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _text(written: object) -> str:
    if not isinstance(written, str) or not written.strip():
        raise _Refused("text is wanted here, not blank")
    return written


def _whole_number(written: object) -> int:
    if not isinstance(written, int) or isinstance(written, bool) or written < 0:
        raise _Refused("a whole number is wanted here, 0 or more")
    return written


def _yes_or_no(written: object) -> bool:
    if not isinstance(written, bool):
        raise _Refused("true or false is wanted here")
    return written


def read_decimal(written: object) -> Decimal:
    """An exact decimal from text like "2.00"; a TOML number would have gone through binary and is refused."""
    if not isinstance(written, str) or not _DECIMAL.fullmatch(written):
        raise _Refused('a decimal in quotes is wanted here, like "2.00"')
    return Decimal(written)


def _iso(read: Callable[[str], T], written: object, wanted: str) -> T:
    try:
        return read(typing.cast(str, written))
    except (TypeError, ValueError) as failure:
        raise _Refused(f"{wanted} ({failure})") from failure


def _date(written: object) -> date:
    return _iso(date.fromisoformat, written, 'a date in quotes is wanted here, like "2003-07-24"')


def _instant(written: object) -> datetime:
    wanted = 'a date, time and UTC offset in quotes are wanted here, like "2003-07-24T17:00:00-07:00"'
    instant = _iso(datetime.fromisoformat, written, wanted)
    if instant.tzinfo is None:
        raise _Refused(wanted)
    return instant


def _time(written: object) -> time:
    wanted = 'a time of day in quotes is wanted here, like "06:00"'
    at = _iso(time.fromisoformat, written, wanted)
    if at.tzinfo is not None:
        raise _Refused(f"{wanted}; its zone is a key of its own")
    return at


def _zone(written: object) -> ZoneInfo:
    try:
        return ZoneInfo(_text(written))
    except (ZoneInfoNotFoundError, ValueError, OSError) as failure:
        raise _Refused('a time zone is wanted here, like "America/Los_Angeles"') from failure


def _minutes(written: object) -> timedelta:
    match = _MINUTES.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        raise _Refused('a span is wanted here, like "15 minutes"')
    return timedelta(minutes=int(match[1]))


_READERS: Mapping[Any, Callable[[object], object]] = {
    str: _text,
    int: _whole_number,
    bool: _yes_or_no,
    Decimal: read_decimal,
    date: _date,
    datetime: _instant,
    time: _time,
    ZoneInfo: _zone,
    timedelta: _minutes,
}
