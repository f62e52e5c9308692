"""Nightly checks of what arrived: the fax server's log against the archive, the forms and their pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise

from core.night import BreakSeverity, Evidence
from core.standing import read_in_zone
from validators.reconciliation.check import Mismatch, Unproven, check
from validators.reconciliation.facts import Call, Delivery, FaxFacts, NightFacts

BLOCKS, WARNS = BreakSeverity.BLOCKS, BreakSeverity.WARNS
CLOCK_TOLERANCE = timedelta(seconds=5)
IGNORABLE = re.compile(r"COVER|I\d*|BLANK")
"""Cover sheets and printed instructions need no form (rulebook 2.1: I1-I3 may be faxed along)."""


def _no_fax_log(facts: NightFacts) -> str:
    return "" if facts.fax_log is not None else "the fax server's log (faxlog.csv) is not in this workspace"


def _log_unreliable(facts: NightFacts) -> Iterator[Unproven]:
    if facts.fax_log is not None and facts.fax_log.problem:
        yield Unproven(facts.fax_log.problem)


def _calls(facts: NightFacts) -> tuple[Call, ...]:
    return facts.fax_log.calls if facts.fax_log is not None else ()


def calls_and_faxes(facts: NightFacts) -> Iterator[tuple[Call, tuple[FaxFacts, ...]]]:
    """Every call of the log with the faxes it brought: by its job number, else by the name of its file."""
    by_job: dict[str, dict[str, FaxFacts]] = {}
    by_name: dict[str, dict[str, FaxFacts]] = {}
    for fax in facts.faxes:
        for delivery in fax.deliveries:
            if delivery.job_id is not None:
                by_job.setdefault(delivery.job_id, {})[fax.fax] = fax
            else:
                by_name.setdefault(delivery.file, {})[fax.fax] = fax
    for call in _calls(facts):
        name = re.split(r"[/\\]", call.file)[-1]
        yield call, tuple((by_job.get(call.job_id) or (by_name.get(name, {}) if name else {})).values())


def _said(moment: datetime | None) -> str:
    return moment.isoformat() if moment is not None else "unknown"


def _of_call(call: Call) -> tuple[Evidence, ...]:
    return (
        Evidence("job", call.job_id),
        Evidence("received", _said(call.received_at or call.received_start)),
        Evidence("pages", "unknown" if call.pages is None else str(call.pages)),
        Evidence("from", call.caller_id or "unknown"),
        Evidence("file", call.file or "none named"),
        Evidence("status", call.status or "none"),
    )


@check(
    "REC_FAX_NOT_ARCHIVED",
    BLOCKS,
    next_step="Fetch it from the fax server's own queue and take it in with its receipt time.",
    fires="the log has job 398, and no file of the archive came from it",
    passes="job 398 and one archived file with as many pages",
    over=lambda facts: len(_calls(facts)) or len(facts.faxes),
)
def every_call_is_archived_once(facts: NightFacts) -> Iterator[Mismatch | Unproven]:
    """Every complete call of the fax server has exactly one file in the archive, with as many pages. A file that
    gave no form must still lie there, unchanged.
    """
    yield from _log_unreliable(facts)
    for call, faxes in calls_and_faxes(facts):
        if not call.complete:
            continue
        if not faxes:
            yield Mismatch(call.job_id, f"Job {call.job_id} is not in the archive.", _of_call(call))
        elif len(faxes) > 1:
            files = ", ".join(fax.file for fax in faxes)
            message = f"Job {call.job_id} is in the archive {len(faxes)} times with different bytes: {files}."
            step = "Ask the fax server which file is the call's; the other came from elsewhere."
            yield Mismatch(call.job_id, message, _of_call(call), step, fax=faxes[0].fax)
        else:
            yield from _other_pages(call, faxes[0], facts)
    for fax in facts.faxes:
        state = facts.files.get(fax.fax)
        if not fax.submission_ids and state is not None and (not state.exists or not state.unchanged):
            fact = "is gone from the archive" if not state.exists else "no longer has its bytes in the archive"
            step = "Restore it from a backup; nothing else shows what was on it."
            yield Mismatch(fax.fax, f"{fax.file} {fact}.", (Evidence("file", state.name),), step, fax=fax.fax)


def _other_pages(call: Call, fax: FaxFacts, facts: NightFacts) -> Iterator[Mismatch]:
    state = facts.files.get(fax.fax)
    held = state.pages if state is not None and state.pages is not None else fax.pages_read
    if call.pages is not None and held is not None and call.pages != held:
        message = f"Job {call.job_id} had {call.pages} pages; the archived file has {held}."
        step = "Compare the file with the fax server's own; take the whole one in."
        yield Mismatch(call.job_id, message, _of_call(call), step, fax=fax.fax)


@check(
    "REC_FILE_NO_FAXLOG",
    BLOCKS,
    next_step="Find out how it came in; without a call or a stamp nobody can say when it was received.",
    fires="an archived file that no call of the log and no stamp accounts for",
    passes="an archived file whose job is in the log",
    over=lambda facts: len(facts.faxes) + sum(form.fax is None for form in facts.forms),
)
def every_file_has_a_call_or_a_stamp(facts: NightFacts) -> Iterator[Mismatch | Unproven]:
    """Every archived file has a call in the fax server's log, or its own record of receipt where there is no log; every
    form handed over has a stamp."""
    yield from _log_unreliable(facts)
    logged = {fax.fax for _, faxes in calls_and_faxes(facts) for fax in faxes}
    for fax in facts.faxes:
        if fax.archived_name is None or fax.fax in logged or _recorded_otherwise(fax, facts):
            continue
        reason = "No call in the log brought" if facts.fax_log is not None else "No record of receipt came with"
        yield Mismatch(fax.fax, f"{reason} {fax.file}.", _of_fax(fax), fax=fax.fax)
    for form in facts.forms:
        if form.fax is None and form.received_at is None:
            message = f"Form {form.submission_id} was keyed without the time of its stamp."
            yield Mismatch(form.submission_id, message, submission_id=form.submission_id, holder_id=form.holder_id)


def _recorded_otherwise(fax: FaxFacts, facts: NightFacts) -> bool:
    """Handed over or e-mailed with a record of it; or a fax with its server's record, where no log is kept."""
    recorded = [d for d in fax.deliveries if d.source is not None and d.received_at is not None]
    return any(d.channel != "fax" or facts.fax_log is None for d in recorded)


def _of_fax(fax: FaxFacts) -> tuple[Evidence, ...]:
    return tuple(
        Evidence("delivery", f"{d.file}, job {d.job_id or 'none'}, received {_said(d.received_at)}")
        for d in fax.deliveries
    )


@check(
    "REC_FAX_SEQ_GAP",
    WARNS,
    next_step="Ask the fax server whether a call was broken off. Somebody may believe they got through.",
    fires="job 377 is missing between 376 and 378; job 380 failed",
    passes="jobs 376, 377 and 378, all complete",
    over=lambda facts: len(_calls(facts)),
    not_due=_no_fax_log,
)
def calls_are_numbered_without_a_gap(facts: NightFacts) -> Iterator[Mismatch | Unproven]:
    """Job numbers of the fax server follow each other without a gap. Calls that failed or broke off are listed too."""
    yield from _log_unreliable(facts)
    numbered = sorted({int(c.job_id): c for c in _calls(facts) if re.fullmatch(r"\d+", c.job_id)}.items())
    for (number, before), (next_number, after) in pairwise(numbered):
        if next_number == number + 1:
            continue
        width = len(before.job_id)
        first, last = f"{number + 1:0{width}}", f"{next_number - 1:0{width}}"
        missing = first if first == last else f"{first}-{last}"
        evidence = (
            Evidence("job before", f"{before.job_id}, {_said(before.received_at)}"),
            Evidence("job after", f"{after.job_id}, {_said(after.received_at)}"),
        )
        yield Mismatch(missing, f"Job {missing} is missing between {before.job_id} and {after.job_id}.", evidence)
    for call in _calls(facts):
        if not call.complete:
            message = f"Job {call.job_id} failed or broke off ({call.status})."
            step = "Ask the caller whether the fax was meant for us, and to send it again."
            yield Mismatch(call.job_id, message, _of_call(call), step)


@check(
    "REC_FILE_NO_SUBMISSION",
    BLOCKS,
    next_step="Look at its pages: key the form on it, or mark it as no form.",
    fires="an archived fax on which nobody found a form, and which nobody set aside",
    passes="the same, marked as no form by a person",
    over=lambda facts: len(facts.faxes),
)
def every_file_holds_a_form_or_is_set_aside(facts: NightFacts) -> Iterator[Mismatch]:
    """Every archived file is linked to at least one form, or a person marked it as no form."""
    for fax in facts.faxes:
        if fax.submission_ids or fax.dismissed:
            continue
        if fax.quarantined:
            fact = "lies in quarantine"
        elif fax.pages_read is None:
            fact = "waits to be read"
        else:
            fact = "gave no form"
        yield Mismatch(fax.fax, f"{fax.file} {fact} and nobody has set it aside.", _of_fax(fax), fax=fax.fax)
    for name in facts.unknown_files:
        message = f"The archive holds {name}, of which the books know nothing."
        step = "Take it in if it is a fax; somebody put it there, or a fax was being taken in when the power went."
        yield Mismatch(name, message, (Evidence("file", name),), step)


@check(
    "REC_SUBMISSION_NO_FILE",
    BLOCKS,
    next_step="Restore the file from a backup; until then nothing on paper backs this form.",
    fires="the file of a form is deleted from the archive, or one of its bytes is changed",
    passes="the file lies there with the hash it came with",
    over=lambda facts: len(facts.forms),
)
def every_form_has_its_file_unchanged(facts: NightFacts) -> Iterator[Mismatch]:
    """Every form has its file in the archive, with the same hash as when it was taken in."""
    for form in facts.forms:
        of = form.fax or form.scan
        if of is None:
            continue
        state = facts.files.get(of)
        if state is not None and state.exists and state.unchanged:
            continue
        name = state.name if state is not None else of
        gone = state is None or not state.exists
        fact = "is gone from the archive" if gone else "no longer has the bytes it came with"
        yield Mismatch(
            form.submission_id,
            f"The file of form {form.submission_id} ({form.file}) {fact}.",
            (Evidence("file", name), Evidence("sha256", of)),
            submission_id=form.submission_id,
            fax=form.fax,
            holder_id=form.holder_id,
        )


@check(
    "REC_PAGES_UNACCOUNTED",
    BLOCKS,
    next_step="Look at the page: it may be somebody's form. Key it, or set the fax aside.",
    fires="a file of three pages of which two were read; a page that is neither a form's nor a cover",
    passes="three pages: a cover, E1 and E2",
    over=lambda facts: sum(fax.pages_read or 0 for fax in facts.faxes),
)
def every_page_is_a_forms_or_set_aside(facts: NightFacts) -> Iterator[Mismatch | Unproven]:
    """The pages of a file are the pages that belong to its forms, its cover sheets and its printed instructions."""
    logged = {fax.fax for call, faxes in calls_and_faxes(facts) if call.pages is not None for fax in faxes}
    for fax in facts.faxes:
        if fax.pages_read is None or fax.dismissed:
            continue
        state = facts.files.get(fax.fax)
        if state is not None and state.exists and state.unchanged:
            if state.pages is None:
                yield Unproven(f"the pages of {fax.file} could not be counted: {state.problem}")
            elif state.pages != fax.pages_read or not fax.numbers_complete:
                yield _unaccounted(fax, f"{fax.file} has {state.pages} pages, of which {fax.pages_read} were read.")
                continue
        told = {d.pages for d in fax.deliveries if d.pages is not None} - {fax.pages_read}
        if told and fax.fax not in logged:
            yield _unaccounted(fax, f"The fax server sent {min(told)} pages of {fax.file}; {fax.pages_read} were read.")
            continue
        strays = [page for page in fax.strays if not IGNORABLE.fullmatch(page.page_class)]
        if strays:
            named = ", ".join(f"page {page.number} ({page.page_class})" for page in strays)
            yield _unaccounted(fax, f"On {fax.file}, {named} belongs to no form.")


def _unaccounted(fax: FaxFacts, message: str) -> Mismatch:
    form = fax.submission_ids[0] if fax.submission_ids else None
    return Mismatch(fax.fax, message, _of_fax(fax), submission_id=form, fax=fax.fax)


@check(
    "REC_CLOCK_SKEW",
    WARNS,
    next_step="Set the fax server's clock by a reference and write down by how much it was off, with its UTC offset.",
    fires="the server's record of a fax is 6 seconds later than its log, or than our own clock",
    passes="4 seconds apart",
    over=lambda facts: sum(len(fax.deliveries) for fax in facts.faxes) + len(facts.clock_checks),
    cite="rulebook 5; blocks from the day before the expiration to the day after it",
)
def the_fax_servers_clock_is_right(facts: NightFacts) -> Iterator[Mismatch | Unproven]:
    """The fax server's clock is within five seconds of a reference, and its times carry their UTC offset. A
    reference is its own log, our clock when the fax was noted (no fax comes from the future), and the log of clock
    checks.
    """
    yield from _log_unreliable(facts)
    if facts.clock_problem:
        yield Unproven(facts.clock_problem)
    logged = {fax.fax: call for call, faxes in calls_and_faxes(facts) for fax in faxes}
    for fax in facts.faxes:
        for delivery in fax.deliveries:
            if delivery.received_at is not None and delivery.channel == "fax":
                yield from _skew_of(fax, delivery, delivery.received_at, logged.get(fax.fax), facts)
    for reading in facts.clock_checks:
        apart = _apart(reading.server_at, reading.reference_at, facts)
        if apart > CLOCK_TOLERANCE:
            key = reading.reference_at.isoformat()
            message = f"At {key} the fax server's clock showed {reading.server_at.isoformat()}."
            yield Mismatch(key, message, severity=_clock_severity(reading.reference_at, facts))


def _skew_of(
    fax: FaxFacts, delivery: Delivery, received_at: datetime, call: Call | None, facts: NightFacts
) -> Iterator[Mismatch]:
    key = delivery.job_id or fax.fax
    severity = _clock_severity(received_at, facts)
    in_log = call.received_at if call is not None and call.job_id == delivery.job_id else None
    if received_at.tzinfo is None and (in_log is None or in_log.tzinfo is None):
        message = f"{fax.file} was received {received_at.isoformat()} by a clock without a UTC offset."
        yield Mismatch(key, message, _of_fax(fax), severity=severity, fax=fax.fax)
    elif in_log is not None and _apart(received_at, in_log, facts) > CLOCK_TOLERANCE:
        message = f"{fax.file}: its record says {received_at.isoformat()}, the log {in_log.isoformat()}."
        yield Mismatch(key, message, _of_fax(fax), severity=severity, fax=fax.fax)
    elif _read(received_at, facts) - delivery.noted_at > CLOCK_TOLERANCE:
        message = f"{fax.file} was received {received_at.isoformat()}, yet was here at {delivery.noted_at.isoformat()}."
        yield Mismatch(key, message, _of_fax(fax), severity=severity, fax=fax.fax)


def _read(moment: datetime, facts: NightFacts) -> datetime:
    return read_in_zone(moment, facts.terms.time_zone)


def _apart(one: datetime, other: datetime, facts: NightFacts) -> timedelta:
    return abs(_read(one, facts) - _read(other, facts))


def _clock_severity(moment: datetime, facts: NightFacts) -> BreakSeverity:
    """A second decides only around the expiration: there a doubtful clock blocks (rulebook 5: July 23 to 25)."""
    expires_on = facts.terms.local_date(facts.expiration)

    def near(day: date) -> bool:
        return abs((day - expires_on).days) <= 1

    decides = near(facts.terms.local_date(_read(moment, facts))) or near(facts.terms.local_date(facts.as_of))
    return BLOCKS if decides else WARNS


CHECKS = (
    every_call_is_archived_once,
    every_file_has_a_call_or_a_stamp,
    calls_are_numbered_without_a_gap,
    every_file_holds_a_form_or_is_set_aside,
    every_form_has_its_file_unchanged,
    every_page_is_a_forms_or_set_aside,
    the_fax_servers_clock_is_right,
)
