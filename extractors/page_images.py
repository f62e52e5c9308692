"""One page of a fax as pictures: upright, laid onto its blank, and without its printed form.

It refuses to know how the pictures were made (extractors.pages) and what is written on them (the zone readers).

All pictures are two-dimensional uint8 arrays, dark ink (0) on white paper (255), row 0 at the top. A registered picture
covers the blank's whole page: fraction (x, y) of the page is pixel (x * width, y * height), so that a field's box cuts
its crop without further arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.readings import Box
from core.transmissions import PageReading

if TYPE_CHECKING:
    from extractors.page_text import TextLine
    from offers.forms import FormPage

Gray = NDArray[np.uint8]
"""A grey picture, height x width, 0 black to 255 white."""

WORKING_DPI = 200
"""Resolution of every squared and registered picture: fine fax is 204 x 196, so nothing is lost and little invented."""

PIXELS_PER_POINT = WORKING_DPI / 72.0


@dataclass(frozen=True, slots=True)
class RegisteredPage:
    """One page, read as far as its picture goes.

    `squared` is upright with square pixels at WORKING_DPI. The other pictures are None on a page that matches no blank:
    `registered` is the page laid onto the blank (a Letter page is 1700 x 2200), `ink` is `registered` with the printed
    form dropped out (what somebody wrote, and dirt), `missing` shows in black the print of the blank that the page
    lacks (painted over, torn, cut off), `residual_points` the registration's median residual.

    `unreadable` are places of the registered page where nothing can be read, whatever it looks like: print lost or
    drowned in black, fax lines broken. A zone there is illegible, never blank. `ink` has the sender's header line, if
    any, already taken off. `drift` are rows (y, dx, dy) by rising y, fractions of the blank: how far an uneven feed put
    the page's content off its affine map.
    """

    page: PageReading
    squared: Gray = field(repr=False)
    registered: Gray | None = field(default=None, repr=False)
    ink: Gray | None = field(default=None, repr=False)
    missing: Gray | None = field(default=None, repr=False)
    form_page: FormPage | None = None
    pixels_per_point: float = PIXELS_PER_POINT
    residual_points: float = 0.0
    unreadable: tuple[Box, ...] = ()
    drift: tuple[tuple[float, float, float], ...] = ()
    text_lines: tuple[TextLine, ...] = ()
    """The lines of a page that matches no blank, with their places on `squared`."""

    def crop_of(self, box: Box, picture: Gray, margin_points: float = 0.0) -> Gray:
        """The part of one of this page's registered pictures under `box`, clipped to the page; a view, not a copy."""
        height, width = picture.shape
        margin = margin_points * self.pixels_per_point
        left, right = sorted((round(box.x0 * width - margin), round(box.x1 * width + margin)))
        top, bottom = sorted((round(box.y0 * height - margin), round(box.y1 * height + margin)))
        return picture[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]

    def on_page(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the blank lies on `squared`, both in fractions. Only for a registered page."""
        if self.page.affine is None:
            raise ValueError(f"page {self.page.number} lies on no blank: it has no such point")
        if self.drift:
            heights, across, down = zip(*self.drift, strict=True)
            x, y = x + float(np.interp(y, heights, across)), y + float(np.interp(y, heights, down))
        a, b, tx, c, d, ty = self.page.affine
        return a * x + b * y + tx, c * x + d * y + ty
