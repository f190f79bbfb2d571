"""Attribute matching, value by value."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.archive.matching import Kind, pattern, plain
from appliance.errors import BadRequest


@pytest.mark.parametrize(
    ("kind", "text", "value", "matches"),
    [
        (Kind.NAME, "DOE^JANE", "Doe^Jane", True),
        (Kind.NAME, "doe*", "Doe^Jane", True),
        (Kind.NAME, "Müller*", "Muller^Jörg", True),
        (Kind.NAME, "Doe", "Doe^Jane", False),
        (Kind.NAME, "山田*", "Yamada^Tarou=山田^太郎", True),
        (Kind.WORDS, "*knie*", "MR Knie rechts", True),
        (Kind.WORDS, "knie", "MR Knie rechts", False),
        (Kind.TEXT, "A?C*", "ABCD", True),
        (Kind.TEXT, "a?c*", "ABCD", False),
        (Kind.TEXT, "[AB]*", "ABCD", False),
        (Kind.TEXT, "[AB]*", "[AB]CD", True),
        (Kind.SET, "MR", "\\CT\\MR\\", True),
        (Kind.SET, "M", "\\CT\\MR\\", False),
        (Kind.SET, "PT\\CT", "\\CT\\MR\\", True),
    ],
)
def test_values(kind: Kind, text: str, value: str, matches: bool) -> None:
    assert pattern("X", kind, text, False).fits(value) is matches


def test_fuzzy_names_match_words_in_any_order() -> None:
    test = pattern("PatientName", Kind.NAME, "jan doe", True)
    assert test.fits("Doe^Jane")
    assert not test.fits("Doe^John")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.LIST, "1.2,abc"),
        (Kind.LIST, "/etc"),
        (Kind.LIST, ",".join(["1.2"] * 1001)),
        (Kind.NUMBER, "1e9"),
        (Kind.RANGE, "-"),
        (Kind.RANGE, "2026-03-01"),
        (Kind.TIME, "25h"),
        (Kind.TEXT, "x" * 1025),
    ],
)
def test_what_makes_no_sense(kind: Kind, text: str) -> None:
    with pytest.raises(BadRequest):
        pattern("X", kind, text, False)


def test_many_asterisks_cost_little() -> None:
    began = time.perf_counter()
    assert not pattern("X", Kind.TEXT, "*a" * 500 + "b", False).fits("a" * 255)
    assert time.perf_counter() - began < 1


@given(st.text(max_size=30))
def test_a_value_matches_itself(value: str) -> None:
    text = value.replace("*", "?").strip(" ")
    if text and text != "*":
        assert pattern("X", Kind.TEXT, text, False).fits(value.strip(" "))
        assert pattern("X", Kind.WORDS, text, False).fits(value)


@given(st.text(max_size=40))
def test_plain_is_stable(text: str) -> None:
    assert plain(plain(text)) == plain(text)
