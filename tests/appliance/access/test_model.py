"""Tokens as values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from appliance.access.model import Right, Token, checked_name, digest_of, new_secret, rights_of
from appliance.errors import BadRequest

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_secrets_are_long_and_never_the_same() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(one) for one in made} == {48}  # 256 bits in base 64


def test_a_digest_is_of_the_secret_alone() -> None:
    assert digest_of("arca_a") == digest_of("arca_a") != digest_of("arca_b")
    assert digest_of("\udcff" * 10_000)


def test_a_token_ends() -> None:
    token = Token("x", frozenset(Right), NOW, NOW + timedelta(days=1))
    assert token.valid(NOW)
    assert not token.valid(NOW + timedelta(days=1))
    assert Token("x", frozenset(Right), NOW).valid(NOW + timedelta(days=9999))


def test_rights_in_words() -> None:
    assert rights_of(["search", " store"]) == {Right.SEARCH, Right.STORE}
    for wrong in (["fly"], [], [""]):
        with pytest.raises(BadRequest):
            rights_of(wrong)


@pytest.mark.parametrize("name", ["", " a", "a" * 64, "a/b", "a\nb", "ä"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(BadRequest):
        checked_name(name)
    assert checked_name("PACS viewer-2.0") == "PACS viewer-2.0"
