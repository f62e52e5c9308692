"""Accounts, sessions, claims and the log of the desk, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pwdlib import PasswordHash
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError

from ledger import accounts, desk_work
from ledger.accounts import BadAccount, LogLine, Permission, Role
from ledger.books import Books
from ledger.desk_tables import users

NOW = datetime(2003, 7, 21, 17, tzinfo=UTC)
PASSWORD = "five slow barges upstream"
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def hashed() -> str:
    """Made once: hashing is slow on purpose."""
    return PasswordHash.recommended().hash(PASSWORD)


@pytest.fixture
def staffed(books: Books, hashed: str) -> Books:
    staff = [
        {"login": login, "name": name, "role": "reviewer", "password_hash": hashed, "created_at": NOW}
        for login, name in (("dana", "Dana Ruiz"), ("jo", "Jo Tran"))
    ]
    with books.writing() as connection:
        connection.execute(insert(users), staff)
    return books


def test_an_account_is_made_and_opens_with_its_password(books: Books) -> None:
    with books.writing() as connection:
        accounts.add_user(connection, login="Mara", name=" Mara  Klein", role=Role.APPROVER, password=PASSWORD, now=NOW)
        assert accounts.user_of(connection, "mara") == accounts.User("mara", "Mara Klein", Role.APPROVER)
        assert accounts.opens(PASSWORD, accounts.stored_password(connection, "mara"))


def test_only_the_right_password_of_an_open_account_opens_it(staffed: Books) -> None:
    with staffed.writing() as connection:
        assert accounts.opens(PASSWORD, accounts.stored_password(connection, "DANA "))
        assert not accounts.opens(PASSWORD + "x", accounts.stored_password(connection, "dana"))
        assert not accounts.opens(PASSWORD, accounts.stored_password(connection, "nobody"))
        accounts.set_disabled(connection, "dana", NOW)
        assert not accounts.opens(PASSWORD, accounts.stored_password(connection, "dana"))


@pytest.mark.parametrize(
    ("login", "name", "password"),
    [
        ("dana", "Somebody Else", PASSWORD),
        ("other", "Dana  Ruiz", PASSWORD),
        ("x", "Short Login", PASSWORD),
        ("9lives", "Digit First", PASSWORD),
        ("other", "", PASSWORD),
        ("other", "Somebody Else", "short"),
        ("other", "Somebody Else", "aaaaaaaaaaaaaaaa"),
        ("other", "Somebody Else", "tenderfax-password-1"),
        ("somebody", "Somebody Else", "somebody-else-1"),
    ],
)
def test_a_bad_account_is_refused(staffed: Books, login: str, name: str, password: str) -> None:
    with pytest.raises(BadAccount), staffed.writing() as connection:
        accounts.add_user(connection, login=login, name=name, role=Role.AUDITOR, password=password, now=NOW)


def test_a_session_ends_a_minute_past_either_limit(staffed: Books) -> None:
    with staffed.writing() as connection:
        token = accounts.begin_session(connection, "dana", NOW)
        assert accounts.session_of(connection, token, NOW + accounts.IDLE_LIMIT) is not None
        assert accounts.session_of(connection, token, NOW + accounts.IDLE_LIMIT + MINUTE) is None
        accounts.note_seen(connection, token, NOW + accounts.ABSOLUTE_LIMIT)
        assert accounts.session_of(connection, token, NOW + accounts.ABSOLUTE_LIMIT) is not None
        assert accounts.session_of(connection, token, NOW + accounts.ABSOLUTE_LIMIT + MINUTE) is None
        assert accounts.session_of(connection, "guessed", NOW) is None


def test_a_change_of_password_or_role_ends_every_session(staffed: Books) -> None:
    with staffed.writing() as connection:
        for change in (
            lambda: accounts.set_password(connection, "dana", PASSWORD + "!"),
            lambda: accounts.set_role(connection, "dana", Role.APPROVER),
        ):
            token = accounts.begin_session(connection, "dana", NOW)
            change()
            assert accounts.session_of(connection, token, NOW) is None


def test_nobody_may_both_hand_out_roles_and_decide() -> None:
    for role in Role:
        assert not {Permission.MANAGE_ACCOUNTS, Permission.DECIDE} <= role.permissions
    assert Role.AUDITOR.permissions == {Permission.READ, Permission.READ_LOG}


def test_after_the_fifth_failure_an_account_is_shut_for_a_while_and_no_other(staffed: Books) -> None:
    with staffed.writing() as connection:
        for n in range(5):
            assert accounts.may_try(connection, login="Dana ", address=f"a{n}", now=NOW)
        assert not accounts.may_try(connection, login="dana", address="a", now=NOW)
        assert accounts.may_try(connection, login="jo", address="a", now=NOW)
        later = NOW + accounts.FAILURE_WINDOW + MINUTE
        assert accounts.may_try(connection, login="dana", address="a", now=later)


def test_what_was_typed_for_a_login_is_kept_nowhere(staffed: Books) -> None:
    with staffed.writing() as connection:
        accounts.may_try(connection, login="my own password", address="a", now=NOW)
        assert "my own password" not in str(connection.execute(text("SELECT * FROM login_failures")).all())


def test_whoever_was_right_starts_anew(staffed: Books) -> None:
    with staffed.writing() as connection:
        for _ in range(4):
            accounts.may_try(connection, login="dana", address="a", now=NOW)
        accounts.begin_session(connection, "dana", NOW)
        for _ in range(5):
            assert accounts.may_try(connection, login="dana", address="a", now=NOW)


def test_the_log_takes_lines_and_gives_none_back(staffed: Books) -> None:
    with staffed.writing() as connection:
        accounts.log(connection, LogLine(NOW, "dana", "127.0.0.1", "take", "f-1", "done", ""))
        ((number, line),) = list(accounts.log_lines(connection))
        assert (line.actor, line.action, line.at) == ("dana", "take", NOW)
        assert list(accounts.log_lines(connection, before=number)) == []
    for change in ("UPDATE desk_log SET actor = 'jo'", "DELETE FROM desk_log"):
        with pytest.raises(DBAPIError), staffed.writing() as connection:
            connection.execute(text(change))


def test_a_claim_is_one_persons_until_its_lease_ends(staffed: Books) -> None:
    with staffed.writing() as connection:
        until = NOW + 20 * MINUTE
        assert desk_work.claim(connection, "f", login="dana", now=NOW, until=until).login == "dana"
        assert desk_work.claim(connection, "f", login="jo", now=until - MINUTE, until=until + MINUTE).login == "dana"
        assert desk_work.claims(connection, until) == {}
        taken = desk_work.claim(connection, "f", login="jo", now=until, until=until + 20 * MINUTE)
        assert (taken.login, taken.name, taken.lease_until) == ("jo", "Jo Tran", until + 20 * MINUTE)
        desk_work.put_back(connection, "f", "dana")
        assert desk_work.claim_of(connection, "f") is not None
        desk_work.put_back(connection, "f", "jo")
        assert desk_work.claim_of(connection, "f") is None


def test_drafts_and_blind_readings_are_each_persons_own(staffed: Books) -> None:
    with staffed.writing() as connection:
        desk_work.save_draft(connection, "f", "dana", "{}", NOW)
        assert desk_work.draft_of(connection, "f", "dana") == "{}"
        assert desk_work.draft_of(connection, "f", "jo") == ""
        desk_work.save_draft(connection, "f", "dana", "", NOW)
        assert desk_work.draft_of(connection, "f", "dana") == ""
        desk_work.note_blind_reading(connection, "f", "row1.shares", login="dana", value="7", now=NOW)
        desk_work.note_blind_reading(connection, "f", "row1.shares", login="dana", value="1", now=NOW)
        desk_work.note_blind_reading(connection, "f", "row1.shares", login="jo", value="1", now=NOW)
        assert desk_work.blind_readings_of(connection, "f", "row1.shares") == {"dana": "1", "jo": "1"}
        assert desk_work.blind_counts(connection) == {("f", "row1.shares"): 2}
        desk_work.forget_blind_readings(connection, "f", "row1.shares")
        assert desk_work.cells_read_by(connection, "dana") == frozenset()
