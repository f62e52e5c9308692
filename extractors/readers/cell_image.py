"""The picture that the cell reader's network sees of a line: one height, paper around it.

The recipe in training/ makes its pictures with this same function: change it, and the networks must be trained again.
(They were trained with a stretch of 1.6 and 1.84 and read better with a little more: docs/decisions/0057.)
"""

from __future__ import annotations

import cv2
import numpy as np

from extractors.page_images import Gray

HEIGHT = 32
"""Pixels, the network's own."""
_INK_HEIGHT = 28
_SIDE_MARGIN = 6
_STRETCH = 1.93
"""Widened, since the network takes a step every four columns and narrow touching digits need steps between them."""
_LARGEST_SCALE = 2.0
"""A lone dash or dot is not blown up into a wall."""
_WIDEST = 1700
_PAPER = 255


def cell_image(line: Gray) -> Gray:
    """The line (tight or with some paper around it, 0 is ink) scaled to HEIGHT rows; as wide as it then is."""
    height, width = line.shape
    scale = min(_INK_HEIGHT / height, _LARGEST_SCALE)
    size = (min(max(round(width * scale * _STRETCH), 4), _WIDEST), max(round(height * scale), 1))
    shrinks = size[1] < height
    scaled = cv2.resize(line, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    above = (HEIGHT - size[1]) // 2
    picture = np.full((HEIGHT, size[0] + 2 * _SIDE_MARGIN), _PAPER, np.uint8)
    picture[above : above + size[1], _SIDE_MARGIN:-_SIDE_MARGIN] = scaled
    return picture
