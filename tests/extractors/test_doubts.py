"""What the receipt says of the day is weighed into the doubt of a signing moment, never into its value."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from core.holders import OptionLedger
from core.readings import Box, Doubt, Mark, Reading
from core.submissions import Fields
from extractors.doubts import ReadField, doubts_of
from extractors.fusion import Rival
from extractors.matching import Match
from extractors.readers.reader import Writing
from extractors.thresholds import load_thresholds

RECEIVED = datetime(2003, 7, 14, 10, 30, tzinfo=ZoneInfo("America/Los_Angeles"))


def doubts(date: str, confidence: float, *rivals: Rival, received_at: datetime | None = RECEIVED) -> tuple[Doubt, ...]:
    """The doubts of a form of which only the signing moment was read, at 10:15 on `date`."""
    text = f"{date} 10:15 am"
    reading = Reading("signed_at", text, text, Mark.READ, confidence, 2, Box(0, 0, 1, 1), "rapid+cells")
    field = ReadField(reading, Writing.DATE_TIME, rivals)
    ledger = OptionLedger((), ())
    return doubts_of(
        [field], Fields(date=date, time="10:15 am"), {}, Match(None), ledger, received_at, load_thresholds()
    )


def test_a_day_that_hardly_anybody_would_have_signed_on_raises_no_doubt() -> None:
    assert doubts("7/14/03", 0.93, Rival("1/14/03 10:15 am", 0.069)) == ()


def test_the_same_rival_is_a_doubt_where_no_receipt_is_known() -> None:
    (doubt,) = doubts("7/14/03", 0.93, Rival("1/14/03 10:15 am", 0.069), received_at=None)
    assert (doubt.key, doubt.confidence) == ("signed_at", 0.93)


@pytest.mark.parametrize("rival", ["7/14/03 10:45 am", "7/12/03 10:15 am", "7/11/03 10:15 am"])
def test_a_rival_that_the_receipt_says_nothing_against_is_a_doubt(rival: str) -> None:
    assert doubts("7/14/03", 0.93, Rival(rival, 0.069))


@pytest.mark.parametrize("date", ["7/10/03", "7/15/03"])
def test_a_day_that_is_not_just_before_the_receipt_stands_by_itself(date: str) -> None:
    assert doubts(date, 0.995, Rival("1/14/03 10:15 am", 0.005))


def test_what_no_rival_explains_is_a_doubt() -> None:
    assert doubts("7/14/03", 0.93)


def test_two_senses_about_as_likely_are_a_doubt_whatever_the_receipt_says() -> None:
    assert doubts("7/14/03", 0.55, Rival("1/14/03 10:15 am", 0.449))
