"""Takes the printed form out of a registered page, and shows what of it is missing; it reads nothing.

Print is dropped where the blank has it, a little widened: the fax thickens strokes and no registration is perfect.
Ruled lines are treated apart, since people write across them: where ink goes on above and below a line, the stroke
between is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from extractors.blank_pages import BlankPage
from extractors.page_images import Gray

_INK: Final = 128
"""Darker than this is ink, on a registered page."""
_TRACE: Final = 200
"""Darker than this is a trace of print: a descreened page has its thin strokes in grey."""
_RULE_LENGTH: Final = 60
"""Print in a run of this many pixels (0.3 inch) is a ruled line, not a letter."""
_SPREAD: Final = 7
"""Print is widened by 3 pixels (1.1 points) to each side: half is the fax's thickening, half is misregistration."""
_BRIDGE: Final = 13
"""A stroke is followed across a rule of up to this many widened pixels."""
_PAPER: Final = 255

Mask = NDArray[np.uint8]
"""0 or 255, at full size."""


@dataclass(frozen=True, slots=True, eq=False)
class PrintMasks:
    """The blank's print, exact and widened: letters, horizontal rules, vertical rules."""

    exact: Mask
    letters: Mask
    level_rules: Mask
    upright_rules: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Dropout:
    """`ink` is the page without its printed form, `missing` the print (black) that the page lacks."""

    ink: Gray
    missing: Gray


@lru_cache(maxsize=12)  # 15 MB each
def print_masks(blank: BlankPage) -> PrintMasks:
    exact = _mask(blank.picture < 160)
    level = _opened(exact, (_RULE_LENGTH, 1))
    upright = _opened(exact, (1, _RULE_LENGTH))
    # A rule's ends and the letters' parts that stick to it belong to neither opening; they go with the letters.
    letters = cv2.bitwise_and(exact, cv2.bitwise_not(cv2.bitwise_or(level, upright)))
    return PrintMasks(exact, _widened(letters), _widened(level), _widened(upright))


def drop_print(registered: Gray, blank: BlankPage) -> Dropout:
    """What was written on a registered page, and what of the blank's print is not there."""
    masks = print_masks(blank)
    dark = _mask(registered < _INK)
    written = cv2.bitwise_and(
        dark, cv2.bitwise_not(cv2.bitwise_or(masks.letters, cv2.bitwise_or(masks.level_rules, masks.upright_rules)))
    )
    across_level = _bridged(written, dark, masks.level_rules, (1, _BRIDGE))
    across_upright = _bridged(written, dark, masks.upright_rules, (_BRIDGE, 1))
    written = cv2.bitwise_or(written, cv2.bitwise_or(across_level, across_upright))
    # A soft rim around what was written keeps the strokes' grey edges for the readers.
    rim = cv2.dilate(written, np.ones((3, 3), np.uint8))
    ink = np.full_like(registered, _PAPER)
    np.copyto(ink, registered, where=rim > 0)
    present = cv2.dilate(_mask(registered < _TRACE), np.ones((_SPREAD, _SPREAD), np.uint8))
    missing = cv2.bitwise_or(cv2.bitwise_not(masks.exact), present)
    return Dropout(ink, np.asarray(missing, np.uint8))


def _bridged(written: cv2.typing.MatLike, dark: Mask, rules: Mask, kernel: tuple[int, int]) -> cv2.typing.MatLike:
    """The dark pixels of a rule that lie between writing on both its sides."""
    joined = cv2.morphologyEx(written, cv2.MORPH_CLOSE, np.ones(kernel[::-1], np.uint8))
    return cv2.bitwise_and(joined, cv2.bitwise_and(dark, rules))


def _mask(condition: NDArray[np.bool_]) -> Mask:
    return condition.astype(np.uint8) * np.uint8(255)


def _opened(mask: Mask, kernel: tuple[int, int]) -> Mask:
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones(kernel[::-1], np.uint8)), np.uint8)


def _widened(mask: cv2.typing.MatLike) -> Mask:
    return np.asarray(cv2.dilate(mask, np.ones((_SPREAD, _SPREAD), np.uint8)), np.uint8)
