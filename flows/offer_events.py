"""What happens to the offer itself, decided by its rules on the books as they are and put into the journal."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from core.events import OFFER, DecisionTakenBack, HolderReported, NewEvent, TenderUnlawful
from core.offer_state import OfferState
from flows.desk import Desk
from judging import offer
from judging.books import judged_now
from ledger import journal
from ledger.replay import Record, replay
from validators.offer_case import OfferCase
from validators.offer_decisions import Decided, OfferEventRefused, needs_reason


def decide(desk: Desk, actor: str, choose: Callable[[OfferCase], Decided]) -> Decided:
    """Puts the event that `choose` allows into the journal; raises OfferEventRefused where the rulebook forbids it.

    Nothing can be written between the look at the books and the event.
    """
    with desk.books.writing() as connection:
        decided = choose(offer_case(desk, connection))
        journal.append(connection, [NewEvent(desk.now(), actor, decided.event)])
    return decided


def take_back_report(desk: Desk, actor: str, report: HolderReported | TenderUnlawful, reason: str) -> None:
    """Takes back what was reported of a holder, which stays written; raises OfferEventRefused where nothing was.

    The reason given with the report need not be repeated.
    """
    needs_reason(reason)
    with desk.books.writing() as connection:
        record = replay(journal.read(connection), Record(OfferState(desk.offer.terms.expiration)))
        wanted = _fact_of(report)
        event_id = next((key for key, known in record.reports.items() if _fact_of(known) == wanted), None)
        if event_id is None:
            raise OfferEventRefused("no such report is on record: `tenderfax offer show` lists them")
        journal.append(connection, [NewEvent(desk.now(), actor, DecisionTakenBack(event_id, OFFER, reason))])


def _fact_of(report: HolderReported | TenderUnlawful) -> tuple[object, ...]:
    if isinstance(report, HolderReported):
        return report.change.holder_id, report.change.kind, report.change.changed_on
    return report.tender.holder_ids, report.tender.recorded_on


def offer_case(desk: Desk, connection: Connection) -> OfferCase:
    """The offer as the books have it now, with all that its rules look at; after expiration, as that left it."""
    terms = desk.offer.terms
    return offer.offer_case(judged_now(terms, connection), terms, connection, desk.now())
