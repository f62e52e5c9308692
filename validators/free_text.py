"""What handwriting outside the boxes may mean: conditions, partial withdrawals, changed names, representatives.

Fixed words only, whole and in any letter case (rules 24, 30, 38, 40, 104); whatever else is written is FREE_TEXT.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.grammar import normalise_name

_CONDITION = re.compile(
    r"\bonly if\b|\bprovided\b|\bunless\b|\bsubject to\b|\bon condition\b|\bcontingent\b"
    r"|\bif the (?:stock|price|share)|\bin the alternative\b|\beither\b.*\bor\b|\bas long as\b|\bassuming\b"
)
_PARTIAL = re.compile(r"\b(?:only|except|just|keep|grant)\b")
_NAME_CHANGE = re.compile(r"\bformerly\b|\bf/k/a\b|\bfka\b|\bnee\b|\bmaiden\b|\bmarried name\b|\bname changed\b")
_REPRESENTATIVE = re.compile(r"\b(?:for|by|poa|attorney)\b")


def _plain(text: str) -> str:
    """Lower case, no accents, no periods or commas, single spaces: `NÉE`, `f.k.a.` and `P.O.A.` read the same."""
    return normalise_name(text)


def condition_in(text: str) -> str:
    """The trigger word that makes a tender alternative, conditional or contingent; "" for none."""
    found = _CONDITION.search(_plain(text))
    return found.group() if found else ""


def partial_words_in(text: str, grant_numbers: Iterable[str]) -> str:
    """The word or grant number that makes a notice withdraw a part only; "" for none."""
    found = _PARTIAL.search(_plain(text))
    if found:
        return found.group()
    for number in grant_numbers:
        if re.search(rf"(?<![\w-]){re.escape(number)}(?![\w-])", text):
            return number
    return ""


def shows_name_change(text: str) -> bool:
    return _NAME_CHANGE.search(_plain(text)) is not None


def shows_representative(signature: str) -> bool:
    """Whether a signature reads as somebody's signing for somebody else."""
    return _REPRESENTATIVE.search(_plain(signature)) is not None
