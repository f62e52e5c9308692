"""Whether a folder lies on a network file system, where the kernel reports no change that another machine makes."""

from __future__ import annotations

from pathlib import Path

_MOUNTS = Path("/proc/self/mounts")
_OF_THE_NETWORK = ("nfs", "cifs", "smb", "fuse.sshfs", "fuse.glusterfs", "ceph", "afs", "9p", "lustre", "ncpfs")


def is_on_the_network(folder: Path, mounts: str | None = None) -> bool:
    """By the file system that is mounted nearest above `folder`; `mounts` is the text of /proc/self/mounts."""
    try:
        text = mounts if mounts is not None else _MOUNTS.read_text(errors="replace")
    except OSError:
        return False
    kinds = {Path(_plain(line.split()[1])): line.split()[2] for line in text.splitlines() if len(line.split()) > 2}
    resolved = folder.resolve()
    nearest = next((kinds[place] for place in (resolved, *resolved.parents) if place in kinds), "")
    return nearest.startswith(_OF_THE_NETWORK)


def _plain(escaped: str) -> str:
    """A mount point as written there: a space stands as \\040."""
    return escaped.encode(errors="surrogateescape").decode("unicode_escape") if "\\" in escaped else escaped
