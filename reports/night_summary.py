"""A night for programs: what balances, what does not and the figures, as one JSON object."""

from __future__ import annotations

import json
from typing import Any

from core.night import AGE_BANDS, Break, Night, Tie, by_age_and_rule
from core.plain import to_plain
from reports.desk_links import link_of
from reports.night_page import verdict
from reports.wording import masked


def summary_json(night: Night, desk_url: str) -> bytes:
    """UTF-8, keys in a fixed order; shares are whole numbers, times ISO 8601 as the night has them."""
    return (json.dumps(night_summary(night, desk_url), ensure_ascii=False, indent=2) + "\n").encode("utf-8", "replace")


def night_summary(night: Night, desk_url: str) -> dict[str, Any]:
    return {
        "offer": night.offer_id,
        "as_of": night.as_of.isoformat(),
        "before": night.before.isoformat() if night.before else None,
        "expiration": night.expiration.isoformat(),
        "balanced": night.balanced,
        "verdict": verdict(night),
        "breaks_that_block": len(night.blocking),
        "warnings": len(night.breaks) - len(night.blocking),
        "proof": to_plain(night.proof),
        "checks": [to_plain(check) for check in night.checks],
        "breaks": [_break(one, desk_url) for one in night.breaks],
        "ties": [{"table": table.title, **_tie(tie)} for table in night.tie_tables for tie in table.ties],
        "shares": {
            "counted_for_the_offer": night.eligible_cap,
            "eligible": night.eligible_shares,
            "tendered": night.tendered_shares,
            "held": night.held_shares,
        },
        "movement": to_plain(night.movement) | {"now": night.movement.now},
        "forms": len(night.forms),
        "open_irregularities": {
            "all": len(night.open_irregularities),
            "ages_in_business_days": [name for name, _ in AGE_BANDS],
            "by_rule": {code: list(counts) for code, counts in by_age_and_rule(night.open_irregularities).items()},
        },
        "confirmations": {
            "due": sum(form.confirmation_due_at is not None for form in night.forms),
            "sent": sum(form.confirmed_at is not None for form in night.forms),
        },
        "revalidated": [form.submission_id for form in night.revalidated],
    }


def _tie(tie: Tie) -> dict[str, Any]:
    return {
        "label": tie.label,
        "this": [{"label": amount.label, "number": amount.number} for amount in tie.this],
        "this_total": tie.this_total,
        "that": [{"label": amount.label, "number": amount.number} for amount in tie.that],
        "that_total": tie.that_total,
        "difference": tie.difference,
        "codes": list(tie.codes),
    }


def _break(one: Break, desk_url: str) -> dict[str, Any]:
    return {
        "code": one.code,
        "severity": one.severity.value,
        "key": one.key,
        "message": masked(one.message),
        "next_step": masked(one.next_step),
        "evidence": [{"label": fact.label, "value": masked(fact.value)} for fact in one.evidence],
        "first_seen": one.first_seen.isoformat(),
        "nights": one.nights,
        "submission": one.submission_id,
        "fax": one.fax,
        "holder": one.holder_id,
        "desk": link_of(desk_url, one),
    }
