"""Which extensions of an offer count, and when it expires (rulebook 1.2, extension effect).

It refuses to know who may ask for an extension: that is `offers.offer_events`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from core.offer_state import Extension, OfferState
from offers.business_days import extension_announcement_limit

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


def state_as_of(state: OfferState, instant: datetime) -> OfferState:
    """The offer as it was known at `instant`: what was announced, given or waived later has not happened yet."""
    return replace(
        state,
        extensions=tuple(e for e in state.extensions if e.announced_at <= instant),
        accepted_at=_by(state.accepted_at, instant),
        terminated_at=_by(state.terminated_at, instant),
        waivers=tuple(w for w in state.waivers if w.waived_at <= instant),
    )


def _by(happened_at: datetime | None, instant: datetime) -> datetime | None:
    return happened_at if happened_at is not None and happened_at <= instant else None
