"""A file for each watcher that runs, written anew every few seconds: who does not write any more is dead or hangs."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.figures import Figures


@dataclass
class Heartbeat:
    """Written beside and renamed, so that nobody reads half of it; removed at a clean end."""

    folder: Path
    owner: str
    endpoint: str | None = None
    every_seconds: float = 5.0

    @property
    def path(self) -> Path:
        return self.folder / f"{re.sub(r'[^A-Za-z0-9.-]', '-', self.owner.rpartition(':')[0])}.json"

    def write(self, figures: Figures) -> None:
        """A disk that takes no heartbeat is no reason to stop: its absence says so."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(prefix=".beat-", dir=self.folder)
            try:
                with os.fdopen(handle, "w") as file:
                    json.dump(self._facts(figures), file)
                Path(beside).replace(self.path)
            finally:
                Path(beside).unlink(missing_ok=True)

    def sweep(self, is_gone: Callable[[str], bool]) -> None:
        """Removes the heartbeats of those who died here: now that another runs, nobody need look after them."""
        for path in self.folder.glob("*.json"):
            with contextlib.suppress(OSError, ValueError, KeyError):
                if is_gone(json.loads(path.read_text())["owner"]):
                    path.unlink()

    def remove(self) -> None:
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _facts(self, figures: Figures) -> dict[str, Any]:
        look, work = figures.inbox, figures.work
        return {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "owner": self.owner,
            "every_seconds": self.every_seconds,
            "endpoint": self.endpoint,
            "held_up": figures.ailments(),
            "inbox": {"complete": len(look.ready), "growing": look.growing, "unfinished": look.unfinished},
            "waiting": work.waiting if work else None,
        }
