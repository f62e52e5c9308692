"""What the desk works on: the books, the offer, the pictures of the pages, its clocks and its policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.failures import TenderfaxError
from core.page_layout import Regrouping
from core.transmissions import Transmission
from ledger.books import Books
from offers.forms import Forms, load_forms
from offers.loading import Offer


class NoReader(TenderfaxError):
    """This desk was opened without a reader of faxes."""


def nobody_reads(_asked: Regrouping) -> Transmission:
    raise NoReader("this desk was opened without a reader; open it with `tenderfax review`")


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
    `read_again` reads a fax whose pages a person put together anew; it takes seconds, and raises a TenderfaxError
    where it cannot.
    """

    books: Books
    offer: Offer
    pages: Path
    archive: Path
    offer_now: Callable[[], datetime]
    clock: Callable[[], datetime] = real_clock
    policy: Policy = field(default_factory=Policy)
    read_again: Callable[[Regrouping], Transmission] = nobody_reads

    def forms(self) -> Forms:
        return load_forms(self.offer.folder / "forms")
