"""The nightly reconciliation over generated events: full proof, then what is new since; prints its table.

`python -m benchmarks.nightly [--sizes 1000,10000,100000]`. Each run is a process of its own, so that its memory is its
own. Asked for (issue 7): 10,000 submissions of 2,000 holders with 10,000 grants, full proof under 60 s and 1 GB,
incremental after 100 new submissions under 5 s. Submissions carry all their readings; their files are tiny pictures.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import resource
import struct
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

from core.events import FaxArchived, FaxRead, FaxReceived, NewEvent
from core.holders import Category, Grant, GrantType, Holder, OptionLedger, Plan
from core.transmissions import Transmission
from flows.desk import Desk, make_desk, open_desk
from flows.ledger_import import import_ledger
from flows.nights import reconcile_books
from flows.rulings import refresh
from flows.settings import Settings
from judging.nights.nights import Depth
from ledger import journal
from ledger.grants import LedgerFile
from offers.forms import Forms, load_forms
from samples import contents, desk_work
from samples.contents import PACIFIC
from samples.ledger import write_ledger

OFFER_FOLDER = Path(__file__).parents[1] / "offers" / "capstone_2003"
HOLDERS, GRANTS, ELIGIBLE = 2_000, 10_000, 1_026_013
NEW = 100
IMPORTED_AT = datetime(2003, 6, 26, 9, tzinfo=PACIFIC)
FIRST_AT = datetime(2003, 7, 9, 9, tzinfo=PACIFIC)
TONIGHT = datetime(2003, 7, 18, 21, 30, tzinfo=PACIFIC)
TOMORROW = TONIGHT + timedelta(days=1)
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: seconds by the clock and of the processor, and the most memory its process held, in MiB."""

    seconds: float
    processor_seconds: float
    memory_mib: float
    breaks: int
    full: bool


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sizes", default="1000,10000,100000")
    sizes = [int(size) for size in asked.parse_args().sizes.split(",")]
    print("| submissions | full proof | processor | memory | 100 more, incremental | processor | memory |")
    print("|---|---|---|---|---|---|---|")
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="tenderfax-nights-") as name:
            print(_row(size, Path(name)), flush=True)


def _row(size: int, folder: Path) -> str:
    _in_a_process(fill, folder, 0, size)
    whole = _measure(folder, TONIGHT, full=True)
    _in_a_process(fill, folder, size, size + NEW)
    since = _measure(folder, TOMORROW, full=False)
    assert whole.full and not since.full, "the incremental run proved everything again; see judging.nights.advancing"
    return f"| {size:,} | {_cells(whole)} | {_cells(since)} |"


def _cells(one: Measured) -> str:
    return f"{one.seconds:.1f} s | {one.processor_seconds:.1f} s | {one.memory_mib:,.0f} MiB"


def fill(folder: Path, first: int, last: int) -> None:
    """Submissions number `first` to `last` taken in as if they had been read, and the derived tables kept up."""
    desk = replace(make_desk(_settings(folder)), now=lambda: IMPORTED_AT)
    ledger = some_ledger()
    if first == 0:
        holders, grants = write_ledger(ledger, folder)
        files = (LedgerFile(path.name, path.read_bytes()) for path in (holders, grants))
        import_ledger(desk, *files, as_of=date(2003, 6, 10), actor="bench")
    forms, rng = load_forms(OFFER_FOLDER / "forms"), np.random.default_rng(first)
    for begin in range(first, last, _AT_ONCE):
        events = [
            event
            for number in range(begin, min(begin + _AT_ONCE, last))
            for event in _taken_in(desk, ledger, forms, rng, number, TONIGHT if first == 0 else TOMORROW)
        ]
        with desk.books.writing() as connection:
            journal.append(connection, events)
    refresh(desk)


def some_ledger() -> OptionLedger:
    """Employees with five grants each, as many eligible shares as the offer counted."""
    holders = tuple(
        Holder(
            f"H{n:04d}",
            f"{_word(n)} Bench",
            Category.EMPLOYEE,
            tax_id=f"000-{n // 99:02d}-{n:04d}",
            title="Fitter",
            email=f"h{n}@example.com",
            address="21211 Nordhoff Street, Chatsworth, CA 91311",
        )
        for n in range(HOLDERS)
    )
    each, rest = divmod(ELIGIBLE, GRANTS)
    grants = tuple(
        Grant(
            grant_no=f"CP-{n:06d}",
            holder_id=holders[n % HOLDERS].holder_id,
            plan=Plan.PLAN_2000,
            grant_date=date(2001, 3, 15) + timedelta(days=n // HOLDERS),
            exercise_price=Decimal("24.50"),
            shares_granted=each + (rest if n == 0 else 0),
            shares_exercised=0,
            shares_cancelled=0,
            type=GrantType.NSO,
            expires_on=date(2011, 3, 15),
        )
        for n in range(GRANTS)
    )
    return OptionLedger.of(holders, grants)


def _word(number: int) -> str:
    """A name of letters, another for each number."""
    letters = ""
    for _ in range(4):
        number, letter = divmod(number, 26)
        letters += chr(ord("a") + letter)
    return letters.capitalize()


def _taken_in(
    desk: Desk, ledger: OptionLedger, forms: Forms, rng: np.random.Generator, number: int, night: datetime
) -> Iterator[NewEvent]:
    holder = ledger.holders[number % len(ledger.holders)]
    at = FIRST_AT + (night - timedelta(hours=1) - FIRST_AT) * (number % 1_000_000) / 1_000_000
    paper = contents.good_election(
        rng, ledger, holder, contents.some_manner(rng), version="2003-07-09", signed_at=at - timedelta(minutes=20),
        grants=contents.some_grants(rng, ledger, holder, most=4),
    )  # fmt: skip
    paper = replace(paper, fields=replace(paper.fields, amend_box=number >= HOLDERS))
    file = f"bench{number:06d}.tif"
    read = desk_work.read_fax(paper, forms, file=file, received_at=at)
    content = _picture(number, len(read.pages))
    fax = hashlib.sha256(content).hexdigest()
    read = _of_file(read, fax)
    name = f"{fax[:2]}/{fax}.tif"
    place = desk.settings.archive / name
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(content)
    yield NewEvent(at, "bench", FaxArchived(fax, len(content), name))
    yield NewEvent(at, "bench", FaxReceived(fax, file, f"b{number}", replace(read.receipt, job_id=f"{number:06d}")))
    yield NewEvent(at, "bench", FaxRead(read))


def _of_file(read: Transmission, fax: str) -> Transmission:
    submissions = tuple(replace(s, id=f"{fax[:12]}-{n}", fax=fax) for n, s in enumerate(read.submissions, 1))
    return replace(read, fax=fax, submissions=submissions)


def _picture(number: int, pages: int) -> bytes:
    """A TIFF of one pixel a page, another for each number."""
    content = b"II*\0" + struct.pack("<I", 16) + struct.pack("<Q", number)
    for page in range(pages):
        at = len(content)
        tags = ((256, 1), (257, 1), (258, 1), (259, 1), (262, 0), (273, 8), (278, 1), (279, 1))
        after = 0 if page == pages - 1 else at + 2 + 12 * len(tags) + 4
        content += struct.pack("<H", len(tags))
        content += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags) + struct.pack("<I", after)
    return content


def _measure(folder: Path, as_of: datetime, *, full: bool) -> Measured:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_run, args=(folder, as_of, full, theirs))
    child.start()
    measured: Measured = ours.recv()
    child.join()
    return measured


def _run(folder: Path, as_of: datetime, full: bool, answer: multiprocessing.connection.Connection) -> None:
    desk = replace(open_desk(_settings(folder)), now=lambda: as_of)
    began, busy = time.perf_counter(), time.process_time()
    night = reconcile_books(desk, Depth.FULL if full else Depth.NEW)
    seconds, processor_seconds = time.perf_counter() - began, time.process_time() - busy
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer.send(Measured(seconds, processor_seconds, memory, len(night.breaks), night.proof.full))


def _in_a_process(target: object, *arguments: object) -> None:
    child = multiprocessing.get_context("spawn").Process(target=target, args=arguments)  # type: ignore[arg-type]
    child.start()
    child.join()
    assert child.exitcode == 0


def _settings(folder: Path) -> Settings:
    return Settings(folder, OFFER_FOLDER, f"sqlite:///{folder / 'tenderfax.sqlite'}")


if __name__ == "__main__":
    main()
