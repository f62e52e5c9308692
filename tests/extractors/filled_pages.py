"""Pages as the front end hands them over, written by the samples' own pens: for tests of what comes after it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import cv2
import numpy as np

from core.submissions import Fields, GrantRow, Kind, Signature, Submission
from core.transmissions import PageReading
from extractors.blank_pages import BlankPage, load_blank_pages
from extractors.dropout import drop_print
from extractors.page_images import Gray, RegisteredPage
from extractors.printed_text import PrintedLine, printed_lines
from extractors.zones import PageInk, ink_of_page
from offers.forms import Forms, load_forms
from samples.generate import FORMS_FOLDER
from samples.paper import Pen, fill
from samples.writing import Writer

TYPIST = Writer("arimo", typed=True, figure_height_pt=7.6, signing_family="homemade-apple")
HAND = Writer(
    "patrick-hand", typed=False, figure_height_pt=10.0, wobble=0.02, glyph_jitter=0.03, signing_family="homemade-apple"
)

ROWS = (
    GrantRow("CP-001041", "3/15/01", "$24.50", "1,200"),
    GrantRow("CP-001187", "4/24/02", "$3.33", "1,000"),
)
FIELDS = Fields(
    printed_name="Maria L. Ortega",
    signature=Signature(True, "Maria L. Ortega"),
    tax_id="000-12-1001",
    date="7/14/03",
    time="10:15 am",
    email="maria.ortega@example.com",
    address="9400 Roscoe Blvd, Reseda, CA 91335",
    rows=ROWS,
)


@cache
def forms() -> Forms:
    return load_forms(FORMS_FOLDER)


def submission(kind: Kind = Kind.ELECTION, **changes: Any) -> Submission:
    """A form in good order; `struck_text` and the fields' names change it."""
    struck = changes.pop("struck_text", ())
    return Submission("S1", kind, form_version="2003-07-09", struck_text=struck, fields=replace(FIELDS, **changes))


def blank_of(page_class: str, kind: Kind = Kind.ELECTION) -> BlankPage:
    form = forms().schedule if page_class == "SCHEDULE" else forms().of(kind, "2003-07-09")
    return next(b for b in load_blank_pages(forms()).pages if b.form is form and b.page_class == page_class)


_painted: dict[tuple[object, ...], Gray] = {}


def picture_of(filled: Submission, page_class: str, writer: Writer = TYPIST, seed: int = 1) -> Gray:
    """The filled page as a registered picture, in grey and without any fax damage. Painted once: copy to draw on it."""
    front = filled.fields.amend_box if page_class == "E1" else filled.fields
    painting = (front, filled.kind, filled.struck_text, page_class, writer, seed)
    if painting not in _painted:
        _painted[painting] = _paint(filled, page_class, writer, seed)
    return _painted[painting]


def _paint(filled: Submission, page_class: str, writer: Writer, seed: int) -> Gray:
    assert filled.kind is not None
    blank = blank_of(page_class, filled.kind)
    paper = fill(blank.form, blank.form_page, filled, Pen(writer), np.random.default_rng(seed))
    height, width = blank.picture.shape
    return np.asarray(cv2.resize(paper, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def laid(picture: Gray, page_class: str, kind: Kind = Kind.ELECTION, number: int = 1) -> RegisteredPage:
    """`picture` as a registered page of the blank."""
    blank = blank_of(page_class, kind)
    dropped = drop_print(picture, blank)
    reading = PageReading(number, page_class, blank.form.version, 0.99)
    return RegisteredPage(reading, picture, picture, dropped.ink, dropped.missing, blank.form_page)


def printed_on(page: RegisteredPage) -> tuple[PrintedLine, ...]:
    form = next(form for form, form_page in forms().pages() if form_page is page.form_page)
    assert page.form_page is not None
    return printed_lines(form.pdf, page.form_page.number)


def inked(picture: Gray, page_class: str, kind: Kind = Kind.ELECTION) -> PageInk:
    page = laid(picture, page_class, kind)
    return ink_of_page(page, printed_on(page))


def specks(picture: Gray, count: int, seed: int = 5) -> Gray:
    """Dirt of one to three pixels all over the page."""
    rng, dirty = np.random.default_rng(seed), picture.copy()
    for y, x in zip(
        rng.integers(0, picture.shape[0] - 3, count), rng.integers(0, picture.shape[1] - 3, count), strict=True
    ):
        dirty[y : y + int(rng.integers(1, 3)), x : x + int(rng.integers(1, 4))] = 0
    return dirty
