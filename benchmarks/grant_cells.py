"""The cells of the grant table as the benchmark compares them: what a cell means, and which grant a row speaks of.

It refuses to know how a row is lined up with a grant when it is read: what is right is found here by counting alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from core.grammar import normalise_grant_no, parse_date, parse_price, parse_shares
from core.holders import Grant
from core.submissions import GrantRow
from extractors.readers.reader import Writing

COLUMNS = ("grant_no", "grant_date", "price", "shares")
WRITINGS: Mapping[str, Writing] = MappingProxyType(
    dict(zip(COLUMNS, (Writing.GRANT_NO, Writing.DATE, Writing.PRICE, Writing.SHARES), strict=True))
)
_ENOUGH_CELLS = 2


def value_of(column: str, text: str) -> object:
    """What a cell means to the rules; None where it means nothing."""
    match column:
        case "grant_no":
            return normalise_grant_no(text) or None
        case "grant_date":
            written = parse_date(text).value
            return written.on if written else None
        case "price":
            return parse_price(text).value
        case "shares":
            return parse_shares(text).value
    raise AssertionError(column)


def values_of(row: GrantRow) -> tuple[object, ...]:
    return tuple(value_of(column, getattr(row, column)) for column in COLUMNS)


def ledger_values(grant: Grant) -> tuple[object, ...]:
    """What the four cells say when all of the grant is tendered."""
    return grant.grant_no, grant.grant_date, grant.exercise_price, grant.unexercised


def meant_grant(row: GrantRow, own: Sequence[Grant]) -> Grant | None:
    """The holder's grant that most cells of the written row speak of, two at least; None where none or several do."""
    agreeing = {
        grant.grant_no: sum(a == b for a, b in zip(values_of(row), ledger_values(grant), strict=True)) for grant in own
    }
    most = max(agreeing.values(), default=0)
    likeliest = [grant for grant in own if agreeing[grant.grant_no] == most]
    return likeliest[0] if most >= _ENOUGH_CELLS and len(likeliest) == 1 else None
