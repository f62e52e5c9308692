"""The terms of one offer, typed (rulebook 1), and the persons who may not tender; read by `offers.loading.load_offer`.

It refuses to know what anybody wrote on a form.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from offers.business_days import extension_announcement_limit
from offers.shares import Vesting


@dataclass(frozen=True, slots=True)
class Company:
    """The issuer, which is also the offeror (OTE cover)."""

    state_of_incorporation: str
    market: str
    symbol: str
    cusip: str
    par_value_usd: Decimal
    principal_office: str
    telephone: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What else is printed at the delivery point: none of these numbers takes a form (EF-I 1, NW-I 1)."""

    attention: str
    department: str
    telephone: str
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contact:
    """A person to ask about the mechanics of the offer, or counsel."""

    name: str
    role: str
    telephone: str
    email: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """An address printed in the offer that is no delivery point."""

    name: str
    address: str
    telephone: str = ""


@dataclass(frozen=True, slots=True)
class Signatory:
    name: str
    title: str
    signed_on: date


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Spans the offer promises, in business days unless the name says otherwise, and the dates it printed for them.

    The printed dates follow from the spans while nothing is extended; loading checks that they do.
    """

    confirmation_business_days: int
    confirmation_target_time: time
    """Our own target: this local time on the next business day (rulebook 1.2, ours)."""
    promise_business_days: int
    notice_business_days: int
    """How long the offer stays open after notice of a changed price or number, notice day included (OTE §2, §15)."""
    minimum_open_business_days: int
    """Rule 13e-4(f)(1)."""
    months_to_new_grant: int
    """Followed by one day, then forward to a business day (OTE §1)."""
    printed_announcement_limit: datetime
    printed_promise_on: date
    printed_new_grant_on: date


@dataclass(frozen=True, slots=True)
class PlanName:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Pool:
    """Options and prices as counted for the offer (OTE cover, §1, §8, §11)."""

    options_outstanding: int
    plan_options_outstanding: int
    """Under the eligible plans, whether or not eligible."""
    outside_plan_options: int
    ineligible_options: int
    """Of all the persons of the §11 table together, outside-plan grants included."""
    eligible_percent_of_options: Decimal
    eligible_percent_of_shares: Decimal
    last_price_on: date
    last_price_usd: Decimal
    closing_price_on: date
    closing_price_usd: Decimal
    reserve_2000_plan: int
    """Shares first reserved; the 1993 plan's remainder and its forfeited or expired shares come on top."""


@dataclass(frozen=True, slots=True)
class NewOptions:
    """What is granted for what was cancelled (OTE §1, §9)."""

    new_shares_per_old: int
    all_or_none_per_grant: bool
    minimum_total_tender: int
    plan: str
    type: str
    term_years: int
    transferable: bool
    agreement_required: bool


@dataclass(frozen=True, slots=True)
class ServiceEnd:
    """The plans' default exercise windows after service ends; the option agreement governs (OTE §9)."""

    exercise_months: int
    exercise_months_death_or_disability: int


@dataclass(frozen=True, slots=True)
class ChangeOfControl:
    """What becomes of unassumed and assumed options in a merger or sale of assets (OTE §9)."""

    acceleration_days_before_closing: int
    protection_months: int
    workplace_move_miles: int


@dataclass(frozen=True, slots=True)
class ReverseSplitTerms:
    """The Board's authority: one new share for `lowest` to `highest` old ones, up to `authority_ends_on` (PS 2)."""

    lowest: int
    highest: int
    authority_ends_on: date


@dataclass(frozen=True, slots=True)
class FilingFee:
    """The fee on the Black-Scholes value of the options sought, half-up to the cent (TO cover)."""

    value_usd: Decimal
    valued_on: date
    rate_usd_per_million: Decimal
    fee_usd: Decimal
    paid_on: date


@dataclass(frozen=True, slots=True)
class Meeting:
    """The annual meeting that voted on the reverse split (PS; rulebook 8.1)."""

    begins_at: datetime
    place: str
    record_on: date
    shares_of_record: int
    shares_outstanding_on: date
    shares_outstanding: int
    price_usd: Decimal
    """The price at which the statement values the shares outstanding."""
    authorised_common: int
    authorised_preferred: int
    nominees: tuple[str, ...]
    card_slots: int
    proxies: tuple[str, ...]
    exchange_agent: str
    card_cutoff_at: datetime
    """The proxy card's end of electronic voting."""
    statement_cutoff_at: datetime
    """The proxy statement's, which is later; between the two a person decides."""


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

    company: Company
    delivery: Delivery
    contacts: tuple[Contact, ...]
    counsel: Contact
    other_places: tuple[Place, ...]
    signatory: Signatory
    deadlines: Deadlines
    plans: tuple[PlanName, ...]
    pool: Pool
    new_options: NewOptions
    vesting: Vesting
    service_end: ServiceEnd
    change_of_control: ChangeOfControl
    reverse_split: ReverseSplitTerms
    filing_fee: FilingFee
    meeting: Meeting

    def announcement_limit(self, expiration: datetime) -> datetime:
        """The last instant at which an offer expiring at `expiration` may be extended (OTE Q20, §15)."""
        return extension_announcement_limit(
            expiration, self.extension_announcement_time, self.time_zone, self.business_zone
        )

    def local_date(self, instant: datetime) -> date:
        """The date in the offer's time zone that an aware instant falls on."""
        return instant.astimezone(self.time_zone).date()
