"""How a unit of storage behaves: room, retention, syncing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class VolumeSettings:
    """The choices a technician has for one volume; sizes in bytes."""

    low_watermark: int = 1024 * MIB  # below this much free, nothing more is taken in
    reserve: int = 64 * MIB  # held back, given to deletions and the database on a full disk
    sync: bool = True  # False only to measure: acknowledged objects then die in a power cut
    immutable: bool = False  # chattr +i on every object, where the file system knows it
    default_retention: timedelta | None = None  # for objects that come without a date
    min_retention: timedelta | None = None  # a shorter wish is lengthened to this
    max_downtime: timedelta = timedelta(days=31)  # the longest switched-off time believed at start
    segment_bytes: int = 8 * MIB  # a file of the ledger is closed when it is this long
    checkpoint_lines: int = 500  # lines of the ledger held in memory until the catalogue has them
