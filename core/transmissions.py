"""One fax as it came in: the facts of its receipt, its pages and the submissions found on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.submissions import Submission


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the fax server says of one delivery (design 3.7). Naive datetimes carry no zone; None is unknown.

    `source` names who said so: "sidecar", "tiff", "hylafax", "hand"; None when nobody did.
    """

    received_start: datetime | None = None
    received_at: datetime | None = None
    source: str | None = None
    destination: str = "listed"
    delivery: str = "fax"
    job_id: str | None = None
    caller_id: str | None = None
    pages: int | None = None


@dataclass(frozen=True, slots=True)
class PageReading:
    """One page of a fax, classified.

    `number` is 1-based. `page_class` is COVER, E1, E2, N1, SCHEDULE, I1..., EVIDENCE or UNKNOWN. `affine` maps
    registered page fractions to fractions of the squared, upright picture: (a, b, tx, c, d, ty), None for a page that
    has no blank. `rotation` is the clockwise turn in degrees that made it upright. `header` is the sender's header
    line, evidence only. `bad_lines` counts broken fax lines.
    """

    number: int
    page_class: str
    form_version: str | None = None
    confidence: float = 0.0
    legible: bool = True
    rotation: int = 0
    affine: tuple[float, float, float, float, float, float] | None = None
    header: str = ""
    text: str = ""
    bad_lines: int = 0
    submission: int | None = None
    """Index into `Transmission.submissions`; None for a page that belongs to none."""
    picture: str = ""
    """The blank that the page was laid onto at a person's word; "" = as first read. Boxes stand on this picture."""


@dataclass(frozen=True, slots=True)
class Transmission:
    """One fax read. `fax` is the sha256 of its bytes, `file` the name it came under (shown, never a path we open)."""

    fax: str
    file: str
    receipt: Receipt
    pages: tuple[PageReading, ...]
    submissions: tuple[Submission, ...]


def picture_name(page: PageReading) -> str:
    """What the page's picture is called, without its suffix: "3", or "3.E2-2003-07-09" where it was laid anew."""
    return f"{page.number}.{page.picture}" if page.picture else str(page.number)
