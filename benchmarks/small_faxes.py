"""Small faxes for the real house: delivered as a fax server does, and counted afterwards in the books, one by one.

A small fax is a JSON text behind a TIFF's first four bytes, read by benchmarks.quick_reader; archive, books, claims,
watcher and flows are the real ones. What was delivered is remembered here and held against what the books say.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from core.events import EventKind, FaxQuarantined, FaxRead, FaxReceived
from core.holders import OptionLedger
from core.transmissions import Receipt
from flows.desk import MACHINE, Desk, make_desk
from flows.ledger_import import import_ledger
from flows.settings import Settings
from judging.books import judged_now
from ledger import derived, journal
from ledger.archive import open_kept
from ledger.claims import ClaimState, claim_of, kept_fax
from ledger.grants import LedgerFile
from samples.generate import LEDGER_SEED
from samples.ledger import make_ledger, write_ledger

ROOT = Path(__file__).parents[1]
_OFFER = ROOT / "offers" / "capstone_2003"
_FIRST_RECEIPT = datetime.fromisoformat("2003-07-10T08:00:00-07:00")


@dataclass(frozen=True, slots=True)
class Sent:
    """One delivery as the fax server made it."""

    file: str
    fax: str
    received_at: datetime | None


@dataclass
class House:
    """A workspace with the real program to be run in it, and everything that was ever sent to it."""

    desk: Desk
    environment: Mapping[str, str]
    ledger: OptionLedger
    sent: list[Sent] = field(default_factory=list)

    @property
    def workspace(self) -> Path:
        return self.desk.settings.workspace

    @property
    def inbox(self) -> Path:
        return self.desk.settings.inbox

    # Delivering --------------------------------------------------------------------------------------------------

    def small_fax(self, number: int, order: str = "") -> bytes:
        """An election of one holder after another; no two numbers have the same bytes."""
        return b"II*\0" + json.dumps({"number": number, "form": self._form(number), "order": order}).encode()

    def deliver(self, number: int, *, content: bytes | None = None, copy: int = 0, sidecar: bool = True) -> Sent:
        """Writes a fax beside its place and renames it into the inbox, its sidecar first, as a fax server does."""
        content = self.small_fax(number) if content is None else content
        file = f"fax{number:06}.tif" if not copy else f"fax{number:06}-{copy}.tif"
        received_at = _FIRST_RECEIPT + timedelta(minutes=number, seconds=copy) if sidecar else None
        if received_at is not None:
            facts = {"job_id": f"{number}-{copy}", "received_at": received_at.isoformat()}
            self.hand_over(f"{file}.json", json.dumps(facts).encode())
        self.hand_over(file, content)
        return self.note(file, content, received_at)

    def hand_over(self, name: str, content: bytes) -> None:
        partial = self.inbox / f".{name}.part"
        partial.write_bytes(content)
        partial.rename(self.inbox / name)

    def note(self, file: str, content: bytes, received_at: datetime | None) -> Sent:
        """Remembers a delivery that was made otherwise."""
        sent = Sent(file, sha256(content).hexdigest(), received_at)
        self.sent.append(sent)
        return sent

    def _form(self, number: int) -> dict[str, Any]:
        holder = self.ledger.holders[number % len(self.ledger.holders)]
        grants = [grant for grant in self.ledger.grants if grant.holder_id == holder.holder_id][:8]
        rows = [
            {
                "grant_no": grant.grant_no,
                "grant_date": grant.grant_date.strftime("%m/%d/%Y"),
                "price": f"${grant.exercise_price}",
                "shares": f"{grant.shares_granted - grant.shares_exercised - grant.shares_cancelled:,}",
            }
            for grant in grants
        ]
        return {
            "kind": "election",
            "form_version": "2003-07-09",
            "pages": ["E1", "E2"],
            "fields": {
                "printed_name": holder.name_on_agreement,
                "signature": {"present": True, "reads_as": None},
                "tax_id": holder.tax_id,
                "date": "7/10/03",
                "time": "7:15 am",
                "email": "",
                "address": "",
                "notes": "",
                "amend_box": True,
                "rows": rows,
            },
        }

    # Running -----------------------------------------------------------------------------------------------------

    def start(self, *arguments: str, plan: Mapping[str, Any] | None = None, log: str = "watch.log") -> Program:
        """The real `tenderfax` with these arguments; with a `plan`, under benchmarks.mortal."""
        command = [sys.executable, "-m", "flows"] if plan is None else [sys.executable, "-m", "benchmarks.mortal"]
        if plan is not None:
            command.append(json.dumps({"workspace": str(self.workspace), **plan}))
        with (self.workspace.parent / log).open("ab") as out:
            process = subprocess.Popen(
                [*command, *arguments],
                env=dict(self.environment),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        return Program(process)

    def said(self, event: str, log: str = "watch.log") -> list[dict[str, Any]]:
        """What the watcher's log holds of one kind of event."""
        lines = (self.workspace.parent / log).read_text(errors="replace").splitlines()
        told = [json.loads(line) for line in lines if line.startswith("{")]
        return [line for line in told if line.get("event") == event]

    # Counting ----------------------------------------------------------------------------------------------------

    def unsettled(self) -> int:
        """How many of the faxes sent are not yet read or put into quarantine, by the books."""
        with self.desk.books.reading() as connection:
            found = [claim_of(connection, fax) for fax in {sent.fax for sent in self.sent}]
        return sum(claim is None or claim.state is ClaimState.WAITING for claim in found)

    def is_done(self) -> bool:
        """Whether every fax sent was settled and judged, and the inbox is empty of faxes and sidecars."""
        if self.left_in_inbox() or self.unsettled():
            return False
        with self.desk.books.reading() as connection:
            return derived.derived_seq(connection) == journal.head(connection).seq

    def left_in_inbox(self) -> int:
        return sum(1 for path in self.inbox.rglob("*") if path.is_file() and path.suffix in (".tif", ".json"))

    def wait_until_done(self, seconds: float) -> float | None:
        """Seconds until all was done; None where it was not within `seconds`."""
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            if self.is_done():
                return time.monotonic() - begun
            time.sleep(0.2)
        return None

    def violations(self, quarantined: Sequence[str] = ()) -> list[str]:
        """What is lost, doubled, changed or left over, of all that was ever sent; `quarantined` are to be there."""
        found: list[str] = []
        received: dict[str, list[FaxReceived]] = defaultdict(list)
        events: dict[EventKind, Counter[str]] = defaultdict(Counter)
        with self.desk.books.reading() as connection:
            journal.verify(connection)
            for event in journal.read(connection):
                events[event.kind][event.subject] += 1
                match event.body():
                    case FaxReceived() as body:
                        received[body.file].append(body)
                    case FaxRead() | FaxQuarantined() | _:
                        pass
            for sent in self.sent:
                found += _wrong_deliveries(sent, received.pop(sent.file, []))
            found += [f"{file}: received, but never sent" for file in received]
            for fax in {sent.fax for sent in self.sent}:
                kind = EventKind.FAX_QUARANTINED if fax in quarantined else EventKind.FAX_READ
                for wanted in (EventKind.FAX_ARCHIVED, kind):
                    if (times := events[wanted][fax]) != 1:
                        found.append(f"fax {fax[:12]}: {times} times {wanted.value}")
                if (kept := kept_fax(connection, fax)) is not None:
                    open_kept(self.desk.settings.archive, kept.archived_name, fax)
            judged = judged_now(self.desk.offer.terms, connection)
            judgements = {key: judgement for key, (judgement, _) in derived.judgements(connection).items()}
            if judgements != dict(judged.judgements):
                found.append("the derived tables are not what the journal says")
        kept_faxes = [path for path in self.desk.settings.archive.rglob("*.tif") if not path.name.startswith(".")]
        if len(kept_faxes) > len({sent.fax for sent in self.sent}):
            found.append(f"{len(kept_faxes)} faxes in the archive, {len({sent.fax for sent in self.sent})} were sent")
        return found


def _wrong_deliveries(sent: Sent, received: Sequence[FaxReceived]) -> list[str]:
    if len(received) != 1:
        return [f"{sent.file}: received {len(received)} times"]
    found = []
    if received[0].fax != sent.fax:
        found.append(f"{sent.file}: received with other bytes")
    told: Receipt = received[0].receipt
    if told.received_at != sent.received_at:
        found.append(f"{sent.file}: received at {told.received_at}, sent at {sent.received_at}")
    return found


@dataclass
class Program:
    """A run of the real program, in a session of its own."""

    process: subprocess.Popen[bytes]

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL to the program alone: its children must find out by themselves."""
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = 60) -> int | None:
        """SIGTERM; the exit status, or None where it had to be killed."""
        if self.runs:
            self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            return None


def open_house(folder: Path, database_url: str | None = None, **settings: object) -> House:
    """A fresh workspace below `folder` with the samples' ledger; `settings` are TENDERFAX_ variables in lower case.

    Prefect is off unless `prefect="true"`; nothing listens on a port.
    """
    folder.mkdir(parents=True, exist_ok=True)
    workspace = folder / "workspace"
    url = database_url or f"sqlite:///{workspace / 'tenderfax.sqlite'}"
    desk = make_desk(Settings(workspace, _OFFER, url))
    ledger = make_ledger(LEDGER_SEED)
    files = [LedgerFile(path.name, path.read_bytes()) for path in write_ledger(ledger, folder)]
    import_ledger(desk, *files, as_of=date(2003, 6, 10), actor=MACHINE)
    asked = {"prefect": "false", "endpoint": "off", "quiet_seconds": 3, "rescan_seconds": 2, "readers": 2} | settings
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TENDERFAX_", "PREFECT_"))}
    environment |= {
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "TENDERFAX_WORKSPACE": str(workspace),
        "TENDERFAX_DATABASE": url,
        "TENDERFAX_READER": "benchmarks.quick_reader",
        **{f"TENDERFAX_{name.upper()}": str(value) for name, value in asked.items()},
    }
    return House(desk, environment, ledger)


def paused(chance: random.Random, most_seconds: float) -> None:
    time.sleep(chance.uniform(0, most_seconds))


def in_turn(count: int, parts: int) -> Iterator[range]:
    """The numbers 0 to `count` in so many runs of nearly the same length."""
    for part in range(parts):
        yield range(count * part // parts, count * (part + 1) // parts)
