"""`samples make`: synthetic faxes with truth files, for demos, tests and benchmarks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    samples = typer.Typer(help="Synthetic faxes.", no_args_is_help=True)
    samples.callback()(lambda: None)
    samples.command("make")(make)
    app.add_typer(samples, name="samples")


def make(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write into.")],
    count: Annotated[int, typer.Option("--count", metavar="N", min=0, max=100_000)] = 30,
    seed: Annotated[int, typer.Option("--seed", metavar="S", min=0)] = 1,
) -> None:
    """Write N synthetic faxes with sidecars, truth files and their option ledger; the same seed, the same bytes."""
    from samples.generate import make as make_samples

    written = make_samples(out, count, seed)
    sys.stdout.write(f"{len(written)} faxes with sidecars and truth files in {out}\n")
