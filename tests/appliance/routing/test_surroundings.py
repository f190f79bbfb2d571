"""The names of a rule and the values behind them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from appliance.archive.model import IndexedInstance
from appliance.routing.surroundings import OURS, Surroundings, all_names, is_keyword, sample

Image = Callable[..., IndexedInstance]
NOW = datetime(2024, 1, 15, 22, 30).astimezone()


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({}, "Modality", "CT"),
        ({}, "Rows", 512),
        ({}, "SliceThickness", 2.5),
        ({"SliceThickness": "3"}, "SliceThickness", 3.0),
        ({"SliceThickness": None}, "SliceThickness", None),
        ({"PatientSex": None}, "PatientSex", ""),
        ({}, "ImageType", "ORIGINAL\\PRIMARY\\AXIAL"),
        ({"ImagePositionPatient": ["1", "2", "3.5"]}, "ImagePositionPatient", [1.0, 2.0, 3.5]),
        ({"PatientBirthDate": None}, "age", None),
        ({"PatientAge": "010D"}, "age", pytest.approx(0.0274, abs=1e-3)),
        ({}, "nonsense", None),
        ({}, "study", None),
        ({}, "weekday", 1),
        ({}, "source", "CT1"),
    ],
)
def test_values(changes: dict[str, object], name: str, value: object, image: Image) -> None:
    assert Surroundings(image(**changes), NOW).value(name) == value


def test_every_name_has_a_sample() -> None:
    assert all(sample(name) is not None for name in OURS)
    assert sample("Rows") == 1
    assert sample("SliceThickness") == 1.0
    assert sample("PatientName") == ""
    assert sample("nonsense") is None


def test_names() -> None:
    assert is_keyword("BodyPartExamined")
    assert not is_keyword("BodyPart")
    assert "study" in all_names(per_study=True)
    assert "study" not in all_names(per_study=False)
