"""The standings of a night as a workbook, with the forms, open irregularities and changes behind them.

Nothing in it is a formula: what a holder wrote stays text, and every total is a number that was added up here. Of a
tax id only the last four figures stand in it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from core.night import HolderStanding, Night, NightForm, OpenIrregularity, PoolChange, TenderedGrant
from reports.wording import masked, spelt_out

T = TypeVar("T")
Cell = str | int | Decimal | datetime
TOTAL = "All"
_CELL_LIMIT = 32_000
"""Characters; a spreadsheet refuses a cell of more than 32,767."""
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """`width` in characters. The numbers of a column that `adds_up` are summed in the last row."""

    title: str
    width: int
    cell: Callable[[T], Cell]
    adds_up: bool = False


_HOLDERS: tuple[Column[HolderStanding], ...] = (
    Column("holder", 10, lambda one: one.holder_id),
    Column("name", 28, lambda one: one.name),
    Column("tax id ends in", 13, lambda one: one.tax_id_end[-4:]),
    Column("category", 20, lambda one: one.category),
    Column("state", 12, lambda one: one.state.value.lower()),
    Column("contested", 10, lambda one: "yes" if one.contested else ""),
    Column("rests on form", 18, lambda one: one.basis or ""),
    Column("grants tendered", 15, lambda one: len(one.grants), adds_up=True),
    Column("shares tendered", 15, lambda one: one.tendered_shares, adds_up=True),
    Column("grants held", 24, lambda one: ", ".join(one.held_grants)),
    Column("eligible shares", 15, lambda one: one.eligible_shares, adds_up=True),
    Column("held shares", 15, lambda one: one.held_shares, adds_up=True),
    Column("eligible, not tendered", 20, lambda one: one.eligible_shares - one.tendered_shares, adds_up=True),
)

_GRANTS: tuple[Column[tuple[HolderStanding, TenderedGrant]], ...] = (
    Column("holder", 10, lambda pair: pair[0].holder_id),
    Column("name", 28, lambda pair: pair[0].name),
    Column("grant", 12, lambda pair: pair[1].grant_no),
    Column("plan", 9, lambda pair: pair[1].plan),
    Column("exercise price, US$", 18, lambda pair: _price(pair[1])),
    Column("shares tendered", 15, lambda pair: pair[1].shares, adds_up=True),
    Column("unexercised by the ledger", 23, lambda pair: pair[1].unexercised, adds_up=True),
    Column("difference", 11, lambda pair: pair[1].shares - pair[1].unexercised, adds_up=True),
)

_FORMS: tuple[Column[NightForm], ...] = (
    Column("form", 18, lambda form: form.submission_id),
    Column("kind", 10, lambda form: form.kind.value if form.kind else "unknown"),
    Column("holder", 10, lambda form: form.holder_id or "unknown"),
    Column("outcome", 12, lambda form: form.disposition.value.lower()),
    Column("came by", 10, lambda form: form.delivery),
    Column("received", 26, lambda form: form.received_at or "unknown"),
    Column("file", 24, lambda form: form.file),
    Column("confirmation due", 26, lambda form: form.confirmation_due_at or "none is due"),
    Column("confirmation sent", 26, lambda form: form.confirmed_at or "none sent"),
    Column("forms", 7, lambda _form: 1, adds_up=True),
)

_OPEN: tuple[Column[OpenIrregularity], ...] = (
    Column("rule", 26, lambda item: item.code),
    Column("severity", 10, lambda item: item.severity.value),
    Column("hold", 7, lambda item: item.hold.value),
    Column("holder", 10, lambda item: item.holder_id or "unknown"),
    Column("form", 18, lambda item: item.submission_id or item.file),
    Column("about", 14, lambda item: item.target),
    Column("what", 60, lambda item: item.message),
    Column("open since", 26, lambda item: item.opened_at),
    Column("business days open", 17, lambda item: item.age_business_days),
    Column("irregularities", 13, lambda _item: 1, adds_up=True),
)

_CHANGES: tuple[Column[PoolChange], ...] = (
    Column("grant", 12, lambda one: one.grant_no),
    Column("holder", 10, lambda one: one.holder_id),
    Column("eligible before", 15, lambda one: one.before, adds_up=True),
    Column("eligible now", 15, lambda one: one.after, adds_up=True),
    Column("gone", 12, lambda one: one.before - one.after, adds_up=True),
    Column("why", 30, lambda one: one.why or "not explained"),
    Column("since", 12, lambda one: one.since.isoformat()),
)


def _price(grant: TenderedGrant) -> Cell:
    return Decimal(grant.exercise_price) if grant.exercise_price else "not in the ledger"


def standings_workbook(night: Night) -> bytes:
    """The bytes of standings.xlsx; they follow from the night alone."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, _OPTIONS) as book:
        # Without it the hour of making would stand in the file.
        created = night.as_of.astimezone(UTC).replace(tzinfo=None)
        book.set_properties({"title": f"Standings of {night.offer_id}", "author": "Tenderfax", "created": created})
        writer = _Writer(book, ZoneInfo(night.time_zone))
        writer.add("Holders", _HOLDERS, night.standings)
        writer.add("Tendered grants", _GRANTS, [(one, grant) for one in night.standings for grant in one.grants])
        writer.add("Forms", _FORMS, night.forms)
        writer.add("Open irregularities", _OPEN, night.open_irregularities)
        writer.add("Changes of the pool", _CHANGES, night.pool_changes)
    return file.getvalue()


class _Writer:
    """Writes sheets into one book; its formats are made once, for every sheet uses the same."""

    def __init__(self, book: Workbook, zone: ZoneInfo) -> None:
        self._book, self._zone = book, zone
        self._head: Format = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self._whole: Format = book.add_format({"num_format": "#,##0"})
        self._price: Format = book.add_format({"num_format": "0.00####"})
        self._total: Format = book.add_format({"bold": True, "num_format": "#,##0", "top": 1})

    def add(self, name: str, columns: Sequence[Column[T]], items: Sequence[T]) -> None:
        """A sheet with a head, one row an item and the row of totals."""
        page: Worksheet = self._book.add_worksheet(name)
        last = len(items) + 1
        for place, column in enumerate(columns):
            cells = [column.cell(item) for item in items]
            page.set_column(place, place, column.width)
            page.write_string(0, place, column.title, self._head)
            for row, cell in enumerate(cells, 1):
                self._write(page, row, place, cell)
            if column.adds_up:
                page.write_number(last, place, sum(n for n in cells if isinstance(n, int)), self._total)
            else:
                page.write_string(last, place, TOTAL if place == 0 else "", self._total)
        page.freeze_panes(1, 1)
        page.autofilter(0, 0, max(1, len(items)), len(columns) - 1)
        page.set_landscape()
        page.set_paper(1)
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)

    def _write(self, page: Worksheet, row: int, place: int, cell: Cell) -> None:
        match cell:
            case int():
                page.write_number(row, place, cell, self._whole)
            case Decimal():
                page.write_number(row, place, float(cell), self._price)
            case datetime():
                page.write_string(row, place, self._moment(cell))
            case str():
                page.write_string(row, place, spelt_out(masked(cell))[:_CELL_LIMIT])

    def _moment(self, at: datetime) -> str:
        """ISO 8601 in the offer's zone, as text: a spreadsheet knows no zones. A naive time stays as it came."""
        return f"{at.isoformat()}, zone unknown" if at.tzinfo is None else at.astimezone(self._zone).isoformat()
