"""What tests of several packages share: books on SQLite and on a throw-away PostgreSQL cluster, and a browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import create_engine, text

from ledger.books import Books, make_books, open_books
from ledger.schema import metadata

# A busy machine may take a second over any example: time is the benchmarks' affair.
settings.register_profile("tenderfax", deadline=None)
settings.load_profile("tenderfax")


def _postgres_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL prefix of a PostgreSQL cluster that lives as long as the tests; it listens on a socket file only."""
    programs = _postgres_programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed; apt-get install postgresql")
        pytest.skip("PostgreSQL is not installed; apt-get install postgresql")
    # Not below pytest's folder: it is root's alone, and a socket's path may not be longer than 107 characters.
    folder = Path("/tmp") / f"tenderfax-pg-{uuid.uuid4().hex[:8]}"
    folder.mkdir(mode=0o777)
    as_postgres: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_postgres = ["runuser", "-u", "postgres", "--"]

    def run(*command: str) -> None:
        subprocess.run([*as_postgres, *command], check=True, capture_output=True, cwd="/tmp", timeout=120)

    run(str(programs / "initdb"), "-D", f"{folder}/cluster", "-A", "trust", "-U", "tenderfax", "-E", "UTF8", "-N")
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c max_connections=60"
    run(str(programs / "pg_ctl"), "-D", f"{folder}/cluster", "-o", options, "-w", "-l", f"{folder}/log", "start")
    try:
        yield f"postgresql+psycopg://tenderfax@/{{database}}?host={folder}"
    finally:
        run(str(programs / "pg_ctl"), "-D", f"{folder}/cluster", "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to be copied."""
    place = tmp_path_factory.mktemp("books") / "empty.sqlite"
    books = make_books(f"sqlite:///{place}")
    with books.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    books.close()
    return place


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> str:
    """The URL of a migrated PostgreSQL database, emptied before each test that uses it."""
    _create_database(postgres_server, "books")
    url = postgres_server.format(database="books")
    make_books(url).close()
    return url


def _empty(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        # As a replica, so that the triggers which refuse to empty the journal do not fire.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(f"TRUNCATE {', '.join(table.name for table in metadata.sorted_tables)}"))
    engine.dispose()


def _create_database(server: str, name: str) -> None:
    engine = create_engine(server.format(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def books_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of fresh, migrated books, once on each database."""
    if request.param == "sqlite":
        place = tmp_path / "tenderfax.sqlite"
        shutil.copyfile(request.getfixturevalue("empty_sqlite"), place)
        return f"sqlite:///{place}"
    url: str = request.getfixturevalue("migrated_postgres")
    _empty(url)
    return url


@pytest.fixture
def books(books_url: str) -> Iterator[Books]:
    opened = open_books(books_url)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without a single table, once on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bare.sqlite'}"
    server: str = request.getfixturevalue("postgres_server")
    name = f"bare_{uuid.uuid4().hex[:12]}"
    _create_database(server, name)
    return server.format(database=name)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()
