"""Flips every comparison of the deciding modules, one at a time, and asks whether a test notices.

`python -m benchmarks.mutants [MODULE...]` copies the checkout's packages aside, mutates there, and prints the score.
A mutant that no test kills is named with file, line and what was flipped; exit status 1 then.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPIED = ("core", "offers", "ledger", "validators", "tests", "pyproject.toml")
TIMEOUT_S = 120

TESTS = {
    "offers/business_days.py": ("tests/offers",),
    "offers/shares.py": ("tests/offers",),
    "offers/state.py": ("tests/offers",),
    "offers/proxies.py": ("tests/offers/test_proxies.py", "tests/offers/test_worked_arithmetic.py"),
    "offers/tally.py": ("tests/offers/test_tally.py", "tests/offers/test_worked_arithmetic.py"),
    "offers/loading.py": ("tests/offers/test_loading.py",),
    "validators/offer_level.py": ("tests/validators/test_offer_level.py", "tests/validators/test_closing.py"),
    "validators/closing.py": ("tests/validators/test_closing.py",),
    "validators/offer_decisions.py": ("tests/validators/test_offer_decisions.py",),
}
"""Module under mutation, and the tests that must notice."""

_FLIPS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One comparison of a module turned: `source` is the whole module with it."""

    module: str
    line: int
    was: str
    becomes: str
    source: str


def mutants_of(module: str) -> Iterator[Mutant]:
    """Every mutant of one module, in the order of its lines."""
    text = (ROOT / module).read_text(encoding="utf-8")
    count = sum(isinstance(node, ast.Compare) for node in ast.walk(ast.parse(text)))
    for index in range(count):
        tree = ast.parse(text)
        compare = [node for node in ast.walk(tree) if isinstance(node, ast.Compare)][index]
        for position, operator in enumerate(compare.ops):
            was = ast.unparse(compare)
            compare.ops[position] = _FLIPS[type(operator)]()
            yield Mutant(module, compare.lineno, was, ast.unparse(compare), ast.unparse(tree))
            compare.ops[position] = operator


def survives(mutant: Mutant, copy: Path) -> bool:
    """Whether the module's tests all pass with the mutant in the copied checkout."""
    file = copy / mutant.module
    healthy = file.read_text(encoding="utf-8")
    file.write_text(mutant.source, encoding="utf-8")
    try:
        return _tests_pass(TESTS[mutant.module], copy)
    finally:
        file.write_text(healthy, encoding="utf-8")


def _tests_pass(tests: tuple[str, ...], copy: Path) -> bool:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        run = subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return False
    return run.returncode == 0


def main(modules: list[str]) -> int:
    chosen = modules or list(TESTS)
    killed, alive = 0, []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / name)
        for module in chosen:
            if not _tests_pass(TESTS[module], copy):
                print(f"{module}: its tests fail before any mutation")
                return 1
            for mutant in mutants_of(module):
                if survives(mutant, copy):
                    alive.append(mutant)
                    print(f"SURVIVED {mutant.module}:{mutant.line}: {mutant.was}  ->  {mutant.becomes}", flush=True)
                else:
                    killed += 1
    print(f"{killed} of {killed + len(alive)} mutants killed in {len(chosen)} modules")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
