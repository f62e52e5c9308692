"""A person's reading of one box in place of the machine's; it refuses to know who the person is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from core.failures import TenderfaxError
from core.readings import Box, Mark, Reading
from core.submissions import Fields, GrantRow, Kind, Schedule, Signature, Submission

_YES_NO: Mapping[str, bool | None] = MappingProxyType({"yes": True, "no": False, "unsure": None})
_TEXT_BOXES = frozenset({"printed_name", "tax_id", "date", "time", "email", "address", "notes", "capacity", "title"})
_CELLS = frozenset({"grant_no", "grant_date", "price", "shares"})
_MARKS = frozenset({"struck", "altered"})
_SCHEDULE_TEXTS: Mapping[str, str] = MappingProxyType(
    {"name": "name", "printed_name": "name", "date": "date", "signed_on": "date"}
)
_SCHEDULE_SIGNED = frozenset({"signed", "signature"})
"""The schedule's boxes, by the names of its fields and of what is read on its blank."""
ROWS_OF_A_TABLE, ROWS_OF_A_SCHEDULE = 8, 20
_NOWHERE = Box(0.0, 0.0, 0.0, 0.0)


class NoSuchField(TenderfaxError):
    """A correction of a field that this form does not have, or to a value that it cannot take."""


def corrected(submission: Submission, key: str, value: str) -> Submission:
    """The submission with one field as a person read it; its doubt is settled and its reading says so.

    `key` is a reading's key: a box (`printed_name`), a cell (`row2.shares`, `schedule.row1.price`), a mark
    (`row2.struck`: yes or no), `amend_box` (yes, no, unsure), `signature` (yes, no, unsure; whether it is signed),
    `signed_at` ("DATE|TIME"), a box of the schedule (`schedule.printed_name`, `schedule.signature`), or a fact of
    receipt (`received_at`, `received_start`, `destination`, `delivery`, `form_version`, `kind`). Raises NoSuchField.
    """
    changed = _changed(submission, key, value)
    readings = submission.readings
    if key in readings:
        mark = Mark.READ if value else Mark.BLANK
        settled = replace(readings[key], value=value, mark=mark, confidence=1.0, reader="person")
        readings = MappingProxyType({**readings, key: settled})
    elif submission.fax is not None and key not in _RECEIPT_FACTS and key.rpartition(".")[2] not in _MARKS:
        # Nothing was read there; what stands there now is known to be a person's.
        mark = Mark.READ if value else Mark.BLANK
        readings = MappingProxyType({**readings, key: Reading(key, value, "", mark, 1.0, 0, _NOWHERE, "person")})
    doubts = tuple(doubt for doubt in submission.doubts if doubt.key != key)
    return replace(changed, readings=readings, doubts=doubts)


def _changed(submission: Submission, key: str, value: str) -> Submission:
    if key in _RECEIPT_FACTS:
        try:
            return _RECEIPT_FACTS[key](submission, value)
        except ValueError as error:
            raise NoSuchField(f"{submission.id}, {key}: {value!r} is no {key}") from error
    return replace(submission, fields=_changed_fields(submission, key, value))


def _changed_fields(submission: Submission, key: str, value: str) -> Fields:
    fields = submission.fields
    if key in _TEXT_BOXES:
        return replace(fields, **_change(key, value))
    if key == "signed_at":
        date, _, time = value.partition("|")
        return replace(fields, date=date.strip(), time=time.strip())
    if key == "amend_box":
        return replace(fields, amend_box=_yes_no(submission, key, value))
    if key == "signature":
        present = _yes_no(submission, key, value)
        return replace(fields, signature=Signature(present, fields.signature.reads_as if present else None))
    if key.startswith("schedule."):
        return replace(fields, schedule=_changed_schedule(submission, key, value))
    if key.startswith("row"):
        return replace(fields, rows=_changed_rows(submission, fields.rows, key, key, value))
    raise NoSuchField(f"{submission.id}: no field is called {key!r}")


def _changed_schedule(submission: Submission, key: str, value: str) -> Schedule:
    schedule = submission.fields.schedule or Schedule()
    part = key.removeprefix("schedule.")
    if part in _SCHEDULE_TEXTS:
        return replace(schedule, **_change(_SCHEDULE_TEXTS[part], value))
    if part in _SCHEDULE_SIGNED:
        return replace(schedule, signed=_yes_no(submission, key, value))
    return replace(schedule, rows=_changed_rows(submission, schedule.rows, key, part, value))


def _changed_rows(
    submission: Submission, rows: tuple[GrantRow, ...], key: str, part: str, value: str
) -> tuple[GrantRow, ...]:
    name, _, cell = part.partition(".")
    number = name.removeprefix("row")
    if not (number.isascii() and number.isdecimal()) or not 1 <= int(number) <= max(len(rows), _most_rows(key)):
        raise NoSuchField(f"{submission.id}: no row is called {name!r}")
    index = int(number) - 1
    rows += (GrantRow(),) * (index + 1 - len(rows))
    if cell in _CELLS:
        row = replace(rows[index], **_change(cell, value))
    elif cell in _MARKS:
        row = replace(rows[index], **_change(cell, bool(_yes_no(submission, key, value))))
    else:
        raise NoSuchField(f"{submission.id}: no cell is called {key!r}")
    return (*rows[:index], row, *rows[index + 1 :])


def _most_rows(key: str) -> int:
    """How many rows the paper has place for: the machine may have seen nothing in one that a person reads."""
    return ROWS_OF_A_SCHEDULE if key.startswith("schedule.") else ROWS_OF_A_TABLE


def _change(name: str, value: object) -> dict[str, Any]:
    """One keyword of `replace`, its name known only now."""
    return {name: value}


def _yes_no(submission: Submission, key: str, value: str) -> bool | None:
    if value not in _YES_NO:
        raise NoSuchField(f"{submission.id}, {key}: {value!r} is neither yes, no nor unsure")
    return _YES_NO[value]


_RECEIPT_FACTS: Mapping[str, Callable[[Submission, str], Submission]] = MappingProxyType(
    {
        "received_at": lambda s, v: replace(s, received_at=datetime.fromisoformat(v)),
        "received_start": lambda s, v: replace(s, received_start=datetime.fromisoformat(v)),
        "destination": lambda s, v: replace(s, destination=v),
        "delivery": lambda s, v: replace(s, delivery=v),
        "form_version": lambda s, v: replace(s, form_version=v or None),
        "kind": lambda s, v: replace(s, kind=Kind(v)),
    }
)
