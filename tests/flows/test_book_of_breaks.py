"""The book of breaks: a good workspace broken in just one way, and exactly that check finds it, under the right key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import text

from core.decisions import Verdict, Waiver
from core.events import DefectWaived, FieldCorrected, FormDismissed, OfferTerminated, TaxIdShown
from core.night import CheckOutcome, Night
from ledger import accounts
from ledger.accounts import LogLine
from tests.flows.night_books import GRANTS, HOLDERS, Workplace, at, copied, election, made, made_empty
from validators.reconciliation.catalogue import CHECKS, COMING

TONIGHT = at("20:00")
TUESDAY, FRIDAY = "2003-07-15", "2003-07-25"
LAST_DAY = "2003-07-24"


class Broken(NamedTuple):
    """How a good Monday is broken; returns the keys under which the check must find it."""

    code: str
    how: Callable[[Workplace], set[str]]
    seen_at: datetime = TONIGHT
    empty: bool = False
    """Begin with books that hold the option ledger alone, for what happens at the end of the offer."""


def a_call_without_a_file(books: Workplace) -> set[str]:
    books.logged("0103", at("13:00"), 2)
    return {"0103"}


def a_call_with_more_pages_than_its_file(books: Workplace) -> set[str]:
    log = books.folder / "faxlog.csv"
    log.write_text(log.read_text().replace("0101,2003-07-14T11:00:00-07:00,2003-07-14T11:00:00-07:00,3", "0101,,,4"))
    return {"0101"}


def a_file_without_a_call(books: Workplace) -> set[str]:
    log = books.folder / "faxlog.csv"
    log.write_text("".join(line for line in log.read_text().splitlines(keepends=True) if "call0102" not in line))
    return {_fax(books, "0102")}


def a_gap_in_the_job_numbers(books: Workplace) -> set[str]:
    books.logged("0104", at("13:00"), 1)
    cover = books.faxed("0104", at("13:00"), "COVER")
    books.happened(at("13:30"), FormDismissed(cover, "a cover sheet alone"))
    return {"0103"}


def a_call_that_broke_off(books: Workplace) -> set[str]:
    books.logged("0103", at("13:00"), 1, status="partial")
    return {"0103"}


def a_fax_without_a_form(books: Workplace) -> set[str]:
    books.logged("0103", at("13:00"), 1)
    return {books.faxed("0103", at("13:00"), "COVER")}


def a_file_that_the_books_do_not_know(books: Workplace) -> set[str]:
    (books.folder / "archive" / "zz").mkdir()
    (books.folder / "archive" / "zz" / "somebodys.tif").write_bytes(b"II*\0")
    return {"zz/somebodys.tif"}


def a_file_deleted_from_the_archive(books: Workplace) -> set[str]:
    fax = _fax(books, "0101")
    books.archived(fax).unlink()
    return {f"{fax[:12]}-1"}


def a_byte_changed_in_the_archive(books: Workplace) -> set[str]:
    fax = _fax(books, "0101")
    content = bytearray(books.archived(fax).read_bytes())
    content[-1] ^= 1
    books.archived(fax).write_bytes(bytes(content))
    return {f"{fax[:12]}-1"}


def a_file_set_aside_and_deleted(books: Workplace) -> set[str]:
    fax = _fax(books, "0102")
    books.archived(fax).unlink()
    return {fax}


def a_page_hidden(books: Workplace) -> set[str]:
    books.logged("0103", at("13:00"), 3)
    return {books.faxed("0103", at("13:00"), "E1", "E2", form=_pair(), in_file=3)}


def a_page_of_nobodys(books: Workplace) -> set[str]:
    books.logged("0103", at("13:00"), 3)
    return {books.faxed("0103", at("13:00"), "E1", "E2", "EVIDENCE", form=_pair())}


def a_clock_six_seconds_off(books: Workplace) -> set[str]:
    log = books.folder / "faxlog.csv"
    log.write_text(log.read_text().replace("2003-07-14T11:00:00-07:00,3", "2003-07-14T10:59:54-07:00,3"))
    return {"0101"}


def a_clock_check_six_seconds_off(books: Workplace) -> set[str]:
    (books.folder / "faxclock.csv").write_text(
        "server_at,reference_at\n2003-07-14T12:00:06-07:00,2003-07-14T12:00:00-07:00\n"
    )
    return {"2003-07-14T12:00:00-07:00"}


def nothing_sent_on_the_first_day(books: Workplace) -> set[str]:
    return {"S1", f"{_fax(books, '0101')[:12]}-1"}


def a_standing_altered(books: Workplace) -> set[str]:
    books.behind_its_back("UPDATE standings SET state = 'WITHDRAWN' WHERE holder_id = 'H1'")
    return {"H1"}


def a_queue_item_deleted(books: Workplace) -> set[str]:
    books.keyed(_unsigned(), at("13:00"))
    books.behind_its_back("DELETE FROM queue WHERE submission_id = 'S4'")
    return {"H9"}


def more_shares_in_a_standing(books: Workplace) -> set[str]:
    books.behind_its_back("UPDATE standings SET standing = replace(standing, '1200', '1300') WHERE holder_id = 'H1'")
    return {"1041"}


def half_a_split_grant_let_through(books: Workplace) -> set[str]:
    books.keyed(_pair(half=True), at("13:00"))
    books.decided("S3", "SPLIT_GRANT_BOTH_OR_NEITHER", "3001", Verdict.CLEAR, at("14:00"))
    return {"SG1"}


def an_adviser_hired(books: Workplace) -> set[str]:
    hired = HOLDERS.replace("consultant,Adviser", "employee,Adviser")
    books.imported(at("18:00"), MONDAY_LEDGER, holders=hired)
    return {"eligible"}


def a_grant_gone_from_the_ledger(books: Workplace) -> set[str]:
    books.imported(at("18:00"), MONDAY_LEDGER, grants="".join(_lines_without("9002")))
    return {"9002"}


def a_grant_exercised_after_the_tender(books: Workplace) -> set[str]:
    exercised = GRANTS.replace("1041,H1,2000,2001-03-15,24.50,1200,0", "1041,H1,2000,2001-03-15,24.50,1200,100")
    books.imported(at("18:00"), MONDAY_LEDGER, grants=exercised)
    return {"1041"}


def a_holder_promoted(books: Workplace) -> set[str]:
    promoted = HOLDERS.replace("employee,Buyer", "executive_officer,Buyer")
    books.imported(at("18:00"), MONDAY_LEDGER, holders=promoted)
    return {"H1"}


def a_ledger_row_altered(books: Workplace) -> set[str]:
    books.behind_its_back("UPDATE grants SET shares_granted = 214 WHERE grant_no = '9002'", "grants")
    books.behind_its_back("UPDATE grants SET shares_granted = 1021999 WHERE grant_no = '9001'")
    return {"ledger-1"}


def a_ledger_file_deleted(books: Workplace) -> set[str]:
    next(books.folder.glob("archive/*/*.csv")).unlink()
    return {"ledger-1"}


def an_unsigned_form_left_open(books: Workplace) -> set[str]:
    books.keyed(_unsigned(), at("10:45"))
    return {"S4"}


def a_doubtful_signature_left_open_at_the_end(books: Workplace) -> set[str]:
    form = election("S1", date="7/24/03")
    form["fields"]["signature"] = {"present": None, "reads_as": None}
    books.keyed(form, at("16:00", LAST_DAY))
    return {"S1"}


def a_tax_id_never_given(books: Workplace) -> set[str]:
    books.keyed(election("S1", date="7/24/03", tax_id=""), at("16:00", LAST_DAY))
    return {"S1"}


def a_late_form_left_undecided(books: Workplace) -> set[str]:
    books.keyed(election("S1", date="7/24/03"), at("17:20", LAST_DAY))
    return {"S1"}


def a_waiver_for_one_holder(books: Workplace) -> set[str]:
    books.keyed(election("S6", date="7/14/03", time="1:00 pm", email="", amend_box=True), at("13:05"))
    books.keyed(_pair() | {"id": "S7"}, at("13:10"))
    nobody = election("S8", printed_name="Otto Rest", tax_id="000-12-1009", email="", grants=[])
    nobody["fields"]["rows"] = [{"grant_no": "9002", "grant_date": "3/15/2001", "price": "$24.50", "shares": "213"}]
    books.keyed(nobody, at("13:20"))
    waiver = Waiver("W1", "EMAIL_MISSING", "Eva", at("14:00"), "we know where she lives", ("S6",))
    books.happened(at("14:00"), DefectWaived(waiver))
    return {"EMAIL_MISSING"}


def another_expiration_in_the_stored_judgements(books: Workplace) -> set[str]:
    books.behind_its_back("UPDATE derivation SET expiration = '2003-07-26T00:00:00.000000+00:00'")
    return {"offer"}


def a_decision_on_a_finding_that_vanished(books: Workplace) -> set[str]:
    nobody = election("S8", printed_name="Otto Rest", tax_id="000-12-1009", email="otto at example", grants=[])
    nobody["fields"]["rows"] = [{"grant_no": "9002", "grant_date": "3/15/2001", "price": "$24.50", "shares": "213"}]
    books.keyed(nobody, at("13:20"))
    decision = books.decided("S8", "EMAIL_INVALID", "form", Verdict.CLEAR, at("14:00"))
    books.happened(at("14:10"), FieldCorrected("S8", "email", "otto@example.com", "the paper says so"))
    return {decision}


def a_line_gone_from_the_access_log(books: Workplace) -> set[str]:
    with books.desk.books.writing() as connection:
        for action in ("sign in", "take", "save"):
            accounts.log(connection, LogLine(at("12:00"), "eva", "127.0.0.1", action, "S1", "done", ""))
    books.behind_its_back("DELETE FROM desk_log WHERE id = 2", "desk_log")
    return {"log-2"}


def a_tax_id_shown_and_not_logged(books: Workplace) -> set[str]:
    books.happened(at("14:00"), TaxIdShown("S1", "to match the form"))
    return {"S1"}


def an_offer_terminated(books: Workplace) -> set[str]:
    books.happened(at("19:00"), OfferTerminated(at("19:00"), "the board withdrew it"))
    return {"offer"}


def an_event_altered(books: Workplace) -> set[str]:
    books.behind_its_back(
        "UPDATE journal SET payload = replace(payload, '1,200', '1,300') WHERE kind = 'form_keyed'", "journal"
    )
    return {"2"}


def an_event_removed(books: Workplace) -> set[str]:
    books.behind_its_back("DELETE FROM journal WHERE seq = 4", "journal")
    return {"4"}


def an_event_of_a_kind_that_never_was(books: Workplace) -> set[str]:
    books.behind_its_back("UPDATE journal SET kind = 'fax_forgotten' WHERE seq = 3", "journal")
    return {"3"}


MONDAY_LEDGER = "2003-07-14"

BOOK = (
    Broken("REC_FAX_NOT_ARCHIVED", a_call_without_a_file),
    Broken("REC_FAX_NOT_ARCHIVED", a_call_with_more_pages_than_its_file),
    Broken("REC_FAX_NOT_ARCHIVED", a_file_set_aside_and_deleted),
    Broken("REC_FILE_NO_FAXLOG", a_file_without_a_call),
    Broken("REC_FAX_SEQ_GAP", a_gap_in_the_job_numbers),
    Broken("REC_FAX_SEQ_GAP", a_call_that_broke_off),
    Broken("REC_FILE_NO_SUBMISSION", a_fax_without_a_form),
    Broken("REC_FILE_NO_SUBMISSION", a_file_that_the_books_do_not_know),
    Broken("REC_SUBMISSION_NO_FILE", a_file_deleted_from_the_archive),
    Broken("REC_SUBMISSION_NO_FILE", a_byte_changed_in_the_archive),
    Broken("REC_PAGES_UNACCOUNTED", a_page_hidden),
    Broken("REC_PAGES_UNACCOUNTED", a_page_of_nobodys),
    Broken("REC_CLOCK_SKEW", a_clock_six_seconds_off),
    Broken("REC_CLOCK_SKEW", a_clock_check_six_seconds_off),
    Broken("REC_CONFIRM_MISSING", nothing_sent_on_the_first_day, at("21:01", TUESDAY)),
    Broken("REC_CONFIRM_OVERDUE", nothing_sent_on_the_first_day, at("21:00:01", "2003-07-16")),
    Broken("REC_STANDING_REPLAY", a_standing_altered),
    Broken("REC_STANDING_REPLAY", a_queue_item_deleted),
    Broken("REC_SHARES_LEDGER", more_shares_in_a_standing),
    Broken("REC_SPLIT_PAIR", half_a_split_grant_let_through),
    Broken("REC_TOTAL_CAP", an_adviser_hired),
    Broken("REC_POOL_BASELINE", a_grant_gone_from_the_ledger),
    Broken("REC_LEDGER_CHANGED", a_grant_exercised_after_the_tender),
    Broken("REC_STATUS_CHANGED", a_holder_promoted),
    Broken("REC_LEDGER_FILES", a_ledger_row_altered),
    Broken("REC_LEDGER_FILES", a_ledger_file_deleted),
    Broken("REC_OPEN_AGEING", an_unsigned_form_left_open, at("10:46", TUESDAY)),
    Broken("REC_OPEN_AT_EXPIRY", a_doubtful_signature_left_open_at_the_end, at("17:01", FRIDAY), empty=True),
    Broken("REC_CURE_EXPIRED", a_tax_id_never_given, at("17:01", LAST_DAY), empty=True),
    Broken("REC_PENDING_EXTENSION", a_late_form_left_undecided, at("06:01", FRIDAY), empty=True),
    Broken("REC_WAIVER_UNIVERSAL", a_waiver_for_one_holder),
    Broken("REC_EXPIRY_SETTINGS", another_expiration_in_the_stored_judgements),
    Broken("REC_DECISION_ORPHAN", a_decision_on_a_finding_that_vanished),
    Broken("REC_DATA_RETENTION", a_line_gone_from_the_access_log),
    Broken("REC_DATA_RETENTION", a_tax_id_shown_and_not_logged),
    Broken("REC_DATA_RETENTION", an_offer_terminated),
    Broken("REC_JOURNAL_CHAIN", an_event_altered),
    Broken("REC_JOURNAL_CHAIN", an_event_removed),
    Broken("REC_JOURNAL_CHAIN", an_event_of_a_kind_that_never_was),
)


@pytest.fixture(scope="session")
def good_monday(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good_monday")
    made(folder).desk.books.close()
    return folder


@pytest.fixture(scope="session")
def ledger_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ledger_alone")
    made_empty(folder).desk.books.close()
    return folder


@pytest.fixture
def monday(good_monday: Path, tmp_path: Path) -> Workplace:
    return copied(good_monday, tmp_path)


def test_a_good_workspace_breaks_no_check(monday: Workplace) -> None:
    night = monday.night(TONIGHT)
    assert found(night) == set()
    assert night.balanced
    assert [run.code for run in night.checks] == [check.code for check in CHECKS]
    assert all(tie.ties for table in night.tie_tables for tie in table.ties)
    assert night.tendered_shares == 1200 + 1000 + 600
    assert {run.code: run.why for run in night.checks if run.outcome is CheckOutcome.NOT_DUE}.keys() == {
        "REC_OPEN_AT_EXPIRY",
        "REC_CURE_EXPIRED",
        "REC_PENDING_EXTENSION",
    }


@pytest.mark.parametrize("case", BOOK, ids=[f"{case.code} {case.how.__name__}" for case in BOOK])
def test_books_broken_in_one_way_break_just_that_check(
    case: Broken, good_monday: Path, ledger_alone: Path, tmp_path: Path
) -> None:
    books = copied(ledger_alone if case.empty else good_monday, tmp_path)
    keys = case.how(books)
    assert found(books.night(case.seen_at)) == {(case.code, key) for key in keys}


def test_every_check_has_a_page_in_the_book() -> None:
    # No form of the rules' lets one grant stand twice: that check is shown on facts, in tests/validators.
    assert {case.code for case in BOOK} == {check.code for check in CHECKS} - {"REC_GRANT_TWO_HOLDERS"}
    assert not COMING.keys() & {check.code for check in CHECKS}


def found(night: Night) -> set[tuple[str, str]]:
    return {(one.code, one.key) for one in night.breaks}


def _fax(books: Workplace, job: str) -> str:
    with books.desk.books.reading() as connection:
        query = "SELECT fax FROM receipts WHERE job_id = :job"
        return str(connection.execute(text(query), {"job": job}).scalar())


def _pair(*, half: bool = False) -> dict[str, object]:
    rows = [
        {"grant_no": number, "grant_date": "3/15/2001", "price": "$24.50", "shares": "500"}
        for number in (("3001",) if half else ("3001", "3002"))
    ]
    form = election("S3", printed_name="Ada Split", tax_id="000-12-1003", email="ada@example.com")
    form["fields"]["rows"] = rows
    return form


def _unsigned() -> dict[str, object]:
    form = election("S4", printed_name="Otto Rest", tax_id="000-12-1009", email="otto@example.com")
    form["fields"]["rows"] = [{"grant_no": "9002", "grant_date": "3/15/2001", "price": "$24.50", "shares": "213"}]
    form["fields"]["signature"] = {"present": False, "reads_as": None}
    return form


def _lines_without(grant_no: str) -> list[str]:
    return [line for line in GRANTS.splitlines(keepends=True) if not line.startswith(grant_no)]
