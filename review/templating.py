"""The desk's templates, with the words that only the desk says."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment

from core.findings import Finding
from reports.templating import make_environment
from reports.wording import say_change, say_clock
from review import wording
from review.fields import label_of

STATIC = Path(__file__).parent / "static"


def make_templates(zone: ZoneInfo) -> Environment:
    """Moments are said in `zone`."""
    environment = make_environment("review", zone)
    environment.filters.update(
        change=say_change,
        said=said,
        rule=wording.say_rule,
        clock=lambda at: say_clock(at, zone),
        standing=wording.say_standing,
        standing_shares=wording.shares_of,
    )
    environment.globals["static"] = _address_of
    return environment


@cache
def _address_of(name: str) -> str:
    """The address of a script or style sheet; a new one whenever it changes, since browsers keep it for a day."""
    return f"/static/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def said(finding: Finding) -> str:
    """A finding's sentence, its reading called by the words on the form: `row1.shares` is "Row 1, shares"."""
    label = label_of(finding.target)
    return finding.message if label == finding.target else finding.message.replace(finding.target, label)
