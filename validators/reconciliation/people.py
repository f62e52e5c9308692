"""Nightly checks of what people owe: confirmations, decisions, waivers, and the data they were trusted with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from core.findings import Finding, Hold, Resolution, Severity
from core.night import BreakSeverity, Evidence, OpenIrregularity
from core.standing import read_in_zone
from core.submissions import Kind
from offers.business_days import confirmation_due, is_business_day
from offers.state import new_grant_on
from validators.reconciliation.check import Mismatch, check
from validators.reconciliation.facts import FormFacts, NightFacts, next_business_day_same_hour
from validators.wording import say_instant

BLOCKS, WARNS = BreakSeverity.BLOCKS, BreakSeverity.WARNS
_OPENS, _CLOSES = 9, 17
"""A business hour is one from nine to five, in the offer's zone, of a business day (ours)."""
_HOURS_NEAR_THE_END = timedelta(hours=4)


# ----------------------------------------------------------------------------------------------------- confirmations


def received(form: FormFacts, facts: NightFacts) -> datetime:
    """When the form was received; when we took it in, where nobody knows."""
    return read_in_zone(form.received_at, facts.terms.time_zone) if form.received_at else form.taken_in_at


def confirmation_due_at(form: FormFacts, facts: NightFacts) -> datetime | None:
    """The end of the second business day after receipt; None for an e-mailed form, to which none is due."""
    if form.delivery == "email":
        return None
    days, zone = facts.terms.deadlines.confirmation_business_days, facts.terms.business_zone
    return confirmation_due(received(form, facts), days, zone).due_at


def _last_day_begins(form: FormFacts, facts: NightFacts) -> datetime:
    """The midnight, Eastern, at which the last business day of the form's window begins."""
    days, zone = facts.terms.deadlines.confirmation_business_days, facts.terms.business_zone
    return confirmation_due(received(form, facts), days - 1, zone).due_at


def _of_form(form: FormFacts) -> tuple[Evidence, ...]:
    at = form.received_at.isoformat() if form.received_at else "unknown"
    return (Evidence("received", at), Evidence("file", form.file))


@check(
    "REC_CONFIRM_MISSING",
    WARNS,
    next_step="Send it. It says that the form came, not that it is accepted.",
    fires="received Monday 10:00, nothing sent by Tuesday 21:01 Pacific",
    passes="the same at 21:00; or a day later, when it is REC_CONFIRM_OVERDUE's",
    over=lambda facts: len(facts.forms),
    cite="OTE §4-6; EF-I 1; NW-I 1; rulebook 1.2",
)
def every_form_is_confirmed(facts: NightFacts) -> Iterator[Mismatch]:
    """Every form that was not e-mailed is confirmed before the last business day of its window begins (ours).

    This program sends no letters yet: what was sent otherwise is not known to it, and "none sent" is reported.
    """
    for form in facts.forms:
        due_at = confirmation_due_at(form, facts)
        if due_at is not None and _last_day_begins(form, facts) < facts.as_of <= due_at:
            yield _about(form, f"No confirmation of form {form.submission_id} was sent; due by {_say(due_at, facts)}.")


@check(
    "REC_CONFIRM_OVERDUE",
    WARNS,
    next_step="Send it now. The form's validity does not hang on it.",
    fires="received Wednesday July 2, 20:59 Pacific, nothing sent by Monday July 7, 21:00:01",
    passes="nothing sent at 21:00 sharp",
    over=lambda facts: len(facts.forms),
    cite="OTE §4-6; EF-I 1; NW-I 1; rulebook 1.2",
)
def no_confirmation_is_overdue(facts: NightFacts) -> Iterator[Mismatch]:
    """The confirmation of a form is sent by the end, Eastern time, of the second business day after its receipt."""
    for form in facts.forms:
        due_at = confirmation_due_at(form, facts)
        if due_at is not None and facts.as_of > due_at:
            yield _about(
                form, f"Form {form.submission_id} was due a confirmation by {_say(due_at, facts)}; none was sent."
            )


def _say(moment: datetime, facts: NightFacts) -> str:
    return say_instant(moment, facts.terms.time_zone)


def _about(form: FormFacts, message: str) -> Mismatch:
    return Mismatch(
        form.submission_id,
        message,
        _of_form(form),
        submission_id=form.submission_id,
        fax=form.fax,
        holder_id=form.holder_id,
    )


# ------------------------------------------------------------------------------------------------ open irregularities


def _has_expired(facts: NightFacts) -> str:
    return "" if facts.has_expired else f"the offer is open until {_say(facts.expiration, facts)}"


@check(
    "REC_OPEN_AGEING",
    WARNS,
    next_step="Decide it, or say what it waits for.",
    fires="open since Monday 10:00, on Tuesday 10:01; in the last two business days, open since 9:00, at 13:01",
    passes="on Tuesday 10:00",
    over=lambda facts: len(facts.open_items),
)
def nothing_stays_open_over_a_business_day(facts: NightFacts) -> Iterator[Mismatch]:
    """No irregularity is open for more than one business day; in the last two business days before the expiration, for
    more than four business hours. What is still open a day after the expiration is REC_OPEN_AT_EXPIRY's."""
    hurried = is_near_the_end(facts)
    by_form: dict[str, list[OpenIrregularity]] = defaultdict(list)
    if facts.as_of > facts.settled_by:
        return
    for item in facts.open_items:
        late = (
            business_time(item.opened_at, facts.as_of, facts) > _HOURS_NEAR_THE_END
            if hurried
            else facts.as_of > next_business_day_same_hour(item.opened_at, facts.terms)
        )
        if late:
            by_form[item.submission_id or item.fax or item.item_id].append(item)
    for key, items in by_form.items():
        first = min(items, key=lambda item: item.opened_at)
        codes = ", ".join(sorted({item.code for item in items}))
        limit = "four business hours" if hurried else "one business day"
        yield Mismatch(
            key,
            f"{first.file} has waited for longer than {limit}: {codes}.",
            (Evidence("open since", first.opened_at.isoformat()), Evidence("codes", codes)),
            submission_id=first.submission_id,
            fax=first.fax,
            holder_id=first.holder_id,
        )


def is_near_the_end(facts: NightFacts) -> bool:
    """Whether fewer than two business days remain until the expiration."""
    if facts.has_expired:
        return False
    later = next_business_day_same_hour(next_business_day_same_hour(facts.as_of, facts.terms), facts.terms)
    return later > facts.expiration


def business_time(begin: datetime, end: datetime, facts: NightFacts) -> timedelta:
    """The business hours, nine to five in the offer's zone, between two moments."""
    zone = facts.terms.time_zone
    total, day = timedelta(0), begin.astimezone(zone).date()
    while day <= end.astimezone(zone).date():
        if is_business_day(day):
            opens = datetime(day.year, day.month, day.day, _OPENS, tzinfo=zone)
            closes = datetime(day.year, day.month, day.day, _CLOSES, tzinfo=zone)
            total += max(timedelta(0), min(end, closes) - max(begin, opens))
        day += timedelta(days=1)
    return total


def _a_day_after_expiration(facts: NightFacts) -> str:
    return "" if facts.as_of > facts.settled_by else f"people have until {_say(facts.settled_by, facts)}"


def _open_after_expiration(form: FormFacts) -> tuple[Finding, ...]:
    """What a person has not decided, on a form that still matters."""
    if form.moot or not form.waits:
        return ()
    return tuple(f for f in form.findings if f.resolution is Resolution.OPEN and f.hold is not Hold.NONE)


def _is_converted(form: FormFacts, finding: Finding) -> bool:
    """Whether expiration itself turned the curable into a fatal one (`validators.closing.at_expiration`)."""
    in_doubt = any(f.code == "OCR_LOW_CONFIDENCE" and f.resolution is Resolution.OPEN for f in form.findings)
    return form.kind is Kind.ELECTION and finding.hold is Hold.HARD and not in_doubt


@check(
    "REC_OPEN_AT_EXPIRY",
    BLOCKS,
    next_step="Decide it: nothing may be accepted while it is open.",
    fires="a review of a signature still open on July 25, 17:01",
    passes="on July 25, 17:00",
    over=lambda facts: len(facts.forms),
    not_due=lambda facts: (
        "" if facts.as_of > facts.settled_by else f"people have until {_say(facts.settled_by, facts)}"
    ),
    cite="OTE §4; rulebook 5",
)
def nothing_is_open_a_day_after_expiration(facts: NightFacts) -> Iterator[Mismatch]:
    """One business day after the expiration no hard or soft finding is open on a form that still matters. Curables that
    expiration does not settle are REC_CURE_EXPIRED's."""
    for form in facts.forms:
        still = [
            f for f in _open_after_expiration(form) if f.severity is not Severity.CURABLE or _is_converted(form, f)
        ]
        if still:
            codes = ", ".join(sorted({f.code for f in still}))
            yield _about(form, f"Form {form.submission_id} is open after the expiration: {codes}.")
    known = {form.submission_id for form in facts.forms}
    for item in facts.open_items:
        if item.submission_id not in known:
            message = f"{item.file} is open after the expiration: {item.code}."
            yield Mismatch(item.fax or item.item_id, message, fax=item.fax)


@check(
    "REC_CURE_EXPIRED",
    BLOCKS,
    next_step="Waive it for everybody or uphold it; a soft one goes to the class decision.",
    fires="a form without tax id after July 24, 17:00, and no waiver of TAXID_MISSING proposed",
    passes="an unsigned election: expiration turns that into a rejection by itself",
    over=lambda facts: len(facts.forms),
    not_due=_has_expired,
    cite="EF-I 8; OTE §4; rulebook 5, 9 #17",
)
def curables_are_settled_at_expiration(facts: NightFacts) -> Iterator[Mismatch]:
    """A defect that could be cured until the expiration is afterwards fatal where it holds an election, waived, or
    put to the class decision where it is soft. Notices and doubtful readings wait for a person.
    """
    for form in facts.forms:
        left = [
            f
            for f in _open_after_expiration(form)
            if f.severity is Severity.CURABLE
            and not _is_converted(form, f)
            and not (f.hold is Hold.SOFT and f.code in facts.waivers_asked)
        ]
        if left:
            codes = ", ".join(sorted({f.code for f in left}))
            yield _about(form, f"Form {form.submission_id} could be cured until the expiration: {codes}.")


@check(
    "REC_PENDING_EXTENSION",
    WARNS,
    next_step="No extension came in time: decide the lateness and tell the holder.",
    fires="a form noted LATE_PENDING_EXTENSION and undecided on July 25, 6:01",
    passes="at 6:00; or after an extension that makes it timely",
    over=lambda facts: len(facts.forms),
    not_due=_has_expired,
    cite="OTE Q20, §15; rulebook 5",
)
def late_forms_are_settled_once_no_extension_can_come(facts: NightFacts) -> Iterator[Mismatch]:
    """Forms that came late while an extension was still possible are settled once it no longer is.

    An extension may be announced until six in the morning, Pacific, of the next business day. A business day after the
    expiration they are REC_OPEN_AT_EXPIRY's.
    """
    if facts.as_of <= facts.terms.announcement_limit(facts.expiration) or facts.as_of > facts.settled_by:
        return
    for form in facts.forms:
        late = any(f.code in ("LATE_RECEIPT", "FAX_STRADDLES_DEADLINE") for f in _open_after_expiration(form))
        if late and any(f.code == "LATE_PENDING_EXTENSION" for f in form.findings):
            yield _about(form, f"Form {form.submission_id} came late; no extension can make it timely any more.")


# ------------------------------------------------------------------------------------------- waivers and decisions


@check(
    "REC_WAIVER_UNIVERSAL",
    BLOCKS,
    next_step="Apply the waiver to every holder, or withdraw it.",
    fires="EMAIL_MISSING is waived, and upheld on one form",
    passes="waived on every form that has it",
    over=lambda facts: len(facts.offer.waivers),
    cite="OTE §4 (July 9); rulebook 5, WAIVER_NOT_UNIVERSAL",
)
def waivers_reach_everybody(facts: NightFacts) -> Iterator[Mismatch]:
    """A defect that is waived for one holder stands on nobody's form."""
    for code in sorted({waiver.code for waiver in facts.offer.waivers}):
        named = {i for waiver in facts.offer.waivers if waiver.code == code for i in waiver.submission_ids or ()}
        left = [
            form
            for form in facts.forms
            if form.submission_id not in named and any(f.code == code and f.stands for f in form.findings)
        ]
        if left:
            forms = ", ".join(form.submission_id for form in left)
            message = f"{code} is waived, yet open or rejected on {forms}."
            yield Mismatch(code, message, submission_id=left[0].submission_id, holder_id=left[0].holder_id)


@check(
    "REC_DECISION_ORPHAN",
    WARNS,
    next_step="Look at the form again: what was decided is not what it says now.",
    fires="PRICE_MISMATCH was upheld; a new ledger made the finding vanish, or say something else",
    passes="the finding is there and says what it said",
    over=lambda facts: len(facts.decisions),
)
def decisions_are_on_findings_that_still_say_so(facts: NightFacts) -> Iterator[Mismatch]:
    """Every decision of a person names a finding that is still there and says what it said when it was decided."""
    for one in facts.decisions:
        decision = one.decision
        if one.now is not None and one.then in (None, one.now):
            continue
        what = f"{decision.code} on {decision.target} of form {decision.submission_id}"
        message = f"{what} was decided, and is found no longer." if one.now is None else f"{what} said something else."
        evidence = (
            Evidence("decided", f"{decision.decided_at.isoformat()}, {decision.verdict.value}"),
            Evidence("said then", one.then or "unknown"),
            Evidence("says now", one.now or "not found"),
        )
        yield Mismatch(decision.id, message, evidence, submission_id=decision.submission_id)


# --------------------------------------------------------------------------------------------------- personal data


@check(
    "REC_DATA_RETENTION",
    WARNS,
    next_step="Have the deletion decided and recorded; restore the log from a backup.",
    fires="the offer was terminated and its forms are still kept; line 7 of the desk's log is gone",
    passes="the offer runs, and the log is complete",
    over=lambda facts: len(facts.forms),
    cite="EF-I 10A; rulebook 7",
)
def personal_data_has_a_purpose_and_a_log(facts: NightFacts) -> Iterator[Mismatch]:
    """Personal data is kept as long as the offer needs it, to the new grant or a termination; then its deletion is
    to be decided. The log of who saw what is complete.
    """
    kept = len(facts.forms)
    if kept and (since := _purpose_ended(facts)) is not None:
        message = f"The purpose of {kept} forms with personal data ended on {since}; their deletion is not decided."
        yield Mismatch("offer", message)
    for number in facts.access.missing:
        yield Mismatch(f"log-{number}", f"Line {number} of the desk's log is missing.")
    for submission_id in facts.access.shown_unlogged:
        message = f"The tax id on form {submission_id} was shown more often than the desk's log says."
        yield Mismatch(submission_id, message, submission_id=submission_id)


def _purpose_ended(facts: NightFacts) -> str | None:
    if facts.offer.terminated_at is not None and facts.offer.terminated_at <= facts.as_of:
        return facts.terms.local_date(facts.offer.terminated_at).isoformat()
    granted_on = new_grant_on(facts.offer, facts.terms)
    past = facts.offer.accepted_at is not None and facts.terms.local_date(facts.as_of) > granted_on
    return granted_on.isoformat() if past else None


CHECKS_OF_CONFIRMATIONS = (every_form_is_confirmed, no_confirmation_is_overdue)
CHECKS_OF_IRREGULARITIES = (
    nothing_stays_open_over_a_business_day,
    nothing_is_open_a_day_after_expiration,
    curables_are_settled_at_expiration,
    late_forms_are_settled_once_no_extension_can_come,
    waivers_reach_everybody,
)
CHECKS_OF_RECORDS = (decisions_are_on_findings_that_still_say_so, personal_data_has_a_purpose_and_a_log)
