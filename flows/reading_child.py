"""The child process that reads faxes, one after the other: what breaks here breaks nothing else.

It speaks JSON lines over one socket: first a greeting (offer folder, ledger, limits), then one request per fax, each
answered by the transmission, a refusal, or the place where the reader failed. What an exception says may quote the
paper, so only its kind and the lines of code it passed are told.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from core.holders import OptionLedger
from core.plain import from_plain, to_plain
from core.transmissions import Receipt
from extractors.failures import FaxFileRefused


def main() -> None:
    """Serves the socket whose file number is the first argument until its other end closes."""
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    with socket.socket(fileno=int(sys.argv[1])) as parent:
        lines = parent.makefile("rw", encoding="utf-8", newline="\n")
        greeting = json.loads(lines.readline())
        memory = int(greeting["memory_bytes"])
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        read = _reader(Path(greeting["offer_folder"]), from_plain(OptionLedger, greeting["ledger"]))
        for line in lines:
            lines.write(json.dumps(_answer(read, json.loads(line))) + "\n")
            lines.flush()


def _reader(offer_folder: Path, ledger: OptionLedger) -> Any:
    # Imported here, below the memory limit: the readers' models are the greatest part of what a child takes.
    from extractors.reading import read_transmission

    from extractors.limits import DecodeLimits
    from offers.forms import load_forms
    from offers.loading import load_offer

    offer, forms = load_offer(offer_folder), load_forms(offer_folder)

    def read(request: dict[str, Any]) -> Any:
        return read_transmission(
            Path(request["path"]).read_bytes(),
            fax=request["fax"],
            file=request["file"],
            receipt=from_plain(Receipt, request["receipt"]),
            forms=forms,
            terms=offer.terms,
            ledger=ledger,
            limits=DecodeLimits(),
        )

    return read


def _answer(read: Any, request: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"transmission": to_plain(read(request))}
    except FaxFileRefused as refusal:
        return {"refused": str(refusal.of_file(request["file"]))}
    except MemoryError:
        return {"failed": "reader ran out of memory", "details": ""}
    except Exception as failure:  # noqa: BLE001 - the edge of one fax: whatever it is, the next fax is read
        frames = "".join(traceback.format_tb(failure.__traceback__))
        return {"failed": f"reader raised {type(failure).__name__}", "details": frames}


def _end_with_parent(parent: int) -> None:
    """A child whose parent was killed must not go on reading for nobody."""
    while os.getppid() == parent:
        time.sleep(1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
