"""Accounts, for administrators; the log of everything done at the desk, for them and for auditors; the list of keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from ledger import accounts
from ledger.accounts import BadAccount, Permission, Role
from review.desk import SAID, Act, Seat, acting, desk_of, go, seated

router = APIRouter()
_MANAGING = acting(Permission.MANAGE_ACCOUNTS)
_LINES = 200


@router.get("/accounts")
def people(request: Request, seat: Annotated[Seat, Depends(seated(Permission.READ_LOG))], said: str = "") -> Response:
    """Who may do what: an auditor reads it, an administrator changes it."""
    return _page(request, seat, said=SAID.get(said, ""))


@router.post("/accounts")
def change(request: Request, act: Annotated[Act, Depends(_MANAGING)]) -> Response:
    """Adds an account, or changes one; an administrator cannot shut or demote their own."""
    desk = desk_of(request)
    login, doing = act.text("login").strip().lower(), act.text("act")
    try:
        if login == act.user.login and doing in ("role", "shut"):
            raise BadAccount("your own account: let another administrator do it")
        with desk.books.writing() as connection:
            match doing:
                case "add":
                    role, password = _role(act.text("role")), act.text("password")
                    accounts.add_user(
                        connection, login=login, name=act.text("name"), role=role, password=password, now=desk.now()
                    )
                case "role":
                    accounts.set_role(connection, login, _role(act.text("role")))
                case "shut":
                    accounts.set_disabled(connection, login, desk.now())
                case "open":
                    accounts.set_disabled(connection, login, None)
                case "password":
                    accounts.set_password(connection, login, act.text("password"))
                case _:
                    raise BadAccount("nothing was chosen to be done")
            desk.log(connection, act.seat, f"account {doing}", login, act.text("role"))
    except BadAccount as bad:
        return _page(request, act.seat, trouble=str(bad), status=400)
    return go("/accounts", say="account")


@router.get("/log")
def log(
    request: Request,
    seat: Annotated[Seat, Depends(seated(Permission.READ_LOG))],
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    desk = desk_of(request)
    with desk.books.reading() as connection:
        lines = list(accounts.log_lines(connection, limit=_LINES, before=before))
    return desk.page("log.html", seat, section="log", lines=lines, more=len(lines) == _LINES)


@router.get("/keys")
def keys(request: Request, seat: Annotated[Seat, Depends(seated())]) -> Response:
    return desk_of(request).page("keys.html", seat)


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise BadAccount(f"{text!r} is no role") from None


def _page(request: Request, seat: Seat, *, said: str = "", trouble: str = "", status: int = 200) -> Response:
    desk = desk_of(request)
    with desk.books.reading() as connection:
        users = accounts.all_users(connection)
    return desk.page(
        "accounts.html",
        seat,
        status=status,
        section="accounts",
        said=said,
        trouble=trouble,
        users=users,
        roles=list(Role),
    )
