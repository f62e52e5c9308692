"""Whether a form is one that came before: the same again (rule 21), or the same put right (rule 22).

Fields are compared as written, only prices and shares by value; runs of spaces do not count. It refuses to know what
the fields mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from core.findings import Disposition, Finding, Hold
from core.grammar import SignedMoment, parse_price, parse_shares
from core.submissions import GrantRow, Kind, Submission

T = TypeVar("T")

ARRIVAL_CODES = frozenset(
    {
        "DELIVERY_OTHER",
        "WRONG_DESTINATION",
        "RECEIPT_TIME_UNKNOWN",
        "RECEIPT_TZ_CRITICAL",
        "FAX_STRADDLES_DEADLINE",
        "BEFORE_COMMENCEMENT",
        "SIGNED_AFTER_RECEIPT",
    }
)
"""Findings about how or when a form arrived: a good copy is never lost as a duplicate of such a form (9 #32)."""

_IGNORED_PAGE = re.compile(r"(?:COVER|I[0-9]+)!?")


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier-received submission of the same holder, as it stands when a later one is judged."""

    submission: Submission
    signed: SignedMoment
    disposition: Disposition
    findings: tuple[Finding, ...]
    is_open: bool
    """Held and neither mooted nor cured."""
    is_basis: bool
    """The standing rests on it."""
    cured: frozenset[str] = frozenset()
    """Ids of the submissions in whose place it stands, through any number of cures."""

    @property
    def counts(self) -> bool:
        """EFFECTIVE or HELD, mooted or not: part of the reference set of the order test (rulebook 4.1)."""
        return self.disposition in (Disposition.EFFECTIVE, Disposition.HELD)

    @property
    def is_election(self) -> bool:
        return self.submission.kind is Kind.ELECTION

    @property
    def has_flaw(self) -> bool:
        """Whether a hard or soft finding stands on it, on the form or on a row."""
        return any(finding.stands and finding.hold is not Hold.NONE for finding in self.findings)

    @property
    def is_held_for_its_arrival(self) -> bool:
        return (
            self.disposition is Disposition.HELD
            and self.is_open
            and any(finding.stands and finding.code in ARRIVAL_CODES for finding in self.findings)
        )


def is_filled(row: GrantRow) -> bool:
    """Whether anything is written in the row; a line struck through an unused row is nothing."""
    return any(cell.strip() for cell in (row.grant_no, row.grant_date, row.price, row.shares))


def original_of(submission: Submission, signed: SignedMoment, history: Sequence[Earlier]) -> Earlier | None:
    """The earlier submission of which this one is a mere copy, the latest if several (rule 21)."""
    if signed.on is None and not any(is_filled(row) for row in _all_rows(submission)):
        return None
    for earlier in reversed(history):
        if _is_copy(submission, earlier) or _is_reissue(submission, earlier):
            return earlier
    return None


def predecessor_of(submission: Submission, history: Sequence[Earlier]) -> Earlier | None:
    """The earlier live submission that this one puts right and replaces, the latest if several (rule 22)."""
    for earlier in reversed(history):
        is_live = (earlier.disposition is Disposition.HELD and earlier.is_open) or (
            earlier.disposition is Disposition.EFFECTIVE and earlier.is_basis and earlier.has_flaw
        )
        if not is_live or not _is_same_form(submission, earlier.submission, blanks_may_be_filled=True):
            continue
        if earlier.is_held_for_its_arrival or _recorded(submission) != _recorded(earlier.submission):
            return earlier
    return None


def _is_copy(submission: Submission, earlier: Earlier) -> bool:
    """Rule 21 (a): identical in every recorded field."""
    return (
        earlier.counts
        and not earlier.is_held_for_its_arrival
        and _recorded(submission) == _recorded(earlier.submission)
    )


def _is_reissue(submission: Submission, earlier: Earlier) -> bool:
    """Rule 21 (b): the same form again, with nothing new in handwriting, of one that is good or spent."""
    return (
        earlier.disposition is Disposition.EFFECTIVE
        and (not earlier.has_flaw or not earlier.is_basis)
        and _is_same_form(submission, earlier.submission, blanks_may_be_filled=False)
        and not _says_more(submission, earlier.submission)
    )


def _is_same_form(new: Submission, earlier: Submission, *, blanks_may_be_filled: bool) -> bool:
    """Same kind, signed date and time, rows and printed name.

    With `blanks_may_be_filled`, a time or name that was blank on the earlier form may be filled on the new one.
    """
    if new.kind is not earlier.kind or _written(new.fields.date) != _written(earlier.fields.date):
        return False
    if _cells(new) != _cells(earlier):
        return False
    pairs = ((new.fields.time, earlier.fields.time), (new.fields.printed_name, earlier.fields.printed_name))
    return all(_written(now) == _written(then) or (blanks_may_be_filled and not then.strip()) for now, then in pairs)


def _says_more(new: Submission, earlier: Submission) -> bool:
    """Whether the new form bears free text, struck text or a row mark that the earlier one lacks."""
    note = _written(new.fields.notes)
    if note and note != _written(earlier.fields.notes):
        return True
    if set(new.struck_text) - set(earlier.struck_text):
        return True
    marks = zip(_all_rows(new), _all_rows(earlier), strict=True)
    return any((now.struck and not then.struck) or (now.altered and not then.altered) for now, then in marks)


def _recorded(submission: Submission) -> tuple[object, ...]:
    """Every recorded field, ready to compare; receipt, delivery, destination, cover and instructions left out."""
    fields = submission.fields
    schedule = fields.schedule
    return (
        submission.kind,
        submission.form_version,
        sorted(page for page in submission.pages if not _IGNORED_PAGE.fullmatch(page)),
        sorted(submission.struck_text),
        [
            _written(text)
            for text in (
                fields.printed_name,
                fields.tax_id,
                fields.date,
                fields.time,
                fields.email,
                fields.address,
                fields.notes,
                fields.capacity,
                fields.title,
                fields.signature.reads_as or "",
            )
        ],
        fields.signature.present,
        fields.amend_box,
        sorted(fields.evidence),
        _cells(submission),
        [(row.struck, row.altered) for row in _all_rows(submission)],
        (_written(schedule.name), schedule.signed, _written(schedule.date)) if schedule else None,
    )


Cells = tuple[str, str, Decimal | str, int | str]


def _cells(submission: Submission) -> tuple[list[Cells], list[Cells]]:
    """The filled rows of table and schedule: numbers and dates as written, prices and shares by value."""
    schedule = submission.fields.schedule
    return _cells_of(submission.fields.rows), _cells_of(schedule.rows if schedule else ())


def _cells_of(rows: Iterable[GrantRow]) -> list[Cells]:
    return [
        (
            _written(row.grant_no),
            _written(row.grant_date),
            _value_or_text(parse_price(row.price).value, row.price),
            _value_or_text(parse_shares(row.shares).value, row.shares),
        )
        for row in rows
        if is_filled(row)
    ]


def _value_or_text(value: T | None, text: str) -> T | str:
    return _written(text) if value is None else value


def _all_rows(submission: Submission) -> list[GrantRow]:
    """The filled rows of table and schedule."""
    schedule = submission.fields.schedule
    return [row for row in (*submission.fields.rows, *(schedule.rows if schedule else ())) if is_filled(row)]


def _written(text: str) -> str:
    return " ".join(text.split())
