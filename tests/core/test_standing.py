"""The fold by itself: order of receipt, order of signatures, dispositions, statuses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest

from core.findings import FORM, Disposition, Finding, Hold, Resolution, RowStatus, Severity
from core.grammar import Parsed, Sense, SignedMoment, signed_moment
from core.judgements import Standing, State
from core.standing import (
    Fold,
    Order,
    disposition_of,
    holds,
    read_in_zone,
    receipt_order,
    rejects,
    row_status_of,
    signed_order,
)
from core.submissions import Kind, Submission

PACIFIC = ZoneInfo("America/Los_Angeles")
NOON = datetime(2003, 7, 14, 12, tzinfo=PACIFIC)


def final(_finding: Finding) -> bool:
    return False


def provisional(_finding: Finding) -> bool:
    return True


def found(severity: Severity, hold: Hold, resolution: Resolution = Resolution.OPEN) -> Finding:
    return Finding("CODE", severity, hold, FORM, "m", "c", resolution=resolution)


FATAL = found(Severity.FATAL, Hold.HARD)
HARD = found(Severity.REVIEW, Hold.HARD)
SOFT = found(Severity.REVIEW, Hold.SOFT)
NOTE = found(Severity.NOTE, Hold.NONE)


# ------------------------------------------------------------------------------------------------------------ instants


def test_an_instant_without_offset_is_read_in_the_zone_given() -> None:
    assert read_in_zone(datetime(2003, 7, 24, 17), PACIFIC) == datetime(2003, 7, 25, tzinfo=UTC)  # noqa: DTZ001
    assert read_in_zone(datetime(2003, 7, 25, tzinfo=UTC), PACIFIC) == datetime(2003, 7, 25, tzinfo=UTC)


def form(
    received_at: datetime | None = NOON, signed: tuple[str, str] = ("7/14/03", "10:15 am"), sequence: int = 0
) -> tuple[object, ...]:
    submission = Submission(id=f"S{sequence}", kind=Kind.ELECTION, received_at=received_at, sequence=sequence)
    moment = signed_moment(*signed, offer_zone=PACIFIC, assumed_year=2003)
    return receipt_order(submission, moment, PACIFIC)


def test_forms_are_taken_by_receipt_then_signature_then_sequence_and_unknown_receipts_last() -> None:
    hour = timedelta(hours=1)
    in_order = (
        form(NOON - hour, sequence=9),
        form(NOON, ("7/13/03", "9:00 am"), sequence=8),
        form(NOON, ("7/14/03", ""), sequence=7),
        form(NOON, sequence=1),
        form(NOON.astimezone(UTC), sequence=2),
        form(NOON, ("", ""), sequence=0),
        form(NOON.replace(tzinfo=None) + hour, sequence=3),
        form(None, sequence=4),
        form(None, ("", ""), sequence=0),
    )

    for handed_over in permutations(in_order, 2):
        assert sorted(handed_over) == [one for one in in_order if one in handed_over]


def moment(on: date | None, at: datetime | None = None) -> SignedMoment:
    return SignedMoment(Parsed(Sense.BLANK), Sense.BLANK, on, at)


EARLIER = moment(date(2003, 7, 14), NOON)


@pytest.mark.parametrize(
    ("new", "order"),
    [
        (moment(None), Order.UNDATED),
        (moment(date(2003, 7, 15)), Order.LATER_DATE),
        (moment(date(2003, 7, 13)), Order.NOT_LATER),
        (moment(date(2003, 7, 14)), Order.UNKNOWN),
        (moment(date(2003, 7, 14), NOON), Order.NOT_LATER),
        (moment(date(2003, 7, 14), NOON - timedelta(minutes=1)), Order.NOT_LATER),
        (moment(date(2003, 7, 14), NOON + timedelta(minutes=1)), Order.LATER_SAME_DAY),
    ],
)
def test_dates_come_first_and_equal_is_not_later(new: SignedMoment, order: Order) -> None:
    assert signed_order(new, EARLIER) is order


def test_an_undated_or_untimed_earlier_form_leaves_the_order_open() -> None:
    assert signed_order(EARLIER, moment(None)) is Order.UNDATED
    assert signed_order(EARLIER, moment(date(2003, 7, 14))) is Order.UNKNOWN


def test_times_are_compared_as_instants() -> None:
    first = datetime(2003, 10, 26, 1, 30, tzinfo=PACIFIC)
    second = first.replace(minute=10, fold=1)

    assert signed_order(moment(first.date(), second), moment(first.date(), first)) is Order.LATER_SAME_DAY


# -------------------------------------------------------------------------------------------------------- dispositions


@pytest.mark.parametrize(
    ("findings", "is_duplicate", "disposition"),
    [
        ([], False, Disposition.EFFECTIVE),
        ([NOTE, SOFT], False, Disposition.EFFECTIVE),
        ([SOFT, HARD], False, Disposition.HELD),
        ([HARD, FATAL], False, Disposition.REJECTED),
        ([NOTE], True, Disposition.DUPLICATE),
        ([HARD], True, Disposition.DUPLICATE),
        ([FATAL], True, Disposition.REJECTED),
    ],
)
def test_the_heaviest_finding_makes_the_disposition(findings, is_duplicate: bool, disposition: Disposition) -> None:
    assert disposition_of(findings, is_duplicate, final) is disposition


@pytest.mark.parametrize(
    ("findings", "status"),
    [([NOTE, SOFT], RowStatus.ACCEPTED), ([HARD], RowStatus.HELD), ([HARD, FATAL], RowStatus.REJECTED)],
)
def test_the_heaviest_finding_makes_the_status_of_a_row(findings, status: RowStatus) -> None:
    assert row_status_of(findings, final) is status


def test_a_provisional_fatal_finding_holds_and_does_not_reject() -> None:
    assert row_status_of([FATAL], provisional) is RowStatus.HELD
    assert disposition_of([FATAL], False, provisional) is Disposition.HELD


@pytest.mark.parametrize("resolution", [Resolution.CLEARED, Resolution.RECODED, Resolution.WAIVED])
def test_a_finding_that_is_settled_does_nothing(resolution: Resolution) -> None:
    for severity in (Severity.FATAL, Severity.REVIEW):
        settled = found(severity, Hold.HARD, resolution)
        assert not settled.stands
        assert not holds(settled)
        assert not rejects(settled, final)


def test_an_upheld_finding_rejects_when_it_is_hard() -> None:
    assert rejects(found(Severity.REVIEW, Hold.HARD, Resolution.UPHELD), provisional)
    assert not rejects(found(Severity.REVIEW, Hold.SOFT, Resolution.UPHELD), final)
    assert not rejects(HARD, final)


# ------------------------------------------------------------------------------------------------------------ the fold


def test_nothing_stands_at_first() -> None:
    assert Fold().standing == Standing(State.NONE)
    assert Fold().open == ()


def test_an_election_replaces_everything_and_moots_what_was_open() -> None:
    fold = Fold().with_held("S1", None).with_election("S2", {"1041": 1200}, ())

    assert fold.open == ()
    assert fold.standing == Standing(State.TENDERED, {"1041": 1200}, (), "S2", contested=False)


def test_held_rows_keep_an_election_contested_and_a_notice_ends_that() -> None:
    fold = Fold().with_election("S1", {"1041": 1200}, ("1187",))

    assert fold.standing.contested
    assert fold.standing.held_grants == ("1187",)
    assert fold.with_notice("S2").standing == Standing(State.WITHDRAWN, basis="S2")


def test_a_held_form_contests_and_takes_the_place_of_the_one_it_cures() -> None:
    fold = Fold().with_held("S1", None).with_held("S2", None).with_held("S3", "S1")

    assert fold.open == ("S2", "S3")
    assert fold.standing == Standing(State.NONE, contested=True)


def test_a_zone_of_fixed_offset_is_read_like_any_other() -> None:
    tokyo = timezone(timedelta(hours=9))

    assert read_in_zone(datetime(2003, 7, 25, 9, tzinfo=tokyo), PACIFIC) == datetime(2003, 7, 25, tzinfo=UTC)
