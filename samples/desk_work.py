"""Work for the reviewer's desk: filled forms with readings as if a fax had been read, and the pictures of their pages.

For the desk's tests, its load bench and its guide: what they need is a queue, not a reader. The readings are the truth
of the paper except where a misreading is asked for; the pictures are the filled blanks, as a registered page would be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from types import MappingProxyType

from PIL import Image

from core.corrections import corrected
from core.grammar import parse_date_and_time
from core.page_layout import KIND_OF_PAGE, Layout, PlacedPage, Regrouping, forms_of, kept_forms, kind_of
from core.readings import BY_LIKELIHOOD, Doubt, Mark, Reading
from core.submissions import Fields, GrantRow, Submission
from core.transmissions import PageReading, Receipt, Transmission
from offers.forms import FieldKind, Form, FormPage, Forms, Zone
from samples.paper import Pen, fill
from samples.writing import Rng

READER = "sample-1"
_UPRIGHT = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
_PAGE_PIXELS = (1700, 2200)
"""Letter at 200 dpi."""
_SURE, _UNSURE, _ASKS = 0.995, 0.61, 0.97


@dataclass(frozen=True, slots=True)
class Misread:
    """How the reader erred or doubted: `as_text` by key is what it read instead, `doubts` are keys it is unsure of.

    `asked` are keys whose value the ink was asked for, and found to say.
    """

    as_text: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    doubts: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of paper in a fax: the page of class `page_class` of a filled form."""

    paper: Submission
    page_class: str


def read_fax(
    paper: Submission, forms: Forms, *, file: str, misread: Misread | None = None, received_at: datetime | None = None
) -> Transmission:
    """The fax of one filled form as it would have been read; its id and hash follow from `file`."""
    misread = misread or Misread()
    fax = hashlib.sha256(file.encode()).hexdigest()
    assert paper.kind is not None and paper.form_version is not None
    form = forms.of(paper.kind, paper.form_version)
    readings: dict[str, Reading] = {}
    for number, page_class in enumerate(paper.pages, 1):
        readings |= _readings_on(form.page(page_class), number, paper.fields)
    submission = replace(paper, id=f"{fax[:12]}-1", fax=fax, readings=MappingProxyType(readings), holder_id=None)
    for key, text in misread.as_text.items():
        submission = _read_as(submission, key, text)
    doubted = tuple(Doubt(key, _UNSURE, _ASKS, "read by one reader only") for key in misread.doubts)
    submission = replace(submission, doubts=doubted, readings=_unsure(submission, misread))
    receipt = _receipt_of(replace(paper, received_at=received_at or paper.received_at), fax, len(paper.pages))
    pages = tuple(
        PageReading(
            n, page_class, paper.form_version, 0.99, affine=_UPRIGHT, header="FAX FROM 818 555 0100", submission=0
        )
        for n, page_class in enumerate(paper.pages, 1)
    )
    return Transmission(fax, file, receipt, pages, (submission,))


def write_pages(
    folder: Path,
    paper: Submission,
    transmission: Transmission,
    forms: Forms,
    pen: Pen,
    rng: Rng,
    *,
    only: str | None = None,
) -> None:
    """The pictures of the pages under `<folder>/<fax>/<number>.png`, 200 dpi; of one class of page with `only`."""
    for number, page_class in enumerate(paper.pages, 1):
        if only in (None, page_class):
            write_sheet(folder / transmission.fax, number, Sheet(paper, page_class), forms, pen, rng)


def write_sheet(folder: Path, number: int, sheet: Sheet, forms: Forms, pen: Pen, rng: Rng) -> None:
    """The picture of one sheet as page `number` of a fax, under `<folder>/<number>.png`."""
    paper = sheet.paper
    assert paper.kind is not None and paper.form_version is not None
    form: Form = forms.of(paper.kind, paper.form_version)
    folder.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(fill(form, form.page(sheet.page_class), paper, pen, rng))
    small = picture.resize(_PAGE_PIXELS, Image.Resampling.BOX).point(lambda v: 255 if v > 150 else 0)
    small.convert("1").save(folder / f"{number}.png", optimize=True)


def _readings_on(page: FormPage, number: int, fields: Fields) -> dict[str, Reading]:
    return {
        key: _reading(key, _text_of(key, zone, fields), zone, number) for zone in page.zones if (key := _key_of(zone))
    }


def _key_of(zone: Zone) -> str:
    if zone.row is None:
        return zone.name
    return f"row{zone.row}.{zone.name.removeprefix(f'row{zone.row}_')}"


def _text_of(key: str, zone: Zone, fields: Fields) -> str:
    if zone.row is not None:
        rows: Sequence[GrantRow] = fields.rows
        return str(getattr(rows[zone.row - 1], key.rpartition(".")[2])) if zone.row <= len(rows) else ""
    if zone.field_kind is FieldKind.TICK:
        return {True: "yes", False: "", None: "unsure"}[fields.amend_box]
    if zone.field_kind is FieldKind.SIGNATURE:
        return {True: "yes", False: "", None: "unsure"}[fields.signature.present]
    if zone.field_kind is FieldKind.DATE_TIME:
        return f"{fields.date} {fields.time}".strip()
    return str(getattr(fields, key))


def _reading(key: str, text: str, zone: Zone, number: int) -> Reading:
    return Reading(key, text, text, Mark.READ if text else Mark.BLANK, _SURE, number, zone.box, READER)


def _read_as(submission: Submission, key: str, text: str) -> Submission:
    """The submission as a machine that misread one field left it."""
    value = "|".join(parse_date_and_time(text)) if key == "signed_at" else text
    changed = corrected(submission, key, value)
    reading = replace(
        submission.readings[key], value=text, raw=text, mark=Mark.READ if text.strip("?") else Mark.ILLEGIBLE
    )
    return replace(changed, readings=MappingProxyType({**changed.readings, key: reading}))


def _unsure(submission: Submission, misread: Misread) -> Mapping[str, Reading]:
    unsure = {key: replace(submission.readings[key], confidence=_UNSURE) for key in misread.doubts}
    asked = {key: replace(submission.readings[key], confidence=_UNSURE, reader=BY_LIKELIHOOD) for key in misread.asked}
    return MappingProxyType({**submission.readings, **unsure, **asked})


def read_bundle(sheets: Sequence[Sheet], groups: Sequence[Sequence[int]], forms: Forms, *, file: str) -> Transmission:
    """A fax of several sheets, read as if they made up the forms of `groups`: page numbers, counted from 1."""
    whole = read_again(sheets, Regrouping(_unread(sheets, file), _layout_of(sheets, groups), 1), forms)
    return replace(whole, receipt=_receipt_of(sheets[0].paper, whole.fax, len(sheets)))


def read_again(sheets: Sequence[Sheet], asked: Regrouping, forms: Forms) -> Transmission:
    """The fax with its pages put together as asked, read as a reader would that errs nowhere.

    What page E2 or N1 says is its paper's; the amend box is that of the paper whose page E1 it is.
    """
    kept, numbers = kept_forms(asked.before, asked.layout), count(asked.first_number)
    made = []
    for index, layout in enumerate(forms_of(asked.layout)):
        if index in kept:
            made.append(kept[index])
            continue
        own = [(page, sheets[page.number - 1].paper) for page in layout if page.page_class in KIND_OF_PAGE]
        paper = next((paper for page, paper in own if page.page_class != "E1"), own[0][1])
        front = next((paper for page, paper in own if page.page_class == "E1"), paper)
        paper = replace(
            paper,
            fields=replace(paper.fields, amend_box=front.fields.amend_box),
            kind=kind_of(layout),
            pages=tuple(page.page_class for page, _ in own),
        )
        read = read_fax(paper, forms, file=asked.before.file).submissions[0]
        places = {place: page.number for place, (page, _) in enumerate(own, start=1)}
        readings = {key: replace(r, page=places[r.page]) for key, r in read.readings.items()}
        identity = f"{asked.before.fax[:12]}-{next(numbers)}"
        made.append(replace(read, id=identity, fax=asked.before.fax, readings=MappingProxyType(readings)))
    pages = tuple(
        PageReading(p.number, p.page_class, p.form_version, 0.99, affine=_UPRIGHT, submission=p.form)
        for p in asked.layout
    )
    submissions = tuple(replace(each, bundle_size=len(made), bundle_clean=True) for each in made)
    return replace(asked.before, pages=pages, submissions=submissions)


def _unread(sheets: Sequence[Sheet], file: str) -> Transmission:
    fax = hashlib.sha256(file.encode()).hexdigest()
    pages = tuple(PageReading(n, s.page_class, s.paper.form_version) for n, s in enumerate(sheets, 1))
    return Transmission(fax, file, Receipt(), pages, ())


def _layout_of(sheets: Sequence[Sheet], groups: Sequence[Sequence[int]]) -> Layout:
    owner = {number: form for form, numbers in enumerate(groups) for number in numbers}
    return tuple(PlacedPage(n, s.page_class, s.paper.form_version, owner.get(n)) for n, s in enumerate(sheets, start=1))


def _receipt_of(paper: Submission, fax: str, pages: int) -> Receipt:
    end = paper.received_at
    return Receipt(paper.received_start or end, end, source="sidecar", job_id=fax[:8], pages=pages)
