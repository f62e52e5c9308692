"""One folder through the real program, readers and Prefect included: good faxes beside everything that is none."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfWriter

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_faxes"
GOOD = SAMPLES / "02_clean_typed.tif"
COPIES = 10


@dataclass(frozen=True)
class Ran:
    """What the program said when it took the folder in, twice; `workspace` is what it left behind."""

    status: int
    lines: tuple[Mapping[str, Any], ...]
    errors: tuple[str, ...]
    workspace: Path
    again: tuple[Mapping[str, Any], ...]

    def of(self, file: str) -> Mapping[str, Any]:
        (line,) = (line for line in self.lines if line["file"] == file)
        return line


def tenderfax(workspace: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TENDERFAX", "PREFECT"))}
    command = [sys.executable, "-m", "flows", "--workspace", str(workspace), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, check=False, timeout=280)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("end_to_end")
    inbox, workspace = folder / "inbox", folder / "workspace"
    inbox.mkdir()
    for number in range(COPIES):
        shutil.copyfile(GOOD, inbox / f"good{number}.tif")
        receipt = {"received_at": f"2003-07-{20 - number}T10:40:00-07:00", "job_id": f"job{number}"}
        (inbox / f"good{number}.json").write_text(json.dumps(receipt))
    write_what_is_no_fax(inbox)
    assert tenderfax(workspace, "init").returncode == 0
    imported = tenderfax(
        workspace, "ledger", "import", SAMPLES / "holders.csv", SAMPLES / "grants.csv", "--as-of", "2003-06-10"
    )
    assert imported.returncode == 0, imported.stderr
    said = tenderfax(workspace, "intake", inbox, "--json")
    again = tenderfax(workspace, "intake", inbox / "good0.tif", "--json")
    lines, repeated = ([json.loads(line) for line in out.splitlines()] for out in (said.stdout, again.stdout))
    return Ran(said.returncode, tuple(lines), tuple(said.stderr.splitlines()), workspace, tuple(repeated))


def write_what_is_no_fax(inbox: Path) -> None:
    content = GOOD.read_bytes()
    (inbox / "empty.tif").write_bytes(b"")
    (inbox / "text.tif").write_text("Dear Ms. Bernard, I elect to exchange all my options.\n")
    for tenth in range(10):
        (inbox / f"cut{tenth}.tif").write_bytes(content[: 8 + (len(content) - 9) * tenth // 10])
    (inbox / "bomb.tif").write_bytes(tiff_of(20_000, 20_000, pages=1, picture=b"\xff" * 25_000))
    (inbox / "pages.tif").write_bytes(tiff_of(1728, 2200, pages=2_000, picture=b"\0\x10\x01\x10\x01\0"))
    write_pdf(inbox / "locked.pdf", 612, 792, password="secret")
    write_pdf(inbox / "wide.pdf", 200 * 72, 792)
    (inbox / "link.tif").symlink_to(GOOD)
    (inbox / "folder.tif").mkdir()
    (inbox / "a\nb\n..\n.tif").write_bytes(content + b"\0")


def write_pdf(path: Path, width: float, height: float, password: str | None = None) -> None:
    writer = PdfWriter()
    writer.add_blank_page(width, height)
    if password:
        writer.encrypt(password)
    writer.write(path)


def tiff_of(width: int, height: int, *, pages: int, picture: bytes) -> bytes:
    """A Group 4 TIFF whose pages all share one coded picture."""
    content = bytearray(b"II*\0\0\0\0\0" + picture)
    link = 4
    for _ in range(pages):
        struct.pack_into("<I", content, link, len(content))
        entries = [(256, width), (257, height), (258, 1), (259, 4), (262, 0), (273, 8), (278, height)]
        entries.append((279, len(picture)))
        content += struct.pack("<H", len(entries))
        for tag, value in entries:
            content += struct.pack("<HHII", tag, 4, 1, value)
        link = len(content)
        content += b"\0\0\0\0"
    return bytes(content)


BAD = [
    "empty.tif",
    "text.tif",
    *(f"cut{tenth}.tif" for tenth in range(10)),
    "bomb.tif",
    "pages.tif",
    "locked.pdf",
    "wide.pdf",
    "link.tif",
    "folder.tif",
    r"a\nb\n..\n.tif",
]


def test_the_good_fax_is_read_and_judged_and_none_of_the_bad_ones_stops_it(ran: Ran) -> None:
    line = ran.of("good0.tif")
    truth = json.loads(GOOD.with_suffix(".expected.json").read_text())["submissions"][0]
    assert (line["kind"], line["holder_id"], line["form_version"]) == (
        "election",
        truth["holder_id"],
        truth["form_version"],
    )
    assert [row["grant_no"] for row in line["rows"]] == [row["grant_no"] for row in truth["rows"]]
    assert line["readings"]["printed_name"]["mark"] == "read"
    assert list(line)[:2] == ["file", "fax"]


def test_the_same_bytes_ten_times_are_one_submission_and_the_earliest_receipt_counts(ran: Ran) -> None:
    lines = [ran.of(f"good{number}.tif") for number in range(COPIES)]
    assert len({line["fax"] for line in lines}) == 1
    assert {line["received_at"] for line in lines} == {"2003-07-11T10:40:00-07:00"}
    assert {line["receipt_source"] for line in lines} == {"sidecar"}


def test_a_fax_taken_in_again_is_not_read_again_and_says_the_same(ran: Ran) -> None:
    assert list(ran.again) == [ran.of("good0.tif")]


@pytest.mark.parametrize("file", BAD)
def test_what_is_no_fax_has_one_clear_error_and_lies_in_quarantine(ran: Ran, file: str) -> None:
    line = ran.of(file)
    assert line["kind"] is None
    assert line["needs_review"] is True
    assert "\n" not in line["error"]
    assert [error for error in ran.errors if line["error"] in error] != []
    reason = ran.workspace / "quarantine" / f"{line['fax']}.reason.txt"
    assert line["error"] in reason.read_text()
    assert len(list((ran.workspace / "quarantine").glob(f"{line['fax']}*"))) == 2


def test_bad_input_ends_with_status_2_and_never_a_traceback(ran: Ran) -> None:
    # On a machine under load Prefect's server may not answer in time, and the program says so in one line more.
    of_files = [error for error in ran.errors if not error.startswith("tenderfax: Prefect could not be reached; ")]
    assert ran.status == 2
    assert all(error.startswith("tenderfax: ") for error in ran.errors)
    assert len(of_files) == len(BAD)


def test_every_quarantined_file_is_in_the_queue(ran: Ran) -> None:
    items = [json.loads(line) for line in tenderfax(ran.workspace, "queue", "--json").stdout.splitlines()]
    quarantined = {item["fax"] for item in items if item["code"] == "FILE_QUARANTINED"}
    assert quarantined == {ran.of(file)["fax"] for file in BAD}


def test_the_journal_of_it_all_holds_together(ran: Ran) -> None:
    from core.events import EventKind
    from ledger import journal
    from ledger.books import open_books

    with open_books(f"sqlite:///{ran.workspace / 'tenderfax.sqlite'}").reading() as connection:
        journal.verify(connection)
        kinds = [event.kind for event in journal.read(connection)]
    assert kinds.count(EventKind.FAX_READ) == 1
    assert kinds.count(EventKind.FAX_RECEIVED) >= COPIES


def test_prefect_keeps_its_files_in_the_workspace(ran: Ran) -> None:
    assert (ran.workspace / "prefect" / "prefect.db").is_file()
