"""How pages and reports say moments, spans and changes, and how they show text that somebody else wrote."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from validators.wording import say_shares

_STRANGE = {
    code: f"⟨U+{code:04X}⟩"
    for code in (
        *(c for c in range(0x20) if chr(c) not in "\t\n\r"),
        *range(0x7F, 0xA0),
        *(ord(c) for c in "\u061c\u200b\u200e\u200f\u2028\u2029\ufeff"),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),
    )
}
"""Characters that have no shape of their own: controls, marks that turn the direction of reading, lone surrogates."""
_TAX_ID = re.compile(r"(?<![0-9A-Za-z])[0-9]{3}[-–− ][0-9]{2}[-–− ]([0-9]{4})(?![0-9A-Za-z])")
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


def say_signed(number: int, *, plus: bool = False) -> str:
    """`9`, `−9` with a true minus; `+9` where a sum's line says that it is added."""
    return f"{'−' if number < 0 else '+' if plus else ''}{say_shares(abs(number))}"


def spelt_out(text: str) -> str:
    """Text that somebody else wrote, with every character that has no shape of its own named."""
    return text.translate(_STRANGE)


def masked(text: str) -> str:
    """The same without what looks like a tax id but its last four figures (rulebook 7), whoever quoted it."""
    return _TAX_ID.sub(r"•••-••-\1", text)


def plain(text: str) -> str:
    """Text from a fax fit to be shown: marks that turn the direction are spelt out, length is kept in bounds.

    Escaping is the template's; this is about what a reader would otherwise be made to see in the wrong order.
    """
    shown = spelt_out(text)
    if len(shown) > _LONGEST_SHOWN:
        return f"{shown[:_LONGEST_SHOWN]}… ({len(text):,} characters)"
    return shown
