"""Whose form it is, who signed it, and what the schedule's own signature block is worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.decisions import Decision, Verdict
from core.findings import Disposition, Hold
from core.holders import OptionLedger
from core.readings import Doubt
from core.submissions import Evidence, GrantRow, Schedule, Signature
from validators.examples import (
    ANOTHERS,
    GRANT_1041,
    GRANT_1187,
    ROW_1041,
    ROW_1187,
    amendment,
    election,
    grant,
    holder,
    ledger,
    notice,
    row_of,
    schedule,
)

MARRIED = "Maria L. Lopez"
PROOF, AUTHORITY = (Evidence.NAME_CHANGE_PROOF,), (Evidence.AUTHORITY_EVIDENCE,)


def reads(text: str | None, present: bool | None = True) -> Signature:
    return Signature(present=present, reads_as=text)


# --------------------------------------------------------------------------------------------------------- the holder


@pytest.mark.parametrize("name", ["Maria L. Ortega", "MARIA L ORTEGA", "María L. Ortega,"])
def test_the_name_alone_finds_the_holder(last, name: str) -> None:
    form = election(printed_name=name, tax_id="", rows=(GrantRow("9999", "1/1/01", "$3", "1"),))

    assert last(form).holder_id == "H1"


def test_a_recorded_change_of_name_finds_the_holder(last) -> None:
    over = ledger(of=holder(legal_name_changes=(MARRIED,)))

    assert last(election(printed_name=MARRIED, tax_id="", rows=()), over=over).holder_id == "H1"


def test_the_full_tax_id_finds_the_holder_and_a_partial_one_does_not(last) -> None:
    strange = {"printed_name": "M. Ortega", "rows": ()}

    assert last(election(tax_id="000-12-1001", **strange)).holder_id == "H1"
    assert last(election(tax_id="1001", **strange)).holder_id is None


def test_grants_of_one_holder_find_the_holder_and_grants_of_two_do_not(last) -> None:
    strange = {"printed_name": "M. Ortega", "tax_id": ""}
    unknown = replace(ROW_1041, grant_no="9999")

    assert last(election(rows=(ROW_1041, unknown), **strange)).holder_id == "H1"
    assert last(election(rows=(), schedule=schedule(ROW_1041), **strange)).holder_id == "H1"
    assert last(election(rows=(ROW_1041, row_of(ANOTHERS)), **strange)).holder_id is None
    assert last(election(rows=(unknown,), **strange)).holder_id is None


def test_a_grant_number_read_with_a_doubt_finds_nobody(last) -> None:
    form = election(rows=(ROW_1041,), printed_name="M. Ortega", tax_id="")
    assert last(form).holder_id is not None
    assert last(replace(form, doubts=(Doubt("row1.grant_no", 0.6, 0.95),))).holder_id is None


def test_a_name_that_two_holders_bear_leaves_it_to_the_next_step(last) -> None:
    twins = OptionLedger.of([holder(), holder("H3")], [GRANT_1041])

    assert last(election(rows=()), over=twins).holder_id == "H1"
    assert last(election(tax_id="", rows=(ROW_1041,)), over=twins).holder_id == "H1"
    assert last(election(tax_id="", rows=()), over=twins).holder_id is None


def test_the_name_wins_over_the_tax_id(last) -> None:
    judgement = last(election(tax_id="000-12-1002"))

    assert judgement.holder_id == "H1"
    assert [finding.code for finding in judgement.findings] == ["TAXID_MISMATCH"]


def test_a_machines_choice_that_the_paper_contradicts_leaves_the_form_unassigned(last) -> None:
    judgement = last(election(holder_id="H2"))

    assert judgement.holder_id is None
    assert judgement.standing is None
    assert "HOLDER_UNKNOWN" in {finding.code for finding in judgement.findings}
    assert not any("Chen" in finding.message for finding in judgement.findings)


def test_a_persons_choice_stands_against_the_paper(last) -> None:
    judgement = last(election(holder_id="H2", holder_confirmed=True))

    assert judgement.holder_id == "H2"
    assert {"NAME_MISMATCH", "TAXID_MISMATCH", "GRANT_NOT_HOLDERS"} <= {f.code for f in judgement.findings}


def test_a_machines_choice_that_the_paper_does_not_contradict_is_taken(last) -> None:
    judgement = last(
        election(holder_id="H1", printed_name="M?ria L. Ort?ga", tax_id="", rows=(replace(ROW_1041, grant_no="1?41"),))
    )

    assert judgement.holder_id == "H1"
    assert "NAME_MISMATCH" in {finding.code for finding in judgement.findings}


def test_a_choice_that_is_not_in_the_ledger_is_nobody(last) -> None:
    assert last(election(holder_id="H99", holder_confirmed=True)).holder_id is None


def test_without_a_holder_nothing_relative_to_one_is_said(codes) -> None:
    form = election(
        printed_name="Jane Doe",
        tax_id="12345",
        amend_box=True,
        signature=reads("J. Doe"),
        rows=(row_of(ANOTHERS), ROW_1041),
    )

    assert codes(form) == {"HOLDER_UNKNOWN", "NO_ACCEPTABLE_ROW"}


def test_without_a_holder_a_representative_is_still_one(codes) -> None:
    form = election(printed_name="Jane Doe", tax_id="", signature=reads("A. Doe for J. Doe"), rows=())

    assert codes(form) == {
        "HOLDER_UNKNOWN",
        "TAXID_MISSING",
        "TABLE_BLANK",
        "REP_TITLE_MISSING",
        "REP_EVIDENCE_MISSING",
    }


# ------------------------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    "name", ["Maria Ortega", "Ortega, Maria L.", "Maria L. Ortega Jr.", "M. L. Ortega", "Mari? L. Ortega"]
)
def test_any_other_name_is_a_mismatch(codes, name: str) -> None:
    assert codes(election(printed_name=name)) == {"NAME_MISMATCH"}


@pytest.mark.parametrize(
    ("present", "expected"), [(True, {"SIGNATURE_MISMATCH"}), (None, {"SIGNATURE_MISMATCH", "SIGNATURE_UNCLEAR"})]
)
def test_legible_initials_are_compared_also_when_the_signature_is_unclear(codes, present, expected) -> None:
    assert codes(election(signature=reads("MLO", present))) == expected


def test_an_illegible_signature_is_no_flaw(last) -> None:
    judgement = last(election(signature=reads(None)))

    assert judgement.findings == ()
    assert judgement.not_evaluated == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"printed_name": MARRIED, "notes": "Formerly Ortega"},
        {"printed_name": MARRIED, "notes": "f/k/a Maria Ortega"},
        {"printed_name": MARRIED, "notes": "F.K.A. Maria Ortega"},
        {"printed_name": MARRIED, "notes": "NÉE Ortega"},
        {"printed_name": MARRIED, "notes": "maiden name Ortega"},
        {"printed_name": MARRIED, "notes": "this is my married name"},
        {"printed_name": MARRIED, "notes": "name changed in May"},
        {"printed_name": "Maria L. Lopez (née Ortega)"},
        {"signature": reads("M. Lopez"), "notes": "formerly Ortega"},
    ],
)
def test_a_change_of_name_that_is_shown_takes_the_place_of_a_mismatch(codes, changes) -> None:
    assert codes(election(**changes)) == {"NAME_CHANGE_NO_PROOF"}
    assert codes(election(**changes, evidence=PROOF)) == {"NAME_CHANGE_PROOF_REVIEW"}


@pytest.mark.parametrize("changes", [{"printed_name": MARRIED}, {"signature": reads(MARRIED)}])
def test_the_ledgers_record_shows_a_change_of_name(last, changes) -> None:
    over = ledger(of=holder(legal_name_changes=(MARRIED,)))
    [finding] = last(election(**changes), over=over).findings

    assert finding.code == "NAME_CHANGE_NO_PROOF"
    assert "The form says “Maria L. Lopez”. The agreement says “Maria L. Ortega”" in finding.message


def test_the_ledgers_record_of_another_name_shows_nothing(codes) -> None:
    over = ledger(of=holder(legal_name_changes=("Maria L. Diaz",)))

    assert codes(election(printed_name=MARRIED), over=over) == {"NAME_MISMATCH"}


def test_words_of_a_changed_name_without_another_name_are_read_by_a_person(codes) -> None:
    assert codes(election(notes="formerly Lopez")) == {"FREE_TEXT"}


def test_words_of_a_changed_name_without_a_holder_are_left_to_the_unknown_holder(codes) -> None:
    form = election(printed_name="Jane Doe", tax_id="", notes="née Ortega", rows=())

    assert codes(form) == {"HOLDER_UNKNOWN", "TAXID_MISSING", "TABLE_BLANK"}


# --------------------------------------------------------------------------------------------------- representatives


@pytest.mark.parametrize(
    "text",
    ["Ana Ortega for Maria L. Ortega", "Maria L. Ortega by Ana Ortega", "Ana Ortega, P.O.A.", "ANA ORTEGA ATTORNEY"],
)
def test_a_signature_for_somebody_else_is_a_representatives_and_no_mismatch(codes, text: str) -> None:
    assert codes(election(signature=reads(text))) == {"REP_TITLE_MISSING", "REP_EVIDENCE_MISSING"}


@pytest.mark.parametrize("text", ["Ana Forrest", "Ana Bye", "Poala Ortega", "Attorneys Ortega"])
def test_a_name_that_merely_holds_such_letters_is_a_mismatch(codes, text: str) -> None:
    assert codes(election(signature=reads(text))) == {"SIGNATURE_MISMATCH"}


def test_a_holder_whose_own_name_holds_such_a_word_signs_for_nobody(codes) -> None:
    over = ledger(of=holder(name="Kim By"))

    assert codes(election(printed_name="Kim By", signature=reads("Kim By")), over=over) == set()


def test_a_filled_capacity_is_a_representatives_and_its_parts_are_asked_for_one_by_one(codes) -> None:
    def of(**changes) -> set[str]:
        return codes(election(capacity="executor", **changes))

    assert of() == {"REP_TITLE_MISSING", "REP_EVIDENCE_MISSING"}
    assert of(title="Executor") == {"REP_EVIDENCE_MISSING"}
    assert of(evidence=AUTHORITY) == {"REP_TITLE_MISSING"}
    assert of(title="Executor", evidence=AUTHORITY) == {"REP_EVIDENCE_REVIEW"}


def test_a_representative_may_sign_a_notice(last) -> None:
    judgement = last(election(), notice(signature=reads("Ana Ortega by POA"), title="Attorney-in-Fact"))

    assert [finding.code for finding in judgement.findings] == ["REP_EVIDENCE_MISSING"]
    assert judgement.disposition is Disposition.HELD


# ----------------------------------------------------------------------------------------------- identification number


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("000-12-1001", set()),
        ("000121001", set()),
        ("000 12 1001", set()),
        ("", {"TAXID_MISSING"}),
        ("on file", {"TAXID_MISSING"}),
        ("1001", {"TAXID_PARTIAL"}),
        ("2-1001", {"TAXID_PARTIAL"}),
        ("00121001", {"TAXID_PARTIAL"}),
        ("001", {"TAXID_MISMATCH"}),
        ("1002", {"TAXID_MISMATCH"}),
        ("000-12-1002", {"TAXID_MISMATCH"}),
        ("0000-12-1001", {"TAXID_MISMATCH"}),
        ("000-12-100?", {"TAXID_MISMATCH"}),
    ],
)
def test_the_identification_number_is_whole_partial_missing_or_another(codes, written: str, expected: set[str]) -> None:
    assert codes(election(tax_id=written)) == expected


def test_a_number_that_the_ledger_lacks_is_not_passed(last) -> None:
    judgement = last(election(), over=ledger(of=holder(tax_id="")))

    assert judgement.findings == ()
    assert judgement.not_evaluated == ("TAXID_PARTIAL", "TAXID_MISMATCH")


def test_no_message_tells_a_number(last) -> None:
    for written in ("1001", "000-12-1002"):
        [finding] = last(election(tax_id=written)).findings
        assert "1001" not in finding.message
        assert "1002" not in finding.message


# ------------------------------------------------------------------------------------------- date, time, mail, address


def test_an_undated_form_is_held_and_asks_no_order(last) -> None:
    judgement = last(election(), amendment(date="", amend_box=False))

    assert [finding.code for finding in judgement.findings] == ["DATE_MISSING"]
    assert judgement.standing.contested
    assert judgement.standing.basis == "S1"


def test_time_weighs_more_on_a_notice(last) -> None:
    def weight_of(judgement) -> tuple[str, Hold]:
        [finding] = judgement.findings
        return finding.code, finding.hold

    assert weight_of(last(election(time=""))) == ("TIME_MISSING", Hold.SOFT)
    assert weight_of(last(election(time="2:15"))) == ("TIME_UNREADABLE", Hold.SOFT)
    assert weight_of(last(election(), notice(time=""))) == ("TIME_MISSING", Hold.HARD)
    assert weight_of(last(election(), notice(time="9:00"))) == ("TIME_UNREADABLE", Hold.HARD)


def test_an_address_that_says_neither_state_nor_country_is_not_passed(last) -> None:
    judgement = last(election(address="21211 Nordhoff Street, Chatsworth"))

    assert judgement.findings == ()
    assert judgement.not_evaluated == ("ADDRESS_NON_US",)


def test_a_clock_time_that_does_not_exist_is_unreadable(codes) -> None:
    assert "TIME_UNREADABLE" in codes(election(date="4/6/03", time="2:30 am"))


@pytest.mark.parametrize(
    ("day", "version", "expected"),
    [
        ("6/24/03", "2003-07-09", {"SIGNED_BEFORE_OFFER"}),
        ("6/24/03", "2003-06-25", {"SIGNED_BEFORE_OFFER", "FORM_VERSION_OLD"}),
        ("6/25/03", "2003-07-09", {"FORM_VERSION_DATE_CONFLICT"}),
        ("6/25/03", "2003-06-25", {"SIGNED_BEFORE_AMENDMENT", "FORM_VERSION_OLD"}),
        ("7/8/03", "2003-07-09", {"FORM_VERSION_DATE_CONFLICT"}),
        ("7/8/03", None, {"SIGNED_BEFORE_AMENDMENT", "FORM_VERSION_UNKNOWN"}),
        ("7/8/03", "2003-07-10", {"SIGNED_BEFORE_AMENDMENT", "FORM_VERSION_UNKNOWN"}),
        ("7/9/03", "2003-07-09", set()),
        ("7/9/03", "2003-06-25", {"FORM_VERSION_OLD"}),
    ],
)
def test_date_and_edition_are_held_against_each_other(codes, day: str, version, expected: set[str]) -> None:
    assert codes(election(date=day, form_version=version)) == expected


# -------------------------------------------------------------------------------------------------------- the schedule


def of_schedule(last, **changes) -> dict[str, set[str]]:
    """The codes by target of an election with 1041 in the table and 1187 on the schedule."""
    form = election(rows=(ROW_1041,), schedule=schedule(ROW_1187, **changes))
    found: dict[str, set[str]] = {}
    for finding in last(form).findings:
        found.setdefault(finding.target, set()).add(finding.code)
    return found


def test_a_schedule_is_signed_dated_and_named_by_itself(last) -> None:
    assert of_schedule(last) == {}
    assert of_schedule(last, signed=False, date="", name="") == {
        "1187": {"SCHEDULE_UNSIGNED", "SCHEDULE_UNDATED", "SCHEDULE_UNNAMED"}
    }


def test_a_schedule_whose_signature_is_unsure_counts_as_unsigned(last) -> None:
    def message(signed: bool | None) -> str:
        form = election(rows=(ROW_1041,), schedule=schedule(ROW_1187, signed=signed))
        return last(form).findings[0].message

    assert of_schedule(last, signed=None) == {"1187": {"SCHEDULE_UNSIGNED"}}
    assert message(None) == "Row 2 (schedule): the schedule's signature is in doubt."
    assert message(False) == "Row 2 (schedule): the schedule is not signed."


def test_a_signature_on_the_schedule_does_not_sign_the_form(codes) -> None:
    form = election(signature=Signature(present=False), rows=(ROW_1041,), schedule=schedule(ROW_1187))

    assert codes(form) == {"SIGNATURE_MISSING"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("July 14, 2003", {}),
        ("7/14", {}),
        ("7/13/03", {"1187": {"SCHEDULE_DATE_DIFFERS"}}),
        ("7/15/03", {"1187": {"SCHEDULE_DATE_DIFFERS"}}),
        ("7/?4/03", {"1187": {"SCHEDULE_DATE_DIFFERS"}}),
        ("", {"1187": {"SCHEDULE_UNDATED"}}),
    ],
)
def test_the_schedules_date_is_the_forms(last, written: str, expected) -> None:
    assert of_schedule(last, date=written) == expected


def test_the_schedules_date_is_compared_as_written_not_as_moved_by_a_zone(codes) -> None:
    form = election(date="7/14/03", time="1:30 am ET", rows=(ROW_1041,), schedule=schedule(ROW_1187))

    assert codes(form) == set()


def test_nothing_is_compared_with_a_blank(codes) -> None:
    def of(**changes) -> set[str]:
        return codes(election(rows=(ROW_1041,), schedule=schedule(ROW_1187), **changes))

    assert of(date="") == {"DATE_MISSING"}
    assert of(printed_name="") == {"NAME_MISSING"}


def test_a_form_date_that_cannot_be_read_leaves_the_schedules_open(last) -> None:
    judgement = last(election(date="7/?4/03", rows=(ROW_1041,), schedule=schedule(ROW_1187)))

    assert [finding.code for finding in judgement.findings] == ["DATE_UNREADABLE"]
    assert "SCHEDULE_DATE_DIFFERS" in judgement.not_evaluated


def test_a_schedule_row_that_repeats_a_table_row_takes_no_schedule_finding_and_one_that_differs_does(codes) -> None:
    unsigned = schedule(ROW_1041, signed=False)
    differing = schedule(replace(ROW_1041, shares="900"), signed=False)

    assert codes(election(rows=(ROW_1041, ROW_1187), schedule=unsigned)) == {"ROW_DUPLICATE"}
    assert codes(election(rows=(ROW_1041, ROW_1187), schedule=differing)) == {
        "ROW_DUPLICATE_CONFLICT",
        "SCHEDULE_UNSIGNED",
    }


def test_a_schedule_row_that_repeats_only_a_struck_row_must_be_signed_for(codes) -> None:
    form = election(rows=(replace(ROW_1041, struck=True), ROW_1187), schedule=schedule(ROW_1041, signed=False))

    assert codes(form) == {"ROW_STRUCK", "SCHEDULE_UNSIGNED"}


def test_a_struck_schedule_row_and_an_empty_schedule_need_no_signature(codes) -> None:
    struck = Schedule(rows=(replace(ROW_1187, struck=True),))

    assert codes(election(rows=(ROW_1041,), schedule=struck)) == {"ROW_STRUCK"}
    assert codes(election(rows=(ROW_1041,), schedule=Schedule())) == set()


# ---------------------------------------------------------------------------------------------- eligibility by ledger


@pytest.mark.parametrize(
    ("title", "is_flaw"),
    [
        ("VP Finance", True), ("V.P., Finance", True), ("Vice-President, Sales", True), ("vice president", True),
        ("Chief Engineer", True), ("Security Officer", True), ("Executive Assistant", True), ("General Counsel", True),
        ("Presidential Aide", False), ("Mvp Coach", False), ("Counsel", False), ("Vice Chair", False),
        ("Officers' Clerk", False),
    ],
)  # fmt: skip
def test_an_executive_title_is_known_by_whole_words(codes, title: str, is_flaw: bool) -> None:
    assert codes(election(), over=ledger(of=holder(title=title))) == ({"EXEC_STATUS_DOUBT"} if is_flaw else set())


def test_what_the_ledger_does_not_say_of_a_holder_is_not_passed(last) -> None:
    judgement = last(election(), over=ledger(of=holder(title=" ", country=None)))

    assert judgement.findings == ()
    assert judgement.not_evaluated == ("EXEC_STATUS_DOUBT", "NOT_US_RESIDENT")


def test_a_home_address_at_odds_with_the_ledger_is_shown_before_anything_is_sent(last) -> None:
    over = ledger(of=holder(country="CA"))
    at_odds = last(election(), over=over).findings
    alike = last(election(address="12 King Street West, Toronto, Ontario"), over=over).findings

    assert [finding.suggestion != "" for finding in at_odds] == [True]
    assert [(f.code, f.suggestion) for f in alike if f.code == "NOT_US_RESIDENT"] == [("NOT_US_RESIDENT", "")]


def test_a_notice_asks_nobody_who_may_tender(last) -> None:
    over = ledger(of=holder(country="CA", title="VP"))

    assert [finding.code for finding in last(notice(), over=over).findings] == ["NOTICE_NO_PRIOR_ELECTION"]


def test_approved_proof_of_a_new_name_serves_later_forms(judged) -> None:
    first = election(printed_name=MARRIED, evidence=PROOF, notes="formerly Ortega")
    second = amendment(printed_name=MARRIED)
    approval = Decision(
        "D1", "S1", "NAME_CHANGE_PROOF_REVIEW", "form", Verdict.CLEAR, "Dana", datetime(2003, 7, 15, tzinfo=UTC), "seen"
    )

    def of_second(*decisions: Decision) -> set[str]:
        return {finding.code for finding in judged(first, second, decisions=decisions).by_submission["S2"].findings}

    assert "NAME_MISMATCH" in of_second()
    assert of_second(approval) == set()
    assert of_second(replace(approval, verdict=Verdict.UPHOLD)) == {"NAME_MISMATCH"}


def test_a_grant_of_the_ledger_needs_no_holder_to_be_compared(codes) -> None:
    other = grant("1196", "2002-04-24", "3.33", 10, holder_id="H2")
    form = election(printed_name="Jane Doe", tax_id="", rows=(replace(ROW_1041, shares="1"), row_of(other)))

    over = ledger(GRANT_1041, GRANT_1187, other)
    assert codes(form, over=over) == {"HOLDER_UNKNOWN", "TAXID_MISSING", "PARTIAL_TENDER", "NO_ACCEPTABLE_ROW"}
