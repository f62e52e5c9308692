"""The journal: nothing in it can be changed unseen, and many may write at once."""

from __future__ import annotations

import multiprocessing
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from core.decisions import Decision, Verdict, Waiver
from core.events import (
    BODY_OF,
    Body,
    CounselAsked,
    DecisionTakenBack,
    DefectWaived,
    EventKind,
    FaxArchived,
    FaxQuarantined,
    FaxRead,
    FaxReceived,
    FieldCorrected,
    FindingDecided,
    FormDismissed,
    FormKeyed,
    HolderAssigned,
    HolderReported,
    LedgerImported,
    NewEvent,
    OfferAccepted,
    OfferChanged,
    OfferExtended,
    OfferTerminated,
    PagesRegrouped,
    TaxIdShown,
    TenderUnlawful,
    WaiverDeclined,
    WaiverProposed,
    body_of,
    payload_of,
)
from core.holder_changes import HolderChange, HolderChangeKind, UnlawfulTender
from core.offer_state import AcceptedGrant, ChangeKind, Extension, TermsChange
from core.page_layout import PlacedPage
from core.readings import Box, Doubt, Mark, Reading
from core.submissions import Evidence, Fields, GrantRow, Kind, Schedule, Signature, Submission
from core.transmissions import PageReading, Receipt, Transmission
from ledger import journal
from ledger.books import Books, open_books
from ledger.journal import GENESIS, Head, JournalBroken

AT = datetime(2003, 7, 14, 17, 40, tzinfo=UTC)
READING = Reading("row1.shares", "1,200", "1 200", Mark.READ, 0.987, 2, Box(0.1, 0.2, 0.3, 0.4), "tesseract 5")
SUBMISSION = Submission(
    id="S1",
    kind=Kind.ELECTION,
    form_version="2003-07-09",
    pages=("E1", "E2!"),
    received_start=datetime.fromisoformat("2003-07-14T10:38:00"),
    received_at=datetime(2003, 7, 14, 10, 40, tzinfo=timezone(timedelta(hours=-7))),
    struck_text=("(d)",),
    fields=Fields(
        printed_name="Zoë O’Neil",
        signature=Signature(None, None),
        rows=(GrantRow("1041", "3/15/01", "$24.50", "1,2?0", struck=True),),
        schedule=Schedule((GrantRow("1187"),), "Zoë", None, "7/14"),
        evidence=(Evidence.NAME_CHANGE_PROOF,),
        amend_box=None,
    ),
    fax="a" * 64,
    readings={"row1.shares": READING},
    doubts=(Doubt("row1.shares", 0.5, 0.9, "faint"),),
)
PAGE = PageReading(1, "E1", "2003-07-09", 0.99, affine=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0), submission=0)
TRANSMISSION = Transmission("a" * 64, "fax.tif", Receipt(received_at=AT, source="sidecar"), (PAGE,), (SUBMISSION,))
DECISION = Decision("D1", "S1", "FREE_TEXT", "form", Verdict.CLEAR, "Bernard", AT, "harmless")
BODIES: tuple[Body, ...] = (
    LedgerImported(1, date(2003, 6, 10), "h" * 64, "g" * 64, 300, 1400),
    FaxReceived("a" * 64, "fax.tif", "d1", Receipt(received_at=AT)),
    FaxArchived("a" * 64, 25_000, "aa/a.tif"),
    FaxRead(TRANSMISSION),
    FaxQuarantined("b" * 64, "x.tif", "it is empty", 0),
    FormKeyed(SUBMISSION, "Bernard"),
    OfferExtended(Extension(AT, AT + timedelta(days=7)), "storm"),
    OfferTerminated(AT, "competing offer"),
    OfferAccepted(AT, "press release", "closed", (AcceptedGrant("H1", "1041", 1200, "S1"),)),
    OfferChanged(TermsChange(date(2003, 7, 9), ChangeKind.OTHER, "amended")),
    DefectWaived(Waiver("W1", "EMAIL_MISSING", "counsel", AT, "courtesy")),
    FindingDecided(DECISION),
    FieldCorrected("S1", "row1.shares", "1200", "seen on the crop"),
    HolderAssigned("S1", None, "taken back"),
    FormDismissed("S1", "a menu"),
    PagesRegrouped(
        "a" * 64,
        (PlacedPage(1, "UNKNOWN", None, 0),),
        (PlacedPage(1, "E1", "2003-07-09", 0),),
        replace(TRANSMISSION, pages=(replace(PAGE, picture="E1-2003-07-09"),)),
        "a front page",
    ),
    CounselAsked("S1", "heirs"),
    DecisionTakenBack("e1", "S1", "wrong row"),
    WaiverProposed("W1", "EMAIL_MISSING", "courtesy"),
    WaiverDeclined("W1", "EMAIL_MISSING", "no"),
    TaxIdShown("S1", "compared with the agreement"),
    HolderReported(HolderChange("H1", HolderChangeKind.DIED, date(2003, 7, 20), "told by the family")),
    TenderUnlawful(UnlawfulTender(frozenset({"H2", "H1"}), date(2003, 7, 20), "state law")),
)


def archived(number: int) -> NewEvent:
    return NewEvent(AT + timedelta(minutes=number), "tenderfax", FaxArchived(f"{number:064d}", number, "name"))


def test_every_kind_of_event_comes_back_from_the_journal_as_it_went_in(books: Books) -> None:
    assert {type(body) for body in BODIES} == set(BODY_OF.values())
    with books.writing() as connection:
        journal.append(connection, [NewEvent(AT, "tenderfax", body) for body in BODIES])
    with books.reading() as connection:
        events = list(journal.read(connection))
    assert [event.body() for event in events] == list(BODIES)
    assert [event.kind for event in events] == list(EventKind)
    assert events[0].at == AT


def test_sequence_numbers_have_no_gap_and_the_chain_verifies(books: Books) -> None:
    with books.reading() as connection:
        assert journal.verify(connection) == Head(0, GENESIS)
    for number in range(3):
        with books.writing() as connection:
            journal.append(connection, [archived(number), archived(number + 10)])
    with books.reading() as connection:
        head = journal.verify(connection)
        events = list(journal.read(connection))
    assert [event.seq for event in events] == [1, 2, 3, 4, 5, 6]
    assert head == Head(6, events[-1].hash)
    assert events[0].prev_hash == GENESIS


def test_reading_can_be_narrowed_by_instant_kind_subject_and_line(books: Books) -> None:
    with books.writing() as connection:
        journal.append(connection, [archived(0), archived(1), NewEvent(AT, "x", BODIES[4])])
    with books.reading() as connection:
        assert [e.seq for e in journal.read(connection, as_of=AT)] == [1, 3]
        assert [e.seq for e in journal.read(connection, kinds=[EventKind.FAX_QUARANTINED])] == [3]
        assert [e.seq for e in journal.read(connection, subject=f"{1:064d}")] == [2]
        assert [e.seq for e in journal.read(connection, after=2)] == [3]


def test_nothing_is_written_when_the_transaction_fails(books: Books) -> None:
    with pytest.raises(RuntimeError), books.writing() as connection:
        journal.append(connection, [archived(1)])
        raise RuntimeError
    with books.reading() as connection:
        assert journal.head(connection) == Head(0, GENESIS)


@pytest.mark.parametrize(
    ("tampering", "message"),
    [
        ("UPDATE journal SET payload = '{}' WHERE seq = 2", "line 2 was changed"),
        ("UPDATE journal SET at = '2003-07-24T23:59:59.000000+00:00' WHERE seq = 2", "line 2 was changed"),
        ("UPDATE journal SET actor = 'nobody' WHERE seq = 1", "line 1 was changed"),
        ("UPDATE journal SET kind = 'fax_read' WHERE seq = 3", "line 3 was changed"),
        ("DELETE FROM journal WHERE seq = 2", "line 2 is missing"),
        ("UPDATE journal SET prev_hash = 'x' WHERE seq = 3", "line 3 does not follow"),
    ],
)
def test_a_line_changed_behind_our_back_is_found(books: Books, tampering: str, message: str) -> None:
    with books.writing() as connection:
        journal.append(connection, [archived(n) for n in range(3)])
    _tamper(books, tampering)
    with books.reading() as connection, pytest.raises(JournalBroken, match=message):
        journal.verify(connection)


def _tamper(books: Books, statement: str) -> None:
    """What somebody with the database's own password could do: take the triggers away first."""
    with books.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            connection.execute(text("DROP TRIGGER journal_no_update"))
            connection.execute(text("DROP TRIGGER journal_no_delete"))
        connection.execute(text(statement))


def test_threads_that_write_at_once_make_one_chain(books: Books) -> None:
    def write(start: int) -> None:
        for number in range(10):
            with books.writing() as connection:
                journal.append(connection, [archived(start + number)])

    threads = [threading.Thread(target=write, args=(100 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with books.reading() as connection:
        assert journal.verify(connection).seq == 40


def _write_from_another_process(url: str, start: int) -> None:
    books = open_books(url)
    for number in range(10):
        with books.writing() as connection:
            journal.append(connection, [archived(start + number)])
    books.close()


def test_processes_that_write_at_once_make_one_chain(books: Books, books_url: str) -> None:
    spawn = multiprocessing.get_context("fork")
    writers = [spawn.Process(target=_write_from_another_process, args=(books_url, 100 * n)) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    with books.reading() as connection:
        assert journal.verify(connection).seq == 30


# The plain form of our values ------------------------------------------------------------------------------------


@given(
    st.builds(
        Fields,
        printed_name=st.text(),
        notes=st.text(),
        amend_box=st.sampled_from([True, False, None]),
        rows=st.lists(st.builds(GrantRow, st.text(), st.text(), st.text(), st.text()), max_size=3).map(tuple),
        evidence=st.lists(st.sampled_from(Evidence), max_size=2).map(tuple),
    )
)
def test_what_a_holder_wrote_survives_the_journal_whatever_it_was(fields: Fields) -> None:
    submission = Submission(id="S", kind=Kind.NOTICE, fields=fields)
    body = FormKeyed(submission, "clerk")
    assert body_of(EventKind.FORM_KEYED, payload_of(body)) == body
