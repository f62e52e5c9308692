"""Nightly checks of the books: the journal, what is stored against what it gives, the tenders and the option ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from core.judgements import Standing, State
from core.night import BreakSeverity, Evidence
from validators.reconciliation.check import JOURNAL_CHECK, Mismatch, Unproven, check
from validators.reconciliation.facts import LedgerChange, NightFacts
from validators.wording import say_instant

BLOCKS, WARNS = BreakSeverity.BLOCKS, BreakSeverity.WARNS


def _tendering(facts: NightFacts) -> Iterator[tuple[str, Standing]]:
    return ((h, s) for h, s in sorted(facts.standings.items()) if s.state is State.TENDERED)


def _grants_tendered(facts: NightFacts) -> int:
    return sum(len(standing.grants) for _, standing in _tendering(facts))


def _after_acceptance(facts: NightFacts) -> str:
    return "the tenders are accepted: the ledger shows them as cancelled" if facts.offer.accepted_at else ""


@check(
    JOURNAL_CHECK,
    BLOCKS,
    next_step="Stop work on these books, restore the database from a backup, and find out who wrote past the program.",
    fires="a line of the journal is altered, removed or put in between behind the program's back",
    passes="every line carries the hash of the one before it and of itself",
    over=lambda facts: facts.journal_seq,
    cite="ours; issue 7",
)
def the_journal_is_whole(facts: NightFacts) -> Iterator[Mismatch]:
    """Every line of the journal carries the hash of the line before it and of its own words. Lines proven in an earlier
    night are still there."""
    if facts.journal_fault is not None:
        line = facts.journal_fault.line
        yield Mismatch(str(line), facts.journal_fault.what, (Evidence("line", str(line)),))


@check(
    "REC_STANDING_REPLAY",
    BLOCKS,
    next_step="Find out who wrote past the program; `tenderfax rebuild --keep` writes what the journal gives.",
    fires="a stored standing says WITHDRAWN where the journal gives TENDERED",
    passes="every stored standing, judgement and queue item is what the journal gives",
    over=lambda facts: facts.stored.rows,
    not_due=lambda facts: facts.stored.why_not,
)
def stored_standings_are_those_of_the_journal(facts: NightFacts) -> Iterator[Mismatch]:
    """Every stored standing, and every judgement and queue item under it, is what replaying the journal gives."""
    for one in facts.stored.differences:
        yield Mismatch(one.key, one.what, submission_id=one.submission_id, holder_id=one.holder_id)


@check(
    "REC_SHARES_LEDGER",
    BLOCKS,
    next_step="Compare the standing with the ledger; `tenderfax rebuild --keep` writes what the journal gives.",
    fires="a stored standing tenders 1,200 shares of a grant of which the ledger has 1,000",
    passes="1,000 in both",
    over=_grants_tendered,
    not_due=_after_acceptance,
)
def tendered_shares_are_the_ledgers(facts: NightFacts) -> Iterator[Mismatch]:
    """The shares tendered of each grant are all its unexercised shares by the ledger in force, in the stored
    standing as in the replayed one.
    """
    for one in facts.stored.shares:
        yield _other_shares(one.holder_id, one.grant_no, one.stored, one.ledger)
    known = {(one.holder_id, one.grant_no) for one in facts.stored.shares}
    for holder_id, standing in _tendering(facts):
        for grant_no, shares in standing.grants.items():
            grant = facts.ledger.grant(grant_no)
            unexercised = grant.unexercised if grant is not None else None
            if shares != unexercised and (holder_id, grant_no) not in known:
                yield _other_shares(holder_id, grant_no, shares, unexercised)


def _other_shares(holder_id: str, grant_no: str, tendered: int, ledger: int | None) -> Mismatch:
    says = "does not know it" if ledger is None else f"says {ledger:,}"
    message = f"The standing of {holder_id} tenders {tendered:,} shares of grant {grant_no}; the ledger {says}."
    return Mismatch(grant_no, message, holder_id=holder_id)


@check(
    "REC_SPLIT_PAIR",
    BLOCKS,
    next_step="Ask for a new form with both parts or neither; take back the decision that let one part through.",
    fires="the ISO half of a divided grant is tendered, its NSO half is not",
    passes="both halves are tendered; or the other half is exercised in full",
    over=_grants_tendered,
    not_due=_after_acceptance,
    cite="OTE §1, §6; rulebook 5",
)
def no_standing_holds_half_a_split_grant(facts: NightFacts) -> Iterator[Mismatch]:
    """A grant that was divided into parts stands tendered with all parts that have shares left, or with none."""
    for holder_id, standing in _tendering(facts):
        groups: dict[str, list[str]] = defaultdict(list)
        for grant_no in standing.grants:
            grant = facts.ledger.grant(grant_no)
            if grant is not None and grant.split_group:
                groups[grant.split_group].append(grant_no)
        for group, tendered in groups.items():
            live = [
                other.grant_no
                for other in facts.ledger.grants_of(holder_id)
                if other.split_group == group and other.unexercised > 0
            ]
            if absent := [grant_no for grant_no in live if grant_no not in standing.grants]:
                message = (
                    f"{holder_id} tenders {', '.join(tendered)} of split grant {group} without {', '.join(absent)}."
                )
                yield Mismatch(group, message, submission_id=standing.basis, holder_id=holder_id)


@check(
    "REC_GRANT_TWO_HOLDERS",
    BLOCKS,
    next_step="Take back the decision that let the second one through.",
    fires="grant 1041 stands tendered by two holders",
    passes="by one",
    over=_grants_tendered,
)
def no_grant_stands_twice(facts: NightFacts) -> Iterator[Mismatch]:
    """A grant stands tendered under one holder, and once."""
    holders: dict[str, list[str]] = defaultdict(list)
    for holder_id, standing in _tendering(facts):
        for grant_no in standing.grants:
            holders[grant_no].append(holder_id)
            if grant_no in standing.held_grants:
                message = f"Grant {grant_no} is both counted and held in the standing of {holder_id}."
                yield Mismatch(grant_no, message, submission_id=standing.basis, holder_id=holder_id)
    for grant_no, under in holders.items():
        if len(under) > 1:
            yield Mismatch(
                grant_no, f"Grant {grant_no} stands tendered by {' and by '.join(under)}.", holder_id=under[0]
            )


@check(
    "REC_TOTAL_CAP",
    BLOCKS,
    next_step="Find the grants that make it too much: the ledger, or a tender that may not count.",
    fires="the ledger has 1,026,014 eligible shares where 1,026,013 were counted",
    passes="1,026,013, of which 600,000 are tendered",
    over=_grants_tendered,
    not_due=_after_acceptance,
    cite="OTE cover, §1; rulebook 5",
)
def totals_stay_within_the_offers_count(facts: NightFacts) -> Iterator[Mismatch]:
    """The shares tendered are no more than the eligible shares of the ledger, and those no more than the offer counted,
    less every explained decrease."""
    tendered = sum(shares for _, standing in _tendering(facts) for shares in standing.grants.values())
    cap = facts.terms.eligible_shares - facts.pool.explained_decrease
    if tendered > facts.pool.eligible:
        message = f"{tendered:,} shares are tendered; the ledger has {facts.pool.eligible:,} eligible ones."
        yield Mismatch("tendered", message)
    if facts.pool.eligible > cap:
        message = f"The ledger has {facts.pool.eligible:,} eligible shares; the offer's count leaves room for {cap:,}."
        yield Mismatch("eligible", message)


@check(
    "REC_POOL_BASELINE",
    WARNS,
    next_step="Ask the stock administrator for the ledger of that day, and what became of each grant since.",
    fires="the ledger of June 10, 2003 has 1,026,000 eligible shares; a grant vanished from a later one",
    passes="1,026,013, and a later decrease by an exercise",
    over=lambda facts: len(facts.ledger.grants),
    not_due=lambda facts: "" if facts.ledger.grants else "no option ledger is imported",
    cite="OTE cover, §1; rulebook 5",
)
def the_pool_is_the_offers_count(facts: NightFacts) -> Iterator[Mismatch]:
    """The eligible shares of the offer's count date are the offer's number, and every later difference is explained
    by an exercise, a forfeiture, an expiry or a change of status.
    """
    pool, terms = facts.pool, facts.terms
    if pool.baseline is None:
        message = f"No ledger of {terms.eligible_shares_on} or before is imported: the count cannot be compared."
        yield Mismatch("baseline", message)
    elif pool.baseline != terms.eligible_shares:
        message = (
            f"The ledger as of {pool.baseline_as_of} has {pool.baseline:,} eligible shares; "
            f"the offer counted {terms.eligible_shares:,}."
        )
        yield Mismatch("baseline", message)
    for change in pool.changes:
        if not change.why:
            message = (
                f"Grant {change.grant_no} had {change.before:,} eligible shares and has {change.after:,} "
                f"since {change.since}; nothing in the ledger explains it."
            )
            yield Mismatch(change.grant_no, message, holder_id=change.holder_id)


def _forms_touched(facts: NightFacts) -> int:
    return sum(form.holder_id is not None for form in facts.forms)


def _changed(one: LedgerChange) -> Mismatch:
    forms = ", ".join(one.submission_ids)
    message = f"{one.what}. Judged again: {forms}."
    return Mismatch(
        one.key,
        message,
        (Evidence("forms judged again", forms),),
        submission_id=one.submission_ids[0] if one.submission_ids else None,
        holder_id=one.holder_id,
    )


@check(
    "REC_LEDGER_CHANGED",
    BLOCKS,
    next_step="See what the new judgement asks; the holder may have to send a new form.",
    fires="100 shares of a tendered grant were exercised after its form was judged",
    passes="a grant changed that no form names",
    over=_forms_touched,
    not_due=_after_acceptance,
)
def grants_are_as_when_validated(facts: NightFacts) -> Iterator[Mismatch]:
    """Every row of the ledger that a form rests on, grant or holder, is as it was when the form was validated. Forms on
    changed rows are judged again this night."""
    return map(_changed, facts.ledger_changes)


@check(
    "REC_STATUS_CHANGED",
    BLOCKS,
    next_step="See what the new judgement asks; a holder who is no longer eligible cannot be accepted.",
    fires="a holder was promoted to executive officer after the form was judged",
    passes="a holder who sent nothing was promoted",
    over=_forms_touched,
)
def holders_status_is_as_when_validated(facts: NightFacts) -> Iterator[Mismatch]:
    """Category, title, country and employment of every holder who sent a form are as they were when it was
    validated.
    """
    return map(_changed, facts.status_changes)


@check(
    "REC_LEDGER_FILES",
    BLOCKS,
    next_step="Restore the files or the database from a backup; find out who wrote past the program.",
    fires="a row of an imported ledger is altered in the database, or its file is gone from the archive",
    passes="the version in force says what its two archived files say",
    over=lambda facts: len(facts.ledger_versions),
    not_due=lambda facts: "" if facts.ledger_versions else "no option ledger is imported",
    cite="ours; design 5",
)
def ledgers_say_what_their_files_say(facts: NightFacts) -> Iterator[Mismatch]:
    """Both files of every imported ledger lie in the archive unchanged, and the rows in the database are theirs."""
    for one in facts.ledger_versions:
        if one.problem:
            yield Mismatch(f"ledger-{one.version}", f"Version {one.version} of the ledger: {one.problem}.")


@check(
    "REC_EXPIRY_SETTINGS",
    BLOCKS,
    next_step="Use one offer folder everywhere; `tenderfax rebuild --keep` then judges everything anew.",
    fires="the stored judgements were made with another offer folder, which expires a day later",
    passes="they were made with the expiration in force",
    over=lambda facts: facts.stored.rows,
    not_due=lambda facts: facts.stored.why_not,
)
def one_expiration_is_used_everywhere(facts: NightFacts) -> Iterator[Mismatch | Unproven]:
    """The stored judgements were made with the expiration that the offer's state gives."""
    used, due = facts.stored.expiration, facts.stored.expiration_due
    if used is None:
        yield Unproven("the stored judgements do not say which expiration they were made with")
    elif due is not None and used != due:
        zone = facts.terms.time_zone
        message = f"Stored judgements expire the offer {say_instant(used, zone)}; in force is {say_instant(due, zone)}."
        yield Mismatch("offer", message)


CHECKS_OF_THE_JOURNAL = (the_journal_is_whole,)
CHECKS_OF_TENDERS = (
    stored_standings_are_those_of_the_journal,
    tendered_shares_are_the_ledgers,
    no_standing_holds_half_a_split_grant,
    no_grant_stands_twice,
    totals_stay_within_the_offers_count,
    the_pool_is_the_offers_count,
    ledgers_say_what_their_files_say,
    grants_are_as_when_validated,
    holders_status_is_as_when_validated,
)
CHECKS_OF_THE_OFFER = (one_expiration_is_used_everywhere,)
