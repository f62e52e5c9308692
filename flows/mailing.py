"""Mail goes through the outbox: first it lies there whole, then it is sent, then it lies in `sent/`.

Whatever is killed in between, a mail is never lost; one that was handed in but not yet put into `sent/` may go out
twice, with the same Message-ID. Without a mail server the outbox is the end of the way.
"""

from __future__ import annotations

import os
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from core.failures import TenderfaxError
from core.night import Night
from flows.settings import MailServer, Settings
from reports.night_mail import night_mail

_SECONDS = 60.0
"""The longest that a mail server may keep silent."""


class MailNotSent(TenderfaxError):
    """The mail server did not take a mail; it waits in the outbox."""


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a mail lies now. `sent` False: in the outbox, for there is no mail server. `anew`: not mailed before."""

    file: Path
    sent: bool
    anew: bool


def mail_night(settings: Settings, night: Night, folder: Path) -> Posted:
    """Mails the night's summary once; the same night again does nothing. Raises MailNotSent, OSError.

    A night that comes out otherwise when it is run again is told of again.
    """
    mail = night_mail(night, sender=settings.mail_from, to=settings.mail_to, folder=str(folder))
    known = mail["Message-ID"].strip("<>").partition("@")[0]
    return post(settings.outbox, f"{folder.name}-{known}.eml", mail, settings.mail_server)


def post(outbox: Path, name: str, mail: EmailMessage, server: MailServer | None) -> Posted:
    """Puts a mail into the outbox under `name` and, where there is a server, hands it in; by its name it goes once."""
    waiting, sent = outbox / name, outbox / "sent" / name
    if sent.exists():
        return Posted(sent, sent=True, anew=False)
    anew, content = not waiting.exists(), mail.as_bytes()
    if anew or waiting.read_bytes() != content:
        _keep(waiting, content)
    if server is None:
        return Posted(waiting, sent=False, anew=anew)
    try:
        _hand_in(server, mail)
    except (OSError, smtplib.SMTPException) as error:
        # An OSError of the network must not be taken for one of the disk; and the server's answer may quote a mailbox.
        reason = type(error).__name__
        raise MailNotSent(
            f"{server.host}:{server.port} did not take the mail ({reason}); it waits at {waiting}"
        ) from error
    sent.parent.mkdir(exist_ok=True)
    waiting.rename(sent)
    _flush(sent.parent)
    _flush(outbox)
    return Posted(sent, sent=True, anew=True)


def _hand_in(server: MailServer, mail: EmailMessage) -> None:
    trusted = ssl.create_default_context()
    if server.security == "smtps":
        session: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=trusted)
    else:
        session = smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
    with session:
        if server.security == "starttls":
            session.starttls(context=trusted)
        if server.user:
            session.login(server.user, server.password)
        refused = session.send_message(mail)
        if refused:
            raise smtplib.SMTPRecipientsRefused(refused)


def _keep(place: Path, content: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_name(f".{place.name}.{os.getpid()}")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(place)
    _flush(place.parent)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
