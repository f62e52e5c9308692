"""Grant rows: what is held against the ledger, what a bad row does to its neighbours, and what it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from core.findings import Disposition, RowStatus
from core.holders import Category, GrantType, Plan
from core.submissions import GrantRow
from validators.examples import (
    ANOTHERS,
    EXTENDED,
    GRANT_1041,
    GRANT_1187,
    OFFER,
    ROW_1041,
    ROW_1187,
    amendment,
    election,
    grant,
    holder,
    ledger,
    notice,
    pdt,
    row_of,
    schedule,
)

ISO_HALF = grant("1090", "2001-06-12", "33.75", 600, type=GrantType.ISO, split_group="SG1")
NSO_HALF = grant("1091", "2001-06-12", "33.75", 1400, split_group="SG1")
ISO, NSO = row_of(ISO_HALF), row_of(NSO_HALF)
SPLIT = ledger(ISO_HALF, NSO_HALF, GRANT_1187)


def by_target(judgement) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for finding in judgement.findings:
        found.setdefault(finding.target, set()).add(finding.code)
    return found


def of_row(last, one=GRANT_1041, **changes) -> set[str]:
    """The codes on a row, beside a good one."""
    form = election(rows=(row_of(one, **changes), ROW_1187))
    judgement = last(form, over=ledger(one, GRANT_1187))
    return {finding.code for finding in judgement.findings}


# ----------------------------------------------------------------------------------------------- what a bad row does


def test_a_bad_row_does_not_spoil_a_good_one(last) -> None:
    judgement = last(election(rows=(replace(ROW_1041, shares="600"), ROW_1187)))

    assert judgement.disposition is Disposition.EFFECTIVE
    assert dict(judgement.row_statuses) == {"1041": RowStatus.HELD, "1187": RowStatus.ACCEPTED}
    assert dict(judgement.standing.grants) == {"1187": 1000}
    assert judgement.standing.held_grants == ("1041",)
    assert judgement.standing.contested


def test_a_rejected_row_appears_nowhere_and_contests_nothing(last) -> None:
    judgement = last(election(rows=(ROW_1041, row_of(ANOTHERS))))

    assert judgement.row_statuses["1195"] is RowStatus.REJECTED
    assert judgement.standing.held_grants == ()
    assert not judgement.standing.contested


def test_a_wholly_defective_amendment_replaces_nothing(last) -> None:
    judgement = last(election(), amendment(rows=(replace(ROW_1041, shares="600"), row_of(ANOTHERS))))

    assert by_target(judgement) == {
        "form": {"NO_ACCEPTABLE_ROW"},
        "1041": {"PARTIAL_TENDER"},
        "1195": {"GRANT_NOT_HOLDERS"},
    }
    assert judgement.findings[0].message == "None of the 2 rows can be accepted."
    assert judgement.disposition is Disposition.HELD
    assert dict(judgement.standing.grants) == {"1041": 1200, "1187": 1000}


def test_a_single_bad_row_is_spoken_of_as_one(last) -> None:
    findings = last(election(rows=(row_of(ANOTHERS),))).findings

    assert findings[0].message == "The one row cannot be accepted."


def test_a_held_row_of_a_new_form_is_not_rescued_by_the_old_one(last) -> None:
    judgement = last(election(), amendment(rows=(replace(ROW_1041, shares="600"), ROW_1187)))

    assert dict(judgement.standing.grants) == {"1187": 1000}
    assert judgement.standing.held_grants == ("1041",)


def test_held_grants_keep_the_order_of_the_form_table_then_schedule(last) -> None:
    form = election(
        rows=(ROW_1187, GrantRow(grant_date="3/15/01", price="$1", shares="1")),
        schedule=schedule(replace(ROW_1041, shares="1"), row_of(ANOTHERS, grant_no="9999")),
    )

    assert last(form).standing.held_grants == ("row2", "1041", "9999")


def test_a_notices_rows_are_not_checked(last) -> None:
    judgement = last(election(), notice(rows=(replace(ROW_1041, shares="1"),)))

    assert by_target(judgement) == {"form": {"NOTICE_PARTIAL"}}
    assert dict(judgement.row_statuses) == {}


# --------------------------------------------------------------------------------------------------------- the number


@pytest.mark.parametrize("written", ["1041", "#1041", "No. 1041", " 10 41 "])
def test_the_target_is_the_stripped_number(last, written: str) -> None:
    judgement = last(election(rows=(replace(ROW_1041, grant_no=written, shares="1"), ROW_1187)))

    assert by_target(judgement) == {"1041": {"PARTIAL_TENDER"}}


def test_an_unknown_number_is_targeted_as_written_and_a_blank_one_by_its_row(last) -> None:
    rows = (ROW_1187, replace(ROW_1041, grant_no="# 9-999"), replace(ROW_1041, grant_no=" "))

    assert by_target(last(election(rows=rows))) == {"9-999": {"GRANT_UNKNOWN"}, "row3": {"GRANT_NO_MISSING"}}


def test_a_schedule_row_counts_on_after_the_table(last) -> None:
    form = election(rows=(ROW_1187,), schedule=schedule(replace(ROW_1041, grant_no="")))

    assert by_target(last(form)) == {"row2": {"GRANT_NO_MISSING"}}


def test_an_unreadable_number_is_not_unknown_too(last) -> None:
    assert of_row(last, grant_no="10?1") == {"GRANT_NO_UNREADABLE"}


def test_two_unreadable_numbers_are_not_taken_for_the_same_grant(last) -> None:
    rows = (ROW_1187, replace(ROW_1041, grant_no="10?1"), replace(ROW_1041, grant_no="10?1"))
    findings = last(election(rows=rows)).findings

    assert [finding.code for finding in findings] == ["GRANT_NO_UNREADABLE", "GRANT_NO_UNREADABLE"]


@pytest.mark.parametrize("number", ["", "9999"])
def test_the_one_own_grant_that_fits_is_suggested(last, number: str) -> None:
    [finding] = last(election(rows=(ROW_1187, replace(ROW_1041, grant_no=number)))).findings

    assert "1041" in finding.suggestion


def test_nothing_is_suggested_where_two_grants_or_none_fit_or_nobody_is_known(last) -> None:
    twin = replace(GRANT_1041, grant_no="1042")
    row = replace(ROW_1041, grant_no="")

    assert last(election(rows=(ROW_1187, row)), over=ledger(GRANT_1041, twin, GRANT_1187)).findings[0].suggestion == ""
    assert last(election(rows=(ROW_1187, replace(row, shares="7")))).findings[0].suggestion == ""
    stranger = election(printed_name="Jane Doe", tax_id="", rows=(row,))
    missing = [f for f in last(stranger).findings if f.code == "GRANT_NO_MISSING"]
    assert missing[0].suggestion == ""


def test_anothers_grant_is_checked_no_further_and_nothing_of_it_is_told(last) -> None:
    row = GrantRow(grant_no="1195", grant_date="", price="$1.00", shares="ALL", altered=True)
    judgement = last(election(rows=(ROW_1187, row)))
    [finding] = judgement.findings

    assert finding.code == "GRANT_NOT_HOLDERS"
    assert "Chen" not in finding.message
    assert "450" not in finding.message


def test_without_a_holder_no_row_is_anybodys_and_none_is_accepted(last) -> None:
    form = election(printed_name="Jane Doe", tax_id="", rows=(ROW_1041, row_of(ANOTHERS)))
    judgement = last(form)

    assert by_target(judgement) == {"form": {"HOLDER_UNKNOWN", "TAXID_MISSING", "NO_ACCEPTABLE_ROW"}}
    assert set(judgement.row_statuses.values()) == {RowStatus.HELD}


# ---------------------------------------------------------------------------------------------------- date and price


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("3/15/01", set()),
        ("15/3/01", set()),
        ("2001-03-15", set()),
        ("March 15, 2001", set()),
        ("3/14/01", {"GRANT_DATE_MISMATCH"}),
        ("3/16/01", {"GRANT_DATE_MISMATCH"}),
        ("3/15/02", {"GRANT_DATE_MISMATCH"}),
        ("3/15", {"FIELD_UNREADABLE"}),
        ("3/?5/01", {"FIELD_UNREADABLE"}),
        ("", {"GRANT_DATE_MISSING"}),
    ],
)
def test_the_grant_date_must_be_the_ledgers(last, written: str, expected: set[str]) -> None:
    assert of_row(last, grant_date=written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("$24.50", set()),
        ("24.5", set()),
        ("$ 24.500", set()),
        ("24.49", {"PRICE_MISMATCH"}),
        ("24.51", {"PRICE_MISMATCH"}),
        ("2,450", {"PRICE_MISMATCH"}),
        ("24,50", {"PRICE_MISMATCH"}),
        ("24.5?", {"FIELD_UNREADABLE"}),
        ("24 1/2", {"FIELD_UNREADABLE"}),
        (" ", {"PRICE_MISSING"}),
    ],
)
def test_the_price_must_be_exactly_the_ledgers(last, written: str, expected: set[str]) -> None:
    assert of_row(last, price=written) == expected


def test_date_and_price_may_both_be_unreadable(last) -> None:
    findings = last(election(rows=(ROW_1187, replace(ROW_1041, grant_date="?", price="?")))).findings

    assert [finding.code for finding in findings] == ["FIELD_UNREADABLE", "FIELD_UNREADABLE"]


# ------------------------------------------------------------------------------------------------------------ shares

EXERCISED = grant("0877", "1999-11-08", "6.00", 1000, shares_exercised=700)
CANCELLED = grant("0878", "1999-11-08", "6.00", 1000, shares_cancelled=700)


@pytest.mark.parametrize(
    ("one", "written", "expected"),
    [
        (GRANT_1041, "1,200", set()),
        (GRANT_1041, "1,199", {"PARTIAL_TENDER"}),
        (GRANT_1041, "0", {"PARTIAL_TENDER"}),
        (GRANT_1041, "1,201", {"SHARES_OVER_LEDGER"}),
        (GRANT_1041, "", {"SHARES_MISSING"}),
        (GRANT_1041, "ALL", {"SHARES_NOT_A_NUMBER"}),
        (GRANT_1041, "1,2?0", {"SHARES_NOT_A_NUMBER"}),
        (EXERCISED, "300", set()),
        (EXERCISED, "299", {"PARTIAL_TENDER"}),
        (EXERCISED, "301", {"SHARES_OVER_LEDGER"}),
        (EXERCISED, "999", {"SHARES_OVER_LEDGER"}),
        (EXERCISED, "1,000", {"EXERCISED_SHARES_INCLUDED"}),
        (EXERCISED, "1,001", {"SHARES_OVER_LEDGER"}),
        (CANCELLED, "1,000", {"SHARES_OVER_LEDGER"}),
    ],
)
def test_the_shares_must_be_all_that_are_unexercised(last, one, written: str, expected: set[str]) -> None:
    assert of_row(last, one, shares=written) == expected


@pytest.mark.parametrize("exercised", [400, 401])
def test_of_a_grant_without_shares_left_the_number_is_not_compared(last, exercised: int) -> None:
    spent = grant("0512", "1998-02-02", "2.25", 400, shares_exercised=exercised)

    for written in ("0", "400", "500"):
        assert of_row(last, spent, shares=written) == {"GRANT_NOT_OUTSTANDING"}


def test_of_a_grant_without_shares_left_the_rest_is_compared(last) -> None:
    spent = grant("0512", "1998-02-02", "1.25", 400, shares_exercised=400)

    assert of_row(last, spent, grant_date="2/3/98", shares="") == {
        "GRANT_NOT_OUTSTANDING",
        "GRANT_DATE_MISMATCH",
        "SHARES_MISSING",
        "PRICE_BELOW_MIN",
    }


def test_one_share_left_is_outstanding(last) -> None:
    assert of_row(last, grant("0512", "1998-02-02", "2.25", 400, shares_exercised=399), shares="1") == set()


# -------------------------------------------------------------------------------------------------------- eligibility


@pytest.mark.parametrize(("price", "is_flaw"), [("1.99", True), ("1.999", True), ("2.00", False), ("2.001", False)])
def test_the_ledgers_price_decides_to_the_last_digit(last, price: str, is_flaw: bool) -> None:
    one = grant("1250", "2002-06-26", price, 500)

    assert of_row(last, one) == ({"PRICE_BELOW_MIN"} if is_flaw else set())


def test_what_is_written_for_the_price_does_not_make_a_grant_eligible(last) -> None:
    cheap = grant("1250", "2002-06-26", "1.89", 500)

    assert of_row(last, cheap, price="$2.00") == {"PRICE_BELOW_MIN", "PRICE_MISMATCH"}


@pytest.mark.parametrize(("plan", "expected"), [(Plan.PLAN_1993, set()), (Plan.OUTSIDE, {"PLAN_NOT_ELIGIBLE"})])
def test_only_the_two_plans_are_eligible(last, plan: Plan, expected: set[str]) -> None:
    assert of_row(last, replace(GRANT_1041, plan=plan)) == expected


@pytest.mark.parametrize(
    ("granted_on", "held_since", "is_flaw"),
    [
        ("2003-06-25", None, False),
        ("2003-06-26", None, True),
        ("2001-06-26", date(2003, 6, 25), False),
        ("2001-06-26", date(2003, 6, 26), True),
        ("2003-06-26", date(2003, 6, 24), False),
    ],
)
def test_a_grant_must_be_held_on_the_first_day(last, granted_on: str, held_since, is_flaw: bool) -> None:
    one = grant("1408", granted_on, "2.05", 100, held_since=held_since)

    assert of_row(last, one) == ({"GRANT_AFTER_COMMENCEMENT"} if is_flaw else set())


@pytest.mark.parametrize(
    ("offer", "cancelled_on"),
    [
        (OFFER, date(2003, 7, 25)),
        (EXTENDED, date(2003, 8, 1)),
        (replace(OFFER, accepted_at=pdt(29, 9)), date(2003, 7, 29)),
    ],
)
def test_a_grant_must_outlive_the_day_of_cancellation_which_moves(last, offer, cancelled_on: date) -> None:
    def codes_of(expires_on: date) -> set[str]:
        one = replace(GRANT_1041, expires_on=expires_on)
        return {finding.code for finding in last(election(), over=ledger(one, GRANT_1187), offer=offer).findings}

    assert codes_of(cancelled_on) == {"GRANT_EXPIRES_EARLY"}
    assert codes_of(cancelled_on.replace(day=cancelled_on.day + 1)) == set()


@pytest.mark.parametrize(
    ("written", "granted_on", "not_evaluated"),
    [("7/25/93", date(1993, 7, 25), ("GRANT_EXPIRES_EARLY",)), ("7/26/93", date(1993, 7, 26), ())],
)
def test_a_grant_without_expiry_passes_while_the_ten_year_term_covers_it(
    last, written: str, granted_on: date, not_evaluated: tuple[str, ...]
) -> None:
    grant = replace(GRANT_1041, grant_date=granted_on, expires_on=None)
    form = election(rows=(replace(ROW_1041, grant_date=written), ROW_1187))

    judgement = last(form, over=ledger(grant, GRANT_1187))

    assert judgement.findings == ()
    assert judgement.not_evaluated == not_evaluated


# -------------------------------------------------------------------------------------------------------- split grants


def test_one_half_alone_is_held_and_spoils_no_other_row(last) -> None:
    judgement = last(election(rows=(ISO, ROW_1187)), over=SPLIT)

    assert by_target(judgement) == {"1090": {"SPLIT_GRANT_BOTH_OR_NEITHER"}}
    assert dict(judgement.standing.grants) == {"1187": 1000}


def test_a_later_form_with_the_other_half_only_holds_that_half(last) -> None:
    judgement = last(election(rows=(ISO, ROW_1187)), amendment(rows=(NSO, ROW_1187)), over=SPLIT)

    assert by_target(judgement) == {"1091": {"SPLIT_GRANT_BOTH_OR_NEITHER"}}


def test_a_rejected_half_takes_the_clean_one_with_it(last) -> None:
    over = ledger(replace(ISO_HALF, plan=Plan.OUTSIDE), NSO_HALF, GRANT_1187)

    assert by_target(last(election(rows=(ISO, NSO, ROW_1187)), over=over)) == {
        "1090": {"PLAN_NOT_ELIGIBLE"},
        "1091": {"SPLIT_PARTNER_DEFECT"},
    }


def test_a_struck_half_is_on_the_form_and_holds_the_other(last) -> None:
    judgement = last(election(rows=(replace(ISO, struck=True), NSO, ROW_1187)), over=SPLIT)

    assert by_target(judgement) == {"1090": {"ROW_STRUCK"}, "1091": {"SPLIT_PARTNER_DEFECT"}}


def test_of_two_bad_halves_neither_is_blamed_on_the_other(last) -> None:
    judgement = last(election(rows=(replace(ISO, shares="1"), replace(NSO, shares="1"), ROW_1187)), over=SPLIT)

    assert by_target(judgement) == {"1090": {"PARTIAL_TENDER"}, "1091": {"PARTIAL_TENDER"}}


def test_an_exhausted_half_on_the_form_is_rejected_alone(last) -> None:
    over = ledger(replace(ISO_HALF, shares_exercised=600), NSO_HALF, GRANT_1187)
    judgement = last(election(rows=(ISO, NSO, ROW_1187)), over=over)

    assert by_target(judgement) == {"1090": {"GRANT_NOT_OUTSTANDING"}, "1091": {"SPLIT_PARTNER_EXHAUSTED"}}
    assert dict(judgement.standing.grants) == {"1091": 1400, "1187": 1000}


def test_an_exhausted_half_need_not_be_on_the_form(last) -> None:
    over = ledger(replace(ISO_HALF, shares_exercised=600), NSO_HALF, GRANT_1187)

    assert by_target(last(election(rows=(NSO, ROW_1187)), over=over)) == {"1091": {"SPLIT_PARTNER_EXHAUSTED"}}


def test_of_two_exhausted_halves_none_may_be_tendered_alone(last) -> None:
    over = ledger(replace(ISO_HALF, shares_exercised=600), replace(NSO_HALF, shares_exercised=1400), GRANT_1187)

    assert by_target(last(election(rows=(ISO, NSO, ROW_1187)), over=over)) == {
        "1090": {"GRANT_NOT_OUTSTANDING"},
        "1091": {"GRANT_NOT_OUTSTANDING"},
    }


def test_an_exhausted_grant_is_nobodys_unrecorded_half(last) -> None:
    iso = grant("1120", "2001-09-04", "6.10", 800, type=GrantType.ISO, shares_exercised=800)
    nso = grant("1121", "2001-09-04", "6.10", 200)

    assert by_target(last(election(rows=(row_of(iso), ROW_1187)), over=ledger(iso, nso, GRANT_1187))) == {
        "1120": {"GRANT_NOT_OUTSTANDING"}
    }


def test_an_exhausted_half_alone_lacks_its_live_one(last) -> None:
    over = ledger(replace(ISO_HALF, shares_exercised=600), NSO_HALF, GRANT_1187)

    assert by_target(last(election(rows=(ISO, ROW_1187)), over=over)) == {
        "1090": {"GRANT_NOT_OUTSTANDING", "SPLIT_GRANT_BOTH_OR_NEITHER"}
    }


def test_of_three_parts_every_live_one_must_be_there(last) -> None:
    third = grant("1089", "2001-06-12", "33.75", 10, split_group="SG1")
    over = ledger(ISO_HALF, NSO_HALF, third, GRANT_1187)
    judgement = last(election(rows=(ISO, NSO, ROW_1187)), over=over)

    assert by_target(judgement) == {
        "1090": {"SPLIT_GRANT_BOTH_OR_NEITHER"},
        "1091": {"SPLIT_GRANT_BOTH_OR_NEITHER"},
    }


def test_a_group_of_which_the_ledger_knows_one_part_is_not_passed(last) -> None:
    judgement = last(election(rows=(NSO, ROW_1187)), over=ledger(NSO_HALF, GRANT_1187))

    assert judgement.findings == ()
    assert "SPLIT_PARTNER_EXHAUSTED" in judgement.not_evaluated


@pytest.mark.parametrize(
    "changes",
    [
        {"type": GrantType.ISO},
        {"grant_date": date(2001, 9, 5)},
        {"exercise_price": Decimal("6.11")},
        {"shares_exercised": 200},
        {"split_group": "SG9"},
        {"holder_id": "H2"},
    ],
)
def test_a_split_is_suspected_only_of_live_twins_of_other_types(last, changes) -> None:
    iso = grant("1120", "2001-09-04", "6.10", 800, type=GrantType.ISO)
    nso = grant("1121", "2001-09-04", "6.10", 200)
    form = election(rows=(row_of(iso), ROW_1187))

    assert by_target(last(form, over=ledger(iso, nso, GRANT_1187))) == {"1120": {"SPLIT_SUSPECTED"}}
    assert by_target(last(form, over=ledger(iso, replace(nso, **changes), GRANT_1187))) == {}


# --------------------------------------------------------------------------------------- repeats, strikes, corrections


def test_a_repeat_with_equal_values_however_written_is_counted_once(last) -> None:
    again = GrantRow(grant_no="No. 1041", grant_date="March 15, 2001", price="24.5", shares="1200")
    judgement = last(election(rows=(ROW_1041, again)))

    assert by_target(judgement) == {"1041": {"ROW_DUPLICATE"}}
    assert dict(judgement.standing.grants) == {"1041": 1200}


@pytest.mark.parametrize(
    "changes", [{"shares": "900"}, {"price": "$24.05"}, {"grant_date": "3/16/01"}, {"shares": "?"}]
)
def test_a_repeat_with_another_value_holds_the_grant_and_is_not_compared_with_the_ledger(last, changes) -> None:
    judgement = last(election(rows=(ROW_1041, replace(ROW_1041, **changes), ROW_1187)))

    assert by_target(judgement) == {"1041": {"ROW_DUPLICATE_CONFLICT"}}
    assert judgement.standing.held_grants == ("1041",)


def test_a_row_struck_and_written_anew_is_held_until_a_person_has_looked(last) -> None:
    judgement = last(election(rows=(replace(ROW_1041, shares="900", struck=True), ROW_1041, ROW_1187)))

    assert by_target(judgement) == {"1041": {"ROW_STRUCK"}}
    assert judgement.standing.held_grants == ("1041",)


def test_of_a_struck_row_nothing_else_is_checked(last) -> None:
    row = GrantRow(grant_no="9999", grant_date="?", price="", shares="ALL", struck=True, altered=True)

    assert by_target(last(election(rows=(row, ROW_1187)))) == {"9999": {"ROW_STRUCK"}}


def test_an_altered_row_is_checked_all_the_same(last) -> None:
    assert of_row(last, altered=True, shares="900") == {"ROW_ALTERED", "PARTIAL_TENDER"}


# -------------------------------------------------------------------------------------------------------- empty tables


def test_blank_rows_are_none(last) -> None:
    assert by_target(last(election(rows=(GrantRow(), GrantRow(grant_no=" ", struck=True))))) == {
        "form": {"TABLE_BLANK"}
    }


def test_an_empty_table_after_a_withdrawal_is_no_blank_amendment(last) -> None:
    form = amendment(rows=(), date="7/17/03", received_at=pdt(17, 9, 10))

    assert by_target(last(election(), notice(), form)) == {"form": {"TABLE_BLANK", "RETENDER_AFTER_WITHDRAWAL"}}


def test_only_first_rows_speak_of_a_holder_who_may_not_tender(last) -> None:
    over = ledger(GRANT_1041, GRANT_1187, of=holder(category=Category.DIRECTOR))
    judgement = last(election(), over=over)

    assert judgement.disposition is Disposition.REJECTED
    assert by_target(judgement) == {"form": {"INELIGIBLE_DIRECTOR"}}
