"""Cells in which a figure was written over another: two figures on one spot are a blot. It reads nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from extractors.marks import Written, columns_of
from offers.forms import Zone

_WINDOW = 0.5
"""Side of the square that is looked at, as a share of the height of the page's figures."""
_SOLID = 0.75
_DARKER = 1.36
"""Ink of the darkest square, as a share of it and as a multiple of what the page's cells usually have. One cell of 54
clean elections has both and is darker than its column too, of a hand that the fax broke up; of 16 cells with a figure
written over ten."""
_DARKER_THAN_COLUMN = 1.1
_FEWEST_CELLS = 3


def blotted_cells(zones: Sequence[Zone], by_zone: Mapping[str, Written]) -> frozenset[str]:
    """The names of the table's cells that hold a blot, by what this page's other cells are like."""
    cells = {zone.name: by_zone[zone.name] for zone in zones if zone.row is not None and by_zone[zone.name].pieces}
    if len(cells) < _FEWEST_CELLS:
        return frozenset()
    figure = float(np.median([max(piece.height for piece in written.pieces) for written in cells.values()]))
    darkest = {name: _darkest(written, max(3, round(_WINDOW * figure))) for name, written in cells.items()}
    usual = float(np.median(list(darkest.values())))
    columns = {zone.name: place for place, column in enumerate(columns_of(zones)) for zone in column}
    return frozenset(
        name
        for name, dark in darkest.items()
        if dark >= max(_SOLID, _DARKER * usual, _DARKER_THAN_COLUMN * _others(name, darkest, columns))
    )


def _others(name: str, darkest: Mapping[str, float], columns: Mapping[str, int]) -> float:
    """What the other cells of a cell's column usually have: a dollar sign is darker than figures, and all have it."""
    others = [dark for other, dark in darkest.items() if other != name and columns[other] == columns[name]]
    return float(np.median(others)) if others else 0.0


def _darkest(written: Written, side: int) -> float:
    """The most ink in any square of `side` pixels, 0.0-1.0."""
    return float(cv2.boxFilter(np.pad(written.ink, side).astype(np.float32), -1, (side, side)).max())
