"""The configuration file: every key, its default, and what is wrong with it when it is.

`config.example.toml` is its documentation; a house test compares the two key for key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from appliance.errors import ConfigError
from appliance.tables import Size, read_toml, section

_LARGEST_OBJECT, _WATERMARK, _RESERVE = Size(8 << 30), Size(2 << 30), Size(256 << 20)
_PIXEL_MEMORY = Size(2 << 30)
_VERIFY_RATE = Size(64 << 20)


@dataclass(frozen=True, slots=True)
class ApplianceSection:
    """Where it lives and what it is called."""

    home: Path = Path("arca-data")
    name: str = "Arca"
    language: Literal["en", "es"] = "en"


@dataclass(frozen=True, slots=True)
class DicomSection:
    """The DICOM node."""

    ae_title: str = "ARCA"
    address: str = "0.0.0.0"  # noqa: S104 - modalities must reach it
    port: int = 11112
    unknown_callers: Literal["accept", "hold", "refuse"] = "accept"
    unknown_services: tuple[str, ...] = ("store",)
    quiet_seconds: float = 30.0
    concurrent_tasks: int = 8
    max_pdu: int = 262144
    transfer_syntaxes: tuple[str, ...] = ()
    max_associations: int = 200
    max_associations_per_peer: int = 20
    idle_seconds: float = 60.0
    max_object: Size = _LARGEST_OBJECT


@dataclass(frozen=True, slots=True)
class TlsSection:
    """DICOM over TLS, beside the plain port. Certificates: `arca certificate`."""

    listen: bool = False
    port: int = 2762
    mutual: bool = True
    verify_host: bool = True


@dataclass(frozen=True, slots=True)
class CommitmentSection:
    """Storage commitment, given and asked for."""

    same_association_seconds: float = 5.0
    verify_rate: Size = _VERIFY_RATE
    patience_hours: float = 24.0


@dataclass(frozen=True, slots=True)
class StorageSection:
    """The write-once store."""

    path: Path = Path()
    low_watermark: Size = _WATERMARK
    reserve: Size = _RESERVE
    immutable: bool = False
    retention_days: int = 0
    sync: bool = True


@dataclass(frozen=True, slots=True)
class PixelsSection:
    """The processes that decode and encode pixels."""

    workers: int = 2
    memory: Size = _PIXEL_MEMORY
    seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class DatabaseSection:
    """The index and the queue."""

    url: str = ""


@dataclass(frozen=True, slots=True)
class TransfersSection:
    """The queue."""

    keep_days: int = 90


@dataclass(frozen=True, slots=True)
class WorklistSection:
    """What is scheduled, and told to the modalities."""

    most_answers: int = 2000
    keep_days: int = 30


@dataclass(frozen=True, slots=True)
class JournalSection:
    """What happened."""

    keep_days: int = 400
    keep_trouble_days: int = 3650


@dataclass(frozen=True, slots=True)
class QuerySection:
    """What other systems may ask for at a time."""

    most_answers: int = 5000
    most_instances: int = 200_000


@dataclass(frozen=True, slots=True)
class WebSection:
    """The portal."""

    address: str = "0.0.0.0"  # noqa: S104 - people must reach it
    port: int = 8443
    certificate: Path = Path()
    key: Path = Path()


@dataclass(frozen=True, slots=True)
class DicomwebSection:
    """DICOMweb, on the portal. Tokens: `arca token`."""

    listen: bool = True
    origins: tuple[str, ...] = ()
    max_matches: int = 1000
    max_parts: int = 10_000


@dataclass(frozen=True, slots=True)
class ControlSection:
    """The door for the command line and the console."""

    socket: Path = Path()


@dataclass(frozen=True, slots=True)
class LogSection:
    """What is written about what happens."""

    level: Literal["debug", "info", "warning", "error"] = "info"


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be set, with every path absolute and every default filled in."""

    appliance: ApplianceSection = field(default_factory=ApplianceSection)
    dicom: DicomSection = field(default_factory=DicomSection)
    tls: TlsSection = field(default_factory=TlsSection)
    commitment: CommitmentSection = field(default_factory=CommitmentSection)
    storage: StorageSection = field(default_factory=StorageSection)
    pixels: PixelsSection = field(default_factory=PixelsSection)
    database: DatabaseSection = field(default_factory=DatabaseSection)
    transfers: TransfersSection = field(default_factory=TransfersSection)
    worklist: WorklistSection = field(default_factory=WorklistSection)
    journal: JournalSection = field(default_factory=JournalSection)
    query: QuerySection = field(default_factory=QuerySection)
    web: WebSection = field(default_factory=WebSection)
    dicomweb: DicomwebSection = field(default_factory=DicomwebSection)
    control: ControlSection = field(default_factory=ControlSection)
    log: LogSection = field(default_factory=LogSection)


def load(path: Path | None = None) -> Config:
    """The configuration in `path`; the defaults when it is None.

    Relative paths count from the file's folder, or from the working directory without
    a file. Raises `ConfigError`, which names the file, the key and the nearest known key.
    """
    table = {} if path is None else read_toml(path)
    base = Path.cwd() if path is None else path.absolute().parent
    config = section(Config, table, path, "")
    _check(config, path)
    return _located(config, base)


# PS3.5 §6.2, VR AE.
_AE_TITLE = re.compile(r"[ -\[\]-~]{1,16}")

# RFC 6454 §6.2; a wildcard would open the archive to every page.
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")

# The bounds of numbers: below them it cannot work, above them it was surely not meant.
_BOUNDS = {
    "dicom.port": (0, 65535),
    "dicom.quiet_seconds": (0.1, 86400.0),
    "dicom.concurrent_tasks": (1, 64),
    "dicom.max_pdu": (4096, 4 << 20),
    "dicom.max_associations": (1, 2000),
    "dicom.max_associations_per_peer": (1, 2000),
    "dicom.idle_seconds": (1.0, 86400.0),
    "dicom.max_object": (1 << 20, 1 << 40),
    "tls.port": (0, 65535),
    "commitment.same_association_seconds": (0.0, 600.0),
    "commitment.verify_rate": (1 << 20, 1 << 40),
    "commitment.patience_hours": (0.01, 720.0),
    "storage.retention_days": (0, 36525),
    "transfers.keep_days": (1, 36525),
    "worklist.most_answers": (1, 100_000),
    "worklist.keep_days": (1, 36525),
    "journal.keep_days": (1, 36525),
    "journal.keep_trouble_days": (1, 36525),
    "query.most_answers": (1, 1_000_000),
    "query.most_instances": (1, 10_000_000),
    "pixels.workers": (1, 64),
    "pixels.memory": (256 << 20, 1 << 40),
    "pixels.seconds": (1.0, 3600.0),
    "web.port": (0, 65535),
    "dicomweb.max_matches": (1, 100_000),
    "dicomweb.max_parts": (1, 1_000_000),
}


def _check(config: Config, path: Path | None) -> None:
    for where, (low, high) in _BOUNDS.items():
        section, key = where.split(".")
        value = getattr(getattr(config, section), key)
        if not low <= value <= high:
            raise ConfigError(f"{path}: {where} = {value} is not between {low} and {high}")
    if not _AE_TITLE.fullmatch(config.dicom.ae_title) or not config.dicom.ae_title.strip():
        raise ConfigError(
            f"{path}: dicom.ae_title = {config.dicom.ae_title!r} is not 1 to 16 plain characters "
            "without a backslash"
        )
    for origin in config.dicomweb.origins:
        if not _ORIGIN.fullmatch(origin):
            raise ConfigError(
                f"{path}: dicomweb.origins: {origin!r} is not like https://viewer.example:3000"
            )
    _check_services(config.dicom.unknown_services, path)
    if (config.web.certificate == Path()) != (config.web.key == Path()):
        raise ConfigError(f"{path}: web.certificate and web.key go together: give both or neither")


def _check_services(names: tuple[str, ...], path: Path | None) -> None:
    if names == DicomSection().unknown_services:
        return
    # Only now: the command line must not bring the protocol with it each time.
    from appliance.nodes.model import SERVICES

    for name in names:
        if name not in SERVICES:
            known = ", ".join(SERVICES)
            raise ConfigError(f"{path}: dicom.unknown_services: '{name}' is none of {known}")


def _located(config: Config, base: Path) -> Config:
    home = base / config.appliance.home
    place: dict[str, dict[str, Any]] = {
        "appliance": {"home": home},
        "storage": {"path": _under(config.storage.path, base, home / "store")},
        "database": {"url": _database(config.database.url, base, home)},
        "control": {"socket": _under(config.control.socket, base, home / "control.sock")},
        "web": {
            "certificate": _under(config.web.certificate, base, home / "web" / "certificate.pem"),
            "key": _under(config.web.key, base, home / "web" / "key.pem"),
        },
    }
    sections = {
        one.name: _with(getattr(config, one.name), place.get(one.name, {}))
        for one in fields(config)
    }
    return Config(**sections)


def _database(url: str, base: Path, home: Path) -> str:
    if not url:
        return f"sqlite:///{home / 'index.sqlite'}"
    if url.startswith("sqlite:///"):
        return f"sqlite:///{base / url.removeprefix('sqlite:///')}"
    return url


def _under(given: Path, base: Path, default: Path) -> Path:
    return default if given == Path() else base / given


def _with(section: Any, changes: dict[str, Any]) -> Any:
    values = {one.name: getattr(section, one.name) for one in fields(section)}
    return type(section)(**values | changes)
