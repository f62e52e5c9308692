"""The blanks of the offer: PDF, TOML and source in step, and the words that tell the editions apart."""

from __future__ import annotations

import re
import runpy
import shutil
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link

from core.submissions import Kind
from offers import blanks
from offers.blanks import FormSourceUnusable, draw_blanks
from offers.forms import FieldKind, FormOutOfStep, NoForms, load_forms

FOLDER = Path(__file__).parents[2] / "offers" / "capstone_2003" / "forms"
SIGNATURE_BLOCK = {"signature", "tax_id", "printed_name", "signed_at", "email", "address"}
COLUMNS = ("grant_no", "grant_date", "price", "shares")


@pytest.fixture(scope="module")
def forms():
    return load_forms(FOLDER)


def words_of(pdf: Path) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in PdfReader(pdf).pages))


def test_every_blank_of_the_design_is_there_with_its_pages(forms) -> None:
    pages = {form.form_id: [page.page_class for page in form.pages] for form in forms}
    assert pages == {
        "election_2003-06-25": ["E1", "E2", "I1", "I2", "I3"],
        "election_2003-07-09": ["E1", "E2", "I1", "I2", "I3"],
        "notice_2003-06-25": ["N1", "I1", "I2"],
        "notice_2003-07-09": ["N1", "I1", "I2"],
        "schedule": ["SCHEDULE"],
    }
    assert forms.of(Kind.NOTICE, "2003-06-25").form_id == "notice_2003-06-25"
    assert forms.form("schedule") is forms.schedule


def test_the_fields_bear_the_agreed_names(forms) -> None:
    names = {
        (form.kind, page.page_class): {zone.name for zone in page.zones} for form, page in forms.pages() if page.zones
    }
    rows = {f"row{n}_{column}" for n in range(1, 9) for column in COLUMNS}
    schedule_rows = {f"row{n}_{column}" for n in range(1, 21) for column in COLUMNS}
    assert names == {
        (Kind.ELECTION, "E1"): {"amend_box"},
        (Kind.ELECTION, "E2"): rows | SIGNATURE_BLOCK,
        (Kind.NOTICE, "N1"): SIGNATURE_BLOCK,
        (None, "SCHEDULE"): schedule_rows | {"printed_name", "signature", "signed_on"},
    }


def test_the_tick_box_is_a_button_and_every_other_field_is_text(forms) -> None:
    for form in forms:
        for name, entry in (PdfReader(form.pdf).get_fields() or {}).items():
            assert entry["/FT"] == ("/Btn" if name == "amend_box" else "/Tx")


def test_zones_lie_on_their_page_and_do_not_overlap(forms) -> None:
    for form, page in forms.pages():
        for number, zone in enumerate(page.zones):
            box = zone.box
            assert 0 < box.x0 < box.x1 < 1, (form.form_id, zone)
            assert 0 < box.y0 < box.y1 < 1, (form.form_id, zone)
            for other in (z.box for z in page.zones[number + 1 :]):
                apart = box.x1 <= other.x0 or other.x1 <= box.x0 or box.y1 <= other.y0 or other.y1 <= box.y0
                assert apart, (form.form_id, zone)


def test_table_lines_are_high_enough_to_write_on(forms) -> None:
    for _, page in forms.pages():
        for zone in page.zones:
            if zone.row is not None:
                assert (zone.box.y1 - zone.box.y0) * page.height >= 0.27 * 72


def test_rows_run_down_the_page_in_order(forms) -> None:
    page = forms.schedule.page("SCHEDULE")
    tops = [page.zone(f"row{n}_shares").box.y0 for n in range(1, 21)]
    assert tops == sorted(tops)
    assert page.zone("row7_price").field_kind is FieldKind.PRICE


def test_the_two_editions_differ_in_their_words_exactly_as_the_amendment_says() -> None:
    june = words_of(FOLDER / "election_2003-06-25.pdf")
    july = words_of(FOLDER / "election_2003-07-09.pdf")
    as_amended = june.replace(
        '(dated June 25, 2003) (as it may be amended from time to time, the "OFFER")',
        "(originally dated June 25, 2003, as amended on July 9, 2003) "
        '(as so amended, and as it may be amended from time to time thereafter, the "OFFER")',
    )
    as_amended = as_amended.replace("having received and read in full", "having received")
    as_amended = as_amended.replace("I have received and read the instructions", "I have received the instructions")
    assert as_amended.replace("sole discretion", "reasonable discretion") == july
    assert june.count("sole discretion") == 2


def test_the_june_notice_still_says_that_all_terms_were_read() -> None:
    june = words_of(FOLDER / "notice_2003-06-25.pdf")
    july = words_of(FOLDER / "notice_2003-07-09.pdf")
    assert (
        "I have read all of the terms and conditions of the Offer, including the consequences of withdrawing." in june
    )
    assert "I have received and read the instructions" in june
    assert "have read" not in july and "and read" not in july


def test_the_committed_blanks_are_what_the_sources_draw_byte_for_byte(tmp_path: Path) -> None:
    written = draw_blanks(FOLDER, tmp_path)
    assert len(written) == 10
    for path in written:
        assert path.read_bytes() == (FOLDER / path.name).read_bytes(), path.name


def test_a_page_too_full_is_refused_not_cut(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "forms")
    source = tmp_path / "forms" / "source" / "schedule.toml"
    source.write_text(source.read_text().replace("rows = 20", "rows = 24"))
    with pytest.raises(FormSourceUnusable, match="page SCHEDULE overflows"):
        draw_blanks(tmp_path / "forms", tmp_path)


def test_a_block_of_unknown_kind_is_refused_with_the_kinds_there_are(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "forms")
    source = tmp_path / "forms" / "source" / "schedule.toml"
    source.write_text(source.read_text().replace('kind = "grant_table"', 'kind = "grid"'))
    with pytest.raises(FormSourceUnusable, match=r"^schedule\.toml: page SCHEDULE .* 'grid': use one of tick, title,"):
        draw_blanks(tmp_path / "forms", tmp_path)


def test_run_as_a_program_it_draws_into_the_folder_and_names_what_it_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "source").mkdir()
    shutil.copytree(FOLDER / "typeface", tmp_path / "typeface")
    shutil.copy(FOLDER / "source" / "schedule.toml", tmp_path / "source")
    monkeypatch.setattr(sys, "argv", ["offers.blanks", str(tmp_path)])
    runpy.run_path(blanks.__file__, run_name="__main__")
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "schedule.pdf"), str(tmp_path / "schedule.toml")]
    assert load_forms(tmp_path).schedule.pages[0].zones == load_forms(FOLDER).schedule.pages[0].zones


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("email = {", "mail = {", "does not declare the PDF's field 'email'"),
        ('["N1", "I1", "I2"]', '["N1", "I1"]', "has 3 pages"),
        ("[fields]", '[fields]\nfax = { kind = "NAME", required = true }', "fields that its PDF lacks: fax"),
        ('form_id = "notice_2003-07-09"', 'form_id = "other"', "is not the name of its PDF"),
    ],
)
def test_a_blank_out_of_step_with_its_declaration_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    shutil.copy(FOLDER / "notice_2003-07-09.pdf", tmp_path)
    declared = (FOLDER / "notice_2003-07-09.toml").read_text()
    assert old in declared
    (tmp_path / "notice_2003-07-09.toml").write_text(declared.replace(old, new))
    with pytest.raises(FormOutOfStep, match=re.escape(message)):
        load_forms(tmp_path)


def test_a_blank_without_its_declaration_is_refused(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "schedule.pdf", tmp_path)
    with pytest.raises(FormOutOfStep, match=r"has no schedule\.toml beside it"):
        load_forms(tmp_path)


def test_an_annotation_that_is_no_field_is_no_place_to_write(forms, tmp_path: Path) -> None:
    marked = PdfWriter(clone_from=FOLDER / "schedule.pdf")
    marked.add_annotation(0, Link(rect=(72, 72, 144, 90), url="https://example.com"))
    marked.write(tmp_path / "schedule.pdf")
    shutil.copy(FOLDER / "schedule.toml", tmp_path)
    assert load_forms(tmp_path).schedule.pages == forms.schedule.pages


def test_a_folder_without_blanks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoForms):
        load_forms(tmp_path)
