"""The nightly runs one after the other: what they remember, what they prove again, and what a kill does to them."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from core.decisions import Verdict
from core.events import FieldCorrected, FormDismissed, HolderReported
from core.findings import Disposition
from core.holder_changes import HolderChange, HolderChangeKind
from core.night import Night
from flows.desk import Desk
from flows.keyed_forms import key_form
from flows.ledger_import import import_ledger
from flows.nights import last_run, reconcile_books, run_night, sources_of
from flows.rulings import refresh
from flows.settings import BadSetting
from judging.nights import nights as drawn
from judging.nights.nights import Depth, find_night, read_night, written_night
from ledger import nights
from ledger.grants import LedgerFile
from ledger.nights import RunOutcome
from tests.flows.night_books import GRANTS, HOLDERS, Workplace, at, copied, election, made, made_empty
from validators.reconciliation.catalogue import CHECK_BY_CODE

COUNTED_ON = date(2003, 6, 10)

MONDAY_NIGHT, TUESDAY_NIGHT, WEDNESDAY_NIGHT = (at("21:30", f"2003-07-{day}") for day in (14, 15, 16))


@pytest.fixture(scope="module")
def good_monday(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("monday_for_nights")
    made(folder).desk.books.close()
    return folder


@pytest.fixture
def monday(good_monday: Path, tmp_path: Path) -> Workplace:
    return copied(good_monday, tmp_path)


def run_at(books: Workplace, moment: datetime, depth: Depth = Depth.FULL) -> Night:
    return reconcile_books(books.at(moment), depth)


def broken(night: Night, *codes: str) -> list[tuple[str, str]]:
    return [(one.code, one.key) for one in night.breaks if not codes or one.code in codes]


# ------------------------------------------------------------------------------------------------- what runs remember


def test_a_break_is_as_old_as_the_first_run_that_saw_it(monday: Workplace) -> None:
    monday.logged("0103", at("13:00"), 2)
    run_at(monday, MONDAY_NIGHT)
    run_at(monday, TUESDAY_NIGHT)
    night = run_at(monday, WEDNESDAY_NIGHT)
    (one,) = (b for b in night.breaks if b.code == "REC_FAX_NOT_ARCHIVED")
    assert (one.first_seen, one.nights, one.age) == (MONDAY_NIGHT, 3, timedelta(days=2))
    assert night.before == TUESDAY_NIGHT


def test_a_break_that_went_away_and_comes_back_is_new(monday: Workplace) -> None:
    log = monday.folder / "faxlog.csv"
    good = log.read_text()
    monday.logged("0103", at("13:00"), 2)
    bad = log.read_text()
    run_at(monday, MONDAY_NIGHT)
    log.write_text(good)
    run_at(monday, TUESDAY_NIGHT)
    log.write_text(bad)
    (one,) = (b for b in run_at(monday, WEDNESDAY_NIGHT).breaks if b.code == "REC_FAX_NOT_ARCHIVED")
    assert (one.first_seen, one.nights) == (WEDNESDAY_NIGHT, 1)


def test_a_night_made_twice_is_the_same_night(monday: Workplace) -> None:
    monday.logged("0103", at("13:00"), 2)
    assert run_at(monday, MONDAY_NIGHT) == run_at(monday, MONDAY_NIGHT)


def test_as_of_a_night_gives_what_its_run_found_whatever_happened_since(monday: Workplace) -> None:
    then = run_night(monday.at(MONDAY_NIGHT))
    files = {path.name: path.read_bytes() for path in then.folder.iterdir()}
    monday.keyed(election("S4", printed_name="Otto Rest", tax_id="000-12-1009", grants=[]), at("09:00", "2003-07-15"))
    for file in monday.folder.glob("archive/*/*.tif"):
        file.unlink()
    later = monday.at(TUESDAY_NIGHT)
    again = run_night(later, as_of=MONDAY_NIGHT)
    assert again.recorded and again.night == then.night
    assert {path.name: path.read_bytes() for path in again.folder.iterdir()} == files
    assert again.folder == then.folder


def test_as_of_a_moment_without_a_run_is_found_anew_beside_the_days_report(monday: Workplace) -> None:
    ran = run_night(monday.at(MONDAY_NIGHT))
    noon = run_night(monday.at(TUESDAY_NIGHT), as_of=at("11:15"))
    assert not noon.recorded
    assert noon.night.forms[0].submission_id == "S1"
    assert len(noon.night.forms) == 2 and len(ran.night.forms) == 2
    assert noon.folder != ran.folder
    assert run_night(monday.at(TUESDAY_NIGHT), as_of=at("10:50")).night.tendered_shares == 2200


def test_as_of_a_moment_without_a_run_stays_the_same_whatever_comes_later(monday: Workplace) -> None:
    moment, later = at("19:00"), monday.at(WEDNESDAY_NIGHT)
    then = find_night(sources_of(later), moment)[0]
    late = election("S4", printed_name="Otto Rest", tax_id="000-12-1009", email="otto at example", grants=[])
    monday.keyed(late, at("19:30"))
    monday.decided("S1", "EMAIL_MISSING", "form", Verdict.CLEAR, at("19:40"))
    monday.faxed("0103", at("19:50"), "COVER")
    monday.logged("0103", at("19:50"), 1)
    monday.imported(at("20:00"), "2003-07-14", holders=HOLDERS.replace("Buyer", "Chief Buyer"))
    assert find_night(sources_of(later), moment)[0] == then


def test_as_of_a_past_moment_still_sees_what_was_done_behind_the_programs_back(monday: Workplace) -> None:
    monday.keyed(election("S9", printed_name="Otto Rest", tax_id="000-12-1009", grants=[]), at("19:30"))
    monday.behind_its_back("UPDATE standings SET state = 'WITHDRAWN' WHERE holder_id = 'H1'")
    night = find_night(sources_of(monday.desk), at("19:00"))[0]
    assert broken(night) == [("REC_STANDING_REPLAY", "H1")]


def test_a_moment_that_has_not_come_is_refused(monday: Workplace) -> None:
    with pytest.raises(BadSetting, match="has not come"):
        run_night(monday.at(MONDAY_NIGHT), as_of=TUESDAY_NIGHT)


def test_a_recorded_night_is_read_back_as_it_was(monday: Workplace) -> None:
    night = run_at(monday, MONDAY_NIGHT)
    assert read_night(written_night(night)) == night


# ---------------------------------------------------------------------------------------------- judged again


def test_just_the_forms_on_a_changed_row_are_judged_again(monday: Workplace) -> None:
    run_at(monday, MONDAY_NIGHT)
    exercised = GRANTS.replace("1041,H1,2000,2001-03-15,24.50,1200,0", "1041,H1,2000,2001-03-15,24.50,1200,100")
    exercised = exercised.replace("9002,H9,2000,2001-03-15,24.50,213,0", "9002,H9,2000,2001-03-15,24.50,213,13")
    monday.imported(at("09:00", "2003-07-15"), "2003-07-15", grants=exercised)
    night = run_at(monday, TUESDAY_NIGHT)
    assert broken(night, "REC_LEDGER_CHANGED", "REC_STATUS_CHANGED") == [("REC_LEDGER_CHANGED", "1041")]
    (form,) = night.revalidated
    assert (form.submission_id, form.codes_gained, form.codes_lost) == ("S1", ("EXERCISED_SHARES_INCLUDED",), ())
    assert form.because == ("grant 1041: shares exercised 0, now 100",)
    assert [(c.grant_no, c.before, c.after, c.why) for c in night.pool_changes] == [
        ("1041", 1200, 1100, "exercise"),
        ("9002", 213, 200, "exercise"),
    ]
    after = run_at(monday, WEDNESDAY_NIGHT)
    assert broken(after, "REC_LEDGER_CHANGED") == [] and after.revalidated == ()


def test_a_promotion_is_seen_in_the_ledger_and_in_what_hr_reports(monday: Workplace) -> None:
    promoted = HOLDERS.replace("employee,Buyer", "executive_officer,Buyer")
    monday.imported(at("18:00"), "2003-07-14", holders=promoted)
    monday.happened(
        at("18:30"), HolderReported(HolderChange("H2", HolderChangeKind.PROMOTED, at("18:00").date(), "to VP"))
    )
    night = run_at(monday, MONDAY_NIGHT)
    assert broken(night, "REC_STATUS_CHANGED") == [("REC_STATUS_CHANGED", "H1"), ("REC_STATUS_CHANGED", "H2")]
    by_holder = {form.holder_id: form for form in night.revalidated}
    assert by_holder["H1"].disposition_after is Disposition.REJECTED
    assert by_holder["H1"].codes_gained == ("INELIGIBLE_EXEC_OFFICER",)


def test_a_form_that_a_new_ledger_takes_from_its_holder_is_judged_again(monday: Workplace) -> None:
    renamed = HOLDERS.replace("Maria L. Ortega,,000-12-1001", "Mary Lane,,000-12-7001")
    grants = GRANTS.replace("1041,H1", "1041,H9").replace("1187,H1", "1187,H2")
    monday.imported(at("18:00"), "2003-07-14", holders=renamed, grants=grants)
    night = run_at(monday, MONDAY_NIGHT)
    assert {key for _, key in broken(night, "REC_LEDGER_CHANGED")} == {"1041", "1187", "H1"}
    (form,) = night.revalidated
    assert form.holder_id is None and "holder H1: other name on agreement, tax id" in form.because
    assert "000-12-1001" not in str(night) and "000-12-7001" not in str(night)


# ------------------------------------------------------------------------------------------------- carried on


def test_what_is_carried_on_is_what_a_full_proof_finds(monday: Workplace) -> None:
    run_at(monday, MONDAY_NIGHT)
    tuesday = "2003-07-15"
    rest = [{"grant_no": "9002", "grant_date": "3/15/2001", "price": "$24.50", "shares": "213"}]
    unsigned = election("S4", printed_name="Otto Rest", tax_id="000-12-1009", email="bad at example", grants=[])
    unsigned["fields"] |= {"rows": rest, "signature": {"present": None, "reads_as": None}}
    monday.keyed(unsigned, at("09:00", tuesday))
    monday.decided("S4", "EMAIL_INVALID", "form", Verdict.CLEAR, at("09:10", tuesday))
    monday.happened(at("09:20", tuesday), FieldCorrected("S4", "email", "otto@example.com", "reads so"))
    again = election("S5", date="7/15/03", time="9:30 am", amend_box=True, grants=["1187"])
    fax = monday.faxed("0103", at("09:40", tuesday), "E1", "E2", form=again)
    monday.logged("0103", at("09:40", tuesday), 2)
    stray = monday.faxed("0105", at("10:00", tuesday), "COVER")
    monday.happened(at("10:10", tuesday), FormDismissed("S1", "no form at all"))
    some = find_night(sources_of(monday.desk), TUESDAY_NIGHT, Depth.NEW)[0]
    whole = find_night(sources_of(monday.desk), TUESDAY_NIGHT, Depth.FULL)[0]
    assert (some.proof.full, whole.proof.full) == (False, True)
    assert replace(some, proof=whole.proof) == whole
    assert some.standings[0].tendered_shares == 1000 and fax and stray


def test_a_row_altered_since_the_proof_brings_the_whole_proof_back(monday: Workplace) -> None:
    run_at(monday, MONDAY_NIGHT)
    monday.behind_its_back("UPDATE standings SET state = 'WITHDRAWN' WHERE holder_id = 'H1'")
    night = run_at(monday, TUESDAY_NIGHT, Depth.NEW)
    assert night.proof.full
    assert broken(night, "REC_STANDING_REPLAY") == [("REC_STANDING_REPLAY", "H1")]


def test_a_file_changed_since_the_proof_is_read_again(monday: Workplace) -> None:
    run_at(monday, MONDAY_NIGHT)
    for file in monday.folder.glob("archive/*/*.tif"):
        file.write_bytes(file.read_bytes() + b"x")
    night = run_at(monday, TUESDAY_NIGHT, Depth.NEW)
    assert not night.proof.full
    assert [code for code, _ in broken(night, "REC_SUBMISSION_NO_FILE", "REC_FAX_NOT_ARCHIVED")] == [
        "REC_FAX_NOT_ARCHIVED",
        "REC_SUBMISSION_NO_FILE",
    ]


def test_lines_cut_off_the_journal_since_the_proof_are_missed(monday: Workplace) -> None:
    run_at(monday, MONDAY_NIGHT)
    monday.behind_its_back("DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)", "journal")
    for depth in (Depth.NEW, Depth.FULL):
        night = find_night(sources_of(monday.desk), TUESDAY_NIGHT, depth)[0]
        assert [code for code, _ in broken(night)] == ["REC_JOURNAL_CHAIN"]


def test_small_books_are_proven_whole_every_night_and_large_ones_once_a_week(
    monday: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_at(monday, MONDAY_NIGHT)
    assert run_at(monday, TUESDAY_NIGHT, Depth.AS_DUE).proof.full
    monkeypatch.setattr(drawn, "LINES_PROVEN_EVERY_NIGHT", 0)
    week = [run_at(monday, TUESDAY_NIGHT + timedelta(days=n), Depth.AS_DUE).proof.full for n in range(1, 9)]
    assert week == [False, False, False, False, False, False, True, False]


# --------------------------------------------------------------------------------------------- other books


def test_nights_are_the_same_on_both_databases(desk: Desk, tmp_path: Path) -> None:
    holders, grants = LedgerFile("holders.csv", HOLDERS.encode()), LedgerFile("grants.csv", GRANTS.encode())
    import_ledger(replace(desk, now=lambda: at("09:00", "2003-06-26")), holders, grants, as_of=COUNTED_ON, actor="HR")
    for number, moment in ((1, at("10:40")), (2, at("11:40"))):
        form = election(f"S{number}", time=f"{9 + number}:15 am", amend_box=number == 2) | {"received_at": None}
        (tmp_path / f"{number}.json").write_text(json.dumps(form))
        key_form(replace(desk, now=lambda m=moment: m), tmp_path / f"{number}.json", clerk="Eva", stamp=str(moment))
        refresh(desk)
        night = reconcile_books(replace(desk, now=lambda n=number: at("21:30", f"2003-07-{13 + n}")), Depth.NEW)
        assert (night.proof.full, len(night.forms), night.tendered_shares) == (number == 1, number, 2200)
        assert broken(night, *(set(CHECK_BY_CODE) - {"REC_CONFIRM_MISSING"})) == []


def test_a_past_offer_taken_in_today_is_reconciled_as_the_papers_say(tmp_path: Path) -> None:
    """Nothing was on the books in that summer: what had been received by then counts (decision 0061)."""
    today = datetime(2026, 1, 5, 9, tzinfo=UTC)
    books = made_empty(tmp_path, imported_at=today)
    for number, moment in ((1, at("10:40")), (2, at("16:00", "2003-07-24"))):
        form = election(f"S{number}", date=f"7/{moment.day}/03", amend_box=number == 2)
        form |= {"received_at": moment.isoformat()}
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(form))
        key_form(books.at(today), path, clerk="Eva", stamp=None)
        refresh(books.at(today))
    night = run_night(books.at(today), as_of=MONDAY_NIGHT).night
    assert [form.submission_id for form in night.forms] == ["S1"]
    assert (night.balanced, night.tendered_shares) == (True, 2200)
    books.behind_its_back("UPDATE standings SET state = 'WITHDRAWN'")
    found = run_night(books.at(today), as_of=MONDAY_NIGHT).night
    assert broken(found) == [("REC_STANDING_REPLAY", "H1")]


# ------------------------------------------------------------------------------------------- how the runs go


def test_a_run_that_fails_is_told_with_its_kind(monday: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    assert last_run(monday.at(MONDAY_NIGHT)).outcome is None
    monkeypatch.setattr("reports.night_folder.write_night", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        run_night(monday.at(MONDAY_NIGHT))
    told = last_run(monday.at(MONDAY_NIGHT))
    assert (told.outcome, told.reason, told.failing, told.done_as_of) == (RunOutcome.FAILED, "OSError", True, None)


def test_a_run_is_overdue_two_hours_after_its_hour(monday: Workplace) -> None:
    run_at(monday, MONDAY_NIGHT)
    assert not last_run(monday.at(TUESDAY_NIGHT + timedelta(hours=2))).overdue
    assert last_run(monday.at(TUESDAY_NIGHT + timedelta(hours=2, seconds=1))).overdue
    run_at(monday, TUESDAY_NIGHT + timedelta(minutes=5))
    told = last_run(monday.at(TUESDAY_NIGHT + timedelta(hours=3)))
    assert (told.overdue, told.failing, told.outcome) == (False, False, RunOutcome.DONE)


def test_runs_killed_anywhere_leave_nothing_that_a_clean_run_would_not(monday: Workplace, good_monday: Path) -> None:
    """Fifty kills by hand (TENDERFAX_KILLS=50), a few in the suite: the report's bytes are those without a kill."""
    undisturbed = run_night(copied(good_monday, monday.folder.parent / "undisturbed").at(MONDAY_NIGHT))
    wanted = {path.name: path.read_bytes() for path in undisturbed.folder.iterdir()}
    began = time.monotonic()
    run_night(copied(good_monday, monday.folder.parent / "timed").at(MONDAY_NIGHT))
    longest = time.monotonic() - began
    monday.desk.books.close()
    moments = random.Random(7)
    for _ in range(int(os.environ.get("TENDERFAX_KILLS", "3"))):
        _killed_after(monday, moments.uniform(0, longest * 1.2))
    ran = run_night(copied_in_place(monday).at(MONDAY_NIGHT))
    assert {path.name: path.read_bytes() for path in ran.folder.iterdir()} == wanted
    assert ran.night == undisturbed.night
    assert [path.name for path in ran.folder.parent.iterdir() if not path.name.startswith(".lock")] == [ran.folder.name]


def _killed_after(books: Workplace, seconds: float) -> None:
    child = os.fork()
    if child == 0:
        try:
            run_night(copied_in_place(books).at(MONDAY_NIGHT))
        finally:
            os._exit(0)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if os.waitpid(child, os.WNOHANG)[0]:
            return
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def copied_in_place(books: Workplace) -> Workplace:
    """The same workspace opened anew: a connection to the database does not outlive a fork."""
    from tests.flows.night_books import opened

    return opened(books.folder)


def test_every_line_about_a_run_stays_written(monday: Workplace) -> None:
    run_night(monday.at(MONDAY_NIGHT))
    with monday.desk.books.reading() as connection:
        assert [run.outcome for run in nights.runs(connection)] == [RunOutcome.DONE, RunOutcome.BEGUN]


@pytest.mark.timeout(900)
def test_the_flow_runs_a_night_and_shows_its_checks_in_prefect(monday: Workplace) -> None:
    """In a process of its own: Prefect reads its home once."""
    monday.logged("0103", at("13:00"), 2)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "TENDERFAX"))}
    environment |= {"TENDERFAX_WORKSPACE": str(monday.folder), "TENDERFAX_NOW": MONDAY_NIGHT.isoformat()}
    said = subprocess.run(
        [sys.executable, "-c", _FLOW, str(monday.folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert said.returncode == 0, said.stderr[-2000:]
    shown = json.loads(said.stdout.splitlines()[-1])
    assert shown["balanced"] is False
    rows = {row["check"]: row for row in json.loads(shown["table"])}
    assert (rows["REC_FAX_NOT_ARCHIVED"]["outcome"], rows["REC_FAX_NOT_ARCHIVED"]["breaks"]) == ("broken", 1)
    assert [path.name for path in (monday.folder / "reconciliation").iterdir() if path.is_dir()] == ["2003-07-14"]


_FLOW = """
import asyncio, json, sys
from pathlib import Path
from flows.prefect_home import settle_prefect
settle_prefect(Path(sys.argv[1]))
from prefect.client.orchestration import get_client
from flows.nightly import nightly

async def once():
    balanced = await nightly()
    async with get_client() as client:
        (artifact, *_) = await client.read_artifacts()
    print(json.dumps({"balanced": balanced, "table": artifact.data}))

asyncio.run(once())
"""
