"""The desk asked without a browser: who gets what, what is refused and written down, what a decision becomes."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient

from ledger import accounts
from samples.contents import PACIFIC
from samples.desk_work import Misread

PASSWORD = "nine grey herons at dusk"
SIGNED = datetime(2003, 7, 18, 9, 15, tzinfo=PACIFIC)


def open_desk(house: Any, login: str | None = "dana") -> TestClient:
    client = TestClient(house.app, base_url="http://127.0.0.1:8321", follow_redirects=True)
    if login is not None:
        answer = client.post(
            "/signin", data={"login": login, "password": PASSWORD, "token": token_of(client, "/signin")}
        )
        assert answer.status_code == 200 and "Sign out" in answer.text
    return client


def token_of(client: TestClient, path: str = "/") -> str:
    found = re.search(r'name="token" value="([^"]+)"', client.get(path).text)
    assert found, path
    return found.group(1)


def refusals(house: Any) -> list[str]:
    with house.books.reading() as connection:
        return [
            f"{line.actor}|{line.detail}" for _, line in accounts.log_lines(connection) if line.outcome == "refused"
        ]


def test_nothing_is_shown_to_nobody(house: Any) -> None:
    client = TestClient(house.app, base_url="http://127.0.0.1", follow_redirects=False)
    for path in ("/", "/sweep", "/waivers", "/keyed", "/accounts", "/log", "/forms/x"):
        assert client.get(path).headers["location"] == "/signin"


def test_an_empty_queue_says_so(house: Any) -> None:
    assert "Nothing waits" in open_desk(house).get("/").text


def test_every_page_opens_for_those_who_may(house: Any) -> None:
    holder = house.holder()
    form = house.fax(house.election(holder, signed_at=SIGNED), Misread(doubts=("row1.shares",)), pictures=False)
    for login in ("dana", "mara", "ada", "olu"):
        client = open_desk(house, login)
        for path in ("/", f"/forms/{form}", "/waivers", "/me", "/keys"):
            assert client.get(path).status_code == 200, (login, path)
    assert open_desk(house, "dana").get("/sweep").status_code == 200
    assert open_desk(house, "dana").get("/keyed").status_code == 200
    assert open_desk(house, "dana").get("/accounts").status_code == 403
    assert open_desk(house, "ada").get("/accounts").status_code == 200
    assert open_desk(house, "olu").get("/log").status_code == 200
    assert open_desk(house, "dana").get("/log").status_code == 403


def test_a_form_is_corrected_checked_and_saved_as_one_event(house: Any) -> None:
    holder = house.holder()
    paper = house.election(holder, signed_at=SIGNED)
    form = house.fax(paper, Misread({"row1.shares": "7?"}, doubts=("row1.shares",)), pictures=False)
    client = open_desk(house)
    token = token_of(client)
    assert "yours until" in client.post("/take", data={"token": token, "id": form}).text
    shares = paper.fields.rows[0].shares
    checked = client.post(
        f"/forms/{form}/check", data={"token": token, "field": "row1.shares", "value": shares, "act": "check"}
    )
    assert "If you save" in checked.text and "0 findings stay open" in checked.text
    saved = client.post(f"/forms/{form}/save", data={"token": token, "field": "row1.shares"})
    assert "Nothing waits" in saved.text
    board = house.app.state.desk.boards.now()
    assert board.running.judged.standings[holder.holder_id].grants
    (correction,) = board.running.judged.record.corrections
    assert (correction.was, correction.value) == ("7?", shares)


def test_a_claims_end_is_said_on_the_clock_that_the_page_shows(house: Any) -> None:
    """The offer may be replayed: a lease that runs on the real clock would end at an hour that means nothing there."""
    form = house.fax(house.election(house.holder(), signed_at=SIGNED), Misread(doubts=("row1.shares",)), pictures=False)
    client = open_desk(house)
    page = client.post("/take", data={"token": token_of(client), "id": form}).text
    assert "yours until 10:32 a.m." in page


def test_a_request_without_the_token_is_refused_and_logged(house: Any) -> None:
    client = open_desk(house)
    assert client.post("/next", data={}).status_code == 403
    assert client.post("/next", data={"token": "x" * 43}).status_code == 403
    assert any("without its token" in line for line in refusals(house))


def test_a_request_from_another_origin_is_refused_and_logged(house: Any) -> None:
    client = open_desk(house)
    token = token_of(client)
    answer = client.post("/next", data={"token": token}, headers={"origin": "https://elsewhere.example"})
    assert answer.status_code == 403
    assert client.get("/", headers={"host": "elsewhere.example"}).status_code == 421
    assert any("another site" in line for line in refusals(house))


def test_the_wrong_role_is_refused_and_logged(house: Any) -> None:
    form = house.fax(house.election(house.holder(), signed_at=SIGNED), Misread(doubts=("row1.shares",)), pictures=False)
    client = open_desk(house, "olu")
    token = token_of(client)
    assert client.post("/take", data={"token": token, "id": form}).status_code == 403
    assert client.post("/waivers", data={"token": token, "code": "TIME_MISSING", "reason": "x"}).status_code == 403
    assert any(line.startswith("olu|This is not for the role") for line in refusals(house))


def test_somebody_elses_form_is_not_saved(house: Any) -> None:
    form = house.fax(house.election(house.holder(), signed_at=SIGNED), Misread(doubts=("row1.shares",)), pictures=False)
    dana, jo = open_desk(house, "dana"), open_desk(house, "jo")
    dana.post("/take", data={"token": token_of(dana), "id": form})
    answer = jo.post(
        f"/forms/{form}/check", data={"token": token_of(jo), "field": "row1.shares", "value": "1", "act": "check"}
    )
    assert answer.status_code == 409 and "Dana Ruiz has this form" in answer.text
    assert any(line.startswith("jo|Dana Ruiz has this form") for line in refusals(house))


def test_guessing_a_password_is_slowed_and_logged(house: Any) -> None:
    client = open_desk(house, None)
    for _ in range(5):
        data = {"login": "dana", "password": "wrong", "token": token_of(client, "/signin")}
        assert client.post("/signin", data=data).status_code == 401
    right = {"login": "dana", "password": PASSWORD, "token": token_of(client, "/signin")}
    assert client.post("/signin", data=right).status_code == 429
    house.clock.advance(timedelta(minutes=16))
    right["token"] = token_of(client, "/signin")
    assert client.post("/signin", data=right).status_code == 200


def test_a_session_ends_after_quiet_and_after_a_day(house: Any) -> None:
    client = open_desk(house)
    house.clock.advance(timedelta(minutes=31))
    assert "Sign out" not in client.get("/").text
    client = open_desk(house)
    for _ in range(30):
        house.clock.advance(timedelta(minutes=21))
        client.get("/")
    assert "Sign out" not in client.get("/").text


def test_hostile_text_is_shown_as_text(house: Any) -> None:
    holder = house.holder()
    hostile = "<script>alert(1)</script>\"'\u202egnp.exe" + "x" * 10_000
    paper = house.election(holder, signed_at=SIGNED)
    form = house.fax(paper, Misread({"address": hostile}), file='<img src=x onerror="alert(2)">.tif', pictures=False)
    client = open_desk(house)
    page = client.get(f"/forms/{form}?field=address").text
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    assert "\u202e" not in page.replace(f'value="{"x"}', "") or "⟨U+202E⟩" in page
    assert "<img src=x" not in page and "&lt;img src=x" in page


def test_every_page_carries_the_strict_headers(house: Any) -> None:
    client = open_desk(house)
    for path in ("/", "/signin", "/static/desk.css", "/nowhere"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    assert client.get("/").headers["cache-control"] == "no-store"


def test_a_key_pressed_on_nothing_does_not_make_a_box_blank(house: Any) -> None:
    paper = house.election(house.holder(), signed_at=SIGNED)
    form = house.fax(paper, Misread({"email": ""}, doubts=("email",)), pictures=False)
    client = open_desk(house)
    data = {"token": token_of(client), "cell": f"{form}:email", "value": " ", "act": "confirm"}
    answer = client.post("/sweep", data=data, headers={"accept": "application/json"})
    assert answer.json()["outcome"] == "empty"
    assert house.app.state.desk.boards.now().running.judged.record.corrections == ()
