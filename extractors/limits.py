"""How much a fax may ask of us; the flows' settings fill it in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """Limits of one file (design 4). A letter page at 600 dpi has 33.7 megapixels, a fax page at 204 x 391 has 7.5,
    fifty of them 375: `max_megapixels_in_all` bounds all pages of a file together.

    `seconds` bounds the decoder's wall clock and processor time alike, `memory_bytes` its address space (poppler's
    too, each process on its own). The longest fax paper in common use is legal, 14 inches; a photographed form in a
    PDF may claim 56 inches, because a telephone's camera calls its pixels points.
    """

    max_pages: int = 50
    max_megapixels: int = 40
    max_megapixels_in_all: int = 400
    max_paper_inches: float = 60.0
    max_file_bytes: int = 64 * 1024 * 1024
    seconds: int = 60
    memory_bytes: int = 1024 * 1024 * 1024

    @property
    def max_pixels_in_all(self) -> int:
        return self.max_megapixels_in_all * 1_000_000

    @property
    def max_pixels(self) -> int:
        return self.max_megapixels * 1_000_000
