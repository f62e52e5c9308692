"""A `Night` drawn up from gathered facts: the checks made, the tie-outs added up, the standings laid beside the ledger.

Pure: the same facts and the same earlier night give an equal value.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from core.findings import Disposition
from core.judgements import Standing, State
from core.night import (
    Amount,
    HolderStanding,
    Movement,
    Night,
    NightForm,
    Proof,
    ReceiptHour,
    TenderedGrant,
    Tie,
    TieTable,
)
from core.standing import read_in_zone
from core.submissions import Kind
from judging.nights.gathering import Gathered
from validators.reconciliation.catalogue import make_all
from validators.reconciliation.facts import FaxFacts, NightFacts
from validators.reconciliation.faxes import IGNORABLE, calls_and_faxes
from validators.reconciliation.people import confirmation_due_at

_TAX_ID_END = 4


def draw_up(gathered: Gathered, issuer: str, before: Night | None) -> Night:
    """The whole night; `before` is that of the last run before it."""
    facts = gathered.facts
    checks, breaks = make_all(facts, before)
    standings = _standings(facts)
    movement = _movement(facts.standings, before)
    return Night(
        offer_id=facts.terms.offer_id,
        issuer=issuer,
        time_zone=facts.terms.time_zone.key,
        commenced_on=facts.terms.commencement_on,
        as_of=facts.as_of,
        before=before.as_of if before is not None else None,
        expiration=facts.expiration,
        accepted_at=facts.offer.accepted_at,
        terminated_at=facts.offer.terminated_at,
        eligible_cap=facts.terms.eligible_shares,
        proof=_proof(gathered),
        checks=checks,
        breaks=breaks,
        tie_tables=() if facts.journal_fault is not None else _tie_tables(facts, standings, movement),
        forms=_forms(facts),
        receipts=_receipts(facts),
        open_irregularities=facts.open_items,
        standings=standings,
        pool_changes=facts.pool.changes,
        revalidated=gathered.revalidated,
        movement=movement,
    )


def _proof(gathered: Gathered) -> Proof:
    ledger = max(gathered.record.imports, key=lambda i: (i.as_of, i.version), default=None)
    return Proof(
        full=gathered.full,
        journal_seq=gathered.head.seq,
        journal_hash=gathered.head.hash,
        ledger_version=ledger.version if ledger is not None else None,
        ledger_as_of=ledger.as_of if ledger is not None else None,
        archived_files=len(gathered.facts.files),
    )


def _forms(facts: NightFacts) -> tuple[NightForm, ...]:
    return tuple(
        NightForm(
            submission_id=form.submission_id,
            fax=form.fax,
            file=form.file,
            kind=form.kind,
            holder_id=form.holder_id,
            disposition=form.disposition,
            delivery=form.delivery,
            received_at=form.received_at,
            confirmation_due_at=_fixed(confirmation_due_at(form, facts)),
        )
        for form in facts.forms
    )


def _fixed(moment: datetime | None) -> datetime | None:
    """The moment with its offset alone, as it is read back from a recorded night."""
    return datetime.fromisoformat(moment.isoformat()) if moment is not None else None


def _receipts(facts: NightFacts) -> tuple[ReceiptHour, ...]:
    hours: dict[datetime | None, Counter[Disposition]] = defaultdict(Counter)
    zone = facts.terms.time_zone
    for form in facts.forms:
        hour = None
        if form.received_at is not None:
            local = read_in_zone(form.received_at, zone).astimezone(zone)
            hour = datetime.fromisoformat(local.replace(minute=0, second=0, microsecond=0).isoformat())
        hours[hour][form.disposition] += 1
    known = sorted(hour for hour in hours if hour is not None)
    return tuple(_hour(hour, hours[hour]) for hour in (*known, *([None] if None in hours else [])))


def _hour(begins_at: datetime | None, counted: Counter[Disposition]) -> ReceiptHour:
    return ReceiptHour(
        begins_at,
        effective=counted[Disposition.EFFECTIVE],
        held=counted[Disposition.HELD],
        rejected=counted[Disposition.REJECTED],
        duplicate=counted[Disposition.DUPLICATE],
    )


# ----------------------------------------------------------------------------------------------------------- standings


def _standings(facts: NightFacts) -> tuple[HolderStanding, ...]:
    """Everybody who sent something, and everybody who has eligible shares."""
    eligible = {holder.holder_id: _eligible(facts, holder.holder_id) for holder in facts.ledger.holders}
    wanted = sorted(facts.standings.keys() | {holder_id for holder_id, shares in eligible.items() if shares})
    return tuple(_standing(facts, holder_id, eligible.get(holder_id, 0)) for holder_id in wanted)


def _eligible(facts: NightFacts, holder_id: str) -> int:
    eligible = facts.pool.eligible_by_grant
    return sum(eligible.get(grant.grant_no, 0) for grant in facts.ledger.grants_of(holder_id))


def _standing(facts: NightFacts, holder_id: str, eligible: int) -> HolderStanding:
    holder, standing = facts.ledger.holder(holder_id), facts.standings.get(holder_id, Standing())
    digits = re.sub(r"\W", "", holder.tax_id) if holder is not None else ""
    held = frozenset(standing.held_grants) - standing.grants.keys()
    return HolderStanding(
        holder_id=holder_id,
        name=holder.name_on_agreement if holder is not None else "",
        tax_id_end=digits[-_TAX_ID_END:] if len(digits) > _TAX_ID_END else "",
        category=holder.category.value if holder is not None else "",
        state=standing.state,
        contested=standing.contested,
        basis=standing.basis,
        grants=tuple(_tendered(facts, number, shares) for number, shares in standing.grants.items()),
        held_grants=standing.held_grants,
        eligible_shares=eligible,
        held_shares=sum(facts.pool.eligible_by_grant.get(number, 0) for number in held),
    )


def _tendered(facts: NightFacts, grant_no: str, shares: int) -> TenderedGrant:
    grant = facts.ledger.grant(grant_no)
    if grant is None:
        return TenderedGrant(grant_no, "", "", shares, 0)
    return TenderedGrant(grant_no, grant.plan.value, str(grant.exercise_price), shares, grant.unexercised)


def _movement(standings: Mapping[str, Standing], before: Night | None) -> Movement:
    """Every grant that is tendered now or was in the night before, told by what became of it."""
    then = {h.holder_id: {g.grant_no: g.shares for g in h.grants} for h in before.standings} if before else {}
    tendered = withdrawn = dropped = changed = 0
    for holder_id in then.keys() | standings.keys():
        standing = standings.get(holder_id, Standing())
        had = then.get(holder_id, {})
        for grant_no in had.keys() | standing.grants.keys():
            old, new = had.get(grant_no), standing.grants.get(grant_no)
            if old is None:
                tendered += new or 0
            elif new is not None:
                changed += new - old
            elif standing.state is State.WITHDRAWN:
                withdrawn += old
            else:
                dropped += old
    return Movement(before.tendered_shares if before else 0, tendered, withdrawn, dropped, changed)


# ------------------------------------------------------------------------------------------------------------ tie-outs


def _tie_tables(facts: NightFacts, standings: tuple[HolderStanding, ...], movement: Movement) -> tuple[TieTable, ...]:
    return (
        TieTable("Faxes", tuple(_ties_of_faxes(facts))),
        TieTable("Forms", tuple(_ties_of_forms(facts))),
        TieTable("Holders and shares", tuple(_ties_of_shares(facts, standings, movement))),
    )


def _ties_of_faxes(facts: NightFacts) -> Iterable[Tie]:
    archived = [fax for fax in facts.faxes if fax.archived_name is not None]
    if facts.fax_log is not None and not facts.fax_log.problem:
        calls = facts.fax_log.calls
        failed = sum(not call.complete for call in calls)
        once = sum(call.complete and len(faxes) == 1 for call, faxes in calls_and_faxes(facts))
        yield Tie(
            "Complete calls = calls with one file in the archive",
            (Amount("calls in the fax server's log", len(calls)), Amount("less failed or broken off", -failed)),
            (Amount("calls with one file", once),),
            ("REC_FAX_NOT_ARCHIVED",),
        )
    unchanged = sum(state.exists and state.unchanged for state in facts.files.values())
    yield Tie(
        "Files the books know = files that lie in the archive unchanged",
        (
            Amount("archived faxes", len(archived)),
            Amount("scans of forms handed over", len(facts.files) - len(archived)),
        ),
        (Amount("files found with their hash", unchanged),),
        ("REC_SUBMISSION_NO_FILE", "REC_FAX_NOT_ARCHIVED"),
    )
    received = facts.faxes
    linked = sum(bool(fax.submission_ids) for fax in received)
    aside = sum(fax.dismissed and not fax.submission_ids for fax in received)
    yield Tie(
        "Files received = files with a form + files set aside by a person",
        (Amount("files received", len(received)),),
        (Amount("with a form", linked), Amount("set aside as no form", aside)),
        ("REC_FILE_NO_SUBMISSION",),
    )


def _ties_of_forms(facts: NightFacts) -> Iterable[Tie]:
    faxed = [fax for fax in facts.faxes if fax.submission_ids]
    kinds = Counter(form.kind for form in facts.forms)
    by_kind = (
        Amount("elections", kinds[Kind.ELECTION]),
        Amount("notices", kinds[Kind.NOTICE]),
        Amount("of no known kind", kinds[None]),
    )
    yield Tie(
        "Forms found = elections + notices",
        (
            Amount("faxes with a form", len(faxed)),
            Amount("further forms in the same fax", sum(len(fax.submission_ids) - 1 for fax in faxed)),
            Amount("forms handed over and keyed", sum(form.fax is None for form in facts.forms)),
        ),
        by_kind,
        ("REC_FILE_NO_SUBMISSION", "REC_SUBMISSION_NO_FILE"),
    )
    outcomes = Counter(form.disposition for form in facts.forms)
    yield Tie(
        "Forms = effective + held + rejected + duplicate",
        by_kind,
        tuple(Amount(one.value.lower(), outcomes[one]) for one in Disposition),
        ("REC_STANDING_REPLAY",),
    )
    read = [fax for fax in facts.faxes if fax.pages_read is not None]
    yield Tie(
        "Pages in the files = pages of forms + pages set aside",
        (Amount("pages in the files", sum(_pages(fax, facts) for fax in read)),),
        (
            Amount("pages of forms", sum(fax.pages_with_a_form for fax in read)),
            Amount("covers and instructions", sum(_ignorable(fax) for fax in read if not fax.dismissed)),
            Amount("set aside by a person", sum(_set_aside(fax, facts) for fax in read)),
        ),
        ("REC_PAGES_UNACCOUNTED",),
    )


def _pages(fax: FaxFacts, facts: NightFacts) -> int:
    state = facts.files.get(fax.fax)
    counted = state.pages if state is not None else None
    return counted if counted is not None else fax.pages_read or 0


def _ignorable(fax: FaxFacts) -> int:
    return sum(IGNORABLE.fullmatch(page.page_class) is not None for page in fax.strays)


def _set_aside(fax: FaxFacts, facts: NightFacts) -> int:
    if fax.dismissed:
        return _pages(fax, facts) - fax.pages_with_a_form
    return fax.pages_set_aside


def _ties_of_shares(facts: NightFacts, standings: tuple[HolderStanding, ...], movement: Movement) -> Iterable[Tie]:
    states = Counter(standing.state for standing in facts.standings.values())
    strangers = sum(holder_id not in {h.holder_id for h in facts.ledger.holders} for holder_id in facts.standings)
    sent = len(facts.standings)
    yield Tie(
        "Holders = tendered + withdrawn + nothing that counts + no form",
        (Amount("holders in the ledger", len(facts.ledger.holders)),),
        (
            Amount("tendered", states[State.TENDERED]),
            Amount("withdrawn", states[State.WITHDRAWN]),
            Amount("sent nothing that counts yet", states[State.NONE]),
            Amount("sent no form", len(facts.ledger.holders) - sent + strangers),
        ),
        ("REC_STANDING_REPLAY",),
    )
    tendered = sum(standing.tendered_shares for standing in standings)
    yield Tie(
        "Tendered the night before and since = tendered tonight",
        (
            Amount("tendered the night before", movement.before),
            Amount("tendered since", movement.tendered),
            Amount("less withdrawn", -movement.withdrawn),
            Amount("less dropped by a later form", -movement.dropped),
            Amount("changed by the ledger", movement.changed),
        ),
        (Amount("tendered tonight, every standing replayed from the journal", tendered),),
        ("REC_STANDING_REPLAY",),
    )
    if facts.offer.accepted_at is None:
        yield Tie(
            "Tendered = unexercised shares of those grants in the ledger",
            (Amount("tendered tonight", tendered),),
            tuple(_by_plan(facts, standings)),
            ("REC_SHARES_LEDGER",),
        )
        yield _tie_of_the_pool(facts)


def _by_plan(facts: NightFacts, standings: tuple[HolderStanding, ...]) -> Iterable[Amount]:
    shares: Counter[str] = Counter()
    for standing in standings:
        for grant in standing.grants:
            shares[grant.plan] += grant.unexercised
    names = {plan.code: plan.name for plan in facts.terms.plans}
    for plan in sorted(shares.keys() | names.keys()):
        yield Amount(names.get(plan, plan or "in no plan"), shares[plan])


def _tie_of_the_pool(facts: NightFacts) -> Tie:
    tendered = {number for standing in facts.standings.values() for number in standing.grants}
    held = {number for standing in facts.standings.values() for number in standing.held_grants} - tendered
    on_forms = tendered | held
    eligible = facts.pool.eligible_by_grant
    return Tie(
        "Eligible shares: tendered + held + not tendered + gone = the offer's count",
        (
            Amount("tendered", sum(shares for number, shares in eligible.items() if number in tendered)),
            Amount("held", sum(shares for number, shares in eligible.items() if number in held)),
            Amount("not tendered", sum(s for number, s in eligible.items() if number not in on_forms)),
            Amount("gone since the count", sum(change.before - change.after for change in facts.pool.changes)),
        ),
        (Amount(f"counted on {facts.terms.eligible_shares_on}", facts.terms.eligible_shares),),
        ("REC_POOL_BASELINE", "REC_TOTAL_CAP"),
    )
