"""Proxy cards: what each says, and which of a stockholder's counts (rulebook 8.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from core.findings import Hold, Severity
from offers.loading import load_offer
from offers.proxies import (
    DirectorsMark,
    JudgedProxy,
    Prop2Mark,
    ProxyCard,
    ProxyVote,
    electronic_findings,
    judge_card,
    judge_electronic_vote,
    stockholder_vote,
)
from offers.proxy_rules import PROXY_RULES, proxy_finding

MEETING = load_offer(Path(__file__).parents[2] / "offers/capstone_2003").terms.meeting
CLOSED_AT = datetime.fromisoformat("2003-05-30T10:30:00-07:00")
FOR, WITHHOLD = DirectorsMark.FOR, DirectorsMark.WITHHOLD
RULEBOOK_CODES = [
    "PX_UNSIGNED",
    "PX_UNDATED",
    "PX_NAME_MISMATCH",
    "PX_JOINT_SIGNATURE",
    "PX_NOT_OF_RECORD",
    "PX_SHARES_RECORD",
    "PX_LATE",
    "PX_ELECTRONIC_LATE",
    "PX_ELECTRONIC_GAP",
    "PX_UNMARKED_FOR",
    "PX_DIRECTORS_BOTH",
    "PX_WITHHOLD_NAMED",
    "PX_WITHHOLD_NAME_UNKNOWN",
    "PX_WITHHOLD_ALL_PLUS_NAME",
    "PX_PROP2_MULTI",
    "PX_LATER_DATED",
    "PX_SAME_DATE",
    "PX_REVOKED_NOTICE",
    "PX_IN_PERSON",
    "PX_ABSTAIN",
    "PX_BROKER_NONVOTE",
    "PX_QUORUM",
    "PX_PLURALITY",
    "PX_MAJORITY_OUTSTANDING",
    "PX_MAJORITY_DENOMINATOR",
    "PX_NOMINEE_UNAVAILABLE",
    "PX_CARD_MISMATCH",
    "PX_OTHER_MATTER",
    "PX_SPLIT_RATIO",
    "PX_SPLIT_LATE",
    "PX_FRACTION_CASH",
]


def card(id: str = "card", **changes: object) -> ProxyCard:
    """A card in perfect order, FOR everything, but for `changes`."""
    perfect = ProxyCard(id, dated="5/20/03", directors=frozenset({FOR}), prop2=frozenset({Prop2Mark.FOR}))
    return replace(perfect, **changes)  # type: ignore[arg-type]


def judged(id: str = "card", **changes: object) -> JudgedProxy:
    return judge_card(card(id, **changes), MEETING, record_shares=100, closes_at=CLOSED_AT)


def codes(proxy: JudgedProxy) -> list[str]:
    return sorted(finding.code for finding in proxy.findings)


def directors(proxy: JudgedProxy) -> str | None:
    return proxy.vote.directors if proxy.vote else None


def test_the_table_holds_every_code_of_the_rulebook_and_no_other() -> None:
    assert list(PROXY_RULES) == RULEBOOK_CODES


def test_a_note_holds_nothing_and_anything_heavier_stops_the_vote() -> None:
    for rule in PROXY_RULES.values():
        assert (rule.hold is Hold.NONE) == (rule.severity is Severity.NOTE)
        assert proxy_finding(rule.code, "m").hold is rule.hold
        assert rule.when
        assert rule.cite


def test_a_perfect_card_votes_as_marked_without_a_finding() -> None:
    proxy = judged()
    assert codes(proxy) == []
    assert proxy.vote == ProxyVote((), withholds_all=False, prop2=Prop2Mark.FOR)
    assert proxy.dated_on == date(2003, 5, 20)
    assert not proxy.is_void


@pytest.mark.parametrize(
    ("changes", "found", "void"),
    [
        ({"signed": False}, ["PX_UNSIGNED"], True),
        ({"dated": ""}, ["PX_UNDATED"], False),
        ({"dated": "5/32/03"}, ["PX_UNDATED"], False),
        ({"name_matches": False}, ["PX_NAME_MISMATCH"], False),
        ({"names_on_certificate": 2}, ["PX_JOINT_SIGNATURE"], False),
        ({"directors": frozenset({FOR, WITHHOLD})}, ["PX_DIRECTORS_BOTH"], False),
        ({"prop2": frozenset({Prop2Mark.FOR, Prop2Mark.AGAINST})}, ["PX_PROP2_MULTI"], False),
        ({"withhold_names": ("Ake Almgren",)}, ["PX_WITHHOLD_NAME_UNKNOWN"], False),
        ({"withhold_names": ("Eric Young", "Nobody")}, ["PX_WITHHOLD_NAMED", "PX_WITHHOLD_NAME_UNKNOWN"], False),
        (
            {"directors": frozenset({WITHHOLD}), "withhold_names": ("Eric Young",)},
            ["PX_WITHHOLD_ALL_PLUS_NAME"],
            False,
        ),
        ({"received_at": CLOSED_AT}, ["PX_LATE"], True),
        ({"signed": False, "directors": frozenset(), "prop2": frozenset()}, ["PX_UNSIGNED"], True),
        ({"signed": False, "name_matches": False, "dated": ""}, ["PX_UNDATED", "PX_UNSIGNED"], True),
    ],
)
def test_a_card_with_anything_above_a_note_gives_no_vote(
    changes: dict[str, object], found: list[str], void: bool
) -> None:
    proxy = judged(**changes)
    assert codes(proxy) == found
    assert proxy.vote is None
    assert proxy.is_void is void


@pytest.mark.parametrize(
    ("changes", "found", "vote"),
    [
        ({"directors": frozenset({WITHHOLD})}, [], "WITHHOLD ALL"),
        ({"directors": frozenset()}, ["PX_UNMARKED_FOR"], "FOR ALL"),
        ({"withhold_names": ("Eric Young",)}, ["PX_WITHHOLD_NAMED"], "FOR ALL EXCEPT Eric Young"),
        (
            {"withhold_names": ("Eric Young", "John Jaggers", "young")},
            ["PX_WITHHOLD_NAMED"],
            "FOR ALL EXCEPT Eric Young, John Jaggers",
        ),
        (
            {"directors": frozenset(), "withhold_names": ("Young",)},
            ["PX_UNMARKED_FOR", "PX_WITHHOLD_NAMED"],
            "FOR ALL EXCEPT Eric Young",
        ),
        ({"names_on_certificate": 2, "signatures": 2}, [], "FOR ALL"),
        ({"shares_written": 90}, ["PX_SHARES_RECORD"], "FOR ALL"),
        ({"shares_written": 100}, [], "FOR ALL"),
        ({"received_at": CLOSED_AT - timedelta(minutes=1)}, [], "FOR ALL"),
    ],
)
def test_notes_do_not_stop_a_vote(changes: dict[str, object], found: list[str], vote: str) -> None:
    proxy = judged(**changes)
    assert codes(proxy) == found
    assert directors(proxy) == vote


@pytest.mark.parametrize(
    ("mark", "found"), [(Prop2Mark.FOR, []), (Prop2Mark.AGAINST, []), (Prop2Mark.ABSTAIN, ["PX_ABSTAIN"])]
)
def test_proposal_two_is_voted_as_marked(mark: Prop2Mark, found: list[str]) -> None:
    proxy = judged(prop2=frozenset({mark}))
    assert codes(proxy) == found
    assert proxy.vote is not None
    assert proxy.vote.prop2 is mark


def test_an_unmarked_card_votes_for_everything_and_says_so_once_for_each_proposal() -> None:
    proxy = judged(directors=frozenset(), prop2=frozenset())
    assert [finding.target for finding in proxy.findings] == ["proposal 1", "proposal 2"]
    assert proxy.vote == ProxyVote((), withholds_all=False, prop2=Prop2Mark.FOR)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Young", "Eric Young"),
        ("ERIC YOUNG", "Eric Young"),
        ("E. Young", "Eric Young"),
        ("Mr. Young", "Eric Young"),
        ("John G. McDonald", "John McDonald"),
        ("Eliot G. Protsch", "Eliot Protsch"),
        ("Jean-René Marcoux", "Jean-Rene Marcoux"),
        ("J. Jaggers", "John Jaggers"),
        ("Eric", None),
        ("John", None),
        ("Protech", None),
        ("R. Young", None),
        ("Eric Younger", None),
        ("Richard Young", None),
        ("", None),
    ],
)
def test_a_written_name_must_mean_exactly_one_nominee(written: str, meant: str | None) -> None:
    proxy = judged(withhold_names=(written,))
    assert codes(proxy) == (["PX_WITHHOLD_NAMED"] if meant else ["PX_WITHHOLD_NAME_UNKNOWN"])
    assert directors(proxy) == (f"FOR ALL EXCEPT {meant}" if meant else None)


def test_a_surname_of_two_nominees_means_neither() -> None:
    cousins = replace(MEETING, nominees=(*MEETING.nominees, "Carla Young"))
    assert codes(judge_card(card(withhold_names=("Young",)), cousins, 100)) == ["PX_WITHHOLD_NAME_UNKNOWN"]
    assert codes(judge_card(card(withhold_names=("C. Young",)), cousins, 100)) == ["PX_WITHHOLD_NAMED"]


def test_a_vote_is_for_everybody_it_does_not_withhold_from() -> None:
    except_young = ProxyVote(("Eric Young",), withholds_all=False, prop2=Prop2Mark.FOR)
    assert except_young.is_for("John Jaggers")
    assert not except_young.is_for("Eric Young")
    assert not ProxyVote((), withholds_all=True, prop2=Prop2Mark.FOR).is_for("John Jaggers")


@pytest.mark.parametrize(("shares", "found"), [(0, ["PX_NOT_OF_RECORD"]), (1, [])])
def test_only_stockholders_of_record_vote(shares: int, found: list[str]) -> None:
    assert codes(judge_card(card(), MEETING, record_shares=shares)) == found


def test_a_card_before_the_meeting_has_closed_is_not_late() -> None:
    assert codes(judge_card(card(received_at=CLOSED_AT), MEETING, record_shares=1)) == []


@pytest.mark.parametrize(
    ("received_at", "found"),
    [
        ("2003-05-29T13:00:00-07:00", []),
        ("2003-05-29T16:00:00-04:00", []),
        ("2003-05-29T13:00:01-07:00", ["PX_ELECTRONIC_GAP"]),
        ("2003-05-29T20:00:00-07:00", ["PX_ELECTRONIC_GAP"]),
        ("2003-05-29T20:00:01-07:00", ["PX_ELECTRONIC_LATE"]),
        ("2003-05-29T23:00:00-04:00", ["PX_ELECTRONIC_GAP"]),
    ],
)
def test_an_electronic_vote_is_judged_by_both_cut_offs(received_at: str, found: list[str]) -> None:
    instant = datetime.fromisoformat(received_at)
    assert [finding.code for finding in electronic_findings(instant, MEETING)] == found
    vote = ProxyVote((), withholds_all=False, prop2=Prop2Mark.FOR)
    proxy = judge_electronic_vote("phone", instant, vote, MEETING)
    assert proxy.vote == (None if found else vote)
    assert proxy.dated_on == date(2003, 5, 29)


# ------------------------------------------------------------------------------------ which of several proxies counts


def test_the_later_dated_proxy_counts_whichever_arrived_first() -> None:
    early, late = (
        judged("early", dated="5/19/03"),
        judged("late", dated="5/20/03", prop2=frozenset({Prop2Mark.AGAINST})),
    )
    for order in ([early, late], [late, early]):
        result = stockholder_vote(order)
        assert result.counted == late
        assert [(f.code, f.target) for f in result.findings] == [("PX_LATER_DATED", "early")]


def test_a_single_proxy_counts_by_itself() -> None:
    only = judged()
    assert stockholder_vote([only]).counted == only
    assert stockholder_vote([only]).findings == ()


def test_without_a_proxy_nothing_counts() -> None:
    assert stockholder_vote([]).counted is None


def test_a_void_later_card_revokes_nothing() -> None:
    good, unsigned = judged("good", dated="5/19/03"), judged("unsigned", signed=False)
    assert stockholder_vote([good, unsigned]).counted == good
    assert stockholder_vote([good, unsigned]).findings == ()


def test_a_later_card_under_review_stops_the_vote_until_a_person_decides() -> None:
    good, doubtful = judged("good", dated="5/19/03"), judged("doubtful", directors=frozenset({FOR, WITHHOLD}))
    result = stockholder_vote([good, doubtful])
    assert (result.counted, result.findings) == (None, ())


def test_two_cards_of_one_date_that_differ_go_to_a_person() -> None:
    result = stockholder_vote([judged("a"), judged("b", prop2=frozenset({Prop2Mark.AGAINST}))])
    assert result.counted is None
    assert [finding.code for finding in result.findings] == ["PX_SAME_DATE"]
    assert result.findings[0].suggestion == "count the last received"


def test_two_cards_of_one_date_that_agree_count_once() -> None:
    result = stockholder_vote([judged("a"), judged("b")])
    assert result.counted == judged("b")
    assert result.findings == ()


def test_an_undated_card_beside_a_dated_one_leaves_the_order_open() -> None:
    assert stockholder_vote([judged("dated"), judged("undated", dated="")]).counted is None


def test_a_written_revocation_ends_what_was_dated_by_then_and_a_later_card_appoints_anew() -> None:
    early, late = judged("early", dated="5/20/03"), judged("late", dated="5/22/03")
    result = stockholder_vote([early], revoked_on=date(2003, 5, 20))
    assert result.counted is None
    assert [(f.code, f.target) for f in result.findings] == [("PX_REVOKED_NOTICE", "early")]
    assert stockholder_vote([early], revoked_on=date(2003, 5, 19)).counted == early
    assert stockholder_vote([early, late], revoked_on=date(2003, 5, 21)).counted == late


def test_a_revocation_cannot_be_ordered_against_an_undated_card() -> None:
    assert stockholder_vote([judged("undated", dated="")], revoked_on=date(2003, 5, 29)).counted is None


def test_a_vote_in_person_ends_every_proxy() -> None:
    result = stockholder_vote([judged()], voted_in_person=True)
    assert result.counted is None
    assert [finding.code for finding in result.findings] == ["PX_IN_PERSON"]
    assert stockholder_vote([judged()], voted_in_person=False).counted == judged()
