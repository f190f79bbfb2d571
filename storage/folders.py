"""Folders of objects that are sure to exist, and digests that one thread has to itself."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.layout import Layout
from storage.system import System

_KNOWN = 4096  # folders remembered; forgetting one costs a sync

_OPEN = 64  # folders held open at once


class Folders:
    """Makes folders whose names survive a power cut."""

    def __init__(self, layout: Layout, system: System) -> None:
        self._layout = layout
        self._system = system
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def ensure(self, folder: str) -> str:
        """The absolute path of a folder below the root, made and durable when this returns."""
        path = self._layout.absolute(folder)
        if path not in self._known:
            with self._lock:
                self._make(folder)
        return path

    def _make(self, folder: str) -> None:
        if len(self._known) > _KNOWN:
            self._known.clear()
        parent = self._layout.root
        for part in folder.split("/"):
            path = f"{parent}/{part}"
            if path not in self._known:
                self._system.make_directory(path)
                self._system.sync_directory(parent)  # also when found: its maker may have crashed
                self._known.add(path)
            parent = path


class OpenFolders:
    """Folders held open for the one thread that syncs them."""

    def __init__(self) -> None:
        self._descriptors: dict[str, int] = {}

    def descriptor(self, path: str) -> int:
        found = self._descriptors.get(path)
        if found is None:
            if len(self._descriptors) >= _OPEN:
                os.close(self._descriptors.pop(next(iter(self._descriptors))))
            found = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            self._descriptors[path] = found
        return found

    def close(self) -> None:
        while self._descriptors:
            os.close(self._descriptors.popitem()[1])


class Claims:
    """Whoever names or deletes the file of a digest holds its claim meanwhile."""

    def __init__(self) -> None:
        self._held: set[str] = set()
        self._change = threading.Condition()

    @contextmanager
    def hold(self, sha256: str) -> Iterator[None]:
        """Waits while another thread holds it."""
        with self._change:
            while sha256 in self._held:
                self._change.wait()
            self._held.add(sha256)
        try:
            yield
        finally:
            with self._change:
                self._held.discard(sha256)
                self._change.notify_all()


def set_aside(layout: Layout, system: System, path: str, reason: str) -> str:
    """Move a file into quarantine; returns where it is now."""
    name = f"{os.path.basename(path)}.{reason}"
    target = f"{layout.quarantine}/{name}"
    number = 1
    while Path(target).exists():
        number += 1
        target = f"{layout.quarantine}/{name}.{number}"
    system.set_immutable(path, immutable=False)
    system.rename(path, target)
    return target
