"""Studies: which there are, sending one, taking files in."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path

from appliance.answers.queue import job_of
from appliance.archive.model import Study as Indexed
from appliance.archive.model import StudyFilter
from appliance.archive.service import Archive
from appliance.errors import UnknownName
from appliance.intake.model import Fate, Imported
from appliance.intake.service import Intake
from appliance.transfers.model import BY_HAND
from appliance.transfers.service import Transfers
from storage.errors import StoreError
from web.services.queue import Job
from web.services.studies import ImportProgress, Study

# The index answers others between two pages.
_PAGE = 1000


@dataclass(frozen=True)
class Studies:
    """See `web.services.studies.Studies`."""

    archive: Archive
    transfers: Transfers
    intake: Intake

    async def find(self, search: str, limit: int | None) -> list[Study]:
        found: dict[str, Study] = {}  # a study that comes meanwhile moves the next page
        read, wanted = 0, limit or sys.maxsize
        while read < wanted:
            page = StudyFilter(text=search.strip(), limit=min(_PAGE, wanted - read), offset=read)
            studies = await self.archive.studies(page)
            found.update((one.study_uid, _study(one)) for one in studies)
            read += len(studies)
            if len(studies) < page.limit:
                break
        return list(found.values())

    async def send(self, study_uid: str, node: str, priority: int | None) -> Job:
        instances = await self.archive.instances(study_uid)
        if not instances:
            raise UnknownName(f"there is no study {study_uid}; `arca studies` lists them")
        digests = [one.sha256 for one in instances]
        urgency = BY_HAND if priority is None else priority
        return job_of(await self.transfers.send(study_uid, node, digests, urgency))

    async def import_path(self, path: Path) -> AsyncGenerator[ImportProgress, None]:
        progress = ImportProgress(0, 0, 0, 0, 0, 0, "")
        try:
            async with self.intake.import_path(path) as files:
                async for one in files:
                    progress = _counted(progress, one)
                    yield progress
        except (OSError, StoreError) as error:
            yield replace(progress, current=str(path), error=_broke_off(error), done=True)
        else:
            yield replace(progress, current="", error="", done=True)


def _broke_off(error: OSError | StoreError) -> str:
    """Why nothing more of it is taken in."""
    if isinstance(error, OSError):
        return f"the import broke off: {error.strerror or error}: {error.filename or '?'}"
    return f"the import broke off: {error}. Then import again: nothing is stored twice"


def _counted(before: ImportProgress, one: Imported) -> ImportProgress:
    stored = one.fate in {Fate.STORED, Fate.CONFLICT}
    refused = one.fate is Fate.REFUSED
    return replace(
        before,
        files=before.files + 1,
        stored=before.stored + stored,
        duplicates=before.duplicates + (one.fate is Fate.DUPLICATE),
        ignored=before.ignored + (one.fate is Fate.SKIPPED),
        failed=before.failed + refused,
        bytes=before.bytes + (one.size if stored else 0),
        current=str(one.path),
        error=one.reason if refused else "",
    )


def _study(one: Indexed) -> Study:
    return Study(
        patient_id=one.patient.patient_id,
        patient_name=one.patient.name,
        study_uid=one.study_uid,
        study_date=_date(one.study_date),
        modalities=one.modalities,
        instances=one.instances,
        complete=one.complete,
        description=one.description,
        accession_number=one.accession_number,
        received=one.last_at,
    )


def _date(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 and text.isdigit() else text
