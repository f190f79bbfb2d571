"""How long an object must stay, and a clock for it that cannot be wound forward."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from storage.errors import Immutable
from storage.kept import Kept
from storage.layout import Layout, write_json
from storage.settings import VolumeSettings
from storage.system import System

_SAVE_EVERY = 3600.0  # seconds of running between two notes of the time
_BOOT_ID = "/proc/sys/kernel/random/boot_id"


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """What a unit asks of every object."""

    default: timedelta | None
    minimum: timedelta | None

    def until(self, wished: datetime | None, now: datetime) -> datetime | None:
        """The date an object that comes in now must be kept to."""
        if wished is None and self.default is not None:
            wished = now + self.default
        if self.minimum is None:
            return wished
        return max(wished or now, now + self.minimum)


def check_extension(kept: Kept, until: datetime) -> None:
    """Raises `Immutable` when the retention would be shortened."""
    if kept.retain_until is not None and until < kept.retain_until:
        raise Immutable(
            f"{kept.entry.sha256} is kept until {kept.retain_until:%Y-%m-%d}; "
            "a retention can only be lengthened"
        )


def check_deletion(kept: Kept, now: datetime) -> None:
    """Raises `Immutable` before the time or under a legal hold."""
    if kept.held:
        raise Immutable(f"{kept.entry.sha256} is under a legal hold; release that first")
    if kept.retain_until is not None and now < kept.retain_until:
        raise Immutable(
            f"{kept.entry.sha256} is kept until {kept.retain_until:%Y-%m-%d} "
            f"(the retention clock says {now:%Y-%m-%d})"
        )


def boot_seconds() -> float:
    """Seconds since the machine started, sleep included; nobody can set them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    """Which start of the machine this is."""
    try:
        return Path(_BOOT_ID).read_text(encoding="ascii").strip()
    except OSError:
        return ""


class RetentionClock:
    """The time by which retentions end.

    While the machine runs it advances with the seconds since its start, however the
    system clock is set, also over restarts of the program. Time switched off is believed
    from the system clock up to `max_downtime` for each start of the machine. It never
    goes back, and never runs ahead of the system clock. What remains possible: someone
    who can set the clock of the hardware gains `max_downtime` with each reboot.
    """

    def __init__(
        self,
        layout: Layout,
        system: System,
        wall: Callable[[], datetime],
        settings: VolumeSettings,
        *,
        first: datetime,
        elapsed: Callable[[], float] = boot_seconds,
        boot: Callable[[], str] = boot_id,
    ) -> None:
        """`first` is believed when nothing was noted yet: the time of the newest line."""
        self._layout = layout
        self._system = system
        self._wall = wall
        self._elapsed = elapsed
        self._boot = boot()
        self._began = elapsed()
        self._saved = self._began
        self._base = self._start(_read(layout.clock), first, settings.max_downtime)

    def _start(
        self, noted: tuple[datetime, str, float] | None, first: datetime, limit: timedelta
    ) -> datetime:
        if noted is None:
            return min(first, self._wall())
        at, boot, seconds = noted
        if boot and boot == self._boot and seconds <= self._began:
            return at + timedelta(seconds=self._began - seconds)
        return max(at, min(self._wall(), at + limit))

    def now(self) -> datetime:
        """The time that may end a retention."""
        return min(self._trusted(), self._wall())

    def _trusted(self) -> datetime:
        return self._base + timedelta(seconds=self._elapsed() - self._began)

    def save_if_due(self) -> None:
        if self._elapsed() - self._saved >= _SAVE_EVERY:
            self.save()

    def save(self) -> None:
        """Note the time for the next start."""
        self._saved = self._elapsed()
        noted: dict[str, object] = {
            "time": self._trusted().isoformat(),
            "boot": self._boot,
            "seconds": self._saved,
        }
        write_json(self._layout.clock, noted, self._system)


def _read(path: str) -> tuple[datetime, str, float] | None:
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
        return datetime.fromisoformat(found["time"]), str(found["boot"]), float(found["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
