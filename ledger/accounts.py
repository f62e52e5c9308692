"""Who may sit at the reviewer's desk: accounts, sessions, failed logins and the log of everything done there.

It refuses to know what a page is. Every function takes the moment it is called at; sessions run on the real clock,
never on the clock of a replayed offer. A session's token is kept as its hash only: the database opens no session.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from threading import Lock
from types import MappingProxyType

from pwdlib import PasswordHash
from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from core.failures import TenderfaxError
from ledger.desk_tables import desk_log, login_failures, sessions, users

IDLE_LIMIT = timedelta(minutes=30)
ABSOLUTE_LIMIT = timedelta(hours=10)
"""A working day; afterwards everybody signs in again (ASVS 5 V7.3)."""
FAILURE_WINDOW = timedelta(minutes=15)
MOST_FAILURES_PER_LOGIN = 5
MOST_FAILURES_PER_ADDRESS = 20
"""A whole office may share one address; one account is guessed at sooner than that."""
LEAST_PASSWORD_LENGTH = 12
MOST_PASSWORD_LENGTH = 256

_ONE_AT_A_TIME = Lock()
"""Each look at a password takes 64 MiB and every core for a moment: a crowd that signs in must not stop the others."""
_LOGIN = re.compile(r"[a-z][a-z0-9._-]{1,63}")
_EASY_WORDS = ("password", "passwort", "tenderfax", "capstone", "turbine", "qwerty", "letmein", "welcome", "123456")


class BadAccount(TenderfaxError):
    """An account that cannot be made or changed as asked."""


class Permission(StrEnum):
    READ = "read"
    DECIDE = "decide"
    """Correct, decide, assign, sweep, key forms, propose waivers, see a tax id."""
    APPROVE = "approve"
    """Approve or decline a waiver that somebody else proposed."""
    MANAGE_ACCOUNTS = "manage accounts"
    READ_LOG = "read log"


class Role(StrEnum):
    REVIEWER = "reviewer"
    APPROVER = "approver"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"

    @property
    def permissions(self) -> frozenset[Permission]:
        return _PERMISSIONS[self]


_PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.REVIEWER: frozenset({Permission.READ, Permission.DECIDE}),
        Role.APPROVER: frozenset({Permission.READ, Permission.DECIDE, Permission.APPROVE}),
        # Who hands out the roles decides about no holder.
        Role.ADMINISTRATOR: frozenset({Permission.READ, Permission.MANAGE_ACCOUNTS, Permission.READ_LOG}),
        Role.AUDITOR: frozenset({Permission.READ, Permission.READ_LOG}),
    }
)


@dataclass(frozen=True, slots=True)
class User:
    """One person. `login` is what is typed, `name` what the journal and the pages say."""

    login: str
    name: str
    role: Role
    disabled_at: datetime | None = None

    def may(self, permission: Permission) -> bool:
        return permission in self.role.permissions

    @property
    def initials(self) -> str:
        words = self.name.split()
        return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()


@dataclass(frozen=True, slots=True)
class Session:
    """One person at one browser. `csrf` must come back with every form sent."""

    user: User
    csrf: str
    began_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class LogLine:
    """One thing that somebody did or was refused; `detail` bears no personal data of a holder."""

    at: datetime
    actor: str
    address: str
    action: str
    subject: str
    outcome: str
    detail: str


# ------------------------------------------------------------------------------------------------------- accounts


def add_user(connection: Connection, *, login: str, name: str, role: Role, password: str, now: datetime) -> User:
    """Makes an account; raises BadAccount when the login is taken or malformed or the password too easy."""
    login = login.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise BadAccount(f"login {login!r}: 2 to 64 of a-z, 0-9, dot, dash and underscore, a letter first")
    if not name.strip():
        raise BadAccount(f"login {login!r}: the person's name is missing; it is what the journal will say")
    if connection.execute(select(users.c.login).where(users.c.login == login)).first():
        raise BadAccount(f"login {login!r} is taken; choose another")
    if connection.execute(select(users.c.login).where(users.c.name == " ".join(name.split()))).first():
        raise BadAccount(f"somebody is called {name!r} already; the journal must tell two people apart")
    _refuse_easy(password, login, name)
    connection.execute(
        insert(users).values(
            login=login,
            name=" ".join(name.split()),
            role=role.value,
            password_hash=_hasher().hash(password),
            created_at=now,
        )
    )
    return User(login, " ".join(name.split()), role)


def set_password(connection: Connection, login: str, password: str) -> None:
    """Changes a password and ends every session of the account; raises BadAccount."""
    user = _require(connection, login)
    _refuse_easy(password, user.login, user.name)
    connection.execute(update(users).where(users.c.login == user.login).values(password_hash=_hasher().hash(password)))
    end_sessions_of(connection, user.login)


def set_role(connection: Connection, login: str, role: Role) -> None:
    """Changes what somebody may do; the sessions under the old role end. Raises BadAccount."""
    user = _require(connection, login)
    connection.execute(update(users).where(users.c.login == user.login).values(role=role.value))
    end_sessions_of(connection, user.login)


def set_disabled(connection: Connection, login: str, disabled_at: datetime | None) -> None:
    """Shuts an account, or opens it again with None; never deletes it: the journal names it. Raises BadAccount."""
    user = _require(connection, login)
    connection.execute(update(users).where(users.c.login == user.login).values(disabled_at=disabled_at))
    end_sessions_of(connection, user.login)


def all_users(connection: Connection) -> tuple[User, ...]:
    return tuple(_user(row) for row in connection.execute(select(users).order_by(users.c.login)))


def user_of(connection: Connection, login: str) -> User | None:
    row = connection.execute(select(users).where(users.c.login == login)).first()
    return _user(row) if row else None


def stored_password(connection: Connection, login: str) -> str | None:
    """What `opens` compares with; None for a login that nobody has, and for a shut account."""
    open_account = (users.c.login == login.strip().lower()) & users.c.disabled_at.is_(None)
    return connection.execute(select(users.c.password_hash).where(open_account)).scalar()


def opens(password: str, stored: str | None) -> bool:
    """Whether the password is the stored one; takes as long where nothing is stored.

    One at a time, so it belongs outside of a transaction.
    """
    with _ONE_AT_A_TIME:
        is_right = _hasher().verify(password[:MOST_PASSWORD_LENGTH], stored or _nobodys_hash())
    return is_right and stored is not None


# ------------------------------------------------------------------------------------------------------- sessions


def may_try(connection: Connection, *, login: str, address: str, now: datetime) -> bool:
    """Counts one try before its password is looked at; False where account or address have failed too often.

    Must run inside `Books.writing()`: of many tries at once each is counted before the next is let in. Whoever is right
    has the tries forgotten.
    """
    recent = login_failures.c.at > now - FAILURE_WINDOW
    count = select(func.count()).select_from(login_failures)
    of_login = connection.execute(count.where(recent, login_failures.c.login == _counted_as(login))).scalar_one()
    of_address = connection.execute(count.where(recent, login_failures.c.address == address)).scalar_one()
    if of_login >= MOST_FAILURES_PER_LOGIN or of_address >= MOST_FAILURES_PER_ADDRESS:
        return False
    connection.execute(delete(login_failures).where(login_failures.c.at < now - 4 * FAILURE_WINDOW))
    connection.execute(insert(login_failures).values(login=_counted_as(login), address=address, at=now))
    return True


def forget_tries(connection: Connection, login: str) -> None:
    connection.execute(delete(login_failures).where(login_failures.c.login == _counted_as(login)))


def begin_session(connection: Connection, login: str, now: datetime) -> str:
    """Opens a session and returns its token; sessions past their limits are swept away, failures forgotten."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        delete(sessions).where(or_(sessions.c.seen_at < now - IDLE_LIMIT, sessions.c.began_at < now - ABSOLUTE_LIMIT))
    )
    forget_tries(connection, login)
    connection.execute(
        insert(sessions).values(
            token_sha256=_hash(token), login=login, csrf=secrets.token_urlsafe(32), began_at=now, seen_at=now
        )
    )
    return token


def session_of(connection: Connection, token: str, now: datetime) -> Session | None:
    """The session that a token opens, None once it is past a limit, ended or its account shut."""
    query = (
        select(sessions, users.c.name, users.c.role, users.c.disabled_at)
        .join(users, users.c.login == sessions.c.login)
        .where(sessions.c.token_sha256 == _hash(token))
    )
    row = connection.execute(query).first()
    if row is None or row.disabled_at is not None:
        return None
    if now - row.seen_at > IDLE_LIMIT or now - row.began_at > ABSOLUTE_LIMIT:
        return None
    return Session(User(row.login, row.name, Role(row.role)), row.csrf, row.began_at, row.seen_at)


def note_seen(connection: Connection, token: str, now: datetime) -> None:
    """Keeps a session from going idle."""
    connection.execute(update(sessions).where(sessions.c.token_sha256 == _hash(token)).values(seen_at=now))


def end_session(connection: Connection, token: str) -> None:
    connection.execute(delete(sessions).where(sessions.c.token_sha256 == _hash(token)))


def end_sessions_of(connection: Connection, login: str) -> None:
    connection.execute(delete(sessions).where(sessions.c.login == login))


# ------------------------------------------------------------------------------------------------------------ log


def log(connection: Connection, line: LogLine) -> None:
    connection.execute(
        insert(desk_log).values(
            at=line.at,
            actor=line.actor,
            address=line.address,
            action=line.action,
            # An address asked for may hold NUL, which PostgreSQL keeps in no text.
            subject=line.subject.replace("\0", ""),
            outcome=line.outcome,
            detail=line.detail.replace("\0", ""),
        )
    )


def log_lines(connection: Connection, *, limit: int = 200, before: int | None = None) -> Iterator[tuple[int, LogLine]]:
    """The latest lines first, each with its number; `before` a number goes further back."""
    query = select(desk_log).order_by(desk_log.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(desk_log.c.id < before)
    for row in connection.execute(query):
        yield row.id, LogLine(row.at, row.actor, row.address, row.action, row.subject, row.outcome, row.detail)


# ---------------------------------------------------------------------------------------------------------- inside


@cache
def _hasher() -> PasswordHash:
    """Argon2id with pwdlib's parameters."""
    return PasswordHash.recommended()


@cache
def _nobodys_hash() -> str:
    return _hasher().hash(secrets.token_urlsafe(32))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _counted_as(login: str) -> str:
    """The login as tries are counted: its hash, since people type their password into the wrong box."""
    return _hash(login.strip().lower())


def _require(connection: Connection, login: str) -> User:
    user = user_of(connection, login)
    if user is None:
        raise BadAccount(f"nobody has the login {login!r}; `tenderfax user list` names everybody")
    return user


def _refuse_easy(password: str, login: str, name: str) -> None:
    lowered = password.lower()
    if not LEAST_PASSWORD_LENGTH <= len(password) <= MOST_PASSWORD_LENGTH:
        raise BadAccount(
            f"a password has {LEAST_PASSWORD_LENGTH} to {MOST_PASSWORD_LENGTH} characters; any are allowed"
        )
    if len(set(lowered)) < 6:
        raise BadAccount("the password repeats too few characters; take a longer sentence")
    parts = [login, *(part for part in name.lower().split() if len(part) > 3), *_EASY_WORDS]
    remains = lowered
    for part in parts:
        remains = remains.replace(part, "")
    if len(remains) < LEAST_PASSWORD_LENGTH - 4:
        raise BadAccount("the password is little more than a name or a word that everybody tries first; take another")


def _user(row: Row[tuple[object, ...]]) -> User:
    return User(row.login, row.name, Role(row.role), row.disabled_at)
