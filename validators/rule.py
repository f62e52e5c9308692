"""What a rule is: a duty, its weight and its source; and how one is run over a case.

A rule's function says only what it found (target, message). The decorator knows the code, how heavy a finding is,
what it holds and where the offer says so, and the runner adds them: a rule cannot misreport itself. It refuses to know
which rules exist (`validators.catalogue`) and what a person decided (`validators.judgement`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.findings import FORM, Finding, Hold, Severity
from core.submissions import Kind

if TYPE_CHECKING:
    from validators.case import Case


class Scope(StrEnum):
    """What a rule applies to, in the words of the rulebook's index (section 10)."""

    FORM = "election, withdrawal"
    ELECTION = "election"
    WITHDRAWAL = "withdrawal"
    ROW = "row"
    SCHEDULE = "schedule rows"
    INTAKE = "intake"
    FIELD = "field"

    @property
    def kinds(self) -> frozenset[Kind | None]:
        """The kinds of submission that the rule is run on; rows are checked on elections only."""
        return _KINDS[self]


_KINDS: Mapping[Scope, frozenset[Kind | None]] = {
    Scope.FORM: frozenset(Kind),
    Scope.ELECTION: frozenset({Kind.ELECTION}),
    Scope.WITHDRAWAL: frozenset({Kind.NOTICE}),
    Scope.ROW: frozenset({Kind.ELECTION}),
    Scope.SCHEDULE: frozenset({Kind.ELECTION}),
    Scope.INTAKE: frozenset({*Kind, None}),
    Scope.FIELD: frozenset({*Kind, None}),
}


class Need(Enum):
    """A fact without which a rule cannot be evaluated. A rule that lacks one is NOT_EVALUATED, never passed."""

    HOLDER = "the holder"
    RECEIPT = "the time of receipt"
    SIGNED_DATE = "the date beside the signature"


class Stage(Enum):
    """When a rule is run: most look at facts alone, two look at what the others left of the rows."""

    FACTS = 1
    SPLIT_ROWS = 2
    FORM_OF_ROWS = 3


class Outcome(StrEnum):
    PASSED = "passed"
    FOUND = "found"
    NOT_EVALUATED = "not evaluated"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that a rule found. `heavier` picks the second weight of a rule that has two."""

    message: str
    target: str = FORM
    suggestion: str = ""
    """Advice for this very case; replaces the rule's general one."""
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    heavier: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """What a rule yields where neither paper nor ledger says enough to decide."""

    why: str


Check = Callable[["Case"], Iterable[Flaw | Unknown]]


@dataclass(frozen=True, slots=True)
class Weight:
    severity: Severity
    hold: Hold


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the rulebook's section 3, with the function that checks it."""

    code: str
    scope: Scope
    weight: Weight
    cite: str
    follows: str
    """The outcome, as the reviewer is told."""
    check: Check
    suggestion: str = ""
    needs: tuple[Need, ...] = ()
    boxes: tuple[str, ...] = ()
    """Boxes of the form that the rule reads: on a page that is missing, it is not evaluated (rule 19)."""
    heavier: Weight | None = None
    """The weight of the heavier of two outcomes (BUNDLED_FAX; FREE_TEXT on a notice)."""
    weight_on_notice: Weight | None = None
    stage: Stage = Stage.FACTS

    @property
    def text(self) -> str:
        """What the rule checks, for the reviewer: the function's docstring as one paragraph."""
        return " ".join((self.check.__doc__ or "").split())

    def weight_of(self, kind: Kind | None, *, heavier: bool = False) -> Weight:
        if heavier and self.heavier is not None:
            return self.heavier
        if kind is Kind.NOTICE and self.weight_on_notice is not None:
            return self.weight_on_notice
        return self.weight

    def finding(self, flaw: Flaw, kind: Kind | None) -> Finding:
        weight = self.weight_of(kind, heavier=flaw.heavier)
        return Finding(
            code=self.code,
            severity=weight.severity,
            hold=weight.hold,
            target=flaw.target,
            message=flaw.message,
            cite=self.cite,
            suggestion=flaw.suggestion or self.suggestion,
            facts=flaw.facts,
        )


FATAL = Weight(Severity.FATAL, Hold.HARD)
CURABLE = Weight(Severity.CURABLE, Hold.HARD)
CURABLE_SOFT = Weight(Severity.CURABLE, Hold.SOFT)
REVIEW = Weight(Severity.REVIEW, Hold.HARD)
REVIEW_SOFT = Weight(Severity.REVIEW, Hold.SOFT)
NOTE = Weight(Severity.NOTE, Hold.NONE)


def rule(
    code: str,
    weight: Weight,
    scope: Scope,
    *,
    cite: str,
    follows: str,
    suggestion: str = "",
    needs: tuple[Need, ...] = (),
    boxes: tuple[str, ...] = (),
    heavier: Weight | None = None,
    weight_on_notice: Weight | None = None,
    stage: Stage = Stage.FACTS,
) -> Callable[[Check], Rule]:
    """Makes a `Rule` of a function that yields flaws; its docstring is what the reviewer reads."""

    def of(check: Check) -> Rule:
        return Rule(
            code=code,
            scope=scope,
            weight=weight,
            cite=cite,
            follows=follows,
            check=check,
            suggestion=suggestion,
            needs=needs,
            boxes=boxes,
            heavier=heavier,
            weight_on_notice=weight_on_notice,
            stage=stage,
        )

    return of


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One rule run over one case."""

    rule: Rule
    findings: tuple[Finding, ...]
    unknowns: tuple[str, ...]
    """Why the rule, or a part of it, could not be evaluated."""

    @property
    def outcome(self) -> Outcome:
        if self.findings:
            return Outcome.FOUND
        return Outcome.NOT_EVALUATED if self.unknowns else Outcome.PASSED


def evaluate(one: Rule, case: Case) -> Evaluation | None:
    """Runs one rule; None where it does not apply to this kind of submission."""
    if case.submission.kind not in one.scope.kinds:
        return None
    lacking = [f"{need.value} is not known" for need in one.needs if not case.has(need)]
    lacking += [f"the page with the box {box} is missing" for box in one.boxes if case.is_on_missing_page(box)]
    if lacking:
        return Evaluation(one, (), tuple(lacking))
    yielded = tuple(one.check(case))
    return Evaluation(
        one,
        tuple(one.finding(flaw, case.submission.kind) for flaw in yielded if isinstance(flaw, Flaw)),
        tuple(unknown.why for unknown in yielded if isinstance(unknown, Unknown)),
    )
