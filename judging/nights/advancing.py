"""A proof carried on from an earlier run: only what is new in the journal is judged, only new files are read.

Whatever it cannot carry on is left to a full proof: a new ledger, a change of the offer, stored rows that are not what
was proven. It comes to the same night as a full proof of the same books (tests/flows says so).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from core.events import OFFER, Event, EventKind
from core.night import Night
from core.plain import MalformedRecord, canonical, from_plain, to_plain
from judging.books import Judged, empty_record, judge_record
from judging.nights.book_facts import BookFacts, Lines, archived_by, book_facts, lines_of
from judging.nights.gathering import BooksRead, Gathered, Left, ever_known, last_at, with_the_rest
from judging.nights.sources import Sources
from ledger import derived, grants, journal
from ledger.journal import JournalBroken
from ledger.replay import Record, replay, submissions_of
from offers.state import current_expiration
from offers.terms import Terms
from validators.holder_match import HolderIndex
from validators.reconciliation.facts import LedgerVersionState, StoredFacts

_TOUCHES_EVERYBODY = frozenset(
    {
        EventKind.LEDGER_IMPORTED,
        EventKind.OFFER_EXTENDED,
        EventKind.OFFER_TERMINATED,
        EventKind.OFFER_ACCEPTED,
        EventKind.OFFER_CHANGED,
        EventKind.DEFECT_WAIVED,
        EventKind.HOLDER_REPORTED,
    }
)


def advance(sources: Sources, connection: Connection, as_of: datetime, before: Night, left: Left) -> Gathered | None:
    """The night as of now, carried on from what the run of `before` left; None where only a full proof will do."""
    try:
        head = journal.verify(connection, left.head)
    except JournalBroken:
        return None
    new = tuple(journal.entries(connection, after=left.head.seq))
    if any(entry.kind in _TOUCHES_EVERYBODY for entry in new) or as_of < last_at(connection):
        return None
    if derived.derived_seq(connection) != head.seq or before.proof.ledger_version is None:
        return None
    touched = {entry.subject for entry in new} - {OFFER}
    try:
        part, judged, lines = _judged_again(sources, connection, as_of, left, touched)
    except MalformedRecord:
        return None
    books = _put_together(left.books, part, touched)
    if derived.stored_digests(connection) != books.digests:
        return None
    stored = StoredFacts(
        rows=len(books.forms) + len(books.standings),
        expiration=derived.expiration_used(connection),
        expiration_due=judged.expiration,
    )
    versions = tuple(LedgerVersionState(one.version) for one in judged.record.imports)
    known = frozenset(left.known_files) | ever_known(connection, after=left.head.seq)
    read = BooksRead(head, lines, judged, books, stored, versions, known)
    gathered = with_the_rest(sources, connection, as_of, before, read, left.files)
    if gathered.revalidated:
        return None
    return replace(gathered, full=False)


def can_be_carried_on(night: Night) -> bool:
    """Whether what the run of a night left may be built on: its ledgers were proven."""
    return not any(one.code == "REC_LEDGER_FILES" for one in night.breaks)


def written(left: Left) -> bytes:
    return canonical(to_plain(left)).encode()


def read_left(content: bytes) -> Left | None:
    """What a run left; None where another version of the program wrote it: then everything is proven again."""
    try:
        return from_plain(Left, json.loads(content))
    except (MalformedRecord, ValueError):
        return None


def _judged_again(
    sources: Sources, connection: Connection, as_of: datetime, left: Left, touched: set[str]
) -> tuple[BookFacts, Judged, Lines]:
    """Every form of every holder that an event touched, judged among that holder's forms, as facts."""
    terms = sources.terms
    forms = left.books.forms
    index: HolderIndex | None = None
    subjects = set(touched)
    for one in touched & forms.keys():
        subjects |= {form for form in [forms[one].fax] if form is not None}
    while True:
        events = _events_about(connection, subjects)
        record = replay(events, empty_record(terms))
        if index is None:
            version = record.ledger_version()
            assert version is not None, "a proof is carried on over an option ledger only"
            index = HolderIndex(grants.load_version(connection, version))
        grown = subjects | _of_their_holders(left.books, record, index, terms)
        if grown == subjects:
            break
        subjects = grown
    judged = judge_record(terms, connection, record, index.ledger)
    lines = lines_of(journal.Entry(e.seq, e.id, e.kind, e.at, e.subject) for e in events)
    return book_facts(judged, lines, archived_by(events), connection, terms, as_of), judged, lines


def _events_about(connection: Connection, subjects: set[str]) -> list[Event]:
    """In order: everything about the subjects, the offer and the ledgers."""
    found = list(journal.about(connection, {OFFER, *subjects}))
    found += journal.read(connection, kinds=[EventKind.LEDGER_IMPORTED])
    return sorted(found, key=lambda event: event.seq)


def _of_their_holders(books: BookFacts, record: Record, index: HolderIndex, terms: Terms) -> set[str]:
    """The forms and faxes of every holder whose forms are in the record, as they were proven."""
    expiration = current_expiration(record.offer, terms.announcement_limit)
    submissions = submissions_of(record, expiration=expiration, zone=terms.time_zone)
    holders = {books.forms[s.id].holder_id for s in submissions if s.id in books.forms}
    holders |= {
        books.forms[i].holder_id for fax in record.faxes if fax in books.faxes for i in books.faxes[fax].submission_ids
    }
    holders |= {match.holder_id for s in submissions if s.kind is not None and (match := index.match(s).holder)}
    theirs = [form for form in books.forms.values() if form.holder_id is not None and form.holder_id in holders]
    return {form.submission_id for form in theirs if form.fax is None} | {form.fax for form in theirs if form.fax}


def _put_together(old: BookFacts, part: BookFacts, touched: set[str]) -> BookFacts:
    """The facts left by the earlier run, with those of every form that was judged again in place of the old ones."""
    gone = {i for i, form in old.forms.items() if form.fax in part.faxes or i in part.forms or i in touched}
    holders = {old.forms[i].holder_id for i in gone} | set(part.standings)
    subjects = gone | part.forms.keys() | part.faxes.keys() | {h for h in holders if h is not None}
    return BookFacts(
        faxes={**old.faxes, **part.faxes},
        forms={**_without(old.forms, gone), **part.forms},
        row_targets={**_without(old.row_targets, gone), **part.row_targets},
        validated_at={**_without(old.validated_at, gone), **part.validated_at},
        positions={**_without(old.positions, gone), **part.positions},
        standings={**{h: s for h, s in old.standings.items() if h not in holders}, **part.standings},
        items={
            **{i: item for i, item in old.items.items() if (item.submission_id or item.fax) not in subjects},
            **part.items,
        },
        decisions={
            **{i: one for i, one in old.decisions.items() if one.decision.submission_id not in subjects},
            **part.decisions,
        },
        digests={
            **{key: digest for key, digest in old.digests.items() if key.split("/")[1] not in subjects},
            **part.digests,
        },
    )


def _without(mapping: Mapping[str, Any], gone: set[str]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key not in gone}
