"""From the journal to everything derived: every submission judged, every holder's standing, the review queue.

The derived tables are made again whenever they are behind the journal; so a worker that is killed between writing an
event and judging it loses nothing. A moment in the past is judged in memory, from what the books said then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from core.decisions import Decision
from core.events import OFFER, EventKind, FaxQuarantined, FindingDecided, HolderReported
from core.findings import Disposition, Hold, Resolution, Severity
from core.holders import OptionLedger
from core.judgements import Judgement, Standing
from core.offer_state import OfferState
from core.submissions import Submission
from ledger import derived, grants, journal
from ledger.books import Books
from ledger.derived import Derived, JudgedSubmission, QueueItem, item_id, queued
from ledger.replay import FaxHistory, Record, governing_receipt, replay, sequence_of, submissions_of
from offers.state import current_expiration, state_as_of
from offers.terms import Terms
from validators.judgement import Judgements, judge_all, needs_review

NO_LEDGER = OptionLedger((), ())
_ITEMS_PER_FORM = 1000
"""More findings than one form can have: leaves room between the queue positions of two forms."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The books at one moment, judged. `submissions` are in order of arrival."""

    record: Record
    ledger: OptionLedger
    submissions: tuple[Submission, ...]
    judgements: Mapping[str, Judgement]
    standings: Mapping[str, Standing]
    expiration: datetime
    """The one in force, with which everything was judged."""

    def submissions_on(self, fax: str) -> tuple[Submission, ...]:
        return tuple(s for s in self.submissions if s.fax == fax)


def refresh(books: Books, terms: Terms) -> None:
    """Brings the derived tables up to the journal; does nothing when they are. Two at once: the later line wins."""
    with books.reading() as connection:
        if derived.derived_seq(connection) == journal.head(connection).seq:
            return
        judged = judged_now(terms, connection)
    made = derive(judged)
    with books.writing() as connection:
        derived.store(connection, made)


def judged_now(terms: Terms, connection: Connection) -> Judged:
    """Everything judged as the journal has it now."""
    return judge_record(terms, connection, replay(journal.read(connection), empty_record(terms)))


def judged_as_of(terms: Terms, connection: Connection, instant: datetime) -> Judged:
    """Everything judged as the books had it at `instant`, so that a report of then comes out the same (decision 0061).

    An instant before the books were opened has no report to repeat: a past offer is being replayed. There the papers
    decide: what was received, announced and decided by then. The first option ledger holds for whatever came before it.
    """
    return judge_record(terms, connection, record_as_of(terms, connection, instant))


def record_as_of(terms: Terms, connection: Connection, instant: datetime) -> Record:
    """What the books had at `instant`, not yet judged."""
    then = replay(journal.read(connection, as_of=instant), empty_record(terms))
    if then.seq == 0:
        return _papers_until(terms, replay(journal.read(connection), empty_record(terms)), instant)
    if not then.imports:
        later = replay(journal.read(connection, kinds=[EventKind.LEDGER_IMPORTED]), empty_record(terms))
        return replace(then, imports=later.imports[:1])
    return then


def record_before(terms: Terms, connection: Connection, line: int, subjects: Collection[str]) -> Record:
    """What the books had just before a line about these subjects, the offer and the ledgers, and nothing else."""
    until = line - 1
    events = list(journal.about(connection, {OFFER, *subjects}, until=until))
    events += journal.read(connection, until=until, kinds=[EventKind.LEDGER_IMPORTED])
    return replay(sorted(events, key=lambda event: event.seq), empty_record(terms))


def derive(judged: Judged) -> Derived:
    """The rows of the derived tables; the queue in order of arrival."""
    record = judged.record
    rows = {s.id: _judged_submission(s, judged.judgements[s.id], record) for s in judged.submissions}
    decided: dict[str, list[Decision]] = defaultdict(list)
    for decision in record.decisions:
        decided[decision.submission_id].append(decision)
    queue = [item for key, row in rows.items() if waits(row.judgement, decided[key]) for item in _items_of(row)]
    dismissed = record.dismissed
    queue.extend(
        item
        for history in record.faxes.values()
        if history.fax not in dismissed and (item := _item_of_file(history)) is not None
    )
    return Derived(record.seq, rows, judged.standings, {item.id: item for item in queue}, judged.expiration)


NOT_EVALUATED = "NOT_EVALUATED"
"""Stands in the queue for rules that could not be evaluated where no finding says so; a person may settle it."""


def waits(judgement: Judgement, decisions: Iterable[Decision]) -> bool:
    """Whether a person still has something to decide about a form; `decisions` are those about this form.

    A form that a person rejected waits no longer, whatever else was found on it.
    """
    rejected = judgement.disposition is Disposition.REJECTED and any(
        f.resolution is Resolution.UPHELD and f.hold is Hold.HARD for f in judgement.findings
    )
    if rejected:
        return False
    if any(queued(finding) for finding in judgement.findings):
        return True
    return bool(judgement.not_evaluated) and not any(decision.code == NOT_EVALUATED for decision in decisions)


def file_of(record: Record, submission: Submission) -> str:
    """The name under which the form came first; the form's own id where a clerk keyed it."""
    if submission.fax is None:
        return submission.id
    return shown_file(record.faxes[submission.fax])


def shown_file(history: FaxHistory) -> str:
    if history.received:
        return history.received[0].file
    return history.quarantined.file if history.quarantined else history.fax


def judge_record(terms: Terms, connection: Connection, record: Record, ledger: OptionLedger | None = None) -> Judged:
    """Everything in a record judged, by the version of the ledger in force in it; `ledger` where it is loaded."""
    version = record.ledger_version()
    if ledger is None:
        ledger = grants.load_version(connection, version) if version is not None else NO_LEDGER
    expiration = current_expiration(record.offer, terms.announcement_limit)
    submissions = submissions_of(record, expiration=expiration, zone=terms.time_zone)
    found: Judgements = judge_all(
        submissions, ledger=ledger, offer=record.offer, terms=terms, decisions=record.decisions
    )
    return Judged(record, ledger, submissions, found.by_submission, found.standings, expiration)


def empty_record(terms: Terms) -> Record:
    """What the books say before anything happened."""
    return Record(OfferState(terms.expiration))


def _papers_until(terms: Terms, full: Record, instant: datetime) -> Record:
    """The record without what was received, announced or decided after `instant`; the first ledger stays."""
    offer = state_as_of(full.offer, instant)
    expiration = current_expiration(offer, terms.announcement_limit)

    def is_in(received_at: datetime | None) -> bool:
        if received_at is None:
            return False
        aware = received_at if received_at.tzinfo else received_at.replace(tzinfo=terms.time_zone)
        return aware <= instant

    imports = [i for i in full.imports if i.as_of <= terms.local_date(instant)] or list(full.imports[:1])
    return replace(
        full,
        offer=offer,
        imports=tuple(imports),
        faxes={
            fax: history
            for fax, history in full.faxes.items()
            if is_in(governing_receipt(history, expiration=expiration, zone=terms.time_zone).received_at)
        },
        keyed={key: form for key, form in full.keyed.items() if is_in(form.submission.received_at)},
        reversible={
            key: body
            for key, body in full.reversible.items()
            if not isinstance(body, FindingDecided) or body.decision.decided_at <= instant
        },
        reports={
            key: body
            for key, body in full.reports.items()
            if (body.change.changed_on if isinstance(body, HolderReported) else body.tender.recorded_on)
            <= terms.local_date(instant)
        },
    )


def _judged_submission(submission: Submission, judgement: Judgement, record: Record) -> JudgedSubmission:
    keyed = record.keyed.get(submission.id)
    if keyed is not None:
        opened_at: datetime | None = keyed.keyed_at
    else:
        opened_at = record.faxes[submission.fax or ""].settled_at
    if opened_at is None:
        raise AssertionError(f"submission {submission.id} stands in the record, but its fax was never read")
    return JudgedSubmission(submission, judgement, needs_review(judgement), file_of(record, submission), opened_at)


def _items_of(row: JudgedSubmission) -> Sequence[QueueItem]:
    """One item for each open finding; one for the form itself where a rule could not be evaluated and nothing else
    says so: a form may not pass unseen."""
    submission, judgement = row.submission, row.judgement

    def item(
        number: int, code: str, severity: Severity, hold: Hold, target: str, message: str, cite: str, advice: str
    ) -> QueueItem:
        return QueueItem(
            id=item_id(submission.id, code, target),
            fax=submission.fax,
            submission_id=submission.id,
            holder_id=judgement.holder_id,
            file=row.file,
            code=code,
            severity=severity,
            hold=hold,
            target=target,
            message=message,
            cite=cite,
            suggestion=advice,
            opened_at=row.opened_at,
            position=submission.sequence * _ITEMS_PER_FORM + number,
        )

    items = {
        (f.code, f.target): item(n, f.code, f.severity, f.hold, f.target, f.message, f.cite, f.suggestion)
        for n, f in enumerate(judgement.findings)
        if queued(f)
    }
    if not items:
        unread = ", ".join(judgement.not_evaluated) or "its reading"
        message = f"could not be evaluated: {unread}; look at the form"
        return (item(0, NOT_EVALUATED, Severity.REVIEW, Hold.HARD, "form", message, "OTE §4", ""),)
    return tuple(items.values())


def _item_of_file(history: FaxHistory) -> QueueItem | None:
    """The item for a file that gave no submission: in quarantine, or read without finding a form."""
    if history.settled_at is None or (history.transmission is not None and history.transmission.submissions):
        return None
    if history.transmission is None:
        code, message = "FILE_QUARANTINED", _quarantine_message(history.quarantined)
        advice = "Ask the sender for a new fax; the file and its reason lie in the quarantine folder."
    else:
        classes = ", ".join(page.page_class for page in history.transmission.pages) or "no pages"
        code, message = "FORM_TYPE_UNKNOWN", f"no Election Form or Notice to Withdraw among its pages ({classes})"
        advice = "Look at the pages; mark the fax as no form, or ask the sender."
    return QueueItem(
        id=item_id(history.fax, code, "form"),
        fax=history.fax,
        submission_id=None,
        holder_id=None,
        file=shown_file(history),
        code=code,
        severity=Severity.REVIEW,
        hold=Hold.HARD,
        target="form",
        message=message,
        cite="OTE §4",
        suggestion=advice,
        opened_at=history.settled_at,
        position=sequence_of(history) * _ITEMS_PER_FORM,
    )


def _quarantine_message(quarantined: FaxQuarantined | None) -> str:
    return quarantined.reason if quarantined else "the file could not be read"
