"""Holders, their grants and the option ledger as it stood at one moment; it refuses to know where they came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Category(StrEnum):
    """What a holder is to the company; it alone decides who may tender (OTE §1)."""

    EMPLOYEE = "employee"
    EXECUTIVE_OFFICER = "executive_officer"
    EXECUTIVE_MANAGEMENT = "executive_management"
    DIRECTOR = "director"
    CONSULTANT = "consultant"
    FORMER = "former"


class Plan(StrEnum):
    """The plan a grant was made under; OUTSIDE covers grants made outside of, but on the terms of, a plan."""

    PLAN_1993 = "1993"
    PLAN_2000 = "2000"
    OUTSIDE = "OUTSIDE"


class GrantType(StrEnum):
    """Tax status of an option: incentive or nonstatutory."""

    ISO = "ISO"
    NSO = "NSO"


@dataclass(frozen=True, slots=True)
class Holder:
    """One option holder. `tax_id` is personal: mask it everywhere but in matching (rulebook 7)."""

    holder_id: str
    name_on_agreement: str
    category: Category
    country: str | None = "US"
    """ISO 3166 alpha-2 country of residence; None where the ledger does not say."""
    tax_id: str = field(default="", repr=False)
    title: str = ""
    legal_name_changes: tuple[str, ...] = ()
    email: str = field(default="", repr=False)
    address: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """One option grant. Shares are whole numbers, prices exact decimals in US dollars."""

    grant_no: str
    holder_id: str
    plan: Plan
    grant_date: date
    exercise_price: Decimal
    shares_granted: int
    shares_exercised: int
    shares_cancelled: int
    type: GrantType
    split_group: str | None = None
    held_since: date | None = None
    expires_on: date | None = None

    @property
    def unexercised(self) -> int:
        """Shares still under option, vested or not (OTE §1 "outstanding, unexercised")."""
        return self.shares_granted - self.shares_exercised - self.shares_cancelled


@dataclass(frozen=True)
class OptionLedger:
    """The option ledger at one moment. Holder ids and grant numbers are unique; the importer sees to that."""

    holders: tuple[Holder, ...]
    grants: tuple[Grant, ...]
    _holder_by_id: dict[str, Holder] = field(init=False, repr=False, compare=False)
    _grant_by_no: dict[str, Grant] = field(init=False, repr=False, compare=False)
    _grants_by_holder: dict[str, tuple[Grant, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_holder: dict[str, list[Grant]] = {}
        for grant in self.grants:
            by_holder.setdefault(grant.holder_id, []).append(grant)
        object.__setattr__(self, "_holder_by_id", {h.holder_id: h for h in self.holders})
        object.__setattr__(self, "_grant_by_no", {g.grant_no: g for g in self.grants})
        object.__setattr__(self, "_grants_by_holder", {k: tuple(v) for k, v in by_holder.items()})

    @classmethod
    def of(cls, holders: Iterable[Holder], grants: Iterable[Grant]) -> OptionLedger:
        return cls(tuple(holders), tuple(grants))

    def holder(self, holder_id: str) -> Holder | None:
        return self._holder_by_id.get(holder_id)

    def grant(self, grant_no: str) -> Grant | None:
        return self._grant_by_no.get(grant_no)

    def grants_of(self, holder_id: str) -> tuple[Grant, ...]:
        """The holder's grants in ledger order; empty for a stranger."""
        return self._grants_by_holder.get(holder_id, ())
