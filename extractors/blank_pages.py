"""The blank pages of an offer as pictures to register onto: rendered once, with their landmarks; it reads no fax.

Landmarks are ORB features (to find the page and roughly its place) and print patches (to lay it exactly). All landmark
coordinates are pixels of the half-size picture (SEARCH_DPI), whose pixel (i, j) lies on pixel (2i, 2j) of the whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pdf2image
import pdf2image.exceptions
from numpy.typing import NDArray
from pypdf import PdfReader

from extractors.failures import BlankFormUnusable
from extractors.page_images import WORKING_DPI, Gray
from extractors.page_text import words_of
from offers.forms import Form, FormPage, Forms

SEARCH_DPI: Final = WORKING_DPI // 2
_PATCH: Final = (40, 40)
"""Width and height of a print patch: 0.4 inch at SEARCH_DPI, two or three lines of print."""
_SLICE: Final = (64, 20)
"""A slice of print: a line or so, low enough to follow a feed that changes within half an inch."""
_SLICES_A_ROW: Final = 9
_PATCH_CONTRAST: Final = 10.0
"""Standard deviation of grey below which a patch has too little print to be found again. A page number alone has 12:
on a page of few lines it is all that holds the lower end in place."""
_EDGE_GREY: Final = 0.5
"""Mean step of grey from pixel to pixel; lines of print have 10 to 30, a page number 1, a ruled line along itself 0."""
_BLANK_FEATURES: Final = 1500
PAGE_FEATURES: Final = 800
"""Half as many on the page as on the blank halve the time of matching, and find as many pages."""
_ORB_BANDS: Final = 5
_ORB_EDGE: Final = 16
_FEWEST_PATCHES: Final = 12

Points = NDArray[np.float32]
"""n x 2 pixel positions (x, y)."""


@dataclass(frozen=True, slots=True)
class Features:
    """Features of one half-size picture: positions and their descriptors (ORB: 32 bytes, SIFT: 128 floats) by row."""

    points: Points
    descriptors: NDArray[np.uint8] | NDArray[np.float32]


def orb_features(half: Gray, most: int) -> Features:
    """Up to `most` ORB features, the same number from each fifth of the page. A white picture has none.

    Taken from the whole page at once they crowd where the print is boldest, and a map drawn through one paragraph says
    little about the page's other end.
    """
    height = half.shape[0]
    points, descriptors = [np.empty((0, 2), np.float32)], [np.empty((0, 32), np.uint8)]
    for band in range(_ORB_BANDS):
        top = max(0, height * band // _ORB_BANDS - _ORB_EDGE)
        bottom = min(height, height * (band + 1) // _ORB_BANDS + _ORB_EDGE)
        keypoints, found = _orb(most // _ORB_BANDS).detectAndCompute(half[top:bottom], np.empty(0))
        if keypoints:
            points.append(np.array([(k.pt[0], k.pt[1] + top) for k in keypoints], np.float32))
            descriptors.append(np.asarray(found, np.uint8))
    return Features(np.concatenate(points), np.concatenate(descriptors))


def sift_features(half: Gray) -> Features:
    """Up to 2,000 SIFT features: slower than ORB, and steadier where strokes are thickened, thinned or broken."""
    keypoints, descriptors = cv2.SIFT.create(nfeatures=2000).detectAndCompute(half, np.empty(0))
    if not keypoints:
        return Features(np.empty((0, 2), np.float32), np.empty((0, 128), np.float32))
    return Features(np.array([k.pt for k in keypoints], np.float32), np.asarray(descriptors, np.float32))


@lru_cache(maxsize=4)
def _orb(most: int) -> cv2.ORB:
    return cv2.ORB.create(
        nfeatures=most,
        scaleFactor=1.3,
        nlevels=5,
        edgeThreshold=_ORB_EDGE,
        patchSize=31,
        fastThreshold=12,
    )


def half_size(picture: Gray) -> Gray:
    """The picture at SEARCH_DPI, softened so that coarse and fine fax pages look alike. Sides must be even."""
    return np.asarray(cv2.pyrDown(picture), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """Pieces of a blank's half picture: n x 2 upper left `corners` (x, y), all of one `size` (width, height).

    `texture` is n x 2: whether a piece has edges that tell its place across, and down. A ruled line has one of them.
    """

    corners: NDArray[np.int32] = field(repr=False)
    size: tuple[int, int]
    texture: NDArray[np.bool_] = field(repr=False)

    def __len__(self) -> int:
        return len(self.corners)

    def only(self, chosen: NDArray[np.bool_]) -> Patches:
        return Patches(self.corners[chosen], self.size, self.texture[chosen])


@dataclass(frozen=True, eq=False)
class BlankPage:
    """One page of one blank, rendered at WORKING_DPI."""

    form: Form
    form_page: FormPage
    picture: Gray = field(repr=False)

    @property
    def page_class(self) -> str:
        return self.form_page.page_class

    @property
    def name(self) -> str:
        return f"{self.form.form_id} {self.page_class}"

    @cached_property
    def half(self) -> Gray:
        return half_size(self.picture)

    @cached_property
    def features(self) -> Features:
        return orb_features(self.half, _BLANK_FEATURES)

    @cached_property
    def sift_features(self) -> Features:
        return sift_features(self.half)

    @cached_property
    def words(self) -> frozenset[str]:
        """The longer words printed on it, in lower case (extractors.page_text.words_of), to know it by its text."""
        return words_of(PdfReader(self.form.pdf).pages[self.form_page.number - 1].extract_text())

    @cached_property
    def patches(self) -> Patches:
        """All its print in patches, to find the page's place by and to see what of it arrived."""
        return _printed_patches(self.half, _PATCH)

    @cached_property
    def slices(self) -> Patches:
        """Its print in low slices, some from each row, to find the page's exact place by."""
        every = _printed_patches(self.half, _SLICE)
        return every.only(_some_of_each_row(every.corners))

    @cached_property
    def print_mask(self) -> NDArray[np.bool_]:
        """Where the blank has ink, at full size."""
        return self.picture < 160


def _printed_patches(half: Gray, size: tuple[int, int]) -> Patches:
    """The fields of a regular grid that have enough print."""
    (height, width), (wide, high) = half.shape, size
    corners = [
        (x, y)
        for y in range(0, height - high + 1, high)
        for x in range(0, width - wide + 1, wide)
        if half[y : y + high, x : x + wide].std() > _PATCH_CONTRAST
    ]
    pieces = np.array([half[y : y + high, x : x + wide] for x, y in corners], np.int16).reshape(-1, high, wide)
    across, down = (np.abs(np.diff(pieces, axis=axis)).mean(axis=(1, 2)) for axis in (2, 1))
    return Patches(np.array(corners, np.int32).reshape(-1, 2), size, np.column_stack([across, down]) > _EDGE_GREY)


def _some_of_each_row(corners: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Up to _SLICES_A_ROW of each row, spread over it."""
    kept = np.zeros(len(corners), np.bool_)
    for y in np.unique(corners[:, 1]):
        row = np.flatnonzero(corners[:, 1] == y)
        kept[row[np.unique(np.linspace(0, len(row) - 1, _SLICES_A_ROW).round().astype(int))]] = True
    return kept


@dataclass(frozen=True, eq=False)
class BlankPages:
    """Every page a fax may hold a copy of, in the order they are tried: the pages that matter first."""

    pages: tuple[BlankPage, ...]

    def siblings_of(self, page: BlankPage) -> tuple[BlankPage, ...]:
        """The same page of the same kind of form in its other editions."""
        return tuple(
            other
            for other in self.pages
            if other is not page and (other.form.kind, other.page_class) == (page.form.kind, page.page_class)
        )

    @cached_property
    def newest(self) -> tuple[BlankPage, ...]:
        """One edition of each page, the newest; enough to say which page it is."""
        return tuple(
            page
            for page in self.pages
            if all((other.form.version or "") < (page.form.version or "") for other in self.siblings_of(page))
        )


def load_blank_pages(forms: Forms) -> BlankPages:
    """All pages of all `forms` rendered (about 0.3 s for seventeen pages).

    Raises BlankFormUnusable for a PDF that cannot be drawn or whose page has almost no print.
    """
    pages = [page for form in forms for page in _render(form)]
    return BlankPages(tuple(sorted(pages, key=_order)))


@lru_cache(maxsize=4)
def blank_pages_of(forms: Forms) -> BlankPages:
    """`load_blank_pages`, kept for the life of the process: forms do not change under a running intake."""
    return load_blank_pages(forms)


def _order(page: BlankPage) -> tuple[bool, str]:
    return page.page_class.startswith("I"), page.page_class


def _render(form: Form) -> Iterable[BlankPage]:
    pictures = _pictures_of(form.pdf)
    for form_page, picture in zip(form.pages, pictures, strict=True):
        page = BlankPage(form, form_page, picture)
        if len(page.patches) < _FEWEST_PATCHES:
            raise BlankFormUnusable(
                f"{form.pdf.name} page {form_page.number}: too little print to lay a fax onto. Give the form more text."
            )
        yield page


def _pictures_of(pdf: Path) -> list[Gray]:
    try:
        images = pdf2image.convert_from_path(pdf, dpi=WORKING_DPI, grayscale=True, timeout=60)
    except (OSError, ValueError, pdf2image.exceptions.PopplerNotInstalledError) as error:
        raise BlankFormUnusable(
            f"{pdf.name}: poppler cannot draw it ({error}). Install poppler-utils or make the blanks anew."
        ) from error
    return [_even_sided(np.asarray(image.convert("L"), np.uint8)) for image in images]


def _even_sided(picture: Gray) -> Gray:
    height, width = picture.shape
    return np.asarray(
        cv2.copyMakeBorder(picture, 0, height % 2, 0, width % 2, cv2.BORDER_CONSTANT, value=255), np.uint8
    )
