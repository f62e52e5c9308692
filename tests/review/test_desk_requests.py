"""The desk asked without a browser: who gets what, what is refused and written down, what a decision becomes."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import text

from ledger import accounts, desk_work, journal
from review.app import PARTS, create_app
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


def test_a_value_that_the_ink_was_asked_for_is_said_to_be_the_ledgers(house: Any) -> None:
    said = "held against the ink"
    paper = house.election(house.holder(), signed_at=SIGNED)
    form = house.fax(paper, Misread(doubts=("row1.price",), asked=("row1.shares",)), pictures=False)
    client = open_desk(house)
    assert said in client.get(f"/forms/{form}?field=row1.shares").text
    assert said not in client.get(f"/forms/{form}?field=row1.price").text


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


POSTS = sorted(
    route.path
    for part in PARTS
    for route in part.router.routes
    if isinstance(route, APIRoute) and "POST" in route.methods and route.path != "/signin"
)
"""Every address that changes something, signing in apart (it has a token of its own)."""


def filled(path: str) -> str:
    return re.sub(r"\{\w+\}", "x", path)


def test_no_address_takes_a_form_without_its_token_from_elsewhere_or_from_who_may_only_read(house: Any) -> None:
    assert len(POSTS) > 20
    nobody, olu = TestClient(house.app, base_url="http://127.0.0.1", follow_redirects=False), open_desk(house, "olu")
    token = token_of(olu)
    for path in POSTS:
        assert nobody.post(filled(path)).headers["location"] == "/signin", path
        assert olu.post(filled(path), data={"act": "x"}).status_code == 403, path
        elsewhere = olu.post(filled(path), data={"token": token}, headers={"origin": "https://elsewhere.example"})
        assert elsewhere.status_code == 403, path
        if path not in ("/signout", "/me/password", "/me/sign-out-everywhere"):
            assert olu.post(filled(path), data={"token": token}).status_code == 403, path
    assert "Sign out" in olu.get("/").text


def test_no_address_changes_a_form_that_somebody_else_has(house: Any) -> None:
    form = house.fax(house.election(house.holder(), signed_at=SIGNED), Misread(doubts=("row1.shares",)), pictures=False)
    dana, jo = open_desk(house, "dana"), open_desk(house, "jo")
    dana.post("/take", data={"token": token_of(dana), "id": form})
    fax = house.app.state.desk.boards.now().running.by_id[form].fax
    with house.books.reading() as connection:
        before = journal.head(connection)
    token = token_of(jo)
    for path in POSTS:
        # To be shown a tax id is no change of the form; it is an event of its own.
        if "{form_id}" in path and not path.endswith("/reveal"):
            sent = {"token": token, "reason": "x", "act": "check", "field": "row1.shares", "value": "1"}
            assert jo.post(path.replace("{form_id}", form), data=sent).status_code == 409, path
        if path.startswith("/faxes/{fax}/pages"):
            assert jo.post(path.replace("{fax}", fax), data={"token": token, "reason": "x"}).status_code == 409, path
    jo.post("/sweep", data={"token": token, "cell": f"{form}:row1.shares", "value": "1", "act": "confirm"})
    jo.post("/put-back", data={"token": token, "id": form})
    with house.books.reading() as connection:
        assert journal.head(connection) == before
        claim = desk_work.claim_of(connection, form)
    assert claim is not None and claim.login == "dana"
    assert len([line for line in refusals(house) if line.startswith("jo|")]) >= 9


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


def test_a_person_ends_every_session_of_theirs(house: Any) -> None:
    here, there = open_desk(house), open_desk(house)
    answer = here.post("/me/sign-out-everywhere", data={"token": token_of(here)})
    assert "Sign in again" in answer.text and answer.history[0].headers["clear-site-data"] == '"cache"'
    assert "Sign out" not in there.get("/").text


def test_behind_tls_the_cookie_is_secure_and_bound_to_the_host(house: Any) -> None:
    client = TestClient(create_app(house.workplace, https=True), base_url="https://127.0.0.1", follow_redirects=False)
    token = token_of(client, "/signin")
    answer = client.post("/signin", data={"login": "dana", "password": PASSWORD, "token": token})
    cookie = next(c for c in answer.headers.get_list("set-cookie") if "__Host-tenderfax_session=" in c)
    assert (
        all(mark in cookie for mark in ("HttpOnly", "Secure", "SameSite=strict", "Path=/")) and "Domain" not in cookie
    )
    assert "strict-transport-security" in client.get("/").headers


def test_a_fault_of_ours_says_nothing_of_the_paper(house: Any) -> None:
    """A damaged draft stands for whatever we did not think of."""
    form = house.fax(house.election(house.holder(), signed_at=SIGNED), Misread(doubts=("row1.shares",)), pictures=False)
    client = open_desk(house)
    client.post("/take", data={"token": token_of(client), "id": form})
    with house.books.writing() as connection:
        desk_work.save_draft(connection, form, "dana", "{the holder's secret", house.clock())
    careless = TestClient(house.app, base_url="http://127.0.0.1:8321", raise_server_exceptions=False)
    careless.cookies = client.cookies
    answer = careless.get(f"/forms/{form}")
    assert answer.status_code == 500 and "secret" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


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


def test_an_auditor_reads_the_accounts_and_changes_none(house: Any) -> None:
    page = open_desk(house, "olu").get("/accounts").text
    assert "Mara Klein" in page and "approver" in page
    assert 'action="/accounts"' not in page and "Add a person" not in page


def test_a_form_shows_what_was_decided_on_every_form_of_its_holder(house: Any) -> None:
    holder = house.holder()
    first = house.fax(house.election(holder, signed_at=SIGNED), Misread(doubts=("row1.shares",)), pictures=False)
    second = house.fax(
        house.election(holder, signed_at=SIGNED + timedelta(hours=3)), Misread(doubts=("row2.shares",)), pictures=False
    )
    client = open_desk(house)
    token = token_of(client)
    client.post("/take", data={"token": token, "id": first})
    client.post(f"/forms/{first}/check", data={"token": token, "field": "row1.shares", "value": "12", "act": "check"})
    client.post(f"/forms/{first}/save", data={"token": token})
    report = {"holder": holder.name_on_agreement, "kind": "left", "on": "2003-07-15", "reason": "HR wrote"}
    client.post("/offer/report", data={"token": token, "act": "save", **report})
    history = client.get(f"/forms/{second}").text.partition('class="hist"')[2].partition("</ul>")[0]
    numbers = house.app.state.desk.boards.now().numbers
    assert f"{numbers[first]} Dana Ruiz: Row 1, shares" in history
    assert f"The offer Dana Ruiz: {holder.holder_id} left on 2003-07-15: HR wrote" in history
    assert "Take back" not in history, "what was decided on another form is taken back there"
    other = house.fax(house.election(house.holder(1), signed_at=SIGNED), Misread({"email": ""}), pictures=False)
    assert "HR wrote" not in client.get(f"/forms/{other}").text


def test_a_form_taken_for_the_wrong_holders_is_assigned_by_name(house: Any) -> None:
    mistaken, right = house.holder(0), house.holder(1)
    form = house.fax(house.election(mistaken, signed_at=SIGNED), Misread({"email": ""}), pictures=False)
    client = open_desk(house)
    token = token_of(client)
    assert "Another holder’s form?" in client.post("/take", data={"token": token, "id": form}).text
    sent = {"token": token, "act": "choose", "holder": "Nobody Here"}
    assert "knows no one holder" in client.post(f"/forms/{form}/check", data=sent).text
    sent["holder"] = right.name_on_agreement.lower()
    assert f"assigned to {right.holder_id}" in client.post(f"/forms/{form}/check", data=sent).text
    client.post(f"/forms/{form}/save", data={"token": token, "reason": "father and son"})
    assert house.app.state.desk.boards.now().running.judgement(form).holder_id == right.holder_id


def test_what_looks_like_a_tax_id_is_covered_wherever_it_stands(house: Any) -> None:
    """Somebody writes it into the notes, a reviewer into a reason."""
    form = house.fax(
        house.election(house.holder(), signed_at=SIGNED), Misread({"address": "000-12-3456 Elm"}), pictures=False
    )
    client = open_desk(house)
    token = token_of(client)
    client.post("/take", data={"token": token, "id": form})
    client.post(f"/forms/{form}/counsel", data={"token": token, "reason": "is 000-12-3456 right"})
    page = client.get(f"/forms/{form}").text
    assert "000-12-3456" not in page and "•••-••-3456" in page


def test_the_time_left_stands_beside_every_form_however_the_queue_is_sorted(house: Any) -> None:
    form = house.fax(house.election(house.holder(), signed_at=SIGNED), Misread({"email": ""}), pictures=False)
    client = open_desk(house)
    for path in ("/", "/?sort=shares", "/?sort=holder", f"/forms/{form}"):
        assert re.search(r"(\d+ (d|h|min))+ left", client.get(path).text.partition("</header>")[2]), path
    assert "of H9 only" in client.get("/?holder=H9").text


def test_a_password_typed_as_a_login_is_not_written_down(house: Any) -> None:
    client = open_desk(house, None)
    data = {"login": "nine words of mine", "password": "x", "token": token_of(client, "/signin")}
    assert client.post("/signin", data=data).status_code == 401
    assert "|wrong login or password" in refusals(house)


GETS = sorted(
    route.path
    for part in PARTS
    for route in part.router.routes
    if isinstance(route, APIRoute) and "GET" in route.methods
)
"""Every address that shows something."""


def kept(house: Any) -> list[Any]:
    """Everything that a decision, a claim or a keying would change; a session's last moment and the log apart."""
    tables = ("form_claims", "drafts", "blind_readings", "users", "journal")
    with house.books.reading() as connection:
        return [connection.execute(text(f"SELECT * FROM {table}")).all() for table in tables]


def test_no_address_that_shows_something_changes_anything_or_tells_a_tax_id(house: Any) -> None:
    holder = house.holder()
    late = house.election(holder, signed_at=SIGNED)
    form = house.fax(late, Misread({"signed_at": "7/18/2003"}, doubts=("row1.shares", "tax_id")), only_page="E2")
    mara = open_desk(house, "mara")
    mara.post("/waivers", data={"token": token_of(mara), "code": "TIME_MISSING", "reason": "all are dated"})
    mara.post("/take", data={"token": token_of(mara), "id": form})
    keyed = {"token": token_of(mara), "field": "tax_id", "value": "000-45-6789", "act": "check"}
    mara.post(f"/forms/{form}/check", data=keyed)
    fax = house.app.state.desk.boards.now().running.by_id[form].fax
    filling = {"form_id": form, "form": form, "fax": fax, "waiver_id": "W-1", "key": "row1.shares", "number": "2"}
    before, seen = kept(house), 0
    for login in ("dana", "mara", "ada", "olu"):
        client = open_desk(house, login)
        for path in GETS:
            answer = client.get(re.sub(r"\{(\w+)\}", lambda name: filling[name[1]], path))
            assert answer.status_code in (200, 403), path
            seen += answer.status_code == 200
            for number in (holder.tax_id, "000-45-6789"):
                assert number not in answer.text and number.replace("-", "") not in answer.text, path
    assert len(GETS) > 15 and seen > 3 * len(GETS)
    assert kept(house) == before


def test_every_cell_has_its_crop_and_the_line_around_it_and_the_tax_id_has_neither(house: Any) -> None:
    form = house.fax(house.election(house.holder(), signed_at=SIGNED), only_page="E2")
    client = open_desk(house)
    for key in ("row1.shares", "address", "signed_at", "signature"):
        for path in (f"/forms/{form}/{key}.png", f"/forms/{form}/{key}/line.png"):
            assert client.get(path).content.startswith(b"\x89PNG"), path
    assert client.get(f"/forms/{form}/tax_id.png").status_code == 404
    assert client.get(f"/forms/{form}/tax_id/line.png").status_code == 404


def test_what_a_waiver_does_is_found_once_for_books_as_they_stand(house: Any) -> None:
    """With hundreds of forms touched it takes seconds, and every page of the waiver asks for it."""
    for number in (0, 1):
        house.fax(
            house.election(house.holder(number), signed_at=SIGNED), Misread({"signed_at": "7/18/2003"}), pictures=False
        )
    desk = house.app.state.desk
    effect = desk.effects.of(desk.boards.now(), "TIME_MISSING", desk.offer_now())
    assert desk.effects.of(desk.boards.now(), "TIME_MISSING", desk.offer_now()) is effect
    assert len(effect.touched) == effect.become_final == 2
    mara, dana = open_desk(house, "mara"), open_desk(house)
    dana.post("/waivers", data={"token": token_of(dana), "code": "TIME_MISSING", "reason": "all are dated"})
    seen = [touched.submission.id for touched in effect.touched]
    agreed = {"token": token_of(mara), "act": "approve", "why": "agreed", "password": PASSWORD}
    agreed |= {f"check-{name}": "yes" for name in ("read", "all", "counsel")}
    third = house.fax(
        house.election(house.holder(2), signed_at=SIGNED), Misread({"signed_at": "7/18/2003"}), pictures=False
    )
    refused = mara.post("/waivers/W-1/approve", data={**agreed, "seen": seen})
    assert refused.status_code == 400 and "Not seen yet" in refused.text, "one more came meanwhile"
    approved = mara.post("/waivers/W-1/approve", data={**agreed, "seen": [*seen, third]})
    assert "in force" in approved.text
    done = desk.effects.of(desk.boards.now(), "TIME_MISSING", desk.offer_now())
    assert len(done.touched) == 3 and done.tendered_before == done.tendered_after
