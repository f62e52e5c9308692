"""The signature box as a whole: whether it is signed, what the signature reads as, and a capacity written beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.grammar import normalise_name
from core.submissions import Signature
from extractors.answers import Answer, Question
from extractors.free_text import capacity_in
from extractors.marks import Piece, Written, WrittenPage
from extractors.matching import likeness
from extractors.page_images import PIXELS_PER_POINT
from extractors.readers.reader import ReaderResult, Writing
from extractors.signature import SignatureMark, are_two, read_signature
from extractors.signature_network import is_one_plain_signature

_GAP = round(16 * PIXELS_PER_POINT)
"""Paper between a signature and a title beside it; the words of one name stand closer."""
_AS_LARGE = 0.5
"""Writing this high, as a share of the highest, belongs to the signature; a title beside it is written smaller."""
_LOW = 0.5
_LETTERS_OF_A_TITLE = 5
_SURE_TYPE = 0.8
_TYPE_HEIGHT = round(16 * PIXELS_PER_POINT)
_ALIKE = 0.9
"""Type is low and every reader reads it much alike; of 60 signatures the lowest was 17 points high."""
_CONFORMED = re.compile(r"/\s?s\s?[/|\])]", re.IGNORECASE)
"""The "/s/" that stands for a signature in typed copies."""
_SURE_HAND = 0.8
_LETTERS_OF_INITIALS = 3
_SAME_WORD = 0.55
_SAME_NAME = 0.93


@dataclass(frozen=True, slots=True)
class Signed:
    """What the box says. `mark` explains a doubtful signature.

    `beside` is what stands there of a capacity ("attorney-in-fact"), "" where the holder signed in person.
    """

    signature: Signature
    mark: SignatureMark
    beside: str = ""
    said: str = ""
    """All that any reader read in the box."""


def signature_questions(key: str, page: WrittenPage, written: Written) -> tuple[Question, ...]:
    """The signature first, then whatever may stand beside it, left to right."""
    groups = _groups(written.pieces)
    highest = max((_height(group) for group in groups), default=0)
    large = [piece for group in groups if _height(group) >= _AS_LARGE * highest for piece in group]
    small = [group for group in groups if _height(group) < _AS_LARGE * highest]
    tail = _low_tail(large, highest)
    return tuple(
        Question(f"{key}#{number}", Writing.WORDS, page.written(group))
        for number, group in enumerate(group for group in (large, *small, tail) if group)
    )


def _low_tail(pieces: Sequence[Piece], highest: int) -> list[Piece]:
    """The low letters at the right end of a signature: a title written close to it, or the end of the name."""
    ordered = sorted(pieces, key=lambda piece: piece.left)
    last_high = max((i for i, piece in enumerate(ordered) if piece.height > _LOW * highest), default=-1)
    tail = ordered[last_high + 1 :]
    return tail if len(tail) >= _LETTERS_OF_A_TITLE else []


def _height(group: Sequence[Piece]) -> int:
    return max(piece.bottom for piece in group) - min(piece.top for piece in group)


def _groups(pieces: Sequence[Piece]) -> list[list[Piece]]:
    groups: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.left):
        if groups and piece.left - max(other.right for other in groups[-1]) < _GAP:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return groups


def read_signing(
    questions: Sequence[Question], answers: Mapping[str, Answer], printed_name: str, *, lost: bool = False
) -> Signed:
    """`questions` are those of `signature_questions`, none for a blank box; `lost`: the fax lost what stood there."""
    if not questions and lost:
        return Signed(Signature(None, None), SignatureMark(None, 0.3, "a place that the fax lost"))
    if not questions:
        return Signed(Signature(False, None), read_signature(Written(), looks_typed=False))
    main = answers[questions[0].key]
    mark = read_signature(questions[0].written, looks_typed=_looks_typed(main.by_reader, questions[0].written))
    texts = [result.plain for question in questions for result in answers[question.key].by_reader.values()]
    beside = next((text for text in texts if capacity_in(text)), "")
    everything = {piece.label: piece for question in questions for piece in question.written.pieces}
    if mark.present and not beside and are_two(tuple(everything.values())):
        mark = SignatureMark(None, 0.5, "two signatures, or one and something else")
    if mark.present and not is_one_plain_signature([question.written for question in questions]):
        mark = SignatureMark(None, 0.5, "a stamp, hatching or something else with a signature, or in its place")
    return Signed(Signature(mark.present, _legible_name(main.by_reader, printed_name)), mark, beside, " / ".join(texts))


def _looks_typed(by_reader: Mapping[str, ReaderResult], written: Written) -> bool:
    """Every reader reads the same words, and surely: no reader of type is sure of a signature. Or much the same words
    in letters as low as type, or the "/s/" of a typed copy."""
    if any(_CONFORMED.match(result.plain) for result in by_reader.values()):
        return True
    texts = sorted({normalise_name(result.plain) for result in by_reader.values()}, key=len)
    if len(texts[-1]) <= _LETTERS_OF_INITIALS:
        return False
    if len(texts) == 1 and all(result.confidence >= _SURE_TYPE for result in by_reader.values()):
        return True
    return _height(written.pieces) <= _TYPE_HEIGHT and all(likeness(text, texts[-1]) >= _ALIKE for text in texts)


def _legible_name(by_reader: Mapping[str, ReaderResult], printed_name: str) -> str | None:
    """The name that two readers read alike, None where it is illegible (rulebook 30).

    A reading whose words are those of the printed name but for letters that readers mix up is not legible enough to
    accuse anybody of another signature.
    """
    read = [result for result in by_reader.values() if len(result.plain) > 2]
    for result in read:
        alike = [other for other in read if normalise_name(other.plain) == normalise_name(result.plain)]
        if len(alike) > 1 and max(other.confidence for other in alike) >= _SURE_HAND:
            same = normalise_name(result.plain) == normalise_name(printed_name)
            return result.plain if same or not _nearly_same(result.plain, printed_name) else None
    return None


def _nearly_same(read: str, printed: str) -> bool:
    """Word by word where there are as many words, else as a whole: readers lose the space between two words."""
    ours, theirs = normalise_name(read).split(), normalise_name(printed).split()
    if len(ours) == len(theirs):
        return all(likeness(one, other) >= _SAME_WORD for one, other in zip(ours, theirs, strict=True))
    return likeness("".join(ours), "".join(theirs)) >= _SAME_NAME
