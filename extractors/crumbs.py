"""Finds zones whose writing the fax broke to dots: a thin pen between the lines of a standard fax leaves no stroke.

Such a zone is unreadable, not blank. Dirt makes dots too, but as many outside the zones as in them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from extractors.marks import Piece, WrittenPage
from offers.forms import FieldKind, Zone

_FEWEST_DOTS = 4
_CHANCE_OF_DIRT = 1e-4
"""Of a zone that so many dots of dirt fell into. Of 1,246 blank zones on 60 pages with moderate damage one has four
dots, at a chance of 4 in 10,000 on that page; none has more."""
_SAME_COLUMN = 4
"""Pixels at 200 dpi. Dots one above the other count as one: dirt on the glass leaves a broken line down the page."""
_FAINT_PAGE = 3
"""Zones of crumbs from which a page's pen is taken to be too thin: there, paper without a dot proves nothing either."""
_CHANCE_OF_DIRT_IN_A_ROW = 1e-2
"""Less than this on a faint page, and somebody wrote in that row."""


@dataclass(frozen=True, slots=True)
class _Dots:
    """In how many columns of some zones dots lie, and how many dots dirt alone would have put there."""

    count: int
    expected: float

    @property
    def chance_of_dirt(self) -> float:
        """The chance of so many dots or more where only dirt falls (Poisson)."""
        fewer = (self.expected**k / math.factorial(k) for k in range(self.count))
        return 1.0 - math.exp(-self.expected) * sum(fewer)


def crumbled_zones(shared: WrittenPage, zones: Sequence[Zone]) -> frozenset[str]:
    """The names of the zones without writing that cannot be called blank, for the dots in them or in others."""
    dots = _dots_by_zone(shared, zones)
    empty = [zone for zone in zones if not shared.by_zone[zone.name].pieces and zone.field_kind is not FieldKind.TICK]
    crumbled = frozenset(
        zone.name
        for zone in empty
        if dots[zone.name].count >= _FEWEST_DOTS and dots[zone.name].chance_of_dirt < _CHANCE_OF_DIRT
    )
    if len(crumbled) < _FAINT_PAGE:
        return crumbled
    rows: dict[int | None, list[_Dots]] = {}
    for zone in zones:
        rows.setdefault(zone.row, []).append(dots[zone.name])
    used = {zone.row for zone in zones if shared.by_zone[zone.name].pieces}
    used |= {row for row, cells in rows.items() if _together(cells).chance_of_dirt < _CHANCE_OF_DIRT_IN_A_ROW}
    return frozenset(zone.name for zone in empty if zone.row is None or zone.row in used)


def _together(cells: Iterable[_Dots]) -> _Dots:
    counts = [(each.count, each.expected) for each in cells]
    return _Dots(sum(count for count, _ in counts), sum(expected for _, expected in counts))


def _dots_by_zone(shared: WrittenPage, zones: Sequence[Zone]) -> dict[str, _Dots]:
    height, width = shared.ink.shape
    within = {zone.name: [dot for dot in shared.dots if _lies_in(dot, zone, height, width)] for zone in zones}
    areas = {zone.name: (zone.box.x1 - zone.box.x0) * (zone.box.y1 - zone.box.y0) for zone in zones}
    outside = len(shared.dots) - sum(len(dots) for dots in within.values())
    # One dot more than there are: on a spotless page the next speck may still be dirt.
    density = (outside + 1) / (1 - sum(areas.values()))
    return {zone.name: _Dots(_columns(within[zone.name]), density * areas[zone.name]) for zone in zones}


def _columns(dots: Sequence[Piece]) -> int:
    lefts = sorted(dot.left for dot in dots)
    return sum(right - left >= _SAME_COLUMN for left, right in itertools.pairwise(lefts)) + bool(lefts)


def _lies_in(dot: Piece, zone: Zone, height: int, width: int) -> bool:
    box = zone.box
    across, down = (dot.left + dot.right) / 2 / width, (dot.top + dot.bottom) / 2 / height
    return box.x0 <= across < box.x1 and box.y0 <= down < box.y1
