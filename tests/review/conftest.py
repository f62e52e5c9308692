"""A workspace with a queue, and the desk open on it: real books, real pages, real rules."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Page

from core.events import FaxQuarantined, FaxRead, FaxReceived, LedgerImported, NewEvent
from core.holders import Grant, Holder, OptionLedger
from core.page_layout import Regrouping
from core.submissions import Submission
from core.transmissions import Transmission
from ledger import accounts, journal
from ledger.accounts import Role
from ledger.books import Books, make_books, open_books
from ledger.grants import store_version
from offers.forms import Forms, load_forms
from offers.loading import Offer, load_offer
from review.app import create_app
from review.workplace import Policy, Workplace
from samples import contents, desk_work
from samples.contents import PACIFIC, Manner
from samples.desk_work import Sheet
from samples.ledger import make_ledger
from samples.lettering import Group
from samples.paper import Pen
from samples.writing import somebody

OFFER_FOLDER = Path(__file__).parents[2] / "offers" / "capstone_2003"
PASSWORD = "nine grey herons at dusk"
VERSION = "2003-07-09"
NOW = datetime(2003, 7, 21, 10, 12, tzinfo=PACIFIC)
SIGNED = datetime(2003, 7, 18, 9, 15, tzinfo=PACIFIC)
MANNER = Manner("{m}/{d}/{yyyy}", "{m}/{d}/{yyyy}", "{h}:{min} {ap}", "$", True, "always", False, " ")


@dataclass
class Clock:
    """A clock that tests move."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.at

    def advance(self, span: timedelta) -> None:
        self.at += span


@dataclass
class House:
    """The workspace under test, and how to put forms into it."""

    workplace: Workplace
    ledger: OptionLedger
    forms: Forms
    clock: Clock
    app: FastAPI
    url: str = ""
    count: int = 0

    @property
    def books(self) -> Books:
        return self.workplace.books

    def holder(self, number: int = 0) -> Holder:
        """A holder who may tender, with two grants or more of which none is half of a split."""
        able = [
            h
            for h in self.ledger.holders
            if contents.may_tender(h) and len(contents.eligible_grants(self.ledger, h)) >= 2
        ]
        return able[number]

    def grants(self, holder: Holder, count: int = 2) -> tuple[Grant, ...]:
        return contents.eligible_grants(self.ledger, holder)[:count]

    def election(self, holder: Holder, *, signed_at: datetime, count: int = 2) -> Submission:
        """An election in good order, received forty minutes after its signing."""
        paper = contents.good_election(
            np.random.default_rng(1),
            self.ledger,
            holder,
            MANNER,
            version=VERSION,
            signed_at=signed_at,
            grants=self.grants(holder, count),
        )
        return self._received(paper, signed_at)

    def notice(self, holder: Holder, *, signed_at: datetime) -> Submission:
        paper = contents.good_notice(np.random.default_rng(1), holder, MANNER, version=VERSION, signed_at=signed_at)
        return self._received(paper, signed_at)

    def _received(self, paper: Submission, signed_at: datetime) -> Submission:
        at = signed_at + timedelta(minutes=40)
        return replace(paper, received_start=at - timedelta(seconds=70), received_at=at)

    def fax(
        self,
        paper: Submission,
        misread: desk_work.Misread | None = None,
        *,
        file: str = "",
        pictures: bool = True,
        only_page: str | None = None,
    ) -> str:
        """Puts a fax of the form into the books and returns the submission's id; `only_page` draws no other."""
        self.count += 1
        name = file or f"fax{self.count:04d}.tif"
        transmission = desk_work.read_fax(paper, self.forms, file=name, misread=misread)
        if pictures:
            rng = np.random.default_rng(self.count)
            pen = Pen(somebody(rng, Group.TRAINING, typed=False), MANNER.joint)
            desk_work.write_pages(self.workplace.pages, paper, transmission, self.forms, pen, rng, only=only_page)
        received = FaxReceived(transmission.fax, name, f"delivery-{self.count}", transmission.receipt)
        with self.books.writing() as connection:
            at = self.workplace.offer_now()
            journal.append(
                connection, [NewEvent(at, "tenderfax", received), NewEvent(at, "tenderfax", FaxRead(transmission))]
            )
        return transmission.submissions[0].id


@pytest.fixture(scope="session")
def offer() -> Offer:
    return load_offer(OFFER_FOLDER)


@pytest.fixture(scope="session")
def forms() -> Forms:
    return load_forms(OFFER_FOLDER / "forms")


@pytest.fixture(scope="session")
def ledger() -> OptionLedger:
    return make_ledger(2003)


@pytest.fixture
def policy() -> Policy:
    return Policy()


PEOPLE = (
    ("dana", "Dana Ruiz", Role.REVIEWER),
    ("mara", "Mara Klein", Role.APPROVER),
    ("jo", "Jo Tran", Role.REVIEWER),
    ("ada", "Ada Root", Role.ADMINISTRATOR),
    ("olu", "Olu Audit", Role.AUDITOR),
)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory, ledger: OptionLedger) -> Path:
    """Books with the sample ledger and one person of each role, made once: hashing passwords is slow on purpose."""
    file = tmp_path_factory.mktemp("founded") / "books.sqlite"
    books = make_books(f"sqlite:///{file}")
    day, none = date(2003, 7, 18), "0"
    with books.writing() as connection:
        store_version(
            connection, ledger, as_of=day, imported_at=NOW, actor="t", holders_sha256=none, grants_sha256=none
        )
        body = LedgerImported(1, day, none, none, len(ledger.holders), len(ledger.grants))
        journal.append(connection, [NewEvent(NOW, "t", body)])
        for login, name, role in PEOPLE:
            accounts.add_user(connection, login=login, name=name, role=role, password=PASSWORD, now=NOW)
    with books.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    books.close()
    return file


@pytest.fixture
def house(
    tmp_path: Path, founded: Path, offer: Offer, forms: Forms, ledger: OptionLedger, policy: Policy
) -> Iterator[House]:
    """A workspace of its own, nothing in the queue yet."""
    shutil.copy(founded, tmp_path / "books.sqlite")
    books = open_books(f"sqlite:///{tmp_path / 'books.sqlite'}")
    clock = Clock()
    workplace = Workplace(
        books, offer, tmp_path / "pages", tmp_path / "archive", offer_now=lambda: NOW, clock=clock, policy=policy
    )
    yield House(workplace, ledger, forms, clock, create_app(workplace))
    books.close()


MIXED_UP = ((1, 4), (2, 3))
"""Page 1 with page 4 and page 2 with page 3: two front pages came first, and the nearest neighbours are no pairs."""


class SheetReader:
    """Reads a fax again from the sheets that it was made of."""

    def __init__(self, house: Any) -> None:
        self.house = house
        self.sheets: tuple[Sheet, ...] = ()

    def __call__(self, asked: Regrouping) -> Transmission:
        return desk_work.read_again(self.sheets, asked, self.house.forms)


@pytest.fixture
def reader(house: Any) -> SheetReader:
    reader = SheetReader(house)
    desk = house.app.state.desk
    desk.workplace = replace(desk.workplace, read_again=reader)
    return reader


@pytest.fixture
def mixed_up(house: Any, reader: SheetReader) -> str:
    """A fax of two people's elections, E1 E1 E2 E2, paired the wrong way; returns its hash."""
    papers = [house.election(house.holder(n), signed_at=SIGNED + timedelta(minutes=n)) for n in (0, 1)]
    reader.sheets = tuple(Sheet(papers[n], page_class) for page_class in ("E1", "E2") for n in (0, 1))
    transmission = desk_work.read_bundle(reader.sheets, MIXED_UP, house.forms, file="bundle.tif")
    unclean = tuple(replace(s, bundle_clean=False) for s in transmission.submissions)
    received = FaxReceived(transmission.fax, "bundle.tif", "d-1", transmission.receipt)
    with house.books.writing() as connection:
        at = house.workplace.offer_now()
        bodies = (received, FaxRead(replace(transmission, submissions=unclean)))
        journal.append(connection, [NewEvent(at, "tenderfax", body) for body in bodies])
    return transmission.fax


def quarantine(house: Any) -> str:
    """Puts a file into the books that gave no form; returns its hash."""
    fax = "d" * 64
    with house.books.writing() as connection:
        body = FaxQuarantined(fax, "menu.tif", "the file is cut short", 1)
        journal.append(connection, [NewEvent(house.workplace.offer_now(), "tenderfax", body)])
    return fax


@pytest.fixture
def served(house: House) -> Iterator[House]:
    """The same, answering on a port of this machine."""
    server = uvicorn.Server(uvicorn.Config(house.app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    house.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield house
    server.should_exit = True
    thread.join(timeout=10)


def wait_until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "the desk did not start"
        time.sleep(0.02)


@pytest.fixture
def screen(chromium: Browser, served: House) -> Iterator[Callable[..., Page]]:
    """Opens a window, signed in as somebody; `javascript=False` switches scripts off."""
    contexts = []

    def open_window(login: str = "dana", *, size: tuple[int, int] = (1440, 900), javascript: bool = True) -> Page:
        context = chromium.new_context(
            base_url=served.url,
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto("/signin")
        page.fill("[name=login]", login)
        page.fill("[name=password]", PASSWORD)
        page.click("button:has-text('Sign in')")
        page.wait_for_selector("text=Sign out")
        return page

    yield open_window
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where screenshots are written for people to look at."""
    folder = Path(os.environ.get("TENDERFAX_SCREENSHOTS", Path(__file__).parents[2] / "outputs" / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
