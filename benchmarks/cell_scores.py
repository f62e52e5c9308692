"""How the grant table of one form was read: every written cell, and every row's grant.

A cell is doubtful, confirmed or contradicted as the product has it: doubtful where the form carries a doubt about it
(extractors.doubts), else by whether its value is that of the grant its row was lined up with (extractors.matching).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from benchmarks.grant_cells import COLUMNS, WRITINGS, ledger_values, meant_grant, value_of
from core.grammar import normalise_grant_no
from core.holders import Grant, OptionLedger
from core.readings import Mark
from core.submissions import GrantRow, Submission
from extractors.matching import Match
from extractors.meanings import tidied
from extractors.thresholds import load_thresholds


class CellState(StrEnum):
    CONFIRMED = "confirmed"
    CONTRADICTED = "contradicted"
    """Read surely enough, and not what the ledger says: a finding with both values."""
    DOUBTFUL = "doubtful"
    WITHOUT_GRANT = "no grant"
    """The ledger has no say: no holder was found, or the row speaks of none of the holder's grants."""


@dataclass(frozen=True, slots=True)
class CellScore:
    """One cell that somebody wrote, `written` and `read` as texts.

    `sure`: it would be taken for the ledger's value if it said that. `declared`: the product says that it cannot be
    relied on: a doubt, "?", an illegible cell or page, no form at all. `slip`: it was written otherwise than the ledger
    has it. `heard` is what each reader alone made of the same crop.
    """

    key: str
    written: str
    read: str
    state: CellState
    sure: bool
    declared: bool
    slip: bool
    heard: Mapping[str, str]

    @property
    def column(self) -> str:
        return self.key.rpartition(".")[2]

    @property
    def is_right(self) -> bool:
        return value_of(self.column, self.read) == value_of(self.column, self.written)

    def is_right_by(self, reader: str) -> bool:
        """Whether that reader alone has the value; its text is tidied as the product tidies it."""
        text = tidied(WRITINGS[self.column], self.heard.get(reader, ""))
        return value_of(self.column, text) == value_of(self.column, self.written)

    @property
    def is_falsely_confirmed(self) -> bool:
        """It would pass for the ledger's value, which does not stand on the paper."""
        return self.state is CellState.CONFIRMED and not self.is_right


class RowVerdict(StrEnum):
    RIGHT = "right"
    UNMATCHED = "unmatched"
    WRONG = "wrong"
    """Lined up with another grant, or its number read without a doubt as another grant's of the ledger."""


@dataclass(frozen=True, slots=True)
class TableScore:
    cells: tuple[CellScore, ...]
    rows: tuple[RowVerdict, ...]


def score_table(
    read: Submission,
    meant: Submission,
    holder_id: str | None,
    ledger: OptionLedger,
    match: Match,
    heard: Mapping[str, Mapping[str, str]],
) -> TableScore:
    """`holder_id` is the true one's; `match` the one that the form was read with, `heard` the readers' texts by key."""
    truth = _meant_grants(meant, holder_id, ledger)
    found = _matched_grants(read, match, ledger)
    cells = tuple(
        CellScore(
            key,
            written,
            _cells_of(read).get(key, ""),
            _state(read, key, found.get(key.rpartition(".")[0])),
            _is_sure(read, key),
            _is_declared(read, key),
            _is_slip(key, written, truth),
            heard.get(key, {}),
        )
        for key, written in _written_cells(meant)
    )
    return TableScore(cells, tuple(_verdicts(read, meant, truth, found, ledger)))


def table_of_no_form(meant: Submission, holder_id: str | None, ledger: OptionLedger) -> TableScore:
    """The score of a form that was not found: the fax waits for a person, and nothing of it was read."""
    truth = _meant_grants(meant, holder_id, ledger)
    cells = tuple(
        CellScore(key, written, "", CellState.WITHOUT_GRANT, False, True, _is_slip(key, written, truth), {})
        for key, written in _written_cells(meant)
    )
    return TableScore(cells, (RowVerdict.UNMATCHED,) * sum(grant is not None for grant in truth.values()))


def _matched_grants(read: Submission, match: Match, ledger: OptionLedger) -> Mapping[str, Grant | None]:
    """The grant that each row was lined up with, by the row's stem."""
    return {
        stem: ledger.grant(number or "") for stem, number in zip(read.fields.rows_by_stem, match.grants, strict=True)
    }


def _meant_grants(meant: Submission, holder_id: str | None, ledger: OptionLedger) -> Mapping[str, Grant | None]:
    own = ledger.grants_of(holder_id) if holder_id else ()
    return {stem: meant_grant(row, own) for stem, row in meant.fields.rows_by_stem.items()}


def _cells_of(submission: Submission) -> dict[str, str]:
    """Every cell's text by its reading's key."""
    return {
        f"{stem}.{column}": getattr(row, column)
        for stem, row in submission.fields.rows_by_stem.items()
        for column in COLUMNS
    }


def _written_cells(meant: Submission) -> Iterator[tuple[str, str]]:
    """The cells that hold a value: "ALL" is none, and what is read of it is the rules' affair."""
    for key, text in _cells_of(meant).items():
        if value_of(key.rpartition(".")[2], text) is not None:
            yield key, text


def _state(read: Submission, key: str, grant: Grant | None) -> CellState:
    if any(doubt.key == key for doubt in read.doubts):
        return CellState.DOUBTFUL
    if grant is None:
        return CellState.WITHOUT_GRANT
    column = key.rpartition(".")[2]
    said = value_of(column, _cells_of(read)[key])
    return CellState.CONFIRMED if said == _in_ledger(column, grant) else CellState.CONTRADICTED


def _is_sure(read: Submission, key: str) -> bool:
    column, reading = key.rpartition(".")[2], read.readings.get(key)
    if reading is None or value_of(column, reading.value) is None:
        return False
    return reading.confidence >= load_thresholds().asks[WRITINGS[column]].confirmed


def _is_declared(read: Submission, key: str) -> bool:
    reading = read.readings.get(key)
    sheet = "SCHEDULE" if key.startswith("schedule.") else "E2"
    return (
        f"{sheet}!" in read.pages
        or any(doubt.key == key for doubt in read.doubts)
        or (reading is not None and (reading.mark is Mark.ILLEGIBLE or "?" in reading.value))
    )


def _is_slip(key: str, written: str, truth: Mapping[str, Grant | None]) -> bool:
    stem, _, column = key.rpartition(".")
    grant = truth[stem]
    return grant is not None and value_of(column, written) != _in_ledger(column, grant)


def _in_ledger(column: str, grant: Grant) -> object:
    return ledger_values(grant)[COLUMNS.index(column)]


def _verdicts(
    read: Submission,
    meant: Submission,
    truth: Mapping[str, Grant | None],
    found: Mapping[str, Grant | None],
    ledger: OptionLedger,
) -> Iterator[RowVerdict]:
    """One for each row that speaks of a grant, and one for each other row that was taken for one."""
    read_rows = read.fields.rows_by_stem
    doubted = {doubt.key for doubt in read.doubts}
    for stem, row in meant.fields.rows_by_stem.items():
        right, taken_for = truth[stem], found.get(stem)
        number = normalise_grant_no(read_rows.get(stem, GrantRow()).grant_no)
        misnamed = (
            ledger.grant(number) is not None
            and number != normalise_grant_no(row.grant_no)
            and f"{stem}.grant_no" not in doubted
        )
        if misnamed or (taken_for is not None and taken_for is not right):
            yield RowVerdict.WRONG
        elif right is not None:
            yield RowVerdict.UNMATCHED if taken_for is None else RowVerdict.RIGHT
