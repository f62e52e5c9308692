"""The printed lines of a blank with their places and the gaps between their words, from the PDF itself."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

from core.readings import Box

_XHTML_NAMESPACE = ' xmlns="http://www.w3.org/1999/xhtml"'


@dataclass(frozen=True, slots=True)
class PrintedWord:
    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """One line of print. Boxes are fractions of the page, words from left to right."""

    words: tuple[PrintedWord, ...]
    box: Box

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


@lru_cache(maxsize=64)
def printed_lines(pdf: Path, number: int) -> tuple[PrintedLine, ...]:
    """The lines of page `number` (1-based), as poppler's `pdftotext` finds them."""
    page = str(number)
    command = ["pdftotext", "-bbox-layout", "-f", page, "-l", page, str(pdf), "-"]
    xhtml = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    sheet = ElementTree.fromstring(re.sub(_XHTML_NAMESPACE, "", xhtml, count=1)).find(".//page")  # noqa: S314 - our PDF
    if sheet is None:
        return ()
    size = float(sheet.attrib["width"]), float(sheet.attrib["height"])
    return tuple(
        PrintedLine(
            tuple(PrintedWord(word.text or "", _box(word, size)) for word in line.iter("word")), _box(line, size)
        )
        for line in sheet.iter("line")
    )


def _box(element: ElementTree.Element, size: tuple[float, float]) -> Box:
    x0, y0, x1, y1 = (float(element.attrib[edge]) for edge in ("xMin", "yMin", "xMax", "yMax"))
    return Box(x0 / size[0], y0 / size[1], x1 / size[0], y1 / size[1])
