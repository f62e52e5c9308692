"""The sender's header line across the top of a page (date, number, page), found and set apart.

It is shown to the reviewer as evidence and never used as the receipt time (rulebook 8). A fax machine adds it to the
picture it sends: it is level, at the very top as sent, also of a page that lies upside down. It must not be taken for a
holder's writing; nor a holder's writing for it: what does not read like a header stays on the page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from extractors.page_images import WORKING_DPI, Gray
from extractors.page_text import read_page_texts

_SEARCHED: Final = round(0.55 * WORKING_DPI)
_HEIGHTS: Final = (round(0.04 * WORKING_DPI), round(0.22 * WORKING_DPI))
_CLEAR_BELOW: Final = round(0.03 * WORKING_DPI)
_SHORTEST: Final = round(1.2 * WORKING_DPI)
_INKED_ROW: Final = 4
"""Ink pixels from which a row belongs to a line of print rather than to specks."""
_PAPER: Final = 255
_GAP: Final = 24
_LOOKS_LIKE_ONE: Final = re.compile(
    r"\d{1,2}[:.]\d{2}|\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}|\bp(?:age|g)?\W{0,2}\d+|\bfrom\b|\bfax\b"
    r"|\d{3}\W{0,2}\d{3}\W?\d{4}|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\W{0,2}\d",
    re.IGNORECASE,
)
_FEWEST_SIGNS: Final = 2
"""A header has two of: time, date, page, sender, number. "Only before 5:00" has one and stays on the page."""


@dataclass(frozen=True, slots=True)
class HeaderLine:
    """One header: its words and the rows it covers in the squared picture as sent, top included, bottom not."""

    text: str
    top: int
    bottom: int


def find_header_lines(pictures: Sequence[Gray]) -> tuple[HeaderLine | None, ...]:
    """Each page's header line, None where it has none. All candidates are read in one call of Tesseract."""
    bands = [_band_at_top(picture) for picture in pictures]
    strips = [_strip(picture, band) for picture, band in zip(pictures, bands, strict=True) if band]
    texts = iter(_read_strips(strips))
    return tuple(_header(next(texts), band) if band else None for band in bands)


def without_header(picture: Gray, header: HeaderLine | None) -> Gray:
    """The picture with its header line turned to paper."""
    if header is None:
        return picture
    cleared = picture.copy()
    cleared[header.top : header.bottom] = _PAPER
    return cleared


def _header(text: str, band: tuple[int, int]) -> HeaderLine | None:
    signs = len(_LOOKS_LIKE_ONE.findall(text))
    return HeaderLine(text, *band) if signs >= _FEWEST_SIGNS else None


def _band_at_top(picture: Gray) -> tuple[int, int] | None:
    """Rows of the first line of print if it stands alone at the very top."""
    dark = picture[:_SEARCHED] < 128
    inked = np.flatnonzero(dark.sum(axis=1) >= _INKED_ROW)
    if not len(inked):
        return None
    breaks = np.flatnonzero(np.diff(inked) > _CLEAR_BELOW)
    top, bottom = int(inked[0]), int(inked[breaks[0]] if len(breaks) else inked[-1]) + 1
    columns = np.flatnonzero(dark[top:bottom].any(axis=0))
    is_line = _HEIGHTS[0] <= bottom - top <= _HEIGHTS[1] and bottom < _SEARCHED - _CLEAR_BELOW
    if not is_line or columns[-1] - columns[0] < _SHORTEST:
        return None
    return max(top - 2, 0), bottom + 2


def _strip(picture: Gray, band: tuple[int, int]) -> Gray:
    return picture[band[0] : band[1]]


def _read_strips(strips: Sequence[Gray]) -> list[str]:
    """The strips stacked on one sheet and read together; a line belongs to the strip its middle falls into."""
    if not strips:
        return []
    width = max(strip.shape[1] for strip in strips) + 2 * _GAP
    places: list[tuple[int, int]] = []
    sheet = np.full((sum(s.shape[0] + _GAP for s in strips) + _GAP, width), _PAPER, np.uint8)
    top = _GAP
    for strip in strips:
        sheet[top : top + strip.shape[0], _GAP : _GAP + strip.shape[1]] = strip
        places.append((top, top + strip.shape[0]))
        top += strip.shape[0] + _GAP
    (text,) = read_page_texts([sheet], segmentation=6)
    return [
        " ".join(line.text for line in text.lines if top <= (line.top + line.bottom) / 2 < bottom)
        for top, bottom in places
    ]
