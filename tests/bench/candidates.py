"""The receivers that are compared, and how each is started."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.toolchain import Programs

_HERE = Path(__file__).parent
_LONGEST_PDU = "131072"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a receiver is to run."""

    programs: Programs
    arca: Path
    folder: Path  # empty, its own
    port: int
    web_port: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A receiver."""

    name: str
    label: str
    command: Callable[[Place], list[str]]  # may write a configuration into the folder
    program: str = ""  # what must be on the path
    package: str = ""  # the Debian package that brings it
    only_full: bool = False
    has_metrics: bool = False

    def missing(self, arca: Path) -> str:
        """Why it cannot run here; empty when it can."""
        if self.has_metrics and not arca.exists():
            return f"{arca} does not exist; ./run setup makes it"
        if self.program and shutil.which(self.program, path=_search_path()) is None:
            return f"{self.program} is not installed; apt-get install {self.package}"
        return ""


def _search_path() -> str:
    # Debian keeps Orthanc in /usr/sbin, which is not on everybody's path.
    return f"{os.environ.get('PATH', '')}:/usr/sbin"


def _receiver(*switches: str) -> Callable[[Place], list[str]]:
    def command(place: Place) -> list[str]:
        words = [str(place.programs.receiver), "--port", str(place.port), "--pdu", _LONGEST_PDU]
        return [*words, "--directory", str(place.folder), *switches]

    return command


def _null(place: Place) -> list[str]:
    return [str(place.programs.receiver), "--port", str(place.port), "--pdu", _LONGEST_PDU]


def _storescp(*switches: str) -> Callable[[Place], list[str]]:
    def command(place: Place) -> list[str]:
        words = ["storescp", "+B", *switches, "-pdu", _LONGEST_PDU]
        return [*words, "-od", str(place.folder), str(place.port)]

    return command


def _orthanc(**changes: bool) -> Callable[[Place], list[str]]:
    def command(place: Place) -> list[str]:
        settings: dict[str, object] = {
            "StorageDirectory": str(place.folder / "storage"),
            "IndexDirectory": str(place.folder / "storage"),
            "DicomPort": place.port,
            "HttpServerEnabled": False,
            **changes,
        }
        configuration = place.folder / "orthanc.json"
        configuration.write_text(json.dumps(settings))
        return [_orthanc_program(), str(configuration)]

    return command


def _orthanc_program() -> str:
    return shutil.which("Orthanc", path=_search_path()) or "Orthanc"


def _pynetdicom(place: Place) -> list[str]:
    script = _HERE / "pynetdicom_listener.py"
    return [sys.executable, str(script), str(place.port), str(place.folder)]


def arca_configuration(place: Place, *, sync: bool = True) -> Path:
    """Everything but the places and the ports is as it is by default."""
    sections: dict[str, dict[str, object]] = {
        "appliance": {"home": str(place.folder / "home")},
        "dicom": {"address": "127.0.0.1", "port": place.port},
        "web": {"address": "127.0.0.1", "port": place.web_port},
        "control": {"socket": str(place.folder / "arca.sock")},
    }
    if not sync:
        sections["storage"] = {"sync": False}
    lines = []
    for name, values in sections.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    path = place.folder / "arca.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def _arca(*, sync: bool) -> Callable[[Place], list[str]]:
    def command(place: Place) -> list[str]:
        configuration = arca_configuration(place, sync=sync)
        return [str(place.arca), "serve", "--config", str(configuration)]

    return command


CANDIDATES = (
    Candidate("null", "C: receive, drop (limit of the sender)", _null, only_full=True),
    Candidate("c", "C: receive, write", _receiver()),
    Candidate("c-fsync", "C: receive, write, fsync", _receiver("--fsync")),
    Candidate("storescp", "storescp +B", _storescp(), "storescp", "dcmtk"),
    Candidate(
        "storescp-fork", "storescp +B --fork", _storescp("--fork"), "storescp", "dcmtk", True
    ),
    Candidate("orthanc", "Orthanc, default (syncs)", _orthanc(), "Orthanc", "orthanc"),
    Candidate(
        "orthanc-nosync",
        "Orthanc, without sync",
        _orthanc(SyncStorageArea=False),
        "Orthanc",
        "orthanc",
        True,
    ),
    Candidate("pynetdicom", "pynetdicom listener", _pynetdicom),
    Candidate("arca", "Arca", _arca(sync=True), has_metrics=True),
    Candidate("arca-nosync", "Arca, without sync", _arca(sync=False), has_metrics=True),
)
