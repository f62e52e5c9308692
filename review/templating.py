"""The Jinja environment of the desk: everything escaped, everything undefined refused."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from core.findings import Finding
from reports.wording import plain, say_change, say_clock, say_day, say_moment, say_span
from review import wording
from review.fields import label_of
from validators.wording import say_shares


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
        change=say_change,
        plain=plain,
        said=said,
        span=say_span,
        moment=lambda at: say_moment(at, zone),
        moment_year=lambda at: say_moment(at, zone, year=True, zone_name=True),
        clock=lambda at: say_clock(at, zone),
        day=lambda at: say_day(at.astimezone(zone).date() if isinstance(at, datetime) else at),
        standing=wording.say_standing,
        standing_shares=wording.shares_of,
    )
    return environment


def said(finding: Finding) -> str:
    """A finding's sentence, its reading called by the words on the form: `row1.shares` is "Row 1, shares"."""
    label = label_of(finding.target)
    return finding.message if label == finding.target else finding.message.replace(finding.target, label)
