"""Models, options, negotiation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.query.model import (
    MODELS,
    OF_CLASS,
    PATIENT_ROOT,
    STUDY_ROOT,
    Options,
    Refused,
    negotiate_find,
    negotiate_retrieve,
)


def test_sop_classes() -> None:
    assert OF_CLASS["1.2.840.10008.5.1.4.1.2.2.1"] is STUDY_ROOT
    assert PATIENT_ROOT.get == "1.2.840.10008.5.1.4.1.2.1.3"
    assert len(OF_CLASS) == 3 * len(MODELS)
    assert PATIENT_ROOT.patients
    assert not STUDY_ROOT.patients


@pytest.mark.parametrize(
    ("wish", "options"),
    [
        (b"", Options()),
        (b"\0\0\0", Options()),
        (b"\1", Options(relational=True)),
        (b"\1\1\1", Options(relational=True, combined=True, fuzzy=True)),
        (b"\0\0\0\1\1\1\1", Options(empty=True, multiple=True)),
    ],
)
def test_what_is_agreed(wish: bytes, options: Options) -> None:
    assert Options.of(negotiate_find(wish)) == options


@given(st.binary(max_size=20))
def test_any_wish_gets_an_answer_of_at_most_its_length(wish: bytes) -> None:
    for negotiate in (negotiate_find, negotiate_retrieve):
        answered = negotiate(wish)
        assert len(answered) <= len(wish)
        assert set(answered) <= {0, 1}


def test_retrieval_may_be_relational() -> None:
    assert Options.of(negotiate_retrieve(b"\1\1")).relational
    assert not Options.of(negotiate_retrieve(b"\0\1")).relational


def test_a_refusal_has_a_status() -> None:
    assert Refused(0xA900, "why", (1,)).status == 0xA900
