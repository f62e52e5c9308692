"""How one fax was read: every form of it held against the truth it was made from, field by field.

It refuses to know how faxes are made, and which figures are good enough.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.cell_scores import CellScore, RowVerdict, TableScore, score_table, table_of_no_form
from benchmarks.elections_on_file import election_on_file
from benchmarks.grant_cells import COLUMNS, value_of
from benchmarks.measures import Told
from benchmarks.read_faxes import Bench, FaxRead
from benchmarks.strictness import FACTORS, at_factor
from core.addresses import place_of
from core.findings import Severity
from core.grammar import normalise_name, signed_moment, tax_id_digits
from core.judgements import Judgement
from core.notation import parse_submission
from core.offer_state import OfferState
from core.readings import Mark
from core.submissions import Kind, Submission
from core.transmissions import Transmission
from extractors.meanings import meaning, tidied
from extractors.readers.reader import Writing
from offers.forms import Forms
from validators.judgement import judge_all, needs_review

_PAGE_POINTS = np.array([612.0, 792.0])
_REGISTERED_POINTS = 5.0
"""A page is laid right when nine in ten of its anchors lie within a quarter of a table line (20 points)."""
_FINE_LINES = 150
"""Lines an inch: fax has 98 (standard) or 196 (fine)."""


@dataclass(frozen=True, slots=True)
class Passing:
    """Whether the form goes straight through at one strictness, and in how much it is then not what the paper says."""

    passed: bool
    silent_errors: int


@dataclass(frozen=True, slots=True)
class FormScore:
    """One form of the truth. `clean`: read without error it would go straight through, no page of the fax being unknown
    (rulebook 15); `notice`: it is no election.

    `doubts` are the keys of its doubtful fields, `held_by` the codes that keep it from passing, `silent` everything in
    which it passed and is not what the paper says. `told` holds each written field's confidence by its kind, `passings`
    one outcome for each of strictness.FACTORS. `holder` is "right", "unknown" or "wrong".
    """

    notice: bool
    clean: bool
    passed: bool
    holder: str
    table: TableScore
    zones: int
    unseen: tuple[str, ...]
    doubts: tuple[str, ...] = ()
    held_by: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    told: tuple[tuple[Writing, Told], ...] = ()
    passings: tuple[Passing, ...] = (Passing(False, 0),) * len(FACTORS)


@dataclass(frozen=True, slots=True)
class FaxScore:
    """What one fax adds to the tables. `stray` are forms that nobody sent, where any form of the fax passed unseen.

    `anchor_errors` are points (1/72 inch).
    """

    name: str
    typed: bool
    fine: bool
    slips: tuple[str, ...]
    forms: tuple[FormScore, ...]
    stray: tuple[str, ...]
    pages: int
    wrong_pages: tuple[str, ...]
    anchor_errors: tuple[float, ...]

    @property
    def cells(self) -> Iterator[CellScore]:
        return (cell for form in self.forms for cell in form.table.cells)

    @property
    def rows(self) -> Iterator[RowVerdict]:
        return (row for form in self.forms for row in form.table.rows)

    @property
    def silent(self) -> tuple[str, ...]:
        return (*(one for form in self.forms for one in form.silent), *self.stray)


def score_fax(bench: Bench, fax: FaxRead) -> FaxScore:
    truth, transmission = fax.truth, fax.transmission
    wrong_pages, anchor_errors = _page_scores(transmission, truth)
    return FaxScore(
        fax.name,
        bool(truth["writers"][0]["typed"]),
        truth["resolution"][1] > _FINE_LINES,
        tuple(truth["slips"]),
        tuple(_score_form(bench, fax, index) for index in range(len(truth["submissions"]))),
        tuple(_stray_forms(bench, transmission, truth, fax.name)),
        len(transmission.pages),
        wrong_pages,
        anchor_errors,
    )


def silent_errors(bench: Bench, transmission: Transmission, truth: Mapping[str, Any], name: str) -> list[str]:
    """What would pass unseen and is not what the paper says; none when every wrong form waits for a person."""
    found = []
    for index, expected in enumerate(truth["submissions"]):
        read = form_on(transmission, truth, index)
        if read is not None:
            found += [f"{name}: {one}" for one in _passed_wrongly(bench, read, expected)]
    return found + list(_stray_forms(bench, transmission, truth, name))


def form_on(transmission: Transmission, truth: Mapping[str, Any], index: int) -> Submission | None:
    """The read form that owns most of the pages of the truth's form `index`."""
    numbers = {page["number"] for page in truth["pages"] if page["submission"] == index}
    owners = Counter(
        page.submission for page in transmission.pages if page.number in numbers and page.submission is not None
    )
    return transmission.submissions[owners.most_common(1)[0][0]] if owners else None


def passes(bench: Bench, submission: Submission) -> bool:
    """Whether the form, judged alone, goes straight through: nobody would look at it."""
    return not needs_review(judged(bench, submission))


def judged(bench: Bench, submission: Submission) -> Judgement:
    """The judgement of the form as the only one of its holder's, but for the election that a notice withdraws."""
    alone = _judged_among(bench, submission, ())
    if submission.kind is not Kind.NOTICE or alone.holder_id is None:
        return alone
    on_file = election_on_file(bench.ledger, alone.holder_id)
    return _judged_among(bench, submission, (on_file,)) if on_file else alone


def _judged_among(bench: Bench, submission: Submission, others: tuple[Submission, ...]) -> Judgement:
    terms = bench.offer.terms
    judgements = judge_all([*others, submission], ledger=bench.ledger, offer=OfferState(terms.expiration), terms=terms)
    return judgements.by_submission[submission.id]


# -- one form -----


def _score_form(bench: Bench, fax: FaxRead, index: int) -> FormScore:
    expected = fax.truth["submissions"][index]
    meant, holder_id = parse_submission(expected), expected["holder_id"]
    clean = passes(bench, meant) and not any(page["page_class"] == "UNKNOWN" for page in fax.truth["pages"])
    filled = tuple(_written_texts(meant))
    read = form_on(fax.transmission, fax.truth, index)
    if read is None:
        unseen = tuple(f"{fax.name}: {key}, the form was not found" for key in filled)
        verdict = _holder_verdict(None, holder_id)
        table = table_of_no_form(meant, holder_id, bench.ledger)
        return FormScore(meant.kind is Kind.NOTICE, clean, False, verdict, table, len(filled), unseen)
    judgement = judged(bench, read)
    heard = fax.heard[fax.transmission.submissions.index(read)]
    return FormScore(
        meant.kind is Kind.NOTICE,
        clean,
        not needs_review(judgement),
        _holder_verdict(judgement.holder_id, holder_id),
        score_table(read, meant, holder_id, bench.ledger, heard.form.match, heard.texts),
        len(filled),
        tuple(f"{fax.name}: {key}" for key in filled if not _is_seen(read, key)),
        tuple(doubt.key for doubt in read.doubts),
        _held_by(judgement),
        tuple(f"{fax.name}: {one}" for one in _passed_wrongly(bench, read, expected)),
        tuple(_told(bench, read, meant)),
        tuple(_passing(bench, at_factor(read, heard.form, factor, bench.ledger), expected) for factor in FACTORS),
    )


def _holder_verdict(found: str | None, true: str | None) -> str:
    if found == true:
        return "right"
    return "unknown" if found is None else "wrong"


def _held_by(judgement: Judgement) -> tuple[str, ...]:
    """The codes that keep the form from passing unseen, rules that could not be evaluated among them."""
    if not needs_review(judgement):
        return ()
    heavy = (finding.code for finding in judgement.findings if finding.severity is not Severity.NOTE)
    return tuple(sorted({*heavy, *judgement.not_evaluated}))


def _passing(bench: Bench, read: Submission, expected: Mapping[str, Any]) -> Passing:
    return Passing(passes(bench, read), len(_passed_wrongly(bench, read, expected)))


def _passed_wrongly(bench: Bench, read: Submission, expected: Mapping[str, Any]) -> list[str]:
    """What would pass unseen of this form and is not what the paper says."""
    judgement = judged(bench, read)
    if needs_review(judgement):
        return []
    return differences(bench, read, judgement.holder_id, parse_submission(expected), expected)


def _stray_forms(bench: Bench, transmission: Transmission, truth: Mapping[str, Any], name: str) -> Iterator[str]:
    extra = len(transmission.submissions) - len(truth["submissions"])
    if extra > 0 and any(passes(bench, one) for one in transmission.submissions):
        yield f"{name}: {extra} forms that nobody sent"


def _is_seen(read: Submission, key: str) -> bool:
    reading = read.readings.get(key)
    return reading is not None and reading.mark is not Mark.BLANK


def _told(bench: Bench, read: Submission, meant: Submission) -> Iterator[tuple[Writing, Told]]:
    """Confidence and outcome of every written text box that has a sense and a reading, a false blank among them."""
    writings = _writings_of(bench.forms)
    for key, written in _written_texts(meant).items():
        writing, reading = writings[key.rpartition(".")[2]], read.readings.get(key)
        sense = meaning(writing, tidied(writing, written))
        if reading is not None and sense is not None:
            right = meaning(writing, tidied(writing, reading.value)) == sense
            yield writing, Told(reading.confidence, right)


def _written_texts(meant: Submission) -> dict[str, str]:
    """What stands in the text boxes that somebody wrote in, cells included, by the keys of their readings."""
    fields = meant.fields
    texts = {
        "printed_name": fields.printed_name,
        "tax_id": fields.tax_id,
        "signed_at": f"{fields.date} {fields.time}".strip(),
        "email": fields.email,
        "address": fields.address,
    }
    cells = {
        f"{stem}.{column}": getattr(row, column)
        for stem, row in meant.fields.rows_by_stem.items()
        for column in COLUMNS
    }
    return {key: text for key, text in (texts | cells).items() if text}


def _writings_of(forms: Forms) -> Mapping[str, Writing]:
    """What is written in each text box, by the last part of its readings' keys: `shares`, `tax_id`, `signed_on`."""
    known = {writing.value for writing in Writing}
    return {
        zone.name.partition("_")[2] if zone.row is not None else zone.name: Writing(zone.field_kind.value)
        for _, page in forms.pages()
        for zone in page.zones
        if zone.field_kind.value in known
    }


# -- what is not as the paper says -----


def differences(
    bench: Bench, read: Submission, holder_id: str | None, meant: Submission, expected: Mapping[str, Any]
) -> list[str]:
    """Everything in which the form is not what the paper says; tax ids and e-mail are not shown."""
    found = []
    said, wrote = read.fields, meant.fields

    def compare(what: str, one: object, other: object) -> None:
        if one != other:
            found.append(f"{what} read {one!r}, written {other!r}")

    compare("holder", holder_id, expected["holder_id"])
    compare("kind", read.kind, meant.kind)
    compare("edition", read.form_version, meant.form_version)
    compare("signed", _signed(bench, read), _signed(bench, meant))
    compare("signature", said.signature.present, wrote.signature.present)
    compare("amend box", said.amend_box, wrote.amend_box)
    compare("name", normalise_name(said.printed_name), normalise_name(wrote.printed_name))
    compare("notes there", bool(said.notes), bool(wrote.notes))
    compare("struck text", bool(read.struck_text), bool(meant.struck_text))
    rows, wrote_rows = read.fields.rows_by_stem.values(), meant.fields.rows_by_stem.values()
    compare("row marks", [(r.struck, r.altered) for r in rows], [(r.struck, r.altered) for r in wrote_rows])
    compare("country", place_of(said.address), place_of(wrote.address))
    compare("evidence", said.evidence, tuple(sorted(wrote.evidence)))
    if tax_id_digits(said.tax_id) != tax_id_digits(wrote.tax_id):
        found.append("tax id differs")
    if said.email.casefold() != wrote.email.casefold():
        found.append("e-mail differs")
    for column in COLUMNS:
        one, other = ([value_of(column, getattr(row, column)) for row in each] for each in (rows, wrote_rows))
        compare(column, one, other)
    return found


def _signed(bench: Bench, submission: Submission) -> tuple[object, object]:
    terms = bench.offer.terms
    moment = signed_moment(
        submission.fields.date, submission.fields.time, offer_zone=terms.time_zone, assumed_year=terms.default_year
    )
    return moment.on, moment.at


# -- pages -----


def _page_scores(transmission: Transmission, truth: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The pages taken for something else or laid askew, and how far the anchors of all pages lie off, in points."""
    wrong: list[str] = []
    errors: list[float] = []
    points = np.array(truth["anchor_points"])
    for page, expected in zip(transmission.pages, truth["pages"], strict=True):
        told, off = page.page_class == expected["page_class"], ""
        if expected["page_class"] in {"E1", "E2", "N1"}:
            told = told and page.form_version == expected["form_version"]
        if told and page.affine is not None:
            laid = points @ np.array([page.affine[:2], page.affine[3:5]]).T + np.array([page.affine[2], page.affine[5]])
            own = np.linalg.norm((laid - np.array(expected["anchors"])) * _PAGE_POINTS, axis=1)
            errors.extend(own.tolist())
            nine_in_ten = float(np.quantile(own, 0.9))
            told, off = nine_in_ten <= _REGISTERED_POINTS, f", off by {nine_in_ten:.1f} pt"
        if not told:
            wrong.append(
                f"{truth['file']} p{page.number}: {expected['page_class']} {expected['form_version']} read as "
                f"{page.page_class} {page.form_version}{off}"
            )
    return tuple(wrong), tuple(errors)
