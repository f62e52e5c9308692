"""Every fault of `make bench-faults` in a small dose, through the same functions; and that the counting can fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks import fault_files, faults, load
from benchmarks.broken_files import CODINGS, damaged, good_fax, in_coding
from benchmarks.faults import SHORT, Bench
from benchmarks.outcomes import Outcome, Row, run_rows
from benchmarks.servers import Cluster, postgres_cluster
from benchmarks.small_faxes import House, open_house
from extractors.decode import decode_fax
from extractors.limits import DecodeLimits
from flows.receiving import receive

TINY = replace(SHORT, full_steps=2, away_seconds=2.0, locked_seconds=2.0, sets=2)


@pytest.fixture(scope="module")
def servers() -> Iterator[Cluster | None]:
    with postgres_cluster() as cluster:
        yield cluster


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """On SQLite alone."""
    return Bench(tmp_path, TINY, None)


def holds(outcomes: Iterable[Outcome]) -> None:
    for outcome in outcomes:
        assert outcome.violations == ()


def but_for_slowness(outcome: Outcome) -> list[str]:
    """The violations without those of time: a machine that tests share may be slow, and nothing is lost by it."""
    return [line for line in outcome.violations if "after the last restart" not in line and "only after" not in line]


# -- the house -----


@pytest.mark.parametrize("books", ["sqlite", "postgresql"])
def test_a_watcher_killed_again_and_again_loses_and_doubles_nothing(
    tmp_path: Path, books: str, request: pytest.FixtureRequest
) -> None:
    servers = request.getfixturevalue("servers") if books == "postgresql" else None
    if books == "postgresql" and servers is None:
        pytest.skip("PostgreSQL is not installed; apt-get install postgresql")
    house = Bench(tmp_path, TINY, servers).house("killed", books)
    outcome = faults.killed_while_faxes_come(house, books, faxes=12, kills=3)
    assert but_for_slowness(outcome) == []
    assert house.is_done()


def test_a_fax_still_being_written_is_not_read(bench: Bench) -> None:
    holds(faults.growing(bench))


def test_ten_deliveries_at_once_are_one_fax_with_ten_receipts(bench: Bench) -> None:
    holds(faults.ten_times(bench))


def test_no_space_is_waited_out_at_any_step(bench: Bench) -> None:
    holds(faults.no_space_at_each_step(bench))


def test_a_locked_database_is_waited_for(bench: Bench) -> None:
    holds(faults.database_locked(bench))


def test_a_database_that_goes_away_is_waited_for(tmp_path: Path, servers: Cluster | None) -> None:
    if servers is None:
        pytest.skip("PostgreSQL is not installed; apt-get install postgresql")
    holds(faults.database_away(Bench(tmp_path, TINY, servers)))


def test_every_file_of_a_burst_is_seen_at_one_look(tmp_path: Path) -> None:
    holds([load.seen_after_one_look(tmp_path, 40_000)])


# -- broken files -----


def test_a_fax_cut_short_is_refused_in_every_coding() -> None:
    (outcome,) = fault_files.cut_short(3)
    assert but_for_slowness(outcome) == []


def test_what_a_fuzzer_makes_is_refused_quickly_or_decoded() -> None:
    # Reading the survivors takes minutes: `make bench-faults` does that.
    (outcome,) = fault_files.fuzzed(20, read_at_most=0)
    assert but_for_slowness(outcome) == []


def test_a_damaged_strip_never_passes_with_a_wrong_value() -> None:
    (file,) = damaged(1)
    assert fault_files.read_and_compare(file).errors == ()


def test_every_coding_shows_the_same_pages() -> None:
    content = good_fax("02_clean_typed")
    pages = [decode_fax(in_coding(content, coding), DecodeLimits()).pages for coding in CODINGS]
    for others in pages[1:]:
        assert all((one.picture == other.picture).all() for one, other in zip(pages[0], others, strict=True))


# -- the counting -----


@pytest.fixture
def house(tmp_path: Path) -> House:
    return open_house(tmp_path)


def test_a_lost_fax_is_counted(house: House) -> None:
    house.note("fax.tif", b"II*\0lost", None)
    assert any("received 0 times" in line for line in house.violations())


def test_a_doubled_delivery_and_an_unread_fax_are_counted(house: House, tmp_path: Path) -> None:
    sent = house.deliver(1)
    for _ in range(2):
        receive(house.desk, house.inbox / sent.file)
    found = house.violations()
    assert any("received 2 times" in line for line in found)
    assert any("0 times fax_read" in line for line in found)


def test_a_changed_receipt_time_is_counted(house: House) -> None:
    sent = house.deliver(1)
    assert sent.received_at is not None
    receive(house.desk, house.inbox / sent.file)
    house.sent[0] = replace(sent, received_at=sent.received_at + timedelta(minutes=1))
    assert any("sent at" in line for line in house.violations())


def test_a_violation_fails_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [Row("good", lambda: [Outcome("f", "1", "x")]), Row("bad", lambda: [Outcome("g", "1", "y", ("lost one",))])]
    assert run_rows(rows, ["good"], "t") == 0
    assert run_rows(rows, [], "t") == 1
    assert "lost one" in capsys.readouterr().out
    assert run_rows(rows, ["unknown"], "t") == 2


def test_the_house_costs_what_its_readers_wait() -> None:
    # Two readers; one waits two seconds of ten between two readings of four.
    readings = [(0.0, 4.0), (6.0, 10.0), (0.0, 5.0), (5.0, 10.0), (10.0, 14.0), (10.0, 15.0)]
    assert load.overhead_of(readings, workers=2) == pytest.approx(2 / 18)
