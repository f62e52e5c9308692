"""Shares and dollars to the last share and cent: fee, vesting, reverse split, acquisition."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offers.shares import (
    ImpossibleShares,
    Vesting,
    acquired_for_cash,
    acquired_for_stock,
    filing_fee_usd,
    market_value_usd,
    option_expires_on,
    split_option,
    split_outstanding,
    split_promise,
    split_stock,
    vested_after,
    vested_on,
    vesting_date,
    vesting_schedule,
)

VESTING = Vesting(parts=48, parts_at_grant=6)
GRANTED_ON = date(2004, 1, 26)
SHARES = st.integers(0, 10_000_000)
RATIOS = st.integers(5, 20)
PRICES = st.decimals("0.001", "999.999", places=3)


@pytest.mark.parametrize(
    ("value", "fee"),
    [("991619.92", "80.22"), ("61804.70", "5.00"), ("61742.89", "4.99"), ("0", "0.00"), ("123609394.32", "10000.00")],
)
def test_the_filing_fee_is_rounded_half_up_to_the_cent(value: str, fee: str) -> None:
    assert filing_fee_usd(Decimal(value), Decimal("80.90")) == Decimal(fee)


def test_half_a_cent_of_the_fee_is_rounded_up() -> None:
    assert filing_fee_usd(Decimal("100"), Decimal("50")) == Decimal("0.01")
    assert filing_fee_usd(Decimal("99.99"), Decimal("50")) == Decimal("0.00")


def test_the_market_value_of_the_statement_comes_out() -> None:
    assert market_value_usd(81_246_082, Decimal("0.77")) == Decimal("62559483.14")


@pytest.mark.parametrize(
    ("shares", "instalments"),
    [
        (2400, [300, 50, 50, 50, 50, 50, 50]),
        (300, [37, 6, 7, 6, 6, 6, 7]),
        (1000, [125, 20, 21, 21, 21, 21, 21]),
        (50, [6, 1, 1, 1, 1, 1, 1]),
        (1, [0, 0, 0, 0, 0, 0, 0]),
        (0, [0, 0, 0, 0, 0, 0, 0]),
    ],
)
def test_vesting_begins_with_an_eighth_and_goes_on_by_forty_eighths(shares: int, instalments: list[int]) -> None:
    schedule = vesting_schedule(shares, GRANTED_ON, VESTING)
    assert [instalment.shares for instalment in schedule[:7]] == instalments
    assert len(schedule) == 43
    assert schedule[-1].vests_on == date(2007, 7, 26)


@given(SHARES)
def test_vesting_gives_every_share_once_and_each_running_total_is_the_rulebooks(shares: int) -> None:
    schedule = vesting_schedule(shares, GRANTED_ON, VESTING)
    assert sum(instalment.shares for instalment in schedule) == shares
    assert all(instalment.shares >= 0 for instalment in schedule)
    assert [one.cumulative for one in schedule] == [shares * (6 + k) // 48 for k in range(43)]


def test_a_single_share_vests_in_the_last_month() -> None:
    assert [vested_after(1, month, VESTING) for month in (0, 41, 42, 43)] == [0, 0, 1, 1]


def test_shares_count_as_vested_on_their_day_and_not_on_the_day_before() -> None:
    days = [GRANTED_ON - timedelta(days=1), GRANTED_ON, date(2004, 2, 25), date(2004, 2, 26), date(2007, 7, 25)]
    assert [vested_on(2400, GRANTED_ON, day, VESTING) for day in days] == [0, 300, 300, 350, 2350]
    assert vested_on(2400, GRANTED_ON, date(2007, 7, 26), VESTING) == 2400


@pytest.mark.parametrize(
    ("granted_on", "month", "vests_on"),
    [
        (date(2004, 1, 31), 1, date(2004, 2, 29)),
        (date(2004, 1, 31), 2, date(2004, 3, 31)),
        (date(2004, 1, 31), 13, date(2005, 2, 28)),
        (date(2004, 1, 26), 0, date(2004, 1, 26)),
    ],
)
def test_anniversaries_are_counted_from_the_grant_date_each_time(granted_on: date, month: int, vests_on: date) -> None:
    assert vesting_date(granted_on, month) == vests_on


def test_an_option_runs_for_ten_years() -> None:
    assert option_expires_on(GRANTED_ON, 10) == date(2014, 1, 26)


@pytest.mark.parametrize(
    ("shares", "price", "ratio", "split", "split_price", "fraction", "needs_review"),
    [
        (2400, "3.33", 7, 342, "23.31", "6/7", True),
        (300, "2.00", 5, 60, "10.00", "0/5", False),
        (19, "3.33", 20, 0, "66.60", "19/20", True),
        (20, "3.33", 20, 1, "66.60", "0/20", False),
        (35, "1.333", 7, 5, "9.34", "0/7", False),
        (35, "1.330", 7, 5, "9.31", "0/7", False),
        (0, "3.33", 5, 0, "16.65", "0/5", True),
    ],
)
def test_a_split_option_loses_fractions_of_shares_and_never_a_cent_of_price(
    shares: int, price: str, ratio: int, split: int, split_price: str, fraction: str, needs_review: bool
) -> None:
    option = split_option(shares, Decimal(price), ratio)
    assert (option.shares, option.price_usd, option.fraction_dropped) == (split, Decimal(split_price), fraction)
    assert option.needs_review is needs_review


@given(SHARES, PRICES, RATIOS)
def test_a_split_option_keeps_all_but_a_fraction_of_a_share_and_a_cent(shares: int, price: Decimal, ratio: int) -> None:
    option = split_option(shares, price, ratio)
    assert option.shares * ratio + option.dropped == shares
    assert 0 <= option.dropped < ratio
    assert 0 <= option.price_usd - price * ratio < Decimal("0.01")


def test_a_promised_number_is_split_without_a_price() -> None:
    promise = split_promise(2400, 7)
    assert (promise.shares, promise.dropped, promise.ratio, promise.needs_review) == (342, 6, 7, True)
    assert not split_promise(2401, 7).needs_review
    assert split_promise(0, 7).needs_review


def test_grants_are_split_one_by_one_and_not_as_a_sum() -> None:
    assert split_promise(9, 5).shares + split_promise(9, 5).shares == 2
    assert split_promise(18, 5).shares == 3


@pytest.mark.parametrize(
    ("old", "ratio", "close", "new", "leftover", "cash"),
    [
        (100, 20, "1.27", 5, 0, "0.00"),
        (81, 5, "0.90", 16, 1, "0.90"),
        (119, 20, "1.27", 5, 19, "24.13"),
        (4, 5, "0.775", 0, 4, "3.10"),
        (6, 5, "0.775", 1, 1, "0.78"),
        (6, 5, "0.774", 1, 1, "0.77"),
    ],
)
def test_a_stockholders_leftover_old_shares_are_paid_at_the_close_of_the_day_before(
    old: int, ratio: int, close: str, new: int, leftover: int, cash: str
) -> None:
    stock = split_stock(old, ratio, Decimal(close))
    assert (stock.new_shares, stock.leftover, stock.cash_usd) == (new, leftover, Decimal(cash))


def test_the_record_date_shares_after_a_split_are_the_statements() -> None:
    assert split_outstanding(81_700_735, 5) == 16_340_147
    assert split_outstanding(81_700_735, 20) == Fraction("4085036.75")


@pytest.mark.parametrize(
    ("shares", "ratio", "number", "dropped"),
    [(1000, "0.5", 500, Fraction(0)), (1001, "0.5", 500, Fraction(1, 2)), (1000, "1.2345", 1234, Fraction(1, 2))],
)
def test_a_stock_deal_multiplies_by_the_exchange_ratio(shares: int, ratio: str, number: int, dropped: Fraction) -> None:
    option = acquired_for_stock(shares, Decimal(ratio))
    assert (option.shares, option.dropped) == (number, dropped)
    assert option.needs_review is bool(dropped)


def test_a_cash_deal_gives_the_acquirers_shares_that_the_cash_would_have_bought() -> None:
    option = acquired_for_cash(1000, Decimal("1.50"), Decimal("20.00"))
    assert (option.shares, option.dropped, option.needs_review) == (75, 0, False)
    assert acquired_for_cash(1000, Decimal("1.50"), Decimal("32.00")).dropped == Fraction(7, 8)
    assert acquired_for_cash(0, Decimal("1.50"), Decimal("32.00")).needs_review


@pytest.mark.parametrize(
    "compute",
    [
        lambda: vested_after(-1, 0, VESTING),
        lambda: vested_after(1, -1, VESTING),
        lambda: split_option(-1, Decimal(1), 5),
        lambda: split_option(1, Decimal(1), 0),
        lambda: split_outstanding(-1, 5),
        lambda: split_outstanding(1, 0),
        lambda: market_value_usd(-1, Decimal(1)),
        lambda: acquired_for_stock(-1, Decimal(1)),
        lambda: acquired_for_stock(1, Decimal(0)),
        lambda: acquired_for_cash(-1, Decimal(1), Decimal(1)),
        lambda: acquired_for_cash(1, Decimal(0), Decimal(1)),
        lambda: acquired_for_cash(1, Decimal(1), Decimal(0)),
    ],
)
def test_numbers_that_cannot_occur_are_refused(compute: object) -> None:
    assert callable(compute)
    with pytest.raises(ImpossibleShares, match="check what was passed"):
        compute()
