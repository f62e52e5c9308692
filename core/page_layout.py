"""Which pages of a fax make up which form: as the machine split it, or as a person says that it belongs.

It refuses to know what is written on a page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.failures import TenderfaxError
from core.submissions import Kind, Submission
from core.transmissions import Transmission

KIND_OF_PAGE = {"E1": Kind.ELECTION, "E2": Kind.ELECTION, "N1": Kind.NOTICE}
"""The pages that are a form's own; all others accompany one."""


class LayoutImpossible(TenderfaxError):
    """Pages put together in a way that no form can have; the message tells the person what to change."""


@dataclass(frozen=True, slots=True)
class PlacedPage:
    """One page of a fax in its place.

    `number` is 1-based in the fax. `page_class` is COVER, E1, E2, N1, SCHEDULE, I1..., EVIDENCE or UNKNOWN. `form`
    counts the fax's forms from 0; None sets the page aside: it belongs to no form.
    """

    number: int
    page_class: str
    form_version: str | None
    form: int | None


Layout = tuple[PlacedPage, ...]
"""Every page of one fax, by number."""


def layout_of(transmission: Transmission) -> Layout:
    return tuple(
        PlacedPage(page.number, page.page_class, page.form_version, page.submission) for page in transmission.pages
    )


def numbered_anew(layout: Layout) -> Layout:
    """The same layout with its forms counted in the order of their first pages, no number left out."""
    order = {form: index for index, form in enumerate(dict.fromkeys(p.form for p in layout if p.form is not None))}
    return tuple(replace(page, form=None if page.form is None else order[page.form]) for page in layout)


def forms_of(layout: Layout) -> tuple[Layout, ...]:
    """The pages of each form, in the order sent. The layout's forms count from 0 without a gap."""
    count = 1 + max((page.form for page in layout if page.form is not None), default=-1)
    return tuple(tuple(page for page in layout if page.form == form) for form in range(count))


def require_possible(layout: Layout) -> None:
    """Raises LayoutImpossible unless every form has one page of each kind at most, and a page that makes it a form.

    A second page E2 in one form would give two tables under the same row numbers, and one would be lost.
    """
    forms = forms_of(layout)
    if not forms:
        raise LayoutImpossible("Every page is set aside. Mark the fax as not a form instead.")
    for number, pages in enumerate(forms, start=1):
        own = [page.page_class for page in pages if page.page_class in KIND_OF_PAGE]
        if not own:
            raise LayoutImpossible(
                f"Form {number} has no page E1, E2 or N1. Put its pages with a form, or set them aside."
            )
        twice = sorted({page_class for page_class in own if own.count(page_class) > 1})
        if twice:
            raise LayoutImpossible(f"Form {number} has two pages {twice[0]}. Make the second one a form of its own.")
        if len({KIND_OF_PAGE[page_class] for page_class in own}) > 1:
            raise LayoutImpossible(f"Form {number} would be an election and a notice at once. Split it.")


def kind_of(pages: Layout) -> Kind | None:
    """The kind of a form by its own pages."""
    return next((KIND_OF_PAGE[page.page_class] for page in pages if page.page_class in KIND_OF_PAGE), None)


def version_of(pages: Layout) -> str | None:
    """The edition of a form's own pages; None when they are of two, or one cannot be told (rulebook 17)."""
    editions = {page.form_version for page in pages if page.page_class in KIND_OF_PAGE}
    return editions.pop() if len(editions) == 1 else None


def kept_forms(transmission: Transmission, layout: Layout) -> dict[int, Submission]:
    """The forms of `layout` that have the very pages of a form of `transmission`: what was read and decided holds."""
    contents_before = [_contents(pages) for pages in forms_of(layout_of(transmission))]
    before = dict(zip(contents_before, transmission.submissions, strict=True))
    after = enumerate(forms_of(layout))
    return {form: before[contents] for form, pages in after if (contents := _contents(pages)) in before}


def _contents(pages: Layout) -> Layout:
    return tuple(replace(page, form=0) for page in pages)


@dataclass(frozen=True, slots=True)
class Regrouping:
    """What is asked of whoever reads a fax again: `layout` in place of that of `before`.

    The forms that are new are numbered from `first_number`, which no form of the fax ever had.
    """

    before: Transmission
    layout: Layout
    first_number: int


def form_number(submission_id: str) -> int:
    """The number of a form within its fax, 1 for the first; 1 also for an id that does not end in one."""
    number = submission_id.rpartition("-")[2]
    return int(number) if number.isdecimal() else 1
