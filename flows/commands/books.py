"""`init`, `ledger import`, `queue`, `standing`: the books themselves."""

from __future__ import annotations

import getpass
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from core.failures import TenderfaxError
from flows.commands.printing import print_json, print_table
from flows.settings import BadSetting, Settings, parse_moment

_LEDGER_FILE_BYTES = 256 * 2**20


class NoSuchFile(TenderfaxError):
    """A file named on the command line that is not there or cannot be read."""


class NoSuchHolder(TenderfaxError):
    """A holder id that the option ledger does not know."""


def register(app: typer.Typer) -> None:
    app.command()(init)
    ledger = typer.Typer(help="The option ledger.", no_args_is_help=True)
    ledger.command("import")(ledger_import)
    app.add_typer(ledger, name="ledger")
    app.command()(queue)
    app.command()(standing)


def init(context: typer.Context) -> None:
    """Make the workspace and its database, or bring them to this version."""
    from flows.desk import make_desk

    settings: Settings = context.obj
    desk = make_desk(settings)
    where = desk.books.engine.url.render_as_string(hide_password=True)
    print_line(f"workspace {settings.workspace} is ready, books at {where}")


def ledger_import(
    context: typer.Context,
    holders: Annotated[Path, typer.Argument(metavar="HOLDERS.csv")],
    grants: Annotated[Path, typer.Argument(metavar="GRANTS.csv")],
    as_of: Annotated[str, typer.Option("--as-of", metavar="DATE", help="The day the files describe, YYYY-MM-DD.")],
    actor: Annotated[str | None, typer.Option(help="Who imports it; the login name by default.")] = None,
) -> None:
    """Import a version of the option ledger: all of it, or nothing with every bad row named."""
    from flows.desk import open_desk
    from flows.ledger_import import import_ledger

    day = _date("--as-of", as_of)
    desk = open_desk(context.obj)
    imported = import_ledger(desk, _named(holders), _named(grants), as_of=day, actor=actor or getpass.getuser())
    verb = "imported as" if imported.new else "was already imported as"
    print_line(f"{imported.holders} holders and {imported.grants} grants as of {day} {verb} version {imported.version}")


def queue(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """List the open irregularities: what a person must look at."""
    from core.plain import to_plain
    from flows import rulings
    from flows.desk import open_desk
    from ledger import derived

    desk = open_desk(context.obj)
    rulings.refresh(desk)
    with desk.books.reading() as connection:
        items = derived.open_items(connection)
    if as_json:
        for item in items:
            print_json(to_plain(item))
        return
    rows = [
        (item.file, item.holder_id or "–", item.code, item.severity.value, item.target, item.message) for item in items
    ]
    print_table(("file", "holder", "code", "severity", "target", "what"), rows, empty="nothing to look at")


def standing(
    context: typer.Context,
    holder: Annotated[str | None, typer.Argument(metavar="[HOLDER]", help="A holder id; all by default.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="T", help="A moment in the past, ISO 8601.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> None:
    """Show where holders stand, now or at a moment in the past."""
    from core.judgements import Standing
    from core.notation import standing_to_json
    from flows import rulings
    from flows.desk import open_desk
    from ledger import derived
    from ledger.grants import ledger_in_force

    desk = open_desk(context.obj)
    if as_of is None:
        rulings.refresh(desk)
        with desk.books.reading() as connection:
            found = dict(derived.standings(connection, holder))
            known = ledger_in_force(connection)
    else:
        with desk.books.reading() as connection:
            judged = rulings.judged_as_of(desk, connection, _moment(desk, as_of))
        found, known = dict(judged.standings), judged.ledger
    if holder is not None:
        if holder not in found and known.holder(holder) is None:
            raise NoSuchHolder(
                f"no holder {holder!r} in the option ledger; see `tenderfax standing` for those who sent"
            )
        found = {holder: found.get(holder, Standing())}
    if as_json:
        for holder_id in sorted(found):
            print_json({"holder_id": holder_id, **(standing_to_json(found[holder_id]) or {})})
        return
    rows = [
        (
            holder_id,
            one.state.value,
            ", ".join(f"{number}: {shares:,}" for number, shares in one.grants.items()) or "–",
            ", ".join(one.held_grants) or "–",
            one.basis or "–",
            "contested" if one.contested else "",
        )
        for holder_id, one in sorted(found.items())
    ]
    print_table(("holder", "state", "grants", "held", "basis", ""), rows, empty="nobody has sent anything")


def print_line(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _named(path: Path) -> Any:
    from ledger.grants import LedgerFile

    try:
        if path.stat().st_size > _LEDGER_FILE_BYTES:
            raise NoSuchFile(f"{path}: is larger than {_LEDGER_FILE_BYTES // 2**20} MB; no option ledger is")
        return LedgerFile(path.name, path.read_bytes())
    except OSError as error:
        raise NoSuchFile(f"{path}: cannot be read ({error.strerror}); check the path") from None


def _date(name: str, text: str) -> date:
    try:
        if len(text) != len("2003-06-10"):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise BadSetting(f"{name}: {text!r} is no date such as 2003-06-10") from None


def _moment(desk: Any, text: str) -> datetime:
    """An instant; without a zone on the offer's clock, and a bare date is the end of that day there."""
    zone = desk.offer.terms.time_zone
    if len(text) == len("2003-06-10"):
        return datetime.combine(_date("--as-of", text) + timedelta(days=1), time(), zone) - timedelta(microseconds=1)
    moment = parse_moment("--as-of", text)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
