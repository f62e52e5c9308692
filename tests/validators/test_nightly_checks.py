"""The nightly checks on facts alone: edges a second or a business hour wide, and what no good books can show."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from core.findings import Disposition, Finding, Hold, Severity
from core.judgements import Standing, State
from core.night import BreakSeverity, CheckOutcome, OpenIrregularity
from core.offer_state import Extension, OfferState
from core.submissions import Kind
from offers.terms import Terms
from validators.examples import ledger
from validators.reconciliation.catalogue import CHECK_BY_CODE, CHECKS, make_all
from validators.reconciliation.check import Checked, make
from validators.reconciliation.check_table import render_markdown
from validators.reconciliation.facts import (
    Call,
    ClockCheck,
    Delivery,
    FaxFacts,
    FaxLog,
    FileState,
    FormFacts,
    JournalFault,
    NightFacts,
    PoolFacts,
    StoredFacts,
)

DOCS = Path(__file__).parents[2] / "docs"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2003-{text}-07:00")


@pytest.fixture
def facts(terms: Terms) -> NightFacts:
    """A quiet Monday night over Ortega's ledger."""
    return NightFacts(
        as_of=at("07-14T21:30:00"),
        terms=terms,
        offer=OfferState(terms.expiration),
        journal_seq=1,
        ledger=ledger(),
        pool=PoolFacts(terms.eligible_shares, terms.eligible_shares_on),
        stored=StoredFacts(expiration=terms.expiration, expiration_due=terms.expiration),
    )


def form(**fields: Any) -> FormFacts:
    defaults: dict[str, Any] = {
        "submission_id": "S1",
        "fax": None,
        "scan": None,
        "file": "S1",
        "kind": Kind.ELECTION,
        "delivery": "hand",
        "received_at": at("07-14T10:40:00"),
        "taken_in_at": at("07-14T10:45:00"),
        "holder_id": "H1",
        "disposition": Disposition.EFFECTIVE,
        "findings": (),
        "waits": False,
        "moot": False,
    }
    return FormFacts(**defaults | fields)


def keys(code: str, facts: NightFacts) -> set[str]:
    return {found.key for found in made(code, facts).found}


def made(code: str, facts: NightFacts) -> Checked:
    return make(CHECK_BY_CODE[code], facts)


def test_the_docs_hold_the_table_of_checks() -> None:
    written = (DOCS / "reconciliation.md").read_text(encoding="utf-8")
    assert written == render_markdown(), "run `make rules`"


def test_every_check_says_what_must_hold_and_shows_a_case_on_either_side() -> None:
    for check in CHECKS:
        assert check.text.endswith("."), check.code
        assert check.fires and check.passes and check.next_step, check.code


def test_quiet_facts_break_nothing(facts: NightFacts) -> None:
    runs, breaks = make_all(facts, None)
    assert breaks == ()
    assert {run.outcome for run in runs} == {CheckOutcome.HOLDS, CheckOutcome.NOT_DUE}


def test_a_broken_journal_leaves_nothing_else_proven(facts: NightFacts) -> None:
    runs, breaks = make_all(replace(facts, journal_fault=JournalFault(7, "line 7 was changed")), None)
    assert [(one.code, one.key) for one in breaks] == [("REC_JOURNAL_CHAIN", "7")]
    assert {run.outcome for run in runs if run.code != "REC_JOURNAL_CHAIN"} == {CheckOutcome.NOT_EVALUATED}


# ----------------------------------------------------------------------------------------------------------- the clock


def faxed(received_at: datetime, noted_at: datetime | None = None) -> tuple[FaxFacts, ...]:
    delivery = Delivery("101", "a.tif", None, received_at, "sidecar", "fax", None, noted_at or received_at)
    return (
        FaxFacts("f1", "a.tif", (delivery,), "f1/f1.tif", False, False, ("S1",), pages_read=2, pages_with_a_form=2),
    )


def logged(received_at: datetime) -> FaxLog:
    return FaxLog((Call("101", None, received_at, None, "", "ok", True, ""),))


@pytest.mark.parametrize(("seconds", "breaks"), [(5, set()), (6, {"101"}), (-5, set()), (-6, {"101"})])
def test_the_clock_may_be_five_seconds_off_its_log(facts: NightFacts, seconds: int, breaks: set[str]) -> None:
    received = at("07-14T11:00:00")
    night = replace(facts, faxes=faxed(received), fax_log=logged(received + timedelta(seconds=seconds)))
    assert keys("REC_CLOCK_SKEW", night) == breaks


@pytest.mark.parametrize(("seconds", "breaks"), [(5, set()), (6, {"101"}), (-3600, set())])
def test_no_fax_comes_from_the_future(facts: NightFacts, seconds: int, breaks: set[str]) -> None:
    noted = at("07-14T11:00:00")
    night = replace(facts, faxes=faxed(noted + timedelta(seconds=seconds), noted))
    assert keys("REC_CLOCK_SKEW", night) == breaks


def test_a_time_without_an_offset_is_a_doubtful_clock(facts: NightFacts) -> None:
    received = at("07-14T11:00:00")
    night = replace(facts, faxes=faxed(received.replace(tzinfo=None), received))
    assert keys("REC_CLOCK_SKEW", night) == {"101"}
    assert keys("REC_CLOCK_SKEW", replace(night, fax_log=logged(received))) == set()


@pytest.mark.parametrize(
    ("day", "severity"),
    [
        ("07-22", BreakSeverity.WARNS),
        ("07-23", BreakSeverity.BLOCKS),
        ("07-25", BreakSeverity.BLOCKS),
        ("07-26", BreakSeverity.WARNS),
    ],
)
def test_a_doubtful_clock_blocks_around_the_expiration_only(
    facts: NightFacts, day: str, severity: BreakSeverity
) -> None:
    reading = ClockCheck(at(f"{day}T12:00:06"), at(f"{day}T12:00:00"))
    night = replace(facts, as_of=at(f"{day}T21:30:00"), clock_checks=(reading,))
    assert [found.severity for found in made("REC_CLOCK_SKEW", night).found] == [severity]


def test_a_log_that_cannot_be_read_proves_nothing(facts: NightFacts) -> None:
    night = replace(facts, fax_log=FaxLog(problem="faxlog.csv, line 3: pages 'x' is no number"))
    for code in ("REC_FAX_NOT_ARCHIVED", "REC_FILE_NO_FAXLOG", "REC_FAX_SEQ_GAP", "REC_CLOCK_SKEW"):
        assert made(code, night).run.outcome is CheckOutcome.NOT_EVALUATED, code


def test_pages_that_cannot_be_counted_are_not_taken_for_right(facts: NightFacts) -> None:
    state = FileState("f1/f1.tif", exists=True, unchanged=True, problem="its headers cannot be read")
    night = replace(facts, faxes=faxed(at("07-14T11:00:00")), files={"f1": state})
    assert made("REC_PAGES_UNACCOUNTED", night).run.outcome is CheckOutcome.NOT_EVALUATED


# ------------------------------------------------------------------------------------------------------- confirmations


@pytest.mark.parametrize(
    ("as_of", "missing", "overdue"),
    [
        ("07-03T21:00:00", False, False),
        ("07-03T21:00:01", True, False),
        ("07-07T21:00:00", True, False),
        ("07-07T21:00:01", False, True),
    ],
)
def test_a_confirmation_is_due_two_business_days_after_receipt(
    facts: NightFacts, as_of: str, missing: bool, overdue: bool
) -> None:
    """Received Wed Jul 2, 20:59 Pacific: due by Mon Jul 7, since Friday is a holiday (rulebook 1.2)."""
    night = replace(facts, as_of=at(as_of), forms=(form(received_at=at("07-02T20:59:00")),))
    assert keys("REC_CONFIRM_MISSING", night) == ({"S1"} if missing else set())
    assert keys("REC_CONFIRM_OVERDUE", night) == ({"S1"} if overdue else set())


def test_no_confirmation_is_due_to_an_e_mailed_form(facts: NightFacts) -> None:
    night = replace(facts, as_of=at("07-23T12:00:00"), forms=(form(delivery="email"),))
    assert keys("REC_CONFIRM_MISSING", night) | keys("REC_CONFIRM_OVERDUE", night) == set()


# ------------------------------------------------------------------------------------------------- open irregularities


def waiting_since(moment: datetime) -> tuple[OpenIrregularity, ...]:
    item = OpenIrregularity(
        "i", "S1", None, "S1", "H1", "SIGNATURE_UNCLEAR", "form", Severity.REVIEW, Hold.HARD, "", moment, 0
    )
    return (item,)


@pytest.mark.parametrize(
    ("since", "as_of", "late"),
    [
        ("07-14T10:00:00", "07-15T10:00:00", False),
        ("07-14T10:00:00", "07-15T10:00:01", True),
        ("07-18T10:00:00", "07-21T10:00:00", False),
        ("07-18T10:00:00", "07-21T10:00:01", True),
        # From July 22, 17:00 on fewer than two business days remain.
        ("07-22T09:00:00", "07-22T17:00:00", False),
        ("07-22T13:00:00", "07-22T17:00:01", False),
        ("07-22T12:59:59", "07-22T17:00:01", True),
        ("07-23T09:00:00", "07-23T13:00:00", False),
        ("07-23T09:00:00", "07-23T13:00:01", True),
        ("07-23T16:00:00", "07-24T12:00:00", False),
        ("07-23T16:00:00", "07-24T12:00:01", True),
    ],
)
def test_an_irregularity_may_wait_a_business_day_and_four_hours_near_the_end(
    facts: NightFacts, since: str, as_of: str, late: bool
) -> None:
    night = replace(facts, as_of=at(as_of), open_items=waiting_since(at(since)))
    assert keys("REC_OPEN_AGEING", night) == ({"S1"} if late else set())


def found(code: str, severity: Severity, hold: Hold) -> Finding:
    return Finding(code, severity, hold, "form", "", "")


UNSIGNED = found("SIGNATURE_MISSING", Severity.CURABLE, Hold.HARD)
NO_TAX_ID = found("TAXID_MISSING", Severity.CURABLE, Hold.SOFT)
UNCLEAR = found("SIGNATURE_UNCLEAR", Severity.REVIEW, Hold.HARD)
DOUBTFUL = found("OCR_LOW_CONFIDENCE", Severity.REVIEW, Hold.HARD)
AFTER, A_DAY_AFTER = "07-24T17:00:01", "07-25T17:00:01"


@pytest.mark.parametrize(
    ("findings", "kind", "expired", "open_after"),
    [
        ((NO_TAX_ID,), Kind.ELECTION, True, False),
        ((UNSIGNED,), Kind.ELECTION, False, True),
        ((UNSIGNED,), Kind.NOTICE, True, False),
        ((UNSIGNED, DOUBTFUL), Kind.ELECTION, True, True),
        ((UNCLEAR,), Kind.ELECTION, False, True),
    ],
)
def test_what_expiration_does_to_open_findings(
    facts: NightFacts, findings: tuple[Finding, ...], kind: Kind, expired: bool, open_after: bool
) -> None:
    forms = (form(findings=findings, kind=kind, waits=True, disposition=Disposition.HELD),)
    late = replace(facts, forms=forms)
    assert keys("REC_CURE_EXPIRED", replace(late, as_of=at(AFTER))) == ({"S1"} if expired else set())
    assert keys("REC_OPEN_AT_EXPIRY", replace(late, as_of=at(A_DAY_AFTER))) == ({"S1"} if open_after else set())


def test_a_soft_defect_put_to_the_class_decision_is_settled(facts: NightFacts) -> None:
    forms = (form(findings=(NO_TAX_ID,), waits=True),)
    asked = replace(facts, as_of=at(AFTER), forms=forms, waivers_asked=frozenset({"TAXID_MISSING"}))
    assert keys("REC_CURE_EXPIRED", asked) == set()


def test_a_form_that_a_later_one_replaced_blocks_nothing(facts: NightFacts) -> None:
    forms = (form(findings=(UNCLEAR, NO_TAX_ID), waits=True, moot=True),)
    for moment in (AFTER, A_DAY_AFTER):
        night = replace(facts, as_of=at(moment), forms=forms)
        assert keys("REC_CURE_EXPIRED", night) | keys("REC_OPEN_AT_EXPIRY", night) == set()


def test_an_extension_in_time_moves_every_such_day(facts: NightFacts) -> None:
    extension = Extension(at("07-24T12:00:00"), at("07-31T17:00:00"))
    extended = replace(facts, offer=replace(facts.offer, extensions=(extension,)), as_of=at(A_DAY_AFTER))
    assert made("REC_OPEN_AT_EXPIRY", extended).run.outcome is CheckOutcome.NOT_DUE
    assert made("REC_CURE_EXPIRED", extended).run.outcome is CheckOutcome.NOT_DUE


# ----------------------------------------------------------------------------------------------------------- standings


def tendered(**grants: int) -> Standing:
    return Standing(State.TENDERED, MappingProxyType({number.strip("g"): n for number, n in grants.items()}), (), "S1")


def test_a_grant_stands_under_one_holder(facts: NightFacts) -> None:
    once = replace(facts, standings={"H1": tendered(g1041=1200), "H2": tendered(g2041=600)})
    assert keys("REC_GRANT_TWO_HOLDERS", once) == set()
    twice = replace(facts, standings={"H1": tendered(g1041=1200), "H2": tendered(g1041=1200)})
    assert keys("REC_GRANT_TWO_HOLDERS", twice) == {"1041"}
    held_too = replace(tendered(g1041=1200), held_grants=("1041",))
    assert keys("REC_GRANT_TWO_HOLDERS", replace(facts, standings={"H1": held_too})) == {"1041"}


def test_no_more_is_tendered_than_is_eligible(facts: NightFacts) -> None:
    pool = replace(facts.pool, eligible_by_grant={"1041": 1200})
    night = replace(facts, pool=pool, standings={"H1": tendered(g1041=1200)})
    assert keys("REC_TOTAL_CAP", night) == set()
    assert keys("REC_TOTAL_CAP", replace(night, pool=replace(pool, eligible_by_grant={"1041": 1199}))) == {"tendered"}


def test_a_break_keeps_the_night_in_which_it_was_first_seen(facts: NightFacts) -> None:
    broken = replace(facts, clock_checks=(ClockCheck(at("07-14T12:00:09"), at("07-14T12:00:00")),))
    _, first = make_all(broken, None)
    assert (first[0].nights, first[0].age) == (1, timedelta(0))
