"""A fax file to the raw pictures of its pages, within limits; it refuses to know what the pictures show.

The file is opened once, without following a link, and its bytes go to a child process (extractors.decode_child) that
decodes them with limits of its own on time and memory. Whatever happens to the child, the caller gets the pages or one
FaxFileRefused that says why.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from extractors.failures import (
    DecoderCrashed,
    DecoderOutOfMemory,
    DecoderTimedOut,
    EmptyFile,
    FaxFileRefused,
    FileMissing,
    FileTooLarge,
    FileUnreadable,
    FolderInstead,
    RasterMismatch,
    SpecialFileRefused,
    SymbolicLinkRefused,
    refusal_named,
)
from extractors.limits import DecodeLimits
from extractors.tiff_header import PAGE_NUMBER, Value

_GRACE_SECONDS = 5
"""What starting Python and writing the pages may take beyond the decoder's own limit."""


@dataclass(frozen=True, slots=True)
class RawPage:
    """One page as the decoder left it: `picture` is height x width, 0 ink to 255 paper, pixels not yet square.

    `dpi` is (across, down) by the header, None where it says nothing. `tags` are the TIFF tags kept by
    extractors.tiff_header, empty for other files. `coded` are a TIFF page's strips as coded (for line damage).
    """

    number: int
    picture: NDArray[np.uint8] = field(repr=False)
    dpi: tuple[float, float] | None
    bilevel: bool
    tags: Mapping[int, Value] = field(default_factory=dict)
    coded: tuple[bytes, ...] = field(default=(), repr=False)
    recoded: tuple[bytes, ...] = field(default=(), repr=False)
    """The strips again, coded anew from `picture`: the same bytes, unless a code was broken. () where not to be had."""


@dataclass(frozen=True, slots=True)
class DecodedFax:
    """The pages of one file in order. `pages_promised` is the file's own word on their number, 0 where it has none."""

    pages: tuple[RawPage, ...]
    pages_promised: int = 0

    @property
    def is_short(self) -> bool:
        """Whether the file itself says that pages are missing at its end."""
        return self.pages_promised > len(self.pages)


def read_fax_file(path: Path, limits: DecodeLimits, name: str = "") -> bytes:
    """The bytes of one ordinary file; `name` is how the sender called it (shown in failures).

    Raises FileMissing, SymbolicLinkRefused, FolderInstead, SpecialFileRefused, EmptyFile, FileTooLarge, FileUnreadable.
    """
    shown = name or path.name
    handle = _open_without_following(path, shown)
    try:
        _check_file(os.fstat(handle), limits, shown)
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(limits.max_file_bytes + 1)
    finally:
        os.close(handle)


def _open_without_following(path: Path, shown: str) -> int:
    try:
        # Non-blocking, so that a pipe put into the inbox cannot hold the intake.
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise FileMissing("it is no longer there", shown) from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise SymbolicLinkRefused("it is a symbolic link, not a file", shown) from error
        if error.errno in (errno.ENXIO, errno.ENODEV):
            raise SpecialFileRefused("it is a socket or a device, not a file", shown) from error
        raise FileUnreadable(f"it cannot be read ({os.strerror(error.errno or 0)})", shown) from error


def _check_file(state: os.stat_result, limits: DecodeLimits, shown: str) -> None:
    if stat.S_ISDIR(state.st_mode):
        raise FolderInstead("it is a folder, not a file", shown)
    if not stat.S_ISREG(state.st_mode):
        raise SpecialFileRefused("it is a pipe or a device, not a file", shown)
    if state.st_size == 0:
        raise EmptyFile("it is empty", shown)
    if state.st_size > limits.max_file_bytes:
        raise FileTooLarge(f"it has {state.st_size:,} bytes, the limit is {limits.max_file_bytes:,}", shown)


def decode_fax(content: bytes, limits: DecodeLimits, name: str = "") -> DecodedFax:
    """The pages in `content`, a whole fax file. Raises the FaxFileRefused that says why it has none."""
    with tempfile.TemporaryDirectory(prefix="tenderfax-pages-") as folder:
        try:
            _run_decoder(content, limits, Path(folder))
            return _collect_pages(content, limits, Path(folder))
        except FaxFileRefused as failure:
            raise failure.of_file(name) from failure


def _run_decoder(content: bytes, limits: DecodeLimits, folder: Path) -> None:
    command = [sys.executable, "-I", "-m", "extractors.decode_child", json.dumps(asdict(limits))]
    try:
        # A poppler left behind by a killed decoder ends by itself: its pipe is gone, its processor time limited.
        done = subprocess.run(
            command, cwd=folder, input=content, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            timeout=limits.seconds + _GRACE_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise DecoderTimedOut(f"decoding it takes longer than {limits.seconds} s") from error
    _raise_failure_of(done.returncode, done.stderr, limits, folder)


def _raise_failure_of(status: int, said: bytes, limits: DecodeLimits, folder: Path) -> None:
    if status == 0:
        return
    told = folder / "failure.json"
    if told.is_file():
        failure = json.loads(told.read_text(encoding="ascii"))
        raise refusal_named(str(failure["code"]))(str(failure["fact"]))
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        raise DecoderTimedOut(f"decoding it takes more than {limits.seconds} s of processor time")
    if b"MemoryError" in said or b"Cannot allocate memory" in said:
        raise DecoderOutOfMemory(f"decoding it takes more than {limits.memory_bytes // 2**20} MiB of memory")
    raise DecoderCrashed(f"the decoder ended with status {status}")


def _collect_pages(content: bytes, limits: DecodeLimits, folder: Path) -> DecodedFax:
    written: list[dict[str, Any]] = json.loads((folder / "pages.json").read_text(encoding="ascii"))
    if not 0 < len(written) <= limits.max_pages:
        raise DecoderCrashed(f"the decoder handed over {len(written)} pages")
    pages = tuple(_collect_page(content, page, number, limits, folder) for number, page in enumerate(written, start=1))
    return DecodedFax(pages, max(_pages_promised(page.tags) for page in pages))


def _collect_page(content: bytes, page: dict[str, Any], number: int, limits: DecodeLimits, folder: Path) -> RawPage:
    """The child is not trusted: its raster must have the size that its word on the page promises."""
    width, height, bilevel = int(page["width"]), int(page["height"]), page["mode"] == "1"
    raster = np.fromfile(folder / f"page{number}.raw", dtype=np.uint8)
    row_bytes = (width + 7) // 8 if bilevel else width
    if raster.size != row_bytes * height or width * height > limits.max_pixels:
        raise RasterMismatch(f"page {number} came out as {raster.size:,} bytes instead of {row_bytes * height:,}")
    rows = raster.reshape(height, row_bytes)
    if bilevel:
        rows = np.unpackbits(rows, axis=1, count=width) * np.uint8(255)
    tags = {int(tag): tuple(v) if isinstance(v, list) else v for tag, v in page.get("tags", {}).items()}
    dpi = (float(page["dpi"][0]), float(page["dpi"][1])) if page["dpi"] else None
    coded = tuple(content[start : start + length] for start, length in page.get("strips", ()))
    return RawPage(number, rows, dpi, bilevel, tags, coded, _recoded_strips(page, number, folder))


def _recoded_strips(page: dict[str, Any], number: int, folder: Path) -> tuple[bytes, ...]:
    lengths = [int(length) for length in page.get("recoded", ())]
    if not lengths:
        return ()
    content = (folder / f"page{number}.recoded").read_bytes()
    ends = list(accumulate(lengths))
    return tuple(content[end - length : end] for length, end in zip(lengths, ends, strict=True))


def _pages_promised(tags: Mapping[int, Value]) -> int:
    total = tags.get(PAGE_NUMBER)
    return total[1] if isinstance(total, tuple) and len(total) == 2 else 0
