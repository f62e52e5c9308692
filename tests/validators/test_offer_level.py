"""Every rule of group G: an example that fires, a near miss that does not, and the edges between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pytest

from core.decisions import Decision, Verdict, Waiver
from core.findings import FORM, Disposition, Finding, Hold, Resolution, Severity
from core.holder_changes import HolderChange, HolderChangeKind, UnlawfulTender
from core.holders import Category, Grant, GrantType, Holder, OptionLedger, Plan
from core.judgements import Judgement, Standing, State
from core.offer_state import AcceptedGrant, ChangeKind, Extension, OfferState, TermsChange
from offers.business_days import PACIFIC
from offers.loading import load_offer
from validators.offer_case import OfferCase
from validators.offer_level import OFFER, OFFER_RULE_BY_CODE, OFFER_RULES, Stops, offer_findings
from validators.rule_table import render_markdown, render_rule

TERMS = load_offer(Path(__file__).parents[2] / "offers/capstone_2003").terms
CHANGE = HolderChangeKind


def pt(text: str) -> datetime:
    return datetime.fromisoformat(f"2003-{text}").replace(tzinfo=PACIFIC)


def ledger(unexercised: int = 1000, **holder: object) -> OptionLedger:
    """Holder H1 with grant 1041, and H2 with grant 1187; `holder` changes H1."""
    one = replace(Holder("H1", "Ana Ortega", Category.EMPLOYEE), **holder)  # type: ignore[arg-type]
    grants = [
        Grant(number, owner, Plan.PLAN_2000, date(2001, 3, 15), Decimal("24.50"), 1000, 1000 - shares, 0, GrantType.NSO)
        for number, owner, shares in (("1041", "H1", unexercised), ("1187", "H2", 500))
    ]
    return OptionLedger.of([one, Holder("H2", "Ben Okafor", Category.EMPLOYEE)], grants)


def with_grant(grant_date: date) -> OptionLedger:
    """The ledger after H1 got another option on that day."""
    before = ledger()
    other = Grant("2001", "H1", Plan.PLAN_2000, grant_date, Decimal("1.00"), 100, 0, 0, GrantType.NSO)
    return OptionLedger.of(before.holders, [*before.grants, other])


TENDERED = Standing(State.TENDERED, MappingProxyType({"1041": 1000}), basis="S1")


def offer(**changes: object) -> OfferCase:
    """H1 stands tendered with all shares of 1041, on July 24 before the expiration; nothing is wrong."""
    case = OfferCase(
        terms=TERMS,
        state=OfferState(TERMS.expiration),
        as_of=pt("07-24T16:00:00"),
        ledger=ledger(),
        judgements=(judged("S1"),),
        standings=MappingProxyType({"H1": TENDERED}),
        shares_at_receipt=MappingProxyType({"1041": 1000}),
    )
    return replace(case, **changes)  # type: ignore[arg-type]


def closed(**changes: object) -> OfferCase:
    """The same after the announcement window, nothing yet accepted."""
    return offer(as_of=pt("07-25T06:01:00"), **changes)


def accepted(**changes: object) -> OfferCase:
    """The same after acceptance and cancellation on July 25."""
    state = OfferState(
        TERMS.expiration,
        accepted_at=pt("07-25T10:00:00"),
        accepted_grants=(AcceptedGrant("H1", "1041", 1000, "S1"),),
    )
    return offer(as_of=pt("07-25T11:00:00"), state=state, ledger=ledger(0), **changes)


def finding(code: str, hold: Hold, resolution: Resolution = Resolution.OPEN) -> Finding:
    severity = {Hold.SOFT: Severity.CURABLE, Hold.HARD: Severity.REVIEW, Hold.NONE: Severity.NOTE}[hold]
    return Finding(code, severity, hold, FORM, "m", "c", resolution=resolution)


def judged(id: str, *findings: Finding, holder_id: str | None = "H1", held: bool = False) -> Judgement:
    disposition = Disposition.HELD if held else Disposition.EFFECTIVE
    return Judgement(id, holder_id, findings, disposition, MappingProxyType({}), None, None)


def extension(announced_at: str, to: str = "07-31T17:00:00") -> OfferState:
    return OfferState(TERMS.expiration, (Extension(pt(announced_at), pt(to)),))


def changed(day: int, kind: ChangeKind, *extensions: Extension) -> OfferState:
    return OfferState(TERMS.expiration, extensions, changes=(TermsChange(date(2003, 7, day), kind, "as announced"),))


def waived(code: str, *ids: str) -> OfferState:
    return OfferState(TERMS.expiration, waivers=(Waiver("W1", code, "clerk", pt("07-24T12:00:00"), "r", ids or None),))


def happened(kind: HolderChangeKind, *on: date, holder_id: str = "H1") -> tuple[HolderChange, ...]:
    return tuple(HolderChange(holder_id, kind, day) for day in on)


def codes(case: OfferCase) -> list[str]:
    return [found.code for found in offer_findings(case)]


JULY, JANUARY = (lambda day: date(2003, 7, day)), (lambda day: date(2004, 1, day))
BARRED = happened(CHANGE.GRANT_BARRED, date(2003, 10, 1))
EMAIL_OPEN = finding("EMAIL_MISSING", Hold.SOFT)
EMAIL_WAIVED = finding("EMAIL_MISSING", Hold.SOFT, Resolution.WAIVED)
EMAIL_CLEARED = finding("EMAIL_MISSING", Hold.SOFT, Resolution.CLEARED)
CONTESTED = MappingProxyType({"H1": replace(TENDERED, contested=True)})

EXAMPLES: dict[str, tuple[OfferCase, OfferCase]] = {
    "EXT_ANNOUNCED_LATE": (
        offer(state=extension("07-25T06:00:01"), as_of=pt("07-25T07:00:00")),
        offer(state=extension("07-25T06:00:00"), as_of=pt("07-25T07:00:00")),
    ),
    "EXT_TEN_DAYS_REQUIRED": (
        offer(state=changed(14, ChangeKind.CONSIDERATION)),
        offer(state=changed(11, ChangeKind.CONSIDERATION)),
    ),
    "EXT_MATERIAL_CHANGE": (
        offer(state=changed(21, ChangeKind.CONDITION_WAIVED)),
        offer(state=changed(9, ChangeKind.NUMBER)),
    ),
    "WAIVER_NOT_UNIVERSAL": (
        offer(state=waived("EMAIL_MISSING", "A"), judgements=(judged("A", EMAIL_OPEN), judged("B", EMAIL_OPEN))),
        offer(state=waived("EMAIL_MISSING", "A"), judgements=(judged("A", EMAIL_OPEN), judged("B", EMAIL_CLEARED))),
    ),
    "WAIVER_LATE_BARRED": (offer(state=waived("LATE_RECEIPT")), offer(state=waived("EMAIL_MISSING"))),
    "STATUS_LOST_BEFORE_CANCELLATION": (
        offer(holder_changes=happened(CHANGE.LEFT, JULY(25))),
        offer(holder_changes=happened(CHANGE.LEFT, JULY(26))),
    ),
    "PROMOTED_AFTER_CANCELLATION": (
        accepted(holder_changes=happened(CHANGE.PROMOTED, JULY(26))),
        accepted(holder_changes=happened(CHANGE.PROMOTED, JANUARY(27))),
    ),
    "STATUS_LOST_BEFORE_GRANT": (
        accepted(holder_changes=happened(CHANGE.LEFT, JANUARY(26))),
        accepted(holder_changes=happened(CHANGE.LEFT, JANUARY(27))),
    ),
    "DEATH_BEFORE_CANCELLATION": (
        offer(holder_changes=happened(CHANGE.DIED, JULY(25))),
        offer(holder_changes=happened(CHANGE.DIED, JULY(26))),
    ),
    "INCAPACITY": (
        offer(holder_changes=happened(CHANGE.INCAPACITATED, JULY(20))),
        offer(
            holder_changes=happened(CHANGE.INCAPACITATED, JULY(20)),
            standings=MappingProxyType({"H1": Standing(State.WITHDRAWN, basis="S2")}),
        ),
    ),
    "GRANT_PROHIBITED": (
        accepted(holder_changes=BARRED),
        accepted(holder_changes=(*BARRED, *happened(CHANGE.GRANT_BAR_LIFTED, JANUARY(26)))),
    ),
    "OTHER_GRANT_DEFERRED": (
        replace(accepted(), ledger=with_grant(JANUARY(25))),
        replace(accepted(), ledger=with_grant(JANUARY(26))),
    ),
    "EXERCISED_AFTER_TENDER": (offer(ledger=ledger(999)), offer(ledger=ledger(1000))),
    "CONSENT_WITHDRAWN": (
        offer(holder_changes=happened(CHANGE.CONSENT_WITHDRAWN, JULY(20))),
        offer(holder_changes=happened(CHANGE.PROMOTED, JULY(26))),
    ),
    "UNLAWFUL_TO_ACCEPT": (
        offer(unlawful=(UnlawfulTender(frozenset({"H1"}), JULY(20), "sanctions"),)),
        offer(unlawful=(UnlawfulTender(frozenset({"H2"}), JULY(20), "sanctions"),)),
    ),
    "CLOSE_BLOCKED": (closed(standings=CONTESTED), offer(standings=CONTESTED)),
}


def test_every_rule_of_group_g_has_a_rule_here_and_an_example_both_ways() -> None:
    assert list(OFFER_RULE_BY_CODE) == list(EXAMPLES)
    assert len(OFFER_RULES) == len(OFFER_RULE_BY_CODE) == 16


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_rule_of_group_g_fires_on_its_example_and_on_nothing_else(code: str) -> None:
    assert set(codes(EXAMPLES[code][0])) == {code}


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_rule_of_group_g_lets_its_near_miss_pass(code: str) -> None:
    assert code not in codes(EXAMPLES[code][1])


@pytest.mark.parametrize("rule", OFFER_RULES, ids=lambda rule: rule.code)
def test_every_rule_says_what_it_checks_what_follows_and_where_that_stands(rule: object) -> None:
    for said in ("text", "follows", "cite", "fires", "passes"):
        assert getattr(rule, said).strip(), said


def test_a_finding_carries_the_weight_and_the_source_of_its_rule() -> None:
    (late,) = offer_findings(EXAMPLES["EXT_ANNOUNCED_LATE"][0])
    assert (late.severity, late.hold, late.target, late.cite) == (Severity.REVIEW, Hold.SOFT, OFFER, "OTE Q20, §15")
    (short,) = offer_findings(EXAMPLES["EXT_TEN_DAYS_REQUIRED"][0])
    assert (short.severity, short.hold) == (Severity.FATAL, Hold.HARD)
    (note,) = offer_findings(EXAMPLES["PROMOTED_AFTER_CANCELLATION"][0])
    assert (note.severity, note.hold, note.target) == (Severity.NOTE, Hold.NONE, "H1")
    assert OFFER_RULE_BY_CODE["DEATH_BEFORE_CANCELLATION"].hold is Hold.SOFT
    assert OFFER_RULE_BY_CODE["OTHER_GRANT_DEFERRED"].stops is Stops.OTHER_GRANT


def test_an_offer_in_order_has_no_findings_at_any_stage() -> None:
    assert codes(offer()) == codes(closed()) == codes(accepted()) == []


# ------------------------------------------------------------------------------------------- extensions and changes


def test_an_extension_made_with_the_notice_must_reach_the_midnight_after_the_tenth_day() -> None:
    for to, fires in (("07-25T17:00:00", True), ("07-25T20:59:59", True), ("07-25T21:00:00", False)):
        state = changed(14, ChangeKind.NUMBER, Extension(pt("07-14T09:00:00"), pt(to)))
        assert ("EXT_TEN_DAYS_REQUIRED" in codes(offer(state=state))) is fires, to


def test_an_offer_extended_before_the_notice_beyond_the_tenth_day_needs_no_more() -> None:
    state = changed(14, ChangeKind.NUMBER, Extension(pt("07-11T09:00:00"), pt("07-25T17:00:00")))
    assert codes(offer(state=state)) == []


def test_a_late_extension_does_not_satisfy_the_ten_days() -> None:
    state = changed(14, ChangeKind.NUMBER, Extension(pt("07-25T07:00:00"), pt("07-31T17:00:00")))
    assert codes(offer(state=state, as_of=pt("07-25T08:00:00"))) == ["EXT_ANNOUNCED_LATE", "EXT_TEN_DAYS_REQUIRED"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (ChangeKind.CONSIDERATION, "EXT_TEN_DAYS_REQUIRED"),
        (ChangeKind.NUMBER, "EXT_TEN_DAYS_REQUIRED"),
        (ChangeKind.OTHER, "EXT_MATERIAL_CHANGE"),
        (ChangeKind.CONDITION_WAIVED, "EXT_MATERIAL_CHANGE"),
    ],
)
def test_what_changed_decides_which_rule_answers(kind: ChangeKind, expected: str) -> None:
    assert codes(offer(state=changed(21, kind))) == [expected]


def test_a_material_change_says_what_happened_and_why() -> None:
    (condition,) = offer_findings(offer(state=changed(21, ChangeKind.CONDITION_WAIVED)))
    (other,) = offer_findings(offer(state=changed(21, ChangeKind.OTHER)))
    assert condition.message == "a condition was waived with notice on 2003-07-21: as announced"
    assert other.message == "the offer changed with notice on 2003-07-21: as announced"


def test_a_change_without_a_reason_says_that_none_is_recorded() -> None:
    state = OfferState(TERMS.expiration, changes=(TermsChange(JULY(21), ChangeKind.OTHER),))
    assert "no reason recorded" in offer_findings(offer(state=state))[0].message


# -------------------------------------------------------------------------------------------------------- waivers


def test_a_universal_waiver_that_left_a_rejected_form_behind_is_not_universal() -> None:
    upheld = finding("EMAIL_MISSING", Hold.SOFT, Resolution.UPHELD)
    case = offer(state=waived("EMAIL_MISSING"), judgements=(judged("A", EMAIL_WAIVED), judged("B", upheld)))
    assert [(f.code, f.target) for f in offer_findings(case)] == [("WAIVER_NOT_UNIVERSAL", "EMAIL_MISSING")]
    assert "on B" in offer_findings(case)[0].message


def test_a_universal_waiver_that_reached_everybody_is_in_order() -> None:
    case = offer(state=waived("EMAIL_MISSING"), judgements=(judged("A", EMAIL_WAIVED), judged("B", EMAIL_CLEARED)))
    assert codes(case) == []


def test_a_waiver_says_nothing_about_other_defects() -> None:
    other = finding("ADDRESS_MISSING", Hold.SOFT)
    assert codes(offer(state=waived("EMAIL_MISSING", "A"), judgements=(judged("B", other),))) == []


@pytest.mark.parametrize(
    "code", ["LATE_RECEIPT", "FAX_STRADDLES_DEADLINE", "RECEIPT_TZ_CRITICAL", "RECEIPT_TIME_UNKNOWN"]
)
def test_no_waiver_lets_in_what_is_or_may_be_late(code: str) -> None:
    assert codes(offer(state=waived(code))) == ["WAIVER_LATE_BARRED"]


def test_the_class_decision_on_the_exact_deadline_is_no_waiver_of_lateness() -> None:
    assert codes(offer(state=waived("RECEIPT_AT_DEADLINE"))) == []


# --------------------------------------------------------------------------------------- holders until cancellation


@pytest.mark.parametrize(
    "kind",
    [
        CHANGE.LEFT,
        CHANGE.BECAME_CONSULTANT,
        CHANGE.BECAME_DIRECTOR,
        CHANGE.PROMOTED,
        CHANGE.MOVED_ABROAD,
    ],
)
def test_eligibility_can_be_lost_until_the_cancellation_date(kind: HolderChangeKind) -> None:
    assert codes(offer(holder_changes=happened(kind, JULY(25)))) == ["STATUS_LOST_BEFORE_CANCELLATION"]
    assert codes(offer(holder_changes=happened(kind, JULY(26)))) == []
    assert codes(offer(holder_changes=happened(kind, JULY(25), holder_id="H2"))) == []


def test_a_holder_rehired_before_cancellation_is_an_employee_on_that_day() -> None:
    left_and_back = (*happened(CHANGE.LEFT, JULY(20)), *happened(CHANGE.REHIRED, JULY(25)))
    assert codes(offer(holder_changes=left_and_back)) == []
    assert codes(offer(holder_changes=left_and_back[:1])) == ["STATUS_LOST_BEFORE_CANCELLATION"]


def test_a_cancellation_moved_by_an_extension_looks_at_the_new_day() -> None:
    left = happened(CHANGE.LEFT, date(2003, 8, 1))
    assert codes(offer(holder_changes=left)) == []
    assert codes(offer(holder_changes=left, state=extension("07-24T12:00:00"))) == ["STATUS_LOST_BEFORE_CANCELLATION"]


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({"category": Category.FORMER}, True),
        ({"category": Category.CONSULTANT}, True),
        ({"category": Category.DIRECTOR}, True),
        ({"category": Category.EXECUTIVE_OFFICER}, True),
        ({"category": Category.EXECUTIVE_MANAGEMENT}, True),
        ({"country": "CA"}, True),
        ({"country": None}, False),
        ({"title": "Engineer"}, False),
    ],
)
def test_until_acceptance_the_ledger_speaks_too(changes: dict[str, object], lost: bool) -> None:
    assert codes(offer(ledger=ledger(**changes))) == (["STATUS_LOST_BEFORE_CANCELLATION"] if lost else [])  # type: ignore[arg-type]


def test_a_holder_gone_from_the_ledger_is_no_eligible_person() -> None:
    empty = OptionLedger.of([], ledger().grants)
    assert [(f.code, f.target) for f in offer_findings(offer(ledger=empty))] == [
        ("STATUS_LOST_BEFORE_CANCELLATION", "H1")
    ]


@pytest.mark.parametrize(
    "books",
    [
        OptionLedger.of(ledger().holders, ledger().grants[1:]),
        OptionLedger.of(ledger().holders, [replace(ledger().grants[0], holder_id="H2")]),
        ledger(0),
    ],
)
def test_a_tendered_grant_no_longer_held_is_not_accepted(books: OptionLedger) -> None:
    found = offer_findings(offer(ledger=books, shares_at_receipt=MappingProxyType({})))
    assert [(f.code, f.target) for f in found] == [("STATUS_LOST_BEFORE_CANCELLATION", "1041")]


def test_after_acceptance_only_dated_changes_can_say_who_was_eligible() -> None:
    late = accepted(holder_changes=happened(CHANGE.LEFT, date(2003, 10, 1)))
    assert codes(replace(late, ledger=ledger(0, category=Category.FORMER))) == ["STATUS_LOST_BEFORE_GRANT"]
    early = accepted(holder_changes=happened(CHANGE.LEFT, JULY(24)))
    assert "STATUS_LOST_BEFORE_CANCELLATION" in codes(early)


def test_a_death_is_for_a_person_and_not_a_lost_status() -> None:
    case = offer(holder_changes=happened(CHANGE.DIED, JULY(20)))
    assert codes(case) == ["DEATH_BEFORE_CANCELLATION"]
    assert "do not accept" in offer_findings(case)[0].suggestion


@pytest.mark.parametrize("unknown", [{}, {"1187": 5000}])
def test_shares_at_receipt_that_nobody_recorded_are_not_compared(unknown: dict[str, int]) -> None:
    assert codes(offer(ledger=ledger(999), shares_at_receipt=MappingProxyType(unknown))) == []


def test_cancelled_shares_are_not_exercised_ones() -> None:
    assert codes(accepted()) == []


# --------------------------------------------------------------------------------------------- until the new grant


@pytest.mark.parametrize("kind", [CHANGE.LEFT, CHANGE.BECAME_CONSULTANT, CHANGE.DIED])
def test_employment_may_not_end_between_cancellation_and_the_new_grant(kind: HolderChangeKind) -> None:
    for day, fires in ((JULY(26), True), (JANUARY(26), True), (JANUARY(27), False)):
        assert codes(accepted(holder_changes=happened(kind, day))) == (["STATUS_LOST_BEFORE_GRANT"] if fires else [])


def test_leaving_on_the_cancellation_date_is_a_status_lost_before_and_not_after_it() -> None:
    case = accepted(holder_changes=happened(CHANGE.LEFT, JULY(25)))
    assert codes(case) == ["STATUS_LOST_BEFORE_CANCELLATION"]


def test_a_break_and_rehire_before_the_grant_is_for_a_person() -> None:
    case = accepted(
        holder_changes=(*happened(CHANGE.LEFT, date(2003, 9, 1)), *happened(CHANGE.REHIRED, date(2003, 10, 1)))
    )
    (found,) = offer_findings(case)
    assert (found.code, found.severity, found.hold) == ("STATUS_LOST_BEFORE_GRANT", Severity.REVIEW, Hold.SOFT)
    left_again = replace(case, holder_changes=(*case.holder_changes, *happened(CHANGE.LEFT, date(2003, 11, 1))))
    assert offer_findings(left_again)[0].severity is Severity.FATAL


def test_a_rehire_before_cancellation_is_no_break_after_it() -> None:
    changes = (*happened(CHANGE.LEFT, JULY(1)), *happened(CHANGE.REHIRED, JULY(10)))
    assert codes(accepted(holder_changes=changes)) == []


@pytest.mark.parametrize("category", [Category.FORMER, Category.CONSULTANT])
def test_the_ledger_tells_of_a_loss_that_nobody_reported(category: Category) -> None:
    case = replace(accepted(), ledger=ledger(0, category=category))
    assert codes(case) == ["STATUS_LOST_BEFORE_GRANT"]
    assert codes(replace(case, ledger=OptionLedger.of([], case.ledger.grants))) == ["STATUS_LOST_BEFORE_GRANT"]
    assert codes(replace(case, as_of=datetime(2004, 1, 26, 9, tzinfo=PACIFIC))) == ["STATUS_LOST_BEFORE_GRANT"]
    assert codes(replace(case, as_of=datetime(2004, 1, 27, 9, tzinfo=PACIFIC))) == []


def test_promotion_is_noted_only_between_cancellation_and_grant() -> None:
    assert codes(accepted(holder_changes=happened(CHANGE.PROMOTED, JANUARY(26)))) == ["PROMOTED_AFTER_CANCELLATION"]
    assert codes(accepted(holder_changes=happened(CHANGE.PROMOTED, JULY(25)))) == ["STATUS_LOST_BEFORE_CANCELLATION"]


@pytest.mark.parametrize(
    ("granted_on", "fires"),
    [(JULY(24), False), (JULY(25), True), (JANUARY(25), True), (JANUARY(26), False)],
)
def test_no_other_option_from_acceptance_until_the_new_grant(granted_on: date, fires: bool) -> None:
    case = replace(accepted(), ledger=with_grant(granted_on))
    assert [(f.code, f.target) for f in offer_findings(case)] == ([("OTHER_GRANT_DEFERRED", "2001")] if fires else [])


def test_nobody_is_a_participant_before_acceptance() -> None:
    assert codes(offer(ledger=with_grant(date(2003, 8, 1)), holder_changes=BARRED)) == []


def test_a_bar_after_the_grant_date_does_not_undo_it() -> None:
    assert codes(accepted(holder_changes=happened(CHANGE.GRANT_BARRED, JANUARY(27)))) == []
    assert codes(accepted(holder_changes=happened(CHANGE.GRANT_BARRED, JANUARY(26)))) == ["GRANT_PROHIBITED"]


@pytest.mark.parametrize(("detail", "said"), [("moved to France", "moved to France"), ("", "no reason recorded")])
def test_a_barred_grant_is_shown_with_its_reason(detail: str, said: str) -> None:
    barred = (replace(BARRED[0], detail=detail),)
    assert offer_findings(accepted(holder_changes=barred))[0].message == f"barred since 2003-10-01: {said}"


# -------------------------------------------------------------------------------------------------------- the close


@pytest.mark.parametrize(
    ("change", "target"),
    [
        (lambda: {"standings": CONTESTED}, "H1"),
        (lambda: {"judgements": (judged("S1", EMAIL_OPEN),)}, "H1"),
        (lambda: {"judgements": (judged("S1"), judged("S9", holder_id=None, held=True))}, "S9"),
        (
            lambda: {"judgements": (judged("S1"), *_deadline(Resolution.UPHELD, Resolution.CLEARED))},
            "RECEIPT_AT_DEADLINE",
        ),
    ],
)
def test_the_close_is_blocked_from_expiration_on(change: Callable[[], dict[str, object]], target: str) -> None:
    for as_of, fires in (("07-24T17:00:00", False), ("07-24T17:00:01", True), ("07-25T07:00:00", True)):
        found = offer_findings(offer(as_of=pt(as_of), **change()))
        assert [(f.code, f.target) for f in found] == ([("CLOSE_BLOCKED", target)] if fires else []), as_of
    assert "CLOSE_BLOCKED" not in codes(accepted(**change()))


def _deadline(*resolutions: Resolution) -> tuple[Judgement, ...]:
    return tuple(
        judged(f"D{n}", finding("RECEIPT_AT_DEADLINE", Hold.SOFT, resolution))
        for n, resolution in enumerate(resolutions)
    )


@pytest.mark.parametrize(
    "judgements",
    [
        (judged("S1", EMAIL_WAIVED),),
        (judged("S1", EMAIL_CLEARED),),
        (judged("S1", finding("FORM_VERSION_OLD", Hold.NONE)),),
        (judged("S1"), judged("S0", EMAIL_OPEN)),
        (judged("S1"), judged("S9", holder_id=None)),
        (judged("S1"), *_deadline(Resolution.UPHELD, Resolution.UPHELD)),
        (judged("S1"), *_deadline(Resolution.CLEARED, Resolution.CLEARED)),
    ],
)
def test_nothing_blocks_the_close_when_all_that_counts_is_decided(judgements: tuple[Judgement, ...]) -> None:
    assert codes(closed(judgements=judgements)) == []


def test_a_withdrawal_with_an_open_soft_finding_blocks_the_close_too() -> None:
    notice = judged("S1", finding("NOTICE_NAME_DIFFERS", Hold.SOFT))
    withdrawn = MappingProxyType({"H1": Standing(State.WITHDRAWN, basis="S1")})
    assert codes(closed(judgements=(notice,), standings=withdrawn)) == ["CLOSE_BLOCKED"]


# --------------------------------------------------------------------------------------- decisions on these findings


def _decision(code: str, target: str, verdict: Verdict, minute: int = 0) -> Decision:
    return Decision(f"D{minute}", OFFER, code, target, verdict, "reviewer", pt(f"07-25T07:{minute:02}:00"), "seen")


@pytest.mark.parametrize(
    ("verdicts", "resolution"),
    [
        ((), Resolution.OPEN),
        ((Verdict.CLEAR,), Resolution.CLEARED),
        ((Verdict.UPHOLD,), Resolution.UPHELD),
        ((Verdict.CLEAR, Verdict.UPHOLD), Resolution.UPHELD),
        ((Verdict.RECODE,), Resolution.OPEN),
    ],
)
def test_a_review_of_the_offer_is_resolved_by_the_last_decision_on_it(
    verdicts: tuple[Verdict, ...], resolution: Resolution
) -> None:
    case = offer(holder_changes=happened(CHANGE.DIED, JULY(20)))
    decisions = tuple(_decision("DEATH_BEFORE_CANCELLATION", "H1", v, n) for n, v in enumerate(verdicts))
    assert offer_findings(replace(case, decisions=decisions[::-1]))[0].resolution is resolution


def test_a_decision_on_another_target_changes_nothing() -> None:
    case = offer(holder_changes=happened(CHANGE.DIED, JULY(20)))
    decided = replace(case, decisions=(_decision("DEATH_BEFORE_CANCELLATION", "H2", Verdict.CLEAR),))
    assert offer_findings(decided)[0].resolution is Resolution.OPEN


@pytest.mark.parametrize(
    ("said", "resolution"),
    [
        ("1,000 shares when the form came; 999 now", Resolution.CLEARED),
        ("1,000 shares when the form came; 998 now", Resolution.OPEN),
    ],
)
def test_a_decision_holds_for_what_the_finding_said(said: str, resolution: Resolution) -> None:
    decision = replace(_decision("EXERCISED_AFTER_TENDER", "1041", Verdict.CLEAR), about=("something else", said))
    assert offer_findings(offer(ledger=ledger(999), decisions=(decision,)))[0].resolution is resolution


def test_a_fact_of_record_cannot_be_decided_away() -> None:
    case = offer(
        state=waived("LATE_RECEIPT"), decisions=(_decision("WAIVER_LATE_BARRED", "LATE_RECEIPT", Verdict.CLEAR),)
    )
    assert offer_findings(case)[0].resolution is Resolution.OPEN


def test_the_rule_table_prints_the_rules_of_group_g_with_both_examples() -> None:
    for rule in OFFER_RULES:
        entry = render_rule(rule.code.lower())
        for said in (rule.code, rule.text, rule.follows, rule.cite, rule.suggestion, rule.fires, rule.passes):
            assert said in entry
        assert entry in render_markdown()
        assert ("**Advice:**" in entry) == bool(rule.suggestion)
