"""Pages of one fax put together anew: the machine paired two elections' pages wrongly, and a person puts it right."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from core.events import PagesRegrouped
from core.judgements import State
from core.page_layout import LayoutImpossible, PlacedPage, layout_of, require_possible
from judging.running import start
from ledger import desk_work as claims
from ledger import journal
from review import regrouping
from tests.review.conftest import SheetReader


def record(house: Any) -> Any:
    return house.app.state.desk.boards.now().running.judged.record


def regroupings(house: Any) -> list[tuple[str, PagesRegrouped]]:
    with house.books.reading() as connection:
        return [(e.actor, b) for e in journal.read(connection) if isinstance(b := e.body(), PagesRegrouped)]


def same_from_the_first_line(house: Any) -> Any:
    """The books as the desk carries them on, which must be what a replay of the whole journal gives."""
    now = house.app.state.desk.boards.now().running.judged
    with house.books.reading() as connection:
        again = start(house.workplace.offer.terms, connection).judged
    assert (again.submissions, again.judgements, again.standings) == (now.submissions, now.judgements, now.standings)
    assert again.record == now.record
    return now


def put_right(window: Any, fax: str) -> None:
    """Moves page 3 to form 1 and page 4 to form 2, has the fax read again and saves."""
    window.goto(f"/faxes/{fax}/pages")
    window.click("button:has-text('Take the fax')")
    window.select_option("[name='of:3']", "1")
    window.select_option("[name='of:4']", "2")
    window.click("button:has-text('Read again and check')")
    expect(window.locator("aside")).to_contain_text("If you save")


@pytest.mark.parametrize("javascript", [True, False])
def test_pages_paired_wrongly_are_moved_shown_saved_and_taken_back(
    served: Any, screen: Callable[..., Any], mixed_up: str, pictures: Path, javascript: bool
) -> None:
    before = [s.id for s in regrouping.forms_on(record(served), mixed_up)]
    window = screen(javascript=javascript)
    put_right(window, mixed_up)
    assert regroupings(served) == [], "nothing is saved by looking"
    window.screenshot(path=pictures / "pages-checked-1440.png", full_page=True)
    window.click("#save")
    expect(window.locator("[role=alert]")).to_contain_text("Say why")
    window.fill("[name=reason]", "The handwriting of pages 1 and 3 is the same.")
    window.click("#save")
    window.wait_for_url(re.compile(r"/forms/.*said=regrouped"))
    expect(window.locator(".fh")).to_contain_text("yours until")
    ((actor, event),) = regroupings(served)
    assert (actor, event.reason) == ("Dana Ruiz", "The handwriting of pages 1 and 3 is the same.")
    assert [p.form for p in event.was] == [0, 1, 1, 0] and [p.form for p in event.now] == [0, 1, 0, 1]
    after = regrouping.forms_on(record(served), mixed_up)
    assert not {s.id for s in after} & set(before) and all(s.bundle_clean for s in after)
    window.goto(f"/faxes/{mixed_up}/pages")
    window.click("button:has-text('Take back')")
    expect(window.locator(".said")).to_contain_text("Taken back")
    assert [s.id for s in regrouping.forms_on(record(served), mixed_up)] == before
    assert len(regroupings(served)) == 1, "what was saved stays written"


def test_a_regrouping_is_the_same_from_the_journals_first_line(
    served: Any, screen: Callable[..., Any], mixed_up: str
) -> None:
    window = screen()
    put_right(window, mixed_up)
    window.fill("[name=reason]", "the same hand")
    window.click("#save")
    window.wait_for_url(re.compile(r"said=regrouped"))
    judged = same_from_the_first_line(served)
    for number in (0, 1):
        assert judged.standings[served.holder(number).holder_id].state is State.TENDERED
    window.goto(f"/faxes/{mixed_up}/pages")
    window.click("button:has-text('Take back')")
    expect(window.locator(".said")).to_contain_text("Taken back")
    judged = same_from_the_first_line(served)
    assert all(submission.id in judged.judgements for submission in regrouping.forms_on(judged.record, mixed_up))
    for number in (0, 1):
        standing = judged.standings.get(served.holder(number).holder_id)
        assert standing is None or not standing.grants


def test_two_pages_of_one_form_are_split_and_joined_by_their_buttons(
    served: Any, screen: Callable[..., Any], mixed_up: str
) -> None:
    window = screen()
    window.goto(f"/faxes/{mixed_up}/pages")
    window.click("button:has-text('Take the fax')")
    window.click("#page-4 button:has-text('Split here')")
    expect(window.locator("h2:has-text('Form 3')")).to_be_visible()
    window.click("button:has-text('Join with form 2')")
    expect(window.locator("h2:has-text('Form 3')")).to_have_count(0)
    window.click("button:has-text('Read again and check')")
    expect(window.locator("[role=alert]")).to_contain_text("Form 2 has two pages E2")
    window.click("#page-4 button:has-text('Set aside')")
    expect(window.locator("h2:has-text('Set aside')")).to_be_visible()
    window.click("button:has-text('Drop the moves')")
    expect(window.locator("h2:has-text('Set aside')")).to_have_count(0)
    assert regroupings(served) == []


def test_pages_are_moved_and_saved_by_keyboard_alone(served: Any, screen: Callable[..., Any], mixed_up: str) -> None:
    """Every control is a plain one in the order of the page: Tab reaches it, its letter or Enter works it."""
    window = screen()
    window.goto(f"/faxes/{mixed_up}/pages")
    window.locator("button:has-text('Take the fax')").focus()
    window.keyboard.press("Enter")
    window.wait_for_selector("[name='of:3']")
    for number, form in ((3, "Form 1"), (4, "Form 2")):
        window.locator(f"[name='of:{number}']").focus()
        window.keyboard.type(form)
    window.keyboard.press("Enter") if window.evaluate("document.activeElement.matches(':open')") else None
    window.locator("button[value=check]").focus()
    window.keyboard.press("Enter")
    window.locator("aside [name=reason]").focus()
    window.keyboard.type("the same hand")
    window.keyboard.press("Tab")
    window.keyboard.press("Enter")
    window.wait_for_url(re.compile(r"said=regrouped"))
    assert [p.form for p in regroupings(served)[0][1].now] == [0, 1, 0, 1]


def test_a_form_whose_pages_stay_keeps_its_id_and_its_decisions(house: Any, reader: SheetReader, mixed_up: str) -> None:
    transmission = record(house).faxes[mixed_up].transmission
    layout = regrouping.set_aside(layout_of(transmission), 4)
    asked = regrouping.asked_of_reader(record(house).faxes[mixed_up], layout)
    first, second = reader(asked).submissions
    assert second.id == transmission.submissions[1].id
    assert first.id == f"{mixed_up[:12]}-3", "a new form's number was never another's"


def test_a_form_that_somebody_else_has_keeps_its_pages(house: Any, mixed_up: str) -> None:
    from tests.review.test_desk_requests import open_desk, refusals, token_of

    dana, jo = open_desk(house, "dana"), open_desk(house, "jo")
    form = regrouping.forms_on(record(house), mixed_up)[0].id
    dana.post("/take", data={"token": token_of(dana), "id": form})
    token = token_of(jo)
    assert jo.post(f"/faxes/{mixed_up}/pages/take", data={"token": token}).status_code == 409
    assert jo.post(f"/faxes/{mixed_up}/pages", data={"token": token, "act": "check"}).status_code == 409
    assert jo.post(f"/faxes/{mixed_up}/pages/save", data={"token": token, "reason": "x"}).status_code == 409
    assert any(line.startswith("jo|Dana Ruiz has") for line in refusals(house))
    with house.books.reading() as connection:
        assert {claim.login for claim in claims.claims(connection, house.clock()).values()} == {"dana"}


def test_what_was_decided_meanwhile_is_never_saved_over(house: Any, reader: SheetReader, mixed_up: str) -> None:
    from tests.review.test_desk_requests import open_desk, token_of

    dana, mara = open_desk(house, "dana"), open_desk(house, "mara")
    path, moves = f"/faxes/{mixed_up}/pages", {"of:3": "1", "of:4": "2"}
    token = token_of(dana)
    dana.post(f"{path}/take", data={"token": token})
    assert "If you save" in dana.post(path, data={"token": token, "act": "check", **moves}).text
    form = regrouping.forms_on(record(house), mixed_up)[0].id
    house.clock.advance(timedelta(minutes=21))
    mara.post("/take", data={"token": token_of(mara), "id": form})
    mara.post(f"/forms/{form}/counsel", data={"token": token_of(mara), "reason": "two people on one fax"})
    dana.post(f"{path}/take", data={"token": token})
    answer = dana.post(f"{path}/save", data={"token": token, "reason": "the same hand", **moves})
    assert answer.status_code == 409 and "changed meanwhile" in answer.text
    assert regroupings(house) == []


def test_pages_moved_since_they_were_read_are_not_saved(house: Any, reader: SheetReader, mixed_up: str) -> None:
    from tests.review.test_desk_requests import open_desk, token_of

    dana = open_desk(house)
    path, token = f"/faxes/{mixed_up}/pages", token_of(dana)
    dana.post(f"{path}/take", data={"token": token})
    dana.post(path, data={"token": token, "act": "check", "of:3": "1", "of:4": "2"})
    answer = dana.post(f"{path}/save", data={"token": token, "reason": "x", "of:3": "1", "of:4": "aside"})
    assert "Read the pages again first" in answer.text and regroupings(house) == []


def test_a_layout_that_no_form_can_have_is_refused() -> None:
    def page(number: int, page_class: str, form: int | None) -> PlacedPage:
        return PlacedPage(number, page_class, "2003-07-09", form)

    require_possible((page(1, "E1", 0), page(2, "E2", 0), page(3, "COVER", None)))
    impossible = {
        "two pages E2": (page(1, "E2", 0), page(2, "E2", 0)),
        "election and a notice": (page(1, "E1", 0), page(2, "N1", 0)),
        "no page E1, E2 or N1": (page(1, "E1", 0), page(2, "EVIDENCE", 1)),
        "set aside": (page(1, "E1", None),),
    }
    for words, layout in impossible.items():
        with pytest.raises(LayoutImpossible, match=words):
            require_possible(layout)


def test_calling_a_page_a_cover_uncovers_no_tax_id(house: Any, reader: SheetReader, mixed_up: str) -> None:
    pictures, history = house.app.state.desk.pictures, record(house).faxes[mixed_up]
    covered = pictures._tax_id_boxes(history, 3, "3")
    assert covered
    layout = tuple(
        replace(p, page_class="COVER", form_version=None) if p.number == 3 else p
        for p in layout_of(history.transmission)
    )
    renamed = reader(regrouping.asked_of_reader(history, layout))
    both = replace(history, transmission=renamed, versions=(*history.versions, renamed))
    assert pictures._tax_id_boxes(both, 3, "3") == covered
