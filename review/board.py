"""The queue as rows ready to be shown and sorted: what waits, for whom, until when, and how many shares hang on it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from core.decisions import Decision
from core.events import FormDismissed
from core.findings import Disposition, Finding, Hold, Severity
from core.grammar import normalise_grant_no
from core.judgements import Judgement, State
from core.page_layout import form_number
from core.standing import read_in_zone
from core.submissions import Kind, Submission
from judging.books import file_of, waits
from judging.running import Running
from ledger.derived import queued
from ledger.replay import FaxHistory, Record
from offers.business_days import confirmation_due
from review.fields import FormFields, form_fields
from validators.catalogue import RULE_BY_CODE

_SEVERITIES = (Severity.FATAL, Severity.CURABLE, Severity.REVIEW, Severity.NOTE)
_HOLDS = (Hold.HARD, Hold.SOFT, Hold.NONE)


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One form that waits. `due_at` is the end of its confirmation's deadline; `confidence` that of its worst reading.

    `shown_key` is the reading whose crop stands in the row, "" where no picture says anything.
    """

    id: str
    number: str
    kind: Kind | None
    holder_id: str | None
    name: str
    received_at: datetime | None
    due_at: datetime | None
    findings: tuple[Finding, ...]
    shares: int
    confidence: float
    shown_key: str
    disposition: Disposition
    file: str
    with_counsel: bool
    words: str
    """Everything that the search looks through, in small letters."""

    @property
    def worst(self) -> Finding | None:
        return self.findings[0] if self.findings else None

    @property
    def severity(self) -> Severity:
        return self.findings[0].severity if self.findings else Severity.REVIEW


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file that gave no form: in quarantine, or none of its pages was recognised."""

    fax: str
    file: str
    opened_at: datetime
    reason: str
    pages: int


@dataclass(frozen=True)
class Board:
    """The books at one line of the journal, with everything that many pages ask for."""

    running: Running
    numbers: Mapping[str, str]
    rows: Mapping[str, QueueRow]
    files: tuple[FileRow, ...]
    received_per_hour: Mapping[datetime, int]
    """Forms received, by the full hour in UTC."""

    @cached_property
    def dismissed(self) -> Mapping[str, str]:
        """The forms that were found to be none, with their numbers, the last one first."""
        record = self.running.judged.record
        first_seq = {s.id: h.first_seq for h in record.faxes.values() for v in h.versions for s in v.submissions}
        forms = [body.subject for body in record.reversible.values() if isinstance(body, FormDismissed)]
        return {
            form: number_of(form, first_seq.get(form), record) for form in reversed(forms) if form not in record.faxes
        }

    @cached_property
    def decisions_of(self) -> Mapping[str, Sequence[Decision]]:
        return _decisions_by_form(self.running)

    @cached_property
    def tendered(self) -> int:
        """Shares that count now, over all holders."""
        standings = self.running.judged.standings.values()
        return sum(sum(s.grants.values()) for s in standings if s.state is State.TENDERED)

    @cached_property
    def held(self) -> int:
        """Shares of the forms that wait and do not count yet."""
        return sum(row.shares for row in self.rows.values() if row.kind is not Kind.NOTICE)

    @cached_property
    def open_by_code(self) -> Counter[str]:
        return Counter(f.code for row in self.rows.values() for f in row.findings)

    def fields_of(self, submission: Submission, judgement: Judgement) -> FormFields:
        holder = self.running.ledger.holder(judgement.holder_id) if judgement.holder_id else None
        return form_fields(submission, holder, self.running.ledger)


def board_of(running: Running, before: Board | None = None) -> Board:
    """The board of `running`; rows whose form, judgement and decisions are those of `before` are taken over."""
    if before is not None and before.running.by_id.keys() == running.by_id.keys():
        numbers, received = before.numbers, before.received_per_hour
    else:
        numbers, received = _numbers(running), _received_per_hour(running)
    decisions = _decisions_by_form(running)
    counsel = running.judged.record.with_counsel
    old = before.running if before else None
    rows: dict[str, QueueRow] = {}
    for submission in running.judged.submissions:
        judgement = running.judgement(submission.id)
        same = (
            before is not None
            and old is not None
            and old.ledger is running.ledger
            and old.judged.judgements.get(submission.id) is judgement
            and before.decisions_of.get(submission.id) == decisions.get(submission.id)
            and (submission.id in old.judged.record.with_counsel) == (submission.id in counsel)
        )
        if same and before is not None:
            if (known := before.rows.get(submission.id)) is not None:
                rows[submission.id] = known
        elif waits(judgement, decisions.get(submission.id, ())):
            is_with_counsel = submission.id in counsel
            rows[submission.id] = _row(running, submission, judgement, numbers[submission.id], is_with_counsel)
    return Board(running, numbers, rows, _files(running), received)


def by_weight(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings a person must look at, the heaviest first."""
    return tuple(
        sorted(findings, key=lambda f: (_SEVERITIES.index(f.severity), _HOLDS.index(f.hold), f.target, f.code))
    )


def shares_at_stake(running: Running, submission: Submission, judgement: Judgement) -> int:
    """The unexercised shares of the holder's grants that an election names; what a notice would withdraw."""
    if judgement.holder_id is None:
        return 0
    if submission.kind is Kind.NOTICE:
        before = judgement.standing_before
        return sum(before.grants.values()) if before else 0
    schedule = submission.fields.schedule
    rows = (*submission.fields.rows, *(schedule.rows if schedule else ()))
    grants = {normalise_grant_no(row.grant_no): running.ledger.grant(normalise_grant_no(row.grant_no)) for row in rows}
    return sum(g.unexercised for g in grants.values() if g is not None and g.holder_id == judgement.holder_id)


def _row(running: Running, submission: Submission, judgement: Judgement, number: str, with_counsel: bool) -> QueueRow:
    terms = running.terms
    received_at = read_in_zone(submission.received_at, terms.time_zone) if submission.received_at else None
    findings = by_weight([f for f in judgement.findings if queued(f)])
    holder = running.ledger.holder(judgement.holder_id) if judgement.holder_id else None
    name = holder.name_on_agreement if holder else submission.fields.printed_name or "nobody yet"
    due = (
        confirmation_due(received_at, terms.deadlines.confirmation_business_days, terms.business_zone)
        if received_at
        else None
    )
    file = file_of(running.judged.record, submission)
    grant_numbers = " ".join(row.grant_no for row in submission.fields.rows)
    return QueueRow(
        id=submission.id,
        number=number,
        kind=submission.kind,
        holder_id=judgement.holder_id,
        name=name,
        received_at=received_at,
        due_at=due.due_at if due else None,
        findings=findings,
        shares=shares_at_stake(running, submission, judgement),
        confidence=min((doubt.confidence for doubt in submission.doubts), default=1.0),
        shown_key=_shown_key(running, submission, judgement, findings),
        disposition=judgement.disposition,
        file=file,
        with_counsel=with_counsel,
        words=f"{number} {name} {judgement.holder_id or ''} {grant_numbers} {file}".lower(),
    )


def _shown_key(running: Running, submission: Submission, judgement: Judgement, findings: Sequence[Finding]) -> str:
    """The field whose crop says most: that of the heaviest finding that has a picture; never the tax id."""
    holder = running.ledger.holder(judgement.holder_id) if judgement.holder_id else None
    fields = form_fields(submission, holder, running.ledger)
    shown = (fields.field_of(finding) for finding in findings)
    return next((f.key for f in shown if f is not None and f.has_picture and f.key != "tax_id"), "")


def _numbers(running: Running) -> dict[str, str]:
    """F-0347: the journal's line on which the fax arrived; its second form gets -2.

    A number never passes to another form: what a regrouping of pages makes new goes on counting.
    """
    record = running.judged.record
    first_seq = {fax: history.first_seq for fax, history in record.faxes.items()}
    return {s.id: number_of(s.id, first_seq.get(s.fax or ""), record) for s in running.judged.submissions}


def number_of(submission_id: str, fax_seq: int | None, record: Record) -> str:
    """The number of one form; `fax_seq` is the journal's line on which its fax arrived, None for a keyed form."""
    if fax_seq is None:
        return f"F-{record.keyed[submission_id].seq:04d}"
    number = form_number(submission_id)
    return f"F-{fax_seq:04d}" + (f"-{number}" if number > 1 else "")


def _received_per_hour(running: Running) -> Counter[datetime]:
    zone = running.terms.time_zone
    moments = (read_in_zone(s.received_at, zone) for s in running.judged.submissions if s.received_at)
    return Counter(at.replace(minute=0, second=0, microsecond=0) for at in moments)


def _decisions_by_form(running: Running) -> dict[str, list[Decision]]:
    decided: dict[str, list[Decision]] = defaultdict(list)
    for decision in running.judged.record.decisions:
        decided[decision.submission_id].append(decision)
    return dict(decided)


def _files(running: Running) -> tuple[FileRow, ...]:
    dismissed = running.judged.record.dismissed
    histories = running.judged.record.faxes.values()
    return tuple(row for h in histories if h.fax not in dismissed and (row := _file_row(h)) is not None)


def _file_row(history: FaxHistory) -> FileRow | None:
    transmission = history.transmission
    if history.settled_at is None or (transmission is not None and transmission.submissions):
        return None
    file = history.received[0].file if history.received else history.fax[:12]
    if transmission is None:
        reason = history.quarantined.reason if history.quarantined else "the file could not be read"
        return FileRow(history.fax, file, history.settled_at, reason, 0)
    classes = ", ".join(page.page_class for page in transmission.pages) or "no pages"
    reason = f"No Election Form or Notice to Withdraw among its pages ({classes})."
    return FileRow(history.fax, file, history.settled_at, reason, len(transmission.pages))


def follows(code: str) -> str:
    """What follows if a finding stands, in the rulebook's words; "" for a code outside the catalogue."""
    rule = RULE_BY_CODE.get(code)
    return rule.follows if rule else ""
