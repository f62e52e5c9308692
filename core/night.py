"""What one nightly reconciliation found: checks, breaks, tie-outs and what stands behind them; values only.

A `Night` is everything a report of it needs: rendering opens no book, no archive and no clock. It refuses to know how
a check is made (`validators.reconciliation`) and where its facts come from (`judging.nights`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from core.findings import Disposition, Hold, Severity
from core.judgements import State
from core.submissions import Kind


class BreakSeverity(StrEnum):
    """What a break does (rulebook 5: B and W)."""

    BLOCKS = "blocks"
    """Nothing may be accepted while it is there."""
    WARNS = "warns"


class CheckOutcome(StrEnum):
    HOLDS = "holds"
    BROKEN = "broken"
    NOT_DUE = "not due"
    """What it looks at has not happened yet, or is not kept in this workspace; `CheckRun.why` says which."""
    NOT_EVALUATED = "not evaluated"
    """It could not be made. Nothing was proven: never to be shown as holding."""


@dataclass(frozen=True, slots=True)
class CheckRun:
    """One check of rulebook section 5 as it came out. `looked_at` counts what was compared."""

    code: str
    severity: BreakSeverity
    duty: str
    """What must hold, as one sentence for a reader."""
    cite: str
    outcome: CheckOutcome
    looked_at: int = 0
    breaks: int = 0
    why: str = ""
    """Why it is not due or could not be evaluated."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact behind a break, for a table of two columns; never a whole tax id, an address or an e-mail."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that does not balance. (`code`, `key`) is the same thing on every night that it stays open.

    `key` is a fax's hash, a submission's, holder's or grant's id, a job number, a code, or "offer".
    """

    code: str
    severity: BreakSeverity
    key: str
    message: str
    """Place and fact."""
    next_step: str
    cite: str
    evidence: tuple[Evidence, ...]
    first_seen: datetime
    """`as_of` of the first run that found it, and every run since; this night's own where it is new."""
    nights: int
    """How many runs have found it without a gap, this one included; 1 when it is new."""
    age: timedelta
    """From `first_seen` to this night's `as_of`; zero when it is new."""
    submission_id: str | None = None
    """The form to open in the desk; None where no form is concerned."""
    fax: str | None = None
    holder_id: str | None = None


# ------------------------------------------------------------------------------------------------------- tie-outs


@dataclass(frozen=True, slots=True)
class Amount:
    """One line that is added up. A line that is taken away has a negative number."""

    label: str
    number: int


@dataclass(frozen=True, slots=True)
class Tie:
    """Two sides that must be equal, each the sum of its lines. `codes` are the checks that explain a difference."""

    label: str
    this: tuple[Amount, ...]
    that: tuple[Amount, ...]
    codes: tuple[str, ...] = ()

    @property
    def this_total(self) -> int:
        return sum(amount.number for amount in self.this)

    @property
    def that_total(self) -> int:
        return sum(amount.number for amount in self.that)

    @property
    def difference(self) -> int:
        """This side less that side; 0 when it ties."""
        return self.this_total - self.that_total

    @property
    def ties(self) -> bool:
        return self.difference == 0


@dataclass(frozen=True, slots=True)
class TieTable:
    """Ties that belong together: "Faxes", "Forms", "Holders and shares"."""

    title: str
    ties: tuple[Tie, ...]


# ---------------------------------------------------------------------------------------------- what stands behind


@dataclass(frozen=True, slots=True)
class NightForm:
    """One submission as it stood this night, in order of arrival. `file` is the name it came under."""

    submission_id: str
    fax: str | None
    file: str
    kind: Kind | None
    holder_id: str | None
    disposition: Disposition
    delivery: str
    received_at: datetime | None
    """None where the time is unknown; naive where no zone was recorded."""
    confirmation_due_at: datetime | None
    """The end of the second business day after receipt; None for an e-mailed form, to which none is due."""
    confirmed_at: datetime | None = None
    """Always None until letters are sent by this program: "none sent"."""


class CountedForms:
    """Forms counted by what became of them; whoever counts them says of which hour or day."""

    __slots__ = ()
    effective: int
    held: int
    rejected: int
    duplicate: int

    @property
    def forms(self) -> int:
        return self.effective + self.held + self.rejected + self.duplicate


@dataclass(frozen=True, slots=True)
class ReceiptHour(CountedForms):
    """The forms received in one hour of the offer's zone. `begins_at` is aware; None for unknown receipt times."""

    begins_at: datetime | None
    effective: int
    held: int
    rejected: int
    duplicate: int


@dataclass(frozen=True, slots=True)
class OpenIrregularity:
    """One thing in the review queue. `age_business_days` counts whole business days since `opened_at`."""

    item_id: str
    submission_id: str | None
    fax: str | None
    file: str
    holder_id: str | None
    code: str
    target: str
    severity: Severity
    hold: Hold
    message: str
    opened_at: datetime
    age_business_days: int


@dataclass(frozen=True, slots=True)
class TenderedGrant:
    """One grant in a standing. `shares` are those of the standing, `unexercised` those of the night's ledger."""

    grant_no: str
    plan: str
    exercise_price: str
    """A decimal in US dollars, as the ledger writes it."""
    shares: int
    unexercised: int


@dataclass(frozen=True, slots=True)
class HolderStanding:
    """One holder of the ledger who sent something, or has eligible shares. `tax_id_end`: the last four at most."""

    holder_id: str
    name: str
    tax_id_end: str
    category: str
    state: State
    contested: bool
    basis: str | None
    """The submission that the standing rests on."""
    grants: tuple[TenderedGrant, ...]
    held_grants: tuple[str, ...]
    eligible_shares: int
    """Unexercised shares of eligible grants by the night's ledger; 0 for a person who may not tender."""
    held_shares: int = 0
    """Those of them in grants that are held and not tendered."""

    @property
    def tendered_shares(self) -> int:
        return sum(grant.shares for grant in self.grants)


@dataclass(frozen=True, slots=True)
class PoolChange:
    """One grant whose eligible shares are others than on the count date (rulebook 1.3)."""

    grant_no: str
    holder_id: str
    before: int
    after: int
    why: str
    """exercise, forfeiture, expiry, status change; "" where nothing explains it (REC_POOL_BASELINE)."""
    since: date
    """The day of the ledger version that shows it first."""


@dataclass(frozen=True, slots=True)
class RevalidatedForm:
    """A submission judged again because the ledger or its holder's status changed after it was validated."""

    submission_id: str
    holder_id: str | None
    because: tuple[str, ...]
    """`grant 1041: shares exercised 0, now 100`, `holder H1: category employee, now executive_officer`."""
    disposition_before: Disposition
    disposition_after: Disposition
    codes_gained: tuple[str, ...]
    codes_lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Movement:
    """How the tendered shares came from the run before to this one; 0 where there was none before."""

    before: int
    tendered: int
    withdrawn: int
    dropped: int
    """By a later election, or by a form that no longer counts."""
    changed: int
    """By the ledger: other share numbers of the same grants. May be negative."""

    @property
    def now(self) -> int:
        return self.before + self.tendered - self.withdrawn - self.dropped + self.changed


@dataclass(frozen=True, slots=True)
class Proof:
    """How far the run proved the books. `full` False: only what is new since the last proven line and file."""

    full: bool
    journal_seq: int
    journal_hash: str
    ledger_version: int | None
    ledger_as_of: date | None
    archived_files: int
    """Files of the archive that the books know of, each found and unchanged unless a break says otherwise."""


@dataclass(frozen=True, slots=True)
class Night:
    """One nightly reconciliation, as of one moment. The same books at the same moment give an equal value."""

    offer_id: str
    issuer: str
    time_zone: str
    """IANA name of the offer's zone: every time is shown in it."""
    commenced_on: date
    """The day the offer began (`Terms.commencement_on`): where the report's line of time left starts."""
    as_of: datetime
    before: datetime | None
    """`as_of` of the last run before this one; None for the first."""
    expiration: datetime
    """The one in force, extensions applied."""
    accepted_at: datetime | None
    terminated_at: datetime | None
    eligible_cap: int
    """The offer's own count of eligible shares (1,026,013)."""
    proof: Proof
    checks: tuple[CheckRun, ...]
    breaks: tuple[Break, ...]
    """Blocking ones first, then in the order of the checks, then by key."""
    tie_tables: tuple[TieTable, ...]
    forms: tuple[NightForm, ...]
    receipts: tuple[ReceiptHour, ...]
    """In order of time, unknown last; hours without a form are left out."""
    open_irregularities: tuple[OpenIrregularity, ...]
    standings: tuple[HolderStanding, ...]
    """By holder id."""
    pool_changes: tuple[PoolChange, ...]
    revalidated: tuple[RevalidatedForm, ...]
    movement: Movement

    @property
    def balanced(self) -> bool:
        """Whether every check that was due could be made and holds."""
        return not self.breaks and not self.unproven

    @property
    def blocking(self) -> tuple[Break, ...]:
        return tuple(one for one in self.breaks if one.severity is BreakSeverity.BLOCKS)

    @property
    def unproven(self) -> tuple[CheckRun, ...]:
        """Checks that could not be made; a report names each of them."""
        return tuple(check for check in self.checks if check.outcome is CheckOutcome.NOT_EVALUATED)

    @property
    def time_left(self) -> timedelta | None:
        """From `as_of` to the expiration; None once it is reached."""
        return self.expiration - self.as_of if self.as_of < self.expiration else None

    @property
    def tendered_shares(self) -> int:
        return sum(standing.tendered_shares for standing in self.standings)

    @property
    def eligible_shares(self) -> int:
        """By the night's ledger, tendered or not."""
        return sum(standing.eligible_shares for standing in self.standings)

    @property
    def held_shares(self) -> int:
        """Eligible shares of grants that are held and not tendered."""
        return sum(standing.held_shares for standing in self.standings)


AGE_BANDS: tuple[tuple[str, int | None], ...] = (
    ("under 1", 0),
    ("1", 1),
    ("2", 2),
    ("3 to 5", 5),
    ("over 5", None),
)
"""Ages in whole business days: what a band is called, and the most it holds."""


def by_age_and_rule(items: Iterable[OpenIrregularity]) -> Mapping[str, tuple[int, ...]]:
    """How many open irregularities each code has in each of `AGE_BANDS`, by code."""
    counted: dict[str, list[int]] = {}
    for item in items:
        counts = counted.setdefault(item.code, [0] * len(AGE_BANDS))
        band = next(n for n, (_, most) in enumerate(AGE_BANDS) if most is None or item.age_business_days <= most)
        counts[band] += 1
    return {code: tuple(counted[code]) for code in sorted(counted)}
