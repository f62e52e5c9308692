"""How findings say dates, times, shares and prices; the wording of the reviewer's desk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo


def say_date(on: date) -> str:
    """`Jul 21, 2003`"""
    return f"{on:%b} {on.day}, {on.year}"


def say_instant(at: datetime, zone: ZoneInfo) -> str:
    """`Mon Jul 21, 2003, 10:12 a.m. PDT`; seconds only where they are not zero."""
    local = at.astimezone(zone)
    seconds = f":{local:%S}" if local.second or local.microsecond else ""
    fraction = f".{local.microsecond // 1000:03}" if local.microsecond else ""
    half = "a.m." if local.hour < 12 else "p.m."
    return (
        f"{local:%a} {say_date(local.date())}, {local.hour % 12 or 12}:{local:%M}{seconds}{fraction} {half} {local:%Z}"
    )


def say_shares(shares: int) -> str:
    return f"{shares:,}"


def say_price(price: Decimal) -> str:
    """`$24.50`; never rounded, so that 1.999 stays 1.999."""
    whole_cents = price.as_tuple().exponent
    return f"${price:.2f}" if isinstance(whole_cents, int) and whole_cents > -2 else f"${price}"


def say_list(items: Iterable[str]) -> str:
    """`1041, 1187 and 1250`"""
    *head, last = items
    return f"{', '.join(head)} and {last}" if head else last


_BOXES = {
    "printed_name": "Printed name",
    "signature": "Signature",
    "tax_id": "Identification number",
    "signed_at": "Date and time",
    "email": "E-mail",
    "address": "Address",
    "amend_box": "Amend box",
    "notes": "Words outside the boxes",
    "grant_no": "grant number",
    "grant_date": "grant date",
    "price": "price",
    "shares": "shares",
    "signed_on": "date",
}


def say_box(key: str) -> str:
    """A reading's key as people say it: `row2.shares` is `Row 2, shares`, `schedule.row1.price` the schedule's."""
    parts = [_BOXES.get(part, part) for part in key.split(".")]
    *place, box = parts
    where = " ".join(part.replace("row", "row ", 1) for part in place)
    said = f"{where}, {box[:1].lower()}{box[1:]}" if where else box
    return said[:1].upper() + said[1:]
