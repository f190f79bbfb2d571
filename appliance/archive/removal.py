"""Takes rows out of the index: of objects let go, and all of them before a rebuild."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.archive.records import (
    CursorRow,
    InstanceRow,
    OpenRow,
    PatientRow,
    SeriesRow,
    StudyRow,
)
from appliance.archive.rows import modalities_column
from appliance.database.schema import transaction


async def remove(digests: Sequence[str]) -> tuple[int, int]:
    """Forget objects, and what is empty without them; part of a unit of work.

    Returns how many studies and instances went.
    """
    rows = await InstanceRow.filter(sha256__in=digests).select_related("series")
    series = {row.series_id for row in rows}
    studies = {row.series.study_id for row in rows}
    await InstanceRow.filter(sha256__in=digests).delete()
    left = await InstanceRow.filter(series_id__in=series).distinct().values_list("series_id")
    await SeriesRow.filter(id__in=series - {number for (number,) in left}).delete()
    return sum([await _recount(study) for study in studies]), len(rows)


async def _recount(study: int) -> bool:
    """Add up what is left of a study; True when that was nothing and it went."""
    sizes = await InstanceRow.filter(series__study_id=study).values_list("size")
    if not sizes:
        await _remove_study(study)
        return True
    parts = await SeriesRow.filter(study_id=study).values_list("modality", flat=True)
    await StudyRow.filter(id=study).update(
        instances=len(sizes),
        size=sum(int(size) for (size,) in sizes),
        series=len(parts),
        modalities=modalities_column({str(one) for one in parts if one}),
    )
    return False


async def _remove_study(study: int) -> None:
    row = await StudyRow.get(id=study)
    await row.delete()
    if not await StudyRow.filter(person_id=row.person_id).exists():
        await PatientRow.filter(id=row.person_id).delete()


async def begin_rebuild(unit: str, last: int) -> None:
    """Empty the index; remember which studies were incomplete and how far rules had seen.

    `last` is the newest line of the ledger: an index without a cursor was lost, and what
    it had routed with it, so that everything up to there counts as routed.
    """
    async with transaction():
        cursor = await CursorRow.get_or_none(unit=unit)
        routed = max(cursor.sequence, cursor.silent_to) if cursor else last
        if cursor and cursor.sequence >= cursor.silent_to:  # else one is under way already
            await OpenRow.all().delete()
            opened = await StudyRow.filter(complete=False).values_list("study_uid", "planned_to")
            await OpenRow.bulk_create(
                [OpenRow(study_uid=uid, planned_to=planned_to) for uid, planned_to in opened]
            )
        for table in (InstanceRow, SeriesRow, StudyRow, PatientRow):
            await table.all().delete()
        await CursorRow.filter(unit=unit).delete()
        await CursorRow.create(unit=unit, sequence=0, silent_to=routed)
