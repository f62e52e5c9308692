"""An offer's folder read and checked as a whole: its terms and the persons who may not tender.

Everything wrong is named at once, with file, key, value and reason. It refuses to know the blank forms:
`offers.forms` reads those.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from core.failures import TenderfaxError
from core.holders import Category, Plan
from offers.business_days import business_date, business_days_between, new_grant_date, promise_due
from offers.shares import filing_fee_usd
from offers.terms import Terms
from offers.typed_tables import Complaint, TableReader

_PERSON_COLUMNS = ("name", "role", "category", "plan_options", "outside_options", "printed_percent")
_BARRED_CATEGORIES = (Category.DIRECTOR, Category.EXECUTIVE_OFFICER)


class OfferRefused(TenderfaxError):
    """An offer's folder that says something impossible or contradicts itself; nothing is taken in under it."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        self.complaints = complaints
        lines = "\n".join(f"  {complaint}" for complaint in complaints)
        super().__init__(f"the offer's terms are refused; put these right and load again:\n{lines}")


@dataclass(frozen=True, slots=True)
class IneligiblePerson:
    """A person named in OTE §11 and Schedule A: director or executive officer, who may not tender.

    Options are counted on the pool's date: under the eligible plans, and outside them. `printed_percent` is the share
    of all plan options that the table prints; None where it prints "less than 1 %".
    """

    name: str
    role: str
    category: Category
    plan_options: int
    outside_options: int
    printed_percent: Decimal | None


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer: its terms, who may not tender, and the folder that also holds its blank forms and letters."""

    terms: Terms
    ineligible: tuple[IneligiblePerson, ...]
    folder: Path


def load_offer(folder: Path) -> Offer:
    """The offer in `folder`; raises OfferRefused with every complaint about `offer.toml` and `ineligible.csv`."""
    reader = TableReader(folder / "offer.toml")
    terms = reader.read(Terms)
    complaints = reader.complaints
    persons = _read_ineligible(folder / "ineligible.csv", complaints)
    if terms is not None:
        for check in TERM_CHECKS:
            for key, value, reason in check(terms):
                reader.complain(key, str(value), reason)
    if terms is not None and persons is not None:
        for key, value, reason in _persons_agree_with_the_pool(persons, terms):
            complaints.append(Complaint(folder / "ineligible.csv", key, str(value), reason))
    if terms is None or persons is None or complaints:
        raise OfferRefused(tuple(complaints))
    return Offer(terms, persons, folder)


Contradiction = tuple[str, object, str]
"""Key, value and reason of a term that another one contradicts."""


def _dates_run_forward(terms: Terms) -> Iterator[Contradiction]:
    expires_on = terms.local_date(terms.expiration)
    if not terms.commencement_on <= terms.amended_on <= expires_on:
        reason = f"must lie from commencement_on {terms.commencement_on} to the expiration's date {expires_on}"
        yield "amended_on", terms.amended_on, reason
    if terms.expected_cancellation_on < expires_on:
        yield (
            "expected_cancellation_on",
            terms.expected_cancellation_on,
            f"is before the expiration's date {expires_on}",
        )
    if terms.default_year != terms.commencement_on.year:
        yield "default_year", terms.default_year, f"is not the year of commencement_on {terms.commencement_on}"


def _stays_open_long_enough(terms: Terms) -> Iterator[Contradiction]:
    expires_on = business_date(terms.expiration, terms.business_zone)
    days, least = business_days_between(terms.commencement_on, expires_on), terms.deadlines.minimum_open_business_days
    if days < least:
        yield "expiration", terms.expiration, f"leaves the offer open {days} business days; the law asks {least}"


def _instants_are_written_in_the_offers_zone(terms: Terms) -> Iterator[Contradiction]:
    instants = {
        "expiration": terms.expiration,
        "deadlines.printed_announcement_limit": terms.deadlines.printed_announcement_limit,
        "meeting.begins_at": terms.meeting.begins_at,
        "meeting.card_cutoff_at": terms.meeting.card_cutoff_at,
        "meeting.statement_cutoff_at": terms.meeting.statement_cutoff_at,
    }
    for key, instant in instants.items():
        right = instant.astimezone(terms.time_zone)
        if right.utcoffset() != instant.utcoffset():
            yield key, instant, f"{terms.time_zone.key} has another offset then; the same instant is {right}"


def _printed_dates_follow_from_the_spans(terms: Terms) -> Iterator[Contradiction]:
    deadlines, cancelled_on = terms.deadlines, terms.expected_cancellation_on
    computed: tuple[tuple[str, date | datetime, date | datetime], ...] = (
        ("announcement_limit", deadlines.printed_announcement_limit, terms.announcement_limit(terms.expiration)),
        ("promise_on", deadlines.printed_promise_on, promise_due(cancelled_on, deadlines.promise_business_days)),
        ("new_grant_on", deadlines.printed_new_grant_on, new_grant_date(cancelled_on, deadlines.months_to_new_grant)),
    )
    for name, printed, followed in computed:
        if printed != followed:
            yield f"deadlines.printed_{name}", printed, f"the terms give {followed}"


def _form_versions_are_known(terms: Terms) -> Iterator[Contradiction]:
    if terms.current_form_version not in terms.form_versions:
        yield "current_form_version", terms.current_form_version, "is not one of form_versions"
    expected = {terms.commencement_on.isoformat(), terms.amended_on.isoformat()}
    for version in terms.form_versions:
        if version not in expected:
            yield (
                "form_versions",
                version,
                f"no edition of the offer has this date; known: {', '.join(sorted(expected))}",
            )


def _plans_are_known(terms: Terms) -> Iterator[Contradiction]:
    names = {plan.code for plan in terms.plans}
    grantable = {Plan.PLAN_1993.value, Plan.PLAN_2000.value}
    for code in sorted(terms.eligible_plans):
        if code not in names or code not in grantable:
            yield (
                "eligible_plans",
                code,
                f"is not a plan of the ledger with a name under plans: {', '.join(sorted(names))}",
            )
    if terms.new_options.plan not in terms.eligible_plans:
        yield "new_options.plan", terms.new_options.plan, "is not one of eligible_plans"


def _numbers_are_possible(terms: Terms) -> Iterator[Contradiction]:
    positive: dict[str, int | Decimal] = {
        "minimum_price_usd": terms.minimum_price_usd,
        "eligible_shares": terms.eligible_shares,
        "deadlines.confirmation_business_days": terms.deadlines.confirmation_business_days,
        "deadlines.promise_business_days": terms.deadlines.promise_business_days,
        "deadlines.notice_business_days": terms.deadlines.notice_business_days,
        "deadlines.months_to_new_grant": terms.deadlines.months_to_new_grant,
        "new_options.new_shares_per_old": terms.new_options.new_shares_per_old,
        "new_options.term_years": terms.new_options.term_years,
        "vesting.parts": terms.vesting.parts,
        "reverse_split.lowest": terms.reverse_split.lowest,
        "meeting.shares_of_record": terms.meeting.shares_of_record,
    }
    for key, value in positive.items():
        if value <= 0:
            yield key, value, "must be above 0"
    if not 0 <= terms.vesting.parts_at_grant <= terms.vesting.parts:
        yield "vesting.parts_at_grant", terms.vesting.parts_at_grant, f"must lie from 0 to parts {terms.vesting.parts}"
    if terms.reverse_split.lowest > terms.reverse_split.highest:
        yield "reverse_split.lowest", terms.reverse_split.lowest, f"is above highest {terms.reverse_split.highest}"


def _pool_adds_up(terms: Terms) -> Iterator[Contradiction]:
    pool = terms.pool
    total = pool.plan_options_outstanding + pool.outside_plan_options
    if pool.options_outstanding != total:
        yield "pool.options_outstanding", pool.options_outstanding, f"plan and outside-plan options add up to {total}"
    if terms.eligible_shares > pool.plan_options_outstanding:
        yield "eligible_shares", terms.eligible_shares, f"exceeds plan options {pool.plan_options_outstanding}"
    shares = {
        "pool.eligible_percent_of_options": (pool.eligible_percent_of_options, pool.options_outstanding),
        "pool.eligible_percent_of_shares": (pool.eligible_percent_of_shares, terms.meeting.shares_of_record),
    }
    for key, (printed, whole) in shares.items():
        if printed != (computed := _percent(terms.eligible_shares, whole)):
            yield key, printed, f"{terms.eligible_shares} of {whole} is {computed}"


def _fee_follows_from_its_rate(terms: Terms) -> Iterator[Contradiction]:
    fee = terms.filing_fee
    computed = filing_fee_usd(fee.value_usd, fee.rate_usd_per_million)
    if fee.fee_usd != computed:
        yield "filing_fee.fee_usd", fee.fee_usd, f"the value and the rate give {computed}"


def _meeting_is_in_order(terms: Terms) -> Iterator[Contradiction]:
    meeting = terms.meeting
    if not meeting.card_cutoff_at <= meeting.statement_cutoff_at <= meeting.begins_at:
        reason = f"must lie from card_cutoff_at {meeting.card_cutoff_at} to begins_at {meeting.begins_at}"
        yield "meeting.statement_cutoff_at", meeting.statement_cutoff_at, reason
    if meeting.record_on > terms.local_date(meeting.begins_at):
        yield "meeting.record_on", meeting.record_on, f"is after the meeting {meeting.begins_at}"
    if meeting.shares_of_record > meeting.authorised_common:
        yield "meeting.shares_of_record", meeting.shares_of_record, f"exceeds authorised {meeting.authorised_common}"


TERM_CHECKS: tuple[Callable[[Terms], Iterator[Contradiction]], ...] = (
    _dates_run_forward,
    _stays_open_long_enough,
    _instants_are_written_in_the_offers_zone,
    _printed_dates_follow_from_the_spans,
    _form_versions_are_known,
    _plans_are_known,
    _numbers_are_possible,
    _pool_adds_up,
    _fee_follows_from_its_rate,
    _meeting_is_in_order,
)
"""Every check of one term against another, in the order of offer.toml."""


def _percent(part: int, whole: int) -> Decimal:
    if whole == 0:
        return Decimal(0)
    return (Decimal(100 * part) / whole).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _read_ineligible(file: Path, complaints: list[Complaint]) -> tuple[IneligiblePerson, ...] | None:
    """The persons of `ineligible.csv`, or None after complaints; a key is "line 3, plan_options"."""
    complaints_before = len(complaints)
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.reader(lines, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as failure:
        complaints.append(Complaint(file, "the file", "", f"cannot be read: {failure}"))
        return None
    if not rows or tuple(rows[0]) != _PERSON_COLUMNS:
        found = ",".join(rows[0]) if rows else ""
        complaints.append(Complaint(file, "line 1", found, f"the header must be {','.join(_PERSON_COLUMNS)}"))
        return None
    persons = [_person(cells, number, file, complaints) for number, cells in enumerate(rows[1:], start=2)]
    if len(complaints) > complaints_before:
        return None
    return tuple(person for person in persons if person is not None)


def _person(cells: list[str], line: int, file: Path, complaints: list[Complaint]) -> IneligiblePerson | None:
    def complain(column: str, value: str, reason: str) -> None:
        complaints.append(Complaint(file, f"line {line}{column and f', {column}'}", value, reason))

    if len(cells) != len(_PERSON_COLUMNS):
        complain("", ",".join(cells), f"has {len(cells)} cells, not {len(_PERSON_COLUMNS)}")
        return None
    cell = dict(zip(_PERSON_COLUMNS, cells, strict=True))
    complaints_before = len(complaints)
    for column in ("name", "role"):
        if not cell[column].strip():
            complain(column, "", "missing")
    if cell["category"] not in _BARRED_CATEGORIES:
        complain("category", cell["category"], f"must be one of {', '.join(_BARRED_CATEGORIES)}")
    for column in ("plan_options", "outside_options"):
        if not (cell[column].isascii() and cell[column].isdecimal()):
            complain(column, cell[column], "must be a whole number of shares")
    percent = cell["printed_percent"]
    if percent and not (percent.isascii() and percent.replace(".", "", 1).isdecimal()):
        complain("printed_percent", percent, "must be a decimal, or empty for less than 1 %")
    if len(complaints) > complaints_before:
        return None
    return IneligiblePerson(
        name=cell["name"],
        role=cell["role"],
        category=Category(cell["category"]),
        plan_options=int(cell["plan_options"]),
        outside_options=int(cell["outside_options"]),
        printed_percent=Decimal(percent) if percent else None,
    )


def _persons_agree_with_the_pool(persons: tuple[IneligiblePerson, ...], terms: Terms) -> Iterator[Contradiction]:
    """The cross-checks of OTE §11: columns against the totals, percentages against the plan options outstanding."""
    pool = terms.pool
    outside = sum(person.outside_options for person in persons)
    if outside != pool.outside_plan_options:
        yield (
            "outside_options",
            outside,
            f"is the column's sum; pool.outside_plan_options is {pool.outside_plan_options}",
        )
    held = sum(person.plan_options for person in persons) + outside
    if held != pool.ineligible_options:
        yield "plan_options", held, f"is the sum of both columns; pool.ineligible_options is {pool.ineligible_options}"
    for person in persons:
        computed = _percent(person.plan_options, pool.plan_options_outstanding)
        if person.printed_percent != (computed if computed >= 1 else None):
            key = f"{person.name}, printed_percent"
            yield key, person.printed_percent, f"{person.plan_options} of {pool.plan_options_outstanding} is {computed}"
    names = [person.name for person in persons]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield "name", name, "is listed twice"
