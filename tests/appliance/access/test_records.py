"""The table of tokens."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from appliance.access import records
from appliance.access.model import Right, Token
from appliance.database.door import Database
from appliance.errors import NameTaken

NOW = datetime(2026, 3, 1, tzinfo=UTC)


async def test_tokens_are_kept(database: Database) -> None:
    one = Token("b", frozenset({Right.STORE, Right.SEARCH}), NOW, NOW, "1" * 64)
    other = Token("a", frozenset({Right.RETRIEVE}), NOW, None, "2" * 64)
    for token in (one, other):
        await database.run(records.add, token)
    assert await database.read(records.tokens) == [other, one]
    with pytest.raises(NameTaken):
        await database.run(records.add, one)
    assert await database.run(records.remove, "a")
    assert not await database.run(records.remove, "a")
    assert await database.read(records.tokens) == [one]
