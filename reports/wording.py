"""How pages and reports say moments, spans and changes, and how they show text that somebody else wrote."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from validators.wording import say_shares

_STRANGE = {ord(c): f"⟨U+{ord(c):04X}⟩" for c in "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
_LONGEST_SHOWN = 400


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


def plain(text: str) -> str:
    """Text from a fax fit to be shown: marks that turn the direction are spelt out, length is kept in bounds.

    Escaping is the template's; this is about what a reader would otherwise be made to see in the wrong order.
    """
    shown = text.translate(_STRANGE)
    if len(shown) > _LONGEST_SHOWN:
        return f"{shown[:_LONGEST_SHOWN]}… ({len(text):,} characters)"
    return shown
