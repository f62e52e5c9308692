"""What may happen to the offer, and what is refused with the rule that forbids it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pytest

from core.decisions import Waiver
from core.events import DefectWaived, OfferAccepted, OfferChanged, OfferExtended, OfferTerminated
from core.findings import FORM, Disposition, Finding, Hold, Resolution, Severity
from core.holders import Category, Grant, GrantType, Holder, OptionLedger, Plan
from core.judgements import Judgement, Standing, State
from core.offer_state import AcceptedGrant, ChangeKind, Extension, OfferState, TermsChange
from offers.business_days import PACIFIC
from offers.loading import load_offer
from validators.offer_case import OfferCase
from validators.offer_decisions import (
    OfferEventRefused,
    decide_acceptance,
    decide_change,
    decide_extension,
    decide_termination,
    decide_waiver,
)

TERMS = load_offer(Path(__file__).parents[2] / "offers/capstone_2003").terms
CODES = frozenset({"EMAIL_MISSING", "LATE_RECEIPT", "RECEIPT_TZ_CRITICAL", "RECEIPT_AT_DEADLINE"})


def pt(text: str) -> datetime:
    return datetime.fromisoformat(f"2003-{text}").replace(tzinfo=PACIFIC)


NAIVE = pt("07-24T12:00:00").replace(tzinfo=None)
OPEN = OfferState(TERMS.expiration)


def now(text: str, state: OfferState = OPEN, **changes: object) -> OfferCase:
    """The offer at that moment: H1 stands tendered with grant 1041, in good order."""
    grant = Grant("1041", "H1", Plan.PLAN_2000, date(2001, 3, 15), Decimal("24.50"), 1000, 0, 0, GrantType.NSO)
    standing = Standing(State.TENDERED, MappingProxyType({"1041": 1000}), basis="S1")
    case = OfferCase(
        TERMS,
        state,
        pt(text),
        OptionLedger.of([Holder("H1", "Ana Ortega", Category.EMPLOYEE)], [grant]),
        standings=MappingProxyType({"H1": standing}),
    )
    return replace(case, **changes)  # type: ignore[arg-type]


def with_email_missing(*ids: str) -> tuple[Judgement, ...]:
    finding = Finding("EMAIL_MISSING", Severity.CURABLE, Hold.SOFT, FORM, "m", "c")
    return tuple(Judgement(id, "H1", (finding,), Disposition.EFFECTIVE, MappingProxyType({}), None, None) for id in ids)


def waiver(code: str, *ids: str, at: str = "07-24T12:00:00", reason: str = "class decision") -> Waiver:
    return Waiver("W1", code, "clerk", pt(at), reason, ids or None)


def refusal(decide: Callable[[], object]) -> OfferEventRefused:
    with pytest.raises(OfferEventRefused) as refused:
        decide()
    return refused.value


# --------------------------------------------------------------------------------------------------------- extension


def test_an_extension_in_time_is_recorded_and_brings_no_finding() -> None:
    decided = decide_extension(now("07-24T12:00:00"), pt("07-24T12:00:00"), pt("07-31T17:00:00"), "more time")
    assert decided.event == OfferExtended(Extension(pt("07-24T12:00:00"), pt("07-31T17:00:00")), "more time")
    assert decided.findings == ()


@pytest.mark.parametrize(("announced", "found"), [("06:00:00", []), ("06:00:01", ["EXT_ANNOUNCED_LATE"])])
def test_an_extension_after_six_is_recorded_with_the_finding_that_it_is_not_applied(
    announced: str, found: list[str]
) -> None:
    at = f"07-25T{announced}"
    decided = decide_extension(now(at), pt(at), pt("07-31T17:00:00"), "more time")
    assert isinstance(decided.event, OfferExtended)
    assert [finding.code for finding in decided.findings] == found


def test_only_what_the_extension_brings_is_reported_with_it() -> None:
    earlier = OfferState(TERMS.expiration, (Extension(pt("07-25T07:00:00"), pt("07-31T17:00:00")),))
    decided = decide_extension(now("07-25T08:00:00", earlier), pt("07-25T08:00:00"), pt("08-07T17:00:00"), "again")
    assert len(decided.findings) == 1
    assert "08:00:00" in decided.findings[0].message


@pytest.mark.parametrize(
    ("announced_at", "new_expiration", "says"),
    [
        ("07-24T12:00:00", "07-24T17:00:00", "not later than the one in force"),
        ("07-24T12:00:00", "07-23T17:00:00", "not later than the one in force"),
        ("07-25T05:00:00", "07-25T05:00:00", "not after its announcement"),
        ("07-25T05:00:00", "07-25T04:00:00", "not after its announcement"),
        ("07-25T12:00:01", "07-31T17:00:00", "has not happened yet"),
    ],
)
def test_an_extension_that_extends_nothing_is_refused(announced_at: str, new_expiration: str, says: str) -> None:
    case = now("07-25T12:00:00")
    assert says in str(refusal(lambda: decide_extension(case, pt(announced_at), pt(new_expiration), "r")))


def test_an_extension_by_a_second_is_one() -> None:
    decided = decide_extension(now("07-24T12:00:00"), pt("07-24T12:00:00"), pt("07-24T17:00:01"), "r")
    assert isinstance(decided.event, OfferExtended)


def test_an_extension_may_not_be_dated_before_one_on_record() -> None:
    state = OfferState(TERMS.expiration, (Extension(pt("07-24T12:00:00"), pt("07-31T17:00:00")),))
    case = now("07-24T13:00:00", state)
    before = refusal(lambda: decide_extension(case, pt("07-24T11:59:59"), pt("08-07T17:00:00"), "r"))
    assert "is on record already" in str(before)
    assert decide_extension(case, pt("07-24T12:00:00"), pt("08-07T17:00:00"), "r").findings == ()


# ------------------------------------------------------------------------------------------- changes and termination


def test_a_changed_price_is_recorded_with_the_extension_that_it_asks_for() -> None:
    decided = decide_change(now("07-14T12:00:00"), date(2003, 7, 14), ChangeKind.CONSIDERATION, "a better price")
    assert decided.event == OfferChanged(TermsChange(date(2003, 7, 14), ChangeKind.CONSIDERATION, "a better price"))
    assert [finding.code for finding in decided.findings] == ["EXT_TEN_DAYS_REQUIRED"]


@pytest.mark.parametrize(
    ("as_of", "notified_on", "allowed"),
    [
        ("07-24T16:59:59", 24, True),
        ("07-24T17:00:00", 24, False),
        ("07-24T17:00:00", 23, True),
        ("07-24T12:00:00", 25, False),
    ],
)
def test_the_offer_can_be_changed_only_before_it_expires(as_of: str, notified_on: int, allowed: bool) -> None:
    def decide() -> object:
        return decide_change(now(as_of), date(2003, 7, notified_on), ChangeKind.CONDITION_WAIVED, "r")

    if allowed:
        assert decide()
    else:
        assert "comes after the expiration" in str(refusal(decide))


def test_a_termination_before_expiration_is_recorded() -> None:
    decided = decide_termination(now("07-24T16:59:59"), pt("07-24T16:59:59"), "market fall")
    assert decided.event == OfferTerminated(pt("07-24T16:59:59"), "market fall")


@pytest.mark.parametrize("terminated_at", ["07-24T17:00:00", "07-24T17:00:01"])
def test_a_termination_at_or_after_expiration_goes_to_counsel(terminated_at: str) -> None:
    refused = refusal(lambda: decide_termination(now("07-26T12:00:00"), pt(terminated_at), "market fall"))
    assert refused.code == "OFFER_TERMINATED"
    assert "ask counsel" in str(refused)


def test_a_termination_is_measured_from_the_extended_expiration() -> None:
    state = OfferState(TERMS.expiration, (Extension(pt("07-24T12:00:00"), pt("07-31T17:00:00")),))
    assert decide_termination(now("07-26T12:00:00", state), pt("07-26T12:00:00"), "market fall")


# ----------------------------------------------------------------------------------------------------------- waivers


def test_a_class_of_defects_is_waived_for_everybody() -> None:
    decided = decide_waiver(now("07-24T12:00:00"), waiver("EMAIL_MISSING"), CODES)
    assert decided.event == DefectWaived(waiver("EMAIL_MISSING"))


@pytest.mark.parametrize("code", ["LATE_RECEIPT", "RECEIPT_TZ_CRITICAL"])
def test_lateness_is_never_waived_and_the_refusal_says_what_to_do(code: str) -> None:
    refused = refusal(lambda: decide_waiver(now("07-24T12:00:00"), waiver(code), CODES))
    assert refused.code == "WAIVER_LATE_BARRED"
    assert refused.cite == "OTE Q21"
    assert "extend the offer instead, by 2003-07-25 06:00" in str(refused)


def test_a_waiver_for_one_holder_is_refused_while_another_has_the_same_defect() -> None:
    case = now("07-24T12:00:00", judgements=with_email_missing("A", "B"))
    refused = refusal(lambda: decide_waiver(case, waiver("EMAIL_MISSING", "A"), CODES))
    assert refused.code == "WAIVER_NOT_UNIVERSAL"
    assert "stands on B" in str(refused)
    assert decide_waiver(case, waiver("EMAIL_MISSING", "A", "B"), CODES)
    assert decide_waiver(case, waiver("EMAIL_MISSING"), CODES)


def test_a_waiver_of_an_unknown_code_is_refused() -> None:
    assert "no code of a rule" in str(refusal(lambda: decide_waiver(now("07-24T12:00:00"), waiver("EMIAL"), CODES)))


# -------------------------------------------------------------------------------------------------------- acceptance


def accept(case: OfferCase, at: str = "07-25T10:00:00") -> object:
    return decide_acceptance(case, pt(at), "e-mail", "all conditions met")


def test_acceptance_after_the_window_takes_the_standing_tenders() -> None:
    decided = decide_acceptance(now("07-25T10:00:00"), pt("07-25T10:00:00"), "e-mail", "all conditions met")
    grants = (AcceptedGrant("H1", "1041", 1000, "S1"),)
    assert decided.event == OfferAccepted(pt("07-25T10:00:00"), "e-mail", "all conditions met", grants)
    assert decided.findings == ()


@pytest.mark.parametrize(
    ("at", "allowed"),
    [("07-24T16:00:00", False), ("07-24T17:00:01", False), ("07-25T06:00:00", False), ("07-25T06:00:01", True)],
)
def test_acceptance_waits_for_the_expiration_and_the_window_of_its_extension(at: str, allowed: bool) -> None:
    if allowed:
        assert accept(now("07-25T12:00:00"), at)
    else:
        assert "too early" in str(refusal(lambda: accept(now("07-25T12:00:00"), at)))


def test_an_extension_moves_the_acceptance() -> None:
    state = OfferState(TERMS.expiration, (Extension(pt("07-24T12:00:00"), pt("07-31T17:00:00")),))
    assert "too early" in str(refusal(lambda: accept(now("07-25T12:00:00", state))))
    assert accept(now("08-01T12:00:00", state), "08-01T06:00:01")


def test_acceptance_with_anything_open_is_refused_and_names_every_matter() -> None:
    contested = Standing(State.TENDERED, MappingProxyType({"1041": 1000}), basis="A", contested=True)
    case = now(
        "07-25T12:00:00",
        judgements=with_email_missing("A"),
        standings=MappingProxyType({"H1": contested}),
        state=replace(OPEN, changes=(TermsChange(date(2003, 7, 21), ChangeKind.OTHER, "new text"),)),
    )
    refused = refusal(lambda: accept(case))
    assert refused.code == "CLOSE_BLOCKED"
    assert [finding.code for finding in refused.findings] == ["EXT_MATERIAL_CHANGE", "CLOSE_BLOCKED", "CLOSE_BLOCKED"]
    assert "3 matters are open" in str(refused)
    assert "EMAIL_MISSING" in str(refused)


def test_acceptance_says_how_the_holders_were_told() -> None:
    refused = refusal(lambda: decide_acceptance(now("07-25T12:00:00"), pt("07-25T10:00:00"), " ", "r"))
    assert "how the holders were told" in str(refused)


def test_a_waived_defect_no_longer_blocks() -> None:
    (judgement,) = with_email_missing("S1")
    case = now("07-25T12:00:00", judgements=(judgement,))
    assert refusal(lambda: accept(case)).code == "CLOSE_BLOCKED"
    waived = replace(judgement, findings=(replace(judgement.findings[0], resolution=Resolution.WAIVED),))
    assert accept(replace(case, judgements=(waived,), state=replace(OPEN, waivers=(waiver("EMAIL_MISSING"),))))


# ------------------------------------------------------------------------------------------------ what all ask for

DECISIONS: dict[str, Callable[[OfferCase, str], object]] = {
    "extend": lambda case, reason: decide_extension(case, pt("07-24T12:00:00"), pt("07-31T17:00:00"), reason),
    "change": lambda case, reason: decide_change(case, date(2003, 7, 14), ChangeKind.OTHER, reason),
    "terminate": lambda case, reason: decide_termination(case, pt("07-24T12:00:00"), reason),
    "waive": lambda case, reason: decide_waiver(case, waiver("EMAIL_MISSING", reason=reason), CODES),
    "accept": lambda case, reason: decide_acceptance(case, pt("07-25T10:00:00"), "e-mail", reason),
}


@pytest.mark.parametrize("name", DECISIONS)
def test_nothing_happens_to_the_offer_without_a_reason(name: str) -> None:
    assert DECISIONS[name](now("07-25T12:00:00"), "a reason")
    assert "give a reason" in str(refusal(lambda: DECISIONS[name](now("07-25T12:00:00"), " ")))


@pytest.mark.parametrize("name", DECISIONS)
def test_nothing_more_happens_to_an_offer_that_is_over(name: str) -> None:
    terminated = replace(OPEN, terminated_at=pt("07-24T11:00:00"))
    assert "was terminated" in str(refusal(lambda: DECISIONS[name](now("07-25T12:00:00", terminated), "r")))
    accepted = replace(OPEN, accepted_at=pt("07-25T09:00:00"))
    assert "acceptance was given" in str(refusal(lambda: DECISIONS[name](now("07-25T12:00:00", accepted), "r")))


@pytest.mark.parametrize("name", ["extend", "terminate", "waive", "accept"])
def test_what_has_not_happened_yet_is_not_recorded(name: str) -> None:
    assert "has not happened yet" in str(refusal(lambda: DECISIONS[name](now("07-24T11:59:59"), "r")))


@pytest.mark.parametrize(
    "decide",
    [
        lambda case: decide_extension(case, NAIVE, pt("07-31T17:00:00"), "r"),
        lambda case: decide_extension(case, pt("07-24T12:00:00"), NAIVE, "r"),
        lambda case: decide_termination(case, NAIVE, "r"),
        lambda case: decide_acceptance(case, NAIVE, "e-mail", "r"),
        lambda case: decide_waiver(case, replace(waiver("EMAIL_MISSING"), waived_at=NAIVE), CODES),
    ],
)
def test_a_time_without_zone_is_refused(decide: Callable[[OfferCase], object]) -> None:
    assert "has no UTC offset" in str(refusal(lambda: decide(now("07-25T12:00:00"))))


def test_a_refusal_shows_code_reason_and_source() -> None:
    shown = str(refusal(lambda: decide_waiver(now("07-24T12:00:00"), waiver("LATE_RECEIPT"), CODES)))
    assert shown.startswith("WAIVER_LATE_BARRED: LATE_RECEIPT cannot be waived")
    assert shown.endswith("(OTE Q21)")
