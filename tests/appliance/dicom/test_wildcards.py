"""Wild cards against the plainest way to say what they mean, and at their worst."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.dicom.wildcards import Pattern

_TEXT = st.text("ab^", max_size=12)
_PATTERN = st.text("ab^*?", max_size=10)


def _naive(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(_naive(pattern[1:], text[at:]) for at in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and _naive(pattern[1:], text[1:])


@given(_PATTERN, _TEXT)
def test_it_means_what_the_standard_says(pattern: str, text: str) -> None:
    assert Pattern(pattern).matches(text) == _naive(pattern, text)


@pytest.mark.parametrize("pattern", ["*?" * 5000, "*a" * 5000, "?" * 10_000, "*" * 10_000 + "b"])
def test_ten_thousand_wild_cards_cost_nothing(pattern: str) -> None:
    began, one = time.monotonic(), Pattern(pattern)
    assert one.matches("a" * 10_240) == (pattern.strip("*")[-1:] != "b" and pattern != "?" * 10_000)
    assert time.monotonic() - began < 1


def test_pieces_with_a_question_mark_in_the_middle() -> None:
    assert Pattern("a*b?d*e").matches("aXXbcdYYe")
    assert not Pattern("a*b?d*e").matches("aXXbcYYe")
    assert Pattern("*").universal
    assert not Pattern("*a").universal
    assert Pattern("[a-z].*").matches("[a-z].x")
