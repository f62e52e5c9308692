"""The page of `tenderfax demo`: what it shows of each fax, what it hides, and that it needs nobody to be opened."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from xml.etree.ElementTree import Element

import pytest
import tinyhtml5
from PIL import Image, ImageDraw

from core.findings import FORM, Disposition, Finding, Hold, Resolution, RowStatus, Severity
from core.holders import Category, Grant, GrantType, Holder, OptionLedger, Plan
from core.judgements import Judgement, Standing, State
from core.readings import Box, Mark, Reading
from core.submissions import Fields, Kind, Submission
from core.transmissions import PageReading, Receipt, Transmission
from reports.demo import ShownFax, write_demo_page

INK, PAPER, COVERED = 0, 255, 128
NAME_BOX, TAX_BOX, SHARES_BOX = Box(0.1, 0.1, 0.5, 0.14), Box(0.6, 0.1, 0.9, 0.14), Box(0.1, 0.3, 0.3, 0.34)
PRICE_BOX, NOTE_BOX = Box(0.4, 0.3, 0.6, 0.34), Box(0.1, 0.5, 0.9, 0.6)
HOLDER = Holder("H1", "Ana Ortega", Category.EMPLOYEE, tax_id="000-12-3456")
GRANT = Grant(
    "1041", "H1", Plan.PLAN_2000, date(2001, 3, 15), Decimal("24.50"), 1200, 0, 0, GrantType.NSO, held_since=None
)
LEDGER = OptionLedger.of([HOLDER], [GRANT])


def reading(key: str, value: str, box: Box, mark: Mark = Mark.READ) -> Reading:
    return Reading(key, value, value, mark, 0.98, 1, box, "t")


READINGS = (
    reading("printed_name", "Ana Ortega", NAME_BOX),
    reading("tax_id", "000-12-3456", TAX_BOX),
    reading("row1.grant_no", "1041", Box(0.1, 0.2, 0.3, 0.24)),
    reading("row1.shares", "1,290", SHARES_BOX),
    reading("row1.price", "", PRICE_BOX, Mark.BLANK),
)


def finding(code: str, severity: Severity = Severity.REVIEW, target: str = FORM, message: str = "") -> Finding:
    return Finding(code, severity, Hold.HARD, target, message or f"said of {code}", "OTE §4", "look again")


def shown(
    folder: Path, *findings: Finding, file: str = "one.tif", passed: bool = False, fax: str = "a" * 64
) -> ShownFax:
    """One fax of one page, every read zone inked through."""
    picture = Image.new("L", (850, 1100), PAPER)
    draw = ImageDraw.Draw(picture)
    for each in READINGS:
        if each.mark is Mark.READ:
            box = each.box
            draw.rectangle((box.x0 * 850, box.y0 * 1100, box.x1 * 850, box.y1 * 1100), fill=INK)
    path = folder / f"{fax[:8]}.png"
    picture.save(path)
    submission = Submission(
        id=f"{fax[:8]}-1",
        kind=Kind.ELECTION,
        fax=fax,
        fields=Fields(printed_name="Ana Ortega", tax_id="000-12-3456"),
        readings=MappingProxyType({each.key: each for each in READINGS}),
    )
    standing = Standing(State.TENDERED, MappingProxyType({"1041": 1200}), basis=submission.id)
    judgement = Judgement(
        submission.id,
        "H1",
        findings,
        Disposition.EFFECTIVE,
        MappingProxyType({"1041": RowStatus.ACCEPTED}),
        None,
        standing,
    )
    receipt = Receipt(received_at=datetime.fromisoformat("2003-07-14T10:40:00-07:00"), source="sidecar")
    transmission = Transmission(fax, file, receipt, (PageReading(1, "E1", "2003-07-09", 0.99),), (submission,))
    return ShownFax(
        transmission,
        {submission.id: judgement},
        frozenset({submission.id} if passed else ()),
        {1: path},
    )


def refused(reason: str, file: str = "bad.tif") -> ShownFax:
    return ShownFax(Transmission("b" * 64, file, Receipt(), (), ()), {}, frozenset(), {}, reason)


def page_of(folder: Path, *faxes: ShownFax) -> Element:
    written = write_demo_page(folder / "out", faxes, LEDGER).read_text("utf-8")
    page: Element = tinyhtml5.parse(written, namespace_html_elements=False)
    return page


def text_of(element: Element | None) -> str:
    assert element is not None
    return " ".join("".join(element.itertext()).split())


def test_every_fax_has_its_section_and_the_headline_counts_them(tmp_path: Path) -> None:
    good = shown(tmp_path, passed=True)
    waiting = shown(tmp_path, finding("TIME_MISSING"), file="two.tif", fax="c" * 64)
    page = page_of(tmp_path, good, waiting, refused("bad.tif: it is empty"))
    assert text_of(page.find(".//h1")) == "3 faxes, 2 forms: 1 went straight through, 1 wait for a person"
    assert [text_of(head) for head in page.findall(".//section/div[@class='head']/h2")] == [
        "one.tif",
        "two.tif",
        "bad.tif",
    ]
    links = [link.get("href", "") for link in page.findall(".//main/div/table/tbody/tr/td/a")]
    assert [page.find(f".//section[@id='{link[1:]}']") is not None for link in links] == [True] * 3


def test_a_refused_file_is_shown_with_its_reason_and_never_left_out(tmp_path: Path) -> None:
    page = page_of(tmp_path, refused("bad.tif: the second page cannot be decoded"))
    assert "bad.tif: the second page cannot be decoded" in text_of(page.find(".//section"))
    assert "no form, waits" in text_of(page.find(".//main/div/table"))


def test_a_tax_id_is_covered_in_the_picture_and_masked_in_the_text(tmp_path: Path) -> None:
    page = page_of(tmp_path, shown(tmp_path))
    whole = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert "3456" in whole
    assert "000-12" not in whole and "00012" not in whole
    (image,) = page.findall(".//figure//img")
    picture = Image.open(tmp_path / "out" / str(image.get("src"))).convert("L")
    assert abs(colour_in(picture, TAX_BOX) - COVERED) < 10
    assert colour_in(picture, NAME_BOX) < 10


def test_no_crop_is_cut_of_a_tax_id_or_of_a_blank_box(tmp_path: Path) -> None:
    page = page_of(tmp_path, shown(tmp_path))
    crops = {str(image.get("alt")): image for image in page.findall(".//td//img")}
    assert sorted(crops) == ["printed_name as written", "row1.grant_no as written", "row1.shares as written"]
    cut = Image.open(tmp_path / "out" / str(crops["row1.shares as written"].get("src")))
    assert colour_in(cut, Box(0, 0, 1, 1)) == INK
    assert cut.width / 850 == pytest.approx(SHARES_BOX.x1 - SHARES_BOX.x0, abs=0.02)


def colour_in(picture: Image.Image, box: Box) -> int:
    x, y = (box.x0 + box.x1) / 2 * picture.width, (box.y0 + box.y1) / 2 * picture.height
    return picture.convert("L").tobytes()[int(y) * picture.width + int(x)]


def test_each_reading_is_held_against_the_ledger(tmp_path: Path) -> None:
    page = page_of(tmp_path, shown(tmp_path))
    rows = {
        text_of(row[0]): [text_of(cell) for cell in row]
        for row in page.findall(".//section//tbody/tr")
        if len(row) == 6
    }
    assert rows["row1.shares"][2:] == ["1,290", "0.98", "1,200", "≠ differs"]
    assert rows["printed_name"][2:] == ["Ana Ortega", "0.98", "Ana Ortega", "✓ agrees"]
    assert "row1.price" not in rows


def test_open_findings_come_heaviest_first_and_decided_ones_last(tmp_path: Path) -> None:
    cleared = replace(finding("LATE", Severity.FATAL), resolution=Resolution.CLEARED)
    page = page_of(
        tmp_path,
        shown(tmp_path, finding("NOTED", Severity.NOTE), cleared, finding("CURE", Severity.CURABLE), finding("LOOK")),
    )
    order = [text_of(code).split(" ·")[0] for code in page.findall(".//div[@class='code']")]
    assert order == ["CURE", "LOOK", "NOTED", "LATE"]


def test_doubtful_boxes_are_gathered_into_one_finding_that_names_each(tmp_path: Path) -> None:
    doubts = [finding("OCR_LOW_CONFIDENCE", target=key) for key in ("row1.shares", "row1.grant_no")]
    page = page_of(tmp_path, shown(tmp_path, *doubts))
    (block,) = page.findall(".//div[@class='finding hard']")
    assert text_of(block).startswith("2 boxes read with doubt. look again")
    assert sorted(text_of(item) for item in block.findall(".//li")) == ["row1.grant_no", "row1.shares"]


def test_what_a_stranger_wrote_is_shown_as_text(tmp_path: Path) -> None:
    nasty = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    page = page_of(tmp_path, shown(tmp_path, finding("X", message=nasty), file=nasty), refused(nasty, file='"><b>.tif'))
    assert page.find(".//script") is None
    assert [image.get("onerror") for image in page.iter("img") if image.get("onerror")] == []
    assert nasty in text_of(page.find(".//main"))


def test_the_page_needs_nothing_from_elsewhere_and_all_it_names_is_there(tmp_path: Path) -> None:
    page = page_of(tmp_path, shown(tmp_path, passed=True))
    whole = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert re.findall(r"https?://", whole) == []
    sources = [str(image.get("src")) for image in page.iter("img")] + re.findall(r"url\(([^)]+)\)", whole)
    assert sources
    assert [source for source in sources if not (tmp_path / "out" / source).is_file()] == []


def test_written_twice_it_is_the_same_to_the_byte(tmp_path: Path) -> None:
    fax = shown(tmp_path, finding("TIME_MISSING"))
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        write_demo_page(folder, [fax], LEDGER)
    first, second = ({p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()} for f in folders)
    assert first == second
