"""The rule table, generated from the source: the same text for the docs, the command line and the reviewer."""

from __future__ import annotations

from collections.abc import Iterable

from core.failures import TenderfaxError
from validators.catalogue import RULE_BY_CODE, RULES
from validators.examples import EXAMPLES
from validators.offer_level import OFFER_RULE_BY_CODE, OFFER_RULES, OfferRule
from validators.rule import Rule, Weight

_GROUPS = {
    "validators.delivery": "A. Delivery and receipt",
    "validators.completeness": "B. Form identity and completeness",
    "validators.identity": "C. Identity and signature",
    "validators.rows": "D. Grant rows",
    "validators.eligibility": "E. Eligibility",
    "validators.order": "F. Change, order, withdrawal",
}
_OFFER_GROUP = "G. The offer and its holders"

_HEAD = """# The rules

Generated from the source by `validators.rule_table`: do not edit. `tenderfax rules CODE` prints one entry.

*fatal*: the form or row cannot count. *curable*: it is not finally accepted until the holder puts it right.
*review*: a person decides. *note*: recorded only. Hold *hard*: form or row does not count meanwhile; *soft*: it counts
provisionally, and acceptance waits; *none*: no effect.
"""


class UnknownCode(TenderfaxError):
    """Somebody asked for a rule that is not in the catalogue."""


def render_markdown() -> str:
    """`docs/rules.md`: an index of every code, then every rule in reading order, group by group."""
    parts = [_HEAD, _index(RULES)]
    for module, title in _GROUPS.items():
        parts.append(f"## {title}\n")
        parts += [_entry(rule) for rule in RULES if rule.check.__module__ == module]
    parts.append(f"## {_OFFER_GROUP}\n")
    parts += [_offer_entry(rule) for rule in OFFER_RULES]
    return "\n".join(parts)


def render_rule(code: str) -> str:
    """One rule's entry as Markdown; raises UnknownCode."""
    wanted = code.upper()
    if (of_the_offer := OFFER_RULE_BY_CODE.get(wanted)) is not None:
        return _offer_entry(of_the_offer)
    rule = RULE_BY_CODE.get(wanted)
    if rule is None:
        raise UnknownCode(f"{code}: no rule has this code; `tenderfax rules` lists them all")
    return _entry(rule)


def _index(rules: Iterable[Rule]) -> str:
    lines = ["| Code | Severity | Hold | Applies to |", "|---|---|---|---|"]
    lines += [
        f"| [`{rule.code}`](#{rule.code.lower()}) | {' / '.join(_severities(rule))} | {_holds(rule)} | {rule.scope} |"
        for rule in rules
    ]
    lines += [
        f"| [`{rule.code}`](#{rule.code.lower()}) | {rule.severity} | {rule.hold} | the offer and its holders |"
        for rule in OFFER_RULES
    ]
    return "\n".join(lines) + "\n"


def _weights(rule: Rule) -> list[Weight]:
    return [weight for weight in (rule.weight, rule.weight_on_notice, rule.heavier) if weight is not None]


def _severities(rule: Rule) -> list[str]:
    return list(dict.fromkeys(str(weight.severity) for weight in _weights(rule)))


def _holds(rule: Rule) -> str:
    if rule.weight_on_notice is not None:
        return f"{rule.weight.hold} (election) / {rule.weight_on_notice.hold} (notice)"
    return " / ".join(dict.fromkeys(str(weight.hold) for weight in _weights(rule)))


def _entry(rule: Rule) -> str:
    example = EXAMPLES[rule.code]
    lines = [
        f"### {rule.code}\n",
        f"*{' / '.join(_severities(rule))}*, hold *{_holds(rule)}*; {rule.scope}. {rule.cite}.\n",
        f"{rule.text}\n",
        f"- **What follows:** {rule.follows}",
    ]
    if rule.suggestion:
        lines.append(f"- **Advice:** {rule.suggestion}")
    lines += [
        f"- **Fires:** {example.fires.says}",
        f"- **Does not:** {example.passes.says}",
    ]
    return "\n".join(lines) + "\n"


def _offer_entry(rule: OfferRule) -> str:
    lines = [
        f"### {rule.code}\n",
        f"*{rule.severity}*, hold *{rule.hold}*; stops {rule.stops}. {rule.cite}.\n",
        f"{rule.text}\n",
        f"- **What follows:** {rule.follows}",
    ]
    if rule.suggestion:
        lines.append(f"- **Advice:** {rule.suggestion}")
    lines += [f"- **Fires:** {rule.fires}", f"- **Does not:** {rule.passes}"]
    return "\n".join(lines) + "\n"
