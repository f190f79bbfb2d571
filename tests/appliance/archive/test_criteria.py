"""Where criteria are decided."""

from __future__ import annotations

from tortoise.indexes import Index

from appliance.archive.criteria import (
    FIELDS,
    Holding,
    Like,
    Named,
    OfClass,
    OneOf,
    Sounding,
    Span,
    level_of,
    levels_to,
)
from appliance.archive.records import InstanceRow, PatientRow, SeriesRow, StudyRow

_ROWS = {"PATIENT": PatientRow, "STUDY": StudyRow, "SERIES": SeriesRow, "IMAGE": InstanceRow}


def test_every_field_is_a_column() -> None:
    for field in FIELDS.values():
        assert field.column in _ROWS[field.level]._meta.fields_map


def test_an_indexed_field_has_an_index_that_begins_with_it() -> None:
    for field in FIELDS.values():
        meta = _ROWS[field.level]._meta
        begin = {_first(one) for one in meta.indexes}
        begin |= {name for name, one in meta.fields_map.items() if one.unique}
        assert field.column in begin or not field.indexed, field


def _first(index: tuple[str, ...] | Index) -> str:
    fields: tuple[str, ...] = index if isinstance(index, tuple) else tuple(index.fields)
    return next(iter(fields))


def test_levels() -> None:
    assert level_of(OneOf("series_uid", ("1",))) == "SERIES"
    assert level_of(Like("patient_id", ("1",))) == "PATIENT"
    assert level_of(Span("study_date")) == "STUDY"
    assert level_of(Named(("a",))) == level_of(Sounding(("a",))) == "PATIENT"
    assert level_of(Holding(("CT",))) == level_of(OfClass(("1",))) == "STUDY"
    assert levels_to("SERIES") == ("PATIENT", "STUDY", "SERIES")
