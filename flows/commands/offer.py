"""`offer extend|change|terminate|accept|waive|settle|report|show`: what happens to the offer, each an event."""

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
    from core.events import HolderReported, TenderUnlawful
    from flows.desk import Desk
    from validators.offer_case import OfferCase
    from validators.offer_decisions import Decided

Reason = Annotated[str, typer.Option("--reason", help="Why; recorded with the event.")]
Actor = Annotated[str | None, typer.Option("--actor", help="Who decides; the login name by default.")]
At = Annotated[str | None, typer.Option("--at", metavar="T", help="When, ISO 8601; now by default.")]


def register(app: typer.Typer) -> None:
    offer = typer.Typer(help="What happens to the offer itself.", no_args_is_help=True)
    for command in (extend, change, terminate, accept, waive, settle, report, show):
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
        day = _day("--notified-on", notified_on) if notified_on else desk.offer.terms.local_date(desk.now())
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


def settle(
    context: typer.Context,
    code: Annotated[str, typer.Argument(metavar="CODE", help="The code of a review that `offer show` lists.")],
    upheld: Annotated[bool, typer.Option("--uphold/--clear", help="The irregularity stands, or there is none.")],
    reason: Reason,
    target: Annotated[
        str, typer.Option("--target", metavar="T", help="The holder, grant or offer; needed where several are found.")
    ] = "",
    actor: Actor = None,
) -> None:
    """Decide one of the offer's own reviews; a later change, day or number asks again."""
    from core.decisions import Decision, Verdict
    from validators.offer_decisions import decide_settlement
    from validators.offer_level import OFFER

    by, verdict = actor or getpass.getuser(), Verdict.UPHOLD if upheld else Verdict.CLEAR

    def choose(desk: Desk) -> Callable[[OfferCase], Decided]:
        asked = Decision(f"D-{uuid.uuid4().hex[:12]}", OFFER, code, target, verdict, by, desk.now(), reason)
        return lambda case: decide_settlement(case, asked)

    _decide(context, by, choose)


def report(
    context: typer.Context,
    holder: Annotated[str, typer.Argument(metavar="HOLDER", help="The holder's id in the option ledger.")],
    reason: Reason,
    on: Annotated[str, typer.Option("--on", metavar="DATE", help="The day on which it happened.")],
    change: Annotated[
        str | None, typer.Option("--change", metavar="KIND", help="left, died, promoted, ...; a wrong one lists all.")
    ] = None,
    unlawful: Annotated[
        bool, typer.Option("--unlawful", help="Counsel: the tender may be unlawful to accept.")
    ] = False,
    take_back: Annotated[bool, typer.Option("--take-back", help="The report was wrong; it stays written.")] = False,
    actor: Actor = None,
) -> None:
    """Record what happened to a holder, or that the tender is unlawful to accept; or take that back."""
    from core.events import HolderReported
    from flows import rulings
    from flows.desk import open_desk
    from flows.offer_events import take_back_report
    from validators.offer_decisions import decide_holder_report, decide_unlawful_tender

    told = _report_of(holder, change, unlawful, _day("--on", on), reason)
    if take_back:
        desk = open_desk(context.obj)
        take_back_report(desk, actor or getpass.getuser(), told, reason)
        rulings.refresh(desk)
        sys.stdout.write("recorded: the report is taken back\n")
    elif isinstance(told, HolderReported):
        _decide(context, actor, lambda _: lambda case: decide_holder_report(case, told.change))
    else:
        _decide(context, actor, lambda _: lambda case: decide_unlawful_tender(case, told.tender))


def _report_of(
    holder: str, change: str | None, unlawful: bool, day: date, reason: str
) -> HolderReported | TenderUnlawful:
    from core.events import HolderReported, TenderUnlawful
    from core.holder_changes import HolderChange, HolderChangeKind, UnlawfulTender

    if unlawful == (change is not None):
        raise BadSetting("give either --change KIND or --unlawful")
    if change is None:
        return TenderUnlawful(UnlawfulTender(frozenset({holder}), day, reason))
    if change not in list(HolderChangeKind):
        raise BadSetting(f"--change: {change!r} is not one of {', '.join(HolderChangeKind)}")
    return HolderReported(HolderChange(holder, HolderChangeKind(change), day, reason))


def show(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False
) -> None:
    """Show what happened to the offer, when it expires, and what its own rules find."""
    from core.plain import to_plain
    from flows.desk import open_desk
    from flows.offer_events import offer_case
    from offers.state import judged_extensions
    from validators.offer_level import OFFER, offer_findings

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
        "holder_changes": to_plain(case.holder_changes),
        "unlawful": to_plain(case.unlawful),
        "decisions": [to_plain(decision) for decision in case.decisions if decision.submission_id == OFFER],
        "terminated_at": to_plain(case.state.terminated_at),
        "accepted_at": to_plain(case.state.accepted_at),
        "accepted_grants": to_plain(case.state.accepted_grants),
        "findings": [
            {
                "code": f.code,
                "severity": f.severity.value,
                "target": f.target,
                "resolution": f.resolution.value,
                "message": f.message,
                "cite": f.cite,
            }
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
    from core.findings import Resolution
    from flows import rulings
    from flows.desk import open_desk
    from flows.offer_events import decide

    desk = open_desk(context.obj)
    decided = decide(desk, actor or getpass.getuser(), choose(desk))
    rulings.refresh(desk)
    sys.stdout.write(f"recorded: {type(decided.event).__name__}\n")
    for finding in decided.findings:
        settled = "" if finding.resolution is Resolution.OPEN else f", {finding.resolution.value}"
        sys.stdout.write(f"{finding.severity.value}{settled}: {finding.code} {finding.target}: {finding.message}\n")


def _moment(desk: Desk, name: str, text: str | None) -> datetime:
    """An instant of the offer; its zone must be written (the rules refuse one without)."""
    return parse_moment(name, text) if text else desk.now().astimezone(desk.offer.terms.time_zone)


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadSetting(f"{name}: {text!r} is no date such as 2003-07-09") from None
