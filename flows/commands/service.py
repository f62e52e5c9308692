"""`watch`: what runs for weeks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from flows.settings import Settings


def register(app: typer.Typer) -> None:
    app.command()(watch)


def watch(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Drain the inbox and stop.")] = False,
    inbox: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The inbox (TENDERFAX_INBOX, default inbox in the workspace).")
    ] = None,
) -> None:
    """Watch the inbox and take in every fax as it becomes complete; logs are JSON lines on stderr."""
    from flows.watch import watch_inbox

    settings: Settings = context.obj
    if inbox is not None:
        settings = replace(settings, inbox_folder=inbox.absolute())
    watch_inbox(settings, once=once)
