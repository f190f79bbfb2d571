"""How much room is left: the watermark, and the reserve that a full disk gives back."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from storage.errors import Full
from storage.layout import Layout
from storage.settings import VolumeSettings
from storage.store import Space
from storage.system import System

_LOOK_EVERY = 16 << 20


class Room:
    """Refuses before the disk is full.

    The reserve file is let go when the disk fills up all the same, so that deletions and
    the database still work, and comes back when there is room again.
    """

    def __init__(self, layout: Layout, settings: VolumeSettings, system: System) -> None:
        self._layout = layout
        self._settings = settings
        self._system = system
        self._reserved = Path(layout.reserve).exists()
        self._credit = 0  # bytes that may come in before the next look

    def space(self) -> Space:
        """What is free, without what the reserve is still owed."""
        total, free = self._system.free(self._layout.root)
        owed = 0 if self._reserved else self._settings.reserve
        return Space(total, max(free - owed, 0), self._settings.low_watermark)

    def take(self, size: int) -> None:
        """Note that so many bytes were written."""
        self._credit -= size

    def check(self) -> None:
        """Raises `Full` below the watermark. Looks at the disk once per 16 MiB that came in."""
        if self._credit <= 0:
            self._look()

    def _look(self) -> None:
        space = self.space()
        if space.free < space.low_watermark:
            if space.free < self._settings.reserve // 2:
                self.release()
            raise Full(
                f"{self._layout.root} has {space.free >> 20} MiB free, less than the "
                f"{space.low_watermark >> 20} MiB kept free. Make room; reception goes on by itself"
            )
        self._credit = min(space.free - space.low_watermark, _LOOK_EVERY)
        self.restore()

    def release(self) -> None:
        """Give the reserve to whoever needs it now."""
        self._credit = 0
        if self._reserved:
            with suppress(OSError):
                self._system.unlink(self._layout.reserve)
                self._reserved = False

    def restore(self) -> None:
        """Take the reserve again, when there is room for it above the watermark."""
        if self._reserved or not self._settings.reserve:
            return
        with suppress(OSError):
            space = self.space()
            if space.free >= space.low_watermark:
                self._fill(f"{self._layout.reserve}.new")
                self._system.rename(f"{self._layout.reserve}.new", self._layout.reserve)
                self._reserved = True

    def _fill(self, path: str) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            self._system.allocate(descriptor, self._settings.reserve)
        except OSError:
            self._system.unlink(path)
            raise
        finally:
            os.close(descriptor)
