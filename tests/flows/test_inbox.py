"""Which files of the inbox are complete (design 5): time is counted by the test, never by the files' own times."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.inbox import Inbox, Look
from flows.logbook import shown_in_log
from flows.mounts import is_on_the_network

TIFF = b"II*\0\x08\0\0\0"
FACTS = json.dumps({"job_id": "7", "received_at": "2003-07-14T10:40:00-07:00"})


@dataclass
class Clock:
    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inbox(tmp_path: Path, clock: Clock) -> Inbox:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return Inbox(folder, 45.0, clock)


def names(look: Look) -> list[str]:
    return [sight.path.name for sight in look.ready]


def test_a_file_is_complete_when_it_lay_unchanged_for_the_set_time(inbox: Inbox, clock: Clock) -> None:
    (inbox.folder / "a.tif").write_bytes(TIFF)
    look = inbox.look()
    assert (names(look), look.growing, look.quiet_in) == ([], 1, 45.0)
    clock.seconds += 44.9
    assert names(inbox.look()) == []
    clock.seconds += 0.2
    assert names(inbox.look()) == ["a.tif"]


@pytest.mark.parametrize("pause", [18, 27, 44])
def test_a_file_that_grows_in_bursts_is_never_complete_between_them(inbox: Inbox, clock: Clock, pause: int) -> None:
    path = inbox.folder / "a.tif"
    path.write_bytes(TIFF)
    for burst in range(20):
        assert names(inbox.look()) == []
        clock.seconds += pause
        assert names(inbox.look()) == []
        with path.open("ab") as file:
            file.write(b"x" * (burst + 1))
    inbox.look()
    clock.seconds += 45
    assert names(inbox.look()) == ["a.tif"]


@pytest.mark.parametrize("own_time", [0, 4_000_000_000])
def test_the_files_own_time_makes_nothing_complete(inbox: Inbox, clock: Clock, own_time: int) -> None:
    path = inbox.folder / "a.tif"
    path.write_bytes(TIFF)
    os.utime(path, (own_time, own_time))
    assert names(inbox.look()) == []
    clock.seconds += 46
    assert names(inbox.look()) == ["a.tif"]


def test_a_change_that_leaves_size_and_time_alone_is_noticed(inbox: Inbox, clock: Clock) -> None:
    path = inbox.folder / "a.tif"
    path.write_bytes(TIFF)
    inbox.look()
    clock.seconds += 30
    state = path.stat()
    path.write_bytes(TIFF[::-1])
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    inbox.look()
    clock.seconds += 30
    assert names(inbox.look()) == []


def test_a_sidecar_hands_its_fax_over_at_once(inbox: Inbox) -> None:
    for name, sidecar in (("a.tif", "a.json"), ("b.tif", "b.tif.json"), ("fax00017", "fax00017.json")):
        (inbox.folder / name).write_bytes(TIFF)
        (inbox.folder / sidecar).write_text(FACTS)
    assert names(inbox.look()) == ["a.tif", "b.tif", "fax00017"]


def test_a_sidecar_that_was_there_before_the_last_bytes_hands_nothing_over(inbox: Inbox, clock: Clock) -> None:
    path, sidecar = inbox.folder / "a.tif", inbox.folder / "a.json"
    sidecar.write_text(FACTS)
    path.write_bytes(TIFF)
    later = sidecar.stat().st_ctime_ns + 10**9
    os.utime(path, ns=(later, later))
    assert names(inbox.look()) == []
    clock.seconds += 45
    assert names(inbox.look()) == ["a.tif"]


@pytest.mark.parametrize("content", ["", FACTS[:20], "[]", '{"title": "no receipt"}'])
def test_half_a_sidecar_hands_nothing_over(inbox: Inbox, clock: Clock, content: str) -> None:
    (inbox.folder / "a.tif").write_bytes(TIFF)
    (inbox.folder / "a.json").write_text(content)
    assert names(inbox.look()) == []
    clock.seconds += 45
    assert names(inbox.look()) == ["a.tif"]


@pytest.mark.parametrize("temporary", [".a.tif", "a.tif.part", "a.tif.tmp", ".a.tif.Xy12", "a.tif~", "a.filepart"])
def test_an_unfinished_name_waits_for_ever_and_its_renaming_hands_it_over(
    inbox: Inbox, clock: Clock, temporary: str
) -> None:
    path = inbox.folder / temporary
    path.write_bytes(TIFF)
    look = inbox.look()
    assert (names(look), look.growing, look.unfinished) == ([], 0, 1)
    clock.seconds += 86_400
    assert names(inbox.look()) == []
    path.rename(inbox.folder / "a.tif")
    assert names(inbox.look()) == ["a.tif"]


def test_a_file_renamed_into_the_inbox_from_elsewhere_is_handed_over(inbox: Inbox, tmp_path: Path) -> None:
    inbox.look()
    outside = tmp_path / "a.tif"
    outside.write_bytes(TIFF)
    outside.rename(inbox.folder / "a.tif")
    assert names(inbox.look()) == ["a.tif"]
    assert names(inbox.look()) == ["a.tif"], "it stays complete until it is taken"


def test_a_file_renamed_into_a_folder_of_the_inbox_is_handed_over(inbox: Inbox, tmp_path: Path) -> None:
    (inbox.folder / "line2").mkdir()
    inbox.look()
    outside = tmp_path / "a.tif"
    outside.write_bytes(TIFF)
    outside.rename(inbox.folder / "line2" / "a.tif")
    assert names(inbox.look()) == ["a.tif"]


def test_who_writes_on_after_renaming_has_not_handed_over(inbox: Inbox, tmp_path: Path) -> None:
    inbox.look()
    outside = tmp_path / "a.tif"
    outside.write_bytes(TIFF)
    outside.rename(inbox.folder / "a.tif")
    assert names(inbox.look()) == ["a.tif"]
    with (inbox.folder / "a.tif").open("ab") as file:
        file.write(b"more")
    assert names(inbox.look()) == []


def test_another_file_under_a_known_name_waits_its_own_time(inbox: Inbox, clock: Clock, tmp_path: Path) -> None:
    path = inbox.folder / "a.tif"
    path.write_bytes(TIFF)
    inbox.look()
    clock.seconds += 30
    path.unlink()
    (tmp_path / "keeps_the_inode").write_bytes(TIFF)
    path.write_bytes(TIFF)
    inbox.look()
    clock.seconds += 30
    assert names(inbox.look()) == []


def test_faxes_are_taken_in_the_order_of_their_names(inbox: Inbox, clock: Clock) -> None:
    for number in (3, 1, 2):
        (inbox.folder / f"fax0000{number}.tif").write_bytes(TIFF)
    inbox.look()
    clock.seconds += 45
    assert names(inbox.look()) == ["fax00001.tif", "fax00002.tif", "fax00003.tif"]


def test_what_is_no_fax_is_let_lie_and_counted(inbox: Inbox, clock: Clock) -> None:
    (inbox.folder / "seqf").write_text("17\n")
    (inbox.folder / "README.md").write_text("read me")
    inbox.look()
    clock.seconds += 86_400
    look = inbox.look()
    assert (names(look), [path.name for path in look.others]) == ([], ["README.md", "seqf"])


def test_a_file_set_aside_is_looked_at_again_when_somebody_changes_it(inbox: Inbox, clock: Clock) -> None:
    path = inbox.folder / "a.tif"
    path.write_bytes(b"")
    inbox.look()
    clock.seconds += 45
    (sight,) = inbox.look().ready
    inbox.set_aside(sight)
    look = inbox.look()
    assert (names(look), look.aside) == ([], 1)
    path.write_bytes(TIFF)
    assert inbox.look().growing == 1
    clock.seconds += 45
    assert names(inbox.look()) == ["a.tif"]


def test_a_sidecar_without_its_fax_is_told_of_after_its_quiet_time(inbox: Inbox, clock: Clock) -> None:
    (inbox.folder / "a.tif.json").write_text(FACTS)
    assert inbox.look().lone_sidecars == ()
    clock.seconds += 45
    assert [sight.path.name for sight in inbox.look().lone_sidecars] == ["a.tif.json"]
    (inbox.folder / "a.tif").write_bytes(TIFF)
    assert inbox.look().lone_sidecars == ()


def test_an_inbox_that_is_away_is_an_error_and_not_an_empty_one(inbox: Inbox) -> None:
    inbox.folder.rmdir()
    with pytest.raises(OSError, match="inbox"):
        inbox.look()


@pytest.mark.parametrize(
    ("folder", "expected"), [("/srv/fax/in", True), ("/srv", False), ("/mnt/my disk/x", True), ("/", False)]
)
def test_a_network_file_system_is_told_from_a_disk(folder: str, expected: bool) -> None:
    mounts = "/dev/sda1 / ext4 rw 0 0\nhost:/fax /srv/fax nfs4 rw 0 0\n//host/x /mnt/my\\040disk cifs rw 0 0\n"
    assert is_on_the_network(Path(folder), mounts) is expected


@pytest.mark.parametrize("name", ["fax000000123.tif", "17.pdf", "fax00017", "2003-07-14.tif", "job_12.tif.json"])
def test_a_name_that_a_machine_made_is_logged(name: str) -> None:
    assert shown_in_log(Path(name)) == name


@pytest.mark.parametrize("name", ["Maria Ortega.tif", "ortega-form.pdf", "fax from carl.tif", "000-12-1001 M.tif"])
def test_a_name_that_may_be_a_persons_is_not_logged(name: str) -> None:
    shown = shown_in_log(Path(name))
    assert shown.startswith("#") and shown.endswith(Path(name).suffix)
    assert "ort" not in shown.lower() and "carl" not in shown
