"""The blank forms of an offer: what pages they have and where on each page a holder writes.

The rectangles of a PDF's AcroForm fields are the zones; the TOML beside the PDF says what each field is. No coordinate
stands anywhere else. This module refuses to know how a zone is read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pypdf import PageObject, PdfReader

from core.failures import TenderfaxError
from core.readings import Box
from core.submissions import Kind


class FormOutOfStep(TenderfaxError):
    """A blank whose PDF and TOML do not say the same."""


class NoForms(TenderfaxError):
    """A folder without a single blank."""


class FieldKind(StrEnum):
    """What a holder is asked to write in a zone; it chooses the reader."""

    GRANT_NO = "GRANT_NO"
    DATE = "DATE"
    PRICE = "PRICE"
    SHARES = "SHARES"
    NAME = "NAME"
    SIGNATURE = "SIGNATURE"
    TAX_ID = "TAX_ID"
    DATE_TIME = "DATE_TIME"
    EMAIL = "EMAIL"
    ADDRESS = "ADDRESS"
    TICK = "TICK"


@dataclass(frozen=True, slots=True)
class Zone:
    """One place to write. `name` is the AcroForm field's; `box` fractions of the page, top-left origin.

    `required`: a blank is an irregularity. `row` is the 1-based line of the grant table, None outside it.
    """

    name: str
    box: Box
    field_kind: FieldKind
    required: bool
    row: int | None = None


@dataclass(frozen=True, slots=True)
class FormPage:
    """One page of a blank. `number` is 1-based in the PDF; width and height are points (1/72 inch)."""

    page_class: str
    number: int
    width: float
    height: float
    zones: tuple[Zone, ...]

    def zone(self, name: str) -> Zone:
        return next(zone for zone in self.zones if zone.name == name)


@dataclass(frozen=True, slots=True)
class Form:
    """One blank. `kind` and `version` are None for a sheet that only accompanies a form (the schedule)."""

    form_id: str
    kind: Kind | None
    version: str | None
    pdf: Path
    pages: tuple[FormPage, ...]

    def page(self, page_class: str) -> FormPage:
        return next(page for page in self.pages if page.page_class == page_class)


@dataclass(frozen=True, slots=True)
class Forms:
    """Every blank of an offer, in the order of their file names."""

    forms: tuple[Form, ...]

    def __iter__(self) -> Iterator[Form]:
        return iter(self.forms)

    def form(self, form_id: str) -> Form:
        return next(form for form in self.forms if form.form_id == form_id)

    def of(self, kind: Kind, version: str) -> Form:
        return next(form for form in self.forms if (form.kind, form.version) == (kind, version))

    @property
    def schedule(self) -> Form:
        """The sheet for rows that find no room in the table."""
        return next(form for form in self.forms if form.pages[0].page_class == "SCHEDULE")

    def pages(self) -> Iterator[tuple[Form, FormPage]]:
        """Every page of every blank: what a faxed page may be registered onto."""
        return ((form, page) for form in self.forms for page in form.pages)


def load_forms(folder: Path) -> Forms:
    """The blanks of `folder`: every PDF with the TOML of its name.

    Raises NoForms when there is none, FormOutOfStep when a PDF and its TOML differ in pages, fields or form.
    """
    paths = sorted(folder.glob("*.pdf"))
    if not paths:
        raise NoForms(f"{folder} holds no blank form: run `python -m offers.blanks` or name the offer's forms folder")
    return Forms(tuple(_load_form(path) for path in paths))


def _load_form(pdf: Path) -> Form:
    beside = pdf.with_suffix(".toml")
    if not beside.exists():
        raise FormOutOfStep(f"{pdf} has no {beside.name} beside it: say there what its pages and fields are")
    declared = tomllib.loads(beside.read_text(encoding="utf-8"))
    if declared["form_id"] != pdf.stem:
        raise FormOutOfStep(f"{beside}: form_id {declared['form_id']!r} is not the name of its PDF, {pdf.stem!r}")
    sheets, classes, fields = PdfReader(pdf).pages, declared["pages"], declared.get("fields", {})
    if len(sheets) != len(classes):
        raise FormOutOfStep(
            f"{pdf} has {len(sheets)} pages, {beside.name} names {len(classes)}: name each page's class"
        )
    pages = tuple(
        _page(sheet, number, page_class, fields, beside)
        for number, (sheet, page_class) in enumerate(zip(sheets, classes, strict=True), start=1)
    )
    _refuse_absent_fields(pages, fields, beside)
    kind = declared.get("kind")
    return Form(pdf.stem, Kind(kind) if kind else None, declared.get("version"), pdf, pages)


def _refuse_absent_fields(pages: tuple[FormPage, ...], fields: Mapping[str, Any], beside: Path) -> None:
    absent = set(fields) - {zone.name for page in pages for zone in page.zones}
    if absent:
        raise FormOutOfStep(f"{beside} declares fields that its PDF lacks: {', '.join(sorted(absent))}")


def _page(sheet: PageObject, number: int, page_class: str, fields: Mapping[str, Any], beside: Path) -> FormPage:
    width, height = float(sheet.mediabox.width), float(sheet.mediabox.height)
    zones = []
    for name, rectangle in _widgets(sheet):
        if name not in fields:
            raise FormOutOfStep(f"{beside} does not declare the PDF's field {name!r}: add it under [fields]")
        declared = fields[name]
        box = _box(rectangle, width, height)
        zones.append(Zone(name, box, FieldKind(declared["kind"]), declared["required"], declared.get("row")))
    return FormPage(page_class, number, width, height, tuple(zones))


def _widgets(sheet: PageObject) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    for reference in sheet.get("/Annots", ()):
        annotation = reference.get_object()
        if annotation.get("/Subtype") == "/Widget" and "/T" in annotation:
            left, bottom, right, top = (float(value) for value in annotation["/Rect"])
            yield str(annotation["/T"]), (left, bottom, right, top)


def _box(rectangle: tuple[float, float, float, float], width: float, height: float) -> Box:
    """PDF points with the origin at the lower left to fractions with the origin at the upper left."""
    left, bottom, right, top = rectangle
    return Box(left / width, 1 - top / height, right / width, 1 - bottom / height)
