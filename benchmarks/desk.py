"""The reviewer's desk under load: ten people at once over 5,000 submissions of 300 holders; prints its table.

`python -m benchmarks.desk [--database URL] [--seconds 30]`. The desk runs in a process of its own, the people in this
one; each waits a second or two between acts, as nobody is quicker. Asked for: queue and form pages under 150 ms at the
median and 400 ms at the 99th percentile (issue 6), on SQLite and PostgreSQL.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import re
import socket
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np

from core.events import FaxRead, FaxReceived, LedgerImported, NewEvent
from core.holders import Holder, OptionLedger
from ledger import accounts, journal
from ledger.accounts import Role
from ledger.books import make_books, open_books
from ledger.grants import store_version
from offers.forms import load_forms
from offers.loading import load_offer
from review.workplace import Workplace, real_clock
from samples import contents, desk_work
from samples.contents import PACIFIC
from samples.ledger import make_ledger

OFFER_FOLDER = Path(__file__).parents[1] / "offers" / "capstone_2003"
NOW = datetime(2003, 7, 21, 10, 12, tzinfo=PACIFIC)
PASSWORD = "the bench has ten chairs"  # noqa: S105 - of a database that the bench throws away
PEOPLE = 10
_DOUBTFUL_SHARE = 0.12
_SLIP_SHARE = 0.04
_START_SECONDS = 600


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        url = options.database or f"sqlite:///{folder}/books.sqlite"
        began = time.perf_counter()
        waiting = fill_books(url, submissions=options.submissions, holders=options.holders)
        print(
            f"{options.submissions:,} submissions of {options.holders} holders, {waiting:,} of them wait; "
            f"made in {time.perf_counter() - began:.0f} s"
        )
        port = _free_port()
        desk = multiprocessing.get_context("spawn").Process(target=serve, args=(url, folder, port), daemon=True)
        desk.start()
        try:
            took = _work(f"http://127.0.0.1:{port}", options.seconds)
        finally:
            desk.terminate()
            desk.join()
    _print_table(url.partition(":")[0], took)


def fill_books(url: str, *, submissions: int, holders: int) -> int:
    """Makes the books of the bench; returns how many forms were read with a doubt or a slip."""
    forms, ledger, rng = load_forms(OFFER_FOLDER / "forms"), make_ledger(2003), np.random.default_rng(6)
    books = make_books(url)
    day = date(2003, 7, 18)
    flawed = 0
    with books.writing() as connection:
        store_version(connection, ledger, as_of=day, imported_at=NOW, actor="b", holders_sha256="0", grants_sha256="0")
        imported = LedgerImported(1, day, "0", "0", len(ledger.holders), len(ledger.grants))
        events = [NewEvent(NOW, "bench", imported)]
        able = _able(ledger)[:holders]
        for number in range(submissions):
            holder = able[number % len(able)]
            signed_at = datetime(2003, 7, 9, 9, tzinfo=PACIFIC) + timedelta(minutes=3 * number)
            manner = contents.some_manner(rng)
            paper = contents.good_election(
                rng, ledger, holder, manner, version="2003-07-09", signed_at=signed_at,
                grants=contents.some_grants(rng, ledger, holder, most=4),
            )  # fmt: skip
            paper = replace(paper, fields=replace(paper.fields, amend_box=number >= len(able)))
            misread = _misread(rng)
            flawed += misread != desk_work.Misread()
            transmission = desk_work.read_fax(paper, forms, file=f"bench{number:05d}.tif", misread=misread)
            received = FaxReceived(transmission.fax, transmission.file, f"b{number}", transmission.receipt)
            events += [NewEvent(NOW, "bench", received), NewEvent(NOW, "bench", FaxRead(transmission))]
        journal.append(connection, events)
        for number in range(PEOPLE):
            accounts.add_user(
                connection, login=f"person{number}", name=f"Person {number}", role=Role.REVIEWER,
                password=PASSWORD, now=real_clock(),
            )  # fmt: skip
    books.close()
    return flawed


def serve(url: str, folder: str, port: int) -> None:
    """The desk's process: judges everything once, then answers."""
    import uvicorn

    from review.app import create_app

    workplace = Workplace(
        open_books(url), load_offer(OFFER_FOLDER), Path(folder) / "pages", Path(folder) / "archive", lambda: NOW
    )
    app = create_app(workplace)
    app.state.desk.warm_up()
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")


def _able(ledger: OptionLedger) -> list[Holder]:
    return [h for h in ledger.holders if contents.may_tender(h) and contents.eligible_grants(ledger, h)]


def _misread(rng: np.random.Generator) -> desk_work.Misread:
    chance = rng.random()
    if chance < _DOUBTFUL_SHARE:
        return desk_work.Misread(doubts=("row1.shares",))
    if chance < _DOUBTFUL_SHARE + _SLIP_SHARE:
        return desk_work.Misread({"email": ""})
    return desk_work.Misread()


def _work(url: str, seconds: int) -> dict[str, list[float]]:
    _wait_for(url)
    took: dict[str, list[float]] = defaultdict(list)
    failures: list[str] = []
    people = [threading.Thread(target=_person, args=(url, n, seconds, took, failures)) for n in range(PEOPLE)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    if failures:
        raise SystemExit(f"{len(failures)} requests failed, the first: {failures[0]}")
    return took


def _person(url: str, number: int, seconds: int, took: dict[str, list[float]], failures: list[str]) -> None:
    """One reviewer: looks at the queue, takes a form, checks a field, saves, sometimes opens another form."""
    chance = random.Random(number)
    with httpx.Client(base_url=url, follow_redirects=True, timeout=60) as client:
        token = _token(client.get("/signin").text)
        page = client.post("/signin", data={"login": f"person{number}", "password": PASSWORD, "token": token}).text
        token = _token(page)

        def timed(name: str, method: str, path: str, **data: str) -> str:
            time.sleep(chance.uniform(1.0, 2.0))
            began = time.perf_counter()
            answer = client.request(method, path, data=data or None, follow_redirects=False)
            took[name].append(time.perf_counter() - began)
            if answer.status_code >= 400:
                failures.append(f"{method} {path}: {answer.status_code} {answer.text[-300:]}")
            return answer.headers.get("location", "") or answer.text

        end = time.monotonic() + seconds
        while time.monotonic() < end:
            queue = timed("queue", "GET", "/")
            shown = re.findall(r'class="nm ell" href="(/forms/[^"]+)"', queue)
            timed("form", "GET", chance.choice(shown))
            form = timed("take", "POST", "/next", token=token)
            text = timed("form", "GET", form)
            field = re.search(r'name="field" value="([^"]+)"', text)
            value = re.search(r'id="key" name="value" value="([^"]*)"', text)
            if field and value:
                timed("check", "POST", f"{form}/check", token=token, field=field[1], value=value[1], act="check")
                timed("save", "POST", f"{form}/save", token=token, field=field[1])


def _print_table(kind: str, took: dict[str, list[float]]) -> None:
    print(f"{kind}, {PEOPLE} people at once; milliseconds")
    print(f"{'request':8} {'count':>6} {'median':>8} {'p95':>8} {'p99':>8} {'worst':>8}")
    for name, seconds in sorted(took.items()):
        cuts = statistics.quantiles(seconds, n=100, method="inclusive") if len(seconds) > 1 else seconds * 99
        figures = (statistics.median(seconds), cuts[94], cuts[98], max(seconds))
        print(f"{name:8} {len(seconds):6} " + " ".join(f"{1000 * figure:8.0f}" for figure in figures))


def _token(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found, "no token on the page"
    return found[1]


def _wait_for(url: str) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        try:
            httpx.get(f"{url}/signin", timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.3)
    raise SystemExit("the desk did not start")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", help="SQLAlchemy URL of an empty database; SQLite in a temporary folder without")
    parser.add_argument("--submissions", type=int, default=5000)
    parser.add_argument("--holders", type=int, default=300)
    parser.add_argument("--seconds", type=int, default=30)
    return parser.parse_args()


if __name__ == "__main__":
    main()
