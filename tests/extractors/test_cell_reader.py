"""The cell reader reads plain type exactly, and its likelihoods speak for what is written."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from extractors.page_images import Gray
from extractors.readers.cells import CellReader
from extractors.readers.ctc import Frames
from extractors.readers.failures import ReaderUnusable
from extractors.readers.likelihood import NEVER, log_likelihood_of_end, log_likelihoods
from extractors.readers.reader import NOTHING_READ, Crop, Writing
from samples.lettering import letters

TYPED = (
    (Writing.GRANT_NO, "1041"),
    (Writing.GRANT_NO, "CP-002807"),
    (Writing.DATE, "04/24/2002"),
    (Writing.PRICE, "$24.50"),
    (Writing.SHARES, "12,600"),
    (Writing.TAX_ID, "000-35-7919"),
    (Writing.DATE_TIME, "7/14/2003 10:15 am"),
)


def typed_line(text: str, family: str = "arimo") -> Gray:
    """The text in eleven-point type at 200 dpi, tight."""
    font = letters(family, 30)
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new("L", (round(right - left) + 4, round(bottom - top) + 4), 255)
    ImageDraw.Draw(picture).text((2 - left, 2 - top), text, font=font, fill=0)
    return np.asarray(picture, np.uint8)


@pytest.mark.parametrize("family", ["arimo", "courier-prime"])
@pytest.mark.parametrize(("writing", "text"), TYPED)
def test_plain_type_is_read_exactly(writing: Writing, text: str, family: str) -> None:
    (result,) = CellReader().read([Crop(typed_line(text, family), writing)])
    assert result.text == text
    assert result.confidence > 0.5
    assert len(result.characters) == len(text)


def test_a_line_is_read_the_same_alone_and_in_company() -> None:
    crops = [Crop(typed_line(text), writing) for writing, text in TYPED]
    together = CellReader().read(crops)
    alone = [CellReader().read([crop])[0] for crop in crops]
    assert [result.text for result in together] == [result.text for result in alone]
    for one, other in zip(together, alone, strict=True):
        assert one.frames is not None and other.frames is not None
        np.testing.assert_allclose(one.frames.log_probabilities, other.frames.log_probabilities, atol=1e-3)


def test_frames_are_distributions_over_the_alphabet_of_the_box() -> None:
    (result,) = CellReader().read([Crop(typed_line("1,200"), Writing.SHARES)])
    assert result.frames is not None
    assert result.frames.log_probabilities.shape[1] == 1 + len(result.frames.alphabet)
    np.testing.assert_allclose(np.exp(result.frames.log_probabilities).sum(axis=1), 1.0, atol=1e-4)


@pytest.mark.parametrize(
    ("writing", "text", "neighbours"),
    [
        (Writing.SHARES, "1,200", ("1,300", "1,280", "12,000", "1,2000", "120", "7,200")),
        (Writing.PRICE, "$24.50", ("$24.60", "$2.450", "$24.5", "$21.50", "$245.0")),
        (Writing.DATE, "4/24/2002", ("4/21/2002", "9/24/2002", "4/24/2003", "24/4/2002")),
        (Writing.GRANT_NO, "1041", ("1047", "1014", "104", "10411", "1941")),
    ],
)
def test_the_ink_speaks_for_what_is_written_against_its_neighbours(
    writing: Writing, text: str, neighbours: tuple[str, ...]
) -> None:
    (result,) = CellReader().read([Crop(typed_line(text), writing)])
    assert result.frames is not None
    written, *others = log_likelihoods(result.frames, (text, *neighbours))
    assert written > max(others) + 2.0


def test_a_line_of_nothing_is_not_read() -> None:
    assert CellReader().read([Crop(np.full((0, 0), 255, np.uint8), Writing.SHARES)]) == [NOTHING_READ]


def test_a_reader_without_its_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ReaderUnusable, match="make train"):
        CellReader(tmp_path)


def some_frames(steps: int, alphabet: str, seed: int = 1) -> Frames:
    scores = np.random.default_rng(seed).normal(0.0, 2.0, (steps, 1 + len(alphabet))).astype(np.float32)
    return Frames(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)), alphabet)


def test_a_likelihood_is_the_sum_over_all_alignments() -> None:
    frames = some_frames(5, "ab")
    summed = dict.fromkeys(("", "a", "ab", "aa", "aab", "bab", "aaa"), 0.0)
    for path in itertools.product(range(3), repeat=5):
        text = "".join("ab"[symbol - 1] for symbol, _ in itertools.groupby(path) if symbol)
        if text in summed:
            chance = np.exp(sum(frames.log_probabilities[step, symbol] for step, symbol in enumerate(path)))
            summed[text] += float(chance)
    found = np.exp(log_likelihoods(frames, list(summed)))
    np.testing.assert_allclose(found, list(summed.values()), rtol=1e-5)


def test_the_likelihood_of_an_end_is_that_of_the_best_place_for_it_to_begin() -> None:
    frames = some_frames(9, "ab")
    rests = [Frames(frames.log_probabilities[step:], "ab") for step in range(9)]
    expected = [log_likelihoods(rest, ["aba"])[0] for rest in rests]
    found, step = log_likelihood_of_end(frames, "aba")
    assert (found, step) == (pytest.approx(max(expected)), int(np.argmax(expected)))
    assert log_likelihood_of_end(frames, "c") == (NEVER, 0)


def test_a_text_that_cannot_be_is_never_likely() -> None:
    frames = some_frames(3, "ab")
    assert list(log_likelihoods(frames, ["c", "abab", "aa"]) <= NEVER / 2) == [True, True, False]
    assert log_likelihoods(frames, []).shape == (0,)
