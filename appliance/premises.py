"""The place a box lives in: its home folder, its store, and whether a start would succeed."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from appliance import clock
from appliance.certificates.cabinet import Cabinet
from appliance.config import Config
from appliance.errors import ConfigError
from storage.errors import NotAUnit, StoreError
from storage.volume import Volume, VolumeSettings, create_volume, open_volume

# SQLite's write-ahead log needs memory shared between processes: no network file system has it.
_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at before a start."""

    level: str  # "ok", "warning" or "error"
    subject: str
    text: str
    advice: str = ""


def volume_settings(config: Config) -> VolumeSettings:
    """What the configuration says about the store."""
    days = config.storage.retention_days
    return VolumeSettings(
        low_watermark=config.storage.low_watermark,
        reserve=config.storage.reserve,
        sync=config.storage.sync,
        immutable=config.storage.immutable,
        default_retention=timedelta(days=days) if days else None,
    )


def open_cabinet(config: Config) -> Cabinet:
    """Where certificates for DICOM over TLS lie."""
    return Cabinet(config.appliance.home / "tls")


def ensure_certificates(config: Config) -> None:
    """Make what TLS needs at the first start with it."""
    hosts = ["localhost", "127.0.0.1", socket.gethostname()]
    open_cabinet(config).ensure(config.appliance.name, hosts)


def open_store(config: Config, *, read_only: bool = False) -> Volume:
    """Open the store; the first start makes it.

    Its identity is kept at home as well: where a drive is not mounted, the empty folder in
    its place is not taken for a new store. Raises `ConfigError` and `StoreError`.
    """
    known = _identity(config)
    try:
        if not (read_only or known.exists() or _marked(config.storage.path)):
            name, settings = config.appliance.name, volume_settings(config)
            create_volume(config.storage.path, name=name, settings=settings)
        volume = _opened(config, known, read_only=read_only)
        if not read_only and not known.exists():
            _remember(known, volume.unit.id)
    except (NotAUnit, OSError) as error:
        text = f"storage.path = {config.storage.path}: {error}"
        if known.exists():
            text += f". If this box shall begin with another store, remove {known} first"
        raise ConfigError(text) from error
    return volume


def _opened(config: Config, known: Path, *, read_only: bool) -> Volume:
    return open_volume(
        config.storage.path,
        settings=volume_settings(config),
        clock=clock.now,
        expected_id=known.read_text().strip() if known.exists() else None,
        read_only=read_only,
    )


def _identity(config: Config) -> Path:
    return config.appliance.home / "store.id"


def _marked(path: Path) -> bool:
    return (path / "unit.json").exists()


def _remember(path: Path, identity: str) -> None:
    """Whole or not at all: an empty file after a power cut would fit no store."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("w") as file:
        file.write(f"{identity}\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def make_home(config: Config) -> None:
    """The folder everything lives in, closed to other users. Raises `ConfigError`."""
    try:
        config.appliance.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        where = f"appliance.home = {config.appliance.home}"
        raise ConfigError(f"{where}: cannot be made: {error.strerror}") from error


def inspect(config: Config) -> list[Finding]:
    """Everything that would keep the appliance from working, or make it work badly."""
    return [
        _home(config),
        _store(config),
        _database(config),
        _room(config),
        *_ports(config),
        *_certificate(config),
        *_sync(config),
    ]


def _home(config: Config) -> Finding:
    home = config.appliance.home
    nearest = next(path for path in (home, *home.parents) if path.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK):
        return Finding("ok", "home", f"{home} can be written")
    advice = f"give this user the right to write in {nearest}, or set appliance.home"
    return Finding("error", "home", f"{home} cannot be written", advice)


def _store(config: Config) -> Finding:
    path = config.storage.path
    if not (_identity(config).exists() or _marked(path)):
        if path.exists() and not (path.is_dir() and not any(path.iterdir())):
            advice = "a new store needs an empty folder: choose another storage.path"
            return Finding("error", "store", f"{path} holds something else", advice)
        return Finding("ok", "store", f"{path} will be made at the first start")
    try:
        with open_store(config, read_only=True) as volume:
            return Finding("ok", "store", f"{path} is {volume.unit.name} ({volume.unit.id})")
    except (ConfigError, StoreError) as error:
        return Finding("error", "store", str(error))


def _database(config: Config) -> Finding:
    url = config.database.url
    if not url.startswith("sqlite:"):
        return Finding("ok", "database", "PostgreSQL")
    path = Path(url.removeprefix("sqlite:///"))
    kind = _file_system(path)
    if kind in _NETWORK:
        advice = "set database.url to a file on a local disk"
        return Finding("error", "database", f"{path} lies on a network share ({kind})", advice)
    return Finding("ok", "database", f"SQLite on {kind or 'a local disk'}")


def _file_system(path: Path) -> str:
    """The type of the file system a path will lie on; "" when the machine does not say."""
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return ""
    found = [line.split()[1:3] for line in mounts.read_text().splitlines()]
    holding = [(point, kind) for point, kind in found if path.is_relative_to(point)]
    return max(holding, key=lambda one: len(one[0]), default=("", ""))[1]


def _room(config: Config) -> Finding:
    path = config.storage.path
    nearest = next(one for one in (path, *path.parents) if one.exists())
    usage = os.statvfs(nearest)
    free, needed = usage.f_bavail * usage.f_frsize, config.storage.low_watermark
    text = f"{free / 1e9:.1f} GB free below {nearest}"
    if free < needed:
        advice = f"free some, or lower storage.low_watermark (now {needed / 1e9:.1f} GB)"
        return Finding("error", "room", text, advice)
    return Finding("warning" if free < 10 * needed else "ok", "room", text)


def _ports(config: Config) -> Iterator[Finding]:
    for subject, address, port in (
        ("dicom port", config.dicom.address, config.dicom.port),
        ("web port", config.web.address, config.web.port),
    ):
        yield _port(subject, address, port)


def _port(subject: str, address: str, port: int) -> Finding:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            advice = "stop what uses it (perhaps Arca itself), or choose another"
            text = f"{address}:{port} cannot be had: {error.strerror}"
            return Finding("error", subject, text, advice)
    return Finding("ok", subject, f"{address}:{port} is free")


def _certificate(config: Config) -> Iterator[Finding]:
    for path in (config.web.certificate, config.web.key):
        made_by_us = path.is_relative_to(config.appliance.home)
        if not path.exists() and not made_by_us:
            yield Finding("error", "certificate", f"{path} is not there", "put it there")


def _sync(config: Config) -> Iterator[Finding]:
    if not config.storage.sync:
        advice = "set storage.sync = true"
        yield Finding("error", "store", "a power cut would lose acknowledged images", advice)
