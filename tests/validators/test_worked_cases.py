"""The worked cases of the rulebook, exactly: codes, targets, disposition, standing, fate of the earlier forms."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from core.grammar import signed_moment
from offers.terms import Terms
from validators.judgement import judge_cases

CASES = json.loads((Path(__file__).parents[1] / "cases/rules.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['id']} {case['title']}")
def test_a_worked_case_is_judged_as_the_rulebook_says(case: dict, terms: Terms) -> None:
    [result] = judge_cases([case], terms)

    assert result == {"id": case["id"], **case["expect"]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_boxes_of_a_worked_case_parse_to_its_moment_of_signing(case: dict, terms: Terms) -> None:
    for form in (*case["prior"], case["submission"]):
        boxes = form["fields"]
        moment = signed_moment(
            boxes["date"], boxes["time"], offer_zone=terms.time_zone, assumed_year=terms.default_year
        )

        assert (moment.on and moment.on.isoformat()) == form["signed_date"]
        assert (moment.at and moment.at.isoformat()) == form["signed_at"]


def test_two_hundred_cases_take_well_under_ten_seconds(terms: Terms) -> None:
    began = time.perf_counter()

    judge_cases([{**case, "id": f"{case['id']}-{turn}"} for turn in range(4) for case in CASES][:200], terms)

    assert time.perf_counter() - began < 5
