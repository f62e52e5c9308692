"""A night's summary as a short mail: what balances and what does not, and where the report lies.

Mail leaves the house: it names codes and figures, never a holder, a file or what a form says.
"""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from core.night import BreakSeverity, Night
from reports.night_page import broken_checks, ending, verdict
from reports.wording import say_day, say_moment, say_signed
from validators.wording import say_shares


def night_mail(night: Night, *, sender: str, to: tuple[str, ...], folder: str) -> EmailMessage:
    """The mail about a night; the same night gives the same bytes, its Message-ID included.

    `folder` is where the report lies, as the reader is to find it. Without `to` it is addressed to nobody yet.
    """
    zone = ZoneInfo(night.time_zone)
    text = "\n".join(_lines(night, zone, folder)) + "\n"
    mail = EmailMessage()
    mail["Subject"] = f"Nightly reconciliation, {say_day(night.as_of.astimezone(zone).date())}: {verdict(night)}"
    mail["From"] = sender
    mail["To"] = ", ".join(to) or "undisclosed-recipients:;"
    mail["Date"] = format_datetime(night.as_of.astimezone(zone))
    known = sha256(f"{night.offer_id}\n{night.as_of.isoformat()}\n{text}".encode()).hexdigest()
    mail["Message-ID"] = f"<night-{known[:32]}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text, cte="quoted-printable")
    return mail


def _lines(night: Night, zone: ZoneInfo, folder: str) -> Iterator[str]:
    yield verdict(night)
    yield f"{night.issuer}, {night.offer_id}, as of {say_moment(night.as_of, zone, year=True, zone_name=True)}"
    yield ", ".join(ending(night, zone))
    yield ""
    yield f"Tendered {say_shares(night.tendered_shares)} of {say_shares(night.eligible_cap)} shares."
    yield f"Forms: {say_shares(len(night.forms))}. Open irregularities: {say_shares(len(night.open_irregularities))}."
    for group in broken_checks(night):
        what = "blocks the close" if group.severity is BreakSeverity.BLOCKS else "warning"
        yield f"{group.check.code} ({what}): {say_shares(group.count)}. {group.check.duty}"
    for check in night.unproven:
        yield f"{check.code} could not be made: {check.why}"
    for table in night.tie_tables:
        for tie in table.ties:
            if not tie.ties:
                yield f"{tie.label}: {say_signed(tie.this_total)} against {say_signed(tie.that_total)}"
    yield ""
    yield f"The report: {folder}"
