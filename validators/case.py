"""One submission with everything it is judged against: ledger, offer, and what the same holder sent before.

A case is immutable and only derives: which rows are filled, when the form came, whether it is late, how its signature
lies to the earlier ones. It refuses to know what any of that is worth: the rules say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType

from core.findings import Resolution, RowStatus
from core.grammar import (
    Parsed,
    SignedMoment,
    WrittenDate,
    normalise_grant_no,
    normalise_name,
    parse_date,
    parse_price,
    parse_shares,
)
from core.holders import Grant, Holder, OptionLedger
from core.judgements import Standing
from core.offer_state import OfferState
from core.standing import Order, read_in_zone, signed_order
from core.submissions import GrantRow, Kind, Submission
from offers.state import cancellation_on, current_expiration, judged_extensions
from offers.terms import Terms
from validators.resubmission import Earlier, is_filled, original_of, predecessor_of
from validators.rule import Need
from validators.ruling import Ruling

REQUIRED_PAGES: Mapping[Kind | None, tuple[str, ...]] = {
    Kind.ELECTION: ("E1", "E2"),
    Kind.NOTICE: ("N1",),
    None: (),
}
_BOX_PAGES: Mapping[Kind | None, str] = {Kind.ELECTION: "E2", Kind.NOTICE: "N1"}
"""The page that bears table and signature block."""


@dataclass(frozen=True)
class WrittenRow:
    """One filled row of the table or the schedule, parsed.

    `number` is 1-based over table then schedule; `grant` is the ledger's, whosever it is. `repeats` is the first
    unstruck row with the same grant number, None for that row itself.
    """

    number: int
    on_schedule: bool
    row: GrantRow
    grant_no: str
    is_struck: bool
    grant: Grant | None
    repeats: WrittenRow | None = None

    @property
    def target(self) -> str:
        return self.grant_no or f"row{self.number}"

    @property
    def label(self) -> str:
        return f"Row {self.number}{' (schedule)' if self.on_schedule else ''}"

    @property
    def has_unreadable_number(self) -> bool:
        return "?" in self.grant_no

    @cached_property
    def written_date(self) -> Parsed[WrittenDate]:
        """A grant date has its year written: none is assumed (decision 0011)."""
        return parse_date(self.row.grant_date)

    @property
    def granted_on(self) -> date | None:
        return self.written_date.value.on if self.written_date.value else None

    @cached_property
    def price(self) -> Parsed[Decimal]:
        return parse_price(self.row.price)

    @cached_property
    def shares(self) -> Parsed[int]:
        return parse_shares(self.row.shares)

    @property
    def values(self) -> tuple[object, object, object]:
        """Date, price and shares by value where they have one, else as written."""
        return (
            self.granted_on or self.row.grant_date.strip(),
            self.row.price.strip() if self.price.value is None else self.price.value,
            self.row.shares.strip() if self.shares.value is None else self.shares.value,
        )

    def agrees_with(self, grant: Grant) -> bool:
        """Whether date, price and shares are all those of a grant: advice only, never a substitute for a number."""
        return self.values == (grant.grant_date, grant.exercise_price, grant.unexercised)


@dataclass(frozen=True)
class Case:
    """The facts of one submission at its own place in receipt order.

    `history` holds the same holder's earlier-received submissions (for a form without a holder: the others without
    one), `standing` the holder's standing before this form, `ruling` what persons decided about this form.
    `row_statuses` is filled only for rules of a later stage.
    """

    submission: Submission
    ledger: OptionLedger
    offer: OfferState
    terms: Terms
    signed: SignedMoment
    holder: Holder | None = None
    why_no_holder: str = ""
    history: tuple[Earlier, ...] = ()
    standing: Standing = field(default_factory=Standing)
    ruling: Ruling = field(default_factory=Ruling)
    row_statuses: Mapping[str, RowStatus] = field(default_factory=lambda: MappingProxyType({}))

    def has(self, need: Need) -> bool:
        return {
            Need.HOLDER: self.holder is not None,
            Need.RECEIPT: self.received_at is not None,
            Need.SIGNED_DATE: self.signed.on is not None,
        }[need]

    def date_of(self, text: str) -> Parsed[WrittenDate]:
        """A date on the form or its schedule; without a year it is of the offer's year (rule 33)."""
        return parse_date(text, assumed_year=self.terms.default_year)

    # ------------------------------------------------------------------------------------------------- receipt

    @cached_property
    def received_at(self) -> datetime | None:
        """Last required page complete, in UTC; a stamp without offset is read in the offer's zone."""
        stamp = self.submission.received_at
        return None if stamp is None else read_in_zone(stamp, self.terms.time_zone)

    @cached_property
    def received_start(self) -> datetime | None:
        stamp = self.submission.received_start
        return self.received_at if stamp is None else read_in_zone(stamp, self.terms.time_zone)

    @property
    def received_on(self) -> date | None:
        """The date of receipt on the offer's clock."""
        return None if self.received_at is None else self.received_at.astimezone(self.terms.time_zone).date()

    @cached_property
    def expiration(self) -> datetime:
        """The Expiration Date as validly extended (OTE §2), in UTC."""
        return current_expiration(self.offer, self.terms.announcement_limit).astimezone(UTC)

    @cached_property
    def extension_is_on_record(self) -> bool:
        """Whether an extension of the present expiration was announced, too late to count."""
        return any(
            one.announced_late and one.expiration_before.astimezone(UTC) == self.expiration
            for one in judged_extensions(self.offer, self.terms.announcement_limit)
        )

    @property
    def cancellation_on(self) -> date:
        """The day tendered options are expected to be cancelled; it moves with extensions and acceptance (OTE §6)."""
        return cancellation_on(self.offer, self.terms)

    @property
    def announcement_limit(self) -> datetime:
        """Until when the present expiration may still be extended (OTE Q20), in UTC."""
        return self.terms.announcement_limit(self.expiration).astimezone(UTC)

    @property
    def is_after_expiration(self) -> bool:
        return self.received_at is not None and self.received_at > self.expiration

    @property
    def straddles_deadline(self) -> bool:
        return self.is_after_expiration and self.received_start is not None and self.received_start < self.expiration

    @property
    def lacks_receipt_zone(self) -> bool:
        stamp = self.submission.received_at
        return stamp is not None and stamp.tzinfo is None

    @cached_property
    def receipt_zone_is_critical(self) -> bool:
        """Whether a stamp without offset is late in one of Pacific, Eastern and UTC, and in time in another."""
        stamp = self.submission.received_at
        if stamp is None or stamp.tzinfo is not None:
            return False
        zones = (self.terms.time_zone, self.terms.business_zone, UTC)
        readings = {stamp.replace(tzinfo=zone, fold=fold).astimezone(UTC) for zone in zones for fold in (0, 1)}
        return len({reading > self.expiration for reading in readings}) > 1

    # --------------------------------------------------------------------------------------------------- pages

    @cached_property
    def _unreadable_pages(self) -> frozenset[str]:
        if self.ruling.settles("PAGE_UNREADABLE"):
            return frozenset()
        return frozenset(page.removesuffix("!") for page in self.submission.pages if page.endswith("!"))

    @cached_property
    def missing_pages(self) -> tuple[str, ...]:
        present = {page.removesuffix("!") for page in self.submission.pages}
        return tuple(page for page in REQUIRED_PAGES[self.submission.kind] if page not in present)

    def _page_of(self, box: str) -> str | None:
        if box == "amend_box":
            return "E1"
        return _BOX_PAGES.get(self.submission.kind)

    def is_on_missing_page(self, box: str) -> bool:
        return self._page_of(box) in self.missing_pages and not self.ruling.settles("PAGE_MISSING")

    def is_unreadable(self, box: str) -> bool:
        """Whether the box is on a page below the legibility floor: it is then not blank (rule 20)."""
        return self._page_of(box) in self._unreadable_pages

    @property
    def schedule_is_unreadable(self) -> bool:
        return "SCHEDULE" in self._unreadable_pages

    # ---------------------------------------------------------------------------------------------------- rows

    @cached_property
    def rows(self) -> tuple[WrittenRow, ...]:
        """The filled rows, table then schedule; a table row on a page that is missing is none."""
        table = self.submission.fields.rows
        schedule = self.submission.fields.schedule.rows if self.submission.fields.schedule else ()
        first: dict[str, WrittenRow] = {}
        rows = []
        for number, row in enumerate((*table, *schedule), start=1):
            on_schedule = number > len(table)
            if not is_filled(row) or (not on_schedule and self.is_on_missing_page("rows")):
                continue
            written = self._written_row(number, row, on_schedule, first)
            if written.repeats is None and not written.is_struck and not written.has_unreadable_number:
                first[written.target] = written
            rows.append(written)
        return tuple(rows)

    def _written_row(self, number: int, row: GrantRow, on_schedule: bool, first: dict[str, WrittenRow]) -> WrittenRow:
        grant_no = normalise_grant_no(row.grant_no)
        is_struck = row.struck and not self.ruling.settles("ROW_STRUCK", grant_no or f"row{number}")
        return WrittenRow(
            number=number,
            on_schedule=on_schedule,
            row=row,
            grant_no=grant_no,
            is_struck=is_struck,
            grant=self.ledger.grant(grant_no),
            repeats=None if is_struck else first.get(grant_no),
        )

    @cached_property
    def unstruck_rows(self) -> tuple[WrittenRow, ...]:
        """The first unstruck row of each grant number, somebody else's among them."""
        return tuple(row for row in self.rows if not row.is_struck and row.repeats is None)

    @cached_property
    def checked_rows(self) -> tuple[WrittenRow, ...]:
        """The rows held against the ledger: unstruck, no repeats, and not of another holder's grant (rule 64)."""
        return tuple(row for row in self.unstruck_rows if not self.is_anothers(row))

    @cached_property
    def ledger_rows(self) -> tuple[tuple[WrittenRow, Grant], ...]:
        """The checked rows whose grant is in the ledger, with that grant."""
        return tuple((row, row.grant) for row in self.checked_rows if row.grant is not None)

    def is_anothers(self, row: WrittenRow) -> bool:
        return row.grant is not None and self.holder is not None and row.grant.holder_id != self.holder.holder_id

    def cell_is_unreadable(self, row: WrittenRow) -> bool:
        """Whether a blank cell of the row may merely be illegible: its page is below the legibility floor."""
        return self.schedule_is_unreadable if row.on_schedule else self.is_unreadable("rows")

    @cached_property
    def written_grants(self) -> frozenset[str]:
        """The grant numbers of all filled rows, struck ones included."""
        return frozenset(row.grant_no for row in self.rows)

    # ------------------------------------------------------------------------------------------------- history

    @cached_property
    def duplicate_of(self) -> Earlier | None:
        return original_of(self.submission, self.signed, self.history)

    @cached_property
    def cures(self) -> Earlier | None:
        return predecessor_of(self.submission, self.history) if self.holder is not None else None

    @cached_property
    def cured(self) -> frozenset[str]:
        """Ids of the submissions in whose place this one stands: the one it cures and any that one had cured."""
        return self.cures.cured | {self.cures.submission.id} if self.cures else frozenset()

    @cached_property
    def other_history(self) -> tuple[Earlier, ...]:
        """What came before, without the submissions that this one stands in place of."""
        return tuple(earlier for earlier in self.history if earlier.submission.id not in self.cured)

    @cached_property
    def elections_on_file(self) -> tuple[Earlier, ...]:
        """Earlier elections that are EFFECTIVE or HELD, in order of receipt."""
        return tuple(earlier for earlier in self.history if earlier.is_election and earlier.counts)

    @property
    def has_open_election(self) -> bool:
        """Whether an earlier election is held and open, other than one being cured."""
        return any(earlier.is_election and earlier.is_open for earlier in self.other_history)

    def _earlier_in(self, *orders: Order) -> tuple[Earlier, ...]:
        """The reference set of the order test: EFFECTIVE or HELD, for a notice elections only (rulebook 4.1)."""
        return tuple(
            earlier
            for earlier in self.other_history
            if earlier.counts
            and (earlier.is_election or self.submission.kind is Kind.ELECTION)
            and signed_order(self.signed, earlier.signed) in orders
        )

    @cached_property
    def signed_not_after(self) -> tuple[Earlier, ...]:
        return self._earlier_in(Order.NOT_LATER)

    @cached_property
    def signed_order_unknown(self) -> tuple[Earlier, ...]:
        return self._earlier_in(Order.UNKNOWN)

    @cached_property
    def signed_later_same_day(self) -> tuple[Earlier, ...]:
        return self._earlier_in(Order.LATER_SAME_DAY)

    @cached_property
    def passes_order_test(self) -> bool:
        """Whether the form is dated and signed after everything it would displace, or a person found that it was."""
        if self.signed.on is None:
            return False
        if self.signed_not_after:
            return self.ruling.settles("ELECTION_NOT_AFTER_PRIOR") or self.ruling.settles("NOTICE_NOT_AFTER_ELECTION")
        return not self.signed_order_unknown or self.ruling.settles("SAME_DATE_ORDER_UNKNOWN")

    # ---------------------------------------------------------------------------------------------------- names

    @cached_property
    def accepted_names(self) -> frozenset[str]:
        """The names that are the holder's own: on the agreement, or changed with proof that a person approved."""
        if self.holder is None:
            return frozenset()
        approved = {
            normalise_name(name)
            for earlier in self.history
            for finding in earlier.findings
            if finding.code == "NAME_CHANGE_PROOF_REVIEW" and finding.resolution is Resolution.CLEARED
            for name in (earlier.submission.fields.printed_name, earlier.submission.fields.signature.reads_as or "")
        }
        return frozenset({normalise_name(self.holder.name_on_agreement), *approved} - {""})
