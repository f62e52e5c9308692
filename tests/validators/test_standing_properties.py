"""What holds of every history: the fold is a pure function, and nobody's tender is changed behind their back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from core.decisions import Decision, Verdict
from core.findings import Disposition, Finding
from core.judgements import State
from core.submissions import Kind, Signature, Submission
from offers.loading import load_offer
from validators.examples import (
    ANOTHERS,
    OFFER,
    ROW_1041,
    ROW_1187,
    election,
    holder,
    ledger,
    notice,
    pdt,
    row_of,
)
from validators.judgement import Judgements, judge_all, needs_review

TERMS = load_offer(Path(__file__).parents[2] / "offers/capstone_2003").terms
LEDGER = ledger()
ROWS = st.sampled_from(
    [
        (ROW_1041,),
        (ROW_1187,),
        (ROW_1041, ROW_1187),
        (replace(ROW_1041, shares="600"), ROW_1187),
        (row_of(ANOTHERS),),
        (ROW_1041, replace(ROW_1041, struck=True)),
        (),
    ]
)
DAYS = st.integers(min_value=9, max_value=24)
CLOCKS = st.sampled_from(["9:00 am", "10:15 am", "", "2:15", "12:15 pm ET"])
OTHER_HOLDER = {"printed_name": "Robert Chen", "tax_id": "000-12-1002"}


@st.composite
def forms(draw: st.DrawFn, number: int) -> Submission:
    """An election or a notice of either holder, good or not, signed and received on drawn days."""
    signed, received = draw(DAYS), draw(DAYS)
    changes = {
        "id": f"S{number}",
        "sequence": number,
        "date": draw(st.sampled_from([f"7/{signed}/03", f"7/{signed}/03", "", "7/32/03"])),
        "time": draw(CLOCKS),
        "received_at": draw(st.sampled_from([pdt(received, 13), pdt(received, 13, 1), None])),
        "signature": Signature(present=draw(st.sampled_from([True, True, False, None]))),
        "email": draw(st.sampled_from(["holder.h1@example.com", ""])),
        **draw(st.sampled_from([{}, {}, OTHER_HOLDER, {"printed_name": "Jane Doe", "tax_id": ""}])),
    }
    if draw(st.booleans()):
        return notice(**changes, notes=draw(st.sampled_from(["", "", "only 1187"])))
    return election(**changes, rows=draw(ROWS), amend_box=draw(st.sampled_from([True, False, None])))


@st.composite
def histories(draw: st.DrawFn) -> list[Submission]:
    fresh = [draw(forms(number)) for number in range(draw(st.integers(min_value=1, max_value=5)))]
    copied = [
        replace(draw(st.sampled_from(fresh)), id=f"C{number}", sequence=10 + number)
        for number in range(draw(st.integers(min_value=0, max_value=2)))
    ]
    return [*fresh, *copied]


FEW = settings(max_examples=30, deadline=None)

VERDICTS = st.sampled_from([Verdict.CLEAR, Verdict.UPHOLD])


def judge(history: list[Submission], decisions: list[Decision] | None = None) -> Judgements:
    return judge_all(history, ledger=LEDGER, offer=OFFER, terms=TERMS, decisions=decisions or ())


def decide(number: int, submission_id: str, finding: Finding, verdict: Verdict) -> Decision:
    at = datetime(2003, 7, 25, 12, tzinfo=UTC) + timedelta(seconds=number)
    return Decision(f"D{number:03}", submission_id, finding.code, finding.target, verdict, "Dana", at, "seen")


@st.composite
def decided_histories(draw: st.DrawFn) -> tuple[list[Submission], list[Decision]]:
    """A history and decisions on some of its findings."""
    history = draw(histories())
    found = [(one.id, f) for one in history for f in judge(history).by_submission[one.id].findings]
    chosen = (
        draw(
            st.lists(st.sampled_from(found), max_size=4, unique_by=lambda pair: (pair[0], pair[1].code, pair[1].target))
        )
        if found
        else []
    )
    return history, [decide(number, *pair, draw(VERDICTS)) for number, pair in enumerate(chosen)]


def in_order_of_receipt(history: list[Submission], judgements: Judgements) -> list[Submission]:
    """By receipt, ties as the rulebook breaks them, as the replay itself took them."""
    place = {submission_id: number for number, submission_id in enumerate(judgements.by_submission)}
    return sorted(history, key=lambda one: place[one.id])


@FEW
@given(decided_histories(), st.randoms(use_true_random=False))
def test_a_replay_is_the_same_in_whatever_order_forms_and_decisions_are_handed_over(decided, random) -> None:
    history, decisions = decided
    shuffled, shuffled_decisions = [*history], [*decisions]
    random.shuffle(shuffled)
    random.shuffle(shuffled_decisions)

    once, again = judge(history, decisions), judge(shuffled, shuffled_decisions)
    assert dict(once.by_submission) == dict(again.by_submission)
    assert dict(once.standings) == dict(again.standings)


@FEW
@given(decided_histories())
def test_a_rejected_or_copied_form_never_changes_a_standing(decided) -> None:
    for judgement in judge(*decided).by_submission.values():
        if judgement.disposition in (Disposition.REJECTED, Disposition.DUPLICATE):
            assert judgement.standing == judgement.standing_before


@FEW
@given(decided_histories())
def test_a_held_form_changes_nothing_but_that_the_standing_is_contested(decided) -> None:
    for judgement in judge(*decided).by_submission.values():
        if judgement.disposition is Disposition.HELD and judgement.standing is not None:
            assert judgement.standing == replace(judgement.standing_before, contested=True)


@FEW
@given(histories())
def test_a_withdrawal_is_undone_only_by_an_election_signed_later(history) -> None:
    judgements = judge(history)
    by_id = {one.id: one for one in history}
    for judgement in judgements.by_submission.values():
        before, after = judgement.standing_before, judgement.standing
        if before is None or before.state is not State.WITHDRAWN or after.state is State.WITHDRAWN:
            continue
        withdrawal = judgements.by_submission[before.basis]
        assert by_id[judgement.submission_id].kind is Kind.ELECTION
        assert judgement.disposition is Disposition.EFFECTIVE
        if judgement.signed_at is not None and withdrawal.signed_at is not None:
            assert judgement.signed_at > withdrawal.signed_at


@FEW
@given(decided_histories())
def test_no_grant_stands_twice_or_under_a_stranger_or_with_other_shares_than_the_ledgers(decided) -> None:
    standings = judge(*decided).standings
    standing_grants = [grant_no for standing in standings.values() for grant_no in standing.grants]

    assert len(standing_grants) == len(set(standing_grants))
    for holder_id, standing in standings.items():
        assert not set(standing.grants) & set(standing.held_grants)
        for grant_no, shares in standing.grants.items():
            one = LEDGER.grant(grant_no)
            assert one is not None
            assert one.holder_id == holder_id
            assert one.unexercised == shares > 0


@FEW
@given(histories())
def test_one_holders_forms_never_touch_another_holders_standing(history) -> None:
    judgements = judge(history)
    for holder_id in judgements.standings:
        own = [one for one in history if judgements.by_submission[one.id].holder_id == holder_id]
        assert judge(own).standings[holder_id] == judgements.standings[holder_id]


@FEW
@given(histories())
def test_a_standing_is_the_standing_after_the_last_form(history) -> None:
    judgements = judge(history)
    for one in in_order_of_receipt(history, judgements):
        judgement = judgements.by_submission[one.id]
        if judgement.holder_id is not None:
            final = judgement.standing
            holder_id = judgement.holder_id
            later = [
                o
                for o in in_order_of_receipt(history, judgements)
                if judgements.by_submission[o.id].holder_id == holder_id
            ]
            if later[-1].id == one.id:
                assert judgements.standings[holder_id] == final


@FEW
@given(histories())
def test_what_is_contested_has_something_open_or_held(history) -> None:
    judgements = judge(history)
    for holder_id, standing in judgements.standings.items():
        of_holder = [j for j in judgements.by_submission.values() if j.holder_id == holder_id]
        is_held = any(judgement.disposition is Disposition.HELD for judgement in of_holder)
        assert standing.contested <= (is_held or bool(standing.held_grants))


@FEW
@given(histories())
def test_to_uphold_every_hard_finding_leaves_nothing_contested(history) -> None:
    decisions: list[Decision] = []
    for _ in range(6):
        judgements = judge(history, decisions)
        open_ = [
            (one.id, f)
            for one in history
            for f in judgements.by_submission[one.id].findings
            if f.resolution == "open" and f.hold == "hard"
        ]
        if not open_:
            break
        decisions += [decide(len(decisions) + number, *pair, Verdict.UPHOLD) for number, pair in enumerate(open_)]

    assert not any(standing.contested for standing in judge(history, decisions).standings.values())


@FEW
@given(histories())
def test_only_a_form_in_perfect_order_goes_straight_through(history) -> None:
    judgements = judge(history)
    for one in history:
        judgement = judgements.by_submission[one.id]
        if needs_review(judgement) or judgement.disposition is Disposition.DUPLICATE:
            continue
        assert one.fields.signature.present is True
        assert one.received_at is not None
        assert one.fields.email
        assert one.fields.printed_name in {holder().name_on_agreement, "Robert Chen"}
        assert judgement.signed_at is not None
        if one.kind is Kind.ELECTION:
            assert one.fields.amend_box is not None
            assert all(LEDGER.grant(row.grant_no).holder_id == judgement.holder_id for row in one.fields.rows)
