"""The committed sample faxes: some forty named situations, in the order in which they came in.

`python -m samples.scenarios [FOLDER]` writes them all (default `sample_faxes`). The holders are the synthetic ledger's;
what the rules make of each form is computed, not claimed.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from core.holders import Category, Grant, Holder, OptionLedger
from core.submissions import Evidence, Signature, Submission
from offers.forms import Forms, load_forms
from samples import contents, sheets
from samples.contents import PACIFIC, Manner
from samples.fax import FINE, STANDARD, SUPERFINE, Level, Stamp, some_journey
from samples.generate import (
    FORMS_FOLDER,
    LEDGER_SEED,
    SampleFax,
    Sheet,
    Written,
    form_sheets,
    instruction_sheets,
    record_judgements,
    write,
)
from samples.ledger import PROLIFIC, make_ledger, write_ledger
from samples.lettering import Group
from samples.paper import Pen
from samples.writing import Rng, Writer, somebody

JULY, JUNE = "2003-07-09", "2003-06-25"

_PLAIN_MANNER = Manner("{m}/{d}/{yy}", "{m}/{d}/{yy}", "{h}:{min} {ap}", "$", True, "exact", False, " ")


@dataclass(frozen=True)
class Desk:
    """What a situation is made with: the ledger, the blanks, its own chance, and who writes."""

    name: str
    ledger: OptionLedger
    forms: Forms
    rng: Rng
    writer: Writer
    level: Level
    resolution: tuple[int, int]

    def holder(self, name: str) -> Holder:
        return next(holder for holder in self.ledger.holders if holder.name_on_agreement == name)

    def employee(self, number: int) -> Holder:
        """The nth employee without any peculiarity: situations name each their own."""
        plain = [
            holder
            for holder in self.ledger.holders[60:]
            if contents.may_tender(holder) and len(self.grants(holder)) >= 2
        ]
        return plain[number * 3]

    def grants(self, holder: Holder, most: int = 4) -> tuple[Grant, ...]:
        """Up to `most` of the holder's eligible grants; no halves of a split, whose partner might be cut off."""
        return tuple(g for g in contents.eligible_grants(self.ledger, holder) if not g.split_group)[:most]

    def election(
        self,
        holder: Holder,
        signed: str,
        grants: tuple[Grant, ...] | None = None,
        *,
        version: str = JULY,
        **fields: Any,
    ) -> Submission:
        """An election of `holder`, signed at `signed` (Pacific) and received a quarter of an hour later."""
        at = _pacific(signed)
        form = contents.good_election(
            self.rng,
            self.ledger,
            holder,
            self._manner(),
            version=version,
            signed_at=at,
            grants=self.grants(holder) if grants is None else grants,
        )
        return _arrived(_with(form, **fields), at + timedelta(minutes=14, seconds=7))

    def notice(self, holder: Holder, signed: str, *, version: str = JULY, **fields: Any) -> Submission:
        """A notice of `holder`, signed at `signed` (Pacific) and received ten minutes later."""
        at = _pacific(signed)
        form = contents.good_notice(self.rng, holder, self._manner(), version=version, signed_at=at)
        return _arrived(_with(form, **fields), at + timedelta(minutes=9, seconds=41))

    def _manner(self) -> Manner:
        return _PLAIN_MANNER if self.writer.typed else contents.some_manner(self.rng)

    def pages(self, form: Submission, index: int = 0) -> list[Sheet]:
        pen = Pen(self.writer, contents.joint_of(_PLAIN_MANNER, form.fields))
        return form_sheets(self.forms, form, index, pen, self.rng)

    def fax(self, submissions: tuple[Submission, ...], laid: list[Sheet], **more: Any) -> SampleFax:
        named = tuple(replace(form, id=f"{self.name}-{number}") for number, form in enumerate(submissions, start=1))
        journey = some_journey(_chance(self.name, "journey"), self.level, self.resolution)
        # Small files: the committed set is to stay small, and grain and screens are what no compression undoes.
        journey = replace(journey, dither="none", tint=0.95, grain=min(journey.grain, 4.0))
        if more.pop("dithered", False):
            journey = replace(journey, dither="ordered", grain=0.0)
        return replace(SampleFax(self.name, named, tuple(laid), journey, self.level, writers=(self.writer,)), **more)

    def plain(self, form: Submission, **more: Any) -> SampleFax:
        """One form and nothing else."""
        return self.fax((form,), self.pages(form), **more)


@dataclass(frozen=True, slots=True)
class Situation:
    """One committed sample: what it shows, who writes it, how it travels."""

    name: str
    title: str
    build: Callable[[Desk], SampleFax]
    typed: bool = True
    level: Level = Level.LIGHT
    resolution: tuple[int, int] = FINE
    hand_of: str = ""
    """The situation whose writer writes again; "" for a writer of its own."""
    same_sheets: bool = False
    """The very sheets of `hand_of` are sent again, not new ones in the same hand."""


def write_all(out: Path) -> list[Written]:
    """Write every situation into `out` with the ledger they live in, their findings and a table of contents."""
    out.mkdir(parents=True, exist_ok=True)
    ledger, forms = make_ledger(LEDGER_SEED), load_forms(FORMS_FOLDER)
    write_ledger(ledger, out)
    written = [write_one(situation, out, ledger, forms) for situation in SITUATIONS]
    record_judgements(written, ledger)
    _write_contents(out, written)
    return written


def write_one(situation: Situation, out: Path, ledger: OptionLedger, forms: Forms) -> Written:
    """Write one situation under its number, its findings left out: they hang on what came before."""
    name = f"{SITUATIONS.index(situation) + 1:02d}_{situation.name}"
    hand = _chance(situation.hand_of or situation.name, "hand")
    writer = somebody(hand, Group.TRAINING, typed=situation.typed)
    rng = _chance(situation.hand_of if situation.same_sheets else situation.name, "writing")
    desk = Desk(name, ledger, forms, rng, writer, situation.level, situation.resolution)
    sample = replace(situation.build(desk), title=situation.title)
    return write(out, sample, _chance(name, "sending"))


def _write_contents(out: Path, written: list[Written]) -> None:
    """The list of the situations, with the outcome for a reader who reads everything right."""
    lines = [
        "# Sample faxes",
        "",
        "Synthetic, written by `python -m samples.scenarios`: holders, hands and damage are made up. Beside each fax",
        "stand its receipt (`NAME.json`, as a fax server leaves it) and its truth (`NAME.expected.json`).",
        "",
        "| Fax | Shows | Outcome of a perfect reading |",
        "|---|---|---|",
    ]
    for files, situation in zip(written, SITUATIONS, strict=True):
        truth = json.loads(files.expected.read_text(encoding="utf-8"))
        outcomes = [f"{form['disposition']} {', '.join(form['codes'])}".strip() for form in truth["submissions"]]
        lines.append(f"| `{files.fax.name}` | {situation.title} | {'; '.join(outcomes) or 'no form: to a person'} |")
    (out / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _chance(name: str, purpose: str) -> Rng:
    """A situation keeps its hand and its damage when others are added before it."""
    return np.random.default_rng([LEDGER_SEED, zlib.crc32(f"{name} {purpose}".encode())])


def _pacific(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=PACIFIC)


def _arrived(form: Submission, at: datetime, seconds: int = 74) -> Submission:
    """The form with its last page complete at `at`."""
    return replace(form, received_start=at - timedelta(seconds=seconds), received_at=at)


def _with(form: Submission, **fields: Any) -> Submission:
    return replace(form, fields=replace(form.fields, **fields))


def _with_row(form: Submission, number: int, **cells: Any) -> Submission:
    """The form with cells of one row (1-based) changed."""
    rows = list(form.fields.rows)
    rows[number - 1] = replace(rows[number - 1], **cells)
    return _with(form, rows=tuple(rows))


# ---------------------------------------------------------------- good forms and what follows them


def _june_edition(desk: Desk) -> SampleFax:
    return desk.plain(desk.election(desk.employee(0), "2003-06-30 09:20", version=JUNE))


def _clean_typed(desk: Desk) -> SampleFax:
    return desk.plain(desk.election(desk.employee(1), "2003-07-10 08:45"))


def _clean_handwritten(desk: Desk) -> SampleFax:
    return desk.plain(desk.election(desk.employee(2), "2003-07-10 10:30"))


def _june_edition_late(desk: Desk) -> SampleFax:
    return desk.plain(desk.election(desk.employee(3), "2003-07-10 14:05", version=JUNE))


def _notice(desk: Desk) -> SampleFax:
    return desk.plain(desk.notice(desk.employee(2), "2003-07-11 09:10"))


def _replacement(desk: Desk) -> SampleFax:
    holder = desk.employee(1)
    return desk.plain(desk.election(holder, "2003-07-11 11:25", desk.grants(holder)[:1], amend_box=True))


def _re_tender(desk: Desk) -> SampleFax:
    return desk.plain(desk.election(desk.employee(2), "2003-07-11 16:40"))


def _upside_down(desk: Desk) -> SampleFax:
    form = desk.election(desk.employee(4), "2003-07-12 10:00")
    return desk.fax((form,), [replace(sheet, upside_down=True) for sheet in desk.pages(form)])


def _out_of_order(desk: Desk) -> SampleFax:
    form = desk.election(desk.employee(5), "2003-07-13 13:30")
    first, second = desk.pages(form)
    instructions = instruction_sheets(desk.forms, form, 0)
    return desk.fax((form,), [second, instructions[1], first, instructions[0], instructions[2]])


def _with_cover(desk: Desk) -> SampleFax:
    form = desk.election(desk.employee(6), "2003-07-14 08:15")
    return desk.fax((form,), [_cover(desk, form, ""), *desk.pages(form)])


def _two_forms(desk: Desk) -> SampleFax:
    """Two employees share a machine."""
    first = desk.election(desk.employee(7), "2003-07-14 11:50")
    second = desk.election(desk.employee(8), "2003-07-14 11:52")
    second = replace(second, received_start=first.received_start, received_at=first.received_at, bundle_size=2)
    first = replace(first, bundle_size=2)
    return desk.fax((first, second), [*desk.pages(first), *desk.pages(second, 1)])


def _schedule(desk: Desk) -> SampleFax:
    holder = desk.holder(PROLIFIC)
    form = contents.on_a_schedule(desk.election(holder, "2003-07-14 15:05", desk.grants(holder, 14)), keep=8)
    return desk.plain(form)


def _duplicate(desk: Desk) -> SampleFax:
    """The sheets of the upside-down fax sent again the right way round: another call, no other form."""
    first = desk.election(desk.employee(4), "2003-07-12 10:00")
    return desk.plain(_arrived(first, _pacific("2003-07-14 16:20:30")))


def _as_pdf(desk: Desk) -> SampleFax:
    return desk.plain(desk.election(desk.employee(9), "2003-07-15 09:00"), suffix="pdf")


def _standard_resolution(desk: Desk) -> SampleFax:
    return desk.plain(desk.election(desk.employee(10), "2003-07-15 10:10"), group=3)


def _superfine(desk: Desk) -> SampleFax:
    return desk.plain(desk.election(desk.employee(11), "2003-07-15 11:35"))


def _dithered(desk: Desk) -> SampleFax:
    return desk.plain(desk.election(desk.employee(12), "2003-07-15 13:45"), dithered=True)


def _heavy_damage(desk: Desk) -> SampleFax:
    return desk.plain(desk.election(desk.employee(13), "2003-07-15 15:20"))


def _son_not_father(desk: Desk) -> SampleFax:
    """One grant of the father's on the son's form."""
    son, father = desk.holder("Robert J. Alvarez Jr."), desk.holder("Robert J. Alvarez Sr.")
    unsplit = [grant for grant in desk.grants(father) if not grant.split_group]
    return desk.plain(desk.election(son, "2003-07-15 16:30", (*desk.grants(son, 2), unsplit[0])))


# ---------------------------------------------------------------- forms that wait for a person


def _cover_condition(desk: Desk) -> SampleFax:
    remark = contents.COVER_CONDITION
    form = desk.election(desk.employee(14), "2003-07-16 08:30")
    laid = [_cover(desk, form, remark), *desk.pages(form)]
    return desk.fax((_with(form, notes=remark),), laid)


def _cover(desk: Desk, form: Submission, remark: str) -> Sheet:
    assert form.received_start is not None
    name, count = form.fields.printed_name, len(form.pages) + 1
    picture = sheets.cover_sheet(
        desk.rng, desk.writer, sender=name, pages=count, sent_at=form.received_start, remark=remark
    )
    return Sheet("COVER", picture)


def _page_missing(desk: Desk) -> SampleFax:
    form = replace(desk.election(desk.employee(15), "2003-07-16 09:40"), pages=("E2",))
    return desk.plain(form)


def _unsigned(desk: Desk) -> SampleFax:
    return desk.plain(desk.election(desk.employee(16), "2003-07-16 10:55", signature=Signature(False, None)))


def _partial_tender(desk: Desk) -> SampleFax:
    form = desk.election(desk.employee(17), "2003-07-16 13:15")
    half = int(form.fields.rows[0].shares.replace(",", "")) // 2
    return desk.plain(_with_row(form, 1, shares=f"{half:,}"))


def _struck_row(desk: Desk) -> SampleFax:
    return desk.plain(_with_row(desk.election(desk.employee(18), "2003-07-16 14:25"), 2, struck=True))


def _altered_cell(desk: Desk) -> SampleFax:
    return desk.plain(_with_row(desk.election(desk.employee(19), "2003-07-16 15:35"), 1, altered=True))


def _stranger(desk: Desk) -> SampleFax:
    return desk.plain(contents.a_stranger(desk.rng, desk.election(desk.employee(20), "2003-07-17 08:50")))


def _name_change(desk: Desk) -> SampleFax:
    holder = desk.holder("Denise Fowler")
    name = holder.legal_name_changes[0]
    form = desk.election(holder, "2003-07-17 10:05", printed_name=name, evidence=(Evidence.NAME_CHANGE_PROOF,))
    proof = sheets.name_change_proof(desk.rng, former=holder.name_on_agreement, present=name)
    return desk.fax((form,), [*desk.pages(form), Sheet("EVIDENCE", proof, None, 0)])


def _representative(desk: Desk) -> SampleFax:
    holder = desk.employee(21)
    form = desk.election(
        holder,
        "2003-07-17 11:15",
        signature=Signature(True, "Carl Ostrander"),
        capacity="attorney-in-fact",
        title="Attorney-in-Fact",
        evidence=(Evidence.AUTHORITY_EVIDENCE,),
    )
    paper = sheets.authority_evidence(desk.rng, holder=holder.name_on_agreement, attorney="Carl Ostrander")
    return desk.fax((form,), [*desk.pages(form), Sheet("EVIDENCE", paper, None, 0)])


def _director(desk: Desk) -> SampleFax:
    holder = desk.holder("Eliot Protsch")
    priced = tuple(grant for grant in desk.ledger.grants_of(holder.holder_id) if grant.exercise_price >= 2)
    return desk.plain(desk.election(holder, "2003-07-17 13:50", priced))


def _price_of_1_99(desk: Desk) -> SampleFax:
    """One grant at $1.99 beside a good one."""
    ledger = desk.ledger
    low = next(
        grant
        for grant in ledger.grants[200:]
        if str(grant.exercise_price) == "1.99"
        and grant.unexercised > 0
        and grant.split_group is None
        and (owner := ledger.holder(grant.holder_id)) is not None
        and owner.category is Category.EMPLOYEE
        and desk.grants(owner)
    )
    holder = ledger.holder(low.holder_id)
    assert holder is not None
    return desk.plain(desk.election(holder, "2003-07-17 15:10", (*desk.grants(holder, 1), low)))


def _half_of_a_split(desk: Desk) -> SampleFax:
    ledger = desk.ledger
    holder, half = next(
        (holder, grant)
        for holder in ledger.holders[60:]
        if contents.may_tender(holder)
        for grant in contents.eligible_grants(ledger, holder)
        if grant.split_group
    )
    return desk.plain(desk.election(holder, "2003-07-18 09:25", (half,)))


def _wrong_destination(desk: Desk) -> SampleFax:
    form = replace(desk.election(desk.employee(22), "2003-07-18 10:45"), destination="(818) 734-5300")
    return desk.plain(form, sidecar={"destination": "(818) 734-5300"})


def _undated(desk: Desk) -> SampleFax:
    return desk.plain(desk.election(desk.employee(23), "2003-07-18 13:05", date="", time=""))


def _no_time(desk: Desk) -> SampleFax:
    return desk.plain(desk.election(desk.employee(24), "2003-07-18 14:15", time=""))


def _free_text(desk: Desk) -> SampleFax:
    note = "Please call me when this arrives, ext. 4417"
    return desk.plain(desk.election(desk.employee(25), "2003-07-18 15:30", notes=note))


def _blank_table(desk: Desk) -> SampleFax:
    return desk.plain(desk.election(desk.employee(26), "2003-07-21 08:40", grants=()))


def _struck_text(desk: Desk) -> SampleFax:
    """A term of the offer crossed out."""
    form = replace(desk.election(desk.employee(27), "2003-07-21 09:50"), struck_text=("void and of no further effect",))
    return desk.plain(form)


def _partial_notice(desk: Desk) -> SampleFax:
    holder = desk.employee(5)
    kept = desk.grants(holder)[0].grant_no
    return desk.plain(desk.notice(holder, "2003-07-21 11:00", notes=f"Withdraw only grant {kept}, keep the others"))


def _wrong_price(desk: Desk) -> SampleFax:
    """One figure that is not the ledger's, and legible: the slip that must never be smoothed away."""
    form = desk.election(desk.employee(28), "2003-07-21 13:20")
    price = form.fields.rows[0].price
    return desk.plain(_with_row(form, 1, price=price[:-1] + str((int(price[-1]) + 3) % 10)))


def _stray_page(desk: Desk) -> SampleFax:
    received = {"received_start": "2003-07-21T14:02:10-07:00", "received_at": "2003-07-21T14:02:44-07:00"}
    return desk.fax((), [Sheet("UNKNOWN", sheets.unrelated_page(desk.rng))], sidecar=received)


def _hylafax(desk: Desk) -> SampleFax:
    """No sidecar: the times stand in the file, without a zone."""
    form = desk.election(desk.employee(31), "2003-07-22 09:30")
    assert form.received_start is not None
    begun = form.received_start.replace(tzinfo=None)
    stamps = (Stamp(begun, 41), Stamp(begun + timedelta(seconds=41), 33))
    form = replace(form, received_start=begun, received_at=begun + timedelta(seconds=74))
    return desk.plain(form, stamps=stamps, sidecar=None)


def _no_receipt(desk: Desk) -> SampleFax:
    """Neither sidecar nor stamp; the sender's header line is no evidence."""
    form = desk.election(desk.employee(32), "2003-07-22 11:05")
    sample = desk.plain(form, sidecar=None)
    unknown = replace(sample.submissions[0], received_start=None, received_at=None)
    return replace(sample, submissions=(unknown,), sent_at=form.received_start)


def _at_the_deadline(desk: Desk) -> SampleFax:
    form = desk.election(desk.employee(29), "2003-07-24 16:48")
    return desk.plain(_arrived(form, _pacific("2003-07-24 17:00:00"), seconds=0))


def _late(desk: Desk) -> SampleFax:
    return desk.plain(_arrived(desk.election(desk.employee(30), "2003-07-24 16:55"), _pacific("2003-07-24 17:12:09")))


SITUATIONS: tuple[Situation, ...] = (
    Situation("june_edition", "June 25 edition, signed and sent before the amendment", _june_edition),
    Situation("clean_typed", "An election in good order, typed", _clean_typed),
    Situation("clean_handwritten", "An election in good order, by hand", _clean_handwritten, typed=False),
    Situation("june_edition_july", "June 25 edition sent after the amendment", _june_edition_late, typed=False),
    Situation("notice", "A notice withdraws what number 3 tendered", _notice, typed=False, hand_of="clean_handwritten"),
    Situation("replacement", "A new election replaces number 2, box ticked", _replacement, hand_of="clean_typed"),
    Situation("re_tender", "A new election after the notice", _re_tender, typed=False, hand_of="clean_handwritten"),
    Situation("upside_down", "Both pages fed upside down", _upside_down, typed=False, level=Level.MODERATE),
    Situation("out_of_order", "Pages shuffled, instructions between them", _out_of_order),
    Situation("with_cover", "A cover sheet without a word of its own", _with_cover, typed=False),
    Situation("two_forms", "Two employees' forms in one call", _two_forms),
    Situation("schedule", "Fourteen grants: eight on the form, six on a schedule", _schedule),
    Situation(
        "duplicate",
        "Number 8 sent again",
        _duplicate,
        typed=False,
        level=Level.MODERATE,
        hand_of="upside_down",
        same_sheets=True,
    ),
    Situation("pdf", "A fax server that delivers PDF", _as_pdf),
    Situation("standard_resolution", "98 lines an inch, Group 3", _standard_resolution, resolution=STANDARD),
    Situation("superfine", "391 lines an inch", _superfine, typed=False, resolution=SUPERFINE),
    Situation("dithered", "Sent in photo mode", _dithered, resolution=STANDARD),
    Situation("heavy_damage", "A bad line and a dirty scanner", _heavy_damage, typed=False, level=Level.HEAVY),
    Situation("son_not_father", "One of the father's grants on the son's form", _son_not_father),
    Situation("cover_condition", "A condition on the cover sheet", _cover_condition, typed=False),
    Situation("page_missing", "Page 1 did not come", _page_missing),
    Situation("unsigned", "No signature", _unsigned),
    Situation("partial_tender", "Half of a grant", _partial_tender, typed=False),
    Situation("struck_row", "A row struck out", _struck_row, typed=False),
    Situation("altered_cell", "A number corrected in its cell", _altered_cell, typed=False),
    Situation("stranger", "Somebody whom the ledger does not know", _stranger),
    Situation("name_change", "A married name, with the court's decree", _name_change),
    Situation("representative", "Signed by an attorney-in-fact, with the power", _representative, typed=False),
    Situation("director", "A director tenders", _director),
    Situation("price_1_99", "A grant priced one cent too low", _price_of_1_99),
    Situation("half_of_a_split", "The incentive half of a divided grant alone", _half_of_a_split),
    Situation("wrong_destination", "Sent to the switchboard's number", _wrong_destination),
    Situation("undated", "Neither date nor time", _undated, typed=False),
    Situation("no_time", "A date, no time", _no_time),
    Situation("free_text", "A harmless request beside the form", _free_text, typed=False),
    Situation("blank_table", "No grant named", _blank_table),
    Situation("struck_text", "A term of the offer crossed out", _struck_text, typed=False),
    Situation("partial_notice", "A notice that would withdraw one grant only", _partial_notice, typed=False),
    Situation("wrong_price", "A price three cents off", _wrong_price),
    Situation("stray_page", "No form at all", _stray_page),
    Situation("hylafax", "Receipt told by the file's own tags, without a zone", _hylafax),
    Situation("no_receipt", "Nobody recorded when it came", _no_receipt, typed=False),
    Situation("at_the_deadline", "Complete at 5:00:00 p.m.", _at_the_deadline),
    Situation("late", "Twelve minutes late", _late, typed=False),
)
"""In order of arrival: a replacement comes after what it replaces."""


def main(arguments: list[str] | None = None) -> None:
    """Command line of `python -m samples.scenarios`."""
    given = sys.argv[1:] if arguments is None else arguments
    for files in write_all(Path(given[0] if given else "sample_faxes")):
        sys.stdout.write(f"{files.fax}\n")


if __name__ == "__main__":
    main()
