"""The strict grammars: what a box means, what stays unreadable, and that nothing is guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.grammar import (
    Parsed,
    Sense,
    is_email,
    normalise_grant_no,
    normalise_name,
    parse_date,
    parse_date_and_time,
    parse_price,
    parse_shares,
    parse_time,
    signed_moment,
    tax_id_digits,
)

PACIFIC = ZoneInfo("America/Los_Angeles")
EASTERN = ZoneInfo("America/New_York")
JULY_14 = date(2003, 7, 14)


# -------------------------------------------------------------------------------------------------------------- dates


@pytest.mark.parametrize(
    "text",
    [
        "7/14/03", "07/14/2003", "7-14-03", "7.14.2003", "7/14/'03", "7 / 14 / 03", "2003-07-14", "2003/7/14",
        "July 14, 2003", "JULY 14 2003", "Jul. 14, 03", "July 14th, 2003", "14 July 2003", "14-Jul-03",
        "14th of July 2003",
        "the 14th of July, 2003", "Mon July 14, 2003", "Monday, July 14, 2003", "Mon. 7/14/03", "  7/14/03 ",
        "July 14 ’03",
    ],
)  # fmt: skip
def test_a_date_in_a_usual_order_is_read_without_assuming_anything(text: str) -> None:
    written = parse_date(text, assumed_year=1999)

    assert written.sense is Sense.VALUE
    assert written.value is not None
    assert written.value.on == JULY_14
    assert not written.value.format_assumed


@pytest.mark.parametrize("text", ["July 14", "14 July", "7/14", "14th of July"])
def test_a_date_without_a_year_takes_the_assumed_one_and_says_so(text: str) -> None:
    written = parse_date(text, assumed_year=2003).value

    assert written is not None
    assert written.on == JULY_14
    assert written.year_assumed
    assert written.format_assumed


def test_a_date_without_a_year_is_unreadable_where_none_may_be_assumed() -> None:
    assert parse_date("July 14").is_unreadable


@pytest.mark.parametrize(("text", "on"), [("14/7/03", JULY_14), ("13/12/03", date(2003, 12, 13))])
def test_a_first_number_over_twelve_is_a_day(text: str, on: date) -> None:
    written = parse_date(text).value

    assert written is not None
    assert written.on == on
    assert written.day_first
    assert written.format_assumed


@pytest.mark.parametrize(("text", "on"), [("8/7/03", date(2003, 8, 7)), ("12/12/03", date(2003, 12, 12))])
def test_other_figures_are_month_first(text: str, on: date) -> None:
    written = parse_date(text).value

    assert written is not None
    assert written.on == on
    assert not written.day_first


@pytest.mark.parametrize(("year", "full"), [("00", 2000), ("29", 2029), ("30", 1930), ("99", 1999)])
def test_two_digit_years_below_thirty_are_of_this_century(year: str, full: int) -> None:
    written = parse_date(f"2/1/{year}").value

    assert written is not None
    assert written.on.year == full


@pytest.mark.parametrize(
    "text",
    [
        "7/32/03", "2/30/03", "2/29/03", "13/13/03", "0/14/03", "7/14/3", "7/14/003", "7/1?/03", "?", "7/14-03",
        "071403",
        "7 14 03", "Tue July 14, 2003", "Monday", "14 Juli 2003", "July 2003", "7/14/1899", "7/14/2100", "yesterday",
        "7/14/03 7/15/03",
    ],
)  # fmt: skip
def test_what_is_no_date_stays_unreadable(text: str) -> None:
    assert parse_date(text, assumed_year=2003) == Parsed(Sense.UNREADABLE)


@pytest.mark.parametrize("text", ["7/14/1900", "7/14/2099"])
def test_a_year_at_either_end_of_two_centuries_is_read(text: str) -> None:
    assert parse_date(text).sense is Sense.VALUE


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_an_empty_date_box_is_blank(text: str) -> None:
    assert parse_date(text).is_blank


@given(st.dates(min_value=date(1930, 1, 1), max_value=date(2029, 12, 31)))
def test_every_date_reads_back_from_each_way_of_writing_it(on: date) -> None:
    ways = (
        f"{on.month}/{on.day}/{on:%y}",
        f"{on:%B} {on.day}, {on.year}",
        f"{on.day}-{on:%b}-{on.year}",
        on.isoformat(),
    )

    for way in ways:
        written = parse_date(way).value
        assert written is not None
        assert written.on == on


# -------------------------------------------------------------------------------------------------------------- times


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("14:15", time(14, 15)), ("09:15", time(9, 15)), ("00:30", time(0, 30)), ("0:30", time(0, 30)),
        ("23:59:59", time(23, 59, 59)), ("13:00", time(13)), ("noon", time(12)), ("12 noon", time(12)),
        ("12:00 noon", time(12)), ("10:15 am", time(10, 15)), ("10:15am", time(10, 15)), ("10:15 A.M.", time(10, 15)),
        ("10:15 a. m.", time(10, 15)), ("10:15a", time(10, 15)), ("2 pm", time(14)), ("2 p", time(14)),
        ("12:00 am", time(0)), ("12:15 pm", time(12, 15)), ("10.15 am", time(10, 15)), ("10 o'clock am", time(10)),
        ("10 o’clock a.m.", time(10)), ("1415", time(14, 15)), ("0915 hrs", time(9, 15)), ("2003 hrs", time(20, 3)),
        ("10:15:30 pm", time(22, 15, 30)),
        ("12:59 am", time(0, 59)), ("1:00 pm", time(13)), ("11:59 p.m.", time(23, 59)),
    ],
)  # fmt: skip
def test_a_time_that_names_one_instant_of_the_day_is_read(text: str, at: time) -> None:
    written = parse_time(text).value

    assert written is not None
    assert written.at == at
    assert written.zone is None


@pytest.mark.parametrize(
    "text",
    [
        "2:15", "12:15", "1:00", "12:59", "2", "10", "14", "2 o'clock", "1015", "1215", "24:00", "25:00", "14:60",
        "13:00 pm",
        "0:30 am", "00:30 am", "12:30 noon", "1 noon", "midnight", "12 midnight", "10:1? am", "?", "ten", "am",
        "10:15 xm",
        "10:15:61 am", "2415", "2003", "1959", "10:15 HST", "noonish", "10:5 am",
    ],
)  # fmt: skip
def test_a_time_that_could_be_another_stays_unreadable(text: str) -> None:
    assert parse_time(text) == Parsed(Sense.UNREADABLE)


@pytest.mark.parametrize(
    ("zone", "key"),
    [
        ("PT", "America/Los_Angeles"), ("PST", "America/Los_Angeles"), ("pdt", "America/Los_Angeles"),
        ("Pacific", "America/Los_Angeles"), ("Pacific Time", "America/Los_Angeles"), ("(PDT)", "America/Los_Angeles"),
        ("Pacific Daylight Time", "America/Los_Angeles"), ("Eastern Standard Time", "America/New_York"),
        ("P.D.T.", "America/Los_Angeles"), ("ET", "America/New_York"), ("EST", "America/New_York"),
        ("edt", "America/New_York"), ("E.T.", "America/New_York"), ("CT", "America/Chicago"),
        ("CDT", "America/Chicago"),
        ("MT", "America/Denver"), ("MST", "America/Denver"), ("UTC", "UTC"), ("GMT", "UTC"),
    ],
)  # fmt: skip
def test_a_zone_may_follow_and_standard_and_daylight_names_mean_the_wall_clock(zone: str, key: str) -> None:
    written = parse_time(f"12:30 pm {zone}").value

    assert written is not None
    assert written.at == time(12, 30)
    assert written.zone == ZoneInfo(key)


def test_a_zone_does_not_make_an_open_time_definite() -> None:
    assert parse_time("2:15 PT").is_unreadable


def test_an_empty_time_box_is_blank() -> None:
    assert parse_time(" ").is_blank


@given(st.times())
def test_every_minute_reads_back_from_both_clocks(at: time) -> None:
    half = "am" if at.hour < 12 else "pm"

    for way in (f"{at:%H:%M}", f"{at.hour % 12 or 12}:{at:%M} {half}"):
        written = parse_time(way).value
        if way == f"{at:%H:%M}" and 10 <= at.hour <= 12:
            assert written is None
        else:
            assert written is not None
            assert written.at == at.replace(second=0, microsecond=0)


# ------------------------------------------------------------------------------------------------ the moment of signing


def moment(date_text: str, time_text: str):
    return signed_moment(date_text, time_text, offer_zone=PACIFIC, assumed_year=2003)


def test_date_and_time_make_a_pacific_moment_unless_a_zone_is_written() -> None:
    signed = moment("7/14/03", "10:15 am")

    assert signed.on == JULY_14
    assert signed.at == datetime(2003, 7, 14, 10, 15, tzinfo=PACIFIC)


def test_a_written_zone_may_move_the_date_to_the_pacific_one() -> None:
    signed = moment("7/15/03", "1:30 am ET")

    assert signed.on == JULY_14
    assert signed.at == datetime(2003, 7, 14, 22, 30, tzinfo=PACIFIC)


def test_a_date_without_a_usable_time_is_still_a_date() -> None:
    for time_text, sense in (("", Sense.BLANK), ("2:15", Sense.UNREADABLE)):
        signed = moment("7/14/03", time_text)

        assert signed.on == JULY_14
        assert signed.at is None
        assert signed.time_sense is sense


def test_without_a_date_there_is_no_moment() -> None:
    signed = moment("", "10:15 am")

    assert signed.on is None
    assert signed.at is None
    assert signed.time_sense is Sense.VALUE


@pytest.mark.parametrize(
    ("day", "clock"),
    [("10/26/03", "1:30 am"), ("4/6/03", "2:30 am")],
    ids=["the hour that comes twice", "the hour that is skipped"],
)
def test_a_wall_clock_time_that_a_clock_change_repeats_or_skips_is_unreadable(day: str, clock: str) -> None:
    signed = moment(day, clock)

    assert signed.on is not None
    assert signed.at is None
    assert signed.time_sense is Sense.UNREADABLE


@pytest.mark.parametrize(
    ("clock", "utc"),
    [("12:59 am", datetime(2003, 10, 26, 7, 59, tzinfo=UTC)), ("2:00 am", datetime(2003, 10, 26, 10, tzinfo=UTC))],
)
def test_the_times_around_the_repeated_hour_are_definite(clock: str, utc: datetime) -> None:
    assert moment("10/26/03", clock).at == utc


# ----------------------------------------------------------------------------------------------- the one box for both


@pytest.mark.parametrize(
    ("box", "parts"),
    [
        ("", ("", "")),
        ("7/14/03", ("7/14/03", "")),
        ("July 14, 2003", ("July 14, 2003", "")),
        ("July 14, 2003 -", ("July 14, 2003", "")),
        ("July 14, 2003 1415", ("July 14, 2003", "1415")),
        ("July 14 2003 .", ("July 14 2003", ".")),
        ("10:15 am @", ("", "10:15 am")),
        ("10:15 am", ("", "10:15 am")),
        ("7/14/03 10:15 am", ("7/14/03", "10:15 am")),
        ("10:15 am 7/14/03", ("7/14/03", "10:15 am")),
        ("July 14, 2003, 10:15 a.m. PDT", ("July 14, 2003", "10:15 a.m. PDT")),
        ("July 14 2003 at noon", ("July 14 2003", "noon")),
        ("7/14/03 @ 2:15 pm", ("7/14/03", "2:15 pm")),
        ("7-14-03 / 10:15a", ("7-14-03", "10:15a")),
        ("7/14/03,10:15am", ("7/14/03", "10:15am")),
        ("7/14/03-10:15am", ("7/14/03", "10:15am")),
        ("9:00 am on 14-Jul-03", ("14-Jul-03", "9:00 am")),
        ("July 14 10:15 am", ("July 14", "10:15 am")),
        ("July 14, 10 am", ("July 14", "10 am")),
        ("July 14 03 10:15 am", ("July 14 03", "10:15 am")),
        ("7/14/03 2:15", ("7/14/03", "2:15")),
        ("7/14/03 2", ("7/14/03", "2")),
        ("July 14 2003 2:15", ("July 14 2003", "2:15")),
        ("7/1?/03 10:15 am", ("7/1?/03", "10:15 am")),
        ("7/14/03 1?:15 am", ("7/14/03", "1?:15 am")),
        ("?/14/03 1?:15 am", ("?/14/03", "1?:15 am")),
        ("?? 10:15 am", ("??", "10:15 am")),
        ("7/14/03 ?", ("7/14/03", "?")),
        ("2003-07-14 14:15", ("2003-07-14", "14:15")),
    ],
)
def test_the_one_box_is_split_into_date_and_time(box: str, parts: tuple[str, str]) -> None:
    assert parse_date_and_time(box) == parts


def test_a_box_that_cannot_be_told_apart_is_unreadable_as_both_and_blank_as_neither() -> None:
    date_part, time_part = parse_date_and_time("scribble")

    assert parse_date(date_part).is_unreadable
    assert parse_time(time_part).is_unreadable


@given(
    st.dates(min_value=date(2001, 1, 1), max_value=date(2029, 12, 31)),
    st.times(),
    st.sampled_from([" ", ", ", " @ ", " at ", " / ", "  "]),
    st.booleans(),
)
def test_what_was_joined_is_split_again(on: date, at: time, joint: str, time_first: bool) -> None:
    date_text, time_text = (
        f"{on.month}/{on.day}/{on:%y}",
        f"{at.hour % 12 or 12}:{at:%M} {'am' if at.hour < 12 else 'pm'}",
    )
    box = f"{time_text} {date_text}" if time_first else f"{date_text}{joint}{time_text}"

    assert parse_date_and_time(box) == (date_text, time_text)


# -------------------------------------------------------------------------------------------------- prices and shares


@pytest.mark.parametrize(
    ("text", "price"),
    [("$24.50", "24.50"), ("24.5", "24.5"), ("$ 1,024.50", "1024.50"), (".85", "0.85"), ("3", "3"), ("1.999", "1.999")],
)
def test_a_price_is_exact_whatever_dollars_commas_and_spaces_stand_in_it(text: str, price: str) -> None:
    assert parse_price(text).value == Decimal(price)


@pytest.mark.parametrize(
    "text", ["24.?0", "24.50/sh", "-3.33", "1e3", "24.", "US 3.33", "three", "$", "3..3", "NaN", "٣"]
)
def test_what_is_no_price_stays_unreadable(text: str) -> None:
    assert parse_price(text).is_unreadable


def test_an_empty_price_is_blank() -> None:
    assert parse_price("  ").is_blank


@pytest.mark.parametrize(
    ("text", "shares"), [("1,200", 1200), ("1200", 1200), (" 600 ", 600), ("0", 0), ("1,234,567", 1234567)]
)
def test_shares_are_whole_numbers_with_commas_in_their_places(text: str, shares: int) -> None:
    assert parse_shares(text).value == shares


@pytest.mark.parametrize(
    "text",
    [
        "ALL",
        "100%",
        "half",
        "1/2",
        "12,00",
        "1,20",
        ",200",
        "1.200",
        "1200.0",
        "1 200",
        "1,2?0",
        "-5",
        "1200 sh",
        "1234,567",
        "٣",
    ],
)
def test_what_is_no_whole_number_stays_unreadable(text: str) -> None:
    assert parse_shares(text).is_unreadable


def test_empty_shares_are_blank() -> None:
    assert parse_shares("").is_blank


@given(st.integers(min_value=0, max_value=10**9))
def test_every_number_of_shares_reads_back_with_and_without_commas(shares: int) -> None:
    assert parse_shares(f"{shares:,}").value == parse_shares(str(shares)).value == shares


@given(st.text())
def test_no_text_whatever_breaks_a_grammar(text: str) -> None:
    for parsed in (parse_date(text, assumed_year=2003), parse_time(text), parse_price(text), parse_shares(text)):
        assert (parsed.value is not None) == (parsed.sense is Sense.VALUE)
    assert len(parse_date_and_time(text)) == 2
    assert normalise_name(normalise_name(text)) == normalise_name(text)


@given(st.text(alphabet="0123456789?/:., apm"))
def test_an_unreadable_character_never_becomes_a_value(text: str) -> None:
    if "?" in text:
        for parsed in (parse_date(text), parse_time(text), parse_price(text), parse_shares(text)):
            assert parsed.is_unreadable


# ------------------------------------------------------------------------------------------------------ other grammars


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1041", "1041"), ("#1041", "1041"), ("# 1041", "1041"), ("No. 1041", "1041"), ("NO 1041", "1041"),
        ("no.10 41", "1041"),
        ("0877", "0877"), ("CP-003776", "CP-003776"), ("CP–003776", "CP-003776"), ("10?1", "10?1"),
        ("No. ?041", "?041"),
        ("NO-12", "NO-12"), ("", ""), (" # ", ""),
    ],
)  # fmt: skip
def test_a_grant_number_keeps_its_zeros_and_hyphens_only(text: str, number: str) -> None:
    assert normalise_grant_no(text) == number


@pytest.mark.parametrize(
    "other",
    ["MARIA L ORTEGA", "maria  l. ortega", " Maria L. Ortega ", "María L. Ortega", "Maria L. Ortega,"],
)
def test_case_spaces_periods_commas_and_accents_make_no_other_name(other: str) -> None:
    assert normalise_name(other) == normalise_name("Maria L. Ortega")


@pytest.mark.parametrize(
    "other", ["Maria Ortega", "Ortega Maria L", "Maria L. Ortega Jr.", "Mary L. Ortega", "Maria-L. Ortega"]
)
def test_anything_else_is_another_name(other: str) -> None:
    assert normalise_name(other) != normalise_name("Maria L. Ortega")


def test_curly_apostrophes_are_straight_ones() -> None:
    assert normalise_name("Thomas O’Brien") == normalise_name("Thomas O'Brien") == normalise_name("THOMAS O‘BRIEN")


def test_only_the_digits_of_an_identification_number_count() -> None:
    assert tax_id_digits("000-12-1001") == "000121001"
    assert tax_id_digits("on file") == ""
    assert tax_id_digits("xxx-xx-1001") == "1001"


@pytest.mark.parametrize("text", ["a@b.co", "m.ortega@mail.example.com", "m+o_1%x'y-z@ex-ample.com ", " A@B.ORG"])
def test_an_email_address_is_local_at_domain_dot_tld(text: str) -> None:
    assert is_email(text)


@pytest.mark.parametrize(
    "text",
    ["", "ortega", "ortega at example.com", "o@example", "o@.com", "o@example.c", "o@@example.com", "o o@example.com",
     "ma?ia@example.com", "o.@example.com", ".o@example.com", "o@ex..com", "o@-ex.com", "a@b.com, c@d.com"],
)  # fmt: skip
def test_anything_else_is_no_email_address(text: str) -> None:
    assert not is_email(text)
