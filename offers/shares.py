"""Numbers of shares and dollars that follow from the terms: fee, vesting, splits, an acquisition (rulebook 1.3).

Whole numbers and Decimal only. It refuses to know who owns what.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
_MILLION = Decimal(1_000_000)


def filing_fee_usd(value_usd: Decimal, rate_usd_per_million: Decimal) -> Decimal:
    """The fee on a transaction of that value, half-up to the cent (TO cover)."""
    return (value_usd * rate_usd_per_million / _MILLION).quantize(CENT, ROUND_HALF_UP)
