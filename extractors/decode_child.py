"""The decoder's own process: a fax file on standard input, its pages as raw pictures in the current folder.

Run as `python -m extractors.decode_child LIMITS` by extractors.decode and by nobody else. It limits its own time and
memory before it looks at a byte, checks every header before it decodes a pixel, and ends by writing `pages.json` or
`failure.json`. It imports no numpy and no OpenCV: starting must cost less than a page.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageChops, ImageFile, UnidentifiedImageError

from extractors.failures import (
    DamagedFile,
    DecoderOutOfMemory,
    DecoderTimedOut,
    EncryptedPdf,
    FaxFileRefused,
    KindNotTaken,
    NotAnImage,
    PageTooLarge,
    PageTooSmall,
    PaperTooLarge,
    RasterMismatch,
    TooManyPages,
    TruncatedFile,
)
from extractors.limits import DecodeLimits
from extractors.tiff_header import (
    GROUP_3,
    GROUP_4,
    HUFFMAN,
    PHOTOMETRIC,
    ROWS_PER_STRIP,
    T4_OPTIONS,
    TiffPage,
    is_tiff,
    read_tiff_headers,
)

_PDF_DPI = 200
_PDF_LONGEST_PIXELS = 2800
"""A PDF page is drawn at 200 dpi, or smaller so that its long side has this many pixels: legal paper at 200 dpi."""
_SMALLEST_SIDE = 200
"""Pixels. Narrower or shorter than this is no page; poppler draws a 12-byte picture of a PDF of a few hundred bytes."""
_ZERO_IS_BLACK = 1
_FAX_CODINGS = {HUFFMAN: "tiff_ccitt", GROUP_3: "group3", GROUP_4: "group4"}
"""What Pillow calls them."""
_PICTURE_KINDS = {"PNG": "a PNG", "JPEG": "a JPEG", "BMP": "a BMP", "GIF": "a GIF", "PPM": "a PNM"}


def main() -> int:
    limits = DecodeLimits(**json.loads(sys.argv[1]))
    _limit_this_process(limits)
    try:
        pages = [dict(page) for page in _decode(sys.stdin.buffer.read(), limits)]
    except FaxFileRefused as failure:
        return _fail(failure)
    except MemoryError:
        return _fail(DecoderOutOfMemory(f"decoding it takes more than {limits.memory_bytes // 2**20} MiB of memory"))
    Path("pages.json").write_text(json.dumps(pages), encoding="ascii")
    return 0


def _fail(failure: FaxFileRefused) -> int:
    Path("failure.json").write_text(json.dumps({"code": failure.code, "fact": failure.fact}), encoding="ascii")
    return 3


def _limit_this_process(limits: DecodeLimits) -> None:
    """Children (poppler) inherit the limits. A core file of somebody's form must not lie about."""
    for kind, soft, hard in (
        (resource.RLIMIT_AS, limits.memory_bytes, limits.memory_bytes),
        # The soft limit's signal says that time is the cause; the hard one ends what ignores it.
        (resource.RLIMIT_CPU, limits.seconds, limits.seconds + 2),
        (resource.RLIMIT_FSIZE, 2 * limits.max_pixels, 2 * limits.max_pixels),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        # Whoever started us may be limited more tightly already; a limit can only be lowered.
        inherited = resource.getrlimit(kind)[1]
        ceiling = hard if inherited == resource.RLIM_INFINITY else min(hard, inherited)
        resource.setrlimit(kind, (min(soft, ceiling), ceiling))
    # Pillow would answer a large picture with its own exception; the header check comes first and says more.
    Image.MAX_IMAGE_PIXELS = limits.max_pixels
    ImageFile.LOAD_TRUNCATED_IMAGES = False


def _decode(content: bytes, limits: DecodeLimits) -> Iterator[dict[str, object]]:
    if is_tiff(content):
        return _decode_tiff(content, limits)
    if b"%PDF-" in content[:1024]:
        return _decode_pdf(content, limits)
    return _decode_picture(content, limits)


# -- TIFF -----


def _decode_tiff(content: bytes, limits: DecodeLimits) -> Iterator[dict[str, object]]:
    headers = read_tiff_headers(content, limits.max_pages, limits.max_pixels)
    if (pixels := sum(page.width * page.height for page in headers)) > limits.max_pixels_in_all:
        raise PageTooLarge(f"its pages have {pixels:,} pixels together, the limit is {limits.max_pixels_in_all:,}")
    try:
        image = Image.open(io.BytesIO(content), formats=["TIFF"])
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise KindNotTaken("it is a TIFF of a coding that no fax server writes") from error
    with image:
        for number, header in enumerate(headers, start=1):
            yield _decode_tiff_page(image, header, number)


def _decode_tiff_page(image: Image.Image, header: TiffPage, number: int) -> dict[str, object]:
    try:
        image.seek(number - 1)
        image.load()
    except (OSError, SyntaxError, ValueError, EOFError, KeyError, TypeError, RuntimeError) as error:
        raise DamagedFile(f"the coded picture of page {number} cannot be decoded") from error
    if sorted(image.size) != sorted((header.width, header.height)):
        raise RasterMismatch(
            f"page {number} decodes to {image.width} x {image.height} pixels, "
            f"but its header says {header.width} x {header.height}"
        )
    tags = {str(tag): value for tag, value in header.tags.items()}
    more: dict[str, object] = {"tags": tags, "strips": header.strips, "recoded": _code_again(image, header, number)}
    return _hand_over(image, number, header.dpi, more)


def _code_again(image: Image.Image, header: TiffPage, number: int) -> list[int]:
    """Writes the decoded picture coded as its page was, strip by strip; gives the strips' lengths in bytes.

    A decoder that meets a broken code mends the line or leaves the rest of its strip white, and says nothing. But the
    code of a picture is unique: what comes out otherwise was not decoded from all there was. [] for codings that tell
    of errors themselves, and for the two-dimensional Group 3, whose code leaves the encoder a choice.
    """
    name = _FAX_CODINGS.get(header.compression)
    if name is None or image.mode != "1" or (header.compression == GROUP_3 and header.option(T4_OPTIONS) & 1):
        return []
    kept = {tag: header.tags[tag] for tag in (ROWS_PER_STRIP, T4_OPTIONS) if tag in header.tags}
    # Pillow codes a picture whose zeros are black as it is. Told that zeros are white, it would turn each pixel over
    # in a loop of its own, at half a second a page.
    plain = image if header.option(PHOTOMETRIC) == _ZERO_IS_BLACK else ImageChops.invert(image)
    coded = io.BytesIO()
    plain.save(coded, "TIFF", compression=name, tiffinfo={PHOTOMETRIC: _ZERO_IS_BLACK, **kept})
    (again,) = read_tiff_headers(coded.getvalue(), 1, header.width * header.height)
    strips = [coded.getvalue()[start : start + length] for start, length in again.strips]
    Path(f"page{number}.recoded").write_bytes(b"".join(strips))
    return [len(strip) for strip in strips]


# -- PDF -----


def _decode_pdf(content: bytes, limits: DecodeLimits) -> Iterator[dict[str, object]]:
    if b"%%EOF" not in content[-2048:]:
        raise TruncatedFile("it is a PDF without its ending")
    sizes = _pdf_page_sizes(content, limits)
    for number, (width_points, height_points) in enumerate(sizes, start=1):
        longest = max(width_points, height_points)
        dpi = min(_PDF_DPI, int(_PDF_LONGEST_PIXELS * 72 / longest))
        promised = (width_points * dpi / 72, height_points * dpi / 72)
        image = _render_pdf_page(content, number, dpi, limits)
        if any(abs(got - asked) > 3 for got, asked in zip(image.size, promised, strict=True)):
            raise RasterMismatch(
                f"page {number} draws as {image.width} x {image.height} pixels, "
                f"but its size promises {promised[0]:.0f} x {promised[1]:.0f}"
            )
        yield _hand_over(image, number, (dpi, dpi), {})


def _pdf_page_sizes(content: bytes, limits: DecodeLimits) -> tuple[tuple[float, float], ...]:
    """Each page's width and height in points as it is shown (crop box, rotation and user unit applied)."""
    import pypdf  # starting with it would cost every TIFF a tenth of a second
    import pypdf.errors

    from extractors.pdf_weight import PageScales

    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise EncryptedPdf("it is an encrypted PDF")
        if len(reader.pages) > limits.max_pages:
            raise TooManyPages(f"it has {len(reader.pages):,} pages, the limit is {limits.max_pages}")
        scales = PageScales(limits.max_pixels)
        sizes = []
        for number, page in enumerate(reader.pages, start=1):
            sizes.append(_pdf_page_size(page, number, limits))
            scales.check(page, number)
    except (FaxFileRefused, MemoryError):
        raise
    except Exception as error:  # pypdf raises whatever a broken object makes it stumble over
        raise DamagedFile("it is a PDF whose structure cannot be read") from error
    if not sizes:
        raise DamagedFile("it is a PDF without a page")
    return tuple(sizes)


def _pdf_page_size(page: object, number: int, limits: DecodeLimits) -> tuple[float, float]:
    box = page.cropbox  # type: ignore[attr-defined]  # pypdf is imported late, so its types are not at hand here
    unit = float(page.get("/UserUnit", 1))  # type: ignore[attr-defined]
    turned = int(page.rotation) % 180 == 90  # type: ignore[attr-defined]
    width, height = float(box.width) * unit, float(box.height) * unit
    longest_inches = max(width, height) / 72
    if longest_inches > limits.max_paper_inches:
        raise PaperTooLarge(
            f"page {number} is {longest_inches:,.0f} inches long or wide, the limit is {limits.max_paper_inches:.0f}"
        )
    if min(width, height) * _PDF_DPI / 72 < _SMALLEST_SIDE:
        raise PageTooSmall(f"page {number} is {width:.0f} x {height:.0f} points, too small for a form")
    return (height, width) if turned else (width, height)


def _render_pdf_page(content: bytes, number: int, dpi: int, limits: DecodeLimits) -> Image.Image:
    import pdf2image
    import pdf2image.exceptions

    try:
        images = pdf2image.convert_from_bytes(
            content, dpi=dpi, first_page=number, last_page=number, grayscale=True, use_cropbox=True,
            timeout=limits.seconds,
        )  # fmt: skip
    except pdf2image.exceptions.PDFPopplerTimeoutError as error:
        raise DecoderTimedOut(f"drawing page {number} takes longer than {limits.seconds} s") from error
    except (OSError, ValueError, pdf2image.exceptions.PDFPageCountError) as error:
        raise DamagedFile(f"page {number} of the PDF cannot be drawn") from error
    if len(images) != 1:
        raise DamagedFile(f"page {number} of the PDF draws nothing")
    return images[0]


# -- other pictures -----


def _decode_picture(content: bytes, limits: DecodeLimits) -> Iterator[dict[str, object]]:
    try:
        image = Image.open(io.BytesIO(content), formats=list(_PICTURE_KINDS))
    except Image.DecompressionBombError as error:
        raise PageTooLarge(f"it has more than the limit of {limits.max_pixels:,} pixels") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise NotAnImage("its content is no TIFF, PDF, PNG or JPEG") from error
    with image:
        kind = _PICTURE_KINDS[image.format or "PNG"]
        promised = image.size
        if promised[0] * promised[1] > limits.max_pixels:
            raise PageTooLarge(f"it has {promised[0]:,} x {promised[1]:,} pixels, the limit is {limits.max_pixels:,}")
        try:
            image.load()
        except (OSError, SyntaxError, ValueError) as error:
            raise TruncatedFile(f"it is {kind} whose picture ends early or is broken") from error
        if image.size != promised:
            raise RasterMismatch(f"it decodes to {image.size}, but its header says {promised}")
        yield _hand_over(image, 1, _picture_dpi(image), {})


def _picture_dpi(image: Image.Image) -> tuple[float, float] | None:
    dpi = image.info.get("dpi")
    if not (isinstance(dpi, tuple) and len(dpi) == 2):
        return None
    across, down = float(dpi[0]), float(dpi[1])
    return (across, down) if across > 1 and down > 1 else None


# -- handing over -----


def _hand_over(
    image: Image.Image, number: int, dpi: tuple[float, float] | None, more: dict[str, object]
) -> dict[str, object]:
    """Writes the picture as raw rows (mode "1": eight pixels a byte, 1 is white; mode "L": one byte a pixel)."""
    if min(image.size) < _SMALLEST_SIDE:
        raise PageTooSmall(f"page {number} has {image.width} x {image.height} pixels, too few for a form")
    plain = image if image.mode in ("1", "L") else _flattened(image)
    Path(f"page{number}.raw").write_bytes(plain.tobytes())
    return {"mode": plain.mode, "width": plain.width, "height": plain.height, "dpi": dpi, **more}


def _flattened(image: Image.Image) -> Image.Image:
    """Grey on white paper: transparent parts of a PNG are paper, not ink. 16-bit greys keep their upper byte."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L")
    if "A" in image.getbands() or "transparency" in image.info:
        coloured = image.convert("RGBA")
        paper = Image.new("RGBA", coloured.size, "white")
        return Image.alpha_composite(paper, coloured).convert("L")
    return image.convert("L")


if __name__ == "__main__":
    sys.exit(main())
