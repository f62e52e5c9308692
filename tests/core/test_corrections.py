"""A person's reading takes the machine's place, in one field and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from core.corrections import NoSuchField, corrected
from core.readings import Box, Doubt, Mark, Reading
from core.submissions import Fields, GrantRow, Kind, Schedule, Signature, Submission

READING = Reading("row2.shares", "1?00", "1?00", Mark.READ, 0.4, 2, Box(0, 0, 1, 1), "tesseract 5")
FORM = Submission(
    id="S1",
    kind=Kind.ELECTION,
    fields=Fields(
        printed_name="Mara Ortega",
        signature=Signature(None, "M. Ortega"),
        amend_box=None,
        rows=(GrantRow("1041"), GrantRow("1187", shares="1?00")),
        schedule=Schedule((GrantRow("1250"),), "Mara", None, ""),
    ),
    readings={"row2.shares": READING},
    doubts=(Doubt("row2.shares", 0.4, 0.9), Doubt("printed_name", 0.5, 0.9)),
)


def test_a_row_in_which_nothing_was_read_can_be_keyed() -> None:
    form = Submission("S1", Kind.ELECTION, fields=Fields(rows=(GrantRow("1041"),)), fax="a" * 64)
    keyed = corrected(corrected(form, "row3.grant_no", "1187"), "row3.shares", "1,000")
    assert keyed.fields.rows == (GrantRow("1041"), GrantRow(), GrantRow("1187", shares="1,000"))
    assert keyed.readings["row3.shares"].reader == "person"
    with pytest.raises(NoSuchField):
        corrected(form, "row9.grant_no", "1187")


def test_a_schedules_boxes_are_corrected_by_the_names_they_are_read_under() -> None:
    form = Submission("S1", Kind.ELECTION, fields=Fields(schedule=Schedule((), "A. Quinn", False, "7/4")))
    for key, value in (("printed_name", "A. Quin"), ("signature", "yes"), ("signed_on", "7/14/2003")):
        form = corrected(form, f"schedule.{key}", value)
    assert form.fields.schedule == Schedule((), "A. Quin", True, "7/14/2003")


def test_what_a_person_keys_where_nothing_was_read_is_known_to_be_a_persons() -> None:
    faxed = Submission("S1", Kind.ELECTION, fax="a" * 64)
    assert corrected(faxed, "email", "zoe@example.com").readings["email"].reader == "person"
    keyed = corrected(replace(faxed, fax=None), "email", "zoe@example.com")
    assert not keyed.readings, "a form that a clerk keyed has no readings"


def test_a_correction_settles_the_reading_and_its_doubt_and_no_other() -> None:
    form = corrected(FORM, "row2.shares", "1000")
    assert form.fields.rows == (GrantRow("1041"), GrantRow("1187", shares="1000"))
    assert form.readings["row2.shares"] == replace(READING, value="1000", confidence=1.0, reader="person")
    assert [doubt.key for doubt in form.doubts] == ["printed_name"]


def test_a_field_corrected_to_nothing_is_blank() -> None:
    assert corrected(FORM, "row2.shares", "").readings["row2.shares"].mark is Mark.BLANK


@pytest.mark.parametrize(
    ("key", "value", "changed"),
    [
        ("printed_name", "Maria Ortega", {"printed_name": "Maria Ortega"}),
        ("signed_at", "7/14/03 | 10:15 am", {"date": "7/14/03", "time": "10:15 am"}),
        ("signed_at", "7/14/03", {"date": "7/14/03", "time": ""}),
        ("amend_box", "yes", {"amend_box": True}),
        ("amend_box", "unsure", {"amend_box": None}),
        ("signature", "yes", {"signature": Signature(True, "M. Ortega")}),
        ("signature", "no", {"signature": Signature(False, None)}),
        ("row1.struck", "yes", {"rows": (GrantRow("1041", struck=True), GrantRow("1187", shares="1?00"))}),
        ("schedule.date", "7/14/03", {"schedule": Schedule((GrantRow("1250"),), "Mara", None, "7/14/03")}),
        ("schedule.signed", "no", {"schedule": Schedule((GrantRow("1250"),), "Mara", False, "")}),
        ("schedule.row1.price", "3.33", {"schedule": Schedule((GrantRow("1250", price="3.33"),), "Mara", None, "")}),
    ],
)
def test_each_kind_of_field_can_be_corrected(key: str, value: str, changed: dict[str, Any]) -> None:
    assert corrected(FORM, key, value).fields == replace(FORM.fields, **changed)


@pytest.mark.parametrize(
    ("key", "value", "changed"),
    [
        (
            "received_at",
            "2003-07-24T16:59:00-07:00",
            {"received_at": datetime.fromisoformat("2003-07-24T16:59:00-07:00")},
        ),
        ("received_start", "2003-07-24T16:58:00", {"received_start": datetime.fromisoformat("2003-07-24T16:58:00")}),
        ("destination", "listed", {"destination": "listed"}),
        ("delivery", "hand", {"delivery": "hand"}),
        ("form_version", "", {"form_version": None}),
        ("kind", "notice", {"kind": Kind.NOTICE}),
    ],
)
def test_a_fact_of_receipt_can_be_corrected(key: str, value: str, changed: dict[str, Any]) -> None:
    assert corrected(FORM, key, value) == replace(FORM, **changed)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("colour", "red"),
        ("row9.shares", "1"),
        ("row0.shares", "1"),
        ("rowx.shares", "1"),
        ("row1.colour", "red"),
        ("schedule.row21.shares", "1"),
        ("amend_box", "perhaps"),
        ("row1.struck", "perhaps"),
        ("kind", "letter"),
        ("received_at", "yesterday"),
    ],
)
def test_a_field_or_value_that_there_is_not_is_refused(key: str, value: str) -> None:
    with pytest.raises(NoSuchField, match="S1"):
        corrected(FORM, key, value)
