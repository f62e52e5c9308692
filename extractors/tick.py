"""Whether a box is ticked: by tick, cross or scribble; None where one cannot say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.readings import Box
from extractors.marks import INK_BELOW, Written
from extractors.page_images import Gray

_RIM = 0.12
"""Share of the box's side left out along its frame, where remnants of the printed frame lie."""
_BLANK_BELOW = 0.012
_TICKED_FROM = 0.045
"""Shares of the box's inside that are ink. Measured on 400 boxes: see docs/decisions/0050."""


@dataclass(frozen=True, slots=True)
class Tick:
    """`ticked` None = unsure. `confidence` 0.0-1.0 of what `ticked` says."""

    ticked: bool | None
    confidence: float


def read_tick(ink: Gray, box: Box, written: Written) -> Tick:
    """`ink` is the registered, dropped-out page; `written` what was shared out to the box, strokes beyond it too."""
    height, width = ink.shape
    rim_x, rim_y = (box.x1 - box.x0) * _RIM, (box.y1 - box.y0) * _RIM
    inside = ink[
        round((box.y0 + rim_y) * height) : round((box.y1 - rim_y) * height),
        round((box.x0 + rim_x) * width) : round((box.x1 - rim_x) * width),
    ]
    share = float(np.mean(inside < INK_BELOW)) if inside.size else 0.0
    if share >= _TICKED_FROM:
        return Tick(True, min(0.9 + share, 0.999))
    if share <= _BLANK_BELOW and written.area <= _TICKED_FROM * inside.size:
        return Tick(False, 0.999 - 4 * share)
    return Tick(None, 0.5)
