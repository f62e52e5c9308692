"""The demo ends with the report of the night that follows its last fax."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from flows.demo import open_demo, report_the_night
from flows.nights import last_run
from flows.settings import Settings

SAMPLES = Path(__file__).parents[2] / "sample_faxes"


def settings(folder: Path, received_at: str) -> tuple[Settings, Path]:
    """A demo of which only the sidecars of the faxes are there: reading them is another test's matter."""
    faxes = folder / "faxes"
    faxes.mkdir()
    for name in ("holders.csv", "grants.csv"):
        shutil.copy(SAMPLES / name, faxes)
    (faxes / "1.json").write_text(json.dumps({"received_at": received_at}))
    return Settings(folder, SAMPLES.parent / "offers" / "capstone_2003", ""), faxes


@pytest.mark.parametrize(
    ("last_fax", "night"),
    [("2003-07-24T17:12:09-07:00", "2003-07-24"), ("2003-07-21T22:15:00-07:00", "2003-07-22")],
)
def test_the_report_is_of_the_evening_after_the_last_fax(tmp_path: Path, last_fax: str, night: str) -> None:
    desk = open_demo(*settings(tmp_path, last_fax))
    found, folder = report_the_night(desk)
    assert found.as_of == datetime.fromisoformat(f"{night}T21:30:00-07:00")
    assert folder == tmp_path / "demo" / "books" / "reconciliation" / night
    assert (folder / "report.html").is_file() and (folder / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert desk.now() < found.as_of
    # By the demo's clock the night has not come: a run recorded in advance would hide a real one.
    assert last_run(desk).done_as_of is None
