"""Where an address lies by its own words: at home, abroad, or unclear, and never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.addresses import Place, place_of, state_and_code


@pytest.mark.parametrize(
    "address",
    [
        "21211 Nordhoff Street, Chatsworth, CA 91311", "21211 Nordhoff St Chatsworth CA",
        "1 Main St., Reno, Nevada 89501",
        "1 Main St\nReno NV 89501-1234", "5 Elm, Lebanon, PA 17042", "5 Elm Lebanon PA 17042",
        "9 Oak, Mexico, MO 65265",
        "12 Euclid Ave, Ontario, CA 91762", "12 Euclid Ave, Ontario, California", "4 Peachtree, Atlanta, Georgia",
        "PO Box 7, Santa Fe, New Mexico", "7 Broadway, New York, NY", "1 K Street, N.W., Washington, D.C. 20006",
        "3 Hill Rd, Portland, OR 97201, USA", "3 Hill Rd, Portland, United States", "3 Hill Rd, Portland, U.S.A.",
        "8 Lake, Holland, MI 49423", "2 Bay, Jordan, MN 55352",
    ],
)  # fmt: skip
def test_an_address_that_ends_in_a_state_or_the_country_is_at_home(address: str) -> None:
    assert place_of(address) is Place.UNITED_STATES


@pytest.mark.parametrize(
    "address",
    [
        "12 King Street West, Toronto, Ontario", "12 King St W, Toronto, ON M5V 2T6",
        "12 King St W Toronto ON M5V2T6 Canada",
        "Calle 8, Tijuana, BC, Mexico 22000", "Calle 8, Tijuana, Mexico", "Calle 8 Tijuana Mexico",
        "10 Downing St, London SW1A 2AA",
        "10 Downing St, London, England", "Hauptstr. 1, 10115 Berlin, Germany", "1 Rue X, Paris, FRANCE",
        "5-1 Ginza, Tokyo, Japan",
        "1 Marine Parade, Singapore 449269", "Calle 8, Tijuana, Mexico; work 21211 Nordhoff St, Chatsworth, CA 91311",
        "7 Via Y, Roma, Italia", "1 George St, Sydney, New South Wales, Australia", "1 Rd, Auckland, New Zealand",
    ],
)  # fmt: skip
def test_an_address_that_names_another_country_is_abroad(address: str) -> None:
    assert place_of(address) is Place.ABROAD


@pytest.mark.parametrize(
    "address",
    [
        "21211 Nordhoff Street, Chatsworth",
        "Chatsworth",
        "same as above",
        "APO AE 09012",
        "San Juan, PR 00901",
        "91311",
        "?????",
    ],
)
def test_an_address_that_names_neither_is_unclear(address: str) -> None:
    assert place_of(address) is Place.UNCLEAR


@pytest.mark.parametrize("address", ["", "  ", ",;\n", "."])
def test_an_address_without_a_word_is_blank(address: str) -> None:
    assert place_of(address) is Place.BLANK


@given(st.text())
def test_no_text_breaks_the_grammar(address: str) -> None:
    assert place_of(address) in Place


@pytest.mark.parametrize(
    ("address", "end"),
    [
        ("12 Elm St, Reno, NV 89501", "NV 89501"),
        ("12 Elm St, Reno, NV 89501-1234", "NV 89501-1234"),
        ("12 Elm St, Reno, ON 89501", ""),
        ("12 Elm St, Reno, NV 89501, USA", ""),
        ("12 Elm St, Reno, NV", ""),
        ("", ""),
    ],
)
def test_the_state_and_code_that_an_address_ends_in(address: str, end: str) -> None:
    assert state_and_code(address) == end
