"""The holder is the right one or nobody: look-alikes, strangers, misread characters, rows lined up one to one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.holders import Category, Grant, GrantType, Holder, OptionLedger, Plan
from core.submissions import Fields, GrantRow
from extractors.assignment import best_assignment
from extractors.matching import Match, find_holder, likeness, line_up, name_in_question


def holder(number: int, name: str, tax_id: str) -> Holder:
    email = name.lower().replace(" ", ".").replace("..", ".") + "@example.com"
    return Holder(f"H{number}", name, Category.EMPLOYEE, tax_id=tax_id, email=email)


def grant(number: str, owner: str, on: date, price: str, shares: int) -> Grant:
    return Grant(number, owner, Plan.PLAN_2000, on, Decimal(price), shares, 0, 0, GrantType.NSO)


LEDGER = OptionLedger.of(
    [
        holder(1, "Robert J. Alvarez Sr.", "000-12-1001"),
        holder(2, "Robert J. Alvarez Jr.", "000-12-2002"),
        holder(3, "Steven Petersen", "000-31-4455"),
        holder(4, "Steven Peterson", "000-77-9821"),
        holder(5, "Maria L. Ortega", "000-55-1234"),
        holder(6, "David Kim", "000-41-8080"),
        holder(7, "David Kim", "000-93-1717"),
    ],
    [
        grant("CP-001040", "H1", date(2001, 3, 15), "24.50", 1200),
        grant("CP-001041", "H2", date(2001, 3, 15), "24.50", 1200),
        grant("CP-001187", "H3", date(2002, 4, 24), "3.33", 1000),
        grant("CP-001188", "H4", date(2002, 4, 24), "3.33", 1500),
        grant("CP-002001", "H5", date(2000, 11, 2), "30.25", 400),
        grant("CP-002002", "H5", date(2002, 6, 26), "2.89", 650),
        grant("CP-003001", "H6", date(2001, 5, 7), "29.06", 2400),
        grant("CP-003002", "H7", date(2001, 5, 7), "29.06", 900),
    ],
)


def form_of(holder_id: str) -> Fields:
    """A perfect form of a holder of the ledger."""
    who = LEDGER.holder(holder_id)
    assert who is not None
    return Fields(
        printed_name=who.name_on_agreement,
        tax_id=who.tax_id,
        email=who.email,
        rows=tuple(row_of(grant) for grant in LEDGER.grants_of(holder_id)),
    )


def row_of(grant: Grant) -> GrantRow:
    on = grant.grant_date
    return GrantRow(
        grant.grant_no, f"{on.month}/{on.day}/{on:%y}", f"${grant.exercise_price}", f"{grant.unexercised:,}"
    )


def found(fields: Fields) -> str | None:
    return find_holder(fields, fields.rows, LEDGER).holder_id


@pytest.mark.parametrize("holder_id", [each.holder_id for each in LEDGER.holders])
def test_a_perfect_form_finds_its_holder_among_look_alikes(holder_id: str) -> None:
    match = find_holder(form_of(holder_id), form_of(holder_id).rows, LEDGER)
    assert match.holder_id == holder_id
    assert match.grants == tuple(grant.grant_no for grant in LEDGER.grants_of(holder_id))


def test_misread_characters_do_not_hide_a_holder() -> None:
    fields = replace(form_of("H5"), printed_name="Mar1a L Qrtega", tax_id="OOO-55-1284")
    assert found(fields) == "H5"


def test_a_notice_finds_its_holder_by_name_and_number() -> None:
    assert found(replace(form_of("H5"), rows=())) == "H5"


def test_a_stranger_stays_unknown() -> None:
    stranger = Fields(
        printed_name="Walter Pruitt",
        tax_id="000-64-3121",
        email="walter77@example.com",
        rows=(GrantRow("CP-912345", "4/24/02", "$3.33", "1,000"),),
    )
    assert found(stranger) is None


def test_a_stranger_who_writes_anothers_grant_stays_unknown() -> None:
    stranger = Fields(printed_name="Walter Pruitt", tax_id="000-64-3121", rows=form_of("H5").rows)
    assert found(stranger) is None


def test_a_namesake_with_another_number_stays_unknown() -> None:
    assert found(replace(form_of("H5"), tax_id="000-18-7766", rows=())) is None


def test_the_fathers_name_over_the_sons_grants_is_nobodys_match() -> None:
    assert found(replace(form_of("H1"), rows=form_of("H2").rows, tax_id="")) is None


def test_one_name_of_two_holders_is_told_by_the_number() -> None:
    assert found(replace(form_of("H6"), rows=())) == "H6"
    assert found(Fields(printed_name="David Kim")) is None


def test_an_empty_form_and_an_empty_ledger_match_nobody() -> None:
    assert found(Fields()) is None
    assert find_holder(form_of("H5"), (), OptionLedger.of([], [])).holder_id is None


def test_a_row_with_another_number_is_lined_up_and_keeps_what_was_read() -> None:
    fields = form_of("H5")
    misread = replace(fields.rows[0], grant_no="CP-OO2O0l")
    match = find_holder(replace(fields, rows=(misread, fields.rows[1])), (misread, fields.rows[1]), LEDGER)
    assert match.grants == ("CP-002001", "CP-002002")
    assert misread.grant_no == "CP-OO2O0l"


def test_two_rows_never_share_a_grant() -> None:
    own = LEDGER.grants_of("H5")
    twice = (row_of(own[0]), row_of(own[0]))
    assert sorted(line_up(twice, own), key=str) == ["CP-002001", None]


def test_a_row_that_fits_nothing_is_lined_up_with_nothing() -> None:
    assert line_up((GrantRow("CP-777777", "1/1/99", "$8.00", "5"),), LEDGER.grants_of("H5")) == (None,)


def test_look_alike_characters_count_little() -> None:
    assert likeness("CP-0O1l87", "CP-001187") > likeness("CP-042187", "CP-001187")


@given(st.lists(st.lists(st.floats(-5, 5), min_size=3, max_size=3), min_size=1, max_size=4), st.floats(-2, 2))
def test_an_assignment_gains_as_much_as_the_best_of_all(gains: list[list[float]], floor: float) -> None:
    given_columns = best_assignment(gains, floor)
    taken = [column for column in given_columns if column is not None]
    assert len(taken) == len(set(taken))
    gained = sum(floor if column is None else gains[row][column] for row, column in enumerate(given_columns))
    places = [*range(3), *([None] * len(gains))]
    best = max(
        sum(floor if column is None else gains[row][column] for row, column in enumerate(order))
        for order in permutations(places, len(gains))
    )
    assert gained == pytest.approx(best)


def test_a_misread_name_is_not_left_as_another_holders_name() -> None:
    """Paper: Steven Petersen, whose number and grant it bears; read: Steven Peterson."""
    fields = replace(form_of("H3"), printed_name="Steven Peterson", tax_id="", email="")
    match = find_holder(fields, fields.rows, LEDGER)
    if match.holder_id is None:
        assert "?" in name_in_question(fields.printed_name, match, LEDGER)
    else:
        assert match.holder_id == "H3"


def test_a_name_is_in_question_only_against_a_look_alike_to_whom_the_numbers_point() -> None:
    pointing = Match(None, likeliest="H3")
    assert name_in_question("Steven Peterson", pointing, LEDGER) == "Steven Peters?n"
    assert name_in_question("Steven Petersen", pointing, LEDGER) == "Steven Petersen"
    assert name_in_question("Maria L. Ortega", pointing, LEDGER) == "Maria L. Ortega"
    assert name_in_question("Steven Peterson", Match("H4", likeliest="H4"), LEDGER) == "Steven Peterson"
    assert name_in_question("Robert J. Alvarez", Match(None, likeliest="H2"), LEDGER).endswith("?")
