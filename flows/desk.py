"""One opened workspace: settings, offer, books and clock together, for whoever works in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from extractors.limits import DecodeLimits
from flows.settings import Settings
from ledger.books import Books, make_books, open_books, require_ready
from offers.loading import Offer, load_offer

MACHINE = "tenderfax"
"""The actor of what no person did."""


@dataclass(frozen=True, slots=True)
class Desk:
    """`now` is the clock of the offer (it may replay the past); leases run on the real one."""

    settings: Settings
    offer: Offer
    books: Books
    now: Callable[[], datetime]
    decode_limits: DecodeLimits = DecodeLimits()


def open_desk(settings: Settings) -> Desk:
    """Raises BooksNotReady before `tenderfax init`, OfferRefused for a bad offer folder."""
    offer = load_offer(settings.offer_folder)
    books = open_books(settings.database_url)
    require_ready(books)
    return Desk(settings, offer, books, clock_of(settings, offer))


def make_desk(settings: Settings) -> Desk:
    """Makes the workspace's folders and its database, or brings them to this version; safe to repeat."""
    offer = load_offer(settings.offer_folder)
    for folder in (settings.workspace, settings.archive, settings.quarantine, settings.workspace / "inbox"):
        folder.mkdir(parents=True, exist_ok=True)
    return Desk(settings, offer, make_books(settings.database_url), clock_of(settings, offer))


def clock_of(settings: Settings, offer: Offer) -> Callable[[], datetime]:
    """The clock that `--now` stopped, else the real one."""
    if settings.now is None:
        return lambda: datetime.now(UTC)
    stopped = settings.now if settings.now.tzinfo else settings.now.replace(tzinfo=offer.terms.time_zone)
    return lambda: stopped
