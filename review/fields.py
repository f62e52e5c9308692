"""The fields of one form as a person sees them: what the paper says, what the ledger says, and how the two stand.

A form that a clerk keyed has no readings; its fields are shown all the same. Tax ids are masked here, once for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from core.corrections import ROWS_OF_A_TABLE
from core.findings import FORM, Finding
from core.grammar import normalise_grant_no, parse_date_and_time
from core.holders import Holder, OptionLedger
from core.readings import BY_LIKELIHOOD, Box, Mark, Reading
from core.submissions import Fields, GrantRow, Kind, Submission
from reports.paper_against_ledger import FieldLine, FieldState, field_lines, mask_tax_id

PERSON = "person"
"""The reader's name of what a person keyed (core.corrections)."""

SYMBOLS: Mapping[str, str] = MappingProxyType(
    {
        "agrees": "agree",
        "differs": "differ",
        "doubtful": "doubt",
        "blank": "blank",
        "illegible": "illeg",
        "keyed": "person",
        "not compared": "none",
    }
)
"""From the word of a state to the name of its symbol and colour."""

CELLS = ("grant_no", "grant_date", "price", "shares")
_CELL_LABELS = {"grant_no": "grant number", "grant_date": "grant date", "price": "exercise price", "shares": "shares"}
_BOX_LABELS = {
    "amend_box": "Amend box",
    "signature": "Signature",
    "tax_id": "Tax id",
    "printed_name": "Name",
    "signed_at": "Date and time",
    "date": "Date",
    "time": "Time",
    "email": "E-mail",
    "address": "Address",
    "notes": "Words on the page",
    "capacity": "Capacity",
    "title": "Title",
    "schedule.printed_name": "Schedule, name",
    "schedule.signature": "Schedule, signature",
    "schedule.signed_on": "Schedule, date",
}
_TICKED = {"yes": "ticked", "no": "empty", "unsure": "cannot tell"}
_SIGNED = {"yes": "signed", "no": "empty", "unsure": "cannot tell"}
_CHOICE_WORDS = {"amend_box": _TICKED, "signature": _SIGNED, "schedule.signature": _SIGNED}
_UNREAD = "unread"
"""The reader's name where nobody read: the fax lacks the page, or the page matches no blank. It is never "fine"."""
_BESIDE_BOXES = frozenset({"notes", "capacity", "title"})
"""What the machine says from the words of a page, not from a box."""
_NOWHERE = Box(0.0, 0.0, 0.0, 0.0)

_FIELD_OF_CODE: Mapping[str, str] = MappingProxyType(
    {
        "SIGNATURE": "signature",
        "DATE": "signed_at",
        "TIME": "signed_at",
        "SIGNED": "signed_at",
        "SAME": "signed_at",
        "ELECTION": "signed_at",
        "NOTICE": "signed_at",
        "NAME": "printed_name",
        "HOLDER": "printed_name",
        "TAXID": "tax_id",
        "EMAIL": "email",
        "ADDRESS": "address",
        "NOT": "address",
        "AMEND": "amend_box",
        "FREE": "notes",
        "CONDITIONAL": "notes",
        "PRICE": "price",
        "SHARES": "shares",
        "PARTIAL": "shares",
        "EXERCISED": "shares",
        "GRANT": "grant_no",
        "ROW": "grant_no",
        "SPLIT": "grant_no",
        "PLAN": "grant_no",
        "TABLE": "row1.grant_no",
    }
)
"""From the first word of a code to the box or column that it is about."""

_FIELD_OF_WHOLE_CODE: Mapping[str, str] = MappingProxyType(
    {
        "GRANT_DATE_MISSING": "grant_date",
        "GRANT_DATE_MISMATCH": "grant_date",
        "NOTICE_NAME_DIFFERS": "printed_name",
        "NOTICE_PARTIAL": "notes",
        "NOT_EMPLOYED": "",
    }
)
"""Where the first word misleads."""


@dataclass(frozen=True, slots=True)
class Field:
    """One box or cell. `says` is fit to be shown, `value` to be keyed again (empty for a tax id).

    `asks` 0.0 = no doubt; `page` is 0 where no picture shows it.
    """

    key: str
    label: str
    says: str
    value: str
    state: str
    ledger: str
    confidence: float
    asks: float
    why: str
    page: int
    box: Box
    raw: str
    choices: tuple[tuple[str, str], ...] = ()
    is_keyed: bool = False
    """A person says it, whatever it is compared with."""
    is_by_likelihood: bool = False
    """The ink was asked for the ledger's value and bears it out; what the readers saw may differ."""

    @property
    def symbol(self) -> str:
        return SYMBOLS[self.state]

    @property
    def is_doubtful(self) -> bool:
        return self.asks > 0.0

    @property
    def has_picture(self) -> bool:
        return self.page > 0 and self.box.x1 > self.box.x0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the grant table with its four cells; `target` is what findings call it."""

    name: str
    label: str
    target: str
    cells: tuple[Field, ...]
    struck: bool
    is_spare: bool = False
    """Nothing was read in it; it stands there to be keyed."""


@dataclass(frozen=True, slots=True)
class FormFields:
    rows: tuple[Row, ...]
    boxes: tuple[Field, ...]

    def __iter__(self) -> Iterator[Field]:
        for row in self.rows:
            yield from row.cells
        yield from self.boxes

    def field(self, key: str) -> Field | None:
        return next((one for one in self if one.key == key), None)

    def field_of(self, finding: Finding) -> Field | None:
        """The field that a finding is about, None where it is about the form as a whole."""
        return self.field(self._key_of(finding))

    def _key_of(self, finding: Finding) -> str:
        if any(finding.target == one.key for one in self):
            return finding.target
        part = _FIELD_OF_CODE.get(finding.code.partition("_")[0], "")
        part = _FIELD_OF_WHOLE_CODE.get(finding.code, part)
        if finding.target == FORM:
            return part
        row = next((row for row in self.rows if row.target == finding.target), None)
        return f"{row.name}.{part or 'grant_no'}" if row else ""


def label_of(key: str) -> str:
    """`row2.shares` -> `Row 2, shares`; what is not known is called by its key."""
    if key in _BOX_LABELS:
        return _BOX_LABELS[key]
    row, _, cell = key.rpartition(".")
    number = row.removeprefix("schedule.").removeprefix("row")
    place = f"Schedule row {number}" if row.startswith("schedule.") else f"Row {number}"
    return f"{place}, {_CELL_LABELS.get(cell, cell)}" if number.isdecimal() else key


def keyed_value(key: str, text: str) -> str:
    """What a person typed, as `core.corrections` takes it: date and time apart, runs of spaces closed up."""
    typed = " ".join(text.split())
    return "|".join(parse_date_and_time(typed)) if key == "signed_at" else typed


def illegible(key: str) -> str:
    """The value that says that nobody can read the field."""
    return "unsure" if key in _CHOICE_WORDS else "?"


def choices_of(key: str) -> tuple[tuple[str, str], ...]:
    """What a box that is ticked or signed can say, as (value, word); () for one that bears text."""
    return tuple(_CHOICE_WORDS.get(key, {}).items())


def value_now(submission: Submission, key: str) -> str:
    """What stands in a field now, written as a correction of it would be."""
    return _written_fields(submission).get(key, "")


def form_fields(submission: Submission, holder: Holder | None, ledger: OptionLedger) -> FormFields:
    """Every field of the form in its order, rows first."""
    whole = _with_all_readings(submission)
    lines = {line.reading.key: line for line in field_lines(whole, holder, ledger)}
    fields = {key: _field(submission, line) for key, line in lines.items()}
    row_names = list(dict.fromkeys(key.rpartition(".")[0] for key in fields if key.rpartition(".")[2] in CELLS))
    rows = tuple(row for name in row_names if (row := _row(name, fields, submission)) is not None)
    if submission.fax is not None and submission.kind is Kind.ELECTION and (spare := _spare_row(submission, ledger)):
        rows = tuple(sorted((*rows, spare), key=lambda row: row.name.startswith("schedule.")))
    boxes = tuple(one for key, one in fields.items() if key.rpartition(".")[2] not in CELLS)
    return FormFields(rows, tuple(sorted(boxes, key=lambda one: _box_order(one.key))))


def _box_order(key: str) -> int:
    order = list(_BOX_LABELS)
    return order.index(key) if key in order else len(order)


def _row(name: str, fields: Mapping[str, Field], submission: Submission) -> Row | None:
    cells = tuple(fields[key] for cell in CELLS if (key := f"{name}.{cell}") in fields)
    if all(not cell.says and cell.state in ("blank", "not compared") for cell in cells):
        return None
    number = fields[f"{name}.grant_no"].value if f"{name}.grant_no" in fields else ""
    written = _row_written(submission.fields, name)
    label = name.replace("schedule.row", "S").replace("row", "")
    position = _position(submission.fields, name)
    return Row(name, label, normalise_grant_no(number) or f"row{position}", cells, bool(written and written.struck))


def _spare_row(submission: Submission, ledger: OptionLedger) -> Row | None:
    """The first row of the table in which nothing was read: a person may see writing there. None on a full table."""
    number = len(submission.fields.rows) + 1
    if number > ROWS_OF_A_TABLE:
        return None
    name = f"row{number}"
    keys = [f"{name}.{cell}" for cell in CELLS]
    known = {key: Reading(key, "", "", Mark.BLANK, 1.0, 0, _NOWHERE, "") for key in keys}
    known |= {key: reading for key in keys if (reading := submission.readings.get(key)) is not None}
    empty = replace(submission, readings=MappingProxyType(known))
    cells = tuple(_field(submission, line) for line in field_lines(empty, None, ledger))
    in_order = tuple(sorted(cells, key=lambda one: CELLS.index(one.key.rpartition(".")[2])))
    return Row(name, str(number), name, in_order, struck=False, is_spare=True)


def _position(fields: Fields, name: str) -> int:
    number = int(name.removeprefix("schedule.").removeprefix("row"))
    return number + (len(fields.rows) if name.startswith("schedule.") else 0)


def _row_written(fields: Fields, name: str) -> GrantRow | None:
    rows = (fields.schedule.rows if fields.schedule else ()) if name.startswith("schedule.") else fields.rows
    number = int(name.removeprefix("schedule.").removeprefix("row"))
    return rows[number - 1] if 1 <= number <= len(rows) else None


def _field(submission: Submission, line: FieldLine) -> Field:
    reading = line.reading
    key = reading.key
    value = value_now(submission, key) or ("" if reading.mark is Mark.BLANK else reading.value)
    state = line.state.value
    if reading.reader == _UNREAD:
        return _unread(reading, line)
    if reading.reader == PERSON and line.state is not FieldState.DIFFERS:
        state = "keyed"
    elif state == "not compared" and line.asks > 0.0:
        state = "doubtful"
    words = _CHOICE_WORDS.get(key, {})
    says = words.get(value, line.says)
    return Field(
        key=key,
        label=label_of(key),
        says=says if key != "tax_id" else mask_tax_id(value),
        value="" if key == "tax_id" else value,
        state=state,
        ledger="" if key == "tax_id" else line.ledger,
        confidence=reading.confidence,
        asks=line.asks,
        why=line.why,
        page=reading.page,
        box=reading.box,
        raw="" if key == "tax_id" else reading.raw,
        choices=choices_of(key),
        is_keyed=reading.reader == PERSON,
        is_by_likelihood=reading.reader == BY_LIKELIHOOD,
    )


def _unread(reading: Reading, line: FieldLine) -> Field:
    """A box that nobody read: what the form is supposed to say there is not said of it."""
    choices = choices_of(reading.key)
    return Field(
        key=reading.key,
        label=label_of(reading.key),
        says="not read",
        value="unsure" if choices else "",
        state="not compared",
        ledger="" if reading.key == "tax_id" else line.ledger,
        confidence=0.0,
        asks=line.asks,
        why=line.why,
        page=0,
        box=_NOWHERE,
        raw="",
        choices=choices,
    )


def _with_all_readings(submission: Submission) -> Submission:
    """The submission with a reading for every box that it has written and no reader saw, and without stray ones."""
    readings = dict(submission.readings)
    for key, value in _written_fields(submission).items():
        if key in readings:
            readings[key] = replace(readings[key], value=value or readings[key].value)
        elif submission.fax is None:
            if value or not submission.readings:
                mark = Mark.READ if value else Mark.BLANK
                readings[key] = Reading(key, value, value, mark, 1.0, 0, _NOWHERE, PERSON)
        elif key in _BESIDE_BOXES:
            readings[key] = Reading(key, value, value, Mark.READ, 1.0, 0, _NOWHERE, "words")
        else:
            readings[key] = Reading(key, "", "", Mark.ILLEGIBLE, 0.0, 0, _NOWHERE, _UNREAD)
    if "signed_at" in readings:
        readings.pop("date", None)
        readings.pop("time", None)
    return replace(submission, readings=MappingProxyType(readings))


def _written_fields(submission: Submission) -> dict[str, str]:
    fields = submission.fields
    written: dict[str, str] = {}
    for stem, row in fields.rows_by_stem.items():
        written |= _cells(stem, row)
    if submission.kind is not Kind.NOTICE:
        written["amend_box"] = _yes_no(fields.amend_box)
    written["signature"] = _yes_no(fields.signature.present)
    written["tax_id"] = fields.tax_id
    written["printed_name"] = fields.printed_name
    written["signed_at"] = f"{fields.date} {fields.time}".strip()
    for key in ("email", "address", "notes", "capacity", "title"):
        written[key] = getattr(fields, key)
    if fields.schedule:
        written["schedule.printed_name"] = fields.schedule.name
        written["schedule.signature"] = _yes_no(fields.schedule.signed)
        written["schedule.signed_on"] = fields.schedule.date
    return {key: value for key, value in written.items() if value or key not in ("notes", "capacity", "title")}


def _cells(name: str, row: GrantRow) -> dict[str, str]:
    return {f"{name}.{cell}": getattr(row, cell) for cell in CELLS}


def _yes_no(value: bool | None) -> str:
    return {True: "yes", False: "no", None: "unsure"}[value]
