"""Words outside the boxes: what they may mean, which of a cover sheet's count, who signs for whom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.transmissions import PageReading
from extractors.cover_words import words_that_count
from extractors.free_text import Sign, capacity_in, signs_in, title_in
from extractors.page_images import RegisteredPage
from extractors.page_text import TextLine
from extractors.readers import all_readers
from samples.lettering import letters


def signs(text: str) -> set[Sign]:
    return {found.sign for found in signs_in(text)}


@pytest.mark.parametrize(
    "text",
    [
        "only if the new price is below $2",
        "Provided that the stock stays above $1",
        "I tender unless the Board changes the ratio",
        "subject to my lawyer's advice",
        "either 1188 or 1302, whichever is larger",
        "as long as I stay employed",
        "in the alternative, grant 1041",
        "provded the price falls",
    ],
)
def test_a_condition_is_seen_also_when_misspelled(text: str) -> None:
    assert Sign.CONDITION in signs(text)


@pytest.mark.parametrize("text", ["Withdraw only grant CP-001187", "all except 1041", "keep the others"])
def test_a_partial_withdrawal_is_seen(text: str) -> None:
    assert Sign.PARTIAL in signs(text)


@pytest.mark.parametrize("text", ["formerly Maria Lopez", "f/k/a Lopez", "née Lopez", "my maiden name is Lopez"])
def test_a_name_change_is_seen(text: str) -> None:
    assert Sign.NAME_CHANGE in signs(text)


@pytest.mark.parametrize(
    ("text", "capacity"),
    [
        ("Ana Ortega, attorney-in-fact for Maria", "attorney-in-fact"),
        ("Ana Ortega Attorney in Fact", "Attorney in Fact"),
        ("Ana Ortega by POA", "by POA"),
        ("as Trustee", "Trustee"),
        ("on behalf of Maria", "on behalf of"),
        ("Maria L. Ortega", ""),
    ],
)
def test_the_capacity_of_one_who_signs_for_another_is_told(text: str, capacity: str) -> None:
    assert capacity_in(text) == capacity


def test_signing_by_power_of_attorney_tells_a_capacity_and_no_title() -> None:
    assert title_in("Ana Ortega by POA") == ""
    assert title_in("Ana Ortega, Attorney-in-Fact") == "Attorney-in-Fact"


@pytest.mark.parametrize("text", ["", "Please confirm receipt 818-555-0142", "call me x4417", "Page 3 of 3 to follow"])
def test_harmless_words_carry_no_sign(text: str) -> None:
    assert signs(text) == set()


COVER = """FAX
To: Debbie Bernard
Pages: 3 including cover
Comments: I tender only if the price is below $2. Thank you!

This message is confidential. Unless you are the intended recipient, copying it is prohibited."""


def page_saying(text: str, page_class: str) -> RegisteredPage:
    """A page whose text was read and of which no line was left in doubt."""
    return RegisteredPage(PageReading(1, page_class, text=text), np.full((2200, 1700), 255, np.uint8))


def test_a_condition_on_a_cover_sheet_counts_and_its_legend_does_not() -> None:
    (words,) = words_that_count(page_saying(COVER, "COVER"), all_readers()[0])
    assert "only if the price is below $2." in words


def test_words_on_other_pages_are_not_the_cover_sheets() -> None:
    assert words_that_count(page_saying(COVER, "UNKNOWN"), all_readers()[0]) == ()


def cover_with_scrawl(text: str) -> RegisteredPage:
    """A cover sheet with one line in a hand that Tesseract was not sure of."""
    picture = np.full((2200, 1700), 255, np.uint8)
    hand = Image.fromarray(picture)
    ImageDraw.Draw(hand).text((220, 1190), text, font=letters("patrick-hand", 52), fill=0)
    line = TextLine("1 terdcr orly it thc", 0.3, 1195, 1262)
    return RegisteredPage(PageReading(1, "COVER", text="FAX"), np.asarray(hand, np.uint8), text_lines=(line,))


def test_a_condition_in_a_hand_that_tesseract_cannot_read_is_read_again() -> None:
    assert "only if" in words_that_count(cover_with_scrawl("I tender only if the price falls"), all_readers()[0])[0]


def test_a_line_that_nobody_can_read_is_told_and_not_dropped() -> None:
    page = cover_with_scrawl("")
    scribble = page.squared.copy()
    for x in range(220, 900, 7):
        scribble[1195 + (x * 37) % 40 : 1230 + (x * 53) % 30, x : x + 3] = 0
    assert words_that_count(replace(page, squared=scribble), all_readers()[0]) == ("?",)
