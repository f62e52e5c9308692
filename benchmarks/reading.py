"""How well forms are read: `python -m benchmarks.reading` writes faxes in held-out hands, reads and judges each alone,
and holds the outcome against the truth they were made from. docs/benchmarks.md says what each line means.

No figure here may guide a threshold: that is what the hands of calibration are for (extractors/thresholds.toml).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.cell_scores import CellState, RowVerdict
from benchmarks.form_scores import FaxScore, score_fax
from benchmarks.held_out_faxes import Dose, Making, numbers_for
from benchmarks.measures import upper_bound
from benchmarks.read_faxes import OUT, Bench, all_read, kept_for_this_code
from benchmarks.reading_plots import draw_damage, draw_reliability, draw_strictness
from benchmarks.reading_tables import (
    Scores,
    calibration_table,
    cells_of,
    clean_forms_through,
    doubts_a_clean_form,
    falsely_confirmed,
    forms_of,
    forms_through,
    forms_with_a_silent_error,
    hindrance_table,
    in_style,
    level_table,
    reader_table,
    rows_matched,
    share,
    silent_of,
    slip_table,
    slips_by_kind,
    stranger_table,
    strangers_matched,
    strictness_table,
    told_by_kind,
)
from samples.fax import Level
from samples.lettering import Group

SEED = 20030625
_ASKED_AT = Level.MODERATE
_LEVELS = (Level.LIGHT, Level.MODERATE, Level.HEAVY)


@dataclass(frozen=True, slots=True)
class Findings:
    """The scores of one run: the mixture by level of damage, the forms that slip, the strangers."""

    mixture: Mapping[Level, Scores]
    slips: Scores = ()
    strangers: Scores = ()

    @property
    def everything(self) -> list[FaxScore]:
        return [score for scores in (*self.mixture.values(), self.slips, self.strangers) for score in scores]


def main() -> None:
    arguments = _arguments()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    findings, of = _findings(arguments), f"seed {arguments.seed}, {arguments.group} hands"
    arguments.out.mkdir(parents=True, exist_ok=True)
    print_tables(Console(width=200), findings, of)
    page = StringIO()
    print_tables(Console(width=300, file=page), findings, of, as_markdown=True)
    lines = [line.rstrip() for line in page.getvalue().splitlines()]
    (arguments.out / "reading.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    draw_pictures(findings, arguments.out)
    print(f"pictures, and these tables for docs/benchmarks.md, in {arguments.out}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forms", type=int, default=500, help="faxes of the mixture at moderate damage")
    parser.add_argument("--other-forms", type=int, help="faxes at each other level; a fifth of --forms")
    parser.add_argument("--levels", nargs="+", type=Level, choices=list(Level), default=_LEVELS)
    parser.add_argument("--slips", type=int, default=500, help="cells of each style that hold a slip")
    parser.add_argument("--strangers", type=int, default=500, help="forms of signers who are not in the ledger")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--group", type=Group, choices=list(Group), default=Group.HELD_OUT)
    parser.add_argument("--good-order", action="store_true", help="only forms that the rules let through")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", type=Path, help="keep the faxes in this folder")
    parser.add_argument("--out", type=Path, default=OUT, help="where pictures and tables go")
    return parser.parse_args()


def _findings(arguments: argparse.Namespace) -> Findings:
    def dose(making: Making, level: Level, numbers: Iterable[int]) -> Dose:
        return Dose(making, level, arguments.seed, arguments.group, tuple(numbers), arguments.good_order)

    others = arguments.forms // 5 if arguments.other_forms is None else arguments.other_forms
    mixture = [
        dose(Making.MIXTURE, level, _first(arguments.forms if level is _ASKED_AT else others))
        for level in arguments.levels
    ]
    to_slip_in = numbers_for(arguments.slips, dose(Making.SLIPS, _ASKED_AT, ()), Bench.load().ledger)
    slips = dose(Making.SLIPS, _ASKED_AT, to_slip_in)
    strangers = dose(Making.STRANGERS, _ASKED_AT, _first(arguments.strangers))
    every = [each for each in (*mixture, slips, strangers) if each.numbers]
    scores = all_read(every, score_fax, processes=arguments.processes, kept=kept_for_this_code(), faxes=arguments.keep)
    by_level = {each.level: scores[each] for each in mixture if each in scores}
    return Findings(by_level, scores.get(slips, []), scores.get(strangers, []))


def _first(count: int) -> range:
    return range(1, count + 1)


# -- what is printed -----


def print_tables(console: Console, findings: Findings, of: str, *, as_markdown: bool = False) -> None:
    def show(table: Table) -> None:
        console.print(_in_markdown(table) if as_markdown else table, "")

    for level, scores in findings.mixture.items():
        show(level_table(f"{len(scores)} faxes, {level} damage, {of}", scores))
        console.print(_pages_line(scores), "")
        show(reader_table(f"each reader alone on the same crops, {level} damage: right values, CER", scores))
    if asked := findings.mixture.get(_ASKED_AT):
        show(hindrance_table(f"clean forms held back, {_ASKED_AT} damage", asked))
        show(calibration_table(f"what a confidence is worth, {_ASKED_AT} damage, both styles", asked))
        show(strictness_table(f"if more were asked, or less, {_ASKED_AT} damage", asked))
    if findings.slips:
        show(slip_table(f"cells that hold something else than the ledger, {_ASKED_AT} damage", findings.slips))
    if findings.strangers:
        show(stranger_table("signers who are not in the ledger, their table page read", findings.strangers))
    show(asked_table(findings))
    console.print(_silent_line(findings), "")
    _print_each(console, findings.everything)


def _in_markdown(table: Table) -> Table:
    table.box, table.title_justify = box.MARKDOWN, "left"
    for row in table.rows:
        row.end_section = False
    for column in table.columns:
        column.header = str(column.header).replace("\n", " ")
    return table


def _pages_line(scores: Scores) -> str:
    pages, wrong = sum(score.pages for score in scores), sum(len(score.wrong_pages) for score in scores)
    errors = np.array([error for score in scores for error in score.anchor_errors] or [float("nan")])
    return (
        f"page class, edition and registration right: {share(pages - wrong, pages)} pages; anchors off by "
        f"{np.median(errors):.2f} pt (median), {np.quantile(errors, 0.99):.2f} pt (99 %)"
    )


def _silent_line(findings: Findings) -> str:
    """Over all runs: the rate of forms with an error among those that passed, and among all that came."""
    everything = findings.everything
    wrong, passed, forms = forms_with_a_silent_error(everything), forms_through(everything), len(forms_of(everything))
    return (
        f"silent errors in all runs together: {wrong} forms of {passed:,} that passed unseen, of {forms:,} read; with "
        f"95 % confidence below {10_000 * upper_bound(wrong, passed):.0f} in ten thousand that pass and below "
        f"{10_000 * upper_bound(wrong, forms):.0f} in ten thousand that come"
    )


def _print_each(console: Console, scores: Scores) -> None:
    for score in scores:
        for wrong in score.wrong_pages:
            console.print(f"  page: {wrong}", markup=False)
        for form in score.forms:
            for unseen in form.unseen:
                console.print(f"  not seen: {unseen}", markup=False)
    for one in silent_of(scores):
        console.print(f"  SILENT: {one}", style="bold red", markup=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """One line of what reading must show (issue 4), `typed` and `handwritten` as it says them."""

    what: str
    typed: str
    handwritten: str
    found: Callable[[Findings, bool], tuple[str, float]]
    holds: Callable[[float, bool], bool] = field(repr=False)


def asked_table(findings: Findings) -> Table:
    table = Table(title=f"what reading must show, {_ASKED_AT} damage unless said")
    for name in ("", "typed\nasked", "found", "", "handwritten\nasked", "found", ""):
        table.add_column(name, justify="right" if name else "left")
    for line in _ASKED:
        cells = []
        for typed, asked in ((True, line.typed), (False, line.handwritten)):
            text, figure = line.found(findings, typed)
            cells += [asked, text, "–" if text == "–" else "yes" if line.holds(figure, typed) else "NO"]
        table.add_row(line.what, *cells)
    return table


def _style(findings: Findings, typed: bool) -> Scores:
    return in_style(findings.mixture.get(_ASKED_AT, []), typed)


def _percent(part: int, whole: int) -> tuple[str, float]:
    return share(part, whole), 100 * part / max(whole, 1)


def _cells_right(findings: Findings, typed: bool) -> tuple[str, float]:
    cells = cells_of(_style(findings, typed))
    return _percent(sum(cell.is_right for cell in cells), len(cells))


def _rows_right(findings: Findings, typed: bool) -> tuple[str, float]:
    found = rows_matched(_style(findings, typed))
    return _percent(found[RowVerdict.RIGHT], found.total())


def _rows_wrong(findings: Findings, typed: bool) -> tuple[str, float]:
    found = rows_matched(_style(findings, typed))
    return f"{found[RowVerdict.WRONG]} of {found.total():,}" if found else "–", found[RowVerdict.WRONG]


def _slips_confirmed(findings: Findings, typed: bool) -> tuple[str, float]:
    slips = [cell for cells in slips_by_kind(in_style(findings.slips, typed)).values() for cell in cells]
    return f"{falsely_confirmed(slips)} in {len(slips):,}" if slips else "–", falsely_confirmed(slips)


def _doubts(findings: Findings, typed: bool) -> tuple[str, float]:
    figure = doubts_a_clean_form(_style(findings, typed))
    return f"{figure:.2f}" if clean_forms_through(_style(findings, typed))[1] else "–", figure


def _clean_through(findings: Findings, typed: bool) -> tuple[str, float]:
    return _percent(*clean_forms_through(_style(findings, typed)))


def _silent(findings: Findings, typed: bool) -> tuple[str, float]:
    own = in_style(findings.everything, typed)
    wrong = forms_with_a_silent_error(own)
    return f"{wrong} of {forms_through(own):,}", wrong


def _strangers_found(findings: Findings, typed: bool) -> tuple[str, float]:
    forms = forms_of(in_style(findings.strangers, typed))
    return f"{strangers_matched(forms)} of {len(forms)}" if forms else "–", strangers_matched(forms)


def _heavy_confirmed(findings: Findings, typed: bool) -> tuple[str, float]:
    """Misread cells that nothing declares and nothing contradicts."""
    cells = cells_of(in_style(findings.mixture.get(Level.HEAVY, []), typed))
    misread = [cell for cell in cells if not cell.is_right]
    quiet = [cell for cell in misread if not cell.declared and cell.state is not CellState.CONTRADICTED]
    return f"{len(quiet)} of {len(misread)}" if cells else "–", len(quiet)


def _least(typed: float, handwritten: float) -> Callable[[float, bool], bool]:
    return lambda figure, is_typed: figure >= (typed if is_typed else handwritten)


def _most(typed: float, handwritten: float) -> Callable[[float, bool], bool]:
    return lambda figure, is_typed: figure <= (typed if is_typed else handwritten)


_ASKED = (
    Asked("grant cells parsed to the right value", "≥ 99 %", "≥ 93 %", _cells_right, _least(99, 93)),
    Asked("rows matched right", "≥ 99.8 %", "≥ 99 %", _rows_right, _least(99.8, 99)),
    Asked("rows matched wrong", "0", "0", _rows_wrong, _most(0, 0)),
    Asked("slips confirmed all the same", "0 in 500", "0 in 500", _slips_confirmed, _most(0, 0)),
    Asked("doubtful fields a clean form", "≤ 0.3", "≤ 2", _doubts, _most(0.3, 2)),
    Asked("clean forms straight through", "≥ 85 %", "≥ 35 %", _clean_through, _least(85, 35)),
    Asked("strangers matched", "0 in 250", "0 in 250", _strangers_found, _most(0, 0)),
    Asked("heavy damage: misread cells neither declared nor contradicted", "0", "0", _heavy_confirmed, _most(0, 0)),
    Asked("forms with a silent error, all runs together", "0", "0", _silent, _most(0, 0)),
)


def draw_pictures(findings: Findings, folder: Path) -> None:
    draw_damage(findings.mixture, folder / "reading-damage.png")
    if asked := findings.mixture.get(_ASKED_AT):
        draw_reliability(told_by_kind(asked), folder / "reading-reliability.png")
        draw_strictness(asked, folder / "reading-strictness.png")


if __name__ == "__main__":
    main()
