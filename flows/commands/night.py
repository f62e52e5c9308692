"""`reconcile`: the nightly run, by hand."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.printing import print_json, print_table
from flows.settings import parse_moment

if TYPE_CHECKING:
    from core.night import Night
    from flows.nights import Ran

_FINDINGS = 1


def register(app: typer.Typer) -> None:
    app.command()(reconcile)


def reconcile(
    context: typer.Context,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="T", help="A moment in the past, ISO 8601.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Prove every line and file again, not only what is new since the last proof.")
    ] = False,
    mail: Annotated[bool, typer.Option("--mail", help="Mail the summary, or put it into the outbox.")] = False,
) -> None:
    """Balance everything with everything and write the report; ends with 1 when something does not balance."""
    from flows.desk import open_desk
    from flows.nights import run_night

    desk = open_desk(context.obj)
    moment = parse_moment("--as-of", as_of) if as_of is not None else None
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=desk.offer.terms.time_zone)
    ran = run_night(desk, as_of=moment, full=full)
    if as_json:
        print_json(_said(ran))
    else:
        _show(ran)
    if mail:
        from flows.mailing import mail_night

        posted = mail_night(desk.settings, ran.night, ran.folder)
        if not as_json:
            sys.stdout.write(f"{'mailed' if posted.sent else 'mail in the outbox'}: {posted.file}\n")
    if not ran.night.balanced:
        raise typer.Exit(_FINDINGS)


def _said(ran: Ran) -> dict[str, Any]:
    """The night without its lists of forms and holders, which are in the report's folder."""
    from core.plain import to_plain

    night = ran.night
    return {
        "offer": night.offer_id,
        "as_of": night.as_of.isoformat(),
        "before": to_plain(night.before),
        "balanced": night.balanced,
        "blocks_close": bool(night.blocking),
        "expiration": night.expiration.isoformat(),
        "report": str(ran.folder),
        "proof": to_plain(night.proof),
        "breaks": [to_plain(one) | {"age": int(one.age.total_seconds())} for one in night.breaks],
        "checks": to_plain(night.checks),
        "tie_outs": [
            to_plain(tie)
            | {"table": table.title, "this_total": tie.this_total, "that_total": tie.that_total, "ties": tie.ties}
            for table in night.tie_tables
            for tie in table.ties
        ],
        "revalidated": to_plain(night.revalidated),
    }


def _show(ran: Ran) -> None:
    from reports.night_page import verdict

    night = ran.night
    rows = [(one.severity.value, one.code, one.key, _since(night, one.first_seen), one.message) for one in night.breaks]
    rows += [("not made", run.code, "–", "–", run.why) for run in night.unproven]
    sys.stdout.write(f"{verdict(night)}, as of {night.as_of.isoformat()}\n")
    if ran.recorded:
        sys.stdout.write("This is what that night's run found; nothing was looked at again.\n")
    if rows:
        print_table(("weight", "code", "key", "first seen", "what"), rows, empty="")
    sys.stdout.write(f"report in {ran.folder}\n")


def _since(night: Night, first_seen: Any) -> str:
    return "tonight" if first_seen == night.as_of else first_seen.isoformat()
