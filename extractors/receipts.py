"""When, where and how a fax arrived, by the fax server's own word: a sidecar file or the tags of its TIFF (design 3.7).

It refuses to know a file's modification time and the sender's header line: neither is evidence of receipt (rulebook 8).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from core.transmissions import Receipt
from extractors.tiff_header import (
    COMPRESSION,
    DATE_TIME,
    FAX_RECV_PARAMS,
    FAX_RECV_TIME,
    FAX_SUB_ADDRESS,
    GROUP_3,
    GROUP_4,
    HUFFMAN,
    SOFTWARE,
    Value,
)

LISTED: Final = "listed"
_DIGITS_OF_A_NUMBER: Final = 10
_STAMP: Final = re.compile(r"\s*(\d{4})[:/-](\d{2})[:/-](\d{2})[ T](\d{2}):(\d{2}):(\d{2})")


def receipt_from_sidecar(sidecar: Mapping[str, Any], fax_number: str) -> Receipt:
    """The receipt that a sidecar tells of. `fax_number` is the offer's own.

    A time that cannot be read is unknown (RECEIPT_TIME_UNKNOWN holds the form for a person), never guessed. A time
    without a zone stays naive.
    """
    return Receipt(
        received_start=_instant(sidecar.get("received_start")),
        received_at=_instant(sidecar.get("received_at")),
        source="sidecar",
        destination=destination_of(sidecar.get("destination"), fax_number),
        delivery=_text(sidecar.get("delivery")) or "fax",
        job_id=_text(sidecar.get("job_id")),
        caller_id=_text(sidecar.get("caller_id")),
        pages=_count(sidecar.get("pages")),
    )


def receipt_from_tiff(pages: Sequence[Mapping[int, Value]]) -> Receipt | None:
    """The receipt told by the tags of a received TIFF, page by page; None where no fax server left its mark.

    A page's DateTime is local and without zone. HylaFAX stamps a page when it begins and counts the seconds it took
    (FaxRecvTime); the last page is complete that much later, so that a fax running across the deadline shows as one.
    A DateTime on a picture that is not coded as a fax is some program's, not a receipt.
    """
    if not pages or not all(tags.get(COMPRESSION) in (HUFFMAN, GROUP_3, GROUP_4) for tags in pages):
        return None
    begun = [_stamp(tags.get(DATE_TIME)) for tags in pages]
    known = [moment for moment in begun if moment is not None]
    if not known or begun[-1] is None:
        return None
    source = "hylafax" if any(_is_hylafax(tags) for tags in pages) else "tiff"
    return Receipt(min(known), begun[-1] + _seconds(pages[-1]), source, pages=len(pages))


def destination_of(given: object, fax_number: str) -> str:
    """`listed` for the offer's own number, or none given (an inbox belongs to a number); else the number as given.

    Numbers are compared by their last ten digits, so that +1 and punctuation make no difference.
    """
    number = _text(given)
    if number is None or number.strip().lower() == LISTED:
        return LISTED
    digits, listed = (re.sub(r"\D", "", text) for text in (number, fax_number))
    if len(digits) in (10, 11) and digits[-_DIGITS_OF_A_NUMBER:] == listed[-_DIGITS_OF_A_NUMBER:]:
        return LISTED
    return number.strip()


def _is_hylafax(tags: Mapping[int, Value]) -> bool:
    has_marks = any(tag in tags for tag in (FAX_RECV_PARAMS, FAX_SUB_ADDRESS, FAX_RECV_TIME))
    return has_marks or "hylafax" in str(tags.get(SOFTWARE, "")).lower()


def _seconds(tags: Mapping[int, Value]) -> timedelta:
    taken = tags.get(FAX_RECV_TIME, 0)
    return timedelta(seconds=taken if isinstance(taken, int) and 0 <= taken < 3600 else 0)


def _stamp(value: object) -> datetime | None:
    found = _STAMP.match(value) if isinstance(value, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(group) for group in found.groups())
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  # the tag has no zone (rule 9)
    except ValueError:
        return None


def _instant(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value.strip())
    except ValueError:
        return None


def _text(value: object) -> str | None:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if text.strip() else None


def _count(value: object) -> int | None:
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
