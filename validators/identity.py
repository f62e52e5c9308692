"""Rulebook 3 C: whose form it is, who signed it and when, and the schedule's own signature block."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from core.addresses import Place, place_of
from core.grammar import Sense, is_email, normalise_name, tax_id_digits
from core.submissions import Evidence, Schedule
from validators.case import Case, WrittenRow
from validators.names import (
    is_signed_by_representative,
    legible_signature,
    printed_name,
    printed_name_differs,
    shows_change_of_name,
    signature_differs,
)
from validators.rule import (
    CURABLE,
    CURABLE_SOFT,
    NOTE,
    REVIEW,
    REVIEW_SOFT,
    Flaw,
    Need,
    Scope,
    Unknown,
    rule,
)
from validators.wording import say_date, say_instant

FORM, SCHEDULE = Scope.FORM, Scope.SCHEDULE
_NAME_BOXES = ("printed_name", "signature")
_LEAST_PARTIAL_DIGITS, _MOST_PARTIAL_DIGITS = 4, 8


@rule(
    "HOLDER_UNKNOWN",
    REVIEW,
    FORM,
    cite="OTE §4",
    follows="The form is held in the unassigned queue; no row can be accepted and there is no standing until a person "
    "says whose form it is.",
    suggestion="Find the holder from the paper and assign the form.",
)
def names_a_holder_of_the_ledger(case: Case) -> Iterator[Flaw]:
    """The form must lead to exactly one holder of the ledger.

    By exact name (letter case, spaces, periods, commas and accents apart) or a recorded legal name change, else by the
    full identification number, else by grant numbers that all belong to one holder.
    """
    if case.holder is None:
        yield Flaw(case.why_no_holder)


@rule(
    "SIGNATURE_MISSING",
    CURABLE,
    FORM,
    cite="OTE §4, §5; EF-I 5; NW-I 2",
    follows="The form is held and replaces nothing.",
    boxes=("signature",),
)
def is_signed(case: Case) -> Iterator[Flaw | Unknown]:
    """The form must be signed. A signature on the schedule does not sign the form, nor the reverse."""
    if case.submission.fields.signature.present is False:
        yield _missing(case, "signature", "The signature box is empty.")


def _missing(case: Case, box: str, message: str) -> Flaw | Unknown:
    """A blank box is a flaw, unless its page cannot be read: then nobody knows (rule 20)."""
    return Unknown(f"the box {box} cannot be read") if case.is_unreadable(box) else Flaw(message)


@rule(
    "SIGNATURE_UNCLEAR",
    REVIEW,
    FORM,
    cite='OTE §4 ("executed")',
    follows="The form is held.",
    suggestion="Look at the box: clear if a person signed it by hand.",
    boxes=("signature",),
)
def is_signed_by_hand(case: Case) -> Iterator[Flaw]:
    """A stamp, a typed name, initials or a stray mark in the signature box is read by a person."""
    if case.submission.fields.signature.present is None:
        yield Flaw("The signature box bears a mark that may be no signature (stamp, type, initials, stray mark).")


@rule(
    "SIGNATURE_MISMATCH",
    REVIEW,
    FORM,
    cite="OTE §4; EF-I 5; NW-I 2",
    follows="The form is held.",
    suggestion="Look at the signature: uphold only if it is plainly another name.",
    needs=(Need.HOLDER,),
    boxes=("signature",),
)
def is_signed_with_the_agreements_name(case: Case) -> Iterator[Flaw]:
    """A legible signature must be the name on the option agreement. Initials and short forms count as different.

    An illegible signature is no flaw. A representative's signature and a changed name have rules of their own.
    """
    if signature_differs(case) and not shows_change_of_name(case):
        reads = case.submission.fields.signature.reads_as
        yield Flaw(f"The signature reads “{reads}”. The agreement says “{_agreement_name(case)}”.")


def _agreement_name(case: Case) -> str:
    assert case.holder is not None
    return case.holder.name_on_agreement


@rule(
    "DATE_MISSING",
    CURABLE,
    FORM,
    cite="OTE §4, §5; EF-I 2; NW-I 3",
    follows="The form is held. An undated form neither replaces nor withdraws anything.",
    suggestion="Do not borrow the date of the fax header.",
    boxes=("date",),
)
def is_dated(case: Case) -> Iterator[Flaw | Unknown]:
    """The form must bear the date of signing."""
    if case.signed.written.is_blank:
        yield _missing(case, "date", "No date is written.")


@rule(
    "DATE_UNREADABLE",
    REVIEW,
    FORM,
    cite="OTE §4, §5; EF-I 2; NW-I 3",
    follows="The form is held.",
    suggestion="Read the date on the paper and key it, or ask the holder.",
    boxes=("date",),
)
def bears_a_date_of_the_calendar(case: Case) -> Iterator[Flaw]:
    """What stands in the date box must be a date: 7/32/03 and 2/30/03 are none."""
    if case.signed.written.is_unreadable:
        yield Flaw(f"The date box says “{case.submission.fields.date.strip()}”, which is no date.")


@rule(
    "DATE_FORMAT_ASSUMED",
    NOTE,
    FORM,
    cite="EF-I 6",
    follows="The date is read as said.",
    needs=(Need.SIGNED_DATE,),
    boxes=("date",),
)
def writes_its_date_in_full(case: Case) -> Iterator[Flaw]:
    """A date without a year is of the offer's year; one whose first number is over 12 has the day first.

    All other dates in figures are month/day/year, and two-digit years below 30 mean 20xx.
    """
    written = case.signed.written.value
    assert written is not None
    if written.format_assumed:
        yield Flaw(f"The date box says “{case.submission.fields.date.strip()}”, read as {say_date(written.on)}.")


@rule(
    "TIME_MISSING",
    CURABLE_SOFT,
    FORM,
    cite="EF-I 2, 6; NW-I 3; compare OTE §4/§5, Q23",
    follows="An election counts provisionally. A notice is held: it withdraws nothing until the time is given or "
    "waived.",
    boxes=("time",),
    weight_on_notice=CURABLE,
)
def bears_a_time(case: Case) -> Iterator[Flaw | Unknown]:
    """The form asks for the time of signing; for notices the instructions insist on it."""
    if case.signed.time_sense is Sense.BLANK:
        yield _missing(case, "time", "No time is written beside the date.")


@rule(
    "TIME_UNREADABLE",
    REVIEW_SOFT,
    FORM,
    cite="EF-I 2, 6; NW-I 3; compare OTE §4/§5, Q23",
    follows="An election counts provisionally; a notice is held.",
    suggestion="Ask the holder whether morning or afternoon is meant.",
    boxes=("time",),
    weight_on_notice=REVIEW,
)
def bears_a_time_of_the_clock(case: Case) -> Iterator[Flaw]:
    """The time must name one instant: 1 to 12 o'clock without a.m. or p.m. and without a leading zero does not.

    14:15, 09:15 and 00:30 are on the 24-hour clock; noon is 12:00.
    """
    if case.signed.time_sense is Sense.UNREADABLE:
        yield Flaw(f"The time box says “{case.submission.fields.time.strip()}”, which leaves the time open.")


@rule(
    "NAME_MISSING",
    CURABLE,
    FORM,
    cite="OTE §4 (name of holder); EF-I 6",
    follows="The form is held.",
    boxes=("printed_name",),
)
def bears_a_printed_name(case: Case) -> Iterator[Flaw | Unknown]:
    """The holder's name must be printed."""
    if not printed_name(case):
        yield _missing(case, "printed_name", "No name is printed.")


@rule(
    "NAME_MISMATCH",
    REVIEW,
    FORM,
    cite='OTE §4, §5 ("exactly as"); EF-I 5; NW-I 2',
    follows="The form is held.",
    suggestion="Check that it is the same person. A missing initial or a nickname may be cleared.",
    needs=(Need.HOLDER,),
    boxes=("printed_name",),
)
def prints_the_agreements_name(case: Case) -> Iterator[Flaw]:
    """The printed name must be the one on the option agreement.

    Only letter case, runs of spaces, periods, commas, curly apostrophes and accents are levelled. A missing initial, a
    nickname, another order or a suffix is a different name.
    """
    if printed_name_differs(case) and not shows_change_of_name(case):
        written = case.submission.fields.printed_name.strip()
        yield Flaw(f"The form prints “{written}”. The agreement says “{_agreement_name(case)}”.")


@rule(
    "NAME_CHANGE_NO_PROOF",
    CURABLE,
    FORM,
    cite="OTE §4, §5; EF-I 5; NW-I 2",
    follows="The form is held; proof may follow before expiration.",
    suggestion="Ask for proof of the legal change of name.",
    needs=(Need.HOLDER,),
    boxes=_NAME_BOXES,
)
def proves_a_change_of_name(case: Case) -> Iterator[Flaw]:
    """A changed name needs proof with the form.

    A change is shown by the ledger's record of it, or by the words formerly, f/k/a, née, maiden, married name or name
    changed. Proof once approved serves later forms as well.
    """
    if shows_change_of_name(case) and Evidence.NAME_CHANGE_PROOF not in case.submission.fields.evidence:
        yield Flaw(f"{_new_name(case)} No proof of the change came with the form.")


@rule(
    "NAME_CHANGE_PROOF_REVIEW",
    REVIEW,
    FORM,
    cite="OTE §4, §5; EF-I 5; NW-I 2",
    follows="The form is held until a person approves the proof.",
    suggestion="Look at the proof and record what was seen.",
    needs=(Need.HOLDER,),
    boxes=_NAME_BOXES,
)
def has_its_proof_of_a_new_name_approved(case: Case) -> Iterator[Flaw]:
    """Proof of a change of name that came with the form is approved by a person."""
    if shows_change_of_name(case) and Evidence.NAME_CHANGE_PROOF in case.submission.fields.evidence:
        yield Flaw(f"{_new_name(case)} Proof of the change came with the form.")


def _new_name(case: Case) -> str:
    fields = case.submission.fields
    written = fields.printed_name.strip() if printed_name_differs(case) else (fields.signature.reads_as or "")
    return f"The form says “{written}”. The agreement says “{_agreement_name(case)}”, and a change of name is shown."


@rule(
    "REP_TITLE_MISSING",
    CURABLE,
    FORM,
    cite="OTE §4, §5; EF-I 5; NW-I 2",
    follows="The form is held.",
    boxes=("signature",),
)
def gives_the_representatives_title(case: Case) -> Iterator[Flaw]:
    """Who signs for a holder must give the full title.

    Somebody signs for the holder when a capacity is filled in or the signature reads for, by, POA or attorney.
    """
    if is_signed_by_representative(case) and not case.submission.fields.title.strip():
        yield Flaw(f"{_signer(case)} No title is given.")


@rule(
    "REP_EVIDENCE_MISSING",
    CURABLE,
    FORM,
    cite="OTE §4, §5; EF-I 5; NW-I 2",
    follows="The form is held.",
    suggestion="Ask for the evidence: it must come with the form (EF-I 5).",
    boxes=("signature",),
)
def proves_the_representatives_authority(case: Case) -> Iterator[Flaw]:
    """Who signs for a holder must attach evidence of the authority to do so."""
    if is_signed_by_representative(case) and Evidence.AUTHORITY_EVIDENCE not in case.submission.fields.evidence:
        yield Flaw(f"{_signer(case)} No evidence of authority came with the form.")


@rule(
    "REP_EVIDENCE_REVIEW",
    REVIEW,
    FORM,
    cite="OTE §4, §5; EF-I 5; NW-I 2",
    follows="The form is held until a person finds the evidence satisfactory.",
    suggestion="Read the evidence. For the executor of a deceased holder see DEATH_BEFORE_CANCELLATION.",
    boxes=("signature",),
)
def has_the_authority_approved(case: Case) -> Iterator[Flaw]:
    """A representative's evidence of authority is approved by a person."""
    fields = case.submission.fields
    if is_signed_by_representative(case) and fields.title.strip() and Evidence.AUTHORITY_EVIDENCE in fields.evidence:
        yield Flaw(f"{_signer(case)} Title and evidence of authority came with the form.")


def _signer(case: Case) -> str:
    fields = case.submission.fields
    if legible_signature(case):
        return f"The signature reads “{fields.signature.reads_as}”."
    return f"The form is signed as “{fields.capacity.strip()}”."


@rule(
    "TAXID_MISSING",
    CURABLE_SOFT,
    FORM,
    cite="EF-I 6; NW-I 3",
    follows="The form counts provisionally.",
    boxes=("tax_id",),
)
def bears_an_identification_number(case: Case) -> Iterator[Flaw | Unknown]:
    """The form asks for a social security or other identification number; words such as "on file" are none."""
    if not tax_id_digits(case.submission.fields.tax_id):
        yield _missing(case, "tax_id", "No identification number is written.")


@rule(
    "TAXID_PARTIAL",
    CURABLE_SOFT,
    FORM,
    cite="EF-I 6",
    follows="The form counts provisionally.",
    needs=(Need.HOLDER,),
    boxes=("tax_id",),
)
def bears_the_whole_identification_number(case: Case) -> Iterator[Flaw | Unknown]:
    """Only the last 4 to 8 digits of the holder's number are written, and they agree."""
    written = tax_id_digits(case.submission.fields.tax_id)
    if not written:
        return
    if not _ledger_tax_id(case):
        yield Unknown("the ledger has no identification number for the holder")
    elif _is_partial(case, written):
        yield Flaw(f"Only {len(written)} digits of the identification number are written; they agree.")


@rule(
    "TAXID_MISMATCH",
    REVIEW,
    FORM,
    cite="EF-I 6",
    follows="The form is held.",
    suggestion="Compare the number on the paper once more. Never tell the sender the ledger's number.",
    needs=(Need.HOLDER,),
    boxes=("tax_id",),
)
def bears_the_holders_identification_number(case: Case) -> Iterator[Flaw | Unknown]:
    """The identification number on the form must be the holder's. The name decides whose form it is."""
    written = tax_id_digits(case.submission.fields.tax_id)
    if not written:
        return
    if not _ledger_tax_id(case):
        yield Unknown("the ledger has no identification number for the holder")
    elif written != _ledger_tax_id(case) and not _is_partial(case, written):
        yield Flaw("The identification number on the form is not the ledger's for this holder.")


def _ledger_tax_id(case: Case) -> str:
    assert case.holder is not None
    return tax_id_digits(case.holder.tax_id)


def _is_partial(case: Case, written: str) -> bool:
    ledger = _ledger_tax_id(case)
    has_the_length = _LEAST_PARTIAL_DIGITS <= len(written) <= _MOST_PARTIAL_DIGITS
    return has_the_length and written != ledger and ledger.endswith(written)


@rule(
    "EMAIL_MISSING",
    CURABLE_SOFT,
    FORM,
    cite="EF-I 6; NW-I 3",
    follows="The form counts provisionally. Confirm to the address on file with HR or by post, and record how.",
    boxes=("email",),
)
def bears_an_email_address(case: Case) -> Iterator[Flaw | Unknown]:
    """The form asks for an e-mail address, to which the confirmation goes."""
    if not case.submission.fields.email.strip():
        yield _missing(case, "email", "No e-mail address is written.")


@rule(
    "EMAIL_INVALID",
    CURABLE_SOFT,
    FORM,
    cite="EF-I 6",
    follows="The form counts provisionally.",
    boxes=("email",),
)
def bears_a_usable_email_address(case: Case) -> Iterator[Flaw]:
    """An e-mail address has the form local@domain.tld."""
    written = case.submission.fields.email.strip()
    if written and not is_email(written):
        yield Flaw("What stands in the e-mail box is no address of the form local@domain.tld.")


@rule(
    "ADDRESS_MISSING",
    CURABLE_SOFT,
    FORM,
    cite="EF-I 6",
    follows="The form counts provisionally.",
    boxes=("address",),
)
def bears_an_address(case: Case) -> Iterator[Flaw | Unknown]:
    """The form asks for a home or a work address; either suffices."""
    if place_of(case.submission.fields.address) is Place.BLANK:
        yield _missing(case, "address", "No address is written.")


@rule(
    "ADDRESS_NON_US",
    REVIEW,
    FORM,
    cite="OTE §1(i), Q3",
    follows="The form is held: where the holder lives is in question.",
    suggestion="Ask where the holder lives. A work address shows the place of work only.",
    boxes=("address",),
)
def bears_an_address_in_the_united_states(case: Case) -> Iterator[Flaw | Unknown]:
    """An address outside the United States puts the holder's residence in question."""
    place = place_of(case.submission.fields.address)
    if place is Place.ABROAD:
        yield Flaw("The address on the form lies outside the United States.")
    elif place is Place.UNCLEAR:
        yield Unknown("the address names neither a state nor a country")


@rule(
    "SIGNED_AFTER_RECEIPT",
    REVIEW,
    FORM,
    cite="EF-I 6",
    follows="The form is held.",
    suggestion="Look for a slip in the date, such as day and month exchanged.",
    needs=(Need.SIGNED_DATE, Need.RECEIPT),
    boxes=("date", "time"),
)
def is_signed_before_it_arrives(case: Case) -> Iterator[Flaw]:
    """A form cannot be signed after it came; wristwatches may be fifteen minutes ahead.

    Without a usable time the dates alone are compared, on the Pacific clock.
    """
    received_at, received_on, signed_on = case.received_at, case.received_on, case.signed.on
    assert received_at is not None
    assert received_on is not None
    assert signed_on is not None
    zone = case.terms.time_zone
    if case.signed.at is not None:
        if case.signed.at > received_at + case.terms.signing_tolerance:
            signed = say_instant(case.signed.at, zone)
            yield Flaw(f"Signed {signed}, but received {say_instant(received_at, zone)}.")
    elif signed_on > received_on:
        yield Flaw(f"Signed {say_date(signed_on)}, but received {say_instant(received_at, zone)}.")


@rule(
    "SIGNED_BEFORE_OFFER",
    REVIEW,
    FORM,
    cite="OTE cover; EF ¶1 (holder states the Offer was received)",
    follows="The form is held.",
    suggestion="Ask the holder: last year's date is likely a slip.",
    needs=(Need.SIGNED_DATE,),
    boxes=("date",),
)
def is_signed_after_the_offer_began(case: Case) -> Iterator[Flaw]:
    """A form says that the offer was received, so it cannot be signed before the offer began."""
    signed_on, began_on = case.signed.on, case.terms.commencement_on
    assert signed_on is not None
    if signed_on < began_on:
        yield Flaw(f"Signed {say_date(signed_on)}. The offer began {say_date(began_on)}.")


@rule(
    "SIGNED_BEFORE_AMENDMENT",
    NOTE,
    FORM,
    cite="TO narrative; Liggett e-mail",
    follows="The form remains good.",
    needs=(Need.SIGNED_DATE,),
    boxes=("date",),
)
def is_signed_after_the_amendment(case: Case) -> Iterator[Flaw]:
    """A form signed between the offer's beginning and its amendment, not on the amended edition, remains good."""
    signed_on, terms = case.signed.on, case.terms
    assert signed_on is not None
    if (
        case.submission.form_version != terms.current_form_version
        and terms.commencement_on <= signed_on < terms.amended_on
    ):
        yield Flaw(f"Signed {say_date(signed_on)}, before the amendment of {say_date(terms.amended_on)}.")


# ----------------------------------------------------------------------------------------------------- the schedule


def _schedule_rows(case: Case) -> Iterator[tuple[Schedule, WrittenRow]]:
    """The schedule and each of its rows that has to be signed for.

    A struck row is left to ROW_STRUCK, and one that exactly repeats a table row says nothing new.
    """
    schedule = case.submission.fields.schedule
    if schedule is None:
        return
    for row in case.rows:
        repeated = row.repeats
        says_nothing_new = repeated is not None and not repeated.on_schedule and row.values == repeated.values
        if row.on_schedule and not row.is_struck and not says_nothing_new:
            yield schedule, row


def _missing_on_schedule(case: Case, row: WrittenRow, message: str) -> Flaw | Unknown:
    if case.schedule_is_unreadable:
        return Unknown("the schedule cannot be read")
    return Flaw(f"{row.label}: {message}", target=row.target)


@rule(
    "SCHEDULE_UNSIGNED",
    CURABLE,
    SCHEDULE,
    cite="EF-I 3",
    follows="The schedule's rows are held; the table's are not touched.",
)
def signs_its_schedule(case: Case) -> Iterator[Flaw | Unknown]:
    """A schedule with rows must be signed by itself; where that is unsure, it counts as unsigned."""
    for schedule, row in _schedule_rows(case):
        if schedule.signed is not True:
            is_sure = schedule.signed is False
            message = "the schedule is not signed." if is_sure else "the schedule's signature is in doubt."
            yield _missing_on_schedule(case, row, message)


@rule(
    "SCHEDULE_UNDATED",
    CURABLE,
    SCHEDULE,
    cite="EF-I 3",
    follows="The schedule's rows are held; the table's are not touched.",
)
def dates_its_schedule(case: Case) -> Iterator[Flaw | Unknown]:
    """A schedule with rows must be dated."""
    for schedule, row in _schedule_rows(case):
        if not schedule.date.strip():
            yield _missing_on_schedule(case, row, "the schedule bears no date.")


@rule(
    "SCHEDULE_UNNAMED",
    CURABLE,
    SCHEDULE,
    cite="EF-I 3",
    follows="The schedule's rows are held; the table's are not touched.",
)
def names_the_holder_on_its_schedule(case: Case) -> Iterator[Flaw | Unknown]:
    """A schedule with rows must bear the holder's printed name."""
    for schedule, row in _schedule_rows(case):
        if not normalise_name(schedule.name):
            yield _missing_on_schedule(case, row, "the schedule bears no name.")


@rule(
    "SCHEDULE_NAME_MISMATCH",
    REVIEW,
    SCHEDULE,
    cite="EF-I 3, 5",
    follows="The schedule's rows are held; the table's are not touched.",
    boxes=("printed_name",),
)
def prints_one_name_on_form_and_schedule(case: Case) -> Iterator[Flaw]:
    """The schedule must bear the name printed on the form; nothing is compared with a blank."""
    for schedule, row in _schedule_rows(case):
        on_schedule, on_form = normalise_name(schedule.name), printed_name(case)
        if on_schedule and on_form and on_schedule != on_form:
            form_name = case.submission.fields.printed_name.strip()
            message = f"{row.label}: the schedule says “{schedule.name.strip()}”, the form “{form_name}”."
            yield Flaw(message, target=row.target)


@rule(
    "SCHEDULE_DATE_DIFFERS",
    REVIEW,
    SCHEDULE,
    cite="EF-I 3 (filings do not say the dates must agree)",
    follows="The schedule's rows are held; the table's are not touched.",
)
def dates_form_and_schedule_alike(case: Case) -> Iterator[Flaw | Unknown]:
    """The schedule's date must be readable and the form's; nothing is compared with a blank."""
    for schedule, row in _schedule_rows(case):
        on_schedule = _written_on(case, schedule)
        if not schedule.date.strip():
            continue
        if on_schedule is None:
            message = f"{row.label}: the schedule's date “{schedule.date.strip()}” is no date."
            yield Flaw(message, target=row.target)
        elif case.signed.written.is_unreadable:
            yield Unknown("the form's date cannot be read")
        elif case.signed.written.value and case.signed.written.value.on != on_schedule:
            form_date = say_date(case.signed.written.value.on)
            message = f"{row.label}: the schedule is dated {say_date(on_schedule)}, the form {form_date}."
            yield Flaw(message, target=row.target)


def _written_on(case: Case, schedule: Schedule) -> date | None:
    written = case.date_of(schedule.date).value
    return written.on if written else None


RULES = (
    names_a_holder_of_the_ledger,
    is_signed,
    is_signed_by_hand,
    is_signed_with_the_agreements_name,
    is_dated,
    bears_a_date_of_the_calendar,
    writes_its_date_in_full,
    bears_a_time,
    bears_a_time_of_the_clock,
    bears_a_printed_name,
    prints_the_agreements_name,
    proves_a_change_of_name,
    has_its_proof_of_a_new_name_approved,
    gives_the_representatives_title,
    proves_the_representatives_authority,
    has_the_authority_approved,
    bears_an_identification_number,
    bears_the_whole_identification_number,
    bears_the_holders_identification_number,
    bears_an_email_address,
    bears_a_usable_email_address,
    bears_an_address,
    bears_an_address_in_the_united_states,
    is_signed_before_it_arrives,
    is_signed_after_the_offer_began,
    is_signed_after_the_amendment,
    signs_its_schedule,
    dates_its_schedule,
    names_the_holder_on_its_schedule,
    prints_one_name_on_form_and_schedule,
    dates_form_and_schedule_alike,
)
