"""`tenderfax rebuild`: what is stored beside the journal comes out of it again, and whoever changes it is found."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from flows import rulings
from flows.desk import Desk
from flows.figures import Figures
from flows.ledger_import import import_ledger
from flows.logbook import open_logbook
from flows.rebuilding import rebuild, write_rebuilt
from flows.watcher import Watcher
from ledger import derived, schema
from ledger.grants import LedgerFile

HERE = Path(__file__).parent
HOLDERS = """holder_id,name_on_agreement,legal_name_changes,tax_id,category,title,country,email,address
H1,Maria L. Ortega,,000-12-1001,employee,Buyer,US,maria@example.com,
"""
GRANTS = """grant_no,holder_id,plan,grant_date,exercise_price,shares_granted,shares_exercised,shares_cancelled,type,\
split_group,held_since,expires_on
1041,H1,2000,2001-03-15,24.50,1200,0,0,NSO,,,2011-03-15
"""
FACTS = json.dumps({"job_id": "7", "received_at": "2003-07-14T10:40:00-07:00"})


@pytest.fixture
def used(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A workspace with an option ledger, two read faxes (one of them delivered twice) and one in quarantine."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]))
    settings = replace(
        desk.settings, reader="misbehaving_child", readers=1, quiet_seconds=0.1, rescan_seconds=1.0, prefect=False
    )
    quick = replace(desk, settings=settings)
    files = LedgerFile("h.csv", HOLDERS.encode()), LedgerFile("g.csv", GRANTS.encode())
    import_ledger(quick, *files, as_of=date(2003, 6, 10), actor="HR")
    for name, order in (("1", "one"), ("2", "two"), ("3", "one"), ("4", "refuse")):
        (settings.inbox / f"{name}.tif").write_bytes(b"II*\0" + order.encode())
    (settings.inbox / "2.json").write_text(FACTS)
    asyncio.run(Watcher(quick, open_logbook(part="test"), Figures(), None, once=True).run())
    rulings.refresh(quick)
    yield quick


def found(desk: Desk) -> list[tuple[str, str]]:
    return [(difference.place, difference.what) for difference in rebuild(desk).differences]


def change(desk: Desk, statement: Any) -> None:
    with desk.books.writing() as connection:
        connection.execute(statement)


def test_everything_derived_comes_out_of_the_journal_again(used: Desk) -> None:
    rebuilt = rebuild(used)
    assert rebuilt.differences == ()
    counts = rebuilt.counts
    assert (counts["faxes"], counts["receipts"], counts["claims"], counts["queue"]) == (3, 4, 3, 3)


def test_tables_that_are_behind_the_journal_are_no_difference(used: Desk) -> None:
    with used.books.writing() as connection:
        derived.discard(connection)
    assert found(used) == []


ON_ONE = pytest.mark.parametrize("books_url", ["sqlite"], indirect=True)
CHANGES = [
    (lambda: update(schema.faxes).values(size=1), ("faxes", "differs in size"), 3),
    (lambda: update(schema.receipts).values(job_id="8"), ("receipts", "differs in job_id"), 4),
    (lambda: delete(schema.receipts), ("receipts", "is missing"), 4),
    (lambda: update(schema.claims).values(state="waiting"), ("claims", "differs in state"), 3),
    (lambda: delete(schema.queue), ("queue", "is missing"), 3),
    (lambda: update(schema.queue).values(code="X"), ("queue", "differs in code"), 3),
    (
        lambda: insert(schema.standings).values(holder_id="H9", state="TENDERED", standing="{}"),
        ("standings", "is not in the journal"),
        1,
    ),
]


@ON_ONE
@pytest.mark.parametrize(("statement", "difference", "times"), CHANGES)
def test_whatever_is_changed_by_hand_is_found_and_can_be_mended(
    used: Desk, statement: Any, difference: tuple[str, str], times: int
) -> None:
    change(used, statement())
    assert found(used) == [difference] * times
    write_rebuilt(used)
    assert found(used) == []


def test_what_is_changed_by_hand_is_found_on_both_databases(used: Desk) -> None:
    change(used, update(schema.receipts).values(received_at="2003-07-14T10:41:00-07:00"))
    change(used, update(schema.claims).values(state="waiting"))
    assert set(found(used)) == {("receipts", "differs in received_at"), ("claims", "differs in state")}
    write_rebuilt(used)
    assert found(used) == []


@ON_ONE
def test_a_changed_file_of_the_archive_is_found_and_left_for_a_backup(used: Desk) -> None:
    for suffix in ("tif", "json", "csv"):
        victim = next(used.settings.archive.rglob(f"*.{suffix}"))
        whole = victim.read_bytes()
        victim.write_bytes(b"II*\0another")
        assert [place for place, _ in found(used)] == ["archive"], suffix
        write_rebuilt(used)
        assert victim.read_bytes() == b"II*\0another"
        victim.unlink()
        assert [place for place, _ in found(used)] == ["archive"], suffix
        victim.write_bytes(whole)
        assert found(used) == []


@ON_ONE
def test_the_command_ends_with_1_where_something_differs(
    used: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.command_line import run

    options = ["--workspace", str(used.settings.workspace), "--offer", str(used.settings.offer_folder)]
    options += ["--database", used.settings.database_url]
    assert run([*options, "rebuild"]) == 0
    assert "0 differences" in capsys.readouterr().out
    change(used, delete(schema.queue))
    assert run([*options, "rebuild", "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["differences"]) == 3
    assert run([*options, "rebuild", "--keep"]) == 1
    assert run([*options, "rebuild"]) == 0


@ON_ONE
def test_a_broken_journal_proves_nothing(used: Desk) -> None:
    from ledger.journal import JournalBroken

    with used.books.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER journal_no_update")
        connection.exec_driver_sql("UPDATE journal SET actor = 'somebody' WHERE seq = 2")
    with pytest.raises(JournalBroken):
        rebuild(used)
