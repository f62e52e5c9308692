"""The house under every fault it must bear: `python -m benchmarks.faults [--short] [ROW...]` prints a row for each.

The real program (`tenderfax watch`, `tenderfax intake`) with real books, archive and file system; small faxes where the
dose is a thousand, real ones where reading is what is tried. Afterwards every delivery is looked for in the books. The
exit status is 1 when anything was lost, doubled, read too early or passed unseen with a wrong value.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import fault_files
from benchmarks.burst_writers import write_in_bursts
from benchmarks.outcomes import Outcome, Row, run_rows
from benchmarks.servers import Cluster, postgres_cluster, prefect_server
from benchmarks.small_faxes import House, Program, in_turn, open_house, paused
from ledger import journal

_AFTER_THE_LAST = 60.0
"""Seconds within which everything must be finished after the last restart."""


@dataclass(frozen=True, slots=True)
class Doses:
    """How much of each fault. `away_seconds` stands for the ten minutes, `locked_seconds` for the one.

    `killed_steps` and `full_steps` are how many of one fax's steps are struck, evenly; 0 is every one.
    """

    faxes: int = 1000
    kills: int = 200
    growing: int = 100
    scale: float = 10.0
    places: int = 99
    damaged: int = 200
    sets: int = 100
    mutations: int = 500
    mutants_read: int = 60
    readings_at_once: int = 2
    away_seconds: float = 40.0
    locked_seconds: float = 75.0
    killed_steps: int = 0
    full_steps: int = 0
    full_disks: int = 7


SHORT = Doses(
    faxes=40, kills=6, growing=6, scale=30.0, places=9, damaged=4, sets=4, mutations=30, mutants_read=1,
    readings_at_once=1, away_seconds=6.0, locked_seconds=5.0, killed_steps=3, full_steps=3, full_disks=2,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the rows work; `books` makes the URL of fresh books of the kind asked for ("sqlite", "postgresql")."""

    folder: Path
    doses: Doses
    servers: Cluster | None

    def house(self, name: str, books: str = "sqlite", **settings: object) -> House:
        url = self.servers.database(name.replace("-", "_")) if books == "postgresql" and self.servers else None
        return open_house(self.folder / name, url, **settings)

    @property
    def kinds(self) -> tuple[str, ...]:
        return ("sqlite", "postgresql") if self.servers else ("sqlite",)


# -- killed -----


def killed(bench: Bench) -> Iterator[Outcome]:
    """The watcher killed at random moments and just before random steps of its own, by turns, while faxes come in.

    A fifth of the kills strike it amid Prefect's flows; starting with Prefect takes three times as long.
    """
    faxes, with_prefect = bench.doses.faxes, bench.doses.kills // 5
    kills = (bench.doses.kills - with_prefect) // len(bench.kinds)
    for books in bench.kinds:
        yield killed_while_faxes_come(bench.house(f"killed-{books}", books), f"({books})", faxes, kills)
    with prefect_server(bench.folder / "prefect-shared") as server:
        house = _with(bench.house("killed-in-flows", prefect="true"), {"PREFECT_API_URL": server.url})
        yield killed_while_faxes_come(house, "in Prefect's flows", faxes // 5, max(2, with_prefect))
    yield killed_by_hand(bench, max(2, bench.doses.kills // 20))


def killed_while_faxes_come(house: House, where: str, faxes: int, kills: int) -> Outcome:
    chance = random.Random(f"kills {where}")
    steps = house.workspace.parent / "died-before"
    for number, numbers in enumerate(in_turn(faxes, kills)):
        # Some lie there when it starts, some come while it runs.
        _deliver(house, numbers[::2])
        if number % 2:
            program = house.start("watch", plan={"kill_at": chance.randint(1, 250), "steps": str(steps)})
            _deliver(house, numbers[1::2])
            _wait_for_the_end(program, 20)
        else:
            program = house.start("watch")
            _deliver(house, numbers[1::2])
            _wait_for_work(house, 20)
            paused(chance, 2.0)
        program.kill()
    last = house.start("watch")
    took = house.wait_until_done(_AFTER_THE_LAST * 5)
    last.stop()
    wrong = house.violations()
    violations = list(wrong)
    if took is None or took > _AFTER_THE_LAST:
        violations.append(f"not finished {_AFTER_THE_LAST:.0f} s after the last restart; {house.unsettled()} never")
    died = Counter(steps.read_text().splitlines()) if steps.exists() else Counter[str]()
    done = "never" if took is None else f"{took:.0f} s after the last restart"
    found = f"{len(wrong)} lost or doubled; finished {done}; {died.total()} died at {len(died)} kinds of step"
    return Outcome(f"kill -9 of the watcher {where}", f"{faxes} faxes, {kills} kills", found, tuple(violations))


def killed_by_hand(bench: Bench, kills: int) -> Outcome:
    """`tenderfax intake` killed and repeated: its files stay where they lie, and each repeat is another receipt."""
    house = bench.house("killed-intake")
    folder = house.workspace.parent / "files"
    folder.mkdir()
    chance = random.Random("intake")
    contents = [house.small_fax(number) for number in range(10)]
    for number, content in enumerate(contents):
        (folder / f"fax{number:06}.tif").write_bytes(content)
    for _ in range(kills):
        program = house.start("intake", str(folder), plan={"kill_at": chance.randint(1, 80)}, log="intake.log")
        _wait_for_the_end(program, 120)
        program.kill()
    status = house.start("intake", str(folder), log="intake.log").process.wait(300)
    for number, content in enumerate(contents):
        house.note(f"fax{number:06}.tif", content, None)
    # A killed hand-over leaves receipts; what may not be is a fax lost, or read twice.
    violations = [line for line in house.violations() if "received" not in line]
    if house.unsettled():
        violations.append(f"{house.unsettled()} faxes were not finished (exit status {status})")
    found = f"{len(violations)} lost or read twice"
    return Outcome("kill -9 of `intake`, repeated", f"10 faxes, {kills} kills", found, tuple(violations))


def every_step(bench: Bench, books: str = "sqlite", most: int = 0) -> Outcome:
    """One fax and its sidecar, the watcher killed just before each of its steps in turn, then run to the end."""
    house = bench.house(f"steps-{books}", books)
    steps = house.workspace.parent / "steps"
    house.deliver(0)
    house.start("watch", "--once", plan={"steps": str(steps)}).process.wait(120)
    names = steps.read_text().splitlines()
    chosen = _evenly(range(1, len(names) + 1), most)
    for number, step in enumerate(chosen, start=1):
        house.deliver(number)
        program = house.start("watch", "--once", plan={"kill_at": step})
        program.process.wait(120)
    status = house.start("watch", "--once").process.wait(120)
    violations = house.violations()
    if status or not house.is_done():
        violations.append(f"the last run ended with {status}, {house.unsettled()} faxes unfinished")
    found = f"{len(violations)} lost or doubled"
    dose = f"{len(chosen)} of {len(names)} steps"
    return Outcome(f"kill -9 before each step of one fax ({books})", dose, found, tuple(violations))


def killed_at_each_step(bench: Bench) -> Iterator[Outcome]:
    for books in bench.kinds:
        yield every_step(bench, books, bench.doses.killed_steps)


# -- still being written -----


def growing(bench: Bench) -> Iterator[Outcome]:
    """Faxes that grow as fax servers write them; one read early would show as bytes that were never a whole fax."""
    scale, count = bench.doses.scale, bench.doses.growing
    house = bench.house("growing", quiet_seconds=45 / scale, rescan_seconds=1)
    program = house.start("watch")
    whole, late = write_in_bursts(house, count, scale)
    took = house.wait_until_done(120)
    program.stop()
    violations = [line for line in house.violations() if not any(name in line for name in late)]
    if took is None:
        violations.append(f"{house.unsettled()} faxes were not finished")
    dose = f"{count} faxes, 32 KB every 18 and 27 s, time 1:{scale:g}"
    found = f"{len(violations)} read early or lost; {whole} held to the plan, {len(late)} late ones left out"
    yield Outcome("fax still being written", dose, found, tuple(violations))


# -- the same again -----


def ten_times(bench: Bench) -> Iterator[Outcome]:
    """Ten deliveries of the same bytes at once, with ten receipt times, by ten threads."""
    for books in bench.kinds:
        house = bench.house(f"copies-{books}", books)
        program = house.start("watch")
        for number in range(bench.doses.sets):
            copies = [threading.Thread(target=house.deliver, args=(number,), kwargs={"copy": c}) for c in range(1, 11)]
            for copy in copies:
                copy.start()
            for copy in copies:
                copy.join()
        took = house.wait_until_done(60 + 2.0 * bench.doses.sets)
        program.stop()
        violations = house.violations()
        if took is None:
            violations.append(f"{house.unsettled()} faxes were not finished")
        found = f"{len({s.fax for s in house.sent})} faxes, {len(house.sent)} receipts, {len(violations)} wrong"
        dose = f"{bench.doses.sets} sets"
        yield Outcome(f"the same bytes ten times in parallel ({books})", dose, found, tuple(violations))


def two_watchers(bench: Bench) -> Iterator[Outcome]:
    for books in bench.kinds:
        house = bench.house(f"two-{books}", books, readers=1)
        programs = [house.start("watch", log=f"watch{n}.log") for n in (1, 2)]
        _deliver(house, range(bench.doses.faxes))
        took = house.wait_until_done(60 + 1.0 * bench.doses.faxes)
        for program in programs:
            program.stop()
        violations = house.violations()
        if took is None:
            violations.append(f"{house.unsettled()} faxes were not finished")
        shares = [len(house.said("taken_over", f"watch{n}.log")) for n in (1, 2)]
        if not all(shares):
            violations.append(f"one of them did all the work: {shares}")
        found = f"{len(violations)} lost or doubled; taken over by each: {shares[0]} and {shares[1]}"
        yield Outcome(f"two watchers, one inbox ({books})", f"{bench.doses.faxes} faxes", found, tuple(violations))


# -- no space, no database, no Prefect -----


def no_space_at_each_step(bench: Bench) -> Iterator[Outcome]:
    """Every file that is to be written from one step on is refused as on a full disk, until there is room again."""
    house = bench.house("full-steps")
    steps, full = house.workspace.parent / "steps", house.workspace.parent / "disk-is-full"
    house.deliver(0)
    house.start("watch", "--once", plan={"steps": str(steps)}).process.wait(120)
    names = steps.read_text().splitlines()
    writes = [step for step, name in enumerate(names, start=1) if name.startswith(("write", "rename", "make"))]
    chosen = _evenly(writes, bench.doses.full_steps)
    violations: list[str] = []
    for number, step in enumerate(chosen, start=1):
        log = f"full{number}.log"
        full.touch()
        house.deliver(number)
        program = house.start("watch", plan={"full_from": step, "until": str(full)}, log=log)
        _wait_for(lambda log=log: bool(house.said("held_up", log)) or house.is_done(), 30)  # type: ignore[misc]
        full.unlink()
        if house.wait_until_done(90) is None:
            violations.append(f"full before step {step} ({names[step - 1]}): not resumed")
        if (said := len(house.said("held_up", log))) > 1:
            violations.append(f"full before step {step} ({names[step - 1]}): said {said} times")
        program.stop()
    violations += house.violations()
    found = f"{len(violations)} lost, doubled or not resumed"
    yield Outcome("no space at each step", f"{len(chosen)} of {len(writes)} steps that write", found, tuple(violations))


def no_space_on_the_disk(bench: Bench) -> Iterator[Outcome]:
    """A real disk of 8 MB with books and archive on it, filled to the last byte and freed again."""
    disk = bench.folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        yield Outcome("no space on the disk", "–", "not tried: this user may not mount a disk")
        return
    try:
        yield _filled(bench, disk)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def _filled(bench: Bench, disk: Path) -> Outcome:
    inbox = bench.folder / "inbox-elsewhere"
    inbox.mkdir()
    house = open_house(disk, inbox=str(inbox), rescan_seconds=1)
    house = replace(house, desk=replace(house.desk, settings=replace(house.desk.settings, inbox_folder=inbox)))
    log, ballast = "../watch.log", disk / "ballast"
    program = house.start("watch", log=log)
    house.deliver(999)
    house.wait_until_done(120)
    rooms = [0, 4, 12, 40, 100, 200, 400][: bench.doses.full_disks]
    not_resumed = []
    for number, kilobytes in enumerate(rooms):
        _fill(ballast, disk, kilobytes * 1024)
        _deliver_large_and_small(house, number)
        # Long enough for every step to fail; the books themselves cannot be asked on a full disk.
        time.sleep(4)
        ballast.unlink()
        if house.wait_until_done(120) is None:
            not_resumed.append(f"with {kilobytes} KB left: not resumed")
    program.stop()
    held_up = len(house.said("held_up", log))
    _fill(ballast, disk, 0)
    _deliver_large_and_small(house, len(rooms))
    program = house.start("watch", log=log)
    _wait_for(lambda: len(house.said("held_up", log)) > held_up or not program.runs, 60)
    ballast.unlink()
    if house.wait_until_done(120) is None:
        not_resumed.append("started on a full disk: not resumed")
    program.stop()
    violations = [*not_resumed, *house.violations()]
    if not held_up:
        violations.append("the disk was never felt to be full")
    found = f"{len(violations)} lost, doubled or not resumed; said {len(house.said('held_up', log))} times"
    return Outcome("no space on the disk", f"filled {len(rooms) + 1} times", found, tuple(violations))


def _deliver_large_and_small(house: House, number: int) -> None:
    """Four faxes, padded with blanks, so that some of them fit and some do not."""
    for copy in range(4):
        place = number * 4 + copy
        house.deliver(place, content=house.small_fax(place) + b" " * 60_000 * copy)


def _fill(ballast: Path, disk: Path, left: int) -> None:
    free = shutil.disk_usage(disk).free - left
    with ballast.open("wb") as file:
        while free > 0:
            try:
                free -= os.write(file.fileno(), b"\0" * min(free, 65_536))
            except OSError:
                return


def database_locked(bench: Bench) -> Iterator[Outcome]:
    """Another program holds the SQLite books' write lock for longer than the busy timeout bears."""
    house = bench.house("locked")
    program = house.start("watch")
    _deliver(house, range(10))
    _wait_for(lambda: house.unsettled() < 10, 60)
    other = sqlite3.connect(house.workspace / "tenderfax.sqlite", timeout=30, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    _deliver(house, range(10, 20))
    time.sleep(bench.doses.locked_seconds)
    other.execute("ROLLBACK")
    other.close()
    yield _resumed(house, program, "database locked (sqlite)", f"{bench.doses.locked_seconds:.0f} s, 20 faxes")


def database_away(bench: Bench) -> Iterator[Outcome]:
    """The PostgreSQL server stopped in the middle of the work, as by a power cut, and started again."""
    if bench.servers is None:
        yield Outcome("database away (postgresql)", "–", "not tried: PostgreSQL is not installed")
        return
    house = bench.house("away", "postgresql")
    program = house.start("watch")
    _deliver(house, range(10))
    _wait_for(lambda: house.unsettled() < 10, 60)
    bench.servers.stop()
    _deliver(house, range(10, 20))
    time.sleep(bench.doses.away_seconds)
    bench.servers.start()
    yield _resumed(
        house, program, "database away (postgresql)", f"{bench.doses.away_seconds:.0f} s for 10 min, 20 faxes"
    )


def prefect_killed(bench: Bench) -> Iterator[Outcome]:
    """Prefect's server, which flows report to, killed in the middle and begun again."""
    with prefect_server(bench.folder / "prefect-killed") as server:
        house = _with(bench.house("prefect", prefect="true"), {"PREFECT_API_URL": server.url})
        program = house.start("watch")
        _deliver(house, range(10))
        _wait_for(lambda: house.unsettled() < 10, 120)
        server.kill()
        _deliver(house, range(10, 30))
        if house.wait_until_done(120) is None:
            yield Outcome("Prefect's server killed", "30 faxes", "intake stopped", ("intake did not go on without it",))
            return
        time.sleep(bench.doses.away_seconds)
        server.start()
        _deliver(house, range(30, 40))
        yield _resumed(
            house, program, "Prefect's server killed", f"{bench.doses.away_seconds:.0f} s for 10 min, 40 faxes"
        )


def _resumed(house: House, program: Program, fault: str, dose: str) -> Outcome:
    took = house.wait_until_done(180)
    alive = program.runs
    program.stop()
    violations = house.violations()
    if took is None or not alive:
        violations.append(f"did not resume by itself; {house.unsettled()} faxes unfinished")
    if (said := Counter(line["work"] for line in house.said("held_up"))) and max(said.values()) > 1:
        violations.append(f"said more than once: {dict(said)}")
    after = "never" if took is None else f"{took:.0f} s after"
    return Outcome(fault, dose, f"{len(violations)} lost or changed; finished {after}", tuple(violations))


# -- readers -----


def readers_misbehave(bench: Bench) -> Iterator[Outcome]:
    """Readers that sleep for ever, take 8 GB or die, among good faxes: three times each, then aside."""
    house = bench.house("readers", read_seconds=6, read_memory_mb=1024)
    orders = ("sleep", "swell", "die")
    bad = {order: house.small_fax(number, order) for number, order in enumerate(orders, start=900)}
    for number, content in zip(range(900, 903), bad.values(), strict=True):
        house.deliver(number, content=content)
    program = house.start("watch")
    _deliver(house, range(20))
    took = house.wait_until_done(180)
    program.stop()
    quarantined = [sent.fax for sent in house.sent if sent.file.startswith("fax0009")]
    violations = house.violations(quarantined)
    if took is None:
        violations.append(f"{house.unsettled()} faxes were not finished")
    reasons = []
    for fax in quarantined:
        told = house.desk.settings.quarantine / f"{fax}.reason.txt"
        reasons.append(told.read_text().splitlines()[2] if told.exists() else "")
    for order, sign, reason in zip(orders, ("longer than", "memory", "SIGSEGV"), reasons, strict=True):
        if sign not in reason:
            violations.append(f"a reader that was told to {order} was quarantined with {reason!r}")
    found = f"{len(violations)} violations; 3 in quarantine with their reason, the 20 others read"
    yield Outcome("reader sleeps for ever, takes 8 GB, dies", "1 of each among 20 faxes", found, tuple(violations))


# -- what they share -----


def _with(house: House, environment: dict[str, str]) -> House:
    return replace(house, environment={**house.environment, **environment})


def _evenly(steps: Sequence[int], most: int) -> Sequence[int]:
    """At most so many of the steps; all of them for 0."""
    return steps[:: max(1, -(-len(steps) // most))] if most else steps


def _deliver(house: House, numbers: Iterable[int]) -> None:
    for number in numbers:
        house.deliver(number)


def _wait_for_the_end(program: Program, seconds: float) -> bool:
    return _wait_for(lambda: not program.runs, seconds)


def _wait_for_work(house: House, seconds: float) -> bool:
    """Until the journal is longer than it is now."""
    begun = _journal_length(house)
    return _wait_for(lambda: _journal_length(house) > begun, seconds)


def _journal_length(house: House) -> int:
    with house.desk.books.reading() as connection:
        return journal.head(connection).seq


def _wait_for(happens: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if happens():
            return True
        time.sleep(0.05)
    return False


def rows_of(bench: Bench) -> tuple[Row, ...]:
    """Every row of the table, in the order of the issue."""
    doses, at_once = bench.doses, bench.doses.readings_at_once
    return (
        Row("killed", lambda: killed(bench)),
        Row("steps", lambda: killed_at_each_step(bench)),
        Row("growing", lambda: growing(bench)),
        Row("truncated", lambda: fault_files.cut_short(doses.places, at_once)),
        Row("damaged", lambda: fault_files.damaged_in_strips(doses.damaged, at_once)),
        Row("copies", lambda: ten_times(bench)),
        Row("two-watchers", lambda: two_watchers(bench)),
        Row("full-steps", lambda: no_space_at_each_step(bench)),
        Row("full-disk", lambda: no_space_on_the_disk(bench)),
        Row("locked", lambda: database_locked(bench)),
        Row("away", lambda: database_away(bench)),
        Row("readers", lambda: readers_misbehave(bench)),
        Row("prefect", lambda: prefect_killed(bench)),
        Row("bombs", fault_files.exploding),
        Row("fuzzer", lambda: fault_files.fuzzed(doses.mutations, doses.mutants_read, at_once)),
    )


_ON_POSTGRESQL = frozenset({"killed", "steps", "copies", "two-watchers", "away"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="only these rows (an unknown name prints all names)")
    parser.add_argument("--short", action="store_true", help="a small dose of everything, a few minutes")
    parser.add_argument("--sqlite-only", action="store_true", help="leave PostgreSQL out")
    arguments = parser.parse_args()
    doses = SHORT if arguments.short else Doses()
    # Whoever stops the bench leaves no server and no mounted disk behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="tenderfax-faults-") as folder, contextlib.ExitStack() as stack:
        needed = not arguments.rows or _ON_POSTGRESQL & set(arguments.rows)
        servers = stack.enter_context(postgres_cluster()) if needed and not arguments.sqlite_only else None
        title = f"Faults, {'short' if arguments.short else 'full'} dose"
        status = run_rows(rows_of(Bench(Path(folder), doses, servers)), arguments.rows, title)
    sys.exit(status)


if __name__ == "__main__":
    main()
