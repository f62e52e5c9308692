"""What persons decide, what is waived for everybody, and what doubts about a reading do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.decisions import Decision, Verdict, Waiver
from core.findings import Disposition, Resolution, RowStatus
from core.judgements import State
from core.readings import Doubt
from core.submissions import Signature
from validators.examples import (
    ANOTHERS,
    GRANT_1187,
    OFFER,
    ROW_1041,
    ROW_1187,
    amendment,
    election,
    grant,
    holder,
    ledger,
    notice,
    pdt,
    row_of,
    schedule,
)
from validators.judgement import DecisionNotUnderstood, needs_review

DECIDED_AT = datetime(2003, 7, 21, 12, tzinfo=UTC)
UNSIGNED = Signature(present=False)


def decision(
    code: str, verdict: Verdict = Verdict.CLEAR, target: str = "form", on: str = "S1", number: int = 1, **changes
) -> Decision:
    made = Decision(f"D{number}", on, code, target, verdict, "Dana Ruiz", DECIDED_AT, "seen on the paper")
    return replace(made, **changes)


def waiving(code: str, submission_ids: tuple[str, ...] | None = None) -> object:
    waiver = Waiver("W1", code, "Dana Ruiz", DECIDED_AT, "for all alike", submission_ids)
    return replace(OFFER, waivers=(waiver,))


def resolutions(judgement) -> dict[tuple[str, str], Resolution]:
    return {(finding.code, finding.target): finding.resolution for finding in judgement.findings}


# ---------------------------------------------------------------------------------------------------- clear and uphold


def test_a_cleared_hard_finding_makes_the_form_effective_at_its_own_place(judged) -> None:
    unsigned = election(signature=UNSIGNED)
    judgements = judged(unsigned, amendment(amend_box=False), decisions=[decision("SIGNATURE_MISSING")])

    assert judgements.by_submission["S1"].disposition is Disposition.EFFECTIVE
    assert judgements.by_submission["S1"].standing.state is State.TENDERED
    assert judgements.by_submission["S2"].standing.basis == "S2"
    assert resolutions(judgements.by_submission["S1"]) == {("SIGNATURE_MISSING", "form"): Resolution.CLEARED}


def test_one_cleared_finding_of_two_is_not_enough(last) -> None:
    form = election(signature=UNSIGNED, struck_text=("E1 (c)",))

    assert last(form, decisions=[decision("SIGNATURE_MISSING")]).disposition is Disposition.HELD


def test_an_upheld_hard_finding_rejects_the_form_and_contests_nothing(judged) -> None:
    late_signed = amendment(date="7/13/03")
    upheld = [decision("ELECTION_NOT_AFTER_PRIOR", Verdict.UPHOLD, on="S2")]
    judgements = judged(election(), late_signed, decisions=upheld)

    assert judgements.by_submission["S2"].disposition is Disposition.REJECTED
    assert not judgements.standings["H1"].contested


def test_an_upheld_form_leaves_the_order_test(judged) -> None:
    held = amendment(date="7/18/03", received_at=pdt(18, 10), signature=UNSIGNED)
    third = amendment(id="S3", received_at=pdt(19, 9))
    open_, upheld = (), [decision("SIGNATURE_MISSING", Verdict.UPHOLD, on="S2")]

    assert judged(election(), held, third, decisions=open_).by_submission["S3"].disposition is Disposition.HELD
    assert judged(election(), held, third, decisions=upheld).by_submission["S3"].disposition is Disposition.EFFECTIVE


def test_an_upheld_row_leaves_the_held_grants(last) -> None:
    form = election(rows=(replace(ROW_1041, shares="600"), ROW_1187))
    judgement = last(form, decisions=[decision("PARTIAL_TENDER", Verdict.UPHOLD, "1041")])

    assert judgement.row_statuses["1041"] is RowStatus.REJECTED
    assert judgement.standing.held_grants == ()
    assert not judgement.standing.contested


def test_a_cleared_row_is_tendered_with_the_ledgers_shares(last) -> None:
    form = election(rows=(replace(ROW_1041, shares="ALL"), ROW_1187))
    judgement = last(form, decisions=[decision("SHARES_NOT_A_NUMBER", target="1041")])

    assert dict(judgement.standing.grants) == {"1041": 1200, "1187": 1000}


def test_an_upheld_soft_finding_rejects_nothing(last) -> None:
    judgement = last(election(email=""), decisions=[decision("EMAIL_MISSING", Verdict.UPHOLD)])

    assert judgement.disposition is Disposition.EFFECTIVE


def test_a_cleared_row_brings_its_other_half_and_the_form_along(last) -> None:
    iso = grant("1090", "2001-06-12", "33.75", 600, split_group="SG1")
    nso = grant("1091", "2001-06-12", "33.75", 1400, split_group="SG1")
    form = election(rows=(row_of(iso, shares="500"), row_of(nso)))
    judgement = last(form, over=ledger(iso, nso), decisions=[decision("PARTIAL_TENDER", target="1090")])

    assert {finding.code for finding in judgement.findings} == {"PARTIAL_TENDER"}
    assert dict(judgement.standing.grants) == {"1090": 600, "1091": 1400}


def test_no_decision_makes_shares_that_the_ledger_has_not(last) -> None:
    spent = grant("0512", "1998-02-02", "2.25", 400, shares_exercised=400)
    over = ledger(spent, GRANT_1187)
    form = election(rows=(row_of(spent, shares="400"), row_of(ANOTHERS), replace(ROW_1041, grant_no="9999"), ROW_1187))
    cleared = [
        decision("GRANT_NOT_OUTSTANDING", target="0512"),
        decision("GRANT_NOT_HOLDERS", target="1195", number=2),
        decision("GRANT_UNKNOWN", target="9999", number=3),
    ]
    judgement = last(form, over=over, decisions=cleared)

    assert dict(judgement.standing.grants) == {"1187": 1000}
    assert judgement.standing.held_grants == ("0512", "1195", "9999")


def test_a_form_without_a_holder_does_not_count_whatever_is_cleared(judged) -> None:
    form = election(printed_name="Jane Doe", tax_id="", rows=(replace(ROW_1041, grant_no="9999"),))
    cleared = [
        decision(code, target=target, number=number)
        for number, (code, target) in enumerate(
            [("HOLDER_UNKNOWN", "form"), ("NO_ACCEPTABLE_ROW", "form"), ("GRANT_UNKNOWN", "9999")]
        )
    ]
    judgements = judged(form, decisions=cleared)

    assert judgements.by_submission["S1"].disposition is Disposition.HELD
    assert judgements.standings == {}


def test_to_clear_an_order_finding_is_to_find_that_it_was_signed_later(last) -> None:
    forms = (election(), notice(), amendment(amend_box=False, received_at=pdt(17, 9)))
    judgement = last(*forms, decisions=[decision("ELECTION_NOT_AFTER_PRIOR", on="S2")])

    assert resolutions(judgement) == {
        ("ELECTION_NOT_AFTER_PRIOR", "form"): Resolution.CLEARED,
        ("RETENDER_AFTER_WITHDRAWAL", "form"): Resolution.OPEN,
    }
    assert dict(judgement.standing.grants) == {"1041": 1200}


def test_a_notice_found_to_be_signed_later_withdraws(last) -> None:
    forms = (election(), notice(date="7/14/03"))
    judgement = last(*forms, decisions=[decision("NOTICE_NOT_AFTER_ELECTION", on="S3")])

    assert judgement.standing.state is State.WITHDRAWN


def test_an_order_found_out_within_the_day_passes_the_test(last) -> None:
    form = amendment(date="7/14/03", time="", amend_box=False)
    judgement = last(election(), form, decisions=[decision("SAME_DATE_ORDER_UNKNOWN", on="S2")])

    assert {finding.code for finding in judgement.findings} == {
        "SAME_DATE_ORDER_UNKNOWN",
        "TIME_MISSING",
        "AMEND_BOX_UNCHECKED",
    }
    assert judgement.disposition is Disposition.EFFECTIVE


def test_example_7_clearing_the_notice_withdraws_and_upholding_the_election_settles_it(judged) -> None:
    forms = (notice(), election(id="E7", date="7/15/03", received_at=pdt(16, 16)))
    cleared = decision("NOTICE_NO_PRIOR_ELECTION", on="S3")
    upheld = decision("ELECTION_NOT_AFTER_PRIOR", Verdict.UPHOLD, on="E7", number=2)

    one, both = judged(*forms, decisions=[cleared]), judged(*forms, decisions=[cleared, upheld])
    assert one.standings["H1"].state is State.WITHDRAWN
    assert one.standings["H1"].contested
    assert both.standings["H1"].state is State.WITHDRAWN
    assert not both.standings["H1"].contested


def test_the_last_word_on_a_finding_counts(last) -> None:
    form = election(signature=UNSIGNED)
    first = decision("SIGNATURE_MISSING")
    second = decision("SIGNATURE_MISSING", Verdict.UPHOLD, number=2, decided_at=DECIDED_AT + timedelta(minutes=1))

    for decisions in ([first, second], [second, first]):
        assert last(form, decisions=decisions).disposition is Disposition.REJECTED


def test_a_decision_on_a_finding_that_is_not_there_has_no_effect(last) -> None:
    judgement = last(election(), decisions=[decision("SIGNATURE_MISSING", Verdict.UPHOLD)])

    assert judgement.disposition is Disposition.EFFECTIVE
    assert judgement.findings == ()


# ---------------------------------------------------------------------------------------------- strikes, pages, copies


def test_a_strike_upheld_takes_only_the_struck_row(last) -> None:
    form = election(rows=(replace(ROW_1041, shares="900", struck=True), ROW_1041, ROW_1187))
    judgement = last(form, decisions=[decision("ROW_STRUCK", Verdict.UPHOLD, "1041")])

    assert dict(judgement.standing.grants) == {"1041": 1200, "1187": 1000}


def test_a_strike_upheld_on_the_only_row_of_a_grant_means_not_tendered(last) -> None:
    form = election(rows=(replace(ROW_1041, struck=True), ROW_1187))
    judgement = last(form, decisions=[decision("ROW_STRUCK", Verdict.UPHOLD, "1041")])

    assert dict(judgement.standing.grants) == {"1187": 1000}
    assert judgement.standing.held_grants == ()


def test_a_strike_cleared_leaves_a_row_like_any_other(last) -> None:
    form = election(rows=(replace(ROW_1041, shares="900", struck=True), ROW_1187))
    judgement = last(form, decisions=[decision("ROW_STRUCK", target="1041")])

    assert {finding.code for finding in judgement.findings} == {"PARTIAL_TENDER"}


def test_a_page_found_readable_has_its_blank_boxes_asked_for(last) -> None:
    form = election(pages=("E1", "E2!"), email="", rows=(replace(ROW_1041, price=""), ROW_1187))

    assert {f.code for f in last(form).findings} == {"PAGE_UNREADABLE"}
    found = last(form, decisions=[decision("PAGE_UNREADABLE")]).findings
    assert {f.code for f in found} == {"PAGE_UNREADABLE", "EMAIL_MISSING", "PRICE_MISSING"}


def test_a_page_found_not_to_be_missing_has_its_boxes_judged(last) -> None:
    form = election(pages=("E1",), date="")

    assert {f.code for f in last(form).findings} == {"PAGE_MISSING"}
    found = last(form, decisions=[decision("PAGE_MISSING")]).findings
    assert {f.code for f in found} == {"PAGE_MISSING", "DATE_MISSING"}


def test_a_form_found_to_be_no_copy_is_judged_in_full(last) -> None:
    copy = election(id="S9", received_at=pdt(17, 9))
    judgement = last(election(), copy, decisions=[decision("DUPLICATE_FAX", on="S9")])

    assert {f.code for f in judgement.findings} == {"DUPLICATE_FAX", "ELECTION_NOT_AFTER_PRIOR"}
    assert judgement.duplicates is None


# -------------------------------------------------------------------------------------------------------------- recode


def test_a_recoded_finding_gives_way_to_the_other_code_with_its_own_weight(last) -> None:
    form = election(rows=(replace(ROW_1041, shares="ALL"), ROW_1187))
    recoded = decision("SHARES_NOT_A_NUMBER", Verdict.RECODE, "1041", recoded_to="PLAN_NOT_ELIGIBLE")
    judgement = last(form, decisions=[recoded])

    assert resolutions(judgement) == {
        ("SHARES_NOT_A_NUMBER", "1041"): Resolution.RECODED,
        ("PLAN_NOT_ELIGIBLE", "1041"): Resolution.OPEN,
    }
    assert judgement.row_statuses["1041"] is RowStatus.REJECTED


def test_a_recoded_finding_can_be_decided_in_its_turn(last) -> None:
    form = election(struck_text=("E1 (c)",))
    decisions = [
        decision("FORM_ALTERED", Verdict.RECODE, recoded_to="FREE_TEXT"),
        decision("FREE_TEXT", number=2),
    ]

    assert last(form, decisions=decisions[:1]).disposition is Disposition.EFFECTIVE
    assert resolutions(last(form, decisions=decisions)) == {
        ("FORM_ALTERED", "form"): Resolution.RECODED,
        ("FREE_TEXT", "form"): Resolution.CLEARED,
    }


def test_recoding_to_what_is_there_already_adds_nothing(last) -> None:
    form = election(struck_text=("E1 (c)",), notes="please call")
    recoded = decision("FORM_ALTERED", Verdict.RECODE, recoded_to="CONDITIONAL_TENDER")
    twice = [recoded, decision("FREE_TEXT", Verdict.RECODE, number=2, recoded_to="CONDITIONAL_TENDER")]

    assert [f.code for f in last(form, decisions=twice).findings].count("CONDITIONAL_TENDER") == 1


def test_recoding_to_no_code_of_the_catalogue_is_refused_by_name(last) -> None:
    for code in ("LATE_LUNCH", None):
        with pytest.raises(DecisionNotUnderstood, match=r"D1.*S1.*FORM_ALTERED"):
            last(election(), decisions=[decision("FORM_ALTERED", Verdict.RECODE, recoded_to=code)])


# ------------------------------------------------------------------------------------------------------------- waivers


def test_a_universal_waiver_covers_every_finding_of_its_code(last) -> None:
    form = election(signature=UNSIGNED)
    judgement = last(form, offer=waiving("SIGNATURE_MISSING"))

    assert judgement.disposition is Disposition.EFFECTIVE
    assert resolutions(judgement) == {("SIGNATURE_MISSING", "form"): Resolution.WAIVED}


def test_a_waiver_for_some_has_no_effect(last) -> None:
    assert (
        last(election(signature=UNSIGNED), offer=waiving("SIGNATURE_MISSING", ("S1",))).disposition is Disposition.HELD
    )


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (election(received_at=pdt(24, 18)), "LATE_RECEIPT"),
        (election(received_start=pdt(24, 16), received_at=pdt(24, 18)), "FAX_STRADDLES_DEADLINE"),
        (election(received_at=pdt(24, 18).replace(tzinfo=None)), "RECEIPT_TZ_CRITICAL"),
        (election(received_at=None), "RECEIPT_TIME_UNKNOWN"),
    ],
)
def test_lateness_and_the_question_of_lateness_are_never_waived(last, form, code: str) -> None:
    judgement = last(form, offer=waiving(code))

    assert judgement.disposition in (Disposition.REJECTED, Disposition.HELD)
    assert resolutions(judgement)[code, "form"] is Resolution.OPEN


def test_a_persons_word_on_a_form_goes_before_a_waiver(last) -> None:
    upheld = [decision("SIGNATURE_MISSING", Verdict.UPHOLD)]

    assert (
        last(election(signature=UNSIGNED), offer=waiving("SIGNATURE_MISSING"), decisions=upheld).disposition
        is Disposition.REJECTED
    )


# ------------------------------------------------------------------------------------------------ doubts about readings


def doubt(key: str) -> Doubt:
    return Doubt(key, confidence=0.61, asks=0.97, why="two readers differ.")


def test_a_doubt_is_told_with_its_numbers_and_its_reason(last) -> None:
    [finding] = last(election(doubts=(doubt("signed_at"),))).findings

    assert finding.target == "signed_at"
    assert finding.message == "Date and time: the reading is 0.61 sure, its use asks 0.97. Two readers differ."


def test_a_doubtful_cell_holds_its_row_and_any_other_box_the_form(last) -> None:
    cell = last(election(doubts=(doubt("row2.shares"),)))
    box = last(election(doubts=(doubt("printed_name"),)))

    assert cell.disposition is Disposition.EFFECTIVE
    assert cell.standing.held_grants == ("1187",)
    assert box.disposition is Disposition.HELD


@pytest.mark.parametrize(
    "key", ["row3.shares", "row0.shares", "rowx.shares", "schedule.row1.shares", "schedule.signature"]
)
def test_a_doubt_about_a_row_that_is_not_there_holds_the_form(last, key: str) -> None:
    assert last(election(doubts=(doubt(key),))).disposition is Disposition.HELD


def test_a_doubtful_cell_of_the_schedule_holds_its_row(last) -> None:
    form = election(rows=(ROW_1041,), schedule=schedule(ROW_1187), doubts=(doubt("schedule.row1.grant_no"),))

    assert last(form).standing.held_grants == ("1187",)


def test_nothing_fatal_is_final_on_a_reading_in_doubt(last) -> None:
    anothers = election(rows=(row_of(ANOTHERS), ROW_1187), doubts=(doubt("row1.grant_no"),))
    condition = election(notes="only if", doubts=(doubt("notes"),))
    director = {"over": ledger(of=holder(category="director"))}

    assert last(anothers).row_statuses["1195"] is RowStatus.HELD
    assert last(condition).disposition is Disposition.HELD
    assert last(election(doubts=(doubt("printed_name"),)), **director).disposition is Disposition.HELD
    assert last(election(doubts=(doubt("tax_id"),)), **director).disposition is Disposition.HELD


def test_what_rests_on_other_facts_is_final_all_the_same(last) -> None:
    late = election(received_at=pdt(24, 18), doubts=(doubt("notes"), doubt("row1.grant_no")))
    condition = election(notes="only if", doubts=(doubt("email"),))
    anothers = election(rows=(row_of(ANOTHERS), ROW_1187), doubts=(doubt("row2.grant_no"),))

    assert last(late).disposition is Disposition.REJECTED
    assert last(condition).disposition is Disposition.REJECTED
    assert last(anothers).row_statuses["1195"] is RowStatus.REJECTED


def test_a_doubt_cleared_makes_the_fatal_final(last) -> None:
    condition = election(notes="only if", doubts=(doubt("notes"),))
    cleared = [decision("OCR_LOW_CONFIDENCE", target="notes")]

    assert last(condition, decisions=cleared).disposition is Disposition.REJECTED


def test_a_fatal_finding_upheld_by_a_person_is_final_in_spite_of_a_doubt(last) -> None:
    condition = election(notes="only if", doubts=(doubt("notes"),))

    assert (
        last(condition, decisions=[decision("CONDITIONAL_TENDER", Verdict.UPHOLD)]).disposition is Disposition.REJECTED
    )


def test_a_copy_read_in_doubt_still_goes_to_a_person(last) -> None:
    copy = election(id="S9", received_at=pdt(17, 9), doubts=(doubt("row1.shares"),))
    judgement = last(election(), copy)

    assert {f.code for f in judgement.findings} == {"DUPLICATE_FAX", "OCR_LOW_CONFIDENCE"}
    assert judgement.disposition is Disposition.DUPLICATE
    assert needs_review(judgement)


# ----------------------------------------------------------------------------------------------------- straight through


def test_only_notes_and_nothing_unknown_go_straight_through(last) -> None:
    assert not needs_review(last(election()))
    assert not needs_review(last(election(date="July 14")))
    assert not needs_review(last(election(), election(id="S9", received_at=pdt(17, 9))))


@pytest.mark.parametrize(
    "form",
    [
        election(email=""),
        election(signature=UNSIGNED),
        election(rows=(replace(ROW_1041, shares="1"), ROW_1187)),
        election(amend_box=None),
        election(address="somewhere"),
        election(doubts=(doubt("email"),)),
        election(received_at=pdt(24, 18)),
        election(kind=None),
    ],
)
def test_everything_else_goes_to_a_person(last, form) -> None:
    assert needs_review(last(form))


def test_a_finding_that_was_decided_asks_nobody_again(last) -> None:
    assert not needs_review(last(election(email=""), decisions=[decision("EMAIL_MISSING")]))


def test_a_rejected_form_is_shown_to_a_person(last) -> None:
    assert needs_review(last(election(signature=UNSIGNED), decisions=[decision("SIGNATURE_MISSING", Verdict.UPHOLD)]))
