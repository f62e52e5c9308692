"""The ledger's value is held against the ink: confirmed where the ink leaves it likely, never where it says another."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from core.holders import Category, Grant, GrantType, Holder, OptionLedger, Plan
from core.readings import BY_LIKELIHOOD, Box, Mark, Reading
from core.submissions import Fields, GrantRow
from extractors.answers import Answer, ReadField
from extractors.confirmation import columns_that_say, confirmed_by_ink, keys_of_others, ledger_texts, says
from extractors.doubts import FormAsRead, doubts_of
from extractors.fusion import fuse
from extractors.matching import Match
from extractors.meanings import meaning
from extractors.readers.alphabets import ALPHABETS
from extractors.readers.ctc import Frames, decode_greedily
from extractors.readers.reader import NOTHING_READ, ReaderResult, Writing
from extractors.thresholds import load_thresholds

HOLDER = Holder(
    "H3",
    "Maria K. Ortiz",
    Category.EMPLOYEE,
    tax_id="000-12-3456",
    email="mortiz@example.com",
    address="12 Elm St, Reno, NV 89501",
)
GRANT = Grant("CP-001187", "H3", Plan.PLAN_2000, date(2002, 4, 24), Decimal("3.3300"), 1200, 0, 0, GrantType.NSO)
LEDGER = OptionLedger.of([HOLDER], [GRANT])
FOUND = Match("H3", ("CP-001187",))
FIELDS = Fields(rows=(GrantRow("CP-001187", "4/24/02", "$3.33", "1,200"),))
THRESHOLDS = load_thresholds()


def line(writing: Writing, text: str, instead: dict[int, tuple[str, float]] | None = None) -> ReaderResult:
    """A network's result for `text`; `instead` gives at a place another character, and how likely that one is."""
    alphabet = ALPHABETS[writing]
    steps = []
    for place, character in enumerate(text):
        other, share = (instead or {}).get(place, (character, 0.0))
        step = np.full(len(alphabet) + 1, 1e-5)
        step[alphabet.index(character) + 1] += 1 - share
        step[alphabet.index(other) + 1] += share
        gap = np.full(len(alphabet) + 1, 1e-5)
        gap[0] = 1.0
        steps += [step / step.sum(), gap / gap.sum()]
    frames = Frames(np.log(np.array(steps)).astype(np.float32), alphabet)
    read, characters = decode_greedily(frames)
    return ReaderResult(read, min(characters), read, characters, frames)


def field_of(writing: Writing, *lines: ReaderResult, key: str = "row1.shares") -> tuple[ReadField, Answer]:
    heard = dict(zip(("rapid", "cells", "rapid-wide"), lines, strict=False))
    fused = fuse(writing, heard, THRESHOLDS)
    reading = Reading(key, fused.value, fused.raw, fused.mark, fused.confidence, 2, Box(0, 0, 1, 1), fused.readers)
    return ReadField(reading, writing, fused.rivals), Answer(fused, heard)


ONE_OR_SEVEN = (line(Writing.SHARES, "7,200", {0: ("1", 0.45)}), line(Writing.SHARES, "1,200", {0: ("7", 0.45)}))
"""Read as 7,200, but hardly."""


def test_what_the_ink_nearly_says_is_taken_for_the_ledgers() -> None:
    field, answer = field_of(Writing.SHARES, *ONE_OR_SEVEN)
    assert field.reading.value == "7,200"
    after = confirmed_by_ink(field, answer, ("1,200", "1200"), THRESHOLDS)
    assert (after.reading.value, after.reading.raw, after.reading.reader) == ("1,200", "7,200", BY_LIKELIHOOD)
    assert THRESHOLDS.asks[Writing.SHARES].likely <= after.reading.confidence < 0.5


def test_what_the_ink_plainly_says_stays_whatever_the_ledger_has() -> None:
    field, answer = field_of(Writing.SHARES, line(Writing.SHARES, "7,200"), line(Writing.SHARES, "7,200"))
    assert confirmed_by_ink(field, answer, ("1,200", "1200"), THRESHOLDS) == field
    assert field.reading.value == "7,200"


def test_one_reader_that_is_sure_of_something_else_is_enough_to_leave_it() -> None:
    field, answer = field_of(
        Writing.SHARES, line(Writing.SHARES, "7,200", {0: ("1", 0.45)}), line(Writing.SHARES, "7,200")
    )
    assert confirmed_by_ink(field, answer, ("1,200", "1200"), THRESHOLDS).reading.value == "7,200"


def test_a_value_that_was_surely_read_is_left_alone() -> None:
    field, answer = field_of(Writing.SHARES, line(Writing.SHARES, "1,200"), line(Writing.SHARES, "1,200"))
    assert confirmed_by_ink(field, answer, ("1,200", "1200"), THRESHOLDS) is field


def test_marks_that_stand_for_a_value_are_none() -> None:
    field, answer = field_of(Writing.SHARES, *ONE_OR_SEVEN)
    for_all = Answer(answer.fused, answer.by_reader, stands_in=True)
    assert confirmed_by_ink(field, for_all, ("1,200", "1200"), THRESHOLDS) is field


def test_a_confirmed_field_raises_no_doubt_though_nobody_read_it() -> None:
    before, answer = field_of(Writing.SHARES, *ONE_OR_SEVEN)
    after = confirmed_by_ink(before, answer, ("1,200", "1200"), THRESHOLDS)
    doubted, sure = (
        doubts_of(FormAsRead((field,), FIELDS, FOUND, None), LEDGER, THRESHOLDS) for field in (before, after)
    )
    assert [doubt.key for doubt in doubted] == ["row1.shares"]
    assert sure == ()


def address_of(rapid: ReaderResult, cells: ReaderResult) -> ReadField:
    field, answer = field_of(Writing.ADDRESS, rapid, cells, cells, key="address")
    return confirmed_by_ink(field, answer, ("12 Elm St, Reno, NV 89501",), THRESHOLDS)


def address_line(text: str, instead: dict[int, tuple[str, float]] | None = None) -> ReaderResult:
    return line(Writing.ADDRESS, text, instead)


def test_an_address_whose_street_nobody_can_read_is_in_the_country_if_its_end_says_so() -> None:
    unread = "l2 Eim 5t, Rcna, NV 89507"
    field = address_of(address_line(unread, {24: ("1", 0.4)}), address_line(unread, {24: ("1", 0.4)}))
    assert (field.reading.value, field.reading.reader) == (unread, BY_LIKELIHOOD)
    assert doubts_of(FormAsRead((field,), FIELDS, FOUND, None), LEDGER, THRESHOLDS) == ()


def test_a_state_that_was_misread_is_the_ledgers_where_the_ink_says_so() -> None:
    unread = "l2 Eim 5t, Rcna, NY B95Ol"
    nearly = {18: ("V", 0.4), 20: ("8", 0.4), 23: ("0", 0.4), 24: ("1", 0.4)}
    field = address_of(address_line(unread, nearly), address_line(unread.replace("NY", "UY"), nearly))
    assert field.reading.value == "l2 Eim 5t, Rcna, NV 89501"


@pytest.mark.parametrize(
    "written", ["12 Elm St, Reno, ON M5V 2T6", "12 Elm St, Reno, NV 89501, Canada", "12 Elm St, Reno, NY 10022", "NV"]
)
def test_an_address_that_ends_elsewhere_stays_as_it_was_read(written: str) -> None:
    doubtful = {0: ("I", 0.5)}
    field = address_of(address_line(written, doubtful), address_line(written, doubtful))
    assert field.reading.reader != BY_LIKELIHOOD
    assert field.reading.value[1:] == written[1:]


def test_an_address_read_as_abroad_is_never_brought_home() -> None:
    abroad = "15 King St, Toronto, ON 89507"
    nearly = {21: ("N", 0.3), 22: ("V", 0.3), 28: ("1", 0.45)}
    field = address_of(address_line(abroad, nearly), address_line(abroad, nearly))
    assert (field.reading.value, field.reading.reader) == (abroad, "rapid+cells+rapid-wide")


def test_a_network_that_saw_nothing_of_an_address_ends_the_asking() -> None:
    unread = "l2 Eim 5t, Rcna, NY B95Ol"
    nearly = {18: ("V", 0.4), 20: ("8", 0.4), 23: ("0", 0.4), 24: ("1", 0.4)}
    field = address_of(NOTHING_READ, address_line(unread, nearly))
    assert field.reading.reader != BY_LIKELIHOOD


def test_a_day_that_no_month_has_is_not_the_day_before() -> None:
    field, answer = field_of(Writing.DATE, *[line(Writing.DATE, "4/31/2002")] * 2, key="row1.grant_date")
    assert field.reading.value != "4/30/2002"
    assert confirmed_by_ink(field, answer, ("4/30/2002", "4/30/02"), THRESHOLDS) is field


def test_an_address_without_its_point_is_not_the_one_with_it() -> None:
    field, answer = field_of(Writing.EMAIL, *[line(Writing.EMAIL, "mortiz@examplecom")] * 2, key="email")
    three = Answer(answer.fused, {**answer.by_reader, "rapid-wide": answer.by_reader["rapid"]})
    assert confirmed_by_ink(field, three, ("mortiz@example.com",), THRESHOLDS) is field


def test_a_network_that_saw_nothing_speaks_for_nothing() -> None:
    silent = ReaderResult("", 0.0, "", (), line(Writing.NAME, "Peter Chan").frames)
    chan = ReaderResult("Peter Chan", 0.9, "Peter Chan", ())
    for heard in ({"rapid": silent, "cells": silent, "tesseract": chan}, {"tesseract": chan}):
        fused = fuse(Writing.NAME, heard, THRESHOLDS)
        reading = Reading("printed_name", fused.value, fused.raw, fused.mark, 0.2, 2, Box(0, 0, 1, 1), fused.readers)
        field = ReadField(reading, Writing.NAME)
        assert confirmed_by_ink(field, Answer(fused, heard), ("Maria K. Ortiz",), THRESHOLDS) is field


NEIGHBOUR = Holder("H4", "Maria K. Ortez", Category.EMPLOYEE, tax_id="000-12-3466", email="mortez@example.com")
OTHER_GRANT = Grant("CP-001137", "H3", Plan.PLAN_2000, date(2002, 4, 24), Decimal("3.33"), 100, 0, 0, GrantType.NSO)


def test_what_is_somebody_elses_or_another_grants_is_never_a_misreading() -> None:
    ledger = OptionLedger.of([HOLDER, NEIGHBOUR], [GRANT, OTHER_GRANT])
    fields = Fields(
        printed_name="MARIA K ORTEZ",
        tax_id="000123466",
        email="Mortez@example.com",
        rows=(GrantRow("CP-001137", "4/24/02", "$3.33", "1,200"),),
    )
    assert set(keys_of_others(fields, FOUND, ledger)) == {"printed_name", "tax_id", "email", "row1.grant_no"}
    own = Fields(printed_name="Maria K. Ortiz", tax_id="000-12-3456", rows=FIELDS.rows)
    assert set(keys_of_others(own, FOUND, ledger)) == set()


def test_without_a_holder_the_ledger_has_nothing_to_say() -> None:
    assert ledger_texts(FIELDS, Match(None, (None,), likeliest="H3"), LEDGER) == {}


def test_of_a_row_without_a_grant_the_ledger_has_nothing_to_say() -> None:
    assert {key for key in ledger_texts(FIELDS, Match("H3", (None,)), LEDGER) if key.startswith("row")} == set()


WRITINGS = {
    "printed_name": Writing.NAME, "schedule.printed_name": Writing.NAME, "tax_id": Writing.TAX_ID,
    "email": Writing.EMAIL, "address": Writing.ADDRESS, "row1.grant_no": Writing.GRANT_NO,
    "row1.grant_date": Writing.DATE, "row1.price": Writing.PRICE, "row1.shares": Writing.SHARES,
}  # fmt: skip


def test_all_ways_to_write_a_value_mean_the_same() -> None:
    texts = ledger_texts(FIELDS, FOUND, LEDGER)
    assert texts.keys() == WRITINGS.keys()
    for key, ways in texts.items():
        senses = {meaning(WRITINGS[key], way) for way in ways}
        assert len(senses) == 1, (key, ways)
        assert None not in senses
        assert all(set(way) <= set(ALPHABETS[WRITINGS[key]]) for way in ways), key


@pytest.mark.parametrize("way", ["4/24/02", "04/24/2002", "Apr 24, 2002", "24 April 2002", "4-24-2002", "2002-04-24"])
def test_people_write_dates_in_many_ways(way: str) -> None:
    assert way in ledger_texts(FIELDS, FOUND, LEDGER)["row1.grant_date"]


def test_a_nickname_or_a_missing_initial_is_not_the_ledgers_name() -> None:
    names = ledger_texts(FIELDS, FOUND, LEDGER)["printed_name"]
    assert says(Writing.NAME, "MARIA K ORTIZ", names)
    assert not says(Writing.NAME, "Maria Ortiz", names)
    assert Mark.READ is field_of(Writing.NAME, *[line(Writing.NAME, "Maria Ortiz")] * 2)[0].reading.mark
    field, answer = field_of(Writing.NAME, *[line(Writing.NAME, "Maria Ortiz")] * 2, key="printed_name")
    assert confirmed_by_ink(field, answer, names, THRESHOLDS) == field


def test_the_columns_that_say_what_a_grant_has() -> None:
    row = GrantRow("CP-001187", "24 Apr 2002", "3.30", "1200")
    assert set(columns_that_say(row, GRANT)) == {"grant_no", "grant_date", "shares"}
