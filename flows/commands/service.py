"""`watch`, `status`, `rebuild`: what runs for weeks, how it stands, and the proof of its books."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.printing import print_json, print_table
from flows.settings import Settings

if TYPE_CHECKING:
    from flows.status import Status

_FINDINGS = 1


def register(app: typer.Typer) -> None:
    app.command()(watch)
    app.command()(status)
    app.command()(rebuild)
    app.command()(serve)


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


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address on which the desk listens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535)] = 8321,
    behind_tls: Annotated[bool, typer.Option("--behind-tls", help="A proxy in front speaks TLS.")] = False,
    name: Annotated[
        list[str] | None, typer.Option("--name", help="Host name under which browsers reach the desk; repeatable.")
    ] = None,
    inbox: Annotated[Path | None, typer.Option(metavar="DIR", help="The inbox.")] = None,
) -> None:
    """Run watcher, reviewer's desk and nightly together on this machine; makes the workspace where there is none."""
    from flows.desk import make_desk
    from flows.logbook import open_logbook
    from flows.serving import Part, Service

    settings: Settings = context.obj
    if inbox is not None:
        settings = replace(settings, inbox_folder=inbox.absolute())
    desk = make_desk(settings)
    review = ["review", "--host", host, "--port", str(port), *(("--behind-tls",) if behind_tls else ())]
    review += [word for one in name or () for word in ("--name", one)]
    parts = (Part("watch", ("watch",)), Part("review", review))
    Service(desk, open_logbook(part="serve"), parts, started_at=desk.now()).run()


def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say how the house stands: inbox, readers, queue, watchers, expiration, the last night."""
    from flows.desk import open_desk
    from flows.status import status_of

    found = status_of(open_desk(context.obj))
    if as_json:
        print_json(_status_json(found))
        return
    for name, value in _status_lines(found):
        sys.stdout.write(f"{name:<24}{value}\n")
    for line in found.attention:
        sys.stdout.write(f"attention: {line}\n")


def rebuild(
    context: typer.Context,
    keep: Annotated[
        bool, typer.Option("--keep", help="Write what was made again into the books, where it differs.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Make everything derived again from the journal and the archive and compare; ends with 1 when it differs.

    The readings are taken from the journal: no page is read again.
    """
    from core.plain import to_plain
    from flows.desk import open_desk
    from flows.rebuilding import rebuild as made_again
    from flows.rebuilding import write_rebuilt

    desk = open_desk(context.obj)
    found = made_again(desk)
    if keep and found.differences:
        write_rebuilt(desk)
    if as_json:
        print_json(to_plain(found))
    else:
        if found.differences:
            print_table(("where", "which", "what"), [(d.place, d.key, d.what) for d in found.differences], empty="")
        counted = ", ".join(f"{count} {name}" for name, count in found.counts.items())
        sys.stdout.write(f"made again: {counted}; {len(found.differences)} differences\n")
        if keep and found.differences:
            sys.stdout.write("the tables were written anew; run it again: what differs still needs a backup\n")
    if found.differences:
        raise typer.Exit(_FINDINGS)


def _status_json(found: Status) -> dict[str, Any]:
    from core.plain import to_plain

    plain: dict[str, Any] = to_plain(found)
    plain["work"]["seconds_to_expiration"] = int((found.work.expires_at - found.at).total_seconds())
    return plain | {"attention": list(found.attention)}


def _status_lines(found: Status) -> list[tuple[str, str]]:
    work, inbox, night = found.work, found.inbox, found.night
    left = work.expires_at - found.at
    waits = f"{work.waiting}, of which {work.held} are being read"
    if work.oldest_waiting_since is not None:
        waits += f"; the oldest since {work.oldest_waiting_since.isoformat(timespec='seconds')}"
    in_inbox = "cannot be read"
    if inbox is not None:
        in_inbox = f"{inbox.faxes} faxes, {inbox.unfinished} unfinished, {inbox.others} other files"
    done = night.done_as_of.isoformat(timespec="minutes") if night.done_as_of is not None else "never"
    return [
        ("inbox", in_inbox),
        ("waiting to be read", waits),
        ("read", f"{work.read} faxes, {work.pages} pages, from {work.deliveries} deliveries"),
        ("in quarantine", str(work.quarantined)),
        ("to review", f"{work.to_review} irregularities"),
        (
            "offer expires",
            f"{work.expires_at.isoformat()} ({'in' if left.total_seconds() > 0 else 'since'} {_span(left)})",
        ),
        ("last reconciliation", f"{done}{'' if night.balanced is None else _balance(night.balanced)}"),
        *(
            (f"watcher {one.owner}", one.state + (f", {one.endpoint}" if one.endpoint else ""))
            for one in found.watchers
        ),
    ]


def _balance(balanced: bool) -> str:
    return ", balanced" if balanced else ", NOT balanced"


def _span(left: timedelta) -> str:
    hours, seconds = divmod(abs(int(left.total_seconds())), 3600)
    return f"{hours // 24} days {hours % 24} h" if hours >= 48 else f"{hours} h {seconds // 60} min"
