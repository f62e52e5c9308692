"""What happens to the offer itself, decided by its rules on the books as they are and put into the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from core.events import OFFER, DecisionTakenBack, HolderReported, NewEvent, TenderUnlawful
from core.offer_state import OfferState
from flows.desk import Desk
from judging.books import Judged, judged_now
from ledger import grants, journal
from ledger.replay import Record, replay
from validators.closing import offer_case_at
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
    judged = judged_now(desk.offer.terms, connection)
    kinds = {submission.id: submission.kind for submission in judged.submissions}
    return offer_case_at(
        desk.now(),
        terms=desk.offer.terms,
        state=judged.record.offer,
        ledger=judged.ledger,
        judged=[(judgement, kinds[judgement.submission_id]) for judgement in judged.judgements.values()],
        shares_at_receipt=_shares_at_receipt(desk, connection, judged),
        holder_changes=judged.record.holder_changes,
        unlawful=judged.record.unlawful,
        decisions=judged.record.decisions,
    )


def _shares_at_receipt(desk: Desk, connection: Connection, judged: Judged) -> Mapping[str, int]:
    """For each grant that stands tendered, its unexercised shares by the ledger of the day its form came."""
    received = {submission.id: submission.received_at for submission in judged.submissions}
    versions = sorted(grants.versions(connection), key=lambda one: (one.as_of, one.version))
    ledgers: dict[int, Mapping[str, int]] = {}
    found: dict[str, int] = {}
    for standing in judged.standings.values():
        day = _local_day(desk, received.get(standing.basis or ""))
        if day is None or not versions:
            continue
        then = next((one for one in reversed(versions) if one.as_of <= day.date()), versions[0])
        if then.version not in ledgers:
            ledgers[then.version] = {
                grant.grant_no: grant.unexercised for grant in grants.load_version(connection, then.version).grants
            }
        found |= {no: ledgers[then.version][no] for no in standing.grants if no in ledgers[then.version]}
    return found


def _local_day(desk: Desk, received_at: datetime | None) -> datetime | None:
    if received_at is None or received_at.tzinfo is None:
        return received_at
    return received_at.astimezone(desk.offer.terms.time_zone)
