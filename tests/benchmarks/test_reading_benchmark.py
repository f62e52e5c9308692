"""What the reading benchmark counts, on small cases made by hand; then two faxes through all of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from benchmarks.cell_scores import CellState, RowVerdict, TableScore, score_table, table_of_no_form
from benchmarks.form_scores import FaxScore, passes, score_fax
from benchmarks.grant_cells import COLUMNS, WRITINGS, meant_grant, values_of
from benchmarks.held_out_faxes import Dose, Making, is_stranger, numbers_for, sample_of, slipped_page
from benchmarks.measures import (
    RISK_BINS,
    Told,
    bins_of,
    calibration_error,
    character_error_rate,
    lower_bound,
    upper_bound,
)
from benchmarks.overhearing import COMPARED
from benchmarks.read_faxes import Bench, FaxRead, all_read
from benchmarks.reading import Findings, draw_pictures, print_tables
from benchmarks.strictness import FACTORS, at_factor, thresholds_at
from core.holders import Grant, Holder
from core.readings import Box, Doubt, Mark, Reading
from core.submissions import Fields, GrantRow, Kind, Submission
from extractors.answers import ReadField
from extractors.doubts import FormAsRead
from extractors.matching import Match, find_holder
from extractors.readers.reader import Writing
from extractors.thresholds import load_thresholds
from samples import contents
from samples.fax import Level
from samples.lettering import Group


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench.load()


# -- measures -----


def test_an_error_rate_counts_edits_per_written_character_and_no_gaps() -> None:
    assert character_error_rate([("1,200", "1,200"), ("CP-1041", "CP - 1041")]) == 0.0
    assert character_error_rate([("1,200", "1.20"), ("abcde", "abcde")]) == pytest.approx(2 / 10)
    assert character_error_rate([("ab", "abxyz1")]) == 2.0
    assert character_error_rate([]) == 0.0


def test_nothing_found_in_three_hundred_bounds_the_share_by_one_in_a_hundred() -> None:
    assert upper_bound(0, 300) == pytest.approx(1 - 0.05 ** (1 / 300))
    assert upper_bound(0, 300) == pytest.approx(3 / 300, rel=0.01)


def test_bounds_are_those_of_clopper_and_pearson() -> None:
    # Two-sided 95 % interval of 5 in 10 and one-sided bound of 1 in 100, from the beta distribution's tables.
    assert lower_bound(5, 10, 0.975) == pytest.approx(0.18709, abs=1e-5)
    assert upper_bound(5, 10, 0.975) == pytest.approx(0.81291, abs=1e-5)
    assert upper_bound(1, 100) == pytest.approx(0.04656, abs=1e-5)


def test_what_was_never_tried_is_bounded_by_nothing() -> None:
    assert (lower_bound(0, 0), upper_bound(0, 0)) == (0.0, 1.0)
    assert upper_bound(7, 7) == 1.0


def test_confidences_that_keep_their_word_have_no_calibration_error() -> None:
    kept = [Told(0.75, right) for right in (True, True, True, False)]
    assert calibration_error(kept) == pytest.approx(0.0)
    assert calibration_error([Told(1.0, right=False)] * 4) == pytest.approx(1.0)
    assert calibration_error([*kept, *[Told(0.95, right=False)] * 4]) == pytest.approx(0.5 * 0.95)


def test_bins_hold_every_reading_once_the_surest_too() -> None:
    told = [Told(confidence, right=True) for confidence in (0.0, 0.5, 0.9, 0.949, 0.999, 1.0)]
    bins = bins_of(told, RISK_BINS)
    assert [each.count for each in bins] == [1, 1, 2, 2]
    assert sum(each.wrong for each in bins) == 0


# -- cells and rows -----


@pytest.fixture(scope="module")
def holder(bench: Bench) -> Holder:
    """One of three grants or more whose cells all differ."""
    return next(
        holder
        for holder in bench.ledger.holders
        if contents.may_tender(holder) and len(contents.eligible_grants(bench.ledger, holder)) >= 3
    )


@pytest.fixture(scope="module")
def grants(bench: Bench, holder: Holder) -> tuple[Grant, ...]:
    return contents.eligible_grants(bench.ledger, holder)


def rows_for(grants: Iterable[Grant]) -> tuple[GrantRow, ...]:
    return tuple(
        GrantRow(one.grant_no, f"{one.grant_date:%m/%d/%Y}", f"${one.exercise_price}", str(one.unexercised))
        for one in grants
    )


def form(holder: Holder, rows: tuple[GrantRow, ...], confidences: Mapping[str, float], *doubts: str) -> Submission:
    """A form read with a confidence of 1.0 but where another is given."""
    fields = Fields(printed_name=holder.name_on_agreement, tax_id=holder.tax_id, rows=rows)
    cells = {f"row{line}.{column}": getattr(row, column) for line, row in enumerate(rows, 1) for column in COLUMNS}
    texts = {"printed_name": fields.printed_name, "tax_id": fields.tax_id, **cells}
    box = Box(0.0, 0.0, 1.0, 1.0)
    readings = {
        key: Reading(key, text, text, Mark.READ, confidences.get(key, 1.0), 1, box, "") for key, text in texts.items()
    }
    drawn = tuple(Doubt(key, confidences.get(key, 1.0), 1.0) for key in doubts)
    return Submission(
        "f", Kind.ELECTION, fields=fields, holder_id=holder.holder_id, readings=readings, doubts=drawn, pages=("E2",)
    )


def scored(bench: Bench, holder: Holder, written: tuple[GrantRow, ...], read: Submission) -> TableScore:
    match = drawn_from(read, bench).match
    return score_table(read, form(holder, written, {}), holder.holder_id, bench.ledger, match, {})


def drawn_from(read: Submission, bench: Bench) -> FormAsRead:
    """What the doubts of a form are drawn from, the holder being found as ever, unless the form has none."""
    rows = read.fields.rows_by_stem
    found = find_holder(read.fields, tuple(rows.values()), bench.ledger)
    match = found if read.holder_id else Match(None, (None,) * len(rows))
    fields = tuple(ReadField(one, WRITINGS.get(key.rpartition(".")[2])) for key, one in read.readings.items())
    return FormAsRead(fields, read.fields, match, None)


def test_a_cell_is_confirmed_contradicted_or_doubtful(bench: Bench, holder: Holder, grants: tuple[Grant, ...]) -> None:
    (first, *others) = rows_for(grants)
    written = (replace(first, shares="7"), *others)
    table = scored(bench, holder, written, form(holder, written, {}, "row2.price"))
    states = {cell.key: cell.state for cell in table.cells}
    assert states.pop("row1.shares") is CellState.CONTRADICTED
    assert states.pop("row2.price") is CellState.DOUBTFUL
    assert set(states.values()) == {CellState.CONFIRMED}
    assert [cell.key for cell in table.cells if cell.slip] == ["row1.shares"]
    assert all(cell.is_right and cell.sure for cell in table.cells)
    assert set(table.rows) == {RowVerdict.RIGHT}


def test_a_cell_read_with_less_than_is_asked_is_not_sure(
    bench: Bench, holder: Holder, grants: tuple[Grant, ...]
) -> None:
    rows = rows_for(grants)
    low = load_thresholds().asks[Writing.PRICE].confirmed - 0.01
    table = scored(bench, holder, rows, form(holder, rows, {"row1.price": low}))
    assert [cell.key for cell in table.cells if not cell.sure] == ["row1.price"]


def test_a_notice_is_judged_with_an_election_on_file(bench: Bench, holder: Holder) -> None:
    rng = np.random.default_rng(1)
    signed_at = contents.some_signing(rng, "2003-07-09")
    notice = contents.good_notice(rng, holder, contents.some_manner(rng), version="2003-07-09", signed_at=signed_at)
    assert passes(bench, replace(notice, id="n"))


def test_a_slip_read_as_the_ledgers_value_is_falsely_confirmed(
    bench: Bench, holder: Holder, grants: tuple[Grant, ...]
) -> None:
    known = rows_for(grants)
    written = (replace(known[0], shares="7"), *known[1:])
    table = scored(bench, holder, written, form(holder, known, {}))
    assert [cell.key for cell in table.cells if cell.is_falsely_confirmed] == ["row1.shares"]
    doubted = scored(bench, holder, written, form(holder, known, {}, "row1.shares"))
    assert not any(cell.is_falsely_confirmed for cell in doubted.cells)
    assert [cell.key for cell in doubted.cells if cell.declared] == ["row1.shares"]


def test_cells_of_a_form_without_a_holder_have_no_grant(
    bench: Bench, holder: Holder, grants: tuple[Grant, ...]
) -> None:
    rows = rows_for(grants)
    unknown = replace(form(holder, rows, {}), holder_id=None)
    table = scored(bench, holder, rows, unknown)
    assert {cell.state for cell in table.cells} == {CellState.WITHOUT_GRANT}
    assert set(table.rows) == {RowVerdict.UNMATCHED}


def test_a_form_that_was_not_found_is_declared_and_unmatched(
    bench: Bench, holder: Holder, grants: tuple[Grant, ...]
) -> None:
    table = table_of_no_form(form(holder, rows_for(grants), {}), holder.holder_id, bench.ledger)
    assert len(table.cells) == 4 * len(grants)
    assert all(cell.declared and not cell.is_right for cell in table.cells)
    assert set(table.rows) == {RowVerdict.UNMATCHED}


def test_a_number_read_as_anothers_is_a_row_matched_wrong_unless_doubted(
    bench: Bench, holder: Holder, grants: tuple[Grant, ...]
) -> None:
    known = rows_for(grants)
    another = next(one for one in bench.ledger.grants if one.holder_id != holder.holder_id)
    misread = (replace(known[0], grant_no=another.grant_no), *known[1:])
    assert scored(bench, holder, known, form(holder, misread, {})).rows[0] is RowVerdict.WRONG
    doubted = form(holder, misread, {}, "row1.grant_no")
    assert scored(bench, holder, known, doubted).rows[0] is RowVerdict.RIGHT


def test_a_row_means_the_grant_that_most_of_its_cells_say(grants: tuple[Grant, ...]) -> None:
    row = rows_for(grants)[0]
    assert meant_grant(row, grants) is grants[0]
    assert meant_grant(replace(row, grant_no="CP-999999"), grants) is grants[0]
    assert meant_grant(GrantRow(grant_no="CP-999999", shares="3"), grants) is None


# -- strictness -----


def test_doubts_drawn_again_ask_less_of_what_the_ledger_says(
    bench: Bench, holder: Holder, grants: tuple[Grant, ...]
) -> None:
    """The benchmark's confirmed cells are those that the product asks less of."""
    asks = load_thresholds().asks[Writing.SHARES]
    between = (asks.confirmed + asks.plain) / 2
    known = rows_for(grants)
    other = (replace(known[0], shares="7"), *known[1:])
    for rows, states in ((known, CellState.CONFIRMED), (other, CellState.DOUBTFUL)):
        read = form(holder, rows, {"row1.shares": between})
        read = at_factor(read, drawn_from(read, bench), 1.0, bench.ledger)
        (cell,) = [cell for cell in scored(bench, holder, rows, read).cells if cell.key == "row1.shares"]
        assert cell.state is states


def test_factors_move_the_chance_of_error_that_is_let_pass() -> None:
    shipped = load_thresholds()
    assert thresholds_at(1.0).asks[Writing.PRICE].plain == pytest.approx(shipped.asks[Writing.PRICE].plain)
    assert 1 - thresholds_at(2.0).asks[Writing.PRICE].plain == pytest.approx(
        2 * (1 - shipped.asks[Writing.PRICE].plain)
    )
    assert thresholds_at(1000.0).asks[Writing.PRICE].plain == 0.0


# -- the faxes -----


def dose(making: Making, *numbers: int) -> Dose:
    return Dose(making, Level.LIGHT, 7, Group.CALIBRATION, numbers)


def test_every_slip_says_something_else_of_a_grant_that_is_still_plain(bench: Bench) -> None:
    some = dose(Making.SLIPS)
    for number in numbers_for(20, some, bench.ledger):
        page = slipped_page(some, number, bench.ledger)
        own = bench.ledger.grants_of(page.submission.holder_id or "")
        for slip in page.slips:
            stem, column = slip.split(":")[0].split(".")
            row = page.submission.fields.rows_by_stem[stem]
            grant = meant_grant(row, own)
            assert grant is not None
            differing = [
                name
                for name, said, known in zip(COLUMNS, values_of(row), values_of(rows_for([grant])[0]), strict=True)
                if said != known
            ]
            assert differing == [column]


def test_a_stranger_shares_no_name_number_or_grant_with_the_ledger(bench: Bench) -> None:
    for number in range(1, 7):
        sample, _ = sample_of(dose(Making.STRANGERS), number, bench.ledger, bench.forms)
        (submission,) = sample.submissions
        fields = submission.fields
        assert submission.holder_id is None
        assert fields.tax_id not in {holder.tax_id for holder in bench.ledger.holders}
        assert all(bench.ledger.grant(row.grant_no) is None for row in fields.rows)
        assert is_stranger(Holder("", fields.printed_name, bench.ledger.holders[0].category), bench.ledger)


# -- all of it -----


MIXTURE, SLIPS, STRANGERS = dose(Making.MIXTURE, 1), dose(Making.SLIPS, 1), dose(Making.STRANGERS, 2)
DOSES = (MIXTURE, SLIPS, STRANGERS)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def scores(kept: Path) -> dict[Dose, list[FaxScore]]:
    return all_read(DOSES, score_fax, processes=1, kept=kept)


@pytest.fixture(scope="module")
def read_before(scores: dict[Dose, list[FaxScore]], kept: Path) -> dict[Dose, list[FaxRead]]:
    """The same faxes asked for again, which must not be read again."""
    stamps = {path: path.stat().st_mtime_ns for path in kept.rglob("*.pickle")}
    again = all_read(DOSES, as_read, processes=1, kept=kept)
    assert len(stamps) == len(DOSES)
    assert stamps == {path: path.stat().st_mtime_ns for path in kept.rglob("*.pickle")}
    return again


def as_read(_bench: Bench, fax: FaxRead) -> FaxRead:
    return fax


@pytest.fixture
def findings(scores: dict[Dose, list[FaxScore]]) -> Findings:
    return Findings({Level.MODERATE: scores[MIXTURE]}, scores[SLIPS], scores[STRANGERS])


def test_a_run_carries_on_from_what_was_read(
    bench: Bench, scores: dict[Dose, list[FaxScore]], read_before: dict[Dose, list[FaxRead]]
) -> None:
    assert {each: [score_fax(bench, fax) for fax in faxes] for each, faxes in read_before.items()} == scores


def test_every_table_of_a_small_run_is_printed(findings: Findings) -> None:
    printed = StringIO()
    print_tables(Console(width=200, file=printed), findings, "a test")
    for line in ("SILENT ERRORS", "character error rate", "tesseract alone", "left unknown", "what reading must show"):
        assert line in printed.getvalue()


def test_the_tables_are_also_written_for_the_page_of_figures(findings: Findings) -> None:
    page = StringIO()
    print_tables(Console(width=300, file=page), findings, "a test", as_markdown=True)
    rows = [line.strip() for line in page.getvalue().splitlines() if line.lstrip().startswith("|")]
    rules = [place for place, row in enumerate(rows) if set(row) <= set("|-: ")]
    assert rules
    assert all(rows[place - 1].count("|") == rows[place].count("|") for place in rules)
    assert not any(place - 1 in rules for place in rules)


def test_every_picture_of_a_small_run_is_drawn(findings: Findings, tmp_path: Path) -> None:
    draw_pictures(findings, tmp_path)
    assert len(list(tmp_path.glob("*.png"))) == 3


def test_doubts_drawn_again_as_shipped_are_the_products_own(
    bench: Bench, read_before: dict[Dose, list[FaxRead]]
) -> None:
    for fax in (fax for faxes in read_before.values() for fax in faxes):
        for submission, heard in zip(fax.transmission.submissions, fax.heard, strict=True):
            assert at_factor(submission, heard.form, 1.0, bench.ledger).doubts == submission.doubts


def test_each_reader_is_heard_on_the_crops_of_the_slips(findings: Findings) -> None:
    heard = [cell.heard for score in findings.slips for cell in score.cells if cell.heard]
    assert heard
    assert all(set(COMPARED) == set(each) for each in heard)
    assert all(len(form.passings) == len(FACTORS) for score in findings.slips for form in score.forms)
