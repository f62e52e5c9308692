"""The house under load: `python -m benchmarks.load [--short] [ROW...]` prints a row for each and fails on a violation.

A burst of file events; a soak, eight hours of faxes in ten minutes, with memory and open files looked at all the while;
and throughput with real faxes and real readers, one and two at once, against the readers' own time.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.outcomes import Outcome, Row, run_rows
from benchmarks.small_faxes import House, Program, open_house
from core.transmissions import Transmission
from flows.inbox import Inbox
from flows.reading_pool import ReadingPool, ReadingRequest, pool_for

if TYPE_CHECKING:
    from flows.desk import Desk

_MOST_OVERHEAD = 0.15
_MOST_GROWTH_A_FAX = 24 * 1024
"""Bytes. The watcher keeps the judged books at hand, some ten kilobytes a form; whatever else grows is a leak."""
_SAMPLES = Path(__file__).parents[1] / "sample_faxes"
_SAMPLES_READ = ("01_june_edition", "02_clean_typed", "03_clean_handwritten", "06_replacement")


@dataclass(frozen=True, slots=True)
class Doses:
    """`soak_seconds` stand for eight hours, in which `soak_faxes` come."""

    events: int = 20_000
    faxes_among: int = 200
    soak_seconds: float = 600.0
    soak_faxes: int = 960
    readings: int = 16
    workers: tuple[int, ...] = (1, 2)


SHORT = Doses(events=20_000, faxes_among=10, soak_seconds=20.0, soak_faxes=40, readings=0, workers=())


# -- a burst of events -----


def burst(folder: Path, doses: Doses) -> Iterator[Outcome]:
    """More events than the kernel keeps for a listener; faxes handed over in the midst of them."""
    yield seen_after_one_look(folder, doses.events)
    house = open_house(folder / "burst")
    program = house.start("watch")
    time.sleep(2)
    every = doses.events // doses.faxes_among
    begun = time.monotonic()
    for number in range(doses.faxes_among):
        # A fax is four events with its sidecar; the rest are of files that come and go.
        for other in range((every - 4) // 2):
            passing = house.inbox / f".passing{other % 50}"
            passing.touch()
            passing.unlink()
        house.deliver(number)
    wrote = time.monotonic() - begun
    took = house.wait_until_done(60 + doses.faxes_among)
    program.stop()
    violations = house.violations()
    if took is None:
        violations.append(f"{house.unsettled()} of {doses.faxes_among} faxes were missed")
    found = f"written in {wrote:.1f} s; {len(violations)} missed"
    yield Outcome("burst of events", f"{doses.events} events, {doses.faxes_among} faxes", found, tuple(violations))


def seen_after_one_look(folder: Path, events: int) -> Outcome:
    """As many files as events renamed into an inbox while nobody looks: the kernel's queue overflows."""
    inbox = Inbox(folder / "crowded", 0.5, time.monotonic)
    inbox.folder.mkdir(parents=True)
    inbox.look()
    for number in range(events // 2):
        partial = inbox.folder / f".{number}.part"
        partial.write_bytes(b"II*\0")
        partial.rename(inbox.folder / f"fax{number:06}.tif")
    inbox.look()
    time.sleep(0.6)
    ready = len(inbox.look().ready)
    inbox.renames.close()
    missed = events // 2 - ready
    violations = (f"{missed} files were not seen",) if missed else ()
    found = f"{ready} complete at one rescan"
    return Outcome("burst: what one rescan sees", f"{events // 2} files renamed in", found, violations)


# -- the soak -----


@dataclass(frozen=True, slots=True)
class Footprint:
    """The watcher alone at one moment: bytes of memory that are its own, and open files."""

    at: float
    memory: int
    files: int
    faxes: int


def soak(folder: Path, doses: Doses) -> Iterator[Outcome]:
    """Faxes at an even pace; the first quarter of the time is for warming up."""
    house = open_house(folder / "soak", rescan_seconds=2, lease_seconds=10)
    program = house.start("watch")
    house.deliver(0)
    house.wait_until_done(120)
    prints = list(_footprints(house, program, doses))
    took = house.wait_until_done(60)
    ended = program.stop()
    violations = house.violations()
    if took is None or ended != 0:
        violations.append(f"{house.unsettled()} faxes were not finished; the watcher ended with {ended}")
    steady = prints[len(prints) // 4 :]
    first, last = steady[: len(steady) // 3], steady[-(len(steady) // 3) :]
    grown = statistics.median(p.memory for p in last) - statistics.median(p.memory for p in first)
    faxes = statistics.median(p.faxes for p in last) - statistics.median(p.faxes for p in first)
    files = statistics.median(p.files for p in last) - statistics.median(p.files for p in first)
    if grown > _MOST_GROWTH_A_FAX * faxes + 4 * 2**20:
        violations.append(f"memory grew by {grown / 2**20:.1f} MB over {faxes:.0f} faxes")
    if files > 2:
        violations.append(f"open files grew by {files:.0f}")
    found = (
        f"memory {first[0].memory / 2**20:.0f} to {last[-1].memory / 2**20:.0f} MB "
        f"({grown / max(1, faxes) / 1024:+.1f} KB a fax), open files {first[0].files} to {last[-1].files}"
    )
    dose = f"{doses.soak_faxes} faxes in {doses.soak_seconds:.0f} s for 8 h"
    yield Outcome("soak", dose, found, tuple(violations))


def _footprints(house: House, program: Program, doses: Doses) -> Iterator[Footprint]:
    begun, sent = time.monotonic(), 1
    while (elapsed := time.monotonic() - begun) < doses.soak_seconds:
        while sent < doses.soak_faxes * elapsed / doses.soak_seconds:
            house.deliver(sent)
            sent += 1
        yield Footprint(elapsed, *_held_by(program.process.pid), sent)
        time.sleep(min(1.0, doses.soak_seconds / 40))


def _held_by(pid: int) -> tuple[int, int]:
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    # What the process made itself: how much of its libraries is in memory depends on its neighbours.
    memory = sum(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon:"))
    return memory, len(list(Path(f"/proc/{pid}/fd").iterdir()))


# -- throughput -----


@dataclass
class ClockedPool(ReadingPool):
    """The real pool, noting when each reading began and ended."""

    readings: list[tuple[float, float]] = field(default_factory=list)

    def _read(self, request: ReadingRequest) -> Transmission:
        begun = time.monotonic()
        try:
            return super()._read(request)
        finally:
            self.readings.append((begun, time.monotonic()))


def throughput(folder: Path, doses: Doses) -> Iterator[Outcome]:
    """Real faxes through the flow `intake_fax` with so many readers; the house is whatever keeps a reader waiting."""
    alone = 0.0
    for workers in doses.workers:
        house = open_house(folder / f"readers{workers}", readers=workers)
        readings, seconds = asyncio.run(_taken_in(house.desk, workers, _real_faxes(folder, doses.readings)))
        overhead = overhead_of(readings, workers)
        a_minute = len(readings) / seconds * 60
        alone = alone or a_minute
        violations = (f"the house costs {overhead:.0%}",) if overhead > _MOST_OVERHEAD else ()
        mean = statistics.mean(end - begun for begun, end in readings)
        found = (
            f"{a_minute:.1f} faxes a minute ({a_minute / alone:.2f} times one reader), "
            f"{mean:.1f} s in the reader each; the house around it costs {overhead:.1%}"
        )
        yield Outcome("throughput", f"{doses.readings} faxes, readers at once: {workers}", found, violations)


def overhead_of(readings: Sequence[tuple[float, float]], workers: int) -> float:
    """What the readers waited for the house while there was work, as a share of their own time.

    Counted from the first reading's begin to the last one's: after that there is nothing more for the others to do.
    """
    begun, until = min(r[0] for r in readings), max(r[0] for r in readings)
    own = sum(min(end, until) - start for start, end in readings)
    return workers * (until - begun) / own - 1


def _real_faxes(folder: Path, count: int) -> list[Path]:
    """Samples with a few bytes behind their end, so that each is another fax."""
    place = folder / "real"
    place.mkdir(exist_ok=True)
    files = []
    for number in range(count):
        content = (_SAMPLES / f"{_SAMPLES_READ[number % len(_SAMPLES_READ)]}.tif").read_bytes()
        files.append(place / f"fax{number:04}.tif")
        files[-1].write_bytes(content + number.to_bytes(4, "little"))
    return files


async def _taken_in(desk: Desk, workers: int, files: Sequence[Path]) -> tuple[list[tuple[float, float]], float]:
    """The readings' begins and ends, and the seconds from the first's begin to the end; starting up is not counted."""
    from flows.prefect_home import settle_prefect

    settle_prefect(desk.settings.workspace)
    from flows.attempts import open_house as take_office
    from flows.intake import take_in_all
    from flows.receiving import receive

    plain = pool_for(desk)
    pool = ClockedPool(plain.offer_folder, plain.pictures, plain.ledger, workers, plain.seconds, plain.memory_bytes)
    pool.warm_up()
    try:
        faxes = [fax for path in files if (fax := receive(desk, path).fax) is not None]
        # The first ones load models and start Prefect's server.
        await take_in_all(take_office(desk, pool), faxes[:workers], lambda _fax: None)
        pool.readings.clear()
        takings = await take_in_all(take_office(desk, pool), faxes[workers:], lambda _fax: None)
        ended = time.monotonic()
    finally:
        pool.close()
    if takings.unfinished or takings.without_prefect:
        raise AssertionError(f"not taken in as meant: {takings}")
    return pool.readings, ended - min(begun for begun, _ in pool.readings)


def rows_of(folder: Path, doses: Doses) -> tuple[Row, ...]:
    return (
        Row("burst", lambda: burst(folder, doses)),
        Row("soak", lambda: soak(folder, doses)),
        Row("throughput", lambda: throughput(folder, doses)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="only these rows (an unknown name prints all names)")
    parser.add_argument("--short", action="store_true", help="a small dose, without real readers")
    arguments = parser.parse_args()
    doses = SHORT if arguments.short else Doses()
    with tempfile.TemporaryDirectory(prefix="tenderfax-load-") as folder:
        sys.exit(run_rows(rows_of(Path(folder), doses), arguments.rows, "Load"))


if __name__ == "__main__":
    main()
