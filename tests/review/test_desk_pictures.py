"""The desk with work on it, pictured at two sizes for people to look at, and measured by axe-core on every page."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.events import NewEvent, WaiverProposed
from ledger import journal
from samples.contents import PACIFIC
from samples.desk_work import Misread

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
            for theme in ("light", "dark"):
                window.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
                wrong += [f"{name} {size[0]} {theme}: {one}" for one in violations(window)]
            window.evaluate("() => { document.documentElement.dataset.theme = 'light' }")
    assert wrong == []


def violations(window: Any) -> list[str]:
    window.evaluate(AXE.read_text("utf-8"))
    found = window.evaluate("tags => axe.run(document, { runOnly: { type: 'tag', values: tags } })", TAGS)
    return [
        f"{v['id']}: {node['target']} {node.get('failureSummary', '')[:160]}"
        for v in found["violations"]
        for node in v["nodes"][:3]
    ]
