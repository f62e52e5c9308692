"""What a benchmark of faults found, row by row, and the table it prints; a row that does not hold fails the run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Outcome:
    """One fault at one dose. `violations` says what did not hold, one line each; none when all of it held."""

    fault: str
    dose: str
    found: str
    violations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A fault to be tried: `name` chooses it on the command line."""

    name: str
    tried: Callable[[], Iterable[Outcome]]


def run_rows(rows: Sequence[Row], chosen: Sequence[str], title: str) -> int:
    """Tries the rows (all, unless some are chosen), prints the table and returns the exit status: 1 on a violation."""
    known = {row.name for row in rows}
    if unknown := sorted(set(chosen) - known):
        print(f"no row is called {unknown[0]!r}; there are {', '.join(row.name for row in rows)}")
        return 2
    table = Table("fault", "dose", "found", "held", title=title)
    failed: list[str] = []
    for row in rows:
        if chosen and row.name not in chosen:
            continue
        begun = time.monotonic()
        for outcome in row.tried():
            table.add_row(outcome.fault, outcome.dose, outcome.found, "no" if outcome.violations else "yes")
            failed.extend(f"{outcome.fault}: {violation}" for violation in outcome.violations)
            held = "VIOLATED" if outcome.violations else "held"
            print(f"[{row.name}] {outcome.fault} · {outcome.dose} · {outcome.found} · {held}", flush=True)
        print(f"[{row.name}] took {time.monotonic() - begun:.0f} s", flush=True)
    Console(width=150).print(table)
    for line in failed:
        print(f"violated: {line}")
    return 1 if failed else 0
