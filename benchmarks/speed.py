"""What a page costs: `python -m benchmarks.speed` takes faxes in, one core, and has the bare `tesseract` program read
the same whole pages right after each, so that both see the same noise of the machine.

The intake is all of it: archive, claim, Prefect's flow, reading in its child process, journal, rules, queue. Starting
up (Prefect's server, the readers' models) is paid once by the long-lived process and reported by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from PIL import Image

from flows.desk import MACHINE, Desk, make_desk
from flows.ledger_import import import_ledger
from flows.prefect_home import settle_prefect
from flows.reading_pool import pool_for
from flows.receiving import receive
from flows.settings import Settings
from ledger.grants import LedgerFile
from samples import make
from samples.generate import Options
from samples.lettering import Group

_OFFER = Path(__file__).parents[1] / "offers" / "capstone_2003"
_SQUARE_DPI = 200


@dataclass(frozen=True, slots=True)
class Pair:
    """One fax: seconds that intake took and that tesseract took over the same pages."""

    pages: int
    intake_seconds: float
    tesseract_seconds: float

    @property
    def ratio(self) -> float:
        return self.intake_seconds / self.tesseract_seconds


class PeakMemory(threading.Thread):
    """The greatest proportional memory of this process and all below it, in bytes, looked at ten times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(0.1):
            self.peak = max(self.peak, sum(_proportional_bytes(pid) for pid in _family(os.getpid())))

    def stop(self) -> int:
        self._done.set()
        self.join()
        return self.peak


def _family(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    family, waiting = [], [root]
    while waiting:
        family.append(pid := waiting.pop())
        waiting.extend(children.get(pid, ()))
    return family


def _proportional_bytes(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))


def _desk(workspace: Path, faxes: Path) -> Desk:
    database = f"sqlite:///{workspace / 'tenderfax.sqlite'}"
    desk = make_desk(Settings(workspace, _OFFER, database))
    holders, grants = (LedgerFile(name, (faxes / name).read_bytes()) for name in ("holders.csv", "grants.csv"))
    import_ledger(desk, holders, grants, as_of=date(2003, 6, 10), actor=MACHINE)
    return desk


def _squared_pages(fax: Path, scratch: Path) -> list[Path]:
    """The fax's whole pages with square pixels at the fine resolution, as a person would hand them to tesseract."""
    pages = []
    with Image.open(fax) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            across, down = image.info["dpi"]
            gray = image.convert("L")
            size = round(gray.width * _SQUARE_DPI / across), round(gray.height * _SQUARE_DPI / down)
            page = scratch / f"{fax.stem}-{number}.png"
            gray.resize(size, Image.Resampling.BICUBIC).save(page, dpi=(_SQUARE_DPI, _SQUARE_DPI))
            pages.append(page)
    return pages


def _tesseract_seconds(pages: list[Path]) -> float:
    begun = time.perf_counter()
    for page in pages:
        subprocess.run(["tesseract", str(page), "stdout"], check=True, capture_output=True)
    return time.perf_counter() - begun


async def _pairs(desk: Desk, faxes: list[Path], scratch: Path) -> tuple[float, list[Pair]]:
    from flows.attempts import open_house
    from flows.intake import take_in_all

    pool = pool_for(desk)
    house = open_house(desk, pool)
    pairs: list[Pair] = []
    start_up = 0.0
    try:
        for number, fax in enumerate(faxes):
            pages = _squared_pages(fax, scratch)
            begun = time.perf_counter()
            arrival = receive(desk, fax)
            assert arrival.fax is not None and arrival.error is None, arrival.error
            takings = await take_in_all(house, [arrival.fax], lambda _fax: None)
            assert not takings.unfinished, takings.unfinished
            seconds = time.perf_counter() - begun
            if number == 0:
                start_up = seconds
            else:
                pairs.append(Pair(len(pages), seconds, await asyncio.to_thread(_tesseract_seconds, pages)))
    finally:
        pool.close()
    return start_up, pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--seed", type=int, default=20030709)
    arguments = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS="1", OMP_THREAD_LIMIT="1")
    core = min(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        faxes, workspace, scratch = (Path(folder) / name for name in ("faxes", "books", "pages"))
        scratch.mkdir()
        # Plain forms of two pages or one, TIFF only: what is compared is the reading, not poppler.
        options = Options(group=Group.HELD_OUT, extras=0.0, pdfs=0.0)
        written = make(faxes, arguments.count + 1, arguments.seed, options=options)
        os.sched_setaffinity(0, {core})
        settle_prefect(workspace)
        memory = PeakMemory()
        memory.start()
        start_up, pairs = asyncio.run(_pairs(_desk(workspace, faxes), [one.fax for one in written], scratch))
        peak = memory.stop()
    _print(arguments.seed, start_up, pairs, peak)


def _print(seed: int, start_up: float, pairs: list[Pair], peak: int) -> None:
    pages = sum(pair.pages for pair in pairs)
    intake, tesseract = sum(p.intake_seconds for p in pairs), sum(p.tesseract_seconds for p in pairs)
    print(f"{len(pairs)} faxes, {pages} pages, seed {seed}, one core, each fax paired with tesseract on its pages")
    print(f"intake     {intake / pages:6.2f} s a page (start-up and first fax, once: {start_up:.1f} s)")
    print(f"tesseract  {tesseract / pages:6.2f} s a page")
    print(f"ratio      {intake / tesseract:6.2f} of the sums, {statistics.median(p.ratio for p in pairs):.2f} median")
    print(f"memory     {peak / 2**20:6.0f} MiB at most, this process and all its children (proportional set size)")


if __name__ == "__main__":
    main()
