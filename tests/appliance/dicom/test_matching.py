"""Matching by VR, against a naive oracle, and against who means harm."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from appliance.dicom.matching import KeyProblem, compiled

STEPS = "ScheduledProcedureStepSequence"
DATE, TIME = "ScheduledProcedureStepStartDate", "ScheduledProcedureStepStartTime"


def _with(**values: Any) -> Dataset:
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
@pytest.mark.parametrize(
    ("keyword", "key", "value", "expected"),
    [
        ("PatientID", "P1", "P1", True),
        ("PatientID", "p1", "P1", False),
        ("PatientID", "P?", "P1", True),
        ("PatientID", "*", None, True),
        ("PatientID", "", None, True),
        ("PatientID", "P1", None, False),
        ("PatientName", "doe^jane", "Doe^Jane", True),
        ("PatientName", "DOE*", "Doe^Jane", True),
        ("PatientName", "*JANE*", "Doe^Jane", True),
        ("PatientName", "muller*", "Müller^Jörg", True),
        ("PatientName", "Müller^*", "MULLER", True),
        ("PatientName", "Doe", "Doe^Jane", False),
        ("PatientName", "Doe^^^^", "Doe", True),
        ("PatientName", "山田*", "Yamada^Tarou=山田^太郎=やまだ^たろう", True),
        ("PatientName", "Yamada*=山田*", "Yamada^Tarou=山田^太郎", True),
        ("PatientName", "Yamada*=高橋*", "Yamada^Tarou=山田^太郎", False),
        ("PatientName", "Yamada*=", "Yamada^Tarou=山田^太郎", True),
        ("StudyInstanceUID", ["1.2", "1.3"], "1.3", True),
        ("StudyInstanceUID", "1.2*", "1.23", False),
        ("ScheduledStationAETitle", "CT2", ["CT1", "CT2"], True),
        ("ScheduledStationAETitle", "CT3", ["CT1", "CT2"], False),
        (DATE, "20261101-20261130", "20261115", True),
        (DATE, "20261101-20261130", "20261201", False),
        (DATE, "-20261130", "19990101", True),
        (DATE, "00010101-99991231", "20261201", True),
        (TIME, "0900-1000", "095959.5", True),
        (TIME, "09", "093000", True),
        (TIME, "0930", "093100", False),
        ("PregnancyStatus", 4, 4, True),
        ("PatientWeight", "70", "70.0", True),
        ("PatientWeight", "70", "71", False),
    ],
)
def test_by_vr(keyword: str, key: Any, value: Any, expected: bool) -> None:
    assert compiled(_with(**{keyword: key}))(_with(**{keyword: value})) is expected
    assert compiled(_with(**{keyword: key}))(Dataset()) is (key in ("", "*"))


_WORDS = st.text("ABab ", min_size=1, max_size=6).map(str.strip)


@given(st.text("ABab*?", max_size=8), st.lists(_WORDS, max_size=3))
def test_a_text_key_against_a_naive_oracle(key: str, values: list[str]) -> None:
    values = [one for one in values if one]
    parts = {"*": ".*", "?": "."}
    expression = re.compile("".join(parts.get(one, re.escape(one)) for one in key))
    expected = not key.strip("*") or any(expression.fullmatch(one) for one in values)
    assert compiled(_with(ScheduledStationAETitle=key))(
        _with(ScheduledStationAETitle=values)
    ) is bool(expected)


@given(st.integers(1, 28), st.integers(1, 28), st.integers(1, 28))
def test_a_range_against_a_naive_oracle(begin: int, end: int, day: int) -> None:
    key = _with(StudyDate=f"202602{begin:02}-202602{end:02}")
    assert compiled(key)(_with(StudyDate=f"202602{day:02}")) is (begin <= day <= end)


def test_all_keys_of_one_item_of_a_sequence() -> None:
    entity = _with(PatientID="P1")
    steps = [_with(Modality="CT", ScheduledStationAETitle="CT1"), _with(Modality="MR")]
    setattr(entity, STEPS, Sequence(steps))

    def matches(**keys: str) -> bool:
        asked = Dataset()
        setattr(asked, STEPS, Sequence([_with(**keys)]))
        return compiled(asked)(entity)

    assert matches(Modality="MR")
    assert matches(Modality="CT", ScheduledStationAETitle="CT1")
    assert not matches(Modality="MR", ScheduledStationAETitle="CT1")
    assert matches(Modality="", ScheduledStationAETitle="")


def test_a_date_and_a_time_that_are_ranges_make_one_period() -> None:
    keys = _with(**{DATE: "20260705-20260707", TIME: "1000-1800"})
    joint = compiled(keys, together=[(DATE, TIME)])
    assert joint(_with(**{DATE: "20260706", TIME: "030000"}))
    assert not compiled(keys)(_with(**{DATE: "20260706", TIME: "030000"}))
    assert not joint(_with(**{DATE: "20260705", TIME: "095959"}))
    assert joint(_with(**{DATE: "20260707", TIME: "180000"}))
    assert not joint(_with(**{DATE: "20260707", TIME: "190000"}))
    day = compiled(_with(**{DATE: "20260705", TIME: "1000-1800"}), together=[(DATE, TIME)])
    assert not day(_with(**{DATE: "20260705", TIME: "190000"}))


def test_keys_that_are_not_supported_only_ask() -> None:
    keys = _with(PatientID="P1", InstitutionName="Elsewhere")
    keys.add_new(0x00091001, "LO", "private")
    assert compiled(keys, supported={"PatientID"})(_with(PatientID="P1"))
    assert not compiled(keys)(_with(PatientID="P1"))


def _deep() -> Dataset:
    made = _with(CodeValue="1")
    for _ in range(50):
        outer = Dataset()
        outer.RequestedProcedureCodeSequence = Sequence([made])
        made = outer
    return made


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_deep, "nested"),
        (lambda: _with(PatientID="P" * 5000), "longer than"),
        (lambda: _with(PatientID=["*?x"] * 3000), "values"),
        (lambda: _with(StudyDate="soon"), "is no date"),
        (lambda: _with(ReferencedStudySequence=Sequence([Dataset(), Dataset()])), "many items"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_what_makes_no_sense_is_told(make: Callable[[], Dataset], words: str) -> None:
    with pytest.raises(KeyProblem, match=words) as told:
        compiled(make())
    assert told.value.tag


@pytest.mark.filterwarnings("ignore")
def test_hostile_wild_cards_cost_nothing() -> None:
    began = time.monotonic()
    key = _with(PatientName="*?a" * 300, PatientID="*?" * 500)
    assert not compiled(key)(_with(PatientName="a" * 300, PatientID="a" * 64))
    assert time.monotonic() - began < 1
