"""Which faxes still wait to be read; the question is asked without loading a reader or Prefect."""

from __future__ import annotations

from collections.abc import Sequence

from flows.desk import Desk
from ledger import claims
from ledger.claims import ClaimState


def are_settled(desk: Desk, faxes: Sequence[str]) -> bool:
    """Whether each of the faxes was read or put into quarantine."""
    with desk.books.reading() as connection:
        found = [claims.claim_of(connection, fax) for fax in set(faxes)]
    return all(claim is not None and claim.state is not ClaimState.WAITING for claim in found)
