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
