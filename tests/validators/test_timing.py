"""The instants around the deadline, in every zone and without one; extensions; the day of a clock change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from core.findings import Disposition
from core.offer_state import Extension, OfferState
from validators.examples import EXPIRATION, EXTENDED, OFFER, amendment, election, notice, pdt

PACIFIC, EASTERN = ZoneInfo("America/Los_Angeles"), ZoneInfo("America/New_York")
EARLY = EXPIRATION - timedelta(milliseconds=1)
LATE = EXPIRATION + timedelta(milliseconds=1)
LATE_CODES = {"LATE_RECEIPT", "LATE_PENDING_EXTENSION"}


def naive(*when: int) -> datetime:
    return datetime(2003, 7, *when)  # noqa: DTZ001 - a stamp without zone


# --------------------------------------------------------------------------------------------------- the stroke of five


@pytest.mark.parametrize("zone", [PACIFIC, UTC, EASTERN, timezone(timedelta(hours=-8)), timezone(timedelta(hours=9))])
def test_an_election_is_timely_before_the_instant_and_late_after_it_in_every_zone(codes, zone) -> None:
    assert codes(election(received_at=EARLY.astimezone(zone))) == set()
    assert codes(election(received_at=EXPIRATION.astimezone(zone))) == {"RECEIPT_AT_DEADLINE"}
    assert codes(election(received_at=LATE.astimezone(zone))) == LATE_CODES


@pytest.mark.parametrize("zone", [PACIFIC, UTC, EASTERN])
def test_a_notice_is_treated_alike_around_the_instant(codes, zone) -> None:
    def of(received_at: datetime) -> set[str]:
        return codes(election(), notice(received_at=received_at.astimezone(zone)))

    assert of(EARLY) == set()
    assert of(EXPIRATION) == {"RECEIPT_AT_DEADLINE"}
    assert of(LATE) == {"WITHDRAW_POST_EXPIRY"}


def test_a_form_received_on_the_stroke_counts_provisionally_and_contests_nothing(last) -> None:
    judgement = last(election(received_at=EXPIRATION))

    assert judgement.disposition is Disposition.EFFECTIVE
    assert not judgement.standing.contested


def test_a_server_on_winter_time_is_trusted_in_its_offset_not_its_wall_clock(codes) -> None:
    winter = timezone(timedelta(hours=-8))

    assert codes(election(received_at=datetime(2003, 7, 24, 16, 30, tzinfo=winter))) == LATE_CODES


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (naive(24, 16, 59, 59, 999000), {"RECEIPT_TZ_MISSING"}),
        (naive(24, 17), {"RECEIPT_TZ_MISSING", "RECEIPT_AT_DEADLINE"}),
        (naive(24, 17, 0, 0, 1000), {"RECEIPT_TZ_CRITICAL"}),
        (naive(24, 17, 0, 1), {"RECEIPT_TZ_CRITICAL"}),
        (naive(24, 20), {"RECEIPT_TZ_CRITICAL"}),
        (naive(24, 20, 0, 1), {"RECEIPT_TZ_CRITICAL"}),
        (naive(24, 23, 59, 59), {"RECEIPT_TZ_CRITICAL"}),
        (naive(25), {"RECEIPT_TZ_CRITICAL"}),
        (naive(25, 0, 0, 1), {"RECEIPT_TZ_MISSING", *LATE_CODES}),
    ],
)
def test_a_stamp_without_zone_is_critical_exactly_where_the_zones_disagree(codes, stamp, expected) -> None:
    assert codes(election(received_at=stamp)) == expected


def test_a_stamp_without_zone_holds_a_notice_and_calls_it_neither_late_nor_timely(last) -> None:
    accepted = replace(OFFER, accepted_at=pdt(24, 18))
    judgement = last(election(), notice(received_at=naive(24, 19)), offer=accepted)

    assert {finding.code for finding in judgement.findings} == {"RECEIPT_TZ_CRITICAL"}
    assert judgement.disposition is Disposition.HELD


def test_the_evening_of_july_24_read_as_utc_is_the_last_moment(codes) -> None:
    assert codes(election(received_at=datetime(2003, 7, 24, 23, 59, 59, tzinfo=UTC))) == set()
    assert codes(election(received_at=datetime(2003, 7, 25, 0, 0, 0, tzinfo=UTC))) == {"RECEIPT_AT_DEADLINE"}
    assert codes(election(received_at=datetime(2003, 7, 25, 0, 0, 1, tzinfo=UTC))) == LATE_CODES


def test_other_rules_read_a_critical_stamp_as_pacific(codes) -> None:
    assert "SIGNED_AFTER_RECEIPT" in codes(election(received_at=naive(24, 18), date="7/24/03", time="6:16 pm"))
    assert "SIGNED_AFTER_RECEIPT" not in codes(election(received_at=naive(24, 18), date="7/24/03", time="6:15 pm"))


# ------------------------------------------------------------------------------------------------------- straddling fax


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (EARLY, LATE, {"FAX_STRADDLES_DEADLINE", "LATE_PENDING_EXTENSION"}),
        (EARLY, EXPIRATION, {"RECEIPT_AT_DEADLINE"}),
        (EXPIRATION, LATE, LATE_CODES),
        (EARLY - timedelta(minutes=1), EARLY, set()),
        (None, LATE, LATE_CODES),
    ],
)
def test_a_fax_straddles_only_with_the_deadline_strictly_inside(codes, start, end, expected) -> None:
    assert codes(election(received_start=start, received_at=end)) == expected


def test_a_straddling_fax_is_held_and_no_lateness_is_said_of_it(last) -> None:
    judgement = last(election(), notice(received_start=EARLY, received_at=LATE))

    assert {finding.code for finding in judgement.findings} == {"FAX_STRADDLES_DEADLINE"}
    assert judgement.disposition is Disposition.HELD
    assert judgement.standing.contested


def test_a_straddling_fax_with_its_zone_in_doubt_says_both(codes) -> None:
    form = election(received_start=naive(24, 16, 58), received_at=naive(24, 17, 2))

    assert codes(form) == {"RECEIPT_TZ_CRITICAL", "FAX_STRADDLES_DEADLINE", "LATE_PENDING_EXTENSION"}


# ----------------------------------------------------------------------------------------------------------- extensions


def extended(announced_at: datetime, new_expiration: datetime = pdt(31, 17)) -> OfferState:
    return replace(OFFER, extensions=(Extension(announced_at, new_expiration),))


def test_an_extension_announced_in_time_re_evaluates_a_late_form(codes) -> None:
    form = election(received_at=pdt(24, 18))

    assert codes(form) == LATE_CODES
    assert codes(form, offer=extended(pdt(25, 6))) == set()
    assert codes(form, offer=extended(pdt(25, 6, 0, 1))) == {"LATE_RECEIPT"}


def test_the_new_expiration_has_its_own_stroke_and_window(codes) -> None:
    friday_six = pdt(1, 6, month=8)

    assert codes(election(received_at=pdt(31, 17)), offer=EXTENDED) == {"RECEIPT_AT_DEADLINE"}
    assert codes(election(received_at=friday_six), offer=EXTENDED) == LATE_CODES
    assert codes(election(received_at=friday_six + timedelta(seconds=1)), offer=EXTENDED) == {"LATE_RECEIPT"}


def test_the_window_of_a_friday_expiration_runs_to_monday(codes) -> None:
    friday = OfferState(expiration=pdt(25, 17))

    assert codes(election(received_at=pdt(28, 6)), offer=friday) == LATE_CODES
    assert codes(election(received_at=pdt(28, 6, 0, 1)), offer=friday) == {"LATE_RECEIPT"}


def test_a_shortening_is_no_extension_and_none_on_record(codes) -> None:
    shortened = extended(pdt(20, 12), pdt(22, 17))

    assert codes(election(received_at=pdt(23, 12)), offer=shortened) == set()
    assert codes(election(received_at=pdt(24, 18)), offer=shortened) == LATE_CODES


def test_only_an_extension_of_the_present_expiration_is_on_record(codes) -> None:
    late, of_the_new = Extension(pdt(26, 9), pdt(31, 17)), Extension(pdt(26, 9, 0, 1), pdt(31, 17))
    offer = replace(OFFER, extensions=(late, of_the_new))

    assert codes(election(received_at=pdt(24, 18)), offer=offer) == {"LATE_RECEIPT"}
    assert codes(election(received_at=pdt(31, 18)), offer=EXTENDED) == LATE_CODES


# ------------------------------------------------------------------------------------- commencement, termination, watch


def test_the_day_of_commencement_is_the_pacific_one(codes) -> None:
    form = {"form_version": "2003-06-25", "date": "6/25/03", "time": ""}
    last_of_june_24 = datetime(2003, 6, 25, 6, 59, 59, tzinfo=UTC)

    assert "BEFORE_COMMENCEMENT" in codes(election(received_at=last_of_june_24, **form))
    assert "BEFORE_COMMENCEMENT" not in codes(election(received_at=last_of_june_24 + timedelta(seconds=1), **form))


def test_a_termination_after_expiration_goes_to_counsel(last) -> None:
    def advice(terminated_at: datetime) -> str:
        form = election(received_at=pdt(25, 12))
        findings = last(form, offer=replace(OFFER, terminated_at=terminated_at)).findings
        return next(finding.suggestion for finding in findings if finding.code == "OFFER_TERMINATED")

    assert "counsel" in advice(EXPIRATION)
    assert "counsel" not in advice(EARLY)


@pytest.mark.parametrize(("clock", "is_flaw"), [("10:55 am", False), ("10:55:01 am", True), ("1:55 pm ET", False)])
def test_a_watch_may_be_fifteen_minutes_ahead_and_no_more(codes, clock: str, is_flaw: bool) -> None:
    assert ("SIGNED_AFTER_RECEIPT" in codes(election(time=clock))) is is_flaw


@pytest.mark.parametrize(("day", "is_flaw"), [("7/14/03", False), ("7/15/03", True)])
def test_without_a_usable_time_the_dates_are_compared(codes, day: str, is_flaw: bool) -> None:
    for clock in ("", "2:15"):
        assert ("SIGNED_AFTER_RECEIPT" in codes(election(date=day, time=clock))) is is_flaw


def test_the_date_of_receipt_is_the_pacific_one(codes) -> None:
    just_before_midnight = datetime(2003, 7, 15, 6, 59, tzinfo=UTC)

    assert "SIGNED_AFTER_RECEIPT" in codes(election(date="7/15/03", time="", received_at=just_before_midnight))


# ------------------------------------------------------------------------------------------------- acceptance, unknown


def test_a_notice_before_acceptance_is_held_and_one_at_acceptance_is_rejected(last) -> None:
    accepted = replace(OFFER, accepted_at=pdt(25, 9))

    def of(received_at: datetime):
        return last(election(), notice(received_at=received_at), offer=accepted)

    before, at = of(pdt(25, 8, 59, 59)), of(pdt(25, 9))
    assert [finding.code for finding in before.findings] == ["WITHDRAW_POST_EXPIRY"]
    assert before.disposition is Disposition.HELD
    assert [finding.code for finding in at.findings] == ["WITHDRAW_AFTER_ACCEPTANCE"]
    assert at.disposition is Disposition.REJECTED


def test_without_a_time_of_receipt_no_time_rule_is_evaluated(last) -> None:
    judgement = last(election(received_at=None, date="8/7/03"), offer=replace(OFFER, terminated_at=pdt(1)))

    assert {finding.code for finding in judgement.findings} == {"RECEIPT_TIME_UNKNOWN"}
    assert {"LATE_RECEIPT", "SIGNED_AFTER_RECEIPT", "OFFER_TERMINATED"} <= set(judgement.not_evaluated)


# ------------------------------------------------------------------------------------------- the day of a clock change

FALL_BACK = OfferState(expiration=datetime(2003, 10, 26, 1, 30, tzinfo=timezone(timedelta(hours=-7))))
"""A made-up offer that expires in the first of two hours from one to two."""


def october(hour: int, minute: int, offset: int) -> datetime:
    return datetime(2003, 10, 26, hour, minute, tzinfo=timezone(timedelta(hours=offset)))


@pytest.mark.parametrize(
    ("received_at", "expected"),
    [
        (october(1, 29, -7), set()),
        (october(1, 30, -7), {"RECEIPT_AT_DEADLINE"}),
        (october(1, 31, -7), LATE_CODES),
        (october(1, 29, -8), LATE_CODES),
        (october(8, 30, 0), {"RECEIPT_AT_DEADLINE"}),
    ],
)
def test_the_repeated_hour_is_told_apart_by_its_offset(codes, received_at: datetime, expected: set[str]) -> None:
    form = election(received_at=received_at, date="10/25/03", time="noon")

    assert codes(form, offer=FALL_BACK) == expected


def test_a_named_zone_in_the_repeated_hour_is_told_apart_by_its_fold(codes) -> None:
    first = datetime(2003, 10, 26, 1, 20, tzinfo=PACIFIC)

    assert codes(election(received_at=first, date="10/25/03"), offer=FALL_BACK) == set()
    assert codes(election(received_at=first.replace(fold=1), date="10/25/03"), offer=FALL_BACK) == LATE_CODES


def test_a_stamp_without_zone_in_the_repeated_hour_is_critical(codes) -> None:
    stamp = datetime(2003, 10, 26, 1, 20)  # noqa: DTZ001 - a stamp without zone

    assert "RECEIPT_TZ_CRITICAL" in codes(election(received_at=stamp, date="10/25/03"), offer=FALL_BACK)


def test_the_window_after_a_clock_change_ends_at_six_by_the_new_clock(codes) -> None:
    monday_six = datetime(2003, 10, 27, 14, 0, tzinfo=UTC)
    form = {"date": "10/25/03", "time": "noon"}

    assert codes(election(received_at=monday_six, **form), offer=FALL_BACK) == LATE_CODES
    assert codes(election(received_at=monday_six + timedelta(seconds=1), **form), offer=FALL_BACK) == {"LATE_RECEIPT"}


def test_forms_signed_across_the_change_are_ordered_by_instant(codes) -> None:
    offer = OfferState(expiration=datetime(2003, 10, 31, 17, tzinfo=PACIFIC))
    first = election(date="10/26/03", time="12:50 am", received_at=october(1, 0, -7))
    second = amendment(date="10/26/03", time="4:10 am ET", received_at=october(3, 0, -8))

    # 4:10 a.m. Eastern, already on winter time, is the second 1:10 a.m. Pacific.
    assert codes(first, second, offer=offer) == {"SAME_DAY_REPLACEMENT"}
