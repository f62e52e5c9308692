"""The desk with work on it, pictured at two sizes for people to look at, and measured by axe-core on every page."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.events import FieldCorrected, NewEvent, WaiverProposed
from ledger import journal
from samples import desk_work
from samples.contents import PACIFIC
from samples.desk_work import Misread
from samples.lettering import Group
from samples.paper import Pen
from samples.writing import somebody
from tests.review.conftest import MANNER, SheetReader, quarantine

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
FIRST = datetime(2003, 7, 16, 9, 15, tzinfo=PACIFIC)
SIZES = [(1440, 900), (1024, 768)]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture
def busy(served: Any) -> Any:
    """A queue of many kinds of trouble; the form that the pictures show comes first."""
    shares = served.election(served.holder(0), signed_at=FIRST).fields.rows[0].shares
    served.shown = served.fax(
        served.election(served.holder(0), signed_at=FIRST, count=4),
        Misread({"row1.shares": "7" + shares[1:], "row2.price": "$26.28"}, doubts=("row1.shares", "row2.price")),
    )
    slips = [
        Misread(doubts=("row1.price",)),
        Misread({"row2.shares": "1?00"}, doubts=("row2.shares",)),
        Misread({"signed_at": "7/17/2003"}),
        Misread({"printed_name": "Zebulon Quist", "tax_id": "", "row1.grant_no": "", "row2.grant_no": ""}),
        Misread({"signature": "no"}),
        Misread({"email": ""}),
    ]
    for number, slip in enumerate(slips, 1):
        signed = FIRST + timedelta(hours=9 * number)
        served.fax(served.election(served.holder(number), signed_at=signed, count=2), slip)
    served.fax(
        served.notice(served.holder(9), signed_at=FIRST + timedelta(days=3)), Misread({"signed_at": "7/19/2003"})
    )
    with served.books.writing() as connection:
        body = WaiverProposed("W-1", "TIME_MISSING", "All are dated, and none shares its date with another form.")
        journal.append(connection, [NewEvent(served.workplace.offer_now(), "Dana Ruiz", body)])
    return served


PAGES = {
    "queue": "/",
    "form": "/forms/{shown}",
    "form-row2": "/forms/{shown}?field=row2.price",
    "sweep": "/sweep",
    "waivers": "/waivers?code=TIME_MISSING",
    "waiver": "/waivers/W-1",
    "keyed": "/keyed",
    "accounts": "/accounts",
    "log": "/log",
    "keys": "/keys",
    "me": "/me",
}


def test_no_page_breaks_wcag_and_every_page_is_pictured(busy: Any, screen: Any, pictures: Path) -> None:
    """axe-core finds no violation of WCAG 2.2 AA on any page, at both sizes, light and dark."""
    wrong: list[str] = []
    who = {"accounts": "ada", "log": "ada", "waiver": "mara"}
    windows: dict[tuple[str, tuple[int, int]], Any] = {}
    for size in SIZES:
        for name, path in PAGES.items():
            login = who.get(name, "dana")
            window = windows.get((login, size)) or windows.setdefault((login, size), screen(login, size=size))
            if name == "form":
                window.goto("/")
                window.click(f"button[name=id][value='{busy.shown}']")
            else:
                window.goto(path.format(shown=busy.shown))
            window.wait_for_load_state("networkidle")
            window.screenshot(path=pictures / f"{name}-{size[0]}.png")
            wrong += measured(window, f"{name} {size[0]}")
    assert wrong == []


def test_no_page_that_is_seldom_seen_breaks_wcag(
    served: Any, mixed_up: str, reader: SheetReader, screen: Callable[..., Any], pictures: Path
) -> None:
    """Signing in, pages moved about, a fax without a form, what is refused and what collides: the same demands."""
    fax = quarantine(served)
    draw(served, mixed_up, reader)
    served.fax(served.election(served.holder(3), signed_at=FIRST), pictures=False)
    form = served.fax(
        served.election(served.holder(2), signed_at=FIRST), Misread(doubts=("row1.shares",)), only_page="E2"
    )
    for size in SIZES:
        wrong: list[str] = []
        dana, mara, jo = (screen(login, size=size) for login in ("dana", "mara", "jo"))

        def look(window: Any, name: str, size: tuple[int, int] = size, wrong: list[str] = wrong) -> None:
            window.wait_for_load_state("networkidle")
            window.screenshot(path=pictures / f"{name}-{size[0]}.png")
            wrong += measured(window, f"{name} {size[0]}")

        for path, name in (
            (f"/faxes/{fax}", "fax"),
            ("/offer", "offer"),
            ("/accounts", "refused-403"),
            ("/nowhere", "refused-404"),
            (f"/faxes/{mixed_up}/pages", "pages"),
        ):
            dana.goto(path)
            look(dana, name)
        look_at_moved_pages(dana, look)
        look_at_an_extension(mara, served.holder(3).holder_id, look)
        look_at_a_refused_take(dana, jo, mixed_up, look)
        look_at_a_conflict(served, dana, jo, form, look)
        look_at_keyed(dana, look)
        dana.click("text=Sign out")
        look(dana, "signin")
        dana.fill("[name=login]", "dana")
        dana.fill("[name=password]", "not the right one")
        dana.click("button:has-text('Sign in')")
        look(dana, "signin-wrong")
        assert wrong == []


def draw(house: Any, fax: str, reader: SheetReader) -> None:
    """The pictures of a bundle's pages, each paper in a hand of its own."""
    for number, sheet in enumerate(reader.sheets, start=1):
        rng = np.random.default_rng(zlib.crc32(sheet.paper.fields.printed_name.encode()))
        pen = Pen(somebody(rng, Group.TRAINING, typed=False), MANNER.joint)
        desk_work.write_sheet(house.workplace.pages / fax, number, sheet, house.forms, pen, rng)


Look = Callable[[Any, str], None]


def look_at_moved_pages(window: Any, look: Look) -> None:
    if window.locator("button:has-text('Take the fax')").count():
        window.click("button:has-text('Take the fax')")
    window.select_option("[name='of:3']", "1")
    window.select_option("[name='of:4']", "2")
    window.click("button:has-text('Read again and check')")
    window.wait_for_selector("#save")
    look(window, "pages-moved")


def look_at_an_extension(window: Any, holder: str, look: Look) -> None:
    """With a holder reported, so that there is something to settle."""
    window.goto("/offer")
    if not window.locator(".settle").count():
        window.fill("[name=holder]", holder)
        window.select_option("[name=kind]", "incapacitated")
        window.fill("[name=on]", "2003-07-20")
        window.fill("form[action='/offer/report'] [name=reason]", "His family telephoned HR on July 20.")
        window.click("form[action='/offer/report'] button")
        window.click("button:has-text('Record it')")
        window.wait_for_selector(".said")
    window.fill("[name=to]", "2003-07-31T21:00")
    window.fill("form[action='/offer/extend'] [name=reason]", "the telephone lines were down")
    window.click("form[action='/offer/extend'] button:has-text('Show what follows')")
    window.wait_for_selector(".warn")
    look(window, "offer-foreseen")


def look_at_a_refused_take(dana: Any, jo: Any, fax: str, look: Look) -> None:
    """Somebody opened the page before another took the fax."""
    dana.goto(f"/faxes/{fax}/pages")
    token = jo.locator("[name=token]").first.get_attribute("value")
    jo.evaluate(
        """([path, token]) => { const form = document.createElement('form'); form.method = 'post'; form.action = path;
        const input = document.createElement('input'); input.name = 'token'; input.value = token; form.append(input);
        document.body.append(form); form.submit(); }""",
        [f"/faxes/{fax}/pages/take", token],
    )
    jo.wait_for_selector("text=has a form of this fax")
    look(jo, "refused-409")


def look_at_a_conflict(served: Any, dana: Any, jo: Any, form: str, look: Look) -> None:
    dana.goto(f"/forms/{form}")
    take_button = dana.locator(".claimf button")
    if take_button.count():
        take_button.click()
    dana.fill("#key", "4")
    dana.keyboard.press("Enter")
    dana.wait_for_selector("text=If you save")
    with served.books.writing() as connection:
        body = FieldCorrected(form, "email", "else@example.com", "read again", "")
        journal.append(connection, [NewEvent(served.workplace.offer_now(), "Jo Tran", body)])
    dana.click("#save")
    dana.wait_for_selector("text=Both versions stand below")
    look(dana, "conflict")
    dana.click("button:has-text('Drop my keying')")


def look_at_keyed(window: Any, look: Look) -> None:
    window.goto("/keyed")
    window.fill("[name=received_at]", "2003-07-18T11:00:00")
    window.fill("[name=printed_name]", "Zebulon Quist")
    window.click("button:has-text('Check')")
    window.wait_for_selector("text=Save the form")
    look(window, "keyed-checked")


def measured(window: Any, name: str) -> list[str]:
    """Everything in the light; in the dark the colours alone, since nothing else depends on them."""
    wrong = [f"{name}: {one}" for one in violations(window, {"type": "tag", "values": TAGS})]
    window.evaluate("() => { document.documentElement.dataset.theme = 'dark' }")
    wrong += [f"{name} dark: {one}" for one in violations(window, {"type": "rule", "values": ["color-contrast"]})]
    window.evaluate("() => { document.documentElement.dataset.theme = 'light' }")
    return wrong + [f"{name}: {one}" for one in (*cut_off(window), *sideways(window))]


def cut_off(window: Any) -> list[str]:
    """Crops of which a part does not show: the lower half of a 7 is a 1."""
    found: list[str] = window.evaluate(
        """() => [...document.querySelectorAll(".paper img")].filter((image) => {
             const own = image.getBoundingClientRect(), frame = image.closest(".paper").getBoundingClientRect();
             return image.naturalWidth && (own.height > frame.height + 1 || own.width > frame.width + 1);
           }).map((image) => image.getAttribute("src") + " is cut off")"""
    )
    return found


def sideways(window: Any) -> list[str]:
    """At 320 CSS pixels, as at a zoom of 400 %, no page is wider than the window (WCAG 1.4.10); tables scroll alone."""
    size = window.viewport_size
    window.set_viewport_size({"width": 320, "height": 640})
    width = window.evaluate("document.documentElement.scrollWidth")
    window.set_viewport_size(size)
    return [f"{width} pixels wide in a window of 320"] if width > 320 else []


def violations(window: Any, asked: dict[str, Any]) -> list[str]:
    window.evaluate(AXE.read_text("utf-8"))
    found = window.evaluate("asked => axe.run(document, { runOnly: asked })", asked)
    return [
        f"{v['id']}: {node['target']} {node.get('failureSummary', '')[:160]}"
        for v in found["violations"]
        for node in v["nodes"][:3]
    ]
