"""`review` and `user`: the reviewer's desk and who may sit at it."""

from __future__ import annotations

import getpass
import ipaddress
import secrets
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from core.failures import TenderfaxError
from flows.commands.printing import print_table

if TYPE_CHECKING:
    from flows.desk import Desk
    from ledger.accounts import Role

_DEMO_USERS = (
    ("dana", "Dana Ruiz", "reviewer"),
    ("jo", "Jo Tran", "reviewer"),
    ("mara", "Mara Klein", "approver"),
    ("ada", "Ada Root", "administrator"),
    ("olu", "Olu Audit", "auditor"),
)


class NotServed(TenderfaxError):
    """The desk is not opened as asked."""


class NoPassword(TenderfaxError):
    """No password was given, or not the same twice."""


def register(app: typer.Typer) -> None:
    app.command()(review)
    user = typer.Typer(help="Who may sit at the reviewer's desk.", no_args_is_help=True)
    user.command("add")(user_add)
    user.command("list")(user_list)
    user.command("password")(user_password)
    app.add_typer(user, name="user")


def review(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535)] = 8321,
    behind_tls: Annotated[
        bool, typer.Option("--behind-tls", help="A proxy in front speaks TLS: needed for any address but this machine.")
    ] = False,
    name: Annotated[
        list[str] | None, typer.Option("--name", help="Host name under which browsers reach the desk; repeatable.")
    ] = None,
) -> None:
    """Open the reviewer's pages."""
    from flows.desk import open_desk

    serve_desk(open_desk(context.obj), host=host, port=port, behind_tls=behind_tls, names=tuple(name or ()))


def user_add(
    context: typer.Context,
    login: Annotated[str, typer.Argument(metavar="LOGIN")],
    role: Annotated[str, typer.Option(help="reviewer, approver, administrator or auditor.")],
    name: Annotated[str, typer.Option(help="The person's name, as the journal will say it.")],
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")] = False,
) -> None:
    """Make an account; the first administrator is made here."""
    from flows.desk import open_desk
    from ledger import accounts
    from review.workplace import real_clock

    desk = open_desk(context.obj)
    password = _password(password_stdin)
    with desk.books.writing() as connection:
        user = accounts.add_user(
            connection, login=login, name=name, role=_role(role), password=password, now=real_clock()
        )
    sys.stdout.write(f"{user.name} may sign in as {user.login}, {user.role.value}\n")


def user_list(context: typer.Context) -> None:
    """List every account."""
    from flows.desk import open_desk
    from ledger import accounts

    with open_desk(context.obj).books.reading() as connection:
        users = accounts.all_users(connection)
    rows = [(u.login, u.name, u.role.value, "shut" if u.disabled_at else "open") for u in users]
    print_table(("login", "name", "role", "stands"), rows, empty="nobody yet; make the first with `tenderfax user add`")


def user_password(
    context: typer.Context,
    login: Annotated[str, typer.Argument(metavar="LOGIN")],
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")] = False,
) -> None:
    """Set a password anew; every session of the account ends."""
    from flows.desk import open_desk
    from ledger import accounts

    desk = open_desk(context.obj)
    password = _password(password_stdin)
    with desk.books.writing() as connection:
        accounts.set_password(connection, login, password)
    sys.stdout.write(f"the password of {login} is set\n")


def serve_desk(desk: Desk, *, host: str, port: int, behind_tls: bool = False, names: tuple[str, ...] = ()) -> None:
    """Answers until it is stopped. Raises NotServed for an address beyond this machine without TLS in front."""
    import uvicorn

    from flows.regrouping import pages_read_again
    from review.app import LOCAL_HOSTS, create_app
    from review.workplace import Policy, Workplace

    if not behind_tls and not _is_this_machine(host):
        raise NotServed(f"{host}: passwords would travel in the clear; put a TLS proxy in front and say --behind-tls")
    settings = desk.settings
    workplace = Workplace(
        books=desk.books,
        offer=desk.offer,
        pages=settings.pages,
        archive=settings.archive,
        offer_now=desk.now,
        policy=Policy(two_readers=settings.two_readers),
        read_again=pages_read_again(desk),
    )
    app = create_app(workplace, hosts=LOCAL_HOSTS | {host.lower(), *(n.lower() for n in names)}, https=behind_tls)
    app.state.desk.warm_up()
    sys.stdout.write(f"the desk is open at http://{host}:{port}; Ctrl C closes it\n")
    sys.stdout.flush()
    uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False, proxy_headers=behind_tls)


def make_demo_users(desk: Desk) -> None:
    """Accounts for a demo workspace, each with a fresh password that is printed once and kept nowhere."""
    from ledger import accounts
    from review.workplace import real_clock

    rows = []
    with desk.books.writing() as connection:
        for login, name, role in _DEMO_USERS:
            password = "-".join(secrets.token_hex(2) for _ in range(4))
            if accounts.user_of(connection, login) is None:
                accounts.add_user(
                    connection, login=login, name=name, role=_role(role), password=password, now=real_clock()
                )
            else:
                accounts.set_password(connection, login, password)
            rows.append((login, password, name, role))
    print_table(("login", "password", "name", "role"), rows, empty="")


def _role(text: str) -> Role:
    from ledger.accounts import BadAccount, Role

    try:
        return Role(text)
    except ValueError:
        roles = ", ".join(role.value for role in Role)
        raise BadAccount(f"--role {text!r} is no role; choose among {roles}") from None


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise NoPassword("nobody is at the terminal to type a password; give it with --password-stdin")
    password = getpass.getpass("Password, 12 characters or more: ")
    if getpass.getpass("The same again: ") != password:
        raise NoPassword("the password was not typed the same twice; repeat the command")
    return password


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
