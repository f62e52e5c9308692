"""The annual meeting as a whole: quorum, the election of directors, proposal 2, and the split it authorises.

It refuses to know single cards (rulebook 8.2; PS Voting, proposals 1 and 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from core.findings import Finding, Severity
from offers.proxy_rules import proxy_finding
from offers.shares import SplitStock
from offers.terms import Meeting, ReverseSplitTerms


def majority_of(shares: int) -> int:
    """The least whole number of shares that is more than half."""
    return shares // 2 + 1


@dataclass(frozen=True, slots=True)
class SharesVoted:
    """Shares on one proposal: each is one vote."""

    for_: int
    against: int = 0
    abstain: int = 0
    broker_non_votes: int = 0

    @property
    def present(self) -> int:
        """Shares present for the quorum: abstentions and broker non-votes count as present."""
        return self.for_ + self.against + self.abstain + self.broker_non_votes

    @property
    def entitled(self) -> int:
        """Shares present and entitled to vote on the proposal: broker non-votes are not."""
        return self.present - self.broker_non_votes


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a proposal passes: it needs `needed` shares FOR, a majority of all shares outstanding."""

    needed: int
    passes: bool
    findings: tuple[Finding, ...] = ()


def majority_outcome(outstanding: int, voted: SharesVoted) -> Outcome:
    """Proposal 2: FOR against a majority of the shares outstanding, abstentions and non-votes in effect against."""
    needed = majority_of(outstanding)
    passes = voted.for_ >= needed
    return Outcome(needed, passes, tuple(_majority_findings(outstanding, voted, needed, passes)))


def _majority_findings(outstanding: int, voted: SharesVoted, needed: int, passes: bool) -> Iterator[Finding]:
    word = "passes" if passes else "fails"
    message = f"{word} with {voted.for_:,} FOR; {needed:,} of {outstanding:,} outstanding are needed"
    yield proxy_finding("PX_MAJORITY_OUTSTANDING", message, "proposal 2")
    if voted.abstain:
        yield proxy_finding("PX_ABSTAIN", f"{voted.abstain:,} shares abstain, in effect against", "proposal 2")
    if voted.broker_non_votes:
        message = f"{voted.broker_non_votes:,} broker non-votes count for the quorum only"
        yield proxy_finding("PX_BROKER_NONVOTE", message, "proposal 2")
    fewer = majority_of(outstanding - voted.broker_non_votes)
    if (voted.for_ >= fewer) != passes:
        message = f"without the broker non-votes {fewer:,} would do, and {voted.for_:,} are FOR"
        yield proxy_finding("PX_MAJORITY_DENOMINATOR", message, "proposal 2")


def quorum_findings(outstanding: int, present: int) -> tuple[Finding, ...]:
    """PX_QUORUM when fewer shares are present than a majority of those outstanding."""
    needed = majority_of(outstanding)
    if present >= needed:
        return ()
    return (proxy_finding("PX_QUORUM", f"{present:,} shares present; {needed:,} make a quorum", "meeting"),)


@dataclass(frozen=True, slots=True)
class Election:
    """The directors elected, the most FOR votes first; `tied` nominees share the last seats and none has one yet."""

    elected: tuple[str, ...]
    tied: tuple[str, ...]
    findings: tuple[Finding, ...]


def elect_directors(
    shares_for: Mapping[str, int], meeting: Meeting, unavailable: frozenset[str] = frozenset()
) -> Election:
    """The nominees with the highest FOR totals, as many as the statement nominates; no write-ins beyond them.

    `shares_for` maps a nominee, or the Board's substitute for an unavailable one, to shares FOR.
    """
    seats = len(meeting.nominees)
    findings = [
        proxy_finding("PX_NOMINEE_UNAVAILABLE", f"{name} cannot serve; the Board names a substitute", name)
        for name in meeting.nominees
        if name in unavailable
    ]
    candidates = {name: votes for name, votes in shares_for.items() if name not in unavailable}
    ranked = sorted(candidates, key=lambda name: -candidates[name])
    elected: tuple[str, ...] = tuple(ranked[:seats])
    tied: tuple[str, ...] = ()
    if len(ranked) > seats and candidates[ranked[seats - 1]] == candidates[ranked[seats]]:
        last = candidates[ranked[seats]]
        tied = tuple(name for name in ranked if candidates[name] == last)
        elected = tuple(name for name in ranked if candidates[name] > last)
    findings.append(proxy_finding("PX_PLURALITY", f"the {seats} highest totals are elected", "proposal 1"))
    return Election(elected, tied, tuple(findings))


def card_findings(
    meeting: Meeting, card_words_of_proposal_2: str, other_matters: tuple[str, ...] = ()
) -> tuple[Finding, ...]:
    """What the printed card and the meeting's agenda give rise to, whoever holds it.

    The card prints seven slots and an "increase" of the common stock; the statement nominates six and proposes a
    reverse split.
    """
    findings = []
    if meeting.card_slots != len(meeting.nominees):
        message = f"the card has {meeting.card_slots} slots, the statement {len(meeting.nominees)} nominees"
        findings.append(proxy_finding("PX_CARD_MISMATCH", message, "proposal 1"))
    if "reverse" not in card_words_of_proposal_2.lower():
        message = f"the card words proposal 2 as {card_words_of_proposal_2!r}; the statement proposes a reverse split"
        findings.append(proxy_finding("PX_CARD_MISMATCH", message, "proposal 2"))
    findings += [proxy_finding("PX_OTHER_MATTER", matter, "proposal 3") for matter in other_matters]
    return tuple(findings)


def split_ratio_findings(ratio: int, terms: ReverseSplitTerms) -> tuple[Finding, ...]:
    """PX_SPLIT_RATIO when one new share would stand for fewer or more old ones than authorised."""
    if terms.lowest <= ratio <= terms.highest:
        return ()
    message = f"one-for-{ratio}; authorised is one-for-{terms.lowest} to one-for-{terms.highest}"
    return (proxy_finding("PX_SPLIT_RATIO", message, "split"),)


def split_date_findings(effective_on: date, terms: ReverseSplitTerms) -> tuple[Finding, ...]:
    """PX_SPLIT_LATE after the authority's last day; on it a person decides: "on or prior to" against "prior to"."""
    if effective_on < terms.authority_ends_on:
        return ()
    on_the_day = effective_on == terms.authority_ends_on
    message = f"effective {effective_on}; the Board's authority ends {terms.authority_ends_on}"
    return (proxy_finding("PX_SPLIT_LATE", message, "split", Severity.REVIEW if on_the_day else None),)


def fraction_findings(stock: SplitStock) -> tuple[Finding, ...]:
    """PX_FRACTION_CASH when a stockholder's old shares leave a fraction of a new one."""
    if stock.leftover == 0:
        return ()
    message = f"{stock.leftover} old shares make no whole new one: ${stock.cash_usd} on surrender of the certificates"
    return (proxy_finding("PX_FRACTION_CASH", message, "split"),)
