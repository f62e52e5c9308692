"""The rules about the offer and its holders rather than one form (rulebook 3 G).

Each rule is a function over one immutable `OfferCase`; `OFFER_RULES` lists them in the rulebook's order. It refuses to
know the journal, the clock, and who may decide what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from enum import StrEnum
from types import MappingProxyType

from core.decisions import Decision, Verdict, Waiver
from core.findings import Disposition, Finding, Hold, Resolution, Severity
from core.holder_changes import HolderChangeKind
from core.holders import Category, Holder
from core.judgements import Judgement
from core.offer_state import ChangeKind
from offers.business_days import ten_business_day_rule
from offers.state import current_expiration, judged_extensions, state_as_of
from validators.offer_case import OfferCase
from validators.ruling import NEVER_WAIVED

OFFER = "offer"
"""The target of a finding about the offer as a whole, and the `submission_id` of a decision on it."""

_CLASS_CODES = frozenset({"RECEIPT_AT_DEADLINE"})
"""Findings of fact that are decided once for every form alike: clearing one and upholding another is no decision."""


class Stops(StrEnum):
    """What a finding of a rule stops."""

    CLOSE = "the acceptance of every tender"
    TENDER = "the acceptance of this tender"
    GRANT = "the new grant"
    OTHER_GRANT = "the other grant"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class OfferFlaw:
    """One thing a rule found: `target` is the offer, a holder, a grant or a code; `for_review` lightens a fatal one."""

    message: str
    target: str = OFFER
    for_review: bool = False


OfferCheck = Callable[[OfferCase], Iterable[OfferFlaw]]

_HOLD = {Severity.FATAL: Hold.HARD, Severity.REVIEW: Hold.SOFT, Severity.NOTE: Hold.NONE}
"""A tender under an offer-level review counts provisionally, yet acceptance waits for the decision (decision 0024)."""


@dataclass(frozen=True, slots=True)
class OfferRule:
    """One entry of the rulebook's group G, with the function that checks it; its docstring is for the reviewer."""

    code: str
    severity: Severity
    stops: Stops
    cite: str
    follows: str
    check: OfferCheck
    suggestion: str
    fires: str
    """An example that the rule finds; `passes` is its near miss. Both are tests, and stand in the rule table."""
    passes: str

    @property
    def hold(self) -> Hold:
        return _HOLD[self.severity]

    @property
    def text(self) -> str:
        """What the rule checks: the function's docstring as one paragraph."""
        return " ".join((self.check.__doc__ or "").split())

    def finding(self, flaw: OfferFlaw) -> Finding:
        severity = Severity.REVIEW if flaw.for_review else self.severity
        return Finding(self.code, severity, _HOLD[severity], flaw.target, flaw.message, self.cite, self.suggestion)


def offer_rule(
    code: str,
    severity: Severity,
    stops: Stops,
    *,
    cite: str,
    follows: str,
    fires: str,
    passes: str,
    suggestion: str = "",
) -> Callable[[OfferCheck], OfferRule]:
    """Makes an `OfferRule` of a function that yields flaws."""

    def of(check: OfferCheck) -> OfferRule:
        return OfferRule(code, severity, stops, cite, follows, check, suggestion, fires, passes)

    return of


# ------------------------------------------------------------------------------------- extensions and waivers


@offer_rule(
    "EXT_ANNOUNCED_LATE",
    Severity.REVIEW,
    Stops.CLOSE,
    cite="OTE Q20, §15",
    follows="The extension is not applied and late forms stay late until counsel has decided.",
    fires="announced July 25, 6:00:01 a.m. Pacific for an expiration of July 24, 5:00 p.m.",
    passes="announced at 6:00:00 a.m. sharp",
)
def extends_before_six_on_the_next_business_day(case: OfferCase) -> Iterator[OfferFlaw]:
    """An extension must be announced by 6:00 a.m. Pacific on the business day after the expiration then in force."""
    for one in judged_extensions(case.state, case.terms.announcement_limit):
        if one.announced_late:
            yield OfferFlaw(
                f"extension to {one.extension.new_expiration} announced {one.extension.announced_at}; "
                f"the expiration {one.expiration_before} could be extended until {one.limit_at}"
            )


@offer_rule(
    "EXT_TEN_DAYS_REQUIRED",
    Severity.FATAL,
    Stops.CLOSE,
    cite="OTE §2, §15",
    follows="The offer must be extended, to no earlier than the midnight (Eastern) that ends the tenth business day.",
    fires="price changed with notice on July 14, expiration July 24: the tenth business day is July 25",
    passes="notice on July 11: the tenth business day is July 24",
)
def stays_open_ten_business_days_after_a_changed_price_or_number(case: OfferCase) -> Iterator[OfferFlaw]:
    """After notice of a changed consideration or number, the offer may not expire before the tenth business day.

    The count starts with the notice day. An expiration that was too early when notice was given must be extended to
    the end of the tenth day or later.
    """
    for change in case.state.changes:
        if change.kind not in (ChangeKind.CONSIDERATION, ChangeKind.NUMBER):
            continue
        scheduled = _expiration_before(case, change.notified_on)
        rule = ten_business_day_rule(
            change.notified_on, scheduled, case.terms.deadlines.notice_business_days, case.terms.business_zone
        )
        if rule.must_extend and case.expiration < rule.earliest_expiration:
            yield OfferFlaw(
                f"{change.kind} changed with notice on {change.notified_on}; the offer expires {case.expiration}; "
                f"the tenth business day is {rule.tenth_business_day}: extend to {rule.earliest_expiration} or later"
            )


def _expiration_before(case: OfferCase, day: date) -> datetime:
    """The expiration scheduled when `day` began on the business-day clock."""
    began_at = datetime.combine(day, time(0), tzinfo=case.terms.business_zone)
    return current_expiration(state_as_of(case.state, began_at), case.terms.announcement_limit)


@offer_rule(
    "EXT_MATERIAL_CHANGE",
    Severity.REVIEW,
    Stops.CLOSE,
    cite="OTE §15; Rules 13e-4(d)(2), (e)(3)",
    follows="Counsel sets how long the offer must stay open; there is no formula.",
    fires="a condition of §7 is waived with notice on July 21",
    passes="the number of options changes: the ten-day rule answers for that",
)
def counsel_sets_the_extension_after_another_material_change(case: OfferCase) -> Iterator[OfferFlaw]:
    """Any other material change, or the waiver of a material condition, asks counsel whether to extend."""
    for change in case.state.changes:
        if change.kind in (ChangeKind.OTHER, ChangeKind.CONDITION_WAIVED):
            what = "a condition was waived" if change.kind is ChangeKind.CONDITION_WAIVED else "the offer changed"
            yield OfferFlaw(f"{what} with notice on {change.notified_on}: {change.reason or 'no reason recorded'}")


@offer_rule(
    "WAIVER_NOT_UNIVERSAL",
    Severity.FATAL,
    Stops.CLOSE,
    cite="OTE §4 (July 9); EF-I 8 omits it, OTE governs",
    follows="Apply the waiver to every holder, or withdraw it. Judging a defect as not present is no waiver.",
    fires="EMAIL_MISSING waived on form A, open on form B",
    passes="EMAIL_MISSING waived on form A, judged as not present on form B",
)
def waives_for_everybody_or_nobody(case: OfferCase) -> Iterator[OfferFlaw]:
    """A defect waived for one holder or row may not stay open or rejected elsewhere."""
    for code in sorted({waiver.code for waiver in case.state.waivers}):
        left = without_the_waiver(code, case.state.waivers, case.judgements)
        if left:
            yield OfferFlaw(f"{code} is waived, yet open or rejected on {', '.join(left)}", code)


def without_the_waiver(code: str, waivers: Iterable[Waiver], judgements: Iterable[Judgement]) -> tuple[str, ...]:
    """Submissions on which a waived defect stays open or rejected, in order of receipt.

    A submission that a narrow waiver names has got it; one under a universal waiver must show it as waived.
    """
    named = {id for waiver in waivers if waiver.code == code for id in waiver.submission_ids or ()}
    return tuple(
        judgement.submission_id
        for judgement in judgements
        if judgement.submission_id not in named
        and any(finding.code == code and finding.stands for finding in judgement.findings)
    )


@offer_rule(
    "WAIVER_LATE_BARRED",
    Severity.FATAL,
    Stops.CLOSE,
    cite="OTE Q21",
    follows="The waiver is refused. Extending the offer is the only way to let late forms in.",
    fires="a waiver of LATE_RECEIPT is recorded",
    passes="a waiver of EMAIL_MISSING is recorded",
)
def never_waives_lateness(case: OfferCase) -> Iterator[OfferFlaw]:
    """Late tenders are accepted under no circumstances: lateness, and doubt about it, cannot be waived."""
    for waiver in case.state.waivers:
        if waiver.code in NEVER_WAIVED:
            yield OfferFlaw(f"a waiver of {waiver.code} is recorded: extend the offer instead", waiver.code)


# ------------------------------------------------------------------------------------------ holders until cancellation

_ENDS_EMPLOYMENT = (HolderChangeKind.LEFT, HolderChangeKind.BECAME_CONSULTANT, HolderChangeKind.DIED)
_EMPLOYMENT = (*_ENDS_EMPLOYMENT, HolderChangeKind.REHIRED)
_ENDS_ELIGIBILITY = (HolderChangeKind.BECAME_DIRECTOR, HolderChangeKind.PROMOTED, HolderChangeKind.MOVED_ABROAD)
_NO_EMPLOYEES = (Category.FORMER, Category.CONSULTANT)


@offer_rule(
    "STATUS_LOST_BEFORE_CANCELLATION",
    Severity.FATAL,
    Stops.TENDER,
    cite="OTE §1, Q2, Q16",
    follows="The tender is not accepted; the options stay under their own terms.",
    fires="left on July 25, cancellation July 25",
    passes="left on July 26",
)
def is_an_eligible_person_on_the_cancellation_date(case: OfferCase) -> Iterator[OfferFlaw]:
    """On the cancellation date the holder must still be eligible, and still hold each grant tendered.

    Leaving, becoming a consultant or a director, promotion to executive officer or executive management and moving
    abroad all end eligibility.
    """
    for holder_id, standing in case.tendering():
        if (reason := _not_eligible(case, holder_id)) is not None:
            yield OfferFlaw(f"{reason}; cancellation {case.cancelled_on}", holder_id)
        if case.state.accepted_at is None:
            for grant_no in standing.grants:
                grant = case.ledger.grant(grant_no)
                if grant is None or grant.holder_id != holder_id or grant.unexercised <= 0:
                    yield OfferFlaw(f"the holder has no shares under grant {grant_no} any more", grant_no)


def _not_eligible(case: OfferCase, holder_id: str) -> str | None:
    """Why the holder is no eligible person on the cancellation date; None when one, or dead (a rule of its own).

    After acceptance only what is dated counts: the ledger is today's, and may already say what came later.
    """
    by_then = tuple(change for change in case.holder_changes if change.changed_on <= case.cancelled_on)
    known = replace(case, holder_changes=by_then)
    if known.changes_of(holder_id, HolderChangeKind.DIED):
        return None
    for change in known.changes_of(holder_id, *_ENDS_ELIGIBILITY):
        return f"{_in_words(change.kind)} on {change.changed_on}"
    employment = known.changes_of(holder_id, *_EMPLOYMENT)
    if employment:
        last = employment[-1]
        return None if last.kind is HolderChangeKind.REHIRED else f"{_in_words(last.kind)} on {last.changed_on}"
    return _not_eligible_by_the_ledger(case.ledger.holder(holder_id)) if case.state.accepted_at is None else None


def _in_words(kind: StrEnum) -> str:
    return kind.replace("_", " ")


def _not_eligible_by_the_ledger(holder: Holder | None) -> str | None:
    if holder is None:
        return "the ledger has no such holder any more"
    if holder.category is not Category.EMPLOYEE:
        return f"the ledger says {_in_words(holder.category)}"
    if holder.country not in (None, "US"):
        return f"the ledger says residence {holder.country}"
    return None


@offer_rule(
    "PROMOTED_AFTER_CANCELLATION",
    Severity.NOTE,
    Stops.NOTHING,
    cite="OTE risks",
    follows="The holder stays entitled to the new option.",
    fires="promoted on July 26, cancellation July 25",
    passes="promoted on January 27, the day after the new grant",
)
def keeps_the_entitlement_when_promoted_after_cancellation(case: OfferCase) -> Iterator[OfferFlaw]:
    """Promotion to executive management between cancellation and the new grant takes nothing away."""
    for holder_id in case.participants():
        for change in case.changes_of(holder_id, HolderChangeKind.PROMOTED):
            if case.cancelled_on < change.changed_on <= case.new_grant_on:
                yield OfferFlaw(f"promoted on {change.changed_on}; cancelled {case.cancelled_on}", holder_id)


@offer_rule(
    "STATUS_LOST_BEFORE_GRANT",
    Severity.FATAL,
    Stops.GRANT,
    cite="OTE §1, Q4, Q15",
    follows="No new option and nothing returned, whatever the reason was. A break and rehire goes to a person.",
    fires="dismissed on January 26, the new grant date",
    passes="left on January 27",
)
def is_employed_on_the_new_grant_date(case: OfferCase) -> Iterator[OfferFlaw]:
    """On the new grant date the participant must be an employee of the company, a subsidiary or a successor."""
    ledger_speaks = case.terms.local_date(case.as_of) <= case.new_grant_on
    for holder_id in case.participants():
        holder = case.ledger.holder(holder_id)
        changes = [c for c in case.changes_of(holder_id, *_EMPLOYMENT) if c.changed_on <= case.new_grant_on]
        ended = next((c for c in changes if c.changed_on > case.cancelled_on and c.kind in _ENDS_EMPLOYMENT), None)
        if ended is not None:
            rehired = changes[-1].kind is HolderChangeKind.REHIRED
            more = f", rehired on {changes[-1].changed_on}" if rehired else ""
            message = f"{_in_words(ended.kind)} on {ended.changed_on}{more}; new grant {case.new_grant_on}"
            yield OfferFlaw(message, holder_id, for_review=rehired)
        elif ledger_speaks and (holder is None or holder.category in _NO_EMPLOYEES):
            says = _in_words(holder.category) if holder is not None else "nothing of the holder"
            yield OfferFlaw(f"the ledger says {says}; new grant {case.new_grant_on}", holder_id)


@offer_rule(
    "DEATH_BEFORE_CANCELLATION",
    Severity.REVIEW,
    Stops.TENDER,
    cite="EF (b) authority survives, but OTE §1(iii)",
    follows="A person decides before acceptance.",
    suggestion="do not accept: there is no eligible person; the estate keeps the options, usually for 12 months",
    fires="died on July 25, cancellation July 25",
    passes="died on July 26",
)
def lives_until_cancellation(case: OfferCase) -> Iterator[OfferFlaw]:
    """The holder's death after the tender, up to the cancellation date, leaves no eligible person."""
    for holder_id, _ in case.tendering():
        for change in case.changes_of(holder_id, HolderChangeKind.DIED):
            if change.changed_on <= case.cancelled_on:
                yield OfferFlaw(f"died on {change.changed_on}; cancellation {case.cancelled_on}", holder_id)


@offer_rule(
    "INCAPACITY",
    Severity.REVIEW,
    Stops.TENDER,
    cite="EF (b)",
    follows="The form stays valid.",
    suggestion="ask HR whether the holder is still an employee",
    fires="a tendering holder is incapacitated",
    passes="a holder who has withdrawn is incapacitated",
)
def is_not_incapacitated(case: OfferCase) -> Iterator[OfferFlaw]:
    """The authority given by the form survives incapacity; whether employment does, HR must say."""
    for holder_id, _ in case.tendering():
        for change in case.changes_of(holder_id, HolderChangeKind.INCAPACITATED):
            yield OfferFlaw(f"incapacitated on {change.changed_on}", holder_id)


# ---------------------------------------------------------------------------------------------- grants and consent


@offer_rule(
    "GRANT_PROHIBITED",
    Severity.FATAL,
    Stops.GRANT,
    cite="OTE §13",
    follows="No grant and no other consideration.",
    fires="barred by the new residence since October, still so on January 26",
    passes="barred in October, the bar lifted on January 26",
)
def may_lawfully_receive_the_new_grant(case: OfferCase) -> Iterator[OfferFlaw]:
    """No law, Nasdaq rule or new residence may bar the grant to the participant throughout the period."""
    for holder_id in case.participants():
        bars = case.changes_of(holder_id, HolderChangeKind.GRANT_BARRED, HolderChangeKind.GRANT_BAR_LIFTED)
        in_force = [bar for bar in bars if bar.changed_on <= case.new_grant_on]
        if in_force and in_force[-1].kind is HolderChangeKind.GRANT_BARRED:
            detail = in_force[-1].detail or "no reason recorded"
            yield OfferFlaw(f"barred since {in_force[-1].changed_on}: {detail}", holder_id)


@offer_rule(
    "OTHER_GRANT_DEFERRED",
    Severity.FATAL,
    Stops.OTHER_GRANT,
    cite="OTE §6, Q9",
    follows="That grant is blocked until the new grant date.",
    fires="a bonus option granted on January 25",
    passes="an annual option granted on January 26, the new grant date",
)
def gets_no_other_option_before_the_new_grant(case: OfferCase) -> Iterator[OfferFlaw]:
    """From acceptance until the new grant date a participant gets no annual, bonus, promotional or other option."""
    for holder_id in case.participants():
        for grant in case.ledger.grants_of(holder_id):
            if case.cancelled_on <= grant.grant_date < case.new_grant_on:
                yield OfferFlaw(
                    f"granted on {grant.grant_date}, before the new grant date {case.new_grant_on}", grant.grant_no
                )


@offer_rule(
    "EXERCISED_AFTER_TENDER",
    Severity.REVIEW,
    Stops.TENDER,
    cite="OTE §6",
    follows="The number written is no longer all unexercised shares.",
    suggestion="ask for a new form; at close exchange the remainder only after a decision",
    fires="1,000 shares when the form came, 999 now",
    passes="1,000 shares then and now",
)
def leaves_tendered_shares_unexercised(case: OfferCase) -> Iterator[OfferFlaw]:
    """Between receipt and cancellation the unexercised shares of a tendered grant must not fall."""
    if case.state.accepted_at is not None:
        return
    for _, standing in case.tendering():
        for grant_no in standing.grants:
            grant, before = case.ledger.grant(grant_no), case.shares_at_receipt.get(grant_no)
            if grant is not None and before is not None and grant.unexercised < before:
                yield OfferFlaw(f"{before:,} shares when the form came; {grant.unexercised:,} now", grant_no)


@offer_rule(
    "CONSENT_WITHDRAWN",
    Severity.REVIEW,
    Stops.TENDER,
    cite="EF-I 10A",
    follows="Processing stops beyond what the law needs; participation may be affected.",
    fires="the holder withdraws the consent in writing to HR",
    passes="the holder is reported as promoted",
)
def consents_to_the_use_of_personal_data(case: OfferCase) -> Iterator[OfferFlaw]:
    """A holder may withdraw the consent to data processing in writing to HR."""
    for change in case.holder_changes:
        if change.kind is HolderChangeKind.CONSENT_WITHDRAWN:
            yield OfferFlaw(f"consent withdrawn on {change.changed_on}", change.holder_id)


@offer_rule(
    "UNLAWFUL_TO_ACCEPT",
    Severity.FATAL,
    Stops.TENDER,
    cite="OTE §4; EF-I 8",
    follows="The tender is not accepted; the same for all alike.",
    fires="counsel records that the holder's tender may be unlawful to accept",
    passes="counsel records it for another holder",
)
def may_lawfully_be_accepted(case: OfferCase) -> Iterator[OfferFlaw]:
    """A tender is not accepted where counsel records that accepting it may be unlawful."""
    for record in case.unlawful:
        for holder_id, _ in case.tendering():
            if holder_id in record.holder_ids:
                yield OfferFlaw(f"counsel on {record.recorded_on}: {record.reason}", holder_id)


# ----------------------------------------------------------------------------------------------------------- the close


@offer_rule(
    "CLOSE_BLOCKED",
    Severity.FATAL,
    Stops.CLOSE,
    cite='OTE §4 ("until all defects … cured … or waived")',
    follows="Resolve it before acceptance.",
    fires="a contested standing after expiration",
    passes="the same before expiration",
)
def has_nothing_open_at_acceptance(case: OfferCase) -> Iterator[OfferFlaw]:
    """Acceptance waits for every contested standing, open soft finding, unassigned form and class decision.

    Checked from the expiration until acceptance.
    """
    if case.state.accepted_at is not None or case.as_of <= case.expiration:
        return
    by_id = {judgement.submission_id: judgement for judgement in case.judgements}
    for holder_id in sorted(case.standings):
        standing = case.standings[holder_id]
        if standing.contested:
            yield OfferFlaw("the standing is contested", holder_id)
        basis = by_id.get(standing.basis or "")
        if basis is not None and (codes := _open_soft_codes(basis)):
            yield OfferFlaw(f"form {basis.submission_id} counts with {', '.join(codes)} undecided", holder_id)
    for judgement in case.judgements:
        if judgement.holder_id is None and judgement.disposition is Disposition.HELD:
            yield OfferFlaw("the form is held and belongs to nobody yet", judgement.submission_id)
    yield from _classes_decided_in_two_ways(case)


def _open_soft_codes(judgement: Judgement) -> list[str]:
    return sorted({f.code for f in judgement.findings if f.hold is Hold.SOFT and f.resolution is Resolution.OPEN})


def _classes_decided_in_two_ways(case: OfferCase) -> Iterator[OfferFlaw]:
    for code in sorted(_CLASS_CODES):
        ways = {f.resolution for judgement in case.judgements for f in judgement.findings if f.code == code}
        if Resolution.UPHELD in ways and ways != {Resolution.UPHELD}:
            yield OfferFlaw(f"{code} is decided for some forms otherwise than for others: one decision for all", code)


OFFER_RULES: tuple[OfferRule, ...] = (
    extends_before_six_on_the_next_business_day,
    stays_open_ten_business_days_after_a_changed_price_or_number,
    counsel_sets_the_extension_after_another_material_change,
    waives_for_everybody_or_nobody,
    never_waives_lateness,
    is_an_eligible_person_on_the_cancellation_date,
    keeps_the_entitlement_when_promoted_after_cancellation,
    is_employed_on_the_new_grant_date,
    lives_until_cancellation,
    is_not_incapacitated,
    may_lawfully_receive_the_new_grant,
    gets_no_other_option_before_the_new_grant,
    leaves_tendered_shares_unexercised,
    consents_to_the_use_of_personal_data,
    may_lawfully_be_accepted,
    has_nothing_open_at_acceptance,
)
"""Group G in the rulebook's order."""

OFFER_RULE_BY_CODE = MappingProxyType({rule.code: rule for rule in OFFER_RULES})


def offer_findings(case: OfferCase) -> tuple[Finding, ...]:
    """What every rule of group G finds, in the rulebook's order, with what persons decided.

    Only reviews are decided. A fatal finding states a fact of record: it goes when the fact does, when the offer is
    extended, the waiver withdrawn or the change of a holder corrected.
    """
    found = (rule.finding(flaw) for rule in OFFER_RULES for flaw in rule.check(case))
    return tuple(_decided(finding, case.decisions) for finding in found)


def _decided(finding: Finding, decisions: Iterable[Decision]) -> Finding:
    if finding.severity is not Severity.REVIEW:
        return finding
    resolution = Resolution.OPEN
    for decision in sorted(decisions, key=lambda d: d.decided_at):
        if _is_on(decision, finding):
            resolution = RESOLUTION_OF.get(decision.verdict, resolution)
    return replace(finding, resolution=resolution)


def _is_on(decision: Decision, finding: Finding) -> bool:
    """Whether this is the finding that was decided, and not a later one with another day or number behind it."""
    same = (decision.submission_id, decision.code, decision.target) == (OFFER, finding.code, finding.target)
    return same and (not decision.about or finding.message in decision.about)


RESOLUTION_OF = {Verdict.CLEAR: Resolution.CLEARED, Verdict.UPHOLD: Resolution.UPHELD}
