"""How the names on a form lie to the holder's: the same, changed, somebody signing for the holder, or different."""

from __future__ import annotations

from core.grammar import normalise_name
from validators.case import Case
from validators.free_text import shows_name_change, shows_representative


def printed_name(case: Case) -> str:
    """The printed name, normalised; "" when blank."""
    return normalise_name(case.submission.fields.printed_name)


def legible_signature(case: Case) -> str:
    """What the signature reads as, normalised; "" when there is none or it is illegible."""
    return normalise_name(case.submission.fields.signature.reads_as or "")


def is_signed_by_representative(case: Case) -> bool:
    """Whether the capacity is filled or the signature reads as signing for somebody else (rule 40)."""
    if case.submission.fields.capacity.strip():
        return True
    signature = legible_signature(case)
    return signature not in case.accepted_names and shows_representative(signature)


def printed_name_differs(case: Case) -> bool:
    """Whether a name is printed and it is not the holder's (rule 37)."""
    return bool(printed_name(case)) and printed_name(case) not in case.accepted_names


def signature_differs(case: Case) -> bool:
    """Whether the signature is legible, the signer's own, and not the holder's name (rule 30)."""
    signature = legible_signature(case)
    return bool(signature) and signature not in case.accepted_names and not is_signed_by_representative(case)


def name_differs(case: Case) -> bool:
    return printed_name_differs(case) or signature_differs(case)


def shows_change_of_name(case: Case) -> bool:
    """Whether a name differs and a change is shown: by the ledger's record of it, or in words on the form (rule 38)."""
    if case.holder is None or not name_differs(case):
        return False
    recorded = {normalise_name(name) for name in case.holder.legal_name_changes}
    fields = case.submission.fields
    return (
        (printed_name_differs(case) and printed_name(case) in recorded)
        or (signature_differs(case) and legible_signature(case) in recorded)
        or shows_name_change(fields.notes)
        or shows_name_change(fields.printed_name)
    )
