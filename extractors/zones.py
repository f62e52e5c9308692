"""What stands in each zone of a registered page, before anybody reads it: written, blank or unreadable ink.

It shares the ink out, finds what was done to it (struck rows, crossed words, ticks, notes outside the boxes, print
struck out) and refuses to know any reader.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace

import numpy as np

from core.readings import Box
from extractors.crumbs import crumbled_zones
from extractors.marginalia import drawn_around, notes_on
from extractors.marks import Written, WrittenPage, share_out
from extractors.overwriting import overwritten_cells
from extractors.page_images import Gray, RegisteredPage
from extractors.printed_text import PrintedLine
from extractors.stand_ins import cells_without_figures
from extractors.streaks import without_streaks
from extractors.strikes import RowTrouble, read_row_trouble
from extractors.struck_print import struck_words
from extractors.tick import Tick, read_tick
from offers.forms import FieldKind, FormPage, Zone

_LINE_THICKNESS = 9
"""Pixels: a column of ink no higher than this is a drawn line, not a figure."""
_LINE_SHARE = 0.85
_LABEL_BELOW = 0.02
"""Of the page: how far below a signature's box its label begins at most."""


@dataclass(frozen=True, slots=True)
class ZoneInk:
    """One zone with what was written in it.

    `unreadable`: the fax lost this place or broke its writing to dots, or it lies badly on the blank; blank paper there
    proves nothing. `no_figures`: what stands in this cell is ditto marks or a line down the column, and no value.
    """

    zone: Zone
    written: Written = field(repr=False)
    unreadable: bool = False
    no_figures: bool = False

    @property
    def is_filled(self) -> bool:
        return bool(self.written.pieces)


@dataclass(frozen=True, slots=True)
class PageInk:
    """A page's zones in the form's order, what was done to its rows (by row number), its notes, its struck print."""

    zones: tuple[ZoneInk, ...] = ()
    shared: WrittenPage | None = field(default=None, repr=False)
    ticks: Mapping[str, Tick] = field(default_factory=dict)
    rows: Mapping[int, RowTrouble] = field(default_factory=dict)
    notes: tuple[Written, ...] = ()
    struck: tuple[str, ...] = ()


def ink_of_page(page: RegisteredPage, printed: tuple[PrintedLine, ...]) -> PageInk:
    """`printed` are the printed lines of the page's blank. A page that matches no blank has no zones and no ink."""
    if page.ink is None or page.registered is None or page.form_page is None:
        return PageInk()
    ink = without_streaks(page.ink)
    form_page = page.form_page
    shared = share_out(ink, form_page.zones)
    rows = _row_troubles(ink, form_page, shared, overwritten_cells(form_page.zones, shared.by_zone))
    crumbled = crumbled_zones(shared, form_page.zones)
    stand_ins = cells_without_figures(ink, form_page.zones, shared.by_zone)
    return PageInk(
        tuple(
            replace(
                _zone_ink(zone, form_page, shared, rows, lost=zone.name in crumbled or _is_lost(zone, page.unreadable)),
                no_figures=zone.name in stand_ins,
            )
            for zone in form_page.zones
        ),
        shared,
        {
            zone.name: read_tick(ink, zone.box, shared.by_zone[zone.name])
            for zone in form_page.zones
            if zone.field_kind is FieldKind.TICK
        },
        rows,
        (*notes_on(shared), *drawn_around(shared, [zone for zone in form_page.zones if _is_untroubled(zone, rows)])),
        struck_words(page.registered, [line for line in printed if not _is_a_signatures_label(line, form_page)]),
    )


def _row_troubles(
    ink: Gray, form_page: FormPage, shared: WrittenPage, overwritten: Set[str]
) -> Mapping[int, RowTrouble]:
    rows: dict[int, list[Zone]] = {}
    for zone in form_page.zones:
        if zone.row is not None:
            rows.setdefault(zone.row, []).append(zone)
    return {
        row: replace(
            read_row_trouble(ink, [(zone.box, shared.by_zone[zone.name]) for zone in zones]),
            overwritten=any(zone.name in overwritten for zone in zones),
        )
        for row, zones in rows.items()
    }


def _zone_ink(
    zone: Zone,
    form_page: FormPage,
    shared: WrittenPage,
    rows: Mapping[int, RowTrouble],
    *,
    lost: bool,
) -> ZoneInk:
    written = shared.by_zone[zone.name]
    struck = zone.row is not None and rows[zone.row].struck
    if struck and all(_is_mere_line(shared.by_zone[each.name]) for each in form_page.zones if each.row == zone.row):
        # A line through an unused row strikes nothing out (rulebook 23).
        written = Written()
    edged = zone.row is not None and rows[zone.row].edged
    return ZoneInk(zone, written, edged or lost)


def _is_untroubled(zone: Zone, rows: Mapping[int, RowTrouble]) -> bool:
    """Whether it is a cell of a row that bears no line for any other reason."""
    return zone.row is not None and not (rows[zone.row].struck or rows[zone.row].crossed or rows[zone.row].edged)


def _is_a_signatures_label(line: PrintedLine, form_page: FormPage) -> bool:
    """The word under the line to sign on: flourishes go through it, and nobody strikes it out."""
    return any(
        zone.box.y1 <= line.box.y0 <= zone.box.y1 + _LABEL_BELOW
        and zone.box.x0 - _LABEL_BELOW <= line.box.x0
        and line.box.x1 <= zone.box.x1 + _LABEL_BELOW
        for zone in form_page.zones
        if zone.field_kind is FieldKind.SIGNATURE
    )


def _is_lost(zone: Zone, unreadable: tuple[Box, ...]) -> bool:
    return any(_overlap(zone.box, lost) for lost in unreadable)


def _is_mere_line(written: Written) -> bool:
    """Whether a struck cell holds the line alone: no column of its ink is higher than a line is thick."""
    ink = written.ink
    if not ink.size or not ink.any():
        return True
    columns = ink[:, ink.any(axis=0)]
    first, last = columns.argmax(axis=0), columns.shape[0] - 1 - columns[::-1].argmax(axis=0)
    return float(np.mean(last - first < _LINE_THICKNESS)) >= _LINE_SHARE


def _overlap(one: Box, other: Box) -> bool:
    """Whether they share more than a sliver of the first one's height."""
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    down = min(one.y1, other.y1) - max(one.y0, other.y0)
    return across > 0 and down > 0.15 * (one.y1 - one.y0)
