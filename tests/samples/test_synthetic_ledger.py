"""The synthetic ledger holds what the filings state and a few of everything the rules speak of."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from core.holders import Category, Grant, OptionLedger, Plan
from ledger.grants import LedgerFile, parse_ledger
from offers.loading import load_offer
from samples.ledger import PROLIFIC, make_ledger, write_ledger

OFFER = Path(__file__).parents[2] / "offers" / "capstone_2003"
POOL_DATE = date(2003, 6, 10)


@pytest.fixture(scope="module")
def ledger() -> OptionLedger:
    return make_ledger(2003)


def grants_of(ledger: OptionLedger, name: str) -> list[Grant]:
    return [g for h in ledger.holders if h.name_on_agreement == name for g in ledger.grants_of(h.holder_id)]


def test_it_has_about_300_holders_and_1400_grants(ledger: OptionLedger) -> None:
    assert (len(ledger.holders), len(ledger.grants)) == (300, 1400)


def test_its_totals_are_those_of_the_filings(ledger: OptionLedger) -> None:
    outside = sum(g.unexercised for g in ledger.grants if g.plan is Plan.OUTSIDE)
    in_plans = sum(g.unexercised for g in ledger.grants if g.plan is not Plan.OUTSIDE)
    eligible = 0
    for grant in ledger.grants:
        holder = ledger.holder(grant.holder_id)
        assert holder is not None
        employed = holder.category is Category.EMPLOYEE and holder.country == "US"
        if employed and grant.plan is not Plan.OUTSIDE and grant.exercise_price >= 2:
            eligible += grant.unexercised
    assert (outside, in_plans, outside + in_plans) == (4_190_000, 5_661_440, 9_851_440)
    assert eligible == 1_026_013


def test_everybody_who_may_not_tender_holds_what_the_filings_table_says(ledger: OptionLedger) -> None:
    persons = load_offer(OFFER).ineligible
    in_plans = outside = 0
    for person in persons:
        holder = next(h for h in ledger.holders if h.name_on_agreement == person.name)
        grants = ledger.grants_of(holder.holder_id)
        own = sum(g.unexercised for g in grants if g.plan is not Plan.OUTSIDE)
        beside = sum(g.unexercised for g in grants if g.plan is Plan.OUTSIDE)
        assert holder.category is person.category, person.name
        assert (own, beside) == (person.plan_options, person.outside_options), person.name
        in_plans, outside = in_plans + own, outside + beside
    assert (in_plans, in_plans + outside) == (745_749, 4_935_749)


@pytest.mark.parametrize(
    ("name", "shares", "price", "plan"),
    [
        ("Ake Almgren", 150_000, "1.89", Plan.PLAN_2000),
        ("Karen Clark", 350_000, "4.70", Plan.OUTSIDE),
        ("Karen Clark", 50_000, "1.89", Plan.PLAN_2000),
        ("Harol Koyama", 65_000, "3.33", Plan.PLAN_2000),
        ("Harol Koyama", 50_000, "1.89", Plan.PLAN_2000),
        ("Daniel Callahan", 25_000, "1.89", Plan.PLAN_2000),
        ("William Treece", 25_000, "1.89", Plan.PLAN_2000),
        ("Eliot Protsch", 21_600, "3.35", Plan.PLAN_2000),
        ("John McDonald", 10_000, "1.40", Plan.PLAN_2000),
        ("Emily Liggett", 3_840_000, "0.93", Plan.OUTSIDE),
    ],
)
def test_the_filings_own_rows_are_there(ledger: OptionLedger, name: str, shares: int, price: str, plan: Plan) -> None:
    rows = {(g.unexercised, g.exercise_price, g.plan) for g in grants_of(ledger, name)}
    assert (shares, Decimal(price), plan) in rows


def test_a_few_of_everything_the_rules_speak_of(ledger: OptionLedger) -> None:
    grants = ledger.grants
    assert set(Counter(h.category for h in ledger.holders)) == set(Category)
    prices = {str(g.exercise_price) for g in grants}
    assert {"1.99", "2.00"} <= prices
    assert any(g.shares_exercised and g.unexercised for g in grants)
    assert any(g.shares_granted == g.shares_exercised for g in grants)
    assert any(g.shares_granted == g.shares_cancelled for g in grants)
    assert any(g.held_since and g.held_since > date(2003, 6, 25) for g in grants)
    assert any(g.expires_on and g.expires_on <= date(2003, 7, 25) for g in grants)
    assert any(g.grant_date > date(2003, 6, 25) for g in grants)
    assert {None, "GB", "JP"} <= {h.country for h in ledger.holders}
    assert any(h.legal_name_changes for h in ledger.holders)
    assert len(grants_of(ledger, PROLIFIC)) > 8
    assert next(h for h in ledger.holders if h.name_on_agreement == "Wade Welch").title == "VP Finance"


def test_split_groups_pair_an_incentive_with_a_nonstatutory_option_of_one_holder(ledger: OptionLedger) -> None:
    groups: dict[str, list[Grant]] = {}
    for grant in ledger.grants:
        if grant.split_group:
            groups.setdefault(grant.split_group, []).append(grant)
    assert len(groups) > 50
    for members in groups.values():
        assert sorted(g.type.value for g in members) == ["ISO", "NSO"]
        assert len({(g.holder_id, g.grant_date, g.exercise_price) for g in members}) == 1


def test_neighbouring_grant_numbers_belong_to_different_people(ledger: OptionLedger) -> None:
    owner = {g.grant_no: g.holder_id for g in ledger.grants if g.grant_no.startswith("CP-")}
    neighbours = [
        (number, f"CP-{int(number[3:]) + 1:06d}") for number in owner if f"CP-{int(number[3:]) + 1:06d}" in owner
    ]
    assert sum(owner[a] != owner[b] for a, b in neighbours) > 300


def test_nobody_real_can_be_meant(ledger: OptionLedger) -> None:
    assert all(h.tax_id.startswith("000-") and h.email.endswith("@example.com") for h in ledger.holders)
    assert len({h.tax_id for h in ledger.holders}) == len({h.email for h in ledger.holders}) == 300
    assert len({g.grant_no for g in ledger.grants}) == 1400


def test_the_importer_takes_the_files_and_gives_the_same_ledger(ledger: OptionLedger, tmp_path: Path) -> None:
    holders, grants = write_ledger(ledger, tmp_path)
    read = parse_ledger(
        LedgerFile(holders.name, holders.read_bytes()),
        LedgerFile(grants.name, grants.read_bytes()),
    )
    assert sorted(read.grants, key=lambda g: g.grant_no) == sorted(ledger.grants, key=lambda g: g.grant_no)
    assert {h.holder_id: h for h in read.holders} == {h.holder_id: h for h in ledger.holders}


def test_a_seed_names_one_ledger() -> None:
    assert make_ledger(5) == make_ledger(5)
    assert make_ledger(5) != make_ledger(6)
