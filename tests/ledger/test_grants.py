"""The import of the option ledger: all or nothing, with every bad row named at once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from core.holders import Category, GrantType, OptionLedger, Plan
from ledger import grants
from ledger.books import Books
from ledger.grants import GRANT_COLUMNS, HOLDER_COLUMNS, BadRow, LedgerFile, LedgerRefused, parse_ledger

HOLDER = {
    "holder_id": "H1",
    "name_on_agreement": "Maria L. Ortega",
    "legal_name_changes": "Maria Lopez; Maria Vega",
    "tax_id": "000-12-1001",
    "category": "employee",
    "title": "Buyer",
    "country": "US",
    "email": "maria@example.com",
    "address": "1 Main Street, Chatsworth, CA 91311",
}
GRANT = {
    "grant_no": "1041",
    "holder_id": "H1",
    "plan": "2000",
    "grant_date": "2001-03-15",
    "exercise_price": "24.50",
    "shares_granted": "1200",
    "shares_exercised": "200",
    "shares_cancelled": "0",
    "type": "NSO",
    "split_group": "",
    "held_since": "",
    "expires_on": "2011-03-15",
}


def csv_of(columns: tuple[str, ...], *rows: dict[str, str], name: str) -> LedgerFile:
    lines = [",".join(columns), *(",".join(f'"{row[column]}"' for column in columns) for row in rows)]
    return LedgerFile(name, ("\n".join(lines) + "\n").encode())


def holders_csv(*rows: dict[str, str]) -> LedgerFile:
    return csv_of(HOLDER_COLUMNS, *rows, name="holders.csv")


def grants_csv(*rows: dict[str, str]) -> LedgerFile:
    return csv_of(GRANT_COLUMNS, *rows, name="grants.csv")


def refused(holders: LedgerFile, grant_rows: LedgerFile) -> tuple[BadRow, ...]:
    with pytest.raises(LedgerRefused) as refusal:
        parse_ledger(holders, grant_rows)
    return refusal.value.bad_rows


def only(holders: LedgerFile, grant_rows: LedgerFile) -> BadRow:
    (row,) = refused(holders, grant_rows)
    return row


def test_a_good_ledger_is_read_exactly() -> None:
    ledger = parse_ledger(holders_csv(HOLDER), grants_csv(GRANT))
    (holder,) = ledger.holders
    (grant,) = ledger.grants
    assert holder.legal_name_changes == ("Maria Lopez", "Maria Vega")
    assert (holder.category, holder.country, holder.tax_id) == (Category.EMPLOYEE, "US", "000-12-1001")
    assert (grant.exercise_price, grant.unexercised, grant.plan) == (Decimal("24.50"), 1000, Plan.PLAN_2000)
    assert (grant.type, grant.split_group, grant.held_since) == (GrantType.NSO, None, None)
    assert grant.expires_on == date(2011, 3, 15)


def test_empty_means_unknown() -> None:
    bare = HOLDER | dict.fromkeys(("legal_name_changes", "tax_id", "title", "country", "email", "address"), "")
    (holder,) = parse_ledger(holders_csv(bare), grants_csv(GRANT)).holders
    assert (holder.country, holder.tax_id, holder.legal_name_changes) == (None, "", ())


def test_columns_may_stand_in_any_order_and_a_byte_order_mark_is_no_part_of_the_first() -> None:
    columns = tuple(reversed(HOLDER_COLUMNS))
    file = csv_of(columns, HOLDER, name="holders.csv")
    ledger = parse_ledger(LedgerFile("holders.csv", b"\xef\xbb\xbf" + file.content), grants_csv(GRANT))
    assert ledger.holders[0].name_on_agreement == "Maria L. Ortega"


def test_line_ends_of_every_system_and_empty_lines_are_read() -> None:
    content = holders_csv(HOLDER).content.replace(b"\n", b"\r\n") + b"\r\n,,,,,,,,\r\n"
    assert len(parse_ledger(LedgerFile("holders.csv", content), grants_csv(GRANT)).holders) == 1


def test_every_bad_row_of_both_files_is_named_at_once() -> None:
    bad = refused(
        holders_csv(HOLDER, HOLDER | {"holder_id": "H2", "category": "boss", "country": "USA"}, HOLDER),
        grants_csv(
            GRANT | {"exercise_price": "-3.00"},
            GRANT | {"grant_no": "1042", "plan": "1999", "grant_date": "2001-02-30"},
            GRANT | {"grant_no": "1042", "holder_id": "H9"},
            GRANT | {"grant_no": "1043", "shares_exercised": "1300"},
        ),
    )
    assert [(row.file, row.line, row.column, row.value) for row in bad] == [
        ("holders.csv", 3, "category", "boss"),
        ("holders.csv", 3, "country", "USA"),
        ("holders.csv", 4, "holder_id", "H1"),
        ("grants.csv", 2, "exercise_price", "-3.00"),
        ("grants.csv", 3, "plan", "1999"),
        ("grants.csv", 3, "grant_date", "2001-02-30"),
        ("grants.csv", 4, "grant_no", "1042"),
        ("grants.csv", 4, "holder_id", "H9"),
        ("grants.csv", 5, "shares_exercised", "1300"),
    ]


def test_the_message_has_a_line_for_each_bad_row_and_says_what_to_do() -> None:
    with pytest.raises(LedgerRefused) as refusal:
        parse_ledger(holders_csv(HOLDER | {"category": "boss"}), grants_csv(GRANT | {"type": "RSU"}))
    lines = str(refusal.value).splitlines()
    assert lines[0].startswith("holders.csv, line 2, category: 'boss': must be one of employee, executive_officer")
    assert lines[1] == "grants.csv, line 2, type: 'RSU': must be one of ISO, NSO"
    assert lines[2] == "ledger not imported: 2 errors; correct the files and repeat"


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"holder_id": ""}, "holder_id", "must not be empty"),
        ({"name_on_agreement": " "}, "name_on_agreement", "must not be empty"),
        ({"category": "Employee"}, "category", "must be one of"),
        ({"category": ""}, "category", "must not be empty"),
        ({"country": "us"}, "country", "two-letter"),
        ({"title": "Buyer\x07"}, "title", "control character"),
        ({"name_on_agreement": "Maria\nOrtega"}, "name_on_agreement", "control character"),
    ],
)
def test_a_bad_holder_is_refused(change: dict[str, str], column: str, reason: str) -> None:
    other = HOLDER | {"holder_id": "H2", **change}
    row = only(holders_csv(HOLDER, other), grants_csv(GRANT))
    assert (row.column, row.line) == (column, 3)
    assert reason in row.reason


def test_an_address_may_have_several_lines() -> None:
    two_lines = HOLDER | {"address": "1 Main Street\nChatsworth, CA 91311"}
    assert parse_ledger(holders_csv(two_lines), grants_csv(GRANT)).holders[0].address == two_lines["address"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("grant_no", ""),
        ("grant_no", "10 41"),
        ("grant_no", "#1041"),
        ("grant_no", "104?"),
        ("plan", "outside"),
        ("grant_date", "03/15/2001"),
        ("grant_date", "2001-13-01"),
        ("grant_date", ""),
        ("exercise_price", "$24.50"),
        ("exercise_price", "1,000.00"),
        ("exercise_price", "NaN"),
        ("exercise_price", "1e3"),
        ("exercise_price", ""),
        ("shares_granted", "-1"),
        ("shares_granted", "1200.5"),
        ("shares_granted", "1,200"),
        ("shares_granted", "٣"),
        ("shares_exercised", ""),
        ("type", "iso"),
        ("held_since", "soon"),
        ("expires_on", "2001-03-15"),
    ],
)
def test_a_bad_grant_is_refused(column: str, value: str) -> None:
    row = only(holders_csv(HOLDER), grants_csv(GRANT | {column: value}))
    assert (row.file, row.line, row.column, row.value) == ("grants.csv", 2, column, value)


@pytest.mark.parametrize(("exercised", "cancelled", "is_good"), [("1200", "0", True), ("1200", "1", False)])
def test_no_more_shares_can_be_gone_than_were_granted(exercised: str, cancelled: str, is_good: bool) -> None:
    row = GRANT | {"shares_exercised": exercised, "shares_cancelled": cancelled}
    if is_good:
        assert parse_ledger(holders_csv(HOLDER), grants_csv(row)).grants[0].unexercised == 0
    else:
        assert "more than granted 1200" in only(holders_csv(HOLDER), grants_csv(row)).reason


def test_an_identification_number_is_shown_by_its_last_four_digits_only() -> None:
    row = only(holders_csv(HOLDER | {"tax_id": "000-12-1001/7"}), grants_csv(GRANT))
    assert row.value == "***01/7"
    assert "000-12" not in str(row)


def test_an_address_is_never_shown() -> None:
    row = only(holders_csv(HOLDER | {"address": "1 Main \x01 Street"}), grants_csv(GRANT))
    assert "Main" not in str(row)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        ("holder_id".encode("utf-16"), "is UTF-16"),
        (",".join(HOLDER_COLUMNS).encode() + b"\n", "no row below the header"),
        (",".join(HOLDER_COLUMNS).encode().replace(b",", b";") + b"\n", "separate values by commas"),
        (",".join(HOLDER_COLUMNS).encode() + b'\n"H1', "not CSV"),
    ],
)
def test_a_file_that_is_no_ledger_is_refused_as_a_whole(content: bytes, reason: str) -> None:
    assert reason in only(LedgerFile("holders.csv", content), grants_csv(GRANT)).reason


def test_a_byte_that_is_not_utf_8_is_named_by_its_line() -> None:
    content = holders_csv(HOLDER, HOLDER | {"holder_id": "H2"}).content.replace(b"H2", b"H\xe9")
    row = only(LedgerFile("holders.csv", content), grants_csv(GRANT))
    assert (row.line, row.value) == (3, "0xe9")


def test_each_column_that_is_missing_unknown_or_doubled_is_named() -> None:
    columns = (*(c for c in HOLDER_COLUMNS if c != "country"), "contry", "title")
    bad = refused(LedgerFile("holders.csv", (",".join(columns) + "\n").encode()), grants_csv(GRANT))
    assert [(row.column, row.reason.split(";")[0]) for row in bad] == [
        ("country", "column is missing from the header"),
        ("title", "column stands twice in the header"),
        ("contry", "column is not known"),
    ]


def test_a_row_of_another_length_is_named_by_its_line() -> None:
    content = holders_csv(HOLDER).content + b"H2,Name,,,employee\n"
    assert "5 values, the header 9" in only(LedgerFile("holders.csv", content), grants_csv(GRANT)).reason


def test_a_bad_holder_does_not_make_strangers_of_its_grants() -> None:
    row = only(holders_csv(HOLDER | {"category": "boss"}), grants_csv(GRANT))
    assert row.column == "category"


def test_a_ledger_comes_back_from_the_books_as_it_was_imported(books: Books) -> None:
    ledger = parse_ledger(
        holders_csv(HOLDER | {"holder_id": "H2"}, HOLDER | {"country": ""}),
        grants_csv(GRANT, GRANT | {"grant_no": "0007", "holder_id": "H2", "held_since": "2002-01-01"}),
    )
    version = store(books, ledger)
    with books.reading() as connection:
        assert grants.load_version(connection, version) == ledger


def test_each_import_is_a_version_of_its_own(books: Books) -> None:
    ledger = parse_ledger(holders_csv(HOLDER), grants_csv(GRANT))
    assert [store(books, ledger), store(books, ledger)] == [1, 2]
    with books.reading() as connection:
        assert [one.version for one in grants.versions(connection)] == [1, 2]
        assert grants.load_version(connection, 3) == OptionLedger((), ())


def store(books: Books, ledger: OptionLedger) -> int:
    with books.writing() as connection:
        return grants.store_version(
            connection,
            ledger,
            as_of=date(2003, 6, 10),
            imported_at=datetime(2003, 6, 11, tzinfo=UTC),
            actor="clerk",
            holders_sha256="h" * 64,
            grants_sha256="g" * 64,
        )
