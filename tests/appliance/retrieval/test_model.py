from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from appliance.dicom.dataset import decode, encode
from appliance.errors import BadRequest
from appliance.retrieval.model import (
    Wanted,
    found,
    halves,
    identifier,
    judge,
    looks_cut,
    order,
    within,
)

_TODAY = date(2026, 3, 1)


def test_filters_become_keys() -> None:
    asked = identifier(
        Wanted(patient_name="Müller*", study_date="20260101-", others={"0008,1010": "CT1"})
    )
    back = decode(encode(asked, "1.2.840.10008.1.2"), "1.2.840.10008.1.2")
    assert str(back.PatientName) == "Müller*"
    assert (back.StudyDate, back.StationName, back.QueryRetrieveLevel) == (
        "20260101-",
        "CT1",
        "STUDY",
    )
    assert "NumberOfStudyRelatedInstances" in back


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(patient_id="a\x1b[31m"),
        Wanted(patient_id="x" * 2000),
        Wanted(others={"Nonsense": "1"}),
        Wanted(others={"Rows": "many"}),
    ],
)
def test_what_cannot_be_asked_is_refused(wanted: Wanted) -> None:
    with pytest.raises(BadRequest):
        encode(identifier(wanted), "1.2.840.10008.1.2")


def test_orders() -> None:
    assert order("1.2").QueryRetrieveLevel == "STUDY"
    some = order("1.2", "1.3", ["1.4", "1.5"])
    assert (some.QueryRetrieveLevel, list(some.SOPInstanceUID)) == ("IMAGE", ["1.4", "1.5"])
    assert within("image", "1.2", "1.3").SeriesInstanceUID == "1.3"


def test_answers_are_read_whatever_they_are() -> None:
    answer = Dataset()
    assert found(answer) is None
    answer.StudyInstanceUID = "1.2.3"
    answer.ModalitiesInStudy = ["CT", "SR"]
    answer.PatientName = "Doe^Jane"
    answer.NumberOfStudyRelatedInstances = "12"
    one = found(answer)
    assert one is not None
    assert (one.patient_name, one.modalities, one.instances) == ("Doe^Jane", ("CT", "SR"), 12)
    answer.StudyDescription = "a\x1bb"
    assert found(answer).description == "ab"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("count", "status", "cut"), [(7, 0, False), (100, 0, True), (7, 0xA700, True), (0, 0, False)]
)
def test_answers_that_look_cut(count: int, status: int, cut: bool) -> None:
    assert looks_cut(count, status) is cut


@given(st.dates(date(1990, 1, 1), _TODAY), st.dates(date(1990, 1, 1), _TODAY))
def test_halves_are_the_whole(one: date, other: date) -> None:
    begin, end = sorted((one, other))
    parts = halves(f"{begin:%Y%m%d}-{end:%Y%m%d}", _TODAY)
    if begin == end:
        assert parts is None
        return
    assert parts is not None
    (first, middle), (after, last) = (part.split("-") for part in parts)
    assert (first, last) == (f"{begin:%Y%m%d}", f"{end:%Y%m%d}")
    gap = date.fromisoformat(after) - date.fromisoformat(middle)
    assert gap == timedelta(days=1)


@pytest.mark.parametrize("days", ["20260101", "rubbish", "2026-01-01", "20269999-20270101"])
def test_what_cannot_be_halved(days: str) -> None:
    assert halves(days, _TODAY) is None


def test_an_open_range_ends_today() -> None:
    parts = halves("20260201-", _TODAY)
    assert parts is not None
    assert parts[1].endswith("-20260301")


@pytest.mark.parametrize(
    ("expected", "announced", "here", "said", "state"),
    [
        ({"1", "2"}, 2, {"1", "2", "9"}, "", "complete"),
        ({"1", "2"}, 2, {"1"}, "", "partial"),
        ({"1", "2"}, 2, set(), "", "nothing"),
        ({"1", "2"}, 2, set(), "it is full", "refused"),
        (set(), 3, {"1"}, "", "partial"),
        (set(), 3, {"1", "2", "3"}, "", "complete"),
        ({"1"}, 3, {"1"}, "", "partial"),  # it names fewer than it counts
        ({"1"}, 3, {"1", "2", "3"}, "", "complete"),
        ({"1", "2"}, 1, {"1", "2"}, "", "complete"),  # it counts fewer than it names
        ({"1", "2"}, 2, {"1", "9"}, "", "partial"),  # others do not stand in for it
        (set(), None, {"1"}, "", "partial"),  # nothing proves that this is all
        (set(), None, {"1"}, "it does not know us", "partial"),
        (set(), None, set(), "", "nothing"),
    ],
)
def test_what_landed_counts_and_not_what_was_said(
    expected: set[str], announced: int | None, here: set[str], said: str, state: str
) -> None:
    result = judge("1.2", expected, announced, here, said)
    assert result.state == state
    assert set(result.missing) == expected - here
    assert bool(result.words) is (state != "complete")


@given(
    st.sets(st.sampled_from("abcdef")),
    st.none() | st.integers(0, 9),
    st.sets(st.sampled_from("abcdef")),
    st.sampled_from(["", "it is full"]),
)
def test_complete_is_said_of_what_is_proven_only(
    expected: set[str], announced: int | None, here: set[str], said: str
) -> None:
    result = judge("1.2", expected, announced, here, said)
    if result.state == "complete":
        assert expected <= here
        assert len(here) >= (announced or 0)
        assert expected or announced is not None
    else:
        assert result.words
