"""The desk's templates, with the words that only the desk says."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from jinja2 import Environment

from core.findings import Finding
from reports.templating import make_environment
from reports.wording import say_change, say_clock
from review import wording
from review.fields import label_of


def make_templates(zone: ZoneInfo) -> Environment:
    """Moments are said in `zone`."""
    environment = make_environment("review", zone)
    environment.filters.update(
        change=say_change,
        said=said,
        clock=lambda at: say_clock(at, zone),
        standing=wording.say_standing,
        standing_shares=wording.shares_of,
    )
    return environment


def said(finding: Finding) -> str:
    """A finding's sentence, its reading called by the words on the form: `row1.shares` is "Row 1, shares"."""
    label = label_of(finding.target)
    return finding.message if label == finding.target else finding.message.replace(finding.target, label)
