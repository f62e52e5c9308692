"""Counts the lines of a fax page that came over the telephone broken; decoders mend or garble them without a word.

Three witnesses: the tags in which the receiving machine counted (326 to 328); the coded lines themselves (a Group 3
stream marks each line's end, and what was decoded from all of a line or strip takes the same bits when coded again);
and the picture (a line unlike both neighbours, which are alike). Sources: TIFF 6.0 p. 52, ITU-T T.4 and T.6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from extractors.decode import RawPage
from extractors.tiff_header import (
    BAD_FAX_LINES,
    COMPRESSION,
    CONSECUTIVE_BAD_FAX_LINES,
    FILL_ORDER,
    GROUP_3,
    ROWS_PER_STRIP,
    Value,
)

Bits = NDArray[np.uint8]
"""One bit an element, in the order of the telephone line."""

_EOL_ZEROS: Final = 11
_LOWER_BITS_FIRST: Final = 2
_PADDING_BYTES: Final = 4
"""An end-of-block code that is or is not there, padding to whole bytes or words."""
_BUSY: Final = 24
"""Colour changes from which a line carries print; a rule or a margin has fewer."""


@dataclass(frozen=True, slots=True)
class LineDamage:
    """Broken lines of one page. `rows` are those that could be told, 0-based from the top as sent.

    `count` is the largest any witness names; `longest_run` the most in a row.
    """

    count: int = 0
    longest_run: int = 0
    rows: tuple[int, ...] = ()


def line_damage(raw: RawPage, *, dithered: bool = False) -> LineDamage:
    """What the tags, the coded lines and the picture say of a page's broken lines; all zeros for a clean page.

    The picture of a dithered page says nothing: every line of a screen of dots is unlike its neighbours.
    """
    if not raw.bilevel:
        return LineDamage()
    seen = set() if dithered else set(_outlying_rows(raw.picture))
    lost, miscoded = _check_coded_lines(raw)
    seen.update(miscoded)
    rows = tuple(sorted(seen))
    count = max(_tag(raw.tags, BAD_FAX_LINES), len(rows), lost)
    return LineDamage(count, max(_tag(raw.tags, CONSECUTIVE_BAD_FAX_LINES), _longest_run(rows)), rows)


def _check_coded_lines(raw: RawPage) -> tuple[int, list[int]]:
    """Lines that the coded picture lacks, and rows that were not decoded from all there was."""
    if raw.tags.get(COMPRESSION) == GROUP_3:
        return _check_group_3(raw)
    return 0, _rows_of_other_strips(raw)


def _tag(tags: Mapping[int, Value], tag: int) -> int:
    value = tags.get(tag, 0)
    return value if isinstance(value, int) else 0


def _longest_run(rows: Sequence[int]) -> int:
    if not rows:
        return 0
    pieces = np.split(np.array(rows), np.flatnonzero(np.diff(rows) != 1) + 1)
    return max(len(piece) for piece in pieces)


# -- the picture -----


def _outlying_rows(picture: NDArray[np.uint8]) -> list[int]:
    """Rows unlike both neighbours although these are alike: full of changes (garbled), or white amid print (dropped).

    A rule one line high is unlike its neighbours too, but a rule is a few long runs, not many changes.
    """
    dark = picture < 128
    changes = np.count_nonzero(dark[:, 1:] != dark[:, :-1], axis=1)
    to_next = np.count_nonzero(dark[1:] != dark[:-1], axis=1)
    around = np.count_nonzero(dark[2:] != dark[:-2], axis=1)
    above, here, below = changes[:-2], changes[1:-1], changes[2:]
    unlike = np.minimum(to_next[:-1], to_next[1:]) > 3 * around + 40
    garbled = unlike & (here > 2 * np.maximum(above, below) + 2 * _BUSY)
    dropped = unlike & (here == 0) & (np.minimum(above, below) > _BUSY)
    return (np.flatnonzero(garbled | dropped) + 1).tolist()


# -- the coded lines -----


def _rows_of_other_strips(raw: RawPage) -> list[int]:
    """All rows of every strip that is coded otherwise than its picture would be: one cannot say which row broke."""
    height: int = raw.picture.shape[0]
    return [
        row
        for coded, again, first in zip(raw.coded, raw.recoded, _strip_starts(raw), strict=False)
        if not _is_same_code(_in_usual_order(coded, raw.tags), again)
        for row in range(first, min(first + _rows_a_strip(raw), height))
    ]


def _is_same_code(coded: bytes, again: bytes) -> bool:
    """Whether two strips differ by nothing but how they end."""
    compared = max(0, min(len(coded), len(again)) - _PADDING_BYTES)
    return abs(len(coded) - len(again)) <= _PADDING_BYTES and coded[:compared] == again[:compared]


def _in_usual_order(coded: bytes, tags: Mapping[int, Value]) -> bytes:
    """The strip with the first bit of each byte uppermost."""
    return np.packbits(_bits_of(coded, tags)).tobytes() if tags.get(FILL_ORDER) == _LOWER_BITS_FIRST else coded


def _rows_a_strip(raw: RawPage) -> int:
    height: int = raw.picture.shape[0]
    return min(_tag(raw.tags, ROWS_PER_STRIP) or height, height)


def _strip_starts(raw: RawPage) -> range:
    return range(0, raw.picture.shape[0], _rows_a_strip(raw))


def _check_group_3(raw: RawPage) -> tuple[int, list[int]]:
    """Lines that the strips lack, and rows whose coded line is not the one their picture would take."""
    height: int = raw.picture.shape[0]
    lost, miscoded = 0, []
    for number, (strip, first) in enumerate(zip(raw.coded, _strip_starts(raw), strict=False)):
        rows = min(_rows_a_strip(raw), height - first)
        lines = _lines_of(_bits_of(strip, raw.tags))
        if len(lines) < rows // 2:
            continue  # no ends of lines are marked: nothing to count
        # A stream with an end before its first line and one with none there differ by a line; neither is damage.
        lost += max(0, rows - 1 - len(lines))
        if raw.recoded:
            again = _lines_of(np.unpackbits(np.frombuffer(raw.recoded[number], np.uint8)))
            miscoded += [first + row for row in _miscoded(lines, again)]
    return lost, miscoded


def _bits_of(strip: bytes, tags: Mapping[int, Value]) -> Bits:
    coded = np.frombuffer(strip, np.uint8)
    if tags.get(FILL_ORDER) == _LOWER_BITS_FIRST:
        return np.unpackbits(coded, bitorder="little")
    return np.unpackbits(coded, bitorder="big")


def _miscoded(lines: Sequence[Bits], again: Sequence[Bits]) -> list[int]:
    """Places of the lines of `again` that `lines` has otherwise or not at all.

    A decoder takes the lines one by one, from end to end: an end lost or gained shifts it and us alike.
    """
    differing = [
        row for row, (line, other) in enumerate(zip(lines, again, strict=False)) if not _is_same_line(line, other)
    ]
    return differing + list(range(len(lines), len(again)))


def _is_same_line(line: Bits, other: Bits) -> bool:
    """Whether two coded lines differ by nothing but zeros at their end (fill, or a last code that ends in zeros)."""
    shorter = min(len(line), len(other))
    rest = line[shorter:] if len(line) > shorter else other[shorter:]
    return bool(np.array_equal(line[:shorter], other[:shorter]) and not rest.any())


def _lines_of(bits: Bits) -> list[Bits]:
    """The bits of each line, without the end that marks it: eleven zeros and a one.

    More zeros before those eleven belong to the line: its last code may end in zeros, and fill bits may follow it.
    """
    ones = np.flatnonzero(bits)
    if not len(ones):
        return []
    before = np.concatenate([[-1], ones[:-1]])
    ends = ones[ones - before > _EOL_ZEROS]
    starts = np.concatenate([[0], ends + 1])
    stops = np.concatenate([ends - _EOL_ZEROS, [len(bits)]])
    return [bits[start:stop] for start, stop in zip(starts, stops, strict=True) if stop > start]
