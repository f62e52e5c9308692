"""What would pass if every field were asked for more, or for less, than `thresholds.toml` asks: the curve of risk.

A form is not read anew: its readings, their confidences and its match stay, only the doubts are drawn again.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from core.holders import OptionLedger
from core.submissions import Submission
from extractors.doubts import FormAsRead, doubts_of
from extractors.thresholds import Thresholds, load_thresholds

FACTORS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
"""How many times the shipped chance of error is let pass: a field asked for 0.98 is asked for 0.96 at 2."""


@cache
def thresholds_at(factor: float) -> Thresholds:
    """The shipped thresholds with `factor` times the chance of error that each lets pass.

    What the ink was asked for the ledger's value stays: that changes values, and they are not read again.
    """
    shipped = load_thresholds()
    return replace(
        shipped,
        asks={
            writing: replace(asks, plain=_loosened(asks.plain, factor), confirmed=_loosened(asks.confirmed, factor))
            for writing, asks in shipped.asks.items()
        },
    )


def _loosened(asked: float, factor: float) -> float:
    return max(0.0, 1 - factor * (1 - asked))


def at_factor(read: Submission, form: FormAsRead, factor: float, ledger: OptionLedger) -> Submission:
    """The form as it would be with `thresholds_at(factor)`; a doubt that was not drawn from a reading stays."""
    keys = {each.reading.key for each in form.read}
    others = tuple(doubt for doubt in read.doubts if doubt.key not in keys)
    return replace(read, doubts=(*doubts_of(form, ledger, thresholds_at(factor)), *others))
