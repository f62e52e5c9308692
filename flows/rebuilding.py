"""Everything that can be made again, made again from the journal and the archive, and held against what is stored.

What is proven: the journal's chain; every archived file against its hash; every receipt against its archived sidecar;
the option ledgers against their archived files; the working tables (faxes, receipts, claims) and the derived ones
(submissions, findings, standings, queue) against the journal. What is not: no page is read again, since persons decided
on the readings as the journal has them; accounts, the desk's log and drafts, the nights' runs and the mail have no
other source than themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from core.events import Event, FaxArchived, FaxQuarantined, FaxRead, FaxReceived, LedgerImported
from core.transmissions import Receipt
from flows.desk import Desk
from flows.receiving import SidecarUnreadable, receipt_stated
from judging import books as judged_books
from ledger import archive, claims, derived, grants, journal, schema
from ledger.archive import ArchiveDamaged
from ledger.claims import ClaimState
from ledger.grants import LedgerFile, LedgerRefused
from ledger.replay import replay

Row = Mapping[str, Any]
_WORKING = {schema.faxes: ("sha256",), schema.receipts: ("delivery_id",), schema.claims: ("fax",)}
_DERIVED = {
    schema.submissions: ("id",),
    schema.findings: ("submission_id", "number"),
    schema.standings: ("holder_id",),
    schema.queue: ("id",),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is stored otherwise than it comes out: where, which, and what; without any value of a form."""

    place: str
    key: str
    what: str


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was made again: the journal's last line, how many of each kind, and where it differs from what is stored."""

    journal_seq: int
    counts: Mapping[str, int]
    differences: tuple[Difference, ...]


def rebuild(desk: Desk) -> Rebuilt:
    """Compares and writes nothing. Raises JournalBroken, after which nothing can be trusted."""
    with desk.books.reading() as connection:
        head = journal.verify(connection)
        events = tuple(journal.read(connection))
        working = _working_rows(events)
        made = _made_again(desk, connection)
        differences = [
            *_archive_differences(desk, events),
            *_ledger_differences(desk, connection, events),
            *_row_differences(connection, working, _WORKING),
            *_row_differences(connection, derived.rows_of(made), _DERIVED),
        ]
    tables = {**working, **derived.rows_of(made)}
    counts = {"journal lines": head.seq} | {table.name: len(rows) for table, rows in tables.items()}
    return Rebuilt(head.seq, counts, tuple(differences))


def write_rebuilt(desk: Desk) -> None:
    """Puts what the journal says into the working and derived tables, whatever stands there.

    The archive and the option ledgers are not touched: what differs there only a backup can bring back.
    """
    with desk.books.writing() as connection:
        journal.verify(connection)
        for table, rows in _working_rows(journal.read(connection)).items():
            _mend(connection, table, rows)
        derived.discard(connection)
        head = journal.head(connection).seq
        derived.store(connection, _made_again(desk, connection, until=head))


def _made_again(desk: Desk, connection: Connection, until: int | None = None) -> derived.Derived:
    """The derived tables as of the line that the stored ones were made from: to be behind is no fault."""
    terms = desk.offer.terms
    line = until if until is not None else derived.derived_seq(connection)
    record = replay(journal.read(connection, until=line), judged_books.empty_record(terms))
    return judged_books.derive(judged_books.judge_record(terms, connection, record))


# The working tables ----------------------------------------------------------------------------------------------


def _working_rows(events: Iterable[Event]) -> Mapping[Table, Sequence[Row]]:
    faxes: dict[str, dict[str, Any]] = {}
    receipts: dict[str, dict[str, Any]] = {}
    states: dict[str, dict[str, Any]] = {}
    for event in events:
        match event.body():
            case FaxArchived(fax=fax, size=size, archived_name=name):
                faxes[fax] = {"sha256": fax, "size": size, "archived_name": name, "first_received_at": event.at}
                faxes[fax]["pages"] = None
                states[fax] = {"fax": fax, "state": ClaimState.WAITING.value}
            case FaxReceived() as body:
                first = receipts.get(body.delivery_id, {"noted_at": event.at})
                receipts[body.delivery_id] = _receipt_row(body) | {"noted_at": first["noted_at"]}
            case FaxRead(transmission=transmission) if transmission.fax in faxes:
                faxes[transmission.fax]["pages"] = len(transmission.pages)
                states[transmission.fax]["state"] = ClaimState.DONE.value
            # A file refused on arrival never had a claim: its event tells of no attempt.
            case FaxQuarantined(fax=fax, attempts=attempts) if fax in states and attempts > 0:
                states[fax]["state"] = ClaimState.QUARANTINED.value
            case _:
                pass
    return {
        schema.faxes: list(faxes.values()),
        schema.receipts: list(receipts.values()),
        schema.claims: list(states.values()),
    }


def _receipt_row(body: FaxReceived) -> dict[str, Any]:
    told = claims.receipt_columns(body.receipt)
    return {"delivery_id": body.delivery_id, "fax": body.fax, "file": body.file, **told}


def _row_differences(
    connection: Connection, expected: Mapping[Table, Sequence[Row]], keys: Mapping[Table, tuple[str, ...]]
) -> Iterator[Difference]:
    for table, rows in expected.items():
        wanted = {_key(row, keys[table]): row for row in rows}
        stored = {_key(row, keys[table]): row for row in map(_mapping, connection.execute(select(table)))}
        for key in sorted(wanted.keys() - stored.keys()):
            yield Difference(table.name, key, "is missing")
        for key in sorted(stored.keys() - wanted.keys()):
            yield Difference(table.name, key, "is not in the journal")
        for key in sorted(wanted.keys() & stored.keys()):
            columns = [name for name, value in wanted[key].items() if stored[key][name] != value]
            if columns:
                yield Difference(table.name, key, f"differs in {', '.join(columns)}")


def _mapping(row: Any) -> Row:
    return dict(row._mapping)


def _key(row: Row, columns: tuple[str, ...]) -> str:
    return " ".join(str(row[column]) for column in columns)


def _mend(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Only what differs is written; what a claim says of the attempt going on stays, unless its state is another."""
    keys = _WORKING[table]
    wanted = {_key(row, keys): row for row in rows}
    stored = {_key(row, keys): row for row in map(_mapping, connection.execute(select(table)))}
    for key in stored.keys() - wanted.keys():
        connection.execute(delete(table).where(_is(table, keys, stored[key])))
    for key, row in wanted.items():
        if key not in stored:
            blank = {"attempts": 0, "failures": 0, "last_failure": ""} if table is schema.claims else {}
            connection.execute(insert(table).values(**row, **blank))
        elif any(stored[key][name] != value for name, value in row.items()):
            free = {"owner": None, "lease_until": None} if table is schema.claims else {}
            connection.execute(update(table).where(_is(table, keys, row)).values(**row, **free))


def _is(table: Table, keys: tuple[str, ...], row: Row) -> Any:
    (key,) = keys
    return table.c[key] == row[key]


# The archive and the option ledgers --------------------------------------------------------------------------------


def _archive_differences(desk: Desk, events: Sequence[Event]) -> Iterator[Difference]:
    """Every archived fax against its hash, and every receipt against what its sidecar says."""
    for event in events:
        match event.body():
            case FaxArchived(fax=fax, archived_name=name):
                if _kept(desk, name, fax) is None:
                    yield Difference("archive", fax, "is gone or was changed; restore it from a backup")
            case FaxReceived(sidecar=str() as sidecar, delivery_id=delivery, receipt=receipt):
                stated = _kept(desk, f"{sidecar[:2]}/{sidecar}.json", sidecar)
                if stated is None:
                    yield Difference("archive", sidecar, "is gone or was changed; restore it from a backup")
                elif not _tells(desk, stated, receipt):
                    yield Difference("journal", delivery, "its receipt is not what its sidecar says")
            case _:
                pass


def _kept(desk: Desk, name: str, sha256: str) -> bytes | None:
    try:
        return archive.open_kept(desk.settings.archive, name, sha256)
    except ArchiveDamaged:
        return None


def _tells(desk: Desk, sidecar: bytes, receipt: Receipt) -> bool:
    """Whether a sidecar tells this receipt; of one that cannot be read none may come."""
    try:
        return receipt_stated(sidecar, "sidecar", desk.offer.terms.fax_number) == receipt
    except SidecarUnreadable:
        return receipt.source != "sidecar"


def _ledger_differences(desk: Desk, connection: Connection, events: Sequence[Event]) -> Iterator[Difference]:
    stored = {version.version for version in grants.versions(connection)}
    imported = [body for event in events if isinstance(body := event.body(), LedgerImported)]
    for body in imported:
        key = f"version {body.version}"
        contents = [_kept(desk, f"{h[:2]}/{h}.csv", h) for h in (body.holders_sha256, body.grants_sha256)]
        holders, grant_rows = contents
        if holders is None or grant_rows is None:
            yield Difference("archive", key, "a file of the option ledger is gone or was changed; restore a backup")
            continue
        try:
            parsed = grants.parse_ledger(LedgerFile("holders.csv", holders), LedgerFile("grants.csv", grant_rows))
        except LedgerRefused:
            yield Difference("ledger", key, "its files are refused by this version of the program")
            continue
        if grants.load_version(connection, body.version) != parsed:
            yield Difference("ledger", key, "its rows are not those of its files")
    for extra in sorted(stored - {body.version for body in imported}):
        yield Difference("ledger", f"version {extra}", "is not in the journal")
