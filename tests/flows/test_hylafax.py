"""HylaFAX: its receive queue watched as it is, and the hand-over script of docs/operations.md run as it stands."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.events import EventKind, FaxReceived
from flows.desk import Desk
from flows.figures import Figures
from flows.logbook import open_logbook
from flows.watcher import Watcher
from judging.nights.fax_log import read_fax_log
from ledger import journal
from tests.flows.test_receiving import two_pages

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs" / "operations.md"
PAGES = two_pages(("2003:07:24 16:57:00", 40), ("2003:07:24 16:58:10", 45))
pytestmark = pytest.mark.parametrize("books_url", ["sqlite"], indirect=True)


@pytest.fixture
def quick(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]))
    settings = replace(
        desk.settings, reader="misbehaving_child", readers=1, quiet_seconds=0.3, rescan_seconds=0.5, prefect=False
    )
    return replace(desk, settings=settings)


def drain(desk: Desk) -> list[FaxReceived]:
    asyncio.run(Watcher(desk, open_logbook(part="test"), Figures(), None, once=True).run())
    with desk.books.reading() as connection:
        bodies = [event.body() for event in journal.read(connection, kinds=[EventKind.FAX_RECEIVED])]
    return [body for body in bodies if isinstance(body, FaxReceived)]


# The receive queue -----------------------------------------------------------------------------------------------


def test_a_receive_queue_is_emptied_of_what_is_complete_and_its_counter_stays(quick: Desk, tmp_path: Path) -> None:
    queue = tmp_path / "recvq"
    queue.mkdir()
    (queue / "seqf").write_text("3\n")
    (queue / "fax000000001.tif").write_bytes(PAGES)
    being_received = queue / "fax000000002.tif"
    being_received.write_bytes(PAGES[:-20])
    watched = replace(quick, settings=replace(quick.settings, inbox_folder=queue))
    with being_received.open("rb") as faxgetty:
        fcntl.flock(faxgetty, fcntl.LOCK_EX)
        (received,) = drain(watched)
    assert sorted(path.name for path in queue.iterdir()) == ["fax000000002.tif", "seqf"]
    assert received.file == "fax000000001.tif"
    assert received.receipt.source == "hylafax"
    assert received.receipt.received_at == datetime.fromisoformat("2003-07-24T16:58:55")
    assert (queue / "seqf").read_text() == "3\n"


# The hand-over ---------------------------------------------------------------------------------------------------


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """HylaFAX's spool folder, with the script of the documentation as its faxrcvd."""
    (script,) = re.findall(r"```sh\n(#!/bin/sh\n# faxrcvd .*?)```", DOCS.read_text(), re.DOTALL)
    folder = tmp_path / "spool"
    for name in ("bin", "recvq"):
        (folder / name).mkdir(parents=True)
    program = folder / "bin" / "faxrcvd"
    program.write_text(script)
    program.chmod(0o755)
    return folder


def hand_over(desk: Desk, spool: Path, name: str, content: bytes, *arguments: str) -> Path:
    """A call that ended: its file lies in the queue and HylaFAX runs the script."""
    qfile = spool / "recvq" / name
    qfile.write_bytes(content)
    said = subprocess.run(
        ["bin/faxrcvd", f"recvq/{name}", "ttyS0", "000000123", *arguments],
        cwd=spool,
        env={"PATH": os.environ["PATH"], "TENDERFAX_WORKSPACE": str(desk.settings.workspace)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (said.returncode, said.stderr) == (0, "")
    return qfile


def test_a_fax_that_hylafax_hands_over_comes_with_its_receipt_and_is_in_the_fax_log(quick: Desk, spool: Path) -> None:
    qfile = hand_over(quick, spool, "fax000000007.tif", PAGES, "", "8185550100", "A Holder", "8187345381")
    (received,) = drain(quick)
    receipt = received.receipt
    assert (receipt.source, receipt.job_id, receipt.caller_id) == ("sidecar", "000000007", "8185550100")
    assert receipt.destination == "listed", "the offer's own number"
    assert receipt.received_at is not None and receipt.received_at.tzinfo is not None
    assert abs(datetime.now(UTC) - receipt.received_at) < timedelta(minutes=10)
    assert list(quick.settings.inbox.iterdir()) == []
    assert qfile.exists(), "the fax server's own copy is its own affair"
    log = read_fax_log(quick.settings.fax_log, datetime.now(UTC), ZoneInfo("America/Los_Angeles"))
    assert log is not None and not log.problem
    (call,) = log.calls
    assert (call.job_id, call.complete, call.file) == ("000000007", True, "fax000000007.tif")
    assert call.received_at == receipt.received_at


def test_a_call_that_broke_off_is_in_the_log_and_its_pages_are_taken_in(quick: Desk, spool: Path) -> None:
    hand_over(quick, spool, "fax000000007.tif", PAGES, "")
    hand_over(quick, spool, "fax000000008.tif", PAGES + b"\0", "Missing EOM, or something", "8185550100")
    hand_over(quick, spool, "fax000000009.tif", b"", "No carrier detected")
    assert [one.receipt.job_id for one in drain(quick)] == ["000000007", "000000008"]
    log = read_fax_log(quick.settings.fax_log, datetime.now(UTC), ZoneInfo("America/Los_Angeles"))
    assert log is not None and not log.problem
    assert [(call.status, call.complete) for call in log.calls] == [
        ("ok", True),
        ("Missing EOM or something", False),
        ("No carrier detected", False),
    ]


def test_what_a_caller_sends_of_himself_breaks_neither_sidecar_nor_log(quick: Desk, spool: Path) -> None:
    hand_over(quick, spool, "fax000000007.tif", PAGES, 'x", "y\n', '818"555\n0100, $(touch x)', "`id`", '";drop')
    sidecar = quick.settings.inbox / "fax000000007.tif.json"
    stated = json.loads(sidecar.read_text())
    assert stated["caller_id"] == "8185550100"
    assert "destination" not in stated
    log = read_fax_log(quick.settings.fax_log, datetime.now(UTC), ZoneInfo("America/Los_Angeles"))
    assert log is not None and not log.problem and len(log.calls) == 1
    assert sorted(path.name for path in spool.iterdir()) == ["bin", "recvq"]
