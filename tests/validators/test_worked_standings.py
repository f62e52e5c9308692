"""Every row of the decision table (rulebook 4.2) and all sixteen worked examples (4.3), as written there."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from core.findings import Disposition
from core.judgements import Judgement, Standing
from core.submissions import Signature, Submission
from validators.examples import OFFER, ROW_1041, ROW_1187, amendment, election, notice, pdt

O = election()  # noqa: E741 - the rulebook's own letter for the first election
BOTH = {"1041": 1200, "1187": 1000}
UNSIGNED = Signature(present=False)


def seen(judgement: Judgement) -> set[str]:
    return {finding.code for finding in judgement.findings}


def stands(standing: Standing | None) -> tuple[str, dict[str, int], bool]:
    assert standing is not None
    return str(standing.state), dict(standing.grants), standing.contested


# ----------------------------------------------------------------------------------------------- 4.2 the decision table

FRIDAY = pdt(18, 9)
NEXT_DAY = {"date": "7/17/03", "time": "9:00 am"}
SAME_TIME = {"date": "7/16/03", "time": "9:00 am"}
LATER_THAT_DAY = {"date": "7/16/03", "time": "10:00 am"}
NO_TIME = {"date": "7/16/03", "time": ""}
DAY_BEFORE = {"date": "7/15/03", "time": "9:00 am"}
UNDATED = {"date": "", "time": "9:00 am"}


def p_election() -> tuple[Submission, ...]:
    """P: an election for both grants, signed July 16 at 9:00."""
    return (election(id="P", date="7/16/03", time="9:00 am", received_at=pdt(16, 9, 20)),)


def p_notice() -> tuple[Submission, ...]:
    """P: a notice, signed July 16 at 9:00, after an election of July 14."""
    return O, notice(id="P")


def n_election(**changes) -> Submission:
    return amendment(id="N", rows=(ROW_1187,), received_at=changes.pop("received_at", FRIDAY), **changes)


def n_notice(**changes) -> Submission:
    return notice(id="N", received_at=changes.pop("received_at", FRIDAY), **changes)


TENDERED_NEW, WITHDRAWN = ("TENDERED", {"1187": 1000}), ("WITHDRAWN", {})
P_STANDS = ("TENDERED", BOTH)
LATE = {"received_at": pdt(24, 17, 30), **NEXT_DAY}

TABLE = [
    # N signed v P, boxes of N, codes of N, standing and contested: election on election, notice on election, election
    # on notice
    ("later date", NEXT_DAY, (set(), TENDERED_NEW, False), (set(), WITHDRAWN, False),
     ({"RETENDER_AFTER_WITHDRAWAL"}, TENDERED_NEW, False)),
    ("same date, later time", LATER_THAT_DAY, ({"SAME_DAY_REPLACEMENT"}, TENDERED_NEW, False),
     ({"SAME_DAY_REPLACEMENT"}, WITHDRAWN, False),
     ({"SAME_DAY_REPLACEMENT", "RETENDER_AFTER_WITHDRAWAL"}, TENDERED_NEW, False)),
    ("same date and time, other content", SAME_TIME, ({"ELECTION_NOT_AFTER_PRIOR"}, P_STANDS, True),
     ({"NOTICE_NOT_AFTER_ELECTION"}, P_STANDS, True), ({"ELECTION_NOT_AFTER_PRIOR"}, WITHDRAWN, True)),
    ("same date, a time missing", NO_TIME, ({"SAME_DATE_ORDER_UNKNOWN", "TIME_MISSING"}, P_STANDS, True),
     ({"SAME_DATE_ORDER_UNKNOWN", "TIME_MISSING"}, P_STANDS, True),
     ({"SAME_DATE_ORDER_UNKNOWN", "TIME_MISSING"}, WITHDRAWN, True)),
    ("earlier", DAY_BEFORE, ({"ELECTION_NOT_AFTER_PRIOR"}, P_STANDS, True),
     ({"NOTICE_NOT_AFTER_ELECTION"}, P_STANDS, True), ({"ELECTION_NOT_AFTER_PRIOR"}, WITHDRAWN, True)),
    ("undated", UNDATED, ({"DATE_MISSING"}, P_STANDS, True), ({"DATE_MISSING"}, P_STANDS, True),
     ({"DATE_MISSING"}, WITHDRAWN, True)),
    ("unsigned", {**NEXT_DAY, "signature": UNSIGNED}, ({"SIGNATURE_MISSING"}, P_STANDS, True),
     ({"SIGNATURE_MISSING"}, P_STANDS, True), ({"SIGNATURE_MISSING", "RETENDER_AFTER_WITHDRAWAL"}, WITHDRAWN, True)),
    ("late", LATE, ({"LATE_RECEIPT", "LATE_PENDING_EXTENSION"}, P_STANDS, False),
     ({"WITHDRAW_POST_EXPIRY"}, P_STANDS, True),
     ({"LATE_RECEIPT", "LATE_PENDING_EXTENSION", "RETENDER_AFTER_WITHDRAWAL"}, WITHDRAWN, False)),
]  # fmt: skip
CELLS = [
    pytest.param(prior(), new(**boxes), *expected, id=f"{new.__name__} on {prior.__name__}: {name}")
    for name, boxes, *columns in TABLE
    for (prior, new), expected in zip(
        ((p_election, n_election), (p_election, n_notice), (p_notice, n_election)), columns, strict=True
    )
]


@pytest.mark.parametrize(("prior", "new", "codes", "standing", "contested"), CELLS)
def test_a_cell_of_the_decision_table(judged, prior, new, codes, standing, contested) -> None:
    judgement = judged(*prior, new).by_submission["N"]

    assert seen(judgement) == codes
    assert stands(judgement.standing) == (*standing, contested)


def test_the_same_date_time_and_content_is_a_duplicate(judged) -> None:
    [p] = p_election()
    judgement = judged(p, replace(p, id="N", received_at=FRIDAY)).by_submission["N"]

    assert seen(judgement) == {"DUPLICATE_FAX"}
    assert judgement.disposition is Disposition.DUPLICATE
    assert stands(judgement.standing) == (*P_STANDS, False)


# -------------------------------------------------------------------------------------------- 4.3 the sixteen examples


def e(number: int, date: str, time: str, *rows, received_at: datetime, **changes) -> Submission:
    return amendment(id=f"E{number}", date=date, time=time, rows=rows, received_at=received_at, **changes)


NOTICE_16 = notice()
EXAMPLES = {
    1: ([O], ("TENDERED", BOTH, False), set()),
    2: ([O, amendment()], ("TENDERED", {"1041": 1200}, False), set()),
    3: (
        [O, e(3, "7/14/03", "3:00 pm", ROW_1187, received_at=pdt(14, 15, 10))],
        ("TENDERED", {"1187": 1000}, False),
        {"SAME_DAY_REPLACEMENT"},
    ),
    4: (
        [O, e(4, "7/14/03", "", ROW_1187, received_at=pdt(14, 15, 10))],
        ("TENDERED", BOTH, True),
        {"SAME_DATE_ORDER_UNKNOWN", "TIME_MISSING"},
    ),
    5: (
        [O, e(5, "7/13/03", "8:00 pm", ROW_1187, received_at=pdt(15, 9))],
        ("TENDERED", BOTH, True),
        {"ELECTION_NOT_AFTER_PRIOR"},
    ),
    6: ([O, NOTICE_16], ("WITHDRAWN", {}, False), set()),
    7: (
        [NOTICE_16, election(id="E7", date="7/15/03", received_at=pdt(16, 16))],
        ("NONE", {}, True),
        {"ELECTION_NOT_AFTER_PRIOR"},
    ),
    8: ([O, notice(date="7/14/03")], ("TENDERED", BOTH, True), {"NOTICE_NOT_AFTER_ELECTION"}),
    9: (
        [O, NOTICE_16, e(9, "7/17/03", "9:00 am", ROW_1187, received_at=pdt(17, 9, 10))],
        ("TENDERED", {"1187": 1000}, False),
        {"RETENDER_AFTER_WITHDRAWAL"},
    ),
    10: ([O, NOTICE_16, election(id="E10", received_at=pdt(17, 9))], ("WITHDRAWN", {}, False), {"DUPLICATE_FAX"}),
    11: (
        [O, NOTICE_16, e(11, "7/15/03", "5:00 pm", ROW_1187, received_at=pdt(17, 9))],
        ("WITHDRAWN", {}, True),
        {"ELECTION_NOT_AFTER_PRIOR"},
    ),
    12: (
        [
            O,
            e(12, "7/15/03", "9:00 am", ROW_1187, received_at=pdt(15, 9, 10), signature=UNSIGNED),
            e(13, "7/16/03", "9:00 am", ROW_1041, received_at=pdt(16, 9, 10)),
        ],
        ("TENDERED", {"1041": 1200}, False),
        set(),
    ),
    13: (
        [O, e(13, "7/24/03", "5:15 pm", ROW_1187, received_at=pdt(24, 17, 20))],
        ("TENDERED", BOTH, False),
        {"LATE_RECEIPT", "LATE_PENDING_EXTENSION"},
    ),
    14: (
        [O, notice(date="7/24/03", time="5:20 pm", received_at=pdt(24, 17, 30))],
        ("TENDERED", BOTH, True),
        {"WITHDRAW_POST_EXPIRY"},
    ),
    15: (
        [O, e(15, "7/14/03", "12:30 pm ET", ROW_1041, received_at=pdt(14, 10, 45))],
        ("TENDERED", BOTH, True),
        {"ELECTION_NOT_AFTER_PRIOR"},
    ),
    16: (
        [election(signature=UNSIGNED), election(id="E16", received_at=pdt(14, 11))],
        ("TENDERED", BOTH, False),
        {"CURE_RESUBMISSION"},
    ),
}


@pytest.mark.parametrize("number", EXAMPLES)
def test_a_worked_example_of_the_standing(judged, number: int) -> None:
    forms, expected, codes = EXAMPLES[number]
    judgements = judged(*forms)

    assert stands(judgements.standings["H1"]) == expected
    assert seen(judgements.by_submission[forms[-1].id]) == codes


def test_example_7_the_notice_itself_finds_no_election(judged) -> None:
    forms, _, _ = EXAMPLES[7]

    assert seen(judged(*forms).by_submission["S3"]) == {"NOTICE_NO_PRIOR_ELECTION"}


def test_example_14_after_acceptance_the_notice_is_rejected_and_contests_nothing(judged) -> None:
    late = notice(date="7/24/03", time="5:20 pm", received_at=pdt(25, 10))
    judgements = judged(O, late, offer=replace(OFFER, accepted_at=pdt(25, 9)))

    assert stands(judgements.standings["H1"]) == ("TENDERED", BOTH, False)
    assert seen(judgements.by_submission["S3"]) == {"WITHDRAW_AFTER_ACCEPTANCE"}


def test_the_basis_is_the_form_that_the_standing_rests_on(judged) -> None:
    assert judged(O, amendment()).standings["H1"].basis == "S2"
    assert judged(O, NOTICE_16).standings["H1"].basis == "S3"
    assert judged(notice()).standings["H1"].basis is None


def test_two_forms_of_one_fax_are_taken_in_the_order_of_their_signatures(judged) -> None:
    received_at = pdt(17, 9)
    later_notice = notice(received_at=received_at, sequence=0)
    its_election = election(received_at=received_at, sequence=1)

    assert stands(judged(later_notice, its_election).standings["H1"]) == ("WITHDRAWN", {}, False)


def test_a_form_whose_receipt_is_unknown_is_taken_last(judged) -> None:
    judgements = judged(election(received_at=None, delivery="hand"), amendment())

    assert seen(judgements.by_submission["S1"]) == {"RECEIPT_TIME_UNKNOWN", "ELECTION_NOT_AFTER_PRIOR"}
    assert stands(judgements.standings["H1"]) == ("TENDERED", {"1041": 1200}, True)
