"""Rulebook 3 A: how, where and when a form arrived, and whether every page found its place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from validators.case import Case
from validators.rule import FATAL, NOTE, REVIEW, REVIEW_SOFT, Flaw, Need, Scope, rule
from validators.wording import say_date, say_instant, say_list

FORM, ELECTION, INTAKE = Scope.FORM, Scope.ELECTION, Scope.INTAKE
_KNOWN_PAGE = re.compile(r"(?:E1|E2|N1|SCHEDULE|COVER|EVIDENCE|I[0-9]+)!?")


@rule(
    "DELIVERY_EMAIL",
    FATAL,
    FORM,
    cite="EF footer; EF-I 1; NW ¶3; NW-I 1; OTE §4, Q21",
    follows="The form is rejected. The holder may fax or hand-deliver it in time.",
    suggestion="Check that it did not first arrive at the listed fax number and was then forwarded.",
)
def is_not_sent_by_email(case: Case) -> Iterator[Flaw]:
    """A form comes by fax or by hand; e-mail, a scan attached to it included, is not sufficient.

    What counts is the channel of first arrival: a fax that was forwarded inside the house by e-mail is a fax.
    """
    if case.submission.delivery == "email":
        yield Flaw("The form came by e-mail. Only fax and hand delivery count.")


@rule(
    "DELIVERY_OTHER",
    REVIEW,
    FORM,
    cite="OTE §4, §5; EF-I 1",
    follows="The form is held.",
    suggestion="Treat an envelope handed over at the listed address as hand delivery, timed at the hand-over; "
    "do not accept postal mail.",
)
def is_faxed_or_handed_over(case: Case) -> Iterator[Flaw]:
    """A form comes by fax or by hand. The filings name no courier, post or inter-office mail."""
    if case.submission.delivery not in ("fax", "hand", "email"):
        yield Flaw(f"The form came by “{case.submission.delivery}”. The offer names fax and hand delivery only.")


@rule(
    "WRONG_DESTINATION",
    REVIEW,
    FORM,
    cite='EF-I 1; NW-I 1 (delivery only "when actually received")',
    follows="The form is held.",
    suggestion="If it later reached the listed place, set the time of receipt to that arrival; "
    "if it never did, uphold.",
)
def arrives_at_the_listed_place(case: Case) -> Iterator[Flaw]:
    """A form must reach the listed fax number, or the listed address and person.

    The switchboard and the contact's voice line take no faxes; another employee at the right address is not enough.
    """
    if case.submission.destination != "listed":
        yield Flaw(
            f"The form reached “{case.submission.destination}”. "
            f"The listed places are fax {case.terms.fax_number} and {case.terms.delivery_address}."
        )


@rule(
    "LATE_RECEIPT",
    FATAL,
    ELECTION,
    cite="OTE Q21, §4; EF footer; EF-I 1; reminder e-mail",
    follows="The election is rejected. Lateness cannot be waived; an extension announced in time re-opens it.",
    suggestion="Lateness cannot be waived (OTE Q21). Only an extension announced in time helps.",
    needs=(Need.RECEIPT,),
)
def arrives_before_expiration(case: Case) -> Iterator[Flaw]:
    """An election must arrive before the offer expires, whatever clock wrote the time.

    Instants are compared, never dates or local times. A fax under way at the deadline and a stamp whose zone decides
    have rules of their own.
    """
    if case.is_after_expiration and not case.straddles_deadline and not case.receipt_zone_is_critical:
        yield Flaw(_received_against_expiration(case))


def _received_against_expiration(case: Case) -> str:
    received, zone = case.received_at, case.terms.time_zone
    assert received is not None
    return f"Received {say_instant(received, zone)}. The offer expired {say_instant(case.expiration, zone)}."


@rule(
    "LATE_PENDING_EXTENSION",
    NOTE,
    ELECTION,
    cite="OTE §15, Q20",
    follows="No rejection is sent until the time for announcing an extension has passed; "
    "an extension announced in time re-evaluates the form.",
    needs=(Need.RECEIPT,),
)
def awaits_a_possible_extension(case: Case) -> Iterator[Flaw]:
    """A late election received before 6:00 a.m. Pacific of the next business day may still be saved by an extension.

    The note stays on record even when no extension comes; it is not attached once one, in time or late, is on record.
    """
    received = case.received_at
    assert received is not None
    is_late = case.is_after_expiration and (case.straddles_deadline or not case.receipt_zone_is_critical)
    if is_late and received <= case.announcement_limit and not case.extension_is_on_record:
        limit = say_instant(case.announcement_limit, case.terms.time_zone)
        yield Flaw(f"Late, but an extension may be announced until {limit}. Send no rejection before.")


@rule(
    "RECEIPT_AT_DEADLINE",
    REVIEW_SOFT,
    FORM,
    cite='OTE cover ("at"), Q21 ("by"), §4-6 ("before"); EF p.2; NW ¶3, ¶5 (rulebook 1.4)',
    follows="The form counts provisionally. One decision for every such form, elections and notices alike.",
    suggestion="Treat as timely, and decide once for all such forms.",
    needs=(Need.RECEIPT,),
)
def does_not_arrive_on_the_stroke(case: Case) -> Iterator[Flaw]:
    """The offer says both "by" and "before" 5:00 p.m.: a form received at exactly that instant needs a decision.

    A clock that records minutes makes the whole minute exact.
    """
    if case.received_at == case.expiration:
        yield Flaw(f"Received at exactly {say_instant(case.expiration, case.terms.time_zone)}, the expiration itself.")


@rule(
    "FAX_STRADDLES_DEADLINE",
    REVIEW,
    FORM,
    cite='OTE §4 ("all of the required documents before")',
    follows="The form is held. This takes the place of the rules on lateness.",
    suggestion="Look at the page times: timely only if every required page was complete before expiration; "
    "then set the time of receipt to the last of them.",
    needs=(Need.RECEIPT,),
)
def is_not_under_way_at_the_deadline(case: Case) -> Iterator[Flaw]:
    """A fax that began before the expiration and ended after it needs its page times.

    Required are E1 and E2, or N1, and any schedule and evidence; instruction pages trailing behind do not matter.
    """
    if case.straddles_deadline:
        start = case.received_start
        assert start is not None
        yield Flaw(f"The fax began {say_instant(start, case.terms.time_zone)}. {_received_against_expiration(case)}")


@rule(
    "RECEIPT_TIME_UNKNOWN",
    REVIEW,
    FORM,
    cite="OTE §4 (time of receipt is the company's to determine)",
    follows="The form is held; no rule on time is evaluated.",
    suggestion="Find the fax server's record or the hand-delivery stamp. The sender's header line and the file's "
    "time are no evidence on their own.",
)
def has_a_known_time_of_receipt(case: Case) -> Iterator[Flaw]:
    """The fax server's record or the hand-delivery stamp must say when the form came."""
    if case.submission.received_at is None:
        yield Flaw("No fax-server record and no stamp says when the form came.")


@rule(
    "RECEIPT_TZ_MISSING",
    NOTE,
    FORM,
    cite="OTE §2, §15",
    follows="The time is read as Pacific.",
    needs=(Need.RECEIPT,),
)
def is_stamped_with_its_zone(case: Case) -> Iterator[Flaw]:
    """A time of receipt without UTC offset is read as Pacific where Pacific, Eastern and UTC agree on timeliness."""
    if case.lacks_receipt_zone and not case.receipt_zone_is_critical:
        yield Flaw(f"The stamp {_stamp(case)} names no zone. In time or late, it is the same in every zone.")


@rule(
    "RECEIPT_TZ_CRITICAL",
    REVIEW,
    FORM,
    cite="OTE §4",
    follows="The form is held, and called neither late nor timely until the zone is known.",
    suggestion="Establish the zone of the fax server's clock.",
    needs=(Need.RECEIPT,),
)
def is_stamped_with_its_zone_when_it_matters(case: Case) -> Iterator[Flaw]:
    """A time of receipt without UTC offset that is late in one of Pacific, Eastern and UTC but not in another."""
    if case.receipt_zone_is_critical:
        yield Flaw(f"The stamp {_stamp(case)} names no zone, and whether the form is late depends on it.")


def _stamp(case: Case) -> str:
    stamp = case.submission.received_at
    assert stamp is not None
    return f"{say_date(stamp.date())}, {stamp:%H:%M:%S}"


@rule(
    "BEFORE_COMMENCEMENT",
    REVIEW,
    FORM,
    cite="OTE cover (commenced June 25, 2003)",
    follows="The form is held.",
    suggestion="Look at the fax server's clock: it is probably wrong.",
    needs=(Need.RECEIPT,),
)
def arrives_after_the_offer_began(case: Case) -> Iterator[Flaw]:
    """No form can come before the day the offer commenced; no hour is stated, so any time of that day passes."""
    received_on = case.received_on
    assert received_on is not None
    if received_on < case.terms.commencement_on:
        yield Flaw(f"Received {say_date(received_on)}. The offer began {say_date(case.terms.commencement_on)}.")


@rule(
    "OFFER_TERMINATED",
    FATAL,
    FORM,
    cite="OTE §7, §15",
    follows="The form is rejected; all tenders are returned promptly and nothing is accepted.",
    needs=(Need.RECEIPT,),
)
def arrives_before_termination(case: Case) -> Iterator[Flaw]:
    """A form received when the offer was already terminated cannot count.

    The company may terminate only before expiration: a termination dated later goes to counsel first.
    """
    terminated_at, received_at = case.offer.terminated_at, case.received_at
    if terminated_at is None or received_at is None or received_at < terminated_at:
        return
    zone = case.terms.time_zone
    is_doubtful = terminated_at >= case.expiration
    yield Flaw(
        f"Received {say_instant(received_at, zone)}. The offer was terminated {say_instant(terminated_at, zone)}.",
        suggestion="Ask counsel before anything is rejected: the termination is dated after expiration."
        if is_doubtful
        else "",
    )


@rule(
    "FORM_TYPE_UNKNOWN",
    REVIEW,
    INTAKE,
    cite="EF; NW",
    follows="The form is held in the unassigned queue.",
    suggestion="Say which form it is by the last words of its title and the grant table.",
)
def is_an_election_or_a_notice(case: Case) -> Iterator[Flaw]:
    """It must be plain whether the form is an Election Form or a Notice to Withdraw.

    Both titles begin with the same program name: the last words of the title and the grant table tell them apart.
    """
    if case.submission.kind is None:
        yield Flaw("Neither an Election Form nor a Notice to Withdraw can be made out.")


@rule(
    "BUNDLED_FAX",
    NOTE,
    INTAKE,
    cite="EF; NW",
    follows="Each form is judged by itself, with the receipt of the whole fax; their signed times decide their order.",
    heavier=REVIEW,
)
def came_alone_or_cleanly_split(case: Case) -> Iterator[Flaw]:
    """Forms in one fax are split: a note when every page has its form, held when a page cannot be attributed."""
    size = case.submission.bundle_size
    if size > 1 and case.submission.bundle_clean:
        yield Flaw(f"The fax held {size} forms. Each page has its form.")
    elif size > 1:
        yield Flaw(
            f"The fax held {size} forms, and a page of it fits none for certain.",
            suggestion="Attribute the page to its form.",
            heavier=True,
        )


@rule(
    "UNCLASSIFIED_PAGE",
    REVIEW,
    INTAKE,
    cite='EF-I 1 ("any other documents required")',
    follows="The form is held.",
    suggestion="Look at the page: handwriting on it may belong to the form.",
)
def has_only_known_pages(case: Case) -> Iterator[Flaw]:
    """Every page must be a form page, a schedule, instructions, a cover sheet or evidence; none is dropped silently."""
    strange = [page for page in case.submission.pages if not _KNOWN_PAGE.fullmatch(page)]
    if strange:
        which = "One page" if len(strange) == 1 else f"{len(strange)} pages"
        yield Flaw(f"{which} of the fax could not be classified ({say_list(sorted(set(strange)))}).")


RULES = (
    is_not_sent_by_email,
    is_faxed_or_handed_over,
    arrives_at_the_listed_place,
    arrives_before_expiration,
    awaits_a_possible_extension,
    does_not_arrive_on_the_stroke,
    is_not_under_way_at_the_deadline,
    has_a_known_time_of_receipt,
    is_stamped_with_its_zone,
    is_stamped_with_its_zone_when_it_matters,
    arrives_after_the_offer_began,
    arrives_before_termination,
    is_an_election_or_a_notice,
    came_alone_or_cleanly_split,
    has_only_known_pages,
)
