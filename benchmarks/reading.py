"""How well forms are read: `python -m benchmarks.reading` writes faxes in held-out hands, reads and judges each alone,
and holds the outcome against the truth they were made from.

No figure here may guide a threshold: that is what the training hands are for (extractors/thresholds.toml).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from core.grammar import (
    normalise_grant_no,
    normalise_name,
    parse_date,
    parse_price,
    parse_shares,
    signed_moment,
    tax_id_digits,
)
from core.holders import OptionLedger
from core.notation import parse_submission
from core.offer_state import OfferState
from core.readings import Mark
from core.submissions import GrantRow, Submission
from core.transmissions import Receipt, Transmission
from extractors.limits import DecodeLimits
from extractors.readers.reader import Writing
from extractors.reading import read_transmission
from extractors.thresholds import load_thresholds
from offers.forms import Forms, load_forms
from offers.loading import Offer, load_offer
from samples import make
from samples.fax import Level
from samples.generate import LEDGER_SEED, Options
from samples.ledger import make_ledger
from samples.lettering import Group
from validators.judgement import judge_all, needs_review

OFFER = Path(__file__).parents[1] / "offers" / "capstone_2003"
PAGE_POINTS = np.array([612.0, 792.0])
REGISTERED_POINTS = 5.0
"""A page is laid right when nine in ten of its anchors lie within a quarter of a table line (20 points)."""
COLUMNS = ("grant_no", "grant_date", "price", "shares")
_WRITINGS = dict(zip(COLUMNS, (Writing.GRANT_NO, Writing.DATE, Writing.PRICE, Writing.SHARES), strict=True))


@dataclass(slots=True)
class Tally:
    """Counts of one style of writing. A cell is sure when it would be taken for the ledger's value if it said that."""

    forms: int = 0
    clean: int = 0
    clean_passed: int = 0
    passed: int = 0
    doubts: int = 0
    cells: Counter[str] = field(default_factory=Counter)
    cells_right: Counter[str] = field(default_factory=Counter)
    sure_cells: int = 0
    sure_cells_wrong: int = 0
    zones: int = 0
    unseen: list[str] = field(default_factory=list)
    holders: Counter[str] = field(default_factory=Counter)
    silent: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


@dataclass(slots=True)
class FaxScore:
    """What one fax adds to the table."""

    typed: bool
    tally: Tally
    pages: int = 0
    pages_right: int = 0
    wrong_pages: list[str] = field(default_factory=list)
    anchor_errors: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Bench:
    """What every worker holds: the offer, its blanks and the ledger of the samples."""

    offer: Offer
    forms: Forms
    ledger: OptionLedger

    @classmethod
    def load(cls) -> Bench:
        return cls(load_offer(OFFER), load_forms(OFFER / "forms"), make_ledger(LEDGER_SEED))


def score_fax(bench: Bench, path: Path) -> FaxScore:
    """Read one sample and compare it with its truth file."""
    truth = json.loads(path.with_name(f"{path.stem}.expected.json").read_text("utf-8"))
    content = path.read_bytes()
    transmission = read_transmission(
        content,
        fax=hashlib.sha256(content).hexdigest(),
        file=path.name,
        receipt=receipt_of_truth(truth),
        forms=bench.forms,
        ledger=bench.ledger,
        limits=DecodeLimits(),
    )
    typed = bool(truth["writers"][0]["typed"])
    score = FaxScore(typed, Tally())
    _score_pages(score, transmission, truth)
    for index, expected in enumerate(truth["submissions"]):
        _score_form(bench, score.tally, form_on(transmission, truth, index), expected, path.stem)
    extra = len(transmission.submissions) - len(truth["submissions"])
    if extra > 0 and any(not _review(bench, one) for one in transmission.submissions):
        score.tally.silent.append(f"{path.stem}: {extra} forms that nobody sent")
    return score


def silent_errors(bench: Bench, transmission: Transmission, truth: Mapping[str, Any], name: str) -> list[str]:
    """What would pass unseen and is not what the paper says; none when every wrong form waits for a person."""
    found = []
    meant = [parse_submission(expected) for expected in truth["submissions"]]
    for index, expected in enumerate(truth["submissions"]):
        read = form_on(transmission, truth, index)
        if read is None or needs_review(judgement := _judged(bench, read)):
            continue
        found += [f"{name}: {d}" for d in differences(bench, read, judgement.holder_id, meant[index], expected)]
    if len(transmission.submissions) > len(meant) and any(not _review(bench, one) for one in transmission.submissions):
        found.append(f"{name}: more forms than were sent")
    return found


def receipt_of_truth(truth: Mapping[str, Any]) -> Receipt:
    first = parse_submission(truth["submissions"][0]) if truth["submissions"] else None
    if first is None:
        return Receipt()
    return Receipt(first.received_start, first.received_at, "sidecar", first.destination, first.delivery)


def _score_pages(score: FaxScore, transmission: Transmission, truth: Mapping[str, Any]) -> None:
    points = np.array(truth["anchor_points"])
    for page, expected in zip(transmission.pages, truth["pages"], strict=True):
        score.pages += 1
        told, off = page.page_class == expected["page_class"], ""
        if expected["page_class"] in {"E1", "E2", "N1"}:
            told = told and page.form_version == expected["form_version"]
        if told and page.affine is not None:
            laid = points @ np.array([page.affine[:2], page.affine[3:5]]).T + np.array([page.affine[2], page.affine[5]])
            anchors = np.array(expected["anchors"])
            errors = np.linalg.norm((laid - anchors) * PAGE_POINTS, axis=1)
            score.anchor_errors.extend(errors.tolist())
            told = float(np.quantile(errors, 0.9)) <= REGISTERED_POINTS
            off = f", off by {np.quantile(errors, 0.9):.1f} pt"
        if told:
            score.pages_right += 1
        else:
            score.wrong_pages.append(
                f"{truth['file']} p{page.number}: {expected['page_class']} {expected['form_version']} read as "
                f"{page.page_class} {page.form_version}{off}"
            )


def form_on(transmission: Transmission, truth: Mapping[str, Any], index: int) -> Submission | None:
    """The read form that owns most of the pages of the truth's form `index`."""
    numbers = {page["number"] for page in truth["pages"] if page["submission"] == index}
    owners = Counter(page.submission for page in transmission.pages if page.number in numbers)
    owners.pop(None, None)
    if not owners:
        return None
    return transmission.submissions[owners.most_common(1)[0][0]]  # type: ignore[index]


def passes(bench: Bench, submission: Submission) -> bool:
    """Whether the form, judged alone, goes straight through: nobody would look at it."""
    return not _review(bench, submission)


def _review(bench: Bench, submission: Submission) -> bool:
    return needs_review(_judged(bench, submission))


def _judged(bench: Bench, submission: Submission) -> Any:
    terms = bench.offer.terms
    judgements = judge_all([submission], ledger=bench.ledger, offer=OfferState(terms.expiration), terms=terms)
    return judgements.by_submission[submission.id]


def _score_form(bench: Bench, tally: Tally, read: Submission | None, expected: Mapping[str, Any], name: str) -> None:
    meant = parse_submission(expected)
    tally.forms += 1
    clean = not _review(bench, meant)
    tally.clean += clean
    rows = _rows(meant)
    for column in COLUMNS:
        tally.cells[column] += sum(1 for row in rows if _cell(column, row) is not None)
    tally.zones += len(_filled(meant))
    if read is None:
        tally.holders["unknown" if expected["holder_id"] else "right"] += 1
        tally.unseen.extend(f"{name}: {key}, the form was not found" for key in _filled(meant))
        return
    judgement = _judged(bench, read)
    tally.holders[_holder_verdict(judgement.holder_id, expected["holder_id"])] += 1
    tally.doubts += len(read.doubts) if clean else 0
    for column in COLUMNS:
        tally.cells_right[column] += sum(
            1
            for said, wrote in zip(_padded(read, len(rows)), rows, strict=False)
            if _cell(column, wrote) is not None and _cell(column, said) == _cell(column, wrote)
        )
    _score_sure_cells(tally, read, meant)
    tally.unseen.extend(f"{name}: {key}" for key in _filled(meant) if not _is_seen(read, key))
    if not needs_review(judgement):
        tally.passed += 1
        tally.clean_passed += clean
        tally.silent.extend(f"{name}: {one}" for one in differences(bench, read, judgement.holder_id, meant, expected))


def _score_sure_cells(tally: Tally, read: Submission, meant: Submission) -> None:
    """Cells whose readings would confirm the ledger's value, and those of them that the paper belies."""
    said, wrote = _cells(read), _cells(meant)
    for key in sorted(said.keys() & wrote.keys()):
        reading, column = read.readings.get(key), key.rpartition(".")[2]
        asked = load_thresholds().asks[_WRITINGS[column]].confirmed
        if reading is not None and reading.confidence >= asked and said[key] is not None:
            tally.sure_cells += 1
            tally.sure_cells_wrong += said[key] != wrote[key]


def _cells(submission: Submission) -> dict[str, object]:
    """What each cell of the table and the schedule means, by its reading's key."""
    schedule = submission.fields.schedule
    tables = {"": submission.fields.rows, "schedule.": schedule.rows if schedule else ()}
    return {
        f"{prefix}row{number}.{column}": _cell(column, row)
        for prefix, rows in tables.items()
        for number, row in enumerate(rows, 1)
        for column in COLUMNS
    }


def _holder_verdict(found: str | None, true: str | None) -> str:
    if found == true:
        return "right"
    return "unknown" if found is None else "wrong"


def _rows(submission: Submission) -> tuple[GrantRow, ...]:
    schedule = submission.fields.schedule
    return submission.fields.rows + (schedule.rows if schedule else ())


def _padded(read: Submission, length: int) -> list[GrantRow]:
    rows = list(_rows(read))
    return rows + [GrantRow()] * (length - len(rows))


def _cell(column: str, row: GrantRow) -> object:
    """What a cell means; None where it means nothing."""
    text = getattr(row, column)
    match column:
        case "grant_no":
            return normalise_grant_no(text) or None
        case "grant_date":
            written = parse_date(text).value
            return written.on if written else None
        case "price":
            return parse_price(text).value
        case _:
            return parse_shares(text).value


def _filled(submission: Submission) -> list[str]:
    """The keys of the boxes that hold something, cells included."""
    fields = submission.fields
    boxes = {
        "printed_name": fields.printed_name,
        "tax_id": fields.tax_id,
        "signed_at": fields.date + fields.time,
        "email": fields.email,
        "address": fields.address,
    }
    keys = [key for key, text in boxes.items() if text]
    if "E2" not in submission.pages and "N1" not in submission.pages:
        keys = []
    keys += [f"row{n}.{c}" for n, row in enumerate(fields.rows, 1) for c in COLUMNS if getattr(row, c)]
    rows = fields.schedule.rows if fields.schedule else ()
    return keys + [f"schedule.row{n}.{c}" for n, row in enumerate(rows, 1) for c in COLUMNS if getattr(row, c)]


def _is_seen(read: Submission, key: str) -> bool:
    reading = read.readings.get(key)
    return reading is not None and reading.mark is not Mark.BLANK


def differences(
    bench: Bench, read: Submission, holder_id: str | None, meant: Submission, expected: Mapping[str, Any]
) -> list[str]:
    """Everything in which a form that passed unseen is not what the paper says; personal values are not shown."""
    found = []
    said, wrote = read.fields, meant.fields

    def compare(what: str, one: object, other: object) -> None:
        if one != other:
            found.append(f"{what} read {one!r}, written {other!r}")

    compare("holder", holder_id, expected["holder_id"])
    compare("kind", read.kind, meant.kind)
    compare("edition", read.form_version, meant.form_version)
    compare("signed", _signed(bench, read), _signed(bench, meant))
    compare("signature", said.signature.present, wrote.signature.present)
    compare("amend box", said.amend_box, wrote.amend_box)
    compare("name", normalise_name(said.printed_name), normalise_name(wrote.printed_name))
    compare("notes there", bool(said.notes), bool(wrote.notes))
    compare("struck text", bool(read.struck_text), bool(meant.struck_text))
    compare("row marks", [(r.struck, r.altered) for r in _rows(read)], [(r.struck, r.altered) for r in _rows(meant)])
    if tax_id_digits(said.tax_id) != tax_id_digits(wrote.tax_id):
        found.append("tax id differs")
    for column in COLUMNS:
        compare(column, [_cell(column, r) for r in _rows(read)], [_cell(column, r) for r in _rows(meant)])
    return found


def _signed(bench: Bench, submission: Submission) -> tuple[object, object]:
    terms = bench.offer.terms
    moment = signed_moment(
        submission.fields.date, submission.fields.time, offer_zone=terms.time_zone, assumed_year=terms.default_year
    )
    return moment.on, moment.at


# ---------------------------------------------------------------------------------------------------- the table

_BENCH: Bench | None = None


def _start_worker() -> None:
    global _BENCH
    _BENCH = Bench.load()


def _score(path: Path) -> FaxScore:
    assert _BENCH is not None
    return score_fax(_BENCH, path)


def print_table(console: Console, title: str, scores: Sequence[FaxScore]) -> None:
    """The table of one run: typed beside handwritten, then the pages of both."""
    tallies = {True: Tally(), False: Tally()}
    for score in scores:
        tallies[score.typed].add(score.tally)
    table = Table(title=title)
    table.add_column("")
    table.add_column("typed", justify="right")
    table.add_column("handwritten", justify="right")

    def line(what: str, of: Any) -> None:
        table.add_row(what, *(of(tallies[typed]) for typed in (True, False)))

    line("forms", lambda t: str(t.forms))
    for column in COLUMNS:
        line(f"cells right: {column}", lambda t, c=column: _share(t.cells_right[c], t.cells[c]))
    line("cells right: all four", lambda t: _share(t.cells_right.total(), t.cells.total()))
    line("cells sure enough to confirm / of them wrong", lambda t: f"{t.sure_cells} / {t.sure_cells_wrong}")
    line("filled zones seen", lambda t: _share(t.zones - len(t.unseen), t.zones))
    line(
        "holder right / unknown / wrong", lambda t: " / ".join(str(t.holders[k]) for k in ("right", "unknown", "wrong"))
    )
    line("doubtful fields a clean form", lambda t: f"{t.doubts / max(1, t.clean):.2f}")
    line("clean forms straight through", lambda t: _share(t.clean_passed, t.clean))
    line("forms straight through", lambda t: _share(t.passed, t.forms))
    line("SILENT ERRORS", lambda t: str(len(t.silent)))
    console.print(table)
    pages, right = sum(s.pages for s in scores), sum(s.pages_right for s in scores)
    errors = np.array([e for s in scores for e in s.anchor_errors])
    console.print(
        f"page class, edition and registration right: {_share(right, pages)} pages; anchors off by "
        f"{np.median(errors):.2f} pt (median), {np.quantile(errors, 0.99):.2f} pt (99 %)"
    )
    passed = sum(s.tally.passed for s in scores)
    console.print(f"silent errors: {sum(len(s.tally.silent) for s in scores)} in {passed} forms that passed unseen")
    if passed:
        console.print(f"(had there been none, the true rate would be below {300 / passed:.1f} % at 95 % confidence)")
    for score in scores:
        for wrong in score.wrong_pages:
            console.print(f"  page: {wrong}")
        for unseen in score.tally.unseen:
            console.print(f"  not seen: {unseen}")
        for silent in score.tally.silent:
            console.print(f"  SILENT: {silent}", style="bold red", markup=False)


def _share(right: int, all_: int) -> str:
    return f"{100 * right / all_:.1f} % of {all_}" if all_ else "–"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20030625)
    parser.add_argument("--level", choices=[level.value for level in Level], default=Level.MODERATE.value)
    parser.add_argument("--group", choices=[group.value for group in Group], default=Group.HELD_OUT.value)
    parser.add_argument("--good-order", action="store_true", help="only forms that the rules let through")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, help="keep the faxes in this folder")
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    options = Options(group=Group(arguments.group), level=Level(arguments.level), good_order=arguments.good_order)
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or Path(scratch)
        written = make(folder, arguments.count, arguments.seed, options=options)
        paths = [one.fax for one in written]
        context = multiprocessing.get_context("spawn")
        with context.Pool(arguments.processes, initializer=_start_worker) as pool:
            scores = pool.map(_score, paths, chunksize=4)
    title = (
        f"{arguments.count} faxes, seed {arguments.seed}, {arguments.group} hands, {arguments.level} damage, "
        "half typed, 204 x 98 and 204 x 196 dpi"
    )
    print_table(Console(width=110), title, scores)


if __name__ == "__main__":
    main()
