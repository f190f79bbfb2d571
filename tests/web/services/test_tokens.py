"""What is known of a token leaves as it is."""

from __future__ import annotations

from datetime import UTC, datetime

from web.app import _Json
from web.services.tokens import NewToken, Token


def test_a_token_leaves_field_by_field() -> None:
    token = Token("viewer", ("search",), datetime(2026, 3, 1, tzinfo=UTC), None)
    told = _Json.default(NewToken(token, "arca_x"))
    assert (told["token"]["name"], told["secret"]) == ("viewer", "arca_x")
