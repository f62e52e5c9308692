"""How much the readers' votes are worth, and how sure each use of a field must be: the figures of `thresholds.toml`.

It refuses to know how they were measured; the file names the command.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from extractors.readers.reader import Writing

if TYPE_CHECKING:
    from extractors.fusion import Votes

_FILE = Path(__file__).with_name("thresholds.toml")


@dataclass(frozen=True, slots=True)
class Worth:
    """The worth of votes in one kind of box, in log-odds of the answer being right.

    `base` stands for one reader alone; `reader` multiplies each reader's own log-odds; `second` and `third` are gained
    when another reader means the same, `against` is lost for each one that means something else, `guessed` when nobody
    read it plainly.
    """

    base: float
    reader: Mapping[str, float]
    second: float
    third: float
    against: float
    guessed: float


@dataclass(frozen=True, slots=True)
class Asks:
    """The confidence demanded. `plain`: of a field that nothing else speaks for. `confirmed`: of one that says what the
    ledger has for the holder, which a misreading would hardly hit by chance."""

    plain: float
    confirmed: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    guess_at_most: float
    """A text that no reader plainly read never gets more: less than any use that matters asks for."""
    worth: Mapping[Writing, Worth]
    asks: Mapping[Writing, Asks]

    def confidence(self, writing: Writing, votes: Votes) -> float:
        """How likely the sense these votes speak for is the right one, 0.0-1.0."""
        worth = self.worth[writing]
        odds = worth.base + sum(worth.reader[name] * log_odds for name, log_odds in votes.posteriors.items())
        odds += (0.0, worth.second, worth.third)[min(len(votes.readers), 3) - 1]
        odds -= worth.against * len(votes.against)
        odds -= worth.guessed * votes.guessed
        chance = 1 / (1 + math.exp(-max(min(odds, 30.0), -30.0)))
        return min(chance, self.guess_at_most) if votes.guessed else chance


@cache
def load_thresholds() -> Thresholds:
    declared = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return Thresholds(
        declared["guess_at_most"],
        {Writing(kind): Worth(**worth) for kind, worth in declared["worth"].items()},
        {Writing(kind): Asks(**asks) for kind, asks in declared["asks"].items()},
    )
