"""A workspace, the command line and good forms for the tests of the flows."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flows.command_line import run
from flows.desk import Desk, make_desk
from flows.settings import Settings

CASES = Path(__file__).parents[1] / "cases" / "rules.json"
HOLDERS = """holder_id,name_on_agreement,legal_name_changes,tax_id,category,title,country,email,address
H1,Maria L. Ortega,,000-12-1001,employee,Buyer,US,maria@example.com,
H2,Carl Ness,,000-12-1002,employee,Welder,US,carl@example.com,
"""
GRANTS = """grant_no,holder_id,plan,grant_date,exercise_price,shares_granted,shares_exercised,shares_cancelled,type,\
split_group,held_since,expires_on
1041,H1,2000,2001-03-15,24.50,1200,0,0,NSO,,,2011-03-15
1187,H1,2000,2002-04-24,3.33,1000,0,0,ISO,,,2012-04-24
2041,H2,2000,2001-03-15,24.50,600,0,0,NSO,,,2011-03-15
"""


@dataclass(frozen=True)
class Said:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Command = Callable[..., Said]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


@pytest.fixture
def command(workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `tenderfax` on the workspace (SQLite) in this process."""
    for name in [name for name in os.environ if name.startswith("TENDERFAX_")]:
        monkeypatch.delenv(name)

    def call(*arguments: object) -> Said:
        capsys.readouterr()
        status = run(["--workspace", str(workspace), *map(str, arguments)])
        captured = capsys.readouterr()
        return Said(status, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace to be copied: books made on June 30, the small ledger imported on July 1, 2003."""
    folder = tmp_path_factory.mktemp("prepared")
    holders, grants, workspace = folder / "holders.csv", folder / "grants.csv", folder / "workspace"
    holders.write_text(HOLDERS)
    grants.write_text(GRANTS)
    assert run(["--workspace", str(workspace), "init"]) == 0
    imported = ["ledger", "import", str(holders), str(grants), "--as-of", "2003-06-10", "--actor", "HR"]
    assert run(["--workspace", str(workspace), "--now", "2003-07-01T09:00:00-07:00", *imported]) == 0
    return folder


@pytest.fixture
def opened(command: Command, prepared: Path, tmp_path: Path) -> Command:
    """The command line of a workspace that is ready, with the small ledger beside it."""
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    return command


@pytest.fixture
def desk(tmp_path: Path, books_url: str) -> Iterator[Desk]:
    """A desk on a fresh database of each kind, with an empty option ledger."""
    offer = Path(__file__).parents[2] / "offers" / "capstone_2003"
    made = make_desk(Settings(tmp_path / "workspace", offer, books_url, max_failures=3))
    yield made
    made.books.close()


@pytest.fixture
def election() -> dict[str, Any]:
    """Maria Ortega's election of both her grants, in perfect order, signed July 14, 10:15, received 10:40."""
    case = next(case for case in json.loads(CASES.read_text()) if case["id"] == "C001")
    form: dict[str, Any] = case["submission"] | {"id": "S1"}
    form["delivery"] = "hand"
    return form


@pytest.fixture
def enter(opened: Command, tmp_path: Path) -> Callable[..., Said]:
    """Keys a form through the command line, at the moment that it was received."""

    def key(form: dict[str, Any], *options: object, now: str | None = None) -> Said:
        path = tmp_path / f"{form.get('id', 'form')}.json"
        path.write_text(json.dumps(form))
        return opened("--now", now or form.get("received_at") or "2003-07-14T12:00:00-07:00", "enter", path, *options)

    return key
