"""The command line: its global options, its commands, and how it ends (design 3.1).

Exit status 0 done, 1 findings where a command says so, 2 wrong use or bad input with one clear line on stderr; never a
traceback. Each command imports what it needs when it runs, so that `judge` does not wait for Prefect or OpenCV.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from core.failures import TenderfaxError
from flows.commands import books, cases, desk, faxes, night, offer, samples, service
from flows.settings import settings_from

DONE, FINDINGS, BAD_INPUT = 0, 1, 2
_GLOBAL_OPTIONS = ("--workspace", "--offer", "--database", "--now")

app = typer.Typer(
    name="tenderfax",
    help="Intake desk for the faxed forms of a tender offer.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
books.register(app)
faxes.register(app)
cases.register(app)
offer.register(app)
samples.register(app)
desk.register(app)
service.register(app)
night.register(app)


@app.callback()
def global_options(
    context: typer.Context,
    workspace: Annotated[
        Path | None, typer.Option(help="Folder of the books (TENDERFAX_WORKSPACE, default outputs).")
    ] = None,
    offer: Annotated[Path | None, typer.Option(help="Folder of the offer (default offers/capstone_2003).")] = None,
    database: Annotated[
        str | None, typer.Option(help="Database URL (TENDERFAX_DATABASE, default SQLite in the workspace).")
    ] = None,
    now: Annotated[str | None, typer.Option(help="The clock, ISO 8601, for replaying a past offer.")] = None,
) -> None:
    context.obj = settings_from(os.environ, workspace=workspace, offer=offer, database=database, now=now)


def run(arguments: Sequence[str]) -> int:
    """Runs one command and returns its exit status."""
    try:
        status = app(args=_options_first(arguments), prog_name="tenderfax", standalone_mode=False)
    except typer.TyperException as error:
        return _refused(error.format_message())
    except TenderfaxError as error:
        return _refused(str(error))
    except typer.Abort:
        return _refused("stopped")
    except KeyboardInterrupt:
        return _refused("stopped; what was taken in is kept, run the same command again for the rest")
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python must not complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _refused(f"{place}{error.strerror or type(error).__name__}; nothing was lost, put it right and repeat")
    except Exception as error:  # noqa: BLE001 - the last edge: a person at a terminal is not shown a traceback
        if type(error).__name__ == "OperationalError":
            reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
            return _refused(f"the database did not answer ({reason}); nothing was lost, repeat when it is there")
        return _refused(_kept_for_the_maintainers(error, _workspace_of(arguments)))
    return status if isinstance(status, int) else DONE


def _refused(message: str) -> int:
    sys.stdout.flush()
    if message.strip():
        sys.stderr.write(f"tenderfax: {message.rstrip()}\n")
    return BAD_INPUT


def _workspace_of(arguments: Sequence[str]) -> Path:
    first = _options_first(arguments)
    asked = [first[n + 1] for n, argument in enumerate(first[:-1]) if argument == "--workspace"]
    asked += [argument.partition("=")[2] for argument in first if argument.startswith("--workspace=")]
    return Path(asked[0] if asked else os.environ.get("TENDERFAX_WORKSPACE") or "outputs")


def _kept_for_the_maintainers(error: Exception, workspace: Path) -> str:
    """Writes the lines of code that failed, without values, into the workspace; returns what to tell the person."""
    kind = type(error).__name__
    place = workspace / "failure.txt"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{kind}\n{''.join(traceback.format_tb(error.__traceback__))}")
    except OSError:
        return f"a fault of the program ({kind}); nothing was lost, please report it"
    return f"a fault of the program ({kind}); nothing was lost, please report it with {place}"


def _options_first(arguments: Sequence[str]) -> list[str]:
    """Global options may stand anywhere: `tenderfax init --workspace DIR` is what people type."""
    first: list[str] = []
    rest: list[str] = []
    remaining = iter(arguments)
    for argument in remaining:
        if argument == "--":
            rest.extend([argument, *remaining])
        elif argument in _GLOBAL_OPTIONS:
            value = next(remaining, None)
            first.extend([argument] if value is None else [argument, value])
        elif argument.startswith(tuple(f"{option}=" for option in _GLOBAL_OPTIONS)):
            first.append(argument)
        else:
            rest.append(argument)
    return [*first, *rest]
