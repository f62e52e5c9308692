"""The demo: a fresh workspace for the sample faxes, and the page that shows what was made of each."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from core.failures import TenderfaxError
from core.transmissions import Receipt, Transmission
from flows.desk import MACHINE, Desk, make_desk
from flows.ledger_import import import_ledger
from flows.receiving import Arrival
from flows.settings import Settings
from judging.books import Judged
from ledger.grants import LedgerFile
from reports.demo import ShownFax, write_demo_page
from validators.judgement import needs_review

_LEDGER_DAY = date(2003, 6, 10)
"""The day that the samples' ledger describes: the offer's count of options (OTE §1)."""


class NoSamples(TenderfaxError):
    """The folder of the demo lacks its faxes or their option ledger."""


def open_demo(settings: Settings, faxes: Path) -> Desk:
    """A desk in `<workspace>/demo/books`, emptied first, with the samples' option ledger imported."""
    folder = settings.workspace / "demo"
    if not (faxes / "holders.csv").is_file() or not (faxes / "grants.csv").is_file():
        raise NoSamples(f"{faxes}: holds no holders.csv and grants.csv; make them with `tenderfax samples make`")
    shutil.rmtree(folder, ignore_errors=True)
    books = folder / "books"
    desk = make_desk(replace(settings, workspace=books, database_url=f"sqlite:///{books / 'tenderfax.sqlite'}"))
    holders, grants = (LedgerFile(name, (faxes / name).read_bytes()) for name in ("holders.csv", "grants.csv"))
    import_ledger(desk, holders, grants, as_of=_LEDGER_DAY, actor=MACHINE)
    return desk


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
