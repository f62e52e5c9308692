"""The address box, the widest of the form: people write notes into what their address leaves free of it.

Blocks of writing are read apart. Where one ends an address in the United States, it and the street lines before it are
the address, and what else stands in the box is a note.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.addresses import Place, place_of
from core.readings import Mark
from extractors.answers import Answer, Question
from extractors.fusion import Fused
from extractors.marginalia import grouped
from extractors.marks import Written, WrittenPage
from extractors.readers.reader import Writing

_STREET_LINE = re.compile(r"\s*(?:[0-9]|p\.? ?o\.? ?box|c/o|apt|suite|unit)", re.IGNORECASE)
_LINE = 45
"""Pixels at 200 dpi: blocks whose tops are closer than this stand on one line."""


@dataclass(frozen=True, slots=True)
class AddressBox:
    """The address as one answer, and the notes written behind it."""

    address: Answer
    notes: tuple[str, ...] = ()


def address_questions(key: str, page: WrittenPage, written: Written) -> tuple[Question, ...]:
    """One question a block, in reading order."""
    blocks = [page.written(group) for group in grouped(written.pieces, page.ink.shape)]
    ordered = sorted(blocks, key=lambda block: (block.top // _LINE, block.left))
    return tuple(Question(f"{key}#{number}", Writing.ADDRESS, block) for number, block in enumerate(ordered))


def read_address_box(questions: Sequence[Question], answers: Mapping[str, Answer]) -> AddressBox:
    """`questions` is not empty. A box in which no block ends an address is all address, whatever it says."""
    blocks = [answers[question.key] for question in questions]
    last = next((i for i, block in enumerate(blocks) if _is_in_the_country(block)), None)
    if last is None:
        return AddressBox(_joined(blocks))
    own = [*(block for block in blocks[:last] if _STREET_LINE.match(block.fused.value)), blocks[last]]
    notes = tuple(block.fused.value for block in blocks if block not in own)
    return AddressBox(_joined(own), notes)


def _is_in_the_country(block: Answer) -> bool:
    return place_of(block.fused.value) is Place.UNITED_STATES


def _joined(blocks: Sequence[Answer]) -> Answer:
    """Several blocks as one answer, as sure as the least sure of them. No reader has said it: it is not to be asked."""
    if len(blocks) == 1:
        return blocks[0]
    worst = min((block.fused for block in blocks), key=lambda fused: fused.confidence)
    read = any(block.fused.mark is Mark.READ for block in blocks)
    return Answer(
        Fused(
            " ".join(block.fused.value for block in blocks),
            " ".join(block.fused.raw for block in blocks),
            Mark.READ if read else Mark.ILLEGIBLE,
            worst.confidence,
            worst.readers,
        ),
        {},
    )
