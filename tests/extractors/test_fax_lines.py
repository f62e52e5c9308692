"""Broken fax lines are counted, whoever is the witness: the tags, the coded lines or the picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from extractors.decode import RawPage, decode_fax
from extractors.failures import DamagedFile
from extractors.fax_lines import LineDamage, line_damage
from extractors.limits import DecodeLimits
from extractors.tiff_header import read_tiff_headers
from tests.extractors import fax_files as make

CODINGS = ["group3", "group4", "tiff_ccitt"]


def pages_of(content: bytes) -> tuple[RawPage, ...]:
    return decode_fax(content, DecodeLimits()).pages


@pytest.mark.parametrize("coding", CODINGS)
def test_a_clean_page_has_no_broken_line(coding: str) -> None:
    (page,) = pages_of(make.tiff_of([make.page_image()], coding))
    assert line_damage(page) == LineDamage()


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("place", [0.2, 0.4, 0.6, 0.8])
def test_forty_random_bytes_in_a_strip_never_pass_unnoticed(coding: str, place: float) -> None:
    content = make.tiff_of([make.page_image()], coding)
    (start, length), *_ = read_tiff_headers(content, 1, 10**7)[0].strips
    assert is_noticed(make.noisy(content, start + int(place * length), 40))


def is_noticed(content: bytes) -> bool:
    """Most damage decodes without a word; some the decoder refuses."""
    try:
        return any(line_damage(page).count > 0 for page in pages_of(content))
    except DamagedFile:
        return True


def test_a_group_4_page_that_ends_early_is_noticed() -> None:
    """The block ends after 96 lines of 1,078: a decoder calls the rest white."""
    content = make.tiff_by_hand(1, (1728, 1078), make.ALL_WHITE_G4_LINE_BITS * 12 + b"\x00\x10\x01")
    (page,) = pages_of(content)
    assert line_damage(page).count == 1078


def test_a_group_3_page_that_lacks_lines_says_how_many() -> None:
    (whole,) = pages_of(make.tiff_of([make.page_image((1728, 300))], "group3"))
    taller = replace(whole, picture=np.vstack([whole.picture, np.full((50, 1728), 255, np.uint8)]), recoded=())
    taller = replace(taller, tags={**whole.tags, 257: 350, 278: 350})
    assert line_damage(taller).count == 49


def test_what_the_receiving_machine_counted_is_believed() -> None:
    (page,) = pages_of(
        make.tiff_by_hand(1, (1728, 1078), make.ALL_WHITE_G4_LINE_BITS * 135, {326: (4, 31), 328: (4, 7)})
    )
    assert (line_damage(page).count, line_damage(page).longest_run) == (31, 7)


def picture_page(picture: np.ndarray) -> RawPage:
    return RawPage(1, picture, (204.0, 98.0), bilevel=True)


def test_a_garbled_line_in_a_picture_is_found_by_its_neighbours() -> None:
    picture = np.asarray(make.page_image().convert("L")).copy()
    picture[601] = np.random.default_rng(1).choice([0, 255], 1728).astype(np.uint8)
    assert line_damage(picture_page(picture)).rows == (601,)


def test_a_line_dropped_to_white_amid_print_is_found() -> None:
    image = Image.new("L", (1728, 1078), 255)
    picture = np.asarray(image).copy()
    picture[500:520, 100:1600:20] = 0
    picture[510] = 255
    assert line_damage(picture_page(picture)).rows == (510,)


def test_a_rule_one_line_high_is_no_broken_line() -> None:
    picture = np.full((1078, 1728), 255, np.uint8)
    picture[500, 100:1600] = 0
    assert line_damage(picture_page(picture)) == LineDamage()


def test_a_screen_of_dots_is_no_broken_line() -> None:
    picture = np.full((1078, 1728), 255, np.uint8)
    picture[::4, ::4] = 0
    assert line_damage(picture_page(picture), dithered=True) == LineDamage()


def test_a_grey_page_came_over_no_line() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1078, 1728), dtype=np.uint8)
    assert line_damage(replace(picture_page(noise), bilevel=False)) == LineDamage()
