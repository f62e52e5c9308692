"""The table of nightly checks, generated from the source: the same text for the docs and the command line."""

from __future__ import annotations

from core.night import BreakSeverity
from validators.reconciliation.catalogue import CHECK_BY_CODE, CHECKS, COMING
from validators.reconciliation.check import Check

_HEAD = """# The nightly checks

Generated from the source by `validators.reconciliation.check_table`: do not edit. `tenderfax rules CODE` prints one.

Every night everything must balance with everything (rulebook 5). *blocks*: nothing may be accepted while the break is
there. *warns*: somebody should act. One cause breaks one check; where two would say the same, the text says which.
"""
_WORDS = {BreakSeverity.BLOCKS: "blocks the close", BreakSeverity.WARNS: "warns"}


def render_markdown() -> str:
    """`docs/reconciliation.md`: an index of every code, then every check in reading order, then those to come."""
    index = ["| Code | | Must hold |", "|---|---|---|"]
    index += [f"| [`{one.code}`](#{one.code.lower()}) | {_WORDS[one.severity]} | {one.duty} |" for one in CHECKS]
    coming = ["## To come\n", "Their records are not kept yet.\n"]
    coming += [f"- `{code}` comes with {what}." for code, what in COMING.items()]
    return "\n".join([_HEAD, *index, "", *(render_check(one) for one in CHECKS), *coming, ""])


def render_check(one: Check) -> str:
    """One check's entry as Markdown."""
    lines = [
        f"### {one.code}\n",
        f"*{_WORDS[one.severity]}*; {one.cite}.\n",
        f"{one.text}\n",
        f"- **Next step:** {one.next_step}",
        f"- **Breaks:** {one.fires}",
        f"- **Holds:** {one.passes}",
    ]
    return "\n".join(lines) + "\n"


def check_of(code: str) -> Check | None:
    """The check with this code, in any letter case."""
    return CHECK_BY_CODE.get(code.upper())
