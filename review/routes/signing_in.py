"""Signing in and out, and one's own password."""

from __future__ import annotations

import hmac
import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from ledger import accounts
from ledger.accounts import BadAccount, Permission
from review.desk import SAID, Act, Desk, Refused, Seat, acting, address_of, desk_of, go, posted, seat_of, seated

router = APIRouter()
_BEFORE = "tenderfax_signin"
"""A token for the one form that is sent before there is a session."""
_WRONG = "Login or password is not right."
_WAIT = "Too many attempts. Wait a quarter of an hour, or ask an administrator."


@router.get("/signin")
def signin(request: Request, said: str = "") -> Response:
    if seat_of(request) is not None:
        return go("/")
    return _signin_page(request, SAID.get(said, ""))


@router.post("/signin")
def sign_in(request: Request, form: Annotated[FormData, Depends(posted)]) -> Response:
    """Opens a session; says the same for a wrong login, a wrong password and a shut account."""
    desk = desk_of(request)
    login, password = str(form.get("login", ""))[:64].replace("\0", ""), str(form.get("password", ""))
    token, expected = str(form.get("token", "")), request.cookies.get(_BEFORE, "")
    if not expected or not hmac.compare_digest(token.encode(), expected.encode()):
        raise Refused(403, "The form came without its token. Open the page again and repeat.")
    now, address = desk.now(), address_of(request)
    with desk.books.writing() as connection:
        may_try = accounts.may_try(connection, login=login, address=address, now=now)
        known = accounts.user_of(connection, login.strip().lower())
        stored = accounts.stored_password(connection, login)
    # Only the login of an account is written down: some type their password into the wrong box.
    who = known.login if known else ""
    if not may_try:
        desk.log_refusal(who, address, "sign in", "", "too many attempts")
        return _signin_page(request, _WAIT, status=429)
    if not accounts.opens(password, stored):
        desk.log_refusal(who, address, "sign in", "", "wrong login or password")
        return _signin_page(request, _WRONG, status=401)
    return _opened(request, login.strip().lower())


def _opened(request: Request, login: str) -> Response:
    desk = desk_of(request)
    now = desk.now()
    with desk.books.writing() as connection:
        token = accounts.begin_session(connection, login, now)
        session = accounts.session_of(connection, token, now)
        assert session is not None
        desk.log(connection, Seat(session, token, address_of(request)), "sign in")
    answer = go("/")
    answer.set_cookie(desk.cookie, token, httponly=True, samesite="strict", secure=desk.https, path="/")
    answer.delete_cookie(_BEFORE, path="/signin")
    return answer


@router.post("/signout")
def sign_out(request: Request, act: Annotated[Act, Depends(acting(Permission.READ))]) -> Response:
    desk = desk_of(request)
    with desk.books.writing() as connection:
        accounts.end_session(connection, act.seat.token)
        desk.log(connection, act.seat, "sign out")
    return _signed_out(desk, go("/signin"))


@router.post("/me/sign-out-everywhere")
def sign_out_everywhere(request: Request, act: Annotated[Act, Depends(acting(Permission.READ))]) -> Response:
    """Ends every session of one's account, wherever it was opened."""
    desk = desk_of(request)
    with desk.books.writing() as connection:
        accounts.end_sessions_of(connection, act.user.login)
        desk.log(connection, act.seat, "sign out everywhere")
    return _signed_out(desk, go("/signin", say="everywhere"))


def _signed_out(desk: Desk, answer: Response) -> Response:
    """The browser forgets the cookie, and the covered pictures that it was allowed to keep."""
    answer.delete_cookie(desk.cookie, path="/", secure=desk.https, httponly=True, samesite="strict")
    answer.headers["clear-site-data"] = '"cache"'
    return answer


@router.get("/me")
def me(request: Request, seat: Annotated[Seat, Depends(seated())]) -> Response:
    return desk_of(request).page("me.html", seat, trouble="")


@router.post("/me/password")
def change_password(request: Request, act: Annotated[Act, Depends(acting(Permission.READ))]) -> Response:
    """Sets one's own password; every session of the account ends, this one too."""
    desk = desk_of(request)
    login = act.user.login
    if trouble := desk.why_no_step_up(act, "change password"):
        return desk.page("me.html", act.seat, status=403, trouble=trouble)
    if act.text("new") != act.text("again"):
        return desk.page("me.html", act.seat, status=400, trouble="The new password was not typed the same twice.")
    try:
        with desk.books.writing() as connection:
            accounts.set_password(connection, login, act.text("new"))
            desk.log(connection, act.seat, "change password", login)
    except BadAccount as bad:
        return desk.page("me.html", act.seat, status=400, trouble=str(bad))
    return _signed_out(desk, go("/signin", say="password"))


def _signin_page(request: Request, trouble: str, *, status: int = 200) -> HTMLResponse:
    desk = desk_of(request)
    token = secrets.token_urlsafe(24)
    page = desk.page("signin.html", None, status=status, token=token, trouble=trouble)
    page.set_cookie(_BEFORE, token, httponly=True, samesite="strict", secure=desk.https, path="/signin", max_age=3600)
    return page
