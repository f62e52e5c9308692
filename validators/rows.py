"""Rulebook 3 D: the grant rows of an election, each held against the ledger (target: the grant number as written).

Only the first unstruck row of a grant number is held against the ledger; a row of somebody else's grant is checked no
further. Rows on a notice are not looked at here: they raise NOTICE_PARTIAL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from core.findings import RowStatus
from core.holders import Grant, GrantType
from core.judgements import State
from offers.shares import option_expires_on
from validators.case import Case, WrittenRow
from validators.rule import CURABLE, FATAL, NOTE, REVIEW, Flaw, Need, Scope, Stage, Unknown, rule
from validators.wording import say_date, say_list, say_price, say_shares

ELECTION, ROW = Scope.ELECTION, Scope.ROW
_GRANT_CITE = "OTE §4; EF-I 4"
_PLAN_TERM_YEARS = 10
"""The term of options under both plans, as every grant named in the filings has it (rulebook 8.3)."""


@rule(
    "TABLE_BLANK",
    CURABLE,
    ELECTION,
    cite=_GRANT_CITE,
    follows="The election is held.",
    boxes=("rows",),
)
def fills_at_least_one_row(case: Case) -> Iterator[Flaw | Unknown]:
    """An election must name at least one grant, in the table or on a schedule."""
    if case.rows:
        return
    if case.is_unreadable("rows") or case.schedule_is_unreadable:
        yield Unknown("the table cannot be read")
    else:
        yield Flaw("No row is filled, neither in the table nor on a schedule.")


@rule(
    "BLANK_AMENDMENT",
    REVIEW,
    ELECTION,
    cite="OTE Q22, Q23; NW heading",
    follows="The election is held and the prior election stands.",
    suggestion="Ask the holder: it is likely a withdrawal on the wrong form.",
    needs=(Need.HOLDER,),
    boxes=("rows",),
)
def does_not_empty_a_tender_by_a_blank_table(case: Case) -> Iterator[Flaw | Unknown]:
    """A blank table while an election stands is likely meant as a withdrawal, which needs the other form."""
    if case.standing.state is not State.TENDERED:
        return
    for flaw in fills_at_least_one_row.check(case):
        yield flaw if isinstance(flaw, Unknown) else Flaw("No row is filled, while an earlier election stands.")


@rule(
    "NO_ACCEPTABLE_ROW",
    REVIEW,
    ELECTION,
    cite='OTE §5 ("properly"); EF-I 8',
    follows="The election is held and nothing is replaced.",
    suggestion="Settle the rows first.",
    boxes=("rows",),
    stage=Stage.FORM_OF_ROWS,
)
def has_an_acceptable_row(case: Case) -> Iterator[Flaw]:
    """At least one filled row must be acceptable, lest a wholly defective form wipe out a good election."""
    if case.rows and RowStatus.ACCEPTED not in case.row_statuses.values():
        count = len(case.rows)
        yield Flaw("The one row cannot be accepted." if count == 1 else f"None of the {count} rows can be accepted.")


# ------------------------------------------------------------------------------------------------------ grant number


def _missing_cell(case: Case, row: WrittenRow, message: str, suggestion: str = "") -> Flaw | Unknown:
    """A blank cell is a flaw, unless its page cannot be read: then nobody knows (rule 20)."""
    if case.cell_is_unreadable(row):
        return Unknown(f"{row.label.lower()} cannot be read in full")
    return Flaw(f"{row.label} {message}", target=row.target, suggestion=suggestion)


def _fitting_grant(case: Case, row: WrittenRow) -> str:
    """Advice that names the one own grant whose date, price and shares are the row's; "" when none or several fit."""
    if case.holder is None:
        return ""
    fitting = [grant.grant_no for grant in case.ledger.grants_of(case.holder.holder_id) if row.agrees_with(grant)]
    if len(fitting) != 1:
        return ""
    return f"Date, price and shares are those of {fitting[0]} only. Look whether the paper can mean it."


@rule("GRANT_NO_MISSING", CURABLE, ROW, cite=_GRANT_CITE, follows="The row is held.")
def names_its_grant(case: Case) -> Iterator[Flaw | Unknown]:
    """A filled row must bear the grant number, which is on the holder's Personnel Option Status."""
    for row in case.checked_rows:
        if not row.grant_no:
            yield _missing_cell(case, row, "bears no grant number.", _fitting_grant(case, row))


@rule(
    "GRANT_NO_UNREADABLE",
    REVIEW,
    ROW,
    cite=_GRANT_CITE,
    follows="The row is held.",
    suggestion="Read the number on the paper and key it.",
)
def names_its_grant_legibly(case: Case) -> Iterator[Flaw]:
    """Every character of a grant number must be readable."""
    for row in case.checked_rows:
        if row.has_unreadable_number:
            yield Flaw(f"{row.label} says {row.grant_no}; “?” could not be read.", target=row.target)


@rule("GRANT_UNKNOWN", CURABLE, ROW, cite=_GRANT_CITE, follows="The row is held.")
def names_a_grant_of_the_ledger(case: Case) -> Iterator[Flaw]:
    """The grant number must be in the ledger. `#`, `No.` and spaces do not count; leading zeros and hyphens do."""
    for row in case.checked_rows:
        if row.grant_no and not row.has_unreadable_number and row.grant is None:
            message = f"{row.label} says {row.grant_no}; the ledger has no such grant."
            yield Flaw(message, target=row.target, suggestion=_fitting_grant(case, row))


@rule(
    "GRANT_NOT_HOLDERS",
    FATAL,
    ROW,
    cite="OTE §1(ii), §4",
    follows="The row is rejected; nothing else of it is checked.",
    suggestion="Check every digit on the paper. To the sender say only “not one of your grants”.",
    needs=(Need.HOLDER,),
)
def names_the_holders_own_grant(case: Case) -> Iterator[Flaw]:
    """The grant must be the holder's own."""
    for row in case.unstruck_rows:
        if case.is_anothers(row):
            yield Flaw(f"{row.label} says {row.grant_no}; that is not one of this holder's grants.", target=row.target)


@rule(
    "GRANT_NOT_OUTSTANDING",
    FATAL,
    ROW,
    cite='OTE §1 ("outstanding, unexercised")',
    follows="The row is rejected; its shares are compared no further.",
)
def names_a_grant_with_shares_left(case: Case) -> Iterator[Flaw]:
    """A grant must have unexercised shares left: granted less exercised less cancelled, vested or not."""
    for row, grant in case.ledger_rows:
        if grant.unexercised <= 0:
            message = f"{row.label} names {grant.grant_no}; the ledger has no unexercised share left of it."
            yield Flaw(message, target=row.target)


# -------------------------------------------------------------------------------------------------------- date, price


@rule("GRANT_DATE_MISSING", CURABLE, ROW, cite=_GRANT_CITE, follows="The row is held.")
def dates_its_grant(case: Case) -> Iterator[Flaw | Unknown]:
    """A filled row must bear the grant date."""
    for row in case.checked_rows:
        if row.written_date.is_blank:
            yield _missing_cell(case, row, "bears no grant date.")


@rule(
    "GRANT_DATE_MISMATCH",
    REVIEW,
    ROW,
    cite=_GRANT_CITE,
    follows="The row is held.",
    suggestion="Look at the date again; uphold only if the paper does say it.",
)
def dates_its_grant_as_the_ledger_does(case: Case) -> Iterator[Flaw]:
    """The grant date must be the ledger's."""
    for row, grant in case.ledger_rows:
        if row.granted_on is not None and row.granted_on != grant.grant_date:
            message = (
                f"{row.label} says {say_date(row.granted_on)}; "
                f"the ledger says {say_date(grant.grant_date)} for {grant.grant_no}."
            )
            yield Flaw(message, target=row.target)


@rule("PRICE_MISSING", CURABLE, ROW, cite=_GRANT_CITE, follows="The row is held.")
def prices_its_grant(case: Case) -> Iterator[Flaw | Unknown]:
    """A filled row must bear the exercise price."""
    for row in case.checked_rows:
        if row.price.is_blank:
            yield _missing_cell(case, row, "bears no exercise price.")


@rule(
    "PRICE_MISMATCH",
    REVIEW,
    ROW,
    cite=_GRANT_CITE,
    follows="The row is held.",
    suggestion="Look at the price again; uphold only if the paper does say it.",
)
def prices_its_grant_as_the_ledger_does(case: Case) -> Iterator[Flaw]:
    """The exercise price must be exactly the ledger's. $, commas and spaces do not count; 3.3 is 3.30."""
    for row, grant in case.ledger_rows:
        price = row.price.value
        if price is not None and price != grant.exercise_price:
            ledger = say_price(grant.exercise_price)
            message = f"{row.label} says {say_price(price)}; the ledger says {ledger} for {grant.grant_no}."
            yield Flaw(message, target=row.target)


@rule(
    "FIELD_UNREADABLE",
    REVIEW,
    ROW,
    cite=_GRANT_CITE,
    follows="The row is held.",
    suggestion="Read the box on the paper and key it.",
)
def dates_and_prices_its_grant_legibly(case: Case) -> Iterator[Flaw]:
    """What stands for grant date and price must be a date with its year and a price."""
    for row in case.checked_rows:
        if row.written_date.is_unreadable:
            yield Flaw(f"{row.label}: the date “{row.row.grant_date.strip()}” is no date.", target=row.target)
        if row.price.is_unreadable:
            yield Flaw(f"{row.label}: the price “{row.row.price.strip()}” is no price.", target=row.target)


# ------------------------------------------------------------------------------------------------------------- shares


@rule("SHARES_MISSING", CURABLE, ROW, cite=_GRANT_CITE, follows="The row is held.")
def says_how_many_shares(case: Case) -> Iterator[Flaw | Unknown]:
    """A filled row must bear the number of unexercised shares."""
    for row in case.checked_rows:
        if row.shares.is_blank:
            yield _missing_cell(case, row, "bears no number of shares.")


@rule(
    "SHARES_NOT_A_NUMBER",
    REVIEW,
    ROW,
    cite=_GRANT_CITE,
    follows="The row is held.",
    suggestion="Read “all” as the full unexercised number: clear.",
)
def says_the_shares_as_a_number(case: Case) -> Iterator[Flaw]:
    """The shares must be a whole number: "ALL", "100%", fractions and digits that cannot be read are none."""
    for row in case.checked_rows:
        if row.shares.is_unreadable:
            yield Flaw(f"{row.label} says “{row.row.shares.strip()}”, which is no number of shares.", target=row.target)


def _share_flaws(case: Case, is_flaw: Callable[[int, Grant], bool]) -> Iterator[Flaw]:
    """A flaw for each row whose written number of a live grant `is_flaw`."""
    for row, grant in case.ledger_rows:
        shares = row.shares.value
        if shares is not None and grant.unexercised > 0 and is_flaw(shares, grant):
            written, ledger = say_shares(shares), say_shares(grant.unexercised)
            message = f"{row.label} says {written}; the ledger says {ledger} for {grant.grant_no}."
            yield Flaw(message, target=row.target, facts={"written": str(shares), "ledger": str(grant.unexercised)})


def _includes_exercised(shares: int, grant: Grant) -> bool:
    """Whether the number is the grant's as first made, though some of it was exercised (so that less is left)."""
    return shares == grant.shares_granted and grant.shares_exercised > 0


@rule(
    "PARTIAL_TENDER",
    CURABLE,
    ROW,
    cite="OTE §1, §6, Q12; EF-I 4",
    follows="The row is held, and rejected at close. Only a new form with the full number cures it.",
    suggestion="Ask for a new form with the full number. Never enlarge a tender.",
)
def tenders_the_whole_grant(case: Case) -> Iterator[Flaw]:
    """A grant is tendered with all its unexercised shares or not at all. Only the vested ones, or zero, is partial."""
    yield from _share_flaws(case, lambda shares, grant: shares < grant.unexercised)


@rule(
    "EXERCISED_SHARES_INCLUDED",
    REVIEW,
    ROW,
    cite="OTE §1, Q12; EF p.2 ¶2",
    follows="The row is held.",
    suggestion="Read as a tender of all unexercised shares: clear.",
)
def leaves_exercised_shares_out(case: Case) -> Iterator[Flaw]:
    """The number written is the whole grant as first made, though some of it was exercised since."""
    yield from _share_flaws(case, _includes_exercised)


@rule(
    "SHARES_OVER_LEDGER",
    REVIEW,
    ROW,
    cite="EF p.2 ¶2 (share-number questions)",
    follows="The row is held.",
    suggestion="Look at the number again; uphold only if the paper does say it.",
)
def tenders_no_more_than_there_is(case: Case) -> Iterator[Flaw]:
    """The number written is more than the grant's unexercised shares, for another reason than an exercise."""
    yield from _share_flaws(
        case, lambda shares, grant: shares > grant.unexercised and not _includes_exercised(shares, grant)
    )


# -------------------------------------------------------------------------------------------------------- eligibility


@rule(
    "PRICE_BELOW_MIN",
    FATAL,
    ROW,
    cite="OTE §1, Q1; EF-I 4",
    follows="The row is rejected.",
)
def names_a_grant_at_the_least_price(case: Case) -> Iterator[Flaw]:
    """The ledger's exercise price must be at least the offer's threshold of $2.00. What the form says is no matter."""
    least = case.terms.minimum_price_usd
    for row, grant in case.ledger_rows:
        if grant.exercise_price < least:
            price = say_price(grant.exercise_price)
            message = (
                f"{row.label} names {grant.grant_no}, priced at {price}. The offer asks {say_price(least)} or more."
            )
            yield Flaw(message, target=row.target)


@rule(
    "PLAN_NOT_ELIGIBLE",
    FATAL,
    ROW,
    cite="OTE Q1; TO cover; OTE §11 notes (1)(2)",
    follows="The row is rejected.",
)
def names_a_grant_of_the_plans(case: Case) -> Iterator[Flaw]:
    """Only grants of the 1993 Incentive Stock Plan and the 2000 Equity Incentive Plan may be tendered.

    Grants made outside of, but pursuant to the terms of, a plan are outside.
    """
    for row, grant in case.ledger_rows:
        if grant.plan not in case.terms.eligible_plans:
            message = f"{row.label} names {grant.grant_no}, made outside the plans of the offer."
            yield Flaw(message, target=row.target)


@rule(
    "GRANT_AFTER_COMMENCEMENT",
    FATAL,
    ROW,
    cite="OTE §1(ii)",
    follows="The row is rejected.",
)
def names_a_grant_held_when_the_offer_began(case: Case) -> Iterator[Flaw]:
    """The grant must have been held on the day the offer began; that very day passes."""
    for row, grant in case.ledger_rows:
        held_since = grant.held_since or grant.grant_date
        if held_since > case.terms.commencement_on:
            message = (
                f"{row.label} names {grant.grant_no}, held since {say_date(held_since)}. "
                f"The offer began {say_date(case.terms.commencement_on)}."
            )
            yield Flaw(message, target=row.target)


@rule(
    "GRANT_EXPIRES_EARLY",
    REVIEW,
    ROW,
    cite="OTE §1(ii)",
    follows="The row is held, and looked at again when the cancellation date moves.",
)
def names_a_grant_that_outlives_the_offer(case: Case) -> Iterator[Flaw | Unknown]:
    """The grant must not expire by the day on which tendered options are expected to be cancelled.

    Where the ledger gives no expiry, a grant within the plans' ten-year term passes; of an older one nobody knows.
    """
    cancelled_on = case.cancellation_on
    for row, grant in case.ledger_rows:
        if grant.expires_on is None:
            if option_expires_on(grant.grant_date, _PLAN_TERM_YEARS) <= cancelled_on:
                yield Unknown(f"the ledger does not say when {grant.grant_no} expires")
        elif grant.expires_on <= cancelled_on:
            message = (
                f"{row.label} names {grant.grant_no}, which expires {say_date(grant.expires_on)}. "
                f"Cancellation is expected {say_date(cancelled_on)}."
            )
            yield Flaw(message, target=row.target)


# -------------------------------------------------------------------------------------------------------- split grants


def _partners(case: Case, grant: Grant) -> tuple[Grant, ...]:
    """The other members of a grant's recorded split group; empty where none is recorded."""
    if grant.split_group is None:
        return ()
    return tuple(
        other
        for other in case.ledger.grants_of(grant.holder_id)
        if other.split_group == grant.split_group and other.grant_no != grant.grant_no
    )


@rule(
    "SPLIT_GRANT_BOTH_OR_NEITHER",
    CURABLE,
    ROW,
    cite="OTE §1, §6",
    follows="The rows of the group that are there are held.",
    suggestion="Ask for a new form with all parts of the grant: both or neither.",
)
def tenders_both_halves_of_a_split_grant(case: Case) -> Iterator[Flaw]:
    """A grant divided into an ISO and an NSO is tendered with both parts on the same form, or not at all."""
    for row, grant in case.ledger_rows:
        absent = [
            other.grant_no
            for other in _partners(case, grant)
            if other.unexercised > 0 and other.grant_no not in case.written_grants
        ]
        if absent:
            message = f"{row.label} names {grant.grant_no}; its other part {say_list(absent)} is not on the form."
            yield Flaw(message, target=row.target, facts={"absent": " ".join(absent)})


@rule(
    "SPLIT_PARTNER_DEFECT",
    CURABLE,
    ROW,
    cite="OTE §1, §6",
    follows="The row is held with its other part.",
    suggestion="Settle the other part first.",
    stage=Stage.SPLIT_ROWS,
)
def has_a_sound_other_half(case: Case) -> Iterator[Flaw]:
    """A row that is clean itself is held while another live part of its grant, on the form, is held or rejected."""
    for row, grant in case.ledger_rows:
        if case.row_statuses[row.target] is not RowStatus.ACCEPTED:
            continue
        unsound = [
            other.grant_no
            for other in _partners(case, grant)
            if other.unexercised > 0
            and case.row_statuses.get(other.grant_no, RowStatus.ACCEPTED) is not RowStatus.ACCEPTED
        ]
        if unsound:
            message = f"{row.label} names {grant.grant_no}; its other part {say_list(unsound)} cannot be accepted."
            yield Flaw(message, target=row.target)


@rule(
    "SPLIT_PARTNER_EXHAUSTED",
    NOTE,
    ROW,
    cite="OTE §6 with Q12",
    follows="The part with shares left may be tendered alone.",
)
def has_a_live_other_half(case: Case) -> Iterator[Flaw | Unknown]:
    """Where every other part of a split grant has no unexercised share left, the live part may be tendered alone."""
    for row, grant in case.ledger_rows:
        partners = _partners(case, grant)
        if grant.split_group is not None and not partners:
            yield Unknown(f"the ledger names a split group for {grant.grant_no} but no other part")
        elif partners and grant.unexercised > 0 and all(other.unexercised <= 0 for other in partners):
            numbers = say_list(other.grant_no for other in partners)
            message = f"{row.label} names {grant.grant_no}; its other part {numbers} has no share left."
            yield Flaw(message, target=row.target)


@rule(
    "SPLIT_SUSPECTED",
    REVIEW,
    ROW,
    cite="OTE §1",
    follows="The row is held until the ledger is corrected or the pair is declared unrelated.",
    suggestion="Ask HR whether the two are one grant divided.",
)
def is_no_unrecorded_half(case: Case) -> Iterator[Flaw]:
    """An ISO and an NSO of one holder with equal date and price may be one grant divided, though none is recorded."""
    for row, grant in case.ledger_rows:
        twins = [other.grant_no for other in case.ledger.grants_of(grant.holder_id) if _may_be_other_half(grant, other)]
        absent = [number for number in twins if number not in case.written_grants]
        if absent:
            message = (
                f"{row.label} names {grant.grant_no}; {say_list(absent)} has the same date and price "
                "but another type, and is not on the form."
            )
            yield Flaw(message, target=row.target, facts={"absent": " ".join(absent)})


def _may_be_other_half(grant: Grant, other: Grant) -> bool:
    return (
        grant.split_group is None
        and other.split_group is None
        and {grant.type, other.type} == set(GrantType)
        and grant.unexercised > 0
        and other.unexercised > 0
        and (grant.grant_date, grant.exercise_price) == (other.grant_date, other.exercise_price)
    )


# ------------------------------------------------------------------------------------------- repeats, strikes, changes


@rule(
    "ROW_DUPLICATE",
    NOTE,
    ROW,
    cite="EF-I 4",
    follows="The grant is counted once.",
)
def names_each_grant_once(case: Case) -> Iterator[Flaw]:
    """A grant written twice with equal date, price and shares is counted once, table and schedule taken together."""
    for row in case.rows:
        if row.repeats is not None and row.values == row.repeats.values:
            yield Flaw(f"{row.label} repeats row {row.repeats.number} for {row.grant_no}.", target=row.target)


@rule(
    "ROW_DUPLICATE_CONFLICT",
    REVIEW,
    ROW,
    cite="EF-I 4",
    follows="The grant's rows are held.",
    suggestion="Read both rows on the paper; ask the holder which is meant.",
)
def says_the_same_of_a_grant_each_time(case: Case) -> Iterator[Flaw]:
    """A grant written twice must have the same date, price and shares both times."""
    for row in case.rows:
        if row.repeats is not None and row.values != row.repeats.values:
            message = f"{row.label} and row {row.repeats.number} both name {row.grant_no}, but differ."
            yield Flaw(message, target=row.target)


@rule(
    "ROW_STRUCK",
    REVIEW,
    ROW,
    cite="EF-I 8",
    follows="The row is held; nothing else of it is checked.",
    suggestion="Not tendered: uphold.",
)
def strikes_no_row(case: Case) -> Iterator[Flaw]:
    """A filled row that is struck through is read by a person."""
    for row in case.rows:
        if row.is_struck:
            yield Flaw(f"{row.label} is struck through.", target=row.target)


@rule(
    "ROW_ALTERED",
    REVIEW,
    ROW,
    cite="EF-I 8",
    follows="The row is held.",
    suggestion="Read the correction on the paper; clear if it leaves no doubt.",
)
def corrects_no_cell(case: Case) -> Iterator[Flaw]:
    """A cell that was overwritten or corrected is read by a person; the row is checked all the same."""
    for row in case.checked_rows:
        if row.row.altered:
            yield Flaw(f"{row.label} has a cell that was overwritten or corrected.", target=row.target)


RULES = (
    fills_at_least_one_row,
    does_not_empty_a_tender_by_a_blank_table,
    has_an_acceptable_row,
    names_its_grant,
    names_its_grant_legibly,
    names_a_grant_of_the_ledger,
    names_the_holders_own_grant,
    names_a_grant_with_shares_left,
    dates_its_grant,
    dates_its_grant_as_the_ledger_does,
    prices_its_grant,
    prices_its_grant_as_the_ledger_does,
    says_how_many_shares,
    says_the_shares_as_a_number,
    dates_and_prices_its_grant_legibly,
    tenders_the_whole_grant,
    leaves_exercised_shares_out,
    tenders_no_more_than_there_is,
    names_a_grant_at_the_least_price,
    names_a_grant_of_the_plans,
    names_a_grant_held_when_the_offer_began,
    names_a_grant_that_outlives_the_offer,
    tenders_both_halves_of_a_split_grant,
    has_a_sound_other_half,
    has_a_live_other_half,
    is_no_unrecorded_half,
    names_each_grant_once,
    says_the_same_of_a_grant_each_time,
    strikes_no_row,
    corrects_no_cell,
)
