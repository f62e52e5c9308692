"""`tenderfax serve`: three programs looked after, begun again when they end, and ended together."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.desk import Desk
from flows.logbook import open_logbook
from flows.nights import last_run, run_night
from flows.serving import Service, environment_of
from flows.settings import settings_from
from ledger.nights import RunOutcome

HOUSE = Path(__file__).parents[2]
PATIENCE = 150.0
AT_NOON = datetime(2003, 7, 14, 19, 0, tzinfo=UTC)


class Served:
    """A running `tenderfax serve`, and what it says on stderr."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process, self._log = process, log

    @property
    def said(self) -> list[dict[str, Any]]:
        lines = [line for line in self._log.read_text().splitlines() if line.startswith("{") and line.endswith("}")]
        return [json.loads(line) for line in lines]

    def begun(self, name: str) -> list[int]:
        """The processes begun so far for one part."""
        return [one["process"] for one in self.said if one["event"] == "part_begun" and one["name"] == name]


@contextmanager
def serving(tmp_path: Path, port: int, **settings: str) -> Iterator[Served]:
    log = tmp_path / "said"
    environment = os.environ | {"TENDERFAX_PREFECT": "0", "TENDERFAX_ENDPOINT": "127.0.0.1:0", **settings}
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows", "--workspace", str(tmp_path / "ws"), "serve", "--port", str(port)],
            env=environment,
            cwd=HOUSE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            text=True,
        )
        served = Served(process, log)
        try:
            yield served
        finally:
            process.terminate()
            process.wait(PATIENCE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(holds: Callable[[], object]) -> None:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < PATIENCE, "it did not come to that"
        time.sleep(0.1)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_watcher_and_desk_run_and_end_together_and_a_dead_one_is_begun_again(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as served:
        heartbeats = tmp_path / "ws" / "heartbeats"
        until(lambda: answers(port))
        until(lambda: list(heartbeats.glob("*.json")))
        (first,) = served.begun("watch")
        os.kill(first, signal.SIGKILL)
        until(lambda: len(served.begun("watch")) == 2)
        second = served.begun("watch")[1]
        until(lambda: any(str(second) in path.name for path in heartbeats.glob("*.json")))
        assert len(served.begun("review")) == 1
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(PATIENCE) == 0
        assert [one["name"] for one in served.said if one["event"] == "part_ended"] == ["watch", "watch", "review"]
    assert not answers(port)


def test_a_port_that_is_taken_ends_the_service_with_2(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with serving(tmp_path, taken.getsockname()[1]) as served:
            assert served.process.wait(PATIENCE) == 2
    assert (tmp_path / "said").read_text().endswith("review does not run; it said why, correct that and repeat\n")


@pytest.mark.parametrize("books_url", ["sqlite"], indirect=True)
def test_a_night_is_due_after_its_hour_and_once(desk: Desk) -> None:
    clock = [AT_NOON]
    later = replace(desk, now=lambda: clock[0])
    service = Service(later, open_logbook(part="test"), (), started_at=AT_NOON)
    assert not service._is_night(), "no night before we began is made up"
    clock[0] = datetime(2003, 7, 15, 4, 29, tzinfo=UTC)
    assert not service._is_night()
    clock[0] = datetime(2003, 7, 15, 4, 30, tzinfo=UTC)
    assert service._is_night(), "21:30 Pacific"
    run_night(later)
    assert not service._is_night()
    clock[0] = datetime(2003, 7, 17, 12, 0, tzinfo=UTC)
    assert service._is_night(), "a machine that was off makes the missed night up"


@pytest.mark.parametrize("books_url", ["sqlite"], indirect=True)
def test_a_night_that_is_due_is_run_and_recorded(desk: Desk) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=2)
    service = Service(desk, open_logbook(part="test"), (), started_at=yesterday)
    service._look_after_the_night()
    assert service._night.process is not None
    assert service._night.process.wait(PATIENCE) in (0, 1)
    service._look_after_the_night()
    assert service._night.process is None
    assert last_run(desk).outcome is RunOutcome.DONE
    assert not service._is_night()
    assert list(desk.settings.outbox.glob("*.eml")), "its summary is mailed, here into the outbox"


def test_a_part_runs_on_the_same_workspace_and_clock(tmp_path: Path) -> None:
    asked = settings_from(
        {"TENDERFAX_QUIET_SECONDS": "3"}, workspace=tmp_path, now="2003-07-14T12:00:00-07:00", inbox=tmp_path / "in"
    )
    again = settings_from(environment_of(asked, {"TENDERFAX_QUIET_SECONDS": "3"}))
    assert again == asked
