"""One running desk: the workplace, the board that all pages share, the pictures, the templates; and who asks for what.

`Seat` is a person at the desk asking for a page, `Act` the same person sending a form with the right token.
"""

from __future__ import annotations

import gc
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection
from starlette.datastructures import FormData

from ledger import accounts, desk_work
from ledger.accounts import LogLine, Permission, Session, User
from ledger.desk_work import FormClaim
from offers.state import current_expiration
from reports.wording import say_clock, say_moment, say_span
from review.board import Board, QueueRow
from review.boards import Boards
from review.pictures import Pictures
from review.templating import make_templates
from review.waiving import Effects
from review.workplace import Workplace

_COOKIE = "tenderfax_session"
_SEEN_EVERY_SECONDS = 60


class Refused(Exception):
    """A request that is turned away, said to the person and written into the log."""

    def __init__(self, status: int, message: str, *, subject: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.subject = subject


class SignInFirst(Exception):
    """Nobody is signed in, or the session has ended."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A person at the desk. `address` is where the request came from."""

    session: Session
    token: str
    address: str

    @property
    def user(self) -> User:
        return self.session.user


@dataclass(frozen=True, slots=True)
class Act:
    """A form that a person sent, its token checked."""

    seat: Seat
    form: FormData

    @property
    def user(self) -> User:
        return self.seat.user

    def text(self, name: str) -> str:
        """One field of the form, "" when it is absent or a file; without NUL, which PostgreSQL keeps in no text."""
        value = self.form.get(name)
        return value.replace("\0", "") if isinstance(value, str) else ""


class Desk:
    """What every page needs; made once for an application."""

    def __init__(self, workplace: Workplace, *, https: bool = False) -> None:
        self.workplace = workplace
        self.https = https
        self.books = workplace.books
        self.terms = workplace.offer.terms
        self.zone = workplace.offer.terms.time_zone
        self.boards = Boards(workplace.books, workplace.offer.terms)
        self.effects = Effects(self.zone)
        self.pictures = Pictures(workplace.pages, workplace.forms())
        self.templates = make_templates(self.zone)

    @property
    def cookie(self) -> str:
        """The session's cookie: behind TLS no other host and no path of ours can set it (the browser sees to that)."""
        return f"__Host-{_COOKIE}" if self.https else _COOKIE

    def now(self) -> datetime:
        """The real clock: leases and sessions."""
        return self.workplace.clock()

    def offer_now(self) -> datetime:
        """The offer's clock: events, deadlines."""
        return self.workplace.offer_now()

    def warm_up(self) -> None:
        """Judges everything and compiles the templates, so that the first person to ask does not wait for it."""
        self.boards.now()
        for name in self.templates.list_templates(extensions=["html"]):
            self.templates.get_template(name)
        # Looking for garbage among 700,000 lasting objects (5,000 forms) stops everybody for a quarter of a second.
        gc.collect()
        gc.freeze()

    def lease_end(self, claim: FormClaim) -> str:
        """When a claim lapses, on the clock that the pages show: the offer may be replayed, leases never are."""
        return say_clock(self.offer_now() + (claim.lease_until - self.now()), self.zone)

    # ------------------------------------------------------------------------------------------------------ pages

    def page(
        self, template: str, seat: Seat | None, *, status: int = 200, board: Board | None = None, **facts: Any
    ) -> HTMLResponse:
        """A page of the desk; with a seat it bears the bar."""
        context: dict[str, Any] = {
            "seat": seat,
            "may": _may(seat),
            "section": "",
            "said": "",
            "lease_end": self.lease_end,
            **facts,
        }
        if seat is not None:
            context = self._bar(board or self.boards.now()) | context
        return HTMLResponse(self.templates.get_template(template).render(context), status_code=status)

    def _bar(self, board: Board) -> dict[str, Any]:
        expiration = self.expiration(board)
        left = expiration - self.offer_now()
        record = board.running.judged.record
        return {
            "board": board,
            "n_waiting": len(board.rows) + len(board.files),
            "n_doubtful": sum(1 for _ in doubtful_cells(board)),
            "n_proposed": sum(1 for p in record.proposals.values() if p.closed_at is None),
            "left": say_span(left),
            "is_over": left.total_seconds() < 0,
            "expires": say_moment(expiration, self.zone, zone_name=True),
            "to_extend": self._left_to_extend(board, expiration),
            "offer_now": self.offer_now(),
        }

    def _left_to_extend(self, board: Board, expiration: datetime) -> str:
        """How long an extension may still be announced after the expiration; "" when it may not."""
        state, now = board.running.judged.record.offer, self.offer_now()
        limit = self.terms.announcement_limit(expiration)
        settled = state.accepted_at is not None or state.terminated_at is not None
        return say_span(limit - now) if expiration < now <= limit and not settled else ""

    def expiration(self, board: Board) -> datetime:
        return current_expiration(board.running.judged.record.offer, self.terms.announcement_limit)

    # -------------------------------------------------------------------------------------------------------- log

    def log(self, connection: Connection, seat: Seat, action: str, subject: str = "", detail: str = "") -> None:
        """Writes down what somebody did, in the transaction that did it."""
        accounts.log(
            connection,
            LogLine(self.now(), seat.user.login, seat.address, action[:48], subject[:200], "done", detail[:500]),
        )

    def log_refusal(self, actor: str, address: str, action: str, subject: str, why: str) -> None:
        line = LogLine(self.now(), actor[:64], address, action[:48], subject[:200], "refused", why[:500])
        with self.books.writing() as connection:
            accounts.log(connection, line)

    def why_no_step_up(self, act: Act, action: str) -> str:
        """What stands against an act that asks for the password again; "" when it was given. Guessing is slowed."""
        login, address, now = act.user.login, act.seat.address, self.now()
        with self.books.writing() as connection:
            may_try = accounts.may_try(connection, login=login, address=address, now=now)
            stored = accounts.stored_password(connection, login)
        if may_try and accounts.opens(act.text("password"), stored):
            with self.books.writing() as connection:
                accounts.forget_tries(connection, login)
            return ""
        trouble = "The password is not right." if may_try else "Too many wrong passwords. Wait fifteen minutes."
        self.log_refusal(login, address, action, "", trouble)
        return trouble

    # ------------------------------------------------------------------------------------------------------ forms

    def require_mine(self, connection: Connection, seat: Seat, submission_id: str) -> None:
        """Raises Refused unless the form is claimed by this person and the claim has not lapsed; renews it."""
        claim = desk_work.claim_of(connection, submission_id)
        now = self.now()
        if claim is not None and claim.login != seat.user.login and claim.holds_at(now):
            raise Refused(
                409,
                f"{claim.name} has this form until {self.lease_end(claim)}.",
                subject=submission_id,
            )
        if claim is None:
            raise Refused(
                409,
                "This form is not on your desk: you saved it or put it back, or never took it. Its history says what "
                "was saved. What you keyed and did not save is kept as a draft.",
                subject=submission_id,
            )
        if claim.login != seat.user.login or not claim.holds_at(now):
            raise Refused(
                409,
                "Your claim on this form has lapsed. What you keyed is kept as a draft: take the form again to go on.",
                subject=submission_id,
            )
        desk_work.claim(
            connection, submission_id, login=seat.user.login, now=now, until=now + self.workplace.policy.lease
        )


def doubtful_cells(board: Board) -> list[tuple[QueueRow, str]]:
    """Every doubtful reading of the forms that wait and are not with counsel, as (row, key); no tax id is swept."""
    by_id = board.running.by_id
    free = (row for row in board.rows.values() if not row.with_counsel)
    return [(row, doubt.key) for row in free for doubt in by_id[row.id].doubts if doubt.key != "tax_id"]


def desk_of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def address_of(request: Request) -> str:
    return request.client.host if request.client else "unknown"


async def posted(request: Request) -> FormData:
    return await request.form(max_files=1, max_fields=400)


def seated(permission: Permission = Permission.READ) -> Callable[[Request], Seat]:
    """A dependency: the signed-in person, who must have the permission."""

    def seat(request: Request) -> Seat:
        found = seat_of(request)
        if found is None:
            raise SignInFirst
        if not found.user.may(permission):
            raise Refused(403, f"This is not for the role of {found.user.role.value}.")
        return found

    return seat


def acting(permission: Permission) -> Callable[[Request, FormData], Act]:
    """A dependency: the signed-in person sending a form with the session's token, who must have the permission."""

    def act(request: Request, form: Annotated[FormData, Depends(posted)]) -> Act:
        found = seat_of(request)
        if found is None:
            raise SignInFirst
        token = form.get("token")
        if not isinstance(token, str) or not hmac.compare_digest(token.encode(), found.session.csrf.encode()):
            raise Refused(403, "The form came without its token. Open the page again and repeat.")
        if not found.user.may(permission):
            raise Refused(403, f"This is not for the role of {found.user.role.value}.")
        return Act(found, form)

    return act


def seat_of(request: Request) -> Seat | None:
    """Who sends the request; keeps the session from going idle, at most once a minute."""
    desk = desk_of(request)
    token = request.cookies.get(desk.cookie, "")
    if not token:
        return None
    now = desk.now()
    with desk.books.reading() as connection:
        session = accounts.session_of(connection, token, now)
    if session is None:
        return None
    if (now - session.seen_at).total_seconds() > _SEEN_EVERY_SECONDS:
        with desk.books.writing() as connection:
            accounts.note_seen(connection, token, now)
    request.state.actor = session.user.login
    return Seat(session, token, address_of(request))


SAID = {
    "saved": "Saved.",
    "saved-last": "Saved. Nothing else waits for you.",
    "nothing": "Nothing waits that is free.",
    "taken": "Somebody else has just taken this form.",
    "put-back": "Put back into the queue.",
    "taken-back": "Taken back. The decision and its taking back both stay written.",
    "proposed": "Proposed. A second person approves or declines it.",
    "in-force": "The waiver is in force for every holder.",
    "declined": "Declined. Nothing is waived.",
    "settled": "Settled. It asks again if another day, number or change stands behind it.",
    "extended": "The extension is recorded; forms that came meanwhile were judged again.",
    "accepted": "The tenders are accepted.",
    "reported": "Recorded.",
    "keyed": "The form is in the books.",
    "regrouped": "The pages stand as you put them. This form is yours to look at.",
    "account": "The account is changed.",
    "everywhere": "Every session of yours has ended. Sign in again.",
    "password": "Your password is changed. Sign in again.",
}
"""What a page may be told to say after a form was taken in; nothing else is ever shown from an address."""


def go(path: str, *, say: str = "") -> Response:
    """On to another page after a form was taken in (POST, redirect, GET); `say` is a key of SAID."""
    mark = "&" if "?" in path else "?"
    return RedirectResponse(f"{path}{mark}said={say}" if say else path, status_code=303)


def _may(seat: Seat | None) -> frozenset[str]:
    return frozenset(p.name for p in seat.user.role.permissions) if seat else frozenset()
