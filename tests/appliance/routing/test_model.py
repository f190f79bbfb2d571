"""Rules and facts as values."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.errors import BadRequest
from appliance.routing.model import Fact, Rule, checked

RULE = Rule("night shift", "true", "pacs")


def test_a_plain_rule_is_fine() -> None:
    assert checked(RULE) is RULE


@pytest.mark.parametrize("name", ["", " x", "a/b", "x" * 64, "a\n"])
def test_names_that_cannot_be(name: str) -> None:
    with pytest.raises(BadRequest, match="rule name"):
        checked(replace(RULE, name=name))


@pytest.mark.parametrize("priority", [-101, 101])
def test_priorities_that_cannot_be(priority: int) -> None:
    with pytest.raises(BadRequest, match="-100 to 100"):
        checked(replace(RULE, priority=priority))


def test_facts_in_words() -> None:
    assert Fact("true", holds=True, seen={}).words() == "true is true"
    assert Fact("a", holds=False, seen={}, error="b").words() == "a cannot be answered: b"
