"""Puts sample faxes together and writes them: the file, its receipt sidecar, its truth, and the ledger they live in.

The same seed and options give the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

import offers
from core import grammar
from core.holders import OptionLedger
from core.notation import codes_to_json, standing_to_json, submission_to_json
from core.offer_state import OfferState
from core.submissions import Evidence, Fields, GrantRow, Kind, Signature, Submission
from offers.forms import Forms, load_forms
from offers.loading import load_offer
from samples import contents, sheets
from samples.fax import (
    ANCHORS,
    FINE,
    STANDARD,
    FaxedPage,
    Journey,
    Level,
    Stamp,
    send,
    some_journey,
    write_pdf,
    write_tiff,
)
from samples.ledger import make_ledger, write_ledger
from samples.lettering import Group
from samples.paper import Gray, Pen, blank_picture, fill
from samples.writing import Rng, Writer, somebody
from validators.judgement import judge_all, needs_review

FORMS_FOLDER = Path(offers.__file__).parent / "capstone_2003" / "forms"
LEDGER_SEED = 2003
"""The ledger is the company's: every sample of every seed lives in the same one."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a batch of samples shall be like; the defaults are a day's mixture.

    Shares are 0.0-1.0. `good_order` makes every form complete and true to the ledger, from a holder who may tender
    (a notice still has no election before it: with `notices=0` every form goes through); `extras` is the share of
    faxes with more than the form: cover sheets, instructions, pages out of order, a second form.
    """

    typed_share: float = 0.5
    group: Group = Group.TRAINING
    resolutions: tuple[tuple[int, int], ...] = (STANDARD, FINE)
    level: Level = Level.MODERATE
    good_order: bool = False
    strangers: float = 0.03
    extras: float = 0.35
    notices: float = 0.2
    june_editions: float = 0.3
    pdfs: float = 0.08


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page before it is faxed. `form` is the index of the submission it belongs to, None for none."""

    page_class: str
    picture: Gray
    form_version: str | None = None
    form: int | None = None
    upside_down: bool = False


@dataclass(frozen=True, slots=True)
class SampleFax:
    """One transmission ready to be sent: its sheets, what stands on them, how it travels."""

    name: str
    submissions: tuple[Submission, ...]
    sheets: tuple[Sheet, ...]
    journey: Journey
    level: Level
    title: str = ""
    writers: tuple[Writer, ...] = ()
    suffix: str = "tif"
    group: int = 4
    sidecar: Mapping[str, Any] | None = field(default_factory=dict)
    """Receipt facts beside those of the form; None where no fax server left a sidecar."""
    stamps: tuple[Stamp, ...] = ()
    """A HylaFAX server's stamps in the file itself, one a page."""
    slips: tuple[str, ...] = ()
    sent_at: datetime | None = None
    """What the sender's clock is near; None for the receipt of the first form."""


@dataclass(frozen=True, slots=True)
class Written:
    """The files of one sample, and what stands on its forms."""

    fax: Path
    sidecar: Path | None
    expected: Path
    submissions: tuple[Submission, ...]


def make(out: Path, count: int, seed: int, *, options: Options | None = None) -> list[Written]:
    """Write `count` random faxes into `out` with their sidecars, truth files and the ledger they were filled from."""
    options = options or Options()
    out.mkdir(parents=True, exist_ok=True)
    ledger = make_ledger(LEDGER_SEED)
    write_ledger(ledger, out)
    forms = load_forms(FORMS_FOLDER)
    written = []
    for number in range(1, count + 1):
        rng = np.random.default_rng([seed, number])
        written.append(write(out, some_fax(f"fax{number:04d}", rng, ledger, forms, options), rng))
    record_judgements(written, ledger)
    return written


# ---------------------------------------------------------------- a random fax


def some_fax(name: str, rng: Rng, ledger: OptionLedger, forms: Forms, options: Options) -> SampleFax:
    """One random transmission with everything that the options allow."""
    typed = bool(rng.random() < options.typed_share)
    feeder = _Feeder(rng, ledger, forms, options, somebody(rng, options.group, typed=typed), contents.some_manner(rng))
    feeder.put_form()
    extra = bool(rng.random() < options.extras)
    if extra:
        feeder.put_extras()
    resolution = options.resolutions[int(rng.integers(len(options.resolutions)))]
    journey = some_journey(rng, options.level, resolution)
    all_turned = bool(extra and rng.random() < 0.15)
    sheets_as_fed = [
        replace(sheet, upside_down=all_turned or bool(extra and rng.random() < 0.04)) for sheet in feeder.sheets
    ]
    count = len(feeder.submissions)
    return SampleFax(
        name,
        tuple(
            replace(form, id=f"{name}-{number}", bundle_size=count)
            for number, form in enumerate(feeder.submissions, start=1)
        ),
        tuple(sheets_as_fed),
        journey,
        options.level,
        writers=(feeder.writer,),
        suffix="pdf" if rng.random() < options.pdfs else "tif",
        group=int(rng.choice([3, 4])),
        slips=tuple(feeder.slips),
    )


@dataclass
class _Feeder:
    """The sheets of one call while somebody puts them together, and the forms that stand on them."""

    rng: Rng
    ledger: OptionLedger
    forms: Forms
    options: Options
    writer: Writer
    manner: contents.Manner
    sheets: list[Sheet] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)
    slips: list[str] = field(default_factory=list)

    def put_form(self) -> None:
        form = self._some_form()
        pen = Pen(self.writer, contents.joint_of(self.manner, form.fields))
        self.sheets += form_sheets(self.forms, form, len(self.submissions), pen, self.rng)
        self.sheets += self._papers_for(form, len(self.submissions))
        self.submissions.append(form)
        # One call, one receipt: that of the form signed last, or the other would be signed after it came.
        latest = max(self.submissions, key=contents.received)
        self.submissions = [
            replace(one, received_start=latest.received_start, received_at=latest.received_at)
            for one in self.submissions
        ]

    def put_extras(self) -> None:
        """Instructions, a second form, another order, a page lost, a stray page, a cover: each by its own chance."""
        chance = self.rng.random(6)
        if chance[0] < 0.35:
            instructions = instruction_sheets(self.forms, self.submissions[0], 0)
            self.sheets += instructions[: int(self.rng.integers(1, 4))]
        if chance[1] < 0.12:
            self.put_form()
        elif chance[2] < 0.2:
            self.sheets = [self.sheets[int(place)] for place in self.rng.permutation(len(self.sheets))]
        if not self.options.good_order:
            if chance[3] < 0.1 and len(self.submissions) == 1 and self.submissions[0].kind is Kind.ELECTION:
                self._lose_a_page()
            if chance[4] < 0.04:
                self.sheets.append(Sheet("UNKNOWN", sheets.unrelated_page(self.rng)))
                self.slips.append("stray page")
        if chance[5] < 0.5:
            self._put_cover()

    def _some_form(self) -> Submission:
        rng, options = self.rng, self.options
        holder = contents.some_holder(rng, self.ledger)
        version = "2003-06-25" if rng.random() < options.june_editions else "2003-07-09"
        signed_at = contents.some_signing(rng, version)
        if rng.random() < options.notices:
            form = contents.good_notice(rng, holder, self.manner, version=version, signed_at=signed_at)
        else:
            grants = contents.some_grants(rng, self.ledger, holder)
            form = contents.good_election(
                rng, self.ledger, holder, self.manner, version=version, signed_at=signed_at, grants=grants
            )
        if len(form.fields.rows) > 1 and rng.random() < 0.06:
            form = contents.on_a_schedule(form, keep=len(form.fields.rows) - 1)
        return form if options.good_order else self._with_something_wrong(form)

    def _with_something_wrong(self, form: Submission) -> Submission:
        if form.kind is Kind.ELECTION and self.rng.random() < 0.15:
            form = replace(form, fields=replace(form.fields, amend_box=True))
        if self.rng.random() < self.options.strangers:
            self.slips.append("stranger")
            return contents.a_stranger(self.rng, form)
        if self.rng.random() < 0.4:
            form, slip = contents.with_a_slip(self.rng, form, self.ledger)
            self.slips.append(slip)
        return form

    def _papers_for(self, form: Submission, index: int) -> list[Sheet]:
        """The evidence that the form's holder attached."""
        papers = []
        agreed = self._name_on_agreement(form)
        if Evidence.NAME_CHANGE_PROOF in form.fields.evidence:
            picture = sheets.name_change_proof(self.rng, former=agreed, present=form.fields.printed_name)
            papers.append(Sheet("EVIDENCE", picture, None, index))
        if Evidence.AUTHORITY_EVIDENCE in form.fields.evidence:
            attorney = form.fields.signature.reads_as or ""
            picture = sheets.authority_evidence(self.rng, holder=agreed, attorney=attorney)
            papers.append(Sheet("EVIDENCE", picture, None, index))
        return papers

    def _name_on_agreement(self, form: Submission) -> str:
        holder = self.ledger.holder(form.holder_id or "")
        return holder.name_on_agreement if holder else form.fields.printed_name

    def _lose_a_page(self) -> None:
        """One of an election's two pages did not come; what stood on it is no truth of this fax."""
        form = self.submissions[0]
        lost = str(self.rng.choice(["E1", "E2"]))
        self.sheets = [sheet for sheet in self.sheets if sheet.page_class != lost]
        pages = tuple(page for page in form.pages if page != lost)
        if lost == "E1":
            form = replace(form, pages=pages, fields=replace(form.fields, amend_box=False))
        else:
            rest = Fields(
                signature=Signature(False), amend_box=form.fields.amend_box,
                schedule=form.fields.schedule, evidence=form.fields.evidence,
            )  # fmt: skip
            form = replace(form, pages=pages, fields=rest)
        self.submissions[0] = form
        self.slips.append(f"{lost} lost")

    def _put_cover(self) -> None:
        first = self.submissions[0]
        remark = ""
        if not self.options.good_order and self.rng.random() < 0.12:
            remark = contents.COVER_CONDITION
            self.submissions[0] = replace(first, fields=replace(first.fields, notes=remark))
            self.slips.append("condition on the cover")
        sender = first.fields.printed_name or "Employee"
        cover = sheets.cover_sheet(
            self.rng,
            self.writer,
            sender=sender,
            pages=len(self.sheets) + 1,
            sent_at=contents.received(first),
            remark=remark,
        )
        self.sheets.insert(0, Sheet("COVER", cover))


def form_sheets(forms: Forms, submission: Submission, index: int, pen: Pen, rng: Rng) -> list[Sheet]:
    """The filled pages of a submission in their order: E1, E2 or N1, its schedule."""
    assert submission.kind is not None and submission.form_version is not None
    form = forms.of(submission.kind, submission.form_version)
    laid = []
    for page_class in submission.pages:
        if page_class == "SCHEDULE":
            picture = fill(forms.schedule, forms.schedule.pages[0], submission, pen, rng)
            laid.append(Sheet(page_class, picture, None, index))
        elif page_class in {"E1", "E2", "N1"}:
            picture = fill(form, form.page(page_class), submission, pen, rng)
            laid.append(Sheet(page_class, picture, submission.form_version, index))
    return laid


def instruction_sheets(forms: Forms, submission: Submission, index: int) -> list[Sheet]:
    """The instruction pages of the form, faxed along."""
    assert submission.kind is not None and submission.form_version is not None
    form = forms.of(submission.kind, submission.form_version)
    return [
        Sheet(page.page_class, blank_picture(form.pdf, page.number), submission.form_version, index)
        for page in form.pages
        if page.page_class.startswith("I")
    ]


# ---------------------------------------------------------------- files


def write(out: Path, sample: SampleFax, rng: Rng) -> Written:
    """Send the sample and write its three files into `out`."""
    pages = []
    for number, sheet in enumerate(sample.sheets, start=1):
        journey = replace(
            _next_page(sample.journey, rng),
            upside_down=sheet.upside_down,
            header=_header(sample, number),
        )
        pages.append(send(sheet.picture, journey, rng))
    fax = out / f"{sample.name}.{sample.suffix}"
    if sample.suffix == "pdf":
        write_pdf(fax, pages)
    else:
        write_tiff(fax, pages, group=sample.group, stamps=sample.stamps)
    sidecar, expected = out / f"{sample.name}.json", out / f"{sample.name}.expected.json"
    if sample.sidecar is not None:
        _write_json(sidecar, {**_receipt_facts(sample), **sample.sidecar})
    _write_json(expected, _expected(sample, pages, fax.name))
    return Written(fax, sidecar if sidecar.exists() else None, expected, sample.submissions)


def record_judgements(written: Sequence[Written], ledger: OptionLedger) -> None:
    """Add to each truth file what the rules make of its forms, all faxes of the batch being in one workspace.

    It is what a reader who reads everything right would get: the holder is found by the rules, not told to them.
    """
    terms = load_offer(FORMS_FOLDER.parent).terms
    everything = [replace(one, holder_id=None) for files in written for one in files.submissions]
    judgements = judge_all(everything, ledger=ledger, offer=OfferState(terms.expiration), terms=terms).by_submission
    for files in written:
        truth = json.loads(files.expected.read_text(encoding="utf-8"))
        for submission in truth["submissions"]:
            judgement = judgements[submission["id"]]
            submission |= codes_to_json(judgement) | {
                "disposition": str(judgement.disposition),
                "needs_review": needs_review(judgement),
                "standing": standing_to_json(judgement.standing),
            }
        _write_json(files.expected, truth)


def _next_page(journey: Journey, rng: Rng) -> Journey:
    """Pages of one call share the machine, yet each goes in a little differently."""
    return replace(
        journey,
        skew_degrees=journey.skew_degrees + float(rng.normal(0, 0.25)) * bool(journey.feed),
        shift=(journey.shift[0], journey.shift[1] + float(rng.normal(0, 0.003)) * bool(journey.feed)),
        specks=int(rng.poisson(journey.specks)),
    )


def _header(sample: SampleFax, number: int) -> str:
    """The sender's header line; its clock is the sender's own and may be wrong."""
    if sample.level is Level.CLEAN or not sample.submissions:
        return ""
    first = sample.submissions[0]
    sent_at = sample.sent_at or first.received_start
    if sent_at is None:
        return ""
    at = sent_at + timedelta(minutes=len(sample.name) % 7 - 3)
    name = first.fields.printed_name.upper()[:18]
    caller = f"8185550{sum(map(ord, sample.name)) % 900 + 100}"
    return f"{at:%b-%d-%Y %H:%M}  {name:<18}  {caller}   P.{number:02d}/{len(sample.sheets):02d}".upper()


def _receipt_facts(sample: SampleFax) -> dict[str, Any]:
    facts: dict[str, Any] = {"job_id": sample.name, "pages": len(sample.sheets)}
    if sample.submissions:
        first = sample.submissions[0]
        moments = {"received_start": first.received_start, "received_at": first.received_at}
        facts |= {name: moment.isoformat() for name, moment in moments.items() if moment}
    return facts


def _expected(sample: SampleFax, pages: Sequence[FaxedPage], file: str) -> dict[str, Any]:
    return {
        "file": file,
        "title": sample.title,
        "resolution": list(sample.journey.resolution),
        "level": sample.level.value,
        "slips": list(sample.slips),
        "writers": [{"family": writer.family, "typed": writer.typed} for writer in sample.writers],
        "anchor_points": [list(point) for point in ANCHORS],
        "pages": [
            {
                "number": number,
                "page_class": sheet.page_class,
                "form_version": sheet.form_version,
                "submission": sheet.form,
                "upside_down": sheet.upside_down,
                "anchors": [[round(value, 5) for value in point] for point in page.anchors],
            }
            for number, (sheet, page) in enumerate(zip(sample.sheets, pages, strict=True), start=1)
        ],
        "submissions": [_truth(submission) for submission in sample.submissions],
    }


def _truth(submission: Submission) -> dict[str, Any]:
    """The submission as a keyed form (design 3.3) and what its strings mean."""
    fields = submission.fields
    moment = grammar.signed_moment(fields.date, fields.time, offer_zone=contents.PACIFIC, assumed_year=2003)
    rows = fields.rows + (fields.schedule.rows if fields.schedule else ())
    return submission_to_json(submission) | {
        "holder_id": submission.holder_id,
        "signed_at": moment.at.isoformat() if moment.at else None,
        "signed_date": moment.on.isoformat() if moment.on else None,
        "rows": [_parsed(row) for row in rows],
    }


def _parsed(row: GrantRow) -> dict[str, Any]:
    """The row as a perfect reader has it: numbers, null where the paper holds none."""
    on = grammar.parse_date(row.grant_date).value
    price: Decimal | None = grammar.parse_price(row.price).value
    return {
        "grant_no": grammar.normalise_grant_no(row.grant_no),
        "grant_date": on.on.isoformat() if on else None,
        "price": str(price) if price is not None else None,
        "shares": grammar.parse_shares(row.shares).value,
    }


def _write_json(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False)
    # A point on one line: a list of coordinates down the page is no text to read.
    text = re.sub(r"\[\s+(-?[0-9.]+),\s+(-?[0-9.]+)\s+\]", r"[\1, \2]", text)
    path.write_text(text + "\n", encoding="utf-8")
