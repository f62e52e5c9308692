"""Proxy cards and electronic votes of the annual meeting: what each says, and which one of a stockholder's counts.

Shares of record, marks and dates in; a vote and findings out (rulebook 8.2). It refuses to know how a card was read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from core.findings import Finding, Hold, Severity
from core.grammar import parse_date
from offers.proxy_rules import proxy_finding
from offers.terms import Meeting


class DirectorsMark(StrEnum):
    FOR = "FOR"
    WITHHOLD = "WITHHOLD"


class Prop2Mark(StrEnum):
    FOR = "FOR"
    AGAINST = "AGAINST"
    ABSTAIN = "ABSTAIN"


@dataclass(frozen=True, slots=True)
class ProxyCard:
    """One paper card as the stockholder left it.

    `dated` is the date box as written. `names_on_certificate` and `signatures` count persons: joint owners should each
    sign. `shares_written` is a number on the card, which never governs. None in `received_at` is unknown.
    """

    id: str
    signed: bool = True
    dated: str = ""
    name_matches: bool = True
    directors: frozenset[DirectorsMark] = frozenset()
    withhold_names: tuple[str, ...] = ()
    prop2: frozenset[Prop2Mark] = frozenset()
    names_on_certificate: int = 1
    signatures: int = 1
    shares_written: int | None = None
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProxyVote:
    """What a proxy tells the proxy holders: the nominees it withholds from, and its word on proposal 2."""

    withheld: tuple[str, ...]
    withholds_all: bool
    prop2: Prop2Mark

    @property
    def directors(self) -> str:
        """The vote on directors in words: FOR ALL, WITHHOLD ALL, or FOR ALL EXCEPT and the names."""
        if self.withholds_all:
            return "WITHHOLD ALL"
        return f"FOR ALL EXCEPT {', '.join(self.withheld)}" if self.withheld else "FOR ALL"

    def is_for(self, nominee: str) -> bool:
        return not self.withholds_all and nominee not in self.withheld


@dataclass(frozen=True, slots=True)
class JudgedProxy:
    """One card or electronic vote judged by itself; `vote` is None while anything above a note is found."""

    id: str
    dated_on: date | None
    received_at: datetime | None
    findings: tuple[Finding, ...]
    vote: ProxyVote | None

    @property
    def is_void(self) -> bool:
        """Whether it can never count: it neither votes nor revokes another."""
        return any(finding.severity is Severity.FATAL for finding in self.findings)


def judge_card(card: ProxyCard, meeting: Meeting, record_shares: int, closes_at: datetime | None = None) -> JudgedProxy:
    """One paper card against the meeting and the stockholder's shares of record.

    `closes_at` is the close of the meeting, None while it is still to come.
    """
    written = parse_date(card.dated, assumed_year=meeting.record_on.year)
    dated_on = written.value.on if written.value is not None else None
    withheld, unknown = _nominees_written(card.withhold_names, meeting.nominees)
    findings = (
        *_signature_findings(card, dated_on),
        *_record_findings(card, meeting, record_shares),
        *_lateness_findings(card, closes_at),
        *_directors_findings(card, withheld, unknown),
        *_prop2_findings(card),
    )
    vote = None
    if _gives_a_vote(findings):
        prop2 = next(iter(card.prop2), Prop2Mark.FOR)
        vote = ProxyVote(withheld, DirectorsMark.WITHHOLD in card.directors, prop2)
    return JudgedProxy(card.id, dated_on, card.received_at, findings, vote)


def _gives_a_vote(findings: Iterable[Finding]) -> bool:
    return all(finding.hold is Hold.NONE for finding in findings)


def _signature_findings(card: ProxyCard, dated_on: date | None) -> Iterator[Finding]:
    if not card.signed:
        yield proxy_finding("PX_UNSIGNED", "the card bears no signature")
    else:
        if not card.name_matches:
            yield proxy_finding("PX_NAME_MISMATCH", "the signature differs from the name on the certificate")
        if card.signatures < card.names_on_certificate:
            message = f"{card.names_on_certificate} names on the certificate, {card.signatures} signed"
            yield proxy_finding("PX_JOINT_SIGNATURE", message)
    if dated_on is None:
        yield proxy_finding("PX_UNDATED", f"the date reads {card.dated!r}" if card.dated else "the date box is blank")


def _record_findings(card: ProxyCard, meeting: Meeting, record_shares: int) -> Iterator[Finding]:
    if record_shares <= 0:
        yield proxy_finding("PX_NOT_OF_RECORD", f"no shares of record on {meeting.record_on}")
    elif card.shares_written is not None and card.shares_written != record_shares:
        message = f"the card says {card.shares_written:,}; {record_shares:,} of record on {meeting.record_on} are voted"
        yield proxy_finding("PX_SHARES_RECORD", message)


def _lateness_findings(card: ProxyCard, closes_at: datetime | None) -> Iterator[Finding]:
    if closes_at is not None and card.received_at is not None and card.received_at >= closes_at:
        yield proxy_finding("PX_LATE", f"received {card.received_at}; the meeting closed {closes_at}")


def _directors_findings(card: ProxyCard, withheld: tuple[str, ...], unknown: tuple[str, ...]) -> Iterator[Finding]:
    if card.directors == {DirectorsMark.FOR, DirectorsMark.WITHHOLD}:
        yield proxy_finding("PX_DIRECTORS_BOTH", "FOR and WITHHOLD are both marked")
        return
    if card.directors == {DirectorsMark.WITHHOLD}:
        if card.withhold_names:
            yield proxy_finding(
                "PX_WITHHOLD_ALL_PLUS_NAME", f"WITHHOLD is marked beside {_listed(card.withhold_names)}"
            )
        return
    if card.signed and not card.directors:
        yield proxy_finding("PX_UNMARKED_FOR", "the election of directors is unmarked", "proposal 1")
    if unknown:
        yield proxy_finding("PX_WITHHOLD_NAME_UNKNOWN", f"no single nominee is called {_listed(unknown)}")
    if withheld:
        yield proxy_finding("PX_WITHHOLD_NAMED", f"withheld from {_listed(withheld)} only")


def _prop2_findings(card: ProxyCard) -> Iterator[Finding]:
    if len(card.prop2) > 1:
        yield proxy_finding("PX_PROP2_MULTI", f"{_listed(sorted(card.prop2))} are marked")
    elif card.prop2 == {Prop2Mark.ABSTAIN}:
        yield proxy_finding("PX_ABSTAIN", "abstains on proposal 2, which needs a majority of all shares outstanding")
    elif card.signed and not card.prop2:
        yield proxy_finding("PX_UNMARKED_FOR", "proposal 2 is unmarked", "proposal 2")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(str(name)) for name in names)


def _nominees_written(written: Iterable[str], nominees: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The nominees meant, in the order written and once each, and the names that fit no single nominee."""
    known: list[str] = []
    unknown: list[str] = []
    for name in written:
        fits = [nominee for nominee in nominees if _names(name, nominee)]
        if len(fits) != 1:
            unknown.append(name)
        elif fits[0] not in known:
            known.append(fits[0])
    return tuple(known), tuple(unknown)


_HONORIFICS = frozenset({"mr", "dr", "prof", "professor"})


def _names(written: str, nominee: str) -> bool:
    """Whether what was written is the nominee's surname, alone or after given names or initials that agree.

    A middle initial that the statement prints elsewhere does no harm; another spelling or a bare given name does not
    name anybody.
    """
    parts, known = _name_parts(written), _name_parts(nominee)
    if not parts or parts[-1] != known[-1]:
        return False
    given = parts[:-1]
    return not given or _agrees(given[0], known[0])


def _agrees(written: str, given: str) -> bool:
    return written == given or (len(written) == 1 and given.startswith(written))


def _name_parts(name: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return tuple(part for part in re.findall(r"[a-z-]+", plain) if part not in _HONORIFICS)


def electronic_findings(received_at: datetime, meeting: Meeting) -> tuple[Finding, ...]:
    """What a telephone or Internet vote's time of receipt gives rise to; both cut-offs are inclusive."""
    if received_at > meeting.statement_cutoff_at:
        message = f"received {received_at}; the statement's cut-off was {meeting.statement_cutoff_at}"
        return (proxy_finding("PX_ELECTRONIC_LATE", message),)
    if received_at > meeting.card_cutoff_at:
        message = f"received {received_at}; the card's cut-off was {meeting.card_cutoff_at}"
        return (proxy_finding("PX_ELECTRONIC_GAP", message),)
    return ()


def judge_electronic_vote(vote_id: str, received_at: datetime, vote: ProxyVote, meeting: Meeting) -> JudgedProxy:
    """A telephone or Internet vote; its date is the day of its receipt on the meeting's clock."""
    findings = electronic_findings(received_at, meeting)
    dated_on = received_at.astimezone(meeting.begins_at.tzinfo).date()
    return JudgedProxy(vote_id, dated_on, received_at, findings, vote if _gives_a_vote(findings) else None)


@dataclass(frozen=True, slots=True)
class StockholderVote:
    """Which of a stockholder's proxies counts: `counted` None means none does, or that a person must decide first."""

    counted: JudgedProxy | None
    findings: tuple[Finding, ...]


def stockholder_vote(
    proxies: Iterable[JudgedProxy], revoked_on: date | None = None, voted_in_person: bool = False
) -> StockholderVote:
    """The proxy that counts among all of one stockholder's, by the date on the card and not by its arrival.

    `revoked_on` is the date of a written revocation received by the Secretary before the vote: it ends every proxy
    dated up to that day, while a later dated one appoints anew. A vote in person ends them all; attendance does not.
    """
    if voted_in_person:
        return StockholderVote(None, (proxy_finding("PX_IN_PERSON", "voted in person at the meeting"),))
    alive = [proxy for proxy in proxies if not proxy.is_void]
    findings: list[Finding] = []
    if revoked_on is not None:
        revoked = [p for p in alive if p.dated_on is not None and p.dated_on <= revoked_on]
        findings += [proxy_finding("PX_REVOKED_NOTICE", f"revoked in writing on {revoked_on}", p.id) for p in revoked]
        alive = [proxy for proxy in alive if proxy not in revoked]
    dates = [proxy.dated_on for proxy in alive if proxy.dated_on is not None]
    if not dates or len(dates) < len(alive):
        # An undated proxy may be the last one: none counts until a person has placed it.
        return StockholderVote(None, tuple(findings))
    latest = [proxy for proxy in alive if proxy.dated_on == max(dates)]
    if all(proxy.vote is None for proxy in latest):
        # Whether it revokes the earlier ones is the same open question as what it says.
        return StockholderVote(None, tuple(findings))
    findings += [
        proxy_finding("PX_LATER_DATED", f"a proxy dated {max(dates)} revokes this one of {p.dated_on}", p.id)
        for p in alive
        if p not in latest
    ]
    if len({proxy.vote for proxy in latest}) > 1:
        findings.append(proxy_finding("PX_SAME_DATE", f"{len(latest)} proxies dated {max(dates)} differ"))
        return StockholderVote(None, tuple(findings))
    return StockholderVote(latest[-1], tuple(findings))
