"""What opening a unit puts right: a torn last line, temporary files, files nobody listed.

Nothing that was acknowledged is touched: an acknowledged object has a durable line.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import file_digest
from pathlib import Path

from storage import tables
from storage.catalogue import Catalogue, replay
from storage.errors import StoreError
from storage.folders import set_aside
from storage.layout import Layout
from storage.segments import START, Broken, Mark, Segments
from storage.settings import VolumeSettings
from storage.store import Entry
from storage.system import System

_LONGEST_APPEND = 1 << 20  # bytes of the ledger that one power cut can tear
_MOST_UNDER_WAY = 1000  # objects named but unlisted at any one moment
_MARGIN = 600  # seconds that an object may have lain named but unlisted


@dataclass(frozen=True, slots=True)
class Found:
    """The state in which the ledger was found."""

    head: Mark
    trouble: str = ""  # why nothing may be added to it; "" when all is well


def open_catalogue(layout: Layout, unit: str, segments: Segments) -> Catalogue:
    """The catalogue as it is, or an empty one when it cannot be used."""
    with suppress(sqlite3.DatabaseError):
        return Catalogue(layout.catalogue, unit, segments)
    tables.discard(layout.catalogue)
    with suppress(sqlite3.DatabaseError):
        return Catalogue(layout.catalogue, unit, segments)
    with suppress(OSError):  # a disk full to the last byte: this is what the reserve is for
        Path(layout.reserve).unlink()
    try:
        return Catalogue(layout.catalogue, unit, segments)
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{layout.catalogue} cannot be made: {error}") from error


def catch_up(
    layout: Layout, catalogue: Catalogue, segments: Segments, settings: VolumeSettings
) -> Found:
    """Bring the catalogue up to the end of the ledger."""
    mark = catalogue.mark
    if not segments.check(mark):
        return Found(mark, f"ledger line {mark.sequence} was changed or removed; run verify")
    if mark == START and not segments.last() and os.listdir(layout.objects):
        return Found(START, "the ledger is empty, yet objects are there; run verify")
    try:
        return Found(replay(catalogue, segments.follow(mark), settings.checkpoint_lines))
    except Broken as broken:
        if is_torn(broken) and _keep_torn(layout, segments, broken):
            return Found(broken.at)
        return Found(broken.at, f"{broken}; run verify")


def is_torn(broken: Broken) -> bool:
    """Whether a power cut in the middle of an append explains it.

    Then the line has no end, or holds zeros where a page did not reach the medium. Such
    lines were never durable as a whole, so nobody was told that they are kept.
    """
    return bool(broken.rest) and (b"\0" in broken.rest or not broken.rest.endswith(b"\n"))


def _keep_torn(layout: Layout, segments: Segments, broken: Broken) -> bool:
    """Keep the bytes that will be cut off; False when they are more than one append."""
    place = broken.at.position
    with open(segments.path(place.segment), "rb") as file:
        file.seek(place.end)
        rest = file.read(_LONGEST_APPEND + 1)
    if len(rest) > _LONGEST_APPEND:
        return False
    with suppress(OSError), open(f"{layout.quarantine}/ledger.{place.segment}.torn", "ab") as kept:
        kept.write(rest)
    return True


def clear_incoming(layout: Layout, system: System) -> None:
    """Temporary files of an earlier run were never acknowledged."""
    for name in os.listdir(layout.incoming):
        with suppress(OSError):
            system.unlink(f"{layout.incoming}/{name}")


def finish_deletions(layout: Layout, catalogue: Catalogue, system: System) -> None:
    """Unlink what the ledger says was deleted, when a crash came between."""
    for path in catalogue.doomed():
        kept = catalogue.kept(sha256_of(path))
        if kept is None or kept.entry.path != path:  # it may have been put again since
            unlink_deleted(layout.absolute(path), system)
        catalogue.gone(path)


def sha256_of(path: str) -> str:
    """The digest that the file of an object is named by."""
    return os.path.basename(path).removesuffix(".dcm")


def unlink_deleted(path: str, system: System) -> None:
    """Remove the file of a deleted object for good."""
    system.set_immutable(path, immutable=False)
    with suppress(FileNotFoundError):
        system.unlink(path)
        system.sync_directory(os.path.dirname(path))


def sweep(
    layout: Layout, catalogue: Catalogue, system: System, ledger_time: float, last: Entry | None
) -> int:
    """Put away files that were named but not listed when a run ended badly; returns how many.

    They lie in folders of the newest days that changed shortly before the ledger's end. More
    of them than can have been under way have another cause: those are left for `verify`.
    """
    found: list[tuple[str, str, bool]] = []
    for path in _recent_files(layout, ledger_time - _MARGIN, last):
        sha256 = sha256_of(path)
        kept = catalogue.kept(sha256)
        if kept is not None and layout.absolute(kept.entry.path) == path:
            continue
        found.append((path, sha256, kept is not None))
        if len(found) > _MOST_UNDER_WAY:
            return 0
    for path, sha256, is_copy in found:
        with suppress(OSError):
            _put_away(layout, system, path, sha256, is_copy=is_copy)
    return len(found)


def _put_away(layout: Layout, system: System, path: str, sha256: str, *, is_copy: bool) -> None:
    with open(path, "rb") as file:
        whole = file_digest(file, "sha256").hexdigest() == sha256
    if whole and not is_copy:
        set_aside(layout, system, path, "unlisted")
    else:
        system.set_immutable(path, immutable=False)
        system.unlink(path)


def _recent_files(layout: Layout, since: float, last: Entry | None) -> Iterator[str]:
    first_day = _day(last.time - timedelta(days=1)) if last else ""
    for folder in study_folders(layout, first_day):
        if Path(folder).stat().st_mtime < since:
            continue
        with os.scandir(folder) as files:
            for file in files:
                if file.stat(follow_symlinks=False).st_mtime >= since:
                    yield file.path


def _day(moment: datetime) -> str:
    return f"{moment.year:04}/{moment.month:02}/{moment.day:02}"


def study_folders(layout: Layout, first_day: str = "") -> Iterator[str]:
    """Every folder that holds objects: one per day (yyyy/mm/dd) and group, oldest day first."""
    days = [layout.objects]
    for _ in range(3):
        days = [child for folder in days for child in _children(folder)]
    for day in days:
        if day[len(layout.objects) + 1 :] >= first_day:
            yield from _children(day)


def _children(folder: str) -> list[str]:
    with os.scandir(folder) as children:
        return sorted(child.path for child in children if child.is_dir(follow_symlinks=False))
