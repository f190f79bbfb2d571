"""Disks that can fill up or lose their power, in a mount namespace of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.system.patience import until

_NEEDED = ("unshare", "nsenter", "mount", "mkfs.ext4", "mkfs.xfs", "cp")


class Impossible(Exception):
    """This machine does not allow it."""


class Namespace:
    """Mounts that nobody else sees, and that vanish with this object.

    Raises Impossible where the machine does not let us mount.
    """

    def __init__(self) -> None:
        missing = [word for word in _NEEDED if not shutil.which(word)]
        if os.geteuid() or missing:
            raise Impossible(f"needs root (uid {os.geteuid()}) and {missing or 'nothing else'}")
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sleep", "infinity"]
        )
        self.prefix = ("nsenter", f"--target={self._holder.pid}", "--mount", "--")
        ours = Path("/proc/self/ns/mnt").stat().st_ino
        try:
            until(lambda: self._inode() not in (0, ours), 10, "a mount namespace")
        except AssertionError as error:
            raise Impossible("no mount namespaces here") from error

    def _inode(self) -> int:
        try:
            return Path(f"/proc/{self._holder.pid}/ns/mnt").stat().st_ino
        except OSError:
            return 0

    def run(self, *words: str | Path) -> None:
        done = subprocess.run(
            [*self.prefix, *map(str, words)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Impossible(f"{' '.join(map(str, words))}: {done.stderr.strip()}")

    def seen(self, path: Path) -> Path:
        """Where a path inside is found from outside."""
        return Path(f"/proc/{self._holder.pid}/root", *path.parts[1:])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._holder.kill()
        self._holder.wait(10)


class Small:
    """A tmpfs of so many bytes, with a ballast to take away or to add."""

    def __init__(self, namespace: Namespace, folder: Path, size: int) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        namespace.run("mount", "-t", "tmpfs", "-o", f"size={size}", "arca", folder)
        self.outside = namespace.seen(folder)
        self._ballast = self.outside / "ballast"

    def free(self) -> int:
        room = os.statvfs(self.outside)
        return room.f_bavail * room.f_frsize

    def load(self, size: int) -> None:
        """Make the ballast so large; what does not fit is left out."""
        with self._ballast.open("wb") as ballast:
            try:
                os.posix_fallocate(ballast.fileno(), 0, max(size, 1))
            except OSError:
                os.posix_fallocate(ballast.fileno(), 0, max(self.free(), 1))

    def unload(self) -> None:
        self._ballast.unlink()


class Powered:
    """An ext4 disk whose power can be cut.

    Its image lies on an XFS with reflinks. A reflink copy of the image is what the
    block device had received at that instant: the page cache of the file system above is
    not in it. Mounting the copy replays the journal, as a machine does that comes back.
    This models a disk without a volatile cache of its own.
    """

    def __init__(self, namespace: Namespace, folder: Path, size: str = "3G") -> None:
        self._namespace, self._outer = namespace, folder / "outer"
        self.folder = folder / "disk"
        for path in (self._outer, self.folder):
            path.mkdir(parents=True)
        image = folder / "outer.img"
        self._run("truncate", "-s", "12G", image)
        self._run("mkfs.xfs", "-q", "-m", "reflink=1", image)
        self._run("mount", "-o", "loop", image, self._outer)
        self._run("truncate", "-s", size, self._inner)
        self._run("mkfs.ext4", "-q", "-F", self._inner)
        self._mount()
        self.outside = namespace.seen(self.folder)

    @property
    def _inner(self) -> Path:
        return self._outer / "inner.img"

    @property
    def _snapshot(self) -> Path:
        return self._outer / "snapshot.img"

    def _run(self, *words: str | Path) -> None:
        self._namespace.run(*words)

    def _mount(self) -> None:
        self._run("mount", "-o", "loop", self._inner, self.folder)

    def cut(self) -> None:
        """Keep what the device has received up to now."""
        self._run("cp", "--reflink=always", self._inner, self._snapshot)

    def reboot(self) -> None:
        """Come back with what was kept; all users of the disk must have ended."""
        self._run("umount", self.folder)
        self._run("mv", self._snapshot, self._inner)
        self._mount()
