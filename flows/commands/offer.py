"""`offer extend|change|terminate|accept|waive|show`: what happens to the offer, each an event with its reason."""

from __future__ import annotations

import getpass
import sys
import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.printing import print_json
from flows.settings import BadSetting, parse_moment

if TYPE_CHECKING:
    from flows.desk import Desk
    from validators.offer_case import OfferCase
    from validators.offer_decisions import Decided

Reason = Annotated[str, typer.Option("--reason", help="Why; recorded with the event.")]
Actor = Annotated[str | None, typer.Option("--actor", help="Who decides; the login name by default.")]
At = Annotated[str | None, typer.Option("--at", metavar="T", help="When, ISO 8601; now by default.")]


def register(app: typer.Typer) -> None:
    offer = typer.Typer(help="What happens to the offer itself.", no_args_is_help=True)
    for command in (extend, change, terminate, accept, waive, show):
        offer.command()(command)
    app.add_typer(offer, name="offer")


def extend(
    context: typer.Context,
    to: Annotated[str, typer.Option("--to", "--new-expiration", metavar="T", help="The new expiration, ISO 8601.")],
    reason: Reason,
    announced: Annotated[
        str | None, typer.Option("--announced", "--announced-at", metavar="T", help="When announced; now by default.")
    ] = None,
    actor: Actor = None,
) -> None:
    """Extend the offer; forms that came late meanwhile are judged again."""
    from validators.offer_decisions import decide_extension

    def choose(desk: Desk) -> Callable[[OfferCase], Decided]:
        announced_at, new_expiration = _moment(desk, "--announced", announced), _moment(desk, "--to", to)
        return lambda case: decide_extension(case, announced_at, new_expiration, reason)

    _decide(context, actor, choose)


def change(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="consideration, number, condition or other.")],
    reason: Reason,
    notified_on: Annotated[
        str | None, typer.Option("--notified-on", metavar="DATE", help="The day notice was given; today by default.")
    ] = None,
    actor: Actor = None,
) -> None:
    """Record a change of the offer's terms, or the waiver of one of its conditions."""
    from core.offer_state import ChangeKind
    from validators.offer_decisions import decide_change

    if kind not in list(ChangeKind):
        raise BadSetting(f"KIND: {kind!r} is not one of {', '.join(ChangeKind)}")

    def choose(desk: Desk) -> Callable[[OfferCase], Decided]:
        day = _day(notified_on) if notified_on else desk.offer.terms.local_date(desk.now())
        return lambda case: decide_change(case, day, ChangeKind(kind), reason)

    _decide(context, actor, choose)


def terminate(context: typer.Context, reason: Reason, at: At = None, actor: Actor = None) -> None:
    """End the offer without accepting anything."""
    from validators.offer_decisions import decide_termination

    def choose(desk: Desk) -> Callable[[OfferCase], Decided]:
        moment = _moment(desk, "--at", at)
        return lambda case: decide_termination(case, moment, reason)

    _decide(context, actor, choose)


def accept(
    context: typer.Context,
    reason: Reason,
    medium: Annotated[str, typer.Option("--medium", help="How the holders were told: press release, e-mail ...")],
    at: At = None,
    actor: Actor = None,
) -> None:
    """Accept every standing tender, given to the holders at that moment; refused while anything is open."""
    from validators.offer_decisions import decide_acceptance

    def choose(desk: Desk) -> Callable[[OfferCase], Decided]:
        moment = _moment(desk, "--at", at)
        return lambda case: decide_acceptance(case, moment, medium, reason)

    _decide(context, actor, choose)


def waive(
    context: typer.Context,
    code: Annotated[str, typer.Argument(metavar="CODE", help="The code of the class of defects.")],
    reason: Reason,
    at: At = None,
    actor: Actor = None,
) -> None:
    """Waive a class of defects, for every holder alike; lateness never."""
    from core.decisions import Waiver
    from validators.catalogue import RULE_BY_CODE
    from validators.offer_decisions import decide_waiver

    by = actor or getpass.getuser()

    def choose(desk: Desk) -> Callable[[OfferCase], Decided]:
        waiver = Waiver(f"W-{uuid.uuid4().hex[:12]}", code, by, _moment(desk, "--at", at), reason)
        return lambda case: decide_waiver(case, waiver, RULE_BY_CODE)

    _decide(context, by, choose)


def show(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False
) -> None:
    """Show what happened to the offer, when it expires, and what its own rules find."""
    from core.plain import to_plain
    from flows.desk import open_desk
    from flows.offer_events import offer_case
    from offers.state import judged_extensions
    from validators.offer_level import offer_findings

    desk = open_desk(context.obj)
    with desk.books.reading() as connection:
        case = offer_case(desk, connection)
    extensions = judged_extensions(case.state, case.terms.announcement_limit)
    shown: dict[str, Any] = {
        "offer": case.terms.offer_id,
        "as_of": case.as_of.isoformat(),
        "expiration": case.expiration.isoformat(),
        "first_expiration": case.state.expiration.isoformat(),
        "extensions": [to_plain(one.extension) | {"applied": one.applied} for one in extensions],
        "announce_extension_by": case.terms.announcement_limit(case.expiration).isoformat(),
        "changes": to_plain(case.state.changes),
        "waivers": to_plain(case.state.waivers),
        "terminated_at": to_plain(case.state.terminated_at),
        "accepted_at": to_plain(case.state.accepted_at),
        "accepted_grants": to_plain(case.state.accepted_grants),
        "findings": [
            {"code": f.code, "severity": f.severity.value, "target": f.target, "message": f.message, "cite": f.cite}
            for f in offer_findings(case)
        ],
    }
    if as_json:
        print_json(shown)
        return
    for name, value in shown.items():
        sys.stdout.write(f"{name.replace('_', ' '):<24}{_listed(value)}\n")


def _listed(value: Any) -> str:
    if isinstance(value, list):
        return "".join(f"\n  {', '.join(f'{k} {v}' for k, v in one.items())}" for one in value) or "none"
    return str(value) if value is not None else "–"


def _decide(
    context: typer.Context,
    actor: str | None,
    choose: Callable[[Desk], Callable[[OfferCase], Decided]],
) -> None:
    from flows import judging
    from flows.desk import open_desk
    from flows.offer_events import decide

    desk = open_desk(context.obj)
    decided = decide(desk, actor or getpass.getuser(), choose(desk))
    judging.refresh(desk)
    sys.stdout.write(f"recorded: {type(decided.event).__name__}\n")
    for finding in decided.findings:
        sys.stdout.write(f"{finding.severity.value}: {finding.code} {finding.target}: {finding.message}\n")


def _moment(desk: Desk, name: str, text: str | None) -> datetime:
    """An instant of the offer; its zone must be written (the rules refuse one without)."""
    return parse_moment(name, text) if text else desk.now().astimezone(desk.offer.terms.time_zone)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadSetting(f"--notified-on: {text!r} is no date such as 2003-07-09") from None
