"""Where things lie in a unit, and the marker that says that it is one."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

from storage.errors import NotAUnit, StoreError
from storage.system import System

FORMAT = 1
FOLDERS = ("objects", "incoming", "ledger", "quarantine")


@dataclass(frozen=True, slots=True)
class Unit:
    """What the marker file says."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of a unit. None of them is ever made from what came over the wire."""

    root: str

    @property
    def marker(self) -> str:
        return f"{self.root}/unit.json"

    @property
    def objects(self) -> str:
        return f"{self.root}/objects"

    @property
    def incoming(self) -> str:
        return f"{self.root}/incoming"

    @property
    def ledger(self) -> str:
        return f"{self.root}/ledger"

    @property
    def quarantine(self) -> str:
        return f"{self.root}/quarantine"

    @property
    def catalogue(self) -> str:
        return f"{self.root}/catalogue.sqlite"

    @property
    def reserve(self) -> str:
        return f"{self.root}/reserve"

    @property
    def clock(self) -> str:
        return f"{self.root}/clock.json"

    def absolute(self, path: str) -> str:
        return f"{self.root}/{path}"


def group_key(group: str) -> str:
    """A folder name for what is kept together; the digest keeps wire data out of the path."""
    return blake2b(group.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


def folder_of(day: datetime, group: str) -> str:
    """Below the root: one folder per day and group."""
    return f"objects/{day.year:04}/{day.month:02}/{day.day:02}/{group_key(group)}"


def create_marker(layout: Layout, name: str, system: System) -> Unit:
    """Make the folders of a new unit and, last, its marker."""
    root = Path(layout.root)
    root.mkdir(parents=True, exist_ok=True)
    if any(root.iterdir()):
        raise NotAUnit(f"{root} is not empty: a new unit needs a folder of its own")
    for folder in FOLDERS:
        system.make_directory(layout.absolute(folder))
    unit = Unit(id=secrets.token_hex(16), name=name)
    write_json(layout.marker, {"format": FORMAT, "id": unit.id, "name": unit.name}, system)
    system.sync_directory(str(root.parent))
    return unit


def read_marker(layout: Layout, expected_id: str | None) -> Unit:
    """Raises `NotAUnit` when the folder is not the unit it should be."""
    try:
        with open(layout.marker, encoding="utf-8") as file:
            found = json.load(file)
        unit = Unit(id=str(found["id"]), name=str(found["name"]))
        version = found["format"]
    except FileNotFoundError:
        raise NotAUnit(
            f"{layout.root} holds no unit of storage (no unit.json). Is the drive mounted?"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotAUnit(f"{layout.marker} cannot be read: {error}") from error
    if version != FORMAT:
        raise NotAUnit(f"{layout.root} has format {version}; this program knows {FORMAT}")
    if expected_id is not None and unit.id != expected_id:
        raise NotAUnit(
            f"{layout.root} is unit {unit.name} ({unit.id}), not {expected_id}. "
            "Is another drive mounted there?"
        )
    return unit


def lock(layout: Layout) -> int:
    """Keep other processes out; the descriptor holds the lock until it is closed."""
    descriptor = os.open(f"{layout.root}/lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise StoreError(
            f"{layout.root} is in use by another process. Stop that one first"
        ) from error
    return descriptor


def is_locked(layout: Layout) -> bool:
    """Whether a process has the unit open for writing; asked without taking the lock."""
    try:
        found = Path(f"{layout.root}/lock").stat()
        locks = Path("/proc/locks").read_text(encoding="ascii").split()
    except OSError:
        return True
    device = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    return device in locks


def write_json(path: str, value: dict[str, object], system: System) -> None:
    """Replace a small file so that a power cut leaves the old one or the new one."""
    fresh = f"{path}.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
    try:
        system.write(descriptor, [json.dumps(value, indent=1).encode() + b"\n"])
        system.sync(descriptor)
    finally:
        os.close(descriptor)
    system.rename(fresh, path)
    system.sync_directory(os.path.dirname(path))
