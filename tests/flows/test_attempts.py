"""A fax is read once, whoever tries, and a reader that breaks breaks nothing else."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.events import EventKind, FaxQuarantined
from core.transmissions import Receipt
from flows.attempts import (
    House,
    ReadFax,
    open_house,
    owner_is_gone,
    read_fax,
    record_fax,
    release_lost_claims,
    this_owner,
)
from flows.desk import Desk
from flows.intake import take_in
from flows.reading_pool import ReaderFailed, ReadersUnusable, ReadingPool, ReadingRequest
from flows.receiving import receive
from flows.rulings import refresh
from judging.books import NO_LEDGER
from ledger import claims, derived, journal
from ledger.claims import ClaimState


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReadingPool]:
    """Two children that do what the fax's bytes tell them."""
    here = str(Path(__file__).parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([here, os.environ.get("PYTHONPATH", "")]))
    made = ReadingPool(
        Path(__file__).parents[2] / "offers" / "capstone_2003",
        tmp_path / "pages",
        NO_LEDGER,
        size=2,
        seconds=20,
        memory_bytes=2 * 2**30,
        module="misbehaving_child",
    )
    yield made
    made.close()


@pytest.fixture
def house(desk: Desk, pool: ReadingPool) -> House:
    return open_house(desk, pool)


def delivered(desk: Desk, tmp_path: Path, order: str) -> str:
    """A fax whose bytes tell the misbehaving child what to do."""
    path = tmp_path / f"{order}.tif"
    path.write_bytes(b"II*\0" + order.encode())
    fax = receive(desk, path).fax
    assert fax is not None
    return fax


def take_all_in(house: House, *faxes: str) -> None:
    async def together() -> None:
        await asyncio.gather(*(take_in(house, fax) for fax in faxes))

    asyncio.run(together())


def claim_of(desk: Desk, fax: str) -> claims.Claim:
    with desk.books.reading() as connection:
        claim = claims.claim_of(connection, fax)
    assert claim is not None
    return claim


def quarantined(desk: Desk) -> list[FaxQuarantined]:
    with desk.books.reading() as connection:
        bodies = [event.body() for event in journal.read(connection, kinds=[EventKind.FAX_QUARANTINED])]
    return [body for body in bodies if isinstance(body, FaxQuarantined)]


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ("crash", "reader was killed by SIGSEGV"),
        ("swell", "reader ran out of memory"),
        ("raise", "reader raised ValueError"),
    ],
)
def test_a_poison_fax_ends_in_quarantine_after_three_attempts_and_the_others_are_read(
    house: House, tmp_path: Path, order: str, reason: str
) -> None:
    desk = house.desk
    poison, good = delivered(desk, tmp_path, order), delivered(desk, tmp_path, "1")
    take_all_in(house, poison, good)
    assert claim_of(desk, good).state is ClaimState.DONE
    assert claim_of(desk, poison).state is ClaimState.QUARANTINED
    (event,) = quarantined(desk)
    assert event.fax == poison
    assert "reading failed 3 times" in event.reason
    assert reason in event.reason
    kept = desk.settings.quarantine / f"{poison}.tif"
    assert kept.read_bytes() == b"II*\0" + order.encode()
    told = (desk.settings.quarantine / f"{poison}.reason.txt").read_text()
    assert told.startswith(f"{order}.tif\n")
    assert reason in told
    with desk.books.reading() as connection:
        codes = {item.fax: item.code for item in derived.open_items(connection)}
    assert codes == {poison: "FILE_QUARANTINED", good: "FORM_TYPE_UNKNOWN"}


def test_the_traceback_of_a_reader_is_kept_without_values(house: House, tmp_path: Path) -> None:
    take_all_in(house, delivered(house.desk, tmp_path, "raise"))
    (event,) = quarantined(house.desk)
    assert event.details == 'reader raised ValueError\n  File "zones.py", line 7, in read_zone'


def test_a_fax_that_the_reader_refuses_is_not_tried_again(house: House, tmp_path: Path) -> None:
    fax = delivered(house.desk, tmp_path, "refuse")
    take_all_in(house, fax)
    (event,) = quarantined(house.desk)
    assert (event.reason, event.attempts) == ("refuse.tif: page 1 is no page", 1)


def test_a_hanging_reader_is_killed_with_everything_it_started(
    pool: ReadingPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Other tests run readers at the same time: what this one started inherits its mark.
    monkeypatch.setenv("STARTED_BY", str(tmp_path))
    order = tmp_path / "hang.tif"
    order.write_bytes(b"II*\0hang")
    impatient = replace(pool, seconds=1)
    with pytest.raises(ReaderFailed, match="longer than 1 seconds"):
        asyncio.run(impatient.read(ReadingRequest("f" * 64, "hang.tif", order, Receipt())))
    # A killed process ends when the kernel gets to it, which may be a moment after the kill.
    deadline = time.monotonic() + 10
    while (left := processes_marked(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert left == []


def processes_marked(mark: Path) -> list[Path]:
    return [process for process in Path("/proc").glob("[0-9]*") if str(mark).encode() in environment_of(process)]


def environment_of(process: Path) -> bytes:
    """What a process was started with; nothing where it has just ended."""
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


def test_a_broken_installation_is_no_faxs_fault(house: House, tmp_path: Path) -> None:
    desk = house.desk
    fax = delivered(desk, tmp_path, "broken")
    for broken in (
        house,
        replace(house, pool=replace(house.pool, offer_folder=tmp_path / "nowhere")),
        replace(house, pool=replace(house.pool, module="no_such_module")),
    ):
        with pytest.raises(ReadersUnusable):
            take_all_in(broken, fax)
    claim = claim_of(desk, fax)
    assert (claim.state, claim.owner, claim.failures) == (ClaimState.WAITING, None, 0)
    assert quarantined(desk) == []


def test_a_child_reads_one_fax_after_the_other(house: House, tmp_path: Path) -> None:
    single = replace(house, pool=replace(house.pool, size=1))
    faxes = [delivered(house.desk, tmp_path, str(number)) for number in range(5)]
    take_all_in(single, *faxes)
    assert all(claim_of(house.desk, fax).state is ClaimState.DONE for fax in faxes)


def test_a_fax_taken_in_by_many_at_once_is_read_once(house: House, tmp_path: Path) -> None:
    fax = delivered(house.desk, tmp_path, "slow")
    other = replace(house, owner="elsewhere:1:1")

    async def together() -> None:
        await asyncio.gather(take_in(house, fax), take_in(other, fax), take_in(house, fax))

    asyncio.run(together())
    with house.desk.books.reading() as connection:
        assert len(list(journal.read(connection, kinds=[EventKind.FAX_READ]))) == 1


def test_who_lost_the_claim_meanwhile_writes_nothing(house: House, tmp_path: Path) -> None:
    desk = house.desk
    fax = delivered(desk, tmp_path, "1")
    outcome = asyncio.run(read_fax(house, fax))
    assert outcome is not None
    with desk.books.writing() as connection:
        claims.release(connection, fax, owner=house.owner)
    assert not record_fax(house, outcome)
    with desk.books.reading() as connection:
        assert list(journal.read(connection, kinds=[EventKind.FAX_READ])) == []
    take_all_in(house, fax)
    assert claim_of(desk, fax).state is ClaimState.DONE


def test_a_quarantine_without_claim_writes_no_event(house: House, tmp_path: Path) -> None:
    fax = delivered(house.desk, tmp_path, "1")
    assert not record_fax(house, ReadFax(fax, None, 1, "refused"))
    assert quarantined(house.desk) == []


def test_a_long_fax_keeps_its_claim(house: House, tmp_path: Path) -> None:
    short = replace(house.desk, settings=replace(house.desk.settings, lease=timedelta(seconds=0.6)))
    patient = replace(house, desk=short)
    fax = delivered(short, tmp_path, "slow")

    async def watch() -> bool:
        taking = asyncio.create_task(take_in(patient, fax))
        await asyncio.sleep(1.2)
        stolen = await asyncio.to_thread(_steal, house, fax)
        await taking
        return stolen

    assert not asyncio.run(watch())
    assert (claim_of(short, fax).state, claim_of(short, fax).attempts) == (ClaimState.DONE, 1)


def _steal(house: House, fax: str) -> bool:

    with house.desk.books.writing() as connection:
        now, lease = datetime.now(UTC), timedelta(minutes=1)
        return claims.take(connection, fax, owner="thief", now=now, lease=lease) is not None


KILLED = """
import asyncio, os, sys
from pathlib import Path
from flows.attempts import House, _claim, this_owner
from flows.desk import open_desk
from flows.settings import settings_from
desk = open_desk(settings_from(os.environ))
_claim(House(desk, None, this_owner(), None), sys.argv[1])
print("claimed", flush=True)
import time; time.sleep(60)
"""


def test_the_fax_of_a_killed_worker_is_taken_up_again_at_once(house: House, tmp_path: Path, books_url: str) -> None:
    fax = delivered(house.desk, tmp_path, "1")
    environment = os.environ | {
        "TENDERFAX_DATABASE": books_url,
        "TENDERFAX_WORKSPACE": str(house.desk.settings.workspace),
    }
    worker = subprocess.Popen([sys.executable, "-c", KILLED, fax], env=environment, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "claimed\n"
    assert release_lost_claims(house.desk) == ()
    worker.kill()
    worker.wait()
    worker.stdout.close()
    assert release_lost_claims(house.desk) == (fax,)
    take_all_in(house, fax)
    claim = claim_of(house.desk, fax)
    assert (claim.state, claim.attempts, claim.failures) == (ClaimState.DONE, 2, 0)


def test_an_owner_is_gone_only_when_its_very_process_is() -> None:
    assert not owner_is_gone(this_owner())
    machine, process_id, started = this_owner().rsplit(":", 2)
    assert owner_is_gone(f"{machine}:{process_id}:{int(started) + 1}")
    assert owner_is_gone(f"{machine}:99999999:1")
    assert not owner_is_gone("another-machine:99999999:1")


def test_a_worker_killed_between_reading_and_judging_leaves_nothing_unjudged(house: House, tmp_path: Path) -> None:
    desk = house.desk
    fax = delivered(desk, tmp_path, "1")
    outcome = asyncio.run(read_fax(house, fax))
    assert outcome is not None and record_fax(house, outcome)
    with desk.books.reading() as connection:
        assert derived.open_items(connection) == ()
    refresh(desk)
    with desk.books.reading() as connection:
        assert [item.code for item in derived.open_items(connection)] == ["FORM_TYPE_UNKNOWN"]
