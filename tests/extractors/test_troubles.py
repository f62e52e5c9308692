"""Every trouble that the samples can make is seen on the page: as what the rulebook calls it, and never as a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import cv2
import numpy as np
import pytest

from core.grammar import Parsed, parse_date, parse_price, parse_shares
from core.readings import Mark
from core.submissions import GrantRow
from core.transmissions import PageReading
from extractors.answers import Question, ask_readers, reading_of
from extractors.blank_pages import load_blank_pages
from extractors.dropout import drop_print
from extractors.page_images import RegisteredPage
from extractors.readers import all_readers
from extractors.readers.reader import Writing
from extractors.signing import Signed, read_signing, signature_questions
from extractors.stand_ins import stands_in
from extractors.thresholds import load_thresholds
from extractors.zones import PageInk, ZoneInk, ink_of_page
from samples.generate import LEDGER_SEED, SampleFax
from samples.ledger import make_ledger
from samples.lettering import Group
from samples.troubles import TROUBLE_BY_NAME, some_circumstances, troubled_fax
from tests.extractors.filled_pages import forms

LEDGER = make_ledger(LEDGER_SEED)


@cache
def fax_with(name: str, number: int) -> SampleFax:
    """A form with one trouble: typed when `number` is even, by hand when it is odd."""
    rng = np.random.default_rng([20, number])
    return troubled_fax("t", TROUBLE_BY_NAME[name], rng, LEDGER, forms(), some_circumstances(number, Group.TRAINING))


@cache
def ink_with(name: str, number: int, page_class: str = "") -> PageInk:
    """The troubled page (or another one) of that form, as it was written and without fax damage."""
    wanted = page_class or TROUBLE_BY_NAME[name].page_class
    (sheet,) = [sheet for sheet in fax_with(name, number).sheets if sheet.page_class == wanted]
    (blank,) = [
        b for b in load_blank_pages(forms()).pages if (b.page_class, b.form.version) == (wanted, sheet.form_version)
    ]
    height, width = blank.picture.shape
    paper = np.asarray(cv2.resize(sheet.picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    dropped = drop_print(paper, blank)
    reading = PageReading(1, wanted, sheet.form_version, 0.99)
    return ink_of_page(RegisteredPage(reading, paper, paper, dropped.ink, dropped.missing, blank.form_page), printed=())


def rows_of(name: str, number: int) -> tuple[GrantRow, ...]:
    return fax_with(name, number).submissions[0].fields.rows


def signing(ink: PageInk) -> Signed:
    assert ink.shared is not None
    questions = signature_questions("signature", ink.shared, ink.shared.by_zone["signature"])
    return read_signing(questions, ask_readers(questions, all_readers(), load_thresholds()), "")


_PARSERS: Mapping[str, Callable[[str], Parsed[Any]]] = {
    "grant_date": parse_date,
    "price": parse_price,
    "shares": parse_shares,
}


def troubled_cells(name: str, number: int) -> Iterator[tuple[ZoneInk, str]]:
    """The cells that do not say what the ledger has, with what they say instead."""
    grants = {grant.grant_no: grant for grant in LEDGER.grants}
    rows = rows_of(name, number)
    for zone in ink_with(name, number).zones:
        if zone.zone.row is None or zone.zone.row > len(rows):
            continue
        row, column = rows[zone.zone.row - 1], zone.zone.name.partition("_")[2]
        text = getattr(row, column)
        grant = grants.get(row.grant_no)
        if grant is not None and column in _PARSERS and _PARSERS[column](text).value is None:
            yield zone, text


@pytest.mark.parametrize(
    ("name", "number"),
    [("struck_row", 0), ("struck_twice", 1), ("struck_wavy", 0), ("struck_zigzag", 1), ("struck_cross", 1)],
)
def test_a_row_struck_out_in_whatever_way_is_struck_and_no_other(name: str, number: int) -> None:
    ink = ink_with(name, number)
    struck = [row.struck for row in rows_of(name, number)]
    assert [ink.rows[line].struck for line in range(1, len(struck) + 1)] == struck


@pytest.mark.parametrize(
    ("name", "number"),
    [("struck_cell", 3), ("overwritten", 2), ("corrected_beside", 1), ("corrected_above", 0), ("blacked_out", 1)],
)
def test_a_cell_that_was_corrected_alters_its_row_and_no_other(name: str, number: int) -> None:
    ink = ink_with(name, number)
    altered = [row.altered for row in rows_of(name, number)]
    marks = [ink.rows[line] for line in range(1, len(altered) + 1)]
    assert [bool(mark.crossed or mark.overwritten) for mark in marks] == altered


@pytest.mark.parametrize(("name", "number"), [("ditto", 3), ("ditto", 4), ("arrow_down", 0), ("arrow_down", 1)])
def test_marks_that_stand_for_another_value_are_unreadable_not_figures(name: str, number: int) -> None:
    cells = list(troubled_cells(name, number))
    assert cells
    for ink, text in cells:
        assert ink.no_figures, text
        reading = reading_of("row2.shares", ink, 2, None)
        assert (reading.value, reading.mark) == ("?", Mark.ILLEGIBLE)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("name", ["same_as_above", "all", "words_beside"])
def test_words_that_stand_for_a_value_are_read_as_words(name: str, number: int) -> None:
    ((ink, text),) = troubled_cells(name, number)
    writing = Writing(ink.zone.field_kind.value)
    question = Question("cell", writing, ink.written)
    value = ask_readers([question], all_readers(), load_thresholds())["cell"].fused.value
    assert stands_in(writing, value), (text, value)
    assert parse_shares(value).value is None
    assert parse_date(value).value is None


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("stamped_page", 2),
        ("circled_cell", 1),
        ("arrow_beside", 0),
        ("second_signature", 1),
        ("note_over_print", 0),
        ("note_in_margin", 1),
        ("short_note", 2),
        ("short_note", 3),
    ],
)
def test_what_is_written_outside_the_boxes_is_a_note(name: str, number: int) -> None:
    assert ink_with(name, number).notes


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("stamped_signature", 4),
        ("signature_stamp", 1),
        ("typed_signature", 0),
        ("typed_signature", 1),
        ("initials", 0),
        ("initials", 1),
        ("cross_signature", 0),
        ("stray_line", 1),
        ("struck_signature", 2),
        ("two_signatures", 1),
    ],
)
def test_what_is_no_plain_signature_leaves_it_unsure(name: str, number: int) -> None:
    assert signing(ink_with(name, number)).signature.present is None


@pytest.mark.parametrize("name", ["tick", "tick_cross", "tick_scribble"])
def test_a_box_marked_in_whatever_way_is_ticked(name: str) -> None:
    assert ink_with(name, 0).ticks["amend_box"].ticked is True


@pytest.mark.parametrize("name", ["tick_circle", "tick_dot"])
def test_a_ring_around_the_box_or_a_blot_in_it_is_seen(name: str) -> None:
    ink = ink_with(name, 0)
    assert ink.notes or ink.ticks["amend_box"].ticked is not False


@pytest.mark.parametrize("number", range(4))
def test_a_page_without_trouble_shows_none(number: int) -> None:
    """The back page of a form that is in good order but for its front page."""
    ink = ink_with("tick", number, "E2")
    assert not ink.notes
    assert not any(zone.no_figures for zone in ink.zones)
    assert not any(row.struck or row.overwritten for row in ink.rows.values())
    assert signing(ink).signature.present is True


@pytest.mark.parametrize(
    ("writing", "plain"),
    [
        (Writing.SHARES, "ALL"),
        (Writing.SHARES, "AlI shares"),
        (Writing.SHARES, "100%"),
        (Writing.SHARES, "750 + 50"),
        (Writing.SHARES, "1,200 vested"),
        (Writing.DATE, "same as above"),
        (Writing.PRICE, "do."),
        (Writing.TAX_ID, "on file"),
    ],
)
def test_a_word_in_a_box_for_figures_stands_for_something_else(writing: Writing, plain: str) -> None:
    assert stands_in(writing, plain)


@pytest.mark.parametrize(
    ("writing", "plain"),
    [
        (Writing.SHARES, "1,200"),
        (Writing.SHARES, "LOO"),
        (Writing.SHARES, "A11"),
        (Writing.DATE, "Sept 4, 2001"),
        (Writing.DATE, "21-June-99"),
        (Writing.PRICE, "S 3.33"),
        (Writing.GRANT_NO, "CP-001041"),
        (Writing.NAME, "Allen Same"),
    ],
)
def test_misread_figures_months_and_names_stand_for_themselves(writing: Writing, plain: str) -> None:
    assert not stands_in(writing, plain)
