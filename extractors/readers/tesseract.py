"""Tesseract through pytesseract: the reader that is always there. All lines of one alphabet go in one call.

A multi-page TIFF in memory-backed temporary storage carries the lines, page segmentation mode 7 takes each page as one
line, the TSV that comes back is told apart by its page numbers. Measured on 32 cells: 0.25 s in one call, 6 s as one
call a cell.
"""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytesseract
from PIL import Image

from extractors.readers.alphabets import ALPHABETS, WORDS, WORDY
from extractors.readers.line_image import scaled_to_height
from extractors.readers.reader import NOTHING_READ, Crop, ReaderResult, Writing

_INK_HEIGHT = 32
_MARGIN = 8
_SOFTNESS = 0.7
"""Together 100 % of typed and 36 % of handwritten development cells exact; at 48 pixels high 96 and 31 %."""
_SECONDS_ALLOWED = 120


class TesseractReader:
    """Lines of figures are read in one call with their characters alone, wordy ones in a second one with all."""

    name = "tesseract"

    def __init__(self) -> None:
        self.version = str(pytesseract.get_tesseract_version())

    def reads(self, writing: Writing) -> bool:
        """Words. Beside the two networks it brought nothing to figures and dates (docs/decisions/0054)."""
        return writing in WORDS

    def read(self, crops: Sequence[Crop]) -> Sequence[ReaderResult]:
        results = [NOTHING_READ] * len(crops)
        for wordy in (False, True):
            places = [place for place, crop in enumerate(crops) if (crop.writing in WORDY) is wordy]
            if not places:
                continue
            whitelist = "" if wordy else "".join(sorted({c for i in places for c in ALPHABETS[crops[i].writing]}))
            found = _read_lines([crops[place] for place in places], whitelist)
            for page, place in enumerate(places, start=1):
                results[place] = found.get(page, NOTHING_READ)
        return results


def _read_lines(crops: Sequence[Crop], whitelist: str) -> Mapping[int, ReaderResult]:
    """The result of each line by its 1-based place; a line without a word is absent."""
    with tempfile.TemporaryDirectory(prefix="tenderfax-") as folder:
        path = Path(folder) / "lines.tif"
        first, *others = (
            Image.fromarray(scaled_to_height(crop.picture, _INK_HEIGHT, _MARGIN, softness=_SOFTNESS)) for crop in crops
        )
        first.save(path, save_all=True, append_images=others)
        table = pytesseract.image_to_data(
            str(path), config=_config(whitelist), output_type=pytesseract.Output.DICT, timeout=_SECONDS_ALLOWED
        )
    words: dict[int, list[tuple[str, float]]] = {}
    for page, text, confidence in zip(table["page_num"], table["text"], table["conf"], strict=True):
        if float(confidence) >= 0 and str(text).strip():
            words.setdefault(int(page), []).append((str(text).strip(), float(confidence) / 100))
    return {page: _result(line) for page, line in words.items()}


def _result(words: Sequence[tuple[str, float]]) -> ReaderResult:
    text = " ".join(word for word, _ in words)
    return ReaderResult(text, min(confidence for _, confidence in words), text)


def _config(whitelist: str) -> str:
    options = ["--psm", "7", "--dpi", "200", "-c", "tessedit_do_invert=0"]
    if whitelist:
        options += ["-c", f"tessedit_char_whitelist={whitelist}"]
    return shlex.join(options)
