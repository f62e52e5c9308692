"""How the desk says moments, spans, shares and dispositions (the desk's wording)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.findings import Disposition
from core.judgements import Standing, State
from validators.wording import say_shares


def say_clock(at: datetime, zone: ZoneInfo) -> str:
    """`10:12 a.m.`"""
    local = at.astimezone(zone)
    return f"{local.hour % 12 or 12}:{local:%M} {'a.m.' if local.hour < 12 else 'p.m.'}"


def say_day(on: date) -> str:
    """`Mon Jul 21`"""
    return f"{on:%a %b} {on.day}"


def say_moment(at: datetime, zone: ZoneInfo, *, year: bool = False, zone_name: bool = False) -> str:
    """`Mon Jul 21, 10:12 a.m.`, with the year or the zone's name where asked."""
    local = at.astimezone(zone)
    day = f"{say_day(local.date())}, {local.year}" if year else say_day(local.date())
    return f"{day}, {say_clock(at, zone)}" + (f" {local:%Z}" if zone_name else "")


def say_span(span: timedelta) -> str:
    """`3 d 6 h 48 min`, `48 min`; nothing smaller than a minute, never negative."""
    minutes = max(0, int(span.total_seconds() // 60))
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    parts = [f"{days} d"] * bool(days) + [f"{hours} h"] * bool(days or hours) + [f"{rest} min"]
    return " ".join(parts)


def say_change(shares: int) -> str:
    """`+2,800`, `−4,650` with a true minus, `–` for no change."""
    if shares == 0:
        return "–"
    return f"{'+' if shares > 0 else '−'}{say_shares(abs(shares))}"


def say_standing(standing: Standing | None) -> str:
    """`tendered, 2 grants`; `nothing yet` where no form counts."""
    if standing is None:
        return "no holder"
    held = f", {len(standing.held_grants)} held" if standing.held_grants else ""
    grants = len(standing.grants)
    match standing.state:
        case State.NONE:
            said = "nothing yet"
        case State.WITHDRAWN:
            said = "withdrawn"
        case State.TENDERED:
            said = f"tendered, {grants} grant{'' if grants == 1 else 's'}{held}"
    return said + (", contested" if standing.contested and not held else "")


def shares_of(standing: Standing | None) -> int:
    return sum(standing.grants.values()) if standing else 0


DISPOSITION_WORDS = {
    Disposition.EFFECTIVE: "counts",
    Disposition.HELD: "held",
    Disposition.REJECTED: "rejected",
    Disposition.DUPLICATE: "a copy",
}
