"""Reads the whole store again, month after month, a little at a time."""

from __future__ import annotations

import logging
from collections.abc import Sequence, Set
from contextlib import suppress
from pathlib import Path

import trio

from appliance.config import Config
from appliance.journal.model import Severity
from appliance.journal.service import Journal
from storage.scrub import scrub_slice
from storage.volume import Volume

log = logging.getLogger(__name__)

_PAUSE = 60.0  # seconds between two slices
_ROUND = 30 * 86400.0  # seconds in which everything has been read once
_LEAST = 4 << 20  # bytes per slice: a small store is read again sooner
_MOST = 1 << 30  # … and this much does not disturb anybody


async def scrub_for_ever(volume: Volume, journal: Journal, config: Config) -> None:
    """Verify a slice each minute, until cancelled; what is damaged becomes an alarm."""
    place = config.appliance.home / "scrub.place"
    after = await trio.to_thread.run_sync(_read, place)
    told: set[str] = set()  # a small store is read again each minute: one alarm is enough
    while True:
        await trio.sleep(_PAUSE)
        told = await trio.to_thread.run_sync(still_damaged, volume, told)
        space = await trio.to_thread.run_sync(volume.space)
        done = await trio.to_thread.run_sync(
            scrub_slice, volume, after, budget(space.total - space.free)
        )
        _tell([digest for digest in done.damaged if digest not in told], journal)
        told.update(done.damaged)
        after = done.after
        await trio.to_thread.run_sync(place.write_text, f"{after}\n")


def budget(used: int) -> int:
    """Bytes to read in one slice, so that a round over `used` bytes takes a month."""
    return int(min(max(used * _PAUSE / _ROUND, _LEAST), _MOST))


def still_damaged(volume: Volume, digests: Set[str]) -> set[str]:
    """Without those of which a good copy has come since."""
    return {digest for digest in digests if volume.is_damaged(digest)}


def note_damage(volume: Volume, journal: Journal, digest: str, reason: str) -> None:
    """Somebody else found an object damaged: record it, once. Blocking."""
    if not volume.is_damaged(digest):
        volume.note_damage(digest, reason)
        _tell([digest], journal)


def _tell(damaged: Sequence[str], journal: Journal) -> None:
    for digest in damaged:
        journal.note(
            "object.damaged",
            "A stored object does not agree with its digest any more, or is gone. "
            "Restore it from another copy",
            severity=Severity.ALARM,
            subject=digest,
        )


def _read(place: Path) -> int:
    with suppress(OSError, ValueError):
        return int(place.read_text())
    return 0
