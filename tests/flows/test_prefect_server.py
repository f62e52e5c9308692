"""Prefect's server does not outlive who began it, and its death stops no fax."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

HOUSE = Path(__file__).parents[2]
PATIENCE = 150.0
BEGINS = """
import sys, time
from pathlib import Path
from flows.logbook import open_logbook
from flows.prefect_server import PrefectServer
server = PrefectServer(Path(sys.argv[1]), open_logbook(part="test"))
server.begin()
print("begun", flush=True)
if sys.stdin.readline():
    server.end()
"""


def servers_of(process_id: int) -> list[int]:
    """The server that a process began; its child by its command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            command = (entry / "cmdline").read_bytes()
        except (OSError, IndexError, ValueError):
            continue
        if parent == process_id and b"prefect.server" in command:
            found.append(int(entry.name))
    return found


def until(holds: Callable[[], object]) -> None:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < PATIENCE, "it did not come to that"
        time.sleep(0.05)


def is_gone(process_id: int) -> bool:
    try:
        return (Path("/proc") / str(process_id) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def begun(tmp_path: Path) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [sys.executable, "-c", BEGINS, str(tmp_path)],
        cwd=HOUSE,
        env={name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    until(lambda: servers_of(process.pid))
    return process, servers_of(process.pid)[0]


def test_a_server_that_is_still_starting_does_not_outlive_a_killed_watcher(tmp_path: Path) -> None:
    process, server = begun(tmp_path)
    # Until the guard stands: it is begun within a few hundredths of a second of its server.
    time.sleep(1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    until(lambda: is_gone(server))


def test_a_server_is_ended_with_who_began_it(tmp_path: Path) -> None:
    process, server = begun(tmp_path)
    process.communicate("end\n", timeout=PATIENCE)
    assert process.returncode == 0
    until(lambda: is_gone(server))
