"""Reads one form: the zones of its pages into readings, the readings into the submission that the rules judge.

The steps stand in `read_form`. Values are strings as written; their meaning is for the rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from core.grammar import parse_date_and_time
from core.holders import OptionLedger
from core.readings import Mark, Reading
from core.submissions import Evidence, Fields, GrantRow, Schedule, Submission
from core.transmissions import Receipt
from extractors.address_box import address_questions, read_address_box
from extractors.answers import Answer, Question, ReadField, ask_readers, reading_of
from extractors.classify import evidence_in
from extractors.confirmation import confirmed_by_ink, keys_of_others, ledger_texts
from extractors.cover_words import words_that_count
from extractors.doubts import FormAsRead, doubts_of
from extractors.free_text import Sign, capacity_in, signs_in, title_in
from extractors.matching import Match, find_holder, name_in_question
from extractors.page_images import RegisteredPage
from extractors.readers.reader import Reader, Writing
from extractors.signing import Signed, read_signing, signature_questions
from extractors.splitting import FormPages
from extractors.strikes import RowTrouble
from extractors.thresholds import Thresholds
from extractors.zones import PageInk, ZoneInk
from offers.forms import FieldKind

_COLUMNS = ("grant_no", "grant_date", "price", "shares")
_SURELY_ALTERED_BELOW = 0.97
"""A cell with a line through a word is corrected unless it reads better than this: close handwriting has such lines."""
_ROWS_OF_A_SCHEDULE = 20


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of the form with its ink.

    `prefix` goes before the keys of what is read on it: "" or "schedule."; `rows_before` are the rows of earlier sheets
    of the same schedule.
    """

    page: RegisteredPage
    ink: PageInk
    prefix: str = ""
    rows_before: int = 0

    def key_of(self, zone_name: str) -> str:
        """`row1_grant_no` of a schedule is `schedule.row1.grant_no`."""
        stem, _, column = zone_name.partition("_")
        if stem.startswith("row") and stem[3:].isdigit():
            return f"{self.prefix}row{int(stem[3:]) + self.rows_before}.{column}"
        return f"{self.prefix}{zone_name}"

    def shows_a_value(self, ink: ZoneInk) -> bool:
        """Whether a zone's ink is a value's alone: not lost, struck, corrected or without figures."""
        if ink.unreadable or ink.no_figures:
            return False
        trouble = self.ink.rows[ink.zone.row] if ink.zone.row is not None else RowTrouble()
        corrected = any(ink.zone.name.endswith(_COLUMNS[place]) for place in trouble.crossed)
        return not (trouble.struck or trouble.overwritten or trouble.edged or corrected)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Everything read of a form, by key; `answers` only where there are words, `notes` and `evidence` of all pages."""

    fields: Mapping[str, ReadField]
    answers: Mapping[str, Answer]
    signings: Mapping[str, Signed]
    notes: tuple[str, ...]
    evidence: tuple[Evidence, ...]

    def value(self, key: str) -> str:
        field = self.fields.get(key)
        return field.reading.value if field else ""


def read_form(
    form: FormPages,
    pages: Sequence[tuple[RegisteredPage, PageInk]],
    *,
    identity: str,
    fax: str,
    receipt: Receipt,
    readers: Sequence[Reader],
    thresholds: Thresholds,
    ledger: OptionLedger,
) -> Submission:
    """The submission made of `pages`, the form's own in the order sent. `identity` becomes its id."""
    own = list(_sheets(pages))
    read = _read(own, [page for page, _ in pages], readers, thresholds)
    as_read = _fields(own, read)
    match = find_holder(as_read, tuple(as_read.rows_by_stem.values()), ledger)
    read = _with_what_the_ink_confirms(own, read, _asked_for(as_read, match, ledger), thresholds)
    read, fields = _with_name_in_question(read, _fields(own, read), match, ledger, thresholds)
    form_as_read = FormAsRead(tuple(read.fields.values()), as_read, match, receipt.received_at)
    doubts = doubts_of(form_as_read, ledger, thresholds)
    return Submission(
        id=identity,
        kind=form.kind,
        delivery=receipt.delivery,
        destination=receipt.destination,
        form_version=form.form_version,
        pages=tuple(page.page.page_class + ("" if page.page.legible else "!") for page, _ in pages),
        received_start=receipt.received_start,
        received_at=receipt.received_at,
        struck_text=tuple(words for each in own for words in each.ink.struck),
        fields=fields,
        holder_id=match.holder_id,
        fax=fax,
        readings={key: field.reading for key, field in read.fields.items()},
        doubts=doubts,
        bundle_clean=form.clean,
    )


def _sheets(pages: Sequence[tuple[RegisteredPage, PageInk]]) -> Iterator[Sheet]:
    sheets = 0
    for page, ink in pages:
        if page.page.page_class == "SCHEDULE":
            yield Sheet(page, ink, "schedule.", sheets * _ROWS_OF_A_SCHEDULE)
            sheets += 1
        else:
            yield Sheet(page, ink)


# -- from ink to readings -----


def _read(
    own: Sequence[Sheet], pages: Sequence[RegisteredPage], readers: Sequence[Reader], thresholds: Thresholds
) -> _Reading:
    questions = {each.key_of(ink.zone.name): _questions(each, ink) for each, ink in _zones(own)}
    notes = [
        Question(f"note{place}.{number}", Writing.WORDS, note)
        for place, each in enumerate(own)
        for number, note in enumerate(each.ink.notes)
    ]
    asked = [question for group in questions.values() for question in group]
    answers = dict(ask_readers([*asked, *notes], readers, thresholds))
    said = [answers[note.key].fused.value for note in notes]
    if questions.get("address"):
        box = read_address_box(questions["address"], answers)
        answers["address"] = box.address
        said += box.notes
    name = answers["printed_name"].fused.value if "printed_name" in answers else ""
    signings = {
        each.key_of(ink.zone.name): read_signing(
            questions[each.key_of(ink.zone.name)], answers, name, lost=ink.unreadable
        )
        for each, ink in _zones(own)
        if ink.zone.field_kind is FieldKind.SIGNATURE
    }
    fields = {
        each.key_of(ink.zone.name): _read_field(each, ink, answers, signings)
        for each, ink in _zones(own)
        if ink.is_filled or ink.unreadable or ink.zone.row is None
    }
    notes_on_covers = (words for page in pages for words in words_that_count(page, readers[0]))
    notes_of_all = (*said, *_said_in_boxes(fields, signings), *notes_on_covers)
    return _Reading(fields, answers, signings, notes_of_all, _evidence(pages))


def _questions(each: Sheet, ink: ZoneInk) -> tuple[Question, ...]:
    """What the readers are asked about a zone; nothing about a blank one and about a tick."""
    key, kind = each.key_of(ink.zone.name), ink.zone.field_kind
    if not ink.is_filled or kind is FieldKind.TICK or each.ink.shared is None:
        return ()
    if kind is FieldKind.SIGNATURE:
        return signature_questions(key, each.ink.shared, ink.written)
    if kind is FieldKind.ADDRESS:
        return address_questions(key, each.ink.shared, ink.written)
    return (Question(key, Writing(kind.value), ink.written),)


def _said_in_boxes(fields: Mapping[str, ReadField], signings: Mapping[str, Signed]) -> Iterator[str]:
    """Conditions and the like that somebody wrote into a box meant for something else."""
    texts = [field.reading.raw for field in fields.values() if field.writing is not None]
    for text in (*texts, *(signed.said for signed in signings.values())):
        if {found.sign for found in signs_in(text)} & {Sign.CONDITION, Sign.PARTIAL, Sign.NAME_CHANGE}:
            yield text


def _zones(own: Sequence[Sheet]) -> Iterator[tuple[Sheet, ZoneInk]]:
    return ((each, ink) for each in own for ink in each.ink.zones)


def _read_field(each: Sheet, ink: ZoneInk, answers: Mapping[str, Answer], signings: Mapping[str, Signed]) -> ReadField:
    key, number, kind = each.key_of(ink.zone.name), each.page.page.number, ink.zone.field_kind
    if kind is FieldKind.TICK:
        tick = each.ink.ticks[ink.zone.name]
        mark = Mark.ILLEGIBLE if tick.ticked is None else Mark.READ if tick.ticked else Mark.BLANK
        value = {True: "ticked", False: "", None: "?"}[tick.ticked]
        return ReadField(Reading(key, value, value, mark, tick.confidence, number, ink.zone.box, "ink"), None)
    if kind is FieldKind.SIGNATURE:
        signed = signings[key]
        mark = Mark.READ if ink.is_filled else Mark.ILLEGIBLE if ink.unreadable else Mark.BLANK
        value = signed.signature.reads_as or ""
        return ReadField(
            Reading(key, value, signed.mark.why or value, mark, signed.mark.confidence, number, ink.zone.box, "ink"),
            None,
        )
    answer = answers.get(key)
    return ReadField(
        reading_of(key, ink, number, answer), Writing(kind.value), answer.fused.rivals if answer is not None else ()
    )


# -- from readings to fields -----


def _fields(own: Sequence[Sheet], read: _Reading) -> Fields:
    date, time = parse_date_and_time(read.value("signed_at"))
    signed = read.signings.get("signature")
    said = " ".join([signed.beside if signed else "", *read.notes])
    tick = next((each.ink.ticks["amend_box"].ticked for each in own if "amend_box" in each.ink.ticks), False)
    fields = Fields(
        printed_name=read.value("printed_name"),
        tax_id=read.value("tax_id"),
        date=date,
        time=time,
        email=read.value("email"),
        address=read.value("address"),
        notes=" / ".join(read.notes),
        amend_box=tick,
        rows=_rows(own, read, ""),
        schedule=_schedule(own, read),
        capacity=capacity_in(said),
        title=title_in(said),
        evidence=read.evidence,
    )
    return replace(fields, signature=signed.signature) if signed else fields


def _asked_for(as_read: Fields, match: Match, ledger: OptionLedger) -> Mapping[str, tuple[str, ...]]:
    """What the ink is asked for, by key: what the ledger has, but where the form says somebody else's."""
    others = frozenset(keys_of_others(as_read, match, ledger)) if match.holder_id else frozenset()
    return {key: texts for key, texts in ledger_texts(as_read, match, ledger).items() if key not in others}


def _with_what_the_ink_confirms(
    own: Sequence[Sheet], read: _Reading, texts: Mapping[str, tuple[str, ...]], thresholds: Thresholds
) -> _Reading:
    """`texts` are what the ledger has, by key; a field that the ink says it in likely enough says it from here on."""
    keys = [each.key_of(ink.zone.name) for each, ink in _zones(own) if each.shows_a_value(ink)]
    confirmed = {
        key: confirmed_by_ink(read.fields[key], read.answers[key], texts[key], thresholds)
        for key in keys
        if key in read.fields and key in read.answers and key in texts
    }
    return replace(read, fields={**read.fields, **confirmed})


def _with_name_in_question(
    read: _Reading, fields: Fields, match: Match, ledger: OptionLedger, thresholds: Thresholds
) -> tuple[_Reading, Fields]:
    """A name that is not surely read gets "?" where it may be a look-alike's."""
    name = read.fields.get("printed_name")
    if name is None or name.reading.confidence >= thresholds.asks[Writing.NAME].plain:
        return read, fields
    questioned = name_in_question(fields.printed_name, match, ledger)
    if questioned == fields.printed_name:
        return read, fields
    changed = replace(name, reading=replace(name.reading, value=questioned))
    return replace(read, fields={**read.fields, "printed_name": changed}), replace(fields, printed_name=questioned)


def _rows(own: Sequence[Sheet], read: _Reading, prefix: str) -> tuple[GrantRow, ...]:
    """The rows of the table (or of the schedule) down to the last that is not blank, blank ones between included."""
    lines = [
        _row(f"{prefix}row{line + each.rows_before}", each, line, read)
        for each in own
        if each.prefix == prefix
        for line in sorted({ink.zone.row for ink in each.ink.zones if ink.zone.row is not None})
    ]
    last = max((place for place, row in enumerate(lines, start=1) if row != GrantRow()), default=0)
    return tuple(lines[:last])


def _row(stem: str, each: Sheet, line: int, read: _Reading) -> GrantRow:
    cells = {column: read.value(f"{stem}.{column}") for column in _COLUMNS}
    trouble = each.ink.rows[line]
    filled = any(cells.values())
    corrected = trouble.overwritten or any(
        (field := read.fields.get(f"{stem}.{column}")) is not None and _is_corrected(field.reading, column)
        for place, column in enumerate(_COLUMNS)
        if place in trouble.crossed
    )
    return GrantRow(**cells, struck=trouble.struck and filled, altered=corrected and not trouble.struck)


def _is_corrected(crossed: Reading, column: str) -> bool:
    """Whether a cell with a line through part of it was corrected: read with a doubt, or as two figures in one."""
    in_two = column != "grant_date" and " " in crossed.raw.strip()
    return in_two or crossed.confidence < _SURELY_ALTERED_BELOW


def _schedule(own: Sequence[Sheet], read: _Reading) -> Schedule | None:
    if not any(each.prefix for each in own):
        return None
    signed = read.signings.get("schedule.signature")
    return Schedule(
        _rows(own, read, "schedule."),
        read.value("schedule.printed_name"),
        signed.signature.present if signed else False,
        read.value("schedule.signed_on"),
    )


def _evidence(pages: Sequence[RegisteredPage]) -> tuple[Evidence, ...]:
    found = {kind for page in pages if page.page.page_class == "EVIDENCE" for kind in evidence_in(page.page.text)}
    return tuple(sorted(found))
