"""The demo: a fresh workspace for the sample faxes, and the page that shows what was made of each."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from core.failures import TenderfaxError
from core.night import Night
from core.transmissions import Receipt, Transmission
from flows.desk import MACHINE, Desk, make_desk
from flows.ledger_import import import_ledger
from flows.nights import REPORTS, RUNS_AT, night_of
from flows.receiving import Arrival
from flows.settings import Settings
from judging.books import Judged
from ledger.grants import LedgerFile
from reports.demo import ShownFax, write_demo_page
from reports.night_folder import write_night
from validators.judgement import needs_review

_LEDGER_DAY = date(2003, 6, 10)
"""The day that the samples' ledger describes: the offer's count of options (OTE §1)."""


_AFTER_THE_LAST_FAX = timedelta(minutes=8)


class NoSamples(TenderfaxError):
    """The folder of the demo lacks its faxes or their option ledger."""


def open_demo(settings: Settings, faxes: Path) -> Desk:
    """A desk in `<workspace>/demo/books`, emptied first, with the samples' option ledger imported.

    Its clock begins a few minutes after the last fax came, unless `--now` stops it: on the real one the offer of 2003
    has been over for years, and no time that is left, due or past would mean anything.
    """
    folder = settings.workspace / "demo"
    if not (faxes / "holders.csv").is_file() or not (faxes / "grants.csv").is_file():
        raise NoSamples(f"{faxes}: holds no holders.csv and grants.csv; make them with `tenderfax samples make`")
    shutil.rmtree(folder, ignore_errors=True)
    books = folder / "books"
    desk = make_desk(replace(settings, workspace=books, database_url=f"sqlite:///{books / 'tenderfax.sqlite'}"))
    if settings.now is None and (last := _last_receipt(faxes)) is not None:
        desk = replace(desk, now=_running_from(last + _AFTER_THE_LAST_FAX))
    holders, grants = (LedgerFile(name, (faxes / name).read_bytes()) for name in ("holders.csv", "grants.csv"))
    import_ledger(desk, holders, grants, as_of=_LEDGER_DAY, actor=MACHINE)
    return desk


def _last_receipt(faxes: Path) -> datetime | None:
    """When the last of the folder's faxes came, by its sidecar; None where no sidecar says so."""
    known = []
    for sidecar in faxes.glob("*.json"):
        try:
            received_at = datetime.fromisoformat(json.loads(sidecar.read_bytes())["received_at"])
        except (KeyError, TypeError, ValueError):
            continue
        if received_at.tzinfo is not None:
            known.append(received_at)
    return max(known, default=None)


def _running_from(begin: datetime) -> Callable[[], datetime]:
    """A clock that shows `begin` now and goes on from there."""
    started = time.monotonic()
    return lambda: begin + timedelta(seconds=time.monotonic() - started)


def report_the_night(desk: Desk) -> tuple[Night, Path]:
    """The reconciliation of the night that follows the demo's last fax, and the folder of its report.

    It is not recorded as a run: by the demo's clock its hour has not come yet, and the desk may still be worked at.
    """
    zone = desk.offer.terms.time_zone
    local = desk.now().astimezone(zone)
    tonight = datetime.combine(local.date(), RUNS_AT, tzinfo=zone)
    night = night_of(desk, tonight if tonight >= local else tonight + timedelta(days=1))
    return night, write_night(desk.settings.workspace / REPORTS, night, desk.settings.desk_url)


def write_page(desk: Desk, judged: Judged, arrivals: Sequence[Arrival]) -> Path:
    """Writes `<workspace>/demo/index.html` and what it shows; returns its path."""
    return write_demo_page(desk.settings.workspace.parent, [_shown(desk, judged, a) for a in arrivals], judged.ledger)


def _shown(desk: Desk, judged: Judged, arrival: Arrival) -> ShownFax:
    fax = arrival.fax or ""
    history = judged.record.faxes.get(fax)
    transmission = history.transmission if history else None
    if transmission is None:
        refusal = arrival.error or (history.quarantined.reason if history and history.quarantined else "not read")
        return ShownFax(Transmission(fax, arrival.file, Receipt(), (), ()), {}, frozenset(), {}, refusal)
    submissions = judged.submissions_on(fax)
    judgements = {submission.id: judged.judgements[submission.id] for submission in submissions}
    pictures = {page.number: desk.settings.pages / fax / f"{page.number}.png" for page in transmission.pages}
    return ShownFax(
        replace(transmission, file=arrival.file, submissions=submissions),
        judgements,
        frozenset(id for id, judgement in judgements.items() if not needs_review(judgement)),
        {number: path for number, path in pictures.items() if path.is_file()},
    )
