"""How much a PDF page would have poppler draw, told before it draws: a few bytes can order a thousand million strokes.

A page names forms and pictures that name others in turn, each as often as it likes. What is counted is what the drawing
would go through: bytes of instructions and pixels of pictures, every time anew. It refuses to know what is drawn.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pypdf.errors

from extractors.failures import DamagedFile, PageTooLarge

_MOST_INSTRUCTIONS = 32 * 2**20
"""Bytes. A page of a scan has a hundred of them, one of an office program some tens of thousands."""
_PICTURES_A_PAGE = 4
"""How many pictures of the largest size a page may show: scanners put a page together from a few layers."""
_DRAWN = re.compile(rb"/([^\s/<>\[\](){}%]+)\s+Do\b")
_DEEPEST = 50


@dataclass
class _Weight:
    """What one drawing of a form or page costs."""

    instructions: int
    pixels: int


@dataclass
class PageScales:
    """Weighs the pages of one PDF; a form that many pages share is weighed once."""

    max_pixels: int
    _known: dict[int, _Weight] = field(default_factory=dict)

    def check(self, page: Any, number: int) -> None:
        """Raises PageTooLarge for a page that would draw too much, DamagedFile for one whose forms draw themselves."""
        try:
            contents = page.get_contents()
            weight = self._of(contents.get_data() if contents is not None else b"", page.get("/Resources"), ())
        except pypdf.errors.LimitReachedError as error:
            raise PageTooLarge(f"the instructions of page {number} unpack to more than any page needs") from error
        if weight.instructions > _MOST_INSTRUCTIONS:
            raise PageTooLarge(
                f"page {number} draws {weight.instructions // 2**20:,} MB of instructions, "
                f"the limit is {_MOST_INSTRUCTIONS // 2**20}"
            )
        if weight.pixels > _PICTURES_A_PAGE * self.max_pixels:
            raise PageTooLarge(
                f"page {number} draws pictures of {weight.pixels:,} pixels, "
                f"the limit is {_PICTURES_A_PAGE * self.max_pixels:,}"
            )

    def _of(self, content: bytes, resources: Any, above: tuple[int, ...]) -> _Weight:
        weight = _Weight(len(content), 0)
        objects = _dictionary(_dictionary(resources).get("/XObject"))
        for name, times in Counter(_DRAWN.findall(content)).items():
            drawn = objects.get(f"/{name.decode('latin-1')}")
            if drawn is None:
                continue
            one = self._of_object(drawn.get_object(), resources, above)
            weight.instructions += times * one.instructions
            weight.pixels += times * one.pixels
        return weight

    def _of_object(self, drawn: Any, resources: Any, above: tuple[int, ...]) -> _Weight:
        if drawn.get("/Subtype") == "/Image":
            return _Weight(0, abs(int(drawn.get("/Width", 0))) * abs(int(drawn.get("/Height", 0))))
        if id(drawn) in above or len(above) > _DEEPEST:
            raise DamagedFile("it is a PDF whose forms draw each other without end")
        if id(drawn) not in self._known:
            # A form without resources of its own uses those of whoever draws it.
            own = drawn.get("/Resources") or resources
            self._known[id(drawn)] = self._of(drawn.get_data(), own, (*above, id(drawn)))
        return self._known[id(drawn)]


def _dictionary(value: Any) -> Mapping[str, Any]:
    """What a reference or a dictionary holds; {} for anything else, which poppler would pass over too."""
    found = value.get_object() if hasattr(value, "get_object") else value
    return found if isinstance(found, Mapping) else {}
