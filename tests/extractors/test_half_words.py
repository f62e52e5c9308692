"""A grammar of beginnings lets through every beginning of a good value, and turns back what can be none."""

from __future__ import annotations

import pytest

from extractors.half_words import beginnings_of
from extractors.readers.reader import Writing

GOOD = [
    (Writing.GRANT_NO, ("1041", "0612", "CP-001234", "CP001234")),
    (Writing.DATE, ("4/24/02", "04/24/2002", "4-24-02", "4.24.02", "2002-04-24", "Apr 24, 2002", "September 4, 2001")),
    (Writing.PRICE, ("$24.50", "3.33", "67.4375", "$ 2.40")),
    (Writing.SHARES, ("1,200", "1200", "12,600", "3840000", "1,234,567")),
    (Writing.TAX_ID, ("000-12-1001", "000121001")),
    (Writing.DATE_TIME, ("7/14/03 10:15 am", "07/14/2003, 2:05 PM PT", "July 14, 2003 at 9:05 a.m.", "7/14/03 14:15")),
]
BAD = [
    (Writing.GRANT_NO, "CP-00Z"),
    (Writing.DATE, "4/24102"),
    (Writing.DATE, "Mey"),
    (Writing.PRICE, "$2450"),
    (Writing.SHARES, "12,6000"),
    (Writing.TAX_ID, "000--1"),
    (Writing.DATE_TIME, "7/14/03 10i"),
]


@pytest.mark.parametrize(("writing", "text"), [(writing, text) for writing, texts in GOOD for text in texts])
def test_every_beginning_of_a_good_value_may_begin_one(writing: Writing, text: str) -> None:
    may_begin = beginnings_of(writing)
    assert may_begin is not None
    assert [text[:length] for length in range(len(text) + 1) if not may_begin(text[:length])] == []


@pytest.mark.parametrize(("writing", "text"), BAD)
def test_what_no_good_value_begins_with_is_turned_back(writing: Writing, text: str) -> None:
    may_begin = beginnings_of(writing)
    assert may_begin is not None
    assert not may_begin(text)


@pytest.mark.parametrize("writing", [Writing.NAME, Writing.EMAIL, Writing.ADDRESS, Writing.WORDS])
def test_words_have_no_such_grammar(writing: Writing) -> None:
    assert beginnings_of(writing) is None
