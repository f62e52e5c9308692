"""Cells in which a figure was written over another: two in one place hold more ink. It reads nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from extractors.marks import Written, columns_of
from offers.forms import Zone

_WINDOW = 0.8
"""Width of the strip that is looked at, as a share of the height of the page's figures: a figure or a little more."""
_FULLER_THAN_USUAL = 1.4
_FULLER_THAN_COLUMN = 1.3
"""Ink of the fullest strip, as a multiple of what the page's cells usually have, and of the fullest other cell of its
column: a dollar sign is fuller than figures, and all prices have it. Set on 100 pages with a figure written over
another, 100 clean, in hands and typefaces not held out, and the sample faxes: 68 seen, 2 clean pages among them."""
_FEWEST_CELLS = 3


def blotted_cells(zones: Sequence[Zone], by_zone: Mapping[str, Written]) -> frozenset[str]:
    """The names of the table's cells that hold a blot, by what this page's other cells are like."""
    cells = {zone.name: by_zone[zone.name] for zone in zones if zone.row is not None and by_zone[zone.name].pieces}
    if len(cells) < _FEWEST_CELLS:
        return frozenset()
    figure = float(np.median([max(piece.height for piece in written.pieces) for written in cells.values()]))
    fullest = {name: _fullest(written, max(3, round(_WINDOW * figure))) for name, written in cells.items()}
    usual = float(np.median(list(fullest.values())))
    columns = {zone.name: place for place, column in enumerate(columns_of(zones)) for zone in column}
    return frozenset(
        name
        for name, ink in fullest.items()
        if ink >= max(_FULLER_THAN_USUAL * usual, _FULLER_THAN_COLUMN * _most_of_the_others(name, fullest, columns))
    )


def _most_of_the_others(name: str, fullest: Mapping[str, float], columns: Mapping[str, int]) -> float:
    others = (ink for other, ink in fullest.items() if other != name and columns[other] == columns[name])
    return max(others, default=0.0)


def _fullest(written: Written, width: int) -> float:
    """The most ink in any upright strip of `width` columns, in pixels a column."""
    a_column = np.asarray(written.ink, np.float64).sum(axis=0)
    return float(np.convolve(np.pad(a_column, width), np.ones(width) / width, "same").max())
