"""The system calls of the store in one place, so that tests can make each of them fail."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
from collections.abc import Sequence

from storage.errors import Full, Stopped, StoreError
from storage.store import Buffer

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_BROKEN = frozenset({errno.EIO, errno.EUCLEAN, errno.ENODEV, errno.ENXIO, errno.EBADF})
_IOV_MAX = 1024  # writev(2) takes no more buffers at once
_GET_FLAGS = 0x80086601  # FS_IOC_GETFLAGS
_SET_FLAGS = 0x40086602  # FS_IOC_SETFLAGS
_IMMUTABLE = 0x10  # FS_IMMUTABLE_FL
_START_WRITE = 2  # SYNC_FILE_RANGE_WRITE

_libc = ctypes.CDLL(None, use_errno=True)
_sync_file_range = getattr(_libc, "sync_file_range", None)
if _sync_file_range is not None:
    _sync_file_range.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)


class SyncFailed(OSError):
    """A sync did not succeed: what is on the medium is unknown, and asking again proves nothing."""


class System:
    """The calls themselves. `sync=False` leaves out every wait for the medium."""

    def __init__(self, *, sync: bool = True) -> None:
        self._sync = sync

    def create(self, path: str, mode: int = 0o640) -> int:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)

    def write(self, descriptor: int, buffers: Sequence[Buffer]) -> int:
        """Write all of it; returns the number of bytes."""
        total = sum(map(len, buffers))
        if len(buffers) > _IOV_MAX:
            buffers = [b"".join(buffers)]
        written = os.writev(descriptor, buffers)
        if written < total:
            self._write_rest(descriptor, memoryview(b"".join(buffers))[written:])
        return total

    def _write_rest(self, descriptor: int, rest: memoryview) -> None:
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    def append(self, descriptor: int, data: bytes, offset: int) -> None:
        """Write all of it from `offset` on."""
        rest = memoryview(data)
        while rest:
            written = os.pwrite(descriptor, rest, offset)
            rest, offset = rest[written:], offset + written

    def start_writing(self, descriptor: int, offset: int, length: int) -> None:
        """Let the medium begin, so that the sync at the end has less to wait for."""
        if not self._sync or _sync_file_range is None:
            return
        failed = _sync_file_range(descriptor, offset, length, _START_WRITE)
        if failed and ctypes.get_errno() == errno.EIO:  # anything else only costs speed
            raise SyncFailed(errno.EIO, os.strerror(errno.EIO))

    def sync(self, descriptor: int) -> None:
        """The file's bytes and all about it. Raises `SyncFailed`."""
        if self._sync:
            try:
                os.fsync(descriptor)
            except OSError as error:
                raise SyncFailed(error.errno, error.strerror) from error

    def sync_data(self, descriptor: int) -> None:
        """The file's bytes and its length. Raises `SyncFailed`."""
        if self._sync:
            try:
                os.fdatasync(descriptor)
            except OSError as error:
                raise SyncFailed(error.errno, error.strerror) from error

    def sync_directory(self, path: str) -> None:
        """The names in it. Raises `SyncFailed`."""
        if self._sync:
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                self.sync(descriptor)
            finally:
                os.close(descriptor)

    def rename(self, source: str, target: str) -> None:
        os.rename(source, target)  # noqa: PTH104 - once per object

    def unlink(self, path: str) -> None:
        os.unlink(path)  # noqa: PTH108 - as above

    def make_directory(self, path: str) -> bool:
        """True when it was not there before."""
        try:
            os.mkdir(path, 0o750)  # noqa: PTH102 - as above
        except FileExistsError:
            return False
        return True

    def truncate(self, descriptor: int, length: int) -> None:
        os.ftruncate(descriptor, length)

    def allocate(self, descriptor: int, length: int) -> None:
        os.posix_fallocate(descriptor, 0, length)

    def free(self, path: str) -> tuple[int, int]:
        """Bytes in all and bytes we may still fill."""
        found = os.statvfs(path)
        return found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize

    def set_immutable(self, path: str, immutable: bool) -> bool:
        """`chattr +i` or `-i`; False where the file system or the privilege lacks it."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            before = _read_flags(descriptor)
            after = before | _IMMUTABLE if immutable else before & ~_IMMUTABLE
            if after != before:
                fcntl.ioctl(descriptor, _SET_FLAGS, after.to_bytes(8, "little"))
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True


def _read_flags(descriptor: int) -> int:
    return int.from_bytes(fcntl.ioctl(descriptor, _GET_FLAGS, bytes(8)), "little")


def explain(error: OSError, doing: str) -> StoreError:
    """What the failure means for the store: no room, a broken medium, or this object only."""
    words = error.strerror or str(error)
    if isinstance(error, SyncFailed) or error.errno in _BROKEN:
        return Stopped(
            f"{doing} failed: {words}. Nothing more is taken in; check the drive, then restart"
        )
    if error.errno in _NO_ROOM:
        return Full(f"{doing} failed: {words}. Make room; reception goes on by itself")
    return StoreError(f"{doing} failed: {words}. The sender may try again")
