"""Imports a version of the option ledger: both files into the archive, their rows into the books, one event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from io import BytesIO

from core.events import LedgerImported, NewEvent
from flows.desk import Desk
from ledger import archive, grants, journal
from ledger.grants import LedgerFile


@dataclass(frozen=True, slots=True)
class Imported:
    """`new` is False when the very same files were imported before for the same day."""

    version: int
    holders: int
    grants: int
    new: bool


def import_ledger(desk: Desk, holders: LedgerFile, grant_rows: LedgerFile, *, as_of: date, actor: str) -> Imported:
    """All or nothing; raises LedgerRefused with every bad row of both files."""
    parsed = grants.parse_ledger(holders, grant_rows)
    holders_sha256, grants_sha256 = (sha256(file.content).hexdigest() for file in (holders, grant_rows))
    for file in (holders, grant_rows):
        archive.keep(desk.settings.archive, BytesIO(file.content), size_limit=len(file.content), suffix=".csv")
    now = desk.now()
    with desk.books.writing() as connection:
        for known in grants.versions(connection):
            if (known.as_of, known.holders_sha256, known.grants_sha256) == (as_of, holders_sha256, grants_sha256):
                return Imported(known.version, len(parsed.holders), len(parsed.grants), new=False)
        version = grants.store_version(
            connection,
            parsed,
            as_of=as_of,
            imported_at=now,
            actor=actor,
            holders_sha256=holders_sha256,
            grants_sha256=grants_sha256,
        )
        body = LedgerImported(version, as_of, holders_sha256, grants_sha256, len(parsed.holders), len(parsed.grants))
        journal.append(connection, [NewEvent(now, actor, body)])
    return Imported(version, len(parsed.holders), len(parsed.grants), new=True)
