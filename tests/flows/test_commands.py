"""The command line: what it says, how it ends, and that it never shows a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CASES = Path(__file__).parents[1] / "cases" / "rules.json"
NEXT_WEEK = "2003-07-31T17:00:00-07:00"


def test_init_can_be_repeated(command: Any, workspace: Path) -> None:
    assert command("init").status == 0
    assert command("init").status == 0
    assert (workspace / "tenderfax.sqlite").is_file()


def test_init_works_on_both_databases(command: Any, bare_database_url: str) -> None:
    assert command("--database", bare_database_url, "init").status == 0
    assert command("--database", bare_database_url, "queue").out == "nothing to look at\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["queue"], "run `tenderfax init` first"),
        (["bogus"], "No such command 'bogus'"),
        (["standing", "--sideways"], "No such option"),
        (["ledger", "import", "nowhere.csv", "nowhere.csv", "--as-of", "2003-06-10"], "tenderfax init"),
        (["--now", "yesterday", "init"], "'yesterday' is no ISO 8601 time"),
        (["--now", "2003-07-24", "init"], "lacks the time of day"),
        (["--offer", "nowhere", "init"], "nowhere"),
        (["--database", "mysql://x", "init"], "use sqlite or postgresql"),
        (["judge", "nowhere.json"], "nowhere.json: cannot be read"),
        (["rules", "NO_SUCH_RULE"], "no rule has this code"),
        (["samples", "make", "--out", "x", "--count", "-1"], "count"),
    ],
)
def test_wrong_use_ends_with_status_2_and_says_what_is_wrong(command: Any, arguments: list[str], says: str) -> None:
    said = command(*arguments)
    assert said.status == 2
    assert said.out == ""
    assert says in said.err
    assert said.err.startswith("tenderfax: ")
    assert "Traceback" not in said.err


def test_global_options_may_stand_behind_the_command(command: Any, tmp_path: Path) -> None:
    assert command("init", "--workspace", tmp_path / "elsewhere").status == 0
    assert command("init", f"--workspace={tmp_path / 'third'}").status == 0
    assert (tmp_path / "elsewhere" / "tenderfax.sqlite").is_file()
    assert (tmp_path / "third" / "tenderfax.sqlite").is_file()


def test_the_console_script_ends_with_the_same_status() -> None:
    said = subprocess.run([sys.executable, "-m", "flows", "bogus"], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == "tenderfax: No such command 'bogus'.\n"


# The option ledger -----------------------------------------------------------------------------------------------


def test_every_bad_row_of_an_import_is_on_stderr_and_nothing_is_imported(opened: Any, tmp_path: Path) -> None:
    holders, grants = tmp_path / "h.csv", tmp_path / "g.csv"
    holders.write_text((tmp_path / "holders.csv").read_text().replace(",employee,Welder", ",boss,Welder"))
    grants.write_text((tmp_path / "grants.csv").read_text().replace("24.50", "$24.50"))
    said = opened("ledger", "import", holders, grants, "--as-of", "2003-07-10")
    assert said.status == 2
    assert said.err.splitlines() == [
        "tenderfax: h.csv, line 3, category: 'boss': must be one of employee, executive_officer, "
        "executive_management, director, consultant, former",
        "g.csv, line 2, exercise_price: '$24.50': must be a price in dollars such as 3.33, not negative, "
        "without $ or commas",
        "g.csv, line 4, exercise_price: '$24.50': must be a price in dollars such as 3.33, not negative, "
        "without $ or commas",
        "ledger not imported: 3 errors; correct the files and repeat",
    ]
    good = opened("ledger", "import", tmp_path / "holders.csv", tmp_path / "grants.csv", "--as-of", "2003-07-10")
    assert "version 2" in good.out


def test_the_same_files_for_the_same_day_are_one_version(opened: Any, tmp_path: Path) -> None:
    said = opened("ledger", "import", tmp_path / "holders.csv", tmp_path / "grants.csv", "--as-of", "2003-06-10")
    assert (said.status, said.out) == (0, "2 holders and 3 grants as of 2003-06-10 was already imported as version 1\n")


@pytest.mark.parametrize("day", ["June 10", "2003-06-31", "20030610", "2003-06-10T00:00"])
def test_the_day_of_a_ledger_is_a_date(opened: Any, tmp_path: Path, day: str) -> None:
    said = opened("ledger", "import", tmp_path / "holders.csv", tmp_path / "grants.csv", "--as-of", day)
    assert said.status == 2
    assert "is no date" in said.err


def test_a_ledger_file_that_is_not_there_is_named(opened: Any, tmp_path: Path) -> None:
    said = opened("ledger", "import", tmp_path / "none.csv", tmp_path / "grants.csv", "--as-of", "2003-06-10")
    assert said.status == 2
    assert "none.csv: cannot be read" in said.err


# Keyed forms -----------------------------------------------------------------------------------------------------


def test_a_keyed_form_is_judged_like_a_fax_and_stands(enter: Any, opened: Any, election: dict[str, Any]) -> None:
    said = enter(election, "--clerk", "D. Bernard", "--json")
    assert said.status == 0, said.err
    (line,) = said.lines
    assert (line["holder_id"], line["kind"], line["disposition"]) == ("H1", "election", "EFFECTIVE")
    assert (line["delivery"], line["receipt_source"], line["needs_review"]) == ("hand", "hand", False)
    assert line["rows"][0] == {"grant_no": "1041", "grant_date": "2001-03-15", "price": "24.50", "shares": 1200}
    assert line["standing"]["grants"] == {"1041": 1200, "1187": 1000}
    assert opened("standing", "--json").lines == [{"holder_id": "H1", **line["standing"]}]


def test_the_clerk_who_keyed_a_form_is_in_the_journal(enter: Any, workspace: Path, election: dict[str, Any]) -> None:
    from core.events import EventKind, FormKeyed
    from ledger import journal
    from ledger.books import open_books

    enter(election, "--clerk", "D. Bernard")
    with open_books(f"sqlite:///{workspace / 'tenderfax.sqlite'}").reading() as connection:
        (event,) = journal.read(connection, kinds=[EventKind.FORM_KEYED])
    body = event.body()
    assert isinstance(body, FormKeyed)
    assert (event.actor, body.clerk, body.submission.id) == ("D. Bernard", "D. Bernard", "S1")
    assert event.at.isoformat() == "2003-07-14T17:40:00+00:00"


def test_a_stamp_given_on_the_command_line_is_the_receipt(enter: Any, election: dict[str, Any]) -> None:
    unstamped = election | {"received_at": None}
    assert enter(unstamped | {"id": "S0"}, "--json").lines[0]["codes"] == ["RECEIPT_TIME_UNKNOWN"]
    (line,) = enter(unstamped, "--stamp", "2003-07-14T10:40:00-07:00", "--json").lines
    assert (line["received_at"], line["codes"]) == ("2003-07-14T10:40:00-07:00", [])


def test_a_form_without_delivery_and_id_came_by_hand_and_gets_an_id(enter: Any, election: dict[str, Any]) -> None:
    bare = {key: value for key, value in election.items() if key not in ("id", "delivery")}
    (line,) = enter(bare, "--json").lines
    assert line["delivery"] == "hand"
    assert line["id"].startswith("hand-")


def test_the_very_same_form_keyed_twice_is_one_form(enter: Any, opened: Any, election: dict[str, Any]) -> None:
    first = enter(election, "--json").lines
    assert enter(election, "--json").lines == first


def test_another_form_under_a_known_id_is_refused(enter: Any, election: dict[str, Any]) -> None:
    enter(election)
    other = election | {"received_at": "2003-07-15T10:40:00-07:00"}
    said = enter(other)
    assert said.status == 2
    assert "'S1' is another form's" in said.err


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is no JSON"),
        ("[]", "an object is expected"),
        ('{"id": "S1"}', "fields"),
        ('{"id": "S1", "fields": {"printed_nam": "x"}}', "printed_nam"),
        ('{"id": "S1", "received_at": "2003-07-14", "fields": {}}', "lacks the time of day"),
        ('{"id": "S1", "kind": "letter", "fields": {}}', "letter"),
    ],
)
def test_a_file_that_is_no_keyed_form_is_refused(opened: Any, tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "form.json"
    path.write_text(content)
    said = opened("enter", path)
    assert said.status == 2
    assert says in said.err
    assert said.err.count("\n") == 1


# The offer -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received_at", "disposition", "codes"),
    [
        ("2003-07-24T16:59:59.999-07:00", "EFFECTIVE", []),
        ("2003-07-24T17:00:00.000-07:00", "EFFECTIVE", ["RECEIPT_AT_DEADLINE"]),
        ("2003-07-24T17:00:00.001-07:00", "REJECTED", ["LATE_PENDING_EXTENSION", "LATE_RECEIPT"]),
        ("2003-07-25T00:00:00.000+00:00", "EFFECTIVE", ["RECEIPT_AT_DEADLINE"]),
        ("2003-07-24T19:59:59.999-04:00", "EFFECTIVE", []),
        ("2003-07-24T19:00:00.000", "HELD", ["RECEIPT_TZ_CRITICAL"]),
    ],
)
def test_the_deadline_is_an_instant(
    enter: Any, election: dict[str, Any], received_at: str, disposition: str, codes: list[str]
) -> None:
    (line,) = enter(election | {"received_at": received_at}, "--json").lines
    assert (line["disposition"], line["codes"]) == (disposition, codes)


def test_an_extension_in_time_makes_a_late_form_good(enter: Any, opened: Any, election: dict[str, Any]) -> None:
    late = election | {"received_at": "2003-07-24T18:00:00-07:00"}
    assert enter(late, "--json").lines[0]["disposition"] == "REJECTED"
    assert "LATE_RECEIPT" in opened("queue").out
    said = opened(
        "--now",
        "2003-07-25T05:59:00-07:00",
        "offer",
        "extend",
        "--to",
        "2003-07-31T17:00:00-07:00",
        "--reason",
        "storm",
    )
    assert said.status == 0, said.err
    assert opened("queue").out == "nothing to look at\n"
    (standing,) = opened("standing", "H1", "--json").lines
    assert (standing["state"], standing["grants"]) == ("TENDERED", {"1041": 1200, "1187": 1000})
    before = opened("standing", "H1", "--as-of", "2003-07-25T05:58:00-07:00", "--json").lines
    assert before[0]["state"] == "NONE"


def test_an_extension_announced_too_late_is_recorded_and_not_applied(
    enter: Any, opened: Any, election: dict[str, Any]
) -> None:
    enter(election | {"received_at": "2003-07-24T18:00:00-07:00"})
    said = opened(
        "--now",
        "2003-07-25T06:00:01-07:00",
        "offer",
        "extend",
        "--to",
        "2003-07-31T17:00:00-07:00",
        "--reason",
        "storm",
    )
    assert said.status == 0
    assert "EXT_ANNOUNCED_LATE" in said.out
    shown = opened("--now", "2003-07-25T07:00:00-07:00", "offer", "show", "--json").lines[0]
    assert shown["expiration"] == "2003-07-24T17:00:00-07:00"
    assert [one["applied"] for one in shown["extensions"]] == [False]
    assert opened("standing", "H1", "--json").lines[0]["state"] == "NONE"


@pytest.mark.parametrize(
    ("now", "arguments", "says"),
    [
        ("2003-07-20T09:00:00-07:00", ["waive", "LATE_RECEIPT", "--reason", "kindness"], "WAIVER_LATE_BARRED"),
        ("2003-07-20T09:00:00-07:00", ["waive", "NO_SUCH", "--reason", "x"], "is no code of a rule"),
        ("2003-07-20T09:00:00-07:00", ["extend", "--to", "2003-07-23T17:00:00-07:00", "--reason", "x"], "not later"),
        ("2003-07-20T09:00:00-07:00", ["extend", "--to", "2003-07-31T17:00:00", "--reason", "x"], "no UTC offset"),
        ("2003-07-20T09:00:00-07:00", ["extend", "--to", "2003-07-31T17:00:00-07:00"], "--reason"),
        ("2003-07-20T09:00:00-07:00", ["extend", "--to", "2003-07-31T17:00:00-07:00", "--reason", " "], "reason"),
        ("2003-07-25T05:00:00-07:00", ["accept", "--medium", "e-mail", "--reason", "close"], "too early"),
        ("2003-07-25T09:00:00-07:00", ["terminate", "--reason", "x"], "does not come before the expiration"),
        ("2003-07-20T09:00:00-07:00", ["change", "colour", "--reason", "x"], "'colour' is not one of"),
    ],
)
def test_what_the_rulebook_forbids_the_offer_is_refused(opened: Any, now: str, arguments: list[str], says: str) -> None:
    said = opened("--now", now, "offer", *arguments)
    assert said.status == 2
    assert says in said.err
    assert opened("offer", "show", "--json").lines[0]["extensions"] == []


def test_a_waiver_settles_its_defect_for_every_holder(enter: Any, opened: Any, election: dict[str, Any]) -> None:
    fields = election["fields"] | {"email": ""}
    assert enter(election | {"fields": fields}, "--json").lines[0]["codes"] == ["EMAIL_MISSING"]
    said = opened(
        "--now", "2003-07-20T09:00:00-07:00", "offer", "waive", "EMAIL_MISSING", "--reason", "courtesy", "--actor", "GC"
    )
    assert said.status == 0, said.err
    assert opened("queue", "--json").out == ""


def test_acceptance_takes_what_stands_and_is_refused_while_something_is_open(
    enter: Any, opened: Any, election: dict[str, Any]
) -> None:
    enter(election)
    enter(_of_carl(election, time=""))
    accept = ["offer", "accept", "--medium", "press release", "--reason", "expired", "--actor", "CEO"]
    said = opened("--now", "2003-07-25T09:00:00-07:00", *accept)
    assert said.status == 2
    assert "CLOSE_BLOCKED" in said.err
    opened("--now", "2003-07-25T08:00:00-07:00", "offer", "waive", "TIME_MISSING", "--reason", "asked by phone")
    assert opened("--now", "2003-07-25T09:00:00-07:00", *accept).status == 0
    shown = opened("offer", "show", "--json").lines[0]
    assert [(g["holder_id"], g["grant_no"], g["shares"]) for g in shown["accepted_grants"]] == [
        ("H1", "1041", 1200),
        ("H1", "1187", 1000),
        ("H2", "2041", 600),
    ]


def _of_carl(election: dict[str, Any], **changes: str) -> dict[str, Any]:
    row = {"grant_no": "2041", "grant_date": "3/15/01", "price": "24.50", "shares": "600"}
    own = {"printed_name": "Carl Ness", "tax_id": "000-12-1002", "email": "carl@example.com", "rows": [row]}
    return election | {"id": "S2", "fields": election["fields"] | own | changes}


# Standings and the queue ------------------------------------------------------------------------------------------


def test_a_standing_of_the_past_comes_out_as_it_was_then(enter: Any, opened: Any, election: dict[str, Any]) -> None:
    enter(election)
    then = opened("--now", "2003-07-16T21:00:00-07:00", "standing", "--json").out
    withdrawal = election | {
        "id": "S3",
        "kind": "notice",
        "pages": ["N1"],
        "received_at": "2003-07-17T09:20:00-07:00",
        "fields": election["fields"] | {"date": "7/17/03", "time": "9:00 am", "rows": [], "amend_box": None},
    }
    assert enter(withdrawal, "--json").lines[0]["standing"]["state"] == "WITHDRAWN"
    assert opened("standing", "H1", "--json").lines[0]["state"] == "WITHDRAWN"
    assert opened("standing", "--as-of", "2003-07-16T21:00:00-07:00", "--json").out == then
    assert opened("standing", "--as-of", "2003-07-16", "--json").out == then
    assert opened("standing", "--as-of", "2003-07-17T09:19:59-07:00", "--json").out == then


def test_before_the_books_were_opened_the_papers_say_what_stood(
    enter: Any, opened: Any, election: dict[str, Any]
) -> None:
    early = _signed_in_june(election)
    enter(early, now="2003-07-02T09:00:00-07:00")
    assert opened("standing", "H1", "--as-of", "2003-06-27T10:39:59-07:00", "--json").lines[0]["state"] == "NONE"
    assert opened("standing", "H1", "--as-of", "2003-06-27T10:40:00-07:00", "--json").lines[0]["state"] == "TENDERED"


def test_a_ledger_imported_after_the_forms_holds_for_them_too(
    enter: Any, opened: Any, election: dict[str, Any]
) -> None:
    early = _signed_in_june(election)
    enter(early, now="2003-06-27T10:41:00-07:00")
    assert opened("standing", "H1", "--as-of", "2003-06-28", "--json").lines[0]["state"] == "TENDERED"


def _signed_in_june(election: dict[str, Any]) -> dict[str, Any]:
    received = {"received_at": "2003-06-27T10:40:00-07:00", "form_version": "2003-06-25"}
    return election | received | {"fields": election["fields"] | {"date": "6/27/03"}}


def test_a_holder_who_sent_nothing_stands_nowhere_and_a_stranger_is_refused(opened: Any) -> None:
    assert opened("standing", "H2", "--json").lines[0]["state"] == "NONE"
    assert opened("standing", "--json").out == ""
    said = opened("standing", "H9")
    assert said.status == 2
    assert "no holder 'H9'" in said.err


def test_each_open_irregularity_is_a_queue_item_with_its_source(
    enter: Any, opened: Any, election: dict[str, Any]
) -> None:
    enter(election | {"fields": election["fields"] | {"tax_id": "", "printed_name": "Mary Ortega"}})
    items = opened("queue", "--json").lines
    assert {item["code"] for item in items} == {"NAME_MISMATCH", "TAXID_MISSING"}
    assert all(item["cite"] and item["message"] and item["submission_id"] == "S1" for item in items)
    assert "NAME_MISMATCH" in opened("queue").out


# Cases and rules --------------------------------------------------------------------------------------------------


def test_judge_says_of_every_worked_case_what_the_rulebook_says(command: Any, workspace: Path) -> None:
    said = command("judge", CASES)
    assert said.status == 0
    results = {result["id"]: result for result in json.loads(said.out)}
    for case in json.loads(CASES.read_text()):
        assert results[case["id"]] == {"id": case["id"], **case["expect"]}, case["title"]
    assert not workspace.exists()


@pytest.mark.parametrize("content", ["", "{", "{}", '[{"id": "C1"}]', "[1]"])
def test_a_file_that_holds_no_cases_is_refused(command: Any, tmp_path: Path, content: str) -> None:
    path = tmp_path / "cases.json"
    path.write_text(content)
    said = command("judge", path)
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("tenderfax: ")


def test_judge_loads_neither_prefect_nor_a_reader(tmp_path: Path) -> None:
    program = (
        "import sys; from flows.command_line import run; status = run(sys.argv[1:]); "
        "print(sorted({'prefect', 'cv2', 'spacy', 'onnxruntime', 'sqlalchemy'} & set(sys.modules)), file=sys.stderr)"
    )
    arguments = ["--workspace", str(tmp_path), "judge", str(CASES)]
    said = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    assert said.stderr == "[]\n"


def test_rules_prints_all_or_one(command: Any) -> None:
    assert "### LATE_RECEIPT" in command("rules").out
    one = command("rules", "late_receipt").out
    assert one.startswith("### LATE_RECEIPT")
    assert "### LATE_PENDING" not in one


def test_samples_make_writes_faxes_sidecars_truth_and_their_ledger(command: Any, tmp_path: Path) -> None:
    assert command("samples", "make", "--out", tmp_path / "a", "--count", 1, "--seed", 7).status == 0
    files = {path.name for path in (tmp_path / "a").iterdir()}
    assert {"holders.csv", "grants.csv", "fax0001.json", "fax0001.expected.json"} < files
