"""The headers of a TIFF file, read without decoding a pixel; it refuses to know what the pictures show.

A TIFF is a chain of directories (one per page), each naming where its picture's bytes lie. Whoever follows the chain
knows before any decoder runs how many pages and pixels there are, and whether a byte that the file promises is missing:
a TIFF is formally valid after its first page, so a decoder would take the rest of a broken file for a shorter fax.

Source: TIFF 6.0 (Adobe 1992), RFC 2301 (fax profiles), the libtiff list of private fax tags.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from extractors.failures import DamagedFile, KindNotTaken, NotAnImage, PageTooLarge, TooManyPages, TruncatedFile

IMAGE_WIDTH, IMAGE_LENGTH, BITS_PER_SAMPLE, COMPRESSION = 256, 257, 258, 259
PHOTOMETRIC, FILL_ORDER = 262, 266
STRIP_OFFSETS, SAMPLES_PER_PIXEL, ROWS_PER_STRIP, STRIP_BYTE_COUNTS = 273, 277, 278, 279
X_RESOLUTION, Y_RESOLUTION, T4_OPTIONS, RESOLUTION_UNIT, PAGE_NUMBER = 282, 283, 292, 296, 297
SOFTWARE, DATE_TIME = 305, 306
TILE_OFFSETS, TILE_BYTE_COUNTS = 324, 325
BAD_FAX_LINES, CLEAN_FAX_DATA, CONSECUTIVE_BAD_FAX_LINES = 326, 327, 328
FAX_RECV_PARAMS, FAX_SUB_ADDRESS, FAX_RECV_TIME = 34908, 34909, 34910

HUFFMAN, GROUP_3, GROUP_4 = 2, 3, 4
CENTIMETRE = 3

Value = int | float | str | tuple[int, ...]

_KEPT = frozenset(
    {IMAGE_WIDTH, IMAGE_LENGTH, BITS_PER_SAMPLE, COMPRESSION, PHOTOMETRIC, FILL_ORDER, SAMPLES_PER_PIXEL}
    | {
        ROWS_PER_STRIP,
        STRIP_OFFSETS,
        STRIP_BYTE_COUNTS,
        TILE_OFFSETS,
        TILE_BYTE_COUNTS,
        T4_OPTIONS,
        PAGE_NUMBER,
        RESOLUTION_UNIT,
    }
    | {X_RESOLUTION, Y_RESOLUTION, SOFTWARE, DATE_TIME, BAD_FAX_LINES, CLEAN_FAX_DATA, CONSECUTIVE_BAD_FAX_LINES}
    | {FAX_RECV_PARAMS, FAX_SUB_ADDRESS, FAX_RECV_TIME}
)
_REQUIRED = (IMAGE_WIDTH, IMAGE_LENGTH)
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_INTEGERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I"}
_MOST_VALUES = 200_000
"""More numbers than any strip table of a page within the limits can hold."""


@dataclass(frozen=True, slots=True)
class TiffPage:
    """One directory. `strips` are (offset, length) of the coded picture in the file, in order; tags by number."""

    width: int
    height: int
    strips: tuple[tuple[int, int], ...]
    tags: Mapping[int, Value]

    @property
    def compression(self) -> int:
        return _int_of(self.tags, COMPRESSION, 1)

    def option(self, tag: int) -> int:
        """A whole number among the tags; 0 where it is absent."""
        return _int_of(self.tags, tag, 0)

    @property
    def dpi(self) -> tuple[float, float] | None:
        """Pixels an inch across and down; None where the file does not say."""
        across, down = self.tags.get(X_RESOLUTION), self.tags.get(Y_RESOLUTION)
        unit = _int_of(self.tags, RESOLUTION_UNIT, 2)
        if not isinstance(across, float) or not isinstance(down, float) or across <= 0 or down <= 0 or unit == 1:
            return None
        factor = 2.54 if unit == CENTIMETRE else 1.0
        return across * factor, down * factor


def is_tiff(head: bytes) -> bool:
    """Whether the first bytes are those of a TIFF (classic or big)."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read_tiff_headers(content: bytes, max_pages: int, max_pixels: int) -> tuple[TiffPage, ...]:
    """Every page's header, in file order.

    Raises NotAnImage, KindNotTaken (BigTIFF, no strips), TruncatedFile (a promised byte lies past the end),
    DamagedFile (a loop, a page without size), TooManyPages, PageTooLarge.
    """
    if not is_tiff(content[:4]):
        raise NotAnImage("its content is no TIFF")
    if content[2:4] in (b"+\0", b"\0+"):
        raise KindNotTaken("it is a BigTIFF, which no fax server writes")
    order = "<" if content[:2] == b"II" else ">"
    pages: list[TiffPage] = []
    seen: set[int] = set()
    offset = int(_unpack(content, f"{order}I", 4)[0])
    if offset == 0:
        raise TruncatedFile("its header names no first page")
    while offset:
        if offset in seen:
            raise DamagedFile(f"its pages run in a circle after page {len(pages)}")
        if len(pages) >= max_pages:
            raise TooManyPages(f"it has more than {max_pages} pages, the limit")
        seen.add(offset)
        page, offset = _read_directory(content, order, offset, len(pages) + 1)
        _check_size(page, len(pages) + 1, max_pixels)
        pages.append(page)
    return tuple(pages)


def _check_size(page: TiffPage, number: int, max_pixels: int) -> None:
    if page.width * page.height > max_pixels:
        raise PageTooLarge(
            f"page {number} is {page.width} x {page.height} pixels, more than the limit of {max_pixels:,}"
        )


def _read_directory(content: bytes, order: str, offset: int, number: int) -> tuple[TiffPage, int]:
    """The directory at `offset` and the offset of the next one (0 after the last)."""
    (count,) = _unpack(content, f"{order}H", offset)
    tags: dict[int, Value] = {}
    for index in range(count):
        at = offset + 2 + 12 * index
        tag, kind, values = _unpack(content, f"{order}HHI", at)
        if tag in _KEPT and kind in _TYPE_BYTES and values:
            tags[tag] = _read_value(content, order, at, kind, values)
    (following,) = _unpack(content, f"{order}I", offset + 2 + 12 * count)
    for required in _REQUIRED:
        if _int_of(tags, required, 0) <= 0:
            raise DamagedFile(f"page {number} does not say how large it is")
    strips = _strips_of(tags, number)
    for start, length in strips:
        if start + length > len(content):
            raise TruncatedFile(
                f"page {number} needs bytes up to {start + length:,}, but the file ends at {len(content):,}"
            )
    page = TiffPage(_int_of(tags, IMAGE_WIDTH, 0), _int_of(tags, IMAGE_LENGTH, 0), strips, tags)
    return page, int(following)


def _strips_of(tags: Mapping[int, Value], number: int) -> tuple[tuple[int, int], ...]:
    offsets = _ints_of(tags, STRIP_OFFSETS) or _ints_of(tags, TILE_OFFSETS)
    lengths = _ints_of(tags, STRIP_BYTE_COUNTS) or _ints_of(tags, TILE_BYTE_COUNTS)
    if not offsets or len(offsets) != len(lengths):
        raise DamagedFile(f"page {number} does not say where its picture lies")
    if any(start == 0 or length == 0 for start, length in zip(offsets, lengths, strict=True)):
        raise TruncatedFile(f"page {number} was begun but its picture was never written")
    return tuple(zip(offsets, lengths, strict=True))


def _read_value(content: bytes, order: str, at: int, kind: int, values: int) -> Value:
    if values > _MOST_VALUES:
        raise DamagedFile(f"a tag of it claims {values:,} values")
    length = _TYPE_BYTES[kind] * values
    start = at + 8 if length <= 4 else int(_unpack(content, f"{order}I", at + 8)[0])
    if start + length > len(content):
        raise TruncatedFile(f"a header needs bytes up to {start + length:,}, but the file ends at {len(content):,}")
    piece = content[start : start + length]
    if kind == 2:
        return piece.split(b"\0", 1)[0].decode("latin-1")
    if kind in (5, 10):
        above, below = struct.unpack(f"{order}{'II' if kind == 5 else 'ii'}", piece[:8])
        return above / below if below else 0.0
    if kind in (11, 12):
        return float(struct.unpack(f"{order}{'f' if kind == 11 else 'd'}", piece[: _TYPE_BYTES[kind]])[0])
    if kind not in _INTEGERS:
        return 0
    numbers = struct.unpack(f"{order}{values}{_INTEGERS[kind]}", piece)
    return int(numbers[0]) if values == 1 else tuple(int(n) for n in numbers)


def _unpack(content: bytes, form: str, offset: int) -> tuple[int, ...]:
    if offset + struct.calcsize(form) > len(content):
        raise TruncatedFile(f"a header lies at byte {offset:,}, but the file ends at {len(content):,}")
    return struct.unpack_from(form, content, offset)


def _ints_of(tags: Mapping[int, Value], tag: int) -> tuple[int, ...]:
    value = tags.get(tag)
    if isinstance(value, tuple):
        return value
    return (value,) if isinstance(value, int) else ()


def _int_of(tags: Mapping[int, Value], tag: int, default: int) -> int:
    numbers = _ints_of(tags, tag)
    return numbers[0] if numbers else default
