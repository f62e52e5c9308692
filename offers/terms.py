"""The terms of one offer, typed (rulebook 1); read from `offer.toml` by `load_offer`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Terms:
    """Every term that a rule or a report relies on. Times are aware, dates are in `time_zone`, prices in US dollars."""

    offer_id: str
    issuer: str
    time_zone: ZoneInfo
    business_zone: ZoneInfo
    """The clock that business days run on (OTE §2: Eastern)."""
    commencement_on: date
    amended_on: date
    expiration: datetime
    expected_cancellation_on: date
    extension_announcement_time: time
    """Local time on the next business day by which an extension must be announced (OTE Q20, §15)."""
    minimum_price_usd: Decimal
    eligible_plans: frozenset[str]
    eligible_shares: int
    eligible_shares_on: date
    current_form_version: str
    form_versions: tuple[str, ...]
    signing_tolerance: timedelta
    """How far a wristwatch may run ahead of the fax server (rule 50)."""
    default_year: int
    """The year assumed where a date is written without one (rule 33)."""
    fax_number: str
    delivery_address: str
    executive_title_words: tuple[str, ...]
