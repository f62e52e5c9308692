"""Every rule about a form or a row, in the rulebook's reading order (section 3, A to F)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from validators import completeness, delivery, eligibility, identity, order, rows
from validators.rule import Rule

RULES: tuple[Rule, ...] = (
    *delivery.RULES,
    *completeness.RULES,
    *identity.RULES,
    *rows.RULES,
    *eligibility.RULES,
    *order.RULES,
)

RULE_BY_CODE: Mapping[str, Rule] = MappingProxyType({one.code: one for one in RULES})
