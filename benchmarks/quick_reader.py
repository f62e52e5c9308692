"""A reader that takes no time: what a small fax says is written in its bytes (benchmarks.small_faxes).

It is the house's own child process in all but the reading, named by TENDERFAX_READER, so that the real program can be
tried with a thousand faxes. It can also sleep for ever, swell, or die, when a fax's bytes order it to.
"""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.holders import OptionLedger
from core.notation import parse_submission
from core.plain import from_plain
from core.transmissions import PageReading, Receipt, Transmission
from flows import reading_child


def _reader(offer_folder: Path, pictures: Path, ledger: OptionLedger) -> reading_child.Reader:
    return read


def read(request: dict[str, Any]) -> Transmission:
    said = json.loads(Path(request["path"]).read_bytes()[4:])
    _obey(said.get("order", ""))
    fax, receipt = request["fax"], from_plain(Receipt, request["receipt"])
    pages = (PageReading(1, "E1", submission=0), PageReading(2, "E2", submission=0))
    form = replace(parse_submission(said["form"] | {"id": f"{fax[:16]}-1"}), fax=fax, received_at=receipt.received_at)
    return Transmission(fax, request["file"], receipt, pages, (form,))


def _obey(order: str) -> None:
    match order:
        case "sleep":
            time.sleep(86_400)
        case "swell":
            held = []
            while True:
                # Touched, not only promised, and in pieces: as a reader that leaks would take it.
                held.append(bytes(range(256)) * 2**18)
        case "die":
            os.kill(os.getpid(), signal.SIGSEGV)
        case _:
            pass


if __name__ == "__main__":
    reading_child._reader = _reader
    reading_child.main()
