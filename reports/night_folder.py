"""A night's reports as files in a folder of their own, there whole or not at all.

A report that somebody may have signed is never lost: where the same night comes out otherwise, the folder of before
stays beside the new one as `DATE.replaced-N`.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from core.night import Night
from reports.night_breaks import breaks_csv
from reports.night_page import night_page
from reports.night_print import night_pdf
from reports.night_summary import summary_json
from reports.night_workbook import standings_workbook


def night_files(night: Night, desk_url: str) -> Mapping[str, bytes]:
    """Every file of a night by its name; the same night gives the same bytes."""
    page = night_page(night, desk_url)
    return {
        "report.html": page.encode("utf-8"),
        "report.pdf": night_pdf(page),
        "breaks.csv": breaks_csv(night, desk_url),
        "standings.xlsx": standings_workbook(night),
        "summary.json": summary_json(night, desk_url),
    }


def write_night(root: Path, night: Night, desk_url: str) -> Path:
    """Writes the night's files into `<root>/<date>`, the date in the offer's zone; returns that folder.

    Raises OSError when the disk does not take them.
    """
    on = night.as_of.astimezone(ZoneInfo(night.time_zone)).date()
    return put(root / on.isoformat(), night_files(night, desk_url))


def put(place: Path, files: Mapping[str, bytes]) -> Path:
    """Makes `place` a folder of just these files, replacing one that differs; returns it.

    A run that was killed leaves the folder as it was before or whole; the next one finishes its work. Two at once take
    turns.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    new, old = place.with_name(f".{place.name}.new"), place.with_name(f".{place.name}.old")
    with _alone_in(place.parent):
        _finish_what_was_begun(place, new, old)
        if _holds(place, files):
            return place
        _write(new, files)
        if place.exists():
            _rename(place, old)
        _rename(new, place)
        _set_aside(old, place)
    return place


def _finish_what_was_begun(place: Path, new: Path, old: Path) -> None:
    """Puts right what a killed run left: half a new folder goes, a folder of before goes back or is set aside."""
    shutil.rmtree(new, ignore_errors=True)
    if old.exists() and not place.exists():
        _rename(old, place)
    _set_aside(old, place)


def _set_aside(old: Path, place: Path) -> None:
    if old.exists():
        _rename(
            old, next(free for n in count(1) if not (free := place.with_name(f"{place.name}.replaced-{n}")).exists())
        )


def _holds(place: Path, files: Mapping[str, bytes]) -> bool:
    """Whether just these files lie there, to the byte."""
    if not place.is_dir() or {path.name for path in place.iterdir()} != files.keys():
        return False
    return all((place / name).read_bytes() == content for name, content in files.items())


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir()
    for name, content in files.items():
        with (folder / name).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    _flush(folder)


def _rename(place: Path, to: Path) -> None:
    place.rename(to)
    _flush(to.parent)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _alone_in(root: Path) -> Iterator[None]:
    """Holds the folder's lock, which the system lets go of when the process ends, however it ends."""
    with (root / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
