"""Fax files to raw pages; every broken, hostile or mistaken file is refused with one clear error of its own."""

from __future__ import annotations

import io
import os
import socket
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.broken_files import BrokenFile, bombs
from extractors import failures
from extractors.decode import decode_fax, read_fax_file
from extractors.failures import FaxFileRefused, shown_name
from extractors.limits import DecodeLimits
from tests.extractors import fax_files as make

LIMITS = DecodeLimits()
WHITE_LINES = make.ALL_WHITE_G4_LINE_BITS


# -- what is taken -----


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt", "tiff_lzw", "packbits"])
def test_every_page_of_a_tiff_comes_out_as_it_went_in(compression: str) -> None:
    images = [make.page_image(words="first"), make.page_image(words="second")]
    decoded = decode_fax(make.tiff_of(images, compression), LIMITS)
    assert len(decoded.pages) == 2
    for image, page in zip(images, decoded.pages, strict=True):
        assert np.array_equal(page.picture, np.asarray(image.convert("L")))
        assert page.dpi == (204.0, 98.0)
        assert page.bilevel


def test_the_paper_of_a_fax_that_calls_white_zero_is_white() -> None:
    content = make.tiff_by_hand(1, (1728, 1078), WHITE_LINES * 200)
    (page,) = decode_fax(content, LIMITS).pages
    assert page.picture.min() == 255


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
def test_the_usual_image_files_are_taken_whatever_they_are_called(kind: str) -> None:
    (page,) = decode_fax(make.picture_bytes(kind), LIMITS, "form.tif").pages
    assert page.picture.shape == (1100, 850)


def test_the_clear_parts_of_a_png_are_paper() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (850, 1100), (0, 0, 0, 0)).save(buffer, "PNG")
    (page,) = decode_fax(buffer.getvalue(), LIMITS).pages
    assert page.picture.min() == 255


def test_a_pdf_page_is_drawn_at_two_hundred_dots_an_inch() -> None:
    (page,) = decode_fax(make.pdf_of(), LIMITS).pages
    assert page.picture.shape == (2200, 1700)
    assert page.dpi == (200.0, 200.0)


def test_a_pdf_whose_camera_called_pixels_points_is_drawn_smaller() -> None:
    (page,) = decode_fax(make.pdf_of(3024, 4032), LIMITS).pages
    assert 2700 <= max(page.picture.shape) <= 2800


def test_a_file_that_names_more_pages_than_it_has_is_short() -> None:
    first_of_three = {297: (3, 0 | 3 << 16)}
    content = make.tiff_by_hand(1, (1728, 1078), WHITE_LINES * 200, first_of_three)
    assert decode_fax(content, LIMITS).is_short
    assert not decode_fax(make.tiff_by_hand(3, (1728, 1078), WHITE_LINES * 200, first_of_three), LIMITS).is_short


# -- what is refused by its content -----


def refusal(content: bytes, limits: DecodeLimits = LIMITS, name: str = "fax.tif") -> FaxFileRefused:
    with pytest.raises(FaxFileRefused) as caught:
        decode_fax(content, limits, name)
    assert str(caught.value).startswith(f"{name}: ")
    assert "\n" not in str(caught.value)
    return caught.value


def test_text_called_tif_is_no_image() -> None:
    assert isinstance(refusal(b"Please find my form attached.\n" * 40), failures.NotAnImage)


@pytest.mark.parametrize(
    "head", [b"II*\0", b"MM\0*", b"II*\0\x08\0\0", b"%PDF-1.4\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"]
)
def test_a_file_of_nothing_but_its_first_bytes_is_refused(head: bytes) -> None:
    assert isinstance(refusal(head), failures.TruncatedFile | failures.NotAnImage)


@pytest.mark.parametrize("compression", ["group3", "group4"])
@pytest.mark.parametrize("kept", [0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97, 0.995])
def test_a_tiff_cut_anywhere_is_never_taken_for_a_shorter_fax(compression: str, kept: float) -> None:
    content = make.tiff_of([make.page_image(words=word) for word in ("one", "two", "three")], compression)
    assert isinstance(refusal(content[: int(len(content) * kept)]), failures.TruncatedFile)


def test_a_tiff_without_its_last_byte_is_truncated() -> None:
    content = make.tiff_of([make.page_image()])
    assert isinstance(refusal(content[:-1]), failures.TruncatedFile)


def test_a_page_begun_but_not_written_is_truncated() -> None:
    content = make.tiff_by_hand(1, (1728, 1078), b"", {273: (4, 8), 279: (4, 0)})
    assert isinstance(refusal(content), failures.TruncatedFile)


def test_a_tiff_whose_pages_run_in_a_circle_is_damaged() -> None:
    content = make.tiff_by_hand(1, (1728, 1078), WHITE_LINES * 200)
    first = int.from_bytes(content[4:8], "little")
    assert isinstance(refusal(content[:-4] + first.to_bytes(4, "little")), failures.DamagedFile)


def test_a_picture_code_that_means_nothing_is_damaged() -> None:
    content = make.tiff_by_hand(1, (1728, 1078), b"\0" * 900)
    assert isinstance(refusal(content), failures.DamagedFile)


def test_a_bomb_of_four_hundred_megapixels_is_refused_by_its_header() -> None:
    content = make.tiff_by_hand(1, (20_000, 20_000), WHITE_LINES * 25_000)
    assert len(content) < 26_000
    failure = refusal(content)
    assert isinstance(failure, failures.PageTooLarge)
    assert "20000 x 20000" in str(failure)


def test_a_tiff_of_two_thousand_pages_is_refused() -> None:
    content = make.tiff_by_hand(2000, (1728, 1078), WHITE_LINES * 200)
    assert isinstance(refusal(content), failures.TooManyPages)


@pytest.mark.parametrize(("pages", "taken"), [(3, True), (4, False)])
def test_the_limit_of_pages_is_the_last_number_taken(pages: int, taken: bool) -> None:
    content = make.tiff_by_hand(pages, (1728, 1078), WHITE_LINES * 200)
    limits = DecodeLimits(max_pages=3)
    if taken:
        assert len(decode_fax(content, limits).pages) == pages
    else:
        assert isinstance(refusal(content, limits), failures.TooManyPages)


def test_an_encrypted_pdf_is_refused() -> None:
    assert isinstance(refusal(make.pdf_of(password="secret")), failures.EncryptedPdf)


def test_a_pdf_two_hundred_inches_wide_is_refused() -> None:
    assert isinstance(refusal(make.pdf_of(200 * 72, 792)), failures.PaperTooLarge)


def test_a_pdf_page_of_twelve_bytes_is_refused() -> None:
    assert isinstance(refusal(make.pdf_of(1, 1)), failures.PageTooSmall)


def test_a_pdf_of_too_many_pages_is_refused() -> None:
    assert isinstance(refusal(make.pdf_of(pages=51)), failures.TooManyPages)


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
def test_a_pdf_cut_short_is_refused(kept: float) -> None:
    content = make.pdf_of(pages=3)
    assert isinstance(refusal(content[: int(len(content) * kept)]), failures.TruncatedFile)


def test_a_pdf_of_rubbish_is_damaged() -> None:
    assert isinstance(refusal(b"%PDF-1.4\n" + b"rubbish " * 50 + b"\n%%EOF\n"), failures.DamagedFile)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_an_image_cut_short_is_refused(kind: str) -> None:
    content = make.picture_bytes(kind)
    assert isinstance(refusal(content[: len(content) // 2]), failures.TruncatedFile)


def test_an_image_of_a_few_pixels_is_no_page() -> None:
    assert isinstance(refusal(make.picture_bytes("PNG", (150, 150))), failures.PageTooSmall)


def test_a_png_bomb_is_refused_by_its_header() -> None:
    content = bytearray(make.picture_bytes("PNG"))
    content[16:24] = (20_000).to_bytes(4, "big") * 2
    assert isinstance(refusal(bytes(content)), failures.PageTooLarge | failures.NotAnImage)


def test_a_decoder_that_takes_too_long_is_ended() -> None:
    content = make.tiff_by_hand(50, (6_200, 6_200), WHITE_LINES * 800)
    failure = refusal(content, DecodeLimits(seconds=1, max_megapixels_in_all=2_000))
    assert isinstance(failure, failures.DecoderTimedOut)


def test_a_decoder_that_takes_too_much_memory_is_ended() -> None:
    content = make.tiff_by_hand(1, (6_200, 6_200), WHITE_LINES * 800)
    failure = refusal(content, DecodeLimits(memory_bytes=80 * 2**20))
    assert isinstance(failure, failures.DecoderOutOfMemory)


@pytest.mark.parametrize("bomb", list(bombs()), ids=lambda bomb: bomb.name)
def test_a_bomb_is_refused_by_its_word_and_not_by_its_weight(bomb: BrokenFile) -> None:
    assert not isinstance(
        refusal(bomb.content, DecodeLimits(seconds=20)),
        failures.DecoderTimedOut | failures.DecoderOutOfMemory | failures.DecoderCrashed,
    )


# -- what is refused before it is opened -----


def refused_file(path: Path, limits: DecodeLimits = LIMITS) -> FaxFileRefused:
    with pytest.raises(FaxFileRefused) as caught:
        read_fax_file(path, limits)
    assert str(path.parent) not in str(caught.value)
    assert "\n" not in str(caught.value)
    return caught.value


def test_an_ordinary_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "fax.tif"
    path.write_bytes(b"content")
    assert read_fax_file(path, LIMITS) == b"content"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fax.tif").touch()
    assert isinstance(refused_file(tmp_path / "fax.tif"), failures.EmptyFile)


def test_a_folder_called_tif_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fax.tif").mkdir()
    assert isinstance(refused_file(tmp_path / "fax.tif"), failures.FolderInstead)


def test_a_symbolic_link_is_refused_even_to_a_good_fax(tmp_path: Path) -> None:
    (tmp_path / "good.tif").write_bytes(make.tiff_of([make.page_image()]))
    (tmp_path / "link.tif").symlink_to(tmp_path / "good.tif")
    assert isinstance(refused_file(tmp_path / "link.tif"), failures.SymbolicLinkRefused)


def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fax.tif")
    assert isinstance(refused_file(tmp_path / "fax.tif"), failures.SpecialFileRefused)


def test_a_socket_is_refused(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "fax.tif"))
        assert isinstance(refused_file(tmp_path / "fax.tif"), failures.SpecialFileRefused)


def test_a_file_that_went_away_is_refused(tmp_path: Path) -> None:
    assert isinstance(refused_file(tmp_path / "gone.tif"), failures.FileMissing)


def test_a_file_of_too_many_bytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "fax.tif"
    with path.open("wb") as file:
        file.truncate(LIMITS.max_file_bytes + 1)
    assert isinstance(refused_file(path), failures.FileTooLarge)


def test_a_name_with_newlines_and_dots_is_shown_on_one_line_without_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "..\n2003-07-24 INFO all is well\t\x1b[31m.tif"
    path.touch()
    assert str(refused_file(path)).startswith(r"..\n2003-07-24 INFO all is well\t\x1b[31m.tif: it is empty.")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("fax\u202efit.tif", r"fax\u202efit.tif"),
        ("fax\udcff.tif", r"fax\udcff.tif"),
        ("", "(a file without a name)"),
        ("x" * 300, "x" * 79 + "…"),
    ],
)
def test_a_name_is_shown_escaped_and_short(name: str, shown: str) -> None:
    assert shown_name(name) == shown


def test_every_refusal_says_what_to_do_next() -> None:
    for kind in FaxFileRefused.__subclasses__():
        assert kind.next_step.endswith(".")
        assert kind.__doc__
        assert failures.refusal_named(kind.__name__) is kind
    assert failures.refusal_named("SomethingElse") is failures.DecoderCrashed
