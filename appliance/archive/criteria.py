"""What is searched for in the index: values only.

Criteria narrow: everything that matches a query meets them, and whoever asks decides about the
rest. So they may be coarser than the query, never finer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["PATIENT", "STUDY", "SERIES", "IMAGE"]
LEVELS: tuple[Level, ...] = ("PATIENT", "STUDY", "SERIES", "IMAGE")

Value: TypeAlias = str | int | None


@dataclass(frozen=True, slots=True)
class Field:
    """A column as searches know it."""

    level: Level
    column: str
    indexed: bool = False
    number: bool = False


FIELDS: Mapping[str, Field] = {
    "patient_name": Field("PATIENT", "name"),
    "patient_id": Field("PATIENT", "patient_id", indexed=True),
    "issuer": Field("PATIENT", "issuer"),
    "birth_date": Field("PATIENT", "birth_date", indexed=True),
    "sex": Field("PATIENT", "sex"),
    "study_uid": Field("STUDY", "study_uid", indexed=True),
    "study_date": Field("STUDY", "study_date", indexed=True),
    "study_time": Field("STUDY", "study_time"),
    "accession_number": Field("STUDY", "accession_number", indexed=True),
    "study_id": Field("STUDY", "study_id", indexed=True),
    "study_description": Field("STUDY", "description"),
    "referring_physician": Field("STUDY", "referring_physician"),
    "referring_folded": Field("STUDY", "referring_folded", indexed=True),
    "institution": Field("STUDY", "institution"),
    "modalities": Field("STUDY", "modalities"),
    "study_series": Field("STUDY", "series", number=True),
    "study_instances": Field("STUDY", "instances", number=True),
    "series_uid": Field("SERIES", "series_uid", indexed=True),
    "modality": Field("SERIES", "modality"),
    "series_number": Field("SERIES", "number", number=True),
    "series_date": Field("SERIES", "date"),
    "series_time": Field("SERIES", "time"),
    "series_description": Field("SERIES", "description"),
    "body_part": Field("SERIES", "body_part"),
    "station": Field("SERIES", "station"),
    "manufacturer": Field("SERIES", "manufacturer"),
    "sop_instance_uid": Field("IMAGE", "sop_instance_uid", indexed=True),
    "sop_class_uid": Field("IMAGE", "sop_class_uid"),
    "transfer_syntax_uid": Field("IMAGE", "transfer_syntax_uid"),
    "instance_number": Field("IMAGE", "number", number=True),
    "rows": Field("IMAGE", "rows", number=True),
    "columns": Field("IMAGE", "columns", number=True),
    "frames": Field("IMAGE", "frames", number=True),
    "bits": Field("IMAGE", "bits", number=True),
    "sha256": Field("IMAGE", "sha256"),
    "size": Field("IMAGE", "size", number=True),
}


@dataclass(frozen=True, slots=True)
class OneOf:
    """The field is one of these."""

    field: str
    values: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Like:
    """The field looks like one of these, in which * and ? are wildcards."""

    field: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """The field is not empty and lies between these, both included; "" is no limit."""

    field: str
    low: str = ""
    high: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """A group of the patient's name looks like one of these folded patterns."""

    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sounding:
    """Each of these folded words is part of the patient's name, or sounds like one that is."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holding:
    """The study has one of these modalities; * and ? are wildcards."""

    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfClass:
    """The study has an instance of one of these SOP classes."""

    sop_class_uids: tuple[str, ...]


Criterion: TypeAlias = OneOf | Like | Span | Named | Sounding | Holding | OfClass


@dataclass(frozen=True, slots=True)
class Found:
    """A row at the level that was searched, with all fields of its own and the levels above."""

    row: int
    values: Mapping[str, Value]


def level_of(criterion: Criterion) -> Level:
    """Where it is decided."""
    match criterion:
        case OneOf(field) | Like(field) | Span(field):
            return FIELDS[field].level
        case Named() | Sounding():
            return "PATIENT"
        case Holding() | OfClass():
            return "STUDY"


def levels_to(level: Level) -> tuple[Level, ...]:
    """The level and those above it."""
    return LEVELS[: LEVELS.index(level) + 1]
