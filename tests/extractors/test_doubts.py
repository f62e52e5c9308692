"""What the receipt says of the day is weighed into the doubt of a signing moment, never into its value."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from core.holders import Grant, GrantType, OptionLedger, Plan
from core.readings import Box, Doubt, Mark, Reading
from core.submissions import Fields, GrantRow
from extractors.answers import ReadField
from extractors.doubts import FormAsRead, doubts_of
from extractors.fusion import Rival
from extractors.matching import Match
from extractors.readers.reader import Writing
from extractors.thresholds import load_thresholds

RECEIVED = datetime(2003, 7, 14, 10, 30, tzinfo=ZoneInfo("America/Los_Angeles"))


def doubts(day: str, confidence: float, *rivals: Rival, received_at: datetime | None = RECEIVED) -> tuple[Doubt, ...]:
    """The doubts of a form of which only the signing moment was read, at 10:15 on `date`."""
    text = f"{day} 10:15 am"
    reading = Reading("signed_at", text, text, Mark.READ, confidence, 2, Box(0, 0, 1, 1), "rapid+cells")
    field = ReadField(reading, Writing.DATE_TIME, rivals)
    form = FormAsRead((field,), Fields(date=day, time="10:15 am"), Match(None), received_at)
    return doubts_of(form, OptionLedger((), ()), load_thresholds())


def test_a_day_that_hardly_anybody_would_have_signed_on_raises_no_doubt() -> None:
    assert doubts("7/14/03", 0.93, Rival("1/14/03 10:15 am", 0.069)) == ()


def test_the_same_rival_is_a_doubt_where_no_receipt_is_known() -> None:
    (doubt,) = doubts("7/14/03", 0.93, Rival("1/14/03 10:15 am", 0.069), received_at=None)
    assert (doubt.key, doubt.confidence) == ("signed_at", 0.93)


@pytest.mark.parametrize("rival", ["7/14/03 10:16 am", "7/12/03 10:15 am", "7/11/03 10:15 am"])
def test_a_rival_that_the_receipt_says_nothing_against_is_a_doubt(rival: str) -> None:
    assert doubts("7/14/03", 0.93, Rival(rival, 0.069))


@pytest.mark.parametrize("date", ["7/10/03", "7/15/03"])
def test_a_day_that_is_not_just_before_the_receipt_stands_by_itself(date: str) -> None:
    assert doubts(date, 0.995, Rival("1/14/03 10:15 am", 0.005))


@pytest.mark.parametrize("rival", ["7/14/03 10:45 am", "7/14/03 10:15 pm", "7/14/03 11:15 am PT"])
def test_nobody_signs_after_the_fax_was_there(rival: str) -> None:
    assert doubts("7/14/03", 0.93, Rival(rival, 0.069)) == ()


@pytest.mark.parametrize("clock", ["10:15 am PT", "10:15 am"])
def test_a_receipt_without_a_zone_is_compared_by_its_day_alone(clock: str) -> None:
    text = f"7/14/03 {clock}"
    reading = Reading("signed_at", text, text, Mark.READ, 0.93, 2, Box(0, 0, 1, 1), "rapid+cells")
    field = ReadField(reading, Writing.DATE_TIME, (Rival("1/14/03 10:15 am", 0.069),))
    form = FormAsRead((field,), Fields(date="7/14/03", time=clock), Match(None), RECEIVED.replace(tzinfo=None))
    assert doubts_of(form, OptionLedger((), ()), load_thresholds()) == ()


def test_what_no_rival_explains_is_a_doubt() -> None:
    assert doubts("7/14/03", 0.93)


def test_two_senses_about_as_likely_are_a_doubt_whatever_the_receipt_says() -> None:
    assert doubts("7/14/03", 0.55, Rival("1/14/03 10:15 am", 0.449))


GRANT = Grant("CP-001187", "H3", Plan.PLAN_2000, date(2002, 4, 24), Decimal("3.33"), 1000, 0, 0, GrantType.NSO)


@pytest.mark.parametrize(
    ("row", "doubted"),
    [
        (GrantRow("CP-001187", "4/24/2002", "$3.33", "1,000"), False),
        (GrantRow("1187", "4/24/2002", "$3.33", "100"), False),
        (GrantRow("CP-001187", "4/24/2002", "$24.50", "700"), True),
        (GrantRow("CP-001187", "", "", ""), True),
        (GrantRow("CP-001188", "4/24/2001", "$24.50", "700"), False),
    ],
    ids=["whole", "two of three", "one of three", "alone", "nobody's number"],
)
def test_a_number_of_the_ledger_is_believed_only_with_its_row(row: GrantRow, doubted: bool) -> None:
    reading = Reading("row1.grant_no", row.grant_no, row.grant_no, Mark.READ, 0.98, 2, Box(0, 0, 1, 1), "rapid+cells")
    form = FormAsRead((ReadField(reading, Writing.GRANT_NO),), Fields(rows=(row,)), Match(None), RECEIVED)
    found = doubts_of(form, OptionLedger.of([], [GRANT]), load_thresholds())
    assert bool(found) is doubted
