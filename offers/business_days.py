"""The offer's calendar: business days on the Eastern clock and every deadline counted in them.

It refuses to know what time it is now, and what the offer's dates are.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

PACIFIC = ZoneInfo("America/Los_Angeles")
EASTERN = ZoneInfo("America/New_York")

ANNOUNCEMENT_TIME = time(6, 0)
"""Pacific wall time by which an extension must be announced (OTE Q20, §15)."""
CONFIRMATION_BUSINESS_DAYS = 2
"""Business days after receipt within which a confirmation is intended (OTE §4-6, EF-I 1, NW-I 1)."""
PROMISE_BUSINESS_DAYS = 3
"""Business days after cancellation within which the Promise to Grant is issued (OTE §6)."""
NOTICE_BUSINESS_DAYS = 10
"""Business days for which the offer stays open after notice of a changed price or number (OTE §2, §15)."""
MONTHS_TO_NEW_GRANT = 6
"""Months, before the one day more, from cancellation to the new grant (OTE §1, Q8)."""

_DAY = timedelta(days=1)
_SATURDAY = 5


class NaiveInstant(ValueError):
    """A moment without a zone reached the calendar: which day it falls on cannot be told."""


@cache
def _federal_holidays(year: int) -> frozenset[date]:
    """Days of `year` on which federal offices keep a holiday by statute (5 U.S.C. 6103), observed days included.

    The public category only: the package's government category also lists days on which the President closed federal
    offices once (December 26, 2003; June 11, 2004). Those are no federal holidays (decision 0020).
    """
    return frozenset(holidays.country_holidays("US", years=year, categories=holidays.PUBLIC))


def is_business_day(day: date) -> bool:
    """Any day but a Saturday, a Sunday or a federal holiday (OTE §2, §15)."""
    return day.weekday() < _SATURDAY and day not in _federal_holidays(day.year)


def business_day_on_or_after(day: date) -> date:
    """`day` itself when it is a business day, else the next one; never an earlier one."""
    while not is_business_day(day):
        day += _DAY
    return day


def next_business_day(day: date) -> date:
    """The first business day strictly after `day`, which need not be one itself."""
    return business_day_on_or_after(day + _DAY)


@cache
def add_business_days(day: date, count: int) -> date:
    """The `count`-th business day strictly after `day`; `day` itself when `count` is 0."""
    if count < 0:
        raise ValueError(f"cannot count {count} business days: deadlines run forward only; give 0 or more")
    for _ in range(count):
        day = next_business_day(day)
    return day


def business_days_between(first: date, last: date) -> int:
    """How many business days lie from `first` to `last`, both included; 0 when `last` comes before `first`."""
    return sum(is_business_day(first + offset * _DAY) for offset in range((last - first).days + 1))


def business_date(instant: datetime, zone: ZoneInfo = EASTERN) -> date:
    """The date an aware instant falls on by the business-day clock; the minute after midnight is the new day's."""
    if instant.tzinfo is None:
        raise NaiveInstant(f"{instant.isoformat()} has no UTC offset: settle its zone before asking for its day")
    return instant.astimezone(zone).date()


def end_of_business_day(day: date, zone: ZoneInfo = EASTERN) -> datetime:
    """The midnight that ends `day` on the business-day clock (21:00 Pacific)."""
    return datetime.combine(day + _DAY, time(0), tzinfo=zone)


@dataclass(frozen=True, slots=True)
class ConfirmationDue:
    """When the confirmation of a form is due: `received_on` is day 0, both dates on the business-day clock."""

    received_on: date
    due_on: date
    due_at: datetime
    """The midnight ending `due_on`, in the business-day zone: at this instant it is still in time."""


def confirmation_due(
    received_at: datetime, days: int = CONFIRMATION_BUSINESS_DAYS, zone: ZoneInfo = EASTERN
) -> ConfirmationDue:
    """The intended limit of a confirmation of receipt (OTE §4-6); missing it does not touch the form's validity."""
    received_on = business_date(received_at, zone)
    due_on = add_business_days(received_on, days)
    return ConfirmationDue(received_on, due_on, end_of_business_day(due_on, zone))


def promise_due(cancelled_on: date, days: int = PROMISE_BUSINESS_DAYS) -> date:
    """The last day for the Promise to Grant: business days strictly after the cancellation date (OTE §6)."""
    return add_business_days(cancelled_on, days)


def extension_announcement_limit(
    expiration: datetime, at: time = ANNOUNCEMENT_TIME, zone: ZoneInfo = PACIFIC, business_zone: ZoneInfo = EASTERN
) -> datetime:
    """The last instant at which an extension of an offer expiring then may be announced, in `zone` (OTE Q20, §15)."""
    return datetime.combine(next_business_day(business_date(expiration, business_zone)), at, tzinfo=zone)


@dataclass(frozen=True, slots=True)
class TenDayRule:
    """What a change of consideration or number, noticed on some day, asks of the expiration (OTE §2, §15).

    `tenth_business_day` counts from and including the notice date. `earliest_expiration`, the midnight ending that
    day, is the least that a new expiration must reach (decision 0021); it matters only when `must_extend`.
    """

    tenth_business_day: date
    must_extend: bool
    earliest_expiration: datetime


def ten_business_day_rule(
    notice_on: date, expiration: datetime, days: int = NOTICE_BUSINESS_DAYS, zone: ZoneInfo = EASTERN
) -> TenDayRule:
    """Whether an offer expiring at `expiration` must be extended after a notice sent on `notice_on`.

    A notice on a day that is no business day counts from the next one.
    """
    tenth = add_business_days(business_day_on_or_after(notice_on), days - 1)
    return TenDayRule(tenth, business_date(expiration, zone) < tenth, end_of_business_day(tenth, zone))


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, or that month's last day where it has no such day."""
    years, month_index = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month_index + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def six_months_and_one_day(cancelled_on: date, months: int = MONTHS_TO_NEW_GRANT) -> date:
    """Six calendar months, clamped to the month's last day, and one day more (OTE §1, Q8)."""
    return add_months(cancelled_on, months) + _DAY


def new_grant_date(cancelled_on: date, months: int = MONTHS_TO_NEW_GRANT) -> date:
    """The earliest New Option Grant Date: the first business day on or after six months and a day, never before."""
    return business_day_on_or_after(six_months_and_one_day(cancelled_on, months))
