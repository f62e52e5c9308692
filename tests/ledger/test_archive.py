"""The archive keeps every byte under its hash, and no sender's name ever becomes a path."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest

from ledger.archive import ArchiveDamaged, FileTooLarge, keep, open_kept, quarantine, suffix_of, sweep

TIFF = b"II*\0" + b"picture" * 100


def test_a_file_lies_under_the_hash_of_its_bytes_with_the_suffix_its_content_says(tmp_path: Path) -> None:
    kept = keep(tmp_path, BytesIO(TIFF), size_limit=1 << 20)
    digest = sha256(TIFF).hexdigest()
    assert (kept.sha256, kept.size, kept.name, kept.new) == (digest, len(TIFF), f"{digest[:2]}/{digest}.tif", True)
    assert open_kept(tmp_path, kept.name, kept.sha256) == TIFF


def test_the_same_bytes_again_are_kept_once(tmp_path: Path) -> None:
    keep(tmp_path, BytesIO(TIFF), size_limit=1 << 20)
    assert not keep(tmp_path, BytesIO(TIFF), size_limit=1 << 20).new
    assert len([file for file in tmp_path.rglob("*") if file.is_file()]) == 1


def test_a_file_above_the_limit_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(FileTooLarge, match="look at it by hand"):
        keep(tmp_path, BytesIO(TIFF), size_limit=10)
    assert list(tmp_path.rglob("*")) == []


def test_a_disk_that_fails_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    class FailingDisk(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 0:
                raise OSError(28, "No space left on device")
            return super().read(100)

    with pytest.raises(OSError, match="No space"):
        keep(tmp_path, FailingDisk(TIFF), size_limit=1 << 20)
    assert list(tmp_path.rglob("*")) == []


def test_a_delivery_of_the_same_bytes_mends_a_damaged_file(tmp_path: Path) -> None:
    kept = keep(tmp_path, BytesIO(TIFF), size_limit=1 << 20)
    (tmp_path / kept.name).chmod(0o600)
    (tmp_path / kept.name).write_bytes(b"gnawed")
    with pytest.raises(ArchiveDamaged, match="backup"):
        open_kept(tmp_path, kept.name, kept.sha256)
    keep(tmp_path, BytesIO(TIFF), size_limit=1 << 20)
    assert open_kept(tmp_path, kept.name, kept.sha256) == TIFF


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchiveDamaged, match=r"aa/a\.tif"):
        open_kept(tmp_path, "aa/a.tif", "a" * 64)


def test_a_quarantined_file_lies_beside_a_readable_reason(tmp_path: Path) -> None:
    digest = sha256(b"no fax").hexdigest()
    name = quarantine(tmp_path, sha256=digest, content=b"no fax", suffix=".bin", reason="x.tif: it is no picture")
    assert (tmp_path / name).read_bytes() == b"no fax"
    assert (tmp_path / f"{digest}.reason.txt").read_text() == "x.tif: it is no picture\n"
    assert {path.name for path in tmp_path.iterdir()} == {name, f"{digest}.reason.txt"}


@pytest.mark.parametrize(
    ("first", "suffix"),
    [(b"MM\0*", ".tif"), (b"%PDF-1.4", ".pdf"), (b"\x89PNG\r\n\x1a\n", ".png"), (b"Dear", ".bin"), (b"", ".bin")],
)
def test_the_suffix_comes_from_the_content(first: bytes, suffix: str) -> None:
    assert suffix_of(first) == suffix


def test_only_what_a_killed_writer_left_long_ago_is_swept_away(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    kept = keep(tmp_path, BytesIO(TIFF), size_limit=1 << 20)
    old, young = tmp_path / ".partial-old", tmp_path / ".partial-young"
    for path in (old, young, tmp_path / kept.name):
        path.write_bytes(TIFF)
    for path in (old, tmp_path / kept.name):
        os.utime(path, (0, (now - timedelta(hours=2)).timestamp()))
    assert sweep(tmp_path, before=now - timedelta(hours=1)) == 1
    assert (old.exists(), young.exists(), (tmp_path / kept.name).exists()) == (False, True, True)
    assert sweep(tmp_path / "nowhere", before=now) == 0
