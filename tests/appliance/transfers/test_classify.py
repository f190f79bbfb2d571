"""Every status and every failure has a reading."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.network.errors import Kind
from appliance.transfers.classify import Class, of_failure, of_status, table


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (0x0000, Class.SUCCESS),
        (0x0001, Class.SUCCESS),
        (0x0110, Class.DATA),
        (0x0111, Class.DUPLICATE),
        (0x0117, Class.DATA),
        (0x0122, Class.DATA),
        (0x0213, Class.TRANSIENT),
        (0xA700, Class.TRANSIENT),
        (0xA7FF, Class.TRANSIENT),
        (0xA801, Class.DATA),
        (0xA900, Class.DATA),
        (0xB000, Class.SUCCESS),
        (0xB007, Class.SUCCESS),
        (0xC000, Class.DATA),
        (0xCFFF, Class.DATA),
        (0xFE00, Class.TRANSIENT),
        (0xDEAD, Class.DATA),
        (0x0002, Class.DATA),
    ],
)
def test_statuses(status: int, answer: Class) -> None:
    assert of_status(status).answer is answer


@given(st.integers(0, 0xFFFF), st.text(max_size=64))
def test_everything_but_plain_success_has_words(status: int, comment: str) -> None:
    meaning = of_status(status, comment)
    assert meaning.tries >= 1
    if status == 0:
        assert not meaning.words
    else:
        assert f"status {status:04X}" in meaning.words
        assert comment.strip() in meaning.words


def test_what_may_pass_is_tried_several_times() -> None:
    assert of_status(0x0110).tries == 3
    assert of_status(0xA900).tries == 1


def test_failures() -> None:
    configuration = {"rejected_permanent", "tls", "not_dicom"}
    for kind in get_args(Kind):
        expected = (
            Class.CONFIGURATION
            if kind in configuration
            else Class.DATA
            if kind == "no_context"
            else Class.TRANSIENT
        )
        assert of_failure(kind) is expected, kind


def test_the_table_for_people() -> None:
    rows = table()
    assert ("0000", "success", "") in rows
    assert ("A700-A7FF", "transient", "the destination is out of resources") in rows
