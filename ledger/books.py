"""The database of the books: opened, migrated, read and written in whole transactions; it knows no fax and no rule."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from core.failures import TenderfaxError

_MIGRATIONS = Path(__file__).parent / "migrations"
_WRITER_LOCK = 0x7E4DE2FA
"""The PostgreSQL advisory lock that makes the journal's writers wait for each other, as SQLite's write lock does."""
_WRITES = "tenderfax_writes"
_BUSY_TIMEOUT_MS = 60_000
_RETRY_MS = 20
_PRIMARY_CODE = 0xFF
"""SQLite's extended result codes hold the primary one in their lowest byte."""


class BooksNotReady(TenderfaxError):
    """The database cannot be opened, or was never made, or is of another version of the program."""


@dataclass(frozen=True, slots=True)
class Books:
    """One database. Use `reading()` for a consistent view, `writing()` for a transaction that excludes other writers.

    Both give a connection inside a transaction: it commits when the block ends, rolls back when it raises.
    """

    engine: Engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._connection(writes=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Writers come one after the other: what is read inside is still true when the block commits."""
        with self._connection(writes=True) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER_LOCK})
            yield connection

    @contextmanager
    def _connection(self, *, writes: bool) -> Iterator[Connection]:
        options: dict[str, Any] = {_WRITES: writes}
        if self.engine.dialect.name == "postgresql":
            # A view must not change under a report: one snapshot for the whole of it. A writer, though, must see
            # what was committed while it waited for its turn.
            options["isolation_level"] = "READ COMMITTED" if writes else "REPEATABLE READ"
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self.engine.dispose()


def open_books(url: str) -> Books:
    """The books at a SQLAlchemy URL (`sqlite:///FILE`, `postgresql+psycopg://...`); makes nothing.

    A `postgresql://` URL uses psycopg. Raises BooksNotReady for a URL that names no database we know.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgres", "postgresql"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise BooksNotReady(f"database {parsed.get_backend_name()!r} is not known; use sqlite or postgresql")
        if parsed.get_backend_name() == "postgresql":
            return Books(create_engine(parsed, pool_pre_ping=True, connect_args={"connect_timeout": 10}))
        return Books(_sqlite_engine(parsed))
    except (ArgumentError, NoSuchModuleError) as error:
        raise BooksNotReady(f"database URL cannot be read; write sqlite:///FILE or postgresql://...: {error}") from None


def make_books(url: str) -> Books:
    """Opens the books and brings their tables to this version; safe to repeat, and when two do it at once."""
    books = open_books(url)
    database = books.engine.url.database
    if books.engine.dialect.name == "sqlite" and database and database != ":memory:":
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    with _told_apart(books), books.writing() as connection:
        config = _migrations()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return books


def require_ready(books: Books) -> None:
    """Raises BooksNotReady, saying what to do, unless the tables are those of this version."""
    file = books.engine.url.database
    if books.engine.dialect.name == "sqlite" and file and not Path(file).exists():
        raise BooksNotReady(f"no books at {file}; run `tenderfax init` first")
    with _told_apart(books), books.reading() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found is None:
        raise BooksNotReady("the database holds no books; run `tenderfax init` first")
    if found != newest_revision():
        raise BooksNotReady(
            f"the books are at version {found}, the program at {newest_revision()}; run `tenderfax init`"
        )


def newest_revision() -> str | None:
    return ScriptDirectory.from_config(_migrations()).get_current_head()


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


@contextmanager
def _told_apart(books: Books) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        where = books.engine.url.render_as_string(hide_password=True)
        reason = str(error.orig).strip().splitlines()[0]
        raise BooksNotReady(f"database {where} cannot be opened: {reason}; check --database") from error


def _sqlite_engine(url: Any) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000, "isolation_level": None})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        _write_ahead(cursor)
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        # FULL, not NORMAL: an event that was acknowledged must survive the power cut.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes the write lock at once: a read that is upgraded later fails without waiting (SQLITE_BUSY).
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Sets the write-ahead log. SQLite does not always wait for the lock that this needs (another connection may be
    setting it, or be the last one to close): so we wait, as long as for any other lock."""
    cursor.execute("PRAGMA busy_timeout = 0")
    for _ in range(_BUSY_TIMEOUT_MS // _RETRY_MS):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & _PRIMARY_CODE != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(_RETRY_MS / 1000)
        else:
            return
    cursor.execute("PRAGMA journal_mode = WAL")
