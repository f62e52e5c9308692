"""Submissions in, judgements and standings out: every rule over every form, and the fold of rulebook section 4.

A replay from the first submission on, each time: nothing is remembered between calls. It refuses to know the clock:
whoever asks for an earlier moment gives only what was there by then.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from core.decisions import Decision, Verdict
from core.failures import TenderfaxError
from core.findings import Disposition, Finding, Resolution, RowStatus, Severity
from core.grammar import SignedMoment, signed_moment
from core.holders import OptionLedger
from core.judgements import Judgement, Standing
from core.notation import parse_cases, result_to_json
from core.offer_state import OfferState
from core.standing import Fold, disposition_of, receipt_order, row_status_of
from core.submissions import Kind, Submission
from offers.terms import Terms
from validators.case import Case, WrittenRow
from validators.catalogue import RULE_BY_CODE, RULES
from validators.holder_match import HolderIndex
from validators.resubmission import Earlier
from validators.rule import Need, Rule, Scope, Stage, evaluate
from validators.ruling import rulings_of


class DecisionNotUnderstood(TenderfaxError):
    """A person's decision recodes a finding to a code that is not in the catalogue."""


@dataclass(frozen=True, slots=True)
class Judgements:
    """What the rules and the fold say of many submissions.

    `by_submission` is keyed by submission id, `standings` by holder id: holders without a submission are not in it.
    """

    by_submission: Mapping[str, Judgement]
    standings: Mapping[str, Standing]


def judge_all(
    submissions: Sequence[Submission],
    *,
    ledger: OptionLedger,
    offer: OfferState,
    terms: Terms,
    decisions: Sequence[Decision] = (),
) -> Judgements:
    """Judges submissions of any number of holders, in whatever order they are given.

    They are taken in order of receipt. A submission whose holder does not resolve is judged by itself, without
    standing.
    Raises DecisionNotUnderstood for a decision that recodes to an unknown code; a decision about a finding that is not
    there has no effect.
    """
    ordered = sorted(submissions, key=lambda one: receipt_order(one, _signed(one, terms), terms.time_zone))
    return _replay(ordered, ledger, offer, terms, decisions)


def judge_cases(json_cases: object, terms: Terms) -> list[dict[str, Any]]:
    """The results of keyed cases (design 3.3 in, 3.5 out); raises core.failures.MalformedCase.

    The `prior` submissions of a case are taken in the order given, which is their order of receipt; the submission
    comes after them.
    """
    results = []
    for case in parse_cases(json_cases):
        judged = _replay((*case.prior, case.submission), case.ledger, case.offer, terms, ()).by_submission
        prior = tuple(judged[one.id] for one in case.prior)
        results.append(result_to_json(case.id, judged[case.submission.id], prior))
    return results


def needs_review(judgement: Judgement) -> bool:
    """Whether a person must look: anything open above a note, anything not evaluated, or a form that does not count."""
    is_quiet = all(
        finding.severity is Severity.NOTE for finding in judgement.findings if finding.resolution is Resolution.OPEN
    )
    counts = judgement.disposition in (Disposition.EFFECTIVE, Disposition.DUPLICATE)
    return not (is_quiet and counts and not judgement.not_evaluated)


def _signed(submission: Submission, terms: Terms) -> SignedMoment:
    fields = submission.fields
    return signed_moment(fields.date, fields.time, offer_zone=terms.time_zone, assumed_year=terms.default_year)


# ---------------------------------------------------------------------------------------------------------- the replay


@dataclass(slots=True)
class _Track:
    """What has been seen of one holder so far; the only thing that changes during a replay."""

    fold: Fold = field(default_factory=Fold)
    judged: list[tuple[Case, Judgement]] = field(default_factory=list)

    def history(self) -> tuple[Earlier, ...]:
        return tuple(
            Earlier(
                submission=case.submission,
                signed=case.signed,
                disposition=judgement.disposition,
                findings=judgement.findings,
                is_open=judgement.submission_id in self.fold.open,
                is_basis=judgement.submission_id == self.fold.standing.basis,
                cured=case.cured,
            )
            for case, judgement in self.judged
        )


def _replay(
    ordered: Iterable[Submission],
    ledger: OptionLedger,
    offer: OfferState,
    terms: Terms,
    decisions: Sequence[Decision],
) -> Judgements:
    _check_recodings(decisions)
    index = HolderIndex(ledger)
    rulings = rulings_of(decisions, offer.waivers)
    tracks: dict[str | None, _Track] = defaultdict(_Track)
    judgements: dict[str, Judgement] = {}
    for submission in ordered:
        match = index.match(submission)
        holder = match.holder if submission.kind is not None else None
        track = tracks[holder.holder_id if holder else None]
        case = Case(
            submission=submission,
            ledger=ledger,
            offer=offer,
            terms=terms,
            signed=_signed(submission, terms),
            holder=holder,
            why_no_holder=match.why_not,
            history=track.history(),
            standing=track.fold.standing,
            ruling=rulings[submission.id],
        )
        review = _review(case)
        track.fold = _moved_on(track.fold, case, review)
        judgements[submission.id] = _judgement(case, review, track.fold.standing)
        track.judged.append((case, judgements[submission.id]))
    standings = {holder_id: track.fold.standing for holder_id, track in tracks.items() if holder_id is not None}
    return Judgements(MappingProxyType(judgements), MappingProxyType(standings))


def _check_recodings(decisions: Iterable[Decision]) -> None:
    for one in decisions:
        if one.verdict is Verdict.RECODE and one.recoded_to not in RULE_BY_CODE:
            raise DecisionNotUnderstood(
                f"decision {one.id} on submission {one.submission_id} recodes {one.code} to {one.recoded_to!r}, "
                "which is no code of the catalogue; take it back and recode again"
            )


def _moved_on(fold: Fold, case: Case, review: _Review) -> Fold:
    """The fold after this submission; one without a holder can only be held (rulebook 4.1)."""
    submission_id = case.submission.id
    if review.disposition is Disposition.HELD:
        return fold.with_held(submission_id, case.cures.submission.id if case.cures else None)
    if review.disposition is not Disposition.EFFECTIVE or case.holder is None:
        return fold
    if case.submission.kind is Kind.NOTICE:
        return fold.with_notice(submission_id)
    accepted = {
        row.target: row.grant.unexercised
        for row in case.rows
        if row.grant is not None and review.row_statuses[row.target] is RowStatus.ACCEPTED
    }
    held = tuple(target for target, status in review.row_statuses.items() if status is RowStatus.HELD)
    return fold.with_election(submission_id, accepted, held)


def _judgement(case: Case, review: _Review, after: Standing) -> Judgement:
    return Judgement(
        submission_id=case.submission.id,
        holder_id=case.holder.holder_id if case.holder else None,
        findings=review.findings,
        disposition=review.disposition,
        row_statuses=review.row_statuses,
        standing_before=case.standing if case.holder else None,
        standing=after if case.holder else None,
        signed_at=case.signed.at,
        not_evaluated=review.not_evaluated,
        cures=case.cures.submission.id if case.cures and not review.is_duplicate else None,
        duplicates=case.duplicate_of.submission.id if case.duplicate_of and review.is_duplicate else None,
    )


# ------------------------------------------------------------------------------------------------ all rules on one form


@dataclass(frozen=True, slots=True)
class _Review:
    """What all the rules and persons say of one case. `row_statuses` keeps the form's order, table then schedule."""

    findings: tuple[Finding, ...]
    not_evaluated: tuple[str, ...]
    row_statuses: Mapping[str, RowStatus]
    disposition: Disposition
    is_duplicate: bool


_READING_ORDER = {one.code: number for number, one in enumerate(RULES)}


def _review(case: Case) -> _Review:
    """Runs every rule that applies; a copy is told so and nothing else, save doubts about its reading (rule 21).

    A form without a holder never counts, whatever a person cleared: it has to be assigned.
    """
    copied, _ = _run((RULE_BY_CODE["DUPLICATE_FAX"],), case)
    is_duplicate = any(finding.stands for finding in copied)
    if is_duplicate:
        of_reading, unknown = _run([one for one in RULES if one.scope in (Scope.INTAKE, Scope.FIELD)], case)
        findings = [*copied, *of_reading]
    else:
        findings, unknown = [], []
        for stage in Stage:
            found, not_evaluated = _run([one for one in RULES if one.stage is stage], case)
            findings, unknown = [*findings, *found], [*unknown, *not_evaluated]
            case = replace(case, row_statuses=MappingProxyType(_row_statuses(case, findings)))
    of_form = [finding for finding in findings if _row_target_of(finding, case) is None]
    disposition = disposition_of(of_form, is_duplicate, _provisional_in(case))
    if disposition is Disposition.EFFECTIVE and case.holder is None:
        disposition = Disposition.HELD
    return _Review(
        findings=tuple(sorted(findings, key=lambda finding: _READING_ORDER[finding.code])),
        not_evaluated=tuple(unknown),
        row_statuses=case.row_statuses,
        disposition=disposition,
        is_duplicate=is_duplicate,
    )


def _run(rules: Iterable[Rule], case: Case) -> tuple[list[Finding], list[str]]:
    """What the rules find, with what persons made of it, and the codes of those not evaluated."""
    evaluations = [evaluation for one in rules if (evaluation := evaluate(one, case)) is not None]
    found = [finding for evaluation in evaluations for finding in evaluation.findings]
    resolved = case.ruling.applied_to(found, case.submission.kind, RULE_BY_CODE)
    return [*resolved], [evaluation.rule.code for evaluation in evaluations if evaluation.unknowns]


def _row_statuses(case: Case, findings: Sequence[Finding]) -> dict[str, RowStatus]:
    """The status of each filled row's target, in the form's order."""
    if case.submission.kind is not Kind.ELECTION:
        return {}
    statuses = {}
    is_provisional = _provisional_in(case)
    for target in dict.fromkeys(row.target for row in case.rows):
        rows = [row for row in case.rows if row.target == target]
        about = [one for one in findings if _row_target_of(one, case) == target and not _is_spent_strike(one, rows)]
        status = row_status_of(about, is_provisional)
        if status is RowStatus.ACCEPTED and not _can_be_tendered(rows[0], case):
            status = RowStatus.HELD
        statuses[target] = status
    return statuses


def _can_be_tendered(row: WrittenRow, case: Case) -> bool:
    """Whether the ledger has shares of the holder's own to tender: no decision of a person can make them."""
    grant, holder = row.grant, case.holder
    return grant is not None and holder is not None and grant.holder_id == holder.holder_id and grant.unexercised > 0


def _is_spent_strike(finding: Finding, rows: Sequence[WrittenRow]) -> bool:
    """Whether a strike was upheld on one row of a grant that another, unstruck row names as well (decision 0015)."""
    is_upheld = finding.code == "ROW_STRUCK" and finding.resolution is Resolution.UPHELD
    return is_upheld and any(not row.is_struck for row in rows)


_ROW_KEY = re.compile(r"(?P<schedule>schedule\.)?row(?P<number>[0-9]+)\..+")


def _row_target_of(finding: Finding, case: Case) -> str | None:
    """The target of the row that a finding is about; None for the form as a whole."""
    scope = RULE_BY_CODE[finding.code].scope
    if scope in (Scope.ROW, Scope.SCHEDULE):
        return finding.target
    return _row_target_of_key(finding.target, case) if scope is Scope.FIELD else None


def _row_target_of_key(key: str, case: Case) -> str | None:
    """The row that a reading (`row2.shares`, `schedule.row1.price`) belongs to.

    None where that row is not among the filled ones, and for any other box: then the form as a whole is in doubt.
    """
    found = _ROW_KEY.fullmatch(key)
    if found is None:
        return None
    number = int(found["number"]) + (len(case.submission.fields.rows) if found["schedule"] else 0)
    return next((row.target for row in case.rows if row.number == number), None)


def _provisional_in(case: Case) -> Callable[[Finding], bool]:
    """Tells whether a fatal finding of the case rests on a reading in doubt: it may not be final then (rule 26)."""
    doubted = {
        doubt.key for doubt in case.submission.doubts if not case.ruling.settles("OCR_LOW_CONFIDENCE", doubt.key)
    }
    doubted_rows = {_row_target_of_key(key, case) for key in doubted}

    def is_provisional(finding: Finding) -> bool:
        rule = RULE_BY_CODE[finding.code]
        if rule.scope in (Scope.ROW, Scope.SCHEDULE):
            return finding.target in doubted_rows
        if Need.HOLDER in rule.needs:
            return bool(doubted & {"printed_name", "tax_id"})
        return finding.code == "CONDITIONAL_TENDER" and "notes" in doubted

    return is_provisional
