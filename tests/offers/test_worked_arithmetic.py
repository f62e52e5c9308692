"""The worked calculations of tests/cases/arithmetic.json, each through the function the product uses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from offers.business_days import (
    PACIFIC,
    confirmation_due,
    extension_announcement_limit,
    is_business_day,
    new_grant_date,
    promise_due,
    six_months_and_one_day,
    ten_business_day_rule,
)
from offers.loading import load_offer
from offers.proxies import DirectorsMark, Prop2Mark, ProxyCard, electronic_findings, judge_card
from offers.shares import filing_fee_usd, split_option, split_stock, vesting_date, vesting_schedule
from offers.tally import SharesVoted, majority_outcome, split_date_findings, split_ratio_findings

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests/cases/arithmetic.json").read_text(encoding="utf-8"))
TERMS = load_offer(ROOT / "offers/capstone_2003").terms

Input = Mapping[str, Any]


def _confirmation_due(given: Input) -> object:
    due = confirmation_due(datetime.fromisoformat(given["received_at"]))
    return {
        "day0_et": due.received_on.isoformat(),
        "due_date_et": due.due_on.isoformat(),
        "due_instant": due.due_at.isoformat(),
        "due_instant_pt": due.due_at.astimezone(PACIFIC).isoformat(),
    }


def _new_grant_date(given: Input) -> object:
    cancelled_on = date.fromisoformat(given["cancelled_on"])
    return {
        "six_months_and_one_day": six_months_and_one_day(cancelled_on).isoformat(),
        "grant_date": new_grant_date(cancelled_on).isoformat(),
    }


def _ten_business_day_rule(given: Input) -> object:
    rule = ten_business_day_rule(date.fromisoformat(given["notice_date"]), datetime.fromisoformat(given["expiration"]))
    return {"tenth_business_day": rule.tenth_business_day.isoformat(), "must_extend": rule.must_extend}


def _vesting(given: Input) -> object:
    at_grant, *monthly = vesting_schedule(given["shares"], date.fromisoformat(given["grant_date"]), TERMS.vesting)
    return {
        "at_grant": at_grant.shares,
        "first_six_instalments": [instalment.shares for instalment in monthly[:6]],
        "total": monthly[-1].cumulative,
        "first_date": monthly[0].vests_on.isoformat(),
        "last_date": monthly[-1].vests_on.isoformat(),
    }


def _reverse_split_option(given: Input) -> object:
    option = split_option(given["shares"], Decimal(given["price"]), given["ratio"])
    return {
        "shares": option.shares,
        "price": str(option.price_usd),
        "fraction_dropped": option.fraction_dropped,
    }


def _reverse_split_stock(given: Input) -> object:
    stock = split_stock(given["old_shares"], given["ratio"], Decimal(given["prior_close"]))
    return {"new_shares": stock.new_shares, "cash": str(stock.cash_usd)}


def _proxy(given: Input) -> object:
    directors = {"FOR": "FOR", "WITHHOLD": "WITHHOLD", "BOTH": "FOR+WITHHOLD"}.get(given["directors"] or "", "")
    card = ProxyCard(
        id="card",
        signed=given["signed"],
        dated=given["dated"] or "",
        name_matches=given["name_ok"],
        directors=frozenset(DirectorsMark(mark) for mark in directors.split("+") if mark),
        withhold_names=tuple(given["withhold_names"]),
        prop2=frozenset(Prop2Mark(mark) for mark in (given["prop2"] or "").split("+") if mark),
    )
    judged = judge_card(card, TERMS.meeting, record_shares=100)
    vote = {"directors": judged.vote.directors, "prop2": str(judged.vote.prop2)} if judged.vote else None
    return {"codes": sorted({finding.code for finding in judged.findings}), "vote": vote}


def _tally(given: Input) -> object:
    outcome = majority_outcome(given["outstanding"], SharesVoted(given["for_"]))
    return {"needed": outcome.needed, "passes": outcome.passes}


COMPUTE: Mapping[str, Callable[[Input], object]] = {
    "is_business_day": lambda given: is_business_day(date.fromisoformat(given["date"])),
    "confirmation_due": _confirmation_due,
    "promise_due": lambda given: promise_due(date.fromisoformat(given["cancelled_on"])).isoformat(),
    "new_grant_date": _new_grant_date,
    "extension_announcement_limit": lambda given: extension_announcement_limit(
        datetime.fromisoformat(given["expiration"])
    ).isoformat(),
    "ten_business_day_rule": _ten_business_day_rule,
    "vesting": _vesting,
    "vesting_date": lambda given: vesting_date(date.fromisoformat(given["grant_date"]), given["month"]).isoformat(),
    "reverse_split_option": _reverse_split_option,
    "reverse_split_stock": _reverse_split_stock,
    "reverse_split_ratio": lambda given: [f.code for f in split_ratio_findings(given["ratio"], TERMS.reverse_split)],
    "reverse_split_date": lambda given: [
        f.code for f in split_date_findings(date.fromisoformat(given["effective_on"]), TERMS.reverse_split)
    ],
    "filing_fee": lambda given: str(filing_fee_usd(Decimal(given["value"]), Decimal(given["rate_per_million"]))),
    "proxy": _proxy,
    "tally": _tally,
    "electronic_vote": lambda given: [
        f.code for f in electronic_findings(datetime.fromisoformat(given["received_at"]), TERMS.meeting)
    ],
}


@pytest.mark.parametrize("case", CASES, ids=[f"{case['id']}-{case['kind']}" for case in CASES])
def test_a_worked_calculation_comes_out_as_the_rulebook_says(case: dict[str, Any]) -> None:
    assert COMPUTE[case["kind"]](case["input"]) == case["expect"], case["why"]


def test_every_kind_of_calculation_is_in_the_worked_cases_or_in_the_rulebooks_text() -> None:
    assert {case["kind"] for case in CASES} <= COMPUTE.keys()
    assert COMPUTE["filing_fee"]({"value": "991619.92", "rate_per_million": "80.90"}) == "80.22"
    assert COMPUTE["reverse_split_date"]({"effective_on": "2004-05-31"}) == ["PX_SPLIT_LATE"]
