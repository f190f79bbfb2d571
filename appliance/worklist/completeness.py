"""Looks for what a modality says it made and never arrived."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from appliance.database.door import Database
from appliance.dicom.dataset import decode
from appliance.dicom.negotiation import EXPLICIT_LITTLE_ENDIAN
from appliance.journal.model import Severity
from appliance.journal.service import Journal
from appliance.worklist import performed, steps
from appliance.worklist.performed import Performed

Arrived: TypeAlias = Callable[[str], Awaitable[frozenset[str]]]  # study to SOP Instance UIDs
_AT_ONCE = 20


async def check(
    database: Database, journal: Journal, arrived: Arrived, quiet: timedelta, now: datetime
) -> int:
    """Look at completed steps that fell quiet; how many. Each is told of once."""
    due = await database.read(steps.unchecked, now - quiet, _AT_ONCE)
    for one in due:
        missing, named = await _missing(one, arrived)
        if missing:
            _tell(journal, one, missing, named)
        await database.run(steps.mark_checked, one.uid)
    return len(due)


async def _missing(one: Performed, arrived: Arrived) -> tuple[list[str], int]:
    """The instances that are not here, and how many were named."""
    dataset = decode(one.raw, EXPLICIT_LITTLE_ENDIAN)
    named = [uid for series in performed.expected(dataset) for uid in series.instance_uids]
    if not named:
        return [], 0
    here: set[str] = set()
    for study_uid in {link.study_uid for link in performed.links(dataset)}:
        here |= await arrived(study_uid)
    return [uid for uid in named if uid not in here], len(named)


def _tell(journal: Journal, one: Performed, missing: list[str], named: int) -> None:
    study = performed.links(decode(one.raw, EXPLICIT_LITTLE_ENDIAN))[0].study_uid
    journal.note(
        "worklist.incomplete",
        f"{one.ae_title} says it made {named} instances of study {study}; {len(missing)} of them "
        "have not arrived. Send the study again from the modality.",
        severity=Severity.WARNING,
        subject=study,
        details={"step": one.uid, "first": missing[0], "missing": str(len(missing))},
    )
