"""What is scheduled, and what modalities performed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from web.forms import CopyForm, ScheduleForm


@dataclass(frozen=True, slots=True)
class Item:
    """One scheduled procedure step, as lists show it."""

    id: int
    state: str
    start: str  # "2026-11-30 09:30"
    modality: str
    station_ae_titles: tuple[str, ...]
    patient_id: str
    patient_name: str
    accession_number: str
    step_id: str
    description: str
    study_uid: str
    source: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of items that were read or copied."""

    added: int
    changed: int
    unchanged: int
    removed: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """The worklist of another system that is copied on a schedule."""

    node: str
    every_seconds: float
    days: int
    last_at: datetime | None
    items: int
    note: str


@dataclass(frozen=True, slots=True)
class Performed:
    """What a modality says it did."""

    uid: str
    state: str
    ae_title: str
    scheduled: bool
    began: datetime
    changed: datetime


class Worklist(Protocol):
    """What is scheduled, and what modalities performed."""

    async def listed(self, search: str, all_: bool, limit: int | None) -> list[Item]: ...

    async def add(self, form: ScheduleForm) -> Item: ...

    async def show(self, number: int) -> Mapping[str, Any]:
        """Its data set as DICOM JSON (PS3.18 Annex F). Raises `UnknownName`."""
        ...

    async def remove(self, number: int) -> None:
        """Raises `UnknownName`."""

    async def import_path(self, path: Path) -> Taken: ...

    async def copy(self, form: CopyForm) -> Taken | Copy:
        """Copy now, or from now on. Raises `UnknownName` and `PeerError`."""
        ...

    async def stop_copying(self, node: str) -> None:
        """Raises `UnknownName`."""

    async def copies(self) -> list[Copy]: ...

    async def performed(self, limit: int | None) -> list[Performed]: ...
