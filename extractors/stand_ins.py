"""Marks and words that stand in a cell for a value without being one: ditto marks, a line down the column, ALL.

Somebody who writes them means another cell's value, or the ledger's; which one is for a person to say (rulebook 71,
72). A reader that knows figures alone would make figures of them. It refuses to know the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Indel

from extractors.marks import INK_BELOW, Written, columns_of
from extractors.page_images import Gray
from extractors.readers.reader import Writing
from offers.forms import Zone

_LOW = 0.55
"""Height of a cell's highest piece, as a share of the page's usual one, below which it holds no figure. In 54 clean
elections the lowest figures had 0.76, ditto marks 0.48 at most."""
_FEWEST_CELLS = 3
_NARROW = 10
"""Pixels across, of a line drawn down a column; a figure is wider in most of its rows."""
_MOSTLY_NARROW, _LEAST_OF_A_ROW, _MOST_OF_THE_INK, _INTO_THE_CELL = 0.75, 0.7, 0.6, 0.3
_CUT = 13
"""Pixels by which a dropped-out rule may cut such a line."""


def cells_without_figures(ink: Gray, zones: Sequence[Zone], by_zone: Mapping[str, Written]) -> frozenset[str]:
    """The names of the filled cells of a table that hold no figures: marks too low for any, or a line that goes on."""
    cells = [zone for zone in zones if zone.row is not None and by_zone[zone.name].pieces]
    return frozenset((*_low(cells, by_zone), *_lined(ink, zones, by_zone)))


def _low(cells: Sequence[Zone], by_zone: Mapping[str, Written]) -> Iterator[str]:
    heights = {zone.name: max(piece.height for piece in by_zone[zone.name].pieces) for zone in cells}
    if len(heights) >= _FEWEST_CELLS:
        usual = float(np.median(list(heights.values())))
        yield from (name for name, height in heights.items() if height < _LOW * usual)


def _lined(ink: Gray, zones: Sequence[Zone], by_zone: Mapping[str, Written]) -> Iterator[str]:
    """Cells through which a line is drawn from one row to another, with hardly anything else in them."""
    height, width = ink.shape
    for column in columns_of(zones):
        if not any(by_zone[zone.name].pieces for zone in column):
            continue
        box = column[0].box
        left, right = round(box.x0 * width), round(box.x1 * width)
        top, bottom = round(box.y0 * height), round(column[-1].box.y1 * height)
        strip = ink[top:bottom, left:right] < INK_BELOW
        lines = _lines_down(strip, _LEAST_OF_A_ROW * (box.y1 - box.y0) * height)
        for zone in (zone for zone in column if by_zone[zone.name].pieces and lines.any()):
            y0, y1 = round(zone.box.y0 * height) - top, round(zone.box.y1 * height) - top
            own, all_of = lines[y0:y1], strip[y0:y1]
            reaches = np.any(own, axis=1).sum() >= _INTO_THE_CELL * (y1 - y0)
            if reaches and (own & all_of).sum() >= _MOST_OF_THE_INK * all_of.sum():
                yield zone.name


def _lines_down(strip: NDArray[np.bool_], least: float) -> NDArray[np.bool_]:
    """The ink of a column that is a line of `least` pixels or more down it; an arrow's head belongs to its line."""
    joined = cv2.morphologyEx(strip.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((_CUT, 1), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8, ltype=cv2.CV_32S)
    found = np.zeros(strip.shape, np.bool_)
    for label in range(1, count):
        if stats[label, cv2.CC_STAT_HEIGHT] < least:
            continue
        own = np.asarray(labels == label)
        rows = own[np.any(own, axis=1)]
        across = rows.shape[1] - rows[:, ::-1].argmax(axis=1) - rows.argmax(axis=1)
        if float(np.mean(across <= _NARROW)) >= _MOSTLY_NARROW:
            found |= own
    return found


# -- words -----

_OF_FIGURES = frozenset({Writing.GRANT_NO, Writing.DATE, Writing.PRICE, Writing.SHARES, Writing.TAX_ID})
_WORDS = (
    "same", "above", "ditto", "idem", "entire", "total", "whole", "vested", "unvested", "only", "shares", "options",
    "remaining", "rest", "none", "file", "record", "void", "cancel", "half",
)  # fmt: skip
_SHORT_WORDS = frozenset({"all", "see", "do"})
_ALIKE = 0.75
_LEAST_LETTERS = 4
_SHARE_OR_SUM = re.compile(r"[0-9]\s*(?:%|[+&]\s*[0-9])")


def stands_in(writing: Writing, plain: str) -> bool:
    """Whether what a reader plainly saw in a cell for figures or a date has a word in it that means another value."""
    if writing not in _OF_FIGURES:
        return False
    if writing is Writing.SHARES and _SHARE_OR_SUM.search(plain):
        return True
    return any(_is_such_a_word(word) for word in re.findall(r"[a-z]+", plain.replace("I", "l").casefold()))


def _is_such_a_word(word: str) -> bool:
    if len(word) < _LEAST_LETTERS:
        return word in _SHORT_WORDS
    return any(Indel.normalized_similarity(word, known) >= _ALIKE for known in _WORDS)
