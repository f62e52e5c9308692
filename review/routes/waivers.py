"""Waivers: a class of defects waived for every holder, proposed by one person and approved by another.

A waiver reaches everybody (OTE §4, July 9 wording): decisions that upheld the same defect are taken back with it, for
no exception is allowed. Lateness is never waived (OTE Q21).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from core.decisions import Verdict, Waiver
from core.events import (
    DecisionTakenBack,
    DefectWaived,
    FindingDecided,
    NewEvent,
    WaiverDeclined,
    WaiverProposed,
)
from core.findings import Finding, Resolution, Severity
from core.judgements import Judgement, Standing
from core.standing import read_in_zone
from core.submissions import Submission
from judging.running import Running
from ledger import journal
from ledger.accounts import Permission
from ledger.replay import ProposedWaiver
from review.board import Board
from review.deciding import LONGEST_REASON
from review.desk import SAID, Act, Desk, Refused, Seat, acting, desk_of, go, seated
from review.wording import DISPOSITION_WORDS, shares_of
from validators.catalogue import RULE_BY_CODE
from validators.ruling import NEVER_WAIVED

router = APIRouter()
CHECKS = {
    "read": "I have read the text of the waiver and the passage it rests on.",
    "all": "It is meant for all holders, those who come after today too.",
    "counsel": "Counsel has been asked.",
}


@dataclass(frozen=True, slots=True)
class Touched:
    """One form that a waiver reaches, now and with it. `change` is what the holder's tendered shares change by."""

    submission: Submission
    number: str
    name: str
    holder_id: str | None
    received_at: datetime | None
    key: str
    now: str
    then: str
    left: int
    change: int
    reopened: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """Everything a waiver would do."""

    touched: tuple[Touched, ...]
    tendered_before: int
    tendered_after: int

    @property
    def become_final(self) -> int:
        return sum(one.left == 0 and one.then == "counts" for one in self.touched)

    @property
    def stay_held(self) -> int:
        return sum(one.then == "held" for one in self.touched)


@router.get("/waivers")
def waivers(
    request: Request,
    seat: Annotated[Seat, Depends(seated())],
    code: Annotated[str, Query(max_length=64)] = "",
    said: str = "",
) -> Response:
    """All waivers, and what a new one of the chosen class would touch."""
    desk = desk_of(request)
    board = desk.boards.now()
    proposals = board.running.judged.record.proposals
    waivable = _waivable(board)
    return desk.page(
        "waivers.html",
        seat,
        board=board,
        section="waivers",
        said=SAID.get(said, ""),
        proposals=tuple(proposals.values())[::-1],
        waivable=waivable,
        code=code,
        rule=RULE_BY_CODE.get(code),
        effect=_effect(desk, board, code) if code in waivable else None,
        never=sorted(NEVER_WAIVED),
    )


@router.post("/waivers")
def propose(request: Request, act: Annotated[Act, Depends(acting(Permission.DECIDE))]) -> Response:
    """Proposes a waiver of a class; it waits for a second person."""
    desk = desk_of(request)
    code, reason = act.text("code"), act.text("reason").strip()[:LONGEST_REASON]
    if code in NEVER_WAIVED:
        raise Refused(409, f"{code} cannot be waived (OTE Q21). Extend the offer instead.")
    if not reason:
        raise Refused(400, "Say why, in a sentence; it is kept for good.")
    with desk.books.writing() as connection:
        board = desk.boards.now(connection)
        if code not in _waivable(board):
            raise Refused(409, f"No form waits with {code}, or it is proposed or waived already.")
        waiver_id = f"W-{len(board.running.judged.record.proposals) + 1}"
        body = WaiverProposed(waiver_id, code, reason)
        journal.append(connection, [NewEvent(desk.offer_now(), act.user.name, body)])
        desk.log(connection, act.seat, "propose waiver", waiver_id, code)
    return go(f"/waivers/{waiver_id}", say="proposed")


@router.get("/waivers/{waiver_id}")
def waiver(request: Request, waiver_id: str, seat: Annotated[Seat, Depends(seated())], said: str = "") -> Response:
    return _page(request, seat, waiver_id, said=SAID.get(said, ""))


@router.get("/waivers/{waiver_id}/touched.csv")
def touched_csv(request: Request, waiver_id: str, seat: Annotated[Seat, Depends(seated())]) -> Response:
    """Everybody a waiver touches, as a table for a spreadsheet (no cell begins a formula)."""
    desk = desk_of(request)
    board = desk.boards.now()
    effect = _effect(desk, board, _require(board, waiver_id).proposal.code)
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(["form", "holder_id", "holder", "received_at", "now", "with_the_waiver", "shares"])
    for one in effect.touched:
        received = one.received_at.isoformat() if one.received_at else ""
        cells = (one.number, one.holder_id or "", one.name, received, one.now, one.then)
        lines.writerow([*(_unformulated(cell) for cell in cells), one.change])
    headers = {"content-disposition": f'attachment; filename="{waiver_id}.csv"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/waivers/{waiver_id}/approve")
def approve(request: Request, waiver_id: str, act: Annotated[Act, Depends(acting(Permission.APPROVE))]) -> Response:
    """Puts a waiver in force: by another person than its proposer, with everybody it touches seen, and the password."""
    desk = desk_of(request)
    board = desk.boards.now()
    proposed = _require(board, waiver_id)
    _refuse_to_proposer(proposed, act)
    if act.text("act") == "decline":
        return _decline(desk, waiver_id, act)
    trouble = desk.why_no_step_up(act, "approve waiver")
    reason = act.text("why").strip()[:LONGEST_REASON]
    with desk.books.writing() as connection:
        board = desk.boards.now(connection)
        proposed = _require(board, waiver_id)
        trouble = trouble or _why_not(desk, board, proposed, act, reason)
        if not trouble:
            _put_in_force(desk, board, proposed, act, reason, connection)
            desk.log(connection, act.seat, "approve waiver", waiver_id, proposed.proposal.code)
    if trouble:
        desk.log_refusal(act.user.login, act.seat.address, "approve waiver", waiver_id, trouble)
        return _page(request, act.seat, waiver_id, trouble=trouble, status=400, act=act)
    return go(f"/waivers/{waiver_id}", say="in-force")


def _decline(desk: Desk, waiver_id: str, act: Act) -> Response:
    reason = act.text("why").strip()[:LONGEST_REASON]
    if not reason:
        raise Refused(400, "Say why you decline, in a sentence; it is kept for good.")
    with desk.books.writing() as connection:
        proposed = _require(desk.boards.now(connection), waiver_id)
        if proposed.closed_at is not None:
            raise Refused(409, f"{waiver_id} is settled already.")
        body = WaiverDeclined(waiver_id, proposed.proposal.code, reason)
        journal.append(connection, [NewEvent(desk.offer_now(), act.user.name, body)])
        desk.log(connection, act.seat, "decline waiver", waiver_id, proposed.proposal.code)
    return go(f"/waivers/{waiver_id}", say="declined")


def _put_in_force(
    desk: Desk, board: Board, proposed: ProposedWaiver, act: Act, reason: str, connection: Connection
) -> None:
    now, code = desk.offer_now(), proposed.proposal.code
    said = f"{proposed.proposer}: {proposed.proposal.reason}; {act.user.name}: {reason}"
    events = [NewEvent(now, act.user.name, DefectWaived(Waiver(proposed.proposal.id, code, act.user.name, now, said)))]
    for event_id, body in board.running.judged.record.reversible.items():
        if isinstance(body, FindingDecided) and body.decision.code == code and body.decision.verdict is Verdict.UPHOLD:
            undone = DecisionTakenBack(
                event_id, body.decision.submission_id, f"waived for all by {proposed.proposal.id}"
            )
            events.append(NewEvent(now, act.user.name, undone))
    journal.append(connection, events)


def _refuse_to_proposer(proposed: ProposedWaiver, act: Act) -> None:
    if proposed.proposer == act.user.name:
        raise Refused(
            403, "You proposed this waiver. Another person approves or declines it.", subject=proposed.proposal.id
        )


def _why_not(desk: Desk, board: Board, proposed: ProposedWaiver, act: Act, reason: str) -> str:
    """What still stands against approving; "" when nothing does."""
    if proposed.closed_at is not None:
        return f"{proposed.proposal.id} is settled already."
    if proposed.proposal.code in NEVER_WAIVED:
        return f"{proposed.proposal.code} cannot be waived (OTE Q21). Extend the offer instead."
    seen = {value for value in act.form.getlist("seen") if isinstance(value, str)}
    unseen = [
        one.number for one in _effect(desk, board, proposed.proposal.code).touched if one.submission.id not in seen
    ]
    if unseen:
        return f"Not seen yet: {', '.join(unseen[:12])}{' and more' if len(unseen) > 12 else ''}. A waiver reaches all."
    if any(not act.text(f"check-{name}") for name in CHECKS):
        return "All three statements are needed."
    return "" if reason else "Say why you agree, in a sentence; it is kept for good."


def _page(
    request: Request,
    seat: Seat,
    waiver_id: str,
    *,
    said: str = "",
    trouble: str = "",
    status: int = 200,
    act: Act | None = None,
) -> Response:
    desk = desk_of(request)
    board = desk.boards.now()
    proposed = _require(board, waiver_id)
    code = proposed.proposal.code
    others = [p for p in board.running.judged.record.proposals.values() if p.proposal.id != waiver_id]
    return desk.page(
        "waiver.html",
        seat,
        status=status,
        board=board,
        section="waivers",
        said=said,
        trouble=trouble,
        proposed=proposed,
        rule=RULE_BY_CODE.get(code),
        effect=_effect(desk, board, code),
        checks=CHECKS,
        others=others,
        is_proposer=proposed.proposer == seat.user.name,
        seen={value for value in act.form.getlist("seen") if isinstance(value, str)} if act else set(),
        ticked={name for name in CHECKS if act and act.text(f"check-{name}")},
        why=act.text("why") if act else "",
    )


def _require(board: Board, waiver_id: str) -> ProposedWaiver:
    proposed = board.running.judged.record.proposals.get(waiver_id)
    if proposed is None:
        raise Refused(404, "There is no such waiver.")
    return proposed


def _waivable(board: Board) -> dict[str, int]:
    """The classes that a waiver may be proposed for, with how many forms each touches."""
    record = board.running.judged.record
    waiting = {p.proposal.code for p in record.proposals.values() if p.closed_at is None}
    in_force = {waiver.code for waiver in record.offer.waivers}
    counted: dict[str, int] = {}
    for judgement in board.running.judged.judgements.values():
        for code in {f.code for f in judgement.findings if _is_waivable(f)} - waiting - in_force:
            counted[code] = counted.get(code, 0) + 1
    return dict(sorted(counted.items()))


def _is_waivable(finding: Finding) -> bool:
    """Defects of a form, not doubts of our reading or judgements that nothing is wrong (rulebook G)."""
    return (
        finding.severity in (Severity.CURABLE, Severity.REVIEW)
        and finding.code not in NEVER_WAIVED | {"OCR_LOW_CONFIDENCE"}
        and finding.resolution in (Resolution.OPEN, Resolution.UPHELD)
    )


def _effect(desk: Desk, board: Board, code: str) -> Effect:
    """Every form with the defect, as it is and as it would be with the waiver; upheld ones opened again."""
    running = board.running
    touched = [
        s
        for s in running.judged.submissions
        if any(
            f.code == code and f.resolution in (Resolution.OPEN, Resolution.UPHELD, Resolution.WAIVED)
            for f in running.judgement(s.id).findings
        )
    ]
    trial = Waiver("trial", code, "", desk.offer_now(), "")
    judgements, standings = running.supposing_waived(trial, [s.id for s in touched])
    before, after = board.tendered, board.tendered
    for holder_id, standing in standings.items():
        after += shares_of(standing) - shares_of(running.judged.standings.get(holder_id))
    rows = [_touched(desk, board, s, code, judgements[s.id], _change_of(running, standings, s.id)) for s in touched]
    return Effect(tuple(rows), before, after)


def _change_of(running: Running, standings: Mapping[str, Standing], submission_id: str) -> int:
    """What the waiver changes the tendered shares of the form's holder by."""
    holder_id = running.group_of(submission_id)
    if holder_id is None:
        return 0
    return shares_of(standings.get(holder_id)) - shares_of(running.judged.standings.get(holder_id))


def _touched(desk: Desk, board: Board, submission: Submission, code: str, then: Judgement, change: int) -> Touched:
    now = board.running.judgement(submission.id)
    holder = board.running.ledger.holder(now.holder_id) if now.holder_id else None
    finding = next(f for f in now.findings if f.code == code)
    field = board.fields_of(submission, now).field_of(finding)
    return Touched(
        submission=submission,
        number=board.numbers[submission.id],
        name=holder.name_on_agreement if holder else submission.fields.printed_name or "nobody yet",
        holder_id=now.holder_id,
        received_at=read_in_zone(submission.received_at, desk.zone) if submission.received_at else None,
        key=field.key if field and field.has_picture and field.key != "tax_id" else "",
        now=DISPOSITION_WORDS[now.disposition],
        then=DISPOSITION_WORDS[then.disposition],
        left=_open(then.findings),
        change=change,
        reopened=any(f.code == code and f.resolution is Resolution.UPHELD for f in now.findings),
    )


def _open(findings: Sequence[Finding]) -> int:
    return sum(f.resolution is Resolution.OPEN and f.severity is not Severity.NOTE for f in findings)


def _unformulated(cell: str) -> str:
    return f"'{cell}" if cell[:1] in "=+-@\t\r" else cell
