"""The running text of pages that match no blank, by Tesseract; a form's page is never read here.

All pages go in one call: starting Tesseract costs a tenth of a second, reading a cover sheet three.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import pytesseract

from extractors.page_images import Gray

_SECONDS_ALLOWED: Final = 300
_LONG_WORD: Final = 5
_SURE: Final = 0.6


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of print. `top` and `bottom` are pixels of the picture it was read from."""

    text: str
    confidence: float
    top: int
    bottom: int


@dataclass(frozen=True, slots=True)
class PageText:
    """What a page says, line by line. `confidence` is the mean over its words (0.0-1.0), 0 where there is none."""

    lines: tuple[TextLine, ...] = ()
    confidence: float = 0.0
    words_sure: int = 0
    """Words of three letters and more read with confidence: what tells a page from its upside-down self."""

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


def words_of(text: str) -> frozenset[str]:
    """The words of five letters and more, in lower case."""
    return frozenset(w for w in re.findall(r"[a-z]+", text.lower()) if len(w) >= _LONG_WORD)


def read_page_texts(pictures: Sequence[Gray], segmentation: int = 3) -> tuple[PageText, ...]:
    """What each picture says, in order. `segmentation` is Tesseract's page segmentation mode (3 page, 6 one block)."""
    if not pictures:
        return ()
    with tempfile.TemporaryDirectory(prefix="tenderfax-text-") as folder:
        paths = [Path(folder) / f"{index}.pgm" for index in range(len(pictures))]
        for path, picture in zip(paths, pictures, strict=True):
            path.write_bytes(cv2.imencode(".pgm", picture)[1].tobytes())
        listing = Path(folder) / "pages.txt"
        listing.write_text("\n".join(map(str, paths)), encoding="ascii")
        table = pytesseract.image_to_data(
            str(listing),
            config=f"--psm {segmentation} --dpi 200 -c tessedit_do_invert=0",
            output_type=pytesseract.Output.DICT,
            timeout=_SECONDS_ALLOWED,
        )
    return tuple(_page_of(table, number) for number in range(1, len(pictures) + 1))


def _page_of(table: dict[str, list[str | int | float]], number: int) -> PageText:
    lines: dict[tuple[int, int, int], list[int]] = {}
    for row, page in enumerate(table["page_num"]):
        if int(page) == number and float(table["conf"][row]) >= 0 and str(table["text"][row]).strip():
            place = (int(table["block_num"][row]), int(table["par_num"][row]), int(table["line_num"][row]))
            lines.setdefault(place, []).append(row)
    found = [_line_of(table, rows) for rows in lines.values()]
    rows = [row for words in lines.values() for row in words]
    if not rows:
        return PageText()
    confidences = [float(table["conf"][row]) / 100 for row in rows]
    sure = sum(
        1 for row, c in zip(rows, confidences, strict=True)
        if c >= _SURE and re.search(r"[A-Za-z]{3}", str(table["text"][row]))
    )  # fmt: skip
    return PageText(tuple(found), sum(confidences) / len(confidences), sure)


def _line_of(table: dict[str, list[str | int | float]], rows: Sequence[int]) -> TextLine:
    tops = [int(table["top"][row]) for row in rows]
    bottoms = [int(table["top"][row]) + int(table["height"][row]) for row in rows]
    confidences = [float(table["conf"][row]) / 100 for row in rows]
    text = " ".join(str(table["text"][row]).strip() for row in rows)
    return TextLine(text, sum(confidences) / len(confidences), min(tops), max(bottoms))
