"""A written line as a reader likes it: tight, of one height, softened at its 1-bit edges."""

from __future__ import annotations

import cv2
import numpy as np

from extractors.page_images import Gray

PAPER = 255


def scaled_to_height(picture: Gray, ink_height: int, margin: int, stretch: float = 1.0, softness: float = 0.0) -> Gray:
    """The line's ink brought to `ink_height` pixels with `margin` white pixels around it.

    `picture` is tight around the ink; `stretch` widens it (touching digits come apart for a reader with coarse time
    steps); `softness` is the sigma in pixels of the blur over the edges that a fax left as stairs. A line lower than
    eight pixels (a dash, a dot) is enlarged eightfold at most, so that it does not become a block.
    """
    height, width = picture.shape
    scale = min(ink_height / max(height, 1), 8.0)
    size = (max(round(width * scale * stretch), 2), max(round(height * scale), 1))
    shrinking = scale < 1.0
    line = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR)
    above = margin + max(ink_height - line.shape[0], 0) // 2
    below = margin + max(ink_height - line.shape[0] + 1, 0) // 2
    line = cv2.copyMakeBorder(line, above, below, margin, margin, cv2.BORDER_CONSTANT, value=PAPER)
    if softness:
        line = cv2.GaussianBlur(line, (0, 0), softness)
    return np.ascontiguousarray(line, dtype=np.uint8)
