"""The demo's clock: the day of its faxes, so that what is left, due and past means something."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.demo import open_demo
from flows.settings import Settings

SAMPLES = Path(__file__).parents[2] / "sample_faxes"
LAST = datetime.fromisoformat("2003-07-24T17:12:09-07:00")


@pytest.fixture
def faxes(tmp_path: Path) -> Path:
    folder = tmp_path / "faxes"
    folder.mkdir()
    for name in ("holders.csv", "grants.csv"):
        shutil.copy(SAMPLES / name, folder)
    return folder


def settings(tmp_path: Path, now: datetime | None = None) -> Settings:
    return Settings(tmp_path, SAMPLES.parent / "offers" / "capstone_2003", "", now)


def test_the_demo_begins_after_its_last_fax_and_goes_on(tmp_path: Path, faxes: Path) -> None:
    for number, received_at in enumerate((LAST, LAST - timedelta(days=3))):
        (faxes / f"{number}.json").write_text(json.dumps({"received_at": received_at.isoformat()}))
    (faxes / "other.json").write_text("[]")
    desk = open_demo(settings(tmp_path), faxes)
    first = desk.now()
    assert LAST < first < LAST + timedelta(hours=1) and desk.now() >= first


def test_a_stopped_clock_is_left_alone(tmp_path: Path, faxes: Path) -> None:
    (faxes / "1.json").write_text(json.dumps({"received_at": LAST.isoformat()}))
    stopped = datetime(2003, 7, 20, 9, tzinfo=UTC)
    assert open_demo(settings(tmp_path, stopped), faxes).now() == stopped


def test_without_a_known_receipt_the_clock_is_the_real_one(tmp_path: Path, faxes: Path) -> None:
    assert open_demo(settings(tmp_path), faxes).now() > datetime(2026, 1, 1, tzinfo=UTC)
