"""/healthz and /metrics of a running watcher, answered from memory by a thread of their own; they change nothing."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from core.failures import TenderfaxError

DEFAULT_ADDRESS = "127.0.0.1:8322"
_SILENT_SECONDS = 60.0
"""A loop that has not been round for so long hangs."""


class EndpointTaken(TenderfaxError):
    """The address for /healthz and /metrics cannot be had."""


class Observed(Protocol):
    """What the endpoint shows: flows.figures.Figures."""

    pulse: float

    def ailments(self) -> dict[str, str]: ...

    def exposition(self) -> bytes: ...


@dataclass
class Endpoint:
    """Answers from `start` to `close`. `address` is HOST:PORT; port 0 is any that is free."""

    address: str
    observed: Observed
    url: str = ""
    _server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        """Begins to answer at `url`; raises EndpointTaken."""
        host, _, port = self.address.rpartition(":")
        observed = self.observed

        class Answers(_Answers):
            shown = observed

        try:
            self._server = ThreadingHTTPServer((host.strip("[]"), int(port)), Answers)
        except OSError as error:
            raise EndpointTaken(
                f"{self.address} cannot be had for /healthz ({error.strerror}); set TENDERFAX_ENDPOINT to another"
            ) from error
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="endpoint", daemon=True).start()
        self.url = f"http://{host}:{self._server.server_address[1]}"

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Answers(BaseHTTPRequestHandler):
    shown: Observed
    timeout = 10
    server_version, sys_version = "tenderfax", ""

    def do_GET(self) -> None:
        match self.path.partition("?")[0]:
            case "/healthz":
                ailments = self.shown.ailments()
                silent = time.monotonic() - self.shown.pulse
                if silent > _SILENT_SECONDS:
                    ailments["watcher"] = f"has not moved for {silent:.0f} seconds"
                status = "held up" if ailments else "ok"
                self._say(503 if ailments else 200, {"status": status, **ailments})
            case "/metrics":
                self._send(200, "text/plain; version=0.0.4; charset=utf-8", self.shown.exposition())
            case _:
                self._say(404, {"status": "there is /healthz and /metrics"})

    def _say(self, status: int, what: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(what).encode() + b"\n")

    def _send(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody wants a line for each scrape."""
