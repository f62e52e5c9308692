"""docs/operations.md and README.md name every setting and every command there is, and none that there is not."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
OPERATIONS = (HOUSE / "docs" / "operations.md").read_text()


def test_every_setting_is_documented_and_every_documented_setting_exists() -> None:
    read = set(re.findall(r"TENDERFAX_[A-Z_]+", (HOUSE / "flows" / "settings.py").read_text()))
    table = OPERATIONS.partition("## Environment")[2].partition("\n## ")[0]
    assert set(re.findall(r"TENDERFAX_[A-Z_]+", table)) == read


@pytest.mark.parametrize("command", ["watch", "serve", "status", "rebuild"])
def test_every_command_of_the_service_is_in_the_readme(command: str) -> None:
    assert f"`{command}" in (HOUSE / "README.md").read_text()


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    units = [Path(shutil.copy(unit, tmp_path)) for unit in (HOUSE / "tools" / "systemd").iterdir()]
    assert len(units) == 4
    for unit in units:
        # The program is not installed where the units expect it; everything else must be right.
        unit.write_text(unit.read_text().replace("/opt/tenderfax/.venv/bin/tenderfax", "/bin/true"))
    said = subprocess.run(
        ["systemd-analyze", "verify", *map(str, units)], capture_output=True, text=True, check=False, timeout=60
    )
    ours = [line for line in said.stderr.splitlines() if "tenderfax" in line]
    assert (said.returncode, ours) == (0, [])
