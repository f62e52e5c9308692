"""What persons decided about one submission's findings, and which codes are waived for everybody.

It refuses to know why: a decision's reason is in the journal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from core.decisions import Decision, Verdict, Waiver
from core.findings import FORM, Finding, Resolution
from core.submissions import Kind
from validators.rule import Rule

NEVER_WAIVED = frozenset({"LATE_RECEIPT", "FAX_STRADDLES_DEADLINE", "RECEIPT_TZ_CRITICAL", "RECEIPT_TIME_UNKNOWN"})
"""Lateness cannot be waived (OTE Q21), nor can the question whether a form is late (decision 0014)."""

_RESOLUTIONS = {
    Verdict.CLEAR: Resolution.CLEARED,
    Verdict.UPHOLD: Resolution.UPHELD,
    Verdict.RECODE: Resolution.RECODED,
}


@dataclass(frozen=True, slots=True)
class Ruling:
    """The last decision on each (code, target) of one submission, and the codes waived for every holder."""

    decisions: Mapping[tuple[str, str], Decision] = field(default_factory=lambda: MappingProxyType({}))
    waived: frozenset[str] = frozenset()

    def resolution_of(self, code: str, target: str) -> Resolution:
        decision = self.decisions.get((code, target))
        if decision is not None:
            return _RESOLUTIONS[decision.verdict]
        return Resolution.WAIVED if code in self.waived else Resolution.OPEN

    def settles(self, code: str, target: str = FORM) -> bool:
        """Whether such a finding would no longer stand: cleared, recoded or waived."""
        return self.resolution_of(code, target) not in (Resolution.OPEN, Resolution.UPHELD)

    def applied_to(
        self, findings: Iterable[Finding], kind: Kind | None, rules: Mapping[str, Rule]
    ) -> Iterator[Finding]:
        """Each finding with its resolution, and after a recoded one the finding it became, unless that is there."""
        queue = list(findings)
        present = {(finding.code, finding.target) for finding in queue}
        for finding in queue:
            yield replace(finding, resolution=self.resolution_of(finding.code, finding.target))
            decision = self.decisions.get((finding.code, finding.target))
            if decision is None or decision.verdict is not Verdict.RECODE:
                continue
            became = _recoded(finding, rules[decision.recoded_to or ""], kind)
            if (became.code, became.target) not in present:
                present.add((became.code, became.target))
                queue.append(became)


def _recoded(finding: Finding, rule: Rule, kind: Kind | None) -> Finding:
    weight = rule.weight_of(kind)
    return replace(
        finding,
        code=rule.code,
        severity=weight.severity,
        hold=weight.hold,
        cite=rule.cite,
        suggestion=rule.suggestion,
    )


def rulings_of(decisions: Sequence[Decision], waivers: Sequence[Waiver]) -> defaultdict[str, Ruling]:
    """The ruling on each submission by its id; one that nobody decided on has the universal waivers only.

    A waiver for some forms only has no effect: it applies to everybody or to nobody (OTE §4).
    """
    by_submission: dict[str, dict[tuple[str, str], Decision]] = defaultdict(dict)
    for decision in sorted(decisions, key=lambda one: (one.decided_at, one.id)):
        by_submission[decision.submission_id][decision.code, decision.target] = decision
    waived = frozenset(waiver.code for waiver in waivers if waiver.submission_ids is None) - NEVER_WAIVED
    rulings = defaultdict(lambda: Ruling(waived=waived))
    for submission_id, decided in by_submission.items():
        rulings[submission_id] = Ruling(MappingProxyType(decided), waived)
    return rulings
