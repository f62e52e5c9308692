"""A whole form from registered pages to the submission that the rules judge."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest

from core.holders import Category, Grant, GrantType, Holder, OptionLedger, Plan
from core.readings import Box, Mark
from core.submissions import GrantRow, Kind, Schedule, Signature, Submission
from core.transmissions import PageReading, Receipt, Transmission
from extractors.blank_pages import blank_pages_of
from extractors.fax_pages import FaxPages, pages_of_fax
from extractors.limits import DecodeLimits
from extractors.page_images import RegisteredPage
from extractors.reading import read_pages
from tests.extractors.filled_pages import FIELDS, HAND, ROWS, TYPIST, forms, laid, picture_of, submission

FAX = "0123456789abcdef" * 4
LEDGER = OptionLedger.of(
    [
        Holder("H1", "Maria L. Ortega", Category.EMPLOYEE, tax_id="000-12-1001", email="maria.ortega@example.com"),
        Holder("H2", "Mario L. Ortega", Category.EMPLOYEE, tax_id="000-12-7701", email="mario.ortega@example.com"),
    ],
    [
        Grant("CP-001041", "H1", Plan.PLAN_2000, date(2001, 3, 15), Decimal("24.50"), 1200, 0, 0, GrantType.NSO),
        Grant("CP-001187", "H1", Plan.PLAN_2000, date(2002, 4, 24), Decimal("3.33"), 1000, 0, 0, GrantType.NSO),
        Grant("CP-001188", "H2", Plan.PLAN_2000, date(2002, 4, 24), Decimal("3.33"), 1000, 0, 0, GrantType.NSO),
    ],
)


RECEIVED = datetime(2003, 7, 14, 11, 2, tzinfo=ZoneInfo("America/Los_Angeles"))


def read(*pages: RegisteredPage, is_short: bool = False) -> Transmission:
    numbered = tuple(
        replace(page, page=replace(page.page, number=number)) for number, page in enumerate(pages, start=1)
    )
    return read_pages(
        FaxPages(numbered, is_short=is_short),
        fax=FAX,
        file="fax.tif",
        receipt=Receipt(received_at=RECEIVED, source="sidecar"),
        forms=forms(),
        ledger=LEDGER,
    )


def pages_of(filled: Submission, writer=TYPIST) -> list[RegisteredPage]:  # type: ignore[no-untyped-def]
    kind = filled.kind or Kind.ELECTION
    classes = ["N1"] if kind is Kind.NOTICE else ["E1", "E2"]
    if filled.fields.schedule:
        classes.append("SCHEDULE")
    return [laid(picture_of(filled, page_class, writer), page_class, kind) for page_class in classes]


@cache
def read_typed() -> Submission:
    (one,) = read(*pages_of(submission())).submissions
    return one


def test_a_typed_form_is_read_as_it_was_filled() -> None:
    form = read_typed()
    assert form.fields.rows == ROWS
    for name in ("printed_name", "tax_id", "date", "time", "email", "address", "notes", "amend_box", "capacity"):
        assert getattr(form.fields, name) == getattr(FIELDS, name), name
    assert form.fields.signature.present is True
    assert (form.kind, form.form_version, form.pages) == (Kind.ELECTION, "2003-07-09", ("E1", "E2"))
    assert (form.id, form.fax) == ("0123456789ab-1", FAX)


def test_a_typed_form_in_good_order_raises_no_doubt_and_finds_its_holder() -> None:
    form = read_typed()
    assert form.holder_id == "H1"
    assert form.doubts == ()


def test_readings_have_the_keys_and_places_of_the_contract() -> None:
    readings = read_typed().readings
    assert {"printed_name", "signature", "tax_id", "signed_at", "email", "address", "amend_box"} <= set(readings)
    assert {"row1.grant_no", "row1.grant_date", "row1.price", "row1.shares", "row2.shares"} <= set(readings)
    assert "row3.shares" not in readings
    shares = readings["row1.shares"]
    assert (shares.key, shares.value, shares.mark, shares.page) == ("row1.shares", "1,200", Mark.READ, 2)
    assert "cells" in shares.reader
    assert readings["amend_box"].mark is Mark.BLANK
    assert all(0.0 <= each.confidence <= 1.0 for each in readings.values())


def test_a_blank_box_is_blank_without_doubt() -> None:
    (form,) = read(*pages_of(submission(email="", address=""))).submissions
    assert (form.fields.email, form.readings["email"].mark) == ("", Mark.BLANK)
    assert "email" not in {doubt.key for doubt in form.doubts}


def test_a_place_that_the_fax_lost_is_illegible_and_doubted_never_blank() -> None:
    front, back = pages_of(submission(tax_id=""))
    assert back.form_page is not None
    lost = replace(back, unreadable=(back.form_page.zone("tax_id").box,))
    (form,) = read(front, lost).submissions
    assert (form.fields.tax_id, form.readings["tax_id"].mark) == ("?", Mark.ILLEGIBLE)
    assert "tax_id" in {doubt.key for doubt in form.doubts}


def test_what_the_holder_wrote_stays_though_the_ledger_has_another_number() -> None:
    rows = (replace(ROWS[0], shares="1,206"), ROWS[1])
    (form,) = read(*pages_of(submission(rows=rows))).submissions
    assert form.holder_id == "H1"
    assert form.fields.rows[0].shares == "1,206"


def test_nothing_is_taken_from_the_ledger_for_a_blank_cell() -> None:
    rows = (replace(ROWS[0], price=""), replace(ROWS[1], grant_no=""))
    (form,) = read(*pages_of(submission(rows=rows))).submissions
    assert form.fields.rows == rows


def test_a_notice_is_read_by_its_own_zones() -> None:
    (form,) = read(*pages_of(submission(Kind.NOTICE, rows=()))).submissions
    assert (form.kind, form.holder_id, form.fields.rows) == (Kind.NOTICE, "H1", ())
    assert (form.fields.date, form.fields.time) == (FIELDS.date, FIELDS.time)


def test_rows_of_a_schedule_follow_with_their_own_keys() -> None:
    schedule = Schedule((ROWS[1],), FIELDS.printed_name, signed=True, date=FIELDS.date)
    (form,) = read(*pages_of(submission(rows=(ROWS[0],), schedule=schedule))).submissions
    assert form.fields.schedule == schedule
    assert form.readings["schedule.row1.shares"].value == "1,000"
    assert form.readings["schedule.printed_name"].value == FIELDS.printed_name


def test_a_schedule_sent_before_its_form_does_not_shift_the_tables_rows() -> None:
    schedule = Schedule((ROWS[1],), FIELDS.printed_name, signed=True, date=FIELDS.date)
    front, back, sheet = pages_of(submission(rows=(ROWS[0],), schedule=schedule))
    (form,) = read(sheet, front, back).submissions
    assert (form.fields.rows, form.fields.schedule) == ((ROWS[0],), schedule)
    assert {"row1.shares", "schedule.row1.shares"} <= set(form.readings)


def test_a_blank_line_between_rows_keeps_its_place() -> None:
    (form,) = read(*pages_of(submission(rows=(ROWS[0], GrantRow(), ROWS[1])))).submissions
    assert form.fields.rows == (ROWS[0], GrantRow(), ROWS[1])
    assert "row3.shares" in form.readings


def test_an_unsigned_form_is_not_signed_and_a_stray_mark_is_unclear() -> None:
    (unsigned,) = read(*pages_of(submission(signature=Signature(False, None)))).submissions
    (stray,) = read(*pages_of(submission(signature=Signature(None, None)))).submissions
    assert unsigned.fields.signature.present is False
    assert stray.fields.signature.present is None


def test_a_typed_name_in_the_signature_box_is_no_sure_signature() -> None:
    front, back = pages_of(submission(signature=Signature(False, None)))
    assert back.registered is not None and back.form_page is not None
    picture, box = back.registered.copy(), back.form_page.zone("signature").box
    typed = picture_of(submission(signature=Signature(False, None)), "E2")
    name = back.form_page.zone("printed_name").box
    height, width = picture.shape
    rows = slice(round(name.y0 * height), round(name.y1 * height) - 6)
    word = typed[rows, round(name.x0 * width) + 3 : round(name.x1 * width)]
    top, left = round(box.y0 * height), round(box.x0 * width) + 3
    picture[top : top + word.shape[0], left : left + word.shape[1]] = word
    (form,) = read(front, laid(picture, "E2")).submissions
    assert form.fields.signature.present is None


def test_a_stroke_that_nobody_can_read_beside_the_form_still_makes_a_note() -> None:
    front, back = pages_of(submission())
    assert back.registered is not None
    picture = back.registered.copy()
    scrawl = np.array([[900 + 9 * i, 1120 + (25 if i % 2 else -12) + i] for i in range(16)], np.int32)
    cv2.polylines(picture, [scrawl], isClosed=False, color=0, thickness=4)
    (form,) = read(front, laid(picture, "E2")).submissions
    assert form.fields.notes != ""


def test_a_condition_written_by_hand_reaches_the_rules() -> None:
    note = "only if the new price is below $2"
    (form,) = read(*pages_of(submission(notes=note), HAND)).submissions
    assert "only if" in form.fields.notes.lower()


def test_a_condition_on_the_cover_sheet_reaches_the_rules() -> None:
    cover = PageReading(1, "COVER", text="FAX\nTo: D. Bernard\nComments: I accept only if the price falls.")
    blank = np.full((2200, 1700), 255, np.uint8)
    (form,) = read(RegisteredPage(cover, blank), *pages_of(submission())).submissions
    assert "only if the price falls." in form.fields.notes
    assert form.pages == ("COVER", "E1", "E2")


def test_an_unreadable_page_is_labelled_so() -> None:
    front, back = pages_of(submission())
    (form,) = read(front, replace(back, page=replace(back.page, legible=False))).submissions
    assert form.pages == ("E1", "E2!")


def test_a_fax_that_lost_pages_may_not_pass_unseen() -> None:
    (form,) = read(*pages_of(submission()), is_short=True).submissions
    assert [doubt.key for doubt in form.doubts] == ["pages"]


def test_two_forms_in_one_fax_are_two_submissions_that_know_of_each_other() -> None:
    election, notice = pages_of(submission()), pages_of(submission(Kind.NOTICE, rows=()))
    transmission = read(*election, *notice)
    assert [form.id for form in transmission.submissions] == ["0123456789ab-1", "0123456789ab-2"]
    assert [form.bundle_size for form in transmission.submissions] == [2, 2]
    assert [page.submission for page in transmission.pages] == [0, 0, 1]


@pytest.mark.parametrize("box", [Box(0.0, 0.0, 1.0, 1.0)])
def test_a_page_lost_altogether_leaves_nothing_trusted(box: Box) -> None:
    front, back = pages_of(submission())
    (form,) = read(front, replace(back, unreadable=(box,))).submissions
    doubted = {doubt.key for doubt in form.doubts}
    assert {"printed_name", "tax_id", "signed_at", "row1.shares"} <= doubted


def test_a_figure_struck_out_beside_the_right_one_is_an_alteration_however_surely_both_are_read() -> None:
    """The figure 303 struck out, and 300 beside it: the readers agree on 303300."""
    sample = Path(__file__).parents[2] / "sample_faxes" / "25_altered_cell.tif"
    pages = pages_of_fax(sample.read_bytes(), blank_pages_of(forms()), DecodeLimits())
    (form,) = read(*pages.pages).submissions
    assert [row.altered for row in form.fields.rows] == [True, False]
    assert form.readings["row1.shares"].confidence > 0.97
