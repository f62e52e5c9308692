"""The night's report: it adds up, it is the same every time, and what strangers wrote is only ever text."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import openpyxl
import pytest
import tinyhtml5
from pypdf import PdfReader

from core.findings import Disposition
from core.night import BreakSeverity, CheckOutcome, Evidence, Night, OpenIrregularity, RevalidatedForm
from reports.desk_links import link_of
from reports.night_breaks import as_text, breaks_csv
from reports.night_folder import night_files
from reports.night_page import BREAKS_SHOWN_OF_A_CHECK, night_page, verdict
from reports.night_print import night_pdf
from reports.night_summary import summary_json
from reports.night_workbook import TOTAL, standings_workbook
from tests.reports import nights

ROOT = Path(__file__).parents[2]
AXE = ROOT / "tests" / "review" / "vendor" / "axe.min.js"
DESK = "http://desk.example.com"
BOTH = pytest.mark.parametrize("night", [nights.quiet_night(), nights.troubled_night()], ids=["quiet", "troubled"])


def page_of(night: Night) -> Element:
    page: Element = tinyhtml5.parse(night_page(night, DESK), namespace_html_elements=False)
    return page


def text_of(element: Element | None) -> str:
    assert element is not None
    return " ".join("".join(element.itertext()).split())


def number_in(cell: Element) -> int:
    return int(text_of(cell).replace(",", "").replace("−", "-").replace("+", "") or "0")


def book_of(night: Night) -> Any:
    return openpyxl.load_workbook(io.BytesIO(standings_workbook(night)))


# ---------------------------------------------------------------------------------------------------- it adds up


def totals_beside_their_rows(page: Element) -> Iterator[tuple[str, int, int]]:
    """Every number in a row of totals (a `tfoot`) with the sum of the column above it."""
    for table in page.iter("table"):
        for total in table.findall("./tfoot/tr"):
            for place, cell in enumerate(total):
                if "num" in cell.get("class", "") and text_of(cell) and not text_of(cell).endswith("%"):
                    rows = [row for row in table.findall("./tbody/tr") if len(row) == len(total)]
                    yield text_of(total), number_in(cell), sum(number_in(row[place]) for row in rows)


@BOTH
def test_every_total_of_the_page_is_the_sum_of_the_rows_above_it(night: Night) -> None:
    totals = list(totals_beside_their_rows(page_of(night)))
    assert len(totals) > 10
    assert [total for total in totals if total[1] != total[2]] == []


@BOTH
def test_every_tie_out_is_the_sum_of_its_lines_on_both_sides(night: Night) -> None:
    (table,) = (table for table in page_of(night).iter("table") if table.get("class") == "tie")
    sides, sums = [0, 0], 0
    for row in table.findall("./tbody/tr"):
        if row.get("class") == "sub":
            sides = [sides[0] + number_in(row[1]), sides[1] + number_in(row[3])]
        elif row.get("class") == "sum":
            assert sides == [number_in(row[1]), number_in(row[3])], text_of(row)
            apart = abs(sides[0] - sides[1])
            assert text_of(row[4]) == ("ties" if not apart else f"{apart} {'short' if sides[0] > sides[1] else 'over'}")
            sides, sums = [0, 0], sums + 1
    assert sums == sum(len(group.ties) for group in night.tie_tables)


@BOTH
def test_what_the_page_counts_is_what_the_night_holds(night: Night) -> None:
    page = page_of(night)
    count = {
        name: page.find(f".//section[@id='{name}']//tfoot/tr") for name in ("days", "open", "confirmations", "pool")
    }
    assert number_in(count["days"][-1]) == len(night.forms) == sum(hour.forms for hour in night.receipts)
    assert number_in(count["open"][-1]) == len(night.open_irregularities)
    assert number_in(count["confirmations"][1]) == sum(form.confirmation_due_at is not None for form in night.forms)
    assert number_in(count["pool"][1]) == night.eligible_cap
    checks = text_of(page.find(".//p[@id='checks-made']"))
    assert int(checks.split()[0]) == len(night.checks) == sum(map(int, re.findall(r"\d+", checks.partition(":")[2])))
    assert len(page.findall(".//section[@id='checks']//li")) == len(night.checks)


def test_shares_that_nothing_explains_stand_in_the_pool_as_a_line_of_their_own() -> None:
    night = replace(nights.quiet_night(), eligible_cap=10_250)
    rows = [text_of(row) for row in page_of(night).findall(".//section[@id='pool']//tbody/tr")]
    assert rows[-1] == "not accounted for2502.4%"
    assert "not accounted for" not in night_page(nights.quiet_night(), DESK)


@BOTH
def test_every_total_of_the_workbook_is_the_sum_of_its_rows(night: Night) -> None:
    totals = 0
    for sheet in book_of(night):
        *rows, last = list(sheet.iter_rows(min_row=2, values_only=True))
        assert last[0] == TOTAL
        for place, total in enumerate(last):
            if isinstance(total, int):
                totals += 1
                assert total == sum(row[place] for row in rows), (sheet.title, place)
    assert totals == 13


def test_a_grant_that_the_ledger_does_not_know_has_no_price_in_the_workbook() -> None:
    night = nights.quiet_night()
    strange = replace(
        night.standings[0], grants=(replace(nights.grant("9999", 100), exercise_price="", unexercised=0),)
    )
    (row, _) = book_of(replace(night, standings=(strange,)))["Tendered grants"].iter_rows(min_row=2, values_only=True)
    assert row[2:] == ("9999", "2000", "not in the ledger", 100, 0, 100)


def test_the_workbook_has_every_holder_grant_form_irregularity_and_change() -> None:
    night = nights.quiet_night()
    rows = {sheet.title: sheet.max_row - 2 for sheet in book_of(night)}
    assert rows == {
        "Holders": len(night.standings),
        "Tendered grants": sum(len(one.grants) for one in night.standings),
        "Forms": len(night.forms),
        "Open irregularities": len(night.open_irregularities),
        "Changes of the pool": len(night.pool_changes),
    }


@BOTH
def test_page_csv_and_summary_tell_of_the_same_breaks(night: Night) -> None:
    page = page_of(night)
    in_page = sum(number_in(row[1]) for row in page.findall(".//section[@id='breaks-by-check']//tbody/tr"))
    lines = list(csv.DictReader(io.StringIO(breaks_csv(night, DESK).decode("utf-8-sig"), newline="")))
    summary = json.loads(summary_json(night, DESK))
    assert in_page == len(lines) == len(summary["breaks"]) == len(night.breaks)
    assert [(line["code"], line["key"]) for line in lines] == [(one.code, one.key) for one in night.breaks]
    assert summary["breaks_that_block"] + summary["warnings"] == len(night.breaks)
    for tie in summary["ties"]:
        assert tie["this_total"] == sum(amount["number"] for amount in tie["this"])
        assert tie["difference"] == tie["this_total"] - tie["that_total"]


# ------------------------------------------------------------------------------------------------ what it says


def test_the_verdict_names_what_keeps_a_night_from_balancing() -> None:
    assert verdict(nights.quiet_night()) == "Balanced"
    one = nights.with_breaks(nights.broken())
    assert verdict(one) == "Not balanced: 1 break blocks the close"
    warned = nights.with_breaks(nights.broken("REC_OPEN_AGEING", severity=BreakSeverity.WARNS))
    assert verdict(warned) == "Not balanced: 1 warning"
    assert verdict(nights.troubled_night()) == "Not balanced: 12 breaks block the close, 18 warnings"


def test_a_check_that_could_not_be_made_is_named_and_never_shown_as_holding() -> None:
    night = nights.quiet_night()
    failed = replace(night.checks[1], outcome=CheckOutcome.NOT_EVALUATED, why="the ledger cannot be read")
    night = replace(night, checks=(night.checks[0], failed, *night.checks[2:]))
    page = page_of(night)
    assert text_of(page.find(".//p[@class='big']")) == "Not balanced: 1 check could not be made"
    assert "Not proven: Tendered shares are those of the ledger. the ledger cannot be read" in text_of(page)
    (item,) = (item for item in page.iter("li") if failed.code in text_of(item))
    (mark,) = item.findall(".//{*}svg")
    assert mark.get("aria-label") == "could not be made"


def test_every_break_stands_with_its_evidence_and_a_link_into_the_desk() -> None:
    night = nights.troubled_night()
    page = page_of(night)
    rows = [row for row in page.findall(".//table[@class='breaks']/tbody/tr") if row.find(".//dl") is not None]
    assert len(rows) == len(night.breaks)
    for row, one in zip(rows, night.breaks, strict=True):
        assert one.message in text_of(row)
        evidence = [
            (text_of(label), text_of(value)) for label, value in zip(row.iter("dt"), row.iter("dd"), strict=True)
        ]
        assert evidence == [(fact.label, fact.value) for fact in one.evidence]
        (link,) = row.iter("a")
        assert link.get("href") == link_of(DESK, one)


def test_a_link_leads_to_the_form_else_the_fax_else_the_holder_else_the_queue() -> None:
    assert link_of(DESK, nights.broken(submission_id="F/1", fax="ab", holder_id="H1")) == f"{DESK}/forms/F%2F1"
    assert link_of(DESK, nights.broken(fax="ab", holder_id="H1")) == f"{DESK}/faxes/ab"
    assert link_of(f"{DESK}/", nights.broken(holder_id="H1")) == f"{DESK}/?holder=H1"
    assert link_of(DESK, nights.broken()) == f"{DESK}/"


def test_of_ten_thousand_breaks_the_page_shows_some_and_says_where_the_others_are() -> None:
    count = BREAKS_SHOWN_OF_A_CHECK + 900
    night = nights.with_breaks(*(nights.broken(key=str(number)) for number in range(count)))
    page = page_of(night)
    assert len(list(page.iter("dl"))) == BREAKS_SHOWN_OF_A_CHECK
    assert "900 more breaks of REC_FAX_NOT_ARCHIVED stand in breaks.csv." in text_of(page)
    assert len(breaks_csv(night, DESK).splitlines()) == count + 1


def test_the_time_left_is_told_before_and_after_the_offer_ends() -> None:
    night = nights.quiet_night()
    assert "offer ends Thu Jul 24, 5:00 p.m. PDT3 d 19 h 30 min left" in text_of(page_of(night))
    later = replace(night, as_of=night.expiration + timedelta(hours=5))
    assert "offer ended Thu Jul 24, 5:00 p.m. PDT5 h 0 min before this run" in text_of(page_of(later))


def test_an_offer_that_was_accepted_or_terminated_says_so_instead() -> None:
    night = nights.quiet_night()
    after = replace(night, as_of=night.expiration + timedelta(hours=30))
    accepted = replace(after, accepted_at=night.expiration + timedelta(hours=17))
    assert "accepted Fri Jul 25, 10:00 a.m. PDT" in text_of(page_of(accepted))
    terminated = replace(night, terminated_at=night.as_of - timedelta(hours=1))
    assert "offer terminated Sun Jul 20, 8:30 p.m. PDT" in text_of(page_of(terminated))


def test_forms_judged_again_stand_with_why_and_what_changed() -> None:
    again = RevalidatedForm(
        "F1",
        "H1",
        ("grant 1041: shares exercised 0, now 100",),
        Disposition.EFFECTIVE,
        Disposition.HELD,
        ("SHARES_OVER_LEDGER",),
        (),
    )
    page = page_of(replace(nights.quiet_night(), revalidated=(again,)))
    (row,) = page.findall(".//section[@id='revalidated']//tbody/tr")
    assert [text_of(cell) for cell in row] == [
        "F1",
        "H1",
        "grant 1041: shares exercised 0, now 100",
        "effective",
        "held",
        "+SHARES_OVER_LEDGER",
    ]
    (link,) = row.iter("a")
    assert link.get("href") == f"{DESK}/forms/F1"


def test_a_night_without_forms_or_figures_is_still_a_report() -> None:
    """The night before the first fax, and the one on which the journal itself was broken."""
    night = replace(
        nights.quiet_night(),
        tie_tables=(),
        forms=(),
        receipts=(),
        open_irregularities=(),
        standings=(),
        pool_changes=(),
    )
    files = night_files(night, DESK)
    assert "Nothing could be compared." in files["report.html"].decode()
    assert {sheet.max_row for sheet in openpyxl.load_workbook(io.BytesIO(files["standings.xlsx"]))} == {2}
    assert PdfReader(io.BytesIO(files["report.pdf"])).pages


# ------------------------------------------------------------------------------------------- the same every time

_PRINT_HASHES = """
import hashlib
from reports.night_folder import night_files
from tests.reports import nights
for night in (nights.quiet_night(), nights.troubled_night()):
    for name, content in night_files(night, "http://desk.example.com").items():
        print(name, hashlib.sha256(content).hexdigest())
"""


def test_the_same_night_gives_the_same_bytes_in_another_process() -> None:
    """Another seed of hashes, another time zone, another locale and another moment."""

    def hashes(seed: str, zone: str) -> str:
        run = subprocess.run(
            [sys.executable, "-c", _PRINT_HASHES],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            timeout=240,
        )
        return run.stdout

    first = hashes("1", "UTC")
    assert len(first.splitlines()) == 10
    assert hashes("2", "Asia/Tokyo") == first


def test_the_dates_inside_the_files_are_the_nights() -> None:
    night = nights.quiet_night()
    made = PdfReader(io.BytesIO(night_pdf(night_page(night, DESK)))).metadata
    assert made is not None and made.creation_date == night.as_of
    with zipfile.ZipFile(io.BytesIO(standings_workbook(night))) as book:
        core = ElementTree.fromstring(book.read("docProps/core.xml"))
    assert [element.text for element in core if element.tag.endswith("created")] == ["2003-07-21T04:30:00Z"]


def test_the_print_uses_the_typefaces_that_come_with_the_page() -> None:
    """Others would differ from machine to machine, and with them the bytes."""
    pages = PdfReader(io.BytesIO(night_pdf(night_page(nights.troubled_night(), DESK)))).pages
    fonts = {str(font.get_object()["/BaseFont"]) for page in pages for font in page["/Resources"]["/Font"].values()}
    assert fonts
    assert [font for font in fonts if not re.match(r"/[A-Z]{6}\+Plex", font)] == []


# --------------------------------------------------------------------------------------------- what strangers wrote

SCRIPT = '<script>alert(1)</script><img src=x onerror="alert(2)">'
TURNED = "grant \u202e1041\u202c"
FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", " =1+1")
LONG = "x" * 10_000


def hostile_night() -> Night:
    breaks = [
        nights.broken(key=str(n), message=text, evidence=(Evidence("says", text),))
        for n, text in enumerate((SCRIPT, TURNED, *FORMULAS, LONG, "bell \x07 and half a pair \ud800"))
    ]
    night = nights.with_breaks(*breaks)
    items: list[OpenIrregularity] = [
        replace(nights.irregularity(0), item_id=str(n), message=one.message, target=one.message, file=one.message)
        for n, one in enumerate(breaks)
    ]
    standings = tuple(replace(one, name=FORMULAS[0]) for one in night.standings)
    return replace(night, open_irregularities=tuple(items), standings=standings, issuer=SCRIPT)


def test_markup_of_strangers_is_shown_as_text() -> None:
    page = page_of(hostile_night())
    assert page.find(".//{*}script") is None and page.find(".//{*}img") is None
    assert SCRIPT in text_of(page)


def test_marks_that_turn_the_reading_and_controls_are_spelt_out() -> None:
    night = hostile_night()
    for content in (night_page(night, DESK), breaks_csv(night, DESK).decode("utf-8-sig")):
        assert "grant ⟨U+202E⟩1041⟨U+202C⟩" in content
        assert "bell ⟨U+0007⟩ and half a pair ⟨U+D800⟩" in content


def test_ten_thousand_characters_are_cut_on_the_page_and_whole_in_the_table() -> None:
    night = hostile_night()
    page = night_page(night, DESK)
    assert LONG not in page and "… (10,000 characters)" in page
    assert LONG in breaks_csv(night, DESK).decode("utf-8-sig")


def test_no_cell_of_the_table_of_breaks_begins_a_formula() -> None:
    lines = list(csv.reader(io.StringIO(breaks_csv(hostile_night(), DESK).decode("utf-8-sig"), newline="")))
    begun = [cell for line in lines for cell in line if cell.strip()[:1] in ("=", "+", "-", "@")]
    assert begun == []
    assert [as_text(text) for text in FORMULAS] == [f"'{text}" for text in FORMULAS]
    assert as_text("1041") == "1041"


def test_no_cell_of_the_workbook_is_a_formula_or_a_link() -> None:
    book = book_of(hostile_night())
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.hyperlink] == []
    assert [row[1] for row in book["Holders"].iter_rows(min_row=2, max_row=3, values_only=True)] == [FORMULAS[0]] * 2


def test_a_hostile_night_still_prints() -> None:
    text = "".join(
        page.extract_text() for page in PdfReader(io.BytesIO(night_files(hostile_night(), DESK)["report.pdf"])).pages
    )
    assert "alert(1)" in text and "10,000 characters" in text


def test_no_file_shows_more_of_a_tax_id_than_its_end() -> None:
    """The values of a night are masked already; what a stranger wrote into a name or a file's name is masked here."""
    said = "tax id 000-12-3456, or 000 12 3456"
    night = nights.with_breaks(nights.broken(message=said, evidence=(Evidence("file", said),)))
    forms = tuple(replace(form, file=f"{said}.tif") for form in night.forms)
    holders = tuple(replace(one, tax_id_end="000123456") for one in night.standings)
    files = night_files(replace(night, forms=forms, standings=holders), DESK)
    with zipfile.ZipFile(io.BytesIO(files["standings.xlsx"])) as book:
        inside = "".join(book.read(name).decode() for name in book.namelist())
    shown = {name: content.decode("utf-8") for name, content in files.items() if name.endswith(("html", "csv", "json"))}
    for content in (*shown.values(), inside):
        assert "3456" in content
        assert not re.search(r"000\D?12\D?3456", content)


# --------------------------------------------------------------------------------------------------- in a browser


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = night_page(nights.troubled_night(), DESK)
    assert set(re.findall(r"url\((\w+):", page)) == {"data"}
    parsed = page_of(nights.troubled_night())
    assert [element.tag for element in parsed.iter() if element.get("src")] == []
    assert [link.get("href") for link in parsed.iter("link")] == []


def test_axe_finds_nothing_on_a_night_with_thirty_breaks(chromium: Any, tmp_path: Path) -> None:
    wrong = []
    for name, night in (("quiet", nights.quiet_night()), ("troubled", nights.troubled_night())):
        file = tmp_path / f"{name}.html"
        file.write_text(night_page(night, DESK), "utf-8")
        for size in ((1280, 900), (390, 800)):
            window = chromium.new_page(viewport={"width": size[0], "height": size[1]}, bypass_csp=True)
            window.goto(file.as_uri())
            window.evaluate(AXE.read_text("utf-8"))
            tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
            found = window.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", tags)
            wrong += [(name, size, v["id"], v["nodes"][0]["target"]) for v in found["violations"]]
            too_wide = window.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            wrong += [(name, size, "wider than the window", [])] * too_wide
            window.close()
    assert wrong == []
