"""The derived tables: the same whether they are made from scratch or kept up event by event, and never behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.decisions import Decision, Verdict, Waiver
from core.events import (
    Body,
    DefectWaived,
    FaxQuarantined,
    FaxRead,
    FaxReceived,
    FieldCorrected,
    FindingDecided,
    FormKeyed,
    HolderReported,
    NewEvent,
    OfferExtended,
)
from core.holder_changes import HolderChange, HolderChangeKind
from core.notation import parse_submission
from core.offer_state import Extension
from core.submissions import Submission
from core.transmissions import PageReading, Receipt, Transmission
from flows.desk import Desk
from flows.ledger_import import import_ledger
from flows.rulings import KeptUp, refresh
from ledger import derived, journal
from ledger.derived import discard
from ledger.grants import LedgerFile

NOON = datetime.fromisoformat("2003-07-24T12:00:00-07:00")


@pytest.fixture
def books(desk: Desk, prepared: Path) -> Desk:
    files = (LedgerFile(name, (prepared / name).read_bytes()) for name in ("holders.csv", "grants.csv"))
    import_ledger(desk, *files, as_of=date(2003, 6, 10), actor="HR")
    return desk


@pytest.fixture
def form(election: dict[str, Any]) -> Submission:
    return parse_submission(election)


def happen(desk: Desk, *bodies: Body) -> None:
    with desk.books.writing() as connection:
        journal.append(connection, [NewEvent(NOON, "somebody", body) for body in bodies])


def history(form: Submission) -> Iterator[tuple[Body, ...]]:
    """What may happen in a week.

    Forms, copies, a late one, a quarantined file, decisions, a waiver, an extension, a report of a holder.
    """
    fields = form.fields
    faxed = replace(form, id="F1", fax="f" * 64, fields=replace(fields, printed_name="Maria Ortega", date="7/15/03"))
    late = replace(form, id="S2", received_at=NOON + timedelta(hours=6), fields=replace(fields, date="7/24/03"))
    receipt = Receipt(received_at=NOON, source="sidecar")
    page = PageReading(1, "E1")
    yield (FormKeyed(replace(form, fields=replace(fields, email="")), "clerk"),)
    yield (
        FaxReceived("f" * 64, "f.tif", "d1", receipt),
        FaxRead(Transmission("f" * 64, "f.tif", receipt, (page,), (faxed,))),
    )
    yield (FaxQuarantined("b" * 64, "b.tif", "b.tif: it is empty", 0),)
    yield (FormKeyed(late, "clerk"),)
    yield (FaxReceived("f" * 64, "again.tif", "d2", replace(receipt, received_at=NOON - timedelta(days=8))),)
    yield (FieldCorrected("F1", "printed_name", "Maria L. Ortega", "seen on the crop"),)
    yield (DefectWaived(Waiver("W1", "EMAIL_MISSING", "counsel", NOON, "courtesy")),)
    yield (OfferExtended(Extension(NOON, NOON + timedelta(days=7)), "storm"),)
    yield (HolderReported(HolderChange("H1", HolderChangeKind.INCAPACITATED, NOON.date(), "told by HR")),)
    yield (FindingDecided(Decision("D0", "offer", "INCAPACITY", "H1", Verdict.CLEAR, "B", NOON, "still employed")),)
    yield (FindingDecided(Decision("D1", "S2", "AMEND_BOX_UNCHECKED", "form", Verdict.CLEAR, "B", NOON, "asked")),)


def tables(desk: Desk) -> tuple[object, ...]:
    with desk.books.reading() as connection:
        judgements, standings = derived.judgements(connection), derived.standings(connection)
        return derived.derived_seq(connection), dict(judgements), dict(standings), derived.open_items(connection)


def test_kept_up_event_by_event_the_tables_are_those_made_from_scratch(books: Desk, form: Submission) -> None:
    kept_up = KeptUp(books)
    seen = []
    for bodies in history(form):
        happen(books, *bodies)
        kept_up.refresh()
        seen.append(tables(books))
        with books.books.writing() as connection:
            discard(connection)
        refresh(books)
        assert tables(books) == seen[-1]
    assert len({repr(one) for one in seen}) == len(seen)


def test_two_that_keep_the_tables_up_do_not_disturb_each_other(books: Desk, form: Submission) -> None:
    one, other = KeptUp(books), KeptUp(books)
    for number, bodies in enumerate(history(form)):
        happen(books, *bodies)
        (one, other)[number % 2].refresh()
    one.refresh()
    kept = tables(books)
    with books.books.writing() as connection:
        discard(connection)
    refresh(books)
    assert tables(books) == kept


def test_tables_made_from_an_earlier_line_never_replace_later_ones(books: Desk, form: Submission) -> None:
    happen(books, FormKeyed(form, "clerk"))
    kept_up = KeptUp(books)
    kept_up.refresh()
    late = tables(books)
    with books.books.writing() as connection:
        assert not derived.store(connection, derived.Derived(1, {}, {}, {}))
    assert tables(books) == late


def test_the_earliest_good_receipt_counts_and_an_unknown_time_goes_before_a_late_one(
    books: Desk, form: Submission
) -> None:
    faxed = replace(form, id="F1", fax="f" * 64, delivery="fax")
    late = Receipt(received_at=NOON + timedelta(hours=6), source="sidecar")
    wrong_place = Receipt(received_at=NOON - timedelta(hours=2), source="sidecar", destination="8187345300")
    in_time = Receipt(received_at=NOON, source="sidecar")
    transmission = Transmission("f" * 64, "f.tif", late, (PageReading(1, "E1"),), (faxed,))
    kept_up = KeptUp(books)

    def received_next(number: int, receipt: Receipt) -> tuple[datetime | None, str]:
        happen(books, FaxReceived("f" * 64, f"{number}.tif", f"d{number}", receipt))
        if number == 0:
            happen(books, FaxRead(transmission))
        (submission,) = kept_up.refresh().submissions
        return submission.received_at, submission.destination

    assert received_next(0, wrong_place) == (wrong_place.received_at, "8187345300")
    assert received_next(1, late) == (late.received_at, "listed")
    assert received_next(2, Receipt()) == (None, "listed")
    assert received_next(3, in_time) == (in_time.received_at, "listed")
