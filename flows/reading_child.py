"""The child process that reads faxes, one after the other: what breaks here breaks nothing else.

It speaks JSON lines over one socket: first a greeting (offer folder, ledger, limits), answered when the models are
loaded; then one request per fax, each answered by the transmission, a refusal, or the place where the reader failed.
What an exception says may quote the paper, so only its kind and the lines of code it passed are told.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from core.failures import TenderfaxError
from core.holders import OptionLedger
from core.page_layout import Regrouping
from core.plain import from_plain, to_plain
from core.transmissions import Receipt, Transmission, picture_name
from extractors.failures import DecoderCrashed, DecoderTimedOut, FaxFileRefused

if TYPE_CHECKING:
    from extractors.fax_pages import FaxPages

_OF_THE_MACHINE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.EIO})
"""What no fax is to blame for: a full disk may not put a good form into quarantine."""

Reader = Callable[[dict[str, Any]], Transmission]


def main() -> None:
    """Serves the socket whose file number is the first argument until its other end closes."""
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    with socket.socket(fileno=int(sys.argv[1])) as parent:
        lines = parent.makefile("rw", encoding="utf-8", newline="\n")
        greeting = json.loads(lines.readline())
        memory = int(greeting["memory_bytes"])
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        ledger = from_plain(OptionLedger, greeting["ledger"])
        try:
            read = _reader(Path(greeting["offer_folder"]), Path(greeting["pictures"]), ledger)
        except TenderfaxError as fault:
            _say(lines, {"unusable": str(fault)})
            return
        _say(lines, {"ready": True})
        for line in lines:
            _say(lines, _answer(read, json.loads(line)))


def _say(lines: IO[str], answer: dict[str, Any]) -> None:
    lines.write(json.dumps(answer) + "\n")
    lines.flush()


def _reader(offer_folder: Path, pictures: Path, ledger: OptionLedger) -> Reader:
    # Imported here, below the memory limit: the readers' models are the greatest part of what a child takes.
    from extractors.blank_pages import load_blank_pages
    from extractors.fax_pages import pages_of_fax
    from extractors.limits import DecodeLimits
    from extractors.reading import read_pages, read_regrouped
    from offers.forms import load_forms

    forms = load_forms(offer_folder / "forms")
    blanks = load_blank_pages(forms)

    def read(request: dict[str, Any]) -> Transmission:
        fax, file = request["fax"], request["file"]
        content = Path(request["path"]).read_bytes()
        if "regrouping" in request:
            asked = from_plain(Regrouping, request["regrouping"])
            pages = pages_of_fax(content, blanks, DecodeLimits(), file, said=asked.layout)
            _keep_pictures(pictures / fax, pages, only_laid_anew=True)
            return read_regrouped(pages, asked, forms=forms, ledger=ledger)
        receipt = from_plain(Receipt, request["receipt"])
        pages = pages_of_fax(content, blanks, DecodeLimits(), file)
        _keep_pictures(pictures / fax, pages)
        return read_pages(pages, fax=fax, file=file, receipt=receipt, forms=forms, ledger=ledger)

    return read


def _keep_pictures(folder: Path, pages: FaxPages, *, only_laid_anew: bool = False) -> None:
    """Writes each page laid onto its blank, else upright, for the desk and the demo; derived, so nothing is flushed.

    With `only_laid_anew` those alone that a person's word laid onto another blank, beside their first pictures.
    """
    import cv2

    folder.mkdir(parents=True, exist_ok=True)
    for page in pages.pages:
        if only_laid_anew and not page.page.picture:
            continue
        picture = page.registered if page.registered is not None else page.squared
        _, coded = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])
        # Not cv2.imwrite: on a full disk that says nothing and leaves half a picture.
        (folder / f"{picture_name(page.page)}.png").write_bytes(coded.tobytes())


def _answer(read: Reader, request: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"transmission": to_plain(read(request))}
    except (DecoderTimedOut, DecoderCrashed) as failure:
        # Perhaps the machine was too busy; if it is the file, the third time will say so.
        return {"failed": str(failure.of_file(request["file"])), "details": ""}
    except FaxFileRefused as refusal:
        return {"refused": str(refusal.of_file(request["file"]))}
    except TenderfaxError as fault:
        return {"unusable": str(fault)}
    except MemoryError:
        return {"failed": "reader ran out of memory", "details": ""}
    except OSError as fault:
        if fault.errno in _OF_THE_MACHINE:
            return {"unusable": f"the machine cannot read faxes just now ({os.strerror(fault.errno)})"}
        return {"failed": f"reader raised {type(fault).__name__}", "details": _lines_passed(fault)}
    except Exception as failure:  # noqa: BLE001 - the edge of one fax: whatever it is, the next fax is read
        return {"failed": f"reader raised {type(failure).__name__}", "details": _lines_passed(failure)}


def _lines_passed(failure: Exception) -> str:
    return "".join(traceback.format_tb(failure.__traceback__))


def _end_with_parent(parent: int) -> None:
    """A child whose parent was killed must not go on reading for nobody."""
    while os.getppid() == parent:
        time.sleep(1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
