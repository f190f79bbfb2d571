"""Finds and opens the files of an import. Everything here blocks."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

# Folders inside one another; more is a loop of mounts or a joke.
_DEEPEST = 100


def walk(path: Path) -> Iterator[Path]:
    """Every regular file at or below `path`, in the order of their names.

    Symbolic links are not followed, so that nothing outside the folder is read and no loop
    is walked; `path` itself may be one. Raises `OSError` when `path` cannot be read.
    """
    path = path.resolve(strict=True)
    if not path.is_dir():
        yield path
        return
    waiting = [(path, 0)]
    while waiting:
        folder, depth = waiting.pop()
        files, folders = _listed(folder)
        yield from files
        if depth < _DEEPEST:
            waiting.extend((one, depth + 1) for one in reversed(folders))


def _listed(folder: Path) -> tuple[list[Path], list[Path]]:
    files: list[Path] = []
    folders: list[Path] = []
    with os.scandir(folder) as found:
        for one in found:
            if one.is_dir(follow_symlinks=False):
                folders.append(Path(one.path))
            elif one.is_file(follow_symlinks=False):
                files.append(Path(one.path))
    return sorted(files), sorted(folders)


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading; raises `OSError` when it is a link, a pipe or a device."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path} is not a regular file")
    return open(descriptor, "rb")
