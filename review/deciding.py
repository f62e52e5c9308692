"""What a person keyed on one form, what would follow from it, and the events that it becomes.

Nothing is saved here: a draft is supposed first (the same rules, the form as it would stand) and only then written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType

from core.corrections import NoSuchField, corrected
from core.decisions import Decision, Verdict
from core.events import FieldCorrected, FindingDecided, HolderAssigned, NewEvent
from core.findings import FORM, Finding, Resolution, Severity
from core.grammar import normalise_name
from core.holders import Holder, OptionLedger
from core.judgements import Judgement, Standing
from core.submissions import Submission
from judging.books import NOT_EVALUATED
from judging.running import Running
from ledger.derived import queued
from review.fields import keyed_value, label_of, value_now
from validators.catalogue import RULE_BY_CODE

LONGEST_VALUE = 10_000
LONGEST_REASON = 1_000
CONFIRMED = "read on the paper"

REASONS: Mapping[Verdict, tuple[str, ...]] = MappingProxyType(
    {
        Verdict.CLEAR: (
            "Number, price and shares leave no doubt",
            "Read again on the paper",
            "The same person, as the records show",
            "Words that change nothing",
            "Signed later, as the holder confirmed",
            "As the rulebook recommends",
            "Counsel advised it",
        ),
        Verdict.UPHOLD: (
            "The paper does say so",
            "The holder was told and may send a new form",
            "As the rulebook recommends",
            "Counsel advised it",
        ),
        Verdict.RECODE: ("The flaw is another one", "Counsel advised it"),
    }
)
"""The list from which a reason is taken; words may follow."""


class NotDecided(Exception):
    """A decision that cannot be saved as it stands; the message tells the person what is missing."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person made of one finding."""

    verdict: Verdict
    recoded_to: str | None = None


Key = tuple[str, str]
"""The code and target of a finding."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything keyed on one form and not yet saved. `corrections` hold what was typed; `version` the board's then.

    `listed` and `words` are the reason as far as it is written; alone they are nothing to save.
    """

    corrections: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    choices: Mapping[Key, Choice] = field(default_factory=lambda: MappingProxyType({}))
    holder_id: str | None = None
    version: int = 0
    listed: str = ""
    words: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.corrections or self.choices or self.holder_id)

    def correcting(self, key: str, typed: str) -> Draft:
        return replace(self, corrections={**self.corrections, key: typed})

    def without(self, key: str) -> Draft:
        return replace(self, corrections={k: v for k, v in self.corrections.items() if k != key})

    def choosing(self, key: Key, choice: Choice | None) -> Draft:
        others = {k: c for k, c in self.choices.items() if k != key}
        return replace(self, choices=others if choice is None else {**others, key: choice})


def draft_to_json(draft: Draft) -> str:
    choices = [[code, target, c.verdict.value, c.recoded_to] for (code, target), c in draft.choices.items()]
    plain = {
        "corrections": dict(draft.corrections),
        "choices": choices,
        "holder_id": draft.holder_id,
        "version": draft.version,
        "listed": draft.listed,
        "words": draft.words,
    }
    return "" if draft == Draft(version=draft.version) else json.dumps(plain)


def print_of(draft: Draft) -> str:
    """A print of what would be saved: a page that shows another one shows something else."""
    return sha256(draft_to_json(replace(draft, listed="", words="")).encode()).hexdigest()[:16]


def draft_from_json(text: str) -> Draft:
    if not text:
        return Draft()
    plain = json.loads(text)
    choices = {(code, target): Choice(Verdict(verdict), to) for code, target, verdict, to in plain["choices"]}
    reason = plain.get("listed", ""), plain.get("words", "")
    return Draft(plain["corrections"], choices, plain["holder_id"], plain["version"], *reason)


@dataclass(frozen=True, slots=True)
class Supposed:
    """The form as it would stand if the draft were saved. `gone` and `new` compare findings with now."""

    submission: Submission
    judgement: Judgement
    standings: Mapping[str, Standing]
    gone: tuple[Finding, ...]
    new: tuple[Finding, ...]

    @property
    def standing(self) -> Standing | None:
        """The holder's standing after everything that came, not only after this form."""
        return self.standings.get(self.judgement.holder_id) if self.judgement.holder_id else None

    @property
    def still_open(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.judgement.findings if queued(f))


def suppose(running: Running, submission: Submission, draft: Draft, *, actor: str, now: datetime) -> Supposed:
    """What follows from the draft by all the rules; raises core.corrections.NoSuchField for a value no field takes."""
    changed = submission
    if draft.holder_id:
        changed = replace(changed, holder_id=draft.holder_id, holder_confirmed=True)
    for key, typed in draft.corrections.items():
        changed = corrected(changed, key, keyed_value(key, typed))
    decisions = [
        Decision(f"~{n:06d}", submission.id, code, target, c.verdict, actor, now, "", c.recoded_to)
        for n, ((code, target), c) in enumerate(draft.choices.items())
    ]
    judgement, standings = running.supposing(changed, decisions)
    before = {(f.code, f.target): f for f in running.judgement(submission.id).findings if queued(f)}
    after = {(f.code, f.target): f for f in judgement.findings if queued(f)}
    gone = tuple(f for key, f in before.items() if key not in after)
    new = tuple(f for key, f in after.items() if key not in before)
    return Supposed(changed, judgement, standings, gone, new)


def recodable() -> tuple[str, ...]:
    """The codes that a finding may be recoded to."""
    return tuple(sorted(RULE_BY_CODE))


def events_of(
    running: Running,
    submission: Submission,
    draft: Draft,
    *,
    actor: str,
    now: datetime,
    listed: str,
    words: str,
    next_seq: int,
) -> tuple[NewEvent, ...]:
    """The draft as events, one for each decision. `next_seq` is the journal's next line: it orders decisions of one
    instant. Raises NotDecided when a reason is missing or a decision names a finding that is not there."""
    words = words.strip()[:LONGEST_REASON]
    reason = ": ".join(part for part in (listed.strip(), words) if part)
    _refuse_without_reason(draft, listed, words)
    bodies: list[FieldCorrected | FindingDecided | HolderAssigned] = []
    if draft.holder_id:
        was = running.judgement(submission.id).holder_id
        bodies.append(HolderAssigned(submission.id, draft.holder_id, reason, was))
    for key, typed in draft.corrections.items():
        value, was_value = keyed_value(key, typed), value_now(submission, key)
        bodies.append(FieldCorrected(submission.id, key, value, reason or CONFIRMED, was_value))
    found = _decidable(running, submission, draft, actor=actor, now=now)
    for (code, target), choice in draft.choices.items():
        if (code, target) not in found:
            raise NotDecided(f"{code} on {target} is no longer found on this form; look at it again")
        if choice.verdict is Verdict.RECODE and choice.recoded_to not in RULE_BY_CODE:
            raise NotDecided(f"{code} is to be recoded, yet to no code of the list; choose one")
        decision = Decision(
            id=f"D-{next_seq + len(bodies):09d}",
            submission_id=submission.id,
            code=code,
            target=target,
            verdict=choice.verdict,
            actor=actor,
            decided_at=now,
            reason=reason,
            recoded_to=choice.recoded_to if choice.verdict is Verdict.RECODE else None,
            was=found[code, target].value,
        )
        bodies.append(FindingDecided(decision))
    return tuple(NewEvent(now, actor, body) for body in bodies)


def holder_named(ledger: OptionLedger, typed: str) -> Holder | None:
    """The holder of `H022`, `H022 Jane Doe` or `Jane Doe`; None where nobody, or more than one, is called so."""
    by_id = ledger.holder(typed.strip().partition(" ")[0])
    wanted = normalise_name(typed)
    called = [holder for holder in ledger.holders if normalise_name(holder.name_on_agreement) == wanted]
    return by_id or (called[0] if len(called) == 1 else None)


def checked_correction(submission: Submission, key: str, typed: str) -> None:
    """Raises NotDecided where the form has no such field, or the field cannot say this."""
    if len(typed) > LONGEST_VALUE:
        raise NotDecided(f"{label_of(key)}: {len(typed):,} characters are more than a form can hold")
    try:
        corrected(submission, key, keyed_value(key, typed))
    except NoSuchField as error:
        raise NotDecided(f"{label_of(key)}: {typed!r} is nothing that this field can say") from error


def _refuse_without_reason(draft: Draft, listed: str, words: str) -> None:
    """An upheld or recoded finding and an assigned holder want words, a cleared one a reason from the list."""
    verdicts = {choice.verdict for choice in draft.choices.values()}
    if Verdict.UPHOLD in verdicts and not words:
        raise NotDecided("Say in a sentence why the finding is upheld; it is kept for good.")
    if Verdict.RECODE in verdicts and not words:
        raise NotDecided("Say in a sentence why the finding is recoded; it is kept for good.")
    if draft.holder_id and not (listed or words):
        raise NotDecided("Say why the form is this holder's; it is kept for good.")
    if verdicts and not (listed or words):
        raise NotDecided("Choose a reason from the list, or write one.")


def _decidable(
    running: Running, submission: Submission, draft: Draft, *, actor: str, now: datetime
) -> Mapping[Key, Resolution]:
    """Every finding there is, now or once the draft's corrections are made, with its resolution."""
    without_choices = replace(draft, choices=MappingProxyType({}))
    after = suppose(running, submission, without_choices, actor=actor, now=now).judgement
    found = {
        (f.code, f.target): f.resolution
        for f in (*after.findings, *running.judgement(submission.id).findings)
        if f.severity is not Severity.NOTE
    }
    if after.not_evaluated:
        found[NOT_EVALUATED, FORM] = Resolution.OPEN
    return found


def waiting_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings in the order they are worked on: open ones, then decided ones, then notes."""
    return tuple(sorted(findings, key=lambda f: (not queued(f), f.severity is Severity.NOTE)))
