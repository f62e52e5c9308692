"""Rulebook 3 F: what a form changes or withdraws, and whether it was signed after what it would displace.

Everything here looks at the holder's earlier-received forms. Receipt order decides when a form can speak, signed order
whether it displaces what came before.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.grammar import normalise_name
from core.judgements import State
from validators.case import Case
from validators.free_text import partial_words_in
from validators.names import printed_name
from validators.resubmission import Earlier
from validators.rule import FATAL, NOTE, REVIEW, REVIEW_SOFT, Flaw, Need, Scope, Unknown, rule
from validators.wording import say_date, say_instant, say_list

FORM, ELECTION, WITHDRAWAL = Scope.FORM, Scope.ELECTION, Scope.WITHDRAWAL
_HOLDER = (Need.HOLDER,)
_SIGNED = (Need.HOLDER, Need.SIGNED_DATE)


@rule(
    "AMEND_BOX_NO_PRIOR",
    REVIEW_SOFT,
    ELECTION,
    cite="EF p.1 top",
    follows="It counts provisionally, as an original.",
    suggestion="Look for an earlier fax that was lost.",
    needs=_HOLDER,
    boxes=("amend_box",),
)
def checks_the_box_only_to_amend(case: Case) -> Iterator[Flaw | Unknown]:
    """The box says that an earlier form is amended and replaced, but no earlier election is on file."""
    box = case.submission.fields.amend_box
    if box is None:
        yield Unknown("the amend box cannot be read")
    elif box and not any(earlier.is_election for earlier in case.history):
        yield Flaw("The amend box is checked, and no earlier election is on file.")


@rule(
    "AMEND_BOX_UNCHECKED",
    REVIEW_SOFT,
    ELECTION,
    cite="OTE §5; EF-I 2",
    follows="It replaces the earlier election in full all the same, and counts provisionally.",
    suggestion="Ask whether the holder meant to add to the earlier election.",
    needs=_SIGNED,
    boxes=("amend_box",),
)
def checks_the_box_to_amend(case: Case) -> Iterator[Flaw | Unknown]:
    """The box is empty though an earlier election stands or is held.

    Not after a withdrawal, after rejected forms only, nor for a form that cures the earlier one.
    """
    box = case.submission.fields.amend_box
    stands = case.standing.state is State.TENDERED and case.standing.basis not in case.cured
    if box is None:
        yield Unknown("the amend box cannot be read")
    elif not box and case.passes_order_test and (stands or case.has_open_election):
        dropped = sorted(set(case.standing.grants) - case.written_grants) if stands else []
        goes = f" {say_list(dropped)} would no longer be tendered." if dropped else ""
        yield Flaw(
            f"The amend box is empty, and an earlier election {'stands' if stands else 'is held'}.{goes}",
            facts={"dropped_grants": " ".join(dropped)},
        )


@rule(
    "ELECTION_NOT_AFTER_PRIOR",
    REVIEW,
    ELECTION,
    cite="OTE Q23; EF p.2 ¶3; EF-I 2",
    follows="The election is held, and what stood still stands. To clear it is to find that it was signed later.",
    suggestion="Uphold, unless the holder shows that it was signed later.",
    needs=_SIGNED,
    boxes=("date",),
)
def is_signed_after_every_earlier_form(case: Case) -> Iterator[Flaw]:
    """An election must be signed later than every form of the holder received before it, elections and notices.

    Dates come first, times only where both are known; equal is not after. Rejected forms, copies, undated forms and
    those that this one cures do not count.
    """
    yield from _not_after(case)


@rule(
    "NOTICE_NOT_AFTER_ELECTION",
    REVIEW,
    WITHDRAWAL,
    cite="OTE Q23; EF p.2 ¶3",
    follows="The notice is held, and what stood still stands. To clear it is to find that it was signed later.",
    suggestion="Uphold, unless the holder shows that it was signed later.",
    needs=_SIGNED,
    boxes=("date",),
)
def is_signed_after_every_earlier_election(case: Case) -> Iterator[Flaw]:
    """A notice must be signed later than every election of the holder received before it; equal is not after."""
    yield from _not_after(case)


def _not_after(case: Case) -> Iterator[Flaw]:
    if case.signed_not_after:
        latest = case.signed_not_after[-1]
        yield Flaw(
            f"Signed {_signed(case)}, not after {latest.submission.id} (signed {_signed_earlier(case, latest)}), "
            "which came first.",
            facts={"earlier": latest.submission.id},
        )


def _signed(case: Case) -> str:
    assert case.signed.on is not None
    return say_instant(case.signed.at, case.terms.time_zone) if case.signed.at else say_date(case.signed.on)


def _signed_earlier(case: Case, earlier: Earlier) -> str:
    assert earlier.signed.on is not None
    return say_instant(earlier.signed.at, case.terms.time_zone) if earlier.signed.at else say_date(earlier.signed.on)


@rule(
    "SAME_DATE_ORDER_UNKNOWN",
    REVIEW,
    FORM,
    cite="EF-I 2, 6",
    follows="The form is held, and what stood still stands.",
    suggestion="Ask the holder which was signed last.",
    needs=_SIGNED,
    boxes=("date", "time"),
)
def shows_its_order_on_the_day(case: Case) -> Iterator[Flaw]:
    """Two forms of one date need their times: where either is missing or unreadable, nobody knows which is the later.

    For a notice only elections count. Not said where the form is plainly not after another one.
    """
    if case.signed_order_unknown and not case.signed_not_after:
        other = case.signed_order_unknown[-1].submission.id
        assert case.signed.on is not None
        yield Flaw(
            f"Signed {say_date(case.signed.on)}, the date of {other} too, and a time is missing.",
            facts={"earlier": other},
        )


@rule(
    "SAME_DAY_REPLACEMENT",
    NOTE,
    FORM,
    cite='EF-I 2, 6 against EF p.2 ¶3 ("a date later")',
    follows="It is accepted as later.",
    needs=_SIGNED,
    boxes=("date", "time"),
)
def is_signed_on_a_later_day(case: Case) -> Iterator[Flaw]:
    """A form signed on the date of an earlier one, at a later time, is accepted as signed after it."""
    if case.signed_later_same_day and case.passes_order_test:
        other = case.signed_later_same_day[-1]
        yield Flaw(
            f"Signed {_signed(case)}, later on the day of {other.submission.id}.",
            facts={"earlier": other.submission.id},
        )


@rule(
    "RETENDER_AFTER_WITHDRAWAL",
    NOTE,
    ELECTION,
    cite="OTE §5, Q22; EF-I 2; NW-I 1",
    follows="A new tender begins, with this form's rows only.",
    needs=_SIGNED,
    boxes=("date",),
)
def follows_no_withdrawal(case: Case) -> Iterator[Flaw]:
    """An election signed after a withdrawal tenders again, with its own rows only."""
    if case.standing.state is State.WITHDRAWN and case.passes_order_test:
        yield Flaw("Everything was withdrawn. This form tenders again, its own rows only.")


@rule(
    "NOTICE_NO_PRIOR_ELECTION",
    REVIEW,
    WITHDRAWAL,
    cite="NW ¶2",
    follows="The notice is held.",
    suggestion="Look for an election that was lost or is still on its way.",
    needs=_HOLDER,
)
def withdraws_an_election_on_file(case: Case) -> Iterator[Flaw]:
    """A notice withdraws an election that counts or is held. A rejected one is none on file."""
    if not case.elections_on_file:
        yield Flaw("No election of the holder is on file.")


@rule(
    "NOTICE_REDUNDANT",
    NOTE,
    WITHDRAWAL,
    cite="OTE §5",
    follows="Nothing changes.",
    needs=_HOLDER,
)
def withdraws_what_is_not_withdrawn_yet(case: Case) -> Iterator[Flaw]:
    """Everything is withdrawn already, and no election is held."""
    if case.standing.state is State.WITHDRAWN and not case.has_open_election:
        yield Flaw("Everything is withdrawn already.")


@rule(
    "NOTICE_PARTIAL",
    REVIEW,
    WITHDRAWAL,
    cite="NW heading; NW-I 1; OTE Q22; EM-vii",
    follows="The notice is held.",
    suggestion="Ask for a new Election Form. If unresolved at close, cancel none of the named grants without counsel.",
)
def withdraws_everything(case: Case) -> Iterator[Flaw]:
    """A notice withdraws all options. Rows on it, a grant number, or only, except, just, keep, grant mean a part.

    The words count whole and in any letter case.
    """
    own_numbers = [grant.grant_no for grant in case.ledger.grants_of(case.holder.holder_id)] if case.holder else []
    words = partial_words_in(case.submission.fields.notes, own_numbers)
    if case.rows:
        named = say_list(row.grant_no or row.label.lower() for row in case.rows)
        yield Flaw(f"The notice has rows ({named}). A notice withdraws everything or nothing.")
    elif words:
        note = case.submission.fields.notes.strip()
        yield Flaw(f"The notice says “{note}” (“{words}”). A notice withdraws everything or nothing.")


@rule(
    "NOTICE_NAME_DIFFERS",
    REVIEW_SOFT,
    WITHDRAWAL,
    cite='NW ¶6 ("exactly as it appears on the Election Form")',
    follows="The notice counts provisionally.",
    needs=_HOLDER,
    boxes=("printed_name",),
)
def prints_the_name_of_the_election(case: Case) -> Iterator[Flaw]:
    """The name on a notice must be the one printed on the latest election; nothing is compared with a blank."""
    if not case.elections_on_file:
        return
    election = case.elections_on_file[-1].submission
    on_notice, on_election = printed_name(case), normalise_name(election.fields.printed_name)
    if on_notice and on_election and on_notice != on_election:
        yield Flaw(
            f"The notice prints “{case.submission.fields.printed_name.strip()}”, "
            f"the election {election.id} “{election.fields.printed_name.strip()}”."
        )


@rule(
    "WITHDRAW_POST_EXPIRY",
    REVIEW,
    WITHDRAWAL,
    cite='OTE §5 ("at any time thereafter") against NW ¶3, NW-I 1',
    follows="The notice is held, and nothing of this holder is accepted meanwhile.",
    suggestion="Honour it: clear. Do not accept this holder's tender before it is decided.",
    needs=(Need.RECEIPT,),
)
def arrives_before_withdrawal_rights_end(case: Case) -> Iterator[Flaw]:
    """A notice received after expiration, while acceptance was not yet given.

    The offer lets holders withdraw "at any time thereafter" if not accepted; the notice says "by 5:00 p.m.".
    """
    is_late = case.is_after_expiration and not case.straddles_deadline and not case.receipt_zone_is_critical
    if is_late and not _is_after_acceptance(case):
        received, zone = case.received_at, case.terms.time_zone
        assert received is not None
        yield Flaw(
            f"Received {say_instant(received, zone)}, after the offer expired ({say_instant(case.expiration, zone)}) "
            "and before acceptance."
        )


@rule(
    "WITHDRAW_AFTER_ACCEPTANCE",
    FATAL,
    WITHDRAWAL,
    cite="OTE §5, §6; EF (c)",
    follows="The notice is rejected.",
    needs=(Need.RECEIPT,),
)
def arrives_before_acceptance(case: Case) -> Iterator[Flaw]:
    """Nothing can be withdrawn once notice of acceptance was given."""
    if _is_after_acceptance(case) and not case.receipt_zone_is_critical:
        received, accepted, zone = case.received_at, case.offer.accepted_at, case.terms.time_zone
        assert received is not None
        assert accepted is not None
        yield Flaw(f"Received {say_instant(received, zone)}. Acceptance was given {say_instant(accepted, zone)}.")


def _is_after_acceptance(case: Case) -> bool:
    accepted_at, received_at = case.offer.accepted_at, case.received_at
    return accepted_at is not None and received_at is not None and received_at >= accepted_at


RULES = (
    checks_the_box_only_to_amend,
    checks_the_box_to_amend,
    is_signed_after_every_earlier_form,
    is_signed_after_every_earlier_election,
    shows_its_order_on_the_day,
    is_signed_on_a_later_day,
    follows_no_withdrawal,
    withdraws_an_election_on_file,
    withdraws_what_is_not_withdrawn_yet,
    withdraws_everything,
    prints_the_name_of_the_election,
    arrives_before_withdrawal_rights_end,
    arrives_before_acceptance,
)
