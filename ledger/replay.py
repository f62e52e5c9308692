"""The journal folded into what it says by now: faxes with their receipts, submissions, decisions, the offer's state.

It refuses to judge: which submission counts is for the rules to say.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from core.corrections import corrected
from core.decisions import Decision
from core.events import (
    Body,
    CounselAsked,
    DecisionTakenBack,
    DefectWaived,
    Event,
    FaxArchived,
    FaxQuarantined,
    FaxRead,
    FaxReceived,
    FieldCorrected,
    FindingDecided,
    FormDismissed,
    FormKeyed,
    HolderAssigned,
    HolderReported,
    LedgerImported,
    OfferAccepted,
    OfferChanged,
    OfferExtended,
    OfferTerminated,
    PagesRegrouped,
    TaxIdShown,
    TenderUnlawful,
    WaiverDeclined,
    WaiverProposed,
)
from core.holder_changes import HolderChange, UnlawfulTender
from core.offer_state import OfferState
from core.submissions import Submission
from core.transmissions import Receipt, Transmission

_GOOD_CHANNELS = frozenset({"fax", "hand"})
_FORMS_PER_FAX = 100
"""More forms than a fax of fifty pages can hold: leaves room between the sequence numbers of two faxes."""


@dataclass(frozen=True, slots=True)
class FaxHistory:
    """One fax: every delivery of its bytes, and what came of it. `first_seq` is the journal's line of its arrival.

    `transmission` is the fax as it counts now: as read, or as a person last regrouped its pages.
    """

    fax: str
    first_seq: int
    received: tuple[FaxReceived, ...] = ()
    transmission: Transmission | None = None
    quarantined: FaxQuarantined | None = None
    settled_at: datetime | None = None
    """When it was read or put in quarantine, by the journal's clock."""
    as_read: Transmission | None = None
    """What the machine made of it."""
    versions: tuple[Transmission, ...] = ()
    """As read and as ever regrouped, what was taken back too: their forms' ids are used up."""


@dataclass(frozen=True, slots=True)
class KeyedForm:
    submission: Submission
    clerk: str
    seq: int
    keyed_at: datetime
    scan: str | None = None


@dataclass(frozen=True, slots=True)
class ProposedWaiver:
    """A waiver on its way: in force, declined or waiting for a second person; `closed_by` is that person."""

    proposal: WaiverProposed
    proposer: str
    proposed_at: datetime
    in_force: bool = False
    closed_by: str | None = None
    closed_at: datetime | None = None
    closing_reason: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """Everything the journal says up to line `seq`. Mappings keep the journal's order."""

    offer: OfferState
    seq: int = 0
    faxes: Mapping[str, FaxHistory] = field(default_factory=dict)
    keyed: Mapping[str, KeyedForm] = field(default_factory=dict)
    imports: tuple[LedgerImported, ...] = ()
    reversible: Mapping[str, Body] = field(default_factory=dict)
    """What persons decided at the desk and nobody took back, by the event's id."""
    proposals: Mapping[str, ProposedWaiver] = field(default_factory=dict)
    """Every waiver that was proposed, by its id; waiting, in force or declined."""
    reports: Mapping[str, HolderReported | TenderUnlawful] = field(default_factory=dict)
    """What was reported of holders and nobody took back, by the event's id."""

    @property
    def decisions(self) -> tuple[Decision, ...]:
        return tuple(body.decision for body in self.reversible.values() if isinstance(body, FindingDecided))

    @property
    def corrections(self) -> tuple[FieldCorrected, ...]:
        return tuple(body for body in self.reversible.values() if isinstance(body, FieldCorrected))

    @property
    def assignments(self) -> tuple[HolderAssigned, ...]:
        return tuple(body for body in self.reversible.values() if isinstance(body, HolderAssigned))

    @property
    def dismissed(self) -> frozenset[str]:
        """The submissions and faxes that a person found to be no form."""
        return frozenset(body.subject for body in self.reversible.values() if isinstance(body, FormDismissed))

    @property
    def with_counsel(self) -> frozenset[str]:
        """The submissions that wait for counsel."""
        return frozenset(body.submission_id for body in self.reversible.values() if isinstance(body, CounselAsked))

    @property
    def holder_changes(self) -> tuple[HolderChange, ...]:
        return tuple(body.change for body in self.reports.values() if isinstance(body, HolderReported))

    @property
    def unlawful(self) -> tuple[UnlawfulTender, ...]:
        return tuple(body.tender for body in self.reports.values() if isinstance(body, TenderUnlawful))

    def ledger_version(self) -> int | None:
        """The version in force: the one of the latest date, of two with the same date the one imported last."""
        newest = max(self.imports, key=lambda i: (i.as_of, i.version), default=None)
        return newest.version if newest else None


def replay(events: Iterable[Event], record: Record) -> Record:
    """`record` carried on by `events`, which must be the lines that follow it in the journal."""
    faxes, keyed = dict(record.faxes), dict(record.keyed)
    offer, imports, seq = record.offer, list(record.imports), record.seq
    reversible, proposals, reports = dict(record.reversible), dict(record.proposals), dict(record.reports)
    for event in events:
        seq = event.seq
        match event.body():
            case FaxReceived() as body:
                known = faxes.get(body.fax, FaxHistory(body.fax, event.seq))
                faxes[body.fax] = replace(known, received=_with_delivery(known.received, body))
            case FaxRead(transmission=transmission):
                known = faxes.get(transmission.fax, FaxHistory(transmission.fax, event.seq))
                faxes[transmission.fax] = replace(
                    known,
                    transmission=transmission,
                    settled_at=event.at,
                    as_read=transmission,
                    versions=(*known.versions, transmission),
                )
            case PagesRegrouped(fax=fax, transmission=transmission) as body:
                known = faxes.get(fax, FaxHistory(fax, event.seq))
                versions = (*known.versions, transmission)
                faxes[fax] = replace(known, transmission=transmission, versions=versions)
                reversible[event.id] = body
            case FaxQuarantined() as body:
                known = faxes.get(body.fax, FaxHistory(body.fax, event.seq))
                faxes[body.fax] = replace(known, quarantined=body, settled_at=event.at)
            case FormKeyed(submission=submission, clerk=clerk, scan=scan):
                keyed[submission.id] = KeyedForm(submission, clerk, event.seq, event.at, scan)
            case OfferExtended(extension=extension):
                offer = replace(offer, extensions=(*offer.extensions, extension))
            case OfferTerminated(terminated_at=terminated_at):
                offer = replace(offer, terminated_at=terminated_at)
            case OfferAccepted(accepted_at=accepted_at, grants=grants):
                offer = replace(offer, accepted_at=accepted_at, accepted_grants=grants)
            case OfferChanged(change=change):
                offer = replace(offer, changes=(*offer.changes, change))
            case DefectWaived(waiver=waiver):
                offer = replace(offer, waivers=(*offer.waivers, waiver))
                if waiver.id in proposals:
                    proposals[waiver.id] = _closed(proposals[waiver.id], event, waiver.reason, in_force=True)
            case WaiverProposed() as body:
                proposals[body.id] = ProposedWaiver(body, event.actor, event.at)
            case WaiverDeclined() as body if body.id in proposals:
                proposals[body.id] = _closed(proposals[body.id], event, body.reason, in_force=False)
            case FindingDecided() | FieldCorrected() | HolderAssigned() | FormDismissed() | CounselAsked() as body:
                reversible[event.id] = body
            case DecisionTakenBack(event_id=event_id):
                undone = reversible.pop(event_id, None)
                reports.pop(event_id, None)
                if isinstance(undone, PagesRegrouped):
                    faxes[undone.fax] = _regrouped(faxes[undone.fax], reversible.values())
            case HolderReported() | TenderUnlawful() as body:
                reports[event.id] = body
            case LedgerImported() as body:
                imports.append(body)
            case FaxArchived() | TaxIdShown() | WaiverDeclined():
                pass
            case other:
                assert_never(other)
    return Record(offer, seq, faxes, keyed, tuple(imports), reversible, proposals, reports)


def _with_delivery(received: tuple[FaxReceived, ...], told: FaxReceived) -> tuple[FaxReceived, ...]:
    """The deliveries with one more, or with one of them told better: its place among them stays."""
    if any(one.delivery_id == told.delivery_id for one in received):
        return tuple(told if one.delivery_id == told.delivery_id else one for one in received)
    return (*received, told)


def _regrouped(fax: FaxHistory, reversible: Iterable[Body]) -> FaxHistory:
    """The fax as the last regrouping that stands left it, else as read."""
    stand = [b.transmission for b in reversible if isinstance(b, PagesRegrouped) and b.fax == fax.fax]
    return replace(fax, transmission=stand[-1] if stand else fax.as_read)


def _closed(waiver: ProposedWaiver, event: Event, reason: str, *, in_force: bool) -> ProposedWaiver:
    return replace(waiver, in_force=in_force, closed_by=event.actor, closed_at=event.at, closing_reason=reason)


def submissions_of(
    record: Record, *, expiration: datetime, zone: ZoneInfo, only: Container[str] | None = None
) -> tuple[Submission, ...]:
    """Every submission as it stands now: with the receipt that counts, and as persons corrected and assigned it.

    `expiration` is the offer's in force, `zone` the clock of a receipt that carries none; `only` these submissions
    where it is given. In order of arrival.
    """
    keyed = (k for k in record.keyed.values() if only is None or k.submission.id in only)
    arrived: list[tuple[int, Submission]] = [(k.seq * _FORMS_PER_FAX, k.submission) for k in keyed]
    for fax in record.faxes.values():
        if fax.transmission is None:
            continue
        if only is not None and not any(s.id in only for s in fax.transmission.submissions):
            continue
        receipt = governing_receipt(fax, expiration=expiration, zone=zone)
        for index, submission in enumerate(fax.transmission.submissions):
            arrived.append((sequence_of(fax) + index, _received(submission, receipt)))
    arrived.sort(key=lambda pair: pair[0])
    dismissed = record.dismissed
    found = {
        s.id: replace(s, sequence=sequence)
        for sequence, s in arrived
        if s.id not in dismissed and (only is None or s.id in only)
    }
    for correction in record.corrections:
        if correction.submission_id in found:
            before = found[correction.submission_id]
            found[correction.submission_id] = corrected(before, correction.key, correction.value)
    for assignment in record.assignments:
        if assignment.submission_id in found:
            before = found[assignment.submission_id]
            found[assignment.submission_id] = replace(
                before, holder_id=assignment.holder_id, holder_confirmed=assignment.holder_id is not None
            )
    return tuple(found.values())


def sequence_of(fax: FaxHistory) -> int:
    """The place of a fax's first form in the order of arrival."""
    return fax.first_seq * _FORMS_PER_FAX


def governing_receipt(fax: FaxHistory, *, expiration: datetime, zone: ZoneInfo) -> Receipt:
    """The delivery that counts when the same bytes came several times: the earliest that is good (decision 0060).

    A delivery to the listed place by fax or hand goes before one elsewhere (EF-I 1: "when actually received"); among
    those the earliest known time. Yet where that one is late and another's time is unknown, the unknown one counts:
    a person must look before a holder is told that he was late.
    """
    receipts = [received.receipt for received in fax.received]
    if not receipts:
        return fax.transmission.receipt if fax.transmission else Receipt()
    good = [r for r in receipts if r.destination == "listed" and r.delivery in _GOOD_CHANNELS] or receipts
    known = sorted((_instant(r.received_at, zone), n) for n, r in enumerate(good) if r.received_at is not None)
    unknown = [r for r in good if r.received_at is None]
    if not known or (unknown and known[0][0] > expiration):
        return unknown[0]
    return good[known[0][1]]


def _received(submission: Submission, receipt: Receipt) -> Submission:
    return replace(
        submission,
        received_start=receipt.received_start,
        received_at=receipt.received_at,
        destination=receipt.destination,
        delivery=receipt.delivery,
    )


def _instant(moment: datetime, zone: ZoneInfo) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
