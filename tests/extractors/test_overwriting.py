"""Cells in which a figure was written over another are told from plain ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from extractors.marks import Written
from extractors.overwriting import HEIGHT, ink_picture, overwriting_network
from extractors.readers.failures import ReaderUnusable
from tests.extractors.test_troubles import ink_with, rows_of


def rows_found(name: str, number: int) -> list[bool]:
    ink = ink_with(name, number, "E2")
    return [ink.rows[line].overwritten for line in range(1, len(rows_of(name, number)) + 1)]


@pytest.mark.parametrize("name", ["overwritten", "overwritten_wrongly"])
def test_most_overwritten_figures_are_seen_and_in_their_rows(name: str) -> None:
    seen = wrongly = 0
    for number in range(6):
        found = rows_found(name, number)
        altered = [row.altered for row in rows_of(name, number)]
        seen += any(one and other for one, other in zip(found, altered, strict=True))
        wrongly += any(one and not other for one, other in zip(found, altered, strict=True))
    assert (seen >= 4, wrongly) == (True, 0)


@pytest.mark.parametrize("number", range(3))
def test_a_page_on_which_nothing_was_written_over_has_none(number: int) -> None:
    assert not any(rows_found("tick", number))


def test_a_picture_has_one_height_whatever_was_written() -> None:
    for height, width in ((4, 9), (30, 200), (140, 300)):
        picture = ink_picture(Written(picture=np.zeros((height, width), np.uint8)))
        assert picture.shape[0] == HEIGHT
        assert (picture > 0).any()


def test_without_its_files_it_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ReaderUnusable, match=r"overwriting\.toml"):
        overwriting_network(tmp_path)
