"""What a waiver does: whom it touches, how each of their forms is judged with it, what it changes in shares.

It reaches every holder (OTE §4); nothing here can leave one out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from zoneinfo import ZoneInfo

from core.decisions import Waiver
from core.findings import Finding, Resolution, Severity
from core.judgements import Judgement, Standing
from core.standing import read_in_zone
from core.submissions import Submission
from judging.running import Running
from review.board import Board
from review.wording import DISPOSITION_WORDS, shares_of
from validators.ruling import NEVER_WAIVED


@dataclass(frozen=True, slots=True)
class Touched:
    """One form that a waiver reaches, now and with it. `change` is what the holder's tendered shares change by."""

    submission: Submission
    number: str
    name: str
    holder_id: str | None
    received_at: datetime | None
    key: str
    now: str
    then: str
    left: int
    change: int
    reopened: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """Everything a waiver would do."""

    touched: tuple[Touched, ...]
    tendered_before: int
    tendered_after: int

    @property
    def become_final(self) -> int:
        return sum(one.left == 0 and one.then == "counts" for one in self.touched)

    @property
    def stay_held(self) -> int:
        return sum(one.then == "held" for one in self.touched)


class Effects:
    """The effects of waivers as the books stand, each found once: with 200 forms touched it takes seconds."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._lock = Lock()
        self._kept: dict[str, tuple[int, Effect]] = {}

    def of(self, board: Board, code: str, now: datetime) -> Effect:
        """Everything that a waiver of the class would do now, or has done where one is in force."""
        with self._lock:
            seq, effect = self._kept.get(code, (-1, None))
            if effect is None or seq != board.running.seq:
                effect = _effect(board, code, self._zone, now)
                self._kept[code] = board.running.seq, effect
            return effect


def is_waivable(finding: Finding) -> bool:
    """Defects of a form, not doubts of our reading or judgements that nothing is wrong (rulebook G)."""
    return (
        finding.severity in (Severity.CURABLE, Severity.REVIEW)
        and finding.code not in NEVER_WAIVED | {"OCR_LOW_CONFIDENCE"}
        and finding.resolution in (Resolution.OPEN, Resolution.UPHELD)
    )


def touched_by(board: Board, code: str) -> tuple[Submission, ...]:
    """Every form with the defect, decided or not; nobody can be left out."""
    running = board.running
    return tuple(
        s
        for s in running.judged.submissions
        if any(
            f.code == code and f.resolution in (Resolution.OPEN, Resolution.UPHELD, Resolution.WAIVED)
            for f in running.judgement(s.id).findings
        )
    )


def _effect(board: Board, code: str, zone: ZoneInfo, now: datetime) -> Effect:
    """Every form with the defect, as it is and as it would be with the waiver; upheld ones opened again."""
    running, touched = board.running, touched_by(board, code)
    judgements: Mapping[str, Judgement] = running.judged.judgements
    standings: Mapping[str, Standing] = {}
    if all(waiver.code != code for waiver in running.judged.record.offer.waivers):
        trial = Waiver("trial", code, "", now, "")
        judgements, standings = running.supposing_waived(trial, [s.id for s in touched])
    before, after = board.tendered, board.tendered
    for holder_id, standing in standings.items():
        after += shares_of(standing) - shares_of(running.judged.standings.get(holder_id))
    rows = [_touched(board, s, code, judgements[s.id], _change_of(running, standings, s.id), zone) for s in touched]
    return Effect(tuple(rows), before, after)


def _change_of(running: Running, standings: Mapping[str, Standing], submission_id: str) -> int:
    """What the waiver changes the tendered shares of the form's holder by."""
    holder_id = running.group_of(submission_id)
    if holder_id is None or holder_id not in standings:
        return 0
    return shares_of(standings[holder_id]) - shares_of(running.judged.standings.get(holder_id))


def _touched(board: Board, submission: Submission, code: str, then: Judgement, change: int, zone: ZoneInfo) -> Touched:
    now = board.running.judgement(submission.id)
    holder = board.running.ledger.holder(now.holder_id) if now.holder_id else None
    finding = next(f for f in now.findings if f.code == code)
    field = board.fields_of(submission, now).field_of(finding)
    return Touched(
        submission=submission,
        number=board.numbers[submission.id],
        name=holder.name_on_agreement if holder else submission.fields.printed_name or "nobody yet",
        holder_id=now.holder_id,
        received_at=read_in_zone(submission.received_at, zone) if submission.received_at else None,
        key=field.key if field and field.has_picture and field.key != "tax_id" else "",
        now=DISPOSITION_WORDS[now.disposition],
        then=DISPOSITION_WORDS[then.disposition],
        left=_open(then.findings),
        change=change,
        reopened=any(f.code == code and f.resolution is Resolution.UPHELD for f in now.findings),
    )


def _open(findings: Sequence[Finding]) -> int:
    return sum(f.resolution is Resolution.OPEN and f.severity is not Severity.NOTE for f in findings)
