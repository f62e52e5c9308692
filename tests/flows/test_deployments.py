"""prefect.yaml: what it names exists, and its flows can be loaded the way Prefect loads them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

HOUSE = Path(__file__).parents[2]
DEPLOYMENTS: list[dict[str, Any]] = yaml.safe_load((HOUSE / "prefect.yaml").read_text())["deployments"]

LOAD = """
import sys
from prefect.flows import load_flow_from_entrypoint
for entrypoint in sys.argv[1:]:
    print(load_flow_from_entrypoint(entrypoint, use_placeholder_flow=False).name)
"""
"""As a worker does; without the last argument Prefect puts a placeholder where a flow cannot be loaded."""


def test_three_deployments_wait_for_one_pool() -> None:
    assert {one["name"] for one in DEPLOYMENTS} == {"intake", "nightly", "watcher"}
    assert {one["work_pool"]["name"] for one in DEPLOYMENTS} == {"tenderfax"}


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda one: str(one["name"]))
def test_a_deployments_parameters_are_those_of_its_flow(deployment: dict[str, Any]) -> None:
    file, _, flow = deployment["entrypoint"].partition(":")
    tree = ast.parse((HOUSE / file).read_text())
    (found,) = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == flow
    ]
    assert [one.arg for one in found.args.args] == list(deployment["parameters"])


def test_the_night_is_after_the_end_of_a_business_day_wherever_the_clock_changes() -> None:
    from flows.nights import RUNS_AT
    from offers.loading import load_offer

    (night,) = [one for one in DEPLOYMENTS if one["name"] == "nightly"]
    (schedule,) = night["schedules"]
    minute, hour, *rest = schedule["cron"].split()
    assert (int(hour), int(minute), rest) == (RUNS_AT.hour, RUNS_AT.minute, ["*", "*", "*"])
    assert ZoneInfo(schedule["timezone"]) == load_offer(HOUSE / "offers" / "capstone_2003").terms.time_zone


def test_no_file_of_the_flows_hides_a_package() -> None:
    """Prefect puts the folder of an entrypoint first on the path: `flows/judging.py` once hid the package judging."""
    names = {
        path.stem for path in (HOUSE / "flows").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    packages = {path.parent.name for path in HOUSE.glob("*/__init__.py")}
    assert names & (packages | sys.stdlib_module_names) - {"__init__"} == set()


def test_the_flows_load_as_prefect_loads_them(tmp_path: Path) -> None:
    entrypoints = [str(one["entrypoint"]) for one in DEPLOYMENTS]
    said = subprocess.run(
        [sys.executable, "-c", LOAD, *entrypoints],
        cwd=HOUSE,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PREFECT_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert said.stdout.split() == ["intake", "nightly", "watch"], said.stderr[-2000:]
