"""The nightly reconciliation of one workspace, run and recorded: plain functions that know no Prefect.

A run may be killed anywhere and run again: books are only read, the report's folder is there whole or not at all, and
what the run found is written in one transaction at its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from core.night import Night
from flows.desk import Desk
from flows.settings import BadSetting
from judging.nights.gathering import Gathered
from judging.nights.nights import (
    Depth,
    find_night,
    recorded_night,
    without_garbage,
    written_left,
    written_night,
)
from judging.nights.sources import Sources
from ledger import journal, nights
from ledger.nights import NightRun, ProofKind, RunOutcome

RUNS_AT = time(21, 30)
"""In the offer's zone: after the Eastern midnight that ends a business day, and no clock change skips it."""
_GRACE = timedelta(hours=2)
"""A run that has not come by so long after its hour is overdue."""
_LONGEST = timedelta(hours=1)
"""A run that began so long ago and did not end was killed."""
REPORTS = "reconciliation"


@dataclass(frozen=True, slots=True)
class Ran:
    """One run: what it found, and the folder of its report. `recorded`: the night was looked up, not found anew."""

    night: Night
    folder: Path
    recorded: bool = False


def run_night(desk: Desk, *, as_of: datetime | None = None, full: bool = False) -> Ran:
    """Reconciles as of now and records the run; as of a past moment, gives what that night's run gave.

    A past moment without a run is found anew from what the books had by then, and is not recorded: it is no night's
    run. Raises BadSetting for a moment that has not come.
    """
    now = desk.now()
    if as_of is not None and as_of > now:
        raise BadSetting(f"--as-of: {as_of.isoformat()} has not come yet; it is {now.isoformat()}")
    if as_of is None or as_of == now:
        return _recorded_run(desk, now, full=full)
    with desk.books.reading() as connection:
        night = recorded_night(connection, as_of)
    if night is not None:
        return Ran(night, _report_of_a_moment(desk, night), recorded=True)
    found, _ = find_night(sources_of(desk), as_of)
    return Ran(found, _report_of_a_moment(desk, found))


def night_of(desk: Desk, as_of: datetime | None = None) -> Night:
    """The night of a workspace as of a moment, without writing anything."""
    moment = as_of if as_of is not None else desk.now()
    with desk.books.reading() as connection:
        night = recorded_night(connection, moment) if moment < desk.now() else None
    return night if night is not None else find_night(sources_of(desk), moment)[0]


def sources_of(desk: Desk) -> Sources:
    """Where a workspace keeps what a night looks at."""
    return Sources(
        books=desk.books,
        terms=desk.offer.terms,
        archive=desk.settings.archive,
        fax_log=desk.settings.fax_log,
        clock_log=desk.settings.workspace / "faxclock.csv",
    )


def _recorded_run(desk: Desk, as_of: datetime, *, full: bool) -> Ran:
    _note(desk, NightRun(RunOutcome.BEGUN, as_of, datetime.now(UTC)))
    try:
        with without_garbage():
            night, gathered = find_night(sources_of(desk), as_of, Depth.FULL if full else Depth.AS_DUE)
        folder = _report(desk, night)
    except Exception as failure:
        _note(desk, NightRun(RunOutcome.FAILED, as_of, datetime.now(UTC), reason=type(failure).__name__))
        raise
    _note_done(desk, night, gathered)
    return Ran(night, folder)


def reconcile_books(desk: Desk, depth: Depth) -> Night:
    """A run as of now without its report: found and recorded."""
    with without_garbage():
        night, gathered = find_night(sources_of(desk), desk.now(), depth)
        _note_done(desk, night, gathered)
    return night


def _note_done(desk: Desk, night: Night, gathered: Gathered) -> None:
    done = NightRun(
        RunOutcome.DONE,
        night.as_of,
        datetime.now(UTC),
        balanced=night.balanced,
        proven=ProofKind.FULL if night.proof.full else ProofKind.INCREMENTAL,
        journal_seq=night.proof.journal_seq,
        journal_hash=night.proof.journal_hash,
    )
    with desk.books.writing() as connection:
        nights.note(connection, done, night=written_night(night), facts=written_left(gathered))


def _note(desk: Desk, run: NightRun) -> None:
    with desk.books.writing() as connection:
        nights.note(connection, run)


def _report(desk: Desk, night: Night) -> Path:
    """Writes the files of a run into its day's folder; returns it."""
    from reports.night_folder import write_night

    return write_night(desk.settings.workspace / REPORTS, night, desk.settings.desk_url)


def _report_of_a_moment(desk: Desk, night: Night) -> Path:
    """Writes the files of a past moment; beside its day's report, where another run of that day gave that one."""
    from reports.night_folder import night_files, put

    local = night.as_of.astimezone(desk.offer.terms.time_zone)
    midnight = datetime.combine(local.date(), time(0), tzinfo=local.tzinfo)
    with desk.books.reading() as connection:
        last = nights.last_done(connection, before=midnight + timedelta(days=1))
    taken = last is not None and last.as_of >= midnight and last.as_of != night.as_of
    name = f"{local:%Y-%m-%dT%H%M%S}" if taken else f"{local:%Y-%m-%d}"
    return put(desk.settings.workspace / REPORTS / name, night_files(night, desk.settings.desk_url))


# ------------------------------------------------------------------------------------------------- how the runs go


@dataclass(frozen=True, slots=True)
class LastRun:
    """How the nightly runs stand, for `tenderfax status` and /metrics.

    `outcome` is of the last run's last line, None when there was none. `due_at` is the last hour at which a run was
    due. `overdue`: that one has not been done, two hours later, though the books were there by then. `failing`: the
    last run failed or was killed. `balanced` and `done_as_of` are of the last run that was done.
    """

    outcome: RunOutcome | None
    at: datetime | None
    reason: str
    done_as_of: datetime | None
    balanced: bool | None
    due_at: datetime
    overdue: bool
    failing: bool


def last_run(desk: Desk) -> LastRun:
    """What became of the last run, and whether one is overdue by the offer's clock."""
    with desk.books.reading() as connection:
        latest = next(nights.runs(connection, limit=1), None)
        done = nights.last_done(connection)
        first = next(journal.read(connection, until=1), None)
    due_at = _last_due(desk)
    # Books that were begun since then owe no run for it.
    was_due = first is not None and first.at <= due_at
    killed = latest is not None and latest.outcome is RunOutcome.BEGUN and datetime.now(UTC) - latest.at > _LONGEST
    return LastRun(
        outcome=latest.outcome if latest is not None else None,
        at=latest.at if latest is not None else None,
        reason=latest.reason if latest is not None else "",
        done_as_of=done.as_of if done is not None else None,
        balanced=done.balanced if done is not None else None,
        due_at=due_at,
        overdue=was_due and desk.now() > due_at + _GRACE and (done is None or done.as_of < due_at),
        failing=killed or (latest is not None and latest.outcome is RunOutcome.FAILED),
    )


def _last_due(desk: Desk) -> datetime:
    """The last hour, by the offer's clock, at which a run was due."""
    zone = desk.offer.terms.time_zone
    local = desk.now().astimezone(zone)
    due_at = datetime.combine(local.date(), RUNS_AT, tzinfo=zone)
    if due_at > local:
        due_at = datetime.combine(local.date() - timedelta(days=1), RUNS_AT, tzinfo=zone)
    return due_at
