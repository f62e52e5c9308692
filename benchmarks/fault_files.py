"""Broken files through the decoder and the readers: refused quickly and small, or read rightly, or shown to a person.

Each file is decoded in a process of its own, so that its time and memory are its own. A file whose pages come out as
those of the good sample is read rightly; any other that survives is read in full and held against the sample's truth.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from benchmarks.broken_files import (
    CODINGS,
    GOOD_FAXES,
    SAMPLES,
    BrokenFile,
    bombs,
    damaged,
    good_fax,
    in_coding,
    mutations,
    truncated,
)
from benchmarks.outcomes import Outcome
from extractors.decode import decode_fax
from extractors.failures import FaxFileRefused
from extractors.limits import DecodeLimits

if TYPE_CHECKING:
    from benchmarks.read_faxes import Bench

_MOST_SECONDS = 1.0
_MOST_BYTES = 300 * 2**20
"""Of the processor: what a clock shows on a machine of its own, and on a busy one besides what others took."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What became of one file: `refusal` is its kind ("" when it was decoded), `fingerprint` stands for its pages.

    `seconds` are the processor's, in all processes that took part.
    """

    refusal: str
    fingerprint: str
    seconds: float
    peak_bytes: int


def decode_apart(content: bytes) -> Decoded:
    """Decodes in a forked process; `peak_bytes` is the greatest resident size of it or of any process below it, what it
    was forked with included."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        try:
            said = json.dumps(_decoded(content)).encode()
        except BaseException as failure:  # noqa: BLE001 - whatever it is, the bench must hear of it
            said = json.dumps((f"CRASH {type(failure).__name__}", "")).encode()
        os.write(theirs, said)
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        said = pipe.read()
    _, _, used = os.wait4(child, 0)
    refusal, fingerprint = json.loads(said)
    return Decoded(refusal, fingerprint, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def _decoded(content: bytes) -> tuple[str, str]:
    try:
        fax = decode_fax(content, DecodeLimits())
    except FaxFileRefused as refusal:
        return refusal.code, ""
    digest = hashlib.sha256(repr(fax.pages_promised).encode())
    for page in fax.pages:
        digest.update(f"{page.dpi} {page.picture.shape} {page.coded == page.recoded}".encode() + page.picture.tobytes())
    return "", digest.hexdigest()


def _is_as_sent(file: BrokenFile, decoded: Decoded) -> bool:
    """Whether a survivor shows the very pages of its original."""
    if not file.original:
        return False
    content = good_fax(file.original)
    return decoded.fingerprint in _fingerprints_of(file.original, content)


@cache
def _fingerprints_of(name: str, content: bytes) -> frozenset[str]:
    codings = [content] if content.startswith(b"%PDF") else [in_coding(content, coding) for coding in CODINGS]
    return frozenset(decode_apart(one).fingerprint for one in codings)


def weighed(
    files: Iterable[BrokenFile], fault: str, dose: str, *, read_at_most: int, workers: int
) -> Iterator[Outcome]:
    """Decodes every file; reads of the survivors that do not show the original's pages at most so many, evenly."""
    counts: Counter[str] = Counter()
    violations: list[str] = []
    survivors: list[BrokenFile] = []
    slowest, largest = 0.0, 0
    # A process begins with the memory of the one that it was forked from: they are forked from a small one.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as small:
        for file in files:
            decoded = small.submit(decode_apart, file.content).result()
            counts["refused" if decoded.refusal else "decoded"] += 1
            if decoded.refusal:
                slowest, largest = max(slowest, decoded.seconds), max(largest, decoded.peak_bytes)
                violations += _refused_badly(file, decoded)
            elif _is_as_sent(file, decoded):
                counts["as sent"] += 1
            elif file.original:
                survivors.append(file)
            else:
                violations.append(f"{file.name}: was decoded")
    some = survivors[:: max(1, -(-len(survivors) // read_at_most))] if read_at_most else []
    silent = [error for judged in read_all(some, workers) for error in judged.errors]
    found = (
        f"{counts['refused']} refused (at most {slowest:.2f} s, {largest / 2**20:.0f} MB), "
        f"{counts['as sent']} as sent, {len(survivors)} changed, {len(some)} of them read: {len(silent)} silent errors"
    )
    yield Outcome(fault, dose, found, (*violations, *silent))


def _refused_badly(file: BrokenFile, decoded: Decoded) -> list[str]:
    bad = []
    if decoded.refusal.startswith("CRASH"):
        bad.append(f"{file.name}: {decoded.refusal}")
    if decoded.seconds > _MOST_SECONDS:
        bad.append(f"{file.name}: refused ({decoded.refusal}) only after {decoded.seconds:.1f} s")
    if decoded.peak_bytes > _MOST_BYTES:
        bad.append(f"{file.name}: took {decoded.peak_bytes / 2**20:.0f} MB to be refused ({decoded.refusal})")
    return bad


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of reading one broken file: whether it was refused, went straight through, and what was wrong then."""

    refused: bool
    straight_through: bool
    errors: tuple[str, ...]


def read_all(files: Sequence[BrokenFile], workers: int = 1) -> Iterator[Judged]:
    """Reads files in full, in processes that load the readers once; a reader that dies is an error of its file."""
    waiting = list(files)
    while waiting:
        # Spawned, not forked: the readers' libraries have threads.
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            answers = [(file, pool.submit(read_and_compare, file)) for file in waiting]
            waiting = []
            for number, (file, answer) in enumerate(answers):
                try:
                    yield answer.result()
                except BrokenExecutor:
                    yield Judged(False, False, (f"{file.name}: the reader died",))
                    waiting = [later for later, _ in answers[number + 1 :]]
                    break


@cache
def _bench() -> Bench:
    from benchmarks.read_faxes import Bench

    return Bench.load()


def read_and_compare(file: BrokenFile) -> Judged:
    """Reads and judges one file by itself and holds what would pass unseen against its sample's truth."""
    from benchmarks.form_scores import passes, silent_errors
    from benchmarks.read_faxes import receipt_of_truth
    from extractors.reading import read_transmission

    truth = json.loads((SAMPLES / f"{file.original}.expected.json").read_text("utf-8"))
    bench = _bench()
    try:
        transmission = read_transmission(
            file.content,
            fax=hashlib.sha256(file.content).hexdigest(),
            file=file.name,
            receipt=receipt_of_truth(truth),
            forms=bench.forms,
            ledger=bench.ledger,
            limits=DecodeLimits(),
        )
    except FaxFileRefused:
        return Judged(True, False, ())
    passed = any(passes(bench, submission) for submission in transmission.submissions)
    return Judged(False, passed, tuple(silent_errors(bench, transmission, truth, file.name)))


def damaged_in_strips(count: int, workers: int = 1) -> Iterator[Outcome]:
    """40 random bytes within a strip, and, so that nothing can pass by never passing, each sample whole."""
    whole = [
        BrokenFile(f"{name} {coding} whole", name, in_coding(good_fax(name), coding))
        for name in GOOD_FAXES
        for coding in CODINGS
    ]
    undamaged = list(read_all(whole, workers))
    judged = list(read_all(list(damaged(count)), workers))
    errors = [error for one in (*undamaged, *judged) for error in one.errors]
    found = (
        f"{sum(one.refused for one in judged)} refused, {sum(one.straight_through for one in judged)} straight through "
        f"({sum(one.straight_through for one in undamaged)} of {len(whole)} undamaged), {len(errors)} silent errors"
    )
    yield Outcome("40 damaged bytes mid-strip", f"{count} files", found, tuple(errors))


def cut_short(places: int, workers: int = 1) -> Iterator[Outcome]:
    yield from weighed(truncated(places), "truncated", f"{places} places x 5 codings", read_at_most=40, workers=workers)


def exploding() -> Iterator[Outcome]:
    files = list(bombs())
    yield from weighed(files, "bombs and files that are no fax", f"{len(files)} files", read_at_most=0, workers=1)


def fuzzed(count: int, read_at_most: int, workers: int = 1) -> Iterator[Outcome]:
    dose = f"{count} mutations of TIFF and PDF"
    yield from weighed(mutations(count), "fuzzer", dose, read_at_most=read_at_most, workers=workers)
