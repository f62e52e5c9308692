"""A workspace made by the real commands for the book of breaks, and the ways to break it behind the program's back."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import text

from core.decisions import Decision, Verdict
from core.events import Body, FindingDecided, FormDismissed, NewEvent
from core.night import Night
from core.notation import parse_submission
from core.submissions import Submission
from core.transmissions import PageReading, Receipt, Transmission
from flows.attempts import ReadFax, open_house, record_fax
from flows.command_line import run
from flows.desk import Desk, open_desk
from flows.nights import sources_of
from flows.reading_pool import ReadingPool
from flows.receiving import receive
from flows.rulings import refresh
from flows.settings import settings_from
from judging.books import NO_LEDGER
from judging.nights.nights import find_night
from ledger import claims, journal

CASES = Path(__file__).parents[1] / "cases" / "rules.json"
OFFER = Path(__file__).parents[2] / "offers" / "capstone_2003"
HOLDERS = """holder_id,name_on_agreement,legal_name_changes,tax_id,category,title,country,email,address
H1,Maria L. Ortega,,000-12-1001,employee,Buyer,US,maria@example.com,
H2,Carl Ness,,000-12-1002,employee,Welder,US,carl@example.com,
H3,Ada Split,,000-12-1003,employee,Clerk,US,ada@example.com,
H4,Dora Advisor,,000-12-1004,consultant,Adviser,US,dora@example.com,
H9,Otto Rest,,000-12-1009,employee,Fitter,US,otto@example.com,
"""
GRANTS = """grant_no,holder_id,plan,grant_date,exercise_price,shares_granted,shares_exercised,shares_cancelled,type,\
split_group,held_since,expires_on
1041,H1,2000,2001-03-15,24.50,1200,0,0,NSO,,,2011-03-15
1187,H1,2000,2002-04-24,3.33,1000,0,0,ISO,,,2012-04-24
2041,H2,2000,2001-03-15,24.50,600,0,0,NSO,,,2011-03-15
3001,H3,2000,2001-03-15,24.50,500,0,0,ISO,SG1,,2011-03-15
3002,H3,2000,2001-03-15,24.50,500,0,0,NSO,SG1,,2011-03-15
4001,H4,2000,2001-03-15,24.50,700,0,0,NSO,,,2011-03-15
9001,H9,2000,2001-03-15,24.50,1022000,0,0,NSO,,,2011-03-15
9002,H9,2000,2001-03-15,24.50,213,0,0,NSO,,,2011-03-15
"""
"""1,026,013 eligible shares, as the offer counted; the adviser's are not among them."""

FAX_LOG = "job_id,received_start,received_at,pages,caller_id,destination,status,file\n"
MONDAY = "2003-07-14"


def at(clock: str, day: str = MONDAY) -> datetime:
    """`at("10:40")` is that Monday morning, Pacific."""
    seconds = clock if clock.count(":") == 2 else f"{clock}:00"
    return datetime.fromisoformat(f"{day}T{seconds}-07:00")


@dataclass
class Workplace:
    """One workspace and its desk; everything happens at `clock` unless told otherwise."""

    folder: Path
    desk: Desk

    def at(self, moment: datetime) -> Desk:
        return replace(self.desk, now=lambda: moment)

    # ------------------------------------------------------------------------------------------ the program's ways

    def keyed(self, form: dict[str, Any], moment: datetime) -> str:
        path = self.folder.parent / f"{form['id']}.json"
        path.write_text(json.dumps(form | {"received_at": moment.isoformat(), "received_start": moment.isoformat()}))
        arguments = ["--workspace", str(self.folder), "--now", moment.isoformat(), "enter", str(path), "--clerk", "Eva"]
        assert run(arguments) == 0
        return str(form["id"])

    def faxed(
        self,
        job: str,
        moment: datetime,
        *classes: str,
        form: dict[str, Any] | None = None,
        in_file: int | None = None,
    ) -> str:
        """A fax with one page of each class taken in, its form read as given; returns its hash.

        `in_file` is how many pages the file has where that is not the same.
        """
        path = self.folder.parent / f"call{job}.tif"
        path.write_bytes(_tiff(in_file or len(classes), job))
        said = {"job_id": job, "received_start": moment.isoformat(), "received_at": moment.isoformat()}
        path.with_suffix(".json").write_text(json.dumps(said))
        desk = self.at(moment)
        fax = receive(desk, path).fax
        assert fax is not None
        found = _read(fax, path.name, job, moment, classes, form)
        house = open_house(desk, _no_readers(self.folder))
        with desk.books.writing() as connection:
            assert claims.take(connection, fax, owner=house.owner, now=moment, lease=desk.settings.lease)
        assert record_fax(house, ReadFax(fax, found, 1))
        refresh(desk)
        return fax

    def logged(self, job: str, moment: datetime, pages: int, status: str = "ok") -> None:
        log = self.folder / "faxlog.csv"
        line = f"{job},{moment.isoformat()},{moment.isoformat()},{pages},+18185550100,,{status},call{job}.tif\n"
        log.write_text((log.read_text() if log.exists() else FAX_LOG) + line)

    def happened(self, moment: datetime, *bodies: Body) -> None:
        """Events of the desk, as it appends them."""
        with self.desk.books.writing() as connection:
            journal.append(connection, [NewEvent(moment, "Eva", body) for body in bodies])
        refresh(self.at(moment))

    def decided(self, form: str, code: str, target: str, verdict: Verdict, moment: datetime) -> str:
        decision = Decision(f"D-{form}-{code}", form, code, target, verdict, "Eva", moment, "looked at the paper")
        self.happened(moment, FindingDecided(decision))
        return decision.id

    def imported(self, moment: datetime, day: str, holders: str = HOLDERS, grants: str = GRANTS) -> None:
        files = []
        for name, content in (("holders.csv", holders), ("grants.csv", grants)):
            files.append(self.folder.parent / name)
            files[-1].write_text(content)
        arguments = ["--workspace", str(self.folder), "--now", moment.isoformat(), "ledger", "import"]
        assert run([*arguments, *map(str, files), "--as-of", day, "--actor", "HR"]) == 0

    # ------------------------------------------------------------------------------------------- behind its back

    def behind_its_back(self, statement: str, table: str | None = None, **values: object) -> None:
        """One statement on the database; the triggers of `table` are taken away first."""
        with self.desk.books.engine.begin() as connection:
            for change in ("update", "delete") if table else ():
                connection.execute(text(f"DROP TRIGGER {table}_no_{change}"))
            connection.execute(text(statement), values)

    def archived(self, fax: str) -> Path:
        return next(self.folder.glob(f"archive/{fax[:2]}/{fax}.*"))

    def night(self, moment: datetime) -> Night:
        return find_night(sources_of(self.desk), moment)[0]


def opened(folder: Path) -> Workplace:
    return Workplace(folder, open_desk(settings_from({}, workspace=folder, offer=OFFER)))


def made_empty(folder: Path, imported_at: datetime | None = None) -> Workplace:
    """Books with the option ledger of June 10, and nothing else."""
    workspace = folder / "workspace"
    assert run(["--workspace", str(workspace), "--offer", str(OFFER), "init"]) == 0
    workplace = opened(workspace)
    workplace.imported(imported_at or at("09:00", "2003-06-26"), "2003-06-10")
    return workplace


def made(folder: Path) -> Workplace:
    """A good Monday: a form handed over, one faxed, a cover that somebody set aside, and the fax server's log."""
    workplace = made_empty(folder)
    workplace.keyed(election("S1"), at("10:40"))
    ness = election("S2", printed_name="Carl Ness", tax_id="000-12-1002", email="carl@example.com", grants=["2041"])
    workplace.faxed("0101", at("11:00"), "COVER", "E1", "E2", form=ness)
    cover = workplace.faxed("0102", at("11:30"), "COVER")
    workplace.happened(at("12:00"), FormDismissed(cover, "a cover sheet alone"))
    workplace.logged("0101", at("11:00"), 3)
    workplace.logged("0102", at("11:30"), 1)
    return workplace


def copied(source: Path, to: Path) -> Workplace:
    shutil.copytree(source, to, dirs_exist_ok=True)
    return opened(to / "workspace")


_ROWS = {
    "1041": {"grant_no": "1041", "grant_date": "3/15/2001", "price": "$24.50", "shares": "1,200"},
    "1187": {"grant_no": "1187", "grant_date": "4/24/2002", "price": "$3.33", "shares": "1,000"},
    "2041": {"grant_no": "2041", "grant_date": "3/15/2001", "price": "$24.50", "shares": "600"},
    "3001": {"grant_no": "3001", "grant_date": "3/15/2001", "price": "$24.50", "shares": "500"},
}


def election(form_id: str, *, grants: list[str] | None = None, **fields: Any) -> dict[str, Any]:
    """Maria Ortega's election of both her grants, signed Monday 10:15, unless told otherwise."""
    case = next(case for case in json.loads(CASES.read_text()) if case["id"] == "C001")
    form: dict[str, Any] = json.loads(json.dumps(case["submission"])) | {"id": form_id, "delivery": "hand"}
    form["fields"] |= fields
    if "printed_name" in fields:
        form["fields"]["signature"] = {"present": True, "reads_as": fields["printed_name"]}
    if grants is not None:
        form["fields"]["rows"] = [_ROWS[number] for number in grants]
    return form


def _read(
    fax: str, file: str, job: str, moment: datetime, classes: tuple[str, ...], form: dict[str, Any] | None
) -> Transmission:
    receipt = Receipt(moment, moment, "sidecar", job_id=job)
    forms: tuple[Submission, ...] = ()
    if form is not None:
        said = form | {"id": f"{fax[:12]}-1", "delivery": "fax", "pages": list(classes)}
        forms = (replace(parse_submission(said), fax=fax, received_start=moment, received_at=moment),)
    pages = tuple(
        PageReading(number, name, submission=0 if form is not None and name in ("E1", "E2", "N1") else None)
        for number, name in enumerate(classes, 1)
    )
    return Transmission(fax, file, receipt, pages, forms)


def _tiff(pages: int, job: str) -> bytes:
    """A small fax; the job's number is in its picture, so that no two are alike."""
    pictures = []
    for number in range(pages):
        picture = Image.new("1", (64, 32), 1)
        for bit, char in enumerate(f"{int(job) * 16 + number:064b}"):
            picture.putpixel((bit, 5), 0 if char == "1" else 1)
        pictures.append(picture)
    file = BytesIO()
    pictures[0].save(file, "TIFF", compression="group4", save_all=True, append_images=pictures[1:])
    return file.getvalue()


def _no_readers(folder: Path) -> ReadingPool:
    """A pool that is never asked: the reading is given."""
    return ReadingPool(OFFER, folder / "pages", NO_LEDGER, size=1, seconds=1, memory_bytes=2**30)
