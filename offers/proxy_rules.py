"""The rules for the proxies of the annual meeting (rulebook 8.2): one table, from which every finding is made.

It refuses to know cards and votes: `offers.proxies` and `offers.tally` say when a rule fires.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.findings import FORM, Finding, Hold, Severity

_HOLD = {Severity.FATAL: Hold.HARD, Severity.CURABLE: Hold.HARD, Severity.REVIEW: Hold.HARD, Severity.NOTE: Hold.NONE}


@dataclass(frozen=True, slots=True)
class ProxyRule:
    """One code of rulebook 8.2: when it fires and what follows, and the recommendation where there is one."""

    code: str
    severity: Severity
    when: str
    cite: str
    suggestion: str = ""

    @property
    def hold(self) -> Hold:
        """Notes stop nothing; with anything heavier the card gives no vote until a person decides."""
        return _HOLD[self.severity]


_F, _C, _R, _N = Severity.FATAL, Severity.CURABLE, Severity.REVIEW, Severity.NOTE

_RULES = (
    ProxyRule("PX_UNSIGNED", _F, "the card is not signed: it is not voted", "PS Voting; PC"),
    ProxyRule("PX_UNDATED", _R, "the card bears no readable date: it cannot be ordered against another", "PC"),
    ProxyRule("PX_NAME_MISMATCH", _R, "the signature is not exactly the name on the certificate", "PC"),
    ProxyRule("PX_JOINT_SIGNATURE", _C, "several names on the certificate, and not all have signed personally", "PC"),
    ProxyRule("PX_NOT_OF_RECORD", _F, "no shares of record on the record date", "PS"),
    ProxyRule("PX_SHARES_RECORD", _N, "the record-date shares are voted, whatever the card says", "PS"),
    ProxyRule("PX_LATE", _F, "a paper card received at or after the close of the meeting", "PS"),
    ProxyRule("PX_ELECTRONIC_LATE", _F, "a telephone or Internet vote after the statement's cut-off", "PS; PC"),
    ProxyRule(
        "PX_ELECTRONIC_GAP",
        _R,
        "a telephone or Internet vote after the card's cut-off, up to and including the statement's",
        "PS; PC",
        "count it: the statement's later time",
    ),
    ProxyRule("PX_UNMARKED_FOR", _N, "signed with a proposal unmarked: voted FOR", "PS; PC"),
    ProxyRule("PX_DIRECTORS_BOTH", _R, "both FOR and WITHHOLD are marked for the directors", "PC"),
    ProxyRule("PX_WITHHOLD_NAMED", _N, "FOR with nominees written on the line: withheld from those only", "PS; PC"),
    ProxyRule("PX_WITHHOLD_NAME_UNKNOWN", _R, "a written name does not match exactly one nominee", "PC"),
    ProxyRule(
        "PX_WITHHOLD_ALL_PLUS_NAME", _R, "WITHHOLD for all is marked and a name is written", "PC", "withhold from all"
    ),
    ProxyRule("PX_PROP2_MULTI", _R, "more than one of FOR, AGAINST and ABSTAIN is marked for proposal 2", "PC"),
    ProxyRule("PX_LATER_DATED", _N, "a later dated valid proxy revokes the earlier, whichever came first", "PS"),
    ProxyRule("PX_SAME_DATE", _R, "two proxies of the same date differ", "PS (silent)", "count the last received"),
    ProxyRule("PX_REVOKED_NOTICE", _N, "revoked in writing to the Secretary before the vote", "PS"),
    ProxyRule("PX_IN_PERSON", _N, "voted in person: the proxy is revoked; attendance alone does not revoke", "PS"),
    ProxyRule("PX_ABSTAIN", _N, "an abstention: present and entitled, in effect against proposal 2", "PS"),
    ProxyRule("PX_BROKER_NONVOTE", _N, "broker non-votes: for the quorum only, not entitled on proposal 2", "PS"),
    ProxyRule("PX_QUORUM", _F, "fewer shares are present than a majority of those outstanding", "PS"),
    ProxyRule("PX_PLURALITY", _N, "the nominees with the most FOR votes are elected, and nobody else", "PS"),
    ProxyRule("PX_MAJORITY_OUTSTANDING", _N, "proposal 2 needs a majority of all shares outstanding", "PS"),
    ProxyRule(
        "PX_MAJORITY_DENOMINATOR",
        _R,
        "the outcome of proposal 2 flips if broker non-votes leave the denominator",
        "PS (two statements)",
    ),
    ProxyRule(
        "PX_NOMINEE_UNAVAILABLE", _R, "a nominee cannot serve: proxies vote for the Board's substitute", "PS proposal 1"
    ),
    ProxyRule(
        "PX_CARD_MISMATCH",
        _R,
        "the card's slots or its wording of proposal 2 differ from the statement's",
        "PS; PC",
    ),
    ProxyRule("PX_OTHER_MATTER", _N, "a matter not in the statement: the proxy holders' judgement", "PS; PC"),
    ProxyRule("PX_SPLIT_RATIO", _F, "a ratio outside one-for-five to one-for-twenty", "PS proposal 2"),
    ProxyRule("PX_SPLIT_LATE", _F, "a split after the Board's authority ended", "PS proposal 2"),
    ProxyRule("PX_FRACTION_CASH", _N, "old shares that make no whole new one are paid in cash", "PS fractional shares"),
)

PROXY_RULES: Mapping[str, ProxyRule] = MappingProxyType({rule.code: rule for rule in _RULES})
"""Every code of rulebook 8.2, in its order."""


def proxy_finding(code: str, message: str, target: str = FORM, severity: Severity | None = None) -> Finding:
    """A finding of that rule; `severity` only where the rulebook lets the same code weigh differently."""
    rule = PROXY_RULES[code]
    weight = severity or rule.severity
    return Finding(code, weight, _HOLD[weight], target, message, rule.cite, rule.suggestion)
