"""The operator's application, asked in memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from web.app import build_operator
from web.services.bundle import Services

Ask = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture
def ask(services: Services) -> Ask:
    client = build_operator(services).test_client()

    async def asked(method: str, address: str, body: Any = None) -> tuple[int, Any]:
        answer = await client.open(address, method=method, json=body)
        return answer.status_code, await answer.get_json()

    return asked
