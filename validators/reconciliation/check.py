"""What a nightly check is: something that must hold, its weight and its source; and how one is run over a night's
facts.

A check's function says only what does not hold. The decorator knows the code, the severity and where the rulebook
says so, and the runner adds them, as with the rules about forms (`validators.rule`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from core.night import BreakSeverity, CheckOutcome, CheckRun, Evidence
from validators.reconciliation.facts import NightFacts


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that a check found. `next_step` replaces the check's general one; `severity` its own."""

    key: str
    message: str
    evidence: tuple[Evidence, ...] = ()
    next_step: str = ""
    severity: BreakSeverity | None = None
    submission_id: str | None = None
    fax: str | None = None
    holder_id: str | None = None


@dataclass(frozen=True, slots=True)
class Unproven:
    """What a check yields where it could not be made: nothing was proven, and the night does not balance."""

    why: str


Find = Callable[[NightFacts], Iterable[Mismatch | Unproven]]


@dataclass(frozen=True, slots=True)
class Check:
    """One entry of the rulebook's section 5, with the function that makes it."""

    code: str
    severity: BreakSeverity
    cite: str
    next_step: str
    fires: str
    """An example that breaks it; `passes` is its near miss. Both stand in the table of checks."""
    passes: str
    find: Find = field(repr=False)
    over: Callable[[NightFacts], int] = field(repr=False)
    """How many things are compared."""
    not_due: Callable[[NightFacts], str] = field(repr=False)
    """Why there is nothing to check yet; "" where there is."""

    @property
    def text(self) -> str:
        """What must hold: the function's docstring as one paragraph."""
        return " ".join((self.find.__doc__ or "").split())

    @property
    def duty(self) -> str:
        """Its first sentence."""
        return self.text.split(". ")[0].rstrip(".") + "."


def check(
    code: str,
    severity: BreakSeverity,
    *,
    next_step: str,
    fires: str,
    passes: str,
    over: Callable[[NightFacts], int],
    not_due: Callable[[NightFacts], str] = lambda facts: "",
    cite: str = "rulebook 5",
) -> Callable[[Find], Check]:
    """Makes a `Check` of a function that yields mismatches."""

    def of(find: Find) -> Check:
        return Check(code, severity, cite, next_step, fires, passes, find, over, not_due)

    return of


@dataclass(frozen=True, slots=True)
class Checked:
    """One check made: how it came out, and what it found, by key."""

    check: Check
    run: CheckRun
    found: tuple[Mismatch, ...]


def make(one: Check, facts: NightFacts) -> Checked:
    """Makes one check. A broken journal proves nothing that rests on it: only the journal's own check is made then."""
    if facts.journal_fault is not None and one.code != JOURNAL_CHECK:
        why = f"the journal cannot be relied on from line {facts.journal_fault.line}"
        return _came_out(one, CheckOutcome.NOT_EVALUATED, why=why)
    if why := one.not_due(facts):
        return _came_out(one, CheckOutcome.NOT_DUE, why=why)
    yielded = tuple(one.find(facts))
    found = tuple(sorted((y for y in yielded if isinstance(y, Mismatch)), key=lambda m: (m.key, m.message)))
    unproven = [y.why for y in yielded if isinstance(y, Unproven)]
    outcome = CheckOutcome.BROKEN if found else CheckOutcome.NOT_EVALUATED if unproven else CheckOutcome.HOLDS
    return _came_out(one, outcome, found, one.over(facts), "; ".join(unproven))


JOURNAL_CHECK = "REC_JOURNAL_CHAIN"


def _came_out(
    one: Check, outcome: CheckOutcome, found: tuple[Mismatch, ...] = (), looked_at: int = 0, why: str = ""
) -> Checked:
    run = CheckRun(one.code, one.severity, one.duty, one.cite, outcome, looked_at, len(found), why)
    return Checked(one, run, found)
