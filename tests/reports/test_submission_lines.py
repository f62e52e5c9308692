"""What intake says of a submission: the keys of the contract, and null where a cell says nothing certain."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import pytest

from core.findings import FORM, Disposition, Finding, Hold, Severity
from core.judgements import Judgement, Standing, State
from core.readings import Box, Mark, Reading
from core.submissions import Fields, GrantRow, Kind, Schedule, Submission
from offers.loading import load_offer
from reports.submission_lines import file_line, submission_line

TERMS = load_offer(Path(__file__).parents[2] / "offers" / "capstone_2003").terms
CONTRACT = [
    "file", "fax", "pages", "kind", "form_version", "delivery", "destination", "received_start", "received_at",
    "receipt_source", "signed_at", "signed_date", "holder_id", "fields", "readings", "rows", "codes",
    "codes_by_target", "findings", "disposition", "needs_review", "standing",
]  # fmt: skip


def line_of(fields: Fields) -> dict[str, object]:
    submission = Submission(
        id="S1",
        kind=Kind.ELECTION,
        fax="f" * 64,
        pages=("E1", "E2"),
        received_at=datetime.fromisoformat("2003-07-14T10:40:00-07:00"),
        fields=fields,
        readings={
            "row1.shares": Reading("row1.shares", "1,200", "1 200", Mark.READ, 0.98765, 2, Box(0, 0, 1, 0.5), "t")
        },
    )
    finding = Finding("TIME_MISSING", Severity.CURABLE, Hold.SOFT, FORM, "no time", "EF-I 6", "ask")
    standing = Standing(State.TENDERED, MappingProxyType({"1041": 1200}), basis="S1")
    judgement = Judgement("S1", "H1", (finding,), Disposition.EFFECTIVE, MappingProxyType({}), None, standing)
    return submission_line(
        submission, judgement, file="fax.tif", receipt_source="sidecar", needs_review=True, terms=TERMS
    )


def test_every_key_of_the_contract_is_there_in_its_order() -> None:
    line = line_of(Fields())
    assert [key for key in line if key in CONTRACT] == CONTRACT
    assert line["codes_by_target"] == {"form": ["TIME_MISSING"]}
    assert line["standing"] == {
        "state": "TENDERED",
        "grants": {"1041": 1200},
        "held_grants": [],
        "basis": "S1",
        "contested": False,
    }
    assert line["readings"] == {
        "row1.shares": {
            "value": "1,200",
            "raw": "1 200",
            "mark": "read",
            "confidence": 0.9877,
            "page": 2,
            "box": [0, 0, 1, 0.5],
            "reader": "t",
        }
    }


def test_date_and_time_become_an_instant_on_the_offers_clock() -> None:
    line = line_of(Fields(date="7/14/03", time="1:15 pm ET"))
    assert (line["signed_at"], line["signed_date"]) == ("2003-07-14T10:15:00-07:00", "2003-07-14")
    line = line_of(Fields(date="7/14/03"))
    assert (line["signed_at"], line["signed_date"]) == (None, "2003-07-14")


@pytest.mark.parametrize(
    ("row", "parsed"),
    [
        (GrantRow("No. 1041", "3/15/01", "$24.5", "1,200"), ("1041", "2001-03-15", "24.50", 1200)),
        (GrantRow("0041", "2001-03-15", "1.999", "0"), ("0041", "2001-03-15", "1.999", 0)),
        (GrantRow("10?1", "2/30/01", "24.5?", "ALL"), (None, None, None, None)),
        (GrantRow("", "", "", ""), (None, None, None, None)),
    ],
)
def test_rows_are_parsed_and_null_where_not_readable(row: GrantRow, parsed: tuple[object, ...]) -> None:
    line = line_of(Fields(rows=(row,)))
    assert line["rows"] == [dict(zip(("grant_no", "grant_date", "price", "shares"), parsed, strict=True))]


def test_a_schedules_rows_come_after_the_tables() -> None:
    rows = line_of(Fields(rows=(GrantRow("1"),), schedule=Schedule((GrantRow("2"),))))["rows"]
    assert isinstance(rows, list)
    assert [row["grant_no"] for row in rows] == ["1", "2"]


def test_a_file_without_submission_says_why() -> None:
    assert file_line(file="x.tif", fax=None, error="x.tif: it is empty") == {
        "file": "x.tif",
        "fax": None,
        "kind": None,
        "error": "x.tif: it is empty",
        "needs_review": True,
    }
