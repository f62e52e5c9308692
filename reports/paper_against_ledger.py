"""Each reading of a form held against what the ledger says; for people to look at, never to decide by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.grammar import normalise_grant_no, normalise_name, parse_date, parse_price, parse_shares, tax_id_digits
from core.holders import Grant, Holder, OptionLedger
from core.readings import Mark, Reading
from core.submissions import Submission

MASK = "•••-••-"


class FieldState(StrEnum):
    """How a field stands, each with its own symbol, line and word (the desk's design)."""

    AGREES = "agrees"
    DIFFERS = "differs"
    DOUBTFUL = "doubtful"
    BLANK = "blank"
    ILLEGIBLE = "illegible"
    NOT_COMPARED = "not compared"


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One reading as shown: `says` and `ledger` are masked where they are personal; `asks` 0.0 = no doubt."""

    reading: Reading
    state: FieldState
    says: str
    ledger: str
    asks: float
    why: str


def field_lines(submission: Submission, holder: Holder | None, ledger: OptionLedger) -> tuple[FieldLine, ...]:
    """Every reading of the submission in the form's order, with its state."""
    doubts = {doubt.key: doubt for doubt in submission.doubts}
    lines = []
    for reading in sorted(submission.readings.values(), key=_place):
        expected = _expected(reading.key, submission, holder, ledger)
        doubt = doubts.get(reading.key)
        lines.append(
            FieldLine(
                reading,
                _state(reading, expected, doubtful=doubt is not None),
                _shown(reading.key, reading.value),
                _shown(reading.key, expected or ""),
                doubt.asks if doubt else 0.0,
                doubt.why if doubt else "",
            )
        )
    return tuple(lines)


def _place(reading: Reading) -> tuple[int, float, float]:
    """Where a reading stands on its fax: boxes of one line are level to a hundredth of the page."""
    return reading.page, round(reading.box.y0, 2), reading.box.x0


def mask_tax_id(text: str) -> str:
    """All but the last four digits hidden (rulebook 7)."""
    digits = tax_id_digits(text)
    return MASK + digits[-4:] if digits else text


def _shown(key: str, text: str) -> str:
    return mask_tax_id(text) if key == "tax_id" else text


def _state(reading: Reading, expected: str | None, *, doubtful: bool) -> FieldState:
    if reading.mark is Mark.BLANK:
        return FieldState.BLANK
    if reading.mark is Mark.ILLEGIBLE:
        return FieldState.ILLEGIBLE
    if expected is not None and not _same(reading.key, reading.value, expected):
        return FieldState.DIFFERS
    if doubtful:
        return FieldState.DOUBTFUL
    return FieldState.NOT_COMPARED if expected is None else FieldState.AGREES


def _expected(key: str, submission: Submission, holder: Holder | None, ledger: OptionLedger) -> str | None:
    """What the ledger says of this field; None when it has nothing to say."""
    if holder is None:
        return None
    match key.split("."):
        case ["printed_name"]:
            return holder.name_on_agreement
        case ["tax_id"]:
            return holder.tax_id or None
        case [*_, row, column] if row.startswith("row"):
            return _expected_cell(key, column, submission, holder, ledger)
        case _:
            return None


def _expected_cell(key: str, column: str, submission: Submission, holder: Holder, ledger: OptionLedger) -> str | None:
    number = submission.readings.get(f"{key.rpartition('.')[0]}.grant_no")
    grant = ledger.grant(normalise_grant_no(number.value)) if number is not None else None
    if grant is None or grant.holder_id != holder.holder_id:
        return None
    return _written(grant)[column]


def _written(grant: Grant) -> dict[str, str]:
    return {
        "grant_no": grant.grant_no,
        "grant_date": grant.grant_date.isoformat(),
        "price": f"{grant.exercise_price:,f}",
        "shares": f"{grant.unexercised:,}",
    }


def _same(key: str, says: str, expected: str) -> bool:
    match key.rpartition(".")[2]:
        case "grant_no":
            return normalise_grant_no(says) == normalise_grant_no(expected)
        case "grant_date":
            said, meant = parse_date(says).value, parse_date(expected).value
            return said is not None and meant is not None and said.on == meant.on
        case "price":
            return parse_price(says).value == parse_price(expected).value
        case "shares":
            return parse_shares(says).value == parse_shares(expected).value
        case "tax_id":
            return tax_id_digits(says) == tax_id_digits(expected)
        case _:
            return normalise_name(says) == normalise_name(expected)
