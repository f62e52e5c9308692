"""The pages of one fax: split, joined, moved, set aside or renamed; read again before anything is saved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection

from core.events import EventKind, NewEvent, PagesRegrouped
from core.failures import TenderfaxError
from core.page_layout import Layout, LayoutImpossible, forms_of, layout_of, require_possible
from core.submissions import Submission
from core.transmissions import Transmission
from ledger import desk_work, journal
from ledger.accounts import Permission
from ledger.desk_work import FormClaim
from ledger.replay import FaxHistory
from review import deciding, regrouping
from review.board import Board
from review.desk import SAID, Act, Desk, Refused, Seat, acting, desk_of, go, seated
from review.regrouping import PagesDraft
from review.routes.images import history_of
from review.wording import DISPOSITION_WORDS

router = APIRouter()
_DECIDING = acting(Permission.DECIDE)
_NOT_CHECKED = "Read the pages again first: they were moved since, and nothing is saved unseen."
_CHANGED = "The fax or one of its forms was changed meanwhile. Nothing was saved; read again and look."


@dataclass(frozen=True, slots=True)
class Held:
    """Who has the fax's forms: `is_mine` when this person has them all, `others` who else has one."""

    is_mine: bool
    others: tuple[FormClaim, ...]


@router.get("/faxes/{fax}/pages")
def pages(request: Request, fax: str, seat: Annotated[Seat, Depends(seated())], said: str = "") -> Response:
    return _shown(request, seat, fax, said=SAID.get(said, ""))


def _shown(
    request: Request, seat: Seat, fax: str, *, said: str = "", trouble: str = "", status: int = 200
) -> HTMLResponse:
    desk = desk_of(request)
    board = desk.boards.now()
    history = history_of(board, fax)
    with desk.books.reading() as connection:
        held = _held(desk, connection, board, seat, fax)
        draft = regrouping.draft_from_json(desk_work.draft_of(connection, _key(fax), seat.user.login))
        events = tuple(journal.read(connection, subject=fax, kinds=[EventKind.PAGES_REGROUPED]))
    stands = _layout(history)
    draft = draft if held.is_mine and draft else PagesDraft(stands, regrouping.version_of(board.running, fax))
    record = board.running.judged.record
    return desk.page(
        "pages.html",
        seat,
        status=status,
        board=board,
        section="queue",
        said=said,
        trouble=trouble,
        fax=fax,
        history=history,
        held=held,
        stands=stands,
        draft=draft,
        groups=forms_of(draft.layout),
        aside=tuple(page for page in draft.layout if page.form is None),
        now_on=tuple((s, board.numbers.get(s.id)) for s in regrouping.forms_on(record, fax)),
        classes=regrouping.classes(desk.pictures.forms, (*stands, *draft.layout)),
        class_value=regrouping.class_value,
        effect=regrouping.effect_of(board.running, fax, draft.transmission) if draft.transmission else None,
        holders=board.running.ledger.holder,
        moves=regrouping.say_moves(stands, draft.layout),
        events=[(event, event.body()) for event in reversed(events)],
        say_moves=regrouping.say_moves,
        last=regrouping.last_regrouping(record, fax),
        can_undo=record.offer.accepted_at is None,
        disposition_words=DISPOSITION_WORDS,
    )


@router.post("/faxes/{fax}/pages/take")
def take(request: Request, fax: str, act: Annotated[Act, Depends(_DECIDING)]) -> Response:
    """Claims every form of the fax, or none: whoever moves pages moves them for all of them."""
    desk = desk_of(request)
    with desk.books.writing() as connection:
        board = desk.boards.now(connection)
        history_of(board, fax)
        held = _held(desk, connection, board, act.seat, fax)
        if held.others:
            raise Refused(409, f"{held.others[0].name} has a form of this fax.", subject=fax)
        now = desk.now()
        for submission in regrouping.forms_on(board.running.judged.record, fax):
            until = now + desk.workplace.policy.lease
            desk_work.claim(connection, submission.id, login=act.user.login, now=now, until=until)
        desk.log(connection, act.seat, "take pages", fax)
    return go(f"/faxes/{fax}/pages")


@router.post("/faxes/{fax}/pages")
def move(request: Request, fax: str, act: Annotated[Act, Depends(_DECIDING)]) -> Response:
    """Takes the moves into the person's draft; "check" has the pages read again and shows what would follow."""
    desk = desk_of(request)
    with desk.books.writing() as connection:
        board = desk.boards.now(connection)
        history = history_of(board, fax)
        _require_all_mine(desk, connection, act.seat, board, fax)
        if act.text("act") == "drop":
            _keep(desk, connection, act, fax, None)
            return go(f"/faxes/{fax}/pages")
        kept = regrouping.draft_from_json(desk_work.draft_of(connection, _key(fax), act.user.login))
        version = regrouping.version_of(board.running, fax)
        # What was moved over an older state of the fax is looked at over the new one, and read again.
        is_fresh = kept is not None and kept.version == version
        layout = _moved(kept.layout if kept and is_fresh else _layout(history), desk, act)
        draft = kept if kept and is_fresh and kept.layout == layout else PagesDraft(layout, version)
        _keep(desk, connection, act, fax, draft)
    if act.text("act") != "check":
        return go(f"/faxes/{fax}/pages")
    try:
        require_possible(draft.layout)
        transmission = desk.workplace.read_again(regrouping.asked_of_reader(history, draft.layout))
    except LayoutImpossible as failure:
        return _shown(request, act.seat, fax, trouble=str(failure))
    except TenderfaxError as failure:
        trouble = f"The pages could not be read again ({failure}). Nothing was changed."
        return _shown(request, act.seat, fax, trouble=trouble, status=503)
    with desk.books.writing() as connection:
        _require_all_mine(desk, connection, act.seat, desk.boards.now(connection), fax)
        _keep(desk, connection, act, fax, replace(draft, transmission=transmission))
    return go(f"/faxes/{fax}/pages")


@router.post("/faxes/{fax}/pages/save")
def save(request: Request, fax: str, act: Annotated[Act, Depends(_DECIDING)]) -> Response:
    """Writes the regrouping as one event, with the layouts before and after and what was read."""
    desk = desk_of(request)
    reason = act.text("reason").strip()[: deciding.LONGEST_REASON]
    with desk.books.writing() as connection:
        board = desk.boards.now(connection)
        history = history_of(board, fax)
        _require_all_mine(desk, connection, act.seat, board, fax)
        draft = regrouping.draft_from_json(desk_work.draft_of(connection, _key(fax), act.user.login))
        if draft is None or draft.transmission is None or _moved(draft.layout, desk, act) != draft.layout:
            trouble = _NOT_CHECKED
        elif draft.version != regrouping.version_of(board.running, fax):
            trouble = _CHANGED
            _keep(desk, connection, act, fax, None)
        elif not reason:
            trouble = "Say why, in a sentence; it is kept for good."
        else:
            trouble = ""
            first = _write(desk, connection, act, history, draft.layout, draft.transmission, reason)
    if trouble:
        status = 409 if trouble == _CHANGED else 200
        if status == 409:
            desk.log_refusal(act.user.login, act.seat.address, "save pages", fax, "the fax was changed meanwhile")
        return _shown(request, act.seat, fax, trouble=trouble, status=status)
    return go(f"/forms/{first}", say="regrouped")


def _write(
    desk: Desk,
    connection: Connection,
    act: Act,
    history: FaxHistory,
    layout: Layout,
    transmission: Transmission,
    reason: str,
) -> str:
    """One event; the first new form goes onto the person's desk. Returns its id."""
    body = PagesRegrouped(history.fax, _layout(history), layout, transmission, reason)
    journal.append(connection, [NewEvent(desk.offer_now(), act.user.name, body)])
    _keep(desk, connection, act, history.fax, None)
    before = {submission.id for submission in _read(history)}
    for form in before:
        desk_work.put_back(connection, form, act.user.login)
    new = [s.id for s in transmission.submissions if s.id not in before] or [s.id for s in transmission.submissions]
    now = desk.now()
    desk_work.claim(connection, new[0], login=act.user.login, now=now, until=now + desk.workplace.policy.lease)
    desk.log(connection, act.seat, "pages_regrouped", history.fax, regrouping.say_moves(body.was, body.now))
    return new[0]


def _moved(layout: Layout, desk: Desk, act: Act) -> Layout:
    """The layout as the lists were sent, and then as the pressed button says."""
    allowed = frozenset(value for value, _ in regrouping.classes(desk.pictures.forms, layout))
    said = {name: act.text(name) for name in act.form if name.startswith(("is:", "of:"))}
    layout = regrouping.placed(layout, said, allowed)
    verb, _, number = act.text("act").partition(":")
    if not (number.isascii() and number.isdecimal()):
        return layout
    match verb:
        case "split":
            return regrouping.split_before(layout, int(number))
        case "join":
            return regrouping.joined(layout, int(number) - 1)
        case "aside":
            return regrouping.set_aside(layout, int(number))
        case _:
            return layout


def _held(desk: Desk, connection: Connection, board: Board, seat: Seat, fax: str) -> Held:
    forms = regrouping.forms_on(board.running.judged.record, fax)
    now = desk.now()
    claims = [desk_work.claim_of(connection, submission.id) for submission in forms]
    held = [claim for claim in claims if claim is not None and claim.holds_at(now)]
    mine = [claim for claim in held if claim.login == seat.user.login]
    return Held(bool(forms) and len(mine) == len(forms), tuple(c for c in held if c.login != seat.user.login))


def _require_all_mine(desk: Desk, connection: Connection, seat: Seat, board: Board, fax: str) -> None:
    """Raises Refused unless this person has every form of the fax; renews the claims."""
    for submission in regrouping.forms_on(board.running.judged.record, fax):
        desk.require_mine(connection, seat, submission.id)


def _keep(desk: Desk, connection: Connection, act: Act, fax: str, draft: PagesDraft | None) -> None:
    text = regrouping.draft_to_json(draft) if draft else ""
    desk_work.save_draft(connection, _key(fax), act.user.login, text, desk.now())


def _layout(history: FaxHistory) -> Layout:
    return layout_of(history.transmission) if history.transmission else ()


def _read(history: FaxHistory) -> tuple[Submission, ...]:
    return history.transmission.submissions if history.transmission else ()


def _key(fax: str) -> str:
    """Under which the draft is kept: no form has such an id."""
    return f"pages:{fax}"
