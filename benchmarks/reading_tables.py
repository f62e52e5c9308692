"""The tables of the reading benchmark: what each line of docs/benchmarks.md is counted from."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rich.table import Table

from benchmarks.cell_scores import CellScore, CellState, RowVerdict
from benchmarks.form_scores import FaxScore, FormScore
from benchmarks.grant_cells import COLUMNS, WRITINGS
from benchmarks.measures import Told, calibration_error, character_error_rate, upper_bound
from benchmarks.overhearing import COMPARED
from benchmarks.strictness import FACTORS, thresholds_at
from extractors.readers.reader import Writing

SURE = 0.9
_STYLES = (True, False)

Scores = Sequence[FaxScore]


def forms_of(scores: Scores) -> list[FormScore]:
    return [form for score in scores for form in score.forms]


def cells_of(scores: Scores) -> list[CellScore]:
    return [cell for score in scores for cell in score.cells]


def in_style(scores: Scores, typed: bool) -> list[FaxScore]:
    return [score for score in scores if score.typed is typed]


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} % of {whole:,}" if whole else "–"


def counts(found: Mapping[str, int], names: Iterable[str]) -> str:
    return " / ".join(str(found.get(name, 0)) for name in names)


def bounded(found: int, tried: int) -> str:
    """A share with its 95 % upper bound: "0 in 812 (< 0.37 %)"."""
    return f"{found} in {tried:,} (< {100 * upper_bound(found, tried):.2f} %)" if tried else "–"


# -- the lines of one level of damage -----


def share_of_cells_right(scores: Scores, column: str | None = None) -> str:
    own = [cell for cell in cells_of(scores) if column in (None, cell.column)]
    return share(sum(cell.is_right for cell in own), len(own))


def _cell_error_rate(scores: Scores) -> str:
    cells = cells_of(scores)
    return f"{100 * character_error_rate((cell.written, cell.read) for cell in cells):.2f} %" if cells else "–"


def _sure_and_wrong(scores: Scores) -> str:
    sure = [cell for cell in cells_of(scores) if cell.sure]
    return f"{len(sure)} / {sum(not cell.is_right for cell in sure)}"


def _states(scores: Scores) -> str:
    return counts(Counter(cell.state for cell in cells_of(scores)), CellState)


def _misread_cells(scores: Scores) -> str:
    """Of the misread cells: declared, contradicting the ledger, with no say of the ledger, confirmed."""
    found: Counter[str] = Counter()
    for cell in cells_of(scores):
        if not cell.is_right:
            found["declared" if cell.declared else cell.state] += 1
    return counts(found, ("declared", CellState.CONTRADICTED, CellState.WITHOUT_GRANT, CellState.CONFIRMED))


def share_of_zones_seen(scores: Scores) -> str:
    zones = sum(form.zones for form in forms_of(scores))
    return share(zones - sum(len(form.unseen) for form in forms_of(scores)), zones)


def holders(scores: Scores) -> str:
    return counts(Counter(form.holder for form in forms_of(scores)), ("right", "unknown", "wrong"))


def rows_matched(scores: Scores) -> Counter[RowVerdict]:
    return Counter(row for score in scores for row in score.rows)


def doubts_a_clean_form(scores: Scores) -> float:
    clean = [form for form in forms_of(scores) if form.clean]
    return sum(len(form.doubts) for form in clean) / max(len(clean), 1)


def clean_forms_through(scores: Scores, notices: bool | None = None) -> tuple[int, int]:
    """How many clean forms passed, of how many; of elections or notices alone where asked."""
    clean = [form for form in forms_of(scores) if form.clean and notices in (None, form.notice)]
    return sum(form.passed for form in clean), len(clean)


def forms_through(scores: Scores) -> int:
    return sum(form.passed for form in forms_of(scores))


def silent_of(scores: Scores) -> list[str]:
    return [one for score in scores for one in score.silent]


def forms_with_a_silent_error(scores: Scores) -> int:
    return sum(bool(form.silent) for form in forms_of(scores)) + sum(bool(score.stray) for score in scores)


def _silent_share(scores: Scores) -> str:
    return bounded(forms_with_a_silent_error(scores), forms_through(scores))


_LINES: tuple[tuple[str, Callable[[Scores], str]], ...] = (
    ("forms", lambda scores: f"{len(forms_of(scores)):,}"),
    ("grant numbers right", lambda scores: share_of_cells_right(scores, "grant_no")),
    ("grant dates right", lambda scores: share_of_cells_right(scores, "grant_date")),
    ("prices right", lambda scores: share_of_cells_right(scores, "price")),
    ("shares right", lambda scores: share_of_cells_right(scores, "shares")),
    ("cells right, all four", share_of_cells_right),
    ("character error rate of the cells", _cell_error_rate),
    ("cells sure enough to confirm / of them wrong", _sure_and_wrong),
    ("cells confirmed / contradicted / doubtful / no grant", _states),
    ("misread cells declared / contradicted / no grant / CONFIRMED", _misread_cells),
    ("filled zones seen", share_of_zones_seen),
    ("holder right / unknown / wrong", holders),
    ("rows right / unmatched / wrong", lambda scores: counts(Counter(rows_matched(scores)), RowVerdict)),
    ("doubtful fields a clean form", lambda scores: f"{doubts_a_clean_form(scores):.2f}"),
    ("clean forms straight through", lambda scores: share(*clean_forms_through(scores))),
    ("clean elections straight through", lambda scores: share(*clean_forms_through(scores, notices=False))),
    ("clean notices straight through", lambda scores: share(*clean_forms_through(scores, notices=True))),
    ("forms straight through", lambda scores: share(forms_through(scores), len(forms_of(scores)))),
    ("SILENT ERRORS in forms that passed (95 % bound)", _silent_share),
)


def level_table(title: str, scores: Scores) -> Table:
    """Every line, typed and handwritten, each at both resolutions and together."""
    table = Table(title=title)
    table.add_column("", no_wrap=True)
    columns: list[Scores] = []
    for typed in _STYLES:
        own = in_style(scores, typed)
        style = "typed" if typed else "handwritten"
        for name, some in (
            ("fine", [score for score in own if score.fine]),
            ("standard", [score for score in own if not score.fine]),
            ("both", own),
        ):
            table.add_column(f"{style}\n{name}", justify="right", style="bold" if name == "both" else "")
            columns.append(some)
    for name, line in _LINES:
        table.add_row(name, *(line(some) for some in columns))
    return table


# -- each reader alone -----


def reader_table(title: str, scores: Scores) -> Table:
    """Each reader alone beside all together, on the cells that were found and cut: right values, then CER."""
    table = Table(title=title)
    table.add_column("")
    for name in ("crops", "all together", *(f"{reader} alone" for reader in COMPARED)):
        table.add_column(name, justify="right")
    for typed in _STYLES:
        cut = [cell for cell in cells_of(in_style(scores, typed)) if cell.heard]
        for column in (*COLUMNS, None):
            own = [cell for cell in cut if column in (None, cell.column)]
            style = "typed" if typed else "handwritten"
            table.add_row(f"{style}, {column or 'all four'}", f"{len(own):,}", *_by_reader(own), end_section=not column)
    return table


def _by_reader(cells: Sequence[CellScore]) -> Iterable[str]:
    if not cells:
        return ["–"] * (1 + len(COMPARED))
    ways = [([cell.is_right for cell in cells], [(cell.written, cell.read) for cell in cells])]
    for reader in COMPARED:
        right = [cell.is_right_by(reader) for cell in cells]
        ways.append((right, [(cell.written, cell.heard.get(reader, "")) for cell in cells]))
    return [f"{100 * np.mean(right):.1f} %, {100 * character_error_rate(pairs):.1f} %" for right, pairs in ways]


# -- what must never be smoothed away, and who must never be found -----


def slip_table(title: str, scores: Scores) -> Table:
    """Cells that hold something else than the ledger, by what they hold: what became of them."""
    table = Table(title=title)
    table.add_column("written instead of the ledger's value", no_wrap=True)
    for style in ("typed", "handwritten"):
        table.add_column(f"{style} cells: read right;\ncontradicted / doubtful / no grant / CONFIRMED", justify="right")
    found = [slips_by_kind(in_style(scores, typed)) for typed in _STYLES]
    for kind in sorted({kind for by_kind in found for kind in by_kind}):
        table.add_row(kind, *(_became(by_kind[kind]) for by_kind in found))
    table.add_section()
    table.add_row("all", *(_became([cell for cells in by_kind.values() for cell in cells]) for by_kind in found))
    return table


def slips_by_kind(scores: Scores) -> defaultdict[str, list[CellScore]]:
    """The cells written otherwise than the ledger has them; "elsewhere" where the fax does not name the slip."""
    found: defaultdict[str, list[CellScore]] = defaultdict(list)
    for score in scores:
        named = dict(slip.split(": ", 1) for slip in score.slips if ": " in slip)
        for cell in score.cells:
            if cell.slip:
                what = named.get(cell.key)
                found[f"{cell.column}: {what}" if what else "elsewhere"].append(cell)
    return found


def _became(cells: Sequence[CellScore]) -> str:
    """A slip read right can only be confirmed by another grant that the row was lined up with: that counts as none."""
    states: Counter[str] = Counter(cell.state for cell in cells if cell.is_falsely_confirmed or not _is_confirmed(cell))
    outcomes = (CellState.CONTRADICTED, CellState.DOUBTFUL, CellState.WITHOUT_GRANT, CellState.CONFIRMED)
    return f"{len(cells)}: {sum(cell.is_right for cell in cells)}; {counts(states, outcomes)}"


def _is_confirmed(cell: CellScore) -> bool:
    return cell.state is CellState.CONFIRMED


def falsely_confirmed(cells: Iterable[CellScore]) -> int:
    return sum(cell.is_falsely_confirmed for cell in cells)


def stranger_table(title: str, scores: Scores) -> Table:
    table = Table(title=title)
    for name in ("strangers", "left unknown", "MATCHED (95 % bound)"):
        table.add_column(name, justify="right")
    for typed in _STYLES:
        forms = forms_of(in_style(scores, typed))
        style = "typed" if typed else "handwritten"
        matched = strangers_matched(forms)
        table.add_row(f"{len(forms)} {style}", str(len(forms) - matched), bounded(matched, len(forms)))
    everybody = forms_of(scores)
    matched = strangers_matched(everybody)
    table.add_row(f"{len(everybody)} in all", str(len(everybody) - matched), bounded(matched, len(everybody)))
    return table


def strangers_matched(forms: Iterable[FormScore]) -> int:
    return sum(form.holder == "wrong" for form in forms)


# -- what a confidence is worth -----


def told_by_kind(scores: Scores) -> dict[Writing, list[Told]]:
    found: defaultdict[Writing, list[Told]] = defaultdict(list)
    for form in forms_of(scores):
        for writing, told in form.told:
            found[writing].append(told)
    return {writing: found[writing] for writing in Writing if found[writing]}


def calibration_table(title: str, scores: Scores) -> Table:
    table = Table("kind", title=title)
    surer = (f"at {SURE} or above", "of them promised wrong", "wrong (95 % bound)")
    for name in ("readings", "right", "calibration error", *surer):
        table.add_column(name, justify="right")
    for writing, told in told_by_kind(scores).items():
        sure = [each for each in told if each.confidence >= SURE]
        wrong = sum(not each.right for each in sure)
        table.add_row(
            writing.value,
            f"{len(told):,}",
            f"{100 * np.mean([each.right for each in told]):.1f} %",
            f"{100 * calibration_error(told):.1f} %",
            f"{len(sure):,}",
            f"{sum(1 - each.confidence for each in sure):.1f}",
            bounded(wrong, len(sure)),
        )
    return table


@dataclass(frozen=True, slots=True)
class Through:
    """What one strictness lets pass: of the clean forms, of all, and how many of those with an error nobody sees."""

    factor: float
    clean: int
    clean_passed: int
    passed: int
    wrong: int


def through_at_each_factor(scores: Scores) -> list[Through]:
    forms = forms_of(scores)
    clean = [form for form in forms if form.clean]
    return [
        Through(
            factor,
            len(clean),
            sum(form.passings[place].passed for form in clean),
            sum(form.passings[place].passed for form in forms),
            sum(form.passings[place].silent_errors > 0 for form in forms),
        )
        for place, factor in enumerate(FACTORS)
    ]


def asked_of_cells(factor: float) -> str:
    """The least and the greatest confidence asked of the four columns where the ledger says the same."""
    asked = {thresholds_at(factor).asks[writing].confirmed for writing in WRITINGS.values()}
    return " to ".join(f"{round(each, 6):g}" for each in sorted({min(asked), max(asked)}))


def strictness_table(title: str, scores: Scores) -> Table:
    table = Table(title=title)
    table.add_column("chance of error let pass,\ntimes the shipped", justify="right")
    table.add_column("cells that say what the\nledger says are asked for", justify="right")
    for typed in _STYLES:
        style = "typed" if typed else "handwritten"
        table.add_column(f"{style}\nclean forms through", justify="right")
        table.add_column(f"{style}\nwrong of those passed", justify="right")
    lines = [through_at_each_factor(in_style(scores, typed)) for typed in _STYLES]
    for place, factor in enumerate(FACTORS):
        row = [each[place] for each in lines]
        cells = (text for one in row for text in (share(one.clean_passed, one.clean), bounded(one.wrong, one.passed)))
        table.add_row(f"{factor:g}", asked_of_cells(factor), *cells, style="bold" if factor == 1 else "")
    return table


def hindrance_table(title: str, scores: Scores, most: int = 12) -> Table:
    """What keeps clean forms from passing: the codes, and the boxes in doubt, by how many forms each touches."""
    table = Table(title=title)
    table.add_column("")
    for typed in _STYLES:
        table.add_column("typed" if typed else "handwritten", justify="right")
    found = [_hindrances(in_style(scores, typed)) for typed in _STYLES]
    for name, _ in (found[0] + found[1]).most_common(most):
        table.add_row(name, *(str(each[name]) for each in found))
    return table


def _hindrances(scores: Scores) -> Counter[str]:
    found: Counter[str] = Counter()
    for form in forms_of(scores):
        if form.clean and not form.passed:
            found.update(form.held_by)
            found.update({f"doubt about {key.rpartition('.')[2]}" for key in form.doubts})
    return found
