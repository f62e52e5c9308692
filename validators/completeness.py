"""Rulebook 3 B: which form it is, whether it is whole, and what was written where nothing belongs."""

from __future__ import annotations

from collections.abc import Iterator

from core.submissions import Kind
from validators.case import Case
from validators.free_text import condition_in, partial_words_in, shows_name_change
from validators.names import name_differs
from validators.rule import CURABLE, FATAL, NOTE, REVIEW, REVIEW_SOFT, Flaw, Need, Scope, Unknown, rule
from validators.wording import say_box, say_date, say_list

FORM, ELECTION, FIELD = Scope.FORM, Scope.ELECTION, Scope.FIELD


@rule(
    "FORM_VERSION_OLD",
    NOTE,
    FORM,
    cite="TO amendment narrative; Liggett e-mail",
    follows="The form is accepted as if it were the current one; that the offer was read is never enforced.",
)
def is_on_the_current_form(case: Case) -> Iterator[Flaw]:
    """A form of the original edition counts like a current one: its references are read as current."""
    version = case.submission.form_version
    if version in case.terms.form_versions and version != case.terms.current_form_version:
        yield Flaw(f"The form is the edition of {version}; the current one is {case.terms.current_form_version}.")


@rule(
    "FORM_VERSION_UNKNOWN",
    REVIEW,
    FORM,
    cite="OTE §4 (Election Form required)",
    follows="The form is held.",
    suggestion="Compare it line by line with the company's form: a re-typed form can change terms.",
)
def is_on_the_companys_form(case: Case) -> Iterator[Flaw]:
    """The form must be one of the editions that the company sent out."""
    if case.submission.form_version not in case.terms.form_versions:
        version = case.submission.form_version
        said = f"The form's edition is “{version}”." if version else "The form's edition is not known."
        yield Flaw(f"{said} The company sent out {say_list(case.terms.form_versions)}.")


@rule(
    "FORM_VERSION_DATE_CONFLICT",
    REVIEW,
    FORM,
    cite="OTE date; TO narrative",
    follows="The form is held.",
    suggestion="Ask the holder for the date: it is likely a slip.",
    needs=(Need.SIGNED_DATE,),
    boxes=("date",),
)
def is_signed_after_its_form_existed(case: Case) -> Iterator[Flaw]:
    """A form of the amended edition cannot have been signed between the offer's beginning and its amendment."""
    if case.submission.form_version == case.terms.current_form_version and _signed_before_amendment(case):
        assert case.signed.on is not None
        yield Flaw(
            f"Signed {say_date(case.signed.on)}, on the edition of {say_date(case.terms.amended_on)} "
            "that did not exist then."
        )


def _signed_before_amendment(case: Case) -> bool:
    signed_on = case.signed.on
    return signed_on is not None and case.terms.commencement_on <= signed_on < case.terms.amended_on


@rule(
    "PAGE_MISSING",
    CURABLE,
    FORM,
    cite="OTE §4; EF-I 1",
    follows="The form is held until the page arrives; the boxes printed on it are not judged meanwhile.",
    suggestion="Ask for the missing page, or for the whole form again.",
)
def has_all_its_pages(case: Case) -> Iterator[Flaw]:
    """An election has the pages E1 and E2, a notice N1. Instructions and cover sheet are never required."""
    if case.missing_pages:
        which = f"Page {case.missing_pages[0]} is" if len(case.missing_pages) == 1 else "Pages E1 and E2 are"
        yield Flaw(f"{which} missing from the form.", facts={"pages": " ".join(case.missing_pages)})


@rule(
    "PAGE_UNREADABLE",
    REVIEW,
    FORM,
    cite='OTE §4 ("sole risk" of sender)',
    follows="The form is held. A box that cannot be read is not blank; whatever can be read is judged as usual.",
    suggestion="Key what can be read, or ask for the page again.",
)
def has_readable_pages(case: Case) -> Iterator[Flaw]:
    """Every page that counts must be legible: E1 and E2 or N1, and any schedule or evidence sent along."""
    counts = ("E1!", "E2!", "N1!", "SCHEDULE!", "EVIDENCE!")
    faint = [page.removesuffix("!") for page in case.submission.pages if page in counts]
    if faint:
        yield Flaw(f"Page {say_list(faint)} came too faint or broken to read.", facts={"pages": " ".join(faint)})


@rule(
    "DUPLICATE_FAX",
    NOTE,
    FORM,
    cite="OTE §4, §5 (filings silent on duplicates)",
    follows="The copy has no effect and nothing else is said of it. It still gets its confirmation.",
)
def is_not_a_copy(case: Case) -> Iterator[Flaw]:
    """A form faxed again has no effect: the earliest receipt governs, and a copy never revives what was replaced.

    A copy is identical in every recorded field to one that counts or is held, or it is the same form (date, time, rows,
    name), with nothing new in handwriting, as one that is good or spent. A good copy of a form that is held for how or
    when it arrived is no duplicate.
    """
    original = case.duplicate_of
    if original is not None:
        yield Flaw(
            f"The same form came before, as {original.submission.id}.", facts={"original": original.submission.id}
        )


@rule(
    "CURE_RESUBMISSION",
    NOTE,
    FORM,
    cite="EF-I 8; NW-I 5 (defects may be cured)",
    follows="It stands in place of the earlier form, and is judged afresh on its own receipt.",
    needs=(Need.HOLDER,),
)
def is_not_an_earlier_form_put_right(case: Case) -> Iterator[Flaw]:
    """The same form (date, time, rows, name) sent again with something put right cures the earlier one.

    The earlier one must be live: held and open, or counting with a finding on it. A time or name that was blank may
    be filled; a changed date, time or row makes it a new form.
    """
    if case.cures is not None:
        cured = case.cures.submission.id
        yield Flaw(f"The form puts {cured} right: same date, time, rows and name.", facts={"cures": cured})


@rule(
    "FORM_ALTERED",
    REVIEW,
    FORM,
    cite="EF-I 2 (no alternative, conditional, contingent tenders); EF acknowledgements",
    follows="The form is held.",
    suggestion="Treat a struck term as a conditional tender: uphold.",
)
def leaves_the_printed_text_alone(case: Case) -> Iterator[Flaw]:
    """No printed text may be struck out or overwritten. A line through an unused table row is no alteration."""
    if case.submission.struck_text:
        places = say_list(case.submission.struck_text)
        yield Flaw(f"Printed text is struck or overwritten: {places}.", facts={"places": places})


@rule(
    "CONDITIONAL_TENDER",
    FATAL,
    ELECTION,
    cite="EF-I 2",
    follows="The election is rejected once a reviewer confirms the reading; a clean form may follow.",
    suggestion="Read the words on the paper before anything is sent. If there is no condition, clear.",
)
def tenders_without_condition(case: Case) -> Iterator[Flaw]:
    """No tender may be alternative, conditional or contingent, on the form or beside it (cover sheet, e-mail).

    Words looked for: only if, provided, unless, subject to, on condition, contingent, if the stock/price/share, in the
    alternative, either … or, as long as, assuming.
    """
    words = condition_in(case.submission.fields.notes)
    if words:
        yield Flaw(f"The form says “{case.submission.fields.notes.strip()}”, a condition (“{words}”).")


@rule(
    "FREE_TEXT",
    REVIEW_SOFT,
    FORM,
    cite="EF-I 8",
    follows="The form counts provisionally; a notice with a condition in its text is held.",
    suggestion="If it is harmless, such as a telephone number or a request to confirm, clear.",
    heavier=REVIEW,
)
def bears_no_other_handwriting(case: Case) -> Iterator[Flaw]:
    """Handwriting that no other rule has taken up is read by a person.

    On a notice, words that would make a tender conditional hold the form.
    """
    text = case.submission.fields.notes.strip()
    if not text or _is_taken_up(case, text):
        return
    is_notice = case.submission.kind is Kind.NOTICE
    yield Flaw(f"Handwritten on the form: “{text}”", heavier=is_notice and bool(condition_in(text)))


def _is_taken_up(case: Case, text: str) -> bool:
    """Whether CONDITIONAL_TENDER, NOTICE_PARTIAL or a name change already speaks of the text (decision 0013)."""
    if case.submission.kind is Kind.ELECTION and condition_in(text):
        return True
    own_numbers = [grant.grant_no for grant in case.ledger.grants_of(case.holder.holder_id)] if case.holder else []
    if case.submission.kind is Kind.NOTICE and partial_words_in(text, own_numbers):
        return True
    return shows_name_change(text) and (case.holder is None or name_differs(case))


@rule(
    "OCR_LOW_CONFIDENCE",
    REVIEW,
    FIELD,
    cite="OTE §4",
    follows="The value is provisional; nothing fatal is final on it. A doubtful cell holds its row, others the form.",
    suggestion="Read the box on the paper and key what it says.",
)
def is_read_with_confidence(case: Case) -> Iterator[Flaw | Unknown]:
    """A box that was read with less confidence than its use demands is read by a person.

    Signature, date, time, grant number and shares demand the most.
    """
    for doubt in case.submission.doubts:
        why = f" {doubt.why[0].upper()}{doubt.why[1:].rstrip('.')}." if doubt.why else ""
        yield Flaw(
            f"{say_box(doubt.key)}: the reading is {doubt.confidence:.2f} sure, its use asks {doubt.asks:.2f}.{why}",
            target=doubt.key,
        )


RULES = (
    is_on_the_current_form,
    is_on_the_companys_form,
    is_signed_after_its_form_existed,
    has_all_its_pages,
    has_readable_pages,
    is_not_a_copy,
    is_not_an_earlier_form_put_right,
    leaves_the_printed_text_alone,
    tenders_without_condition,
    bears_no_other_handwriting,
    is_read_with_confidence,
)
