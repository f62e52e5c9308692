"""How a file comes in: its receipt, its place, and what becomes of what is no file."""

from __future__ import annotations

import json
import os
import struct
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from core.events import EventKind, FaxQuarantined, FaxReceived
from core.transmissions import Receipt
from extractors.tiff_header import DATE_TIME, FAX_RECV_TIME, SOFTWARE
from flows.desk import Desk
from flows.receiving import fax_files, receipt_of, receive
from ledger import claims, journal

TIFF = b"II*\0\x08\0\0\0"


def fax_file(folder: Path, name: str = "fax.tif", content: bytes = TIFF) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return path


def received(desk: Desk) -> list[FaxReceived]:
    with desk.books.reading() as connection:
        bodies = [event.body() for event in journal.read(connection, kinds=[EventKind.FAX_RECEIVED])]
    return [body for body in bodies if isinstance(body, FaxReceived)]


def quarantined(desk: Desk) -> list[FaxQuarantined]:
    with desk.books.reading() as connection:
        bodies = [event.body() for event in journal.read(connection, kinds=[EventKind.FAX_QUARANTINED])]
    return [body for body in bodies if isinstance(body, FaxQuarantined)]


def test_a_received_fax_is_archived_journalled_and_waits_for_its_reader(desk: Desk, tmp_path: Path) -> None:
    arrival = receive(desk, fax_file(tmp_path))
    assert arrival.fax is not None and arrival.error is None
    with desk.books.reading() as connection:
        kept = claims.kept_fax(connection, arrival.fax)
        assert claims.waiting(connection) == (arrival.fax,)
        kinds = [event.kind for event in journal.read(connection)]
    assert kept is not None
    assert (desk.settings.archive / kept.archived_name).read_bytes() == TIFF
    assert kinds == [EventKind.FAX_ARCHIVED, EventKind.FAX_RECEIVED]


def test_the_same_bytes_ten_times_are_one_fax_with_ten_receipts(desk: Desk, tmp_path: Path) -> None:
    faxes = {receive(desk, fax_file(tmp_path, f"{number}.tif")).fax for number in range(10)}
    assert len(faxes) == 1
    assert [body.file for body in received(desk)] == [f"{number}.tif" for number in range(10)]
    assert len(list((desk.settings.archive).rglob("*.tif"))) == 1


def test_a_delivery_that_is_repeated_after_a_crash_adds_nothing(desk: Desk, tmp_path: Path) -> None:
    for _ in range(2):
        receive(desk, fax_file(tmp_path), delivery_id="inbox-1")
    assert len(received(desk)) == 1


# The receipt -----------------------------------------------------------------------------------------------------


def stated(desk: Desk, tmp_path: Path, sidecar: Any, name: str = "fax.json") -> tuple[Receipt, str | None]:
    path = fax_file(tmp_path)
    (tmp_path / name).write_text(sidecar if isinstance(sidecar, str) else json.dumps(sidecar))
    return receipt_of(path, TIFF, desk)


@pytest.mark.parametrize("name", ["fax.json", "fax.tif.json"])
def test_a_sidecar_tells_of_the_receipt(desk: Desk, tmp_path: Path, name: str) -> None:
    facts = {
        "job_id": "j1",
        "received_start": "2003-07-14T10:38:00-07:00",
        "received_at": "2003-07-14T10:40:00-07:00",
        "destination": "+1 818 734 5381",
        "caller_id": "8185550100",
        "pages": 2,
    }
    receipt, warning = stated(desk, tmp_path, facts, name)
    assert warning is None
    assert (receipt.source, receipt.job_id, receipt.pages, receipt.destination) == ("sidecar", "j1", 2, "listed")
    assert receipt.received_at == datetime.fromisoformat("2003-07-14T10:40:00-07:00")


def test_another_number_is_not_the_listed_one_and_none_is(desk: Desk, tmp_path: Path) -> None:
    assert stated(desk, tmp_path, {"destination": "(818) 734-5300"})[0].destination == "(818) 734-5300"
    assert stated(desk, tmp_path, {})[0].destination == "listed"


def test_a_time_without_zone_stays_without(desk: Desk, tmp_path: Path) -> None:
    receipt, _ = stated(desk, tmp_path, {"received_at": "2003-07-24T18:00:00"})
    assert receipt.received_at is not None and receipt.received_at.tzinfo is None


@pytest.mark.parametrize(
    "sidecar",
    ["{", "[]", "", {"received_at": "2003-07-24"}, {"received_at": "yesterday"}, {"received_at": 7}, "x" * 70_000],
)
def test_a_sidecar_that_cannot_be_read_leaves_the_receipt_unknown_and_says_so(
    desk: Desk, tmp_path: Path, sidecar: Any
) -> None:
    receipt, warning = stated(desk, tmp_path, sidecar)
    assert (receipt.received_at, receipt.source) == (None, None)
    assert warning is not None and "receipt unknown" in warning
    assert receive(desk, tmp_path / "fax.tif").error is None


def test_a_sidecar_that_is_a_link_is_not_followed(desk: Desk, tmp_path: Path) -> None:
    path = fax_file(tmp_path)
    (tmp_path / "elsewhere.json").write_text('{"received_at": "2003-07-14T10:40:00-07:00"}')
    (tmp_path / "fax.json").symlink_to(tmp_path / "elsewhere.json")
    receipt, warning = receipt_of(path, TIFF, desk)
    assert receipt.received_at is None
    assert warning is not None


def test_a_files_own_time_is_no_receipt(desk: Desk, tmp_path: Path) -> None:
    path = fax_file(tmp_path)
    os.utime(path, (1_058_200_000, 1_058_200_000))
    assert receipt_of(path, TIFF, desk)[0] == Receipt()


def test_the_tags_of_a_hylafax_queue_tell_begin_and_end_without_zone(desk: Desk, tmp_path: Path) -> None:
    content = two_pages(("2003:07:24 16:57:00", 40), ("2003:07:24 16:58:10", 45))
    path = fax_file(tmp_path, content=content)
    receipt, _ = receipt_of(path, content, desk)
    assert receipt.source == "hylafax"
    assert receipt.received_start == datetime.fromisoformat("2003-07-24T16:57:00")
    assert receipt.received_at == datetime.fromisoformat("2003-07-24T16:58:55")


def two_pages(*stamps: tuple[str, int]) -> bytes:
    """A TIFF of empty G4 pages with HylaFAX's tags: when each page began and how many seconds it took."""
    content = bytearray(b"II*\0\0\0\0\0")
    link = 4
    for stamp, seconds in stamps:
        text_at = len(content)
        content += stamp.encode() + b"\0" + b"HylaFAX (tm) 4.1\0" + b"\0"
        software_at = text_at + len(stamp) + 1
        picture_at = len(content)
        content += b"\0\x10\x01\x10\x01\0"
        directory_at = len(content)
        struct.pack_into("<I", content, link, directory_at)
        entries = [
            (256, 4, 1, 1728),
            (257, 4, 1, 2200),
            (258, 3, 1, 1),
            (259, 3, 1, 4),
            (273, 4, 1, picture_at),
            (278, 4, 1, 2200),
            (279, 4, 1, 6),
            (SOFTWARE, 2, 17, software_at),
            (DATE_TIME, 2, len(stamp) + 1, text_at),
            (FAX_RECV_TIME, 4, 1, seconds),
        ]
        content += struct.pack("<H", len(entries))
        for entry in sorted(entries):
            content += struct.pack("<HHII", *entry)
        link = len(content)
        content += b"\0\0\0\0"
    return bytes(content)


# What is no fax --------------------------------------------------------------------------------------------------


def test_what_is_no_file_is_refused_by_name_and_something_of_it_is_kept(desk: Desk, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    good = fax_file(inbox)
    (inbox / "link.tif").symlink_to("/etc/passwd")
    (inbox / "folder.tif").mkdir()
    fax_file(inbox / "folder.tif", "inside.tif")
    os.mkfifo(inbox / "pipe.tif")
    fax_file(inbox, "empty.tif", b"")
    fax_file(inbox, "..\n..\\etc\\x.tif")
    fax_file(inbox, "two\nlines.tif", b"II*\0other")
    taken, _ = fax_files([inbox])
    arrivals = {arrival.path.name: arrival for arrival in (receive(desk, path) for path in taken)}
    assert arrivals["fax.tif"].error is None
    refused = {name: arrival for name, arrival in arrivals.items() if arrival.error is not None}
    assert set(refused) == {
        "link.tif",
        "folder.tif",
        "pipe.tif",
        "empty.tif",
        "..\n..\\etc\\x.tif",
        "two\nlines.tif",
    }
    for arrival in refused.values():
        assert arrival.error is not None and "\n" not in arrival.error
        assert "\n" not in arrival.file
        reason = desk.settings.quarantine / f"{arrival.fax}.reason.txt"
        assert reason.read_text().strip() == arrival.error
        assert len(list(desk.settings.quarantine.glob(f"{arrival.fax}*"))) == 2
    assert {body.fax for body in quarantined(desk)} == {arrival.fax for arrival in refused.values()}
    assert good.exists()
    assert not any(b"root:" in path.read_bytes() for path in desk.settings.quarantine.iterdir())


def test_a_path_that_is_not_there_is_said_so_and_nothing_is_kept(desk: Desk, tmp_path: Path) -> None:
    arrival = receive(desk, tmp_path / "nowhere.tif")
    assert arrival.fax is None
    assert arrival.error is not None and "nowhere.tif" in arrival.error


def test_a_file_above_the_limit_is_kept_by_its_beginning(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "huge.tif"
    with path.open("wb") as file:
        file.write(TIFF)
        file.truncate(desk.decode_limits.max_file_bytes + 1)
    arrival = receive(desk, path)
    assert arrival.error is not None and "the limit is" in arrival.error
    assert (desk.settings.quarantine / f"{arrival.fax}.cut").stat().st_size == 2**20


def test_folders_give_their_faxes_sorted_and_pass_over_the_rest(tmp_path: Path) -> None:
    fax_file(tmp_path, "b.TIF")
    fax_file(tmp_path, "a.pdf", b"%PDF-1.4")
    fax_file(tmp_path, "b.json", b"{}")
    fax_file(tmp_path, "b.expected.json", b"{}")
    fax_file(tmp_path, "README.md", b"read me")
    fax_file(tmp_path, ".hidden.tif")
    fax_file(tmp_path, "fax00017")
    fax_file(tmp_path / "inner", "c.tif")
    taken, passed_over = fax_files([tmp_path])
    assert [path.name for path in taken] == ["a.pdf", "b.TIF", "fax00017", "c.tif"]
    assert [path.name for path in passed_over] == [".hidden.tif", "README.md"]
