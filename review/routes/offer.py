"""The offer itself: where it stands, what its own rules find, and what a person decides about it.

Settling a review and recording what happened to a holder are a reviewer's; what leaves the house, an extension or the
acceptance, is an approver's, with the password again. Each is first shown with all that it brings along.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection

from core.decisions import Decision, Verdict
from core.events import OFFER, DecisionTakenBack, FindingDecided, HolderReported, NewEvent, OfferExtended
from core.findings import Finding, Resolution, Severity
from core.holder_changes import HolderChange, HolderChangeKind, UnlawfulTender
from core.standing import read_in_zone
from judging.offer import offer_case
from ledger import journal
from ledger.accounts import Permission
from offers.state import judged_extensions
from review import deciding
from review.board import Board
from review.desk import SAID, Act, Desk, Refused, Seat, acting, desk_of, go, seated
from validators.closing import blocks_acceptance, grants_to_accept
from validators.offer_case import OfferCase
from validators.offer_decisions import (
    Decided,
    OfferEventRefused,
    decide_acceptance,
    decide_extension,
    decide_holder_report,
    decide_settlement,
    decide_unlawful_tender,
)
from validators.offer_level import OFFER_RULE_BY_CODE, offer_findings

router = APIRouter()
_UNLAWFUL = "unlawful"
_UNDECIDED = "CLOSE_BLOCKED"
_OPEN_MATTERS = "Matters are open, listed beside; each is resolved first (OTE §4)."
_FORM_ID = re.compile(r"\b[0-9a-f]{12}-[0-9]+\b")
_ACTIONS = {"extend": "extend the offer", "accept": "accept the tenders"}


@dataclass(frozen=True, slots=True)
class Review:
    """One of the offer's own findings. `saw` is a print of what it says: a person decides what they read."""

    finding: Finding
    messages: tuple[str, ...]
    follows: str
    blocks: bool
    saw: str

    @property
    def is_decided(self) -> bool:
        return self.finding.resolution is not Resolution.OPEN

    @property
    def can_be_decided(self) -> bool:
        return self.finding.severity is Severity.REVIEW


@dataclass(frozen=True, slots=True)
class Undecided:
    """Whose forms stand in the way of the acceptance, and where they wait."""

    name: str
    address: str
    says: str


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What an extension, an acceptance or a report would bring along, before it is recorded."""

    doing: str
    decided: Decided | None
    refused: str = ""
    forms: int = 0
    """How many forms an extension would have judged again: received after the expiration, and by the new one."""


@router.get("/offer")
def offer(request: Request, seat: Annotated[Seat, Depends(seated())], said: str = "") -> Response:
    return _shown(request, seat, said=SAID.get(said, ""))


def _shown(
    request: Request,
    seat: Seat,
    *,
    said: str = "",
    trouble: str = "",
    status: int = 200,
    act: Act | None = None,
    foreseen: Foreseen | None = None,
) -> HTMLResponse:
    desk = desk_of(request)
    board = desk.boards.now()
    with desk.books.reading() as connection:
        case = _case(desk, connection)
    record = board.running.judged.record
    reviews = [one for one in _reviews(case) if one.finding.code != _UNDECIDED]
    undecided = _undecided(board, case)
    accepted = grants_to_accept(case)
    return desk.page(
        "offer.html",
        seat,
        status=status,
        board=board,
        section="offer",
        said=said,
        trouble=trouble,
        case=case,
        reviews=sorted(reviews, key=lambda one: (one.is_decided, not one.blocks)),
        blocking=sum(one.blocks for one in reviews) + len(undecided),
        undecided=undecided,
        limit=case.terms.announcement_limit(case.expiration),
        extensions=judged_extensions(case.state, case.terms.announcement_limit),
        would_accept=(len({g.holder_id for g in accepted}), len(accepted), sum(g.shares for g in accepted)),
        reports=list(record.reports.items()),
        is_change=lambda body: isinstance(body, HolderReported),
        settled={
            (body.decision.code, body.decision.target): (key, body.decision)
            for key, body in record.reversible.items()
            if isinstance(body, FindingDecided) and body.decision.submission_id == OFFER
        },
        kinds=[(kind.value, kind.value.replace("_", " ")) for kind in HolderChangeKind],
        unlawful=_UNLAWFUL,
        holders=board.running.ledger.holders,
        typed={name: act.text(name) for name in act.form if name not in ("token", "password")} if act else {},
        foreseen=foreseen,
        today=desk.offer_now().astimezone(desk.zone),
        can_undo=record.offer.accepted_at is None,
    )


# ------------------------------------------------------------------------------------------------------------ acts


@router.post("/offer/settle")
def settle(request: Request, act: Annotated[Act, Depends(acting(Permission.DECIDE))]) -> Response:
    """Decides one of the offer's reviews, as the person read it."""
    desk = desk_of(request)
    code, target, verdict = act.text("code")[:64], act.text("target")[:64], act.text("verdict")
    if verdict not in (Verdict.CLEAR, Verdict.UPHOLD):
        return _shown(request, act.seat, trouble="Choose Clear or Uphold.", act=act)
    reason = act.text("reason").strip()[: deciding.LONGEST_REASON]
    with desk.books.writing() as connection:
        case = _case(desk, connection)
        known = next((one for one in _reviews(case) if (one.finding.code, one.finding.target) == (code, target)), None)
        if known is None or known.saw != act.text("saw"):
            raise Refused(409, "This finding says something else by now. Open the page again and look.", subject=OFFER)
        now = desk.offer_now()
        asked = Decision(f"D-{uuid4().hex[:12]}", OFFER, code, target, Verdict(verdict), act.user.name, now, reason)
        try:
            decided = decide_settlement(case, asked)
        except OfferEventRefused as refused:
            return _shown(request, act.seat, trouble=f"Not settled: {refused}", status=400, act=act)
        _write(desk, connection, act, decided, f"settle {code}")
    return go("/offer", say="settled")


@router.post("/offer/extend")
def extend(request: Request, act: Annotated[Act, Depends(acting(Permission.APPROVE))]) -> Response:
    """Records an extension that was announced; first shows what it brings along."""
    return _decide(request, act, "extend", say="extended")


@router.post("/offer/accept")
def accept(request: Request, act: Annotated[Act, Depends(acting(Permission.APPROVE))]) -> Response:
    """Records the acceptance of every standing tender; refused while anything is open."""
    return _decide(request, act, "accept", say="accepted")


@router.post("/offer/report")
def report(request: Request, act: Annotated[Act, Depends(acting(Permission.DECIDE))]) -> Response:
    """Records what HR, counsel or the holder said of one holder."""
    return _decide(request, act, "report", say="reported")


@router.post("/offer/report/take-back")
def take_back_report(request: Request, act: Annotated[Act, Depends(acting(Permission.DECIDE))]) -> Response:
    """Takes a report back; both stay written."""
    desk = desk_of(request)
    event_id = act.text("event")
    reason = act.text("reason").strip()[: deciding.LONGEST_REASON] or "taken back at the desk"
    with desk.books.writing() as connection:
        if event_id not in desk.boards.now(connection).running.judged.record.reports:
            raise Refused(409, "That report was taken back already, or never made.", subject=OFFER)
        body = DecisionTakenBack(event_id, OFFER, reason)
        journal.append(connection, [NewEvent(desk.offer_now(), act.user.name, body)])
        desk.log(connection, act.seat, "take back report", OFFER, event_id)
    return go("/offer", say="taken-back")


def _decide(request: Request, act: Act, doing: str, *, say: str) -> Response:
    """Foresees the event, and records it where the person pressed that button and may."""
    desk = desk_of(request)
    saves = act.text("act") == "save"
    if saves and doing in _ACTIONS and (trouble := desk.why_no_step_up(act, _ACTIONS[doing])):
        return _shown(request, act.seat, trouble=f"{trouble} Nothing was recorded.", status=403, act=act)
    with desk.books.writing() as connection:
        case = _case(desk, connection)
        try:
            decided = _chosen(desk, case, act, doing)
        except OfferEventRefused as refused:
            why = _OPEN_MATTERS if refused.findings else str(refused)
            return _shown(request, act.seat, act=act, foreseen=Foreseen(doing, None, why), status=400)
        if saves:
            _write(desk, connection, act, decided, _ACTIONS.get(doing, "report a holder"))
    if saves:
        # All forms may be judged again now: whoever recorded it waits here, rather than the next one to open a page.
        desk.boards.now()
        return go("/offer", say=say)
    foreseen = Foreseen(doing, decided, forms=_late_forms(desk, case, decided))
    return _shown(request, act.seat, act=act, foreseen=foreseen)


def _late_forms(desk: Desk, case: OfferCase, decided: Decided) -> int:
    if not isinstance(decided.event, OfferExtended):
        return 0
    received = (s.received_at for s in desk.boards.now().running.judged.submissions if s.received_at)
    until = decided.event.extension.new_expiration
    return sum(case.expiration < read_in_zone(at, desk.zone) <= until for at in received)


def _chosen(desk: Desk, case: OfferCase, act: Act, doing: str) -> Decided:
    """What the form asks for, decided by the offer's rules. Raises OfferEventRefused."""
    reason = act.text("reason").strip()[: deciding.LONGEST_REASON]
    match doing:
        case "extend":
            announced_at = _moment(desk, act.text("announced")) if act.text("announced") else desk.offer_now()
            return decide_extension(case, announced_at, _moment(desk, act.text("to")), reason)
        case "accept":
            return decide_acceptance(case, desk.offer_now(), act.text("medium").strip()[:200], reason)
        case _:
            known = deciding.holder_named(case.ledger, act.text("holder"))
            holder = known.holder_id if known else act.text("holder").strip()[:64]
            kind, day = act.text("kind"), _day(act.text("on"))
            if kind == _UNLAWFUL:
                return decide_unlawful_tender(case, UnlawfulTender(frozenset({holder}), day, reason))
            if kind not in set(HolderChangeKind):
                raise OfferEventRefused("choose what happened from the list")
            return decide_holder_report(case, HolderChange(holder, HolderChangeKind(kind), day, reason))


def _write(desk: Desk, connection: Connection, act: Act, decided: Decided, action: str) -> None:
    journal.append(connection, [NewEvent(desk.offer_now(), act.user.name, decided.event)])
    desk.log(connection, act.seat, action, OFFER)


# --------------------------------------------------------------------------------------------------------- the offer


def _case(desk: Desk, connection: Connection) -> OfferCase:
    judged = desk.boards.now(connection).running.judged
    return offer_case(judged, desk.terms, connection, desk.offer_now())


def _reviews(case: OfferCase) -> Sequence[Review]:
    """What the offer's rules find; what says the same of the same target in several sentences is decided together."""
    grouped: dict[tuple[str, str], list[Finding]] = {}
    for finding in offer_findings(case):
        grouped.setdefault((finding.code, finding.target), []).append(finding)
    return [_review(findings) for findings in grouped.values()]


def _undecided(board: Board, case: OfferCase) -> tuple[Undecided, ...]:
    """What is open on forms and standings, each with the way to where it is decided."""
    found = (finding for finding in offer_findings(case) if finding.code == _UNDECIDED)
    return tuple(_where(board, finding) for finding in found)


def _where(board: Board, finding: Finding) -> Undecided:
    says = _FORM_ID.sub(lambda id: board.numbers.get(id[0], id[0]), finding.message)
    number = board.numbers.get(finding.target)
    if number is not None:
        return Undecided(number, f"/forms/{quote(finding.target)}", says)
    holder = board.running.ledger.holder(finding.target)
    name = f"{finding.target} {holder.name_on_agreement}" if holder else finding.target
    return Undecided(name, f"/?holder={quote(finding.target)}" if holder else "/", says)


def _review(findings: Sequence[Finding]) -> Review:
    first = next((f for f in findings if f.resolution is Resolution.OPEN), findings[0])
    rule = OFFER_RULE_BY_CODE[first.code]
    said = "|".join(f"{f.resolution.value}:{f.message}" for f in findings)
    saw = hashlib.sha256(said.encode()).hexdigest()[:16]
    blocks = any(blocks_acceptance(finding) for finding in findings)
    return Review(first, tuple(f.message for f in findings), rule.follows, blocks, saw)


def _moment(desk: Desk, text: str) -> datetime:
    try:
        typed = datetime.fromisoformat(text)
    except ValueError:
        raise OfferEventRefused("give a day and a time, such as 2003-07-31T21:00") from None
    return typed if typed.tzinfo else typed.replace(tzinfo=desk.zone)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise OfferEventRefused("give the day on which it happened") from None
