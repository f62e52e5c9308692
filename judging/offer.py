"""The offer as the judged books have it at a moment, with everything that its own rules look at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import Connection

from judging.books import Judged
from ledger import grants
from offers.terms import Terms
from validators.closing import offer_case_at
from validators.offer_case import OfferCase


def offer_case(judged: Judged, terms: Terms, connection: Connection, as_of: datetime) -> OfferCase:
    """The offer as the books have it; where `as_of` comes after expiration, as that left it."""
    kinds = {submission.id: submission.kind for submission in judged.submissions}
    return offer_case_at(
        as_of,
        terms=terms,
        state=judged.record.offer,
        ledger=judged.ledger,
        judged=[(judgement, kinds[judgement.submission_id]) for judgement in judged.judgements.values()],
        shares_at_receipt=_shares_at_receipt(judged, terms, connection),
        holder_changes=judged.record.holder_changes,
        unlawful=judged.record.unlawful,
        decisions=judged.record.decisions,
    )


def _shares_at_receipt(judged: Judged, terms: Terms, connection: Connection) -> Mapping[str, int]:
    """For each grant that stands tendered, its unexercised shares by the ledger of the day its form came."""
    received = {submission.id: submission.received_at for submission in judged.submissions}
    versions = sorted(grants.versions(connection), key=lambda one: (one.as_of, one.version))
    ledgers: dict[int, Mapping[str, int]] = {}
    found: dict[str, int] = {}
    for standing in judged.standings.values():
        day = _local_day(terms, received.get(standing.basis or ""))
        if day is None or not versions:
            continue
        then = next((one for one in reversed(versions) if one.as_of <= day), versions[0])
        if then.version not in ledgers:
            ledgers[then.version] = {
                grant.grant_no: grant.unexercised for grant in grants.load_version(connection, then.version).grants
            }
        found |= {no: ledgers[then.version][no] for no in standing.grants if no in ledgers[then.version]}
    return found


def _local_day(terms: Terms, received_at: datetime | None) -> date | None:
    if received_at is None:
        return None
    return received_at.date() if received_at.tzinfo is None else terms.local_date(received_at)
