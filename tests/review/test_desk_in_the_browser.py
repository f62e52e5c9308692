"""The desk as a person uses it, in Debian's Chromium: whole ways through, by keyboard, against others, scriptless."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from core.decisions import Verdict
from core.events import (
    DecisionTakenBack,
    DefectWaived,
    FieldCorrected,
    FindingDecided,
    HolderAssigned,
    WaiverProposed,
)
from core.findings import Disposition
from core.judgements import State
from ledger import journal
from review.workplace import Policy
from samples.contents import PACIFIC
from samples.desk_work import Misread

PASSWORD = "nine grey herons at dusk"
SIGNED = datetime(2003, 7, 18, 9, 15, tzinfo=PACIFIC)


def judged(house: Any) -> Any:
    return house.app.state.desk.boards.now().running.judged


def journalled(house: Any, kind: type[Any]) -> list[tuple[str, Any]]:
    """Who did what, as the journal has it: every event with such a body, with its actor."""
    with house.books.reading() as connection:
        return [(e.actor, e.body()) for e in journal.read(connection) if isinstance(e.body(), kind)]


def take(window: Any, form: str) -> None:
    window.goto("/")
    window.click(f"button[name=id][value='{form}']")
    window.wait_for_selector("text=yours until")


def settled(window: Any) -> None:
    """Waits until the server's answer stands in the page."""
    window.wait_for_load_state("networkidle")


class Presses:
    """Counts the keys that are pressed."""

    def __init__(self, window: Any) -> None:
        self.window, self.count = window, 0

    def __call__(self, key: str) -> None:
        self.window.keyboard.press(key)
        self.count += 1


def test_a_misread_seven_is_put_right_with_four_keys(served: Any, screen: Any, pictures: Path) -> None:
    """A partial tender by a misread 7: from the queue N, the digit, Enter, Ctrl+Enter."""
    holder = served.holder()
    paper = served.election(holder, signed_at=SIGNED)
    shares = paper.fields.rows[0].shares
    form = served.fax(paper, Misread({"row1.shares": "?" + shares[1:]}, doubts=("row1.shares",)))
    window = screen()
    press = Presses(window)
    press("n")
    window.wait_for_selector("html[data-ready] #key:focus")
    expect(window.locator("#insp h2")).to_have_text("Row 1, shares")
    press(shares[0])
    press("Enter")
    expect(window.locator(".stand")).to_contain_text("If you save")
    settled(window)
    window.screenshot(path=pictures / "corrected-1440.png")
    press("Control+Enter")
    expect(window.locator("h1")).to_have_text("0 forms wait")
    assert press.count <= 4
    ((actor, correction),) = journalled(served, FieldCorrected)
    assert (actor, correction.submission_id) == ("Dana Ruiz", form)
    assert (correction.was, correction.value) == ("?" + shares[1:], shares)
    assert judged(served).standings[holder.holder_id].state is State.TENDERED


def test_a_partial_tender_that_was_a_misread_seven_counts_in_full(served: Any, screen: Any) -> None:
    """The paper says 7, the machine read 1: a partial tender that nobody made."""
    holders = (served.holder(number) for number in range(30))
    papers = ((holder, served.election(holder, signed_at=SIGNED)) for holder in holders)
    holder, paper = next((h, p) for h, p in papers if "7" in p.fields.rows[0].shares)
    shares = paper.fields.rows[0].shares
    lower = shares.replace("7", "1", 1)
    form = served.fax(paper, Misread({"row1.shares": lower}))
    held = judged(served).judgements[form]
    assert "PARTIAL_TENDER" in {finding.code for finding in held.findings}
    window = screen()
    take(window, form)
    expect(window.locator("#finds")).to_contain_text("PARTIAL_TENDER")
    window.fill("#key", shares)
    window.keyboard.press("Enter")
    expect(window.locator(".find.gone")).to_have_count(1)
    window.keyboard.press("Control+Enter")
    window.wait_for_url(re.compile(r"said=saved-last"))
    ((actor, correction),) = journalled(served, FieldCorrected)
    assert (actor, correction.key, correction.was, correction.value) == ("Dana Ruiz", "row1.shares", lower, shares)
    standing = judged(served).standings[holder.holder_id]
    assert not standing.held_grants and len(standing.grants) == 2


def test_an_unsigned_form_is_upheld_and_then_cured_by_a_signed_one(served: Any, screen: Any) -> None:
    """The whole way: it waits, a person upholds with a reason, the signed form comes and counts."""
    holder = served.holder(2)
    paper = served.election(holder, signed_at=SIGNED)
    form = served.fax(paper, Misread({"signature": "no"}))
    window = screen()
    take(window, form)
    expect(window.locator("#finds")).to_contain_text("SIGNATURE_MISSING")
    window.click("label:has-text('Uphold')")
    expect(window.locator(".foot")).to_contain_text("1 to save")
    window.click("#save")
    expect(window.locator("[role=alert]")).to_contain_text("Say in a sentence")
    window.fill("[name=reason]", "The box is empty; the holder was told.")
    window.click("#save")
    window.wait_for_url(re.compile(r"said=saved-last"))
    ((actor, body),) = journalled(served, FindingDecided)
    assert (actor, body.decision.submission_id) == ("Dana Ruiz", form)
    assert (body.decision.code, body.decision.verdict, body.decision.was) == (
        "SIGNATURE_MISSING",
        Verdict.UPHOLD,
        "open",
    )
    assert judged(served).judgements[form].disposition is Disposition.REJECTED
    served.fax(paper, file="signed.tif", pictures=False)
    assert judged(served).standings[holder.holder_id].state is State.TENDERED


def test_a_stranger_is_assigned_to_a_holder(served: Any, screen: Any) -> None:
    holder = served.holder(3)
    paper = served.election(holder, signed_at=SIGNED)
    stranger = Misread({"printed_name": "Zeb Quist", "tax_id": "", "row1.grant_no": "", "row2.grant_no": ""})
    form = served.fax(paper, stranger)
    window = screen()
    take(window, form)
    expect(window.locator("#finds")).to_contain_text("HOLDER_UNKNOWN")
    window.fill("[name=holder]", f"{holder.holder_id} {holder.name_on_agreement}")
    window.click("button:has-text('Check the holder')")
    expect(window.locator(".tag.person", has_text=f"assigned to {holder.holder_id}")).to_be_visible()
    expect(window.locator(".stand")).to_contain_text("If you save")
    window.fill("[name=reason]", "He telephoned; the address is his.")
    window.click("#save")
    window.wait_for_url(re.compile(r"said="))
    ((actor, assigned),) = journalled(served, HolderAssigned)
    assert (actor, assigned.submission_id) == ("Dana Ruiz", form)
    assert (assigned.holder_id, assigned.was) == (holder.holder_id, None)
    assert judged(served).judgements[form].holder_id == holder.holder_id


def test_a_notice_out_of_order_is_cleared_and_withdraws(served: Any, screen: Any) -> None:
    """It came after the election, yet bears an earlier time: it withdraws nothing until a person says that it does."""
    holder = served.holder(4)
    served.fax(served.election(holder, signed_at=SIGNED), pictures=False)
    came = SIGNED + timedelta(hours=5)
    paper = served.notice(holder, signed_at=SIGNED - timedelta(hours=3))
    notice = served.fax(replace(paper, received_start=came - timedelta(seconds=70), received_at=came))
    assert "NOTICE_NOT_AFTER_ELECTION" in {f.code for f in judged(served).judgements[notice].findings}
    assert judged(served).standings[holder.holder_id].state is State.TENDERED
    window = screen()
    take(window, notice)
    clears = window.locator(".find label:has-text('Clear')")
    for n in range(clears.count()):
        clears.nth(n).click()
        expect(window.locator(".foot")).to_contain_text(f"{n + 1} to save")
    window.select_option("[name=listed]", "Signed later, as the holder confirmed")
    window.click("#save")
    window.wait_for_url(re.compile(r"said=saved-last"))
    decided = journalled(served, FindingDecided)
    assert decided and all(
        (actor, body.decision.submission_id, body.decision.verdict) == ("Dana Ruiz", notice, Verdict.CLEAR)
        for actor, body in decided
    )
    assert judged(served).standings[holder.holder_id].state is State.WITHDRAWN
    assert judged(served).judgements[notice].disposition.value == "EFFECTIVE"


def test_a_waiver_is_refused_to_its_proposer_and_approved_by_a_second_person(
    served: Any, screen: Any, pictures: Path
) -> None:
    for number in (5, 6):
        served.fax(served.election(served.holder(number), signed_at=SIGNED), Misread({"signed_at": "7/18/2003"}))
    mara = screen("mara")
    mara.goto("/waivers?code=TIME_MISSING")
    mara.fill("[name=reason]", "All are dated; none shares its date.")
    mara.click("button:has-text('Propose')")
    expect(mara.locator("main")).to_contain_text("You proposed it")
    token = mara.locator("[name=token]").first.get_attribute("value")
    refused = mara.request.post("/waivers/W-1/approve", form={"token": token, "act": "approve", "why": "x"})
    assert refused.status == 403 and journalled(served, DefectWaived) == []
    with served.books.writing() as connection:
        from ledger import accounts

        accounts.set_role(connection, "jo", accounts.Role.APPROVER)
    jo = screen("jo")
    jo.goto("/waivers/W-1")
    assert jo.locator("#appr").is_disabled()
    for box in jo.locator("input[data-need][type=checkbox]").all():
        box.check()
    jo.fill("[name=why]", "Agreed; counsel was asked.")
    jo.fill("[name=password]", PASSWORD)
    jo.screenshot(path=pictures / "waiver-ready-1440.png")
    jo.click("#appr")
    expect(jo.locator(".said")).to_contain_text("in force")
    ((proposer, proposed),) = journalled(served, WaiverProposed)
    ((approver, waived),) = journalled(served, DefectWaived)
    assert (proposer, approver) == ("Mara Klein", "Jo Tran") and proposed.code == waived.waiver.code == "TIME_MISSING"
    assert waived.waiver.submission_ids is None, "it reaches every holder"
    for number in (5, 6):
        assert judged(served).standings[served.holder(number).holder_id].state is State.TENDERED
    expect(jo.locator("main")).to_contain_text("in force")


def test_a_lost_race_shows_both_versions_and_saves_neither_over_the_other(served: Any, screen: Any) -> None:
    paper = served.election(served.holder(7), signed_at=SIGNED)
    form = served.fax(paper, Misread({"row1.shares": "1"}, doubts=("row1.shares",)))
    dana = screen("dana")
    take(dana, form)
    dana.fill("#key", "1,111")
    dana.keyboard.press("Enter")
    expect(dana.locator(".stand")).to_contain_text("If you save")
    served.clock.advance(timedelta(minutes=21))
    jo = screen("jo")
    take(jo, form)
    jo.fill("#key", paper.fields.rows[0].shares)
    jo.keyboard.press("Enter")
    expect(jo.locator(".stand")).to_contain_text("If you save")
    jo.keyboard.press("Control+Enter")
    jo.wait_for_url(re.compile(r"said=saved-last"))
    served.app.state.desk.boards.now()
    take_again(dana, form)
    dana.click("#save")
    expect(dana.locator("main")).to_contain_text("Both versions stand below")
    expect(dana.locator("main")).to_contain_text("1,111")
    expect(dana.locator("main")).to_contain_text("Jo Tran")
    ((actor, correction),) = journalled(served, FieldCorrected)
    assert (actor, correction.value) == ("Jo Tran", paper.fields.rows[0].shares)


def take_again(window: Any, form: str) -> None:
    window.goto(f"/forms/{form}")
    window.click("button:has-text('Take it again')")
    window.wait_for_selector("text=yours until")


def test_a_lapsed_claim_keeps_the_draft_and_saves_nothing(served: Any, screen: Any) -> None:
    paper = served.election(served.holder(8), signed_at=SIGNED)
    form = served.fax(paper, Misread(doubts=("row1.shares",)))
    window = screen()
    take(window, form)
    window.keyboard.press("Enter")
    expect(window.locator(".foot")).to_contain_text("1 to save")
    served.clock.advance(timedelta(minutes=20, seconds=1))
    window.click("#save")
    settled(window)
    assert "lapsed" in window.locator("main").inner_text()
    assert journalled(served, FieldCorrected) == []
    take_again(window, form)
    expect(window.locator(".foot")).to_contain_text("1 to save")
    window.keyboard.press("Control+Enter")
    window.wait_for_url(re.compile(r"said=saved-last"))
    ((actor, correction),) = journalled(served, FieldCorrected)
    assert (actor, correction.submission_id) == ("Dana Ruiz", form)


def test_fifty_cells_are_swept_by_keyboard_one_key_for_each_confirmed(served: Any, screen: Any, pictures: Path) -> None:
    for number in range(25):
        paper = served.election(served.holder(number), signed_at=SIGNED + timedelta(minutes=number))
        doubts = ("row1.shares", "row2.shares")
        served.fax(paper, Misread(doubts=doubts), only_page="E2")
    window = screen()
    window.goto("/sweep")
    window.wait_for_selector("#sw:focus")
    expect(window.locator(".cell")).to_have_count(50)
    press = Presses(window)
    for n in range(49):
        window.wait_for_function(
            "() => { const i = document.getElementById('swimg'); return i.complete && i.naturalWidth }"
        )
        press("Enter")
        if n == 9:
            window.screenshot(path=pictures / "sweep-at-work-1440.png")
    expect(window.locator(".cell.done")).to_have_count(49)
    assert press.count == 49, "one key for each confirmed cell"
    press("Control+z")
    window.wait_for_timeout(300)
    expect(window.locator(".cell.done")).to_have_count(48)
    press("Enter")
    window.keyboard.type("123")
    press("Enter")
    window.wait_for_url(re.compile(r"/sweep$"))
    window.wait_for_selector("text=No cell is in doubt")
    corrections = judged(served).record.corrections
    assert len(corrections) == 50
    assert sum(c.value != c.was for c in corrections) == 1
    # The one taken back stays written; each is an event of its own.
    assert len(journalled(served, FieldCorrected)) == 51 and len(journalled(served, DecisionTakenBack)) == 1


class TestTwoReaders:
    @pytest.fixture
    def policy(self) -> Policy:
        return Policy(two_readers=frozenset({"shares"}))

    def test_a_cell_counts_once_two_people_read_the_same_blind(self, served: Any, screen: Any) -> None:
        served.fax(served.election(served.holder(), signed_at=SIGNED), Misread(doubts=("row1.shares",)))
        dana, jo = screen("dana"), screen("jo")
        dana.goto("/sweep")
        dana.wait_for_selector("#sw:focus")
        dana.keyboard.press("Enter")
        dana.wait_for_selector("text=No cell is in doubt")
        assert judged(served).record.corrections == ()
        jo.goto("/sweep")
        jo.wait_for_selector("#sw:focus")
        jo.keyboard.press("Enter")
        jo.wait_for_selector("text=No cell is in doubt")
        (correction,) = judged(served).record.corrections
        assert correction.reason == "two people read the same, blind"


def test_without_scripts_a_form_is_corrected_decided_and_saved(served: Any, screen: Any, pictures: Path) -> None:
    paper = served.election(served.holder(), signed_at=SIGNED)
    shares = paper.fields.rows[0].shares
    form = served.fax(paper, Misread({"row1.shares": "1"}, doubts=("row1.shares",)))
    window = screen(javascript=False)
    window.click("button:has-text('Take the next')")
    window.click("#f-row1\\.shares")
    window.fill("#key", shares)
    window.click("button:has-text('Check')")
    expect(window.locator(".stand")).to_contain_text("If you save")
    window.screenshot(path=pictures / "form-without-scripts-1440.png")
    window.click("#save")
    expect(window.locator("h1")).to_have_text("0 forms wait")
    window.goto(f"/forms/{form}")
    window.click("button:has-text('Take back')")
    expect(window.locator("#finds")).to_contain_text("OCR_LOW_CONFIDENCE")
    window.goto("/sweep")
    window.fill("#sw", shares)
    window.click("button:has-text('It says this')")
    expect(window.locator("main")).to_contain_text("No cell is in doubt")


def test_without_scripts_a_hand_delivered_form_is_keyed_with_its_scan(served: Any, screen: Any, tmp_path: Path) -> None:
    from PIL import Image

    scan = tmp_path / "scan.png"
    Image.new("L", (850, 1100), 255).save(scan, dpi=(100, 100))
    holder = served.holder(2)
    paper = served.election(holder, signed_at=SIGNED)
    window = screen(javascript=False)
    window.goto("/keyed")
    window.fill("[name=received_at]", "2003-07-18T11:00:00")
    window.select_option("[name=signature]", "yes")
    for number, row in enumerate(paper.fields.rows, 1):
        for cell in ("grant_no", "grant_date", "price", "shares"):
            window.fill(f"[name='row{number}.{cell}']", getattr(row, cell))
    fields = paper.fields
    texts = {"tax_id": fields.tax_id, "printed_name": fields.printed_name, "email": fields.email}
    texts |= {"address": fields.address, "signed_at": f"{fields.date} {fields.time}"}
    for name, value in texts.items():
        window.fill(f"[name={name}]", value)
    window.set_input_files("[name=file]", str(scan))
    window.click("button:has-text('Check')")
    expect(window.locator("aside")).to_contain_text("tendered, 2 grants")
    window.click("button:has-text('Save the form')")
    expect(window.locator(".fh")).to_contain_text("keyed by hand")
    assert judged(served).standings[holder.holder_id].state is State.TENDERED


def test_the_tax_id_is_covered_until_somebody_asks_to_see_it(served: Any, screen: Any) -> None:
    form = served.fax(served.election(served.holder(), signed_at=SIGNED), Misread(doubts=("row1.shares",)))
    fax = judged(served).submissions[0].fax
    window = screen()
    covered = window.request.get(f"/faxes/{fax}/2.png").body()
    assert window.request.get(f"/faxes/{fax}/2.png?form={form}").body() == covered
    assert window.request.get(f"/forms/{form}/tax_id.png").status == 404
    take(window, form)
    window.click("summary:has-text('More')")
    window.fill("form[action$=reveal] [name=reason]", "the ledger's number differs")
    window.click("button:has-text('Show the tax id')")
    settled(window)
    assert window.request.get(f"/faxes/{fax}/2.png?form={form}").body() != covered
    assert screen("jo").request.get(f"/faxes/{fax}/2.png?form={form}").body() == covered


def test_a_form_is_held_for_counsel_and_one_is_found_to_be_none(served: Any, screen: Any) -> None:
    first = served.fax(served.election(served.holder(0), signed_at=SIGNED), Misread(doubts=("row1.shares",)))
    second = served.fax(served.election(served.holder(1), signed_at=SIGNED), Misread(doubts=("row1.shares",)))
    window = screen()
    for form, action, button in ((first, "counsel", "Hold for counsel"), (second, "dismiss", "Mark as not a form")):
        take(window, form)
        window.click("summary:has-text('More')")
        window.fill(f"form[action$={action}] [name=reason]", "words on the page that nobody understands")
        window.click(f"button:has-text('{button}')")
        settled(window)
    assert judged(served).record.with_counsel == {first}
    assert [s.id for s in judged(served).submissions] == [first]
    window.goto("/?whose=counsel")
    expect(window.locator(".qt")).to_contain_text("With counsel")


def test_single_keys_can_be_changed_and_switched_off(served: Any, screen: Any) -> None:
    served.fax(served.election(served.holder(), signed_at=SIGNED), Misread(doubts=("row1.shares",)))
    window = screen()
    window.keyboard.press("?")
    window.fill("[data-key-for=next]", "x")
    window.keyboard.press("Escape")
    # The browser closes the dialog in its own time; a key pressed before still goes into the box.
    expect(window.locator("#keys")).to_be_hidden()
    window.keyboard.press("n")
    expect(window.locator("h1")).to_have_text("1 form waits")
    window.keyboard.press("x")
    window.wait_for_selector("text=yours until")
