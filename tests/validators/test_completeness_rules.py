"""Pages, editions, copies and cures, struck text and handwriting."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.decisions import Waiver
from core.findings import Disposition, Hold, Severity
from core.submissions import Evidence, Kind, Signature
from validators.examples import (
    OFFER,
    ROW_1041,
    ROW_1187,
    amendment,
    election,
    holder,
    ledger,
    notice,
    pdt,
    schedule,
)
from validators.resubmission import is_filled

UNSIGNED = Signature(present=False)
WRONG_NUMBER = {"destination": "(818) 734-5300"}


def again(form, **changes):
    """The same form, faxed again three days later."""
    fields = {name: value for name, value in changes.items() if hasattr(form.fields, name)}
    others = {name: value for name, value in changes.items() if name not in fields}
    return replace(form, **{"id": "S9", "received_at": pdt(17, 9), **others}, fields=replace(form.fields, **fields))


# -------------------------------------------------------------------------------------------------------------- pages

BLANK_E2 = {
    "printed_name": "",
    "signature": UNSIGNED,
    "tax_id": "",
    "date": "",
    "time": "",
    "email": "",
    "address": "",
    "rows": (),
}


def test_without_page_two_nothing_printed_there_is_asked_for(codes) -> None:
    assert codes(election(pages=("E1",), **BLANK_E2)) == {"PAGE_MISSING", "HOLDER_UNKNOWN"}


def test_without_page_two_what_is_written_for_it_is_not_judged_either(codes) -> None:
    form = election(pages=("E1",), date="8/7/03", time="2:15", tax_id="1", printed_name="Maria Ortega")

    assert codes(form) == {"PAGE_MISSING"}


def test_without_page_two_a_schedule_names_the_holder_and_is_judged(last) -> None:
    form = election(pages=("E1", "SCHEDULE"), **BLANK_E2, schedule=schedule(replace(ROW_1041, shares="600")))
    judgement = last(form)

    assert judgement.holder_id == "H1"
    assert {finding.code for finding in judgement.findings} == {"PAGE_MISSING", "PARTIAL_TENDER"}


def test_without_page_one_the_amend_box_is_not_judged(last) -> None:
    for box in (True, False):
        judgement = last(election(pages=("E2",), amend_box=box))
        assert [finding.code for finding in judgement.findings] == ["PAGE_MISSING"]
        assert {"AMEND_BOX_NO_PRIOR", "AMEND_BOX_UNCHECKED"} <= set(judgement.not_evaluated)


def test_without_its_page_nothing_of_a_notice_is_asked_for(codes) -> None:
    blank = {name: value for name, value in BLANK_E2.items() if name != "rows"}

    assert codes(notice(pages=("COVER",), **blank)) == {"PAGE_MISSING", "HOLDER_UNKNOWN"}


def test_a_form_without_any_page_misses_both(last) -> None:
    [finding] = [one for one in last(election(pages=())).findings if one.code == "PAGE_MISSING"]

    assert finding.facts["pages"] == "E1 E2"
    assert finding.message == "Pages E1 and E2 are missing from the form."
    assert last(election(pages=("E1",))).findings[0].message == "Page E2 is missing from the form."


def test_an_unreadable_box_is_not_blank(codes) -> None:
    form = election(pages=("E1", "E2!"), **{**BLANK_E2, "printed_name": "Maria L. Ortega"})

    assert codes(form) == {"PAGE_UNREADABLE"}


def test_on_an_unreadable_page_whatever_can_be_read_is_judged(codes) -> None:
    rows = (replace(ROW_1041, price="$1.00"), replace(ROW_1187, grant_no="", shares=""))
    form = election(pages=("E1", "E2!"), tax_id="000-12-9999", rows=rows)

    assert codes(form) == {"PAGE_UNREADABLE", "TAXID_MISMATCH", "PRICE_MISMATCH", "NO_ACCEPTABLE_ROW"}


def test_an_unreadable_row_is_never_accepted(last) -> None:
    form = election(
        pages=("E1", "E2!"), rows=(replace(ROW_1041, grant_no="", grant_date="", price="", shares=""), ROW_1187)
    )
    assert set(last(form).row_statuses) == {"1187"}

    half_read = election(pages=("E1", "E2!"), rows=(replace(ROW_1041, grant_no=""), ROW_1187))
    assert last(half_read).row_statuses["row1"].value == "held"
    assert {"GRANT_NO_MISSING"} <= set(last(half_read).not_evaluated)


def test_an_unreadable_schedule_is_neither_unsigned_nor_undated(codes) -> None:
    form = election(
        pages=("E1", "E2", "SCHEDULE!"),
        rows=(ROW_1041,),
        schedule=schedule(replace(ROW_1187, price=""), signed=False, date="", name=""),
    )

    assert codes(form) == {"PAGE_UNREADABLE"}


def test_an_unreadable_schedule_may_hold_the_rows_that_the_table_lacks(codes) -> None:
    assert codes(election(pages=("E1", "E2", "SCHEDULE!"), rows=())) == {"PAGE_UNREADABLE"}


def test_an_unreadable_notice_is_not_blank_either(codes) -> None:
    assert codes(election(), notice(pages=("N1!",), date="", time="")) == {"PAGE_UNREADABLE"}


@pytest.mark.parametrize("pages", [("E1", "E2", "I1!"), ("COVER!", "E1", "E2"), ("E2", "E1"), ("E1", "E2", "E2")])
def test_instructions_and_cover_need_not_be_legible_nor_pages_in_order(codes, pages) -> None:
    assert codes(election(pages=pages)) == set()


def test_strange_pages_are_counted_and_named(last) -> None:
    [finding] = last(election(pages=("E1", "E2", "UNKNOWN", "X"))).findings

    assert finding.message == "2 pages of the fax could not be classified (UNKNOWN and X)."


def test_a_bundle_that_does_not_split_cleanly_is_held(last) -> None:
    clean = last(election(bundle_size=2))
    unclean = last(election(bundle_size=2, bundle_clean=False))

    assert [(f.severity, f.hold) for f in clean.findings] == [(Severity.NOTE, Hold.NONE)]
    assert [(f.severity, f.hold) for f in unclean.findings] == [(Severity.REVIEW, Hold.HARD)]
    assert unclean.disposition is Disposition.HELD


def test_a_form_of_unknown_kind_waits_unassigned_and_is_judged_no_further(judged) -> None:
    judgements = judged(election(kind=None, delivery="email", printed_name=""))
    judgement = judgements.by_submission["S1"]

    assert [finding.code for finding in judgement.findings] == ["FORM_TYPE_UNKNOWN"]
    assert judgement.disposition is Disposition.HELD
    assert judgement.holder_id is None
    assert judgements.standings == {}


# ------------------------------------------------------------------------------------------------------------- copies


def test_a_copy_is_told_so_and_nothing_else(last) -> None:
    first = election(time="", email="", amend_box=True)
    copy = again(first, received_at=pdt(24, 18), delivery="email", destination="x", pages=("COVER", "E1", "E2", "I1"))
    judgement = last(first, copy)

    assert [finding.code for finding in judgement.findings] == ["DUPLICATE_FAX"]
    assert judgement.disposition is Disposition.DUPLICATE
    assert judgement.duplicates == "S1"
    assert judgement.not_evaluated == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"printed_name": "Maria L Ortega"}, {"tax_id": "1001"}, {"date": "07/14/03"}, {"time": "10:15 AM"},
        {"email": "x@example.com"}, {"address": "1 Main St, Reno, NV 89501"}, {"notes": "hello"},
        {"capacity": "executor"},
        {"title": "x"}, {"signature": Signature(True, "Maria L. Ortega")}, {"signature": Signature(None)},
        {"amend_box": None}, {"evidence": (Evidence.AUTHORITY_EVIDENCE,)}, {"form_version": "2003-06-25"},
        {"pages": ("E1", "E2!")}, {"pages": ("E1", "E2", "UNKNOWN")}, {"struck_text": ("E1 (c)",)},
        {"rows": (replace(ROW_1041, struck=True), ROW_1187)}, {"rows": (ROW_1187, ROW_1041)}, {"schedule": schedule()},
        {"rows": (replace(ROW_1041, grant_date="03/15/01"), ROW_1187)},
    ],
)  # fmt: skip
def test_a_form_that_differs_in_any_recorded_field_is_no_mere_copy_of_a_held_one(last, changes) -> None:
    held = election(struck_text=("E2 ¶3",))

    assert last(held, again(held)).disposition is Disposition.DUPLICATE
    assert last(held, again(held, **changes)).disposition is not Disposition.DUPLICATE


@pytest.mark.parametrize(
    "changes",
    [{"rows": (replace(ROW_1041, price="24.5", shares="1200"), ROW_1187)}, {"email": " holder.h1@example.com"}],
)
def test_prices_and_shares_are_compared_by_value_and_spaces_not_at_all(last, changes) -> None:
    held = election(struck_text=("E2 ¶3",))

    assert last(held, again(held, **changes)).disposition is Disposition.DUPLICATE


def test_an_unreadable_price_is_compared_as_written(last) -> None:
    held = election(rows=(replace(ROW_1041, price="2?", shares="A L L"), ROW_1187), struck_text=("x",))

    assert last(held, again(held)).disposition is Disposition.DUPLICATE
    assert (
        last(held, again(held, rows=(replace(ROW_1041, price="3?", shares="A L L"), ROW_1187))).disposition
        is Disposition.HELD
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"email": ""},
        {"amend_box": True},
        {"signature": UNSIGNED},
        {"pages": ("E1",)},
        {"schedule": schedule()},
        {"title": "x"},
    ],
)
def test_the_same_form_of_a_good_one_is_a_duplicate_whatever_else_differs(last, changes) -> None:
    good = election()

    assert last(good, again(good, **changes)).disposition is Disposition.DUPLICATE


@pytest.mark.parametrize(
    "changes",
    [{"notes": "please call"}, {"struck_text": ("E1 (c)",)}, {"rows": (replace(ROW_1041, struck=True), ROW_1187)},
     {"rows": (ROW_1041, replace(ROW_1187, altered=True))}],
)  # fmt: skip
def test_a_new_handwritten_instruction_is_never_lost_as_a_duplicate(last, changes) -> None:
    good = election()

    assert last(good, again(good, **changes)).disposition is Disposition.HELD


def test_what_the_earlier_form_bore_as_well_is_nothing_new(judged, last) -> None:
    noted = election(notes="please call", email="")
    withdrawn = (noted, notice())

    assert last(*withdrawn, again(noted, email="x@example.com")).disposition is Disposition.DUPLICATE


@pytest.mark.parametrize("form", [election(date="", struck_text=("x",)), notice(struck_text=("x",))])
def test_a_date_or_a_row_is_enough_for_a_copy(last, form) -> None:
    assert last(form, again(form)).disposition is Disposition.DUPLICATE


def test_a_note_or_a_settled_finding_makes_a_good_form_no_worse(last) -> None:
    noted = election(date="July 14")
    waived = replace(OFFER, waivers=(Waiver("W1", "EMAIL_MISSING", "Dana", pdt(20), "for all alike"),))
    incomplete = election(email="")

    assert last(noted, again(noted, tax_id="1001")).disposition is Disposition.DUPLICATE
    assert last(incomplete, again(incomplete, tax_id="1001"), offer=waived).disposition is Disposition.DUPLICATE


def test_a_copy_of_a_replaced_or_withdrawn_form_revives_nothing(judged) -> None:
    for later in (amendment(), notice()):
        flawed = election(email="")
        judgements = judged(flawed, later, again(flawed, email="x@example.com"))
        assert judgements.by_submission["S9"].disposition is Disposition.DUPLICATE
        assert judgements.standings["H1"].basis == later.id


def test_a_rejected_form_has_no_copies(last) -> None:
    late = election(received_at=pdt(24, 18))

    assert "LATE_RECEIPT" in {f.code for f in last(late, again(late, received_at=pdt(24, 19))).findings}


def test_a_form_with_neither_date_nor_row_is_no_copy(last) -> None:
    empty = {"date": "", "time": "", "rows": ()}

    assert last(election(**empty), again(election(**empty))).disposition is Disposition.HELD


def test_a_copy_of_a_form_without_a_holder_is_a_copy_too(last) -> None:
    stranger = election(printed_name="Jane Doe", tax_id="", rows=(replace(ROW_1041, grant_no="9999"),))
    judgement = last(stranger, again(stranger))

    assert judgement.disposition is Disposition.DUPLICATE
    assert judgement.standing is None


def test_two_strangers_with_different_forms_are_no_copies_and_cure_nothing(last) -> None:
    stranger = election(printed_name="Jane Doe", tax_id="", rows=(replace(ROW_1041, grant_no="9999"),))

    assert "HOLDER_UNKNOWN" in {f.code for f in last(stranger, again(stranger, email="x@example.com")).findings}


GOOD = {"delivery": "fax", "destination": "listed", "received_start": None}


@pytest.mark.parametrize(
    "doubtful",
    [{"delivery": "courier"}, WRONG_NUMBER, {"received_at": pdt(14, 9)}],
    ids=["DELIVERY_OTHER", "WRONG_DESTINATION", "SIGNED_AFTER_RECEIPT"],
)
def test_a_good_copy_of_a_form_held_for_how_it_arrived_cures_it(last, doubtful) -> None:
    judgement = last(election(**doubtful), again(election(**GOOD)))

    assert [finding.code for finding in judgement.findings] == ["CURE_RESUBMISSION"]
    assert judgement.disposition is Disposition.EFFECTIVE
    assert judgement.cures == "S1"


@pytest.mark.parametrize(
    "doubtful",
    [
        {"received_at": pdt(24, 17, 30).replace(tzinfo=None)},
        {"received_start": pdt(24, 16, 58), "received_at": pdt(24, 17, 2)},
    ],
    ids=["RECEIPT_TZ_CRITICAL", "FAX_STRADDLES_DEADLINE"],
)
def test_a_copy_of_a_form_held_for_when_it_arrived_is_judged_on_its_own_receipt(last, doubtful) -> None:
    judgement = last(election(**doubtful), again(election(**GOOD), received_at=pdt(25, 18)))

    assert {finding.code for finding in judgement.findings} == {"CURE_RESUBMISSION", "LATE_RECEIPT"}
    assert judgement.disposition is Disposition.REJECTED


def test_a_copy_before_the_offer_began_is_cured_by_a_good_one(last) -> None:
    early = election(received_at=pdt(24, 12, month=6), date="6/25/03", time="", form_version="2003-06-25")
    good = again(early)

    assert "CURE_RESUBMISSION" in {finding.code for finding in last(early, good).findings}


def test_two_copies_without_a_time_of_receipt_cure_each_other_in_turn(judged) -> None:
    unknown = election(received_at=None, delivery="hand")
    judgements = judged(unknown, again(unknown, received_at=None, sequence=1))

    assert {f.code for f in judgements.by_submission["S9"].findings} == {"CURE_RESUBMISSION", "RECEIPT_TIME_UNKNOWN"}
    assert judgements.standings["H1"].contested


def test_a_form_held_for_its_arrival_but_since_replaced_is_not_revived_by_a_copy(last) -> None:
    misdirected = election(**WRONG_NUMBER)

    assert last(misdirected, amendment(), again(misdirected)).disposition is Disposition.DUPLICATE


# -------------------------------------------------------------------------------------------------------------- cures


def test_a_cure_takes_the_place_of_the_held_form(judged) -> None:
    unsigned = election(signature=UNSIGNED)
    judgements = judged(unsigned, again(unsigned, signature=Signature(present=True)))

    assert [f.code for f in judgements.by_submission["S9"].findings] == ["CURE_RESUBMISSION"]
    assert judgements.standings["H1"].basis == "S9"
    assert not judgements.standings["H1"].contested


def test_a_cure_of_a_standing_form_with_a_soft_finding_replaces_it_without_an_order_test(judged) -> None:
    incomplete = election(email="")
    judgements = judged(incomplete, again(incomplete, email="x@example.com"))

    assert [f.code for f in judgements.by_submission["S9"].findings] == ["CURE_RESUBMISSION"]
    assert judgements.standings["H1"].basis == "S9"


@pytest.mark.parametrize(
    ("was", "now"),
    [({"time": ""}, {"time": "10:15 am"}), ({"printed_name": ""}, {"printed_name": "Maria L. Ortega"})],
)
def test_a_time_or_name_that_was_blank_may_be_filled(last, was, now) -> None:
    first = election(**was)

    assert [f.code for f in last(first, again(first, **now)).findings] == ["CURE_RESUBMISSION"]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ({"time": "10:15 am"}, {"time": ""}),
        ({"time": "10:15 am"}, {"time": "10:15 a.m."}),
        ({"printed_name": "Maria L. Ortega"}, {"printed_name": ""}),
        ({"date": ""}, {"date": "7/14/03"}),
        ({}, {"rows": (ROW_1041,)}),
        ({}, {"rows": (ROW_1041,), "schedule": schedule(ROW_1187)}),
    ],
)
def test_a_changed_date_time_or_row_is_a_new_form(last, was, now) -> None:
    first = election(signature=UNSIGNED, **was)

    assert "CURE_RESUBMISSION" not in {
        f.code for f in last(first, again(first, signature=Signature(present=True), **now)).findings
    }


def test_a_notice_cures_no_election(last) -> None:
    unsigned = notice(signature=UNSIGNED)

    assert "CURE_RESUBMISSION" in {
        f.code for f in last(election(), unsigned, again(unsigned, signature=Signature(present=True))).findings
    }
    assert "CURE_RESUBMISSION" not in {
        f.code for f in last(unsigned, again(replace(unsigned, kind=Kind.ELECTION, pages=("E1", "E2")))).findings
    }


def test_a_chain_of_cures_leaves_all_its_links_out_of_the_order_test(judged) -> None:
    first = election(signature=UNSIGNED, email="")
    second = again(first, id="S2", email="x@example.com", received_at=pdt(15, 9))
    third = again(first, id="S3", signature=Signature(present=True), received_at=pdt(16, 9))
    judgements = judged(first, second, third)

    assert [judgements.by_submission[one].disposition.value for one in ("S1", "S2", "S3")] == [
        "HELD",
        "HELD",
        "EFFECTIVE",
    ]
    assert {f.code for f in judgements.by_submission["S3"].findings} == {"CURE_RESUBMISSION", "EMAIL_MISSING"}
    assert not judgements.standings["H1"].contested


def test_a_held_cure_leaves_one_form_open_not_two(judged) -> None:
    first = election(signature=UNSIGNED, email="")
    second = again(first, id="S2", email="x@example.com", received_at=pdt(15, 9))
    good = again(first, id="S3", signature=Signature(present=True), email="x@example.com", received_at=pdt(16, 9))

    assert judged(first, second).standings["H1"].contested
    assert judged(first, second, good).by_submission["S3"].cures == "S2"


def test_a_held_cure_of_a_standing_form_changes_nothing(judged) -> None:
    standing_form = election(email="")
    worse = again(standing_form, email="x@example.com", struck_text=("E1 (c)",))
    judgements = judged(standing_form, worse)

    assert {f.code for f in judgements.by_submission["S9"].findings} == {"CURE_RESUBMISSION", "FORM_ALTERED"}
    assert judgements.standings["H1"].basis == "S1"
    assert judgements.standings["H1"].contested


def test_a_late_cure_is_late_and_the_earlier_form_stays_held(judged) -> None:
    unsigned = election(signature=UNSIGNED)
    judgements = judged(unsigned, again(unsigned, signature=Signature(present=True), received_at=pdt(24, 18)))

    assert judgements.by_submission["S9"].disposition is Disposition.REJECTED
    assert judgements.by_submission["S1"].disposition is Disposition.HELD
    assert judgements.standings["H1"].contested


def test_a_mooted_form_is_not_cured(last) -> None:
    unsigned = election(signature=UNSIGNED)
    judgement = last(unsigned, amendment(), again(unsigned, signature=Signature(present=True)))

    assert [f.code for f in judgement.findings] == ["ELECTION_NOT_AFTER_PRIOR"]


def test_a_cure_does_not_stand_in_its_own_predecessors_way(last) -> None:
    unsigned = election(signature=UNSIGNED)
    cure = again(unsigned, signature=Signature(present=True))

    assert "AMEND_BOX_UNCHECKED" not in {f.code for f in last(unsigned, cure).findings}
    new_form = again(unsigned, signature=Signature(present=True), date="7/16/03")
    assert "AMEND_BOX_UNCHECKED" in {f.code for f in last(unsigned, new_form).findings}


def test_a_row_is_filled_by_any_of_its_cells() -> None:
    blank = replace(ROW_1041, grant_no="", grant_date="", price="", shares=" ")

    assert not is_filled(blank)
    assert not is_filled(replace(blank, struck=True))
    for cell in ("grant_no", "grant_date", "price", "shares"):
        assert is_filled(replace(blank, **{cell: "?"}))


# -------------------------------------------------------------------------------------------------------- handwriting


@pytest.mark.parametrize(
    "text",
    [
        "only if the price is below $2", "PROVIDED that I stay", "unless you extend", "Subject To my lawyer",
        "on condition",
        "contingent on a raise", "if the stock falls", "if the price", "if the shares", "in the alternative",
        "either 1041\nor 1187", "as long as I work here", "assuming no split",
    ],
)  # fmt: skip
def test_a_condition_in_any_letter_case_rejects_the_tender(last, text: str) -> None:
    judgement = last(election(notes=text))

    assert [finding.code for finding in judgement.findings] == ["CONDITIONAL_TENDER"]
    assert judgement.disposition is Disposition.REJECTED


@pytest.mark.parametrize(
    "text", ["call me if needed", "for the stock desk", "neither nor", "unlessons", "or either", "improvided"]
)
def test_other_words_are_free_text(last, text: str) -> None:
    judgement = last(election(notes=text))

    assert [finding.code for finding in judgement.findings] == ["FREE_TEXT"]
    assert judgement.disposition is Disposition.EFFECTIVE


def test_a_condition_holds_a_notice_as_free_text(last) -> None:
    judgement = last(election(), notice(notes="I withdraw unless you answer"))
    [finding] = judgement.findings

    assert (finding.code, finding.hold) == ("FREE_TEXT", Hold.HARD)
    assert judgement.disposition is Disposition.HELD


def test_other_text_counts_a_notice_provisionally(last) -> None:
    [finding] = last(election(), notice(notes="thank you")).findings

    assert (finding.code, finding.hold) == ("FREE_TEXT", Hold.SOFT)


@pytest.mark.parametrize(
    "text",
    ["only 1187", "all EXCEPT one", "just that", "Keep it", "the grant of 2001", "not 1041", "#1187.", "1041,1187"],
)
def test_words_or_own_numbers_make_a_notice_partial(codes, text: str) -> None:
    assert codes(election(), notice(notes=text)) == {"NOTICE_PARTIAL"}


@pytest.mark.parametrize("text", ["my grants", "keeping calm", "adjust", "11870", "1041-A", "1195", "commonly"])
def test_other_words_and_numbers_do_not(codes, text: str) -> None:
    assert codes(election(), notice(notes=text)) == {"FREE_TEXT"}


def test_of_a_notice_without_a_holder_the_words_alone_count(codes) -> None:
    stranger = {"printed_name": "Jane Doe", "tax_id": ""}

    assert codes(notice(notes="only one", **stranger)) == {"HOLDER_UNKNOWN", "TAXID_MISSING", "NOTICE_PARTIAL"}
    assert codes(notice(notes="1041", **stranger)) == {"HOLDER_UNKNOWN", "TAXID_MISSING", "FREE_TEXT"}


def test_struck_print_is_named_and_advised_on(last) -> None:
    [finding] = last(election(struck_text=("E1 (c)", "E2 ¶3"))).findings

    assert finding.facts["places"] == "E1 (c) and E2 ¶3"
    assert "uphold" in finding.suggestion


def test_free_text_beside_a_changed_name_belongs_to_the_change(codes) -> None:
    over = ledger(of=holder(legal_name_changes=("Maria L. Lopez",)))

    assert codes(election(printed_name="Maria L. Lopez", notes="please call"), over=over) == {
        "NAME_CHANGE_NO_PROOF",
        "FREE_TEXT",
    }
    assert codes(election(printed_name="Maria L. Lopez", notes="née Ortega"), over=over) == {"NAME_CHANGE_NO_PROOF"}
