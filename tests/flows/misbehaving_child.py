"""A reader that behaves as the fax's own bytes say: the tests write `crash`, `hang`, `swell`, `raise` or a number.

It speaks the pool's protocol (flows.reading_child) as a real process, so that its death is a real death.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from core.plain import from_plain, to_plain
from core.transmissions import PageReading, Receipt, Transmission


def main() -> None:
    with socket.socket(fileno=int(sys.argv[1])) as parent:
        lines = parent.makefile("rw", encoding="utf-8", newline="\n")
        greeting = json.loads(lines.readline())
        resource.setrlimit(resource.RLIMIT_AS, (greeting["memory_bytes"],) * 2)
        if not Path(greeting["offer_folder"]).exists():
            lines.write(json.dumps({"unusable": "no blank forms"}) + "\n")
            lines.flush()
            return
        lines.write(json.dumps({"ready": True}) + "\n")
        lines.flush()
        for line in lines:
            lines.write(json.dumps(answer(json.loads(line))) + "\n")
            lines.flush()


def answer(request: dict[str, str]) -> dict[str, object]:
    order = Path(request["path"]).read_bytes().removeprefix(b"II*\0").decode()
    if order.startswith("crash"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if order.startswith("hang"):
        subprocess.run(["sleep", "3600"], check=True)
    if order.startswith("swell"):
        try:
            bytearray(16 * 2**30)
        except MemoryError:
            return {"failed": "reader ran out of memory", "details": ""}
    if order.startswith("raise"):
        return {"failed": "reader raised ValueError", "details": '  File "zones.py", line 7, in read_zone'}
    if order.startswith("refuse"):
        return {"refused": f"{request['file']}: page 1 is no page"}
    if order.startswith("broken"):
        return {"unusable": "no model"}
    if order.startswith("slow"):
        time.sleep(1.5)
    receipt = from_plain(Receipt, json.loads(json.dumps(request["receipt"])))
    page = PageReading(1, "COVER")
    return {"transmission": to_plain(Transmission(request["fax"], request["file"], receipt, (page,), ()))}


if __name__ == "__main__":
    main()
