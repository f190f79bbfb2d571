"""Parts of one body; the rest is in test_retrieve."""

from __future__ import annotations

import pytest

from web.dicomweb.errors import Refused
from web.dicomweb.exchange import Body, Request
from web.dicomweb.ranges import ranged
from web.dicomweb.services import Limits


def asked(**headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("GET", "", (), named, "h", "", Body(None, Limits()))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("headers", "status", "length"),
    [
        ({}, 200, "10"),
        ({"range": "bytes=0-0"}, 206, "1"),
        ({"range": "bytes=5-100"}, 206, "5"),
        ({"range": "bytes=-99"}, 206, "10"),
        ({"range": "bytes=1-2", "if_range": '"other"'}, 200, "10"),
        ({"range": "bytes=1-2", "if_range": '"t"'}, 206, "2"),
        ({"if_none_match": 'W/"x", "t"'}, 304, None),
    ],
)
def test_ranges(headers: dict[str, str], status: int, length: str | None) -> None:
    answer = ranged(asked(**headers), "a/b", "t", 10, None)  # type: ignore[arg-type]
    assert (answer.status, answer.headers.get("Content-Length")) == (status, length)


@pytest.mark.parametrize("text", ["bytes=10-", "bytes=5-4", "bytes=-0"])
def test_ranges_outside(text: str) -> None:
    with pytest.raises(Refused) as refused:
        ranged(asked(range=text), "a/b", "t", 10, None)  # type: ignore[arg-type]
    assert refused.value.status == 416
