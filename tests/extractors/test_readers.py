"""Every registered reader reads plain type, takes all lines in one go, and says nothing of what is not there."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from extractors.page_images import Gray
from extractors.readers import all_readers
from extractors.readers.alphabets import ALPHABETS
from extractors.readers.line_image import scaled_to_height
from extractors.readers.reader import Crop, Reader, Writing
from samples.lettering import letters

LINES = (
    (Writing.GRANT_NO, "CP-002807"),
    (Writing.DATE, "04/24/2002"),
    (Writing.PRICE, "$24.50"),
    (Writing.SHARES, "12,600"),
    (Writing.TAX_ID, "000-35-7919"),
    (Writing.DATE_TIME, "7/14/2003 10:15 am"),
    (Writing.NAME, "Maria L. Ortega"),
    (Writing.EMAIL, "maria.ortega@example.com"),
)


def typed_line(text: str) -> Gray:
    """The text in eleven-point type at 200 dpi, tight, in the two colours of a fax."""
    font = letters("arimo", 30)
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new("L", (round(right - left) + 4, round(bottom - top) + 4), 255)
    ImageDraw.Draw(picture).text((2 - left, 2 - top), text, font=font, fill=0)
    return np.where(np.asarray(picture) < 140, 0, 255).astype(np.uint8)


@pytest.fixture(params=all_readers(), ids=lambda reader: reader.name)
def reader(request: pytest.FixtureRequest) -> Reader:
    chosen: Reader = request.param
    return chosen


def test_plain_type_is_read_line_by_line_in_order(reader: Reader) -> None:
    results = reader.read([Crop(typed_line(text), writing) for writing, text in LINES])
    read = [result.text.replace(" ", "") for result in results]
    right = sum(text.replace(" ", "") == seen for (_, text), seen in zip(LINES, read, strict=True))
    assert right >= len(LINES) - 1, read
    assert all(0.0 <= result.confidence <= 1.0 for result in results)


def test_figures_keep_to_the_alphabet_of_their_box(reader: Reader) -> None:
    (result,) = reader.read([Crop(typed_line("1,2OO"), Writing.SHARES)])
    assert set(result.text) <= set(ALPHABETS[Writing.SHARES])


def test_an_empty_line_gives_no_text_and_does_not_shift_the_others(reader: Reader) -> None:
    blank = np.full((30, 80), 255, np.uint8)
    crops = [
        Crop(typed_line("1,200"), Writing.SHARES),
        Crop(blank, Writing.SHARES),
        Crop(typed_line("650"), Writing.SHARES),
    ]
    first, empty, last = reader.read(crops)
    assert first.text == "1,200"
    assert not any(character.isdigit() for character in empty.text)
    assert last.text == "650"


def test_no_lines_are_no_results(reader: Reader) -> None:
    assert list(reader.read([])) == []


def test_a_speck_and_a_hairline_are_survived(reader: Reader) -> None:
    dot, hairline = np.zeros((2, 2), np.uint8), np.zeros((1, 400), np.uint8)
    assert len(reader.read([Crop(dot, Writing.PRICE), Crop(hairline, Writing.PRICE)])) == 2


def test_readers_have_names_and_versions_to_put_into_a_reading() -> None:
    names = [reader.name for reader in all_readers()]
    assert len(set(names)) == len(names) >= 2
    assert "tesseract" in names
    assert all(reader.version for reader in all_readers())


@pytest.mark.parametrize("shape", [(30, 200), (3, 40), (60, 12)])
def test_a_line_is_brought_to_the_asked_height_with_air_around_it(shape: tuple[int, int]) -> None:
    line = scaled_to_height(np.zeros(shape, np.uint8), ink_height=32, margin=8)
    assert line.shape[0] == 48
    assert line[:8].min() == 255
    assert line[:, :8].min() == 255
