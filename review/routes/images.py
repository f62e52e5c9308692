"""The pictures that pages show: whole pages, thumbnails, crops; never a tax id that was not asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from core.events import Event, EventKind
from ledger import journal
from ledger.accounts import Permission
from ledger.replay import FaxHistory
from review.board import Board
from review.desk import Desk, Refused, Seat, desk_of, seated
from review.pictures import Hidden, picture_of_page

router = APIRouter()
SHOWN_FOR = timedelta(minutes=10)
"""How long a tax id stays shown to the person who asked for it."""


@router.get("/faxes/{fax}/{number}.png")
def page(request: Request, fax: str, number: int, seat: Annotated[Seat, Depends(seated())], form: str = "") -> Response:
    """One page; with `form` the tax id too, where this person has asked to see it on that form."""
    desk = desk_of(request)
    board = desk.boards.now()
    reveal = bool(form) and _is_on(board, form, fax) and is_shown(desk, seat, form)
    try:
        if _is_scan(board, fax):
            picture = desk.pictures.scan(fax, number, reveal=reveal)
        else:
            picture = desk.pictures.page(history_of(board, fax), number, reveal=reveal)
    except Hidden:
        raise Refused(403, "This page is shown once its tax id is.", subject=fax) from None
    return _png(picture, reveals=reveal)


@router.get("/faxes/{fax}/{number}/small.png")
def thumbnail(request: Request, fax: str, number: int, seat: Annotated[Seat, Depends(seated())]) -> Response:
    desk = desk_of(request)
    board = desk.boards.now()
    name = str(number) if _is_scan(board, fax) else picture_of_page(history_of(board, fax), number)
    return _png(desk.pictures.thumbnail(fax, name))


@router.get("/forms/{form}/{key}.png")
def crop(request: Request, form: str, key: str, seat: Annotated[Seat, Depends(seated())]) -> Response:
    desk = desk_of(request)
    board = desk.boards.now()
    submission = board.running.by_id.get(form)
    if submission is None or submission.fax is None:
        return _png(None)
    reveal = key == "tax_id" and is_shown(desk, seat, form)
    return _png(desk.pictures.crop(history_of(board, submission.fax), submission, key, reveal=reveal), reveals=reveal)


@router.get("/forms/{form}/{key}/line.png")
def line(request: Request, form: str, key: str, seat: Annotated[Seat, Depends(seated())]) -> Response:
    desk = desk_of(request)
    board = desk.boards.now()
    submission = board.running.by_id.get(form)
    if submission is None or submission.fax is None:
        return _png(None)
    return _png(desk.pictures.line_around(history_of(board, submission.fax), submission, key))


def is_shown(desk: Desk, seat: Seat, submission_id: str) -> bool:
    """Whether this person asked to see the form's tax id, not long ago; the asking is in the journal."""
    with desk.books.reading() as connection:
        events = tuple(journal.read(connection, kinds=[EventKind.TAX_ID_SHOWN], subject=submission_id))
    return was_shown(desk, seat, events)


def was_shown(desk: Desk, seat: Seat, events: Iterable[Event]) -> bool:
    """The same, from the events about the form."""
    since = desk.offer_now() - SHOWN_FOR
    return seat.user.may(Permission.DECIDE) and any(
        event.kind is EventKind.TAX_ID_SHOWN and event.actor == seat.user.name and event.at >= since for event in events
    )


def history_of(board: Board, fax: str) -> FaxHistory:
    """A fax whose pages were read. Raises Refused."""
    history = board.running.judged.record.faxes.get(fax)
    if history is None or history.transmission is None:
        raise Refused(404, "There is no such fax.")
    return history


def _is_on(board: Board, submission_id: str, fax: str) -> bool:
    submission = board.running.by_id.get(submission_id)
    return submission is not None and picture_of(board, submission_id) == fax


def picture_of(board: Board, submission_id: str) -> str:
    """The file whose pages show the form: its fax, or the scan of a keyed one; "" where there is none."""
    keyed = board.running.judged.record.keyed.get(submission_id)
    return (keyed.scan if keyed else board.running.by_id[submission_id].fax) or ""


def _is_scan(board: Board, sha256: str) -> bool:
    return any(keyed.scan == sha256 for keyed in board.running.judged.record.keyed.values())


def _png(content: bytes | None, *, reveals: bool = False) -> Response:
    """A covered picture may stay in the person's own browser for a while: the eye stays put when a page is redrawn."""
    if content is None:
        return Response(status_code=404)
    kept = "no-store" if reveals else "private, max-age=600"
    return Response(content, media_type="image/png", headers={"cache-control": kept})
