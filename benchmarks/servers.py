"""Servers that the faults need to stop and start: a throw-away PostgreSQL cluster, and a Prefect server."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import create_engine, text

from flows.prefect_home import SETTINGS

_START_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Cluster:
    """A PostgreSQL cluster on a socket file; it flushes to the disk, since it is stopped as by a power cut."""

    folder: Path
    programs: Path

    def database(self, name: str) -> str:
        """The URL of a fresh database."""
        engine = create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self._url(name)

    def start(self) -> None:
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c max_connections=60"
        self._control("-o", options, "-w", "-t", "120", "-l", f"{self.folder}/log", "start")

    def stop(self) -> None:
        """At once, without a word to those who are connected."""
        self._control("-m", "immediate", "-w", "stop")

    def make(self) -> None:
        self.folder.mkdir(mode=0o777)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        self._run("initdb", "-D", str(self.folder / "cluster"), "-A", "trust", "-U", "tenderfax", "-E", "UTF8")

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://tenderfax@/{name}?host={self.folder}"

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "cluster"), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        # PostgreSQL does not run as root.
        other = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*other, str(self.programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd="/tmp", timeout=180)  # noqa: S108


@contextmanager
def postgres_cluster() -> Iterator[Cluster | None]:
    """A running cluster; None where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    programs = found[-1].parent if found else Path(on_path).parent if on_path else None
    if programs is None:
        yield None
        return
    # A socket's path may not be longer than 107 characters, and another user must reach it.
    cluster = Cluster(Path("/tmp") / f"tenderfax-pg-{uuid.uuid4().hex[:8]}", programs)  # noqa: S108
    cluster.make()
    try:
        cluster.start()
        yield cluster
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            cluster.stop()
        shutil.rmtree(cluster.folder, ignore_errors=True)


class PrefectServer:
    """A Prefect server as several machines share one, on a free port of this one."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self._port}/api"
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        prefect = Path(sys.executable).with_name("prefect")
        self._process = subprocess.Popen(
            [str(prefect), "server", "start", "--port", str(self._port), "--no-ui"],
            env={**os.environ, **SETTINGS, "PREFECT_HOME": str(self._home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        until = time.monotonic() + _START_SECONDS
        while not self._answers():
            if time.monotonic() > until:
                self.kill()
                raise TimeoutError(f"the bench's Prefect server did not answer within {_START_SECONDS:.0f} s")
            time.sleep(0.2)

    def kill(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=5).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False


@contextmanager
def prefect_server(home: Path) -> Iterator[PrefectServer]:
    server = PrefectServer(home)
    server.start()
    try:
        yield server
    finally:
        server.kill()
