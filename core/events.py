"""What can happen to the books: every kind of event and its typed body; it refuses to know where events are kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, assert_never

from core.decisions import Decision, Waiver
from core.holder_changes import HolderChange, UnlawfulTender
from core.offer_state import AcceptedGrant, Extension, TermsChange
from core.page_layout import Layout
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
    FORM_DISMISSED = "form_dismissed"
    PAGES_REGROUPED = "pages_regrouped"
    COUNSEL_ASKED = "counsel_asked"
    DECISION_TAKEN_BACK = "decision_taken_back"
    WAIVER_PROPOSED = "waiver_proposed"
    WAIVER_DECLINED = "waiver_declined"
    TAX_ID_SHOWN = "tax_id_shown"
    HOLDER_REPORTED = "holder_reported"
    TENDER_UNLAWFUL = "tender_unlawful"


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
    """One delivery of a fax's bytes. The same bytes again are another delivery of the same fax.

    Told again under the same `delivery_id`, it replaces what was known of that delivery (its sidecar came later).
    `sidecar` is the sha256 of what the fax server said of it, in the archive.
    """

    fax: str
    file: str
    delivery_id: str
    receipt: Receipt
    sidecar: str | None = None


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
    """A hand-delivered form that `clerk` keyed; its receipt times are those of the stamp.

    `scan` is the sha256 of a picture of the paper in the archive, where one was attached.
    """

    submission: Submission
    clerk: str
    scan: str | None = None


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
    """What a person read in a field; `key` is a reading's key (`printed_name`, `row2.shares`).

    `was` is what stood there before; equal to `value` where the person confirmed a doubtful reading. Tax ids are kept
    like every other field: the journal is as confidential as the forms.
    """

    submission_id: str
    key: str
    value: str = field(repr=False)
    reason: str
    was: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class HolderAssigned:
    """A person says whose form it is; None takes an assignment back. `was` is whose it was taken for before."""

    submission_id: str
    holder_id: str | None
    reason: str
    was: str | None = None


@dataclass(frozen=True, slots=True)
class FormDismissed:
    """A person found that this is no form at all. `subject` is a submission's id, or a fax that gave none."""

    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class PagesRegrouped:
    """A person says which pages of a fax make up which form; `was` and `now` are the layouts before and after.

    `transmission` is the fax as it was read again for it (decision 0071): a replay reads nothing. A form whose pages
    stay as they were keeps its id and what was decided about it; a changed one is a new form with a new id.
    """

    fax: str
    was: Layout
    now: Layout
    transmission: Transmission
    reason: str


@dataclass(frozen=True, slots=True)
class CounselAsked:
    """The form waits for counsel: nobody is asked to decide it meanwhile; what it holds stays held."""

    submission_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class DecisionTakenBack:
    """Undoes one earlier event of the desk, which stays written. `subject` is what that event was about."""

    event_id: str
    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class WaiverProposed:
    """One person asks a second one to waive a class of defects for every holder (OTE §4, July 9 wording)."""

    id: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class WaiverDeclined:
    id: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class TaxIdShown:
    """A person had a holder's full identification number shown, on the form or as read."""

    submission_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class HolderReported:
    """What HR, counsel or the holder said of one holder's circumstances; the change's `detail` is the reason given."""

    change: HolderChange


@dataclass(frozen=True, slots=True)
class TenderUnlawful:
    """Counsel says that the tenders of some holders may be unlawful to accept (OTE §4, EF-I 8)."""

    tender: UnlawfulTender


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
    | FormDismissed
    | PagesRegrouped
    | CounselAsked
    | DecisionTakenBack
    | WaiverProposed
    | WaiverDeclined
    | TaxIdShown
    | HolderReported
    | TenderUnlawful
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
        EventKind.FORM_DISMISSED: FormDismissed,
        EventKind.PAGES_REGROUPED: PagesRegrouped,
        EventKind.COUNSEL_ASKED: CounselAsked,
        EventKind.DECISION_TAKEN_BACK: DecisionTakenBack,
        EventKind.WAIVER_PROPOSED: WaiverProposed,
        EventKind.WAIVER_DECLINED: WaiverDeclined,
        EventKind.TAX_ID_SHOWN: TaxIdShown,
        EventKind.HOLDER_REPORTED: HolderReported,
        EventKind.TENDER_UNLAWFUL: TenderUnlawful,
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
        case FaxReceived() | FaxArchived() | FaxQuarantined() | PagesRegrouped():
            return body.fax
        case FaxRead():
            return body.transmission.fax
        case FormKeyed():
            return body.submission.id
        case FindingDecided():
            return body.decision.submission_id
        case FieldCorrected() | HolderAssigned() | CounselAsked() | TaxIdShown():
            return body.submission_id
        case FormDismissed() | DecisionTakenBack():
            return body.subject
        case OfferExtended() | OfferTerminated() | OfferAccepted() | OfferChanged():
            return OFFER
        case WaiverProposed() | WaiverDeclined() | DefectWaived() | HolderReported() | TenderUnlawful():
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
