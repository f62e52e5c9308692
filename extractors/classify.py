"""The class of a page that is no copy of a blank, by its words: cover sheet, supporting paper, or nobody knows.

Whatever is not surely a cover sheet or a supporting paper is UNKNOWN and goes to a person: a page with handwriting is
never dropped silently (rulebook 15).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from core.submissions import Evidence
from extractors.blank_pages import BlankPage, BlankPages
from extractors.page_text import PageText, words_of

COVER: Final = "COVER"
EVIDENCE: Final = "EVIDENCE"
UNKNOWN: Final = "UNKNOWN"

_FEWEST_SURE_WORDS: Final = 4
_SURE_TITLE: Final = re.compile(
    r"\b(fax|facsimile|telecopy)\W+(cover|transmi\w+)\b|\bcover\s+(sheet|page)\b", re.IGNORECASE
)
"""A title that no other paper bears, however little of the rest can be read."""
_COVER_TITLE: Final = re.compile(r"\b(fax|facsimile|telefax|telecopy)\b|\bcover\s+(sheet|page|letter)\b", re.IGNORECASE)
_COVER_SIGNS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\bto\s*[:;.]", r"\bfrom\s*[:;.]", r"\b(?:no\.?\s*(?:of)?|number\s+of|total)?\s*pages?\b", r"\bdate\s*[:;.]",
        r"\b(?:re|subject)\s*[:;.]", r"\battn|\battention\b", r"\bphone\b|\btel\b", r"\bconfidential|\btransmi",
    )
)  # fmt: skip
_FEWEST_COVER_SIGNS: Final = 2
_EVIDENCE_SIGNS: Final = {
    Evidence.NAME_CHANGE_PROOF: re.compile(
        r"certificate\s+of\s+marriage|marriage\s+(certificate|licen[cs]e|record)|decree\s+(of|changing|for)"
        r"|change\s+of\s+name|name\s+chang|dissolution\s+of\s+marriage|restor\w+\s+of\s+(former\s+)?name",
        re.IGNORECASE,
    ),
    Evidence.AUTHORITY_EVIDENCE: re.compile(
        r"power\s+of\s+attorney|attorney[- ]in[- ]fact|letters\s+(testamentary|of\s+(administration|conservator|guard))"
        r"|(appointment|certificate)\s+of\s+(guardian|conservator|trustee|executor|trust)|conservatorship|guardianship"
        r"|corporate\s+resolution",
        re.IGNORECASE,
    ),
}
_RESEMBLING_WORDS: Final = 12
_RESEMBLING_SHARE: Final = 0.6
"""A page whose longer words are those of a blank to this share is that blank, however its picture looks."""


@dataclass(frozen=True, slots=True)
class Classified:
    page_class: str
    confidence: float


def classify_by_words(text: PageText) -> Classified:
    """COVER, EVIDENCE or UNKNOWN for a page that copies no blank. `confidence` is 0.0-1.0."""
    words = text.text
    if _SURE_TITLE.search(words):
        return Classified(COVER, max(text.confidence, 0.5))
    if text.words_sure < _FEWEST_SURE_WORDS:
        return Classified(UNKNOWN, 0.0)
    if _COVER_TITLE.search(words):
        signs = sum(1 for sign in _COVER_SIGNS if sign.search(words))
        if signs >= _FEWEST_COVER_SIGNS:
            return Classified(COVER, min(1.0, text.confidence + 0.1 * (signs - _FEWEST_COVER_SIGNS)))
    if evidence_in(words):
        return Classified(EVIDENCE, text.confidence)
    return Classified(UNKNOWN, 0.0)


def evidence_in(words: str) -> frozenset[Evidence]:
    """What a supporting paper with these words may prove. A person decides whether it does (rules 39, 42)."""
    return frozenset(kind for kind, sign in _EVIDENCE_SIGNS.items() if sign.search(words))


def resembled_blank(text: PageText, blanks: BlankPages) -> BlankPage | None:
    """The blank whose words the page has, although its picture could not be laid onto it; None where there is none."""
    found = words_of(text.text)
    if len(found) < _RESEMBLING_WORDS:
        return None
    best = max(blanks.newest, key=lambda blank: _shared(found, blank.words))
    return best if _shared(found, best.words) >= _RESEMBLING_SHARE else None


def _shared(found: Iterable[str], printed: frozenset[str]) -> float:
    """Share of the words found that the blank has, weighed down where the blank has many more (the long pages)."""
    words = set(found)
    common = len(words & printed)
    return common / len(words) * min(1.0, 2 * common / max(1, len(printed)))
