"""Every choice that is made outside the program: folders, database, clock and limits, read once and typed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from core.failures import TenderfaxError

DEFAULT_OFFER = Path("offers/capstone_2003")
T = TypeVar("T")


class BadSetting(TenderfaxError):
    """An option or environment variable with a value that it cannot have."""


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
    two_readers: frozenset[str] = frozenset()
    """Columns and boxes whose doubtful cells two people must read alike, blind (the desk's sweep)."""

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
        two_readers=_two_readers(environment.get("TENDERFAX_TWO_READERS", "")),
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
