"""Amend box, order of signatures, withdrawals: what the rules on a holder's other forms see and do not see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.findings import Disposition
from core.judgements import State
from core.submissions import Signature
from validators.examples import ROW_1041, ROW_1187, amendment, election, notice, pdt

UNSIGNED = Signature(present=False)
REJECTED = election(delivery="email")


def of(judgement) -> list[str]:
    return [finding.code for finding in judgement.findings]


# ------------------------------------------------------------------------------------------------------- the amend box


def test_the_box_asks_for_any_earlier_election_be_it_rejected_or_a_copy(last) -> None:
    copy = election(id="S9", received_at=pdt(14, 11))

    assert of(last(amendment())) == ["AMEND_BOX_NO_PRIOR"]
    assert of(last(notice(), amendment(date="7/17/03", received_at=pdt(17, 9)))) == ["AMEND_BOX_NO_PRIOR"]
    for earlier in (REJECTED, election(), election(signature=UNSIGNED)):
        assert of(last(earlier, amendment())) == []
    assert of(last(election(), copy, amendment())) == []


def test_an_empty_box_is_asked_about_while_an_election_stands_or_is_held(last) -> None:
    second = amendment(amend_box=False)

    assert of(last(election(), second)) == ["AMEND_BOX_UNCHECKED"]
    assert of(last(election(signature=UNSIGNED), second)) == ["AMEND_BOX_UNCHECKED"]
    assert of(last(REJECTED, second)) == []
    assert of(last(election(), notice(date="7/14/03", time="11:00 am", received_at=pdt(14, 12)), second)) == [
        "RETENDER_AFTER_WITHDRAWAL"
    ]


def test_an_empty_box_is_not_asked_about_where_only_a_mooted_election_was_held(last) -> None:
    held = election(signature=UNSIGNED)
    withdrawal = notice(date="7/15/03", received_at=pdt(15, 10))
    third = amendment(amend_box=False, date="7/16/03", received_at=pdt(16, 9))

    assert of(last(held, withdrawal, third)) == ["RETENDER_AFTER_WITHDRAWAL"]


def test_an_empty_box_is_not_asked_about_where_the_order_is_not_passed(last) -> None:
    assert of(last(election(), amendment(amend_box=False, date="7/13/03"))) == ["ELECTION_NOT_AFTER_PRIOR"]
    assert of(last(election(), amendment(amend_box=False, date=""))) == ["DATE_MISSING"]


def test_the_dropped_grants_are_listed_and_only_those(last) -> None:
    def dropped(*forms) -> str:
        [finding] = [f for f in last(*forms).findings if f.code == "AMEND_BOX_UNCHECKED"]
        return finding.facts["dropped_grants"]

    second = amendment(amend_box=False, rows=(replace(ROW_1041, shares="600"), ROW_1187))
    assert dropped(election(), amendment(amend_box=False)) == "1187"
    assert dropped(election(), second) == ""
    assert dropped(election(signature=UNSIGNED), amendment(amend_box=False)) == ""


def test_an_unreadable_box_raises_neither_rule_and_is_not_passed_unseen(last) -> None:
    for forms in ((amendment(amend_box=None),), (election(), amendment(amend_box=None))):
        judgement = last(*forms)
        assert judgement.findings == ()
        assert judgement.not_evaluated == ("AMEND_BOX_NO_PRIOR", "AMEND_BOX_UNCHECKED")


# -------------------------------------------------------------------------------------------------------- order tests


def test_a_rejected_form_and_a_copy_are_no_part_of_the_order_test(last) -> None:
    later_but_rejected = election(date="7/18/03", delivery="email", received_at=pdt(14, 12))

    assert of(last(election(), replace(later_but_rejected, id="S7"), amendment())) == []


def test_a_mooted_form_is_still_part_of_it(last) -> None:
    mooted = amendment(id="S7", date="7/18/03", received_at=pdt(14, 12), signature=UNSIGNED)
    effective = amendment(id="S8", date="7/19/03", received_at=pdt(19, 12))
    between = amendment(id="S9", date="7/17/03", received_at=pdt(20, 12))

    assert "ELECTION_NOT_AFTER_PRIOR" in of(last(mooted, effective, between))


def test_an_undated_earlier_form_is_skipped(last) -> None:
    assert of(last(election(date=""), amendment())) == []


def test_the_latest_form_in_the_way_is_named(last) -> None:
    second = amendment(date="7/15/03")
    [finding] = last(
        election(), second, amendment(id="S9", date="7/14/03", time="9:00 am", received_at=pdt(16, 9))
    ).findings

    assert finding.facts["earlier"] == "S2"


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("10:15 am", "10:14 am", "ELECTION_NOT_AFTER_PRIOR"),
        ("10:15 am", "10:15 am", "ELECTION_NOT_AFTER_PRIOR"),
        ("10:15 am", "10:16 am", "SAME_DAY_REPLACEMENT"),
        ("10:15 am", "1:15 pm ET", "ELECTION_NOT_AFTER_PRIOR"),
        ("10:15 am", "1:16 pm ET", "SAME_DAY_REPLACEMENT"),
        ("10:15 am", "", "SAME_DATE_ORDER_UNKNOWN"),
        ("", "10:15 am", "SAME_DATE_ORDER_UNKNOWN"),
        ("2:15", "10:15 am", "SAME_DATE_ORDER_UNKNOWN"),
        ("10:15 am", "2:15", "SAME_DATE_ORDER_UNKNOWN"),
    ],
)
def test_on_one_date_the_times_decide(codes, was: str, now: str, expected: str) -> None:
    found = codes(election(time=was), amendment(date="7/14/03", time=now))

    assert found - {"TIME_MISSING", "TIME_UNREADABLE"} == {expected}


def test_a_plain_not_after_silences_the_unknown_order(codes) -> None:
    later = amendment(date="7/16/03", received_at=pdt(16, 10))

    assert codes(election(time=""), later, amendment(id="S9", date="7/14/03", received_at=pdt(17, 9))) == {
        "ELECTION_NOT_AFTER_PRIOR"
    }


def test_a_notice_is_ordered_against_elections_only(codes) -> None:
    earlier_notice = notice()
    second_notice = notice(id="S4", date="7/15/03", received_at=pdt(17, 9))

    assert codes(election(), earlier_notice, second_notice) == {"NOTICE_REDUNDANT"}


def test_an_election_is_ordered_against_notices_as_well(codes) -> None:
    assert "ELECTION_NOT_AFTER_PRIOR" in codes(notice(), amendment(amend_box=False, received_at=pdt(17, 9)))


def test_a_zone_may_move_a_form_to_the_day_before(codes) -> None:
    moved = amendment(date="7/14/03", time="1:00 am ET", amend_box=True)

    assert codes(election(), moved) == {"ELECTION_NOT_AFTER_PRIOR"}


# -------------------------------------------------------------------------------------------------------- withdrawals


def test_a_withdrawal_moots_what_was_held(last) -> None:
    judgement = last(election(), amendment(signature=UNSIGNED), notice())

    assert judgement.standing.state is State.WITHDRAWN
    assert not judgement.standing.contested


def test_a_held_election_is_on_file_for_a_notice_and_a_copy_or_rejected_one_is_not(last) -> None:
    assert of(last(election(signature=UNSIGNED), notice())) == []
    assert of(last(REJECTED, notice())) == ["NOTICE_NO_PRIOR_ELECTION"]


def test_a_second_notice_is_redundant_unless_an_election_is_held(last) -> None:
    second = notice(id="S4", date="7/18/03", received_at=pdt(18, 9, 20))
    held = amendment(date="7/17/03", received_at=pdt(17, 9), signature=UNSIGNED)

    assert of(last(election(), notice(), second)) == ["NOTICE_REDUNDANT"]
    assert of(last(election(), notice(), held, second)) == []


def test_a_redundant_notice_becomes_the_basis(last) -> None:
    second = notice(id="S4", date="7/18/03", received_at=pdt(18, 9, 20))

    assert last(election(), notice(), second).standing.basis == "S4"


def test_the_name_on_a_notice_is_compared_with_the_latest_election_that_counts(codes) -> None:
    other = election(printed_name="Maria Ortega")

    assert codes(other, notice()) == {"NOTICE_NAME_DIFFERS"}
    assert codes(other, amendment(), notice()) == set()
    assert codes(other, notice(printed_name="")) == {"NAME_MISSING"}
    assert codes(election(printed_name=""), notice()) == set()
    assert "NOTICE_NAME_DIFFERS" not in codes(election(printed_name="Maria Ortega", delivery="email"), notice())


def test_rows_on_a_notice_are_named(last) -> None:
    unnumbered = replace(ROW_1041, grant_no="")
    [finding] = last(election(), notice(rows=(ROW_1187, unnumbered))).findings

    assert "(1187 and row 2)" in finding.message


def test_a_notice_before_acceptance_is_held_and_the_tender_stands_contested(last) -> None:
    judgement = last(election(), notice(received_at=pdt(24, 17, 30)))

    assert judgement.disposition is Disposition.HELD
    assert judgement.standing.state is State.TENDERED
    assert judgement.standing.contested
