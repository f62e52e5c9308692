"""Nothing is lost, and nothing decided, by accident: what was typed, what was taken back, what came from nowhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from ledger import desk_work
from review.workplace import Policy
from samples.desk_work import Misread
from tests.review.conftest import SIGNED, quarantine
from tests.review.test_desk_requests import open_desk, token_of

JSON = {"accept": "application/json"}


def doubtful(house: Any, number: int = 0, *doubts: str, **misread: str) -> str:
    paper = house.election(house.holder(number), signed_at=SIGNED + timedelta(minutes=number))
    return str(house.fax(paper, Misread(misread, doubts=doubts or ("row1.shares",)), pictures=False))


def record(house: Any) -> Any:
    return house.app.state.desk.boards.now().running.judged.record


def taken(house: Any, form: str) -> tuple[Any, str]:
    client = open_desk(house)
    token = token_of(client)
    client.post("/take", data={"token": token, "id": form})
    return client, token


def test_what_was_typed_and_never_checked_is_looked_at_before_anything_is_saved(house: Any) -> None:
    """With a mouse one types and presses Save: the draft would be saved without what stands in the box."""
    form = doubtful(house, email="nobody")
    client, token = taken(house, form)
    keyed = {"token": token, "field": "email", "value": "a@example.com", "was": "nobody"}
    client.post(f"/forms/{form}/check", data={**keyed, "act": "check"})
    typed = {"token": token, "field": "row1.shares", "value": "12", "was": "1,000"}
    answer = client.post(f"/forms/{form}/save", data=typed)
    assert "was not checked yet" in answer.text and "2 to save" in answer.text
    assert record(house).corrections == ()
    client.post(f"/forms/{form}/save", data={**typed, "was": "12"})
    assert {c.key: c.value for c in record(house).corrections} == {"email": "a@example.com", "row1.shares": "12"}


def test_what_was_keyed_in_another_window_is_not_saved_unseen(house: Any) -> None:
    form = doubtful(house, email="nobody")
    client, token = taken(house, form)
    here = client.get(f"/forms/{form}").text
    there = {"token": token, "field": "email", "value": "a@example.com", "was": "nobody", "act": "check"}
    client.post(f"/forms/{form}/check", data=there)
    seen = {"token": token, "draft": re.search(r'name="draft" value="(\w+)"', here)[1]}
    answer = client.post(f"/forms/{form}/save", data=seen)
    assert "than your page showed" in answer.text and record(house).corrections == ()
    seen["draft"] = re.search(r'name="draft" value="(\w+)"', answer.text)[1]
    client.post(f"/forms/{form}/save", data=seen)
    assert [c.value for c in record(house).corrections] == ["a@example.com"]


def test_saving_twice_says_where_the_first_went(house: Any) -> None:
    form = doubtful(house)
    client, token = taken(house, form)
    client.post(f"/forms/{form}/check", data={"token": token, "field": "row1.shares", "value": "12", "act": "check"})
    client.post(f"/forms/{form}/save", data={"token": token})
    again = client.post(f"/forms/{form}/save", data={"token": token})
    assert again.status_code == 409 and "Its history says what was saved" in again.text
    assert len(record(house).corrections) == 1


def a_doubtful_cell(served: Any, screen: Callable[..., Any]) -> Any:
    """The desk with a form whose first share count is in doubt and whose e-mail address is none, ready to type."""
    form, window = doubtful(served, 0, "row1.shares", email="nobody"), screen()
    window.click(f"button[name=id][value='{form}']")
    window.wait_for_selector("html[data-ready] #key:focus")
    return window


def test_what_was_typed_goes_along_to_the_next_field_and_with_a_decision(
    served: Any, screen: Callable[..., Any]
) -> None:
    window = a_doubtful_cell(served, screen)
    window.fill("#key", "12")
    window.click("#f-row2\\.shares")
    expect(window.locator("#insp h2")).to_have_text("Row 2, shares")
    expect(window.locator(".foot")).to_contain_text("1 to save")
    window.fill("#key", "13")
    window.locator("label:has(input[name^='d:EMAIL_'][value=clear])").first.click()
    expect(window.locator(".foot")).to_contain_text("3 to save")
    expect(window.locator("#key")).to_have_value("13")


def test_enter_beside_the_key_box_confirms_nothing_and_the_hand_stays_where_it_is(
    served: Any, screen: Callable[..., Any]
) -> None:
    """A sentence written and Enter pressed: the browser would press Check, and the doubtful reading be confirmed."""
    window = a_doubtful_cell(served, screen)
    window.fill("[name=reason][form=decide]", "He telephoned")
    with window.expect_response(lambda answer: answer.url.endswith("/check")):
        window.keyboard.press("Enter")
    expect(window.locator(".foot")).to_contain_text("findings open")
    expect(window.locator("[name=reason][form=decide]")).to_be_focused()
    choices = window.locator("input[name^='d:EMAIL_']")
    choices.first.focus()
    window.keyboard.press("ArrowRight")
    expect(window.locator(".foot")).to_contain_text("1 to save")
    expect(window.locator("input[name^='d:EMAIL_']:checked:focus")).to_have_value("clear")
    expect(window.locator("[name=reason][form=decide]")).to_have_value("He telephoned")
    window.click("#f-row2\\.shares")
    expect(window.locator("#insp h2")).to_have_text("Row 2, shares")
    window.reload()
    expect(window.locator("[name=reason][form=decide]")).to_have_value("He telephoned")


def test_a_key_held_down_confirms_one_cell(served: Any, screen: Callable[..., Any]) -> None:
    paper = served.election(served.holder(), signed_at=SIGNED)
    served.fax(paper, Misread(doubts=("row1.shares", "row2.shares")), only_page="E2")
    window = screen()
    window.goto("/sweep")
    for image in ("#swimg", ".cell:nth-child(2) img"):
        window.wait_for_function("(one) => document.querySelector(one).naturalWidth", arg=image)
    for _ in range(5):
        window.keyboard.down("Enter")
    expect(window.locator(".cell.done")).to_have_count(1)
    window.wait_for_timeout(200)
    expect(window.locator(".cell.done")).to_have_count(1)


def test_what_no_database_keeps_in_a_text_is_left_out(house: Any) -> None:
    form = doubtful(house)
    client, token = taken(house, form)
    client.post(f"/forms/{form}/dismiss", data={"token": token, "reason": "a\0menu"})
    assert [body.reason for body in record(house).reversible.values()] == ["amenu"]
    assert client.get("/forms/%00").status_code == 404


def test_a_form_found_to_be_none_comes_back(house: Any) -> None:
    form = doubtful(house)
    client, token = taken(house, form)
    client.post(f"/forms/{form}/dismiss", data={"token": token, "reason": "a menu"})
    assert form in record(house).dismissed
    assert f'href="/forms/{form}"' in client.get("/").text
    page = client.get(f"/forms/{form}").text
    assert "found to be no form" in page and "a menu" in page and "Dana Ruiz" in page
    (event,) = record(house).reversible
    assert "yours until" not in client.post("/take-back", data={"token": token, "event": event}).text
    assert record(house).dismissed == frozenset() and "Take this form" in client.get(f"/forms/{form}").text


def test_a_file_set_aside_comes_back_and_an_auditor_only_reads_of_it(house: Any) -> None:
    fax = quarantine(house)
    client = open_desk(house)
    token = token_of(client)
    client.post(f"/faxes/{fax}/dismiss", data={"token": token, "reason": "a menu"})
    (event,) = record(house).reversible
    assert "Take back" not in open_desk(house, "olu").get(f"/faxes/{fax}").text
    assert "Take back" in client.get(f"/faxes/{fax}").text
    page = client.post("/take-back", data={"token": token, "event": event}).text
    assert "taken back" in page and "Mark as not a form" in page
    assert [file.fax for file in house.app.state.desk.boards.now().files] == [fax]


class TestTwoReaders:
    @pytest.fixture
    def policy(self) -> Policy:
        return Policy(two_readers=frozenset({"shares"}))

    def test_a_blind_reading_taken_back_is_nobodys(self, house: Any) -> None:
        form = doubtful(house)
        client = open_desk(house)
        sent = {"token": token_of(client), "cell": f"{form}:row1.shares"}
        assert client.post("/sweep", data={**sent, "value": "12"}, headers=JSON).json()["outcome"] == "first"
        assert client.post("/sweep/back", data=sent, headers=JSON).json()["outcome"] == "back"
        with house.books.reading() as connection:
            assert desk_work.blind_readings_of(connection, form, "row1.shares") == {}
        jo = open_desk(house, "jo")
        sent = {"token": token_of(jo), "cell": f"{form}:row1.shares", "value": "12"}
        assert jo.post("/sweep", data=sent, headers=JSON).json()["outcome"] == "first"

    def test_what_two_people_read_apart_stands_on_the_form_and_what_one_read_does_not(self, house: Any) -> None:
        form = doubtful(house)
        dana, jo = open_desk(house), open_desk(house, "jo")
        address, cell = f"/forms/{form}?field=row1.shares", f"{form}:row1.shares"
        dana.post("/sweep", data={"token": token_of(dana), "cell": cell, "value": "7,312"}, headers=JSON)
        assert "7,312" not in jo.get(address).text
        answer = jo.post("/sweep", data={"token": token_of(jo), "cell": cell, "value": "1,312"}, headers=JSON)
        assert answer.json()["outcome"] == "apart" and record(house).corrections == ()
        assert "1,312 and 7,312" in jo.get(address).text


def test_the_sweep_is_told_that_the_session_has_ended(house: Any) -> None:
    form = doubtful(house)
    client = open_desk(house)
    token = token_of(client)
    house.clock.advance(timedelta(minutes=31))
    answer = client.post("/sweep", data={"token": token, "cell": f"{form}:row1.shares", "value": "1"}, headers=JSON)
    assert answer.status_code == 401


def test_an_address_that_no_page_takes_is_answered_by_a_page(house: Any) -> None:
    client = open_desk(house)
    for path in ("/?page=abc", "/?q=" + "x" * 101, "/forms/x?zoom=much"):
        answer = client.get(path)
        assert answer.status_code == 400 and "No page is asked for like this" in answer.text, path
        assert "abc" not in answer.text


def test_one_key_does_one_thing_and_the_hints_say_which(served: Any, screen: Callable[..., Any]) -> None:
    window = screen()
    next_hint = window.locator("[data-kbd=next]")
    expect(next_hint).to_have_text("N")
    window.keyboard.press("?")
    window.fill("[data-key-for=next]", "k")
    expect(window.locator("#keysaid")).to_contain_text("k is taken by “Line before”")
    expect(window.locator("[data-key-for=next]")).to_have_value("n")
    window.fill("[data-key-for=next]", "x")
    expect(next_hint).to_have_text("X")
    window.click("text=Standard keys again")
    expect(window.locator("[data-key-for=next]")).to_have_value("n")
    window.uncheck("[name=single]")
    expect(next_hint).to_be_hidden()
