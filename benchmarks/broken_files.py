"""Files that no fax server should write, made from good samples by rule and seed; it refuses to know who reads them."""

from __future__ import annotations

import io
import random
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import TiffImagePlugin
from pypdf import PdfWriter

from extractors.tiff_header import T4_OPTIONS, read_tiff_headers

SAMPLES = Path(__file__).parents[1] / "sample_faxes"
GOOD_FAXES = ("02_clean_typed", "01_june_edition")
"""Samples that go straight through when they are whole: only there can damage pass unseen."""
_COARSE_SAMPLE = "15_standard_resolution"
_PDF_SAMPLE = "14_pdf"
_DAMAGED_BYTES = 40
_MANY_PAGES, _MANY_PIXELS = 60, 40_000_000


@dataclass(frozen=True, slots=True)
class BrokenFile:
    """A file made from the sample `original`, in words."""

    name: str
    original: str
    content: bytes


def good_fax(name: str) -> bytes:
    return next(SAMPLES.glob(f"{name}.[tp][id]f")).read_bytes()


# -- the same picture in every coding that fax servers write -----


def in_coding(content: bytes, coding: str) -> bytes:
    """The pages of a TIFF coded anew: "g4", "g3", "g3 2-D" or "g4 in strips" (128 lines each)."""
    group = "group4" if coding.startswith("g4") else "group3"
    buffer = io.BytesIO()
    with TiffImagePlugin.TiffImageFile(io.BytesIO(content)) as image:
        frames, tags = [], []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            kept = {tag: image.tag_v2[tag] for tag in (282, 283, 296) if tag in image.tag_v2}
            rows = 128 if coding.endswith("strips") else image.height
            more = {T4_OPTIONS: 1} if coding == "g3 2-D" else {}
            frames.append(image.copy())
            tags.append({**kept, 278: rows, **more})
    for frame, info in zip(frames, tags, strict=True):
        frame.encoderinfo = {"tiffinfo": info}
    frames[0].save(
        buffer, "TIFF", compression=group, save_all=True, append_images=frames[1:], tiffinfo=tags[0],
        strip_size=128 * 1728 // 8 if coding.endswith("strips") else 1 << 30,
    )  # fmt: skip
    return buffer.getvalue()


CODINGS = ("g4", "g3", "g3 2-D", "g4 in strips")


# -- what a bad line and a full disk leave -----


def truncated(places: int = 99) -> Iterator[BrokenFile]:
    """A two-page TIFF of each coding and a PDF, cut at every hundredth of its length."""
    tiff = good_fax(GOOD_FAXES[0])
    whole = {coding: in_coding(tiff, coding) for coding in CODINGS} | {"pdf": good_fax(_PDF_SAMPLE)}
    for kind, content in whole.items():
        original = _PDF_SAMPLE if kind == "pdf" else GOOD_FAXES[0]
        for place in range(1, places + 1):
            cut = len(content) * place // (places + 1)
            yield BrokenFile(f"{kind} cut at {place}/{places + 1}", original, content[:cut])


def damaged(count: int, seed: int = 1) -> Iterator[BrokenFile]:
    """Good faxes in turn, each coding in turn, with 40 random bytes somewhere within a strip."""
    chance = random.Random(seed)
    for number in range(count):
        original = GOOD_FAXES[number % len(GOOD_FAXES)]
        coding = CODINGS[number // len(GOOD_FAXES) % len(CODINGS)]
        content = in_coding(good_fax(original), coding)
        strips = [strip for page in read_tiff_headers(content, _MANY_PAGES, _MANY_PIXELS) for strip in page.strips]
        start, length = chance.choices(strips, [length for _, length in strips])[0]
        at = start + chance.randrange(max(1, length - _DAMAGED_BYTES))
        noise = chance.randbytes(min(_DAMAGED_BYTES, length))
        broken = content[:at] + noise + content[at + len(noise) :]
        yield BrokenFile(f"{original} {coding}, damage {number}", original, broken)


# -- bombs -----


def bombs() -> Iterator[BrokenFile]:
    """Small files that would grow: each must be refused by its word, not by its weight."""
    line = b"\xff"  # in Group 4 a one-bit says: as the line above; eight white lines a byte
    makers: dict[str, Callable[[], bytes]] = {
        "400 megapixels in 25 kB of G4": lambda: _tiff(1, (20_000, 20_000), line * 25_000),
        "2,000 pages of TIFF": lambda: _tiff(2_000, (1728, 1078), line * 200),
        "50 pages of 38 megapixels on one strip": lambda: _tiff(50, (6_200, 6_200), line * 800),
        "a page a million pixels long": lambda: _tiff(1, (32, 1_000_000), line * 125_000),
        "a strip table of four thousand million": lambda: _tiff(1, (1728, 1078), line * 200, {273: (4, 8, 2**32 - 1)}),
        "a PDF 200 inches wide": lambda: _pdf(_page(200 * 72, 792)),
        "a PDF page of 12 bytes": lambda: _pdf(_page(1, 1)),
        "a PDF that claims a million pages": lambda: _pdf(_page(612, 792), count=1_000_000),
        "a PDF whose page tree is its own child": lambda: _pdf(_page(612, 792), kids="2 0 R"),
        "a PDF whose page draws a thousand million forms": _pdf_of_forms_in_forms,
        "a PDF whose content unpacks to a gigabyte": lambda: _pdf(_page(612, 792), _flate_bomb(2**30)),
        "a PDF picture of 100,000 x 100,000": _pdf_of_large_picture,
        "an encrypted PDF": _encrypted_pdf,
        "a PNG of 400 megapixels": lambda: _png(20_000, 20_000),
        "a PNG whose text unpacks to a gigabyte": _png_with_text_bomb,
        "a GIF of 65,535 x 65,535": lambda: (
            b"GIF89a\xff\xff\xff\xff\x80\0\0" + b"\0" * 6 + b",\0\0\0\0\xff\xff\xff\xff\0"
        ),
        "text renamed .tif": lambda: b"Please find my form attached.\n" * 40,
        "no bytes": lambda: b"",
    }
    for name, make in makers.items():
        yield BrokenFile(name, "", make())


def _tiff(
    pages: int, size: tuple[int, int], strip: bytes, more: dict[int, tuple[int, int, int]] | None = None
) -> bytes:
    """A Group 4 TIFF whose pages share one strip; `more` are (type, value, count) by tag."""
    width, height = size
    tags = {
        256: (4, width, 1), 257: (4, height, 1), 258: (3, 1, 1), 259: (3, 4, 1), 262: (3, 0, 1),
        273: (4, 8, 1), 277: (3, 1, 1), 278: (4, height, 1), 279: (4, len(strip), 1), **(more or {}),
    }  # fmt: skip
    parts = [struct.pack("<2sHI", b"II", 42, 8 + len(strip)), strip]
    directory_bytes = 2 + 12 * len(tags) + 4
    for number in range(1, pages + 1):
        following = 8 + len(strip) + number * directory_bytes if number < pages else 0
        entries = b"".join(struct.pack("<HHII", tag, kind, n, value) for tag, (kind, value, n) in sorted(tags.items()))
        parts += [struct.pack("<H", len(tags)), entries, struct.pack("<I", following)]
    return b"".join(parts)


def _page(width: int, height: int) -> bytes:
    return f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]/Contents 4 0 R/Resources 5 0 R>>".encode()


def _stream(content: bytes, words: str = "") -> bytes:
    return f"<</Length {len(content)}{words}>>stream\n".encode() + content + b"\nendstream"


def _pdf(
    page: bytes,
    content: bytes | None = None,
    resources: bytes = b"<<>>",
    more: tuple[bytes, ...] = (),
    *,
    count: int = 1,
    kids: str = "3 0 R",
) -> bytes:
    """A PDF of one page: objects 1 catalogue, 2 tree, 3 page, 4 content, 5 resources, then `more`."""
    tree = f"<</Type/Pages/Kids[{kids}]/Count {count}>>".encode()
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", tree, page, content or _stream(b""), resources, *more]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    out += f"trailer<</Size {len(places) + 1}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(out)


def _pdf_of_forms_in_forms() -> bytes:
    """Nine forms, each drawing the next ten times: 10^9 strokes in two kilobytes."""
    forms = []
    for depth in range(9):
        inner = 7 + depth
        words = f"/Type/XObject/Subtype/Form/BBox[0 0 612 792]/Resources<</XObject<</F {inner} 0 R>>>>"
        forms.append(_stream(b"/F Do " * 10, words))
    last = _stream(b"0 0 612 792 re f", "/Type/XObject/Subtype/Form/BBox[0 0 612 792]")
    return _pdf(_page(612, 792), _stream(b"/F Do"), b"<</XObject<</F 6 0 R>>>>", (*forms, last))


def _flate_bomb(size: int) -> bytes:
    packer = zlib.compressobj(9)
    chunk = b"0 0 m 9 9 l S \n" * 65_536
    packed = b"".join(packer.compress(chunk) for _ in range(size // len(chunk))) + packer.flush()
    return _stream(packed, "/Filter/FlateDecode")


def _pdf_of_large_picture() -> bytes:
    words = (
        "/Type/XObject/Subtype/Image/Width 100000/Height 100000/BitsPerComponent 8/ColorSpace/DeviceRGB"
        "/Filter/FlateDecode"
    )
    picture = _stream(zlib.compress(b"\0" * 2**20), words)
    return _pdf(_page(612, 792), _stream(b"612 0 0 792 0 0 cm /I Do"), b"<</XObject<</I 6 0 R>>>>", (picture,))


def _encrypted_pdf() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(612, 792)
    writer.encrypt("secret")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def _gif_of_the_largest_size() -> bytes:
    return b"GIF89a\xff\xff\xff\xff\x80\0\0" + b"\0" * 6 + b",\0\0\0\0\xff\xff\xff\xff\0"


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width: int, height: int, *more: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * ((width // 8 + 1) * min(height, 2_000)), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + b"".join(more) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")
    )


def _png_with_text_bomb() -> bytes:
    packer = zlib.compressobj(9)
    text = b"".join(packer.compress(b"\0" * 2**20) for _ in range(1024)) + packer.flush()
    return _png(1728, 2156, _chunk(b"zTXt", b"Comment\0\0" + text))


# -- the fuzzer -----


def mutations(count: int, seed: int = 500) -> Iterator[BrokenFile]:
    """Samples changed at random where it hurts: TIFF headers, directories and strips; PDF structure and streams."""
    chance = random.Random(seed)
    tiffs = [(name, coding) for name in (GOOD_FAXES[0], _COARSE_SAMPLE) for coding in CODINGS]
    for number in range(count):
        if number % 5 < 3:
            original, coding = tiffs[number % len(tiffs)]
            content = bytearray(in_coding(good_fax(original), coding))
            change = chance.choice(_TIFF_CHANGES)
        else:
            original = _PDF_SAMPLE
            content = bytearray(good_fax(original))
            change = chance.choice(_PDF_CHANGES)
        for _ in range(chance.choice((1, 1, 2, 4))):
            change(content, chance)
        yield BrokenFile(f"{original} {change.__name__.strip('_')} {number}", original, bytes(content))


_ODD_NUMBERS = (0, 1, 2, 7, 8, 127, 255, 256, 1727, 1729, 32_767, 65_535, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1)


def _directories(content: bytearray) -> list[int]:
    """Where the directories of a little-endian TIFF begin, as far as the chain can still be followed."""
    found: list[int] = []
    offset = int.from_bytes(content[4:8], "little")
    while 8 <= offset < len(content) - 2 and offset not in found and len(found) < _MANY_PAGES:
        found.append(offset)
        end = offset + 2 + 12 * int.from_bytes(content[offset : offset + 2], "little")
        offset = int.from_bytes(content[end : end + 4], "little")
    return found


def _header_byte(content: bytearray, chance: random.Random) -> None:
    content[chance.randrange(8)] = chance.randrange(256)


def _directory_entry(content: bytearray, chance: random.Random) -> None:
    """One field (tag, type, count or value) of one entry becomes an odd number."""
    directories = _directories(content)
    if not directories:
        return
    start = chance.choice(directories)
    entries = int.from_bytes(content[start : start + 2], "little")
    at = start + 2 + 12 * chance.randrange(max(1, min(entries, 40)))
    offset, length = chance.choice(((0, 2), (2, 2), (4, 4), (8, 4), (8, 4), (8, 4)))
    number = chance.choice((*_ODD_NUMBERS, chance.randrange(2**32))) % 256**length
    if at + offset + length <= len(content):
        content[at + offset : at + offset + length] = number.to_bytes(length, "little")


def _next_directory(content: bytearray, chance: random.Random) -> None:
    directories = _directories(content)
    if directories:
        start = chance.choice(directories)
        at = start + 2 + 12 * int.from_bytes(content[start : start + 2], "little")
        target = chance.choice((*directories, chance.randrange(len(content)), 2**32 - 1))
        content[at : at + 4] = target.to_bytes(4, "little")


def _strip_bytes(content: bytearray, chance: random.Random) -> None:
    at = chance.randrange(8, len(content))
    noise = chance.randbytes(chance.choice((1, 2, 8, 64)))
    content[at : at + len(noise)] = noise


def _bytes_lost(content: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(content))
    del content[at : at + chance.choice((1, 2, 16, 512))]


def _bytes_added(content: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(content))
    content[at:at] = chance.randbytes(chance.choice((1, 2, 16, 512)))


def _bit_turned(content: bytearray, chance: random.Random) -> None:
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def _number_in_words(content: bytearray, chance: random.Random) -> None:
    """One number of the PDF's words (a box, a length, a place, an object) becomes an odd one."""
    found = list(re.finditer(rb"(?<=[\s/\[(<])-?\d+(\.\d+)?", content))
    where = chance.choice(found)
    content[where.start() : where.end()] = str(
        chance.choice((*_ODD_NUMBERS, -1, 1e9, chance.randrange(10_000)))
    ).encode()


def _name_in_words(content: bytearray, chance: random.Random) -> None:
    """One name of the PDF becomes another one that it also uses."""
    found = list(re.finditer(rb"/[A-Za-z]{2,20}", content))
    where, other = chance.choice(found), chance.choice(found)
    content[where.start() : where.end()] = bytes(other.group())


_Change = Callable[[bytearray, random.Random], None]
_ANYWHERE: tuple[_Change, ...] = (_strip_bytes, _bytes_lost, _bytes_added, _bit_turned)
_TIFF_CHANGES = (_header_byte, *[_directory_entry] * 3, _next_directory, *_ANYWHERE)
_PDF_CHANGES = (*[_number_in_words] * 3, _name_in_words, *_ANYWHERE)
