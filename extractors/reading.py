"""A fax file to its forms, read: the recipe of reading, from bytes to submissions that the rules can judge."""

from __future__ import annotations

from dataclasses import replace

from core.holders import OptionLedger
from core.readings import Doubt
from core.transmissions import Receipt, Transmission
from extractors.blank_pages import blank_pages_of
from extractors.fax_pages import FaxPages, pages_of_fax
from extractors.form_reading import read_form
from extractors.limits import DecodeLimits
from extractors.page_images import RegisteredPage
from extractors.printed_text import PrintedLine, printed_lines
from extractors.readers import all_readers
from extractors.splitting import split_into_forms
from extractors.thresholds import load_thresholds
from extractors.zones import ink_of_page
from offers.forms import Forms

_PAGES_LOST = "the fax once had more pages than the file has"


def read_transmission(
    content: bytes,
    *,
    fax: str,
    file: str,
    receipt: Receipt,
    forms: Forms,
    ledger: OptionLedger,
    limits: DecodeLimits,
) -> Transmission:
    """One fax read. `fax` is the sha256 of `content`, `file` the name it came under, `receipt` what a sidecar says.

    Raises a FaxFileRefused (extractors.failures) when the file is no fax within the limits.
    """
    pages = pages_of_fax(content, blank_pages_of(forms), limits, file)
    known = receipt if receipt.source is not None else pages.receipt or receipt
    return read_pages(pages, fax=fax, file=file, receipt=known, forms=forms, ledger=ledger)


def read_pages(
    pages: FaxPages, *, fax: str, file: str, receipt: Receipt, forms: Forms, ledger: OptionLedger
) -> Transmission:
    """`read_transmission` from pages that are already registered."""
    readers, thresholds = all_readers(), load_thresholds()
    inked = [(page, ink_of_page(page, _printed_on(page, forms))) for page in pages.pages]
    split = split_into_forms([page.page for page in pages.pages])
    submissions = tuple(
        replace(
            read_form(
                form,
                [inked[place] for place in form.places],
                identity=f"{fax[:12]}-{number}",
                fax=fax,
                receipt=receipt,
                readers=readers,
                thresholds=thresholds,
                ledger=ledger,
            ),
            bundle_size=len(split),
        )
        for number, form in enumerate(split, start=1)
    )
    # A fax cut short may have lost a schedule, a condition, a second form: none of what is left may pass unseen.
    if pages.is_short or (receipt.pages or 0) > len(pages.pages):
        lost = Doubt("pages", 0.0, 1.0, _PAGES_LOST)
        submissions = tuple(replace(each, doubts=(*each.doubts, lost)) for each in submissions)
    owners = {place: number for number, form in enumerate(split) for place in form.places}
    return Transmission(
        fax,
        file,
        receipt,
        tuple(replace(page.page, submission=owners.get(place)) for place, page in enumerate(pages.pages)),
        submissions,
    )


def _printed_on(page: RegisteredPage, forms: Forms) -> tuple[PrintedLine, ...]:
    for form, form_page in forms.pages():
        if form_page is page.form_page:
            return printed_lines(form.pdf, form_page.number)
    return ()
