"""People at the reviewer's desk, for Locust: they work as one works there, a second or two between two acts.

`benchmarks.desk` makes the workspace, opens the desk and has Locust run this file. Importing Locust changes sockets and
threads of the whole process: nothing but Locust loads it.
"""

from __future__ import annotations

import html
import json
import random
import re
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from locust import FastHttpUser, between, events, task
from locust.contrib.fasthttp import FastResponse, ResponseContextManager
from locust.env import Environment

from benchmarks.desk import PASSWORD, login_of

_TOKEN = re.compile(r'name="token" value="([^"]+)"')
_ROW = re.compile(r'class="nm ell" href="(/forms/[^"]+)"')
_CROP = re.compile(r'<img (?:id="\w+" )?src="([^"]+\.png[^"]*)"')
_PAGE = re.compile(r'<image href="([^"]+)"')
_CELL = re.compile(r'data-cell="([^"]+)" data-read="([^"]*)"')
_ROW_FIELD = re.compile(r'data-f="(row\d\.\w+)"')
_FIELD = re.compile(r'name="field" value="([^"]+)"')
_KEYED = re.compile(r'id="key" name="value" value="([^"]*)"')
_CAN_CLEAR = re.compile(r'type="radio" name="(d:[^"]+)" value="clear"')
_FILTERS = ("/?kind=election&sort=shares", "/?rule=EMAIL_INVALID", "/?whose=free&age=due", "/?severity=review&q=F-01")
_PAUSE = (1.0, 2.0)
"""Seconds between two acts of one person."""
_CELLS_AT_ONCE = 5
_CROPS_IN_SIGHT = 8
"""How many crops stand in the window before one scrolls: the browser fetches no others."""

_chairs = count()


@events.init_command_line_parser.add_listener
def ask_for_the_table(parser: ArgumentParser) -> None:
    parser.add_argument("--table", type=Path, required=True, help="where the figures are left, as JSON")


@events.quitting.add_listener
def leave_the_table(environment: Environment, **_: object) -> None:
    """By name: how many requests, how many failed, milliseconds at the median and at the 99th percentile."""
    rows = {
        row.name: [row.num_requests, row.num_failures, *map(row.get_response_time_percentile, (0.5, 0.99))]
        for row in environment.stats.entries.values()
    }
    assert environment.parsed_options is not None
    environment.parsed_options.table.write_text(json.dumps(rows))


class Reviewer(FastHttpUser):
    """One person, signed in, with the session's token in every form that is sent."""

    wait_time = between(*_PAUSE)

    def on_start(self) -> None:
        number = next(_chairs)
        self.chance = random.Random(number)
        self.client.client.default_headers["Origin"] = self.host or ""
        token = _first(_TOKEN, self.look("/signin", "sign-in page", expects="Password"))
        self.send("/signin", "sign in", expects="/", login=login_of(number), password=PASSWORD, token=token)
        self.token = _first(_TOKEN, self.look("/", "queue"))

    @task(3)
    def look_about(self) -> None:
        self.look("/", "queue")
        self.pause()
        queue = self.look(self.chance.choice(_FILTERS), "queue, filtered")
        self.fetch_pictures(queue)
        if forms := _ROW.findall(queue):
            self.pause()
            self.fetch_pictures(self.look(self.chance.choice(forms), "form"))

    @task(6)
    def decide_a_form(self) -> None:
        """Takes the next form, looks at a cell, checks what is keyed, clears what stays open, saves."""
        path = self.send("/next", "take", expects="/")
        if not path.startswith("/forms/"):
            return
        base = path.partition("?")[0]
        form = self.look(path, "form", expects="yours until")
        self.fetch_pictures(form)
        if cells := _ROW_FIELD.findall(form):
            self.pause()
            self.look(f"{base}?field={self.chance.choice(cells)}", "form, a cell chosen", expects=base, by_script=True)
        self.pause()
        keyed = {"act": "check", "field": _first(_FIELD, form), "value": _first(_KEYED, form)}
        form = self.check(base, keyed, expects=base)
        if choices := dict.fromkeys(_CAN_CLEAR.findall(form), "clear"):
            self.pause()
            self.check(base, {"act": "choose", **choices}, expects="If you save")
        self.pause()
        while not self.save(base, choices):
            # Somebody decided another form of this holder meanwhile: look, keep the keying, save over it.
            self.send(f"{base}/renew-draft", "after a lost race", expects=base, act="keep")
            self.pause()

    @task(4)
    def sweep(self) -> None:
        page = self.look("/sweep", "sweep")
        self.fetch_pictures(page)
        for cell, read in _CELL.findall(page)[:_CELLS_AT_ONCE]:
            self.pause()
            sent = {"token": self.token, "cell": html.unescape(cell), "value": html.unescape(read), "act": "confirm"}
            # Two people have the same page of cells: the second to settle one is told so, and goes on.
            outcomes = ('"saved"', '"settled"', '"claimed"')
            self.ask("POST", "/sweep", "sweep, a cell", outcomes, sent, {"Accept": "application/json"})

    # ---------------------------------------------------------------------------------------------------- requests

    def pause(self) -> None:
        time.sleep(self.chance.uniform(*_PAUSE))

    def look(self, path: str, name: str, *, expects: str = "Sign out", by_script: bool = False) -> str:
        headers = {"HX-Request": "true"} if by_script else {}
        return self.ask("GET", path, name, (expects,), {}, headers).text or ""

    def send(self, path: str, name: str, *, expects: str, **sent: str) -> str:
        """Sends a form as a page without scripts does; returns the address that it leads to."""
        answer = self.ask("POST", path, name, (expects,), {"token": getattr(self, "token", ""), **sent}, {})
        return _location(answer)

    def check(self, base: str, keyed: Mapping[str, str], *, expects: str) -> str:
        sent = {"token": self.token, **keyed}
        return self.ask("POST", f"{base}/check", "check", (expects,), sent, {"HX-Request": "true"}).text or ""

    def save(self, base: str, choices: Mapping[str, str]) -> bool:
        """False where somebody was quicker; True also where another form took away what there was to clear."""
        sent = {"token": self.token, "listed": "Read again on the paper", **choices}
        outcomes = ("said=saved", "Both versions", "is no longer found")
        answer = self.ask("POST", f"{base}/save", "save", outcomes, sent, {})
        return "Both versions" not in (answer.text or "")

    def fetch_pictures(self, page: str) -> None:
        for path in _PAGE.findall(page):
            self.client.get(html.unescape(path), name="picture of a page")
        for path in _CROP.findall(page)[:_CROPS_IN_SIGHT]:
            self.client.get(html.unescape(path), name="thumbnail" if "/small.png" in path else "crop")

    def ask(
        self,
        method: str,
        path: str,
        name: str,
        expects: tuple[str, ...],
        sent: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> FastResponse:
        """One request; it failed unless the answer, or the address it leads to, says one of `expects`."""
        answer: ResponseContextManager
        with self.client.request(
            method, path, name, dict(sent) or None, headers=dict(headers), allow_redirects=False, catch_response=True
        ) as answer:
            said = f"{_location(answer)} {answer.text}"
            if any(words in said for words in expects):
                answer.success()
            else:
                answer.failure(f"{answer.status_code}, says none of {expects}")
        return answer


def _location(answer: FastResponse) -> str:
    """Where the answer leads; "" where it leads nowhere, or never came."""
    return str(answer.headers.get("location", "")) if answer.headers else ""


def _first(pattern: re.Pattern[str], page: str) -> str:
    found = pattern.search(page)
    return html.unescape(found[1]) if found else ""
