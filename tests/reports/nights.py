"""Nights to be reported: quiet by default, and whatever a test is about changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.findings import Disposition, Hold, Severity
from core.judgements import State
from core.night import (
    Amount,
    Break,
    BreakSeverity,
    CheckOutcome,
    CheckRun,
    Evidence,
    HolderStanding,
    Movement,
    Night,
    NightForm,
    OpenIrregularity,
    PoolChange,
    Proof,
    ReceiptHour,
    TenderedGrant,
    Tie,
    TieTable,
)
from core.submissions import Kind

PACIFIC = ZoneInfo("America/Los_Angeles")
AS_OF = datetime(2003, 7, 20, 21, 30, tzinfo=PACIFIC)
FAX = "9f2c61d04be7" + "0" * 52


def quiet_night() -> Night:
    """Three forms of two holders, everything balanced."""
    return Night(
        offer_id="capstone_2003",
        issuer="Capstone Turbine Corporation",
        time_zone="America/Los_Angeles",
        commenced_on=date(2003, 6, 25),
        as_of=AS_OF,
        before=AS_OF - timedelta(days=1),
        expiration=datetime(2003, 7, 24, 17, 0, tzinfo=PACIFIC),
        accepted_at=None,
        terminated_at=None,
        eligible_cap=10_000,
        proof=Proof(True, 42, "ab" * 32, 1, date(2003, 7, 18), 3),
        checks=(
            check("REC_FAX_NOT_ARCHIVED", "Every fax job has its file."),
            check("REC_SHARES_LEDGER", "Tendered shares are those of the ledger."),
            check("REC_OPEN_AGEING", "Nothing is open for longer than a day.", BreakSeverity.WARNS),
            replace(
                check("REC_ACCEPT_SET", "What was accepted stood."),
                outcome=CheckOutcome.NOT_DUE,
                why="nothing accepted",
            ),
        ),
        breaks=(),
        tie_tables=(
            TieTable("Faxes", (faxes_tie(),)),
            TieTable(
                "Holders and shares",
                (
                    Tie(
                        "Tendered = shares in the ledger",
                        (
                            Amount("Tendered, last night", 1_000),
                            Amount("tendered since", 4_000),
                            Amount("withdrawn", -500),
                        ),
                        (Amount("1993 plan", 3_000), Amount("2000 plan", 1_500)),
                    ),
                ),
            ),
        ),
        forms=(form("F1", 9), form("F2", 10, Disposition.HELD), form("F3", 11, kind=Kind.NOTICE)),
        receipts=(
            ReceiptHour(datetime(2003, 7, 18, 16, tzinfo=UTC), 1, 0, 0, 0),
            ReceiptHour(datetime(2003, 7, 21, 2, tzinfo=UTC), 0, 1, 0, 0),
            ReceiptHour(None, 1, 0, 0, 0),
        ),
        open_irregularities=(irregularity(0), irregularity(2), irregularity(9, code="TIME_MISSING")),
        standings=(
            standing("H1", "Ana Ortega", (grant("1041", 3_000), grant("1187", 1_500)), eligible=6_000),
            standing("H2", "Bo Lind", (), eligible=3_000),
        ),
        pool_changes=(PoolChange("2001", "H3", 1_000, 0, "exercise", date(2003, 7, 18)),),
        revalidated=(),
        movement=Movement(1_000, 4_000, 500, 0, 0),
    )


def faxes_tie(*, archived: int = 3) -> Tie:
    return Tie(
        "Complete calls = faxes in the archive",
        (Amount("Calls in the fax log", 5), Amount("failed or broken off", -2)),
        (Amount("Faxes in the archive", archived),),
        ("REC_FAX_NOT_ARCHIVED",),
    )


def check(code: str, duty: str, severity: BreakSeverity = BreakSeverity.BLOCKS) -> CheckRun:
    return CheckRun(code, severity, duty, "rulebook 5", CheckOutcome.HOLDS, looked_at=3)


def form(
    submission_id: str, hour: int, disposition: Disposition = Disposition.EFFECTIVE, kind: Kind = Kind.ELECTION
) -> NightForm:
    received = datetime(2003, 7, 18, hour, 5, tzinfo=PACIFIC)
    due = datetime(2003, 7, 22, 21, 0, tzinfo=PACIFIC)
    return NightForm(submission_id, FAX, f"{submission_id.lower()}.tif", kind, "H1", disposition, "fax", received, due)


def irregularity(age: int, code: str = "PRICE_MISMATCH") -> OpenIrregularity:
    return OpenIrregularity(
        f"item-{code}-{age}",
        "F2",
        FAX,
        "f2.tif",
        "H1",
        code,
        "1041",
        Severity.REVIEW,
        Hold.HARD,
        "form says $26.28; ledger $16.28",
        AS_OF - timedelta(days=age),
        age,
    )


def grant(number: str, shares: int) -> TenderedGrant:
    return TenderedGrant(number, "2000", "16.28", shares, shares)


def standing(holder_id: str, name: str, grants: tuple[TenderedGrant, ...], *, eligible: int) -> HolderStanding:
    state = State.TENDERED if grants else State.NONE
    return HolderStanding(
        holder_id, name, "3456", "employee", state, False, "F1" if grants else None, grants, (), eligible
    )


def broken(
    code: str = "REC_FAX_NOT_ARCHIVED",
    key: str = "00000398",
    *,
    message: str = "Job 00000398, Sun Jul 20, 4:02 p.m., 2 pages, is not in the archive.",
    evidence: tuple[Evidence, ...] = (
        Evidence("fax log", "job 00000398, 2 pages"),
        Evidence("archive", "no such file"),
    ),
    severity: BreakSeverity = BreakSeverity.BLOCKS,
    nights: int = 1,
    submission_id: str | None = None,
    fax: str | None = None,
    holder_id: str | None = None,
) -> Break:
    age = timedelta(days=nights - 1)
    return Break(
        code=code,
        severity=severity,
        key=key,
        message=message,
        next_step="Fetch it from the fax server's own queue.",
        cite="rulebook 5",
        evidence=evidence,
        first_seen=AS_OF - age,
        nights=nights,
        age=age,
        submission_id=submission_id,
        fax=fax,
        holder_id=holder_id,
    )


def with_breaks(*breaks: Break) -> Night:
    """The quiet night with these breaks, its checks counting them, and a fax missing where that is what is broken."""
    night = quiet_night()
    counts = {one.code: sum(other.code == one.code for other in breaks) for one in breaks}
    checks = tuple(
        replace(run, outcome=CheckOutcome.BROKEN, breaks=counts[run.code]) if run.code in counts else run
        for run in night.checks
    )
    faxes = TieTable("Faxes", (faxes_tie(archived=3 - counts.get("REC_FAX_NOT_ARCHIVED", 0)),))
    return replace(night, breaks=breaks, checks=checks, tie_tables=(faxes, *night.tie_tables[1:]))


def troubled_night() -> Night:
    """Thirty breaks of two kinds."""
    return with_breaks(
        *(broken(key=f"{number:08}", nights=1 + number % 4) for number in range(12)),
        *(
            broken(
                "REC_OPEN_AGEING",
                f"F{number}",
                message=f"Form F{number} has waited for {number} business days.",
                severity=BreakSeverity.WARNS,
                nights=2,
                submission_id=f"F{number}",
            )
            for number in range(18)
        ),
    )
