"""The offer at one moment, with everything that the rules of group G look at; it refuses to know any rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

from core.decisions import Decision
from core.holder_changes import HolderChange, HolderChangeKind, UnlawfulTender
from core.holders import OptionLedger
from core.judgements import Judgement, Standing, State
from core.offer_state import OfferState
from offers.state import cancellation_on, current_expiration, new_grant_on
from offers.terms import Terms


@dataclass(frozen=True, slots=True)
class OfferCase:
    """The offer as it is known at `as_of`, with everything that the rules of group G look at.

    `judgements` are the latest of every submission, in order of receipt, decisions applied; `standings` the latest by
    holder. `ledger` is today's. `shares_at_receipt` gives for each tendered grant the unexercised shares when its form
    came; a grant that it lacks is not compared. `decisions` are those on the offer's own findings.
    """

    terms: Terms
    state: OfferState
    as_of: datetime
    ledger: OptionLedger
    judgements: tuple[Judgement, ...] = ()
    standings: Mapping[str, Standing] = field(default_factory=lambda: MappingProxyType({}))
    shares_at_receipt: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    holder_changes: tuple[HolderChange, ...] = ()
    unlawful: tuple[UnlawfulTender, ...] = ()
    decisions: tuple[Decision, ...] = ()

    @property
    def expiration(self) -> datetime:
        return current_expiration(self.state, self.terms.announcement_limit)

    @property
    def cancelled_on(self) -> date:
        """The Cancellation Date, expected or actual."""
        return cancellation_on(self.state, self.terms)

    @property
    def new_grant_on(self) -> date:
        return new_grant_on(self.state, self.terms)

    def tendering(self) -> Iterator[tuple[str, Standing]]:
        """Holders who stand tendered, with their standing, by holder id."""
        for holder_id in sorted(self.standings):
            standing = self.standings[holder_id]
            if standing.state is State.TENDERED:
                yield holder_id, standing

    def participants(self) -> tuple[str, ...]:
        """Holders whose options were accepted and cancelled, by holder id: nobody before acceptance."""
        return tuple(sorted({grant.holder_id for grant in self.state.accepted_grants}))

    def changes_of(self, holder_id: str, *kinds: HolderChangeKind) -> tuple[HolderChange, ...]:
        """The holder's changes of these kinds, the earliest first."""
        found = (c for c in self.holder_changes if c.holder_id == holder_id and c.kind in kinds)
        return tuple(sorted(found, key=lambda change: change.changed_on))
