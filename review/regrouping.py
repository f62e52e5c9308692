"""Pages of one fax put together another way: what a person moves about, what would follow, and in which words.

Nothing is saved here, and nothing is read: whoever reads a fax again is asked by the pages' routes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.events import Body, CounselAsked, FieldCorrected, FindingDecided, HolderAssigned, PagesRegrouped
from core.findings import Finding
from core.judgements import Judgement, Standing
from core.page_layout import (
    Layout,
    PlacedPage,
    Regrouping,
    form_number,
    kept_forms,
    layout_of,
    numbered_anew,
)
from core.plain import from_plain, to_plain
from core.submissions import Submission
from core.transmissions import Transmission
from judging.running import Running
from ledger.derived import queued
from ledger.replay import FaxHistory, Record
from offers.forms import Forms
from review.board import by_weight

PLAIN_CLASSES = ("COVER", "EVIDENCE", "UNKNOWN")
"""What a page may be said to be that copies no blank."""
_FORM_CLASSES = ("E1", "E2", "N1", "SCHEDULE")
_CLASS_WORDS: Mapping[str, str] = {
    "E1": "E1 election",
    "E2": "E2 table, signature",
    "N1": "N1 notice",
    "SCHEDULE": "Schedule of grants",
    "COVER": "Cover sheet",
    "EVIDENCE": "Supporting paper",
    "UNKNOWN": "Something else",
}


@dataclass(frozen=True, slots=True)
class PagesDraft:
    """Pages moved about and not yet saved; `transmission` is the fax as read again for just this layout.

    `version` is the journal's last line about the fax or its forms when it was begun.
    """

    layout: Layout
    version: int
    transmission: Transmission | None = None


@dataclass(frozen=True, slots=True)
class NewForm:
    """One form as it would be. `kept`: its pages stay, so it is not read again and its decisions hold."""

    submission: Submission
    judgement: Judgement
    kept: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What follows from a layout: the forms there would be, those that go with what falls with them, the standings."""

    forms: tuple[NewForm, ...]
    gone: tuple[tuple[Submission, int], ...]
    """Each form that goes, with the number of decisions and corrections that no longer bear on anything."""
    standings: tuple[tuple[str, Standing | None, Standing | None], ...]
    """Holder, standing now, standing after."""


def draft_to_json(draft: PagesDraft) -> str:
    return json.dumps(to_plain(draft))


def draft_from_json(text: str) -> PagesDraft | None:
    return from_plain(PagesDraft, json.loads(text)) if text else None


def classes(forms: Forms, present: Layout) -> tuple[tuple[str, str], ...]:
    """What a page may be said to be: values of the list, and words. What pages are taken for now is among them."""
    blanks = {
        (page.page_class, form.version)
        for form, page in forms.pages()
        if page.page_class in _FORM_CLASSES and (form.version or page.page_class == "SCHEDULE")
    }
    ordered = sorted(blanks, key=lambda one: one[1] or "", reverse=True)
    ordered.sort(key=lambda one: _FORM_CLASSES.index(one[0]))
    known = [*ordered, *((plain, None) for plain in PLAIN_CLASSES)]
    known += sorted({(p.page_class, p.form_version) for p in present} - set(known), key=str)
    return tuple((class_value(*one), _say_class(*one)) for one in known)


def class_value(page_class: str, version: str | None) -> str:
    return f"{page_class}|{version or ''}"


def _say_class(page_class: str, version: str | None) -> str:
    words = _CLASS_WORDS.get(page_class, f"Instructions ({page_class})")
    return f"{words}, {version}" if version else words


# --------------------------------------------------------------------------------------------------- moving about


def split_before(layout: Layout, number: int) -> Layout:
    """From this page on, the pages of its form are a form of their own."""
    form = next((page.form for page in layout if page.number == number), None)
    new = 1 + max((page.form for page in layout if page.form is not None), default=-1)
    return numbered_anew(
        tuple(
            replace(page, form=new) if page.form == form and form is not None and page.number >= number else page
            for page in layout
        )
    )


def joined(layout: Layout, form: int) -> Layout:
    """The form's pages go with the form before it."""
    return numbered_anew(
        tuple(replace(page, form=form - 1) if page.form == form and form > 0 else page for page in layout)
    )


def set_aside(layout: Layout, number: int) -> Layout:
    """The page belongs to no form."""
    return numbered_anew(tuple(replace(page, form=None) if page.number == number else page for page in layout))


def placed(layout: Layout, said: Mapping[str, str], allowed: frozenset[str]) -> Layout:
    """The layout as the lists of a page were sent: `is:3` what page 3 is, `of:3` which form it belongs to.

    Values that no list offers change nothing.
    """

    def one(page: PlacedPage) -> PlacedPage:
        what, whose = said.get(f"is:{page.number}", ""), said.get(f"of:{page.number}", "")
        if what in allowed:
            page_class, _, version = what.partition("|")
            page = replace(page, page_class=page_class, form_version=version or None)
        if whose == "aside":
            return replace(page, form=None)
        if whose.isascii() and whose.isdecimal() and 1 <= int(whose) <= len(layout):
            return replace(page, form=int(whose) - 1)
        return page

    return numbered_anew(tuple(one(page) for page in layout))


# ------------------------------------------------------------------------------------------------------ consequence


def asked_of_reader(history: FaxHistory, layout: Layout) -> Regrouping:
    """What the reader is asked; the forms that are new get numbers that no form of the fax ever had."""
    assert history.transmission is not None
    used = (form_number(s.id) for version in history.versions for s in version.submissions)
    return Regrouping(history.transmission, layout, 1 + max(used, default=0))


def forms_on(record: Record, fax: str) -> tuple[Submission, ...]:
    """The forms of a fax as its pages count now, those found to be none too."""
    history = record.faxes.get(fax)
    return history.transmission.submissions if history and history.transmission else ()


def version_of(running: Running, fax: str) -> int:
    """The journal's last line that could change what the fax's forms come to."""
    touched = [running.touched_at.get(fax, 0)]
    for submission in forms_on(running.judged.record, fax):
        known = submission.id in running.by_id
        touched.append(running.version_of(submission.id) if known else running.touched_at.get(submission.id, 0))
    return max(touched)


def last_regrouping(record: Record, fax: str) -> str | None:
    """The id of the event that put the fax's pages together as they stand; None while they stand as read."""
    events = [key for key, body in record.reversible.items() if isinstance(body, PagesRegrouped) and body.fax == fax]
    return events[-1] if events else None


def effect_of(running: Running, fax: str, transmission: Transmission) -> Effect:
    """What follows if the fax's pages stood as `transmission` has them, by all the rules."""
    before = running.judged.record.faxes[fax].transmission
    assert before is not None
    judged = running.supposing_regrouped(fax, transmission)
    kept = kept_forms(before, layout_of(transmission))
    there = {submission.id for submission in judged.submissions}
    forms = tuple(
        NewForm(s, judged.judgements[s.id], index in kept, _waiting(judged.judgements[s.id]))
        for index, s in enumerate(transmission.submissions)
        if s.id in there
    )
    stays = {s.id for s in transmission.submissions}
    gone = tuple((s, _decided(running.judged.record, s.id)) for s in before.submissions if s.id not in stays)
    holders = {form.judgement.holder_id for form in forms}
    holders |= {running.judgement(s.id).holder_id for s in before.submissions if s.id in running.by_id}
    standings = tuple(
        (holder_id, running.judged.standings.get(holder_id), judged.standings.get(holder_id))
        for holder_id in sorted(holder for holder in holders if holder is not None)
    )
    return Effect(forms, gone, standings)


def _waiting(judgement: Judgement) -> tuple[Finding, ...]:
    return by_weight([finding for finding in judgement.findings if queued(finding)])


def _decided(record: Record, submission_id: str) -> int:
    return sum(_is_about(body, submission_id) for body in record.reversible.values())


def _is_about(body: Body, submission_id: str) -> bool:
    match body:
        case FindingDecided(decision=decision):
            return decision.submission_id == submission_id
        case FieldCorrected() | HolderAssigned() | CounselAsked():
            return body.submission_id == submission_id
        case _:
            return False


def say_moves(was: Layout, now: Layout) -> str:
    """What a regrouping did, in words: `page 3 is E2 2003-07-09, was UNKNOWN; page 4 set aside`."""
    before = {page.number: page for page in was}
    moves = (_say_move(before[page.number], page) for page in now)
    return "; ".join(move for move in moves if move) or "pages left as they were"


def _say_move(was: PlacedPage, now: PlacedPage) -> str:
    parts = []
    if (was.page_class, was.form_version) != (now.page_class, now.form_version):
        parts.append(f"is {_short(now)}, was {_short(was)}")
    if was.form != now.form:
        parts.append("set aside" if now.form is None else f"now of form {now.form + 1}")
    return f"page {now.number} {', '.join(parts)}" if parts else ""


def _short(page: PlacedPage) -> str:
    return f"{page.page_class} {page.form_version or ''}".strip()
