"""The breaks of a night as a table for a spreadsheet: one line each, whole, in the night's order."""

from __future__ import annotations

import csv
import io
from zoneinfo import ZoneInfo

from core.night import Break, Night
from reports.desk_links import link_of
from reports.wording import masked, spelt_out

HEAD = (
    "code", "severity", "key", "message", "evidence", "next_step", "cite", "first_seen", "nights", "age_minutes",
    "submission", "fax", "holder", "desk",
)  # fmt: skip
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def breaks_csv(night: Night, desk_url: str) -> bytes:
    """UTF-8 with a byte order mark, for spreadsheets take it for something else without."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEAD)
    zone = ZoneInfo(night.time_zone)
    writer.writerows([as_text(cell) for cell in _row(one, desk_url, zone)] for one in night.breaks)
    return text.getvalue().encode("utf-8-sig")


def as_text(cell: str | int) -> str | int:
    """A cell that no spreadsheet takes for a formula: text that would begin one gets an apostrophe before it."""
    if isinstance(cell, int):
        return cell
    return f"'{cell}" if cell.lstrip(" ").startswith(_BEGINS_A_FORMULA) else cell


def _row(one: Break, desk_url: str, zone: ZoneInfo) -> tuple[str | int, ...]:
    return (
        one.code,
        one.severity.value,
        spelt_out(one.key),
        spelt_out(masked(one.message)),
        "; ".join(spelt_out(masked(f"{fact.label}: {fact.value}")) for fact in one.evidence),
        spelt_out(masked(one.next_step)),
        one.cite,
        one.first_seen.astimezone(zone).isoformat(),
        one.nights,
        int(one.age.total_seconds() // 60),
        one.submission_id or "",
        one.fax or "",
        one.holder_id or "",
        link_of(desk_url, one),
    )
