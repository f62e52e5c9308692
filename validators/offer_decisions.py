"""Whether something may happen to the offer: an extension, a change, a termination, a waiver, the acceptance,
the decision on one of its own findings, a report of a holder.

Each function answers with the event to record and the findings that it brings along, or refuses with the rule that
forbids it. It refuses to know the clock, the journal and the person; those are the caller's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from core.decisions import Decision, Waiver
from core.events import (
    DefectWaived,
    FindingDecided,
    HolderReported,
    OfferAccepted,
    OfferChanged,
    OfferExtended,
    OfferTerminated,
    TenderUnlawful,
)
from core.failures import TenderfaxError
from core.findings import Finding, Resolution, Severity
from core.holder_changes import HolderChange, UnlawfulTender
from core.offer_state import ChangeKind, Extension, OfferState, TermsChange
from offers.state import judged_extensions
from validators.closing import blocks_acceptance, grants_to_accept
from validators.offer_case import OfferCase
from validators.offer_level import OFFER_RULE_BY_CODE, RESOLUTION_OF, offer_findings, without_the_waiver
from validators.ruling import NEVER_WAIVED


class OfferEventRefused(TenderfaxError):
    """Something the offer does not allow; nothing is recorded. `code` is the rule's code, "" where it has none."""

    def __init__(self, reason: str, cite: str = "", code: str = "", findings: tuple[Finding, ...] = ()) -> None:
        self.code = code
        self.cite = cite
        self.findings = findings
        super().__init__(f"{code}{code and ': '}{reason}{cite and f' ({cite})'}")


OfferEvent = (
    OfferExtended
    | OfferTerminated
    | OfferAccepted
    | OfferChanged
    | DefectWaived
    | FindingDecided
    | HolderReported
    | TenderUnlawful
)


@dataclass(frozen=True, slots=True)
class Decided:
    """An event that may be recorded, and what the rules find once it is."""

    event: OfferEvent
    findings: tuple[Finding, ...] = ()


def decide_extension(case: OfferCase, announced_at: datetime, new_expiration: datetime, reason: str) -> Decided:
    """An extension to a later expiration.

    One announced after the limit is recorded all the same, since it was announced, but not applied: the result then
    carries EXT_ANNOUNCED_LATE, and counsel decides.
    """
    _needs_zone(new_expiration=new_expiration)
    _has_happened(case, announced_at, "announcement")
    needs_reason(reason)
    _is_running(case.state, "extend")
    for earlier in case.state.extensions:
        if announced_at < earlier.announced_at:
            raise OfferEventRefused(
                f"an extension announced {earlier.announced_at} is on record already: one announced before it, "
                f"{announced_at}, would change what that one extended",
                "OTE §15",
            )
    extension = Extension(announced_at, new_expiration)
    extended = replace(case.state, extensions=(*case.state.extensions, extension))
    judged = next(
        one for one in judged_extensions(extended, case.terms.announcement_limit) if one.extension is extension
    )
    if new_expiration <= judged.expiration_before:
        raise OfferEventRefused(
            f"the new expiration {new_expiration} is not later than the one in force, {judged.expiration_before}: "
            "give a later one",
            "OTE §2, §15",
        )
    if new_expiration <= announced_at:
        raise OfferEventRefused(
            f"the new expiration {new_expiration} is not after its announcement {announced_at}: give a later one",
            "OTE §15",
        )
    return Decided(OfferExtended(extension, reason), _new_findings(case, replace(case, state=extended)))


def decide_change(case: OfferCase, notified_on: date, kind: ChangeKind, reason: str) -> Decided:
    """A change of the terms, or the waiver of a condition, both possible only up to the expiration (OTE §7, §15)."""
    needs_reason(reason)
    _is_running(case.state, "change")
    expires_on = case.terms.local_date(case.expiration)
    if notified_on > expires_on or (notified_on == expires_on and case.as_of >= case.expiration):
        raise OfferEventRefused(
            f"notice on {notified_on} comes after the expiration {case.expiration}: the offer can be changed and its "
            "conditions waived only before it; extend first if that is still possible",
            "OTE §7, §15",
        )
    change = TermsChange(notified_on, kind, reason)
    changed = replace(case.state, changes=(*case.state.changes, change))
    return Decided(OfferChanged(change), _new_findings(case, replace(case, state=changed)))


def decide_termination(case: OfferCase, terminated_at: datetime, reason: str) -> Decided:
    """The end of the offer without acceptance: the right to it runs only before the expiration (OTE §7, §15)."""
    _has_happened(case, terminated_at, "termination")
    needs_reason(reason)
    _is_running(case.state, "terminate")
    if terminated_at >= case.expiration:
        raise OfferEventRefused(
            f"a termination at {terminated_at} does not come before the expiration {case.expiration}: "
            "ask counsel before any form is rejected on it",
            "OTE §7, §15",
            "OFFER_TERMINATED",
        )
    return Decided(OfferTerminated(terminated_at, reason))


def decide_waiver(case: OfferCase, waiver: Waiver, known_codes: Collection[str]) -> Decided:
    """The waiver of a class of defects, for every holder alike (OTE §4); `known_codes` are the rulebook's.

    A narrow one is refused while the same defect stands open or rejected elsewhere.
    """
    _has_happened(case, waiver.waived_at, "waiver")
    needs_reason(waiver.reason)
    _is_running(case.state, "waive a defect of")
    if waiver.code not in known_codes:
        raise OfferEventRefused(f"{waiver.code!r} is no code of a rule: see `tenderfax rules`", "OTE §4")
    if waiver.code in NEVER_WAIVED:
        raise OfferEventRefused(
            f"{waiver.code} cannot be waived, late tenders are accepted under no circumstances: extend the offer "
            f"instead, by {case.terms.announcement_limit(case.expiration)}",
            "OTE Q21",
            "WAIVER_LATE_BARRED",
        )
    if waiver.submission_ids is not None:
        left = without_the_waiver(waiver.code, (*case.state.waivers, waiver), case.judgements)
        if left:
            raise OfferEventRefused(
                f"{waiver.code} also stands on {', '.join(left)}: waive it for every holder or for none",
                "OTE §4 (July 9)",
                "WAIVER_NOT_UNIVERSAL",
            )
    return Decided(DefectWaived(waiver))


def decide_acceptance(case: OfferCase, accepted_at: datetime, medium: str, reason: str) -> Decided:
    """Acceptance of every standing tender, given to the holders at `accepted_at` by `medium` (OTE §6).

    Only after the expiration and the 6:00 window for its extension, and only with nothing open. `case` must hold the
    judgements and standings as expiration left them (`standing_at_expiration`).
    """
    _has_happened(case, accepted_at, "acceptance")
    needs_reason(reason)
    if not medium.strip():
        raise OfferEventRefused("say how the holders were told: press release, memorandum or e-mail", "OTE §6")
    _is_running(case.state, "accept the tenders of")
    limit = case.terms.announcement_limit(case.expiration)
    if accepted_at <= limit:
        raise OfferEventRefused(
            f"acceptance at {accepted_at} is too early: the offer expires {case.expiration} and may be extended until "
            f"{limit}; accept after that",
            "OTE §6, §15, Q20",
        )
    at_close = replace(case, as_of=accepted_at)
    findings = offer_findings(at_close)
    blocking = tuple(finding for finding in findings if blocks_acceptance(finding))
    if blocking:
        lines = "".join(f"\n  {finding.code} {finding.target}: {finding.message}" for finding in blocking)
        raise OfferEventRefused(
            f"{len(blocking)} matters are open; resolve each first:{lines}\n", "OTE §4", "CLOSE_BLOCKED", blocking
        )
    return Decided(OfferAccepted(accepted_at, medium, reason, grants_to_accept(at_close)), findings)


def decide_settlement(case: OfferCase, asked: Decision) -> Decided:
    """A person's decision on one of the offer's reviews; `asked.target` may be "" where only one target has the code.

    It holds for what the finding says now: another change, day or number asks again. What is open is decided first;
    with nothing open, what was decided otherwise. A fatal finding states a fact, and is not decided.
    """
    _has_happened(case, asked.decided_at, "decision")
    needs_reason(asked.reason)
    if asked.code not in OFFER_RULE_BY_CODE:
        raise OfferEventRefused(f"{asked.code!r} is no code of the offer's own rules: `tenderfax rules` lists group G")
    target, found = _one_target(asked, [f for f in offer_findings(case) if f.code == asked.code])
    reviews = [finding for finding in found if finding.severity is Severity.REVIEW]
    if not reviews:
        raise OfferEventRefused(
            f"{asked.code} on {target} states a fact, which no decision changes: correct a record that is wrong"
        )
    wanted = RESOLUTION_OF[asked.verdict]
    still = [f for f in reviews if f.resolution is Resolution.OPEN] or [
        f for f in reviews if f.resolution is not wanted
    ]
    if not still:
        raise OfferEventRefused(f"{asked.code} on {target} is {wanted} already")
    about = tuple(finding.message for finding in still)
    decision = replace(asked, target=target, was=still[0].resolution, about=about)
    after = offer_findings(replace(case, decisions=(*case.decisions, decision)))
    settled = tuple(f for f in after if (f.code, f.target) == (asked.code, target) and f.message in about)
    if any(finding.resolution is not wanted for finding in settled):
        raise OfferEventRefused(
            f"a decision on {asked.code} later than {asked.decided_at} is on record: it would prevail"
        )
    return Decided(FindingDecided(decision), settled)


def _one_target(asked: Decision, found: Sequence[Finding]) -> tuple[str, list[Finding]]:
    """The target to be decided, and the findings on it; refused where there is none, or more than one."""
    targets = sorted({finding.target for finding in found})
    if not targets or (asked.target and asked.target not in targets):
        place = f" on {asked.target}" if asked.target else ""
        raise OfferEventRefused(f"{asked.code} is not found{place}: `tenderfax offer show` lists what is")
    if not asked.target and len(targets) > 1:
        raise OfferEventRefused(f"{asked.code} is found on {', '.join(targets)}: say which one with --target")
    target = asked.target or targets[0]
    return target, [finding for finding in found if finding.target == target]


def decide_holder_report(case: OfferCase, change: HolderChange) -> Decided:
    """A change of a holder's circumstances on the day that it happened; `change.detail` is the reason given."""
    needs_reason(change.detail)
    _is_holder(case, change.holder_id)
    _has_come(case, change.changed_on)
    for known in case.holder_changes:
        if (known.holder_id, known.kind, known.changed_on) == (change.holder_id, change.kind, change.changed_on):
            raise OfferEventRefused(f"{change.kind} on {change.changed_on} is on record of {change.holder_id} already")
    after = replace(case, holder_changes=(*case.holder_changes, change))
    return Decided(HolderReported(change), _new_findings(case, after))


def decide_unlawful_tender(case: OfferCase, tender: UnlawfulTender) -> Decided:
    """Counsel's record that the tenders of these holders may be unlawful to accept (OTE §4)."""
    needs_reason(tender.reason)
    for holder_id in sorted(tender.holder_ids):
        _is_holder(case, holder_id)
    _has_come(case, tender.recorded_on)
    for known in case.unlawful:
        if not tender.holder_ids - known.holder_ids:
            whose = ", ".join(sorted(tender.holder_ids))
            raise OfferEventRefused(f"the tender of {whose} is recorded as unlawful since {known.recorded_on}")
    after = replace(case, unlawful=(*case.unlawful, tender))
    return Decided(TenderUnlawful(tender), _new_findings(case, after))


def _is_holder(case: OfferCase, holder_id: str) -> None:
    known = case.ledger.holder(holder_id) is not None or holder_id in case.standings or holder_id in case.participants()
    if not known:
        raise OfferEventRefused(f"no holder {holder_id!r} in the option ledger: use the holder's id there")


def _has_come(case: OfferCase, day: date) -> None:
    today = case.terms.local_date(case.as_of)
    if day > today:
        raise OfferEventRefused(f"{day} has not come yet, it is {today}: report what has happened")


def _new_findings(case: OfferCase, after: OfferCase) -> tuple[Finding, ...]:
    """What the rules find in `after`, and did not find before."""
    before = {_key(finding) for finding in offer_findings(case)}
    return tuple(f for f in offer_findings(after) if _key(f) not in before)


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.target, finding.message


def _is_running(state: OfferState, verb: str) -> None:
    if state.terminated_at is not None:
        raise OfferEventRefused(f"cannot {verb} the offer: it was terminated at {state.terminated_at}", "OTE §7, §15")
    if state.accepted_at is not None:
        raise OfferEventRefused(f"cannot {verb} the offer: acceptance was given at {state.accepted_at}", "OTE §6")


def _needs_zone(**instants: datetime) -> None:
    for name, instant in instants.items():
        if instant.tzinfo is None:
            raise OfferEventRefused(
                f"the {name.replace('_', ' ')} {instant.isoformat()} has no UTC offset: write it like "
                "2003-07-24T17:00:00-07:00",
                "OTE §2",
            )


def _has_happened(case: OfferCase, instant: datetime, what: str) -> None:
    _needs_zone(**{what: instant})
    if instant > case.as_of:
        raise OfferEventRefused(f"the {what} at {instant} has not happened yet: it is {case.as_of}")


def needs_reason(reason: str) -> None:
    if not reason.strip():
        raise OfferEventRefused("give a reason: every event of the offer is recorded with one")
