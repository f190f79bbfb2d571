from typing import Any

import pytest

from appliance.errors import BadRequest
from web.operator.arguments import number


def test_numbers() -> None:
    assert number({}, "limit") is None
    assert number({"limit": "0"}, "limit") == 0
    assert number({"limit": "12"}, "limit") == 12


@pytest.mark.parametrize("text", ["", "-1", "1.5", "x", "٣", "1" * 5000])
def test_no_numbers(text: str) -> None:
    with pytest.raises(BadRequest, match="limit"):
        number({"limit": text}, "limit")


async def test_a_body_that_is_no_json(ask: Any) -> None:
    assert await ask("POST", "/nodes", []) == (400, {"error": "the request must be a JSON object"})
    assert (await ask("POST", "/nodes"))[0] == 400
