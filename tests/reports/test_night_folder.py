"""The folder of a night: there whole or not at all, and no report is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from reports.night_folder import night_files, put, write_night
from tests.reports import nights

ROOT = Path(__file__).parents[2]
DESK = "http://desk.example.com"
NIGHT = nights.quiet_night()
FIRST, SECOND = {"a": b"first", "b": b"b"}, {"a": b"second", "b": b"b"}


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_night_is_written_under_its_date_in_the_offers_zone(tmp_path: Path) -> None:
    """9:30 p.m. on July 20 in Los Angeles is July 21 elsewhere."""
    folder = write_night(tmp_path / "reconciliation", NIGHT, DESK)
    assert folder == tmp_path / "reconciliation" / "2003-07-20"
    assert files_in(folder) == night_files(NIGHT, DESK)
    assert sorted(files_in(folder)) == ["breaks.csv", "report.html", "report.pdf", "standings.xlsx", "summary.json"]


def test_the_same_files_again_touch_nothing(tmp_path: Path) -> None:
    folder = put(tmp_path / "night", FIRST)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in (folder, *folder.iterdir())}
    put(folder, FIRST)
    assert {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in (folder, *folder.iterdir())} == before


def test_files_that_come_out_otherwise_leave_those_of_before_beside_them(tmp_path: Path) -> None:
    for files in (FIRST, SECOND, FIRST):
        put(tmp_path / "night", files)
    assert files_in(tmp_path / "night") == FIRST
    assert files_in(tmp_path / "night.replaced-1") == FIRST
    assert files_in(tmp_path / "night.replaced-2") == SECOND


def test_a_folder_that_was_tampered_with_is_written_again(tmp_path: Path) -> None:
    folder = put(tmp_path / "night", FIRST)
    (folder / "a").write_text("balanced, honestly")
    (folder / "note.txt").write_text("a note")
    put(folder, FIRST)
    assert files_in(folder) == FIRST
    assert (tmp_path / "night.replaced-1" / "note.txt").read_text() == "a note"


_PUT_AND_DIE = """
import os, signal, sys
from pathlib import Path
from reports.night_folder import put

steps = int(sys.argv[2])

def counted(function):
    def stepping(*arguments, **options):
        global steps
        steps -= 1
        if steps < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return stepping

# Every change of the disk goes through one of these: dying before each is dying at every point that matters.
os.fsync, Path.rename, Path.mkdir = counted(os.fsync), counted(Path.rename), counted(Path.mkdir)
put(Path(sys.argv[1]), {"a": b"second", "b": b"b"})
"""


def test_wherever_a_run_is_killed_the_folder_is_whole_and_the_next_run_finishes(tmp_path: Path) -> None:
    ends = []
    for step in range(40):
        place = put(tmp_path / str(step) / "night", FIRST)
        ends.append(_put_and_die(place, step))
        left = files_in(place) if place.exists() else None
        assert left in (None, FIRST, SECOND)
        put(place, SECOND)
        names = sorted(path.name for path in place.parent.iterdir())
        assert names == [".lock", "night", "night.replaced-1"]
        assert (files_in(place), files_in(place.with_name("night.replaced-1"))) == (SECOND, FIRST)
        if ends[-1] == 0:
            break
    assert ends[-1] == 0 and set(ends[:-1]) == {-signal.SIGKILL}
    assert len(ends) > 8


def _put_and_die(place: Path, step: int) -> int:
    run = subprocess.run(
        [sys.executable, "-c", _PUT_AND_DIE, str(place), str(step)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        timeout=60,
    )
    return run.returncode
