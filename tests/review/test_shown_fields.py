"""Which field a finding points at, and how the desk says moments and standings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.corrections import corrected
from core.findings import Finding, Hold, Severity
from reports import wording
from review.charts import Moment, hours_of, time_line
from review.fields import form_fields, keyed_value, label_of
from review.viewing import view_of
from samples.contents import PACIFIC
from samples.desk_work import Misread, read_fax

SIGNED = datetime(2003, 7, 18, 9, 15, tzinfo=PACIFIC)


def about(code: str, target: str = "form") -> Finding:
    return Finding(code, Severity.REVIEW, Hold.HARD, target, "", "")


@pytest.mark.parametrize(
    ("code", "target", "key"),
    [
        ("PRICE_MISMATCH", "{grant}", "row1.price"),
        ("GRANT_DATE_MISMATCH", "{grant}", "row1.grant_date"),
        ("SHARES_OVER_LEDGER", "{grant}", "row1.shares"),
        ("SIGNATURE_MISSING", "form", "signature"),
        ("TIME_MISSING", "form", "signed_at"),
        ("NOTICE_NAME_DIFFERS", "form", "printed_name"),
        ("TAXID_MISMATCH", "form", "tax_id"),
        ("OCR_LOW_CONFIDENCE", "row2.shares", "row2.shares"),
    ],
)
def test_a_finding_points_at_its_field(house: Any, code: str, target: str, key: str) -> None:
    holder = house.holder()
    paper = house.election(holder, signed_at=SIGNED)
    (submission,) = read_fax(paper, house.forms, file="a.tif").submissions
    fields = form_fields(submission, holder, house.ledger)
    found = fields.field_of(about(code, target.format(grant=paper.fields.rows[0].grant_no)))
    assert found is not None and found.key == key


def test_a_finding_about_the_whole_form_points_nowhere(house: Any) -> None:
    holder = house.holder()
    (submission,) = read_fax(house.election(holder, signed_at=SIGNED), house.forms, file="a.tif").submissions
    assert form_fields(submission, holder, house.ledger).field_of(about("PAGE_MISSING")) is None


def test_a_box_on_a_page_that_is_missing_is_not_said_to_be_signed(house: Any) -> None:
    """Unreadable is never fine: the submission's own default would call the form signed."""
    holder = house.holder()
    (submission,) = read_fax(house.election(holder, signed_at=SIGNED), house.forms, file="a.tif").submissions
    torn = replace(submission, readings={"amend_box": submission.readings["amend_box"]})
    signature = form_fields(torn, holder, house.ledger).field("signature")
    assert signature is not None
    assert (signature.says, signature.value, signature.state) == ("not read", "unsure", "not compared")
    keyed = form_fields(corrected(torn, "signature", "yes"), holder, house.ledger).field("signature")
    assert keyed is not None and (keyed.says, keyed.state) == ("signed", "keyed")


def test_a_value_that_the_ink_was_asked_for_is_said_to_be_one_and_what_was_seen_is_shown(house: Any) -> None:
    holder = house.holder()
    (submission,) = read_fax(
        house.election(holder, signed_at=SIGNED), house.forms, file="a.tif", misread=Misread(asked=("row1.shares",))
    ).submissions
    seen = replace(submission.readings["row1.shares"], raw="7,200", confidence=0.35)
    read = replace(submission, readings={**submission.readings, "row1.shares": seen})
    shares = form_fields(read, holder, house.ledger).field("row1.shares")
    assert shares is not None
    assert (shares.is_by_likelihood, shares.raw, shares.confidence) == (True, "7,200", 0.35)


def test_a_row_that_the_reader_saw_nothing_in_is_there_to_be_keyed(house: Any) -> None:
    holder = house.holder()
    paper = house.election(holder, signed_at=SIGNED)
    (submission,) = read_fax(paper, house.forms, file="a.tif").submissions
    fields = form_fields(submission, holder, house.ledger)
    spare = fields.rows[-1]
    assert (spare.name, spare.is_spare, [cell.state for cell in spare.cells]) == ("row3", True, ["blank"] * 4)
    keyed = form_fields(corrected(submission, "row3.grant_no", "9999"), holder, house.ledger)
    assert [(row.name, row.is_spare) for row in keyed.rows][-2:] == [("row3", False), ("row4", True)]
    assert [cell.says for cell in keyed.rows[2].cells] == ["9999", "", "", ""]


def test_words_beside_the_boxes_are_the_machines_not_a_persons(house: Any) -> None:
    holder = house.holder()
    (submission,) = read_fax(house.election(holder, signed_at=SIGNED), house.forms, file="a.tif").submissions
    noted = replace(submission, fields=replace(submission.fields, notes="only if the price holds"))
    notes = form_fields(noted, holder, house.ledger).field("notes")
    assert notes is not None and (notes.says, notes.state) == ("only if the price holds", "not compared")


def test_a_tax_id_is_never_in_what_is_shown(house: Any) -> None:
    holder = house.holder()
    (submission,) = read_fax(house.election(holder, signed_at=SIGNED), house.forms, file="a.tif").submissions
    field = form_fields(submission, holder, house.ledger).field("tax_id")
    assert field is not None
    assert (field.value, field.raw, field.ledger) == ("", "", "")
    assert holder.tax_id[:6] not in field.says


def test_date_and_time_are_keyed_as_they_stand_in_the_one_box() -> None:
    assert keyed_value("signed_at", "7/20/03   2:57 pm") == "7/20/03|2:57 pm"
    assert keyed_value("row1.shares", " 1,200 ") == "1,200"


def test_labels_are_the_words_of_the_form() -> None:
    assert label_of("row2.price") == "Row 2, exercise price"
    assert label_of("schedule.row3.shares") == "Schedule row 3, shares"


def test_spans_are_said_in_minutes_and_never_below_nothing() -> None:
    assert wording.say_span(timedelta(days=3, hours=6, minutes=48, seconds=59)) == "3 d 6 h 48 min"
    assert wording.say_span(timedelta(minutes=59)) == "59 min"
    assert wording.say_span(timedelta(minutes=-5)) == "0 min"
    assert wording.say_change(-4650) == "−4,650"


def test_a_window_onto_a_zone_stays_on_the_page(house: Any) -> None:
    zone = house.forms.of("election", "2003-07-09").page("E2").zone("row8_shares").box
    view = view_of(1700, 2200, zone)
    assert view.x + view.w <= 1021 and view.y >= -21
    assert view_of(1700, 2200, None).view_box.startswith("0.0 0.0 1000.0")
    assert view_of(1700, 2200, zone, turn=90).turn == 90


def test_a_time_line_over_many_months_draws_few_lines() -> None:
    begins, ends = datetime(2003, 6, 25, tzinfo=UTC), datetime(2003, 7, 25, tzinfo=UTC)
    odd = Moment("F-1", datetime(2001, 1, 3, tzinfo=UTC), ends - timedelta(days=2), True, "agree", "this form")
    line = time_line([odd], begins, ends, ends - timedelta(days=1), PACIFIC)
    assert len(line.ticks) <= 8
    assert line.papers[0].signed_x is not None and line.papers[0].signed_x < line.expires_x


def test_the_chart_ends_with_the_last_receipt_and_yet_counts_the_day_that_it_is() -> None:
    """On a quiet Monday the forms of Saturday are not today's."""
    saturday, friday = datetime(2003, 7, 19, 16, tzinfo=PACIFIC), datetime(2003, 7, 18, 9, tzinfo=PACIFIC)
    monday = datetime(2003, 7, 21, 10, 12, tzinfo=PACIFIC)
    hours = hours_of({saturday: 3, friday: 2}, saturday, monday, PACIFIC)
    assert (hours.today, hours.yesterday, hours.days[-1][1]) == (0, 0, "Sat 19")
    assert not any(bar.is_today for bar in hours.bars)
    of_saturday = hours_of({saturday: 3, friday: 2}, saturday, saturday, PACIFIC)
    assert (of_saturday.today, of_saturday.yesterday) == (3, 2)
