"""How a rule is run: passed, found, not evaluated; and that a rule cannot misreport its own weight."""

from __future__ import annotations

from core.findings import Hold, Severity
from core.grammar import signed_moment
from core.submissions import Kind
from offers.terms import Terms
from validators.case import Case
from validators.catalogue import RULE_BY_CODE
from validators.examples import OFFER, amendment, election, holder, ledger, notice
from validators.rule import CURABLE, NOTE, REVIEW, Flaw, Need, Outcome, Scope, Unknown, evaluate, rule


@rule("MADE_UP", NOTE, Scope.ELECTION, cite="here", follows="Nothing.", suggestion="Look.", heavier=REVIEW)
def says_what_it_is_told(case: Case):
    """A made-up rule that finds what the notes say."""
    for word in case.submission.fields.notes.split():
        yield Unknown("nobody knows") if word == "unknown" else Flaw(word, heavier=word == "heavy")


def case_of(terms: Terms, form, **more) -> Case:
    signed = signed_moment(form.fields.date, form.fields.time, offer_zone=terms.time_zone, assumed_year=2003)
    return Case(submission=form, ledger=ledger(), offer=OFFER, terms=terms, signed=signed, **more)


def test_a_rule_passes_finds_or_is_not_evaluated(terms: Terms) -> None:
    def outcome(notes: str) -> Outcome:
        return evaluate(says_what_it_is_told, case_of(terms, election(notes=notes))).outcome

    assert outcome("") is Outcome.PASSED
    assert outcome("flaw") is Outcome.FOUND
    assert outcome("unknown") is Outcome.NOT_EVALUATED
    assert outcome("flaw unknown") is Outcome.FOUND


def test_what_could_not_be_evaluated_is_kept_beside_what_was_found(terms: Terms) -> None:
    evaluation = evaluate(says_what_it_is_told, case_of(terms, election(notes="flaw unknown")))

    assert [finding.message for finding in evaluation.findings] == ["flaw"]
    assert evaluation.unknowns == ("nobody knows",)


def test_the_runner_adds_code_weight_citation_and_advice(terms: Terms) -> None:
    light, heavy = evaluate(says_what_it_is_told, case_of(terms, election(notes="light heavy"))).findings

    assert (light.code, light.cite, light.suggestion, light.target) == ("MADE_UP", "here", "Look.", "form")
    assert (light.severity, light.hold) == (Severity.NOTE, Hold.NONE)
    assert (heavy.severity, heavy.hold) == (Severity.REVIEW, Hold.HARD)


def test_a_rule_without_a_heavier_weight_has_only_its_own(terms: Terms) -> None:
    only = RULE_BY_CODE["DATE_MISSING"]

    assert only.weight_of(Kind.ELECTION, heavier=True) == CURABLE
    assert only.weight_of(Kind.NOTICE) == CURABLE


def test_a_rule_is_not_run_on_another_kind_of_form(terms: Terms) -> None:
    assert evaluate(says_what_it_is_told, case_of(terms, notice(notes="flaw"))) is None
    assert evaluate(RULE_BY_CODE["FORM_TYPE_UNKNOWN"], case_of(terms, election(kind=None))).outcome is Outcome.FOUND


def test_what_a_rule_needs_and_lacks_is_named(terms: Terms) -> None:
    order = RULE_BY_CODE["ELECTION_NOT_AFTER_PRIOR"]
    evaluation = evaluate(order, case_of(terms, amendment(date="", pages=("E1",))))

    assert evaluation.outcome is Outcome.NOT_EVALUATED
    assert evaluation.unknowns == (
        "the holder is not known",
        "the date beside the signature is not known",
        "the page with the box date is missing",
    )


def test_a_case_has_what_is_known(terms: Terms) -> None:
    known = case_of(terms, election(), holder=holder())
    unknown = case_of(terms, election(received_at=None, date=""))

    assert all(known.has(need) for need in Need)
    assert not any(unknown.has(need) for need in Need)
    assert unknown.received_on is None
    assert unknown.received_start is None
    assert not unknown.is_after_expiration
    assert not unknown.receipt_zone_is_critical
    assert not unknown.passes_order_test
    assert unknown.accepted_names == frozenset()


def test_the_docstring_is_what_the_reviewer_reads() -> None:
    assert says_what_it_is_told.text == "A made-up rule that finds what the notes say."
