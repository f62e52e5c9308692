"""Signature boxes as intake cuts them, to train on and to judge by: `python -m training.signature_crops`.

Runs in the product's environment. Pages of the offer's forms get a signature or something else in every box large
enough for one, are faxed as samples are, and go through our own front end (`boxes*.npz`). What the network is judged by
(`kept*.npz`) is made by samples.troubles instead, signed in hands that none of the former are. Page `number` of a seed
is always the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from core.holders import OptionLedger
from core.submissions import Kind
from extractors.blank_pages import BlankPages, half_size, load_blank_pages
from extractors.decode import RawPage
from extractors.dropout import drop_print
from extractors.finding_blanks import find_blank
from extractors.marks import share_out
from extractors.page_images import Gray
from extractors.pages import square_pixels
from extractors.readers.reader import Writing
from extractors.registration import lay_onto_blank
from extractors.signature import are_two, read_signature
from extractors.signature_network import signature_picture
from extractors.signing import signature_questions
from extractors.streaks import without_streaks
from offers.forms import FieldKind, FormPage, Forms, Zone, load_forms
from samples import writing
from samples.fax import FINE, STANDARD, Journey, Level, send, some_journey
from samples.generate import FORMS_FOLDER, LEDGER_SEED
from samples.ledger import make_ledger
from samples.lettering import CURSIVE, Group
from samples.paper import blank_picture, write_in
from samples.troubles import TROUBLE_BY_NAME, some_circumstances, troubled_fax
from samples.writing import Rng, somebody
from training.contents import CONTENTS, chance, pick
from training.faces import KEPT_FOR_VALIDATION, faces
from training.signature_marks import MARKS, Spot

SEED = 20030711
KEPT_SIGNING = ("dawning-of-a-new-day", "reenie-beanie")
"""Hands that sign only what the network is judged by."""
_MORE_SIGNING = (
    "alex-brush", "allura", "bad-script", "beth-ellen", "borel", "cookie", "courgette", "damion", "dancing-script",
    "ephesis", "grand-hotel", "herr-von-muellerhoff", "kaushan-script", "kristi", "licorice", "marck-script", "meddon",
    "mr-de-haviland", "ms-madi", "oooh-baby", "parisienne", "playwrite-fr-moderne", "playwrite-it-moderna",
    "playwrite-us-modern", "playwrite-us-trad", "rancho", "ruthie", "sacramento", "satisfy", "smooch", "square-peg",
    "vibur", "whisper", "yellowtail", "liu-jian-mao-cao", "long-cang", "zhi-mang-xing",
)  # fmt: skip
"""Of the hands that training fetches, those fluent enough to sign with."""
_BATCH = 25
"""Pages in one file: what an interruption loses."""
_LEVELS = (Level.LIGHT, Level.MODERATE, Level.MODERATE, Level.HEAVY)
_JUDGED = (
    "stamped_signature", "signature_stamp", "typed_signature", "initials", "cross_signature", "stray_line",
    "struck_signature", "two_signatures",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Crop:
    """One box. `passed`: the hand-made measures alone take it for a signature."""

    picture: Gray
    passed: bool
    kind: str


@cache
def _forms() -> Forms:
    return load_forms(FORMS_FOLDER)


@cache
def _blanks() -> BlankPages:
    return load_blank_pages(_forms())


@cache
def _faces(folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Hands that sign, and typefaces, by name or path."""
    fetched = tuple(
        str(path)
        for family in _MORE_SIGNING
        for path in folder.glob(f"{family}/package/files/{family}-latin-400-normal.woff2")
    )
    ours = tuple(face.family for face in faces(folder, for_validation=False) if face.family in CURSIVE)
    typed = tuple(str(face.path) for face in faces(folder, for_validation=False) if face.typed)
    return tuple(sorted(set(ours) - set(KEPT_SIGNING))) * 3 + fetched, typed


# ---------------------------------------------------------------- boxes to train on


def crops_of_page(folder: Path, number: int, seed: int = SEED) -> list[Crop]:
    """The boxes of one page; none where the fax cannot be laid onto its blank. `folder` holds the fetched faces."""
    rng = np.random.default_rng([seed, number])
    signing, typed = _faces(folder)
    page_class = "E2" if chance(rng, 0.6) else "N1"
    form, page = pick(rng, [each for each in _forms().pages() if each[1].page_class == page_class])
    page = replace(page, zones=_boxes_to_sign(page))
    picture = blank_picture(form.pdf, page.number).copy()
    kinds = {}
    for zone in page.zones:
        writer = somebody(rng, Group.TRAINING, typed=False)
        while writer.family in KEPT_FOR_VALIDATION:
            writer = somebody(rng, Group.TRAINING, typed=False)
        writer = replace(writer, signing_family=pick(rng, signing))
        if zone.field_kind is FieldKind.SIGNATURE:
            if chance(rng, 0.95):
                chosen = list(MARKS)[int(rng.choice(len(MARKS), p=list(MARKS.values())))]
                chosen(Spot(picture, zone.box, _some_name(rng), writer, typed, rng))
                kinds[zone.name] = chosen.__name__
        elif zone.row is None and chance(rng, 0.4):
            write_in(picture, zone.box, CONTENTS[pick(rng, (Writing.NAME, Writing.DATE_TIME))](rng), writer, rng)
    boxes = _faxed(picture, page, some_journey(rng, pick(rng, _LEVELS), pick(rng, (FINE, STANDARD))), rng)
    return [Crop(*boxes[name], kind) for name, kind in kinds.items() if name in boxes]


def _some_name(rng: Rng) -> str:
    """A name as one signs it: no surname first."""
    while True:
        name = CONTENTS[Writing.NAME](rng)
        if not {",", "("} & set(name):
            return name


def _boxes_to_sign(page: FormPage) -> tuple[Zone, ...]:
    """The page's zones with the signature, the tax id and both halves of the address as boxes to sign in."""
    zones = {zone.name: zone for zone in page.zones}
    sign, beside, below = zones["signature"].box, zones["tax_id"].box, zones["address"].box
    places = {
        "signature": sign,
        "tax_id": beside,
        "address": replace(below, x1=sign.x1),
        "address2": replace(below, x0=beside.x0),
    }
    signed = {name: replace(zones["signature"], name=name, box=box) for name, box in places.items()}
    return (*(zone for name, zone in zones.items() if name not in signed), *signed.values())


def _faxed(picture: Gray, page: FormPage, journey: Journey, rng: Rng) -> dict[str, tuple[Gray, bool]]:
    """By the box's name, its picture and whether the hand-made measures pass it; empty boxes are left out."""
    sent = send(picture, journey, rng)
    raw = np.where(sent.bits, np.uint8(0), np.uint8(255))
    squared = square_pixels(RawPage(1, raw, (float(sent.resolution[0]), float(sent.resolution[1])), bilevel=True))
    found = find_blank(half_size(squared.picture), _blanks())
    if found is None or found.placing.blank.page_class != page.page_class:
        return {}
    ink = drop_print(lay_onto_blank(squared.picture, found.placing), found.placing.blank).ink
    shared = share_out(without_streaks(ink), page.zones)
    boxes = {}
    for zone in page.zones:
        written = shared.by_zone[zone.name]
        if zone.field_kind is FieldKind.SIGNATURE and written.pieces:
            questions = signature_questions(zone.name, shared, written)
            mark = read_signature(questions[0].written, looks_typed=False)
            picture = signature_picture([question.written for question in questions])
            boxes[zone.name] = picture, bool(mark.present) and not are_two(written.pieces)
    return boxes


# ---------------------------------------------------------------- boxes to judge by


def judged_crops(number: int, seed: int = SEED + 1) -> list[Crop]:
    """One form of each trouble of the signature box, and three without, in the hands kept for it."""
    ledger = _ledger()
    crops = []
    for place, name in enumerate((*_JUDGED, "tick", "tick", "tick")):
        rng = np.random.default_rng([seed, number, place])
        circumstances = some_circumstances(number, Group.CALIBRATION)
        with _signing_in(KEPT_SIGNING[(number + place) % len(KEPT_SIGNING)]):
            fax = troubled_fax("kept", TROUBLE_BY_NAME[name], rng, ledger, _forms(), circumstances)
        sheet = next(sheet for sheet in fax.sheets if sheet.page_class == "E2")
        assert sheet.form_version is not None
        page = _forms().of(Kind.ELECTION, sheet.form_version).page("E2")
        boxes = _faxed(sheet.picture, page, fax.journey, rng)
        crops += [Crop(*boxes["signature"], "plain" if name == "tick" else name)] if "signature" in boxes else []
    return crops


@cache
def _ledger() -> OptionLedger:
    return make_ledger(LEDGER_SEED)


@contextmanager
def _signing_in(family: str) -> Iterator[None]:
    """Whoever signs, signs in that hand."""
    before = writing.hands
    writing.hands = lambda group: (family,) if group is Group.TRAINING else before(group)
    try:
        yield
    finally:
        writing.hands = before


# ---------------------------------------------------------------- files


def _save(path: Path, crops: Sequence[Crop]) -> None:
    part = path.with_suffix(".part.npz")
    np.savez_compressed(
        part,
        pictures=np.array([crop.picture for crop in crops]),
        kinds=np.array([crop.kind for crop in crops]),
        passed=np.array([crop.passed for crop in crops]),
    )
    part.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1425)
    parser.add_argument("--kept", type=int, default=64, help="forms of each trouble to judge by, plain ones thrice")
    parser.add_argument("--out", type=Path, default=Path("outputs/training/signatures"))
    parser.add_argument(
        "--faces", type=Path, default=Path("outputs/training/faces"), help="what training.train fetched"
    )
    given = parser.parse_args()
    cv2.setNumThreads(1)
    given.out.mkdir(parents=True, exist_ok=True)
    for first in range(0, given.kept, _BATCH):
        path = given.out / f"kept{first:06d}.npz"
        if not path.exists():
            _save(
                path,
                [crop for number in range(first, min(first + _BATCH, given.kept)) for crop in judged_crops(number)],
            )
    for first in range(0, given.pages, _BATCH):
        path = given.out / f"boxes{first:06d}.npz"
        if not path.exists():
            _save(
                path, [crop for number in range(first, first + _BATCH) for crop in crops_of_page(given.faces, number)]
            )
            print(path, flush=True)


if __name__ == "__main__":
    main()
