"""Printed words of the form that somebody crossed out (FORM_ALTERED, rulebook 23).

Along a line drawn through words nearly every pixel is ink, for an inch and more; along the middle of plain print half
of them are. A strike of less than _WINDOW is not found here: nothing tells it from a hyphen or bold capitals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from extractors.page_images import Gray
from extractors.printed_text import PrintedLine

_INK_BELOW: Final = 150
_WINDOW: Final = 76
"""Pixels at 100 dpi (0.76 inch) along which a stroke is followed."""
_COVERED: Final = 0.96
"""Share of a window that is ink on a strike. In 48 plain pages, half of them at 98 lines, no window reached it."""
_SLOPES: Final = tuple(np.linspace(-0.028, 0.028, 8).tolist())
_MIDDLE: Final = (0.27, 0.7)
"""Where in a printed line's height a stroke goes through its words; lower it underlines them."""
_WORD_SHARE: Final = 0.5
"""Share of a word's width that must be struck."""


def struck_words(registered: Gray, lines: Sequence[PrintedLine]) -> tuple[str, ...]:
    """The runs of printed words with a line through them, top to bottom. `registered` is the page with its print."""
    if not lines:
        return ()
    strokes = _long_strokes(registered)
    if not strokes.any():
        return ()
    return tuple(run for line in lines for run in _struck_runs(strokes, line))


def _long_strokes(registered: Gray) -> NDArray[np.bool_]:
    """Places at 100 dpi that lie on a nearly level stroke of _WINDOW pixels and more."""
    # The darkest of four pixels: a thin stroke must not fade away. `min(axis=(1, 3))` would take thirty times as long.
    whole = registered[: registered.shape[0] // 2 * 2, : registered.shape[1] // 2 * 2]
    darker = np.minimum(whole[::2], whole[1::2])
    ink: Gray = np.where(np.minimum(darker[:, ::2], darker[:, 1::2]) < _INK_BELOW, 255, 0).astype(np.uint8)
    found: NDArray[np.bool_] = np.zeros(ink.shape, np.bool_)
    for slope in _SLOPES:
        shear = np.array([[1.0, 0.0, 0.0], [-slope, 1.0, slope * ink.shape[1] / 2]])
        level = cv2.warpAffine(ink, shear, ink.shape[::-1], flags=cv2.INTER_NEAREST)
        thick = cv2.dilate(level, np.ones((2, 1), np.uint8))
        covered = cv2.boxFilter(thick, -1, (_WINDOW, 1)) >= _COVERED * 255
        if covered.any():
            strokes = cv2.dilate(covered.astype(np.uint8), np.ones((1, _WINDOW), np.uint8))
            back = np.array([[1.0, 0.0, 0.0], [slope, 1.0, -slope * ink.shape[1] / 2]])
            found |= np.asarray(cv2.warpAffine(strokes, back, ink.shape[::-1], flags=cv2.INTER_NEAREST)) > 0
    return found


def _struck_runs(strokes: NDArray[np.bool_], line: PrintedLine) -> Iterator[str]:
    """Neighbouring words of one line that a stroke goes through, as one string."""
    rows, columns = strokes.shape
    height = line.box.y1 - line.box.y0
    top, bottom = (round((line.box.y0 + share * height) * rows) for share in _MIDDLE)
    struck_columns: NDArray[np.bool_] = np.asarray(np.any(strokes[top : bottom + 1], axis=0))
    run: list[str] = []
    for word in line.words:
        covered = struck_columns[round(word.box.x0 * columns) : round(word.box.x1 * columns)]
        if covered.size and float(np.mean(covered)) >= _WORD_SHARE:
            run.append(word.text)
        elif run:
            yield " ".join(run)
            run = []
    if run:
        yield " ".join(run)
