"""Turns every comparison of the modules that decide, one at a time, and asks whether a test notices.

`python -m benchmarks.mutants [MODULE...]` prints the score, and names every mutant that no test kills with file, line
and what was turned; exit status 1 then. Each mutant runs in a forked child in which the module's functions have the
mutated code, so no file is written and a mutant costs a second or two. What stands outside every function has run by
then: turned there it would survive and be named (none of these modules compares anything there).
"""

from __future__ import annotations

import ast
import functools
import gc
import io
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType

import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).parents[1]
TIMEOUT_S = 120

_RULES = "tests/validators/test_{}.py"
_EXAMPLES = (_RULES.format("rule_catalogue"),)
_TIMING = (_RULES.format("timing"), *_EXAMPLES)
_STANDING = (_RULES.format("worked_standings"), _RULES.format("order_rules"))
_FORMS = (_RULES.format("completeness_rules"), _RULES.format("decisions_and_waivers"))
_OFFERS = "tests/offers/test_{}.py"
_ARITHMETIC = (_OFFERS.format("worked_arithmetic"),)

TESTS: dict[str, tuple[str, ...]] = {
    "core/standing.py": ("tests/core/test_standing.py", *_STANDING),
    "core/grammar.py": ("tests/core/test_grammar.py",),
    "offers/business_days.py": (_OFFERS.format("business_days"), *_ARITHMETIC),
    "offers/shares.py": (_OFFERS.format("shares"), *_ARITHMETIC),
    "offers/state.py": (_OFFERS.format("offer_state"), *_ARITHMETIC),
    "offers/proxies.py": (_OFFERS.format("proxies"), *_ARITHMETIC),
    "offers/tally.py": (_OFFERS.format("tally"), *_ARITHMETIC),
    "offers/loading.py": (_OFFERS.format("loading"),),
    "validators/case.py": (*_TIMING, *_STANDING, _RULES.format("row_rules"), *_FORMS, _RULES.format("identity_rules")),
    "validators/delivery.py": (*_TIMING, *_FORMS),
    "validators/completeness.py": (_RULES.format("identity_rules"), *_FORMS, *_EXAMPLES),
    "validators/identity.py": (_RULES.format("identity_rules"), *_TIMING, *_FORMS),
    "validators/rows.py": (_RULES.format("row_rules"), *_EXAMPLES, *_FORMS),
    "validators/order.py": (_RULES.format("order_rules"), *_TIMING),
    "validators/resubmission.py": _FORMS,
    "validators/judgement.py": (*_FORMS, _RULES.format("row_rules"), *_STANDING, _RULES.format("identity_rules")),
    "validators/ruling.py": (_RULES.format("decisions_and_waivers"),),
    "validators/offer_level.py": (_RULES.format("offer_level"), _RULES.format("closing")),
    "validators/closing.py": (_RULES.format("closing"),),
    "validators/offer_decisions.py": (_RULES.format("offer_decisions"), "tests/flows/test_offer_findings_settled.py"),
}
"""Module under mutation, and the quick tests that must notice, the likeliest first."""

_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
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
    module: str
    line: int
    was: str
    becomes: str
    code: CodeType


def mutants_of(module: str) -> Iterator[Mutant]:
    """Every comparison of the module turned, and every `and` made `or` and the reverse; asserts are left alone."""
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    asserted = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.Assert) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in asserted:
            continue
        if isinstance(node, ast.Compare):
            for position, operator in enumerate(node.ops):
                was = ast.unparse(node)
                node.ops[position] = _TURNED[type(operator)]()
                yield _mutant(module, tree, node, was)
                node.ops[position] = operator
        elif isinstance(node, ast.BoolOp):
            was, connective = ast.unparse(node), node.op
            node.op = ast.Or() if isinstance(connective, ast.And) else ast.And()
            yield _mutant(module, tree, node, was)
            node.op = connective


def _healthy(module: str) -> CodeType:
    return compile((ROOT / module).read_text(encoding="utf-8"), str(ROOT / module), "exec")


def _mutant(module: str, tree: ast.Module, turned: ast.expr, was: str) -> Mutant:
    return Mutant(module, turned.lineno, was, ast.unparse(turned), compile(tree, str(ROOT / module), "exec"))


class Trial:
    """A pytest plugin: in place of one run of the collected tests, one run for each mutant, in a child of its own."""

    def __init__(self, module: str) -> None:
        self._module = module
        self.survivors: list[Mutant] = []
        self.killed = 0
        self.is_healthy = False

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        # The healthy code is put in place like a mutant, so that a fault in doing so is not taken for a kill.
        self.is_healthy = bool(session.items) and _all_pass(session, _healthy(self._module))
        for mutant in mutants_of(self._module) if self.is_healthy else ():
            if _all_pass(session, mutant.code):
                self.survivors.append(mutant)
            else:
                self.killed += 1
        return True


def _all_pass(session: pytest.Session, code: CodeType) -> bool:
    child = os.fork()
    if child == 0:
        signal.alarm(TIMEOUT_S)
        failed = True
        try:
            _put_in_place(code)
            items = session.items
            failed = any(_fails(item, then) for item, then in zip(items, [*items[1:], None], strict=True))
        finally:
            os._exit(failed)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def _fails(item: pytest.Item, following: pytest.Item | None) -> bool:
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=following))


def _put_in_place(module: CodeType) -> None:
    """Gives every function the code that it has in `module`; functions keep their identity, so the catalogue sees it.

    What a cache remembers from collecting the tests was computed by the healthy code, and is forgotten.
    """
    codes = {(code.co_qualname, code.co_firstlineno): code for code in _codes_in(module)}
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and thing.__code__.co_filename == module.co_filename:
            code = thing.__code__
            thing.__code__ = codes.get((code.co_qualname, code.co_firstlineno), code)
        elif isinstance(thing, functools._lru_cache_wrapper) and _ours(thing):
            thing.cache_clear()


def _ours(cached: functools._lru_cache_wrapper[object]) -> bool:
    code = getattr(cached.__wrapped__, "__code__", None)
    return code is not None and code.co_filename.startswith(str(ROOT))


def _codes_in(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes_in(constant)


def try_module(module: str) -> Trial:
    """Turns everything in one module against its tests, collected once."""
    trial = Trial(module)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        pytest.main(["-q", "-p", "no:cacheprovider", *TESTS[module]], plugins=[trial])
    return trial


def main(modules: Sequence[str]) -> int:
    os.chdir(ROOT)
    began = time.monotonic()
    killed = alive = 0
    chosen = modules or tuple(TESTS)
    for module in chosen:
        trial = try_module(module)
        if not trial.is_healthy:
            print(f"{module}: its tests fail before any mutation; put them right first")
            return 1
        killed, alive = killed + trial.killed, alive + len(trial.survivors)
        for mutant in trial.survivors:
            print(f"SURVIVED {mutant.module}:{mutant.line}: {mutant.was}  ->  {mutant.becomes}", flush=True)
    took = time.monotonic() - began
    print(f"{killed} of {killed + alive} mutants killed in {len(chosen)} modules, {took:.0f} s")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
