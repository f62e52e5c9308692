"""The history of a holder's forms: what came, what was reported of the holder, what persons decided; each in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from core.decisions import Verdict
from core.events import (
    OFFER,
    Body,
    CounselAsked,
    DecisionTakenBack,
    DefectWaived,
    Event,
    EventKind,
    FieldCorrected,
    FindingDecided,
    FormDismissed,
    HolderAssigned,
    HolderReported,
    PagesRegrouped,
    TaxIdShown,
    TenderUnlawful,
)
from core.findings import FORM
from core.standing import read_in_zone
from core.submissions import Submission
from ledger.replay import Record
from review.board import Board
from review.fields import label_of
from review.regrouping import say_moves
from review.wording import DISPOSITION_WORDS, say_standing, shares_of

OF_THE_OFFER = (EventKind.DEFECT_WAIVED, EventKind.HOLDER_REPORTED, EventKind.TENDER_UNLAWFUL)
"""Events about the offer that stand in a holder's history too."""
OF_THE_PAGES = (EventKind.PAGES_REGROUPED, EventKind.DECISION_TAKEN_BACK)
"""Events about a fax that stand there."""
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line of the holder's history. `event_id` is set where it can be taken back."""

    at: datetime | None
    form: str
    words: str
    actor: str
    shares_before: int
    shares_after: int
    event_id: str = ""


def judged_with(board: Board, submission: Submission) -> tuple[Submission, ...]:
    """The forms of its holder, itself among them; itself alone where nobody is known to have sent it."""
    holder_id = board.running.group_of(submission.id)
    return board.running.forms_of(holder_id) if holder_id else (submission,)


def history_of_holder(board: Board, submission: Submission, events: Sequence[Event]) -> list[HistoryLine]:
    """What came from the holder, what was reported of them and what persons decided, the latest first.

    What was decided on another form of theirs is taken back there.
    """
    running = board.running
    lines = []
    for one in judged_with(board, submission):
        judged = running.judgement(one.id)
        received = read_in_zone(one.received_at, running.terms.time_zone) if one.received_at else None
        kind = one.kind.value if one.kind else "unknown form"
        words = f"{kind}, {DISPOSITION_WORDS[judged.disposition]}: {say_standing(judged.standing)}"
        before, after = shares_of(judged.standing_before), shares_of(judged.standing)
        lines.append(HistoryLine(received, board.numbers[one.id], words, "", before, after))
    record = running.judged.record
    for event in events:
        body = event.body()
        if event.subject == OFFER and not _touches(body, event.id, record, running.group_of(submission.id)):
            continue
        if (said := say_event(body)) is not None:
            is_own = event.subject in (submission.id, submission.fax)
            undo = event.id if is_own and event.id in record.reversible else ""
            number = board.numbers.get(submission.id if is_own else event.subject, "The offer")
            lines.append(HistoryLine(event.at, number, said, event.actor, 0, 0, undo))
    return sorted(lines, key=lambda line: (line.at is not None, line.at or _BEFORE_ALL), reverse=True)


def _touches(body: Body, event_id: str, record: Record, holder_id: str | None) -> bool:
    """Whether an event about the offer is about this holder too; a report that was taken back is about nobody."""
    match body:
        case HolderReported(change=change):
            return event_id in record.reports and change.holder_id == holder_id
        case TenderUnlawful(tender=tender):
            return event_id in record.reports and holder_id in tender.holder_ids
        case _:
            return True


def say_event(body: Body) -> str | None:
    """One event of the desk in words, without anything personal; None for events of other kinds."""
    match body:
        case FieldCorrected(key=key, value=value, was=was, reason=reason):
            if key == "tax_id":
                return f"{label_of(key)} keyed; {reason}"
            now = value.replace("|", " ")
            said = f"confirmed {now!r}" if now == was else f"{was!r} is {now!r}"
            return f"{label_of(key)}: {said}; {reason}"
        case FindingDecided(decision=decision):
            to = f" to {decision.recoded_to}" if decision.recoded_to else ""
            verb = {Verdict.CLEAR: "cleared", Verdict.UPHOLD: "upheld", Verdict.RECODE: f"recoded{to}"}
            target = "" if decision.target == FORM else f" ({decision.target})"
            return f"{decision.code}{target} {verb[decision.verdict]}, was {decision.was or 'open'}: {decision.reason}"
        case HolderAssigned(holder_id=holder_id, was=was, reason=reason):
            return f"assigned to {holder_id}, was {was or 'nobody’s'}: {reason}"
        case CounselAsked(reason=reason):
            return f"held for counsel: {reason}"
        case FormDismissed(reason=reason):
            return f"found to be no form: {reason}"
        case PagesRegrouped(was=was, now=now, reason=reason):
            return f"{say_moves(was, now)}: {reason}"
        case DecisionTakenBack(reason=reason):
            return f"a decision was taken back: {reason}"
        case TaxIdShown():
            return "tax id shown"
        case DefectWaived(waiver=waiver):
            return f"{waiver.code} waived for all holders: {waiver.reason}"
        case HolderReported(change=change):
            return f"{change.holder_id} {change.kind.value.replace('_', ' ')} on {change.changed_on}: {change.detail}"
        case TenderUnlawful(tender=tender):
            return f"the tender may be unlawful to accept: {tender.reason}"
        case _:
            return None
