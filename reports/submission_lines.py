"""What intake says of a submission, as one JSON object (design 3.4); it refuses to know where the facts came from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.findings import Finding
from core.grammar import normalise_grant_no, parse_date, parse_price, parse_shares, signed_moment
from core.judgements import Judgement
from core.notation import codes_to_json, fields_to_json, standing_to_json
from core.readings import Reading
from core.submissions import GrantRow, Submission
from offers.terms import Terms


def submission_line(
    submission: Submission,
    judgement: Judgement,
    *,
    file: str,
    receipt_source: str | None,
    needs_review: bool,
    terms: Terms,
) -> dict[str, Any]:
    """The object of design 3.4, its keys in that order. `file` is the name that the fax came under."""
    fields = submission.fields
    moment = signed_moment(fields.date, fields.time, offer_zone=terms.time_zone, assumed_year=terms.default_year)
    return {
        "file": file,
        "fax": submission.fax,
        "id": submission.id,
        "pages": list(submission.pages),
        "kind": submission.kind.value if submission.kind else None,
        "form_version": submission.form_version,
        "delivery": submission.delivery,
        "destination": submission.destination,
        "received_start": _iso(submission.received_start),
        "received_at": _iso(submission.received_at),
        "receipt_source": receipt_source,
        "signed_at": _iso(moment.at),
        "signed_date": moment.on.isoformat() if moment.on else None,
        "holder_id": judgement.holder_id,
        "fields": fields_to_json(fields),
        "readings": {key: _reading(reading) for key, reading in submission.readings.items()},
        "rows": [_row(row) for row in (*fields.rows, *(fields.schedule.rows if fields.schedule else ()))],
        **codes_to_json(judgement),
        "findings": [_finding(finding) for finding in judgement.findings],
        "not_evaluated": list(judgement.not_evaluated),
        "disposition": judgement.disposition.value,
        "needs_review": needs_review,
        "standing": standing_to_json(judgement.standing),
    }


def file_line(*, file: str, fax: str | None, error: str) -> dict[str, Any]:
    """The object for a file that gave no submission: it is in quarantine or in the queue, never nowhere."""
    return {"file": file, "fax": fax, "kind": None, "error": error, "needs_review": True}


def _row(row: GrantRow) -> dict[str, Any]:
    """One row as parsed: null where a cell is blank or cannot be read."""
    number = normalise_grant_no(row.grant_no)
    price = parse_price(row.price).value
    on = parse_date(row.grant_date).value
    return {
        "grant_no": number if number and "?" not in number else None,
        "grant_date": on.on.isoformat() if on else None,
        "price": _dollars(price) if price is not None else None,
        "shares": parse_shares(row.shares).value,
    }


def _dollars(price: Decimal) -> str:
    """At least two decimals, and every further one that was written."""
    exponent = price.as_tuple().exponent
    return str(price if isinstance(exponent, int) and exponent <= -2 else price.quantize(Decimal("0.01")))


def _reading(reading: Reading) -> Mapping[str, Any]:
    box = reading.box
    return {
        "value": reading.value,
        "raw": reading.raw,
        "mark": reading.mark.value,
        "confidence": round(reading.confidence, 4),
        "page": reading.page,
        "box": [round(edge, 5) for edge in (box.x0, box.y0, box.x1, box.y1)],
        "reader": reading.reader,
    }


def _finding(finding: Finding) -> Mapping[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "hold": finding.hold.value,
        "target": finding.target,
        "message": finding.message,
        "cite": finding.cite,
        "suggestion": finding.suggestion,
        "resolution": finding.resolution.value,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
