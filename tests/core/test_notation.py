"""Keyed forms and cases in JSON: read back as written, defaults for what is missing, refusals that name their place."""

from __future__ import annotations

import copy
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.failures import MalformedCase
from core.notation import fields_to_json, parse_cases, parse_submission, standing_to_json, submission_to_json
from core.submissions import Evidence, Fields, Schedule, Signature

CASES = json.loads((Path(__file__).parents[1] / "cases/rules.json").read_text(encoding="utf-8"))


@pytest.fixture
def case() -> dict[str, Any]:
    return copy.deepcopy(CASES[0])


def changed(case: dict[str, Any], path: str, value: object) -> list[dict[str, Any]]:
    """The case with one value changed, as a list of one; a path is `submission.fields.rows.0.struck`."""
    *parents, last = path.split(".")
    inner: Any = case
    for step in parents:
        inner = inner[int(step)] if step.isdigit() else inner[step]
    inner[int(last) if last.isdigit() else last] = value
    return [case]


@pytest.mark.parametrize("form", [CASES[0]["submission"], *(form for one in CASES for form in one["prior"])])
def test_a_keyed_form_reads_back_as_written(form: dict[str, Any]) -> None:
    submission = parse_submission(form)

    assert parse_submission(submission_to_json(submission)) == submission
    for box, written in form["fields"].items():
        if box not in ("rows", "schedule"):
            assert fields_to_json(submission.fields)[box] == written


def test_everything_that_a_form_can_bear_is_kept() -> None:
    form = {
        "id": "S1",
        "kind": "election",
        "fields": {
            "signature": {"present": None, "reads_as": "MLO"},
            "amend_box": None,
            "rows": [{"grant_no": "1041", "struck": True, "altered": True}],
            "schedule": {"rows": [{"shares": "5"}], "name": "M", "signed": None, "date": "7/14"},
            "capacity": "executor",
            "title": "Executor",
            "evidence": ["name_change_proof", "authority_evidence"],
        },
        "pages": ["E1", "E2!"],
        "struck_text": ["E1 (c)"],
    }
    submission = parse_submission(form)

    assert submission.fields.signature == Signature(None, "MLO")
    assert submission.fields.amend_box is None
    assert submission.fields.rows[0].struck
    assert submission.fields.rows[0].altered
    assert submission.fields.schedule is not None
    assert submission.fields.schedule.signed is None
    assert submission.fields.evidence == tuple(Evidence)
    assert parse_submission(submission_to_json(submission)) == submission


def test_missing_keys_take_their_defaults_and_a_form_without_signature_is_unsigned() -> None:
    submission = parse_submission({"id": "S1", "kind": None, "fields": {}}, sequence=7)

    assert submission.kind is None
    assert (submission.delivery, submission.destination) == ("fax", "listed")
    assert submission.form_version is None
    assert submission.pages == ()
    assert submission.received_at is None
    assert submission.sequence == 7
    assert submission.fields == Fields(signature=Signature(present=False))


def test_a_null_for_the_way_a_form_came_is_unknown_and_never_a_fax_to_the_listed_number() -> None:
    submission = parse_submission({"id": "S1", "kind": None, "delivery": None, "destination": None, "fields": {}})

    assert (submission.delivery, submission.destination) == ("unknown", "unknown")


def test_an_empty_split_group_groups_nothing(case) -> None:
    [parsed] = parse_cases(changed(case, "ledger.grants.0.split_group", ""))

    assert parsed.ledger.grants[0].split_group is None


def test_an_absent_part_of_a_signature_or_schedule_is_not_there() -> None:
    submission = parse_submission({"id": "S1", "kind": "notice", "fields": {"signature": {}, "schedule": {}}})

    assert submission.fields.signature == Signature(present=False)
    assert submission.fields.schedule == Schedule(signed=False)


def test_a_stamp_without_offset_stays_without(case) -> None:
    [parsed] = parse_cases(changed(case, "submission.received_at", "2003-07-24T08:30:00"))

    assert parsed.submission.received_at is not None
    assert parsed.submission.received_at.tzinfo is None


def test_a_case_keeps_ledger_offer_and_order(case) -> None:
    case["offer"]["extensions"] = [
        {"announced_at": "2003-07-24T12:00:00-07:00", "new_expiration": "2003-07-31T17:00:00-07:00"}
    ]
    case["ledger"]["holders"][0] |= {"legal_name_changes": ["Maria L. Lopez"], "country": "", "email": "a@b.co"}
    case["ledger"]["grants"][0] |= {"held_since": "2003-01-01", "expires_on": "2011-03-15"}
    [parsed] = parse_cases([case])

    assert parsed.offer.extensions[0].new_expiration.isoformat() == "2003-07-31T17:00:00-07:00"
    assert parsed.ledger.holders[0].legal_name_changes == ("Maria L. Lopez",)
    assert parsed.ledger.holders[0].country is None
    assert parsed.ledger.grants[0].expires_on == date(2011, 3, 15)
    assert parsed.ledger.grants[0].exercise_price == Decimal("24.50")
    assert parsed.prior == ()


def test_a_country_that_is_not_given_is_unknown(case) -> None:
    del case["ledger"]["holders"][0]["country"]

    assert parse_cases([case])[0].ledger.holders[0].country is None


def test_the_forms_of_a_case_are_numbered_in_order() -> None:
    case = next(one for one in CASES if len(one["prior"]) == 2)
    [parsed] = parse_cases([case])

    assert [form.sequence for form in (*parsed.prior, parsed.submission)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("id", None, "item 1, id: missing; add it"),
        ("submission", None, "case C001, submission: missing"),
        ("submission", [], "submission: an object is expected, found a list"),
        ("submission.id", "", "id: missing; add it"),
        ("submission.kind", "withdrawal", r"kind: 'withdrawal' is not known; use one of election, notice"),
        ("submission.kind", 1, "kind: a text is expected, found a number"),
        ("submission.pages", "E1", "pages: a list of texts is expected"),
        ("submission.pages", ["E1", 2], "pages: a list of texts is expected"),
        ("submission.received_at", "yesterday", "received_at: 'yesterday' is not an ISO 8601 date and time"),
        ("submission.fields", None, "fields: missing"),
        ("submission.fields.signatur", {}, "signatur: no such key; use one of printed_name"),
        ("submission.fields.printed_name", True, "printed_name: a text is expected, found true or false"),
        ("submission.fields.amend_box", "yes", "amend_box: true, false or null is expected, found a text"),
        ("submission.fields.evidence", ["passport"], "evidence: 'passport' is not known"),
        ("submission.fields.signature", "x", "signature: an object is expected, found a text"),
        ("submission.fields.signature.typed", True, "typed: no such key"),
        ("submission.fields.rows", {}, "rows: a list of rows is expected, found an object"),
        ("submission.fields.rows.0", None, "rows, item 1: an object is expected, found null"),
        ("submission.fields.rows.0.price", 24.5, "price: a text is expected, found a number"),
        ("submission.fields.rows.0.struk", True, "struk: no such key; use one of grant_no"),
        ("submission.fields.rows.0.struck", None, "struck: true or false is expected, found null"),
        ("submission.fields.schedule", {"rows": [], "sined": True}, "sined: no such key"),
        ("offer", None, "offer: missing"),
        ("offer.expiration", None, "expiration: missing"),
        ("offer.expiration", "2003-07-24T17:00:00", "expiration: has no UTC offset; add it"),
        ("offer.accepted_at", "2003-07-25", "accepted_at: has no UTC offset"),
        ("offer.extensions", [{}], "announced_at: missing"),
        ("ledger", None, "ledger: missing"),
        ("ledger.holders.0.category", "boss", "category: 'boss' is not known; use one of employee"),
        ("ledger.holders.0.name_on_agreement", None, "name_on_agreement: missing"),
        ("ledger.holders.0.legal_name_changes", "x", "legal_name_changes: a list of texts is expected"),
        ("ledger.grants.0.plan", "1999", "plan: '1999' is not known"),
        ("ledger.grants.0.grant_date", "3/15/01", "grant_date: '3/15/01' is not an ISO 8601 date"),
        ("ledger.grants.0.grant_date", None, "grant_date: missing"),
        ("ledger.grants.0.exercise_price", "cheap", "exercise_price: 'cheap' is not a decimal number"),
        ("ledger.grants.0.exercise_price", "NaN", "exercise_price: no decimal number"),
        ("ledger.grants.0.exercise_price", None, "exercise_price: no decimal number"),
        ("ledger.grants.0.exercise_price", 24.5, "exercise_price: a text is expected, found a number"),
        ("ledger.grants.0.shares_granted", "1200", "shares_granted: a whole number is expected, found '1200'"),
        ("ledger.grants.0.shares_granted", True, "shares_granted: a whole number is expected, found True"),
        ("ledger.grants.0.shares_granted", 1200.5, "shares_granted: a whole number is expected"),
        ("ledger.grants.0.shares_granted", None, "shares_granted: missing"),
        ("ledger.grants.1.grant_no", "1041", "grants: 1041 stands twice; keep one"),
    ],
)
def test_a_case_of_another_shape_is_refused_with_place_fact_and_next_step(case, path, value, complaint) -> None:
    cases = changed(case, path, value)
    with pytest.raises(MalformedCase) as refusal:
        parse_cases(cases)
    assert complaint in str(refusal.value)
    assert "; " in str(refusal.value)


@pytest.mark.parametrize("cases", [{}, None, "x", 3])
def test_what_is_no_list_of_cases_is_refused(cases: object) -> None:
    with pytest.raises(MalformedCase, match="a list of cases is expected"):
        parse_cases(cases)


def test_two_holders_of_one_id_are_refused(case) -> None:
    case["ledger"]["holders"] *= 2

    with pytest.raises(MalformedCase, match="holders: H1 stands twice"):
        parse_cases([case])


def test_two_forms_of_one_id_are_refused(case) -> None:
    case["prior"] = [case["submission"]]

    with pytest.raises(MalformedCase, match="'S1' stands twice"):
        parse_cases([case])


def test_keys_that_a_case_may_have_beside_are_not_minded(case) -> None:
    case["submission"]["clerk"] = "Dana Ruiz"
    case["note"] = "x"

    assert parse_cases([case])[0].id == "C001"


def test_no_standing_is_null() -> None:
    assert standing_to_json(None) is None
