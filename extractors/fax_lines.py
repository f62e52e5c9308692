"""Counts the lines of a fax page that came over the telephone broken; decoders mend or garble them without a word.

Three witnesses: the tags in which the receiving machine counted (326 to 328), the coded lines themselves (a Group 3
stream marks each line's end, and a one-dimensional line that decodes right has exactly the bits its runs cost), and the
picture (a line unlike both neighbours, which are alike). Sources: TIFF 6.0 p. 52, ITU-T T.4 tables 2 and 3.
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
    PHOTOMETRIC,
    ROWS_PER_STRIP,
    T4_OPTIONS,
    Value,
)

_EOL_ZEROS: Final = 11
_TWO_DIMENSIONAL: Final = 1
"""Bit 0 of T4Options: lines may be coded relative to the line above; only their number is checked then."""
_LOWER_BITS_FIRST: Final = 2
_ZERO_IS_BLACK: Final = 1
_MOST_FILL: Final = 18
"""Zeros that may stand before an end of line beyond its eleven: padding to a whole byte, and a few fill bits."""
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
    lost = 0
    if raw.tags.get(COMPRESSION) == GROUP_3 and raw.coded:
        lost, miscoded = _check_group_3(raw)
        seen.update(miscoded)
    rows = tuple(sorted(seen))
    count = max(_tag(raw.tags, BAD_FAX_LINES), len(rows), lost)
    return LineDamage(count, max(_tag(raw.tags, CONSECUTIVE_BAD_FAX_LINES), _longest_run(rows)), rows)


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


def _check_group_3(raw: RawPage) -> tuple[int, list[int]]:
    """Lines that the strips lack, and rows whose coded line has another length than the row decoded from it."""
    height = raw.picture.shape[0]
    rows_a_strip = min(_tag(raw.tags, ROWS_PER_STRIP) or height, height)
    # In a file whose zeros are black, the code's "white" runs are the black ones.
    coded = raw.picture if _tag(raw.tags, PHOTOMETRIC) != _ZERO_IS_BLACK else 255 - raw.picture
    lost, miscoded = 0, []
    for strip, first in zip(raw.coded, range(0, height, rows_a_strip), strict=False):
        starts, ends = _lines_between_ends(_bits_of(strip, raw.tags))
        rows = coded[first : first + rows_a_strip]
        if len(starts) < len(rows) // 2:
            continue  # no ends of lines are marked: nothing to count
        # A stream with an end before its first line and one with none there differ by a line; neither is damage.
        lost += max(0, len(rows) - 1 - len(starts))
        if not _tag(raw.tags, T4_OPTIONS) & _TWO_DIMENSIONAL:
            miscoded += [first + row for row in _miscoded(_coded_lengths(rows), ends - starts)]
    return lost, miscoded


def _bits_of(strip: bytes, tags: Mapping[int, Value]) -> NDArray[np.uint8]:
    coded = np.frombuffer(strip, np.uint8)
    if tags.get(FILL_ORDER) == _LOWER_BITS_FIRST:
        return np.unpackbits(coded, bitorder="little")
    return np.unpackbits(coded, bitorder="big")


def _miscoded(cost: NDArray[np.int64], bits_used: NDArray[np.int64]) -> list[int]:
    """Rows whose line has not the bits it should. Where the numbers differ, all between the last row that fits counted
    from the top and the first that fits counted from the bottom."""
    shorter = min(len(cost), len(bits_used))
    if len(cost) == len(bits_used):
        return np.flatnonzero(~_fits(cost, bits_used)).tolist()
    down = _fits(cost[:shorter], bits_used[:shorter])
    up = _fits(cost[::-1][:shorter], bits_used[::-1][:shorter])
    from_top = shorter if down.all() else int(np.argmin(down))
    from_bottom = shorter if up.all() else int(np.argmin(up))
    return list(range(min(from_top, len(cost) - 1), max(from_top + 1, len(cost) - from_bottom)))


def _fits(cost: NDArray[np.int64], bits_used: NDArray[np.int64]) -> NDArray[np.bool_]:
    spare = bits_used - cost
    return (spare >= 0) & (spare <= _MOST_FILL)


def _lines_between_ends(bits: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First bit of each line and the bit after its last. An end of line is eleven zeros and a one.

    More zeros before those eleven belong to the line: its last code may end in zeros, and fill bits may follow it.
    """
    ones = np.flatnonzero(bits)
    if not len(ones):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    before = np.concatenate([[-1], ones[:-1]])
    is_end = ones - before > _EOL_ZEROS
    end_ones = ones[is_end]
    starts = np.concatenate([[0], end_ones + 1])
    ends = np.concatenate([end_ones - _EOL_ZEROS, [len(bits)]])
    carries = ends > starts
    return starts[carries], ends[carries]


_WHITE_ENDS: Final = (
    (8, 6) + (4,) * 6 + (5,) * 4 + (6,) * 6 + (7,) * 11 + (8,) * 35
)  # fmt: skip
_BLACK_ENDS: Final = (
    (10, 3, 2, 2, 3, 4, 4, 5, 6, 6, 7, 7, 7, 8, 8, 9, 10, 10, 10) + (11,) * 7 + (12,) * 38
)  # fmt: skip
_WHITE_MAKE_UPS: Final = (0, 5, 5, 6, 7, 8, 8, 8, 8, 8, 8) + (9,) * 15 + (6, 9)
_BLACK_MAKE_UPS: Final = (0, 10) + (12,) * 6 + (13,) * 20
_LONG_MAKE_UPS: Final = (11, 11, 11) + (12,) * 10
"""Code lengths in bits by run: 0 to 63, then multiples of 64 up to 1728, then (both colours) 1792 to 2560."""


def _code_lengths(ends: Sequence[int], make_ups: Sequence[int]) -> NDArray[np.int64]:
    """Bits that a run of 0 to 2623 pixels costs."""
    tall = np.array([*make_ups, *_LONG_MAKE_UPS])
    runs = np.arange(64 * len(tall))
    return np.asarray(np.array(ends)[runs % 64] + tall[runs // 64], np.int64)


_COST: Final = np.stack([_code_lengths(_WHITE_ENDS, _WHITE_MAKE_UPS), _code_lengths(_BLACK_ENDS, _BLACK_MAKE_UPS)])


def _coded_lengths(picture: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Bits each row costs in one-dimensional code: its runs, white first (a black start costs an empty white run)."""
    height, width = picture.shape
    dark = np.zeros((height, width + 2), np.bool_)
    dark[:, 1:-1] = picture < 128
    dark[:, -1] = ~dark[:, -2]
    rows, columns = np.nonzero(dark[:, 1:] != dark[:, :-1])
    first = np.concatenate([[True], rows[1:] != rows[:-1]])
    runs = np.where(first, columns, np.diff(columns, prepend=0))
    index_of_first = np.maximum.accumulate(np.where(first, np.arange(len(rows)), 0))
    colours = (np.arange(len(rows)) - index_of_first) % 2
    cost = _COST[colours, np.minimum(runs, _COST.shape[1] - 1)]
    return np.bincount(rows, weights=cost, minlength=height).astype(np.int64)
