"""Waivers: a class of defects waived for every holder, proposed by one person and approved by another.

A waiver reaches everybody (OTE §4, July 9 wording): decisions that upheld the same defect are taken back with it, for
no exception is allowed. Lateness is never waived (OTE Q21).
"""

from __future__ import annotations

import csv
import io
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
from ledger import journal
from ledger.accounts import Permission
from ledger.replay import ProposedWaiver
from review.board import Board
from review.deciding import LONGEST_REASON
from review.desk import SAID, Act, Desk, Refused, Seat, acting, desk_of, go, seated
from review.waiving import is_waivable, touched_by
from validators.catalogue import RULE_BY_CODE
from validators.ruling import NEVER_WAIVED

router = APIRouter()
CHECKS = {
    "read": "I have read the text of the waiver and the passage it rests on.",
    "all": "It is meant for all holders, those who come after today too.",
    "counsel": "Counsel has been asked.",
}


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
        effect=desk.effects.of(board, code, desk.offer_now()) if code in waivable else None,
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
    effect = desk.effects.of(board, _require(board, waiver_id).proposal.code, desk.offer_now())
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
        trouble = trouble or _why_not(board, proposed, act, reason)
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


def _why_not(board: Board, proposed: ProposedWaiver, act: Act, reason: str) -> str:
    """What still stands against approving; "" when nothing does."""
    if proposed.closed_at is not None:
        return f"{proposed.proposal.id} is settled already."
    if proposed.proposal.code in NEVER_WAIVED:
        return f"{proposed.proposal.code} cannot be waived (OTE Q21). Extend the offer instead."
    seen = {value for value in act.form.getlist("seen") if isinstance(value, str)}
    unseen = [board.numbers[one.id] for one in touched_by(board, proposed.proposal.code) if one.id not in seen]
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
        effect=desk.effects.of(board, code, desk.offer_now()),
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
        for code in {f.code for f in judgement.findings if is_waivable(f)} - waiting - in_force:
            counted[code] = counted.get(code, 0) + 1
    return dict(sorted(counted.items()))


def _unformulated(cell: str) -> str:
    return f"'{cell}" if cell[:1] in "=+-@\t\r" else cell
