"""How well each reader reads written cells: `python -m benchmarks.cells`.

Forms are filled, faxed and taken through our own front end; what is measured are the very crops that intake reads, in
hands and typefaces held out from all building. Every reader sees the same crops, one at a time with all the others.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.measures import character_error_rate
from core.submissions import Fields, Submission
from extractors.blank_pages import BlankPages, load_blank_pages
from extractors.fax_pages import pages_of_fax
from extractors.fusion import of_lines
from extractors.limits import DecodeLimits
from extractors.lines import lines_of
from extractors.marks import share_out
from extractors.meanings import meaning, tidied
from extractors.readers import all_readers
from extractors.readers.cells import CellReader
from extractors.readers.reader import Crop, Reader, ReaderResult, Writing
from offers.forms import load_forms
from samples import contents
from samples.fax import FINE, STANDARD, Level, some_journey
from samples.generate import FORMS_FOLDER, LEDGER_SEED, SampleFax, form_sheets, write
from samples.ledger import make_ledger
from samples.lettering import Group
from samples.paper import Pen
from samples.writing import somebody

SEED = 20030729
_WRITINGS = {writing.value for writing in Writing}


@dataclass(frozen=True, slots=True)
class WrittenCell:
    """What stands on paper in one box, and the crops of its lines as intake cuts them."""

    writing: Writing
    text: str
    lines: tuple[Crop, ...]
    family: str
    typed: bool


def cells_on_faxes(
    count: int, seed: int, level: Level, *, group: Group, families: Sequence[str] = ()
) -> Iterator[WrittenCell]:
    """The cells of `count` faxed elections in good order, half of them typed; by writers of `families`, where given."""
    ledger, forms = make_ledger(LEDGER_SEED), load_forms(FORMS_FOLDER)
    blanks = load_blank_pages(forms)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            rng = np.random.default_rng([seed, number])
            writer = somebody(rng, group, typed=number % 2 == 0)
            if families and not writer.typed:
                writer = replace(writer, family=str(rng.choice(list(families))))
            manner = contents.some_manner(rng)
            holder = contents.some_holder(rng, ledger)
            version = "2003-07-09"
            submission = contents.good_election(
                rng,
                ledger,
                holder,
                manner,
                version=version,
                signed_at=contents.some_signing(rng, version),
                grants=contents.some_grants(rng, ledger, holder),
            )
            pen = Pen(writer, contents.joint_of(manner, submission.fields))
            journey = some_journey(rng, level, FINE if rng.random() < 0.5 else STANDARD)
            sheets = tuple(sheet for sheet in form_sheets(forms, submission, 0, pen, rng) if sheet.page_class == "E2")
            sample = SampleFax(f"cells{number:04d}", (submission,), sheets, journey, level)
            fax = write(Path(folder), sample, rng).fax
            yield from _cells(fax, blanks, submission, pen)


def _cells(fax: Path, blanks: BlankPages, submission: Submission, pen: Pen) -> Iterator[WrittenCell]:
    words = words_of(submission.fields, pen)
    for page in pages_of_fax(fax.read_bytes(), blanks, DecodeLimits(), fax.name).pages:
        if page.form_page is None or page.ink is None:
            continue
        by_zone = share_out(page.ink, page.form_page.zones).by_zone
        for zone in page.form_page.zones:
            text = words.get(zone.name, "")
            lines = lines_of(by_zone[zone.name])
            if text and lines and zone.field_kind.value in _WRITINGS:
                writing = Writing(zone.field_kind.value)
                crops = tuple(Crop(line, writing) for line in lines)
                yield WrittenCell(writing, text, crops, pen.writer.family, pen.writer.typed)


def words_of(fields: Fields, pen: Pen) -> dict[str, str]:
    """What stands in each text zone of an election's second page."""
    rows = {
        f"row{number}_{column}": getattr(row, column)
        for number, row in enumerate(fields.rows, start=1)
        for column in ("grant_no", "grant_date", "price", "shares")
    }
    return rows | {
        "printed_name": fields.printed_name,
        "tax_id": fields.tax_id,
        "signed_at": pen.joint.join(part for part in (fields.date, fields.time) if part),
        "email": fields.email,
        "address": fields.address,
    }


def read_cells(reader: Reader, cells: Sequence[WrittenCell]) -> tuple[list[ReaderResult], float]:
    """One result a cell, its lines joined, and the seconds it took in all."""
    started = time.perf_counter()
    read = reader.read([line for cell in cells for line in cell.lines])
    seconds = time.perf_counter() - started
    results, place = [], 0
    for cell in cells:
        results.append(of_lines(read[place : place + len(cell.lines)]))
        place += len(cell.lines)
    return results, seconds


def is_exact(cell: WrittenCell, text: str) -> bool:
    """Whether the text is the cell's, character by character; how wide a gap is does not count."""
    return "".join(text.split()) == "".join(cell.text.split())


def means_the_same(cell: WrittenCell, text: str) -> bool:
    """Whether the text has the sense of what is written; what has no sense has none in common."""
    wanted = meaning(cell.writing, tidied(cell.writing, cell.text))
    return wanted is not None and meaning(cell.writing, tidied(cell.writing, text)) == wanted


def _print_table(cells: Sequence[WrittenCell], readings: dict[str, list[ReaderResult]]) -> None:
    print(f"{'':28}" + "".join(f"{name:>26}" for name in readings))
    print(f"{'kind':22}{'cells':>6}" + "".join(f"{'exact':>10}{'sense':>8}{'CER':>8}" for _ in readings))
    table = ("GRANT_NO", "DATE", "PRICE", "SHARES")
    for typed in (True, False):
        for kind in (*Writing, "grant table"):
            chosen = [
                place
                for place, cell in enumerate(cells)
                if cell.typed == typed and (cell.writing == kind or (kind == "grant table" and cell.writing in table))
            ]
            if not chosen:
                continue
            row = f"{'typed' if typed else 'hand'} {kind!s:16}"
            print(f"{row:22}{len(chosen):6}", end="")
            for results in readings.values():
                some = [cells[place] for place in chosen]
                texts = [results[place].text for place in chosen]
                exact = np.mean([is_exact(cell, text) for cell, text in zip(some, texts, strict=True)])
                sense = np.mean([means_the_same(cell, text) for cell, text in zip(some, texts, strict=True)])
                rate = character_error_rate(zip((cell.text for cell in some), texts, strict=True))
                print(f"{exact:10.1%}{sense:8.1%}{rate:8.1%}", end="")
            print()


def main() -> None:
    """Prints one table a level of damage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forms", type=int, default=60)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--level", type=Level, default=Level.MODERATE, choices=list(Level))
    parser.add_argument("--families", nargs="*", default=(), help="hands for building, to tune with; default: held out")
    arguments = parser.parse_args()
    group = Group.TRAINING if arguments.families else Group.HELD_OUT
    cells = list(
        cells_on_faxes(arguments.forms, arguments.seed, arguments.level, group=group, families=arguments.families)
    )
    print(
        f"{len(cells)} cells of {arguments.forms} forms, seed {arguments.seed}, {arguments.level} damage, {group} hands"
    )
    readers = (CellReader(), *(reader for reader in all_readers() if reader.name != "cells"))
    readings = {}
    for reader in readers:
        readings[reader.name], seconds = read_cells(reader, cells)
        print(f"{reader.name} {reader.version}: {1000 * seconds / max(len(cells), 1):.1f} ms a cell")
    _print_table(cells, readings)


if __name__ == "__main__":
    main()
