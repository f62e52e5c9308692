"""The watcher as a whole: with a reader that does what the fax's bytes say, and without Prefect."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from core.events import EventKind
from flows.desk import Desk
from flows.figures import Figures
from flows.ledger_import import import_ledger
from flows.logbook import open_logbook
from flows.watcher import Watcher
from ledger import claims, journal
from ledger.claims import ClaimState
from ledger.grants import LedgerFile

ON_ONE = pytest.mark.parametrize("books_url", ["sqlite"], indirect=True)
"""For what does not depend on the kind of database."""
HERE = Path(__file__).parent
TIFF = b"II*\0"
PATIENCE = 90.0
HOLDERS = """holder_id,name_on_agreement,legal_name_changes,tax_id,category,title,country,email,address
H1,Maria L. Ortega,,000-12-1001,employee,Buyer,US,maria@example.com,
"""
GRANTS = """grant_no,holder_id,plan,grant_date,exercise_price,shares_granted,shares_exercised,shares_cancelled,type,\
split_group,held_since,expires_on
1041,H1,2000,2001-03-15,24.50,1200,0,0,NSO,,,2011-03-15
"""


@pytest.fixture(autouse=True)
def _misbehaving_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]))


@pytest.fixture
def quick(desk: Desk) -> Desk:
    """A desk whose watcher waits for nothing longer than it must."""
    settings = replace(
        desk.settings,
        reader="misbehaving_child",
        quiet_seconds=0.1,
        rescan_seconds=0.5,
        sidecar_seconds=0.5,
        readers=2,
        read_seconds=20,
        prefect=False,
        endpoint="off",
    )
    return replace(desk, settings=settings)


def drain(desk: Desk) -> Watcher:
    """A watcher that drained the inbox and stopped."""
    watcher = Watcher(desk, open_logbook(part="test"), Figures(), None, once=True)
    asyncio.run(watcher.run())
    return watcher


def put(desk: Desk, name: str, order: str) -> Path:
    path = desk.settings.inbox / name
    path.write_bytes(TIFF + order.encode())
    return path


def states(desk: Desk) -> list[str]:
    with desk.books.reading() as connection:
        archived = [event.subject for event in journal.read(connection, kinds=[EventKind.FAX_ARCHIVED])]
        found = [claims.claim_of(connection, fax) for fax in archived]
    return [claim.state.value for claim in found if claim is not None]


def events(desk: Desk, kind: EventKind) -> list[Any]:
    with desk.books.reading() as connection:
        return [event.body() for event in journal.read(connection, kinds=[kind])]


def test_a_drained_inbox_is_empty_and_every_fax_is_read(quick: Desk) -> None:
    for number in range(5):
        put(quick, f"{number}.tif", str(number))
    drain(quick)
    assert list(quick.settings.inbox.iterdir()) == []
    assert states(quick) == ["done"] * 5
    assert [body.file for body in events(quick, EventKind.FAX_RECEIVED)] == [f"{n}.tif" for n in range(5)]


def test_poison_is_put_aside_and_the_others_are_read(quick: Desk) -> None:
    put(quick, "1.tif", "crash")
    put(quick, "2.tif", "raise")
    put(quick, "3.tif", "good")
    drain(quick)
    assert sorted(states(quick)) == ["done", "quarantined", "quarantined"]
    reasons = sorted(body.reason for body in events(quick, EventKind.FAX_QUARANTINED))
    assert all("reading failed 3 times" in reason for reason in reasons)
    assert list(quick.settings.inbox.iterdir()) == []


def test_two_watchers_share_one_inbox(quick: Desk) -> None:
    for number in range(12):
        put(quick, f"{number}.tif", f"n{number}")
    with watching(quick, "--once") as one, watching(quick, "--once") as other:
        for process in (one, other):
            process.wait(timeout=PATIENCE)
            assert process.returncode == 0
    assert list(quick.settings.inbox.iterdir()) == []
    assert len(events(quick, EventKind.FAX_RECEIVED)) == 12
    assert len(events(quick, EventKind.FAX_READ)) == 12
    assert states(quick) == ["done"] * 12


@ON_ONE
def test_the_same_bytes_under_many_names_are_read_once_with_every_receipt(quick: Desk) -> None:
    for number in range(10):
        put(quick, f"{number}.tif", "same")
    drain(quick)
    assert len(events(quick, EventKind.FAX_RECEIVED)) == 10
    assert len(events(quick, EventKind.FAX_READ)) == 1


@ON_ONE
def test_an_option_ledger_imported_meanwhile_is_read_with_from_the_next_fax_on(quick: Desk) -> None:
    watcher = Watcher(quick, open_logbook(part="test"), Figures(), None)

    async def imported_meanwhile() -> None:
        running = asyncio.create_task(watcher.run())
        put(quick, "1.tif", "first")
        await until(lambda: states(quick) == ["done"])
        assert watcher.house.pool.ledger.holders == ()
        files = LedgerFile("h.csv", HOLDERS.encode()), LedgerFile("g.csv", GRANTS.encode())
        await asyncio.to_thread(import_ledger, quick, *files, as_of=date(2003, 6, 10), actor="HR")
        put(quick, "2.tif", "second")
        await until(lambda: states(quick) == ["done", "done"])
        watcher.stop.set()
        await running

    asyncio.run(imported_meanwhile())
    assert [holder.holder_id for holder in watcher.house.pool.ledger.holders] == ["H1"]


async def until(holds: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not await asyncio.to_thread(holds):
        assert time.monotonic() - began < PATIENCE, "it did not come to that"
        await asyncio.sleep(0.05)


@ON_ONE
def test_a_disk_that_is_away_is_said_once_and_waited_out(quick: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    archive, aside = quick.settings.archive, quick.settings.workspace / "aside"
    archive.rename(aside)
    archive.write_text("no folder")
    path = put(quick, "1.tif", "1")
    watcher = Watcher(quick, open_logbook(part="test"), Figures(), None)

    async def away_for_a_while() -> None:
        running = asyncio.create_task(watcher.run())
        await until(lambda: watcher.receiving.lasted_seconds > 2)
        assert path.exists()
        archive.unlink()
        aside.rename(archive)
        await until(lambda: states(quick) == ["done"])
        assert not path.exists()
        watcher.stop.set()
        await running

    asyncio.run(away_for_a_while())
    said = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in said if line.get("work") == "receiving"] == ["held_up", "goes_on"]


@ON_ONE
def test_one_file_that_cannot_be_taken_keeps_no_other_from_it(quick: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """The first file's place in the archive is a folder that is not empty: it cannot be kept there, whoever tries."""
    first = put(quick, "1.tif", "one")
    put(quick, "2.tif", "two")
    digest = sha256(first.read_bytes()).hexdigest()
    (quick.settings.archive / digest[:2] / f"{digest}.tif" / "in the way").mkdir(parents=True)
    watcher = Watcher(quick, open_logbook(part="test"), Figures(), None)

    async def for_a_while() -> None:
        running = asyncio.create_task(watcher.run())
        await until(lambda: states(quick) == ["done"])
        await asyncio.sleep(1.5)
        watcher.stop.set()
        await running

    asyncio.run(for_a_while())
    assert first.exists()
    assert [body.file for body in events(quick, EventKind.FAX_RECEIVED)] == ["2.tif"]
    said = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["file"] for line in said if line["event"] == "not_taken_over"] == ["1.tif"]


@ON_ONE
def test_who_drains_an_inbox_gives_up_on_a_disk_that_stays_away(quick: Desk) -> None:
    quick.settings.archive.rmdir()
    quick.settings.archive.write_text("no folder")
    put(quick, "1.tif", "1")
    watcher = drain(quick)
    assert watcher.gave_up


@ON_ONE
def test_a_reader_that_is_not_installed_keeps_the_faxes_waiting_and_blames_none(quick: Desk) -> None:
    put(quick, "1.tif", "broken")
    watcher = drain(quick)
    assert watcher.gave_up == "no model"
    assert states(quick) == ["waiting"]
    assert not events(quick, EventKind.FAX_QUARANTINED)


@ON_ONE
def test_a_stop_lets_what_is_being_read_be_finished(quick: Desk) -> None:
    put(quick, "1.tif", "slow")
    watcher = Watcher(quick, open_logbook(part="test"), Figures(), None)

    async def stopped_while_reading() -> None:
        running = asyncio.create_task(watcher.run())
        await until(lambda: bool(watcher._active))
        watcher.stop.set()
        await running

    asyncio.run(stopped_while_reading())
    assert states(quick) == ["done"]


def test_a_hurried_stop_gives_back_what_is_being_read(quick: Desk) -> None:
    put(quick, "1.tif", "hang")
    watcher = Watcher(quick, open_logbook(part="test"), Figures(), None)

    async def hurried() -> str:
        running = asyncio.create_task(watcher.run())
        await until(lambda: held(quick))
        watcher.stop.set()
        watcher.hurry.set()
        await running
        return watcher.house.owner

    owner = asyncio.run(hurried())
    with quick.books.reading() as connection:
        (fax,) = claims.waiting(connection)
        claim = claims.claim_of(connection, fax)
    assert claim is not None
    assert (claim.state, claim.owner, claim.failures) == (ClaimState.WAITING, None, 0), owner


def held(desk: Desk) -> bool:
    with desk.books.reading() as connection:
        return any((claim := claims.claim_of(connection, fax)) and claim.owner for fax in claims.waiting(connection))


# As a process ----------------------------------------------------------------------------------------------------


@contextmanager
def watching(desk: Desk, *options: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """`tenderfax watch` as its user starts it."""
    environment = os.environ | {
        "TENDERFAX_WORKSPACE": str(desk.settings.workspace),
        "TENDERFAX_DATABASE": desk.settings.database_url,
        "TENDERFAX_OFFER": str(desk.settings.offer_folder),
        "TENDERFAX_READER": "misbehaving_child",
        "TENDERFAX_READERS": "1",
        "TENDERFAX_QUIET_SECONDS": "0.2",
        "TENDERFAX_RESCAN_SECONDS": "1",
        "TENDERFAX_PREFECT": "0",
        "TENDERFAX_ENDPOINT": "127.0.0.1:0",
        **settings,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "flows", "watch", *options],
        env=environment,
        cwd=HERE.parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def beat(desk: Desk) -> dict[str, Any]:
    """The heartbeat of the only watcher, once there is one."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        for path in desk.settings.heartbeats.glob("*.json"):
            found: dict[str, Any] = json.loads(path.read_text())
            return found
        time.sleep(0.1)
    raise AssertionError("no heartbeat")


@ON_ONE
def test_a_terminated_watcher_finishes_tidies_up_and_ends_with_0(quick: Desk) -> None:
    put(quick, "1.tif", "slow")
    with watching(quick) as process:
        wait_until(lambda: held(quick))
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    assert states(quick) == ["done"]
    assert list(quick.settings.heartbeats.iterdir()) == []
    assert [json.loads(line)["event"] for line in said.splitlines()][-2:] == ["stopping", "ended"]


def test_what_a_killed_watcher_held_is_read_by_the_next(quick: Desk) -> None:
    put(quick, "1.tif", "slow")
    with watching(quick) as process:
        wait_until(lambda: held(quick))
        process.kill()
        process.wait()
    drain(quick)
    assert states(quick) == ["done"]
    assert len(events(quick, EventKind.FAX_RECEIVED)) == 1


@ON_ONE
def test_what_a_killed_watcher_held_is_read_by_one_that_runs_already(quick: Desk) -> None:
    put(quick, "1.tif", "slow")
    with watching(quick) as dead:
        wait_until(lambda: held(quick))
        with watching(quick) as alive:
            wait_until(lambda: len(list(quick.settings.heartbeats.glob("*.json"))) == 2)
            dead.kill()
            dead.wait()
            wait_until(lambda: states(quick) == ["done"])
            alive.terminate()
            alive.communicate(timeout=PATIENCE)
    assert alive.returncode == 0


@ON_ONE
def test_an_inbox_that_is_not_mounted_is_refused(quick: Desk, tmp_path: Path) -> None:
    with watching(quick, "--inbox", str(tmp_path / "nowhere")) as process:
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert "make or mount it" in said


@ON_ONE
def test_a_watcher_shows_its_health_and_figures(quick: Desk) -> None:
    put(quick, "Maria Ortega.tif", "1")
    with watching(quick) as process:
        wait_until(lambda: states(quick) == ["done"])
        url = beat(quick)["endpoint"]
        with urllib.request.urlopen(f"{url}/healthz", timeout=30) as answer:
            assert json.loads(answer.read()) == {"status": "ok"}
        with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:
            figures = answer.read().decode()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{url}/etc/passwd", timeout=30)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    for line in (
        "tenderfax_deliveries_total 1.0",
        'tenderfax_faxes_total{outcome="read"} 1.0',
        "tenderfax_pages_total 1.0",
        'tenderfax_stage_seconds_count{stage="read"} 1.0',
        'tenderfax_inbox_files{state="growing"} 0.0',
        "tenderfax_books_reachable 1.0",
    ):
        assert line in figures
    assert "tenderfax_seconds_to_expiration -" in figures
    assert "Ortega" not in said + figures


def wait_until(holds: Callable[[], bool]) -> None:
    asyncio.run(until(holds))
