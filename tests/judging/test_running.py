"""The books kept up event by event come out as those judged from the first line on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.decisions import Decision, Verdict, Waiver
from core.events import (
    Body,
    DecisionTakenBack,
    DefectWaived,
    FaxRead,
    FaxReceived,
    FieldCorrected,
    FindingDecided,
    FormDismissed,
    HolderAssigned,
    LedgerImported,
    NewEvent,
)
from core.holders import OptionLedger
from judging import running
from judging.books import judged_now
from judging.running import Running
from ledger import journal
from ledger.books import Books, make_books
from ledger.grants import store_version
from offers.forms import Forms, load_forms
from offers.loading import Offer, load_offer
from samples import contents, desk_work
from samples.contents import PACIFIC
from samples.ledger import make_ledger

FOLDER = Path(__file__).parents[2] / "offers" / "capstone_2003"
NOW = datetime(2003, 7, 21, 10, tzinfo=PACIFIC)
HOLDERS = 3
ACTS = ("fax", "correct", "decide", "assign", "dismiss", "take back", "waive")


class Office:
    """Books that things happen to."""

    def __init__(self, books: Books, offer: Offer, forms: Forms, ledger: OptionLedger) -> None:
        self.books, self.offer, self.forms, self.ledger = books, offer, forms, ledger
        able = [h for h in ledger.holders if contents.may_tender(h) and contents.eligible_grants(ledger, h)]
        self.holders = able[:HOLDERS]
        self.forms_seen: list[str] = []
        self.undoable: list[tuple[str, str]] = []
        body = LedgerImported(1, date(2003, 7, 18), "0", "0", len(ledger.holders), len(ledger.grants))
        with books.writing() as connection:
            store_version(
                connection,
                ledger,
                as_of=date(2003, 7, 18),
                imported_at=NOW,
                actor="t",
                holders_sha256="0",
                grants_sha256="0",
            )
            journal.append(connection, [NewEvent(NOW, "t", body)])

    def happens(self, act: str, number: int) -> None:
        with self.books.writing() as connection:
            written = journal.append(
                connection, [NewEvent(NOW, "Dana Ruiz", body) for body in self._bodies(act, number)]
            )
        self.undoable += [(e.id, e.subject) for e in written if act in ("correct", "decide", "assign", "dismiss")]

    def _bodies(self, act: str, number: int) -> list[Body]:
        form = self.forms_seen[number % len(self.forms_seen)] if self.forms_seen else ""
        match act:
            case "fax":
                return self._fax(number)
            case "waive":
                return [DefectWaived(Waiver(f"W-{number}", "TIME_MISSING", "Mara", NOW, "all"))]
            case "take back" if self.undoable:
                event_id, subject = self.undoable.pop(number % len(self.undoable))
                return [DecisionTakenBack(event_id, subject, "undone")]
            case _ if not form:
                return []
            case "correct":
                return [FieldCorrected(form, ("row1.shares", "printed_name")[number % 2], str(100 + number), "read")]
            case "decide":
                verdict = (Verdict.CLEAR, Verdict.UPHOLD)[number % 2]
                code = ("TIME_MISSING", "SIGNATURE_MISSING", "PARTIAL_TENDER")[number % 3]
                return [FindingDecided(Decision(f"D-{number}", form, code, "form", verdict, "Dana", NOW, "seen"))]
            case "assign":
                return [HolderAssigned(form, self.holders[number % HOLDERS].holder_id, "telephoned")]
            case "dismiss":
                return [FormDismissed(form, "no form")]
            case _:
                return []

    def _fax(self, number: int) -> list[Body]:
        rng, holder = np.random.default_rng(number), self.holders[number % HOLDERS]
        paper = contents.good_election(
            rng,
            self.ledger,
            holder,
            contents.some_manner(rng),
            version="2003-07-09",
            signed_at=datetime(2003, 7, 10 + number % 9, 9, tzinfo=PACIFIC) + timedelta(minutes=number),
            grants=contents.eligible_grants(self.ledger, holder)[:2],
        )
        slips = (
            desk_work.Misread(),
            desk_work.Misread({"signature": "no"}),
            desk_work.Misread(doubts=("row1.shares",)),
        )
        if number % 4 == 3:
            paper = replace(paper, fields=replace(paper.fields, time=""))
        name = f"f{len(self.forms_seen)}-{number}.tif"
        transmission = desk_work.read_fax(paper, self.forms, file=name, misread=slips[number % 3])
        self.forms_seen.append(transmission.submissions[0].id)
        return [FaxReceived(transmission.fax, name, name, transmission.receipt), FaxRead(transmission)]


@pytest.fixture(scope="module")
def makings() -> tuple[Offer, Forms, OptionLedger]:
    return load_offer(FOLDER), load_forms(FOLDER / "forms"), make_ledger(2003)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path


def same(kept_up: Running, office: Office) -> None:
    with office.books.reading() as connection:
        afresh = judged_now(office.offer.terms, connection)
    assert dict(kept_up.judged.judgements) == dict(afresh.judgements)
    assert kept_up.judged.submissions == afresh.submissions
    nobody = {h: s for h, s in kept_up.judged.standings.items() if h not in afresh.standings}
    assert not any(s.grants or s.contested for s in nobody.values())
    assert {h: kept_up.judged.standings[h] for h in afresh.standings} == dict(afresh.standings)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 40)), min_size=4, max_size=14))
def test_carrying_on_gives_what_starting_afresh_gives(
    acts: list[tuple[str, int]], makings: tuple[Offer, Forms, OptionLedger], folder: Path
) -> None:
    file = folder / "books.sqlite"
    file.unlink(missing_ok=True)
    books = make_books(f"sqlite:///{file}")
    office = Office(books, *makings)
    with books.reading() as connection:
        kept_up = running.start(office.offer.terms, connection)
    for act, number in [("fax", 1), ("fax", 5), *acts]:
        office.happens(act, number)
        with books.reading() as connection:
            kept_up = running.advance(kept_up, connection)
    same(kept_up, office)
    books.close()
    for leftover in folder.glob("books.sqlite*"):
        leftover.unlink()
