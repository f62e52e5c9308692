"""Small charts as numbers: where each bar stands; the templates draw them as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAYS_SHOWN = 4
_WIDTH, _HEIGHT, _FLOOR = 286.0, 48.0, 62.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar in the chart's own units (286 wide, floor at 62)."""

    x: float
    y: float
    height: float
    is_today: bool
    count: int


@dataclass(frozen=True, slots=True)
class Hours:
    """Forms received in each hour of the last days. `days` give where each day begins and what it is called."""

    bars: tuple[Bar, ...]
    days: tuple[tuple[float, str], ...]
    most: int
    today: int
    yesterday: int


def hours_of(received: Mapping[datetime, int], until: datetime, now: datetime, zone: ZoneInfo) -> Hours:
    """`received` counts by full hour (UTC); the chart ends with the day of `until`, the counts are those of `now`."""
    today, last = now.astimezone(zone).date(), until.astimezone(zone).date()
    first = last - timedelta(days=DAYS_SHOWN - 1)
    step = _WIDTH / (DAYS_SHOWN * 24)
    shown = {hour: count for hour, count in received.items() if first <= hour.astimezone(zone).date() <= last}
    most = max(shown.values(), default=1)
    bars = []
    for hour, count in sorted(shown.items()):
        local = hour.astimezone(zone)
        x = ((local.date() - first).days * 24 + local.hour) * step
        height = _HEIGHT * count / most
        bars.append(Bar(round(x, 1), round(_FLOOR - height, 1), round(height, 1), local.date() == today, count))
    per_day = {day: _on(received, day, zone) for day in (today, today - timedelta(days=1))}
    days = tuple(
        (round(n * 24 * step, 1), f"{first + timedelta(days=n):%a} {(first + timedelta(days=n)).day}")
        for n in range(DAYS_SHOWN)
    )
    return Hours(tuple(bars), days, most, per_day[today], per_day[today - timedelta(days=1)])


def _on(received: Mapping[datetime, int], day: date, zone: ZoneInfo) -> int:
    return sum(count for hour, count in received.items() if hour.astimezone(zone).date() == day)


@dataclass(frozen=True, slots=True)
class Paper:
    """One form of the holder on the time line, in its units (536 wide); None where a moment is unknown."""

    number: str
    signed_x: float | None
    received_x: float | None
    is_this: bool
    colour: str
    label: str
    label_at_end: bool


@dataclass(frozen=True, slots=True)
class TimeLine:
    """When the holder's forms were signed (upper line) and received (lower line)."""

    papers: tuple[Paper, ...]
    ticks: tuple[tuple[float, str], ...]
    now_x: float | None
    expires_x: float
    words: str


@dataclass(frozen=True, slots=True)
class Moment:
    """One form as the time line needs it."""

    number: str
    signed_at: datetime | None
    received_at: datetime | None
    is_this: bool
    colour: str
    label: str


_LINE_FROM, _LINE_TO = 52.0, 528.0
_MOST_DAYS_DRAWN = 45
"""Past that a line for each day is a grey block: a misread year or month stretches the line."""


def time_line(
    moments: Sequence[Moment], begins: datetime, expires: datetime, now: datetime, zone: ZoneInfo
) -> TimeLine:
    known = [at for m in moments for at in (m.signed_at, m.received_at) if at is not None]
    start = min([begins, *known])
    end = max([expires + timedelta(hours=20), *known])
    span = (end - start).total_seconds()

    def place(at: datetime | None) -> float | None:
        return (
            None if at is None else round(_LINE_FROM + (_LINE_TO - _LINE_FROM) * (at - start).total_seconds() / span, 1)
        )

    papers = tuple(
        Paper(
            m.number,
            place(m.signed_at),
            place(m.received_at),
            m.is_this,
            m.colour,
            m.label,
            (place(m.received_at) or 0) > 330,
        )
        for m in moments
    )
    words = "; ".join(f"{m.number}: {m.label}" for m in moments)
    return TimeLine(
        papers,
        _ticks(start, end, zone, place),
        place(now) if start <= now <= end else None,
        place(expires) or _LINE_TO,
        words,
    )


def _ticks(start: datetime, end: datetime, zone: ZoneInfo, place: object) -> tuple[tuple[float, str], ...]:
    assert callable(place)
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    days = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    every = max(1, -(-len(days) // 6))
    if len(days) > _MOST_DAYS_DRAWN:
        days = days[::every]
        every = 1
    return tuple(
        (
            place(datetime.combine(day, datetime.min.time(), tzinfo=zone)),
            f"{day:%b} {day.day}" if n % every == 0 else "",
        )
        for n, day in enumerate(days)
    )
