"""Numbers of shares and dollars that follow from the terms: fee, vesting, splits, an acquisition (rulebook 1.3).

Whole numbers and Decimal only. Where a fraction of a share arises, the result says what was dropped, so that nobody
loses it unseen. It refuses to know who owns what.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Context, Decimal, localcontext
from fractions import Fraction

from offers.business_days import add_months

CENT = Decimal("0.01")
_MILLION = Decimal(1_000_000)
_EXACT = Context(prec=60)
"""Wide enough that no product of shares and prices is rounded before its last step asks for it."""


class ImpossibleShares(ValueError):
    """A number of shares, parts or a ratio that cannot occur; the caller has mixed something up."""


def filing_fee_usd(value_usd: Decimal, rate_usd_per_million: Decimal) -> Decimal:
    """The fee on a transaction of that value, half-up to the cent (TO cover)."""
    with localcontext(_EXACT):
        return (value_usd * rate_usd_per_million / _MILLION).quantize(CENT, ROUND_HALF_UP)


def market_value_usd(shares: int, price_usd: Decimal) -> Decimal:
    """Shares times price, half-up to the cent."""
    _at_least(shares, 0, "shares")
    with localcontext(_EXACT):
        return (shares * price_usd).quantize(CENT, ROUND_HALF_UP)


# -------------------------------------------------------------------------------------------------------- vesting


@dataclass(frozen=True, slots=True)
class Vesting:
    """Vesting in `parts` equal parts: `parts_at_grant` on the grant date, one more every month (OTE §9, Q13)."""

    parts: int
    parts_at_grant: int

    @property
    def months(self) -> int:
        """Months from the grant until everything has vested: 42 of the offer's 48 parts."""
        return self.parts - self.parts_at_grant


@dataclass(frozen=True, slots=True)
class Instalment:
    """Shares that vest on one monthly anniversary; month 0 is the grant date itself."""

    month: int
    vests_on: date
    shares: int
    cumulative: int


def vested_after(shares: int, month: int, vesting: Vesting) -> int:
    """Shares vested in all `month` months after the grant: floor(N (6 + k) / 48) for k = 0...42 (decision 0022).

    The filings do not say how fractions round; rounding the running total down makes the last instalment complete it.
    """
    _at_least(shares, 0, "shares")
    _at_least(month, 0, "month")
    return shares * (vesting.parts_at_grant + min(month, vesting.months)) // vesting.parts


def vesting_date(granted_on: date, month: int) -> date:
    """The `month`-th monthly anniversary, counted from the grant date each time and clamped to the month's end."""
    return add_months(granted_on, month)


def vesting_schedule(shares: int, granted_on: date, vesting: Vesting) -> tuple[Instalment, ...]:
    """Every instalment from the grant date (month 0) to the last month; instalments of 0 shares are kept."""
    totals = [vested_after(shares, month, vesting) for month in range(vesting.months + 1)]
    before = [0, *totals[:-1]]
    return tuple(
        Instalment(month, vesting_date(granted_on, month), total - earlier, total)
        for month, (total, earlier) in enumerate(zip(totals, before, strict=True))
    )


def vested_on(shares: int, granted_on: date, day: date, vesting: Vesting) -> int:
    """Shares vested by the end of `day`; 0 before the grant."""
    return sum(one.shares for one in vesting_schedule(shares, granted_on, vesting) if one.vests_on <= day)


def option_expires_on(granted_on: date, term_years: int) -> date:
    """The last day of an option's term (OTE §9: ten years from the grant); it may end earlier with service."""
    return add_months(granted_on, 12 * term_years)


# -------------------------------------------------------------------------------------------------- reverse split


@dataclass(frozen=True, slots=True)
class SplitOption:
    """One option after a split of one new share for `ratio` old ones (decision 0022: ours, and for review).

    `dropped` old shares of `ratio` made no whole new share; no cash is paid for them.
    """

    shares: int
    price_usd: Decimal
    dropped: int
    ratio: int

    @property
    def fraction_dropped(self) -> str:
        """The dropped part of a new share, like "6/7", not reduced."""
        return f"{self.dropped}/{self.ratio}"

    @property
    def needs_review(self) -> bool:
        """Whether the holder loses something: a person looks before the ledger is changed."""
        return self.dropped > 0 or self.shares == 0


def split_option(shares: int, price_usd: Decimal, ratio: int) -> SplitOption:
    """An outstanding option after the split: shares down to a whole number, price up to the cent.

    Per grant, before any summing. The price that the two-dollar threshold is tested on is the one before the split.
    """
    whole, dropped = _split(shares, ratio)
    with localcontext(_EXACT):
        return SplitOption(whole, (price_usd * ratio).quantize(CENT, ROUND_CEILING), dropped, ratio)


@dataclass(frozen=True, slots=True)
class SplitPromise:
    """The number of a promised new option after the split; its price, the close of the grant date, needs no factor."""

    shares: int
    dropped: int
    ratio: int

    @property
    def needs_review(self) -> bool:
        return self.dropped > 0 or self.shares == 0


def split_promise(shares: int, ratio: int) -> SplitPromise:
    """A promised number after the split, per cancelled grant, down to a whole number."""
    whole, dropped = _split(shares, ratio)
    return SplitPromise(whole, dropped, ratio)


@dataclass(frozen=True, slots=True)
class SplitStock:
    """One stockholder's shares after the split: `leftover` old shares are paid in `cash_usd` (PX_FRACTION_CASH)."""

    new_shares: int
    leftover: int
    cash_usd: Decimal


def split_stock(old_shares: int, ratio: int, prior_close_usd: Decimal) -> SplitStock:
    """A stockholder's new shares and cash: leftover old shares at the close of the day before, half-up to the cent.

    Cash is per holder, and paid only on surrender of the certificates (PS fractional shares; decision 0022).
    """
    whole, leftover = _split(old_shares, ratio)
    return SplitStock(whole, leftover, market_value_usd(leftover, prior_close_usd))


def split_outstanding(shares: int, ratio: int) -> Fraction:
    """All shares outstanding over the ratio, exactly: fractions are settled per holder, never on the total."""
    _at_least(shares, 0, "shares")
    _at_least(ratio, 1, "ratio")
    return Fraction(shares, ratio)


def _split(shares: int, ratio: int) -> tuple[int, int]:
    _at_least(shares, 0, "shares")
    _at_least(ratio, 1, "ratio")
    return divmod(shares, ratio)


# ---------------------------------------------------------------------------------------------------- acquisition


@dataclass(frozen=True, slots=True)
class AcquirerOption:
    """A promised option once it is for an acquirer's stock (OTE Q14, §6); `dropped` is the fraction of a share lost.

    Its price is the market value of the acquirer's stock on the grant date.
    """

    shares: int
    dropped: Fraction

    @property
    def needs_review(self) -> bool:
        """The filings are silent on fractions, and a promise must not shrink to nothing unseen."""
        return self.dropped > 0 or self.shares == 0


def acquired_for_stock(cancelled_shares: int, exchange_ratio: Decimal) -> AcquirerOption:
    """The number after a stock deal: cancelled shares times the acquirer's shares given for each (OTE §6)."""
    _at_least(cancelled_shares, 0, "cancelled shares")
    _above_nought(exchange_ratio, "exchange ratio")
    return _whole(cancelled_shares * Fraction(exchange_ratio))


def acquired_for_cash(
    cancelled_shares: int, cash_per_share_usd: Decimal, acquirer_price_usd: Decimal
) -> AcquirerOption:
    """The number after a deal solely for cash: acquirer's shares that the cash for the cancelled ones would buy."""
    _at_least(cancelled_shares, 0, "cancelled shares")
    _above_nought(cash_per_share_usd, "cash per share")
    _above_nought(acquirer_price_usd, "acquirer's price")
    return _whole(cancelled_shares * Fraction(cash_per_share_usd) / Fraction(acquirer_price_usd))


def _whole(exact: Fraction) -> AcquirerOption:
    shares, dropped = divmod(exact, 1)
    return AcquirerOption(int(shares), dropped)


def _at_least(number: int, least: int, what: str) -> None:
    if number < least:
        raise ImpossibleShares(f"{what} {number} is below {least}: check what was passed")


def _above_nought(number: Decimal, what: str) -> None:
    if number <= 0:
        raise ImpossibleShares(f"{what} {number} is not above 0: check what was passed")
