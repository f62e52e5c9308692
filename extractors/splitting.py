"""Splits the pages of one transmission into forms: which pages make up each submission (rulebook 14).

The order of pages is a hint, not a rule: people fax pages out of order. What cannot be attributed to one form is
attributed to none, and the bundle is then not clean. It refuses to know what is written on a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.page_layout import KIND_OF_PAGE
from core.submissions import Kind
from core.transmissions import PageReading


@dataclass(frozen=True, slots=True)
class FormPages:
    """One form's pages by their places (0-based) in the transmission, in the order sent.

    `kind` None: pages that belong together but to no form we know. `clean`: every page that may be this form's is.
    """

    kind: Kind | None
    form_version: str | None
    places: tuple[int, ...]
    clean: bool = True


def split_into_forms(pages: Sequence[PageReading]) -> tuple[FormPages, ...]:
    """The forms of a transmission in the order of their first pages.

    A page E1 and a page E2 make one election, nearest neighbours of the same edition first. What accompanies a form
    (schedule, evidence, cover, instructions) goes with the only form, else with the form just before it; between
    several forms a schedule or evidence leaves the bundle unclean. A transmission without any form's page is one
    submission of no kind, so that nothing is dropped.
    """
    cores = _cores(pages)
    if not cores:
        return (FormPages(None, None, tuple(range(len(pages)))),) if pages else ()
    companions: dict[int, list[int]] = {number: [] for number in range(len(cores))}
    doubtful = _loosely_paired(cores, pages)
    for place, page in enumerate(pages):
        if page.page_class in KIND_OF_PAGE:
            continue
        owner = _owner(place, cores)
        companions[owner].append(place)
        if len(cores) > 1 and page.page_class in {"SCHEDULE", "EVIDENCE", "UNKNOWN"}:
            doubtful.add(owner)
    return tuple(
        _form(pages, sorted([*core, *companions[number]]), clean=number not in doubtful)
        for number, core in enumerate(cores)
    )


def _cores(pages: Sequence[PageReading]) -> list[list[int]]:
    """The E1, E2 and N1 pages grouped into forms: places, in order of the first page of each."""
    cores = [[place] for place, page in enumerate(pages) if page.page_class == "N1"]
    fronts = [place for place, page in enumerate(pages) if page.page_class == "E1"]
    backs = [place for place, page in enumerate(pages) if page.page_class == "E2"]
    pairs = sorted(
        ((_distance(front, back, pages), front, back) for front in fronts for back in backs), key=lambda pair: pair[0]
    )
    paired: set[int] = set()
    for _, front, back in pairs:
        if front not in paired and back not in paired:
            paired |= {front, back}
            cores.append(sorted([front, back]))
    cores += [[place] for place in [*fronts, *backs] if place not in paired]
    return sorted(cores)


def _loosely_paired(cores: Sequence[Sequence[int]], pages: Sequence[PageReading]) -> set[int]:
    """The elections whose pages may have been mixed up: there are several, and the pages do not follow one another.

    Nothing on a page E1 says whose it is; with another's amendment box on it a form would be judged wrongly.
    """
    elections = [number for number, core in enumerate(cores) if pages[core[0]].page_class != "N1"]
    alike = {
        edition: [number for number in elections if _edition(pages, cores[number]) in (edition, None)]
        for edition in {_edition(pages, cores[number]) for number in elections}
    }
    return {
        number
        for numbers in alike.values()
        if len(numbers) > 1 and not all(_is_front_then_back(pages, cores[number]) for number in numbers)
        for number in numbers
    }


def _is_front_then_back(pages: Sequence[PageReading], core: Sequence[int]) -> bool:
    return len(core) == 2 and pages[core[0]].page_class == "E1" and core[1] == core[0] + 1


def _edition(pages: Sequence[PageReading], core: Sequence[int]) -> str | None:
    """The edition of a form's pages; None when they are of two, or one cannot be told (rulebook 17)."""
    editions = {pages[place].form_version for place in core}
    return editions.pop() if len(editions) == 1 else None


def _distance(front: int, back: int, pages: Sequence[PageReading]) -> tuple[bool, int, bool]:
    """Two pages of different editions are no pair while there is a better one; the back comes after the front."""
    editions = {pages[front].form_version, pages[back].form_version} - {None}
    return len(editions) > 1, abs(back - front), back < front


def _owner(place: int, cores: Sequence[Sequence[int]]) -> int:
    before = [number for number, core in enumerate(cores) if core[0] < place]
    return max(before, key=lambda number: max(p for p in cores[number] if p < place)) if before else 0


def _form(pages: Sequence[PageReading], places: Sequence[int], *, clean: bool) -> FormPages:
    core = [place for place in places if pages[place].page_class in KIND_OF_PAGE]
    return FormPages(KIND_OF_PAGE[pages[core[0]].page_class], _edition(pages, core), tuple(places), clean)
