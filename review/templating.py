"""The Jinja environment of the desk: everything escaped, everything undefined refused."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from core.findings import Finding
from review import wording
from review.fields import label_of
from validators.wording import say_shares

_STRANGE = {ord(c): f"⟨U+{ord(c):04X}⟩" for c in "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
_LONGEST_SHOWN = 400


def make_templates(zone: ZoneInfo) -> Environment:
    """Moments are said in `zone`."""
    environment = Environment(
        loader=PackageLoader("review"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        shares=say_shares,
        change=wording.say_change,
        plain=plain,
        said=said,
        span=wording.say_span,
        moment=lambda at: wording.say_moment(at, zone),
        moment_year=lambda at: wording.say_moment(at, zone, year=True, zone_name=True),
        clock=lambda at: wording.say_clock(at, zone),
        day=lambda at: wording.say_day(at.astimezone(zone).date() if isinstance(at, datetime) else at),
        standing=wording.say_standing,
        standing_shares=wording.shares_of,
    )
    return environment


def said(finding: Finding) -> str:
    """A finding's sentence, its reading called by the words on the form: `row1.shares` is "Row 1, shares"."""
    label = label_of(finding.target)
    return finding.message if label == finding.target else finding.message.replace(finding.target, label)


def plain(text: str) -> str:
    """Text from a fax fit to be shown: marks that turn the direction are spelt out, length is kept in bounds.

    Escaping is the template's; this is about what a reader would otherwise be made to see in the wrong order.
    """
    shown = text.translate(_STRANGE)
    if len(shown) > _LONGEST_SHOWN:
        return f"{shown[:_LONGEST_SHOWN]}… ({len(text):,} characters)"
    return shown
