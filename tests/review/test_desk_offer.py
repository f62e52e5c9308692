"""The offer's own events at the desk: settled, reported, extended and accepted, by those who may."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from core.holder_changes import HolderChangeKind
from ledger import accounts
from samples.contents import PACIFIC
from samples.desk_work import Misread
from tests.review.test_desk_requests import PASSWORD, open_desk, refusals, token_of

SIGNED = datetime(2003, 7, 18, 9, 15, tzinfo=PACIFIC)
AFTER_THE_WINDOW = datetime(2003, 7, 25, 8, 0, tzinfo=PACIFIC)
"""The offer ended on July 24; until six the next morning it could have been extended."""


def record(house: Any) -> Any:
    return house.app.state.desk.boards.now().running.judged.record


@pytest.fixture
def at(house: Any) -> Callable[[datetime], None]:
    """Sets the offer's clock."""

    def set_to(moment: datetime) -> None:
        desk = house.app.state.desk
        desk.workplace = house.workplace = replace(house.workplace, offer_now=lambda: moment)

    return set_to


def report(house: Any, client: Any, kind: str, **changed: str) -> Any:
    holder = house.holder(0).holder_id
    form = {"holder": holder, "kind": kind, "on": "2003-07-20", "reason": "HR wrote so", "act": "save"}
    return client.post("/offer/report", data={"token": token_of(client), **form, **changed})


def test_a_report_is_foreseen_recorded_settled_and_taken_back_without_scripts(
    served: Any, screen: Callable[..., Any]
) -> None:
    served.fax(served.election(served.holder(0), signed_at=SIGNED), pictures=False)
    holder = served.holder(0).holder_id
    window = screen(javascript=False)
    window.goto("/offer")
    window.fill("[name=holder]", holder)
    window.select_option("[name=kind]", "incapacitated")
    window.fill("[name=on]", "2003-07-20")
    window.fill("form[action='/offer/report'] [name=reason]", "His family wrote on July 20.")
    window.click("form[action='/offer/report'] button:has-text('Show what follows')")
    expect(window.locator(".warn")).to_contain_text("Nothing is recorded yet")
    assert record(served).reports == {}
    window.click("button:has-text('Record it')")
    expect(window.locator(".said")).to_contain_text("Recorded")
    (body,) = record(served).reports.values()
    assert (body.change.holder_id, body.change.kind) == (holder, HolderChangeKind.INCAPACITATED)
    window.locator(".settle label:has-text('Clear')").first.click()
    window.locator(".settle [name=reason]").first.fill("A guardian has signed for him.")
    window.locator(".settle button").first.click()
    expect(window.locator(".said")).to_contain_text("Settled")
    (decision,) = record(served).decisions
    assert (decision.actor, decision.verdict.value, decision.was) == ("Dana Ruiz", "clear", "open")
    window.click(".done button:has-text('Take back')")
    expect(window.locator(".said")).to_contain_text("Taken back")
    assert record(served).decisions == ()
    window.click(".plain button:has-text('Take back')")
    expect(window.locator(".said")).to_contain_text("Taken back")
    assert record(served).reports == {}


def test_what_changed_since_it_was_read_is_not_settled(house: Any) -> None:
    house.fax(house.election(house.holder(0), signed_at=SIGNED), pictures=False)
    client = open_desk(house)
    report(house, client, "incapacitated")
    page = client.get("/offer").text
    saw, code = re.search(r'name="saw" value="(\w+)"', page), re.search(r'name="code" value="(\w+)"', page)
    assert saw and code
    form = {"code": code[1], "target": house.holder(0).holder_id, "verdict": "clear", "reason": "seen"}
    answer = client.post("/offer/settle", data={"token": token_of(client), "saw": "0" * 16, **form})
    assert answer.status_code == 409 and record(house).decisions == ()
    answer = client.post("/offer/settle", data={"token": token_of(client), "saw": saw[1], **form})
    assert answer.status_code == 200 and len(record(house).decisions) == 1


def test_only_an_approver_extends_and_only_with_the_password(house: Any) -> None:
    form = {"to": "2003-07-31T21:00", "reason": "the strike at the airport", "act": "save", "password": PASSWORD}
    dana, mara = open_desk(house, "dana"), open_desk(house, "mara")
    assert dana.post("/offer/extend", data={"token": token_of(dana), **form}).status_code == 403
    wrong = {**form, "password": "not this one at all"}
    assert mara.post("/offer/extend", data={"token": token_of(mara), **wrong}).status_code == 403
    assert record(house).offer.extensions == ()
    foreseen = mara.post("/offer/extend", data={"token": token_of(mara), **form, "act": "check"})
    assert "Nothing is recorded yet" in foreseen.text and record(house).offer.extensions == ()
    assert mara.post("/offer/extend", data={"token": token_of(mara), **form}).status_code == 200
    (extension,) = record(house).offer.extensions
    assert extension.new_expiration == datetime(2003, 7, 31, 21, tzinfo=PACIFIC)
    assert any("The password is not right" in line for line in refusals(house))


def test_guessing_the_password_of_a_step_up_is_slowed(house: Any) -> None:
    mara = open_desk(house, "mara")
    form = {"to": "2003-07-31T21:00", "reason": "x", "act": "save"}
    for _ in range(5):
        mara.post("/offer/extend", data={"token": token_of(mara), **form, "password": "a wrong one, again"})
    answer = mara.post("/offer/extend", data={"token": token_of(mara), **form, "password": PASSWORD})
    assert answer.status_code == 403 and "Too many wrong passwords" in answer.text
    assert record(house).offer.extensions == ()
    house.clock.advance(accounts.FAILURE_WINDOW + timedelta(minutes=1))
    assert mara.post("/offer/extend", data={"token": token_of(mara), **form, "password": PASSWORD}).status_code == 200


def test_nothing_is_accepted_while_a_form_is_open_and_all_of_it_after(
    house: Any, at: Callable[[datetime], None]
) -> None:
    paper = house.election(house.holder(0), signed_at=SIGNED)
    house.fax(paper, pictures=False)
    house.fax(house.election(house.holder(1), signed_at=SIGNED), Misread({"printed_name": "Z"}), pictures=False)
    at(AFTER_THE_WINDOW)
    mara = open_desk(house, "mara")
    form = {"medium": "press release", "reason": "the offer has closed", "act": "save", "password": PASSWORD}
    blocked = mara.post("/offer/accept", data={"token": token_of(mara), **form})
    assert blocked.status_code == 400 and "Matters are open" in blocked.text
    assert record(house).offer.accepted_at is None
    name = house.holder(1).name_on_agreement
    open_form = next(
        s.id for s in house.app.state.desk.boards.now().running.judged.submissions if s.fields.printed_name == "Z"
    )
    mara.post("/take", data={"token": token_of(mara), "id": open_form})
    mara.post(
        f"/forms/{open_form}/check",
        data={"token": token_of(mara), "field": "printed_name", "value": name, "act": "check"},
    )
    mara.post(f"/forms/{open_form}/save", data={"token": token_of(mara), "field": "printed_name"})
    accepted = mara.post("/offer/accept", data={"token": token_of(mara), **form})
    assert accepted.status_code == 200, accepted.text[-2000:]
    offer = record(house).offer
    assert offer.accepted_at == AFTER_THE_WINDOW
    assert {grant.holder_id for grant in offer.accepted_grants} == {house.holder(n).holder_id for n in (0, 1)}
    again = mara.post("/offer/accept", data={"token": token_of(mara), **form})
    assert again.status_code == 400 and record(house).offer == offer


def test_a_settled_review_of_the_offer_makes_nobodys_keying_stale(house: Any) -> None:
    paper = house.election(house.holder(0), signed_at=SIGNED)
    form = house.fax(paper, Misread({"row1.shares": "7?"}, doubts=("row1.shares",)), pictures=False)
    dana, jo = open_desk(house, "dana"), open_desk(house, "jo")
    dana.post("/take", data={"token": token_of(dana), "id": form})
    keyed = {"token": token_of(dana), "field": "row1.shares", "value": paper.fields.rows[0].shares, "act": "check"}
    dana.post(f"/forms/{form}/check", data=keyed)
    report(house, jo, "incapacitated")
    dana.post(f"/forms/{form}/reveal", data={"token": token_of(dana), "reason": "compared"})
    saved = dana.post(f"/forms/{form}/save", data={"token": token_of(dana), "field": "row1.shares"})
    assert saved.status_code == 200 and len(record(house).corrections) == 1
