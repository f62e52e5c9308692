"""`judge` and `rules`: the rulebook asked without any books."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from core.failures import MalformedCase
from flows.settings import Settings

_CASES_BYTES = 256 * 2**20


def register(app: typer.Typer) -> None:
    app.command()(judge)
    app.command()(rules)


def judge(
    context: typer.Context,
    cases: Annotated[Path, typer.Argument(metavar="CASES.json", help="A list of cases (design 3.3).")],
) -> None:
    """Evaluate cases in memory, touching no database; prints a JSON list of results."""
    from offers.loading import load_offer
    from validators.judgement import judge_cases

    settings: Settings = context.obj
    results = judge_cases(_read(cases), load_offer(settings.offer_folder).terms)
    sys.stdout.write(json.dumps(results, indent=1, ensure_ascii=False) + "\n")


def rules(
    code: Annotated[str | None, typer.Argument(metavar="[CODE]", help="One rule's code; all by default.")] = None,
) -> None:
    """Print the rules as the documentation has them: what each checks, what follows, its source, examples."""
    from validators.reconciliation.check_table import check_of, render_check
    from validators.rule_table import render_markdown, render_rule

    nightly = check_of(code) if code else None
    if nightly is not None:
        sys.stdout.write(render_check(nightly))
        return
    sys.stdout.write((render_rule(code) if code else render_markdown()).rstrip("\n") + "\n")


def _read(path: Path) -> object:
    try:
        if path.stat().st_size > _CASES_BYTES:
            raise MalformedCase(f"{path}: is larger than {_CASES_BYTES // 2**20} MB; split it")
        found: object = json.loads(path.read_bytes())
    except OSError as error:
        raise MalformedCase(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except (ValueError, RecursionError) as error:
        raise MalformedCase(f"{path}: is no JSON ({error}); correct it and repeat") from None
    return found
