"""What a long-lived process says of itself: one JSON object per line on stderr, without a word from any paper.

A file's name is a sender's or a fax server's: only one that a machine obviously made is written out.
"""

from __future__ import annotations

import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import TextIO, cast

import structlog

Logbook = structlog.typing.FilteringBoundLogger
_MADE_BY_A_MACHINE = re.compile(
    r"(fax|job|scan|doc|recv|msg)?[-_.]?\d{1,20}([-_.]\d{1,12}){0,3}(\.[a-z]{3,4}){0,2}", re.I
)


def open_logbook(**facts: str | int) -> Logbook:
    """A log of this process; `facts` (which part of the program it is) stand in every line."""
    log: Logbook = structlog.wrap_logger(
        structlog.WriteLogger(file=cast(TextIO, _Stderr())),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.JSONRenderer(sort_keys=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(20),
        context_class=dict,
        cache_logger_on_first_use=False,
    ).bind(**facts)
    return log


def shown_in_log(path: Path) -> str:
    """A file's name where it cannot name a person, else its suffix and a hash by which it can be found again."""
    if _MADE_BY_A_MACHINE.fullmatch(path.name):
        return path.name
    suffix = path.suffix.lower() if re.fullmatch(r"\.[A-Za-z]{1,5}", path.suffix) else ""
    return f"#{sha256(path.name.encode(errors='surrogateescape')).hexdigest()[:10]}{suffix}"


class _Stderr:
    """Whatever stderr is when a line is written: it may have been redirected since."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()
