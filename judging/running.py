"""The judged books kept up with the journal: only what an event can touch is judged again.

A form is judged among its holder's other forms, so a new fax, decision or correction concerns that holder alone; an
event about the offer itself or a new ledger concerns everybody. The outcome is the same as judging all from the start
(tests/judging says so). It refuses to remember anything outside the value it returns.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from core.decisions import Decision, Verdict, Waiver
from core.events import OFFER, DefectWaived, Event, EventKind
from core.holders import OptionLedger
from core.judgements import Judgement, Standing
from core.submissions import Submission
from core.transmissions import Transmission
from judging.books import Judged, judged_now
from ledger import journal
from ledger.replay import Record, replay, submissions_of
from offers.state import current_expiration
from offers.terms import Terms
from validators.holder_match import HolderIndex
from validators.judgement import judge_all

_TOUCHES_EVERYBODY = frozenset(
    {
        EventKind.LEDGER_IMPORTED,
        EventKind.OFFER_EXTENDED,
        EventKind.OFFER_TERMINATED,
        EventKind.OFFER_ACCEPTED,
        EventKind.OFFER_CHANGED,
    }
)


_TOUCHES_NO_FORM = frozenset(
    {
        EventKind.TAX_ID_SHOWN,
        EventKind.WAIVER_PROPOSED,
        EventKind.WAIVER_DECLINED,
        EventKind.HOLDER_REPORTED,
        EventKind.TENDER_UNLAWFUL,
    }
)
_TOUCHES_KNOWN_FORMS = _TOUCHES_NO_FORM | {
    EventKind.FIELD_CORRECTED,
    EventKind.FINDING_DECIDED,
    EventKind.HOLDER_ASSIGNED,
    EventKind.COUNSEL_ASKED,
    EventKind.DECISION_TAKEN_BACK,
}


@dataclass(frozen=True, slots=True)
class Running:
    """The books judged up to `judged.record.seq`, with an index over them.

    `touched_at` gives the journal's last line about a subject: a submission's id, a fax, or the offer.
    """

    judged: Judged
    terms: Terms
    index: HolderIndex
    by_id: Mapping[str, Submission]
    touched_at: Mapping[str, int]

    @property
    def seq(self) -> int:
        return self.judged.record.seq

    @property
    def ledger(self) -> OptionLedger:
        return self.judged.ledger

    def judgement(self, submission_id: str) -> Judgement:
        return self.judged.judgements[submission_id]

    def group_of(self, submission_id: str) -> str | None:
        """The holder under whom the form is judged; None with the forms that nobody's name resolves."""
        return self.judged.judgements[submission_id].holder_id

    def forms_of(self, holder_id: str | None) -> tuple[Submission, ...]:
        """The forms judged together, in order of arrival."""
        judgements = self.judged.judgements
        return tuple(s for s in self.judged.submissions if judgements[s.id].holder_id == holder_id)

    def version_of(self, submission_id: str) -> int:
        """The journal's last line that could change what this form comes to."""
        submission = self.by_id[submission_id]
        holder_id = self.group_of(submission_id)
        among = self.forms_of(holder_id) if holder_id is not None else (submission,)
        subjects = {"offer", *(s.id for s in among), *(s.fax for s in among if s.fax)}
        return max((self.touched_at.get(subject, 0) for subject in subjects), default=0)

    # ------------------------------------------------------------------------------------------------- what if

    def supposing(
        self,
        changed: Submission,
        decisions: Sequence[Decision] = (),
    ) -> tuple[Judgement, Mapping[str, Standing]]:
        """The judgement of one form if it stood as `changed` and `decisions` were added, and the standings then.

        The form may be one that is not in the books yet.
        """
        known = self.judged.judgements.get(changed.id)
        before = known.holder_id if known else None
        holder_ids = {before, self._resolves_to(changed)}
        among = {s.id: s for holder_id in holder_ids for s in self.forms_of(holder_id)}
        if changed.holder_id is None and before is None:
            among = {changed.id: changed}
        among[changed.id] = changed
        found = judge_all(
            tuple(among.values()),
            ledger=self.ledger,
            offer=self.judged.record.offer,
            terms=self.terms,
            decisions=(*self.judged.record.decisions, *decisions),
        )
        return found.by_submission[changed.id], found.standings

    def supposing_waived(
        self, waiver: Waiver, touched: Iterable[str]
    ) -> tuple[Mapping[str, Judgement], Mapping[str, Standing]]:
        """Every form of the holders that a waiver touches, as it would be judged with it.

        No exception is allowed (OTE §4): decisions that upheld the waived defect fall.
        """
        holder_ids = {self.group_of(submission_id) for submission_id in touched}
        among = [s for s in self.judged.submissions if self.group_of(s.id) in holder_ids]
        offer = self.judged.record.offer
        found = judge_all(
            among,
            ledger=self.ledger,
            offer=replace(offer, waivers=(*offer.waivers, waiver)),
            terms=self.terms,
            decisions=[
                d for d in self.judged.record.decisions if d.code != waiver.code or d.verdict is not Verdict.UPHOLD
            ],
        )
        return found.by_submission, found.standings

    def supposing_regrouped(self, fax: str, transmission: Transmission) -> Judged:
        """The books as they would be judged if the fax's pages stood as `transmission` has them."""
        record = self.judged.record
        known = record.faxes[fax]
        faxes = {**record.faxes, fax: replace(known, transmission=transmission)}
        record = replace(record, faxes=faxes)
        submissions = _submissions(self, record)
        changed = {s.id for s in submissions if self.by_id.get(s.id) != s}
        return _with_judged(self, record, submissions, changed)

    def _resolves_to(self, submission: Submission) -> str | None:
        holder = self.index.match(submission).holder if submission.kind is not None else None
        return holder.holder_id if holder else None


def start(terms: Terms, connection: Connection) -> Running:
    """Everything judged from the journal's first line."""
    judged = judged_now(terms, connection)
    touched = _touched(journal.read(connection))
    return _running(judged, terms, HolderIndex(judged.ledger), touched)


def advance(running: Running, connection: Connection) -> Running:
    """`running` carried on by whatever the journal holds after it; itself when that is nothing."""
    events = tuple(journal.read(connection, after=running.seq))
    if not events:
        return running
    if any(event.kind in _TOUCHES_EVERYBODY for event in events):
        return start(running.terms, connection)
    record = replay(events, running.judged.record)
    touched = {**running.touched_at, **_touched(events)}
    judged = _judged_again(running, record, events)
    return _running(judged, running.terms, running.index, touched)


def _touched(events: Iterable[Event]) -> dict[str, int]:
    """What touches no form makes nobody's work stale: to be shown a tax id, a waiver proposed, an offer's review."""
    return {event.subject: event.seq for event in events if not _touches_no_form(event)}


def _touches_no_form(event: Event) -> bool:
    is_on_offer = event.subject == OFFER and event.kind in (EventKind.FINDING_DECIDED, EventKind.DECISION_TAKEN_BACK)
    return event.kind in _TOUCHES_NO_FORM or is_on_offer


def _running(judged: Judged, terms: Terms, index: HolderIndex, touched: Mapping[str, int]) -> Running:
    return Running(judged, terms, index, {s.id: s for s in judged.submissions}, touched)


def _judged_again(running: Running, record: Record, events: Sequence[Event]) -> Judged:
    old, subjects = running.judged, {event.subject for event in events}
    if all(_touches_no_form(event) for event in events):
        return replace(old, record=record)
    if all(event.kind in _TOUCHES_KNOWN_FORMS and event.subject in running.by_id for event in events):
        again = {s.id: s for s in _submissions(running, record, only=subjects)}
        submissions = tuple(again.get(s.id, s) for s in old.submissions)
        changed = set(again)
    else:
        submissions = _submissions(running, record)
        changed = {s.id for s in submissions if s.id in subjects or s.fax in subjects or running.by_id.get(s.id) != s}
    return _with_judged(running, record, submissions, changed | _waived(old, events))


def _waived(judged: Judged, events: Sequence[Event]) -> set[str]:
    """The forms with a defect that the events waive; the others a waiver does not touch."""
    codes = {body.waiver.code for event in events if isinstance(body := event.body(), DefectWaived)}
    if not codes:
        return set()
    return {i for i, judgement in judged.judgements.items() if any(f.code in codes for f in judgement.findings)}


def _submissions(running: Running, record: Record, only: Container[str] | None = None) -> tuple[Submission, ...]:
    terms = running.terms
    expiration = current_expiration(record.offer, terms.announcement_limit)
    return submissions_of(record, expiration=expiration, zone=terms.time_zone, only=only)


def _with_judged(running: Running, record: Record, submissions: tuple[Submission, ...], changed: set[str]) -> Judged:
    """The books with every holder judged again under whom a changed form stood or now stands."""
    old = running.judged
    gone = running.by_id.keys() - {s.id for s in submissions}
    groups = {old.judgements[i].holder_id for i in (changed | gone) if i in old.judgements}
    groups |= {running._resolves_to(s) for s in submissions if s.id in changed}
    again = [
        s
        for s in submissions
        if s.id in changed or (s.id in old.judgements and old.judgements[s.id].holder_id in groups)
    ]
    found = judge_all(again, ledger=old.ledger, offer=record.offer, terms=running.terms, decisions=record.decisions)
    judgements = {s.id: found.by_submission.get(s.id) or old.judgements[s.id] for s in submissions}
    standings = {h: s for h, s in old.standings.items() if h not in groups} | dict(found.standings)
    return Judged(record, old.ledger, submissions, judgements, standings, old.expiration)
