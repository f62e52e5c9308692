"""Trouble on the page: `python -m benchmarks.troubles` writes forms with one trouble each in held-out hands, reads and
judges each alone, and tells whether the trouble was seen (samples.troubles). Ends with 1 when one passed unseen.

No figure here may guide the front end: `--group training` or `--group calibration` is for looking at cases.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.form_scores import differences, form_on, judged
from benchmarks.read_faxes import Bench, receipt_of_truth
from core.findings import FORM, Severity
from core.judgements import Judgement
from core.notation import parse_submission
from core.submissions import Submission
from extractors.limits import DecodeLimits
from extractors.reading import read_transmission
from samples.generate import write
from samples.lettering import Group
from samples.troubles import TROUBLE_BY_NAME, TROUBLES, Place, Trouble, some_circumstances, troubled_fax
from validators.judgement import needs_review

SEED = 20030709


class Outcome(StrEnum):
    """What became of a troubled form, the best first."""

    NAMED = "right finding"
    AT_THE_PLACE = "other finding or doubt there"
    ELSEWHERE = "to a person for something else"
    RIGHT = "read right"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Seen:
    """One form's outcome. `codes` are all its findings above a note, with doubts named by their key."""

    trouble: str
    typed: bool
    outcome: Outcome
    codes: tuple[str, ...]
    fax: str


def see(bench: Bench, trouble: Trouble, number: int, group: Group, seed: int, folder: Path) -> Seen:
    """Write one form with the trouble, fax it, read it and judge it."""
    rng = np.random.default_rng([seed, zlib.crc32(trouble.name.encode()), number])
    circumstances = some_circumstances(number, group)
    sample = troubled_fax(f"{trouble.name}{number:03d}", trouble, rng, bench.ledger, bench.forms, circumstances)
    written = write(folder, sample, rng)
    content, truth = written.fax.read_bytes(), json.loads(written.expected.read_text("utf-8"))
    transmission = read_transmission(
        content,
        fax=hashlib.sha256(content).hexdigest(),
        file=written.fax.name,
        receipt=receipt_of_truth(truth),
        forms=bench.forms,
        ledger=bench.ledger,
        limits=DecodeLimits(),
    )
    read = form_on(transmission, truth, 0)
    if read is None:
        return Seen(trouble.name, circumstances.typed, Outcome.ELSEWHERE, ("no form found",), sample.name)
    judgement = judged(bench, read)
    outcome = _outcome(bench, trouble, read, judgement, truth)
    return Seen(trouble.name, circumstances.typed, outcome, _codes(judgement), sample.name)


def _outcome(bench: Bench, trouble: Trouble, read: Submission, judgement: Judgement, truth: Any) -> Outcome:
    raised = [finding for finding in judgement.findings if finding.severity is not Severity.NOTE]
    expected = truth["submissions"][0]
    if trouble.codes & {finding.code for finding in raised if _is_at(trouble.place, finding.target)}:
        return Outcome.NAMED
    if not needs_review(judgement):
        wrong = trouble.codes or differences(bench, read, judgement.holder_id, parse_submission(expected), expected)
        return Outcome.SILENT if wrong else Outcome.RIGHT
    if any(_is_at(trouble.place, finding.target) for finding in raised):
        return Outcome.AT_THE_PLACE
    return Outcome.ELSEWHERE


def _is_at(place: Place, target: str) -> bool:
    """Whether a finding's target is the trouble's place: a grant number or `rowN`, a box, or the form."""
    if place is Place.ROW:
        return target != FORM and target not in _BOXES
    return target == FORM or target.startswith(place.value)


_BOXES = frozenset({"printed_name", "tax_id", "signed_at", "email", "address", "signature", "amend_box", "pages"})


def _codes(judgement: Judgement) -> tuple[str, ...]:
    return tuple(
        finding.code if finding.code != "OCR_LOW_CONFIDENCE" else f"doubt {finding.target}"
        for finding in judgement.findings
        if finding.severity is not Severity.NOTE
    )


# ---------------------------------------------------------------------------------------------------- the table

_BENCH: Bench | None = None


def _start_worker() -> None:
    global _BENCH
    _BENCH = Bench.load()


def _see(asked: tuple[str, int, Group, int, Path]) -> Seen:
    assert _BENCH is not None
    name, number, group, seed, folder = asked
    return see(_BENCH, TROUBLE_BY_NAME[name], number, group, seed, folder)


def print_table(console: Console, title: str, seen: Sequence[Seen], *, verbose: bool) -> None:
    table = Table(title=title)
    table.add_column("trouble")
    for heading in ("forms", *(outcome.value for outcome in Outcome)):
        table.add_column(heading, justify="right")
    for name in dict.fromkeys(one.trouble for one in seen):
        own = Counter(one.outcome for one in seen if one.trouble == name)
        table.add_row(TROUBLE_BY_NAME[name].title, str(own.total()), *(str(own[outcome] or "") for outcome in Outcome))
    all_of = Counter(one.outcome for one in seen)
    table.add_row("all", str(len(seen)), *(str(all_of[outcome]) for outcome in Outcome), style="bold")
    console.print(table)
    for one in seen:
        if one.outcome is Outcome.SILENT or (verbose and one.outcome is not Outcome.NAMED):
            console.print(f"  {one.outcome.value}: {one.fax} {', '.join(one.codes)}", markup=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20, help="forms of each trouble")
    parser.add_argument("--only", nargs="*", choices=sorted(TROUBLE_BY_NAME), help="these troubles and no others")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--group", choices=[group.value for group in Group], default=Group.HELD_OUT.value)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, help="keep the faxes in this folder")
    parser.add_argument("--verbose", action="store_true", help="also list what was not named rightly")
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    names = arguments.only or [trouble.name for trouble in TROUBLES]
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        group = Group(arguments.group)
        asked = [(name, number, group, arguments.seed, folder) for name in names for number in range(arguments.count)]
        context = multiprocessing.get_context("spawn")
        with context.Pool(arguments.processes, initializer=_start_worker) as pool:
            seen = pool.map(_see, asked, chunksize=4)
    title = (
        f"{len(seen)} troubled forms, seed {arguments.seed}, {group} hands, moderate damage, half typed, half standard"
    )
    print_table(Console(width=140), title, seen, verbose=arguments.verbose)
    return 1 if any(one.outcome is Outcome.SILENT for one in seen) else 0


if __name__ == "__main__":
    sys.exit(main())
