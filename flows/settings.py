"""Every choice that is made outside the program: folders, database, clock and limits, read once and typed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from core.failures import TenderfaxError

DEFAULT_OFFER = Path("offers/capstone_2003")
T = TypeVar("T")


class BadSetting(TenderfaxError):
    """An option or environment variable with a value that it cannot have."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. `security` is "smtps", "starttls" or "plain"; a password never travels plain."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """How this run of the program is set up. `now` None is the real clock; a naive one is in the offer's zone.

    `readers` is how many faxes are read at once, each in a child process that may take `read_seconds` and
    `read_memory_bytes` of address space. A claim is held for `lease`; after `max_failures` a fax goes to quarantine.
    """

    workspace: Path
    offer_folder: Path
    database_url: str
    now: datetime | None = None
    readers: int = 1
    read_seconds: int = 180
    read_memory_bytes: int = 4 * 2**30
    lease: timedelta = timedelta(minutes=10)
    max_failures: int = 3
    reader: str = "flows.reading_child"
    """The module whose processes read faxes, one after the other (the protocol is flows.reading_child's)."""
    two_readers: frozenset[str] = frozenset()
    """Columns and boxes whose doubtful cells two people must read alike, blind (the desk's sweep)."""
    inbox_folder: Path | None = None
    quiet_seconds: float = 45.0
    """How long a file must lie unlocked and unchanged before it counts as complete (design 5)."""
    rescan_seconds: float = 60.0
    sidecar_seconds: float = 900.0
    """How long a sidecar waits for its fax before a person is told that the fax did not come."""
    polling: bool | None = None
    """Whether the inbox is polled instead of asking the kernel for its events; None where the file system decides."""
    shutdown_seconds: float = 60.0
    """How long a stopped watcher waits for what is being read before it gives the rest back."""
    endpoint: str = ""
    """Where /healthz and /metrics are answered, HOST:PORT; "off" for nowhere, "" for 127.0.0.1:8322 if it is free."""
    prefect: bool = True
    desk_url: str = "http://127.0.0.1:8321"
    """Where the reviewer's desk is reached: links of the nightly report begin with it."""
    mail_server: MailServer | None = None
    """None: mail stays in the outbox as .eml files."""
    mail_from: str = "tenderfax@localhost"
    mail_to: tuple[str, ...] = ()

    @property
    def outbox(self) -> Path:
        """Mail as .eml files: what waits to be sent, and what was sent in `sent/`."""
        return self.workspace / "outbox"

    @property
    def inbox(self) -> Path:
        return self.inbox_folder or self.workspace / "inbox"

    @property
    def heartbeats(self) -> Path:
        """A file for each watcher that runs, written anew every few seconds."""
        return self.workspace / "heartbeats"

    @property
    def fax_log(self) -> Path:
        """What the fax server says it received (design 3.7)."""
        return self.workspace / "faxlog.csv"

    @property
    def archive(self) -> Path:
        return self.workspace / "archive"

    @property
    def quarantine(self) -> Path:
        return self.workspace / "quarantine"

    @property
    def pages(self) -> Path:
        """Pictures of registered pages, by fax; derived, may be thrown away."""
        return self.workspace / "pages"


def settings_from(
    environment: Mapping[str, str],
    *,
    workspace: Path | None = None,
    offer: Path | None = None,
    database: str | None = None,
    now: str | None = None,
    inbox: Path | None = None,
) -> Settings:
    """The settings that options and environment give, options first; raises BadSetting naming the faulty one."""
    folder = (workspace or Path(environment.get("TENDERFAX_WORKSPACE") or "outputs")).absolute()
    return Settings(
        workspace=folder,
        offer_folder=_offer_folder(offer or _path(environment.get("TENDERFAX_OFFER"))),
        database_url=database or environment.get("TENDERFAX_DATABASE") or f"sqlite:///{folder / 'tenderfax.sqlite'}",
        now=_moment("--now", now or environment.get("TENDERFAX_NOW") or None),
        readers=_whole(environment, "TENDERFAX_READERS", min(2, _cores()), 1, 64),
        read_seconds=_whole(environment, "TENDERFAX_READ_SECONDS", 180, 1, 86_400),
        read_memory_bytes=_whole(environment, "TENDERFAX_READ_MEMORY_MB", 4096, 256, 1 << 20) * 2**20,
        lease=timedelta(seconds=_whole(environment, "TENDERFAX_LEASE_SECONDS", 600, 1, 86_400)),
        max_failures=_whole(environment, "TENDERFAX_MAX_FAILURES", 3, 1, 100),
        reader=environment.get("TENDERFAX_READER") or "flows.reading_child",
        two_readers=_two_readers(environment.get("TENDERFAX_TWO_READERS", "")),
        inbox_folder=_absolute(inbox or _path(environment.get("TENDERFAX_INBOX"))),
        quiet_seconds=_seconds(environment, "TENDERFAX_QUIET_SECONDS", 45.0, 0.1, 86_400),
        # Events get lost: a minute is the longest that a file may lie unseen (design 5).
        rescan_seconds=_seconds(environment, "TENDERFAX_RESCAN_SECONDS", 60.0, 0.1, 60),
        sidecar_seconds=_seconds(environment, "TENDERFAX_SIDECAR_SECONDS", 900.0, 0.1, 30 * 86_400),
        polling=_yes_or_no(environment, "TENDERFAX_POLLING", None),
        shutdown_seconds=_seconds(environment, "TENDERFAX_SHUTDOWN_SECONDS", 60.0, 0, 86_400),
        endpoint=_endpoint(environment.get("TENDERFAX_ENDPOINT", "")),
        prefect=_yes_or_no(environment, "TENDERFAX_PREFECT", True) is not False,
        desk_url=_web_address("TENDERFAX_DESK_URL", environment.get("TENDERFAX_DESK_URL") or "http://127.0.0.1:8321"),
        mail_server=_mail_server(environment),
        mail_from=_mailbox("TENDERFAX_MAIL_FROM", environment.get("TENDERFAX_MAIL_FROM") or "tenderfax@localhost"),
        mail_to=tuple(
            _mailbox("TENDERFAX_MAIL_TO", part.strip())
            for part in environment.get("TENDERFAX_MAIL_TO", "").split(",")
            if part.strip()
        ),
    )


def parse_moment(name: str, text: str) -> datetime:
    """An instant written ISO 8601 with date and time; naive where no zone is written. Raises BadSetting."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadSetting(f"{name}: {text!r} is no ISO 8601 time such as 2003-07-24T17:00:00-07:00") from None
    if len(text) <= len("2003-07-24"):
        raise BadSetting(f"{name}: {text!r} lacks the time of day; write for example {text}T17:00:00-07:00")
    return moment


_MAIL_PORTS = {"smtps": ("smtps", 465), "smtp+starttls": ("starttls", 587), "smtp": ("plain", 25)}


def _mail_server(environment: Mapping[str, str]) -> MailServer | None:
    text = environment.get("TENDERFAX_SMTP", "").strip()
    if not text:
        return None
    shape = "write smtps://HOST, smtp+starttls://HOST or smtp://HOST, with :PORT where it is another"
    address = urlsplit(text)
    try:
        security, standard = _MAIL_PORTS[address.scheme]
        port = address.port or standard
    except (KeyError, ValueError):
        raise BadSetting(f"TENDERFAX_SMTP: {_without_user(text)!r} is no mail server; {shape}") from None
    if not address.hostname or address.username or address.path.strip("/") or address.query:
        raise BadSetting(
            f"TENDERFAX_SMTP: {_without_user(text)!r} is no mail server; {shape}; user and password belong into"
            " TENDERFAX_SMTP_USER and TENDERFAX_SMTP_PASSWORD"
        )
    user = environment.get("TENDERFAX_SMTP_USER", "")
    if user and security == "plain":
        raise BadSetting("TENDERFAX_SMTP: a password would travel unencrypted; write smtps:// or smtp+starttls://")
    if not environment.get("TENDERFAX_MAIL_TO", "").strip():
        raise BadSetting("TENDERFAX_MAIL_TO: TENDERFAX_SMTP names a server, but nobody to write to; add addresses")
    return MailServer(address.hostname, port, security, user, environment.get("TENDERFAX_SMTP_PASSWORD", ""))


def _without_user(text: str) -> str:
    """An address without what may be a password before its host."""
    return re.sub(r"//[^/]*@", "//…@", text)


def _mailbox(name: str, text: str) -> str:
    if not re.fullmatch(r"[!#-+./0-9=?A-Z^-~-]+@[0-9A-Za-z.-]+", text):
        raise BadSetting(f"{name}: {text!r} is no mail address such as controller@example.com")
    return text


def _web_address(name: str, text: str) -> str:
    address = urlsplit(text)
    if address.scheme not in ("http", "https") or not address.netloc or address.query or address.fragment:
        raise BadSetting(f"{name}: {text!r} is no web address such as https://desk.example.com")
    return text.rstrip("/")


_CELLS_FOR_TWO = frozenset({"grant_no", "grant_date", "price", "shares", "signed_at", "signature", "printed_name"})


def _two_readers(text: str) -> frozenset[str]:
    asked = frozenset(part.strip() for part in text.split(",") if part.strip())
    if unknown := sorted(asked - _CELLS_FOR_TWO):
        allowed = ", ".join(sorted(_CELLS_FOR_TWO))
        raise BadSetting(f"TENDERFAX_TWO_READERS: {unknown[0]!r} is no cell; allowed are {allowed}")
    return asked


def _moment(name: str, text: str | None) -> datetime | None:
    return parse_moment(name, text) if text else None


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _offer_folder(asked: Path | None) -> Path:
    """The folder asked for, else the default below the current folder, else the one the program ships."""
    if asked is not None:
        return asked.absolute()
    if DEFAULT_OFFER.is_dir():
        return DEFAULT_OFFER.absolute()
    return Path(__file__).resolve().parent.parent / DEFAULT_OFFER


def _cores() -> int:
    """The cores that this process may use, which can be fewer than the machine has (taskset, a container)."""
    return len(os.sched_getaffinity(0))


def _absolute(path: Path | None) -> Path | None:
    return path.absolute() if path is not None else None


def _seconds(environment: Mapping[str, str], name: str, default: float, least: float, most: float) -> float:
    allowed = f"{least:g} to {most:g} seconds"
    return _read(name, environment.get(name), default, float, lambda n: least <= n <= most, allowed)


_ANSWERS = {"1": True, "yes": True, "on": True, "true": True, "0": False, "no": False, "off": False, "false": False}


def _yes_or_no(environment: Mapping[str, str], name: str, default: bool | None) -> bool | None:
    text = environment.get(name, "")
    if not text:
        return default
    if text.lower() not in _ANSWERS:
        raise BadSetting(f"{name}: {text!r} is not allowed; write 1 or 0")
    return _ANSWERS[text.lower()]


def _endpoint(text: str) -> str:
    """`HOST:PORT` (port 0 is any that is free) or "off"; raises BadSetting."""
    host, _, port = text.rpartition(":")
    if text in ("", "off") or (host and port.isdecimal() and int(port) <= 65_535):
        return text
    raise BadSetting(f"TENDERFAX_ENDPOINT: {text!r} is no address such as 127.0.0.1:8322; `off` for none")


def _whole(environment: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    return _read(name, environment.get(name), default, int, lambda n: least <= n <= most, f"{least} to {most}")


def _read(
    name: str, text: str | None, default: T, read: Callable[[str], T], is_allowed: Callable[[T], bool], allowed: str
) -> T:
    if not text:
        return default
    try:
        value = read(text)
    except ValueError:
        raise BadSetting(f"{name}: {text!r} is no number; allowed is {allowed}") from None
    if not is_allowed(value):
        raise BadSetting(f"{name}: {text!r} is not allowed; allowed is {allowed}")
    return value
