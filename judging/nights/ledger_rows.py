"""The option ledger's versions compared: the pool of eligible shares, and the rows that forms rest on.

It refuses to know forms beyond which rows they name.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from core.holders import Category, Grant, Holder, OptionLedger
from core.night import PoolChange
from offers.terms import Terms
from validators.reconciliation.facts import LedgerChange, PoolFacts

_GRANT_COLUMNS = (
    ("holder_id", "holder"),
    ("plan", "plan"),
    ("grant_date", "grant date"),
    ("exercise_price", "price"),
    ("shares_granted", "shares granted"),
    ("shares_exercised", "shares exercised"),
    ("shares_cancelled", "shares cancelled"),
    ("type", "type"),
    ("split_group", "split group"),
    ("held_since", "held since"),
    ("expires_on", "expiry"),
)
_STATUS_COLUMNS = (("category", "category"), ("country", "country"), ("title", "title"))
_IDENTITY_COLUMNS = ("name_on_agreement", "legal_name_changes", "tax_id")
"""Named, never quoted: they are personal."""


def eligible_shares(grant: Grant, holder: Holder | None, terms: Terms, on: date, counted: Container[str]) -> int:
    """The grant's unexercised shares where it and its holder are within the offer (OTE §1, Q1), else 0.

    `counted` are the grants of the count date's ledger: whatever was granted since the commencement is not among them
    and never becomes part of the pool.
    """
    within = (
        holder is not None
        and holder.category is Category.EMPLOYEE
        and holder.country == "US"
        and grant.plan in terms.eligible_plans
        and grant.exercise_price >= terms.minimum_price_usd
        and (grant.grant_no in counted or grant.grant_date <= terms.commencement_on)
        and (grant.expires_on is None or grant.expires_on > on)
    )
    return grant.unexercised if within else 0


@dataclass(frozen=True, slots=True)
class DatedLedger:
    """One version of the ledger; `as_of` is the day that it describes."""

    version: int
    as_of: date
    ledger: OptionLedger

    def eligible(self, grant_no: str, terms: Terms, counted: Container[str]) -> int:
        grant = self.ledger.grant(grant_no)
        holder = self.ledger.holder(grant.holder_id) if grant else None
        return eligible_shares(grant, holder, terms, self.as_of, counted) if grant else 0


def pool_of(versions: Sequence[DatedLedger], terms: Terms) -> PoolFacts:
    """The eligible shares on the offer's count date and now, with every difference; `versions` by day."""
    if not versions:
        return PoolFacts(None, None)
    until = [one for one in versions if one.as_of <= terms.eligible_shares_on]
    counted = frozenset(grant.grant_no for grant in until[-1].ledger.grants) if until else frozenset()
    eligible = {g.grant_no: versions[-1].eligible(g.grant_no, terms, counted) for g in versions[-1].ledger.grants}
    if not until:
        return PoolFacts(None, None, eligible)
    baseline = until[-1]
    later = versions[versions.index(baseline) :]
    total = sum(baseline.eligible(grant.grant_no, terms, counted) for grant in baseline.ledger.grants)
    return PoolFacts(total, baseline.as_of, eligible, tuple(_pool_changes(later, terms, counted)))


def _pool_changes(versions: Sequence[DatedLedger], terms: Terms, counted: Container[str]) -> Iterator[PoolChange]:
    for before, after in itertools.pairwise(versions):
        numbers = dict.fromkeys(g.grant_no for one in (before, after) for g in one.ledger.grants)
        for grant_no in numbers:
            had, has = before.eligible(grant_no, terms, counted), after.eligible(grant_no, terms, counted)
            if had != has:
                grant = after.ledger.grant(grant_no) or before.ledger.grant(grant_no)
                assert grant is not None
                why = _why(before, after, grant_no, had - has)
                yield PoolChange(grant_no, grant.holder_id, had, has, why, after.as_of)


def _why(before: DatedLedger, after: DatedLedger, grant_no: str, decrease: int) -> str:
    """What the ledger's own columns say of a decrease; "" where they say nothing that makes up its number."""
    old, new = before.ledger.grant(grant_no), after.ledger.grant(grant_no)
    if old is None or new is None or _terms_of(old) != _terms_of(new):
        return ""
    exercised, cancelled = new.shares_exercised - old.shares_exercised, new.shares_cancelled - old.shares_cancelled
    if exercised < 0 or cancelled < 0:
        return ""
    holder_before, holder_after = before.ledger.holder(old.holder_id), after.ledger.holder(new.holder_id)
    if holder_before is None or holder_after is None:
        return ""
    if (holder_before.category, holder_before.country) != (holder_after.category, holder_after.country):
        return "status change"
    if new.expires_on is not None and before.as_of < new.expires_on <= after.as_of:
        return "expiry"
    if decrease != exercised + cancelled:
        return ""
    return " and ".join(word for word, shares in (("exercise", exercised), ("forfeiture", cancelled)) if shares)


def _terms_of(grant: Grant) -> tuple[object, ...]:
    return grant.plan, grant.exercise_price, grant.shares_granted, grant.holder_id, grant.grant_date, grant.held_since


@dataclass(frozen=True, slots=True)
class Rests:
    """The rows of the ledger that one form rests on, and the version that it was validated against."""

    submission_id: str
    holder_ids: tuple[str, ...]
    grant_nos: tuple[str, ...]
    version: int


@dataclass(frozen=True, slots=True)
class RowChanges:
    """What changed under forms: by grant or holder, and what of it touches each form."""

    ledger: tuple[LedgerChange, ...]
    status: tuple[LedgerChange, ...]
    reasons: Mapping[str, tuple[str, ...]]


def changes_under(
    forms: Iterable[Rests], ledgers: Mapping[int, OptionLedger], now: OptionLedger, reported: Mapping[str, str]
) -> RowChanges:
    """Rows that are other than when forms were validated; `reported`: form to what was reported of its holder since."""
    ledger: dict[str, _Change] = {}
    status: dict[str, _Change] = {}
    reasons: dict[str, list[str]] = {}

    def note(changes: dict[str, _Change], key: str, holder_id: str | None, what: str, form: Rests) -> None:
        change = changes.setdefault(key, _Change(holder_id, [], []))
        if what not in change.what:
            change.what.append(what)
        if form.submission_id not in change.forms:
            change.forms.append(form.submission_id)
        reasons.setdefault(form.submission_id, []).append(what)

    for form in forms:
        then = ledgers[form.version]
        for grant_no in form.grant_nos:
            if what := _grant_difference(then.grant(grant_no), now.grant(grant_no), grant_no):
                grant = now.grant(grant_no) or then.grant(grant_no)
                note(ledger, grant_no, grant.holder_id if grant else None, what, form)
        for holder_id in form.holder_ids:
            old, new = then.holder(holder_id), now.holder(holder_id)
            if what := _holder_difference(old, new, holder_id):
                note(ledger, holder_id, holder_id, what, form)
            if what := _status_difference(old, new, holder_id):
                note(status, holder_id, holder_id, what, form)
            if what := reported.get(form.submission_id, ""):
                note(status, holder_id, holder_id, what, form)
    return RowChanges(_sorted(ledger), _sorted(status), {key: tuple(what) for key, what in reasons.items()})


@dataclass(slots=True)
class _Change:
    holder_id: str | None
    what: list[str]
    forms: list[str]


def _sorted(changes: Mapping[str, _Change]) -> tuple[LedgerChange, ...]:
    return tuple(
        LedgerChange(key, "; ".join(one.what), tuple(one.forms), one.holder_id) for key, one in sorted(changes.items())
    )


def _grant_difference(old: Grant | None, new: Grant | None, grant_no: str) -> str:
    if old is new:
        return ""
    if old is None or new is None:
        return f"grant {grant_no} is {'new in' if old is None else 'gone from'} the ledger"
    changed = [
        f"{name} {getattr(old, column)}, now {getattr(new, column)}"
        for column, name in _GRANT_COLUMNS
        if getattr(old, column) != getattr(new, column)
    ]
    return f"grant {grant_no}: {', '.join(changed)}" if changed else ""


def _holder_difference(old: Holder | None, new: Holder | None, holder_id: str) -> str:
    if old is new:
        return ""
    if old is None or new is None:
        return f"holder {holder_id} is {'new in' if old is None else 'gone from'} the ledger"
    changed = [column.replace("_", " ") for column in _IDENTITY_COLUMNS if getattr(old, column) != getattr(new, column)]
    return f"holder {holder_id}: other {', '.join(changed)}" if changed else ""


def _status_difference(old: Holder | None, new: Holder | None, holder_id: str) -> str:
    if old is None or new is None or old is new:
        return ""
    changed = [
        f"{name} {getattr(old, column) or 'unknown'}, now {getattr(new, column) or 'unknown'}"
        for column, name in _STATUS_COLUMNS
        if getattr(old, column) != getattr(new, column)
    ]
    return f"holder {holder_id}: {', '.join(changed)}" if changed else ""
