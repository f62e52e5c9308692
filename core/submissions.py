"""One Election Form or Notice to Withdraw as the holder wrote it (rulebook 0): strings, not yet their meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from core.readings import Doubt, Reading


class Kind(StrEnum):
    ELECTION = "election"
    NOTICE = "notice"


class Evidence(StrEnum):
    """Supporting papers that may come with a form (OTE §4)."""

    NAME_CHANGE_PROOF = "name_change_proof"
    AUTHORITY_EVIDENCE = "authority_evidence"


@dataclass(frozen=True, slots=True)
class Signature:
    """`present`: True signed, False empty, None unsure (stamp, initials, stray mark). `reads_as`: None = illegible."""

    present: bool | None = True
    reads_as: str | None = None


@dataclass(frozen=True, slots=True)
class GrantRow:
    """One line of the grant table as written; all four cells may be blank, a "?" stands for an unreadable character."""

    grant_no: str = ""
    grant_date: str = ""
    price: str = ""
    shares: str = ""
    struck: bool = False
    altered: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """The separate schedule of EF-I 3. `signed` is None when unsure."""

    rows: tuple[GrantRow, ...] = ()
    name: str = ""
    signed: bool | None = False
    date: str = ""


@dataclass(frozen=True, slots=True)
class Fields:
    """The boxes of a form, as written. `amend_box` None = unreadable. Rows keep the table's order."""

    printed_name: str = ""
    signature: Signature = Signature()
    tax_id: str = field(default="", repr=False)
    date: str = ""
    time: str = ""
    email: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    notes: str = ""
    amend_box: bool | None = False
    rows: tuple[GrantRow, ...] = ()
    schedule: Schedule | None = None
    capacity: str = ""
    title: str = ""
    evidence: tuple[Evidence, ...] = ()

    @property
    def rows_by_stem(self) -> dict[str, GrantRow]:
        """The table's rows, then the schedule's, by how the keys of their readings begin: row1, schedule.row1."""
        tables = {"": self.rows, "schedule.": self.schedule.rows if self.schedule else ()}
        return {f"{prefix}row{line}": row for prefix, rows in tables.items() for line, row in enumerate(rows, start=1)}


_NO_READINGS: Mapping[str, Reading] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Submission:
    """One form, whatever the number of faxes or pages (rulebook 0).

    `received_start` and `received_at` are the first and last required page complete, from the fax server or the hand
    delivery stamp; a naive datetime means that no zone was recorded; None means that the time is unknown. `pages` are
    E1, E2, N1, COVER, SCHEDULE, EVIDENCE, I1..., UNKNOWN; a trailing "!" is present but unreadable.
    """

    id: str
    kind: Kind | None
    delivery: str = "fax"
    destination: str = "listed"
    form_version: str | None = None
    pages: tuple[str, ...] = ()
    received_start: datetime | None = None
    received_at: datetime | None = None
    struck_text: tuple[str, ...] = ()
    fields: Fields = Fields()

    holder_id: str | None = None
    """The holder that the matcher or a person assigned; None = resolved by the rulebook's steps (rule 27)."""
    holder_confirmed: bool = False
    """True when a person assigned `holder_id`; a machine's choice must not contradict the rulebook's steps."""
    sequence: int = 0
    """The fax server's order of arrival; breaks ties of receipt and signature (rulebook 4.1)."""
    fax: str | None = None
    """sha256 of the fax file; None for a form that a clerk keyed."""
    readings: Mapping[str, Reading] = field(default_factory=lambda: _NO_READINGS, repr=False)
    doubts: tuple[Doubt, ...] = ()
    bundle_size: int = 1
    """Forms in the same transmission (BUNDLED_FAX)."""
    bundle_clean: bool = True
    """False when a page of the bundle could not be attributed to one form."""
