"""A file leaves the inbox when the books hold it, whoever dies at whatever step, and is one delivery."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.events import EventKind, FaxQuarantined, FaxReceived
from flows.desk import Desk
from flows.inbox import Sight, sight_of
from flows.late_sidecars import LateSidecar, take_late_sidecar
from flows.receiving import keep_received, told_of
from flows.taking_over import Outcome, TakenOver, delivery_of, take_over
from ledger import claims, journal
from ledger.replay import Record, replay

TIFF = b"II*\0\x08\0\0\0"
FACTS = {"job_id": "7", "received_at": "2003-07-14T10:40:00-07:00", "pages": 2}


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def put(
    inbox: Path, name: str = "fax00001.tif", content: bytes = TIFF, facts: dict[str, object] | None = None
) -> Sight:
    path = inbox / name
    path.write_bytes(content)
    if facts is not None:
        path.with_suffix(".json").write_text(json.dumps(facts))
    return seen(path)


def seen(path: Path) -> Sight:
    return sight_of(path, path.lstat())


def deliveries(desk: Desk) -> list[FaxReceived]:
    with desk.books.reading() as connection:
        bodies = [event.body() for event in journal.read(connection, kinds=[EventKind.FAX_RECEIVED])]
    return [body for body in bodies if isinstance(body, FaxReceived)]


def refused(desk: Desk) -> list[FaxQuarantined]:
    with desk.books.reading() as connection:
        bodies = [event.body() for event in journal.read(connection, kinds=[EventKind.FAX_QUARANTINED])]
    return [body for body in bodies if isinstance(body, FaxQuarantined)]


def test_a_file_and_its_sidecar_leave_the_inbox_when_the_books_hold_them(desk: Desk, inbox: Path) -> None:
    taken = take_over(desk, put(inbox, facts=FACTS))
    assert taken.outcome is Outcome.TAKEN
    assert list(inbox.iterdir()) == []
    (received,) = deliveries(desk)
    assert (received.receipt.job_id, received.receipt.source) == ("7", "sidecar")
    assert received.sidecar is not None
    kept = desk.settings.archive / received.sidecar[:2] / f"{received.sidecar}.json"
    assert json.loads(kept.read_bytes()) == FACTS


def test_killed_before_the_file_was_removed_it_is_no_second_delivery(desk: Desk, inbox: Path) -> None:
    sight = put(inbox, facts=FACTS)
    told = told_of(sight.path, TIFF, desk)
    keep_received(desk, sight.path, TIFF, told, delivery_id=delivery_of(sight, TIFF))
    taken = take_over(desk, seen(sight.path))
    assert taken.arrival is not None and not taken.arrival.new_delivery
    assert list(inbox.iterdir()) == []
    assert len(deliveries(desk)) == 1


def test_killed_before_the_sidecar_was_removed_it_is_no_second_receipt(desk: Desk, inbox: Path) -> None:
    sight = put(inbox, facts=FACTS)
    sidecar = sight.path.with_suffix(".json")
    shutil.copy2(sidecar, inbox / "kept")
    take_over(desk, sight)
    (inbox / "kept").rename(sidecar)
    assert take_late_sidecar(desk, seen(sidecar), 0.0).says is None
    assert list(inbox.iterdir()) == []
    assert len(deliveries(desk)) == 1


def test_the_same_file_put_there_again_is_another_delivery_of_one_fax(desk: Desk, inbox: Path, tmp_path: Path) -> None:
    original = put(tmp_path, "original.tif").path
    for _ in range(3):
        shutil.copy2(original, inbox / "fax00001.tif")
        assert take_over(desk, seen(inbox / "fax00001.tif")).outcome is Outcome.TAKEN
    found = deliveries(desk)
    assert len({one.fax for one in found}) == 1
    assert len({one.delivery_id for one in found}) == 3


def test_the_same_bytes_ten_times_in_parallel_are_one_fax_with_ten_receipts(desk: Desk, inbox: Path) -> None:
    sights = [put(inbox, f"{number}.tif", facts=FACTS | {"job_id": str(number)}) for number in range(10)]
    _all_at_once([lambda sight=sight: take_over(desk, sight) for sight in sights])
    found = deliveries(desk)
    assert sorted(one.receipt.job_id or "" for one in found) == sorted(map(str, range(10)))
    with desk.books.reading() as connection:
        assert len(claims.waiting(connection)) == 1
    assert list(inbox.iterdir()) == []


def test_one_file_taken_by_many_at_once_is_one_delivery(desk: Desk, inbox: Path) -> None:
    sight = put(inbox)
    outcomes: list[TakenOver] = []
    _all_at_once([lambda: outcomes.append(take_over(desk, sight)) for _ in range(6)])
    assert [one.outcome for one in outcomes].count(Outcome.TAKEN) == 1
    assert {one.outcome for one in outcomes} <= {Outcome.TAKEN, Outcome.BUSY, Outcome.GONE}
    assert len(deliveries(desk)) == 1


def _all_at_once(calls: list[object]) -> None:
    threads = [threading.Thread(target=call) for call in calls]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


HOLDS = """
import fcntl, os, sys
handle = os.open(sys.argv[1], os.O_RDWR if sys.argv[2] != "flock" else os.O_RDONLY)
if sys.argv[2] == "flock":
    fcntl.flock(handle, fcntl.LOCK_EX)
if sys.argv[2] == "lockf":
    fcntl.lockf(handle, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(path: Path, how: str) -> Iterator[None]:
    """Another process holds the file: by a lock of one of both kinds, or open for writing."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    yield
    holder.communicate()


@pytest.mark.parametrize("how", ["flock", "lockf", "open"])
def test_a_file_that_somebody_still_holds_is_let_lie(desk: Desk, inbox: Path, how: str) -> None:
    sight = put(inbox, facts=FACTS)
    with held(sight.path, how):
        assert take_over(desk, sight).outcome is Outcome.BUSY
        assert deliveries(desk) == []
    assert take_over(desk, sight).outcome is Outcome.TAKEN


def test_the_writer_whose_file_we_looked_at_can_go_on_writing(inbox: Path, desk: Desk) -> None:
    sight = put(inbox)
    with sight.path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert take_over(desk, sight).outcome is Outcome.BUSY
        file.write(b"the second page")
    assert sight.path.stat().st_size == len(TIFF) + 15


def test_a_file_that_changed_since_it_was_seen_is_let_lie(desk: Desk, inbox: Path) -> None:
    sight = put(inbox)
    with sight.path.open("ab") as file:
        file.write(b"more")
    assert take_over(desk, sight).outcome is Outcome.CHANGED
    assert sight.path.exists()
    assert deliveries(desk) == []


def test_a_file_that_is_gone_is_nobodys_fault(desk: Desk, inbox: Path) -> None:
    sight = put(inbox)
    sight.path.unlink()
    assert take_over(desk, sight).outcome is Outcome.GONE


def test_a_disk_that_takes_nothing_leaves_the_file_in_the_inbox(desk: Desk, inbox: Path) -> None:
    sight = put(inbox, facts=FACTS)
    archive = desk.settings.archive
    archive.rmdir()
    archive.write_text("no folder")
    with pytest.raises(OSError, match="archive"):
        take_over(desk, sight)
    assert sorted(path.name for path in inbox.iterdir()) == ["fax00001.json", "fax00001.tif"]
    assert deliveries(desk) == []
    archive.unlink()
    assert take_over(desk, sight).outcome is Outcome.TAKEN


def test_a_sidecar_that_serves_two_faxes_stays_until_the_second_is_taken(desk: Desk, inbox: Path) -> None:
    first, second = put(inbox, "a.pdf", b"%PDF-1.4 a"), put(inbox, "a.tif", facts=FACTS)
    take_over(desk, first)
    assert (inbox / "a.json").exists()
    take_over(desk, second)
    assert list(inbox.iterdir()) == []
    assert [one.receipt.job_id for one in deliveries(desk)] == ["7", "7"]


# What is no fax --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["link", "pipe", "empty", "folder", "huge"])
def test_what_is_no_whole_file_stays_where_it_lies_and_is_told_once(desk: Desk, inbox: Path, kind: str) -> None:
    path = inbox / "x.tif"
    match kind:
        case "link":
            path.symlink_to("/etc/passwd")
        case "pipe":
            os.mkfifo(path)
        case "empty":
            path.touch()
        case "folder":
            path.mkdir()
        case _:
            with path.open("wb") as file:
                file.truncate(desk.decode_limits.max_file_bytes + 1)
    for _ in range(2):
        assert take_over(desk, seen(path)).outcome is Outcome.SET_ASIDE
    assert path.is_symlink() or path.exists()
    (event,) = refused(desk)
    assert event.file == "x.tif"
    assert (desk.settings.quarantine / f"{event.fax}.reason.txt").read_text().strip() == event.reason


def test_a_name_that_cannot_be_shown_goes_to_quarantine_with_all_its_bytes(desk: Desk, inbox: Path) -> None:
    sight = put(inbox, "two\nlines.tif", TIFF + b"whole")
    assert take_over(desk, sight).outcome is Outcome.REFUSED
    (event,) = refused(desk)
    assert (desk.settings.quarantine / f"{event.fax}.tif").read_bytes() == TIFF + b"whole"
    assert list(inbox.iterdir()) == []


# Sidecars that come late -------------------------------------------------------------------------------------------


def late(desk: Desk, inbox: Path, facts: dict[str, object], name: str = "fax00001.json") -> LateSidecar:
    sidecar = inbox / name
    sidecar.write_text(json.dumps(facts))
    return take_late_sidecar(desk, seen(sidecar), seconds_here=1.0)


def test_a_sidecar_that_comes_after_its_fax_was_taken_tells_its_receipt(desk: Desk, inbox: Path) -> None:
    taken = take_over(desk, put(inbox))
    found = late(desk, inbox, FACTS)
    assert taken.arrival is not None
    assert (found.says, found.fax) == ("sidecar_came_late", taken.arrival.fax)
    assert list(inbox.iterdir()) == []
    before, after = deliveries(desk)
    assert before.delivery_id == after.delivery_id
    with desk.books.reading() as connection:
        record = replay(journal.read(connection), Record(desk_state(desk)))
    (history,) = record.faxes.values()
    assert [one.receipt.job_id for one in history.received] == ["7"], "one delivery, told better"


def desk_state(desk: Desk) -> object:
    from core.offer_state import OfferState

    return OfferState(desk.offer.terms.expiration)


def test_a_late_sidecar_for_a_name_that_came_twice_is_for_a_person(desk: Desk, inbox: Path) -> None:
    take_over(desk, put(inbox))
    take_over(desk, put(inbox, content=TIFF + b"another"))
    assert late(desk, inbox, FACTS).says is None, "its own fax may still come"
    patience = replace(desk, settings=replace(desk.settings, sidecar_seconds=0.5))
    found = late(patience, inbox, FACTS)
    assert (found.says, found.is_left) == ("sidecar_without_fax", True)
    assert (inbox / "fax00001.json").exists()
    assert "came 2 times" in refused(desk)[0].reason


def test_a_late_sidecar_of_a_fax_received_after_ours_is_not_ours(desk: Desk, inbox: Path) -> None:
    take_over(desk, put(inbox))
    later = (desk.now() + timedelta(minutes=20)).isoformat()
    assert late(desk, inbox, FACTS | {"received_at": later}).says is None
    assert len(deliveries(desk)) == 1


def test_a_late_sidecar_of_another_number_of_pages_is_not_ours(desk: Desk, inbox: Path) -> None:
    taken = take_over(desk, put(inbox))
    assert taken.arrival is not None and taken.arrival.fax is not None
    with desk.books.writing() as connection:
        claims.take(connection, taken.arrival.fax, owner="x:1:1", now=desk.now(), lease=timedelta(minutes=1))
        claims.finish(connection, taken.arrival.fax, owner="x:1:1", state=claims.ClaimState.DONE, pages=3)
    assert late(desk, inbox, FACTS).says is None


def test_a_sidecar_whose_fax_never_comes_is_told_to_a_person_once(desk: Desk, inbox: Path) -> None:
    patience = replace(desk, settings=replace(desk.settings, sidecar_seconds=0.5))
    for _ in range(2):
        assert late(patience, inbox, FACTS).says == "sidecar_without_fax"
    (event,) = refused(desk)
    assert event.file == "fax00001.json"
    assert "its fax has not come" in event.reason


def test_a_json_file_that_speaks_of_no_receipt_is_let_lie(desk: Desk, inbox: Path) -> None:
    patience = replace(desk, settings=replace(desk.settings, sidecar_seconds=0.5))
    found = late(patience, inbox, {"title": "expected"})
    assert (found.is_left, found.says) == (True, None)
    assert refused(desk) == []
