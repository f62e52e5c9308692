"""What expiration does to open defects, what blocks acceptance, and what acceptance takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pytest

from core.decisions import Decision, Verdict
from core.findings import FORM, Disposition, Finding, Hold, Resolution, RowStatus, Severity
from core.holder_changes import HolderChange, HolderChangeKind, UnlawfulTender
from core.holders import Category, Grant, GrantType, Holder, OptionLedger, Plan
from core.judgements import Judgement, Standing, State
from core.offer_state import AcceptedGrant, OfferState
from core.submissions import Kind
from offers.business_days import PACIFIC
from offers.loading import load_offer
from validators.closing import (
    at_expiration,
    blocks_acceptance,
    grants_to_accept,
    leaves_out,
    offer_case_at,
    standing_at_expiration,
)
from validators.offer_case import OfferCase
from validators.offer_level import OFFER, OFFER_RULES, OfferFlaw, Stops

TERMS = load_offer(Path(__file__).parents[2] / "offers/capstone_2003").terms


def curable(code: str, target: str = FORM, hold: Hold = Hold.HARD, resolution: Resolution = Resolution.OPEN) -> Finding:
    return Finding(code, Severity.CURABLE, hold, target, "m", "c", resolution=resolution)


def judged(
    id: str,
    *findings: Finding,
    disposition: Disposition = Disposition.HELD,
    rows: dict[str, RowStatus] | None = None,
    standing: Standing | None = None,
    cures: str | None = None,
) -> Judgement:
    statuses = MappingProxyType(rows or {})
    return Judgement(id, "H1", findings, disposition, statuses, None, standing, cures=cures)


def tendered(*grants: str, held: tuple[str, ...] = (), basis: str = "S1") -> Standing:
    shares = MappingProxyType(dict.fromkeys(grants, 1000))
    return Standing(State.TENDERED, shares, held, basis, contested=bool(held))


# ------------------------------------------------------------------------------------------------ at the expiration


def test_an_open_hard_curable_becomes_fatal_and_rejects_its_form() -> None:
    expired = at_expiration(judged("S1", curable("SIGNATURE_MISSING")), Kind.ELECTION)
    assert expired.disposition is Disposition.REJECTED
    assert expired.findings[0].severity is Severity.FATAL


def test_an_open_hard_curable_of_a_row_rejects_only_the_row() -> None:
    rows = {"1041": RowStatus.ACCEPTED, "1187": RowStatus.HELD}
    before = judged("S1", curable("PARTIAL_TENDER", "1187"), disposition=Disposition.EFFECTIVE, rows=rows)
    expired = at_expiration(before, Kind.ELECTION)
    assert expired.disposition is Disposition.EFFECTIVE
    assert dict(expired.row_statuses) == {"1041": RowStatus.ACCEPTED, "1187": RowStatus.REJECTED}


@pytest.mark.parametrize(
    "finding",
    [
        curable("EMAIL_MISSING", hold=Hold.SOFT),
        curable("SIGNATURE_MISSING", resolution=Resolution.CLEARED),
        curable("SIGNATURE_MISSING", resolution=Resolution.WAIVED),
        curable("SIGNATURE_MISSING", resolution=Resolution.UPHELD),
        Finding("NAME_MISMATCH", Severity.REVIEW, Hold.HARD, FORM, "m", "c"),
        Finding("FORM_VERSION_OLD", Severity.NOTE, Hold.NONE, FORM, "m", "c"),
    ],
)
def test_what_is_soft_decided_or_no_curable_stays_as_it_was(finding: Finding) -> None:
    before = judged("S1", finding)
    assert at_expiration(before, Kind.ELECTION) == before


@pytest.mark.parametrize("kind", [Kind.NOTICE, None])
def test_a_notice_waits_for_a_person_at_acceptance(kind: Kind | None) -> None:
    before = judged("S1", curable("SIGNATURE_MISSING"))
    assert at_expiration(before, kind) == before


def test_a_duplicate_is_left_alone() -> None:
    before = judged("S1", curable("SIGNATURE_MISSING"), disposition=Disposition.DUPLICATE)
    assert at_expiration(before, Kind.ELECTION) == before


def test_nothing_becomes_final_on_a_reading_in_doubt() -> None:
    doubt = Finding("OCR_LOW_CONFIDENCE", Severity.REVIEW, Hold.HARD, "signature", "m", "c")
    before = judged("S1", curable("SIGNATURE_MISSING"), doubt)
    assert at_expiration(before, Kind.ELECTION) == before
    settled = judged("S1", curable("SIGNATURE_MISSING"), replace(doubt, resolution=Resolution.CLEARED))
    assert at_expiration(settled, Kind.ELECTION).disposition is Disposition.REJECTED


def test_expiration_settles_a_held_amendment_and_leaves_the_good_election_standing() -> None:
    good = judged("S1", disposition=Disposition.EFFECTIVE, standing=tendered("1041"))
    unsigned = judged("S2", curable("SIGNATURE_MISSING"))
    standing = standing_at_expiration([(good, Kind.ELECTION), (unsigned, Kind.ELECTION)])
    assert standing == tendered("1041")


def test_expiration_drops_a_row_that_was_held_for_a_curable_and_no_other() -> None:
    rows = {"1041": RowStatus.ACCEPTED, "1187": RowStatus.HELD, "1190": RowStatus.HELD}
    review = Finding("ROW_ALTERED", Severity.REVIEW, Hold.HARD, "1190", "m", "c")
    effective = judged(
        "S1",
        curable("PARTIAL_TENDER", "1187"),
        review,
        disposition=Disposition.EFFECTIVE,
        rows=rows,
        standing=tendered("1041", held=("1187", "1190")),
    )
    assert standing_at_expiration([(effective, Kind.ELECTION)]) == tendered("1041", held=("1190",))


def test_what_a_person_must_still_decide_keeps_the_standing_contested_after_expiration() -> None:
    good = judged("S1", disposition=Disposition.EFFECTIVE, standing=tendered("1041"))
    doubtful = judged("S2", Finding("NAME_MISMATCH", Severity.REVIEW, Hold.HARD, FORM, "m", "c"))
    unsigned_notice = judged("S3", curable("SIGNATURE_MISSING"))
    for pending, kind in ((doubtful, Kind.ELECTION), (unsigned_notice, Kind.NOTICE)):
        assert standing_at_expiration([(good, Kind.ELECTION), (pending, kind)]).contested


def test_after_expiration_a_withdrawal_stays_a_withdrawal_and_moots_what_came_before() -> None:
    unsure = judged("S1", Finding("NAME_MISMATCH", Severity.REVIEW, Hold.HARD, FORM, "m", "c"))
    withdrawn = Standing(State.WITHDRAWN, basis="S2")
    notice = judged("S2", disposition=Disposition.EFFECTIVE, standing=withdrawn)
    assert standing_at_expiration([(unsure, Kind.ELECTION), (notice, Kind.NOTICE)]) == withdrawn


def test_a_cure_takes_the_place_of_the_held_form_it_cures() -> None:
    held = judged("S1", Finding("NAME_MISMATCH", Severity.REVIEW, Hold.HARD, FORM, "m", "c"))
    cure = judged("S2", curable("SIGNATURE_MISSING"), cures="S1")
    assert standing_at_expiration([(held, Kind.ELECTION), (cure, Kind.ELECTION)]).contested
    assert standing_at_expiration([(cure, Kind.ELECTION)]) == Standing()


def test_a_form_that_was_never_anybodys_changes_no_standing() -> None:
    stray = judged("S1", disposition=Disposition.EFFECTIVE, standing=None)
    duplicate = judged("S2", disposition=Disposition.DUPLICATE)
    assert standing_at_expiration([(stray, Kind.ELECTION), (duplicate, Kind.ELECTION)]) == Standing()


# ------------------------------------------------------------------------------------------------- at the acceptance


def finding_of(code: str, resolution: Resolution = Resolution.OPEN, for_review: bool = False) -> Finding:
    rule = next(rule for rule in OFFER_RULES if rule.code == code)
    return replace(rule.finding(OfferFlaw("m", for_review=for_review)), resolution=resolution)


@pytest.mark.parametrize(
    ("code", "resolution", "blocks"),
    [
        ("CLOSE_BLOCKED", Resolution.OPEN, True),
        ("EXT_TEN_DAYS_REQUIRED", Resolution.OPEN, True),
        ("WAIVER_LATE_BARRED", Resolution.OPEN, True),
        ("EXT_ANNOUNCED_LATE", Resolution.OPEN, True),
        ("EXT_ANNOUNCED_LATE", Resolution.CLEARED, False),
        ("EXT_ANNOUNCED_LATE", Resolution.UPHELD, False),
        ("EXT_MATERIAL_CHANGE", Resolution.CLEARED, False),
        ("EXT_MATERIAL_CHANGE", Resolution.UPHELD, True),
        ("DEATH_BEFORE_CANCELLATION", Resolution.OPEN, True),
        ("DEATH_BEFORE_CANCELLATION", Resolution.UPHELD, False),
        ("STATUS_LOST_BEFORE_CANCELLATION", Resolution.OPEN, False),
        ("UNLAWFUL_TO_ACCEPT", Resolution.OPEN, False),
        ("GRANT_PROHIBITED", Resolution.OPEN, False),
        ("OTHER_GRANT_DEFERRED", Resolution.OPEN, False),
        ("PROMOTED_AFTER_CANCELLATION", Resolution.OPEN, False),
    ],
)
def test_acceptance_is_blocked_by_what_concerns_everybody_and_by_undecided_tenders(
    code: str, resolution: Resolution, blocks: bool
) -> None:
    assert blocks_acceptance(finding_of(code, resolution)) is blocks


def test_a_break_in_employment_after_the_acceptance_does_not_block_it() -> None:
    assert not blocks_acceptance(finding_of("STATUS_LOST_BEFORE_GRANT", for_review=True))


@pytest.mark.parametrize(
    ("code", "resolution", "out"),
    [
        ("STATUS_LOST_BEFORE_CANCELLATION", Resolution.OPEN, True),
        ("UNLAWFUL_TO_ACCEPT", Resolution.OPEN, True),
        ("DEATH_BEFORE_CANCELLATION", Resolution.UPHELD, True),
        ("DEATH_BEFORE_CANCELLATION", Resolution.CLEARED, False),
        ("EXERCISED_AFTER_TENDER", Resolution.UPHELD, True),
        ("STATUS_LOST_BEFORE_GRANT", Resolution.OPEN, False),
        ("EXT_ANNOUNCED_LATE", Resolution.UPHELD, False),
    ],
)
def test_a_tender_is_left_out_by_a_fatal_finding_or_a_review_upheld(
    code: str, resolution: Resolution, out: bool
) -> None:
    assert leaves_out(finding_of(code, resolution)) is out


def test_only_findings_that_stop_a_tender_leave_one_out() -> None:
    for rule in OFFER_RULES:
        upheld = replace(rule.finding(OfferFlaw("m")), resolution=Resolution.UPHELD)
        assert leaves_out(upheld) is (rule.stops is Stops.TENDER)


def _ledger() -> OptionLedger:
    owners = (("1041", "H1"), ("1042", "H1"), ("1187", "H2"), ("1190", "H3"))
    grants = [
        Grant(no, owner, Plan.PLAN_2000, date(2001, 3, 15), Decimal("24.50"), 1000, 0, 0, GrantType.NSO)
        for no, owner in owners
    ]
    return OptionLedger.of([Holder(f"H{n}", f"Holder {n}", Category.EMPLOYEE) for n in (1, 2, 3)], grants)


def _closing(**changes: object) -> OfferCase:
    standings = {
        "H1": tendered("1042", "1041", basis="S1"),
        "H2": tendered("1187", basis="S2"),
        "H3": Standing(State.WITHDRAWN, basis="S3"),
    }
    case = OfferCase(
        TERMS,
        OfferState(TERMS.expiration),
        datetime(2003, 7, 25, 10, tzinfo=PACIFIC),
        _ledger(),
        standings=MappingProxyType(standings),
        shares_at_receipt=MappingProxyType({"1041": 1000}),
    )
    return replace(case, **changes)  # type: ignore[arg-type]


def accepted(case: OfferCase) -> list[str]:
    return [grant.grant_no for grant in grants_to_accept(case)]


def test_acceptance_takes_every_standing_tender_with_its_shares_and_its_form() -> None:
    assert grants_to_accept(_closing()) == (
        AcceptedGrant("H1", "1041", 1000, "S1"),
        AcceptedGrant("H1", "1042", 1000, "S1"),
        AcceptedGrant("H2", "1187", 1000, "S2"),
    )


def test_a_holder_who_lost_the_status_is_left_out_with_all_grants() -> None:
    left = HolderChange("H1", HolderChangeKind.LEFT, date(2003, 7, 25))
    assert accepted(_closing(holder_changes=(left,))) == ["1187"]


def test_an_unlawful_tender_is_left_out() -> None:
    assert accepted(_closing(unlawful=(UnlawfulTender(frozenset({"H2"}), date(2003, 7, 25), "bar"),))) == [
        "1041",
        "1042",
    ]


def test_an_exercised_grant_is_left_out_or_taken_as_a_person_decides() -> None:
    short = tuple(replace(g, shares_exercised=1) if g.grant_no == "1041" else g for g in _ledger().grants)
    case = _closing(ledger=OptionLedger.of(_ledger().holders, short))
    for verdict, expected in ((Verdict.CLEAR, ["1041", "1042", "1187"]), (Verdict.UPHOLD, ["1042", "1187"])):
        decision = Decision("D1", OFFER, "EXERCISED_AFTER_TENDER", "1041", verdict, "reviewer", case.as_of, "seen")
        assert accepted(replace(case, decisions=(decision,))) == expected


# --------------------------------------------------------------------------------------- the case as of a moment


@pytest.mark.parametrize(
    ("second", "contested", "disposition"), [(0, True, Disposition.HELD), (1, False, Disposition.REJECTED)]
)
def test_the_case_of_a_moment_shows_judgements_and_standings_as_expiration_left_them(
    second: int, contested: bool, disposition: Disposition
) -> None:
    good = judged("S1", disposition=Disposition.EFFECTIVE, standing=tendered("1041"))
    unsigned = judged("S2", curable("SIGNATURE_MISSING"), standing=replace(tendered("1041"), contested=True))
    stray = replace(judged("S3"), holder_id=None)
    case = offer_case_at(
        datetime(2003, 7, 24, 17, 0, second, tzinfo=PACIFIC),
        terms=TERMS,
        state=OfferState(TERMS.expiration),
        ledger=_ledger(),
        judged=[(good, Kind.ELECTION), (unsigned, Kind.ELECTION), (stray, None)],
        shares_at_receipt={"1041": 1000},
    )
    assert dict(case.standings) == {"H1": replace(tendered("1041"), contested=contested)}
    assert [judgement.disposition for judgement in case.judgements][1] is disposition
    assert len(case.judgements) == 3
    assert case.shares_at_receipt["1041"] == 1000


def test_a_case_before_any_effective_form_knows_nobody_tendering() -> None:
    case = offer_case_at(
        datetime(2003, 7, 1, 12, tzinfo=PACIFIC),
        terms=TERMS,
        state=OfferState(TERMS.expiration),
        ledger=_ledger(),
        judged=[(judged("S1"), Kind.ELECTION)],
    )
    assert list(case.tendering()) == []
    assert case.standings["H1"] == Standing()
