"""The Eastern business-day calendar: against the rulebook's own list, and against the statute for fifty years."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offers.business_days import (
    EASTERN,
    PACIFIC,
    NaiveInstant,
    add_business_days,
    add_months,
    business_date,
    business_day_on_or_after,
    business_days_between,
    confirmation_due,
    end_of_business_day,
    extension_announcement_limit,
    is_business_day,
    new_grant_date,
    next_business_day,
    promise_due,
    six_months_and_one_day,
    ten_business_day_rule,
)

DAY = timedelta(days=1)
RULEBOOK_HOLIDAYS = {
    2003: "01-01 01-20 02-17 05-26 07-04 09-01 10-13 11-11 11-27 12-25",
    2004: "01-01 01-19 02-16 05-31 07-05 09-06 10-11 11-11 11-25 12-24 12-31",
}
DAYS = st.dates(date(1990, 1, 1), date(2040, 12, 31))
MOMENTS = st.integers(788_918_400, 2_051_222_400).map(lambda seconds: datetime.fromtimestamp(seconds, PACIFIC))
"""Every second from 1995 to the end of 2034, both sides of every clock change among them."""


def _nth(year: int, month: int, weekday: int, count: int) -> date:
    """The count-th such weekday of a month; -1 is the last one."""
    days = [d for week in calendar.monthcalendar(year, month) if (d := week[weekday])]
    return date(year, month, days[count - 1] if count > 0 else days[count])


def _statutory_holidays(year: int) -> set[date]:
    """5 U.S.C. 6103(a) and (b) for years from 1986 on, written out without the library under test."""
    fixed = [date(year, 1, 1), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25), date(year + 1, 1, 1)]
    if year >= 2021:
        fixed.append(date(year, 6, 19))
    observed = {day + {calendar.SATURDAY: -DAY, calendar.SUNDAY: DAY}.get(day.weekday(), 0 * DAY) for day in fixed}
    monday, thursday = calendar.MONDAY, calendar.THURSDAY
    return observed | {
        _nth(year, 1, monday, 3),
        _nth(year, 2, monday, 3),
        _nth(year, 5, monday, -1),
        _nth(year, 9, monday, 1),
        _nth(year, 10, monday, 2),
        _nth(year, 11, thursday, 4),
    }


def _pacific(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PACIFIC)


@pytest.mark.parametrize("year", RULEBOOK_HOLIDAYS)
def test_the_weekdays_without_business_are_exactly_the_rulebooks_holidays(year: int) -> None:
    days = [date(year, 1, 1) + offset * DAY for offset in range(366) if (date(year, 1, 1) + offset * DAY).year == year]
    off = " ".join(f"{d:%m-%d}" for d in days if d.weekday() < 5 and not is_business_day(d))
    assert off == RULEBOOK_HOLIDAYS[year]


@pytest.mark.parametrize("day", [date(2003, 12, 26), date(2004, 6, 11), date(2001, 12, 24), date(2007, 1, 2)])
def test_a_one_off_closing_of_federal_offices_is_a_business_day(day: date) -> None:
    assert is_business_day(day)


def test_every_year_from_1990_to_2040_keeps_the_statutes_holidays_and_no_others() -> None:
    for year in range(1990, 2041):
        holidays = _statutory_holidays(year)
        for offset in range(366 if calendar.isleap(year) else 365):
            day = date(year, 1, 1) + offset * DAY
            assert is_business_day(day) == (day.weekday() < 5 and day not in holidays), day


def test_juneteenth_is_a_holiday_from_2021_on() -> None:
    assert is_business_day(date(2020, 6, 19))
    assert not is_business_day(date(2021, 6, 18))
    assert not is_business_day(date(2023, 6, 19))


@given(DAYS)
def test_the_next_business_day_is_the_first_one_after(day: date) -> None:
    following = next_business_day(day)
    assert following > day
    assert is_business_day(following)
    assert not any(is_business_day(day + n * DAY) for n in range(1, (following - day).days))


@given(DAYS)
def test_rolling_forward_leaves_a_business_day_alone_and_never_goes_back(day: date) -> None:
    rolled = business_day_on_or_after(day)
    assert rolled >= day
    assert (rolled == day) == is_business_day(day)


@given(DAYS, st.integers(0, 40))
def test_counting_forward_passes_exactly_that_many_business_days(day: date, count: int) -> None:
    assert business_days_between(day + DAY, add_business_days(day, count)) == count


def test_counting_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="forward only"):
        add_business_days(date(2003, 7, 24), -1)


def test_between_counts_both_ends_and_nothing_when_the_ends_are_crossed() -> None:
    assert business_days_between(date(2003, 6, 25), date(2003, 7, 24)) == 21
    assert business_days_between(date(2003, 7, 24), date(2003, 7, 24)) == 1
    assert business_days_between(date(2003, 7, 25), date(2003, 7, 24)) == 0


def test_the_business_day_is_the_eastern_date() -> None:
    assert business_date(_pacific("2003-07-02T20:59:59")) == date(2003, 7, 2)
    assert business_date(_pacific("2003-07-02T21:00:00")) == date(2003, 7, 3)
    assert business_date(_pacific("2003-07-02T21:00:59")) == date(2003, 7, 3), "the minute after midnight"
    assert business_date(datetime(2003, 7, 3, 4, tzinfo=UTC)) == date(2003, 7, 3)


def test_an_instant_without_zone_has_no_business_day() -> None:
    with pytest.raises(NaiveInstant, match="2003-07-02T20:59:00 has no UTC offset"):
        business_date(datetime(2003, 7, 2, 20, 59))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("received_at", "due_on"),
    [
        ("2003-07-02T20:59:00", date(2003, 7, 7)),
        ("2003-07-02T21:05:00", date(2003, 7, 8)),
        ("2003-07-03T10:00:00", date(2003, 7, 8)),
        ("2003-07-05T12:00:00", date(2003, 7, 8)),
        ("2003-07-24T16:59:59", date(2003, 7, 28)),
        ("2003-07-24T21:30:00", date(2003, 7, 29)),
    ],
)
def test_the_confirmation_is_due_two_business_days_after_the_eastern_day_of_receipt(
    received_at: str, due_on: date
) -> None:
    due = confirmation_due(_pacific(received_at))
    assert due.due_on == due_on
    assert due.due_at == datetime.combine(due_on, time(21), tzinfo=PACIFIC)


def test_the_confirmation_may_be_given_another_span() -> None:
    assert confirmation_due(_pacific("2003-07-03T10:00:00"), days=1).due_on == date(2003, 7, 7)


@given(MOMENTS)
def test_a_confirmation_is_never_due_before_its_form_came(received_at: datetime) -> None:
    due = confirmation_due(received_at)
    assert due.received_on < due.due_on
    assert due.due_at.astimezone(UTC) > received_at.astimezone(UTC) + DAY


def test_a_business_day_ends_at_nine_in_the_evening_pacific_also_across_a_clock_change() -> None:
    assert end_of_business_day(date(2003, 7, 7)) == _pacific("2003-07-07T21:00:00")
    assert end_of_business_day(date(2003, 4, 5)) == datetime(2003, 4, 6, 5, tzinfo=UTC)
    assert end_of_business_day(date(2003, 4, 6)) == datetime(2003, 4, 7, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cancelled_on", "due_on"),
    [
        (date(2003, 7, 25), date(2003, 7, 30)),
        (date(2003, 7, 26), date(2003, 7, 30)),
        (date(2003, 8, 28), date(2003, 9, 3)),
    ],
)
def test_the_promise_is_due_three_business_days_after_cancellation(cancelled_on: date, due_on: date) -> None:
    assert promise_due(cancelled_on) == due_on


@pytest.mark.parametrize(
    ("expiration", "limit"),
    [
        ("2003-07-24T17:00:00", "2003-07-25T06:00:00"),
        ("2003-08-01T17:00:00", "2003-08-04T06:00:00"),
        ("2003-08-29T17:00:00", "2003-09-02T06:00:00"),
        ("2003-07-03T17:00:00", "2003-07-07T06:00:00"),
        ("2003-10-24T17:00:00", "2003-10-27T06:00:00"),
        ("2003-07-24T20:59:00", "2003-07-25T06:00:00"),
        ("2003-07-24T21:00:00", "2003-07-28T06:00:00"),
    ],
)
def test_an_extension_may_be_announced_until_six_on_the_next_business_day(expiration: str, limit: str) -> None:
    found = extension_announcement_limit(_pacific(expiration))
    assert found == _pacific(limit)
    assert found.isoformat()[:19] == limit


def test_the_announcement_limit_keeps_its_wall_time_over_a_clock_change() -> None:
    limit = extension_announcement_limit(_pacific("2003-10-24T17:00:00"))
    assert limit.astimezone(UTC) == datetime(2003, 10, 27, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("notice_on", "tenth", "must_extend"),
    [
        (date(2003, 7, 9), date(2003, 7, 22), False),
        (date(2003, 7, 11), date(2003, 7, 24), False),
        (date(2003, 7, 12), date(2003, 7, 25), True),
        (date(2003, 7, 14), date(2003, 7, 25), True),
        (date(2003, 7, 4), date(2003, 7, 18), False),
    ],
)
def test_a_changed_price_asks_for_ten_business_days_from_and_including_the_notice(
    notice_on: date, tenth: date, must_extend: bool
) -> None:
    rule = ten_business_day_rule(notice_on, _pacific("2003-07-24T17:00:00"))
    assert (rule.tenth_business_day, rule.must_extend) == (tenth, must_extend)
    assert rule.earliest_expiration == datetime.combine(tenth + DAY, time(0), tzinfo=EASTERN)


@given(DAYS)
def test_the_tenth_business_day_is_the_tenth_counted_with_the_notice_day(notice_on: date) -> None:
    rule = ten_business_day_rule(notice_on, datetime(2003, 7, 24, 17, tzinfo=PACIFIC))
    assert business_days_between(notice_on, rule.tenth_business_day) == 10
    assert is_business_day(rule.tenth_business_day)


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2003, 8, 31), 6, date(2004, 2, 29)),
        (date(2002, 8, 31), 6, date(2003, 2, 28)),
        (date(2003, 12, 31), 2, date(2004, 2, 29)),
        (date(2003, 6, 30), 6, date(2003, 12, 30)),
        (date(2003, 7, 15), 0, date(2003, 7, 15)),
        (date(2004, 2, 29), 120, date(2014, 2, 28)),
    ],
)
def test_months_are_added_with_the_day_clamped_to_the_months_end(day: date, months: int, then: date) -> None:
    assert add_months(day, months) == then


@pytest.mark.parametrize(
    ("cancelled_on", "plain", "granted_on"),
    [
        (date(2003, 7, 25), date(2004, 1, 26), date(2004, 1, 26)),
        (date(2003, 7, 18), date(2004, 1, 19), date(2004, 1, 20)),
        (date(2003, 7, 28), date(2004, 1, 29), date(2004, 1, 29)),
        (date(2003, 8, 8), date(2004, 2, 9), date(2004, 2, 9)),
        (date(2003, 8, 14), date(2004, 2, 15), date(2004, 2, 17)),
        (date(2003, 8, 29), date(2004, 3, 1), date(2004, 3, 1)),
        (date(2003, 8, 31), date(2004, 3, 1), date(2004, 3, 1)),
    ],
)
def test_the_new_grant_comes_six_months_and_a_day_later_on_a_business_day(
    cancelled_on: date, plain: date, granted_on: date
) -> None:
    assert six_months_and_one_day(cancelled_on) == plain
    assert new_grant_date(cancelled_on) == granted_on


@given(DAYS)
def test_the_new_grant_is_never_early_and_never_rolls_further_than_a_long_weekend(cancelled_on: date) -> None:
    plain = six_months_and_one_day(cancelled_on)
    assert add_months(cancelled_on, 6) < plain <= new_grant_date(cancelled_on) <= plain + 4 * DAY
