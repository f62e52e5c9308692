"""Pictures of pages and crops as the desk shows them: the tax id painted over unless somebody asked to see it.

A picture is named by its page, and by the blank that a person said the page was laid onto anew (decision 0071).

A page's picture tells an identification number as plainly as text does (rulebook 7). Where a page has such a box and
we do not know where, the page is not shown at all until its number is.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from threading import Lock

from PIL import Image

from core.readings import Box
from core.submissions import Submission
from core.transmissions import PageReading, picture_name
from ledger.replay import FaxHistory
from offers.forms import FieldKind, Forms

_CROP_MARGIN = (0.006, 0.004)
"""Fractions of the page kept around a zone, so that an overshooting stroke is seen."""
_PAINT = 150
_MOST_GREYS = 16
_MOST_KEPT_BYTES = 96 * 2**20
_PAGES_WITH_TAX_ID = frozenset({"E2", "N1"})
_FAX = re.compile(r"[0-9a-f]{64}")
_PICTURE = re.compile(r"[0-9]{1,4}(\.[A-Z0-9]{1,12}-[a-z0-9-]{1,12})?")


class Hidden(Exception):
    """The page bears a tax id at a place we do not know; it is shown only together with the number."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Reads `<folder>/<fax>/<picture>.png`; keeps what it made up to a limit, by what it shows."""

    folder: Path
    forms: Forms
    _kept: OrderedDict[tuple[object, ...], bytes] = field(default_factory=OrderedDict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def page(self, history: FaxHistory, number: int, *, reveal: bool) -> bytes | None:
        """One page as PNG; None where there is no picture of it. Raises Hidden."""
        name = picture_of_page(history, number)
        hidden = () if reveal else self._tax_id_boxes(history, number, name)
        return self._made(
            ("page", history.fax, name, hidden), history.fax, name, lambda picture: _painted(picture, hidden)
        )

    def scan(self, scan: str, number: int, *, reveal: bool) -> bytes | None:
        """One page of a keyed form's scan: nobody told us where on it the tax id stands. Raises Hidden."""
        if not reveal:
            raise Hidden(f"page {number}")
        return self._made(("page", scan, number, ()), scan, str(number), lambda picture: picture)

    def shows(self, history: FaxHistory, submission: Submission, key: str) -> bool:
        """Whether there is a picture of the page on which the reading stands."""
        reading = submission.readings.get(key)
        if reading is None:
            return False
        try:
            return self._path(history.fax, picture_of_page(history, reading.page)).exists()
        except FileNotFoundError:
            return False

    def pages_of(self, sha256: str) -> int:
        """How many pages have a picture."""
        return sum(1 for _ in (self.folder / sha256).glob("*.png")) if len(sha256) == 64 else 0

    def thumbnail(self, fax: str, name: str) -> bytes | None:
        """The page at the width of a thumbnail: nothing can be read on it."""
        return self._made(("thumb", fax, name), fax, name, _thumbnail)

    def crop(self, history: FaxHistory, submission: Submission, key: str, *, reveal: bool) -> bytes | None:
        """The zone of one reading with a little around it; None without a picture, or for a tax id not shown."""
        reading = submission.readings.get(key)
        if reading is None or (key == "tax_id" and not reveal):
            return None
        return self._piece(history, reading.page, reading.box, reveal=reveal)

    def line_around(self, history: FaxHistory, submission: Submission, key: str) -> bytes | None:
        """The whole line of the table around a cell, the page's width around a box: the same hand helps to read it."""
        reading = submission.readings.get(key)
        if reading is None or key == "tax_id":
            return None
        row = key.rpartition(".")[0]
        cells = [r.box for k, r in submission.readings.items() if row and k.startswith(f"{row}.")]
        if not cells:
            return self._piece(history, reading.page, Box(0.0, reading.box.y0, 1.0, reading.box.y1), reveal=False)
        box = Box(
            min(cell.x0 for cell in cells),
            min(cell.y0 for cell in cells),
            max(cell.x1 for cell in cells),
            max(cell.y1 for cell in cells),
        )
        return self._piece(history, reading.page, box, reveal=False)

    def _piece(self, history: FaxHistory, number: int, box: Box, *, reveal: bool) -> bytes | None:
        """A piece of a page, covered as the page is: a crop's margin may reach into the box beside."""
        name = picture_of_page(history, number)
        try:
            hidden = () if reveal else self._tax_id_boxes(history, number, name)
        except Hidden:
            return None
        return self._made(
            ("piece", history.fax, name, box, hidden),
            history.fax,
            name,
            lambda picture: _cut(_painted(picture, hidden), box),
        )

    def size(self, fax: str, name: str) -> tuple[int, int] | None:
        """Width and height in pixels, without decoding the picture."""
        try:
            with Image.open(self._path(fax, name)) as picture:
                return picture.size
        except FileNotFoundError:
            return None

    def _path(self, fax: str, name: str) -> Path:
        if not _FAX.fullmatch(fax) or not _PICTURE.fullmatch(name):
            raise FileNotFoundError(f"{fax}/{name}")
        return self.folder / fax / f"{name}.png"

    def _made(
        self, key: tuple[object, ...], fax: str, name: str, make: Callable[[Image.Image], Image.Image]
    ) -> bytes | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        try:
            with Image.open(self._path(fax, name)) as picture:
                made = make(picture.convert("L"))
        except FileNotFoundError:
            return None
        return self._keep(key, _png(made))

    def _keep(self, key: tuple[object, ...], content: bytes) -> bytes:
        with self._lock:
            self._kept[key] = content
            size = sum(len(kept) for kept in self._kept.values())
            while size > _MOST_KEPT_BYTES:
                size -= len(self._kept.popitem(last=False)[1])
        return content

    def _tax_id_boxes(self, history: FaxHistory, number: int, name: str) -> tuple[Box, ...]:
        """Every place of the picture that may bear a tax id: as read, and as the blank has it. Raises Hidden.

        The page counts as everything that machine or person ever took it for: calling it a cover uncovers nothing.
        """
        boxes: list[Box] = []
        bears_one = False
        for version in history.versions:
            page = next((page for page in version.pages if page.number == number), None)
            if page is None:
                continue
            bears_one = bears_one or page.page_class in _PAGES_WITH_TAX_ID
            if picture_name(page) == name:
                boxes += [
                    reading.box
                    for submission in version.submissions
                    for reading in submission.readings.values()
                    if reading.key == "tax_id" and reading.page == number
                ]
                boxes += self._printed_tax_id_boxes(page)
        if bears_one and not boxes:
            raise Hidden(f"page {number}")
        return tuple(dict.fromkeys(boxes))

    def _printed_tax_id_boxes(self, page: PageReading) -> list[Box]:
        if page.affine is None:
            return []
        return [
            zone.box
            for form, form_page in self.forms.pages()
            if form_page.page_class == page.page_class and form.version == page.form_version
            for zone in form_page.zones
            if zone.field_kind is FieldKind.TAX_ID
        ]


def picture_of_page(history: FaxHistory, number: int) -> str:
    """The name of the picture that shows the page as it counts now."""
    pages = history.transmission.pages if history.transmission else ()
    page = next((page for page in pages if page.number == number), None)
    return picture_name(page) if page else str(number)


def _png(picture: Image.Image) -> bytes:
    """The grey picture in at most sixteen greys, in as few bits as they need.

    Pillow's own quantizer takes a tenth of a second a page, during which the desk answers nobody.
    """
    greys = [grey for grey, count in enumerate(picture.histogram()) if count]
    if len(greys) > _MOST_GREYS:
        greys = list(range(0, 256, 255 // (_MOST_GREYS - 1)))
    nearest = [min(range(len(greys)), key=lambda n: abs(greys[n] - grey)) for grey in range(256)]
    indexed = Image.frombytes("P", picture.size, picture.point(nearest).tobytes())
    indexed.putpalette([part for grey in greys for part in (grey, grey, grey)])
    png = BytesIO()
    indexed.save(png, "PNG", compress_level=6)
    return png.getvalue()


def _painted(picture: Image.Image, boxes: tuple[Box, ...]) -> Image.Image:
    width, height = picture.size
    for box in boxes:
        margin = 0.004
        place = (
            max(0, int((box.x0 - margin) * width)),
            max(0, int((box.y0 - margin) * height)),
            min(width, int((box.x1 + margin) * width) + 1),
            min(height, int((box.y1 + margin) * height) + 1),
        )
        picture.paste(_PAINT, place)
    return picture


def _cut(picture: Image.Image, box: Box) -> Image.Image:
    width, height = picture.size
    x, y = _CROP_MARGIN
    return picture.crop(
        (
            max(0, int((box.x0 - x) * width)),
            max(0, int((box.y0 - y) * height)),
            min(width, int((box.x1 + x) * width) + 1),
            min(height, int((box.y1 + y) * height) + 1),
        )
    )


def _thumbnail(picture: Image.Image) -> Image.Image:
    small = picture.copy()
    small.thumbnail((92, 120))
    return small
