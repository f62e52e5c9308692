"""Finds the holder whose form this is, and which of the holder's grants each row speaks of.

The ledger is used to find, not to supply: nothing here changes a value that was read. A wrong holder is worse than
none, so that a match needs two kinds of evidence, an absolute score and a margin to the next best holder; a signer who
is not in the ledger stays unknown. Design 4, rulebook 27.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from functools import lru_cache

from rapidfuzz.distance import Indel, Levenshtein

from core.grammar import normalise_grant_no, normalise_name, parse_date, parse_price, parse_shares, tax_id_digits
from core.holders import Grant, Holder, OptionLedger
from core.submissions import Fields, GrantRow
from extractors.assignment import best_assignment
from extractors.fusion import UNREADABLE

_LEAST_SCORE = 9.0
_LEAST_MARGIN = 5.0
"""Measured with `python -m benchmarks.reading --strangers`: see docs/decisions/0051."""
_ROWS_WEIGH_AT_MOST = 16.0
_LOOK_ALIKE = 0.8
_ROW_FLOOR = 1.0
"""A row whose best grant brings less speaks of none of the holder's grants."""

_LOOK_ALIKES = str.maketrans("oilsbzgq|!", "0115826911")
"""Characters that a fax and a reader mix up, as one class each; compared in lower case."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for one holder, in nats (a natural-log scale; negative speaks against). 0.0 is silence."""

    name: float = 0.0
    tax_id: float = 0.0
    email: float = 0.0
    rows: float = 0.0

    @property
    def score(self) -> float:
        return self.name + self.tax_id + self.email + self.rows

    @property
    def is_enough(self) -> bool:
        """Two kinds of evidence for the holder that do not both come from the name, and none clearly against."""
        if min(self.name, self.tax_id, self.rows) <= _AGAINST:
            return False
        by_name = self.name >= 2.5 and (self.tax_id >= 2.0 or self.rows >= 4.0)
        by_numbers = self.tax_id >= 6.0 and self.rows >= 4.0
        return by_name or by_numbers


_AGAINST = -3.0


@dataclass(frozen=True, slots=True)
class Match:
    """`holder_id` None = unknown. `grants` holds for each row the grant number of the ledger it was lined up with.

    `likeliest` is the best holder even where it is not good enough, so that a look-alike's name can be told.
    """

    holder_id: str | None
    grants: tuple[str | None, ...] = ()
    likeliest: str | None = None
    score: float = 0.0
    margin: float = 0.0


def find_holder(fields: Fields, rows: Sequence[GrantRow], ledger: OptionLedger) -> Match:
    """The holder of one form as read. `rows` are the table's and the schedule's; none on a notice."""
    ranked = sorted(
        ((evidence_for(holder, fields, rows, ledger), holder) for holder in ledger.holders),
        key=lambda pair: -pair[0].score,
    )
    if not ranked:
        return Match(None)
    best, holder = ranked[0]
    margin = best.score - (ranked[1][0].score if len(ranked) > 1 else 0.0)
    found = best.is_enough and best.score >= _LEAST_SCORE and margin >= _LEAST_MARGIN
    grants = line_up(rows, ledger.grants_of(holder.holder_id)) if found else ()
    return Match(
        holder.holder_id if found else None,
        grants or (None,) * len(rows),
        holder.holder_id if best.score > _LEAST_SCORE else None,
        best.score,
        margin,
    )


def name_in_question(read: str, match: Match, ledger: OptionLedger) -> str:
    """The name as read, with "?" where a look-alike's differs to whom the numbers point although nobody was found.

    Readers mix up Petersen and Peterson, and lose a Jr.: without this a misread name would be another holder's name
    exactly, and the rules, which go by exact names first (rulebook 27), would settle on him.
    """
    holder = ledger.holder(match.likeliest) if match.likeliest and match.holder_id is None else None
    if holder is None:
        return read
    names = (holder.name_on_agreement, *holder.legal_name_changes)
    known = max(names, key=lambda name: likeness(normalise_name(read), normalise_name(name)))
    alike = likeness(normalise_name(read), normalise_name(known))
    if alike < _LOOK_ALIKE or normalise_name(read) == normalise_name(known):
        return read
    steps = SequenceMatcher(None, read.casefold(), known.casefold(), autojunk=False).get_opcodes()
    return "".join(
        read[start:end] if tag == "equal" else UNREADABLE * max(end - start, 1) for tag, start, end, _, _ in steps
    )


def evidence_for(holder: Holder, fields: Fields, rows: Sequence[GrantRow], ledger: OptionLedger) -> Evidence:
    own = ledger.grants_of(holder.holder_id)
    by_rows = sum(
        max((row_fit(row, grant) for grant in own), default=-1.5) for row in rows if row.grant_no or row.shares
    )
    return Evidence(
        _name_fit(fields.printed_name, holder),
        _tax_id_fit(fields.tax_id, holder.tax_id),
        _email_fit(fields.email, holder.email),
        max(-_ROWS_WEIGH_AT_MOST, min(_ROWS_WEIGH_AT_MOST, by_rows)),
    )


def line_up(rows: Sequence[GrantRow], grants: Sequence[Grant]) -> tuple[str | None, ...]:
    """For each row the one grant it fits best; no grant twice, None for a row that fits none."""
    gains = [[row_fit(row, grant) for grant in grants] for row in rows]
    return tuple(grants[place].grant_no if place is not None else None for place in best_assignment(gains, _ROW_FLOOR))


def likeness(read: str, known: str) -> float:
    """0.0-1.0: how alike two texts are when look-alike characters count little."""
    plain = Indel.normalized_similarity(read, known)
    levelled = Indel.normalized_similarity(read.translate(_LOOK_ALIKES), known.translate(_LOOK_ALIKES))
    return 0.4 * plain + 0.6 * levelled


def _name_fit(read: str, holder: Holder) -> float:
    name = normalise_name(read).replace(" ", "")
    if not name:
        return 0.0
    known = (holder.name_on_agreement, *holder.legal_name_changes)
    best = max(likeness(name, normalise_name(each).replace(" ", "")) for each in known)
    return max(-8.0, min(8.5, 30.0 * (best - 0.72)))


_BY_WRONG_DIGITS: Mapping[int, float] = {0: 10.0, 1: 6.0, 2: 2.0, 3: -1.5}


def _tax_id_fit(read: str, known: str) -> float:
    """Nine digits that differ in four are another person's; four to eight may be the ending alone (rule 44)."""
    digits, own = tax_id_digits(read.translate(str.maketrans("OolISBZ?", "00115820"))), tax_id_digits(known)
    if len(digits) < 4 or not own:
        return 0.0
    if len(digits) <= len(own) - 3:
        return 3.0 if own.endswith(digits) else -1.0
    return _BY_WRONG_DIGITS.get(Levenshtein.distance(digits, own), -5.0)


def _email_fit(read: str, known: str) -> float:
    if not read or not known:
        return 0.0
    return max(-1.0, min(3.0, 12.0 * (likeness(read.casefold(), known.casefold()) - 0.75)))


def row_fit(row: GrantRow, grant: Grant) -> float:
    """How well a row fits a grant, in nats, over the four columns together; -1.5 for one that does not."""
    return max(
        -1.5,
        _grant_no_fit(row.grant_no, grant.grant_no)
        + _date_fit(row.grant_date, grant.grant_date)
        + _price_fit(row.price, grant.exercise_price)
        + _shares_fit(row.shares, grant.unexercised, grant.shares_granted),
    )


def _grant_no_fit(read: str, known: str) -> float:
    if not read:
        return 0.0
    bare, own = normalise_grant_no(read).casefold(), known.casefold()
    if bare == own:
        return 6.0
    apart = Levenshtein.distance(bare.translate(_LOOK_ALIKES), own.translate(_LOOK_ALIKES))
    return {0: 4.0, 1: 1.5, 2: 0.0}.get(apart, -2.0)


# Many grants share a day, a price or a count: each of these three is asked the same a hundred times for one form.


@lru_cache(maxsize=4096)
def _date_fit(read: str, on: date) -> float:
    if not read:
        return 0.0
    found = parse_date(read).value
    if found is not None:
        return 3.0 if found.on == on else -1.0
    ways = (f"{on.month}/{on.day}/{on:%y}", f"{on:%m/%d/%Y}", f"{on:%b} {on.day}, {on.year}")
    return 4.0 * (max(likeness(read.casefold(), way.casefold()) for way in ways) - 0.6)


@lru_cache(maxsize=4096)
def _price_fit(read: str, price: Decimal) -> float:
    if not read:
        return 0.0
    found = parse_price(read).value
    if found == price:
        return 2.5
    digits = re.sub(r"[^0-9]", "", read)
    return 1.5 if digits and digits.lstrip("0") == f"{price:.2f}".replace(".", "").lstrip("0") else -1.0


@lru_cache(maxsize=4096)
def _shares_fit(read: str, unexercised: int, granted: int) -> float:
    """The whole grant, what is left of it, or nothing we know: vested shares are for the rules to tell."""
    if not read:
        return 0.0
    found = parse_shares(read).value
    if found in (unexercised, granted):
        return 3.0
    digits = re.sub(r"[^0-9]", "", read)
    alike = likeness(digits, str(unexercised)) if digits else 0.0
    return 0.5 if alike >= 0.75 else -0.7
