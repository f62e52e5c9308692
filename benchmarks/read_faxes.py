"""Makes the faxes of a dose and reads each alone, as intake does, on all cores; what was read is kept on disk.

A run that was interrupted carries on: a fax is not read again while the code that makes and reads faxes is the same to
the letter. It refuses to know whether anything was read right.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import pickle
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.held_out_faxes import Dose, sample_of
from benchmarks.overhearing import Heard, overheard
from core.holders import OptionLedger
from core.notation import parse_submission
from core.submissions import Submission
from core.transmissions import Receipt, Transmission
from extractors.limits import DecodeLimits
from extractors.reading import read_transmission
from offers.forms import Forms, load_forms
from offers.loading import Offer, load_offer
from samples.generate import LEDGER_SEED, write
from samples.ledger import make_ledger

_ROOT = Path(__file__).parents[1]
OFFER = _ROOT / "offers" / "capstone_2003"
OUT = _ROOT / "outputs" / "benchmarks"
_MAKES_AND_READS = (
    "core",
    "offers",
    "extractors",
    "samples",
    "benchmarks/held_out_faxes.py",
    "benchmarks/read_faxes.py",
)

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Bench:
    """What every worker holds: the offer, its blanks and the ledger of the samples."""

    offer: Offer
    forms: Forms
    ledger: OptionLedger

    @classmethod
    def load(cls) -> Bench:
        return cls(load_offer(OFFER), load_forms(OFFER / "forms"), make_ledger(LEDGER_SEED))


@dataclass(frozen=True, slots=True)
class FaxRead:
    """One fax as it was meant (its truth file) and as it was read; `heard` holds as many forms as were read."""

    truth: Mapping[str, Any]
    transmission: Transmission
    heard: tuple[Heard, ...]

    @property
    def name(self) -> str:
        return Path(self.truth["file"]).stem


def read_fax(bench: Bench, path: Path) -> FaxRead:
    """One sample, whose truth file lies beside it."""
    truth = json.loads(path.with_name(f"{path.stem}.expected.json").read_text("utf-8"))
    content = path.read_bytes()
    with overheard() as heard:
        transmission = read_transmission(
            content,
            fax=hashlib.sha256(content).hexdigest(),
            file=path.name,
            receipt=receipt_of_truth(truth),
            forms=bench.forms,
            ledger=bench.ledger,
            limits=DecodeLimits(),
        )
    if len(heard.forms) != len(transmission.submissions):
        raise RuntimeError(f"{path.name}: {len(transmission.submissions)} forms read, {len(heard.forms)} overheard")
    return FaxRead(truth, transmission, heard.forms)


def receipt_of_truth(truth: Mapping[str, Any]) -> Receipt:
    first: Submission | None = parse_submission(truth["submissions"][0]) if truth["submissions"] else None
    if first is None:
        return Receipt()
    return Receipt(first.received_start, first.received_at, "sidecar", first.destination, first.delivery)


# -- whole doses -----


def all_read(
    doses: Sequence[Dose],
    judge: Callable[[Bench, FaxRead], Found],
    *,
    processes: int,
    kept: Path,
    faxes: Path | None = None,
) -> dict[Dose, list[Found]]:
    """What `judge` (a function of a module) makes of each fax of each dose, in the order of their numbers.

    What was read is kept in `kept` and not read again; the faxes themselves are kept in `faxes`, if anywhere. Raises
    BrokenProcessPool when a worker dies: asked again, it goes on from there.
    """
    tasks = [
        _Task(dose, number, kept / dose.name / f"{number:05d}.pickle", judge, faxes)
        for dose in doses
        for number in dose.numbers
    ]
    found: dict[tuple[Dose, int], Found] = {}
    begun = time.monotonic()
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        for done in as_completed([pool.submit(_done, task) for task in tasks]):
            task, one = done.result()
            found[task.dose, task.number] = one
            if len(found) % 20 == 0 or len(found) == len(tasks):
                seconds = time.monotonic() - begun
                print(f"{len(found)} of {len(tasks)} faxes ({task.dose.name}), {seconds:.0f} s", file=sys.stderr)
    return {dose: [found[dose, number] for number in dose.numbers] for dose in doses}


@dataclass(frozen=True, slots=True)
class _Task:
    dose: Dose
    number: int
    kept_at: Path
    judge: Callable[[Bench, FaxRead], Any]
    faxes: Path | None


def _done(task: _Task) -> tuple[_Task, Any]:
    bench = _worker_bench()
    if task.kept_at.exists():
        read: FaxRead = pickle.loads(task.kept_at.read_bytes())  # noqa: S301 - a file of our own making
    else:
        read = _made_and_read(bench, task)
        task.kept_at.parent.mkdir(parents=True, exist_ok=True)
        part = task.kept_at.with_suffix(f".{os.getpid()}")
        part.write_bytes(pickle.dumps(read))
        part.replace(task.kept_at)
    return task, task.judge(bench, read)


@cache
def _worker_bench() -> Bench:
    return Bench.load()


def _made_and_read(bench: Bench, task: _Task) -> FaxRead:
    sample, rng = sample_of(task.dose, task.number, bench.ledger, bench.forms)
    with tempfile.TemporaryDirectory() as scratch:
        folder = task.faxes / task.dose.name if task.faxes else Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        return read_fax(bench, write(folder, sample, rng).fax)


def kept_for_this_code() -> Path:
    """Where readings are kept: by the fingerprint of all that makes and reads faxes, for other code reads otherwise."""
    found = hashlib.sha256()
    for name in _MAKES_AND_READS:
        top = _ROOT / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and "__pycache__" not in path.parts:
                found.update(str(path.relative_to(_ROOT)).encode() + path.read_bytes())
    return OUT / "reading" / found.hexdigest()[:12]
