"""The option ledger: read from the company's two CSV files, kept in versions; it refuses to know what a rule asks.

An import is all or nothing, and every bad row is named at once (design 3.2): a clerk mends the file in one go.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, insert, select

from core.failures import TenderfaxError
from core.holders import Category, Grant, GrantType, Holder, OptionLedger, Plan
from ledger import schema

HOLDER_COLUMNS = (
    "holder_id",
    "name_on_agreement",
    "legal_name_changes",
    "tax_id",
    "category",
    "title",
    "country",
    "email",
    "address",
)
GRANT_COLUMNS = (
    "grant_no",
    "holder_id",
    "plan",
    "grant_date",
    "exercise_price",
    "shares_granted",
    "shares_exercised",
    "shares_cancelled",
    "type",
    "split_group",
    "held_since",
    "expires_on",
)
_PERSONAL = frozenset({"tax_id", "email", "address"})
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
_WHOLE = re.compile(r"[0-9]{1,12}")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LINE_BREAK = re.compile(r"[\r\n]+")
_COUNTRY = re.compile(r"[A-Z]{2}")

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class BadRow:
    """One thing wrong in one file. `line` is 1-based, the header being line 1; `value` is fit to be shown."""

    file: str
    line: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, {self.column}: {self.value!r}: {self.reason}"


class LedgerRefused(TenderfaxError):
    """The files were not imported; `bad_rows` names everything wrong with them."""

    def __init__(self, bad_rows: tuple[BadRow, ...]) -> None:
        self.bad_rows = bad_rows
        rows = "1 error" if len(bad_rows) == 1 else f"{len(bad_rows)} errors"
        super().__init__("\n".join([*map(str, bad_rows), f"ledger not imported: {rows}; correct the files and repeat"]))


@dataclass(frozen=True, slots=True)
class LedgerFile:
    """One CSV file as delivered; `name` is shown in messages only."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class LedgerVersion:
    version: int
    as_of: date
    imported_at: datetime
    holders_sha256: str
    grants_sha256: str


def parse_ledger(holders: LedgerFile, grants: LedgerFile) -> OptionLedger:
    """The ledger that both files describe; raises LedgerRefused with every bad row of both."""
    bad: list[BadRow] = []
    holder_lines = list(_lines(holders, HOLDER_COLUMNS, bad))
    grant_lines = list(_lines(grants, GRANT_COLUMNS, bad))
    read_holders = [_holder(line) for line in holder_lines]
    read_grants = [_grant(line) for line in grant_lines]
    _refuse_repeats(holder_lines, "holder_id")
    _refuse_repeats(grant_lines, "grant_no")
    if holder_lines:
        _refuse_strangers(grant_lines, frozenset(line.text("holder_id") for line in holder_lines))
    for line in (*holder_lines, *grant_lines):
        bad.extend(line.bad)
    if bad:
        raise LedgerRefused(tuple(sorted(bad, key=lambda row: (row.file != holders.name, row.line))))
    return OptionLedger.of((h for h in read_holders if h), (g for g in read_grants if g))


def store_version(
    connection: Connection,
    ledger: OptionLedger,
    *,
    as_of: date,
    imported_at: datetime,
    actor: str,
    holders_sha256: str,
    grants_sha256: str,
) -> int:
    """Writes a new version and returns its number, counted from 1; must run inside `Books.writing()`."""
    newest = connection.execute(
        select(schema.ledger_versions.c.version).order_by(schema.ledger_versions.c.version.desc()).limit(1)
    ).scalar()
    version = (newest or 0) + 1
    connection.execute(
        insert(schema.ledger_versions).values(
            version=version,
            as_of=as_of,
            imported_at=imported_at,
            actor=actor,
            holders_sha256=holders_sha256,
            grants_sha256=grants_sha256,
        )
    )
    connection.execute(
        insert(schema.holders),
        [_holder_columns(holder, version, position) for position, holder in enumerate(ledger.holders)],
    )
    connection.execute(
        insert(schema.grants),
        [_grant_columns(grant, version, position) for position, grant in enumerate(ledger.grants)],
    )
    return version


def versions(connection: Connection) -> tuple[LedgerVersion, ...]:
    """Every version imported so far, in order of import."""
    table = schema.ledger_versions
    rows = connection.execute(select(table).order_by(table.c.version))
    return tuple(
        LedgerVersion(row.version, row.as_of, row.imported_at, row.holders_sha256, row.grants_sha256) for row in rows
    )


def load_version(connection: Connection, version: int) -> OptionLedger:
    """The ledger as imported, in file order; empty when there is no such version."""
    holders, grants = schema.holders, schema.grants
    return OptionLedger.of(
        [
            _stored_holder(row)
            for row in connection.execute(
                select(holders).where(holders.c.version == version).order_by(holders.c.position)
            )
        ],
        [
            _stored_grant(row)
            for row in connection.execute(select(grants).where(grants.c.version == version).order_by(grants.c.position))
        ],
    )


def ledger_in_force(connection: Connection) -> OptionLedger:
    """The version of the latest date, of two with the same date the one imported last; empty before any import."""
    version = version_in_force(connection)
    return load_version(connection, version) if version is not None else OptionLedger((), ())


def version_in_force(connection: Connection) -> int | None:
    """The number of that version; None before any import."""
    newest = max(versions(connection), key=lambda one: (one.as_of, one.version), default=None)
    return newest.version if newest else None


@dataclass(slots=True)
class _Line:
    """One record of a file with what was found wrong in it; the only mutable thing here, alive for one import."""

    file: str
    number: int
    cells: Mapping[str, str]
    bad: list[BadRow] = field(default_factory=list)

    def refuse(self, column: str, reason: str) -> None:
        self.bad.append(BadRow(self.file, self.number, column, _shown(column, self.cells[column]), reason))

    def text(self, column: str) -> str:
        return self.cells[column]

    def needed(self, column: str, read: Callable[[str], T]) -> T | None:
        if not self.cells[column]:
            self.refuse(column, "must not be empty")
            return None
        return self.optional(column, read)

    def optional(self, column: str, read: Callable[[str], T]) -> T | None:
        if not self.cells[column]:
            return None
        try:
            return read(self.cells[column])
        except ValueError as error:
            self.refuse(column, str(error))
            return None


def _lines(file: LedgerFile, columns: tuple[str, ...], bad: list[BadRow]) -> Iterator[_Line]:
    """The records below the header; what is wrong with the file as a whole goes to `bad`."""
    text = _decoded(file, bad)
    if text is None:
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if not _is_header(file, header, columns, bad):
            return
        empty, last = True, reader.line_num
        for cells in reader:
            number, last = last + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            empty = False
            if len(cells) != len(header):
                reason = f"row has {len(cells)} values, the header {len(header)}; quote values that hold a comma"
                bad.append(BadRow(file.name, number, "row", "", reason))
                continue
            yield _checked(_Line(file.name, number, {c: v.strip() for c, v in zip(header, cells, strict=True)}))
        if empty:
            bad.append(BadRow(file.name, 1, "file", "", "no row below the header"))
    except csv.Error as error:
        bad.append(BadRow(file.name, reader.line_num, "row", "", f"not CSV: {error}"))


def _checked(line: _Line) -> _Line:
    for column, value in line.cells.items():
        if _CONTROL.search(_LINE_BREAK.sub("", value) if column == "address" else value):
            line.refuse(column, "holds a control character")
    return line


def _decoded(file: LedgerFile, bad: list[BadRow]) -> str | None:
    if file.content.startswith((b"\xff\xfe", b"\xfe\xff")):
        bad.append(BadRow(file.name, 1, "file", "", "is UTF-16; save it as UTF-8"))
        return None
    try:
        text = file.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.content.count(b"\n", 0, error.start) + 1
        byte = f"0x{file.content[error.start]:02x}"
        bad.append(BadRow(file.name, line, "file", byte, "is not UTF-8; save it as UTF-8"))
        return None
    if not text.strip():
        bad.append(BadRow(file.name, 1, "file", "", "is empty"))
        return None
    return text


def _is_header(file: LedgerFile, header: list[str], columns: tuple[str, ...], bad: list[BadRow]) -> bool:
    def refuse(column: str, reason: str) -> None:
        bad.append(BadRow(file.name, 1, column[:40], "", reason))

    if len(header) == 1 and len(columns) > 1:
        refuse("header", f"holds one column only; separate values by commas: {', '.join(columns)}")
        return False
    before = len(bad)
    for column in columns:
        if column not in header:
            refuse(column, "column is missing from the header")
    for column in dict.fromkeys(header):
        if column not in columns:
            refuse(column, f"column is not known; the columns are {', '.join(columns)}")
        elif header.count(column) > 1:
            refuse(column, "column stands twice in the header")
    return len(bad) == before


def _holder(line: _Line) -> Holder | None:
    holder_id = line.needed("holder_id", _identifier)
    name = line.needed("name_on_agreement", str)
    category = line.needed("category", _one_of(Category))
    tax_id = line.optional("tax_id", _tax_id)
    country = line.optional("country", _country)
    if line.bad or holder_id is None or name is None or category is None:
        return None
    return Holder(
        holder_id=holder_id,
        name_on_agreement=name,
        category=category,
        country=country,
        tax_id=tax_id or "",
        title=line.text("title"),
        legal_name_changes=tuple(n.strip() for n in line.text("legal_name_changes").split(";") if n.strip()),
        email=line.text("email"),
        address=line.text("address"),
    )


def _grant(line: _Line) -> Grant | None:
    grant_no = line.needed("grant_no", _grant_number)
    holder_id = line.needed("holder_id", _identifier)
    plan = line.needed("plan", _one_of(Plan))
    grant_date = line.needed("grant_date", _date)
    price = line.needed("exercise_price", _price)
    granted = line.needed("shares_granted", _shares)
    exercised = line.needed("shares_exercised", _shares)
    cancelled = line.needed("shares_cancelled", _shares)
    grant_type = line.needed("type", _one_of(GrantType))
    held_since = line.optional("held_since", _date)
    expires_on = line.optional("expires_on", _date)
    if granted is not None and exercised is not None and cancelled is not None and exercised + cancelled > granted:
        column = "shares_exercised" if exercised > granted or not cancelled else "shares_cancelled"
        line.refuse(column, f"exercised {exercised} and cancelled {cancelled} are more than granted {granted}")
    if grant_date and expires_on and expires_on <= grant_date:
        line.refuse("expires_on", f"not after the grant date {grant_date}")
    if (
        line.bad
        or grant_no is None
        or holder_id is None
        or plan is None
        or grant_date is None
        or price is None
        or granted is None
        or exercised is None
        or cancelled is None
        or grant_type is None
    ):
        return None
    return Grant(
        grant_no=grant_no,
        holder_id=holder_id,
        plan=plan,
        grant_date=grant_date,
        exercise_price=price,
        shares_granted=granted,
        shares_exercised=exercised,
        shares_cancelled=cancelled,
        type=grant_type,
        split_group=line.text("split_group") or None,
        held_since=held_since,
        expires_on=expires_on,
    )


def _refuse_repeats(lines: list[_Line], column: str) -> None:
    first: dict[str, int] = {}
    for line in lines:
        if (value := line.text(column)) and first.setdefault(value, line.number) != line.number:
            line.refuse(column, f"stands already on line {first[value]}")


def _refuse_strangers(lines: list[_Line], holder_ids: frozenset[str]) -> None:
    for line in lines:
        if (holder_id := line.text("holder_id")) and holder_id not in holder_ids:
            line.refuse("holder_id", "no such holder in the holders file")


def _identifier(text: str) -> str:
    if re.search(r"\s", text):
        raise ValueError("must not hold a space")
    return text


def _grant_number(text: str) -> str:
    """Forms are matched after stripping `#`, `No.` and spaces (rulebook 63): a ledger number must not hold them."""
    if re.search(r"[\s#?]", text) or text.casefold().startswith("no."):
        raise ValueError("must not hold a space, '#', '?' or 'No.'")
    return text


def _one_of(kind: type[E]) -> Callable[[str], E]:
    def read(text: str) -> E:
        try:
            return kind(text)
        except ValueError:
            raise ValueError(f"must be one of {', '.join(kind)}") from None

    return read


def _tax_id(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z -]+", text) or not re.search(r"\d", text):
        raise ValueError("may hold digits, letters, hyphens and spaces only")
    return text


def _country(text: str) -> str:
    if not _COUNTRY.fullmatch(text):
        raise ValueError("must be a two-letter country code such as US")
    return text


def _date(text: str) -> date:
    if not _ISO_DATE.fullmatch(text):
        raise ValueError("must be a date written YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("is no day of the calendar") from None


def _price(text: str) -> Decimal:
    if not _DECIMAL.fullmatch(text):
        raise ValueError("must be a price in dollars such as 3.33, not negative, without $ or commas")
    return Decimal(text)


def _shares(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError("must be a whole number of shares, not negative, without commas")
    return int(text)


def _shown(column: str, value: str) -> str:
    """A value as a message may show it: identification numbers by their last four only, addresses not at all."""
    if column == "tax_id":
        return "***" + value[-4:] if len(value) > 4 else "***"
    if column in _PERSONAL:
        return "(not shown)" if value else ""
    return value if len(value) <= 60 else value[:57] + "..."


def _holder_columns(holder: Holder, version: int, position: int) -> dict[str, Any]:
    return {
        "version": version,
        "position": position,
        "holder_id": holder.holder_id,
        "name_on_agreement": holder.name_on_agreement,
        "legal_name_changes": json.dumps(holder.legal_name_changes, ensure_ascii=False),
        "tax_id": holder.tax_id,
        "category": holder.category.value,
        "title": holder.title,
        "country": holder.country,
        "email": holder.email,
        "address": holder.address,
    }


def _grant_columns(grant: Grant, version: int, position: int) -> dict[str, Any]:
    return {
        "version": version,
        "position": position,
        "grant_no": grant.grant_no,
        "holder_id": grant.holder_id,
        "plan": grant.plan.value,
        "grant_date": grant.grant_date,
        "exercise_price": str(grant.exercise_price),
        "shares_granted": grant.shares_granted,
        "shares_exercised": grant.shares_exercised,
        "shares_cancelled": grant.shares_cancelled,
        "type": grant.type.value,
        "split_group": grant.split_group,
        "held_since": grant.held_since,
        "expires_on": grant.expires_on,
    }


def _stored_holder(row: Row[Any]) -> Holder:
    return Holder(
        holder_id=row.holder_id,
        name_on_agreement=row.name_on_agreement,
        category=Category(row.category),
        country=row.country,
        tax_id=row.tax_id,
        title=row.title,
        legal_name_changes=tuple(json.loads(row.legal_name_changes)),
        email=row.email,
        address=row.address,
    )


def _stored_grant(row: Row[Any]) -> Grant:
    return Grant(
        grant_no=row.grant_no,
        holder_id=row.holder_id,
        plan=Plan(row.plan),
        grant_date=row.grant_date,
        exercise_price=Decimal(row.exercise_price),
        shares_granted=row.shares_granted,
        shares_exercised=row.shares_exercised,
        shares_cancelled=row.shares_cancelled,
        type=GrantType(row.type),
        split_group=row.split_group,
        held_since=row.held_since,
        expires_on=row.expires_on,
    )
