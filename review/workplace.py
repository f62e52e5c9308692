"""What the desk works on: the books, the offer, the pictures of the pages, its clocks and its policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ledger.books import Books
from offers.forms import Forms, load_forms
from offers.loading import Offer


def real_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the house decided about its desk.

    `lease` is how long a claimed form stays one person's without an act of theirs. `two_readers` names the columns and
    boxes (`shares`, `price`, `signed_at`) whose doubtful cells count only once two people read the same, blind.
    """

    lease: timedelta = timedelta(minutes=20)
    two_readers: frozenset[str] = frozenset()

    def asks_two(self, key: str) -> bool:
        return key.rpartition(".")[2] in self.two_readers


@dataclass(frozen=True, slots=True)
class Workplace:
    """`offer_now` is the offer's clock (it may replay the past), `clock` the real one: leases and sessions run on it.

    `pages` holds `<fax sha256>/<page>.png`: each page laid onto its blank, else upright. `archive` keeps every file.
    """

    books: Books
    offer: Offer
    pages: Path
    archive: Path
    offer_now: Callable[[], datetime]
    clock: Callable[[], datetime] = real_clock
    policy: Policy = field(default_factory=Policy)

    def forms(self) -> Forms:
        return load_forms(self.offer.folder / "forms")
