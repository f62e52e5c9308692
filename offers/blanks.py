"""Draws the blank forms of an offer from their readable sources; it refuses to know what the words mean.

`python -m offers.blanks [FORMS_FOLDER]` reads `FORMS_FOLDER/source/*.toml` and writes, for each edition of each form, a
fillable PDF and beside it the TOML that says what each of its fields is. The same source gives the same bytes.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

from core.failures import TenderfaxError

INCH = 72.0
"""Points. All lengths of this module are points, from the lower left corner, as PDF has them."""

PAGE_WIDTH, PAGE_HEIGHT = LETTER
MARGIN_SIDE = 0.85 * INCH
MARGIN_TOP = 0.7 * INCH
MARGIN_BOTTOM = 0.55 * INCH
TEXT_WIDTH = PAGE_WIDTH - 2 * MARGIN_SIDE

REGULAR, BOLD = "Tinos", "Tinos-Bold"
"""A Times of 2003 in its metrics, OFL, embedded: without it each machine would draw its own substitute for Times."""

LINE_WIDTH = 0.9
"""Thick enough to survive a standard-resolution fax (98 lines an inch)."""


class FormSourceUnusable(TenderfaxError):
    """A form's source that cannot be drawn: unknown block, missing edition, page too full."""


@dataclass(frozen=True, slots=True)
class _FieldEntry:
    """One AcroForm field as the TOML beside the PDF declares it."""

    name: str
    kind: str
    required: bool
    row: int | None = None


@dataclass
class _Sheet:
    """One page being drawn: how far down the ink has come, and the fields laid so far."""

    canvas: Canvas
    source: str
    page_class: str
    font_size: float
    words: Mapping[str, str]
    y: float = PAGE_HEIGHT - MARGIN_TOP
    fields: list[_FieldEntry] = field(default_factory=list)

    def take(self, height: float) -> float:
        """Move down by `height` and give the new y; a page that overflows is an error, never a silent cut."""
        self.y -= height
        if self.y < MARGIN_BOTTOM:
            raise FormSourceUnusable(
                f"{self.source}: page {self.page_class} overflows by {MARGIN_BOTTOM - self.y:.0f} points: "
                "lower its font_size or shorten it"
            )
        return self.y


def main(arguments: list[str] | None = None) -> None:
    """Command line of `python -m offers.blanks`."""
    given = sys.argv[1:] if arguments is None else arguments
    folder = Path(given[0]) if given else Path(__file__).parent / "capstone_2003" / "forms"
    for path in draw_blanks(folder, folder):
        sys.stdout.write(f"{path}\n")


def draw_blanks(folder: Path, out: Path) -> list[Path]:
    """Draw every edition of every source in `folder/source` into `out`; gives the files written, PDF and TOML.

    Raises FormSourceUnusable for a source that cannot be drawn.
    """
    _register_typeface(folder / "typeface")
    written: list[Path] = []
    for source_path in sorted((folder / "source").glob("*.toml")):
        source = tomllib.loads(source_path.read_text(encoding="utf-8"))
        for edition in source["editions"] or [None]:
            written += _draw_edition(source_path, source, edition, out)
    return written


def _register_typeface(folder: Path) -> None:
    for name, file in ((REGULAR, "Tinos-Regular.ttf"), (BOLD, "Tinos-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))


def _draw_edition(source_path: Path, source: Mapping[str, Any], edition: str | None, out: Path) -> list[Path]:
    form_id = source["form"] if edition is None else f"{source['form']}_{edition}"
    pdf, toml = out / f"{form_id}.pdf", out / f"{form_id}.toml"
    canvas = Canvas(str(pdf), pagesize=LETTER, invariant=1, pageCompression=1)
    canvas.setTitle(source["title"])
    words = {name: _reflow(by_edition[edition]) for name, by_edition in source.get("words", {}).items()}
    pages, fields = [], []
    for number, page in enumerate(source["pages"], start=1):
        sheet = _Sheet(canvas, source_path.name, page["class"], page["font_size"], words)
        for block in page["blocks"]:
            _draw_block(sheet, block)
        _number_page(canvas, page["class"], number)
        canvas.showPage()
        pages.append(page["class"])
        fields += sheet.fields
    canvas.save()
    toml.write_text(_declaration(form_id, source.get("kind"), edition, pages, fields), encoding="utf-8")
    return [pdf, toml]


def _declaration(
    form_id: str, kind: str | None, edition: str | None, pages: Iterable[str], fields: Iterable[_FieldEntry]
) -> str:
    lines = ["# Written by `python -m offers.blanks` together with the PDF of the same name.", f'form_id = "{form_id}"']
    lines += [f'{key} = "{value}"' for key, value in (("kind", kind), ("version", edition)) if value]
    lines += ["pages = [" + ", ".join(f'"{page}"' for page in pages) + "]", "", "[fields]"]
    for entry in fields:
        row = f", row = {entry.row}" if entry.row else ""
        lines.append(f'{entry.name} = {{ kind = "{entry.kind}", required = {str(entry.required).lower()}{row} }}')
    return "\n".join(lines) + "\n"


def _number_page(canvas: Canvas, page_class: str, number: int) -> None:
    """Instructions are numbered from one again, as in the filing; a single sheet bears no number."""
    if page_class == "SCHEDULE":
        return
    shown = int(page_class[1:]) if page_class.startswith("I") else number
    canvas.setFont(REGULAR, 10)
    canvas.drawCentredString(PAGE_WIDTH / 2, 0.36 * INCH, f"-{shown}-")


def _draw_block(sheet: _Sheet, block: Mapping[str, Any]) -> None:
    drawers: dict[str, Callable[[_Sheet, Mapping[str, Any]], None]] = {
        "tick": _draw_tick,
        "title": _draw_title,
        "para": _draw_para,
        "item": _draw_item,
        "address": _draw_address,
        "grant_table": _draw_grant_table,
        "signature_block": _draw_signature_block,
    }
    drawer = drawers.get(block["kind"])
    if drawer is None:
        raise FormSourceUnusable(
            f"{sheet.source}: page {sheet.page_class} has a block of unknown kind {block['kind']!r}: "
            f"use one of {', '.join(drawers)}"
        )
    drawer(sheet, block)


# ---------------------------------------------------------------- words


def _reflow(text: str) -> str:
    """One line of the text as the source wraps it; leading and trailing blanks of a phrase are meant."""
    return " ".join(text.strip("\n").split("\n"))


def _words(sheet: _Sheet, text: str) -> str:
    return _reflow(text).format_map(sheet.words)


def _style(sheet: _Sheet, *, bold: bool = False, align: int = TA_JUSTIFY, size: float | None = None) -> ParagraphStyle:
    points = size or sheet.font_size
    return ParagraphStyle(
        "words", fontName=BOLD if bold else REGULAR, fontSize=points, leading=points * 1.16, alignment=align
    )


def _lay(sheet: _Sheet, text: str, style: ParagraphStyle, x: float, width: float, after: float) -> None:
    paragraph = Paragraph(text.replace("&", "&amp;").replace("<", "&lt;"), style)
    _, height = paragraph.wrap(width, PAGE_HEIGHT)
    paragraph.drawOn(sheet.canvas, x, sheet.take(height))
    sheet.take(after)


def _draw_para(sheet: _Sheet, block: Mapping[str, Any]) -> None:
    centred = block.get("align") == "center"
    style = _style(sheet, bold=block.get("bold", False), align=TA_CENTER if centred else TA_JUSTIFY)
    inset = 0.4 * INCH if centred else 0.0
    _lay(sheet, _words(sheet, block["text"]), style, MARGIN_SIDE + inset, TEXT_WIDTH - 2 * inset, sheet.font_size * 0.6)


def _draw_item(sheet: _Sheet, block: Mapping[str, Any]) -> None:
    indent, hang = 0.25 * INCH, 0.3 * INCH
    style = _style(sheet, bold=block.get("bold", False))
    sheet.canvas.setFont(style.fontName, style.fontSize)
    sheet.canvas.drawString(MARGIN_SIDE + indent, sheet.y - style.leading + style.fontSize * 0.21, block["label"])
    left = indent + hang
    _lay(sheet, _words(sheet, block["text"]), style, MARGIN_SIDE + left, TEXT_WIDTH - left, sheet.font_size * 0.5)


def _draw_title(sheet: _Sheet, block: Mapping[str, Any]) -> None:
    for line in block["lines"]:
        _lay(sheet, line, _style(sheet, bold=True, align=TA_CENTER, size=12), MARGIN_SIDE, TEXT_WIDTH, 1)
    sheet.take(9)


def _draw_address(sheet: _Sheet, block: Mapping[str, Any]) -> None:
    style = _style(sheet, bold=block.get("bold", False), align=TA_CENTER)
    for line in block["lines"]:
        _lay(sheet, line, style, MARGIN_SIDE, TEXT_WIDTH, 0)
    sheet.take(sheet.font_size * 0.6)


# ---------------------------------------------------------------- places to write in


def _draw_tick(sheet: _Sheet, block: Mapping[str, Any]) -> None:
    side = 0.19 * INCH
    top = sheet.y
    left = MARGIN_SIDE + 0.05 * INCH
    sheet.canvas.setLineWidth(LINE_WIDTH)
    sheet.canvas.rect(left, top - side, side, side)
    # The printed square is page content; the widget itself is borderless, so that a blank renders the same everywhere.
    sheet.canvas.acroForm.checkbox(
        name=block["name"],
        tooltip="Amend and replace an earlier Election Form",
        x=left,
        y=top - side,
        size=side,
        borderWidth=0,
        borderColor=None,
        fillColor=None,
        buttonStyle="check",
        fieldFlags="",
    )
    sheet.fields.append(_FieldEntry(block["name"], "TICK", required=False))
    inset = 0.4 * INCH
    _lay(sheet, _words(sheet, block["text"]), _style(sheet), MARGIN_SIDE + inset, TEXT_WIDTH - inset, 12)


def _text_field(sheet: _Sheet, entry: _FieldEntry, label: str, x: float, y: float, width: float, height: float) -> None:
    sheet.canvas.acroForm.textfield(
        name=entry.name,
        tooltip=label,
        x=x,
        y=y,
        width=width,
        height=height,
        borderWidth=0,
        borderColor=None,
        fillColor=None,
        fontName="Helvetica",
        fontSize=11,
        maxlen=200,
        fieldFlags="",
    )
    sheet.fields.append(entry)


def _draw_grant_table(sheet: _Sheet, block: Mapping[str, Any]) -> None:
    canvas, columns = sheet.canvas, block["columns"]
    row_height = block["row_height"] * INCH
    edges = [MARGIN_SIDE]
    for column in columns:
        edges.append(edges[-1] + column["share"] * TEXT_WIDTH)
    sheet.take(2)
    top = sheet.y
    heading_bottom = sheet.take(_draw_headings(sheet, columns, edges))
    canvas.setLineWidth(LINE_WIDTH)
    canvas.line(edges[0], top, edges[-1], top)
    canvas.line(edges[0], heading_bottom, edges[-1], heading_bottom)
    for row in range(1, block["rows"] + 1):
        bottom = sheet.take(row_height)
        canvas.line(edges[0], bottom, edges[-1], bottom)
        for column, left, right in zip(columns, edges, edges[1:], strict=False):
            entry = _FieldEntry(f"row{row}_{column['name']}", column["kind"], required=False, row=row)
            label = f"Row {row}, {column['heading'].lower()}"
            gap = LINE_WIDTH
            _text_field(sheet, entry, label, left + gap, bottom + gap, right - left - 2 * gap, row_height - 2 * gap)
    for edge in edges:
        canvas.line(edge, top, edge, sheet.y)
    sheet.take(sheet.font_size)


def _draw_headings(sheet: _Sheet, columns: list[Mapping[str, Any]], edges: list[float]) -> float:
    """Draw the column headings below the current y; gives the height they take."""
    style = _style(sheet, bold=True, align=TA_CENTER, size=8.2)
    paragraphs = [Paragraph(column["heading"], style) for column in columns]
    heights = [
        p.wrap(right - left - 8, PAGE_HEIGHT)[1] for p, left, right in zip(paragraphs, edges, edges[1:], strict=False)
    ]
    height = max(heights) + 7
    for paragraph, own, left in zip(paragraphs, heights, edges, strict=False):
        paragraph.drawOn(sheet.canvas, left + 4, sheet.y - height + (height - own) / 2)
    return float(height)


def _draw_signature_block(sheet: _Sheet, block: Mapping[str, Any]) -> None:
    """Lines to write on, each with its label beneath, as forms of the time had them."""
    canvas, gutter, height = sheet.canvas, 0.16 * INCH, block["line_height"] * INCH
    for cells in block["rows"]:
        left = MARGIN_SIDE
        line = sheet.take(height + 3)
        for cell in cells:
            width = cell["share"] * TEXT_WIDTH
            right = left + width - (gutter if cell is not cells[-1] else 0)
            canvas.setLineWidth(LINE_WIDTH)
            canvas.line(left, line, right, line)
            canvas.setFont(REGULAR, 8.6)
            canvas.drawString(left, line - 9.4, cell["label"])
            entry = _FieldEntry(cell["name"], cell["kind"], required=True)
            _text_field(sheet, entry, cell["label"], left, line + LINE_WIDTH, right - left, height)
            left += width
        sheet.take(11)
    sheet.take(8)


if __name__ == "__main__":
    main()
