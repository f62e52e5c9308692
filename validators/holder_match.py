"""Whose form it is, by the three steps of rule 27: exact name, full tax id, recognised grant numbers.

It refuses to guess: a step counts only when it gives exactly one holder, nearness is nothing here, and a grant number
that was read with a doubt is none: one figure further stands another holder's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.grammar import normalise_grant_no, normalise_name, tax_id_digits
from core.holders import Holder, OptionLedger
from core.submissions import Submission


@dataclass(frozen=True, slots=True)
class Match:
    """Whose form it is; `why_not` says why nobody's, without naming anybody."""

    holder: Holder | None
    why_not: str = ""


class HolderIndex:
    """The ledger's holders by normalised name and by tax id, built once for many forms."""

    def __init__(self, ledger: OptionLedger) -> None:
        self.ledger = ledger
        self._by_name: dict[str, set[str]] = defaultdict(set)
        self._by_tax_id: dict[str, set[str]] = defaultdict(set)
        for holder in ledger.holders:
            for name in (holder.name_on_agreement, *holder.legal_name_changes):
                self._by_name[normalise_name(name)].add(holder.holder_id)
            self._by_tax_id[tax_id_digits(holder.tax_id)].add(holder.holder_id)

    def match(self, submission: Submission) -> Match:
        """The holder assigned to the form, as long as the steps do not point to somebody else (decision 0012)."""
        found = self._by_steps(submission)
        if submission.holder_id is None:
            return Match(found, "" if found else "Neither name, identification number nor grants give one holder.")
        assigned = self.ledger.holder(submission.holder_id)
        if assigned is None:
            return Match(None, "The holder assigned to the form is not in the ledger.")
        if found not in (None, assigned) and not submission.holder_confirmed:
            return Match(None, "The form was taken for one holder's, yet it names another.")
        return Match(assigned)

    def _by_steps(self, submission: Submission) -> Holder | None:
        fields = submission.fields
        steps = (
            self._named(self._by_name, normalise_name(fields.printed_name)),
            self._named(self._by_tax_id, tax_id_digits(fields.tax_id)),
            self._owners(_sure_grant_numbers(submission)),
        )
        for candidates in steps:
            if len(candidates) == 1:
                return self.ledger.holder(next(iter(candidates)))
        return None

    @staticmethod
    def _named(index: dict[str, set[str]], key: str) -> set[str]:
        return index.get(key, set()) if key else set()

    def _owners(self, numbers: Iterable[str]) -> set[str]:
        grants = (self.ledger.grant(number) for number in numbers)
        return {grant.holder_id for grant in grants if grant is not None}


def _sure_grant_numbers(submission: Submission) -> Iterator[str]:
    doubtful = {doubt.key for doubt in submission.doubts}
    for stem, row in submission.fields.rows_by_stem.items():
        if f"{stem}.grant_no" not in doubtful:
            yield normalise_grant_no(row.grant_no)
