"""What words outside the boxes mean: conditions, partial withdrawals, name changes, capacities; spaCy finds them.

Blank English with matchers: no model, no download. It answers with the words it found; the rules say what follows from
them. Its catalogue of signs is wider than the rules' trigger words, because readers misspell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import spacy
from spacy.language import Language
from spacy.matcher import Matcher
from spacy.tokenizer import Tokenizer


class Sign(StrEnum):
    """What a phrase outside the boxes may be."""

    CONDITION = "condition"
    PARTIAL = "partial withdrawal"
    NAME_CHANGE = "name change"
    TITLE = "title of a representative"
    CAPACITY = "capacity without a title"


@dataclass(frozen=True, slots=True)
class Found:
    sign: Sign
    words: str


_FUZZY = "FUZZY1"
_OPENING = re.compile(r"""^[("'\[]""")
_CLOSING = re.compile(r"""[)"'\],;:.!?]$""")
_Pattern = list[dict[str, Any]]
_CONDITIONS: tuple[_Pattern, ...] = (
    [{"LOWER": "only"}, {"LOWER": "if"}],
    [{"LOWER": {_FUZZY: "provided"}}],
    [{"LOWER": {_FUZZY: "providing"}}],
    [{"LOWER": {_FUZZY: "unless"}}],
    [{"LOWER": {_FUZZY: "subject"}}, {"LOWER": "to"}],
    [{"LOWER": "on"}, {"LOWER": {"IN": ["the", "condition"]}}, {"LOWER": {_FUZZY: "condition"}, "OP": "?"}],
    [{"LOWER": {_FUZZY: "contingent"}}],
    [{"LOWER": {_FUZZY: "conditional"}}],
    [{"LOWER": "if"}, {"LOWER": "the"}, {"LOWER": {"IN": ["new", "stock", "price", "share", "shares", "exercise"]}}],
    [{"LOWER": "if"}, {"LOWER": {"IN": ["stock", "price", "shares"]}}],
    [{"LOWER": "in"}, {"LOWER": "the"}, {"LOWER": {_FUZZY: "alternative"}}],
    [{"LOWER": "either"}, {"OP": "*"}, {"LOWER": "or"}],
    [{"LOWER": "as"}, {"LOWER": "long"}, {"LOWER": "as"}],
    [{"LOWER": {_FUZZY: "assuming"}}],
    [{"LOWER": {_FUZZY: "otherwise"}}],
)
_PARTIALS: tuple[_Pattern, ...] = (
    [{"LOWER": {_FUZZY: "except"}}],
    [{"LOWER": "only"}, {"LOWER": {"IN": ["grant", "grants", "option", "options", "the", "row"]}}],
    [{"LOWER": {_FUZZY: "withdraw"}}, {"LOWER": {"IN": ["only", "just", "part", "grant"]}}],
    [{"LOWER": "keep"}, {"LOWER": {"IN": ["the", "my", "others", "other", "grant", "all"]}}],
    [{"LOWER": "but"}, {"LOWER": "not"}],
    [{"LOWER": {_FUZZY: "partial"}}],
    [{"LOWER": {_FUZZY: "partially"}}],
)
_NAME_CHANGES: tuple[_Pattern, ...] = (
    [{"LOWER": {_FUZZY: "formerly"}}],
    [{"LOWER": {"IN": ["f/k/a", "fka", "f.k.a.", "née", "nee"]}}],
    [{"LOWER": {_FUZZY: "maiden"}}],
    [{"LOWER": {_FUZZY: "married"}}, {"LOWER": "name"}],
    [{"LOWER": "name"}, {"LOWER": {_FUZZY: "changed"}}],
)
_TITLES: tuple[_Pattern, ...] = (
    [{"LOWER": {_FUZZY: "attorney"}}, {"OP": "?"}, {"LOWER": "in"}, {"OP": "?"}, {"LOWER": "fact"}],
    [{"LOWER": {_FUZZY: "attorney-in-fact"}}],
    [{"LOWER": {_FUZZY: "trustee"}}],
    [{"LOWER": {_FUZZY: "executor"}}],
    [{"LOWER": {_FUZZY: "executrix"}}],
    [{"LOWER": {_FUZZY: "guardian"}}],
    [{"LOWER": {_FUZZY: "conservator"}}],
    [{"LOWER": {_FUZZY: "administrator"}}],
)
_CAPACITIES: tuple[_Pattern, ...] = (
    [{"LOWER": "by"}, {"LOWER": {"IN": ["poa", "p.o.a", "power"]}}],
    [{"LOWER": "power"}, {"LOWER": "of"}, {"LOWER": {_FUZZY: "attorney"}}],
    [{"LOWER": {"IN": ["poa", "p.o.a"]}}],
    [{"LOWER": "on"}, {"LOWER": {_FUZZY: "behalf"}}, {"LOWER": "of"}],
)
_PATTERNS = {
    Sign.CONDITION: _CONDITIONS,
    Sign.PARTIAL: _PARTIALS,
    Sign.NAME_CHANGE: _NAME_CHANGES,
    Sign.TITLE: _TITLES,
    Sign.CAPACITY: _CAPACITIES,
}


def signs_in(text: str) -> tuple[Found, ...]:
    """Every sign in `text`, in the order of the text; the longest words for each place and sign."""
    document = _english()(" ".join(text.split()))
    spans = sorted(
        ((start, -end, Sign(document.vocab.strings[label]), end) for label, start, end in _matcher()(document)),
    )
    found: list[Found] = []
    reached: dict[Sign, int] = {}
    for start, _, sign, end in spans:
        if start >= reached.get(sign, 0):
            reached[sign] = end
            found.append(Found(sign, document[start:end].text))
    return tuple(found)


def capacity_in(text: str) -> str:
    """The capacity in which somebody signed for another, as written; "" where none is told."""
    return next((found.words for found in signs_in(text) if found.sign in (Sign.TITLE, Sign.CAPACITY)), "")


def title_in(text: str) -> str:
    """A representative's full title, as written; "" where none is told ("by POA" names no title, rulebook 40)."""
    return next((found.words for found in signs_in(text) if found.sign is Sign.TITLE), "")


@cache
def _english() -> Language:
    language = spacy.blank("en")
    # English infixes would split "attorney-in-fact" and "f/k/a"; here each is one word.
    language.tokenizer = Tokenizer(language.vocab, prefix_search=_OPENING.search, suffix_search=_CLOSING.search)
    return language


@cache
def _matcher() -> Matcher:
    matcher = Matcher(_english().vocab)
    for sign, patterns in _PATTERNS.items():
        matcher.add(sign.value, list(patterns))
    return matcher
