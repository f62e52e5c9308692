"""What would pass if every field were asked for more, or for less, than `thresholds.toml` asks: the curve of risk.

A form is not read anew: its readings, their confidences and its match stay, only the doubts are drawn again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from benchmarks.cell_scores import match_of
from benchmarks.grant_cells import rows_of
from core.holders import OptionLedger
from core.submissions import Submission
from extractors.doubts import ReadField, doubts_of
from extractors.readers.reader import Writing
from extractors.thresholds import Asks, Thresholds, load_thresholds
from offers.forms import Forms

FACTORS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
"""How many times the shipped chance of error is let pass: a field asked for 0.98 is asked for 0.96 at 2."""


@cache
def thresholds_at(factor: float) -> Thresholds:
    """The shipped thresholds with `factor` times the chance of error that each lets pass."""
    shipped = load_thresholds()
    return replace(
        shipped,
        asks={
            writing: Asks(plain=_loosened(asks.plain, factor), confirmed=_loosened(asks.confirmed, factor))
            for writing, asks in shipped.asks.items()
        },
    )


def _loosened(asked: float, factor: float) -> float:
    return max(0.0, 1 - factor * (1 - asked))


def writings_of(forms: Forms) -> Mapping[str, Writing]:
    """What is written in each text box, by the last part of its readings' keys: `shares`, `tax_id`, `signed_on`."""
    known = {writing.value for writing in Writing}
    return {
        zone.name.partition("_")[2] if zone.row is not None else zone.name: Writing(zone.field_kind.value)
        for _, page in forms.pages()
        for zone in page.zones
        if zone.field_kind.value in known
    }


def at_factor(read: Submission, factor: float, ledger: OptionLedger, forms: Forms) -> Submission:
    """The form as it would be with `thresholds_at(factor)`; a doubt that is not about a reading stays."""
    writings = writings_of(forms)
    fields = [ReadField(reading, writings.get(key.rpartition(".")[2])) for key, reading in read.readings.items()]
    match, rows = match_of(read, ledger), rows_of(read)
    drawn = doubts_of(fields, read.fields, rows, match, ledger, read.received_at, thresholds_at(factor))
    others = tuple(doubt for doubt in read.doubts if doubt.key not in read.readings)
    return replace(read, doubts=(*drawn, *others))
