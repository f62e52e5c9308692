"""A signature box goes to a person unless the network takes what stands there for one plain signature by hand."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from extractors.blank_pages import load_blank_pages
from extractors.dropout import drop_print
from extractors.marks import PAPER, Written, WrittenPage, share_out
from extractors.readers.failures import ReaderUnusable
from extractors.signature import read_signature
from extractors.signature_network import (
    HEIGHT,
    WIDTH,
    is_one_plain_signature,
    signature_network,
    signature_picture,
)
from extractors.signing import signature_questions
from samples.generate import LEDGER_SEED
from samples.ledger import make_ledger
from samples.lettering import Group
from samples.troubles import TROUBLE_BY_NAME, some_circumstances, troubled_fax
from tests.extractors.filled_pages import forms

LEDGER = make_ledger(LEDGER_SEED)
PLAIN = "tick"
"""A form whose trouble is on another page than its signature."""


@cache
def back_page(name: str, number: int) -> WrittenPage:
    """What was written on the page with the signature box, by a hand for building, without fax damage."""
    rng = np.random.default_rng([55, number])
    fax = troubled_fax("t", TROUBLE_BY_NAME[name], rng, LEDGER, forms(), some_circumstances(number, Group.TRAINING))
    sheet = next(sheet for sheet in fax.sheets if sheet.page_class == "E2")
    blank = next(
        blank
        for blank in load_blank_pages(forms()).pages
        if (blank.page_class, blank.form.version) == ("E2", sheet.form_version)
    )
    height, width = blank.picture.shape
    paper = np.asarray(cv2.resize(sheet.picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return share_out(drop_print(paper, blank).ink, blank.form_page.zones)


def signature_box(name: str, number: int) -> list[Written]:
    page = back_page(name, number)
    return [question.written for question in signature_questions("signature", page, page.by_zone["signature"])]


@pytest.mark.parametrize("number", range(6))
def test_a_plain_signature_is_one(number: int) -> None:
    assert is_one_plain_signature(signature_box(PLAIN, number))


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("name", ["stamped_signature", "signature_stamp", "typed_signature"])
def test_a_stamp_or_type_is_none(name: str, number: int) -> None:
    assert not is_one_plain_signature(signature_box(name, number))


@pytest.mark.parametrize("number", [5, 6, 7])
def test_hatching_that_the_hand_made_measures_take_for_a_signature_is_none(number: int) -> None:
    box = signature_box("struck_signature", number)
    assert read_signature(box[0], looks_typed=False).present is True
    assert not is_one_plain_signature(box)


def test_its_word_does_not_depend_on_the_parts_that_a_box_is_shared_into() -> None:
    (whole,) = [part for part in [back_page(PLAIN, 1).by_zone["signature"]] if part.pieces]
    parts = [back_page(PLAIN, 1).written([piece]) for piece in whole.pieces]
    assert len(parts) > 1
    assert (signature_picture(parts) == signature_picture([whole])).all()


def written(height: int, width: int) -> Written:
    return Written(picture=np.zeros((height, width), np.uint8))


def test_a_small_mark_is_not_enlarged() -> None:
    picture = signature_picture([written(40, 80)])
    assert picture.shape == (HEIGHT, WIDTH)
    assert int((picture < PAPER).sum()) == 20 * 40


def test_what_reaches_far_out_of_the_box_is_made_to_fit() -> None:
    picture = signature_picture([written(100, 2000)])
    assert int((picture < PAPER).any(axis=0).sum()) == WIDTH


def test_without_its_files_it_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ReaderUnusable, match=r"signatures\.toml"):
        signature_network(tmp_path)
