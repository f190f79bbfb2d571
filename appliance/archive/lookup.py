"""Reads the index: units of work that change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tortoise.expressions import Q
from tortoise.functions import Count

from appliance.archive.model import Instance, Study, StudyDetail, StudyFilter
from appliance.archive.records import CursorRow, InstanceRow, SeriesRow, StudyRow
from appliance.archive.rows import instance_of, series_of, study_of
from appliance.dicom.text import folded


async def studies(wanted: StudyFilter) -> list[Study]:
    """The newest first: by study date, then by when they came."""
    query = StudyRow.filter(_condition(wanted)).select_related("person")
    page = query.order_by("-study_date", "-study_time", "-id").offset(wanted.offset)
    return [study_of(row) for row in await page.limit(wanted.limit)]


async def count_studies(wanted: StudyFilter) -> int:
    return await StudyRow.filter(_condition(wanted)).count()


async def study(study_uid: str) -> StudyDetail | None:
    row = await StudyRow.get_or_none(study_uid=study_uid).select_related("person")
    if row is None:
        return None
    parts = await SeriesRow.filter(study_id=row.id).order_by("number", "id")
    members = InstanceRow.filter(series__study_id=row.id).annotate(members=Count("id"))
    counts = dict(await members.group_by("series_id").values_list("series_id", "members"))
    return StudyDetail(study_of(row), tuple(series_of(one, counts.get(one.id, 0)) for one in parts))


async def instances(study_uid: str, after: int = 0) -> list[Instance]:
    """What a study consists of, in the order it came; only behind line `after` of the ledger."""
    query = InstanceRow.filter(series__study__study_uid=study_uid, sequence__gt=after)
    return [instance_of(row) for row in await query.select_related("series").order_by("sequence")]


async def instances_by_digest(digests: Sequence[str]) -> list[Instance]:
    query = InstanceRow.filter(sha256__in=digests).select_related("series")
    return [instance_of(row) for row in await query.order_by("sequence")]


async def totals() -> tuple[int, int]:
    """How many studies and instances there are; costs the same however many that is."""
    counted = await CursorRow.all().values_list("studies", "instances")
    return sum(studies for studies, _ in counted), sum(instances for _, instances in counted)


async def quiet_since(moment: datetime, limit: int) -> list[tuple[Study, int]]:
    """Incomplete studies without news since `moment`, and how far their rules have seen."""
    query = StudyRow.filter(complete=False, last_at__lte=moment).select_related("person")
    return [(study_of(row), row.planned_to) for row in await query.order_by("last_at").limit(limit)]


async def oldest_open() -> datetime | None:
    """When the incomplete study that has been quiet longest got its newest instance."""
    row = await StudyRow.filter(complete=False).order_by("last_at").first()
    return row.last_at if row else None


def _condition(wanted: StudyFilter) -> Q:
    parts = [
        Q(study_uid=wanted.study_uid) if wanted.study_uid else None,
        _patient(wanted.patient) if wanted.patient else None,
        _text(wanted.text) if wanted.text else None,
        Q(study_date__gte=wanted.date_from) if wanted.date_from else None,
        Q(study_date__lte=wanted.date_to) if wanted.date_to else None,
        Q(modalities__contains=f"\\{wanted.modality}\\") if wanted.modality else None,
        Q(complete=wanted.complete) if wanted.complete is not None else None,
    ]
    return Q(*(part for part in parts if part is not None))


def _patient(text: str) -> Q:
    return Q(person__name_folded__contains=folded(text)) | Q(person__patient_id__contains=text)


def _text(text: str) -> Q:
    return (
        _patient(text)
        | Q(accession_number__contains=text)
        | Q(study_uid__contains=text)
        | Q(description_folded__contains=folded(text))
    )
