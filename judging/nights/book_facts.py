"""What the judged books say, as facts for the nightly checks: faxes, forms, decisions and what they rest on.

It works on all the books or on a part of them (`judging.nights.advancing`), and refuses to look outside them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from core.decisions import Decision
from core.events import OFFER, Event, EventKind, FaxArchived, FaxReceived, FindingDecided, PagesRegrouped
from core.findings import Disposition
from core.holders import OptionLedger
from core.judgements import Judgement, Standing
from core.standing import read_in_zone
from judging.books import NOT_EVALUATED, Judged, derive, file_of, record_before, shown_file, waits
from ledger import grants, journal
from ledger.derived import QueueItem, digests_of
from ledger.replay import FaxHistory, submissions_of
from offers.state import current_expiration
from offers.terms import Terms
from validators.judgement import judge_all
from validators.reconciliation.facts import DecisionFacts, Delivery, FaxFacts, FormFacts, StrayPage

_VALIDATES = frozenset(
    {
        EventKind.FAX_READ,
        EventKind.FORM_KEYED,
        EventKind.FINDING_DECIDED,
        EventKind.FIELD_CORRECTED,
        EventKind.HOLDER_ASSIGNED,
        EventKind.PAGES_REGROUPED,
    }
)
"""Events at which a form was judged with a person or the machine looking: it rests on the ledger of that line."""


@dataclass(frozen=True)
class Lines:
    """The journal's lines without their words, by what is asked of them."""

    validated_at: Mapping[str, int]
    """Subject (form or fax) to the last line at which it was validated."""
    seq_of: Mapping[str, int]
    """Event id to its line."""
    noted_at: Mapping[str, datetime]
    """Fax to when its last delivery was noted."""
    imports: tuple[int, ...]
    """The lines of the ledger's imports, in order."""


def lines_of(entries: Iterable[journal.Entry]) -> Lines:
    validated: dict[str, int] = {}
    seq_of: dict[str, int] = {}
    noted: dict[str, datetime] = {}
    imports = []
    for entry in entries:
        seq_of[entry.id] = entry.seq
        if entry.kind in _VALIDATES:
            validated[entry.subject] = entry.seq
        elif entry.kind is EventKind.FAX_RECEIVED:
            noted[entry.subject] = entry.at
        elif entry.kind is EventKind.LEDGER_IMPORTED:
            imports.append(entry.seq)
    return Lines(validated, seq_of, noted, tuple(imports))


@dataclass(frozen=True)
class BookFacts:
    """The books, or a part of them, as facts. Mappings are by fax, submission id and holder id."""

    faxes: Mapping[str, FaxFacts]
    forms: Mapping[str, FormFacts]
    row_targets: Mapping[str, tuple[str, ...]]
    """Submission id to the grant numbers that its rows name."""
    validated_at: Mapping[str, int]
    positions: Mapping[str, int]
    standings: Mapping[str, Standing]
    items: Mapping[str, QueueItem]
    decisions: Mapping[str, DecisionFacts]
    """By the event's id."""
    digests: Mapping[str, str]
    """What the stored rows must be (`ledger.derived.digests_of`)."""


def book_facts(
    judged: Judged, lines: Lines, archived: Mapping[str, str], connection: Connection, terms: Terms, as_of: datetime
) -> BookFacts:
    """Everything in `judged` as facts; `archived` is the name of each archived fax's file."""
    derived = derive(judged)
    moot = _moot(judged)
    regrouped = {body.fax for body in judged.record.reversible.values() if isinstance(body, PagesRegrouped)}
    decided: dict[str, list[Decision]] = defaultdict(list)
    for decision in judged.record.decisions:
        decided[decision.submission_id].append(decision)
    forms = {}
    for s in judged.submissions:
        judgement = judged.judgements[s.id]
        keyed = judged.record.keyed.get(s.id)
        opened_at = derived.submissions[s.id].opened_at
        forms[s.id] = FormFacts(
            submission_id=s.id,
            fax=s.fax,
            scan=keyed.scan if keyed else None,
            file=file_of(judged.record, s),
            kind=s.kind,
            delivery=s.delivery,
            received_at=s.received_at,
            taken_in_at=_by_then(opened_at, s.received_at, as_of, terms),
            holder_id=judgement.holder_id,
            disposition=judgement.disposition,
            findings=judgement.findings,
            waits=waits(judgement, decided[s.id]),
            moot=s.id in moot,
        )
    return BookFacts(
        faxes={
            fax: _fax(history, judged, lines, archived.get(fax), fax in regrouped, as_of)
            for fax, history in judged.record.faxes.items()
        },
        forms=forms,
        row_targets={i: tuple(judged.judgements[i].row_statuses) for i in forms},
        validated_at={
            s.id: max(lines.validated_at.get(s.id, 0), lines.validated_at.get(s.fax or "", 0))
            for s in judged.submissions
        },
        positions={s.id: s.sequence for s in judged.submissions},
        standings=judged.standings,
        items=derived.queue,
        decisions=_decisions(judged, lines, connection, terms),
        digests=digests_of(derived),
    )


def archived_names(connection: Connection) -> Mapping[str, str]:
    """Fax to the name of its file in the archive, as journalled when it was kept."""
    return archived_by(journal.read(connection, kinds=[EventKind.FAX_ARCHIVED]))


def archived_by(events: Iterable[Event]) -> Mapping[str, str]:
    """The same, of these events."""
    bodies = (event.body() for event in events if event.kind is EventKind.FAX_ARCHIVED)
    return {body.fax: body.archived_name for body in bodies if isinstance(body, FaxArchived)}


def _by_then(opened_at: datetime, received_at: datetime | None, as_of: datetime, terms: Terms) -> datetime:
    """When we had the form. A past offer replayed today has it from its receipt on (decision 0061)."""
    if opened_at <= as_of:
        return opened_at
    return min(read_in_zone(received_at, terms.time_zone), as_of) if received_at is not None else as_of


def _moot(judged: Judged) -> frozenset[str]:
    """Forms in whose place a later effective one of the same holder stands in full (rulebook 4.1)."""
    by_holder: dict[str, list[Judgement]] = defaultdict(list)
    for judgement in judged.judgements.values():
        if judgement.holder_id is not None:
            by_holder[judgement.holder_id].append(judgement)
    moot: set[str] = set()
    for holder_id, judgements in by_holder.items():
        standing = judged.standings.get(holder_id)
        earlier: list[str] = []
        for judgement in judgements:
            if standing is not None and judgement.submission_id == standing.basis:
                moot.update(earlier)
            if judgement.disposition in (Disposition.HELD, Disposition.EFFECTIVE):
                earlier.append(judgement.submission_id)
            if judgement.cures is not None:
                moot.add(judgement.cures)
    return frozenset(moot)


def _fax(
    history: FaxHistory, judged: Judged, lines: Lines, archived_name: str | None, by_a_person: bool, as_of: datetime
) -> FaxFacts:
    noted_at = lines.noted_at.get(history.fax, as_of)
    found = history.transmission
    numbers = [page.number for page in found.pages] if found else []
    own = [s.id for s in found.submissions] if found else []
    live = tuple(i for i in own if i in judged.judgements)
    return FaxFacts(
        fax=history.fax,
        file=shown_file(history),
        deliveries=tuple(_delivery(body, noted_at) for body in history.received),
        archived_name=archived_name,
        quarantined=history.quarantined is not None and found is None,
        dismissed=history.fax in judged.record.dismissed or (bool(own) and not live),
        submission_ids=live,
        pages_read=len(numbers) if found else None,
        numbers_complete=sorted(numbers) == list(range(1, len(numbers) + 1)),
        pages_with_a_form=sum(page.submission is not None for page in found.pages) if found else 0,
        strays=tuple(
            StrayPage(page.number, page.page_class)
            for page in (found.pages if found else ())
            if page.submission is None and not by_a_person
        ),
        pages_set_aside=sum(page.submission is None for page in found.pages) if found and by_a_person else 0,
    )


def _delivery(body: FaxReceived, noted_at: datetime) -> Delivery:
    receipt = body.receipt
    return Delivery(
        job_id=receipt.job_id,
        file=body.file,
        received_start=receipt.received_start,
        received_at=receipt.received_at,
        source=receipt.source,
        channel=receipt.delivery,
        pages=receipt.pages,
        noted_at=noted_at,
    )


# --------------------------------------------------------------------------------------------------------- decisions


def _decisions(judged: Judged, lines: Lines, connection: Connection, terms: Terms) -> Mapping[str, DecisionFacts]:
    """Every decision that stands about a form that is there, with what its finding said then and says now."""
    earlier = _Earlier(judged, connection, terms)
    gone = judged.record.dismissed
    found = {}
    for event_id, body in judged.record.reversible.items():
        if not isinstance(body, FindingDecided) or body.decision.submission_id in (OFFER, *gone):
            continue
        decision = body.decision
        judgement = judged.judgements.get(decision.submission_id)
        line = lines.seq_of.get(event_id)
        now = _said(judgement, decision) if judgement is not None else None
        then = earlier.said(decision, line) if judgement is not None and line is not None else None
        found[event_id] = DecisionFacts(decision, then, now)
    return found


def _said(judgement: Judgement, decision: Decision) -> str | None:
    if decision.code == NOT_EVALUATED:
        return ", ".join(judgement.not_evaluated) or None
    for finding in judgement.findings:
        if (finding.code, finding.target) == (decision.code, decision.target):
            return finding.message
    return None


class _Earlier:
    """What findings said at earlier lines: their holder's forms judged as they were known then."""

    def __init__(self, judged: Judged, connection: Connection, terms: Terms) -> None:
        self._judged, self._connection, self._terms = judged, connection, terms
        self._ledgers: dict[int, OptionLedger] = {}
        self._subjects: dict[str, set[str]] = defaultdict(set)
        for submission in judged.submissions:
            self._subjects[self._group(submission.id)] |= {submission.id, *filter(None, [submission.fax])}

    def said(self, decision: Decision, line: int) -> str | None:
        """What the decided finding said just before the decision's line; None where it was not there."""
        subjects = self._subjects[self._group(decision.submission_id)]
        record = record_before(self._terms, self._connection, line, subjects)
        version = record.ledger_version()
        if version is None:
            return None
        if version not in self._ledgers:
            self._ledgers[version] = grants.load_version(self._connection, version)
        expiration = current_expiration(record.offer, self._terms.announcement_limit)
        found = judge_all(
            submissions_of(record, expiration=expiration, zone=self._terms.time_zone),
            ledger=self._ledgers[version],
            offer=record.offer,
            terms=self._terms,
            decisions=record.decisions,
        ).by_submission.get(decision.submission_id)
        return _said(found, decision) if found is not None else None

    def _group(self, submission_id: str) -> str:
        return self._judged.judgements[submission_id].holder_id or submission_id
