"""The lines of what was written in one box: people write a long address or a date and a time one below the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from extractors.marks import Written
from extractors.page_images import Gray

_LOW_LINE = 0.45
"""A band of ink lower than this share of the highest one is part of its neighbour: points, accents, underlines."""
_SURELY_ONE_LINE = 34
"""Pixels at 200 dpi (4.3 mm): lower ink is one line, whatever its gaps (a colon, the dots of i)."""


def lines_of(written: Written) -> tuple[Gray, ...]:
    """Tight pictures of the lines, top to bottom. Lines whose ascenders and descenders meet stay one."""
    if not written.pieces:
        return ()
    ink = written.ink
    bands = _bands(np.any(ink, axis=1)) if ink.shape[0] > _SURELY_ONE_LINE else [(0, ink.shape[0])]
    lines = (_tight(written.picture[top:bottom]) for top, bottom in bands)
    return tuple(line for line in lines if line.size)


def _bands(inked_rows: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Rows from and to of each line; a low band joins the neighbour that is nearer."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], inked_rows.astype(np.int8), [0]))))
    bands = [(int(top), int(bottom)) for top, bottom in zip(edges[::2], edges[1::2], strict=True)]
    highest = max((bottom - top for top, bottom in bands), default=0)
    while len(bands) > 1:
        low = min(range(len(bands)), key=lambda i: bands[i][1] - bands[i][0])
        if bands[low][1] - bands[low][0] >= _LOW_LINE * highest:
            break
        gaps = {
            other: abs(bands[max(low, other)][0] - bands[min(low, other)][1])
            for other in (low - 1, low + 1)
            if 0 <= other < len(bands)
        }
        joined = sorted((low, min(gaps, key=lambda other: gaps[other])))
        bands[joined[0] : joined[1] + 1] = [(bands[joined[0]][0], bands[joined[1]][1])]
    return bands


def _tight(picture: Gray) -> Gray:
    """The picture cut to its ink, with a pixel of air that keeps the strokes' grey edges."""
    dark = picture < 200
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    if not rows.size:
        return picture[:0, :0]
    return picture[max(rows[0] - 1, 0) : rows[-1] + 2, max(columns[0] - 1, 0) : columns[-1] + 2]
