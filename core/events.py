"""What can happen to the books: every kind of event and its typed body; it refuses to know where events are kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, assert_never

from core.decisions import Decision, Waiver
from core.offer_state import AcceptedGrant, Extension, TermsChange
from core.plain import canonical, from_plain, to_plain
from core.submissions import Submission
from core.transmissions import Receipt, Transmission

OFFER = "offer"
"""The subject of every event that happens to the offer itself."""


class EventKind(StrEnum):
    LEDGER_IMPORTED = "ledger_imported"
    FAX_RECEIVED = "fax_received"
    FAX_ARCHIVED = "fax_archived"
    FAX_READ = "fax_read"
    FAX_QUARANTINED = "fax_quarantined"
    FORM_KEYED = "form_keyed"
    OFFER_EXTENDED = "offer_extended"
    OFFER_TERMINATED = "offer_terminated"
    OFFER_ACCEPTED = "offer_accepted"
    OFFER_CHANGED = "offer_changed"
    DEFECT_WAIVED = "defect_waived"
    FINDING_DECIDED = "finding_decided"
    FIELD_CORRECTED = "field_corrected"
    HOLDER_ASSIGNED = "holder_assigned"


@dataclass(frozen=True, slots=True)
class LedgerImported:
    """A version of the option ledger; both files lie in the archive under their hashes."""

    version: int
    as_of: date
    holders_sha256: str
    grants_sha256: str
    holders: int
    grants: int


@dataclass(frozen=True, slots=True)
class FaxReceived:
    """One delivery of a fax's bytes. The same bytes again are another delivery of the same fax."""

    fax: str
    file: str
    delivery_id: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class FaxArchived:
    """The bytes are safe. `size` in bytes; `archived_name` is relative to the archive."""

    fax: str
    size: int
    archived_name: str


@dataclass(frozen=True, slots=True)
class FaxRead:
    transmission: Transmission


@dataclass(frozen=True, slots=True)
class FaxQuarantined:
    """A file that could not be read; `reason` is one line for a person, `details` a traceback without values."""

    fax: str
    file: str
    reason: str
    attempts: int
    details: str = ""


@dataclass(frozen=True, slots=True)
class FormKeyed:
    """A hand-delivered form that `clerk` keyed; its receipt times are those of the stamp."""

    submission: Submission
    clerk: str


@dataclass(frozen=True, slots=True)
class OfferExtended:
    extension: Extension
    reason: str


@dataclass(frozen=True, slots=True)
class OfferTerminated:
    terminated_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class OfferAccepted:
    """Acceptance is the moment notice of it is given to the holders (rulebook 6.1); `medium` says how."""

    accepted_at: datetime
    medium: str
    reason: str
    grants: tuple[AcceptedGrant, ...] = ()


@dataclass(frozen=True, slots=True)
class OfferChanged:
    change: TermsChange


@dataclass(frozen=True, slots=True)
class DefectWaived:
    waiver: Waiver


@dataclass(frozen=True, slots=True)
class FindingDecided:
    decision: Decision


@dataclass(frozen=True, slots=True)
class FieldCorrected:
    """A person read a field otherwise than the machine; `key` is a reading's key (`printed_name`, `row2.shares`)."""

    submission_id: str
    key: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class HolderAssigned:
    """A person says whose form it is; None takes an assignment back."""

    submission_id: str
    holder_id: str | None
    reason: str


Body = (
    LedgerImported
    | FaxReceived
    | FaxArchived
    | FaxRead
    | FaxQuarantined
    | FormKeyed
    | OfferExtended
    | OfferTerminated
    | OfferAccepted
    | OfferChanged
    | DefectWaived
    | FindingDecided
    | FieldCorrected
    | HolderAssigned
)

BODY_OF: Mapping[EventKind, type[Any]] = MappingProxyType(
    {
        EventKind.LEDGER_IMPORTED: LedgerImported,
        EventKind.FAX_RECEIVED: FaxReceived,
        EventKind.FAX_ARCHIVED: FaxArchived,
        EventKind.FAX_READ: FaxRead,
        EventKind.FAX_QUARANTINED: FaxQuarantined,
        EventKind.FORM_KEYED: FormKeyed,
        EventKind.OFFER_EXTENDED: OfferExtended,
        EventKind.OFFER_TERMINATED: OfferTerminated,
        EventKind.OFFER_ACCEPTED: OfferAccepted,
        EventKind.OFFER_CHANGED: OfferChanged,
        EventKind.DEFECT_WAIVED: DefectWaived,
        EventKind.FINDING_DECIDED: FindingDecided,
        EventKind.FIELD_CORRECTED: FieldCorrected,
        EventKind.HOLDER_ASSIGNED: HolderAssigned,
    }
)
_KIND_OF = {body: kind for kind, body in BODY_OF.items()}


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event not yet in the journal. `actor` is a person's name or "tenderfax" for the machine itself."""

    at: datetime
    actor: str
    body: Body

    @property
    def kind(self) -> EventKind:
        return _KIND_OF[type(self.body)]


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the journal. `seq` counts from 1 without a gap; `hash` covers everything else, `prev_hash` too."""

    seq: int
    id: str
    kind: EventKind
    at: datetime
    actor: str
    subject: str
    payload: str
    prev_hash: str
    hash: str

    def body(self) -> Body:
        return body_of(self.kind, self.payload)


def subject_of(body: Body) -> str:
    """What the event is about: a fax's hash, a submission's id, the offer, or a version of the ledger."""
    match body:
        case LedgerImported():
            return f"ledger-{body.version}"
        case FaxReceived() | FaxArchived() | FaxQuarantined():
            return body.fax
        case FaxRead():
            return body.transmission.fax
        case FormKeyed():
            return body.submission.id
        case FindingDecided():
            return body.decision.submission_id
        case FieldCorrected() | HolderAssigned():
            return body.submission_id
        case OfferExtended() | OfferTerminated() | OfferAccepted() | OfferChanged() | DefectWaived():
            return OFFER
        case _:
            assert_never(body)


def payload_of(body: Body) -> str:
    """The body as canonical JSON."""
    return canonical(to_plain(body))


def body_of(kind: EventKind, payload: str) -> Body:
    """The typed body of a stored payload; raises MalformedRecord."""
    body: Body = from_plain(BODY_OF[kind], json.loads(payload), place=kind.value)
    return body


def hash_of(
    *, seq: int, id: str, kind: EventKind, at: datetime, actor: str, subject: str, payload: str, prev_hash: str
) -> str:
    """sha256 over every column of the event and the hash of the one before: no line can change unseen."""
    line = [seq, id, kind.value, at.isoformat(), actor, subject, payload, prev_hash]
    return hashlib.sha256(canonical(line).encode()).hexdigest()
