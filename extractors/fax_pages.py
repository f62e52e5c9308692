"""A fax file to its pages: decoded, square, clean, upright, recognised and laid onto their blanks.

This is the front end of reading as one recipe; each step has a module of its own. What it returns is what the zone
readers work on. It refuses to know what is written in a zone and to which submission a page belongs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from core.page_layout import Layout, PlacedPage
from core.readings import Box
from core.transmissions import PageReading, Receipt
from extractors.blank_pages import BlankPage, BlankPages, half_size
from extractors.classify import classify_by_words, resembled_blank
from extractors.decode import DecodedFax, RawPage, decode_fax
from extractors.dropout import drop_print
from extractors.fax_lines import LineDamage, line_damage
from extractors.finding_blanks import Found, find_blank, find_known_blank, find_said_blank
from extractors.header_line import HeaderLine, find_header_lines, without_header
from extractors.legibility import broken_places, is_legible, unreadable_places
from extractors.limits import DecodeLimits
from extractors.page_images import WORKING_DPI, Gray, RegisteredPage
from extractors.page_text import PageText, read_page_texts
from extractors.pages import SquaredPage, square_pixels
from extractors.receipts import receipt_from_tiff
from extractors.registration import drift_in_fractions, in_fractions, lay_onto_blank, quarter_turns, turn_upright

_BLANK_INK: Final = 0.0004
"""Share of ink up to which a page is white: a page of specks has less, "OK - J.S." in a corner has more."""
_BLANK_MARGIN: Final = round(0.2 * WORKING_DPI)
_FEWEST_UPRIGHT_WORDS: Final = 8
"""Sure words from which a page is taken to be the right way up without looking at it upside down."""
_STRETCHES: Final = (2.0, 0.5)
"""A header may call 98 lines an inch 196, or the reverse."""
_PAPER_ASPECT: Final = (0.9, 1.8)


@dataclass(frozen=True, slots=True)
class FaxPages:
    """One fax file read as far as pages go.

    `receipt` is what the TIFF's own tags say, None where they say nothing (a sidecar goes before them). `is_short`: the
    file says that it once had more pages than it has; such a fax may not pass unseen.
    """

    pages: tuple[RegisteredPage, ...]
    receipt: Receipt | None = None
    is_short: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Sheet:
    """A page on its way: square and as sent, with what the line and the header line say of it."""

    raw: RawPage
    squared: SquaredPage
    header: HeaderLine | None
    damage: LineDamage


def pages_of_fax(
    content: bytes, blanks: BlankPages, limits: DecodeLimits, name: str = "", said: Layout = ()
) -> FaxPages:
    """Every page of the fax file `content`, in order; `name` is its file name, for failures.

    `said` is what a person says of pages: one that the machine took for something else is laid onto the blank said.

    Raises a FaxFileRefused (extractors.failures) when the file is not a whole fax within the limits.
    """
    decoded = decode_fax(content, limits, name)
    sheets = _prepare(decoded)
    pages = [_registered_page(sheet, blanks) for sheet in sheets]
    wordy = [index for index, page in enumerate(pages) if page is None]
    by_words = iter(_pages_by_words([sheets[index] for index in wordy], blanks))
    read = tuple(page if page is not None else next(by_words) for page in pages)
    by_number = {placed.number: placed for placed in said}
    read = tuple(_as_said(sheet, page, by_number, blanks) for sheet, page in zip(sheets, read, strict=True))
    receipt = receipt_from_tiff([page.tags for page in decoded.pages])
    return FaxPages(read, receipt, decoded.is_short)


def _prepare(decoded: DecodedFax) -> list[_Sheet]:
    squared = [square_pixels(raw) for raw in decoded.pages]
    headers = find_header_lines([page.picture for page in squared])
    return [
        _Sheet(raw, page, header, line_damage(raw, dithered=page.dithered))
        for raw, page, header in zip(decoded.pages, squared, headers, strict=True)
    ]


# -- pages that copy a blank -----


def laid_onto_its_blank(raw: RawPage, blanks: BlankPages) -> RegisteredPage | None:
    """One page laid onto the blank that it copies, None where it copies none. Its header line is not looked for."""
    squared = square_pixels(raw)
    return _registered_page(_Sheet(raw, squared, None, line_damage(raw, dithered=squared.dithered)), blanks)


def _registered_page(sheet: _Sheet, blanks: BlankPages) -> RegisteredPage | None:
    found = find_blank(half_size(sheet.squared.picture), blanks)
    if found is not None:
        return _lay(sheet, found)
    for stretched in _stretched(sheet):
        found = find_blank(half_size(stretched.squared.picture), blanks)
        if found is not None:
            return _lay(stretched, found)
    return None


def _stretched(sheet: _Sheet) -> list[_Sheet]:
    """The page as it would be if its header lied about the lines an inch; only for a page of no paper's shape."""
    height, width = sheet.squared.picture.shape
    if _PAPER_ASPECT[0] <= height / width <= _PAPER_ASPECT[1]:
        return []
    return [replace(sheet, squared=square_pixels(sheet.raw, stretch), header=None) for stretch in _STRETCHES]


def _lay(sheet: _Sheet, found: Found) -> RegisteredPage:
    """The page turned upright and laid onto its blank, with everything that follows from that."""
    quarters = quarter_turns(found.placing.laid.affine)
    picture = turn_upright(sheet.squared.picture, quarters)
    placing = found.placing
    blank = placing.blank
    as_sent = lay_onto_blank(without_header(sheet.squared.picture, sheet.header), placing)
    dropout = drop_print(as_sent, blank)
    affine = in_fractions(placing.laid.affine, blank.picture.shape, sheet.squared.picture.shape)
    unreadable = unreadable_places(as_sent, dropout.missing, blank) + _broken(sheet, affine)
    reading = PageReading(
        number=sheet.raw.number,
        page_class=blank.page_class,
        form_version=found.edition,
        confidence=round(placing.share_found * placing.score, 3),
        legible=is_legible(placing, sheet.damage, sheet.raw.picture.shape[0], _lines_an_inch(sheet)),
        rotation=-90 * quarters % 360,
        affine=_turned(affine, quarters),
        header=sheet.header.text if sheet.header else "",
        bad_lines=sheet.damage.count,
    )
    return RegisteredPage(
        reading, picture, as_sent, dropout.ink, dropout.missing, blank.form_page,
        residual_points=placing.residual_points, unreadable=unreadable, drift=drift_in_fractions(placing),
    )  # fmt: skip


def _lines_an_inch(sheet: _Sheet) -> float:
    lines: int = sheet.raw.picture.shape[0]
    height: int = sheet.squared.picture.shape[0]
    return WORKING_DPI * lines / height


def _broken(sheet: _Sheet, affine: Sequence[float]) -> tuple[Box, ...]:
    """The bands that broken fax lines run through; `affine` maps the registered page to the page as sent."""
    if not sheet.damage.rows:
        return ()
    whole = np.vstack([np.array(affine).reshape(2, 3), [0.0, 0.0, 1.0]])
    return broken_places(sheet.damage.rows, sheet.raw.picture.shape[0], np.linalg.inv(whole)[:2])


_TURNS: Final = {
    0: np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
    1: np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 1.0]]),
    2: np.array([[-1.0, 0.0, 1.0], [0.0, -1.0, 1.0]]),
    3: np.array([[0.0, -1.0, 1.0], [1.0, 0.0, 0.0]]),
}
"""What undoing so many clockwise quarter turns does to fractions of a page."""


def _turned(affine: Sequence[float], quarters: int) -> tuple[float, float, float, float, float, float]:
    turn: NDArray[np.float64] = _TURNS[quarters]
    whole = np.vstack([np.array(affine).reshape(2, 3), [0.0, 0.0, 1.0]])
    a, b, tx, c, d, ty = (turn @ whole).ravel().tolist()
    return a, b, tx, c, d, ty


# -- pages that copy none -----


def _pages_by_words(sheets: Sequence[_Sheet], blanks: BlankPages) -> list[RegisteredPage]:
    """Pages known by their words alone. A white page is not read: it is UNKNOWN, for a person to glance at.

    Its back may carry the form: somebody who faxes the wrong side means to send something.
    """
    written = [sheet for sheet in sheets if not _is_white(sheet)]
    upright = iter(_read_upright([without_header(sheet.squared.picture, sheet.header) for sheet in written]))
    return [
        _plain_page(sheet, sheet.squared.picture, PageText(), 0) if _is_white(sheet)
        else _page_by_words(sheet, *next(upright), blanks)
        for sheet in sheets
    ]  # fmt: skip


def _is_white(sheet: _Sheet) -> bool:
    picture = without_header(sheet.squared.picture, sheet.header)
    inner = picture[_BLANK_MARGIN:-_BLANK_MARGIN, _BLANK_MARGIN:-_BLANK_MARGIN]
    # Strokes survive an opening that takes away specks and single broken lines.
    solid = cv2.morphologyEx(inner, cv2.MORPH_CLOSE, np.ones((2, 2), np.uint8))
    return bool(np.count_nonzero(solid < 128) < _BLANK_INK * solid.size)


def _read_upright(pictures: Sequence[Gray]) -> list[tuple[PageText, int]]:
    """Each page's words and the clockwise quarter turns to undo; a page that says little is tried other ways up."""
    texts = [(text, 0) for text in read_page_texts(pictures)]
    for quarters in (2, 1, 3):
        silent = [i for i, (text, _) in enumerate(texts) if text.words_sure < _FEWEST_UPRIGHT_WORDS]
        if quarters != 2:
            silent = [i for i in silent if pictures[i].shape[0] < pictures[i].shape[1]]
        again = read_page_texts([turn_upright(pictures[i], quarters) for i in silent])
        for i, text in zip(silent, again, strict=True):
            if text.words_sure > texts[i][0].words_sure:
                texts[i] = (text, quarters)
    return texts


def _page_by_words(sheet: _Sheet, text: PageText, quarters: int, blanks: BlankPages) -> RegisteredPage:
    upright = turn_upright(sheet.squared.picture, quarters)
    blank = resembled_blank(text, blanks)
    if blank is None:
        return _plain_page(sheet, upright, text, quarters)
    found = find_known_blank(half_size(sheet.squared.picture), blank, blanks)
    if found is not None:
        return _lay(sheet, found)
    # It says what the form says and does not look like it: retyped, or damaged past laying. A person must read it.
    page = _plain_page(sheet, upright, text, quarters)
    return replace(page, page=replace(page.page, page_class=blank.page_class, legible=False))


def _plain_page(sheet: _Sheet, upright: Gray, text: PageText, quarters: int) -> RegisteredPage:
    classified = classify_by_words(text)
    reading = PageReading(
        number=sheet.raw.number,
        page_class=classified.page_class,
        confidence=round(classified.confidence, 3),
        rotation=-90 * quarters % 360,
        header=sheet.header.text if sheet.header else "",
        text=text.text,
        bad_lines=sheet.damage.count,
    )
    return RegisteredPage(reading, upright, text_lines=text.lines)


# -- pages that a person says are something else -----


def _as_said(sheet: _Sheet, page: RegisteredPage, said: Mapping[int, PlacedPage], blanks: BlankPages) -> RegisteredPage:
    """The page as the person says it is. One that does not lie on the blank said is there, and unreadable."""
    placed = said.get(page.page.number)
    if placed is None or (placed.page_class, placed.form_version) == (page.page.page_class, page.page.form_version):
        return page
    blank = _blank_said(placed, blanks)
    if blank is not None and (found := _found_said(sheet, blank)) is not None:
        laid = _lay(sheet, found)
        return replace(laid, page=replace(laid.page, picture=f"{placed.page_class}-{placed.form_version or 'any'}"))
    text = PageText(page.text_lines) if page.text_lines else read_page_texts([page.squared])[0]
    reading = replace(
        page.page,
        page_class=placed.page_class,
        form_version=placed.form_version,
        affine=None,
        legible=blank is None,
        text=text.text,
    )
    return RegisteredPage(reading, page.squared, text_lines=text.lines)


def _found_said(sheet: _Sheet, blank: BlankPage) -> Found | None:
    found = find_said_blank(half_size(sheet.squared.picture), blank)
    return found or next(
        (f for s in _stretched(sheet) if (f := find_said_blank(half_size(s.squared.picture), blank)) is not None), None
    )


def _blank_said(placed: PlacedPage, blanks: BlankPages) -> BlankPage | None:
    """The blank of that class and edition; None for a page that copies none (a cover, evidence)."""
    said = (placed.page_class, placed.form_version)
    return next((blank for blank in blanks.pages if (blank.page_class, blank.form.version) == said), None)
