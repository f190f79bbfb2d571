"""Values become rows and come back the same, or cut where a column is too narrow."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from appliance.archive.model import Described, Patient
from appliance.archive.rows import (
    instance_row,
    modalities_column,
    modalities_of,
    patient_columns,
    series_of,
    series_row,
    study_row,
)


def test_a_series_comes_back_the_same(line: Callable[..., Described]) -> None:
    series = line(1).series
    assert series_of(series_row(series, 1), 0) == series


def test_what_is_too_long_is_cut(line: Callable[..., Described]) -> None:
    found = line(1, StudyDescription="x" * 64, PatientComments="y")
    assert len(study_row(found.study, 1).description) == 64
    columns = patient_columns(Patient("1" * 99, name="n" * 999, sex="s" * 99))
    assert [len(columns[name]) for name in ("patient_id", "name", "sex")] == [64, 255, 16]
    assert len(instance_row(found, 1).sha256) == 64


@given(st.sets(st.sampled_from(["CT", "PT", "MR", "SEG", "SR"])))
def test_modalities_can_be_found_one_by_one(modalities: set[str]) -> None:
    column = modalities_column(modalities)
    assert set(modalities_of(column)) == modalities
    assert all(f"\\{one}\\" in column for one in modalities)
