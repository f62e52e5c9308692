"""Every code of the rulebook has a rule, an example that fires and one that does not, and a place in the table."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from offers.terms import Terms
from validators.catalogue import RULE_BY_CODE, RULES
from validators.examples import EXAMPLES, Story
from validators.judgement import judge_all
from validators.rule_table import UnknownCode, render_markdown, render_rule

TESTS = Path(__file__).parents[1]
INDEX = list(csv.DictReader((TESTS / "cases/codes.csv").open(encoding="utf-8")))
"""Section 10 of the rulebook."""


def codes_of(story: Story, terms: Terms) -> set[str]:
    judged = judge_all(story.forms, ledger=story.ledger, offer=story.offer, terms=terms)
    return {finding.code for finding in judged.by_submission[story.forms[-1].id].findings}


def test_the_catalogue_holds_exactly_the_codes_of_the_rulebook() -> None:
    assert {rule.code for rule in RULES} == {entry["code"] for entry in INDEX}
    assert len(RULES) == len(RULE_BY_CODE) == len(INDEX)


@pytest.mark.parametrize("entry", INDEX, ids=lambda entry: entry["code"])
def test_a_rule_weighs_what_the_rulebook_says(entry: dict[str, str]) -> None:
    rule = RULE_BY_CODE[entry["code"]]
    weights = {weight for weight in (rule.weight, rule.weight_on_notice, rule.heavier) if weight}
    severities = {str(weight.severity) for weight in weights}
    holds = {str(weight.hold) for weight in weights}
    # The index gives FREE_TEXT its lighter hold only; rule 25 makes it hard on a notice with a condition.
    index_holds = "soft/hard" if rule.code == "FREE_TEXT" else entry["hold"]

    assert severities == set(entry["severity"].split("/"))
    assert holds == {part.split()[0] for part in index_holds.split("/")}
    assert str(rule.scope) == entry["applies_to"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_says_what_it_checks_what_follows_and_where_it_is_written(rule) -> None:
    assert rule.text.endswith(".")
    assert rule.follows.endswith(".")
    assert rule.cite


def test_every_rule_has_an_example_and_every_example_a_rule() -> None:
    assert list(EXAMPLES) != []
    assert set(EXAMPLES) == set(RULE_BY_CODE)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=lambda example: example.code)
def test_the_example_fires(example, terms: Terms) -> None:
    assert example.code in codes_of(example.fires, terms)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=lambda example: example.code)
def test_the_near_miss_does_not_fire(example, terms: Terms) -> None:
    assert example.code not in codes_of(example.passes, terms)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=lambda example: example.code)
def test_a_finding_carries_its_rules_weight_and_tells_no_tax_id(example, terms: Terms) -> None:
    story = example.fires
    judged = judge_all(story.forms, ledger=story.ledger, offer=story.offer, terms=terms)
    form = story.forms[-1]
    findings = judged.by_submission[form.id].findings
    ledger_digits = {holder.tax_id for holder in story.ledger.holders}

    for finding in findings:
        rule = RULE_BY_CODE[finding.code]
        assert finding.cite == rule.cite
        assert (finding.severity, finding.hold) in {
            (weight.severity, weight.hold) for weight in (rule.weight, rule.weight_on_notice, rule.heavier) if weight
        }
        assert finding.message
        assert not any(digits in finding.message for digits in ledger_digits)


def test_the_rule_table_in_the_docs_is_current() -> None:
    written = (TESTS.parent / "docs/rules.md").read_text(encoding="utf-8")

    assert written == render_markdown(), "run `make rules` or write validators.rule_table.render_markdown() there"


def test_one_entry_of_the_table_is_found_by_its_code_in_any_letter_case() -> None:
    entry = render_rule("time_missing")

    assert "curable" in entry
    assert "soft (election) / hard (notice)" in entry
    assert "The time is blank." in entry


def test_a_code_that_no_rule_has_is_refused_by_name() -> None:
    with pytest.raises(UnknownCode, match="LATE_LUNCH"):
        render_rule("LATE_LUNCH")
