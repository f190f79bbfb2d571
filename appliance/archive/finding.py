"""Searches at the level of studies, series or instances, by attributes as DICOM matches them.

The database narrows by what it has an index for; what matches exactly is decided here, so
that every database answers the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import reduce
from operator import and_
from typing import Any

from tortoise.expressions import Q
from tortoise.functions import Count

from appliance.archive import matching
from appliance.archive.matching import Kind, Pattern
from appliance.archive.model import Instance, Series, Study
from appliance.archive.records import InstanceRow, SeriesRow, StudyRow
from appliance.archive.rows import instance_of, series_of, study_of

_PAGE = 500
# So many rows are looked at for one question; then the answer says that it may not be complete.
_MOST_ROWS = 20_000


class Level(IntEnum):
    """What is searched for (PS3.4 C.6.1.1)."""

    STUDY = 1
    SERIES = 2
    INSTANCE = 3


@dataclass(frozen=True, slots=True)
class Search:
    """A question: `conditions` by keyword, each a text as in PS3.4 C.2.2.2."""

    level: Level
    conditions: Mapping[str, str]
    fuzzy: bool = False  # each word of a person's name may begin like one that is asked for
    limit: int = 1000
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer, with what lies above it."""

    study: Study
    series: Series | None = None
    instance: Instance | None = None


@dataclass(frozen=True, slots=True)
class Hits:
    """Some answers; `more` when there are, or may be, others."""

    found: Sequence[Hit]
    more: bool


@dataclass(frozen=True, slots=True)
class _Column:
    level: Level
    path: str  # from a row of that level
    kind: Kind
    folded: str = ""  # the column that holds the same without case and accents, if any


_COLUMNS = {
    "PatientID": _Column(Level.STUDY, "person__patient_id", Kind.TEXT),
    "IssuerOfPatientID": _Column(Level.STUDY, "person__issuer", Kind.TEXT),
    "PatientName": _Column(Level.STUDY, "person__name", Kind.NAME, "person__name_folded"),
    "PatientBirthDate": _Column(Level.STUDY, "person__birth_date", Kind.RANGE),
    "PatientSex": _Column(Level.STUDY, "person__sex", Kind.TEXT),
    "StudyInstanceUID": _Column(Level.STUDY, "study_uid", Kind.LIST),
    "StudyDate": _Column(Level.STUDY, "study_date", Kind.RANGE),
    "StudyTime": _Column(Level.STUDY, "study_time", Kind.TIME),
    "AccessionNumber": _Column(Level.STUDY, "accession_number", Kind.TEXT),
    "StudyID": _Column(Level.STUDY, "study_id", Kind.TEXT),
    "StudyDescription": _Column(Level.STUDY, "description", Kind.WORDS, "description_folded"),
    "ReferringPhysicianName": _Column(
        Level.STUDY, "referring_physician", Kind.NAME, "referring_folded"
    ),
    "InstitutionName": _Column(Level.STUDY, "institution", Kind.WORDS),
    "ModalitiesInStudy": _Column(Level.STUDY, "modalities", Kind.SET),
    "SeriesInstanceUID": _Column(Level.SERIES, "series_uid", Kind.LIST),
    "Modality": _Column(Level.SERIES, "modality", Kind.TEXT),
    "SeriesNumber": _Column(Level.SERIES, "number", Kind.NUMBER),
    "SeriesDate": _Column(Level.SERIES, "date", Kind.RANGE),
    "SeriesTime": _Column(Level.SERIES, "time", Kind.TIME),
    "SeriesDescription": _Column(Level.SERIES, "description", Kind.WORDS),
    "BodyPartExamined": _Column(Level.SERIES, "body_part", Kind.TEXT),
    "StationName": _Column(Level.SERIES, "station", Kind.TEXT),
    "Manufacturer": _Column(Level.SERIES, "manufacturer", Kind.WORDS),
    "SOPInstanceUID": _Column(Level.INSTANCE, "sop_instance_uid", Kind.LIST),
    "SOPClassUID": _Column(Level.INSTANCE, "sop_class_uid", Kind.LIST),
    "InstanceNumber": _Column(Level.INSTANCE, "number", Kind.NUMBER),
    "Rows": _Column(Level.INSTANCE, "rows", Kind.NUMBER),
    "Columns": _Column(Level.INSTANCE, "columns", Kind.NUMBER),
    "NumberOfFrames": _Column(Level.INSTANCE, "frames", Kind.NUMBER),
}
# From a row of the first level to one of the second.
_UP = {
    (Level.SERIES, Level.STUDY): "study__",
    (Level.INSTANCE, Level.STUDY): "series__study__",
    (Level.INSTANCE, Level.SERIES): "series__",
}
_ROWS: dict[Level, Any] = {
    Level.STUDY: (StudyRow, ("person",), ("-study_date", "-study_time", "-id")),
    Level.SERIES: (SeriesRow, ("study__person",), ("-study_id", "number", "id")),
    Level.INSTANCE: (InstanceRow, ("series__study__person",), ("-series_id", "number", "id")),
}


def searchable(level: Level) -> frozenset[str]:
    """The keywords that a search at this level can match by."""
    return frozenset(name for name, column in _COLUMNS.items() if column.level <= level)


async def search(wanted: Search) -> Hits:
    """A unit of work that only reads. Raises `BadRequest` for a condition that makes no sense."""
    tests = [
        (name, matching.pattern(name, _COLUMNS[name].kind, text, wanted.fuzzy))
        for name, text in wanted.conditions.items()
    ]
    rows, related, order = _ROWS[wanted.level]
    narrowed = reduce(and_, (_narrowing(wanted.level, *test) for test in tests), Q())
    query = rows.filter(narrowed).select_related(*related).order_by(*order)
    if all(test.exact for _, test in tests):
        page = await query.offset(wanted.offset).limit(wanted.limit + 1)
        return await _hits(wanted.level, page, wanted.limit, more=False)
    return await _sieved(wanted, query, tests)


async def _sieved(wanted: Search, query: Any, tests: Sequence[tuple[str, Pattern]]) -> Hits:
    kept: list[Any] = []
    needed, looked_at = wanted.offset + wanted.limit + 1, 0
    while len(kept) < needed and looked_at < _MOST_ROWS:
        page = await query.offset(looked_at).limit(_PAGE)
        kept += [row for row in page if _fits(wanted.level, row, tests)]
        looked_at += len(page)
        if len(page) < _PAGE:
            return await _hits(wanted.level, kept[wanted.offset :], wanted.limit, more=False)
    return await _hits(wanted.level, kept[wanted.offset :], wanted.limit, more=True)


def _narrowing(level: Level, keyword: str, test: Pattern) -> Q:
    column = _COLUMNS[keyword]
    if test.kind in (Kind.NAME, Kind.WORDS) and not column.folded:
        return Q()
    return test.narrowing(_up(level, column) + (column.folded or column.path))


def _fits(level: Level, row: Any, tests: Sequence[tuple[str, Pattern]]) -> bool:
    return all(test.fits(_value(level, row, _COLUMNS[keyword])) for keyword, test in tests)


def _value(level: Level, row: Any, column: _Column) -> Any:
    return reduce(getattr, (_up(level, column) + column.path).split("__"), row)


def _up(level: Level, column: _Column) -> str:
    return _UP.get((level, column.level), "")


async def _hits(level: Level, rows: Sequence[Any], limit: int, *, more: bool) -> Hits:
    page = rows[:limit]
    counts = await _members(page) if level is Level.SERIES else {}
    make: dict[Level, Callable[[Any], Hit]] = {
        Level.STUDY: lambda row: Hit(study_of(row)),
        Level.SERIES: lambda row: Hit(study_of(row.study), series_of(row, counts.get(row.id, 0))),
        Level.INSTANCE: lambda row: Hit(
            study_of(row.series.study), series_of(row.series, 0), instance_of(row)
        ),
    }
    return Hits([make[level](row) for row in page], more or len(rows) > limit)


async def _members(rows: Sequence[Any]) -> dict[int, int]:
    """How many instances each series has."""
    query = InstanceRow.filter(series_id__in=[row.id for row in rows])
    counted = query.annotate(members=Count("id")).group_by("series_id")
    return dict(await counted.values_list("series_id", "members"))
