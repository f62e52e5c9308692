"""Pages that copy no blank are known by their words, or by nobody; a header line is told from handwriting."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.submissions import Evidence
from extractors.classify import COVER, EVIDENCE, UNKNOWN, classify_by_words, evidence_in, resembled_blank
from extractors.fax_pages import FaxPages, pages_of_fax
from extractors.limits import DecodeLimits
from extractors.page_images import Gray
from extractors.page_text import PageText, TextLine, words_of
from samples.lettering import letters
from samples.sheets import authority_evidence, cover_sheet, name_change_proof, unrelated_page
from samples.writing import Writer
from tests.extractors.damaged_copies import CLEAN, JULY, Damage, blank, blanks, copy_of, tiff_of

TYPIST = Writer("arimo", typed=True, figure_height_pt=7.6, signing_family="homemade-apple")
HEADER = "JUL-22-2003 14:05  M ORTEGA  805 555 0100  P.02/03"


def at_200_dpi(paper: Gray) -> Gray:
    return np.asarray(cv2.resize(paper, (1700, 2200), interpolation=cv2.INTER_AREA), np.uint8)


def cover() -> Gray:
    on = datetime.fromisoformat("2003-07-22T14:00:00")
    return cover_sheet(
        np.random.default_rng(3), TYPIST, sender="Maria Ortega", pages=3, sent_at=on, remark="Please confirm receipt"
    )


def white() -> Gray:
    return np.full((2200, 1700), 255, np.uint8)


def words_on(picture: Gray, text: str, at: tuple[int, int], size: int = 36, family: str = "arimo") -> Gray:
    image = Image.fromarray(picture)
    ImageDraw.Draw(image).text(at, text, font=letters(family, size), fill=0)
    return np.asarray(image, np.uint8)


def faxed(*pictures: Gray, damage: Damage = CLEAN) -> FaxPages:
    content = tiff_of(*(copy_of(picture, damage)[0] for picture in pictures))
    return pages_of_fax(content, blanks(), DecodeLimits())


@cache
def one_of_each() -> FaxPages:
    """A cover, two papers, a stranger and a white page in one fax, read once for all tests."""
    rng = np.random.default_rng(5)
    return faxed(
        at_200_dpi(cover()),
        at_200_dpi(name_change_proof(rng, former="Ana Ruiz", present="Ana Bell")),
        at_200_dpi(authority_evidence(rng, holder="Ana Bell", attorney="Lee Bell")),
        at_200_dpi(unrelated_page(rng)),
        white(),
        damage=Damage(),
    )


def test_each_kind_of_sheet_is_known_by_its_words() -> None:
    classes = [page.page.page_class for page in one_of_each().pages]
    assert classes == [COVER, EVIDENCE, EVIDENCE, UNKNOWN, UNKNOWN]


def test_the_words_of_such_a_page_are_kept_for_those_who_look_for_conditions() -> None:
    texts = [page.page.text for page in one_of_each().pages]
    assert "confirm receipt" in texts[0]
    assert "Ana Ruiz" in texts[1]
    assert texts[4] == ""


def test_pages_that_copy_no_blank_have_no_registered_picture() -> None:
    for page in one_of_each().pages:
        assert page.registered is None
        assert page.page.affine is None
        with pytest.raises(ValueError, match="no blank"):
            page.on_page(0.5, 0.5)


def test_a_cover_sheet_fed_upside_down_is_turned_upright_and_read() -> None:
    (page,) = faxed(at_200_dpi(cover()), damage=Damage(upside_down=True)).pages
    assert (page.page.page_class, page.page.rotation) == (COVER, 180)
    assert "confirm receipt" in page.page.text


def test_a_page_of_handwriting_alone_is_nobodys_and_goes_to_a_person() -> None:
    note = words_on(white(), "only if the price is over two", (200, 900), 60, "reenie-beanie")
    (page,) = faxed(note).pages
    assert page.page.page_class == UNKNOWN


def test_a_retyped_form_is_present_but_not_read() -> None:
    """It says what the form says, laid out otherwise: a person must compare the terms."""
    picture = white()
    words = sorted(blank("E2").words)
    for line in range(0, len(words), 7):
        picture = words_on(picture, " ".join(words[line : line + 7]), (150, 200 + 9 * line), 34)
    (page,) = faxed(picture).pages
    assert (page.page.page_class, page.page.legible, page.page.form_version) == ("E2", False, None)


# -- the sender's header line -----


def test_the_senders_header_line_is_read_and_taken_off_the_ink() -> None:
    (page,) = faxed(words_on(blank("E2").picture, HEADER, (120, 14), 28)).pages
    assert page.page.page_class == "E2"
    assert "14:05" in page.page.header
    assert page.ink is not None
    assert np.count_nonzero(page.ink[:80] < 128) == 0


def test_the_header_of_a_page_fed_upside_down_is_found_at_its_foot() -> None:
    bits, _ = copy_of(blank("N1").picture, Damage(upside_down=True))
    (page,) = pages_of_fax(tiff_of(words_on(bits, HEADER, (120, 14), 28)), blanks(), DecodeLimits()).pages
    assert (page.page.page_class, page.page.rotation) == ("N1", 180)
    assert "14:05" in page.page.header
    assert page.ink is not None
    assert np.count_nonzero(page.ink[-80:] < 128) < 30


def test_a_condition_written_across_the_top_is_no_header_line() -> None:
    (page,) = faxed(
        words_on(blank("E2").picture, "valid only if the stock closes above two dollars", (120, 14), 40)
    ).pages
    assert page.page.header == ""
    assert page.ink is not None
    assert np.count_nonzero(page.ink[:100] < 128) > 500


# -- words alone -----


def text_of(*lines: str, confidence: float = 0.9, words_sure: int = 20) -> PageText:
    return PageText(tuple(TextLine(line, confidence, 0, 0) for line in lines), confidence, words_sure)


@pytest.mark.parametrize(
    ("lines", "page_class"),
    [
        (("FAX", "To: Debbie Bernard", "From: Ana Ruiz", "Pages: 3"), COVER),
        (("Facsimile Transmittal", "Date: July 2"), COVER),
        (("FAX COVER SHEET",), COVER),
        (("Fax: 818 555 0100", "Dear Ms Bernard, here is my wish."), UNKNOWN),
        (("FAX COVER SHEET", "Attached: certificate of marriage"), COVER),
        (("COUNTY OF KERN", "CERTIFICATE OF MARRIAGE", "Ana Ruiz and Lee Bell"), EVIDENCE),
        (("DURABLE POWER OF ATTORNEY", "I appoint Lee Bell my attorney-in-fact"), EVIDENCE),
        (("Letters testamentary", "Estate of Ana Ruiz"), EVIDENCE),
        (("Company picnic on Saturday", "Bring your family"), UNKNOWN),
    ],
)
def test_a_page_is_a_cover_or_a_paper_only_by_words_that_say_so(lines: tuple[str, ...], page_class: str) -> None:
    assert classify_by_words(text_of(*lines)).page_class == page_class


def test_a_page_of_which_hardly_a_word_was_read_is_unknown() -> None:
    assert classify_by_words(text_of("power of attorney", words_sure=3)).page_class == UNKNOWN
    assert classify_by_words(PageText()).page_class == UNKNOWN


def test_what_a_paper_may_prove_is_told_by_its_words() -> None:
    assert evidence_in("DECREE CHANGING NAME") == {Evidence.NAME_CHANGE_PROOF}
    assert evidence_in("power of attorney") == {Evidence.AUTHORITY_EVIDENCE}
    assert evidence_in("company picnic") == frozenset()


def test_a_page_resembles_the_blank_whose_words_it_has() -> None:
    for page_class in ("E1", "E2", "N1"):
        words = " ".join(sorted(blank(page_class, JULY).words))
        assert resembled_blank(text_of(words), blanks()) is blank(page_class, JULY)
    assert resembled_blank(text_of("an election form"), blanks()) is None


def test_words_are_compared_by_their_letters_alone() -> None:
    assert words_of("The ELIGIBLE options, 1,200 of them: eligible!") == {"eligible", "options"}
