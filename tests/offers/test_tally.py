"""The meeting as a whole: quorum, election, proposal 2 and the split that it authorises (rulebook 8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.findings import Hold, Severity
from offers.loading import load_offer
from offers.shares import split_stock
from offers.tally import (
    SharesVoted,
    card_findings,
    elect_directors,
    fraction_findings,
    majority_of,
    majority_outcome,
    quorum_findings,
    split_date_findings,
    split_ratio_findings,
)

TERMS = load_offer(Path(__file__).parents[2] / "offers/capstone_2003").terms
MEETING, SPLIT = TERMS.meeting, TERMS.reverse_split
OUTSTANDING, NEEDED = MEETING.shares_of_record, 40_850_368


@given(st.integers(1, 10**9))
def test_a_majority_is_the_least_number_above_half(shares: int) -> None:
    assert majority_of(shares) * 2 > shares
    assert (majority_of(shares) - 1) * 2 <= shares


@pytest.mark.parametrize(("present", "found"), [(NEEDED - 1, ["PX_QUORUM"]), (NEEDED, [])])
def test_a_quorum_is_a_majority_of_the_shares_of_record(present: int, found: list[str]) -> None:
    assert [finding.code for finding in quorum_findings(OUTSTANDING, present)] == found


def test_abstentions_and_broker_non_votes_are_present_and_non_votes_not_entitled() -> None:
    voted = SharesVoted(for_=10, against=5, abstain=3, broker_non_votes=2)
    assert (voted.present, voted.entitled) == (20, 18)


@pytest.mark.parametrize(("for_", "passes"), [(NEEDED - 1, False), (NEEDED, True)])
def test_proposal_two_needs_a_majority_of_all_shares_outstanding(for_: int, passes: bool) -> None:
    outcome = majority_outcome(OUTSTANDING, SharesVoted(for_))
    assert (outcome.needed, outcome.passes) == (NEEDED, passes)
    assert [finding.code for finding in outcome.findings] == ["PX_MAJORITY_OUTSTANDING"]


def test_abstentions_and_non_votes_are_noted_and_do_not_help() -> None:
    outcome = majority_outcome(100, SharesVoted(for_=50, abstain=10, broker_non_votes=1))
    assert not outcome.passes
    codes = [finding.code for finding in outcome.findings]
    assert codes == ["PX_MAJORITY_OUTSTANDING", "PX_ABSTAIN", "PX_BROKER_NONVOTE", "PX_MAJORITY_DENOMINATOR"]


@pytest.mark.parametrize(
    ("for_", "non_votes", "flips"), [(50, 2, True), (50, 1, True), (49, 2, False), (51, 40, False), (50, 0, False)]
)
def test_an_outcome_that_hangs_on_the_denominator_goes_to_a_person(for_: int, non_votes: int, flips: bool) -> None:
    outcome = majority_outcome(100, SharesVoted(for_, broker_non_votes=non_votes))
    assert ("PX_MAJORITY_DENOMINATOR" in [finding.code for finding in outcome.findings]) is flips


def _votes(**changed: int) -> dict[str, int]:
    return dict.fromkeys(MEETING.nominees, 100) | changed


def test_the_six_nominees_are_elected_by_their_totals() -> None:
    election = elect_directors(_votes(**{"Eric Young": 200, "John Jaggers": 1}), MEETING)
    assert election.elected[0] == "Eric Young"
    assert election.elected[-1] == "John Jaggers"
    assert (len(election.elected), election.tied) == (6, ())
    assert [finding.code for finding in election.findings] == ["PX_PLURALITY"]


def test_a_write_in_takes_no_seat_beyond_the_six_highest() -> None:
    assert "Ake Almgren" not in elect_directors(_votes(**{"Ake Almgren": 99}), MEETING).elected
    elected = elect_directors(_votes(**{"Ake Almgren": 101, "Eric Young": 99}), MEETING).elected
    assert "Ake Almgren" in elected
    assert "Eric Young" not in elected


def test_a_tie_for_the_last_seat_seats_nobody_of_the_tied() -> None:
    election = elect_directors(_votes(**{"Eric Young": 50, "Ake Almgren": 50}), MEETING)
    assert election.tied == ("Eric Young", "Ake Almgren")
    assert len(election.elected) == 5


def test_an_unavailable_nominee_makes_room_for_the_boards_substitute() -> None:
    election = elect_directors(_votes(Substitute=100), MEETING, unavailable=frozenset({"Eric Young"}))
    assert "Substitute" in election.elected
    assert "Eric Young" not in election.elected
    assert [(f.code, f.target) for f in election.findings] == [
        ("PX_NOMINEE_UNAVAILABLE", "Eric Young"),
        ("PX_PLURALITY", "proposal 1"),
    ]


def test_the_printed_card_differs_from_the_statement_in_slots_and_in_words() -> None:
    found = card_findings(MEETING, "to increase the Common Stock", ("a resolution from the floor",))
    assert [(f.code, f.target) for f in found] == [
        ("PX_CARD_MISMATCH", "proposal 1"),
        ("PX_CARD_MISMATCH", "proposal 2"),
        ("PX_OTHER_MATTER", "proposal 3"),
    ]


def test_a_card_that_agrees_with_the_statement_is_in_order() -> None:
    assert card_findings(replace(MEETING, card_slots=6), "to effect a Reverse stock split") == ()


@pytest.mark.parametrize(("ratio", "found"), [(4, ["PX_SPLIT_RATIO"]), (5, []), (20, []), (21, ["PX_SPLIT_RATIO"])])
def test_the_split_ratio_lies_from_five_to_twenty(ratio: int, found: list[str]) -> None:
    assert [finding.code for finding in split_ratio_findings(ratio, SPLIT)] == found


@pytest.mark.parametrize(
    ("effective_on", "severities"),
    [
        (date(2004, 5, 29), []),
        (date(2004, 5, 30), [Severity.REVIEW]),
        (date(2004, 5, 31), [Severity.FATAL]),
    ],
)
def test_the_boards_authority_ends_on_may_30_and_that_day_is_for_a_person(
    effective_on: date, severities: list[Severity]
) -> None:
    found = split_date_findings(effective_on, SPLIT)
    assert [finding.severity for finding in found] == severities
    assert all(finding.code == "PX_SPLIT_LATE" and finding.hold is Hold.HARD for finding in found)


@pytest.mark.parametrize(("old", "found"), [(100, []), (101, ["PX_FRACTION_CASH"])])
def test_a_fraction_of_a_share_is_paid_in_cash(old: int, found: list[str]) -> None:
    assert [finding.code for finding in fraction_findings(split_stock(old, 5, Decimal("1.27")))] == found
