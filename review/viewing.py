"""Which part of a page is shown, in the page's own units: 1000 wide, as high as the picture's shape says."""

from __future__ import annotations

from dataclasses import dataclass

from core.readings import Box

UNITS = 1000.0
_VIEWER_SHAPE = 1.22
"""Height over width of the place for the picture at 1440 x 900; elsewhere the picture is fitted in."""
_ZONE_SHARE = 0.36
"""How much of the viewer's width a chosen zone takes."""
_SMALLEST = UNITS / 6


@dataclass(frozen=True, slots=True)
class View:
    """The window onto a page: its corner and size in units; `turn` in degrees, clockwise."""

    height: float
    x: float
    y: float
    w: float
    h: float
    turn: int = 0

    @property
    def view_box(self) -> str:
        return f"{self.x:.1f} {self.y:.1f} {self.w:.1f} {self.h:.1f}"

    @property
    def mark(self) -> float:
        """Radius of a state's mark, so that it is some 8 pixels on the screen."""
        return self.w / 62

    @property
    def turned(self) -> str:
        return f"rotate({self.turn} {UNITS / 2:.0f} {self.height / 2:.1f})"


def view_of(width: int, height: int, box: Box | None, *, zoom: float = 0.0, turn: int = 0) -> View:
    """The window that shows `box` at a third of its width, or the whole page; `zoom` over 0 sets the scale instead."""
    units_high = UNITS * height / max(1, width)
    turn = turn % 360 // 90 * 90
    if box is None or turn:
        w = UNITS if turn % 180 == 0 else units_high
        h = units_high if turn % 180 == 0 else UNITS
        w, h = (w / zoom, h / zoom) if zoom else (w, h)
        return View(units_high, (UNITS - w) / 2, (units_high - h) / 2, w, h, turn)
    w = UNITS / zoom if zoom else min(UNITS, max(UNITS / 3, (box.x1 - box.x0) * UNITS / _ZONE_SHARE))
    w = max(_SMALLEST, w)
    h = w * _VIEWER_SHAPE
    x = _within((box.x0 + box.x1) / 2 * UNITS - w / 2, UNITS - w)
    y = _within((box.y0 + box.y1) / 2 * units_high - h * 0.44, units_high - h)
    return View(units_high, x, y, w, h)


def _within(value: float, most: float) -> float:
    return min(max(value, -20.0), max(most + 20.0, -20.0))
