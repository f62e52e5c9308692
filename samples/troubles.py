"""Troubled forms: rows struck out, figures written over, ditto marks, stamps, initials, each with its truth.

One line of `TROUBLES` a trouble: what the paper then says, which of the rulebook's findings say so, and the pen that
does it. `python -m samples.troubles FOLDER [NAME ...]` writes examples.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np

from core.grammar import parse_date
from core.holders import OptionLedger
from core.submissions import GrantRow, Signature, Submission
from offers.forms import Forms, load_forms
from samples import contents
from samples import trouble_marks as marks
from samples.fax import FINE, STANDARD, Level, some_journey
from samples.generate import FORMS_FOLDER, LEDGER_SEED, SampleFax, form_sheets, record_judgements, write
from samples.ledger import make_ledger, write_ledger
from samples.lettering import Group
from samples.paper import Pen
from samples.trouble_marks import COLUMNS, Desk
from samples.writing import Rng, somebody

_MOST_ROWS = 5
"""Rows of a troubled form, so that there is room below for a row that takes two lines."""


class Place(StrEnum):
    """Where on the form a trouble is."""

    ROW = "row"
    SIGNATURE = "signature"
    TICK = "amend_box"
    DATE = "signed_at"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Spot:
    """The row (1-based) and the column of the grant table that a trouble strikes."""

    row: int
    column: str
    rng: Rng


Change = Callable[[Submission, Spot], Submission]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind of trouble. `codes` are the findings any of which names it; none where the right value may pass.

    `says` makes a good form say what the paper says in the end. Without a `mark` that is simply written; with one the
    form is filled as `filled` has it (None: in good order) and the mark is made on `page_class` afterwards.
    """

    name: str
    title: str
    place: Place
    codes: frozenset[str]
    says: Change
    mark: Callable[[Desk], None] | None = None
    filled: Change | None = None
    columns: tuple[str, ...] = COLUMNS
    page_class: str = "E2"


# ---------------------------------------------------------------- what the paper says


def _fields(form: Submission, **changes: object) -> Submission:
    return replace(form, fields=replace(form.fields, **changes))  # type: ignore[arg-type]


def _changed(form: Submission, spot: Spot, change: Callable[[GrantRow], GrantRow]) -> Submission:
    rows = list(form.fields.rows)
    rows[spot.row - 1] = change(rows[spot.row - 1])
    return _fields(form, rows=tuple(rows))


def _put(row: GrantRow, column: str, text: str) -> GrantRow:
    return replace(row, **{column: text})  # type: ignore[arg-type]


def _struck(form: Submission, spot: Spot) -> Submission:
    return _changed(form, spot, lambda row: replace(row, struck=True))


def _altered(form: Submission, spot: Spot) -> Submission:
    return _changed(form, spot, lambda row: replace(row, altered=True))


def _same(form: Submission, _: Spot) -> Submission:
    return form


def _without_cell(form: Submission, spot: Spot) -> Submission:
    return _changed(form, spot, lambda row: _put(row, spot.column, ""))


def _without_row(form: Submission, spot: Spot) -> Submission:
    return _changed(form, spot, lambda _: GrantRow())


def _cell_says(*words: str) -> Change:
    return lambda form, spot: _changed(form, spot, lambda row: _put(row, spot.column, str(spot.rng.choice(words))))


def _below_says(text: str) -> Change:
    def change(form: Submission, spot: Spot) -> Submission:
        first, *below = form.fields.rows
        return _fields(form, rows=(first, *(_put(row, spot.column, text) for row in below)))

    return change


def _every_share_says(text: str) -> Change:
    return lambda form, _: _fields(form, rows=tuple(replace(row, shares=text) for row in form.fields.rows))


def _row_unreadable(form: Submission, spot: Spot) -> Submission:
    return _changed(form, spot, lambda _: GrantRow("?", "?", "?", "?"))


def _words_beside(form: Submission, spot: Spot) -> Submission:
    words = str(spot.rng.choice(["vested", "only vested", "+ 50", "or all"]))
    return _changed(form, spot, lambda row: replace(row, shares=f"{row.shares} {words}"))


def _date_on_two_lines(form: Submission, spot: Spot) -> Submission:
    """The month and the day in one row, the year below them."""
    rows = list(form.fields.rows)
    granted_on = parse_date(rows[spot.row - 1].grant_date).value
    assert granted_on is not None
    above, below = contents.written_date(granted_on.on, "{month} {d},|{yyyy}").split("|")
    rows[spot.row - 1] = replace(rows[spot.row - 1], grant_date=above)
    rows.insert(spot.row, GrantRow(grant_date=below))
    return _fields(form, rows=tuple(rows))


def _row_on_two_lines(form: Submission, spot: Spot) -> Submission:
    """Number and date in one row, price and shares in the next."""
    rows = list(form.fields.rows)
    row = rows[spot.row - 1]
    rows[spot.row - 1 : spot.row] = [replace(row, price="", shares=""), replace(row, grant_no="", grant_date="")]
    return _fields(form, rows=tuple(rows))


def _noted(form: Submission, _: Spot) -> Submission:
    return _fields(form, notes="?")


def _unclear(form: Submission, _: Spot) -> Submission:
    return _fields(form, signature=Signature(None, None))


def _unsigned(form: Submission, _: Spot) -> Submission:
    return _fields(form, signature=Signature(False, None))


def _ticked(form: Submission, _: Spot) -> Submission:
    return _fields(form, amend_box=True)


def _tick_unclear(form: Submission, _: Spot) -> Submission:
    return _fields(form, amend_box=None)


def _undated(form: Submission, _: Spot) -> Submission:
    return _fields(form, date="", time="")


def _date_unclear(form: Submission, _: Spot) -> Submission:
    return _fields(form, date="?", time="?")


# ---------------------------------------------------------------- the registry

_NO_CELL = frozenset({"FIELD_UNREADABLE", "SHARES_NOT_A_NUMBER", "GRANT_NO_UNREADABLE"})
_STRUCK, _ALTERED = frozenset({"ROW_STRUCK"}), frozenset({"ROW_ALTERED"})
_TEXT = frozenset({"FREE_TEXT", "CONDITIONAL_TENDER"})
_UNCLEAR = frozenset({"SIGNATURE_UNCLEAR"})
_HALF = frozenset({"PRICE_MISSING", "GRANT_NO_MISSING"})
_NONE: frozenset[str] = frozenset()
_BOX = frozenset({"AMEND_BOX_NO_PRIOR"})
_DOUBT = frozenset({"OCR_LOW_CONFIDENCE"})
_VALUES = ("grant_date", "price", "shares")

Mark = Callable[[Desk], None]


def _row(
    name: str,
    title: str,
    codes: frozenset[str],
    says: Change,
    mark: Mark | None = None,
    filled: Change | None = None,
    columns: tuple[str, ...] = COLUMNS,
) -> Trouble:
    return Trouble(name, title, Place.ROW, codes, says, mark, filled, columns)


def _cell(name: str, title: str, codes: frozenset[str], says: Change, mark: Mark) -> Trouble:
    return Trouble(name, title, Place.ROW, codes, says, mark, _without_cell)


def _words(name: str, title: str, says: Change, columns: tuple[str, ...] = ("shares",)) -> Trouble:
    return Trouble(name, title, Place.ROW, _NO_CELL, says, columns=columns)


def _page(name: str, title: str, mark: Mark) -> Trouble:
    return Trouble(name, title, Place.PAGE, _TEXT, _noted, mark)


def _signature(name: str, title: str, mark: Mark, filled: Change | None = None) -> Trouble:
    codes = _UNCLEAR if filled is None else _UNCLEAR | _TEXT
    return Trouble(name, title, Place.SIGNATURE, codes, _unclear, mark, filled or _unsigned)


def _tick(name: str, title: str, mark: Mark, *, sure: bool = True) -> Trouble:
    codes = _BOX if sure else _BOX | _DOUBT | _TEXT
    return Trouble(name, title, Place.TICK, codes, _ticked if sure else _tick_unclear, mark, page_class="E1")


TROUBLES: tuple[Trouble, ...] = (
    _row("struck_row", "a line through a row", _STRUCK, _struck),
    _row("struck_twice", "two lines through a row", _STRUCK, _struck, marks.strike_twice),
    _row("struck_wavy", "a wavy line through a row", _STRUCK, _struck, marks.strike_in_waves),
    _row("struck_zigzag", "a row hatched out", _STRUCK, _struck, marks.strike_in_zigzag),
    _row("struck_cross", "a long cross over a row", _STRUCK, _struck, marks.cross_out),
    _cell("struck_cell", "a line through one cell", _ALTERED | _STRUCK, _altered, marks.strike_cell),
    _cell("overwritten", "a figure written over another", _ALTERED, _altered, marks.overwrite),
    _cell("overwritten_wrongly", "a wrong figure over the right one", _ALTERED, _altered, marks.overwrite_wrongly),
    _cell("corrected_beside", "a slip struck out, corrected beside", _ALTERED, _altered, marks.correct_beside),
    _cell("corrected_above", "a slip struck out, corrected above", _ALTERED, _altered, marks.correct_above),
    _cell("blacked_out", "a slip scribbled over, corrected beside", _ALTERED, _altered, marks.black_out),
    _words("ditto", "ditto marks in a cell", _cell_says('"', "''", '- " -', "do."), _VALUES),
    _words("same_as_above", "'same as above' in a cell", _cell_says("same", "same as above", "see above"), _VALUES),
    _words("all", "ALL for a number of shares", _cell_says("ALL", "All", "all", "100%", "all shares", "entire")),
    _words("words_beside", "words beside a number of shares", _words_beside),
    _row("all_across", "one large ALL", _NO_CELL, _every_share_says("ALL"), marks.all_across, _every_share_says("")),
    _row("arrow_down", "a column arrowed", _NO_CELL, _below_says("?"), marks.arrow_down, _below_says(""), _VALUES),
    _words("date_on_two_lines", "a date that runs on into the next row", _date_on_two_lines),
    _row("row_on_two_lines", "one grant over two rows", _HALF, _row_on_two_lines),
    _row("straddled", "a row across the line between two", _NONE, _same, marks.straddle, _without_row),
    _row("stamped_row", "an office's stamp across a row", _TEXT | _NO_CELL, _row_unreadable, marks.stamp_row),
    _page("stamped_page", "an office's stamp beside the text", marks.stamp_page),
    _page("circled_row", "a ring around a row", marks.circle_row),
    _page("circled_cell", "a ring around a cell", marks.circle_cell),
    _page("arrow_beside", "an arrow that points at a row", marks.arrow_beside),
    _page("second_signature", "a second signature elsewhere", marks.sign_elsewhere),
    _page("note_over_print", "words written across the printed text", marks.note_over_print),
    _page("note_in_margin", "words up the margin", marks.note_in_margin),
    _page("short_note", "a word of two letters", marks.short_note),
    _signature("stamped_signature", "an office's stamp across the signature", marks.stamp_signature, _same),
    _signature("signature_stamp", "the name from a rubber stamp", marks.stamp_name),
    _signature("typed_signature", "the name in type", marks.type_name),
    _signature("initials", "initials", marks.initial),
    _signature("cross_signature", "a cross", marks.sign_with_cross),
    _signature("stray_line", "a stray line, unsigned", marks.stray_line),
    _signature("struck_signature", "a signature crossed out", marks.strike_signature),
    _signature("two_signatures", "two signatures in one box", marks.cosign),
    Trouble(
        "corrected_date", "a signing date struck out and corrected", Place.DATE, _DOUBT | {"DATE_UNREADABLE"},
        _date_unclear, marks.correct_date, _undated,
    ),
    _tick("tick", "the box ticked", marks.tick),
    _tick("tick_cross", "the box crossed", marks.tick_with_cross),
    _tick("tick_scribble", "the box scribbled over", marks.tick_with_scribble),
    _tick("tick_circle", "the box ringed", marks.tick_with_circle, sure=False),
    _tick("tick_dot", "a blot in the box", marks.tick_with_dot, sure=False),
)  # fmt: skip

TROUBLE_BY_NAME: Mapping[str, Trouble] = {trouble.name: trouble for trouble in TROUBLES}


# ---------------------------------------------------------------- faxes


@dataclass(frozen=True, slots=True)
class Circumstances:
    """In whose hand a troubled form is filled, and how it travels."""

    typed: bool
    group: Group = Group.TRAINING
    resolution: tuple[int, int] = FINE
    level: Level = Level.MODERATE


def troubled_fax(
    name: str, trouble: Trouble, rng: Rng, ledger: OptionLedger, forms: Forms, circumstances: Circumstances
) -> SampleFax:
    """One election in good order but for `trouble`; its submission says what the paper says."""
    writer = somebody(rng, circumstances.group, typed=circumstances.typed)
    hand = somebody(rng, circumstances.group, typed=False)
    manner = contents.some_manner(rng)
    form = _good_form(rng, ledger, manner)
    spot = Spot(int(rng.integers(2, len(form.fields.rows) + 1)), str(rng.choice(trouble.columns)), rng)
    says = replace(trouble.says(form, spot), id=f"{name}-1")
    filled = says if trouble.mark is None else (trouble.filled or _same)(form, spot)
    pen = Pen(writer, contents.joint_of(manner, form.fields))
    laid = form_sheets(forms, filled, 0, pen, rng)
    if trouble.mark is not None:
        assert form.kind is not None and form.form_version is not None
        page = forms.of(form.kind, form.form_version).page(trouble.page_class)
        (sheet,) = [sheet for sheet in laid if sheet.page_class == trouble.page_class]
        trouble.mark(
            Desk(
                sheet.picture, page, writer, hand if writer.typed else writer, rng,
                form.fields.rows, spot.row, spot.column, form.fields, pen.joint,
            )
        )  # fmt: skip
    return SampleFax(
        name,
        (says,),
        tuple(laid),
        some_journey(rng, circumstances.level, circumstances.resolution),
        circumstances.level,
        title=trouble.title,
        writers=(writer,),
        slips=(trouble.name,),
    )


def _good_form(rng: Rng, ledger: OptionLedger, manner: contents.Manner) -> Submission:
    """An election of at least two rows."""
    while True:
        holder = contents.some_holder(rng, ledger)
        grants = contents.eligible_grants(ledger, holder)
        grants = tuple(grant for grant in grants if not grant.split_group)[:_MOST_ROWS]
        if len(grants) >= 2:
            break
    version = "2003-06-25" if rng.random() < 0.3 else "2003-07-09"
    signed_at = contents.some_signing(rng, version)
    return contents.good_election(rng, ledger, holder, manner, version=version, signed_at=signed_at, grants=grants)


def some_circumstances(number: int, group: Group) -> Circumstances:
    """The four ways a form may come, turn about: typed or by hand, fine or standard."""
    return Circumstances(typed=number % 2 == 0, group=group, resolution=(FINE, STANDARD)[number // 2 % 2])


def main(arguments: list[str] | None = None) -> None:
    """Command line of `python -m samples.troubles`: one fax a trouble, typed and by hand."""
    given = sys.argv[1:] if arguments is None else arguments
    out, wanted = Path(given[0]), given[1:] or list(TROUBLE_BY_NAME)
    out.mkdir(parents=True, exist_ok=True)
    ledger, forms = make_ledger(LEDGER_SEED), load_forms(FORMS_FOLDER)
    write_ledger(ledger, out)
    written = []
    for name in wanted:
        for number in range(2):
            rng = np.random.default_rng([zlib.crc32(name.encode()), number])
            circumstances = some_circumstances(number, Group.TRAINING)
            fax = troubled_fax(f"{name}{number}", TROUBLE_BY_NAME[name], rng, ledger, forms, circumstances)
            written.append(write(out, fax, rng))
    record_judgements(written, ledger)


if __name__ == "__main__":
    main()
