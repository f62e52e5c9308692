"""Which extensions of an offer count, when it expires and when it cancels (rulebook 1.2, extension effect).

It refuses to know who may ask for an extension: that is `validators.offer_decisions`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from core.offer_state import Extension, OfferState
from offers.business_days import business_date, extension_announcement_limit, new_grant_date, next_business_day
from offers.terms import Terms

AnnouncementLimit = Callable[[datetime], datetime]
"""From an expiration to the last instant at which its extension may be announced: `Terms.announcement_limit`."""


@dataclass(frozen=True, slots=True)
class JudgedExtension:
    """One extension held against the expiration in force when it was announced.

    `limit_at` is the last instant at which that expiration could be extended. An extension is applied when it was
    announced by then and leads to a later expiration.
    """

    extension: Extension
    expiration_before: datetime
    limit_at: datetime

    @property
    def announced_late(self) -> bool:
        return self.extension.announced_at > self.limit_at

    @property
    def applied(self) -> bool:
        return not self.announced_late and self.extension.new_expiration > self.expiration_before


def judged_extensions(
    state: OfferState, announcement_limit: AnnouncementLimit = extension_announcement_limit
) -> tuple[JudgedExtension, ...]:
    """Every extension on record in order of announcement, each measured from the expiration then in force."""
    judged: list[JudgedExtension] = []
    expiration = state.expiration
    for extension in sorted(state.extensions, key=lambda e: e.announced_at):
        one = JudgedExtension(extension, expiration, announcement_limit(expiration))
        judged.append(one)
        if one.applied:
            expiration = extension.new_expiration
    return tuple(judged)


def applied_extensions(
    state: OfferState, announcement_limit: AnnouncementLimit = extension_announcement_limit
) -> tuple[Extension, ...]:
    """The extensions that count; one announced after 06:00 Pacific of the next business day does not (OTE Q20, §15)."""
    return tuple(one.extension for one in judged_extensions(state, announcement_limit) if one.applied)


def current_expiration(
    state: OfferState, announcement_limit: AnnouncementLimit = extension_announcement_limit
) -> datetime:
    """The Expiration Date: the latest date as extended (OTE §2), else the one first printed."""
    applied = applied_extensions(state, announcement_limit)
    return applied[-1].new_expiration if applied else state.expiration


def cancellation_on(state: OfferState, terms: Terms) -> date:
    """The Cancellation Date: the day of acceptance, else the day it is expected on (OTE §6).

    Without an extension that is the printed day; after one, the first business day after the expiration.
    """
    if state.accepted_at is not None:
        return terms.local_date(state.accepted_at)
    expiration = current_expiration(state, terms.announcement_limit)
    if expiration == terms.expiration:
        return terms.expected_cancellation_on
    return next_business_day(business_date(expiration, terms.business_zone))


def new_grant_on(state: OfferState, terms: Terms) -> date:
    """The earliest New Option Grant Date that follows from the Cancellation Date (OTE §1, Q8)."""
    return new_grant_date(cancellation_on(state, terms), terms.deadlines.months_to_new_grant)


def state_as_of(state: OfferState, instant: datetime) -> OfferState:
    """The offer as it was known at `instant`: what was announced, given or waived later has not happened yet.

    A change counts from the beginning of its notice day in the instant's own zone.
    """
    return replace(
        state,
        extensions=tuple(e for e in state.extensions if e.announced_at <= instant),
        accepted_at=_by(state.accepted_at, instant),
        terminated_at=_by(state.terminated_at, instant),
        waivers=tuple(w for w in state.waivers if w.waived_at <= instant),
        changes=tuple(c for c in state.changes if c.notified_on <= instant.date()),
    )


def _by(happened_at: datetime | None, instant: datetime) -> datetime | None:
    return happened_at if happened_at is not None and happened_at <= instant else None
