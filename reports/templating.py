"""The Jinja environment of all our pages: everything escaped, everything undefined refused, moments in one zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports.wording import masked, plain, say_day, say_moment, say_span
from validators.wording import say_shares


def make_environment(package: str, zone: ZoneInfo) -> Environment:
    """The templates of `package`; moments are said in `zone`.

    `plain` is for every text that somebody wrote, on paper or at the desk: no mark turns its direction, and what looks
    like a tax id is covered but for its last four figures (rulebook 7).
    """
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        shares=say_shares,
        plain=lambda text: plain(masked(text)),
        span=say_span,
        day=lambda at: say_day(at.astimezone(zone).date() if isinstance(at, datetime) else at),
        moment=lambda at: say_moment(at, zone),
        moment_year=lambda at: say_moment(at, zone, year=True, zone_name=True),
    )
    return environment
