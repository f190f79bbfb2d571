"""Wildcards against a naive oracle."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from appliance.query.patterns import like, wild


def _oracle(pattern: str, text: str) -> bool:
    known = {"*": "[\\s\\S]*", "?": "[\\s\\S]"}
    expression = "".join(known.get(one, re.escape(one)) for one in pattern)
    return re.fullmatch(expression, text) is not None


@given(st.text("ab*?", max_size=8), st.text("abc", max_size=10))
def test_it_does_what_an_expression_does(pattern: str, text: str) -> None:
    assert like(pattern, text) == _oracle(pattern, text)


def test_many_stars_are_quick() -> None:
    assert not like("*a" * 50 + "*b", "a" * 5000)


def test_what_is_wild() -> None:
    assert wild("a*")
    assert wild("?")
    assert not wild("a")
