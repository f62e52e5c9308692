"""Several readers, one answer: agreement counts, disagreement costs, and nothing is made up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.readings import Mark
from extractors.fusion import UNREADABLE, fuse, of_lines, senses_of
from extractors.meanings import meaning, tidied
from extractors.readers import all_readers
from extractors.readers.ctc import Frames, decode_beams, decode_greedily, joined_frames
from extractors.readers.likelihood import log_likelihoods
from extractors.readers.reader import NOTHING_READ, ReaderResult, Writing
from extractors.thresholds import load_thresholds

ALPHABET = "0123456789/,. "


def frames_of(text: str, sure: float = 0.98, rivals: dict[int, str] | None = None) -> Frames:
    """Frames that spell `text`, one step a character with a blank after each; `rivals` share a character's chance."""
    rivals = rivals or {}
    steps = []
    for place, character in enumerate(text):
        row = np.full(len(ALPHABET) + 1, 1e-4)
        row[ALPHABET.index(character) + 1] = sure
        if place in rivals:
            row[ALPHABET.index(rivals[place]) + 1] = 1 - sure
        blank = np.full(len(ALPHABET) + 1, 1e-4)
        blank[0] = 0.98
        steps += [row / row.sum(), blank / blank.sum()]
    return Frames(np.log(np.array(steps)).astype(np.float32), ALPHABET)


def read_as(text: str, sure: float = 0.98) -> ReaderResult:
    frames = frames_of(text, sure)
    _, characters = decode_greedily(frames)
    return ReaderResult(text, min(characters), text, characters, frames)


def log_likelihood(frames: Frames, text: str) -> float:
    return float(log_likelihoods(frames, [text])[0])


def test_greedy_beam_and_likelihood_agree_on_a_plain_line() -> None:
    frames = frames_of("1,200")
    assert decode_greedily(frames)[0] == "1,200"
    best, log_chance = decode_beams(frames)[0]
    assert best == "1,200"
    assert log_likelihood(frames, "1,200") == pytest.approx(log_chance, abs=1e-3)


def test_a_doubled_character_needs_the_blank_between() -> None:
    assert decode_greedily(frames_of("1200"))[0] == "1200"
    assert log_likelihood(frames_of("1200"), "1200") > log_likelihood(frames_of("1200"), "120")


@given(st.text(alphabet=ALPHABET, min_size=1, max_size=9))
def test_no_other_text_is_likelier_than_the_one_spelled(text: str) -> None:
    frames = frames_of(text)
    assert log_likelihood(frames, text) == pytest.approx(decode_beams(frames)[0][1], abs=1e-2)
    assert log_likelihood(frames, text) > log_likelihood(frames, text + "1")


def test_frames_of_two_lines_read_as_one_line_with_a_space() -> None:
    joined = joined_frames([frames_of("7/14/03"), frames_of("10")])
    assert joined is not None
    assert decode_greedily(joined)[0] == "7/14/03 10"
    assert joined_frames([]) is None


@pytest.mark.parametrize(
    ("writing", "read", "tidy"),
    [
        (Writing.SHARES, " 1,200 .", "1,200"),
        (Writing.SHARES, "| 1 200", "1200"),
        (Writing.PRICE, "$ 3.33_", "$3.33"),
        (Writing.PRICE, ".99", ".99"),
        (Writing.DATE, "4 / 24 /02", "4/24/02"),
        (Writing.DATE, "Apr 24, 2002", "Apr 24, 2002"),
        (Writing.DATE_TIME, "7 /14/03 10: 15 a.m.", "7/14/03 10:15 am"),
        (Writing.GRANT_NO, " CP-001 234", "CP-001234"),
        (Writing.GRANT_NO, "No. 1041", "1041"),
        (Writing.GRANT_NO, "No 1041", "1041"),
        (Writing.NAME, "Maria  L. Ortega", "Maria L. Ortega"),
    ],
)
def test_only_what_cannot_belong_to_the_box_is_tidied_away(writing: Writing, read: str, tidy: str) -> None:
    assert tidied(writing, read) == tidy


def test_equal_sense_is_equal_whatever_the_letters() -> None:
    assert meaning(Writing.SHARES, "1,200") == meaning(Writing.SHARES, "1200")
    assert meaning(Writing.DATE, "4/24/02") == meaning(Writing.DATE, "Apr 24, 2002")
    assert meaning(Writing.PRICE, "$3.30") == meaning(Writing.PRICE, "3.3")
    assert meaning(Writing.DATE_TIME, "7/14/03 10:15 am") == meaning(Writing.DATE_TIME, "7/14/2003 at 10:15 a.m.")


@pytest.mark.parametrize(
    ("writing", "text"),
    [
        (Writing.SHARES, "12?0"),
        (Writing.SHARES, "ALL"),
        (Writing.DATE, "2/30/03"),
        (Writing.DATE_TIME, "7/14/03 2:15"),
        (Writing.GRANT_NO, "-"),
        (Writing.EMAIL, "maria at example"),
    ],
)
def test_what_the_grammar_does_not_cover_has_no_sense(writing: Writing, text: str) -> None:
    assert meaning(writing, text) is None


def test_two_readers_that_agree_are_surer_than_one() -> None:
    thresholds = load_thresholds()
    both = fuse(Writing.SHARES, {"rapid": read_as("1,200"), "cells": read_as("1200")}, thresholds)
    alone = fuse(Writing.SHARES, {"rapid": read_as("1,200"), "cells": NOTHING_READ}, thresholds)
    quarrel = fuse(Writing.SHARES, {"rapid": read_as("1,700", 0.6), "cells": read_as("1,200")}, thresholds)
    assert both.value == alone.value == "1,200"
    assert quarrel.value == "1,200"
    assert both.confidence > alone.confidence
    assert both.confidence > quarrel.confidence
    assert both.readers == "rapid+cells"


def test_what_one_reader_is_sure_of_and_another_nearly_says_beats_what_the_first_only_doubts() -> None:
    wavering = frames_of("1,700", sure=0.55, rivals={2: "2"})
    text, characters = decode_greedily(wavering)
    assert text == "1,700"
    results = {"rapid": ReaderResult(text, 0.55, text, characters, wavering), "cells": read_as("1,200")}
    senses = {sense.meaning: sense for sense in senses_of(Writing.SHARES, results)}
    assert senses[1700].readers == ("rapid",)
    assert senses[1200].log_likelihoods["rapid"] > -2
    assert senses[1700].log_likelihoods["cells"] < -5
    assert fuse(Writing.SHARES, results, load_thresholds()).value == "1,200"


def test_chances_leave_room_for_none_of_the_senses() -> None:
    senses = senses_of(Writing.SHARES, {"rapid": read_as("1,200", 0.4), "cells": read_as("1,700", 0.4)})
    chances = load_thresholds().chances(Writing.SHARES, senses)
    assert 0 < sum(chances) < 0.999


def test_ways_of_writing_one_value_are_one_sense() -> None:
    results = {"rapid": read_as("1,200"), "cells": read_as("1200")}
    (sense,) = (each for each in senses_of(Writing.SHARES, results) if each.meaning == 1200)
    assert sense.readers == ("rapid", "cells")
    assert sense.text == "1,200"
    assert min(sense.log_likelihoods.values()) > -1


def test_a_guess_is_never_trusted_like_a_plain_reading() -> None:
    slash_read_as_one = frames_of("4/24102", sure=0.6, rivals={4: "/"})
    text, characters = decode_greedily(slash_read_as_one)
    guessed = fuse(
        Writing.DATE, {"rapid": ReaderResult(text, 0.6, text, characters, slash_read_as_one)}, load_thresholds()
    )
    assert guessed.value == "4/24/02"
    assert guessed.raw == "4/24102"
    assert guessed.confidence < load_thresholds().asks[Writing.DATE].confirmed


def test_words_where_a_number_belongs_stay_words_and_are_doubted() -> None:
    word = ReaderResult("ALL", 0.99, "ALL", (0.99, 0.99, 0.99))
    fused = fuse(Writing.SHARES, {"rapid": word}, load_thresholds())
    assert (fused.value, fused.mark, fused.confidence) == ("ALL", Mark.READ, 0.0)


def test_characters_that_nobody_can_read_are_question_marks() -> None:
    half = ReaderResult("CP-/12", 0.2, "CP-/12", (0.99, 0.99, 0.9, 0.3, 0.2, 0.97))
    fused = fuse(Writing.GRANT_NO, {"rapid": half}, load_thresholds())
    assert fused.value == "CP-??2"
    assert fused.confidence == 0.0


def test_ink_that_no_reader_makes_anything_of_is_illegible_not_blank() -> None:
    fused = fuse(Writing.SHARES, {"rapid": NOTHING_READ, "tesseract": NOTHING_READ}, load_thresholds())
    assert (fused.value, fused.mark) == (UNREADABLE, Mark.ILLEGIBLE)


def test_lines_of_one_box_are_as_sure_as_the_least_of_them() -> None:
    joined = of_lines([read_as("7/14/03"), read_as("10", 0.7)])
    assert joined.text == "7/14/03 10"
    assert joined.confidence == pytest.approx(min(read_as("10", 0.7).characters))
    assert len(joined.characters) == len(joined.text)


@pytest.mark.parametrize(
    ("writing", "read", "guessed"),
    [(Writing.PRICE, "$2 63", "$2.63"), (Writing.GRANT_NO, "CP 001041", "CP-001041")],
)
def test_a_gap_where_a_mark_was_lost_is_mended_as_a_guess_only(writing: Writing, read: str, guessed: str) -> None:
    result = ReaderResult(read, 0.99, read, (0.99,) * len(read))
    fused = fuse(writing, {"rapid": result, "tesseract": result}, load_thresholds())
    assert (fused.value, fused.raw) == (guessed, read)
    assert fused.confidence <= load_thresholds().guess_at_most


def test_two_gaps_are_not_mended() -> None:
    result = ReaderResult("$2 6 3", 0.99, "$2 6 3", (0.99,) * 6)
    assert fuse(Writing.PRICE, {"rapid": result}, load_thresholds()).confidence == 0.0


def test_every_reader_has_its_worth_in_every_kind_of_box() -> None:
    names = {writing: {reader.name for reader in all_readers() if reader.reads(writing)} for writing in Writing}
    thresholds = load_thresholds()
    assert {writing: set(worth.says) for writing, worth in thresholds.worth.items()} == names
    networks = {writing: readers - {"tesseract"} for writing, readers in names.items()}
    assert {writing: set(worth.likelihood) for writing, worth in thresholds.worth.items()} == networks
    assert set(thresholds.asks) == set(Writing)


def test_no_use_that_matters_trusts_a_guess() -> None:
    thresholds = load_thresholds()
    for writing, asks in thresholds.asks.items():
        if writing is not Writing.ADDRESS:
            assert thresholds.guess_at_most < min(asks.plain, asks.confirmed), writing
