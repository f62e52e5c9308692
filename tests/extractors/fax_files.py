"""Makes fax files byte by byte for tests: whole ones, broken ones and bombs."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw
from pypdf import PdfWriter

LETTER_AT_98 = (1728, 1078)
ALL_WHITE_G4_LINE_BITS = b"\xff"
"""In Group 4 one bit says: this line is as the one above. A byte of ones is eight white lines."""

_SHORT, _LONG, _RATIONAL, _ASCII = 3, 4, 5, 2


def page_image(size: tuple[int, int] = LETTER_AT_98, words: str = "a page") -> Image.Image:
    """A page with something on it: a frame, a few rules and words."""
    image = Image.new("1", size, 1)
    draw = ImageDraw.Draw(image)
    draw.rectangle((40, 40, size[0] - 40, size[1] - 40), outline=0, width=3)
    for y in range(80, size[1] - 80, 60):
        draw.text((80, y), f"{words} {y}", fill=0)
        draw.line((300, y, size[0] - 100, y), fill=0, width=2)
    return image


def tiff_of(images: Sequence[Image.Image], compression: str = "group4", dpi: tuple[int, int] = (204, 98)) -> bytes:
    buffer = io.BytesIO()
    first, *others = images
    first.save(buffer, "TIFF", compression=compression, dpi=dpi, save_all=True, append_images=others)
    return buffer.getvalue()


def tiff_by_hand(
    pages: int, size: tuple[int, int], strip: bytes, more: Mapping[int, tuple[int, int]] | None = None
) -> bytes:
    """A Group 4 TIFF whose pages all share one strip; `more` are further (type, value of four bytes) by tag."""
    width, height = size
    tags: dict[int, tuple[int, int]] = {
        256: (_LONG, width), 257: (_LONG, height), 258: (_SHORT, 1), 259: (_SHORT, 4), 262: (_SHORT, 0),
        273: (_LONG, 8), 277: (_SHORT, 1), 278: (_LONG, height), 279: (_LONG, len(strip)), **(more or {}),
    }  # fmt: skip
    content = struct.pack("<2sHI", b"II", 42, 8 + len(strip)) + strip
    for number in range(1, pages + 1):
        following = len(content) + 2 + 12 * len(tags) + 4 if number < pages else 0
        content += struct.pack("<H", len(tags))
        for tag, (kind, value) in sorted(tags.items()):
            content += struct.pack("<HHII", tag, kind, 2 if tag == 297 else 1, value)
        content += struct.pack("<I", following)
    return content


def pdf_of(width_points: float = 612, height_points: float = 792, pages: int = 1, password: str = "") -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width_points, height_points)
    if password:
        writer.encrypt(password)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def picture_bytes(kind: str, size: tuple[int, int] = (850, 1100), mode: str = "L") -> bytes:
    buffer = io.BytesIO()
    page_image(size).convert(mode).save(buffer, kind)
    return buffer.getvalue()


def noisy(content: bytes, at: int, length: int, seed: int = 1) -> bytes:
    """`content` with `length` random bytes at `at`: what a click on the line leaves of a page."""
    noise = np.random.default_rng(seed).integers(0, 256, length, dtype=np.uint8).tobytes()
    return content[:at] + noise + content[at + length :]
