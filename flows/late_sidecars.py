"""A sidecar that lies in the inbox without its fax: the fax was taken before it, or is still to come, or never came.

It is given to a fax only where no doubt is possible; a receipt put to the wrong fax would be a silent error. Else a
person is told, and it stays where it lies.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from core.events import EventKind, FaxReceived, NewEvent
from core.transmissions import Receipt
from flows.desk import MACHINE, Desk
from flows.inbox import Sight, stated_in
from flows.receiving import SidecarUnreadable, keep_sidecar, put_in_quarantine, receipt_stated, shown
from ledger import claims, journal

_CLOCKS_APART = timedelta(minutes=5)
"""How far the fax server's clock may be ahead of ours before its sidecar is taken for another fax's."""


@dataclass(frozen=True, slots=True)
class LateSidecar:
    """What became of a lone sidecar. `says` names it for the log, None where there is nothing to say."""

    is_left: bool
    says: str | None = None
    fax: str | None = None


def take_late_sidecar(desk: Desk, seen: Sight, seconds_here: float) -> LateSidecar:
    """Gives a lone sidecar to the fax that came under its name; raises OSError and database errors."""
    try:
        content = seen.path.read_bytes()
    except FileNotFoundError:
        return LateSidecar(is_left=False)
    if stated_in(seen.path) is None:
        return LateSidecar(is_left=True)  # not one that speaks of a receipt: some other program's file
    digest = sha256(content).hexdigest()
    deliveries = _deliveries(desk, seen)
    if any(one.sidecar == digest for one in deliveries):
        _remove(seen)  # taken with its fax by a watcher that was killed before it could remove it
        return LateSidecar(is_left=False)
    try:
        receipt = receipt_stated(content, seen.path.name, desk.offer.terms.fax_number)
    except SidecarUnreadable as error:
        return _told_to_a_person(desk, seen, content, str(error))
    fitting = [one for one in deliveries if one.sidecar is None and _may_be_of(desk, receipt, one)]
    if len(fitting) == 1:
        _complete(desk, fitting[0], receipt, keep_sidecar(desk, content))
        _remove(seen)
        return LateSidecar(is_left=False, says="sidecar_came_late", fax=fitting[0].fax)
    if seconds_here < desk.settings.sidecar_seconds:
        return LateSidecar(is_left=False)
    what = f"its fax came {len(fitting)} times" if fitting else "its fax has not come"
    return _told_to_a_person(
        desk, seen, content, f"{shown(seen.path)}: a receipt without a fax, {what}; look at the fax server"
    )


def _deliveries(desk: Desk, seen: Sight) -> list[FaxReceived]:
    """Every delivery under a name whose sidecar this may be, as last told."""
    with desk.books.reading() as connection:
        known = claims.deliveries_named(connection, seen.path.name.removesuffix(".json"))
        told: dict[str, FaxReceived] = {}
        for fax in {fax for _, fax in known}:
            for event in journal.read(connection, kinds=[EventKind.FAX_RECEIVED], subject=fax):
                body = event.body()
                if isinstance(body, FaxReceived):
                    told[body.delivery_id] = body
    return [told[delivery] for delivery, _ in known if delivery in told]


def _may_be_of(desk: Desk, receipt: Receipt, delivery: FaxReceived) -> bool:
    """Whether the facts allow it: a short while ago, not received after we had it, and of as many pages."""
    with desk.books.reading() as connection:
        noted_at = claims.noted_at(connection, delivery.delivery_id)
        kept = claims.pages_of(connection, delivery.fax)
    if noted_at is None or abs(desk.now() - noted_at) > timedelta(seconds=2 * desk.settings.sidecar_seconds):
        return False
    received = receipt.received_at
    if received is not None and received.tzinfo is not None and received > noted_at + _CLOCKS_APART:
        return False
    return receipt.pages is None or kept is None or receipt.pages == kept


def _complete(desk: Desk, delivery: FaxReceived, receipt: Receipt, sidecar: str) -> None:
    """The delivery told again, with its receipt."""
    told = FaxReceived(delivery.fax, delivery.file, delivery.delivery_id, receipt, sidecar)
    with desk.books.writing() as connection:
        claims.tell_receipt(connection, delivery.delivery_id, receipt)
        journal.append(connection, [NewEvent(desk.now(), MACHINE, told)])


def _told_to_a_person(desk: Desk, seen: Sight, content: bytes, reason: str) -> LateSidecar:
    digest = sha256(content).hexdigest()
    file = shown(seen.path)
    put_in_quarantine(desk, digest, file=file, content=content, suffix=".json", reason=reason, attempts=0)
    return LateSidecar(is_left=True, says="sidecar_without_fax")


def _remove(seen: Sight) -> None:
    with contextlib.suppress(OSError):
        if seen.shows(seen.path.lstat()):
            seen.path.unlink()
    folder = os.open(seen.path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
