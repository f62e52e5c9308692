"""A fax read again as a person says its pages are: in a real child, from a real file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.events import EventKind, FaxArchived, FaxReceived, NewEvent
from core.page_layout import PlacedPage, Regrouping
from core.submissions import Submission
from core.transmissions import PageReading, Receipt, Transmission
from extractors.blank_pages import load_blank_pages
from extractors.fax_pages import pages_of_fax
from extractors.limits import DecodeLimits
from flows.desk import Desk
from flows.regrouping import pages_read_again
from ledger import archive, claims, journal
from ledger.archive import ArchiveDamaged
from offers.forms import load_forms

SAMPLES = Path(__file__).parents[2] / "sample_faxes"
JULY, JUNE = "2003-07-09", "2003-06-25"


@pytest.fixture
def books_url(tmp_path: Path) -> str:
    """One database: reading is slow, and what is read does not depend on where it is kept."""
    return f"sqlite:///{tmp_path / 'books.sqlite'}"


def received(desk: Desk, name: str, classes: tuple[str, ...]) -> Transmission:
    """The sample fax in the archive, its pages taken for `classes` and put into one form of no kind."""
    with (SAMPLES / name).open("rb") as file:
        kept = archive.keep(desk.settings.archive, file, size_limit=2**24)
    fax, receipt = kept.sha256, Receipt(source="sidecar")
    with desk.books.writing() as connection:
        claims.register(
            connection,
            claims.KeptFax(fax, kept.size, kept.name),
            delivery_id="d1",
            file=name,
            receipt=receipt,
            noted_at=desk.now(),
        )
        bodies = (FaxArchived(fax, kept.size, kept.name), FaxReceived(fax, name, "d1", receipt))
        journal.append(connection, [NewEvent(desk.now(), "tenderfax", body) for body in bodies])
    pages = tuple(PageReading(n, page_class, submission=0) for n, page_class in enumerate(classes, start=1))
    return Transmission(fax, name, receipt, pages, (Submission(f"{fax[:12]}-1", None, fax=fax),))


def test_a_fax_that_was_taken_for_nothing_is_read_as_the_form_it_is_said_to_be(desk: Desk) -> None:
    before = received(desk, "10_with_cover.tif", ("UNKNOWN", "UNKNOWN", "UNKNOWN"))
    layout = (
        PlacedPage(1, "COVER", None, None),
        PlacedPage(2, "E1", JUNE, 0),
        PlacedPage(3, "E2", JULY, 0),
    )
    after = pages_read_again(desk)(Regrouping(before, layout, 2))
    (form,) = after.submissions
    assert form.id == f"{before.fax[:12]}-2" and form.bundle_clean
    assert form.pages == ("E1", "E2") and form.form_version is None, (
        "the person says that its pages are of two editions"
    )
    assert form.fields.rows and form.readings["row1.grant_no"].page == 3
    assert [page.submission for page in after.pages] == [None, 0, 0]
    # The page that was laid onto another blank than the machine's has a picture of its own.
    assert after.pages[1].picture == f"E1-{JUNE}"
    assert (desk.settings.pages / before.fax / f"2.E1-{JUNE}.png").is_file()


def test_a_damaged_archive_is_said_and_nothing_is_read(desk: Desk) -> None:
    before = received(desk, "40_stray_page.tif", ("UNKNOWN",))
    with desk.books.reading() as connection:
        kept = claims.kept_fax(connection, before.fax)
        assert next(journal.read(connection, kinds=[EventKind.FAX_RECEIVED])).subject == before.fax
    assert kept is not None
    (desk.settings.archive / kept.archived_name).write_bytes(b"other bytes")
    with pytest.raises(ArchiveDamaged):
        pages_read_again(desk)(Regrouping(before, (PlacedPage(1, "N1", JULY, 0),), 2))


def test_a_page_that_does_not_lie_on_the_blank_said_is_there_and_unreadable() -> None:
    forms = load_forms(SAMPLES.parent / "offers" / "capstone_2003" / "forms")
    content = (SAMPLES / "40_stray_page.tif").read_bytes()
    (page,) = pages_of_fax(
        content, load_blank_pages(forms), DecodeLimits(), "picnic.tif", said=(PlacedPage(1, "N1", JULY, 0),)
    ).pages
    assert (page.page.page_class, page.page.legible, page.page.affine) == ("N1", False, None)
    assert page.ink is None and page.page.picture == ""
    (cover,) = pages_of_fax(
        content, load_blank_pages(forms), DecodeLimits(), "picnic.tif", said=(PlacedPage(1, "COVER", None, None),)
    ).pages
    assert replace(cover.page, text="") == replace(
        page.page, page_class="COVER", form_version=None, legible=True, text=""
    )
    assert "PICNIC" in cover.page.text.upper()
