"""Making units, putting objects into them, and counting what they leave open."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from storage.store import Entry, Receipt, Store
from storage.system import System
from storage.volume import Volume, VolumeSettings, create_volume, open_volume

HEADER = b"DICM header "
SETTINGS = VolumeSettings(low_watermark=0, reserve=0, checkpoint_lines=5, segment_bytes=4000)


class Wall:
    """The system clock, as far as the store can tell."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 17, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


def new_unit(folder: Path) -> Path:
    create_volume(folder, name="test")
    return folder


def reopen(
    folder: Path,
    wall: Wall | None = None,
    *,
    settings: VolumeSettings = SETTINGS,
    system: System | None = None,
    read_only: bool = False,
) -> Volume:
    return open_volume(
        folder, settings=settings, clock=wall or Wall(), system=system, read_only=read_only
    )


def put(
    store: Store,
    name: str,
    content: bytes,
    *,
    header: bytes = HEADER,
    group: str = "study",
    retain_until: datetime | None = None,
) -> Receipt:
    incoming = store.receive(header)
    incoming.write([content])
    return incoming.commit(name, group, {"source": "TEST"}, retain_until)


def content_of(store: Store, sha256: str) -> bytes:
    reader = store.open(sha256)
    try:
        return b"".join(reader.chunks(content_only=True))
    finally:
        reader.close()


def file_of(folder: Path, entry: Entry) -> Path:
    return folder / entry.path


def flip(path: Path, at: int = -1) -> None:
    """Change one bit of a file, as a failing medium does."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.chmod(0o640)
    path.write_bytes(data)


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))
