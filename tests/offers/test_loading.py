"""An offer's folder is read as a whole: every wrong key is named with file, key, value and reason, all at once."""

from __future__ import annotations

import shutil
from dataclasses import fields
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from core.holders import Category
from offers.loading import OfferRefused, load_offer
from offers.terms import Terms

CAPSTONE = Path(__file__).parents[2] / "offers/capstone_2003"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the offer's terms and persons, to be spoilt."""
    for name in ("offer.toml", "ineligible.csv"):
        shutil.copy(CAPSTONE / name, tmp_path / name)
    return tmp_path


def _spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} must stand once in {file.name}"
    file.write_text(text.replace(old, new), encoding="utf-8")


def _complaints(folder: Path) -> list[tuple[str, str, str, str]]:
    with pytest.raises(OfferRefused) as refused:
        load_offer(folder)
    return [(c.file.name, c.key, c.value, c.reason) for c in refused.value.complaints]


def test_the_capstone_offer_loads_with_the_terms_of_the_filing() -> None:
    terms = load_offer(CAPSTONE).terms
    assert terms.expiration == datetime.fromisoformat("2003-07-25T00:00:00+00:00")
    assert terms.commencement_on == date(2003, 6, 25)
    assert terms.extension_announcement_time == time(6)
    assert terms.minimum_price_usd == Decimal("2.00")
    assert terms.eligible_plans == {"1993", "2000"}
    assert terms.signing_tolerance == timedelta(minutes=15)
    assert terms.fax_number == "(818) 734-5381"
    assert terms.vesting.months == 42
    assert terms.meeting.nominees[-1] == "Eric Young"
    assert terms.contacts[1].email == "wwelch@capstoneturbine.com"
    assert terms.announcement_limit(terms.expiration) == terms.deadlines.printed_announcement_limit


def test_every_person_of_the_filings_table_is_barred_and_the_columns_add_up() -> None:
    offer = load_offer(CAPSTONE)
    assert len(offer.ineligible) == 12
    assert sum(person.plan_options for person in offer.ineligible) == 745_749
    assert sum(person.plan_options + person.outside_options for person in offer.ineligible) == 4_935_749
    assert {person.category for person in offer.ineligible} == {Category.DIRECTOR, Category.EXECUTIVE_OFFICER}
    assert offer.folder == CAPSTONE


@pytest.mark.parametrize(
    ("old", "new", "key", "value", "reason"),
    [
        ('commencement_on = "2003-06-25"', 'commencement_on = "2003-06-31"', "commencement_on", "'2003-06-31'", "date"),
        ('commencement_on = "2003-06-25"', "commencement_on = 20030625", "commencement_on", "20030625", "date"),
        ("2003-07-24T17:00:00-07:00", "2003-07-24T17:00:00", "expiration", "'2003-07-24T17:00:00'", "UTC offset"),
        ("2003-07-24T17:00:00-07:00", "tomorrow", "expiration", "'tomorrow'", "UTC offset"),
        ('= "06:00"', '= "6 am"', "extension_announcement_time", "'6 am'", "time of day"),
        ('= "06:00"', '= "06:00-07:00"', "extension_announcement_time", "'06:00-07:00'", "a key of its own"),
        ('time_zone = "America/Los_Angeles"', 'time_zone = "America/LA"', "time_zone", "'America/LA'", "time zone"),
        ('time_zone = "America/Los_Angeles"', 'time_zone = "../etc"', "time_zone", "'../etc'", "time zone"),
        ('minimum_price_usd = "2.00"', "minimum_price_usd = 2.00", "minimum_price_usd", "2.0", "in quotes"),
        ('minimum_price_usd = "2.00"', 'minimum_price_usd = "two"', "minimum_price_usd", "'two'", "in quotes"),
        ('minimum_price_usd = "2.00"', 'minimum_price_usd = "-2.00"', "minimum_price_usd", "'-2.00'", "in quotes"),
        ("eligible_shares = 1026013", 'eligible_shares = "many"', "eligible_shares", "'many'", "whole number"),
        ("eligible_shares = 1026013", "eligible_shares = true", "eligible_shares", "True", "whole number"),
        ("eligible_shares = 1026013", "eligible_shares = -1", "eligible_shares", "-1", "0 or more"),
        ('= "15 minutes"', '= "a while"', "signing_tolerance", "'a while'", "15 minutes"),
        ('= "15 minutes"', "= 15", "signing_tolerance", "15", "15 minutes"),
        ('issuer = "Capstone Turbine Corporation"', 'issuer = " "', "issuer", "' '", "not blank"),
        ('eligible_plans = ["1993", "2000"]', "eligible_plans = []", "eligible_plans", "[]", "at least one"),
        ('["2003-06-25", "2003-07-09"]', '["2003-06-25", 5]', "form_versions[1]", "5", "text"),
        ("transferable = false", "transferable = 0", "new_options.transferable", "0", "true or false"),
        ('symbol = "CPST"', 'ticker = "CPST"', "company.ticker", "'CPST'", "unknown key"),
    ],
)
def test_a_wrong_value_is_refused_with_its_key_and_reason(
    folder: Path, old: str, new: str, key: str, value: str, reason: str
) -> None:
    _spoil(folder / "offer.toml", old, new)
    first, *rest = _complaints(folder)
    assert first[:3] == ("offer.toml", key, value)
    assert reason in first[3]
    assert [complaint[1] for complaint in rest] == (["company.symbol"] if key == "company.ticker" else [])


def test_everything_wrong_is_named_at_once(folder: Path) -> None:
    toml = folder / "offer.toml"
    _spoil(toml, "default_year = 2003\n", "")
    _spoil(toml, 'minimum_price_usd = "2.00"', 'minimum_price_usd = "cheap"')
    _spoil(toml, "[vesting]", "[vestings]")
    _spoil(toml, 'telephone = "(818) 734-5136"\n', "")
    _spoil(folder / "ineligible.csv", "235000", "many")
    found = _complaints(folder)
    assert [(file, key) for file, key, _, _ in found] == [
        ("offer.toml", "vestings"),
        ("offer.toml", "minimum_price_usd"),
        ("offer.toml", "default_year"),
        ("offer.toml", "contacts[0].telephone"),
        ("offer.toml", "vesting"),
        ("ineligible.csv", "line 5, plan_options"),
    ]


def test_the_message_shows_file_key_value_and_reason(folder: Path) -> None:
    _spoil(folder / "offer.toml", 'minimum_price_usd = "2.00"', 'minimum_price_usd = "cheap"')
    with pytest.raises(OfferRefused, match="put these right and load again") as refused:
        load_offer(folder)
    assert f"{folder / 'offer.toml'}: minimum_price_usd = 'cheap': a decimal in quotes" in str(refused.value)


def test_a_long_wrong_value_is_shown_shortened(folder: Path) -> None:
    _spoil(folder / "offer.toml", 'minimum_price_usd = "2.00"', f'minimum_price_usd = "{"9" * 200}x"')
    ((_, key, value, _),) = _complaints(folder)
    assert key == "minimum_price_usd"
    assert len(value) == 80
    assert value.endswith("...")


def test_a_scalar_where_a_table_belongs_is_refused(folder: Path) -> None:
    text = (folder / "offer.toml").read_text(encoding="utf-8")
    start = text.index("[counsel]")
    end = text.index("[[other_places]]")
    (folder / "offer.toml").write_text('counsel = "Neil Wolff"\n' + text[:start] + text[end:], encoding="utf-8")
    ((_, key, value, reason),) = _complaints(folder)
    assert (key, value) == ("counsel", "'Neil Wolff'")
    assert "a table is wanted" in reason


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('amended_on = "2003-07-09"', 'amended_on = "2003-07-25"', "amended_on"),
        ('amended_on = "2003-07-09"', 'amended_on = "2003-06-24"', "amended_on"),
        (
            'expected_cancellation_on = "2003-07-25"',
            'expected_cancellation_on = "2003-07-23"',
            "expected_cancellation_on",
        ),
        ("default_year = 2003", "default_year = 2004", "default_year"),
        ("2003-07-24T17:00:00-07:00", "2003-07-22T17:00:00-07:00", "expiration"),
        ("2003-07-24T17:00:00-07:00", "2003-07-24T17:00:00-08:00", "expiration"),
        ("2003-05-30T09:00:00-07:00", "2003-05-30T09:00:00-08:00", "meeting.begins_at"),
        ("2003-07-25T06:00:00-07:00", "2003-07-25T09:00:00-07:00", "deadlines.printed_announcement_limit"),
        ('printed_promise_on = "2003-07-30"', 'printed_promise_on = "2003-07-31"', "deadlines.printed_promise_on"),
        (
            'printed_new_grant_on = "2004-01-26"',
            'printed_new_grant_on = "2004-01-23"',
            "deadlines.printed_new_grant_on",
        ),
        ('current_form_version = "2003-07-09"', 'current_form_version = "2003-07-10"', "current_form_version"),
        ('form_versions = ["2003-06-25",', 'form_versions = ["2003-06-26",', "form_versions"),
        ('eligible_plans = ["1993", "2000"]', 'eligible_plans = ["1993", "2000", "1999"]', "eligible_plans"),
        ('eligible_plans = ["1993", "2000"]', 'eligible_plans = ["1993", "2000", "OUTSIDE"]', "eligible_plans"),
        ('code = "1993"', 'code = "1994"', "eligible_plans"),
        ('plan = "2000"', 'plan = "OUTSIDE"', "new_options.plan"),
        ('minimum_price_usd = "2.00"', 'minimum_price_usd = "0"', "minimum_price_usd"),
        ("parts_at_grant = 6", "parts_at_grant = 49", "vesting.parts_at_grant"),
        ("lowest = 5", "lowest = 21", "reverse_split.lowest"),
        ("options_outstanding = 9851440", "options_outstanding = 9851441", "pool.options_outstanding"),
        (
            'eligible_percent_of_options = "10.41"',
            'eligible_percent_of_options = "10.42"',
            "pool.eligible_percent_of_options",
        ),
        ('fee_usd = "80.22"', 'fee_usd = "80.23"', "filing_fee.fee_usd"),
        ("2003-05-29T20:00:00-07:00", "2003-05-29T12:59:00-07:00", "meeting.statement_cutoff_at"),
        ("2003-05-29T20:00:00-07:00", "2003-05-30T09:01:00-07:00", "meeting.statement_cutoff_at"),
        ('record_on = "2003-04-10"', 'record_on = "2003-05-31"', "meeting.record_on"),
        ("authorised_common = 415000000", "authorised_common = 81700734", "meeting.shares_of_record"),
    ],
)
def test_terms_that_contradict_each_other_are_refused(folder: Path, old: str, new: str, key: str) -> None:
    _spoil(folder / "offer.toml", old, new)
    assert key in [complaint[1] for complaint in _complaints(folder)]


@pytest.mark.parametrize(
    ("file", "old", "new", "key"),
    [
        ("offer.toml", 'amended_on = "2003-07-09"', 'amended_on = "2003-06-25"', "amended_on"),
        ("offer.toml", 'amended_on = "2003-07-09"', 'amended_on = "2003-07-24"', "amended_on"),
        ("offer.toml", 'cancellation_on = "2003-07-25"', 'cancellation_on = "2003-07-24"', "expected_cancellation_on"),
        ("offer.toml", "2003-07-24T17:00:00-07:00", "2003-07-23T17:00:00-07:00", "expiration"),
        ("offer.toml", "parts_at_grant = 6", "parts_at_grant = 0", "vesting.parts_at_grant"),
        ("offer.toml", "parts_at_grant = 6", "parts_at_grant = 48", "vesting.parts_at_grant"),
        ("offer.toml", "lowest = 5", "lowest = 20", "reverse_split.lowest"),
        ("offer.toml", "eligible_shares = 1026013", "eligible_shares = 5661440", "eligible_shares"),
        ("offer.toml", "2003-05-29T20:00:00-07:00", "2003-05-29T13:00:00-07:00", "meeting.statement_cutoff_at"),
        ("offer.toml", "2003-05-29T20:00:00-07:00", "2003-05-30T09:00:00-07:00", "meeting.statement_cutoff_at"),
        ("offer.toml", 'record_on = "2003-04-10"', 'record_on = "2003-05-30"', "meeting.record_on"),
        ("offer.toml", "authorised_common = 415000000", "authorised_common = 81700735", "meeting.shares_of_record"),
        ("ineligible.csv", "50000,350000,", "56614,350000,1.00", "Karen Clark, printed_percent"),
    ],
)
def test_a_term_at_the_very_edge_of_what_is_possible_is_not_refused(
    folder: Path, file: str, old: str, new: str, key: str
) -> None:
    _spoil(folder / file, old, new)
    try:
        load_offer(folder)
    except OfferRefused as refused:
        assert key not in [complaint.key for complaint in refused.complaints]


def test_an_offer_with_more_eligible_shares_than_plan_options_is_refused(folder: Path) -> None:
    _spoil(folder / "offer.toml", "eligible_shares = 1026013", "eligible_shares = 5661441")
    assert ("eligible_shares", "5661441", "exceeds plan options 5661440") in [c[1:] for c in _complaints(folder)]


def test_a_pool_of_nothing_is_refused_and_does_not_divide_by_nought(folder: Path) -> None:
    _spoil(folder / "offer.toml", "options_outstanding = 9851440", "options_outstanding = 0")
    assert "pool.options_outstanding" in [complaint[1] for complaint in _complaints(folder)]


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("125000,0,2.21", "125000,0,2.22", "Susan Cayley, printed_percent", "125000 of 5661440 is 2.21"),
        ("50000,350000,", "50000,350001,", "outside_options", "column's sum"),
        ("10000,0,", "10001,0,", "plan_options", "sum of both columns"),
        ("Eric Young", "John McDonald", "name", "listed twice"),
        ("Karen Clark,Chief", ",Chief", "line 4, name", "missing"),
        ("Chairman of the Board,director", "Chairman of the Board,employee", "line 8, category", "must be one of"),
        ("350000", "-350000", "line 4, outside_options", "whole number"),
        ("2.21", "2.2.1", "line 3, printed_percent", "a decimal"),
        ("125000,0,2.21", "125000,0", "line 3", "has 5 cells, not 6"),
        ("name,role", "role,name", "line 1", "the header must be name,role"),
    ],
)
def test_a_wrong_person_is_refused_with_line_and_column(
    folder: Path, old: str, new: str, key: str, reason: str
) -> None:
    _spoil(folder / "ineligible.csv", old, new)
    found = [(c[1], c[3]) for c in _complaints(folder) if c[0] == "ineligible.csv"]
    assert any(k == key and reason in why for k, why in found), found


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("offer.toml", None, "there is no such file"),
        ("offer.toml", b"offer_id = \xff", "not UTF-8"),
        ("offer.toml", b"offer_id = ", "not valid TOML"),
        ("ineligible.csv", None, "cannot be read"),
        ("ineligible.csv", b"\xff\xfe", "cannot be read"),
        ("ineligible.csv", b'name,"role', "cannot be read"),
        ("ineligible.csv", b"", "the header must be"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(
    folder: Path, name: str, content: bytes | None, reason: str
) -> None:
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    ((file, _, _, why),) = _complaints(folder)
    assert file == name
    assert reason in why


def test_every_term_has_its_key_in_the_offers_file() -> None:
    text = (CAPSTONE / "offer.toml").read_text(encoding="utf-8")
    for field in fields(Terms):
        assert f"\n{field.name} = " in text or f"[{field.name}]" in text, field.name
