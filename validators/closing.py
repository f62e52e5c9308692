"""The close of the offer: what expiration does to open defects, what blocks acceptance, and what acceptance takes.

It refuses to know the journal and the clock; `validators.offer_decisions` decides with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from core.decisions import Decision
from core.findings import FORM, Disposition, Finding, Hold, Resolution, RowStatus, Severity
from core.holder_changes import HolderChange, UnlawfulTender
from core.holders import OptionLedger
from core.judgements import Judgement, Standing, State
from core.offer_state import AcceptedGrant, OfferState
from core.standing import Fold
from core.submissions import Kind
from offers.state import current_expiration
from offers.terms import Terms
from validators.offer_case import OfferCase
from validators.offer_level import OFFER_RULE_BY_CODE, Stops, offer_findings


def blocks_acceptance(finding: Finding) -> bool:
    """Whether nothing may be accepted while this offer-level finding stands as it does.

    A fatal one blocks where its rule stops the close; a review wherever it concerns the tender, until decided. A change
    upheld as material blocks until counsel is content with how long the offer stays open, and it is cleared.
    """
    stops = OFFER_RULE_BY_CODE[finding.code].stops
    if finding.severity is Severity.FATAL:
        return stops is Stops.CLOSE
    if finding.code in _BLOCKS_UPHELD and finding.resolution is Resolution.UPHELD:
        return True
    return finding.severity is Severity.REVIEW and finding.resolution is Resolution.OPEN and stops is not Stops.GRANT


_BLOCKS_UPHELD = frozenset({"EXT_MATERIAL_CHANGE"})


def leaves_out(finding: Finding) -> bool:
    """Whether the tender of this finding's holder or grant is not accepted: a fatal one, or a review upheld."""
    if OFFER_RULE_BY_CODE[finding.code].stops is not Stops.TENDER:
        return False
    return finding.severity is Severity.FATAL or finding.resolution is Resolution.UPHELD


def grants_to_accept(case: OfferCase) -> tuple[AcceptedGrant, ...]:
    """What an acceptance at `case.as_of` takes: every standing tender but those that a finding leaves out.

    Meaningful once nothing blocks acceptance; a held row is in no standing's grants.
    """
    left_out = {finding.target for finding in offer_findings(case) if leaves_out(finding)}
    return tuple(
        AcceptedGrant(holder_id, grant_no, shares, standing.basis or "")
        for holder_id, standing in case.tendering()
        if holder_id not in left_out
        for grant_no, shares in sorted(standing.grants.items())
        if grant_no not in left_out
    )


# ----------------------------------------------------------------------------------------------------- at expiration


def at_expiration(judgement: Judgement, kind: Kind | None) -> Judgement:
    """The judgement once the offer has expired: each open curable with a hard hold is fatal for its form or row.

    A soft one waits for the class decision at close. A notice is left alone: its moment is acceptance, and a person
    decides first (OTE §5). So is a form with a reading in doubt: no fatal code is final on it (rule 26). The standing
    in the result is still the one before expiration: see `standing_at_expiration`.
    """
    in_doubt = any(f.code == "OCR_LOW_CONFIDENCE" and f.resolution is Resolution.OPEN for f in judgement.findings)
    if kind is not Kind.ELECTION or judgement.disposition is Disposition.DUPLICATE or in_doubt:
        return judgement
    turned = {finding.target for finding in judgement.findings if _expires(finding)}
    if not turned:
        return judgement
    findings = tuple(replace(f, severity=Severity.FATAL) if _expires(f) else f for f in judgement.findings)
    rows = {t: RowStatus.REJECTED if t in turned else status for t, status in judgement.row_statuses.items()}
    disposition = Disposition.REJECTED if FORM in turned else judgement.disposition
    return replace(judgement, findings=findings, row_statuses=MappingProxyType(rows), disposition=disposition)


def _expires(finding: Finding) -> bool:
    return (finding.severity, finding.hold, finding.resolution) == (Severity.CURABLE, Hold.HARD, Resolution.OPEN)


def standing_at_expiration(judged: Iterable[tuple[Judgement, Kind | None]]) -> Standing:
    """One holder's standing once the offer has expired, from all the holder's judgements in order of receipt.

    A form that expiration rejects leaves the standing as it was, as the unsigned form beside a good one; a row that
    it rejects is held no longer. What else is open keeps the standing contested.
    """
    fold = Fold()
    for judgement, kind in judged:
        expired = at_expiration(judgement, kind)
        if expired.disposition is Disposition.HELD:
            fold = fold.with_held(expired.submission_id, expired.cures)
        elif expired.disposition is Disposition.EFFECTIVE and expired.standing is not None:
            after = expired.standing
            held = tuple(row for row in after.held_grants if expired.row_statuses.get(row) is not RowStatus.REJECTED)
            fold = (
                fold.with_election(expired.submission_id, after.grants, held)
                if after.state is State.TENDERED
                else fold.with_notice(expired.submission_id)
            )
    return fold.standing


def offer_case_at(
    as_of: datetime,
    *,
    terms: Terms,
    state: OfferState,
    ledger: OptionLedger,
    judged: Iterable[tuple[Judgement, Kind | None]],
    shares_at_receipt: Mapping[str, int] = MappingProxyType({}),
    holder_changes: tuple[HolderChange, ...] = (),
    unlawful: tuple[UnlawfulTender, ...] = (),
    decisions: tuple[Decision, ...] = (),
) -> OfferCase:
    """The offer at `as_of` with judgements and standings as they are by then: after expiration, as that left them.

    `judged` holds every submission's judgement with its kind, in order of receipt.
    """
    in_order = tuple(judged)
    by_holder: dict[str, list[tuple[Judgement, Kind | None]]] = {}
    for judgement, kind in in_order:
        if judgement.holder_id is not None:
            by_holder.setdefault(judgement.holder_id, []).append((judgement, kind))
    if as_of > current_expiration(state, terms.announcement_limit):
        standings = {holder_id: standing_at_expiration(theirs) for holder_id, theirs in by_holder.items()}
        judgements = tuple(at_expiration(judgement, kind) for judgement, kind in in_order)
    else:
        standings = {holder_id: theirs[-1][0].standing or Standing() for holder_id, theirs in by_holder.items()}
        judgements = tuple(judgement for judgement, _ in in_order)
    return OfferCase(
        terms=terms,
        state=state,
        as_of=as_of,
        ledger=ledger,
        judgements=judgements,
        standings=MappingProxyType(standings),
        shares_at_receipt=MappingProxyType(dict(shares_at_receipt)),
        holder_changes=holder_changes,
        unlawful=unlawful,
        decisions=decisions,
    )
