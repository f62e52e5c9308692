"""How the desk says standings and dispositions (the desk's wording)."""

from __future__ import annotations

from core.findings import Disposition
from core.judgements import Standing, State


def say_standing(standing: Standing | None) -> str:
    """`tendered, 2 grants`; `nothing yet` where no form counts."""
    if standing is None:
        return "no holder"
    held = f", {len(standing.held_grants)} held" if standing.held_grants else ""
    grants = len(standing.grants)
    match standing.state:
        case State.NONE:
            said = "nothing yet"
        case State.WITHDRAWN:
            said = "withdrawn"
        case State.TENDERED:
            said = f"tendered, {grants} grant{'' if grants == 1 else 's'}{held}"
    return said + (", contested" if standing.contested and not held else "")


def shares_of(standing: Standing | None) -> int:
    return sum(standing.grants.values()) if standing else 0


DISPOSITION_WORDS = {
    Disposition.EFFECTIVE: "counts",
    Disposition.HELD: "held",
    Disposition.REJECTED: "rejected",
    Disposition.DUPLICATE: "a copy",
}


_SPELT = {
    "Ocr low confidence": "Doubtful reading",
    "Taxid": "Tax id",
    "Grant no ": "Grant number ",
    " tz ": " time zone ",
    "Rep ": "Representative’s ",
    " us ": " US ",
    " non us": " outside the US",
    "xec ": "xecutive ",
    " mgmt": " management",
    "below min": "below the minimum",
}


def say_rule(code: str) -> str:
    """`GRANT_NO_MISSING` as `Grant number missing`; the code itself stands small beside a finding's citation."""
    said = code.replace("_", " ").capitalize()
    for short, words in _SPELT.items():
        said = said.replace(short, words)
    return said
