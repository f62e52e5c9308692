"""Pages of one transmission to forms, whatever order they were fed in."""

from __future__ import annotations

import pytest

from core.submissions import Kind
from core.transmissions import PageReading
from extractors.splitting import FormPages, split_into_forms

JULY, JUNE = "2003-07-09", "2003-06-25"


def split(*classes: str) -> tuple[FormPages, ...]:
    """Pages by class; `E1@june` is of the June edition, all other form pages are of July's."""
    pages = []
    for number, name in enumerate(classes, start=1):
        page_class, _, edition = name.partition("@")
        version = {"june": JUNE, "": JULY, "none": None}[edition] if page_class[0] in "EN" else None
        pages.append(PageReading(number, page_class, version))
    return split_into_forms(pages)


@pytest.mark.parametrize(
    "order", [("E1", "E2"), ("E2", "E1"), ("COVER", "E1", "E2", "I1"), ("I1", "E2", "E1", "COVER")]
)
def test_the_pages_of_one_election_are_one_form_in_any_order(order: tuple[str, ...]) -> None:
    (form,) = split(*order)
    assert (form.kind, form.form_version, form.places) == (Kind.ELECTION, JULY, tuple(range(len(order))))
    assert form.clean


def test_two_elections_are_two_forms() -> None:
    first, second = split("E1", "E2", "E1", "E2")
    assert (first.places, second.places) == ((0, 1), (2, 3))


def test_editions_tell_which_pages_belong_together() -> None:
    first, second = split("E1@june", "E1", "E2", "E2@june")
    assert {first.places, second.places} == {(0, 3), (1, 2)}


def test_pages_of_two_elections_that_may_be_mixed_up_leave_the_bundle_unclean() -> None:
    assert not any(form.clean for form in split("E1", "E1", "E2", "E2"))


def test_an_election_and_a_notice_are_told_apart() -> None:
    first, second = split("N1", "E1", "E2")
    assert (first.kind, second.kind) == (Kind.NOTICE, Kind.ELECTION)


def test_a_lone_page_is_a_form_with_a_page_missing() -> None:
    (form,) = split("COVER", "E2")
    assert (form.kind, form.places) == (Kind.ELECTION, (0, 1))


def test_a_schedule_between_two_forms_leaves_the_bundle_unclean() -> None:
    first, second = split("E1", "E2", "SCHEDULE", "E1", "E2")
    assert first.places == (0, 1, 2)
    assert not first.clean
    assert second.clean


def test_pages_of_two_editions_make_a_form_of_no_known_version() -> None:
    (form,) = split("E1@june", "E2")
    assert form.form_version is None


def test_pages_of_no_form_are_one_submission_of_no_kind_not_nothing() -> None:
    (form,) = split("UNKNOWN", "COVER")
    assert (form.kind, form.places) == (None, (0, 1))
    assert split_into_forms([]) == ()
