"""Notes that somebody wrote beside the address are told from it."""

from __future__ import annotations

import pytest

from core.readings import Mark
from extractors.address_box import read_address_box
from extractors.answers import Answer, Question
from extractors.fusion import Fused
from extractors.marks import NOTHING_WRITTEN
from extractors.readers.reader import Writing

HOME = "9400 Roscoe Blvd, Reseda, CA 91335"


def box_of(*blocks: str) -> tuple[str, tuple[str, ...]]:
    questions = [Question(f"address#{i}", Writing.ADDRESS, NOTHING_WRITTEN) for i in range(len(blocks))]
    answers = {
        question.key: Answer(Fused(text, text, Mark.READ, 0.9 - 0.1 * i, "rapid"), {})
        for i, (question, text) in enumerate(zip(questions, blocks, strict=True))
    }
    read = read_address_box(questions, answers)
    return read.address.fused.value, read.notes


@pytest.mark.parametrize(
    ("blocks", "address", "notes"),
    [
        ((HOME,), HOME, ()),
        (("9400 Roscoe Blvd", "Reseda, CA 91335"), "9400 Roscoe Blvd Reseda, CA 91335", ()),
        (("Call me x4417", HOME), HOME, ("Call me x4417",)),
        ((HOME, "only if paid"), HOME, ("only if paid",)),
        (("12 Rue de la Paix", "Paris"), "12 Rue de la Paix Paris", ()),
    ],
)
def test_what_stands_beside_an_address_is_a_note(blocks: tuple[str, ...], address: str, notes: tuple[str, ...]) -> None:
    assert box_of(*blocks) == (address, notes)
