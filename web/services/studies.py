"""Studies: what the index knows of them, moving them, taking files in."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from web.services.queue import Job


@dataclass(frozen=True, slots=True)
class Study:
    """One study as the index knows it."""

    patient_id: str
    patient_name: str
    study_uid: str
    study_date: str  # ISO 8601 date, or as received when it is not a date, or ""
    modalities: tuple[str, ...]
    instances: int
    complete: bool
    description: str = ""
    accession_number: str = ""
    received: datetime | None = None  # when its newest instance came


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import has come; the last one has `done`, and an `error` when it broke off."""

    files: int
    stored: int
    duplicates: int
    ignored: int  # not DICOM
    failed: int
    bytes: int
    current: str  # the file it is at; what was to be imported when it broke off
    error: str = ""  # what was wrong with `current`
    done: bool = False


class Studies(Protocol):
    """What the index knows, and moving it."""

    async def find(self, search: str, limit: int | None) -> list[Study]:
        """Newest first, all of them without a `limit`.

        `search` is part of a patient's name or ID, of an accession number, a description or
        a Study Instance UID.
        """
        ...

    async def send(self, study_uid: str, node: str, priority: int | None) -> Job: ...

    def import_path(self, path: Path) -> AsyncGenerator[ImportProgress, None]:
        """Take in a file, or every file under a folder; one report per file or so.

        When nothing more can be taken in, the last report says why, and what came in before.
        """
        ...
