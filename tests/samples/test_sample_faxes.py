"""Sample faxes: the same seed the same bytes, files as a fax server leaves them, and truth files that are true."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from core.notation import codes_to_json, parse_submission
from core.offer_state import OfferState
from core.submissions import Fields, GrantRow, Kind, Signature, Submission
from offers.forms import load_forms
from offers.loading import load_offer
from samples import Group, Level, Options, contents, make
from samples.fax import (
    ANCHORS,
    FINE,
    STANDARD,
    SUPERFINE,
    FaxedPage,
    Journey,
    send,
    some_journey,
    write_pdf,
    write_tiff,
)
from samples.generate import FORMS_FOLDER, LEDGER_SEED
from samples.ledger import make_ledger
from samples.lettering import CURSIVE, hands, letters, typefaces
from samples.paper import Pen, blank_picture, fill, printed_lines
from samples.scenarios import SITUATIONS, write_one
from samples.writing import somebody
from validators.judgement import judge_all, needs_review

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "sample_faxes"
DESIGNED_HANDS = frozenset(
    {"caveat", "indie-flower", "shadows-into-light", "homemade-apple", "reenie-beanie", "nothing-you-could-do", "kalam"}
    | {"patrick-hand", "gochi-hand", "covered-by-your-grace", "rock-salt", "just-another-hand", "architects-daughter"}
    | {"gloria-hallelujah", "la-belle-aurore", "over-the-rainbow", "cedarville-cursive", "dawning-of-a-new-day"}
    | {"zeyada", "sue-ellen-francisco", "waiting-for-the-sunrise", "loved-by-the-king", "give-you-glory"}
    | {"the-girl-next-door", "coming-soon", "schoolbell", "nanum-pen-script", "delius", "handlee", "mansalva"}
)
"""Design 4: no handwriting family beyond these, others are kept back for acceptance."""

GOOD = Fields(
    printed_name="Maria L. Ortega",
    signature=Signature(True, None),
    tax_id="000-12-1001",
    date="7/14/03",
    time="10:15 am",
    email="maria.ortega@example.com",
    address="9013 Saticoy St, Northridge, CA 91324",
    amend_box=True,
    rows=tuple(GrantRow(f"CP-00377{n}", "3/15/01", "$24.50", "1,200") for n in range(8)),
)


@pytest.fixture(scope="module")
def forms():
    return load_forms(FORMS_FOLDER)


@pytest.fixture(scope="module")
def ledger():
    return make_ledger(LEDGER_SEED)


# ---------------------------------------------------------------- letterforms


def test_no_hand_is_used_that_the_design_does_not_name() -> None:
    training, held_out = set(hands(Group.TRAINING)), set(hands(Group.HELD_OUT))
    assert not training & held_out
    assert training | held_out == DESIGNED_HANDS
    assert len(training) == 20
    assert set(hands(Group.CALIBRATION)) < training
    faces = [set(typefaces(group)) for group in Group]
    assert sum(len(each) for each in faces) == len(set().union(*faces))


@pytest.mark.parametrize("group", list(Group))
def test_every_letterform_is_there_with_its_licence(group: Group) -> None:
    for folder, families in (("hands", hands(group)), ("typefaces", typefaces(group))):
        for family in families:
            assert letters(family, 40).getlength("0123456789 $.,/-") > 0
            licence = (ROOT / "samples" / folder / f"{family}.LICENSE.txt").read_text()
            assert "SIL OPEN FONT LICENSE" in licence.upper() or "Apache License" in licence


@pytest.mark.parametrize("group", list(Group))
def test_a_writer_signs_in_a_hand_of_his_own_group(group: Group) -> None:
    for seed in range(20):
        writer = somebody(np.random.default_rng(seed), group, typed=seed % 2 == 0)
        assert writer.family in (typefaces(group) if writer.typed else hands(group))
        signing = hands(Group.TRAINING if group is Group.CALIBRATION else group)
        assert writer.signing_family in set(signing) & CURSIVE


# ---------------------------------------------------------------- filling


def ink_in(picture: np.ndarray, box) -> float:
    rows, columns = picture.shape
    y0, y1, x0, x1 = (
        int(box.y0 * rows) + 4,
        int(box.y1 * rows) - 4,
        int(box.x0 * columns) + 4,
        int(box.x1 * columns) - 4,
    )
    return float((picture[y0:y1, x0:x1] < 128).mean())


@pytest.mark.parametrize("typed", [True, False])
def test_every_zone_of_a_filled_form_bears_ink_and_of_a_blank_none(forms, typed: bool) -> None:
    form = forms.of(Kind.ELECTION, "2003-07-09")
    submission = Submission("S1", Kind.ELECTION, form_version="2003-07-09", fields=GOOD)
    rng = np.random.default_rng(7)
    pen = Pen(somebody(rng, Group.TRAINING, typed=typed))
    for page_class in ("E1", "E2"):
        page = form.page(page_class)
        blank, filled = blank_picture(form.pdf, page.number), fill(form, page, submission, pen, rng)
        for zone in page.zones:
            assert ink_in(blank, zone.box) == 0, zone.name
            assert ink_in(filled, zone.box) > 0.003, zone.name


def test_a_struck_term_is_found_by_its_words(forms) -> None:
    form = forms.of(Kind.ELECTION, "2003-07-09")
    (line,) = printed_lines(form.pdf, 1, "void and of no further effect")
    struck = Submission("S1", Kind.ELECTION, fields=Fields(), struck_text=("void and of no further effect",))
    rng = np.random.default_rng(1)
    picture = fill(form, form.page("E1"), struck, Pen(somebody(rng, Group.TRAINING, typed=False)), rng)
    assert ink_in(picture, line) > ink_in(blank_picture(form.pdf, 1), line)


# ---------------------------------------------------------------- travel


@pytest.mark.parametrize("resolution", [STANDARD, FINE, SUPERFINE])
@pytest.mark.parametrize("upside_down", [False, True])
def test_the_truth_says_where_each_point_of_the_page_went(resolution: tuple[int, int], upside_down: bool) -> None:
    sheet = np.full((3300, 2550), 255, np.uint8)
    for x, y in ANCHORS:
        cv2.circle(sheet, (round(x * 2550), round(y * 3300)), 14, 0, -1)
    rng = np.random.default_rng(3)
    journey = replace(
        some_journey(rng, Level.MODERATE, resolution),
        dither="none", specks=0, streaks=0, clipped=(0.0, 0.0), upside_down=upside_down, skew_degrees=1.5, feed=0.002,
    )  # fmt: skip
    page = send(sheet, journey, rng)
    upright = page.bits[::-1, ::-1] if upside_down else page.bits
    rows, columns = upright.shape
    for x, y in page.anchors:
        row, column = round(y * rows), round(x * columns)
        reach = 12 * resolution[1] // 98
        ys, xs = np.nonzero(upright[max(0, row - reach) : row + reach, column - 30 : column + 30])
        assert abs(xs.mean() - 30) < 2
        assert abs(ys.mean() - min(reach, row)) / resolution[1] * 72 < 1.5  # points


def test_a_tiff_is_class_f(tmp_path: Path) -> None:
    page = FaxedPage(np.zeros((1078, 1728), bool), STANDARD, (), upside_down=False, bad_lines=3)
    page.bits[500:510, 200:900] = True
    for group in (3, 4):
        path = tmp_path / f"g{group}.tif"
        write_tiff(path, [page, page], group=group)
        with Image.open(path) as image:
            assert (image.n_frames, image.mode, image.size) == (2, "1", (1728, 1078))
            for frame in range(2):
                image.seek(frame)
                tags = image.tag_v2
                assert (tags[259], tags[262], tags[266], tags[296]) == (group, 0, 1, 2)
                assert (tags[282], tags[283]) == (204.0, 98.0)
                assert np.array_equal(~np.asarray(image, bool), page.bits)
            assert tags.get(326) == (3 if group == 3 else None)


def test_a_pdf_has_the_papers_size(tmp_path: Path) -> None:
    page = FaxedPage(np.zeros((2156, 1728), bool), FINE, (), upside_down=False)
    write_pdf(tmp_path / "x.pdf", [page])
    (sheet,) = PdfReader(tmp_path / "x.pdf").pages
    assert float(sheet.mediabox.height) == pytest.approx(792, abs=1)
    assert float(sheet.mediabox.width) == pytest.approx(1728 / 204 * 72, abs=1)


def test_dither_shows_the_papers_grey_as_dots() -> None:
    sheet = np.full((3300, 2550), 255, np.uint8)
    for kind in ("diffused", "ordered"):
        page = send(sheet, Journey(dither=kind, tint=0.9), np.random.default_rng(0))
        assert 0.04 < page.bits.mean() < 0.2


# ---------------------------------------------------------------- batches


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    options = Options(pdfs=0.5, extras=1.0)
    first, second = (make(tmp_path / name, 2, 11, options=options) for name in ("a", "b"))
    assert [files.fax.name for files in first] == [files.fax.name for files in second]
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert {"holders.csv", "grants.csv"} <= set(names)
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_another_seed_gives_other_forms(tmp_path: Path) -> None:
    options = Options(extras=0, level=Level.CLEAN, notices=1.0)
    (one,), (other,) = (make(tmp_path / str(seed), 1, seed, options=options) for seed in (1, 2))
    assert one.submissions != other.submissions


def test_forms_in_good_order_go_through_when_read_right(ledger) -> None:
    terms = load_offer(FORMS_FOLDER.parent).terms
    judged = 0
    for seed in range(120):
        rng = np.random.default_rng([1, seed])
        holder, manner = contents.some_holder(rng, ledger), contents.some_manner(rng)
        version = ("2003-06-25", "2003-07-09")[seed % 2]
        signed_at = contents.some_signing(rng, version)
        grants = contents.some_grants(rng, ledger, holder)
        form = contents.good_election(rng, ledger, holder, manner, version=version, signed_at=signed_at, grants=grants)
        if len(form.fields.rows) > 1 and seed % 3 == 0:
            form = contents.on_a_schedule(form, keep=1)
        form = replace(form, id="S1", holder_id=None)
        offer = OfferState(terms.expiration)
        judgement = judge_all([form], ledger=ledger, offer=offer, terms=terms).by_submission["S1"]
        assert not needs_review(judgement), (form, [finding.code for finding in judgement.findings])
        assert judgement.holder_id == holder.holder_id
        judged += 1
    assert judged == 120


# ---------------------------------------------------------------- the committed set


def truths() -> list[dict]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(COMMITTED.glob("*.expected.json"))]


def test_every_situation_is_committed_with_its_truth() -> None:
    names = [f"{number:02d}_{situation.name}" for number, situation in enumerate(SITUATIONS, start=1)]
    found = sorted(path.stem for path in COMMITTED.iterdir() if path.suffix in {".tif", ".pdf"})
    assert found == sorted(names)
    assert sorted(path.name.split(".")[0] for path in COMMITTED.glob("*.expected.json")) == sorted(names)
    assert sum(path.stat().st_size for path in COMMITTED.iterdir()) < 4.3e6


@pytest.mark.parametrize("truth", truths(), ids=lambda truth: truth["file"])
def test_a_committed_fax_has_the_pages_its_truth_says(truth: dict) -> None:
    path = COMMITTED / truth["file"]
    if path.suffix == ".pdf":
        assert len(PdfReader(path).pages) == len(truth["pages"])
        return
    with Image.open(path) as image:
        assert image.n_frames == len(truth["pages"])
        assert [image.tag_v2[282], image.tag_v2[283]] == truth["resolution"]


@pytest.mark.parametrize("name", ["wrong_price", "partial_notice"])
def test_a_committed_truth_is_what_its_situation_writes_today(name: str, forms, ledger, tmp_path: Path) -> None:
    situation = next(situation for situation in SITUATIONS if situation.name == name)
    written = write_one(situation, tmp_path, ledger, forms)
    committed = json.loads((COMMITTED / written.expected.name).read_text(encoding="utf-8"))
    judged = {"codes", "codes_by_target", "disposition", "needs_review", "standing"}
    for form in committed["submissions"]:
        for key in judged:
            del form[key]
    assert json.loads(written.expected.read_text(encoding="utf-8")) == committed


def test_the_committed_findings_are_what_the_rules_make_of_the_truth(ledger) -> None:
    terms = load_offer(FORMS_FOLDER.parent).terms
    expected = {form["id"]: (form, truth) for truth in truths() for form in truth["submissions"]}
    keys = ("id", "kind", "delivery", "destination", "form_version", "pages", "received_start", "received_at")
    forms = [
        replace(
            parse_submission({key: form[key] for key in (*keys, "struck_text", "fields")}),
            bundle_size=len(truth["submissions"]),
        )
        for form, truth in expected.values()
    ]
    judged = judge_all(forms, ledger=ledger, offer=OfferState(terms.expiration), terms=terms).by_submission
    for name, (form, _) in expected.items():
        assert codes_to_json(judged[name]) == {key: form[key] for key in ("codes", "codes_by_target")}, name
        assert judged[name].disposition == form["disposition"], name


def test_the_committed_set_shows_every_outcome() -> None:
    outcomes = {form["disposition"] for truth in truths() for form in truth["submissions"]}
    assert outcomes == {"EFFECTIVE", "HELD", "REJECTED", "DUPLICATE"}
    classes = {page["page_class"] for truth in truths() for page in truth["pages"]}
    assert {"COVER", "E1", "E2", "N1", "SCHEDULE", "I1", "EVIDENCE", "UNKNOWN"} <= classes
    assert {tuple(truth["resolution"]) for truth in truths()} == {STANDARD, FINE, SUPERFINE}
