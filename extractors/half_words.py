"""Which texts may begin a value of a kind of box: lets a beam search keep to the grammar while the line is read.

Only for guesses: what a network plainly read is never bent to a grammar.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Mapping, Sequence
from functools import reduce

from extractors.readers.reader import Writing

_DIGIT = "[0-9]"


def _beginning_of(*parts: str) -> str:
    """A pattern that matches every beginning of the parts one after the other; a part may be optional (`x?`)."""
    return reduce(lambda rest, part: f"(?:{part}{rest})?" if rest else f"(?:{part})?", reversed(parts), "")


def _beginning_of_any(words: Sequence[str]) -> str:
    beginnings = sorted({word[:length] for word in words for length in range(1, len(word) + 1)}, key=len, reverse=True)
    return f"(?:{'|'.join(beginnings)})?"


def _numeric_date(gap: str) -> str:
    year = (_DIGIT, _DIGIT, f"{_DIGIT}?", f"{_DIGIT}?")
    return _beginning_of(_DIGIT, f"{_DIGIT}?", gap, _DIGIT, f"{_DIGIT}?", gap, *year)


_MONTHS = (*calendar.month_name[1:], *calendar.month_abbr[1:])
_FULL_MONTH = f"(?:{'|'.join(_MONTHS)})"
_AFTER_MONTH = _beginning_of(r"[. -]?", " ?", _DIGIT, f"{_DIGIT}?", "[, -]?", " ?", *([_DIGIT] * 4))
_NAMED_DATE = f"(?:{_beginning_of_any(_MONTHS)}|{_FULL_MONTH}{_AFTER_MONTH})"
_ISO_DATE = _beginning_of(*([_DIGIT] * 4), "-", _DIGIT, _DIGIT, "-", _DIGIT, _DIGIT)
_DATE = f"(?:{_numeric_date('/')}|{_numeric_date('-')}|{_numeric_date('[.]')}|{_ISO_DATE}|{_NAMED_DATE})"

_WHOLE_NUMERIC = r"[0-9]{1,2}(?P<gap>[/.-])[0-9]{1,2}(?P=gap)(?:[0-9]{4}|[0-9]{2})"
_WHOLE_NAMED = rf"{_FULL_MONTH} ?[0-9]{{1,2}},? ?[0-9]{{4}}"
_WHOLE_DATE = rf"(?:{_WHOLE_NUMERIC}|{_WHOLE_NAMED}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})"
_JOINT = _beginning_of(" ?", "[,@-]?", "a?", "t?", " ?")
_HOUR = (_DIGIT, f"{_DIGIT}?", ":", _DIGIT, _DIGIT, " ?")
_ZONE = (" ?", "P?", "[SD]?", "T?")
_CLOCK = "|".join(
    _beginning_of(*_HOUR, half, "[.]?", em, "[.]?", *_ZONE) for half, em in (("[ap]?", "m?"), ("[AP]?", "M?"))
)
_DATE_TIME = f"(?:{_DATE}|{_WHOLE_DATE}(?:{_JOINT}|(?: ?[,@-]? ?| at )(?:{_CLOCK})))"

_PATTERNS: Mapping[Writing, re.Pattern[str]] = {
    writing: re.compile(pattern)
    for writing, pattern in {
        Writing.GRANT_NO: "(?:[A-Z]{0,3}|[A-Z]{1,3}-?[0-9]{0,8}|[0-9]{0,8})",
        Writing.DATE: _DATE,
        Writing.PRICE: _beginning_of(
            "[$]?", " ?", "[0-9]{1,2}", r"\.", _DIGIT, f"{_DIGIT}?", f"{_DIGIT}?", f"{_DIGIT}?"
        ),
        Writing.SHARES: r"(?:[0-9]{0,7}|[0-9]{1,3}(?:,[0-9]{3})*(?:,[0-9]{0,3})?)",
        Writing.TAX_ID: _beginning_of(*([_DIGIT] * 3), "-?", *([_DIGIT] * 2), "-?", *([_DIGIT] * 4)),
        Writing.DATE_TIME: _DATE_TIME,
    }.items()
}


def beginnings_of(writing: Writing) -> Callable[[str], bool] | None:
    """Tells whether a text may begin a value of that kind; None for kinds whose values have no such form."""
    pattern = _PATTERNS.get(writing)
    return None if pattern is None else lambda text: pattern.fullmatch(text) is not None
