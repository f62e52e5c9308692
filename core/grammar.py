"""Strict grammars for what holders write in a box: dates, times, prices, shares, numbers, names.

Each parser answers BLANK, VALUE or UNREADABLE and never guesses: what its grammar does not cover is UNREADABLE and
goes to a person (rulebook 3, rules 32-35, 63, 69-72). It refuses to know which rule asks and what the ledger says.
A "?" stands for a character that could not be read, so it makes any value UNREADABLE.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

T = TypeVar("T")


class Sense(StrEnum):
    """What a box says. Blank is not unreadable, and neither is a value."""

    BLANK = "blank"
    VALUE = "value"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    """A box's meaning: `value` is there exactly when `sense` is VALUE."""

    sense: Sense
    value: T | None = None

    @property
    def is_blank(self) -> bool:
        return self.sense is Sense.BLANK

    @property
    def is_unreadable(self) -> bool:
        return self.sense is Sense.UNREADABLE


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A calendar date and what had to be assumed to read it (DATE_FORMAT_ASSUMED, rule 33)."""

    on: date
    year_assumed: bool = False
    day_first: bool = False

    @property
    def format_assumed(self) -> bool:
        return self.year_assumed or self.day_first


@dataclass(frozen=True, slots=True)
class WrittenTime:
    """A wall-clock time; `zone` is None where the holder wrote none (then the offer's zone is meant)."""

    at: time
    zone: ZoneInfo | None = None


@dataclass(frozen=True, slots=True)
class SignedMoment:
    """The date and time boxes together.

    `on` is the signed date on the offer's clock (a zone in the time box may move it), None unless the date is a value.
    `at` is aware, on the offer's clock, None unless date and time are both values and name exactly one instant.
    `time_sense` is UNREADABLE also for a wall-clock time that a clock change skips or repeats.
    """

    written: Parsed[WrittenDate]
    time_sense: Sense
    on: date | None
    at: datetime | None


# ---------------------------------------------------------------------------------------------------------- dates

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ),
        start=1,
    )
    for name in names
}
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            ("mon", "monday"),
            ("tue", "tues", "tuesday"),
            ("wed", "weds", "wednesday"),
            ("thu", "thur", "thurs", "thursday"),
            ("fri", "friday"),
            ("sat", "saturday"),
            ("sun", "sunday"),
        )
    )
    for name in names
}
_YEAR = r"'?(?P<year>[0-9]{4}|[0-9]{2})"
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_GAP = r"[ ,./-]+"
_WEEKDAY = re.compile(rf"(?P<weekday>{'|'.join(sorted(_WEEKDAYS, key=len, reverse=True))})\.?,? +(?P<rest>.*)")
_ISO = re.compile(r"(?P<year>[0-9]{4}) ?(?P<gap>[-/]) ?(?P<month>[0-9]{1,2}) ?(?P=gap) ?(?P<day>[0-9]{1,2})")
_NUMERIC = re.compile(
    rf"(?P<first>[0-9]{{1,2}}) ?(?P<gap>[-/.]) ?(?P<second>[0-9]{{1,2}})(?: ?(?P=gap) ?{_YEAR})?",
)
_MONTH_FIRST = re.compile(rf"{_MONTH}{_GAP}{_DAY}(?:{_GAP}{_YEAR})?")
_DAY_FIRST = re.compile(rf"(?:the )?{_DAY}(?: of)?{_GAP}{_MONTH}(?:{_GAP}{_YEAR})?")
_EARLIEST_YEAR, _LATEST_YEAR = 1900, 2099
_TWO_DIGIT_YEARS_OF_2000 = 30
"""Two-digit years below this mean 20xx (rule 33)."""


def parse_date(text: str, *, assumed_year: int | None = None) -> Parsed[WrittenDate]:
    """The date written in a box.

    Numbers are month/day/year; day-first only where the first number is over 12 and the second is not. A month may be
    named, in either order; a weekday may stand in front and must then be right. Without a year the `assumed_year`
    is taken; None means that a year is required (grant dates). ISO dates parse as well.
    """
    written = " ".join(text.replace("’", "'").split()).lower()
    if not written:
        return Parsed(Sense.BLANK)
    weekday = None
    if named := _WEEKDAY.fullmatch(written):
        weekday, written = _WEEKDAYS[named["weekday"]], named["rest"]
    found = _date_of(written, assumed_year)
    if found is None or weekday not in (None, found.on.weekday()):
        return Parsed(Sense.UNREADABLE)
    return Parsed(Sense.VALUE, found)


def _date_of(written: str, assumed_year: int | None) -> WrittenDate | None:
    if iso := _ISO.fullmatch(written):
        return _calendar_date(iso["year"], int(iso["month"]), int(iso["day"]), assumed_year)
    if named := _MONTH_FIRST.fullmatch(written) or _DAY_FIRST.fullmatch(written):
        return _calendar_date(named["year"], _MONTHS[named["month"]], int(named["day"]), assumed_year)
    if numeric := _NUMERIC.fullmatch(written):
        first, second = int(numeric["first"]), int(numeric["second"])
        if first > 12 and second <= 12:
            return _calendar_date(numeric["year"], second, first, assumed_year, day_first=True)
        return _calendar_date(numeric["year"], first, second, assumed_year)
    return None


def _calendar_date(
    year: str | None, month: int, day: int, assumed_year: int | None, *, day_first: bool = False
) -> WrittenDate | None:
    full_year = _full_year(year) if year else assumed_year
    if full_year is None or not _EARLIEST_YEAR <= full_year <= _LATEST_YEAR:
        return None
    try:
        on = date(full_year, month, day)
    except ValueError:
        return None
    return WrittenDate(on, year_assumed=not year, day_first=day_first)


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (2000 if year < _TWO_DIGIT_YEARS_OF_2000 else 1900)


# ---------------------------------------------------------------------------------------------------------- times

_PACIFIC, _EASTERN = ZoneInfo("America/Los_Angeles"), ZoneInfo("America/New_York")
_CENTRAL, _MOUNTAIN = ZoneInfo("America/Chicago"), ZoneInfo("America/Denver")
_ZONES = {
    **dict.fromkeys(("pt", "pst", "pdt", "pacific"), _PACIFIC),
    **dict.fromkeys(("et", "est", "edt", "eastern"), _EASTERN),
    **dict.fromkeys(("ct", "cst", "cdt", "central"), _CENTRAL),
    **dict.fromkeys(("mt", "mst", "mdt", "mountain"), _MOUNTAIN),
    **dict.fromkeys(("utc", "gmt"), ZoneInfo("UTC")),
}
"""Standard and daylight names both mean the wall clock (rulebook 0)."""
_ZONE_AT_END = re.compile(
    rf"(?P<clock>.*?) ?\(?(?<![a-z])(?P<zone>{'|'.join(_ZONES)})(?: standard| daylight)?(?: time)?\)?"
)
_CLOCK = re.compile(
    r"(?P<hour>[0-9]{1,2})(?:[:.](?P<minute>[0-9]{2})(?:[:.](?P<second>[0-9]{2}))?)?"
    r"(?: ?o'clock)? ?(?P<half>am|pm|a|p|noon)?"
)
_MILITARY = re.compile(r"(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?: ?(?:h|hrs?|hours)|(?<!19..)(?<!20..))")
"""Four figures; 1900 to 2099 may be a year, and are a time only with "hrs" behind them."""


def parse_time(text: str) -> Parsed[WrittenTime]:
    """The time written in a box (rule 35).

    `14:15`, `09:15`, `00:30` are on the 24-hour clock; 1 to 12 o'clock without am or pm and without a leading zero is
    UNREADABLE, and so is "midnight", which may begin or end its day (docs/decisions/0010). A zone may follow.
    """
    written = " ".join(text.replace("’", "'").split()).lower()
    if not written:
        return Parsed(Sense.BLANK)
    written = re.sub(r"([ap])\.? ?m\b\.?", r"\1m", written)
    written = re.sub(r"\b([pecm])\. ?([sd]?)\.? ?t\b\.?", r"\1\2t", written)
    zone = None
    if zoned := _ZONE_AT_END.fullmatch(written):
        written, zone = zoned["clock"], _ZONES[zoned["zone"]]
    at = _clock_time(written.rstrip(" ,"))
    if at is None:
        return Parsed(Sense.UNREADABLE)
    return Parsed(Sense.VALUE, WrittenTime(at, zone))


def _clock_time(written: str) -> time | None:
    if written == "noon":
        return time(12)
    if military := _MILITARY.fullmatch(written):
        return _on_24_hour_clock(military["hour"], int(military["minute"]), 0)
    found = _CLOCK.fullmatch(written.rstrip("."))
    if found is None:
        return None
    minute, second = int(found["minute"] or 0), int(found["second"] or 0)
    if found["half"]:
        return _on_12_hour_clock(int(found["hour"]), minute, second, found["half"])
    if found["minute"] is None:
        return None
    return _on_24_hour_clock(found["hour"], minute, second)


def _on_24_hour_clock(hour: str, minute: int, second: int) -> time | None:
    """None for 1 to 12 o'clock without a leading zero: morning and afternoon are then both possible."""
    if 1 <= int(hour) <= 12 and not hour.startswith("0"):
        return None
    return _time_or_none(int(hour), minute, second)


def _on_12_hour_clock(hour: int, minute: int, second: int, half: str) -> time | None:
    if half == "noon":
        return time(12) if (hour, minute, second) == (12, 0, 0) else None
    if not 1 <= hour <= 12:
        return None
    return _time_or_none(hour % 12 + (12 if half.startswith("p") else 0), minute, second)


def _time_or_none(hour: int, minute: int, second: int) -> time | None:
    try:
        return time(hour, minute, second)
    except ValueError:
        return None


def signed_moment(date_text: str, time_text: str, *, offer_zone: ZoneInfo, assumed_year: int) -> SignedMoment:
    """When a form says it was signed, on the offer's clock (rulebook 0, `signed_at`)."""
    written_date = parse_date(date_text, assumed_year=assumed_year)
    written_time = parse_time(time_text)
    if written_date.value is None:
        return SignedMoment(written_date, written_time.sense, None, None)
    on = written_date.value.on
    if written_time.value is None:
        return SignedMoment(written_date, written_time.sense, on, None)
    local = datetime.combine(on, written_time.value.at, tzinfo=written_time.value.zone or offer_zone)
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        return SignedMoment(written_date, Sense.UNREADABLE, on, None)
    at = local.astimezone(offer_zone)
    return SignedMoment(written_date, Sense.VALUE, at.date(), at)


# -------------------------------------------------------------------------------------- the one "Date and Time" box

_BETWEEN_DATE_AND_TIME = re.compile(r"\s+[/@–—-]\s+|\s+|[,;@–—-]+")
_LINKING = " \t\n,;@–—-"
_DATE_SHAPE = re.compile(
    r"([0-9?]{1,4} ?[-/.] ?[0-9?]{1,2}(?: ?[-/.] ?'?[0-9?]{1,4})?)(?=[\s,;@]|$)(.*)",
    re.DOTALL,
)
"""A date in figures of which some could not be read."""


def parse_date_and_time(text: str) -> tuple[str, str]:
    """Splits the one "Date and Time" box into what stands for the date and what for the time, as written.

    Either may come first; a part that is not there is "". Text that cannot be told apart stands for both, so that
    both come out UNREADABLE rather than one of them blank.
    """
    written = text.strip(_LINKING)
    if _is_date(written):
        return written, ""
    if parse_time(written).sense is Sense.VALUE:
        return "", written
    splits = [*_splits(written)]
    for fits in (_both_fit, _date_fits, _time_fits):
        candidates = [split for split in splits if fits(*split)]
        if candidates:
            return max(candidates, key=lambda split: len(split[0]) if fits is not _time_fits else len(split[1]))
    if shape := _DATE_SHAPE.fullmatch(written):
        return shape[1], shape[2].strip(_LINKING)
    return written, written


def _splits(written: str) -> Iterator[tuple[str, str]]:
    """Every (date, time) that cutting once between two words gives, in both orders; "at" may link them."""
    for between in _BETWEEN_DATE_AND_TIME.finditer(written):
        left, right = written[: between.start()].strip(_LINKING), written[between.end() :].strip(_LINKING)
        left = re.sub(r"\s+at$", "", left, flags=re.IGNORECASE)
        right = re.sub(r"^(?:at|on)\s+", "", right, flags=re.IGNORECASE)
        yield left, right
        yield right, left


def _is_date(part: str) -> bool:
    return parse_date(part, assumed_year=2000).sense is Sense.VALUE


def _both_fit(date_part: str, time_part: str) -> bool:
    return _is_date(date_part) and _time_fits(date_part, time_part)


def _date_fits(date_part: str, _time_part: str) -> bool:
    return _is_date(date_part)


def _time_fits(_date_part: str, time_part: str) -> bool:
    return parse_time(time_part).sense is Sense.VALUE


# ------------------------------------------------------------------------------------------------ prices and shares

_DECIMAL = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
_SHARES = re.compile(r"[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+")


def parse_price(text: str) -> Parsed[Decimal]:
    """An exercise price in US dollars, exact. `$`, commas and spaces are ignored (rule 69)."""
    if not text.strip():
        return Parsed(Sense.BLANK)
    digits = re.sub(r"[$,\s]", "", text)
    if not _DECIMAL.fullmatch(digits):
        return Parsed(Sense.UNREADABLE)
    return Parsed(Sense.VALUE, Decimal(digits))


def parse_shares(text: str) -> Parsed[int]:
    """A whole number of shares, with or without thousands commas in their places; words and fractions are none."""
    written = text.strip()
    if not written:
        return Parsed(Sense.BLANK)
    if not _SHARES.fullmatch(written):
        return Parsed(Sense.UNREADABLE)
    return Parsed(Sense.VALUE, int(written.replace(",", "")))


# ------------------------------------------------------------------------------------------ numbers, names, e-mail

_GRANT_PREFIX = re.compile(r"^(?:no\.?|number)(?=[0-9?])", re.IGNORECASE)
_HYPHENS = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_EMAIL = re.compile(
    r"[A-Za-z0-9_%+'-]+(?:\.[A-Za-z0-9_%+'-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"
)


def normalise_grant_no(text: str) -> str:
    """A grant number without `#`, `No.` and spaces; leading zeros, hyphens and unreadable "?" stay (rule 63)."""
    bare = re.sub(r"[#\s]", "", text).translate(_HYPHENS)
    return _GRANT_PREFIX.sub("", bare)


def normalise_name(text: str) -> str:
    """A name for comparing: case, runs of spaces, periods, commas, curly apostrophes and accents are levelled.

    Nothing else is (rule 37): a missing initial, a nickname or another order stays a different name.
    """
    plain = unicodedata.normalize("NFKD", text.replace("‘", "'").replace("’", "'"))
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(re.sub(r"[.,]", "", letters).casefold().split())


def tax_id_digits(text: str) -> str:
    """The digits of an identification number, in order; "" where none is written ("on file")."""
    return re.sub(r"[^0-9]", "", text)


def is_email(text: str) -> bool:
    """Whether the box holds one `local@domain.tld` (rule 47)."""
    return _EMAIL.fullmatch(text.strip()) is not None
