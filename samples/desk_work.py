"""Work for the reviewer's desk: filled forms with readings as if a fax had been read, and the pictures of their pages.

For the desk's tests, its load bench and its guide: what they need is a queue, not a reader. The readings are the truth
of the paper except where a misreading is asked for; the pictures are the filled blanks, as a registered page would be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from PIL import Image

from core.corrections import corrected
from core.grammar import parse_date_and_time
from core.readings import Doubt, Mark, Reading
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
    """How the reader erred or doubted: `as_text` by key is what it read instead, `doubts` are keys it is unsure of."""

    as_text: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    doubts: tuple[str, ...] = ()


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
    submission = replace(submission, doubts=doubted, readings=_unsure(submission, misread.doubts))
    end = received_at or paper.received_at
    receipt = Receipt(paper.received_start or end, end, source="sidecar", job_id=fax[:8], pages=len(paper.pages))
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
    assert paper.kind is not None and paper.form_version is not None
    form: Form = forms.of(paper.kind, paper.form_version)
    place = folder / transmission.fax
    place.mkdir(parents=True, exist_ok=True)
    for number, page_class in enumerate(paper.pages, 1):
        if only not in (None, page_class):
            continue
        picture = Image.fromarray(fill(form, form.page(page_class), paper, pen, rng))
        small = picture.resize(_PAGE_PIXELS, Image.Resampling.BOX).point(lambda v: 255 if v > 150 else 0)
        small.convert("1").save(place / f"{number}.png", optimize=True)


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


def _unsure(submission: Submission, keys: tuple[str, ...]) -> Mapping[str, Reading]:
    unsure = {key: replace(submission.readings[key], confidence=_UNSURE) for key in keys}
    return MappingProxyType({**submission.readings, **unsure})
