"""The pictures of the reading benchmark, as PNG files: is a confidence worth what it says, what does damage cost, and
what would pass if more were asked, or less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from benchmarks.measures import RISK_BINS, Told, bins_of, calibration_error, lower_bound, upper_bound
from benchmarks.reading_tables import Scores, asked_of_cells, cells_of, in_style, through_at_each_factor
from benchmarks.strictness import FACTORS
from extractors.readers.reader import Writing
from samples.fax import Level

mpl.use("Agg")

_TYPED, _HAND = "#1f5f8b", "#b5541c"
_QUIET = "#8a8a8a"
_LEAST_RISK = 2e-4
_BOTH_SIDES = 0.975
"""The confidence of each of an interval's two bounds, so that the interval has 95 %."""


def draw_reliability(told: Mapping[Writing, Sequence[Told]], path: Path) -> None:
    """For each kind of field, the error that its confidence promises against the error found, both to scale of tens."""
    figure = Figure(figsize=(11, 10.5), layout="constrained")
    panes = figure.subplots(-(-len(told) // 3), 3, sharex=True, sharey=True, squeeze=False).flat
    for pane, (writing, own) in zip(panes, told.items(), strict=False):
        _reliability_of(pane, own)
        pane.set_title(
            f"{writing.value}: {len(own):,} readings, off by {100 * calibration_error(own):.1f} %", fontsize=10
        )
    for pane in list(panes):
        pane.set_visible(False)
    figure.supxlabel("chance of error promised (1 − confidence)")
    figure.supylabel("share wrong, with 95 % interval")
    figure.suptitle("What a confidence is worth: below the line it keeps more than it promises")
    figure.savefig(path, dpi=110)


def _reliability_of(pane: Axes, told: Sequence[Told]) -> None:
    pane.loglog([_LEAST_RISK, 1], [_LEAST_RISK, 1], color=_QUIET, linewidth=1)
    for each in bins_of(told, RISK_BINS):
        promised, found = max(1 - each.promised, _LEAST_RISK), each.wrong / each.count
        high = upper_bound(each.wrong, each.count, _BOTH_SIDES)
        low = max(lower_bound(each.wrong, each.count, _BOTH_SIDES), _LEAST_RISK)
        pane.plot([promised, promised], [low, high], color=_TYPED, linewidth=1.5, alpha=0.6)
        if found:
            pane.plot(promised, found, "o", color=_TYPED, markersize=5)
        pane.annotate(str(each.count), (promised, high), (0, 3), textcoords="offset points", ha="center", fontsize=7)
    pane.set_xlim(_LEAST_RISK, 1.2)
    pane.set_ylim(_LEAST_RISK, 1.6)
    pane.grid(alpha=0.2)


def draw_damage(scores: Mapping[Level, Scores], path: Path) -> None:
    """Cells right by level of damage, style and resolution."""
    figure = Figure(figsize=(7.5, 4.6), layout="constrained")
    pane = figure.subplots()
    names = [level.value for level in scores]
    for typed, colour in ((True, _TYPED), (False, _HAND)):
        for fine, line in ((True, "-"), (False, "--")):
            shares = [
                _share_right([one for one in in_style(some, typed) if one.fine is fine]) for some in scores.values()
            ]
            label = f"{'typed' if typed else 'handwritten'}, {'fine' if fine else 'standard'}"
            pane.plot(names, shares, line, marker="o", color=colour, label=label)
    pane.set_ylabel("cells parsed to the right value, %")
    pane.set_xlabel("damage on the line")
    pane.grid(axis="y", alpha=0.2)
    pane.legend(frameon=False, loc="lower left")
    figure.savefig(path, dpi=110)


def _share_right(scores: Scores) -> float:
    cells = cells_of(scores)
    return 100 * sum(cell.is_right for cell in cells) / len(cells) if cells else float("nan")


def draw_strictness(scores: Scores, path: Path) -> None:
    """Clean forms straight through, and forms wrong though they passed, against how much is asked of every field."""
    figure = Figure(figsize=(7.5, 6.4), layout="constrained")
    through, wrong = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    for typed, colour in ((True, _TYPED), (False, _HAND)):
        found = through_at_each_factor(in_style(scores, typed))
        label = "typed" if typed else "handwritten"
        factors = [each.factor for each in found]
        passed = [100 * each.clean_passed / max(each.clean, 1) for each in found]
        through.plot(factors, passed, marker="o", color=colour, label=label)
        wrong.plot(factors, [each.wrong for each in found], marker="o", color=colour, label=label)
    for pane in (through, wrong):
        pane.axvline(1.0, color=_QUIET, linewidth=1)
        pane.grid(alpha=0.2)
        pane.set_ylim(bottom=0)
    through.set_ylabel("clean forms straight through, %")
    through.legend(frameon=False)
    through.annotate("as shipped", (1.0, 0), (4, 6), textcoords="offset points", color=_QUIET, fontsize=9)
    wrong.set_ylabel("forms that pass\nwith an error")
    wrong.set_ylim(top=max(wrong.get_ylim()[1], 1.0))
    wrong.yaxis.set_major_locator(MaxNLocator(integer=True))
    wrong.set_xscale("log")
    wrong.set_xticks(FACTORS, [f"{factor:g}\n{asked_of_cells(factor)}" for factor in FACTORS], fontsize=8)
    wrong.minorticks_off()
    wrong.set_xlabel(
        "chance of error that each threshold lets pass, times the shipped (left: stricter);\n"
        "below it the confidence then asked of a cell that says what the ledger says"
    )
    figure.savefig(path, dpi=110)
