"""Damaged copies of blanks are found, named, turned upright and laid back onto their blank to within two points."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from core.readings import Box
from extractors.fax_pages import FaxPages, pages_of_fax
from extractors.limits import DecodeLimits
from extractors.page_images import RegisteredPage
from extractors.registration import is_plausible, quarter_turns
from tests.extractors import damaged_copies as copies
from tests.extractors.damaged_copies import CLEAN, JULY, JUNE, Damage, blank, copy_of, tiff_of

LETTER_POINTS = np.array([612.0, 792.0])
FORM_PAGES = [("E1", JULY), ("E1", JUNE), ("E2", JULY), ("E2", JUNE), ("N1", JULY), ("N1", JUNE), ("SCHEDULE", None)]


def read(*content: bytes) -> FaxPages:
    return pages_of_fax(content[0], copies.blanks(), DecodeLimits(), "fax.tif")


def read_copy(page_class: str, version: str | None, damage: Damage) -> tuple[RegisteredPage, np.ndarray]:
    """The page as read, and how far (points) each of CORNERS was taken to lie from where it is, on the page as sent."""
    bits, places = copy_of(blank(page_class, version).picture, damage)
    (page,) = read(tiff_of(bits, lines=damage.lines)).pages
    assert page.page.affine is not None
    taken = np.array([page.on_page(x, y) for x, y in copies.CORNERS])
    upright = 1 - places if damage.upside_down else places
    return page, np.hypot(*((taken - upright) * LETTER_POINTS).T)


@pytest.mark.parametrize("lines", [98, 196, 391])
@pytest.mark.parametrize(("page_class", "version"), FORM_PAGES)
def test_a_damaged_page_is_named_and_laid_to_within_two_points(
    page_class: str, version: str | None, lines: int
) -> None:
    page, errors = read_copy(page_class, version, Damage(lines=lines, seed=lines))
    assert (page.page.page_class, page.page.form_version) == (page_class, version)
    assert page.page.legible
    assert page.page.rotation == 0
    assert errors.max() < 2.0
    assert np.median(errors) < 0.6


@pytest.mark.parametrize(("page_class", "version"), [("E1", JULY), ("E2", JUNE), ("N1", JULY), ("SCHEDULE", None)])
def test_a_page_fed_upside_down_is_turned_upright(page_class: str, version: str | None) -> None:
    page, errors = read_copy(page_class, version, Damage(upside_down=True, turn_degrees=-1.2))
    assert (page.page.page_class, page.page.form_version, page.page.rotation) == (page_class, version, 180)
    assert errors.max() < 2.0


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_page_lying_on_its_side_is_turned_upright(quarters: int) -> None:
    bits, _ = copy_of(blank("E2").picture, CLEAN)
    turned = np.ascontiguousarray(np.rot90(cv2.resize(bits, (1700, 2200)), -quarters))
    ok, png = cv2.imencode(".png", turned)
    assert ok
    (page,) = read(png.tobytes()).pages
    assert (page.page.page_class, page.page.rotation) == ("E2", -90 * quarters % 360)
    assert page.squared.shape[0] > page.squared.shape[1]


def test_an_uneven_feed_is_followed_down_the_page() -> None:
    page, errors = read_copy("E2", JULY, Damage(slip_points=5.0))
    assert page.drift
    assert errors.max() < 2.0


def test_a_header_that_lies_about_the_lines_an_inch_is_seen_through() -> None:
    bits, _ = copy_of(blank("N1").picture, Damage(lines=98))
    (page,) = read(tiff_of(bits, lines=196)).pages
    assert (page.page.page_class, page.page.form_version) == ("N1", JULY)


@pytest.mark.parametrize(("page_class", "version"), FORM_PAGES)
def test_a_clean_copy_of_a_blank_holds_no_ink(page_class: str, version: str | None) -> None:
    page, _ = read_copy(page_class, version, CLEAN)
    assert page.ink is not None
    assert page.missing is not None
    assert np.count_nonzero(page.ink < 128) < 0.0002 * page.ink.size
    assert np.count_nonzero(page.missing < 128) < 0.0002 * page.missing.size
    assert page.unreadable == ()


def test_what_is_written_across_a_rule_stays_whole() -> None:
    picture = blank("E2").picture.copy()
    zone = blank("E2").form_page.zone("row3_grant_date").box
    x, y = round((zone.x0 + zone.x1) / 2 * 1700), round(zone.y1 * 2200)
    cv2.line(picture, (x, y - 30), (x + 4, y + 30), 0, 5)
    (page,) = read(tiff_of(copy_of(picture, CLEAN)[0])).pages
    assert page.ink is not None
    column = page.ink[y - 28 : y + 28, x - 12 : x + 16].min(axis=1)
    assert np.all(column < 128)


def test_a_strip_lost_from_the_page_is_unreadable_not_blank() -> None:
    picture = blank("E2").picture.copy()
    row = blank("E2").form_page.zone("row4_shares").box
    picture[round(row.y0 * 2200) - 40 : round(row.y1 * 2200) + 40] = 255
    (page,) = read(tiff_of(copy_of(picture, Damage())[0])).pages
    assert any(_overlap(row, lost) for lost in page.unreadable)
    footer = Box(0.1, 0.9, 0.9, 0.95)
    assert not any(_overlap(footer, lost) for lost in page.unreadable)


def _overlap(one: Box, two: Box) -> bool:
    return one.x0 < two.x1 and two.x0 < one.x1 and one.y0 < two.y1 and two.y0 < one.y1


def test_a_page_whose_lower_half_is_gone_is_no_readable_form() -> None:
    picture = blank("E2").picture.copy()
    picture[1250:] = 255
    (page,) = read(tiff_of(copy_of(picture, Damage())[0])).pages
    assert page.page.page_class in ("E2", "UNKNOWN")
    assert page.page.page_class == "UNKNOWN" or not page.page.legible


def test_a_smeared_page_is_present_but_unreadable() -> None:
    picture = cv2.GaussianBlur(blank("E1").picture, (0, 0), 5)
    ok, png = cv2.imencode(".png", np.clip(picture.astype(int) * 2 - 200, 0, 255).astype(np.uint8))
    assert ok
    (page,) = read(png.tobytes()).pages
    assert page.page.page_class in ("E1", "UNKNOWN")
    assert page.page.page_class == "UNKNOWN" or not page.page.legible


def test_a_page_of_the_wrong_words_where_the_editions_differ_is_of_no_known_edition() -> None:
    """A retyped line can change a term: neither edition says "absolute"."""
    picture = blank("E2").picture.copy()
    changed = np.argwhere(np.abs(picture.astype(int) - blank("E2", JUNE).picture) > 100)
    (top, left), (bottom, right) = changed.min(axis=0), changed.max(axis=0)
    picture[top - 2 : bottom + 3, left - 2 : right + 3] = 255
    cv2.putText(picture, "absolute whim", (int(left), int(bottom) - 4), cv2.FONT_HERSHEY_COMPLEX, 0.9, 0, 2)
    (page,) = read(tiff_of(copy_of(picture, CLEAN)[0])).pages
    assert (page.page.page_class, page.page.form_version) == ("E2", None)


@pytest.mark.parametrize(
    ("affine", "plausible"),
    [
        ([[1.0, 0.0, 5.0], [0.0, 1.0, 9.0]], True),
        ([[-1.0, 0.0, 850.0], [0.0, -1.0, 1100.0]], True),
        ([[0.0, -1.0, 850.0], [1.0, 0.0, 0.0]], True),
        ([[-1.0, 0.0, 850.0], [0.0, 1.0, 0.0]], False),
        ([[1.0, 0.2, 0.0], [0.0, 1.0, 0.0]], False),
        ([[1.0, 0.0, 0.0], [0.0, 1.3, 0.0]], False),
        ([[0.3, 0.0, 0.0], [0.0, 0.3, 0.0]], False),
        ([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], False),
    ],
)
def test_only_what_a_fax_can_do_to_a_page_is_plausible(affine: list[list[float]], plausible: bool) -> None:
    assert is_plausible(np.array(affine)) is plausible


def test_quarter_turns_are_counted_clockwise() -> None:
    turned = {0: (1.0, 0.0), 1: (0.0, 1.0), 2: (-1.0, 0.0), 3: (0.0, -1.0)}
    for quarters, (cosine, sine) in turned.items():
        affine = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0]])
        assert quarter_turns(affine) == quarters


def test_crops_are_cut_by_fractions_and_clipped_to_the_page() -> None:
    page, _ = read_copy("E1", JULY, replace(CLEAN, lines=196))
    assert page.registered is not None
    assert page.crop_of(Box(0.0, 0.0, 0.5, 0.25), page.registered).shape == (550, 850)
    assert page.crop_of(Box(-0.1, 0.9, 0.5, 1.2), page.registered, margin_points=72).shape == (420, 1050)
