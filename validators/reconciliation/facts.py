"""Everything that the nightly checks look at, gathered at one moment; it refuses to know where any of it is kept.

What the books could not say is None or a reason, never an empty collection: an empty one means "there is nothing".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from core.decisions import Decision
from core.findings import Disposition, Finding
from core.holders import OptionLedger
from core.judgements import Standing
from core.night import OpenIrregularity, PoolChange
from core.offer_state import OfferState
from core.submissions import Kind
from offers.business_days import next_business_day
from offers.state import current_expiration
from offers.terms import Terms


@dataclass(frozen=True, slots=True)
class Call:
    """One line of the fax server's own log. `complete` False: the call failed or broke off."""

    job_id: str
    received_start: datetime | None
    received_at: datetime | None
    pages: int | None
    caller_id: str
    status: str
    complete: bool
    file: str


@dataclass(frozen=True, slots=True)
class FaxLog:
    """What the fax server says it received up to the night's moment. `problem` says why it cannot be relied on."""

    calls: tuple[Call, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ClockCheck:
    """What the fax server's clock showed when a reference clock showed `reference_at`; naive: no offset was given."""

    server_at: datetime
    reference_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of a fax's bytes, as noted by us at `noted_at`."""

    job_id: str | None
    file: str
    received_start: datetime | None
    received_at: datetime | None
    source: str | None
    channel: str
    """fax, hand, email, ..."""
    pages: int | None
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class StrayPage:
    """A page that belongs to no form. `page_class` says what it was taken for."""

    number: int
    page_class: str


@dataclass(frozen=True, slots=True)
class FaxFacts:
    """One fax of the books. `pages_read` None: it was never read (it waits, or lies in quarantine)."""

    fax: str
    file: str
    deliveries: tuple[Delivery, ...]
    archived_name: str | None
    """None for a file that was refused before it could be archived."""
    quarantined: bool
    dismissed: bool
    """A person found that it is no form."""
    submission_ids: tuple[str, ...]
    pages_read: int | None = None
    numbers_complete: bool = True
    """Whether the pages read are numbered 1, 2, 3 without a gap or a repeat."""
    pages_with_a_form: int = 0
    strays: tuple[StrayPage, ...] = ()
    pages_set_aside: int = 0
    """By a person who said which pages make up which form."""


@dataclass(frozen=True, slots=True)
class FileState:
    """One archived file as it lies there. `pages` None: they could not be counted, and `problem` says why."""

    name: str
    exists: bool
    unchanged: bool
    pages: int | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FormFacts:
    """One submission, judged. `findings` are all of them, with what persons made of them."""

    submission_id: str
    fax: str | None
    scan: str | None
    """sha256 of the picture of a keyed form, where one was attached."""
    file: str
    kind: Kind | None
    delivery: str
    received_at: datetime | None
    taken_in_at: datetime
    holder_id: str | None
    disposition: Disposition
    findings: tuple[Finding, ...]
    waits: bool
    """A person still has something to decide about it."""
    moot: bool
    """A later form of the same holder took its place in full."""


@dataclass(frozen=True, slots=True)
class StoredDifference:
    """One row of the derived tables that is not what the journal gives. `key` is a holder's, form's or fax's."""

    key: str
    what: str
    submission_id: str | None = None
    holder_id: str | None = None


@dataclass(frozen=True, slots=True)
class StoredShares:
    """A share number in a stored standing, and the one of the ledger of that line; None: no such grant."""

    holder_id: str
    grant_no: str
    stored: int
    ledger: int | None


@dataclass(frozen=True, slots=True)
class StoredFacts:
    """The derived tables held against the journal. `why_not` says why they could not be."""

    rows: int = 0
    differences: tuple[StoredDifference, ...] = ()
    shares: tuple[StoredShares, ...] = ()
    expiration: datetime | None = None
    """The expiration that the stored judgements were made with, and the one that the journal gives for that line."""
    expiration_due: datetime | None = None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class LedgerChange:
    """A row of the ledger that is other than when forms were validated against it. `key`: grant number or holder id."""

    key: str
    what: str
    submission_ids: tuple[str, ...]
    holder_id: str | None = None


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """The eligible shares, on the offer's count date and now. `baseline` None: no ledger of that date or before."""

    baseline: int | None
    baseline_as_of: date | None
    eligible_by_grant: Mapping[str, int] = field(default_factory=dict)
    """Grant number to eligible shares, by the ledger in force."""
    changes: tuple[PoolChange, ...] = ()

    @property
    def eligible(self) -> int:
        return sum(self.eligible_by_grant.values())

    @property
    def explained_decrease(self) -> int:
        return sum(max(0, change.before - change.after) for change in self.changes if change.why)


@dataclass(frozen=True, slots=True)
class LedgerVersionState:
    """One imported version of the ledger held against its two archived files; `problem` "" where they say the same."""

    version: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """One decision about a form's finding. `then` is what the finding said when it was decided, `now` what it says.

    None: there was, or is, no such finding.
    """

    decision: Decision
    then: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """The desk's log: numbers missing from it, and forms whose tax id was shown more often than the log says."""

    lines: int = 0
    missing: tuple[int, ...] = ()
    shown_unlogged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JournalFault:
    """Where the journal does not hold; `line` is its number."""

    line: int
    what: str


@dataclass(frozen=True)
class NightFacts:
    """The books and what lies beside them, as of one moment. Forms are in order of arrival, faxes too."""

    as_of: datetime
    terms: Terms
    offer: OfferState
    journal_seq: int
    journal_fault: JournalFault | None = None
    fax_log: FaxLog | None = None
    """None: this workspace has none."""
    clock_checks: tuple[ClockCheck, ...] = ()
    clock_problem: str = ""
    """Why the log of clock checks cannot be relied on."""
    faxes: tuple[FaxFacts, ...] = ()
    files: Mapping[str, FileState] = field(default_factory=dict)
    """By sha256: every archived file that the books know of, faxes and scans."""
    unknown_files: tuple[str, ...] = ()
    """Files of the archive that the books do not know."""
    forms: tuple[FormFacts, ...] = ()
    standings: Mapping[str, Standing] = field(default_factory=dict)
    """Replayed from the journal, by holder id."""
    stored: StoredFacts = StoredFacts()
    ledger: OptionLedger = OptionLedger((), ())
    ledger_versions: tuple[LedgerVersionState, ...] = ()
    pool: PoolFacts = PoolFacts(None, None)
    ledger_changes: tuple[LedgerChange, ...] = ()
    status_changes: tuple[LedgerChange, ...] = ()
    open_items: tuple[OpenIrregularity, ...] = ()
    waivers_asked: frozenset[str] = frozenset()
    """Codes whose waiver was put to a second person and is not yet decided."""
    decisions: tuple[DecisionFacts, ...] = ()
    access: AccessFacts = AccessFacts()

    @cached_property
    def expiration(self) -> datetime:
        return current_expiration(self.offer, self.terms.announcement_limit)

    @cached_property
    def has_expired(self) -> bool:
        return self.as_of > self.expiration

    @cached_property
    def settled_by(self) -> datetime:
        """One business day after the expiration, at the same hour: by then nothing may be open (rulebook 5)."""
        return next_business_day_same_hour(self.expiration, self.terms)

    @cached_property
    def form_by_id(self) -> Mapping[str, FormFacts]:
        return {form.submission_id: form for form in self.forms}


def next_business_day_same_hour(moment: datetime, terms: Terms) -> datetime:
    """The same hour, in the offer's zone, of the first business day after the moment's day there."""
    local = moment.astimezone(terms.time_zone)
    return datetime.combine(next_business_day(local.date()), local.timetz())
