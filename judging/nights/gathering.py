"""Everything that the nightly checks look at, gathered at one moment from the books, the archive and the fax server.

The books are read in one transaction. It changes nothing and refuses to judge what it finds.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from core.events import EventKind, HolderReported, LedgerImported
from core.holders import OptionLedger
from core.judgements import Judgement, Standing
from core.night import Night, OpenIrregularity, RevalidatedForm
from core.plain import MalformedRecord, from_plain
from judging.books import Judged, derive, empty_record, judge_record, record_as_of
from judging.nights.archive_files import Proven, files_in, prove
from judging.nights.book_facts import BookFacts, Lines, archived_names, book_facts, lines_of
from judging.nights.fax_log import read_clock_log, read_fax_log
from judging.nights.ledger_rows import DatedLedger, Rests, RowChanges, changes_under, pool_of
from judging.nights.sources import Sources
from ledger import archive, derived, grants, journal
from ledger.derived import OtherRow, QueueItem
from ledger.desk_tables import desk_log
from ledger.grants import LedgerFile, LedgerRefused, parse_ledger
from ledger.journal import Head, JournalBroken
from ledger.replay import Record, replay
from offers.business_days import next_business_day
from offers.terms import Terms
from validators.holder_match import HolderIndex
from validators.judgement import judge_all
from validators.reconciliation.facts import (
    AccessFacts,
    FileState,
    JournalFault,
    LedgerVersionState,
    NightFacts,
    StoredDifference,
    StoredFacts,
    StoredShares,
)


@dataclass(frozen=True)
class Left:
    """What a run leaves for a later one to go on from: everything proven up to the journal's line `head`."""

    head: Head
    books: BookFacts
    files: Mapping[str, Proven]
    known_files: tuple[str, ...]
    """The hashes of every file that an event up to that line spoke of."""


@dataclass(frozen=True)
class Gathered:
    """The facts of a night, and what its report and a later run want beside them."""

    facts: NightFacts
    head: Head
    record: Record
    revalidated: tuple[RevalidatedForm, ...] = ()
    left: Left | None = None
    """None where the journal is broken: there is nothing to go on from."""
    full: bool = True


def gather(sources: Sources, connection: Connection, as_of: datetime, before: Night | None) -> Gathered:
    """A full proof: every line, every file. `before` is the night of the last run before `as_of`."""
    terms = sources.terms
    try:
        journal.verify(connection)
        if before is not None and before.proof.journal_seq:
            journal.verify(connection, Head(before.proof.journal_seq, before.proof.journal_hash))
        record = record_as_of(terms, connection, as_of)
        # What came later must not show in a report of then.
        lines = lines_of(entry for entry in journal.entries(connection) if entry.seq <= record.seq)
        head = journal.head(connection, as_of=as_of)
        judged = judge_record(terms, connection, record)
    except (JournalBroken, MalformedRecord) as broken:
        return _broken(sources, connection, as_of, broken)
    books = book_facts(judged, lines, archived_names(connection), connection, terms, as_of)
    stored = _stored(connection, judged, head, terms)
    versions = tuple(_version_states(sources, connection, record))
    whole = BooksRead(head, lines, judged, books, stored, versions, ever_known(connection))
    return with_the_rest(sources, connection, as_of, before, whole, proven={})


@dataclass(frozen=True)
class BooksRead:
    """What the books gave, all of them or what is new since an earlier proof put to what that one left.

    `judged` may hold only the forms that were judged again.
    """

    head: Head
    lines: Lines
    judged: Judged
    facts: BookFacts
    stored: StoredFacts
    ledger_versions: tuple[LedgerVersionState, ...]
    known_files: frozenset[str]


def with_the_rest(
    sources: Sources,
    connection: Connection,
    as_of: datetime,
    before: Night | None,
    read: BooksRead,
    proven: Mapping[str, Proven],
) -> Gathered:
    """What the books say put beside everything else: the archive, the fax server, the versions of the ledger."""
    terms, judged, record = sources.terms, read.judged, read.judged.record
    head, lines, books, stored = read.head, read.lines, read.facts, read.stored
    versions = _dated(connection, record, judged.ledger)
    ledgers = {one.version: one.ledger for one in versions}
    rests = _with_holders_of_then(tuple(_rests(books, lines, record, before)), ledgers, judged)
    changes = changes_under(rests, ledgers, judged.ledger, _reported_since(books, lines, record, rests, before))
    files, states, unknown = _files(sources, books, read.known_files, proven)
    clock_checks, clock_problem = read_clock_log(sources.clock_log, as_of, terms.time_zone)
    facts = NightFacts(
        as_of=as_of,
        terms=terms,
        offer=record.offer,
        journal_seq=head.seq,
        fax_log=read_fax_log(sources.fax_log, as_of, terms.time_zone),
        clock_checks=clock_checks,
        clock_problem=clock_problem,
        faxes=tuple(books.faxes.values()),
        files=states,
        unknown_files=unknown,
        forms=tuple(sorted(books.forms.values(), key=lambda form: books.positions[form.submission_id])),
        standings=books.standings,
        stored=stored,
        ledger=judged.ledger,
        ledger_versions=read.ledger_versions,
        pool=pool_of(versions, terms),
        ledger_changes=changes.ledger,
        status_changes=changes.status,
        open_items=tuple(_open(item, as_of, books, terms) for item in _in_order(books.items.values())),
        waivers_asked=frozenset(
            one.proposal.code for one in record.proposals.values() if not one.in_force and one.closed_by is None
        ),
        decisions=tuple(books.decisions.values()),
        access=_access(connection),
    )
    revalidated = tuple(_revalidated(judged, ledgers, rests, changes, terms))
    left = Left(head, books, files, tuple(sorted(read.known_files)))
    return Gathered(facts, head, record, revalidated, left)


def _broken(sources: Sources, connection: Connection, as_of: datetime, broken: Exception) -> Gathered:
    """Nothing that rests on a broken journal is looked at: it would be taken for proven."""
    line = broken.line if isinstance(broken, JournalBroken) else journal.head(connection).seq
    record = empty_record(sources.terms)
    fault = JournalFault(line, str(broken))
    facts = NightFacts(as_of, sources.terms, record.offer, journal.head(connection).seq, fault)
    return Gathered(facts, journal.head(connection), record)


def last_at(connection: Connection) -> datetime:
    """When the journal's last line was written, by the offer's clock."""
    last = None
    for entry in journal.entries(connection, after=journal.head(connection).seq - 1):
        last = entry.at
    return last if last is not None else datetime.min.replace(tzinfo=UTC)


# ------------------------------------------------------------------------------------------------ stored and replayed


def _stored(connection: Connection, judged: Judged, head: Head, terms: Terms) -> StoredFacts:
    """The derived tables against the journal up to the line that they were made from.

    Of rows about forms and holders that were not there yet, or no longer are, at the night's moment nothing is said.
    """
    line = derived.derived_seq(connection)
    rows = len(judged.submissions) + len(judged.standings)
    if line == 0 and rows:
        return StoredFacts(why_not="nothing is stored yet: it is made again when somebody asks")
    if line == 0:
        return StoredFacts(expiration=judged.expiration, expiration_due=judged.expiration)
    due = judged
    if line != head.seq:
        due = judge_record(terms, connection, replay(journal.read(connection, until=line), empty_record(terms)))
    there = {s.id for s in judged.submissions} | judged.standings.keys() | judged.record.faxes.keys()
    later = {s.id for s in due.submissions} | due.standings.keys() | due.record.faxes.keys()
    others = derived.other_rows(connection, derive(due))
    others = tuple(one for one in others if one.about in there or one.about not in later)
    return stored_facts(connection, due, others, rows)


def stored_facts(connection: Connection, due: Judged, others: Iterable[OtherRow], rows: int) -> StoredFacts:
    """Rows that differ, told apart: other share numbers in a standing are the ledger's affair."""
    differences, shares = [], []
    for other in others:
        if other.table == "standings" and (numbers := _only_other_shares(other, due.ledger)):
            shares += numbers
        else:
            differences.append(_difference(other, due.judgements))
    return StoredFacts(
        rows=rows,
        differences=tuple(sorted(set(differences), key=lambda one: (one.key, one.what))),
        shares=tuple(shares),
        expiration=derived.expiration_used(connection),
        expiration_due=due.expiration,
    )


def _only_other_shares(other: OtherRow, ledger: OptionLedger) -> list[StoredShares]:
    if other.stored is None or other.due is None:
        return []
    try:
        stored = from_plain(Standing, json.loads(other.stored["standing"]))
    except (ValueError, MalformedRecord):
        return []
    due = from_plain(Standing, json.loads(other.due["standing"]))
    parts = [(s.state, s.held_grants, s.basis, s.contested, tuple(s.grants)) for s in (stored, due)]
    if parts[0] != parts[1] or other.stored["state"] != other.due["state"]:
        return []
    return [
        StoredShares(other.key, number, shares, grant.unexercised if (grant := ledger.grant(number)) else None)
        for number, shares in stored.grants.items()
        if shares != due.grants[number]
    ]


_SAYS = {
    "standings": "standing",
    "submissions": "judgement",
    "findings": "finding",
    "queue": "queue item",
}


def _difference(other: OtherRow, judgements: Mapping[str, Judgement]) -> StoredDifference:
    row = other.stored or other.due or {}
    submission_id = row.get("submission_id") or (other.key if other.table == "submissions" else None)
    judgement = judgements.get(submission_id or "")
    holder_id = other.key if other.table == "standings" else judgement.holder_id if judgement else row.get("holder_id")
    key = holder_id or submission_id or other.key
    what = _SAYS[other.table]
    about = f" of form {submission_id}" if submission_id else ""
    if other.stored is None:
        fact = f"The stored {what}{about} is missing"
    elif other.due is None:
        fact = f"A {what}{about} is stored that the journal does not give"
    else:
        columns = [column for column in other.due if other.stored.get(column) != other.due[column]]
        fact = f"The stored {what}{about} is not what the journal gives ({', '.join(columns)})"
    return StoredDifference(key, f"{fact}.", submission_id, holder_id)


# --------------------------------------------------------------------------------------------------------- the ledger


def _dated(connection: Connection, record: Record, in_force: OptionLedger) -> tuple[DatedLedger, ...]:
    """The versions of the ledger that the record knows, by day; the last is the one in force."""
    newest = record.ledger_version()
    return tuple(
        DatedLedger(
            one.version,
            one.as_of,
            in_force if one.version == newest else grants.load_version(connection, one.version),
        )
        for one in sorted(record.imports, key=lambda i: (i.as_of, i.version))
    )


def _rests(books: BookFacts, lines: Lines, record: Record, before: Night | None) -> Iterable[Rests]:
    """What every form rests on. A form that an earlier night judged again rests on that night's ledger."""
    if not record.imports:
        return
    for form in books.forms.values():
        line = books.validated_at[form.submission_id]
        version = _version_at(line, lines, record)
        proof = before.proof if before is not None else None
        if proof is not None and proof.journal_seq >= line and proof.ledger_version is not None:
            version = proof.ledger_version
        known = {one.version for one in record.imports}
        holders = (form.holder_id,) if form.holder_id is not None else ()
        targets = books.row_targets[form.submission_id]
        yield Rests(form.submission_id, holders, targets, version if version in known else record.imports[0].version)


def _with_holders_of_then(
    rests: tuple[Rests, ...], ledgers: Mapping[int, OptionLedger], judged: Judged
) -> tuple[Rests, ...]:
    """The same with whose forms they were by the ledger of then: a new one may give them to somebody else."""
    newest = judged.record.ledger_version()
    submissions = {s.id: s for s in judged.submissions}
    indexes = {rest.version: HolderIndex(ledgers[rest.version]) for rest in rests if rest.version != newest}
    found = []
    for rest in rests:
        submission = submissions.get(rest.submission_id)
        if rest.version != newest and submission is not None and submission.kind is not None:
            then = indexes[rest.version].match(submission).holder
            if then is not None and then.holder_id not in rest.holder_ids:
                rest = replace(rest, holder_ids=(*rest.holder_ids, then.holder_id))
        found.append(rest)
    return tuple(found)


def _version_at(line: int, lines: Lines, record: Record) -> int:
    """The version in force at a line of the journal; the first one for what came before it (decision 0061)."""
    until = [one for one, seq in zip(record.imports, lines.imports, strict=False) if seq < line]
    newest = max(until, key=lambda one: (one.as_of, one.version), default=record.imports[0])
    return newest.version


def _reported_since(
    books: BookFacts, lines: Lines, record: Record, rests: Iterable[Rests], before: Night | None
) -> Mapping[str, str]:
    """Form to what HR or counsel reported of its holder after it was validated."""
    reports: dict[str, list[tuple[int, str]]] = {}
    for event_id, body in record.reports.items():
        if isinstance(body, HolderReported):
            change, line = body.change, lines.seq_of.get(event_id, 0)
            what = f"holder {change.holder_id}: {change.kind.value.replace('_', ' ')} on {change.changed_on}"
            reports.setdefault(change.holder_id, []).append((line, what))
    found = {}
    for rest in rests:
        line = max(books.validated_at[rest.submission_id], before.proof.journal_seq if before is not None else 0)
        later = [w for h in rest.holder_ids for seq, w in reports.get(h, ()) if seq > line]
        if later:
            found[rest.submission_id] = ", ".join(later)
    return found


def _revalidated(
    judged: Judged, ledgers: Mapping[int, OptionLedger], rests: Iterable[Rests], changes: RowChanges, terms: Terms
) -> Iterable[RevalidatedForm]:
    """The forms on changed rows, judged with the ledger that they were validated against and with today's."""
    versions = {rest.submission_id: rest.version for rest in rests if rest.submission_id in changes.reasons}
    touched = {judged.judgements[i].holder_id for i in versions}
    by_version: dict[int, Mapping[str, Judgement]] = {}
    for version in sorted(set(versions.values())):
        among = [
            s
            for s in judged.submissions
            if s.id in versions or ((h := judged.judgements[s.id].holder_id) is not None and h in touched)
        ]
        record = judged.record
        found = judge_all(among, ledger=ledgers[version], offer=record.offer, terms=terms, decisions=record.decisions)
        by_version[version] = found.by_submission
    for submission_id, version in versions.items():
        then, now = by_version[version][submission_id], judged.judgements[submission_id]
        codes_then, codes_now = ({f.code for f in one.findings} for one in (then, now))
        yield RevalidatedForm(
            submission_id,
            now.holder_id,
            changes.reasons[submission_id],
            then.disposition,
            now.disposition,
            tuple(sorted(codes_now - codes_then)),
            tuple(sorted(codes_then - codes_now)),
        )


def _version_states(sources: Sources, connection: Connection, record: Record) -> Iterable[LedgerVersionState]:
    for one in sorted(record.imports, key=lambda i: i.version):
        yield LedgerVersionState(one.version, _ledger_problem(sources, connection, one))


def _ledger_problem(sources: Sources, connection: Connection, imported: LedgerImported) -> str:
    files = []
    for name, sha256 in (("holders", imported.holders_sha256), ("grants", imported.grants_sha256)):
        try:
            content = archive.open_kept(sources.archive, f"{sha256[:2]}/{sha256}.csv", sha256)
        except archive.ArchiveDamaged:
            return f"its {name} file is gone from the archive or changed"
        files.append(LedgerFile(f"{name}.csv", content))
    try:
        said = parse_ledger(*files)
    except LedgerRefused:
        return "its files are refused by this version of the program"
    kept = grants.load_version(connection, imported.version)
    theirs, ours = _rows_by_name(said), _rows_by_name(kept)
    other = sorted(name for name in theirs.keys() | ours.keys() if theirs.get(name) != ours.get(name))
    return f"the row of {other[0]} in the database is not what its file says" if other else ""


def _rows_by_name(ledger: OptionLedger) -> Mapping[str, object]:
    """Every row under what a message may call it."""
    holders: dict[str, object] = {f"holder {holder.holder_id}": holder for holder in ledger.holders}
    return holders | {f"grant {grant.grant_no}": grant for grant in ledger.grants}


# ---------------------------------------------------------------------------------------------------- beside the books


def _files(
    sources: Sources, books: BookFacts, ever_known: frozenset[str], proven: Mapping[str, Proven]
) -> tuple[Mapping[str, Proven], Mapping[str, FileState], tuple[str, ...]]:
    """What was proven of each file for a later run, the state of each, and the files that nothing accounts for."""
    found = files_in(sources.archive)
    wanted = {fax.fax: fax.archived_name for fax in books.faxes.values() if fax.archived_name is not None}
    wanted |= {form.scan: form.scan for form in books.forms.values() if form.scan is not None}
    states, kept = {}, {}
    for sha256, name in wanted.items():
        states[sha256], now = prove(sources.archive, sha256, name, found.get(sha256), proven.get(sha256))
        if now is not None:
            kept[sha256] = now
    known = wanted.keys() | ever_known
    unknown = sorted(one.name for sha256, one in found.items() if sha256 not in known)
    return kept, states, tuple(unknown)


def ever_known(connection: Connection, *, after: int = 0) -> frozenset[str]:
    """Every file that an event after a line ever spoke of, later than the report's moment too."""
    known: set[str] = set()
    kinds = [EventKind.LEDGER_IMPORTED, EventKind.FAX_ARCHIVED, EventKind.FAX_RECEIVED, EventKind.FORM_KEYED]
    for event in journal.read(connection, after=after, kinds=kinds):
        body = json.loads(event.payload)
        names = ("holders_sha256", "grants_sha256", "fax", "sidecar", "scan")
        known.update(body[name] for name in names if isinstance(body.get(name), str))
    return frozenset(known)


def _access(connection: Connection) -> AccessFacts:
    """The desk's log against itself and against the tax ids that the journal says were shown."""
    numbers = list(connection.execute(select(desk_log.c.id).order_by(desk_log.c.id)).scalars())
    missing: tuple[int, ...] = ()
    if connection.dialect.name == "sqlite" and numbers:
        # PostgreSQL uses up a number also for a line whose transaction was rolled back: gaps prove nothing there.
        missing = tuple(sorted(set(range(1, numbers[-1] + 1)) - set(numbers)))
    query = select(desk_log.c.subject).where(desk_log.c.action == "show tax id", desk_log.c.outcome == "done")
    logged = Counter(connection.execute(query).scalars())
    shown = Counter(event.subject for event in journal.read(connection, kinds=[EventKind.TAX_ID_SHOWN]))
    return AccessFacts(len(numbers), missing, tuple(sorted(i for i in shown if shown[i] > logged[i])))


def _in_order(items: Iterable[QueueItem]) -> list[QueueItem]:
    return sorted(items, key=lambda item: (item.position, item.id))


def _open(item: QueueItem, as_of: datetime, books: BookFacts, terms: Terms) -> OpenIrregularity:
    form = books.forms.get(item.submission_id or "")
    opened_at = form.taken_in_at if form is not None else min(item.opened_at, as_of)
    return OpenIrregularity(
        item_id=item.id,
        submission_id=item.submission_id,
        fax=item.fax,
        file=item.file,
        holder_id=item.holder_id,
        code=item.code,
        target=item.target,
        severity=item.severity,
        hold=item.hold,
        message=item.message,
        opened_at=opened_at,
        age_business_days=_whole_business_days(opened_at, as_of, terms),
    )


def _whole_business_days(begin: datetime, end: datetime, terms: Terms) -> int:
    begin, end = begin.astimezone(terms.time_zone), end.astimezone(terms.time_zone)
    days, day = 0, begin.date()
    while (day := next_business_day(day)) <= end.date():
        if day < end.date() or end.timetz() >= begin.timetz():
            days += 1
    return days
