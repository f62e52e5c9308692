"""The page of the demo: each fax's pages with their zones, the crops, the readings and the findings beside them.

It is written into a folder of its own (index.html, pictures, fonts) and asks nothing of anybody when it is opened.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from core.findings import Finding, Resolution, Severity
from core.holders import Holder, OptionLedger
from core.judgements import Judgement
from core.readings import Box, Mark
from core.submissions import Submission
from core.transmissions import PageReading, Transmission
from reports.paper_against_ledger import FieldLine, FieldState, field_lines

_ASSETS = Path(__file__).parent / "assets"
_CROP_MARGIN = 0.004
"""Fraction of the page kept around a zone, so that an overshooting stroke is seen."""

SYMBOLS: Mapping[FieldState, str] = {
    FieldState.AGREES: "✓",
    FieldState.DIFFERS: "≠",
    FieldState.DOUBTFUL: "?",
    FieldState.BLANK: "▢",
    FieldState.ILLEGIBLE: "▨",
    FieldState.NOT_COMPARED: "–",
}


@dataclass(frozen=True, slots=True)
class ShownFax:
    """One fax of the demo. `pictures` maps a page's number to its picture: laid onto the blank where there is one.

    `refusal` says why a file gave no submission; it is in quarantine then, and `transmission` has no pages.
    """

    transmission: Transmission
    judgements: Mapping[str, Judgement]
    passed: frozenset[str]
    """The submissions that went straight through."""
    pictures: Mapping[int, Path]
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class _ShownPage:
    reading: PageReading
    image: str
    zones: tuple[FieldLine, ...]


@dataclass(frozen=True, slots=True)
class _ShownForm:
    submission: Submission
    judgement: Judgement
    holder: Holder | None
    passed: bool
    lines: tuple[FieldLine, ...]
    crops: Mapping[str, str]
    findings: tuple[Finding, ...]
    """Open ones first, heaviest first; those of doubtful boxes are shown as one (`doubtful`)."""
    doubtful: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Section:
    anchor: str
    fax: ShownFax
    pages: tuple[_ShownPage, ...]
    forms: tuple[_ShownForm, ...]


def write_demo_page(folder: Path, faxes: Sequence[ShownFax], ledger: OptionLedger) -> Path:
    """Write `index.html` and what it shows into `folder`; returns the page's path."""
    images = folder / "img"
    images.mkdir(parents=True, exist_ok=True)
    shutil.copytree(_ASSETS / "fonts", folder / "fonts", dirs_exist_ok=True)
    sections = [_section(number, fax, images, ledger) for number, fax in enumerate(faxes, 1)]
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(symbols=SYMBOLS, style=(_ASSETS / "demo.css").read_text("utf-8"))
    page = folder / "index.html"
    page.write_text(
        environment.get_template("demo.html").render(
            sections=sections, forms=[form for section in sections for form in section.forms]
        ),
        "utf-8",
    )
    return page


def _section(number: int, fax: ShownFax, images: Path, ledger: OptionLedger) -> _Section:
    anchor = f"fax-{number:03d}"
    lines_of_page: dict[int, list[FieldLine]] = {}
    forms = []
    pictures = {page: Image.open(path).convert("L") for page, path in fax.pictures.items()}
    for submission in fax.transmission.submissions:
        judgement = fax.judgements[submission.id]
        holder = ledger.holder(judgement.holder_id) if judgement.holder_id else None
        lines = field_lines(submission, holder, ledger)
        for line in lines:
            lines_of_page.setdefault(line.reading.page, []).append(line)
        crops = {
            line.reading.key: _write_crop(pictures[line.reading.page], line.reading.box, images, f"{anchor}-{index}")
            for index, line in enumerate(lines)
            if line.reading.mark is not Mark.BLANK and line.reading.page in pictures and line.reading.key != "tax_id"
        }
        findings = sorted(judgement.findings, key=_weight)
        doubtful = tuple(finding for finding in findings if finding.code == "OCR_LOW_CONFIDENCE")
        forms.append(
            _ShownForm(
                submission,
                judgement,
                holder,
                submission.id in fax.passed,
                lines,
                crops,
                tuple(finding for finding in findings if finding not in doubtful),
                doubtful,
            )
        )
    pages = tuple(
        _ShownPage(
            reading,
            _write_page(
                pictures[reading.number], lines_of_page.get(reading.number, ()), images, f"{anchor}-p{reading.number}"
            ),
            tuple(line for line in lines_of_page.get(reading.number, ()) if line.reading.mark is not Mark.BLANK),
        )
        for reading in fax.transmission.pages
        if reading.number in pictures
    )
    return _Section(anchor, fax, pages, tuple(forms))


def _weight(finding: Finding) -> tuple[bool, int, str, str]:
    order = (Severity.FATAL, Severity.CURABLE, Severity.REVIEW, Severity.NOTE)
    return finding.resolution is not Resolution.OPEN, order.index(finding.severity), finding.target, finding.code


def _write_crop(page: Image.Image, box: Box, images: Path, name: str) -> str:
    width, height = page.size
    crop = page.crop(
        (
            max(0, int((box.x0 - _CROP_MARGIN) * width)),
            max(0, int((box.y0 - _CROP_MARGIN) * height)),
            min(width, int((box.x1 + _CROP_MARGIN) * width)),
            min(height, int((box.y1 + _CROP_MARGIN) * height)),
        )
    )
    path = images / f"{name}.png"
    crop.save(path, optimize=True)
    return f"img/{path.name}"


def _write_page(page: Image.Image, lines: Sequence[FieldLine], images: Path, name: str) -> str:
    """The page's picture, the tax id painted over: a picture tells it as plainly as text (rulebook 7)."""
    shown = page.copy()
    for line in lines:
        if line.reading.key == "tax_id" and line.reading.mark is not Mark.BLANK:
            box = line.reading.box
            width, height = shown.size
            shown.paste(128, (int(box.x0 * width), int(box.y0 * height), int(box.x1 * width), int(box.y1 * height)))
    shown.thumbnail((1100, 1450))
    path = images / f"{name}.png"
    shown.quantize(16).save(path, optimize=True)
    return f"img/{path.name}"
