"""Which extension counts is measured from the expiration in force when it was announced."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.decisions import Waiver
from core.offer_state import ChangeKind, Extension, OfferState, TermsChange
from offers.business_days import PACIFIC
from offers.loading import load_offer
from offers.state import (
    applied_extensions,
    cancellation_on,
    current_expiration,
    judged_extensions,
    new_grant_on,
    state_as_of,
)

TERMS = load_offer(Path(__file__).parents[2] / "offers/capstone_2003").terms
OPEN = OfferState(TERMS.expiration)


def pt(text: str) -> datetime:
    return datetime.fromisoformat(f"2003-{text}").replace(tzinfo=PACIFIC)


def extended(*extensions: tuple[str, str]) -> OfferState:
    return OfferState(TERMS.expiration, tuple(Extension(pt(at), pt(to)) for at, to in extensions))


def test_an_offer_without_extensions_expires_as_printed() -> None:
    assert current_expiration(OPEN) == pt("07-24T17:00:00")
    assert applied_extensions(OPEN) == ()


@pytest.mark.parametrize(
    ("announced_at", "counts"),
    [("07-24T12:00:00", True), ("07-25T05:59:00", True), ("07-25T06:00:00", True), ("07-25T06:00:01", False)],
)
def test_an_extension_counts_when_announced_by_six_on_the_next_business_day(announced_at: str, counts: bool) -> None:
    state = extended((announced_at, "07-31T17:00:00"))
    assert current_expiration(state) == pt("07-31T17:00:00" if counts else "07-24T17:00:00")
    assert [one.applied for one in judged_extensions(state)] == [counts]
    assert [one.announced_late for one in judged_extensions(state)] == [not counts]


def test_a_second_extension_is_measured_from_the_first() -> None:
    state = extended(("07-24T12:00:00", "07-31T17:00:00"), ("08-01T06:00:00", "08-07T17:00:00"))
    assert current_expiration(state) == pt("08-07T17:00:00")
    late = extended(("07-24T12:00:00", "07-31T17:00:00"), ("08-01T06:00:01", "08-07T17:00:00"))
    assert current_expiration(late) == pt("07-31T17:00:00")
    assert judged_extensions(late)[1].expiration_before == pt("07-31T17:00:00")


def test_an_extension_after_a_late_one_is_still_measured_from_the_expiration_in_force() -> None:
    state = extended(("07-25T07:00:00", "07-31T17:00:00"), ("07-31T12:00:00", "08-07T17:00:00"))
    assert applied_extensions(state) == ()


def test_extensions_are_taken_in_order_of_announcement_whatever_their_order_on_record() -> None:
    one, two = ("07-24T12:00:00", "07-31T17:00:00"), ("07-31T12:00:00", "08-07T17:00:00")
    assert current_expiration(extended(two, one)) == current_expiration(extended(one, two)) == pt("08-07T17:00:00")


@pytest.mark.parametrize("new_expiration", ["07-24T17:00:00", "07-23T17:00:00"])
def test_an_extension_to_no_later_time_changes_nothing(new_expiration: str) -> None:
    state = extended(("07-22T12:00:00", new_expiration))
    assert current_expiration(state) == TERMS.expiration
    assert not judged_extensions(state)[0].announced_late


@given(st.lists(st.tuples(st.integers(-400, 900), st.integers(-100, 900)), max_size=6))
def test_the_expiration_never_moves_back_and_each_late_extension_is_named(steps: list[tuple[int, int]]) -> None:
    extensions = tuple(
        Extension(TERMS.expiration + timedelta(hours=at), TERMS.expiration + timedelta(hours=to)) for at, to in steps
    )
    state = OfferState(TERMS.expiration, extensions)
    reached = TERMS.expiration
    for one in judged_extensions(state, TERMS.announcement_limit):
        assert one.expiration_before == reached
        assert one.announced_late == (one.extension.announced_at > TERMS.announcement_limit(reached))
        if one.applied:
            assert one.extension.new_expiration > reached
            reached = one.extension.new_expiration
    assert current_expiration(state, TERMS.announcement_limit) == reached >= TERMS.expiration


def test_the_state_as_of_a_moment_knows_nothing_later() -> None:
    waiver = Waiver("w", "EMAIL_MISSING", "A. Clerk", pt("07-24T18:00:00"), "class")
    state = OfferState(
        TERMS.expiration,
        (Extension(pt("07-24T12:00:00"), pt("07-31T17:00:00")),),
        accepted_at=pt("08-01T10:00:00"),
        terminated_at=pt("07-30T10:00:00"),
        waivers=(waiver,),
        changes=(TermsChange(date(2003, 7, 14), ChangeKind.NUMBER),),
    )
    assert state_as_of(state, pt("08-01T10:00:00")) == state
    assert state_as_of(state, pt("08-01T09:59:59")) == replace(state, accepted_at=None)
    assert state_as_of(state, pt("07-30T09:59:59")) == replace(state, accepted_at=None, terminated_at=None)
    before = state_as_of(state, pt("07-24T11:59:59"))
    assert (before.extensions, before.waivers, before.changes) == ((), (), state.changes)
    assert state_as_of(state, pt("07-24T12:00:00")).extensions == state.extensions
    assert state_as_of(state, pt("07-24T18:00:00")).waivers == (waiver,)
    assert state_as_of(state, pt("07-14T00:00:00")).changes == state.changes
    assert state_as_of(state, pt("07-13T23:59:59")).changes == ()


def test_options_are_cancelled_on_the_day_of_acceptance_else_on_the_expected_day() -> None:
    assert cancellation_on(OPEN, TERMS) == date(2003, 7, 25)
    assert new_grant_on(OPEN, TERMS) == date(2004, 1, 26)
    assert cancellation_on(replace(OPEN, accepted_at=pt("07-28T22:00:00")), TERMS) == date(2003, 7, 28)
    assert new_grant_on(replace(OPEN, accepted_at=pt("07-28T22:00:00")), TERMS) == date(2004, 1, 29)


def test_after_an_extension_cancellation_is_expected_on_the_next_business_day() -> None:
    assert cancellation_on(extended(("07-24T12:00:00", "07-31T17:00:00")), TERMS) == date(2003, 8, 1)
    assert cancellation_on(extended(("07-24T12:00:00", "08-01T17:00:00")), TERMS) == date(2003, 8, 4)
    assert cancellation_on(extended(("07-25T07:00:00", "08-01T17:00:00")), TERMS) == date(2003, 7, 25)


def test_the_limit_is_an_instant_and_not_a_wall_time() -> None:
    announced = datetime(2003, 7, 25, 13, 0, tzinfo=UTC)
    state = OfferState(TERMS.expiration, (Extension(announced, pt("07-31T17:00:00")),))
    assert current_expiration(state) == pt("07-31T17:00:00")
    a_second_late = Extension(announced + timedelta(seconds=1), pt("07-31T17:00:00"))
    assert current_expiration(OfferState(TERMS.expiration, (a_second_late,))) == TERMS.expiration
