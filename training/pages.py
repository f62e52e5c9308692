"""Crops of whole faxed pages, as our own front end cuts them: `python -m training.pages --pages 2000`.

The blank forms of the offer are filled with the recipe's random contents in the recipe's hands, faxed as samples are,
registered and cut as intake does it: what the network meets in the product, with all that goes wrong on the way there.
Page `number` of a seed is always the same. Runs in the product's environment; training only reads what it wrote.
"""

from __future__ import annotations

import argparse
import multiprocessing
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np

from extractors.blank_pages import BlankPages, load_blank_pages
from extractors.decode import RawPage
from extractors.fax_pages import laid_onto_its_blank
from extractors.lines import lines_of
from extractors.marks import share_out
from extractors.readers.reader import Writing
from extractors.streaks import without_streaks
from offers.forms import FormPage, Forms, load_forms
from samples.fax import FINE, STANDARD, FaxedPage, Level, send, some_journey
from samples.lettering import Group
from samples.paper import blank_picture, write_in
from samples.writing import Rng, Writer, somebody
from training.contents import Dice, chance, content_of, pick
from training.faces import Face, faces, fetch
from training.page_crops import PageCrop

_FORMS = Path(__file__).parents[1] / "offers" / "capstone_2003" / "forms"
_SEED = 20030710
_BATCH = 25
"""Pages in one file: what an interruption loses."""
LEVELS = (Level.LIGHT, Level.MODERATE, Level.MODERATE, Level.MODERATE, Level.HEAVY)
_WRITINGS = {writing.value for writing in Writing}
_OF_ITS_OWN_KIND = 0.55
_WORDS_ANYWHERE = (Writing.NAME,) * 4 + (Writing.EMAIL,) * 3 + (Writing.DATE_TIME,) * 2


@dataclass(frozen=True, slots=True)
class Supplies:
    blanks: BlankPages
    pages: tuple[tuple[Path, FormPage], ...]
    hands: tuple[Face, ...]
    typefaces: tuple[Face, ...]


@cache
def supplies_of(folder: Path) -> Supplies:
    forms, given = load_forms(_FORMS), faces(folder, for_validation=False)
    return Supplies(
        load_blank_pages(forms),
        tuple(_pages_to_fill(forms)),
        tuple(face for face in given if not face.typed),
        tuple(face for face in given if face.typed),
    )


def _pages_to_fill(forms: Forms) -> Iterator[tuple[Path, FormPage]]:
    """Every page with boxes for words; those with the grant table twice as often."""
    for form in forms:
        for page in form.pages:
            if any(zone.field_kind.value in _WRITINGS for zone in page.zones):
                yield from [(form.pdf, page)] * (2 if any(zone.row for zone in page.zones) else 1)


def crops_of_page(folder: Path, number: int, seed: int = _SEED) -> list[PageCrop]:
    """The crops of one page; none where the fax cannot be laid onto its blank. `folder` holds the fetched faces."""
    rng = np.random.default_rng([seed, number])
    supplies = supplies_of(folder)
    pdf, page = pick(rng, supplies.pages)
    writer = some_writer(rng, supplies)
    picture = blank_picture(pdf, page.number).copy()
    words = _words(page, rng)
    for zone in page.zones:
        if zone.name in words:
            write_in(picture, zone.box, words[zone.name][1], writer, rng)
    journey = some_journey(rng, pick(rng, LEVELS), pick(rng, (FINE, STANDARD)))
    registered = laid_onto_its_blank(raw_page(send(picture, journey, rng)), supplies.blanks)
    if registered is None or registered.ink is None or registered.form_page is None:
        return []
    by_zone = share_out(without_streaks(registered.ink), registered.form_page.zones).by_zone
    crops = []
    for zone in registered.form_page.zones:
        lines = lines_of(by_zone[zone.name]) if zone.name in words else ()
        if len(lines) == 1:
            writing, text = words[zone.name]
            png = cv2.imencode(".png", lines[0])[1].tobytes()
            crops.append(PageCrop(png, text, writing, Path(writer.family).stem))
    return crops


def some_writer(rng: Rng, supplies: Supplies) -> Writer:
    """A writer as samples have them, in any face of the recipe; some press less and some more than any of those."""
    typed = chance(rng, 0.3)
    writer = somebody(rng, Group.TRAINING, typed=typed)
    face = pick(rng, supplies.typefaces if typed else supplies.hands)
    pressed = {} if typed else {"thickness": float(rng.uniform(0.0, 0.1)), "pressure": float(rng.uniform(0.65, 1.0))}
    return replace(writer, family=str(face.path), **pressed)


def _words(page: FormPage, rng: Dice) -> dict[str, tuple[Writing, str]]:
    """What stands in each text box: of its own kind or, since the form has so few boxes for words, words."""
    words = {}
    for zone in page.zones:
        if zone.field_kind.value in _WRITINGS:
            own = Writing(zone.field_kind.value)
            writing = own if chance(rng, _OF_ITS_OWN_KIND) else pick(rng, _WORDS_ANYWHERE)
            words[zone.name] = writing, content_of(writing, rng)
    return words


def raw_page(page: FaxedPage) -> RawPage:
    picture = np.where(page.bits, np.uint8(0), np.uint8(255))
    return RawPage(1, picture, (float(page.resolution[0]), float(page.resolution[1])), bilevel=True)


def _write_batch(numbers: range, *, out: Path, faces: Path, seed: int) -> int:
    path = out / f"pages{numbers.start:06d}.pickle"
    if not path.exists():
        cv2.setNumThreads(1)
        crops = [crop for number in numbers for crop in crops_of_page(faces, number, seed)]
        part = path.with_suffix(".part")
        part.write_bytes(pickle.dumps(crops))
        part.replace(path)
    return len(numbers)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1600)
    parser.add_argument("--out", type=Path, default=Path("outputs/training/pages"))
    parser.add_argument(
        "--faces", type=Path, default=Path("outputs/training/faces"), help="where training fetched them"
    )
    parser.add_argument("--seed", type=int, default=_SEED)
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args(arguments)
    fetch(given.faces)
    given.out.mkdir(parents=True, exist_ok=True)
    batch = partial(_write_batch, out=given.out, faces=given.faces, seed=given.seed)
    batches = [range(first, min(first + _BATCH, given.pages)) for first in range(0, given.pages, _BATCH)]
    done = 0
    with multiprocessing.get_context("spawn").Pool(given.processes) as pool:
        for pages in pool.imap_unordered(batch, batches):
            done += pages
            print(f"{done} of {given.pages} pages", flush=True)


if __name__ == "__main__":
    main()
