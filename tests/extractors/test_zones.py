"""Every filled zone is seen, dirt fills none, and what was done to rows, boxes and print is noticed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from core.readings import Box
from core.submissions import GrantRow, Kind, Signature
from extractors.lines import lines_of
from extractors.marks import share_out
from extractors.page_images import Gray
from extractors.streaks import without_streaks
from extractors.zones import PageInk
from offers.forms import FieldKind, Zone
from tests.extractors.filled_pages import (
    FIELDS,
    HAND,
    ROWS,
    TYPIST,
    blank_of,
    inked,
    laid,
    picture_of,
    printed_on,
    specks,
    submission,
)

FILLED = {f"row{line}_{column}" for line in (1, 2) for column in ("grant_no", "grant_date", "price", "shares")} | {
    "signature", "tax_id", "printed_name", "signed_at", "email", "address",
}  # fmt: skip


def filled_zones(ink: PageInk) -> set[str]:
    return {each.zone.name for each in ink.zones if each.is_filled}


def drawn(picture: Gray, box: Box, points: list[tuple[float, float]], thickness: int = 3) -> Gray:
    """A pen stroke through points given as shares of a box."""
    height, width = picture.shape
    stroke = [
        (round((box.x0 + x * (box.x1 - box.x0)) * width), round((box.y0 + y * (box.y1 - box.y0)) * height))
        for x, y in points
    ]
    page = picture.copy()
    cv2.polylines(page, [np.array(stroke, np.int32)], isClosed=False, color=0, thickness=thickness)
    return page


def zone_box(page_class: str, name: str) -> Box:
    return blank_of(page_class).form_page.zone(name).box


@pytest.mark.parametrize("writer", [TYPIST, HAND], ids=["typed", "handwritten"])
def test_every_filled_zone_is_seen_and_no_other(writer) -> None:  # type: ignore[no-untyped-def]
    assert filled_zones(inked(picture_of(submission(), "E2", writer), "E2")) == FILLED


def test_dirt_fills_no_zone_and_makes_no_note() -> None:
    ink = inked(specks(blank_of("E2").picture, 900), "E2")
    assert filled_zones(ink) == set()
    assert ink.notes == ()


def broken_to_dots(picture: Gray, page_class: str, names: Iterable[str]) -> Gray:
    """What is left of the writing in some zones when a fax takes all but a dot here and there."""
    page, (height, width) = picture.copy(), picture.shape
    blank = blank_of(page_class).picture
    down, across = np.mgrid[:height, :width]
    kept = (down // 3 % 3 == 0) & (across // 3 % 3 == 0)
    for name in names:
        box = zone_box(page_class, name)
        place = np.s_[round(box.y0 * height) : round(box.y1 * height), round(box.x0 * width) : round(box.x1 * width)]
        page[place] = np.where(kept[place], page[place], blank[place])
    return page


def states(ink: PageInk) -> dict[str, str]:
    return {
        each.zone.name: "filled" if each.is_filled else "unreadable" if each.unreadable else "blank"
        for each in ink.zones
    }


def test_a_cell_broken_to_dots_is_unreadable_and_no_other() -> None:
    written = picture_of(submission(), "E2")
    whole, broken = inked(written, "E2"), inked(broken_to_dots(written, "E2", ["row1_shares"]), "E2")
    assert states(broken) == states(whole) | {"row1_shares": "unreadable"}


def test_dirt_all_over_the_page_makes_no_cell_unreadable() -> None:
    found = states(inked(specks(picture_of(submission(), "E2"), 900), "E2"))
    assert {state for name, state in found.items() if name.startswith(("row3", "row4"))} == {"blank"}


def test_a_streak_broken_to_dots_makes_no_cell_unreadable() -> None:
    picture = blank_of("E2").picture.copy()
    picture[400:2000:9, 300] = picture[401:2000:9, 300] = picture[402:2000:9, 300] = 0
    assert set(states(inked(picture, "E2")).values()) == {"blank"}


def test_where_a_pen_is_too_thin_for_the_fax_an_empty_cell_of_a_used_row_proves_nothing() -> None:
    written = picture_of(submission(rows=(*ROWS, GrantRow("CP-001090", "", "", ""))), "E2")
    broken = broken_to_dots(written, "E2", ["row1_grant_no", "row1_grant_date", "row1_shares", "row3_grant_no"])
    found = states(inked(broken, "E2"))
    assert {found[f"row3_{column}"] for column in ("grant_no", "grant_date", "price", "shares")} == {"unreadable"}
    assert found["row4_shares"] == "blank"


def test_a_decimal_point_survives_while_a_lone_speck_does_not() -> None:
    picture = picture_of(submission(rows=(GrantRow("CP-001041", "", "$24.50", ""),)), "E2")
    with_speck = picture.copy()
    height, width = picture.shape
    box = zone_box("E2", "row1_shares")
    with_speck[round(box.y0 * height) + 30 : round(box.y0 * height) + 33, round(box.x0 * width) + 90 :][:, :3] = 0
    ink = inked(with_speck, "E2")
    price = next(each for each in ink.zones if each.zone.name == "row1_price")
    assert "row1_shares" not in filled_zones(ink)
    assert any(piece.height <= 6 and piece.width <= 6 for piece in price.written.pieces)


def test_writing_that_overshoots_its_cell_stays_whole() -> None:
    high = replace(HAND, overshoot=0.0, figure_height_pt=13.0)
    ink = inked(picture_of(submission(), "E2", high), "E2")
    box = zone_box("E2", "row1_shares")
    written = next(each.written for each in ink.zones if each.zone.name == "row1_shares")
    assert written.pieces
    assert written.left / 1700 >= box.x0 - 0.02


def shared_by_two_rows(*strokes: tuple[int, int]) -> dict[str, list[tuple[int, int]]]:
    """What two rows of 60 pixels each get of strokes from a height to another: tops and bottoms by zone."""
    page = np.full((200, 200), 255, np.uint8)
    for place, (top, bottom) in enumerate(strokes):
        page[top:bottom, 60 + 30 * place : 64 + 30 * place] = 0
    boxes = [Box(0.2, 0.2, 0.8, 0.5), Box(0.2, 0.5, 0.8, 0.8)]
    zones = [Zone(f"row{row}_shares", box, FieldKind.SHARES, False, row) for row, box in enumerate(boxes, 1)]
    shared = share_out(page, zones)
    assert not shared.outside
    return {name: [(piece.top, piece.bottom) for piece in written.pieces] for name, written in shared.by_zone.items()}


def test_figures_that_touch_those_of_the_next_row_are_cut_apart() -> None:
    assert shared_by_two_rows((55, 145)) == {"row1_shares": [(55, 100)], "row2_shares": [(100, 145)]}


def test_the_tail_of_a_figure_is_not_cut_off() -> None:
    assert shared_by_two_rows((55, 115)) == {"row1_shares": [(55, 115)], "row2_shares": []}


def test_a_streak_down_the_page_is_taken_out_and_fills_nothing() -> None:
    picture = picture_of(submission(), "E2")
    streaked = picture.copy()
    for x in (300, 301):
        streaked[100:2100, x] = 0
    page = laid(streaked, "E2")
    assert page.ink is not None
    cleaned = without_streaks(page.ink)
    assert int((cleaned[1000:1280, 290:310] < 128).sum()) == 0
    assert filled_zones(inked(streaked, "E2")) == FILLED


def test_a_row_struck_out_is_seen_and_its_cells_stay_filled() -> None:
    rows = (replace(ROWS[0], struck=True), ROWS[1])
    ink = inked(picture_of(submission(rows=rows), "E2", HAND), "E2")
    assert ink.rows[1].struck
    assert not ink.rows[2].struck
    assert "row1_shares" in filled_zones(ink)


def test_a_line_through_an_unused_row_strikes_nothing() -> None:
    rows = (*ROWS, GrantRow(struck=True))
    ink = inked(picture_of(submission(rows=rows), "E2", HAND), "E2")
    assert filled_zones(ink) == FILLED


def test_a_slip_struck_out_with_the_right_word_beside_it_is_crossed() -> None:
    rows = (replace(ROWS[0], altered=True), ROWS[1])
    ink = inked(picture_of(submission(rows=rows), "E2", HAND), "E2")
    assert 3 in ink.rows[1].crossed
    assert not ink.rows[2].crossed


@pytest.mark.parametrize("seed", range(6))
def test_a_box_is_ticked_by_tick_cross_or_scribble(seed: int) -> None:
    ticked = inked(picture_of(submission(amend_box=True), "E1", HAND, seed), "E1")
    assert ticked.ticks["amend_box"].ticked is True


def test_an_empty_box_is_not_ticked_even_on_a_dirty_page() -> None:
    assert inked(specks(blank_of("E1").picture, 900), "E1").ticks["amend_box"].ticked is False


def test_a_dot_in_the_box_and_a_stroke_beside_it_leave_it_unsure() -> None:
    box = zone_box("E1", "amend_box")
    dotted = inked(drawn(blank_of("E1").picture, box, [(0.45, 0.5), (0.58, 0.55)], 2), "E1")
    assert dotted.ticks["amend_box"].ticked is None


@pytest.mark.parametrize("phrase", ["void and of no further effect", "binding agreement"])
def test_printed_words_struck_out_are_named(phrase: str) -> None:
    ink = inked(picture_of(submission(struck_text=(phrase,)), "E1", HAND), "E1")
    assert any(phrase.split()[-1] in words for words in ink.struck)


@pytest.mark.parametrize(("page_class", "kind"), [("E1", Kind.ELECTION), ("E2", Kind.ELECTION), ("N1", Kind.NOTICE)])
def test_plain_print_is_not_struck(page_class: str, kind: Kind) -> None:
    assert inked(picture_of(submission(kind), page_class, HAND), page_class, kind).struck == ()


def test_a_note_outside_the_boxes_is_found_once() -> None:
    ink = inked(picture_of(submission(notes="Please confirm receipt"), "E2", HAND), "E2")
    assert len(ink.notes) == 1
    assert filled_zones(ink) == FILLED


def test_remnants_of_ruled_lines_are_no_note() -> None:
    picture = blank_of("E2").picture.copy()
    moved = np.roll(picture, 3, axis=1)
    assert inked(moved, "E2").notes == ()


def test_a_signature_box_left_empty_has_no_pieces() -> None:
    unsigned = inked(picture_of(submission(signature=Signature(False, None)), "E2"), "E2")
    assert filled_zones(unsigned) == FILLED - {"signature"}


def test_a_place_that_the_fax_lost_is_marked_unreadable() -> None:
    from extractors.zones import ink_of_page

    box = zone_box("E2", "row1_shares")
    page = replace(laid(picture_of(submission(), "E2"), "E2"), unreadable=(Box(0.0, box.y0, 1.0, box.y1),))
    ink = ink_of_page(page, printed_on(page))
    assert {each.zone.name for each in ink.zones if each.unreadable} == {
        f"row1_{column}" for column in ("grant_no", "grant_date", "price", "shares")
    }


def test_a_date_above_a_time_is_two_lines() -> None:
    zone = blank_of("E2").form_page.zone("signed_at")
    page = np.full((2200, 1700), 255, np.uint8)
    left, top = round(zone.box.x0 * 1700) + 10, round(zone.box.y0 * 2200)
    cv2.putText(page, "7/14/03", (left, top + 36), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 0, 2)
    cv2.putText(page, "10:15 am", (left, top + 76), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 0, 2)
    written = share_out(page, [zone]).by_zone["signed_at"]
    assert len(lines_of(written)) == 2


def test_one_line_with_dots_and_descenders_is_one_line() -> None:
    ink = inked(picture_of(submission(address=FIELDS.address), "E2", HAND), "E2")
    for each in ink.zones:
        if each.is_filled and each.zone.name != "signature":
            assert len(lines_of(each.written)) == 1, each.zone.name


def test_a_flourish_through_the_label_under_a_signature_strikes_no_print() -> None:
    box = zone_box("E2", "signature")
    flourish = drawn(picture_of(submission(), "E2"), box, [(0.02, 1.28), (0.9, 1.22)], thickness=4)
    assert inked(flourish, "E2").struck == ()
