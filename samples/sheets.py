"""The sheets that travel with a form and are none: cover sheets, proofs of a name, powers of attorney, strangers.

Pictures as in `samples.paper`. The words are ours; no real person's papers stand behind them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from samples.paper import DPI, PIXELS_PER_POINT, Gray, folded, lay
from samples.writing import Rng, Writer, trimmed, write_line

_LETTER_PIXELS = (11 * DPI, round(8.5 * DPI))


@dataclass(frozen=True, slots=True)
class _Line:
    """One printed line: text, size in points, place from the upper left corner in inches."""

    text: str
    x: float
    y: float
    size: float = 11.0
    family: str = "arimo"


def cover_sheet(
    rng: Rng,
    writer: Writer,
    *,
    sender: str,
    pages: int,
    sent_at: datetime,
    remark: str = "",
    fax: str = "(818) 734-5381",
) -> Gray:
    """A word processor's cover sheet, its blanks typed or written by `writer`."""
    family = str(rng.choice(["arimo", "tinos", "cousine"]))
    title = str(rng.choice(["FAX", "Facsimile Transmittal", "FAX COVER SHEET"]))
    picture = _paper()
    _print(picture, [_Line(title, 1.0, 1.3, 30, family)], rng)
    entries = (
        ("To:", "Debbie Bernard, Human Resources"),
        ("Fax:", fax),
        ("From:", sender),
        ("Date:", f"{sent_at:%B} {sent_at.day}, {sent_at.year}"),
        ("Pages:", f"{pages} including cover"),
        ("Re:", "Stock Option Exchange Program"),
    )
    for number, (label, text) in enumerate(entries):
        y = 2.4 + number * 0.46
        _print(picture, [_Line(label, 1.0, y, 12, family)], rng)
        _put(picture, text, writer, 2.0, y, rng)
        picture[round((y + 0.1) * DPI) : round((y + 0.1) * DPI) + 3, DPI : round(7.5 * DPI)] = 60
    _print(picture, [_Line("Comments:", 1.0, 5.6, 12, family)], rng)
    for number, line in enumerate(folded(remark, 52)):
        _put(picture, line, writer, 1.2, 6.1 + number * 0.4, rng)
    return picture


def name_change_proof(rng: Rng, *, former: str, present: str) -> Gray:
    """A certified copy of a court's decree."""
    return _document(
        rng,
        "SUPERIOR COURT OF CALIFORNIA, COUNTY OF LOS ANGELES",
        "DECREE CHANGING NAME",
        f"The petition of {former} for a change of name came on regularly for hearing. Proof having been made to the "
        "satisfaction of the Court that notice was duly published, and no objection having been filed, "
        f"IT IS ORDERED that the name of {former} be, and it hereby is, changed to {present}.",
        "Certified a true copy of the original on file. Clerk of the Superior Court",
    )


def authority_evidence(rng: Rng, *, holder: str, attorney: str) -> Gray:
    """A power of attorney."""
    return _document(
        rng,
        "STATE OF CALIFORNIA",
        "DURABLE POWER OF ATTORNEY",
        f"Know all persons by these presents that I, {holder}, do hereby appoint {attorney} my true and lawful "
        "attorney-in-fact, for me and in my name to exercise, tender, exchange or surrender any option to purchase "
        "stock that I hold, and to sign, deliver and receive all papers needed for that end.",
        "Subscribed and sworn before me, a Notary Public in and for said County and State",
    )


def unrelated_page(rng: Rng) -> Gray:
    """Something that slipped into the feeder."""
    return _document(
        rng,
        "COMPANY PICNIC",
        "Saturday, August 2, 2003",
        "Bring your family to the park for an afternoon of softball, barbecue and music. Please tell the front "
        "desk how many will come, and whether you can lend a grill, folding tables or ice chests. Volunteers are "
        "wanted for the setting up, from nine in the morning, and for the clearing away.",
        "See you there",
    )


def _document(rng: Rng, head: str, title: str, body: str, foot: str) -> Gray:
    picture = _paper()
    lines = [_Line(head, 1.3, 1.4, 13, "tinos"), _Line(title, 1.3, 2.1, 17, "tinos")]
    lines += [_Line(text, 1.1, 3.0 + n * 0.32, 12, "tinos") for n, text in enumerate(folded(body, 74))]
    lines += [_Line(text, 1.1, 6.6 + n * 0.32, 12, "tinos") for n, text in enumerate(folded(foot, 74))]
    _print(picture, lines, rng)
    return picture


def _paper() -> Gray:
    return np.full(_LETTER_PIXELS, 255, np.uint8)


def _print(picture: Gray, lines: list[_Line], rng: Rng) -> None:
    for line in lines:
        printer = Writer(line.family, typed=True, figure_height_pt=line.size * 0.7, pressure=1.0)
        _put(picture, line.text, printer, line.x, line.y, rng)


def _put(picture: Gray, text: str, writer: Writer, x: float, y: float, rng: Rng) -> None:
    """Text with its baseline at (x, y) inches."""
    if not text:
        return
    ink, baseline = trimmed(*write_line(text, writer, rng, PIXELS_PER_POINT))
    lay(picture, ink, round(x * DPI), round(y * DPI) - baseline)
