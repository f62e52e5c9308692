"""The night report's charts as numbers: where each bar stands. The templates draw them; it refuses to know HTML.

A bar is told from its neighbour by its filling, never by colour alone, so that a page on grey paper says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from reports.wording import say_moment


class Fill(StrEnum):
    """How a bar is filled: each can be told from the others in black and white."""

    SOLID = "solid"
    HATCHED = "hatched"
    OPEN = "open"
    PALE = "pale"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle, in the chart's units from its top left corner; `count` is what it stands for."""

    x: float
    y: float
    width: float
    height: float
    fill: Fill
    count: int


@dataclass(frozen=True, slots=True)
class Label:
    """Words at a place; `anchor` is SVG's text-anchor."""

    x: float
    y: float
    words: str
    anchor: str = "middle"
    size: float = 11.0


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars and words on a ground `width` by `height`; `floor` is the line that columns stand on."""

    width: float
    height: float
    floor: float
    bars: tuple[Bar, ...]
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column, its parts from the floor up. `label` is "" where nothing is written under it."""

    label: str
    parts: tuple[tuple[Fill, int], ...]
    shows_count: bool = False
    anchor: str = "start"

    @property
    def count(self) -> int:
        return sum(count for _, count in self.parts)


_WIDTH, _FLOOR, _HEADROOM, _WORDS = 430.0, 92.0, 14.0, 14.0
_LEAST_SEEN = 1.2
"""A part that is there at all is at least this high: one form among hundreds must not vanish."""


def columns_chart(columns: Sequence[Column], *, figures: float = 11.0) -> Chart:
    """Columns side by side, the highest filling the chart; it and those that ask for it carry their count.

    `figures` is the size of the counts.
    """
    step = _WIDTH / max(1, len(columns))
    width = step - min(2.5, step * 0.2)
    most = max((column.count for column in columns), default=0)
    bars: list[Bar] = []
    labels: list[Label] = []
    for number, column in enumerate(columns):
        left, top = number * step, _FLOOR
        for fill, count in column.parts:
            if count:
                height = max(_LEAST_SEEN, (_FLOOR - _HEADROOM) * count / most)
                top -= height
                bars.append(Bar(_r(left), _r(top), _r(width), _r(height), fill, count))
        if column.label:
            edge = {"start": 0.0, "middle": width / 2, "end": width}[column.anchor]
            labels.append(Label(_r(left + edge), _FLOOR + _WORDS, column.label, column.anchor))
        if column.count and (column.count == most or column.shows_count):
            labels.append(Label(_r(left + width / 2), _r(top - 3), f"{column.count:,}", size=figures))
    return Chart(_WIDTH, _FLOOR + _WORDS + 4, _FLOOR, tuple(bars), tuple(labels))


_ROW = 16.0


def row_chart(parts: Sequence[tuple[Fill, int]], whole: int, *, width: float = _WIDTH, height: float = _ROW) -> Chart:
    """One row from left to right on a scale from nothing to `whole`; negative parts take no room."""
    bars: list[Bar] = []
    left = 0.0
    for fill, count in parts:
        if count > 0:
            length = max(_LEAST_SEEN, width * count / max(1, whole))
            bars.append(Bar(_r(left), 0.0, _r(length), height, fill, count))
            left += length
    return Chart(width, height, height, tuple(bars), ())


_LINE_Y, _LINE_HEIGHT = 22.0, 42.0


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """The offer as a line from its beginning to its expiration, and how far this run stands on it.

    `gone` is the part that has passed; `words` are what a reader who sees no picture is told.
    """

    width: float
    height: float
    y: float
    gone: float
    ticks: tuple[float, ...]
    labels: tuple[Label, ...]
    words: str


def time_left_chart(begins: datetime, expires: datetime, at: datetime, zone: ZoneInfo) -> TimeLeft:
    """A tick at each midnight of the offer's zone. An instant outside of the offer stays at the line's end."""
    span = max(1.0, (expires - begins).total_seconds())

    def place(moment: datetime) -> float:
        return _r(_WIDTH * min(1.0, max(0.0, (moment - begins).total_seconds() / span)))

    first, last = begins.astimezone(zone).date(), expires.astimezone(zone).date()
    midnights = [
        datetime.combine(first + timedelta(days=n), datetime.min.time(), tzinfo=zone)
        for n in range(1, (last - first).days + 1)
    ]
    here = place(at)
    labels = (
        Label(0.0, _LINE_Y + 16, _say_day(begins, zone), "start"),
        Label(_WIDTH, _LINE_Y + 16, f"ends {say_moment(expires, zone)}", "end"),
        Label(here, _LINE_Y - 9, "this run", "start" if here < 30 else "end" if here > _WIDTH - 30 else "middle"),
    )
    words = f"The offer runs from {_say_day(begins, zone)} to {say_moment(expires, zone, zone_name=True)}"
    return TimeLeft(_WIDTH, _LINE_HEIGHT, _LINE_Y, here, tuple(place(m) for m in midnights), labels, words)


def _say_day(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%b} {local.day}"


def _r(number: float) -> float:
    return round(number, 1)
