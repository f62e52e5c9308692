"""A fax file to its forms, read: the recipe of reading, from bytes to submissions that the rules can judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from core.holders import OptionLedger
from core.page_layout import Regrouping, forms_of, kept_forms, kind_of, layout_of, version_of
from core.readings import Doubt
from core.submissions import Submission
from core.transmissions import Receipt, Transmission
from extractors.blank_pages import blank_pages_of
from extractors.fax_pages import FaxPages, pages_of_fax
from extractors.form_reading import read_form
from extractors.limits import DecodeLimits
from extractors.page_images import RegisteredPage
from extractors.printed_text import PrintedLine, printed_lines
from extractors.readers import all_readers
from extractors.splitting import FormPages, split_into_forms
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
    if _is_cut_short(pages, receipt):
        submissions = tuple(_with_pages_lost(each) for each in submissions)
    owners = {place: number for number, form in enumerate(split) for place in form.places}
    return Transmission(
        fax,
        file,
        receipt,
        tuple(replace(page.page, submission=owners.get(place)) for place, page in enumerate(pages.pages)),
        submissions,
    )


def read_regrouped(pages: FaxPages, asked: Regrouping, *, forms: Forms, ledger: OptionLedger) -> Transmission:
    """The fax with its pages put together as a person says; `pages` are registered as that person says they are.

    A form whose pages stay as they were is not read again: what was corrected and decided on it holds. All others are
    new forms. Nothing in the bundle is in doubt any more: a person attributed every page.
    """
    readers, thresholds = all_readers(), load_thresholds()
    before, by_number = asked.before, {page.page.number: page for page in pages.pages}
    kept, layouts, numbers = kept_forms(before, asked.layout), forms_of(asked.layout), count(asked.first_number)

    def read(own: Sequence[int], form: FormPages) -> Submission:
        registered = [by_number[number] for number in own]
        submission = read_form(
            form,
            [(page, ink_of_page(page, _printed_on(page, forms))) for page in registered],
            identity=f"{before.fax[:12]}-{next(numbers)}",
            fax=before.fax,
            receipt=before.receipt,
            readers=readers,
            thresholds=thresholds,
            ledger=ledger,
        )
        return _with_pages_lost(submission) if _is_cut_short(pages, before.receipt) else submission

    submissions = tuple(
        kept[index]
        if index in kept
        else read(
            [placed.number for placed in layout],
            FormPages(kind_of(layout), version_of(layout), tuple(placed.number - 1 for placed in layout)),
        )
        for index, layout in enumerate(layouts)
    )
    was = {placed.number: placed for placed in layout_of(before)}
    old = {page.number: page for page in before.pages}
    return replace(
        before,
        pages=tuple(
            replace(
                old[placed.number] if replace(placed, form=was[placed.number].form) == was[placed.number]
                else by_number[placed.number].page,
                submission=placed.form,
            )
            for placed in asked.layout
        ),
        submissions=tuple(replace(each, bundle_size=len(layouts), bundle_clean=True) for each in submissions),
    )  # fmt: skip


def _is_cut_short(pages: FaxPages, receipt: Receipt) -> bool:
    """A fax cut short may have lost a schedule, a condition, a second form: none of what is left may pass unseen."""
    return pages.is_short or (receipt.pages or 0) > len(pages.pages)


def _with_pages_lost(submission: Submission) -> Submission:
    return replace(submission, doubts=(*submission.doubts, Doubt("pages", 0.0, 1.0, _PAGES_LOST)))


def _printed_on(page: RegisteredPage, forms: Forms) -> tuple[PrintedLine, ...]:
    for form, form_page in forms.pages():
        if form_page is page.form_page:
            return printed_lines(form.pdf, form_page.number)
    return ()
