"""The database: made, migrated, and append-only where it must be."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError

from ledger.books import Books, BooksNotReady, make_books, open_books, require_ready
from ledger.schema import APPEND_ONLY, metadata


def test_the_migrations_make_exactly_the_tables_of_the_schema(bare_database_url: str) -> None:
    books = make_books(bare_database_url)
    with books.reading() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    assert differences == []


def test_making_the_books_twice_changes_nothing(bare_database_url: str) -> None:
    make_books(bare_database_url)
    books = make_books(bare_database_url)
    require_ready(books)
    assert {table.name for table in APPEND_ONLY} <= set(inspect(books.engine).get_table_names())


def test_two_that_make_the_books_at_once_both_succeed(bare_database_url: str) -> None:
    failures: list[Exception] = []

    def make() -> None:
        try:
            make_books(bare_database_url).close()
        except (BooksNotReady, DatabaseError) as failure:
            failures.append(failure)

    threads = [threading.Thread(target=make) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    require_ready(open_books(bare_database_url))


def test_books_that_were_never_made_are_refused_with_the_next_step(bare_database_url: str) -> None:
    with pytest.raises(BooksNotReady, match="tenderfax init"):
        require_ready(open_books(bare_database_url))


def test_asking_for_books_that_are_not_there_does_not_make_them(tmp_path: Path) -> None:
    place = tmp_path / "nowhere.sqlite"
    with pytest.raises(BooksNotReady, match="tenderfax init"):
        require_ready(open_books(f"sqlite:///{place}"))
    assert not place.exists()


@pytest.mark.parametrize("url", ["", "mysql://x/y", "outputs/books.sqlite", "oracle://x"])
def test_a_url_that_names_no_database_we_know_is_refused(url: str) -> None:
    with pytest.raises(BooksNotReady, match="sqlite"):
        open_books(url)


def test_a_postgresql_that_is_not_there_is_named_without_its_password() -> None:
    books = open_books("postgresql://clerk:secret@/books?host=/nonexistent")
    with pytest.raises(BooksNotReady) as refusal:
        require_ready(books)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("table", [table.name for table in APPEND_ONLY])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_what_was_written_once_can_neither_be_changed_nor_removed(books: Books, table: str, change: str) -> None:
    _write_one_row_everywhere(books)
    column = next(iter(metadata.tables[table].columns)).name
    with pytest.raises(DatabaseError, match="append-only"), books.writing() as connection:
        connection.execute(text(change.format(table, column, column)))


def test_the_journal_cannot_be_emptied_at_a_stroke(books: Books) -> None:
    _write_one_row_everywhere(books)
    # SQLite has no TRUNCATE: there an unconditional DELETE is the stroke, and the trigger refuses it just the same.
    stroke = "DELETE FROM journal" if books.engine.dialect.name == "sqlite" else "TRUNCATE journal"
    with pytest.raises(DatabaseError, match="append-only"), books.writing() as connection:
        connection.execute(text(stroke))


def test_a_block_that_raises_writes_nothing(books: Books) -> None:
    with pytest.raises(RuntimeError), books.writing() as connection:
        connection.execute(text("INSERT INTO derivation (id, seq) VALUES (1, 7)"))
        raise RuntimeError
    with books.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM derivation")).scalar() == 0


def test_foreign_keys_hold(books: Books) -> None:
    with pytest.raises(DatabaseError), books.writing() as connection:
        connection.execute(text("INSERT INTO claims VALUES ('no-such-fax', 'waiting', NULL, NULL, 0, 0, '')"))


def _write_one_row_everywhere(books: Books) -> None:
    moment = "2003-07-14T17:40:00.000000+00:00"
    with books.writing() as connection:
        for statement in (
            f"INSERT INTO journal VALUES (1, 'i', 'fax_read', '{moment}', 'a', 's', '{{}}', 'p', 'h')",
            f"INSERT INTO night_runs (id, outcome, as_of, at, reason) VALUES (1, 'begun', '{moment}', '{moment}', '')",
            f"INSERT INTO ledger_versions VALUES (1, '2003-06-10', '{moment}', 'a', 'h', 'g')",
            "INSERT INTO holders (version, holder_id, position, name_on_agreement, legal_name_changes, tax_id, "
            "category, title, country, email, address) "
            "VALUES (1, 'H1', 0, 'N', '[]', '', 'employee', '', 'US', '', '')",
            "INSERT INTO grants (version, grant_no, position, holder_id, plan, grant_date, exercise_price, "
            "shares_granted, shares_exercised, shares_cancelled, type) "
            "VALUES (1, '1041', 0, 'H1', '2000', '2001-03-15', '24.50', 1200, 0, 0, 'NSO')",
        ):
            connection.execute(text(statement))
