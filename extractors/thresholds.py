"""How much the readers' words are worth, and how sure each use of a field must be: the figures of `thresholds.toml`.

It refuses to know how they were measured; the file names the command.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from extractors.readers.reader import Writing

if TYPE_CHECKING:
    from extractors.fusion import Sense

_FILE = Path(__file__).with_name("thresholds.toml")


@dataclass(frozen=True, slots=True)
class Worth:
    """The worth of what speaks for a sense in one kind of box (a conditional logit with "none of these" among them).

    `likelihood` multiplies each network's log-likelihood, `says` is gained for each reader whose plain text means it;
    `nothing` is the score of no candidate being right.
    """

    likelihood: Mapping[str, float]
    says: Mapping[str, float]
    nothing: float

    def score(self, sense: Sense) -> float:
        by_ink = sum(self.likelihood[name] * chance for name, chance in sense.log_likelihoods.items())
        return by_ink + sum(self.says[name] for name in sense.readers)


@dataclass(frozen=True, slots=True)
class Asks:
    """The confidence demanded. `plain`: of a field that nothing else speaks for. `confirmed`: of one that says what the
    ledger has for the holder, which a misreading would hardly hit by chance. `likely`: of what the ledger has, when the
    ink is asked for just that (docs/decisions/0056); never enough where the ledger has nothing."""

    plain: float
    confirmed: float
    likely: float = math.inf


@dataclass(frozen=True, slots=True)
class Thresholds:
    guess_at_most: float
    """A text that no reader plainly read never gets more: less than asked of any value that was only read."""
    senseless_costs: float
    """Nats: how much seldomer somebody writes what makes no sense in a box than what does."""
    end_of_address: float
    """How likely each character (the geometric mean) of the ledger's state and ZIP code must be to end an address."""
    worth: Mapping[Writing, Worth]
    asks: Mapping[Writing, Asks]

    def chances(self, writing: Writing, senses: Sequence[Sense]) -> tuple[float, ...]:
        """How likely each sense is the right one, 0.0-1.0; what is missing to 1 is that none of them is."""
        worth = self.worth[writing]
        costs = (self.senseless_costs if sense.is_senseless else 0.0 for sense in senses)
        scores = [*(worth.score(sense) - cost for sense, cost in zip(senses, costs, strict=True)), worth.nothing]
        highest = max(scores)
        odds = [math.exp(score - highest) for score in scores]
        return tuple(each / sum(odds) for each in odds[:-1])


@cache
def load_thresholds() -> Thresholds:
    declared = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return Thresholds(
        declared["guess_at_most"],
        declared["senseless_costs"],
        declared["end_of_address"],
        {Writing(kind): Worth(**worth) for kind, worth in declared["worth"].items()},
        {Writing(kind): Asks(**asks) for kind, asks in declared["asks"].items()},
    )
