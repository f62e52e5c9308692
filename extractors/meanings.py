"""What a line says in the grammar of its box, so that two readers can be compared by sense instead of by letters.

`1,200` and `1200` agree; `4/24/02` and `Apr 24, 2002` would. It refuses to know what the ledger says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping

from core.grammar import (
    is_email,
    normalise_grant_no,
    normalise_name,
    parse_date,
    parse_date_and_time,
    parse_price,
    parse_shares,
    parse_time,
    tax_id_digits,
)
from extractors.readers.reader import Writing

_GRANT_NO = re.compile(r"(?:[A-Za-z]{1,4}-?)?[0-9]+(?:-[0-9]+)*[A-Ea-e]?")
"""Letters in front, figures, perhaps a letter for one half of a split grant: letters among figures are misread."""
_LOST_POINT = re.compile(r"(?<=[0-9])\s+(?=[0-9])")
_LOST_HYPHEN = re.compile(r"(?<=[A-Za-z])\s+(?=[0-9])")
_LOST_MARKS = {Writing.PRICE: (_LOST_POINT, "."), Writing.GRANT_NO: (_LOST_HYPHEN, "-")}
_NUMBER_SIGN = re.compile(r"^(?:no\.?|number|#)\s*(?=[0-9])", re.IGNORECASE)
_NO_GAP = re.compile(r"(?!)")
_EDGE_DIRT = " .,:;'`~_|-"
"""What a reader makes of a remnant of the box's lines before or after a figure."""


def meaning(writing: Writing, text: str) -> Hashable | None:
    """The sense of `text` in this kind of box; None where the box's grammar does not cover it."""
    return _MEANINGS[writing](text) if text.strip() and "?" not in text else None


def tidied(writing: Writing, text: str) -> str:
    """`text` without what cannot belong to this kind of box: spaces inside figures, line remnants around them.

    Only what the grammar makes unambiguous (a figure's points and commas stay where they are).
    """
    return _TIDIERS.get(writing, _single_spaced)(text)


def with_lost_mark(writing: Writing, text: str) -> str | None:
    """A text with the point or hyphen put back that left a gap ("$2 63", "CP 001041"); None for anything else."""
    gap, mark = _LOST_MARKS.get(writing, (_NO_GAP, ""))
    if len(gap.findall(text)) != 1:
        return None
    mended = tidied(writing, gap.sub(mark, text))
    return mended if meaning(writing, mended) is not None else None


def _single_spaced(text: str) -> str:
    return " ".join(text.split())


def _figures(text: str) -> str:
    return text.replace(" ", "").strip(_EDGE_DIRT)


def _tidy_grant_no(text: str) -> str:
    """A gap between letters and figures stays, since it may be a hyphen's place."""
    bare = _NUMBER_SIGN.sub("", text.strip(_EDGE_DIRT))
    return bare if _LOST_HYPHEN.search(bare) else bare.replace(" ", "")


def _tidy_price(text: str) -> str:
    """A point before the figures belongs to them (.99); a gap among them stays, since it may be a point's place."""
    bare = text.strip().rstrip(_EDGE_DIRT).lstrip(_EDGE_DIRT.replace(".", ""))
    return re.sub(r"\s*([$.,])\s*", r"\1", bare)


def _tidy_date(text: str) -> str:
    spaced = " ".join(text.split()).strip(_EDGE_DIRT + "/")
    return re.sub(r"\s*([/-])\s*", r"\1", spaced)


def _tidy_date_time(text: str) -> str:
    spaced = " ".join(text.split()).strip(_EDGE_DIRT + "/")
    spaced = re.sub(r"\s*(?<=[0-9 ])([/:])\s*", r"\1", spaced)
    return re.sub(r"\b([ap])\.?\s?m\b\.?", r"\1m", spaced, flags=re.IGNORECASE)


def _tidy_email(text: str) -> str:
    return text.replace(" ", "").strip(_EDGE_DIRT.replace("_", ""))


_TIDIERS: Mapping[Writing, Callable[[str], str]] = {
    Writing.GRANT_NO: _tidy_grant_no,
    Writing.DATE: _tidy_date,
    Writing.PRICE: _tidy_price,
    Writing.SHARES: _figures,
    Writing.TAX_ID: _figures,
    Writing.DATE_TIME: _tidy_date_time,
    Writing.EMAIL: _tidy_email,
}


def _grant_no(text: str) -> Hashable | None:
    """None where there is a gap behind the letters: a hyphen stood there that the fax or the reader lost."""
    bare = "" if _LOST_HYPHEN.search(text) else normalise_grant_no(text)
    return bare if _GRANT_NO.fullmatch(bare) else None


def _date(text: str) -> Hashable | None:
    found = parse_date(text).value
    return found.on if found else None


def _date_time(text: str) -> Hashable | None:
    """What is there must make sense; the year or the time may be left out (rules 33, 34)."""
    date_text, time_text = parse_date_and_time(text)
    written_on, written_at = parse_date(date_text, assumed_year=2000), parse_time(time_text)
    if written_on.value is None or written_at.is_unreadable:
        return None
    return written_on.value.on, written_on.value.year_assumed, written_at.value


def _price(text: str) -> Hashable | None:
    """None where there is a gap among the figures: a point stood there that the fax or the reader lost."""
    return None if _LOST_POINT.search(text) else parse_price(text).value


def _shares(text: str) -> Hashable | None:
    return parse_shares(text).value


def _tax_id(text: str) -> Hashable | None:
    digits = tax_id_digits(text)
    return digits if len(digits) >= 4 else None


def _name(text: str) -> Hashable | None:
    return normalise_name(text) or None


def _email(text: str) -> Hashable | None:
    return text.casefold() if is_email(text) else None


def _squashed(text: str) -> Hashable | None:
    return re.sub(r"[^a-z0-9]", "", text.casefold()) or None


_MEANINGS: Mapping[Writing, Callable[[str], Hashable | None]] = {
    Writing.GRANT_NO: _grant_no,
    Writing.DATE: _date,
    Writing.PRICE: _price,
    Writing.SHARES: _shares,
    Writing.NAME: _name,
    Writing.TAX_ID: _tax_id,
    Writing.DATE_TIME: _date_time,
    Writing.EMAIL: _email,
    Writing.ADDRESS: _squashed,
    Writing.WORDS: _squashed,
}
