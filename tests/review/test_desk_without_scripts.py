"""Every page of the desk used with JavaScript switched off: links and forms alone do the work."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.routing import APIRoute
from playwright.sync_api import expect

from core.events import FieldCorrected, NewEvent
from ledger import accounts, journal
from ledger.accounts import Role
from review.app import PARTS
from samples.contents import PACIFIC
from samples.desk_work import Misread
from tests.review.conftest import PASSWORD, quarantine

SIGNED = datetime(2003, 7, 18, 9, 15, tzinfo=PACIFIC)
OTHER_PASSWORD = "eleven wet otters at noon"

USED_IN = {
    "/signin": "every test below",
    "/": "test_the_queue_is_filtered_searched_and_put_back",
    "/forms/{form_id}": "test_without_scripts_a_form_is_corrected_decided_and_saved",
    "/faxes/{fax}": "test_a_file_without_a_form_is_looked_at_and_set_aside",
    "/faxes/{fax}/pages": "test_pages_paired_wrongly_are_moved_shown_saved_and_taken_back",
    "/sweep": "test_without_scripts_a_form_is_corrected_decided_and_saved",
    "/waivers": "test_a_waiver_is_proposed_by_one_and_approved_by_another",
    "/waivers/{waiver_id}": "test_a_waiver_is_proposed_by_one_and_approved_by_another",
    "/offer": "test_a_report_is_foreseen_recorded_settled_and_taken_back_without_scripts",
    "/keyed": "test_without_scripts_a_hand_delivered_form_is_keyed_with_its_scan",
    "/accounts": "test_a_person_is_added_changed_and_shut_and_the_log_says_so",
    "/log": "test_a_person_is_added_changed_and_shut_and_the_log_says_so",
    "/keys": "test_the_keys_and_ones_own_page_are_plain_links",
    "/me": "test_the_keys_and_ones_own_page_are_plain_links",
}
"""Each page and the test that uses it without scripts."""


@pytest.fixture
def plain(screen: Callable[..., Any]) -> Callable[..., Any]:
    return lambda login="dana": screen(login, javascript=False)


def doubtful(house: Any, number: int, **misread: str) -> str:
    paper = house.election(house.holder(number), signed_at=SIGNED + timedelta(minutes=number))
    return str(house.fax(paper, Misread(misread, doubts=("row1.shares",)), pictures=False))


def judged(house: Any) -> Any:
    return house.app.state.desk.boards.now().running.judged


def test_no_page_is_left_out() -> None:
    routes = [route for part in PARTS for route in part.router.routes if isinstance(route, APIRoute)]
    pages = {r.path for r in routes if "GET" in r.methods and not r.path.endswith((".png", ".csv"))}
    assert pages == USED_IN.keys()


def test_the_queue_is_filtered_searched_and_put_back(served: Any, plain: Callable[..., Any]) -> None:
    form = doubtful(served, 0)
    doubtful(served, 1, email="nobody")
    window = plain()
    name = served.holder(1).name_on_agreement
    window.fill("[name=q]", name)
    window.click("button:has-text('Show')")
    expect(window.locator(".qt .nm")).to_have_text([name])
    window.goto("/?rule=EMAIL_INVALID")
    expect(window.locator(".qt .nm")).to_have_text([name])
    window.goto("/")
    window.click(f"button[name=id][value='{form}']")
    expect(window.locator(".fh")).to_contain_text("yours until")
    window.goto("/?whose=mine")
    expect(window.locator(".qt .nm")).to_have_count(1)
    window.goto(f"/forms/{form}")
    window.click("button:has-text('Put back')")
    expect(window.locator(".said")).to_contain_text("Put back")


def test_a_form_is_assigned_held_for_counsel_revealed_and_found_to_be_none(
    served: Any, plain: Callable[..., Any]
) -> None:
    stranger = {"printed_name": "Zeb Quist", "tax_id": "", "row1.grant_no": "", "row2.grant_no": ""}
    form = doubtful(served, 3, **stranger)
    window = plain()
    window.click(f"button[name=id][value='{form}']")
    window.fill("[name=holder]", served.holder(3).holder_id)
    window.click("button:has-text('Check the holder')")
    expect(window.locator(".stand")).to_contain_text("If you save")
    window.fill(".foot [name=reason]", "He telephoned.")
    window.click("#save")
    assert judged(served).judgements[form].holder_id == served.holder(3).holder_id
    window.goto(f"/forms/{form}")
    for action, button in (("reveal", "Show the tax id"), ("counsel", "Hold for counsel")):
        if window.locator(".claimf button").count():
            window.click(".claimf button")
        window.click("summary:has-text('More')")
        window.fill(f"form[action$={action}] [name=reason]", "to compare it")
        window.click(f"button:has-text('{button}')")
    assert judged(served).record.with_counsel == {form}
    window.goto(f"/forms/{form}")
    window.click(".claimf button")
    window.click("summary:has-text('More')")
    window.fill("form[action$=dismiss] [name=reason]", "a menu")
    window.click("button:has-text('Mark as not a form')")
    assert form in judged(served).record.dismissed


def test_after_a_lost_race_one_keeps_ones_keying(served: Any, plain: Callable[..., Any]) -> None:
    form = doubtful(served, 0)
    window = plain()
    window.click(f"button[name=id][value='{form}']")
    window.click("#f-row1\\.shares")
    window.fill("#key", "12")
    window.click("button:has-text('Check')")
    with served.books.writing() as connection:
        body = FieldCorrected(form, "email", "else@example.com", "read again", "")
        journal.append(connection, [NewEvent(served.workplace.offer_now(), "Jo Tran", body)])
    window.click("#save")
    expect(window.locator("main")).to_contain_text("Both versions stand below")
    window.click("button:has-text('keep my keying')")
    expect(window.locator(".foot")).to_contain_text("1 to save")
    window.click("#save")
    window.wait_for_url(re.compile(r"said=saved"))
    assert [c.value for c in judged(served).record.corrections] == ["else@example.com", "12"]


def test_a_file_without_a_form_is_looked_at_and_set_aside(served: Any, plain: Callable[..., Any]) -> None:
    fax = quarantine(served)
    window = plain()
    window.click("a:has-text('Look')")
    window.fill("[name=reason]", "a menu of a restaurant")
    window.click("button:has-text('Mark as not a form')")
    assert fax in judged(served).record.dismissed


def test_a_waiver_is_proposed_by_one_and_approved_by_another(served: Any, plain: Callable[..., Any]) -> None:
    paper = served.election(served.holder(5), signed_at=SIGNED)
    served.fax(paper, Misread({"signed_at": "7/18/2003"}), pictures=False)
    dana, mara = plain("dana"), plain("mara")
    dana.goto("/waivers")
    dana.select_option("[name=code]", "TIME_MISSING")
    dana.click("button:has-text('Show everybody it touches')")
    dana.fill("[name=reason]", "All are dated.")
    dana.click("button:has-text('Propose')")
    mara.goto("/waivers/W-1")
    for box in mara.locator("input[type=checkbox]").all():
        box.check()
    mara.fill("[name=why]", "Agreed.")
    mara.fill("[name=password]", PASSWORD)
    mara.click("#appr")
    expect(mara.locator(".said")).to_contain_text("in force")
    assert [waiver.code for waiver in judged(served).record.offer.waivers] == ["TIME_MISSING"]


def test_a_person_is_added_changed_and_shut_and_the_log_says_so(served: Any, plain: Callable[..., Any]) -> None:
    window = plain("ada")
    window.goto("/accounts")
    added = window.locator("form.keyg")
    added.locator("[name=login]").fill("zoe")
    added.locator("[name=name]").fill("Zoe Marsh")
    added.locator("[name=role]").select_option("reviewer")
    added.locator("[name=password]").fill(OTHER_PASSWORD)
    added.locator("button").click()
    row = window.locator("tr:has-text('Zoe Marsh')")
    row.locator("[name=role]").select_option("auditor")
    row.locator("button:has-text('Change')").click()
    row.locator("button:has-text('Shut')").click()
    expect(row).to_contain_text("shut")
    with served.books.reading() as connection:
        zoe = accounts.user_of(connection, "zoe")
    assert zoe is not None and zoe.role is Role.AUDITOR and zoe.disabled_at is not None
    window.goto("/log")
    for action in ("account add", "account role", "account shut"):
        expect(window.locator("main")).to_contain_text(action)


def test_the_keys_and_ones_own_page_are_plain_links(served: Any, plain: Callable[..., Any]) -> None:
    window = plain()
    window.click("a:has-text('Keys')")
    expect(window.locator("main")).to_contain_text("take the next form")
    window.click("a:has-text('Dana Ruiz')")
    window.fill("[name=password]", PASSWORD)
    window.fill("[name=new]", OTHER_PASSWORD)
    window.fill("[name=again]", OTHER_PASSWORD)
    window.click("button:has-text('Change the password')")
    window.wait_for_url(re.compile("/signin"))
    window.fill("[name=login]", "dana")
    window.fill("[name=password]", OTHER_PASSWORD)
    window.click("button:has-text('Sign in')")
    expect(window.locator("header")).to_contain_text("Sign out")
