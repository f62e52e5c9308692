"""The faxes of the reading benchmark: a day's mixture, forms whose every row slips in one cell, forms of strangers.

Number `n` of a dose is the same fax every time, whatever else is asked. It refuses to know how faxes are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from itertools import count
from typing import Any

import numpy as np

from benchmarks.grant_cells import COLUMNS, ledger_values, meant_grant, values_of
from core.grammar import normalise_name
from core.holders import Grant, Holder, OptionLedger
from core.submissions import GrantRow, Submission
from offers.forms import Forms
from samples import contents
from samples.fax import FINE, STANDARD, Level, some_journey
from samples.generate import Options, SampleFax, form_sheets, some_fax
from samples.ledger import make_ledger
from samples.lettering import Group
from samples.paper import Pen
from samples.writing import Rng, Writer, somebody

_STRANGERS_LEDGERS = 10
_ROWS_TO_SLIP_IN = 3


class Making(StrEnum):
    MIXTURE = "mixture"
    """A day's mixture as samples.generate.some_fax makes it."""
    SLIPS = "slips"
    """The page with the table, of a holder of the ledger; one cell of every row holds another plausible value."""
    STRANGERS = "strangers"
    """The page with the table, in good order, of somebody who is in another ledger only."""


@dataclass(frozen=True, slots=True)
class Dose:
    """Faxes of one making. Faxes of the same seed and number hold the same forms at every level."""

    making: Making
    level: Level
    seed: int
    group: Group
    numbers: tuple[int, ...]
    good_order: bool = False

    @property
    def name(self) -> str:
        order = "-good" if self.good_order else ""
        return f"{self.making}{order}-{self.level}-{self.group}-{self.seed}"


def sample_of(dose: Dose, number: int, ledger: OptionLedger, forms: Forms) -> tuple[SampleFax, Rng]:
    """Fax `number` of the dose, and the chance to send it with."""
    match dose.making:
        case Making.MIXTURE:
            rng = np.random.default_rng([dose.seed, number])
            options = Options(group=dose.group, level=dose.level, good_order=dose.good_order)
            return some_fax(f"fax{number:04d}", rng, ledger, forms, options), rng
        case Making.SLIPS:
            page = slipped_page(dose, number, ledger)
        case Making.STRANGERS:
            page = _strangers_page(dose, number, ledger)
    return page.faxed(f"{dose.making}{number:04d}", dose.level, forms), page.rng


@dataclass(frozen=True, slots=True)
class TablePage:
    """An election's second page before it is drawn; `slips` name what is written in place of the ledger's values."""

    rng: Rng
    submission: Submission
    pen: Pen
    slips: tuple[str, ...] = ()

    def faxed(self, name: str, level: Level, forms: Forms) -> SampleFax:
        journey = some_journey(self.rng, level, FINE if self.rng.random() < 0.5 else STANDARD)
        sheets = tuple(form_sheets(forms, self.submission, 0, self.pen, self.rng))
        forms_on_it = (replace(self.submission, id=name),)
        return SampleFax(name, forms_on_it, sheets, journey, level, writers=(self.pen.writer,), slips=self.slips)


def _table_page(rng: Rng, ledger: OptionLedger, holder: Holder, grants: Sequence[Grant], writer: Writer) -> TablePage:
    manner = contents.some_manner(rng)
    version = "2003-06-25" if rng.random() < 0.3 else "2003-07-09"
    signed_at = contents.some_signing(rng, version)
    election = contents.good_election(rng, ledger, holder, manner, version=version, signed_at=signed_at, grants=grants)
    return TablePage(rng, replace(election, pages=("E2",)), Pen(writer, contents.joint_of(manner, election.fields)))


def _writer(dose: Dose, number: int, rng: Rng) -> Writer:
    """Odd numbers are typed, so that both styles get the same dose."""
    return somebody(rng, dose.group, typed=number % 2 == 1)


# -- strangers -----


def _strangers_page(dose: Dose, number: int, ledger: OptionLedger) -> TablePage:
    rng = np.random.default_rng([dose.seed, 2, number])
    elsewhere = _another_ledger(dose.seed + number % _STRANGERS_LEDGERS)
    writer = _writer(dose, number, rng)
    stranger = next(one for one in _drawn(rng, elsewhere) if is_stranger(one, ledger))
    stranger = replace(stranger, tax_id=_unknown_tax_id(rng, ledger))
    grants = [
        replace(grant, grant_no=_unknown_number(rng, grant.grant_no, ledger))
        for grant in contents.some_grants(rng, elsewhere, stranger)
    ]
    page = _table_page(rng, elsewhere, stranger, grants, writer)
    return replace(page, submission=replace(page.submission, holder_id=None))


@lru_cache
def _another_ledger(seed: int) -> OptionLedger:
    return make_ledger(seed)


def is_stranger(holder: Holder, ledger: OptionLedger) -> bool:
    """Whether nobody in the ledger has, or ever had, the name."""
    known = {
        normalise_name(name) for one in ledger.holders for name in (one.name_on_agreement, *one.legal_name_changes)
    }
    return normalise_name(holder.name_on_agreement) not in known


def _drawn(rng: Rng, ledger: OptionLedger) -> Iterator[Holder]:
    while True:
        yield contents.some_holder(rng, ledger)


def _unknown_tax_id(rng: Rng, ledger: OptionLedger) -> str:
    known = {holder.tax_id for holder in ledger.holders}
    return next(
        drawn for _ in count() if (drawn := f"000-{rng.integers(10, 99)}-{rng.integers(1000, 9999)}") not in known
    )


def _unknown_number(rng: Rng, like: str, ledger: OptionLedger) -> str:
    """A number of the same make that the ledger does not have: one that it has would name its holder (rule 27)."""
    figures = [place for place, character in enumerate(like) if character.isdigit()][-4:]
    while True:
        drawn = dict(zip(figures, map(str, rng.integers(0, 10, len(figures))), strict=True))
        number = "".join(drawn.get(place, character) for place, character in enumerate(like))
        if ledger.grant(number) is None:
            return number


# -- slips -----


def slipped_page(dose: Dose, number: int, ledger: OptionLedger) -> TablePage:
    """A page of a holder with three grants or more; every row for which a slip can be found has one."""
    rng = np.random.default_rng([dose.seed, 1, number])
    writer = _writer(dose, number, rng)
    holder = next(one for one in _drawn(rng, ledger) if len(contents.eligible_grants(ledger, one)) >= _ROWS_TO_SLIP_IN)
    grants = contents.eligible_grants(ledger, holder)[:8]
    page = _table_page(rng, ledger, holder, grants, writer)
    rows, slips = [], []
    for line, (row, grant) in enumerate(zip(page.submission.fields.rows, grants, strict=True), start=1):
        slipped = next(_slips(rng, row, grant, ledger), None)
        rows.append(slipped[0] if slipped else row)
        slips += [f"row{line}.{slipped[1]}"] if slipped else []
    fields = replace(page.submission.fields, rows=tuple(rows))
    return replace(page, submission=replace(page.submission, fields=fields), slips=tuple(slips))


def numbers_for(cells: int, dose: Dose, ledger: OptionLedger) -> tuple[int, ...]:
    """The numbers of the slipped pages that it takes to have `cells` slips typed and as many by hand."""
    numbers: list[int] = []
    slips = {True: 0, False: 0}
    for number in count(1):
        if min(slips.values()) >= cells:
            return tuple(numbers)
        page = slipped_page(dose, number, ledger)
        if slips[page.pen.writer.typed] < cells:
            slips[page.pen.writer.typed] += len(page.slips)
            numbers.append(number)
    raise AssertionError("numbers do not end")


def _slips(rng: Rng, row: GrantRow, grant: Grant, ledger: OptionLedger) -> Iterator[tuple[GrantRow, str]]:
    """The row with one cell that says something else than the ledger, and still plainly of that grant; "column: what".

    In an order by chance, so that the first is any of them; what few grants lend themselves to comes first half of the
    time, or there would hardly be any.
    """
    own, slips = ledger.grants_of(grant.holder_id), list(_SLIPS)
    order = [slips[place] for place in rng.permutation(len(slips))]
    if rng.random() < 0.5:
        order.sort(key=lambda slip: slip not in _SELDOM_POSSIBLE)
    for column, what in order:
        text = _SLIPS[column, what](rng, getattr(row, column), grant, ledger)
        if text is None:
            continue
        slipped = _with_cell(row, column, text)
        said, known = values_of(slipped)[COLUMNS.index(column)], ledger_values(grant)[COLUMNS.index(column)]
        if said is not None and said != known and meant_grant(slipped, own) is grant:
            yield slipped, f"{column}: {what}"


def _with_cell(row: GrantRow, column: str, text: str) -> GrantRow:
    changed: dict[str, Any] = {column: text}
    return replace(row, **changed)


_Slip = Callable[[Rng, str, Grant, OptionLedger], str | None]

_LOOK_ALIKES: Mapping[str, str] = {
    "0": "6", "1": "7", "2": "7", "3": "8", "4": "9", "5": "6", "6": "5", "7": "1", "8": "3", "9": "4"
}  # fmt: skip


def _look_alike(rng: Rng, text: str, grant: Grant, ledger: OptionLedger) -> str | None:
    """One figure is the one most like it: what a reader who knew the ledger would smooth away."""
    figures = [place for place, character in enumerate(text) if character.isdigit()]
    place = figures[int(rng.integers(len(figures)))]
    return text[:place] + _LOOK_ALIKES[text[place]] + text[place + 1 :]


def _neighbours_number(rng: Rng, text: str, grant: Grant, ledger: OptionLedger) -> str | None:
    numbers = sorted(one.grant_no for one in ledger.grants)
    place = numbers.index(grant.grant_no)
    near = [numbers[other] for other in (place - 1, place + 1) if 0 <= other < len(numbers)]
    return str(rng.choice(near))


def _day_and_month_swapped(rng: Rng, text: str, grant: Grant, ledger: OptionLedger) -> str | None:
    on = grant.grant_date
    return f"{on.day}/{on.month}/{on:%y}" if on.day <= 12 and "/" in text else None


def _another_grants_date(rng: Rng, text: str, grant: Grant, ledger: OptionLedger) -> str | None:
    other = _another(rng, grant, ledger)
    return _dated_as(text, other.grant_date) if other else None


def _dated_as(text: str, on: date) -> str:
    return f"{on.month}/{on.day}/{on.year}" if "/" in text else f"{on:%b} {on.day}, {on.year}"


def _another_grants_price(rng: Rng, text: str, grant: Grant, ledger: OptionLedger) -> str | None:
    other = _another(rng, grant, ledger)
    return _priced_as(text, other.exercise_price) if other else None


def _price_rounded(rng: Rng, text: str, grant: Grant, ledger: OptionLedger) -> str | None:
    return _priced_as(text, grant.exercise_price.quantize(Decimal("0.1")).quantize(Decimal("0.01")))


def _priced_as(text: str, price: Decimal) -> str:
    return f"${price}" if text.startswith("$") else str(price)


def _another(rng: Rng, grant: Grant, ledger: OptionLedger) -> Grant | None:
    others = [one for one in ledger.grants_of(grant.holder_id) if one is not grant]
    return others[int(rng.integers(len(others)))] if others else None


def _shares_granted(rng: Rng, text: str, grant: Grant, ledger: OptionLedger) -> str | None:
    return _counted_as(text, grant.shares_granted)


def _shares_vested(rng: Rng, text: str, grant: Grant, ledger: OptionLedger) -> str | None:
    """Options vest by the month over four years; holders count in whole months."""
    return _counted_as(text, grant.shares_granted * int(rng.integers(12, 48)) // 48)


def _a_round_part(rng: Rng, text: str, grant: Grant, ledger: OptionLedger) -> str | None:
    part = grant.unexercised * int(rng.integers(1, 4)) // 4
    return _counted_as(text, max(part // 100, 1) * 100)


def _counted_as(text: str, shares: int) -> str:
    return f"{shares:,}" if "," in text else str(shares)


_SLIPS: Mapping[tuple[str, str], _Slip] = {
    ("grant_no", "a figure's look-alike"): _look_alike,
    ("grant_no", "the neighbouring number"): _neighbours_number,
    ("grant_date", "a figure's look-alike"): _look_alike,
    ("grant_date", "day and month swapped"): _day_and_month_swapped,
    ("grant_date", "another grant's date"): _another_grants_date,
    ("price", "a figure's look-alike"): _look_alike,
    ("price", "another grant's price"): _another_grants_price,
    ("price", "rounded to ten cents"): _price_rounded,
    ("shares", "a figure's look-alike"): _look_alike,
    ("shares", "shares granted"): _shares_granted,
    ("shares", "shares vested"): _shares_vested,
    ("shares", "a round part"): _a_round_part,
}
"""What holders write in place of what the ledger says, by column; None where the grant does not lend itself to it."""
_SELDOM_POSSIBLE = {("grant_date", "day and month swapped"), ("shares", "shares granted")}
