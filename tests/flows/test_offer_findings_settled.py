"""What is found about the offer and its holders, from recorded facts, and how a person settles it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from core.events import Event
from ledger import journal
from ledger.books import open_books
from offers.loading import load_offer

TERMS = load_offer(Path(__file__).parents[2] / "offers" / "capstone_2003").terms
MIDSUMMER = "2003-07-21T09:00:00-07:00"
CLOSE = "2003-07-25T09:00:00-07:00"
AUTUMN = "2003-10-01T09:00:00-07:00"
NEW_GRANT = "2004-01-26T12:00:00-08:00"
ACCEPT = ("accept", "--medium", "e-mail", "--reason", "expired")

Offer = Callable[..., Any]


@pytest.fixture
def offer(opened: Any) -> Offer:
    """Runs `tenderfax offer ...` at a moment."""
    return lambda now, *arguments: opened("--now", now, "offer", *arguments)


@pytest.fixture
def tendered(enter: Any, offer: Offer, election: dict[str, Any]) -> Offer:
    """The same once Maria Ortega has tendered both her grants."""
    assert enter(election).status == 0
    return offer


@pytest.fixture
def accepted(tendered: Offer) -> Offer:
    """The same once her tender was accepted and the options cancelled, on July 25."""
    assert tendered(CLOSE, *ACCEPT).status == 0
    return tendered


def report(kind: str, on: str, *more: str, holder: str = "H1") -> tuple[str, ...]:
    return ("report", holder, "--change", kind, "--on", on, "--actor", "HR", "--reason", "told by HR", *more)


def settle(code: str, verdict: str, *more: str) -> tuple[str, ...]:
    return ("settle", code, verdict, "--actor", "counsel", "--reason", "looked into", *more)


def shown(offer: Offer, now: str) -> dict[str, Any]:
    state: dict[str, Any] = offer(now, "show", "--json").lines[0]
    return state


def found(offer: Offer, now: str) -> dict[str, tuple[str, str]]:
    """Target and resolution of each code."""
    return {one["code"]: (one["target"], one["resolution"]) for one in shown(offer, now)["findings"]}


def last_event(workspace: Path) -> Event:
    with open_books(f"sqlite:///{workspace / 'tenderfax.sqlite'}").reading() as connection:
        return list(journal.read(connection))[-1]


# Settling --------------------------------------------------------------------------------------------------------


@pytest.fixture
def changed(tendered: Offer) -> Offer:
    """The same once another condition of the offer was changed: counsel must say how long it stays open."""
    assert tendered(MIDSUMMER, "change", "other", "--reason", "new text in section 7").status == 0
    return tendered


def test_a_material_change_blocks_acceptance_until_counsel_clears_it(changed: Offer, workspace: Path) -> None:
    refused = changed(CLOSE, *ACCEPT)
    assert (refused.status, "EXT_MATERIAL_CHANGE" in refused.err) == (2, True)
    said = changed(MIDSUMMER, *settle("EXT_MATERIAL_CHANGE", "--clear"))
    assert said.status == 0, said.err
    assert said.out.splitlines()[0] == "recorded: FindingDecided"
    assert said.out.splitlines()[1].startswith("review, cleared: EXT_MATERIAL_CHANGE offer: the offer changed")
    event = last_event(workspace)
    assert (event.kind.value, event.actor, event.subject) == ("finding_decided", "counsel", "offer")
    (decision,) = shown(changed, CLOSE)["decisions"]
    assert {k: decision[k] for k in ("code", "target", "verdict", "actor", "reason", "was")} == {
        "code": "EXT_MATERIAL_CHANGE",
        "target": "offer",
        "verdict": "clear",
        "actor": "counsel",
        "reason": "looked into",
        "was": "open",
    }
    assert changed(CLOSE, *ACCEPT).status == 0


def test_a_change_upheld_as_material_blocks_until_it_is_cleared(changed: Offer) -> None:
    assert changed(MIDSUMMER, *settle("EXT_MATERIAL_CHANGE", "--uphold")).status == 0
    assert found(changed, CLOSE)["EXT_MATERIAL_CHANGE"] == ("offer", "upheld")
    assert changed(CLOSE, *ACCEPT).status == 2
    assert changed(CLOSE, *settle("EXT_MATERIAL_CHANGE", "--clear")).status == 0
    assert changed(CLOSE, *ACCEPT).status == 0


def test_the_next_change_of_the_same_offer_is_not_settled_with_the_first(changed: Offer) -> None:
    changed(MIDSUMMER, *settle("EXT_MATERIAL_CHANGE", "--clear"))
    later = "2003-07-22T09:00:00-07:00"
    changed(later, "change", "condition", "--reason", "no market test")
    resolutions = [one["resolution"] for one in shown(changed, later)["findings"]]
    assert resolutions == ["cleared", "open"]
    changed(later, *settle("EXT_MATERIAL_CHANGE", "--uphold"))
    assert [one["resolution"] for one in shown(changed, later)["findings"]] == ["cleared", "upheld"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (settle("EXT_MATERIAL_CHANGE", "--clear", "--target", "H1"), "is not found on H1"),
        (settle("INCAPACITY", "--clear"), "INCAPACITY is not found: `tenderfax offer show` lists what is"),
        (settle("LATE_RECEIPT", "--clear"), "no code of the offer's own rules"),
        (("settle", "EXT_MATERIAL_CHANGE", "--clear", "--reason", " "), "give a reason"),
        (("settle", "EXT_MATERIAL_CHANGE", "--reason", "x"), "--uphold"),
    ],
)
def test_only_what_is_found_can_be_settled(changed: Offer, arguments: tuple[str, ...], says: str) -> None:
    said = changed(MIDSUMMER, *arguments)
    assert (said.status, said.out) == (2, "")
    assert says in said.err
    assert found(changed, MIDSUMMER)["EXT_MATERIAL_CHANGE"] == ("offer", "open")


def test_a_decision_is_not_repeated_and_none_is_slipped_in_before_a_later_one(changed: Offer) -> None:
    changed("2003-07-22T09:00:00-07:00", *settle("EXT_MATERIAL_CHANGE", "--clear"))
    again = changed("2003-07-22T10:00:00-07:00", *settle("EXT_MATERIAL_CHANGE", "--clear"))
    assert (again.status, "is cleared already" in again.err) == (2, True)
    before = changed(MIDSUMMER, *settle("EXT_MATERIAL_CHANGE", "--uphold"))
    assert (before.status, "is on record: it would prevail" in before.err) == (2, True)
    assert len(shown(changed, CLOSE)["decisions"]) == 1


def test_a_fatal_finding_is_a_fact_and_not_settled(tendered: Offer) -> None:
    tendered(MIDSUMMER, *report("left", "2003-07-20"))
    said = tendered(MIDSUMMER, *settle("STATUS_LOST_BEFORE_CANCELLATION", "--clear"))
    assert (said.status, "states a fact" in said.err) == (2, True)


# Reports of holders ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("left", "STATUS_LOST_BEFORE_CANCELLATION"),
        ("became_director", "STATUS_LOST_BEFORE_CANCELLATION"),
        ("died", "DEATH_BEFORE_CANCELLATION"),
        ("incapacitated", "INCAPACITY"),
        ("consent_withdrawn", "CONSENT_WITHDRAWN"),
    ],
)
def test_what_happens_to_a_holder_before_cancellation_is_found(tendered: Offer, kind: str, code: str) -> None:
    said = tendered(MIDSUMMER, *report(kind, "2003-07-20"))
    assert said.status == 0, said.err
    assert f"{code} H1: " in said.out
    assert found(tendered, MIDSUMMER) == {code: ("H1", "open")}
    assert shown(tendered, MIDSUMMER)["holder_changes"] == [
        {"holder_id": "H1", "kind": kind, "changed_on": "2003-07-20", "detail": "told by HR"}
    ]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("promoted", "PROMOTED_AFTER_CANCELLATION"),
        ("became_consultant", "STATUS_LOST_BEFORE_GRANT"),
        ("grant_barred", "GRANT_PROHIBITED"),
    ],
)
def test_what_happens_to_a_participant_before_the_new_grant_is_found(accepted: Offer, kind: str, code: str) -> None:
    assert f"{code} H1: " in accepted(AUTUMN, *report(kind, "2003-09-30")).out
    assert found(accepted, AUTUMN) == {code: ("H1", "open")}


def test_a_lifted_bar_lets_the_grant_through(accepted: Offer) -> None:
    accepted(AUTUMN, *report("grant_barred", "2003-09-30"))
    accepted(NEW_GRANT, *report("grant_bar_lifted", "2004-01-26"))
    assert found(accepted, NEW_GRANT) == {}


def test_a_rehired_participant_is_decided_by_a_person_after_the_acceptance(accepted: Offer) -> None:
    accepted(AUTUMN, *report("left", "2003-08-01"))
    accepted(AUTUMN, *report("rehired", "2003-09-01"))
    assert accepted(AUTUMN, *settle("STATUS_LOST_BEFORE_GRANT", "--clear")).status == 0
    assert found(accepted, AUTUMN) == {"STATUS_LOST_BEFORE_GRANT": ("H1", "cleared")}


@pytest.mark.parametrize(("verdict", "grants"), [("--clear", ["1041", "1187"]), ("--uphold", [])])
def test_the_tender_of_the_dead_is_accepted_or_left_out_as_a_person_decides(
    tendered: Offer, verdict: str, grants: list[str]
) -> None:
    tendered(MIDSUMMER, *report("died", "2003-07-20"))
    assert "DEATH_BEFORE_CANCELLATION" in tendered(CLOSE, *ACCEPT).err
    assert tendered(MIDSUMMER, *settle("DEATH_BEFORE_CANCELLATION", verdict)).status == 0
    assert tendered(CLOSE, *ACCEPT).status == 0
    assert [grant["grant_no"] for grant in shown(tendered, CLOSE)["accepted_grants"]] == grants


def test_of_two_holders_the_one_to_settle_must_be_named(tendered: Offer) -> None:
    for holder in ("H1", "H2"):
        tendered(MIDSUMMER, *report("consent_withdrawn", "2003-07-20", holder=holder))
    said = tendered(MIDSUMMER, *settle("CONSENT_WITHDRAWN", "--clear"))
    assert (said.status, "is found on H1, H2: say which one with --target" in said.err) == (2, True)
    assert tendered(MIDSUMMER, *settle("CONSENT_WITHDRAWN", "--clear", "--target", "H2")).status == 0
    findings = shown(tendered, MIDSUMMER)["findings"]
    assert [(one["target"], one["resolution"]) for one in findings] == [("H1", "open"), ("H2", "cleared")]


def test_an_unlawful_tender_is_found_and_not_accepted(tendered: Offer) -> None:
    unlawful = ("report", "H1", "--unlawful", "--on", "2003-07-20", "--reason", "state law")
    assert "UNLAWFUL_TO_ACCEPT H1: counsel on 2003-07-20: state law" in tendered(MIDSUMMER, *unlawful).out
    again = tendered(MIDSUMMER, *unlawful)
    assert (again.status, "is recorded as unlawful since 2003-07-20" in again.err) == (2, True)
    assert tendered(CLOSE, *ACCEPT).status == 0
    assert shown(tendered, CLOSE)["accepted_grants"] == []


def test_one_unlawful_tender_on_record_keeps_no_other_from_being_recorded(tendered: Offer) -> None:
    for holder in ("H1", "H2"):
        said = tendered(
            MIDSUMMER, "report", holder, "--unlawful", "--on", "2003-07-20", "--reason", f"state law of {holder}"
        )
        assert said.status == 0
    assert [one["holder_ids"] for one in shown(tendered, MIDSUMMER)["unlawful"]] == [["H1"], ["H2"]]


@pytest.mark.parametrize(
    "wrong",
    [report("left", "2003-07-20"), ("report", "H1", "--unlawful", "--on", "2003-07-20", "--reason", "state law")],
)
def test_a_wrong_report_is_taken_back_and_stays_written(
    tendered: Offer, workspace: Path, wrong: tuple[str, ...]
) -> None:
    nothing = tendered(MIDSUMMER, *wrong, "--take-back")
    assert (nothing.status, "no such report is on record" in nothing.err) == (2, True)
    tendered(MIDSUMMER, *wrong)
    assert tendered(MIDSUMMER, *wrong, "--take-back").status == 0
    assert found(tendered, MIDSUMMER) == {}
    assert last_event(workspace).kind.value == "decision_taken_back"
    assert tendered(MIDSUMMER, *wrong).status == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (report("left", "2003-07-20", holder="H9"), "no holder 'H9' in the option ledger"),
        (report("left", "2003-07-22"), "2003-07-22 has not come yet, it is 2003-07-21"),
        (report("left", "July 20"), "--on: 'July 20' is no date"),
        (report("vanished", "2003-07-20"), "'vanished' is not one of left, rehired,"),
        (report("left", "2003-07-20", "--unlawful"), "either --change KIND or --unlawful"),
        (("report", "H1", "--on", "2003-07-20", "--reason", "x"), "either --change KIND or --unlawful"),
        (("report", "H1", "--change", "left", "--on", "2003-07-20", "--reason", " "), "give a reason"),
        (("report", "H1", "--change", "left", "--on", "2003-07-20", "--take-back", "--reason", " "), "give a reason"),
        (("report", "H9", "--unlawful", "--on", "2003-07-20", "--reason", "x"), "no holder 'H9'"),
        (("report", "H1", "--unlawful", "--on", "2003-07-22", "--reason", "x"), "has not come yet"),
    ],
)
def test_a_report_that_cannot_be_is_refused(tendered: Offer, arguments: tuple[str, ...], says: str) -> None:
    said = tendered(MIDSUMMER, *arguments)
    assert (said.status, said.out) == (2, "")
    assert says in said.err
    assert shown(tendered, MIDSUMMER)["holder_changes"] == []


def test_the_same_report_is_recorded_once(tendered: Offer) -> None:
    tendered(MIDSUMMER, *report("left", "2003-07-20"))
    again = tendered(MIDSUMMER, *report("left", "2003-07-20"))
    assert (again.status, "on record of H1 already" in again.err) == (2, True)


def test_the_books_of_a_past_moment_know_only_what_had_happened(tendered: Offer, workspace: Path) -> None:
    from judging.books import judged_as_of

    tendered(MIDSUMMER, *report("incapacitated", "2003-06-27"))
    tendered(MIDSUMMER, *report("promoted", "2003-06-29"))
    with open_books(f"sqlite:///{workspace / 'tenderfax.sqlite'}").reading() as connection:
        then = judged_as_of(TERMS, connection, datetime.fromisoformat("2003-06-28T12:00:00-07:00"))
    assert [change.kind.value for change in then.record.holder_changes] == ["incapacitated"]
