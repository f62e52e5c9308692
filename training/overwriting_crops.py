"""Boxes for figures, some with a figure written over another: `python -m training.overwriting_crops`.

Runs in the product's environment. Blank forms are filled as for training.pages, faxed as samples are, and go through
our own front end. Page `number` of a seed is always the same.
"""

from __future__ import annotations

import argparse
import string
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from core.readings import Box
from extractors.fax_pages import laid_onto_its_blank
from extractors.marks import share_out
from extractors.overwriting import ink_picture
from extractors.page_images import Gray
from extractors.readers.alphabets import WORDS
from extractors.readers.reader import Writing
from extractors.streaks import without_streaks
from offers.forms import FormPage
from samples.fax import FINE, STANDARD, send, some_journey
from samples.paper import PIXELS_PER_POINT, blank_picture, lay, pixels_of, write_in
from samples.trouble_marks import line_of, narrowed
from samples.writing import Rng, Writer
from training.contents import chance, content_of, pick
from training.faces import fetch
from training.pages import LEVELS, raw_page, some_writer, supplies_of

SEED = 20030712
_BATCH = 20
"""Pages in one file: what an interruption loses."""
_OVERWRITTEN = 0.35
_FIGURES = {writing.value for writing in frozenset(Writing) - WORDS}


def crops_of_page(folder: Path, number: int, seed: int = SEED) -> list[tuple[Gray, bool]]:
    """The boxes of one page, each with whether a figure was written over another in it; none where the fax cannot be
    laid onto its blank. `folder` holds the fetched faces."""
    rng = np.random.default_rng([seed, number])
    supplies = supplies_of(folder)
    pdf, page = pick(rng, supplies.pages)
    writer = some_writer(rng, supplies)
    pen = writer if not writer.typed else replace(writer, family=str(pick(rng, supplies.hands).path), typed=False)
    picture = blank_picture(pdf, page.number).copy()
    altered = _filled(picture, page, writer, pen, rng)
    journey = some_journey(rng, pick(rng, LEVELS), pick(rng, (FINE, STANDARD)))
    registered = laid_onto_its_blank(raw_page(send(picture, journey, rng)), supplies.blanks)
    if registered is None or registered.ink is None or registered.form_page is None:
        return []
    by_zone = share_out(without_streaks(registered.ink), registered.form_page.zones).by_zone
    return [(ink_picture(by_zone[name]), is_so) for name, is_so in altered.items() if by_zone[name].pieces]


def _filled(picture: Gray, page: FormPage, writer: Writer, pen: Writer, rng: Rng) -> dict[str, bool]:
    """Every box for figures filled; by its name, whether a figure was written over another."""
    altered = {}
    for zone in page.zones:
        if zone.field_kind.value in _FIGURES:
            text = content_of(Writing(zone.field_kind.value), rng)
            figures = [place for place, character in enumerate(text) if character.isdigit()]
            altered[zone.name] = bool(figures) and chance(rng, _OVERWRITTEN)
            if altered[zone.name]:
                _write_over(picture, zone.box, text, figures, writer, pen, rng)
            else:
                write_in(picture, zone.box, text, writer, rng)
    return altered


def _write_over(
    picture: Gray, box: Box, text: str, figures: Sequence[int], writer: Writer, pen: Writer, rng: Rng
) -> None:
    """`text`, and other figures over one or a few of its own: as heavy or heavier, on the same spot or nearly."""
    left, top, right, bottom = pixels_of(picture, box)
    height = min(writer.figure_height_pt, (bottom - top) / PIXELS_PER_POINT * 0.62)
    writer = replace(writer, figure_height_pt=height, overshoot=0.0)
    ink, baseline = line_of(text, writer, rng)
    squeeze = min(1.0, (right - left) * 0.9 / ink.shape[1])
    x, y = left + int(rng.integers(6, 40)), bottom - round((bottom - top) * rng.uniform(0.18, 0.34))
    lay(picture, narrowed(ink, squeeze), x, y - baseline)
    first = int(rng.integers(len(figures)))
    many = 1 if chance(rng, 0.7) else int(rng.integers(2, 4))
    for place in figures[first : first + many]:
        before = line_of(text[: place + 1], writer, rng)[0].shape[1] - line_of(text[place], writer, rng)[0].shape[1]
        others = string.digits.replace(text[place], "")
        hand = replace(
            pen,
            figure_height_pt=height * rng.uniform(0.9, 1.25),
            thickness=float(rng.uniform(0.03, 0.1)),
            pressure=float(rng.uniform(0.8, 1.0)),
            overshoot=0.0,
        )
        over, base = line_of(str(pick(rng, tuple(others))), hand, rng)
        for _ in range(int(rng.integers(1, 4))):
            across, down = (round(float(each)) for each in rng.normal(0, (2.5, 2.0)))
            lay(picture, over, x + round(before * squeeze) + across, y - base + down)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=900)
    parser.add_argument("--out", type=Path, default=Path("outputs/training/overwriting"))
    parser.add_argument(
        "--faces", type=Path, default=Path("outputs/training/faces"), help="what training.train fetched"
    )
    given = parser.parse_args()
    cv2.setNumThreads(1)
    fetch(given.faces)
    given.out.mkdir(parents=True, exist_ok=True)
    for first in range(0, given.pages, _BATCH):
        path = given.out / f"boxes{first:06d}.npz"
        if not path.exists():
            crops = [crop for number in range(first, first + _BATCH) for crop in crops_of_page(given.faces, number)]
            part = path.with_suffix(".part.npz")
            np.savez_compressed(
                part,
                widths=np.array([picture.shape[1] for picture, _ in crops]),
                pictures=np.concatenate([picture for picture, _ in crops], axis=1),
                altered=np.array([is_so for _, is_so in crops]),
            )
            part.replace(path)
            print(path, flush=True)


if __name__ == "__main__":
    main()
