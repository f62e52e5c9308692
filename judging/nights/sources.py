"""What a night looks at: the books, the archive's folder, and the fax server's own files beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ledger.books import Books
from offers.terms import Terms


@dataclass(frozen=True, slots=True)
class Sources:
    """One workspace. `fax_log` and `clock_log` need not exist; what they hold is in docs/operations.md."""

    books: Books
    terms: Terms
    archive: Path
    fax_log: Path
    clock_log: Path
