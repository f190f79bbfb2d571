"""What is refused."""

from __future__ import annotations

from web.dicomweb.errors import Refused


def test_a_refusal_has_a_status_and_words() -> None:
    error = Refused(413, "too long", {"Allow": "GET"}, close=True)
    assert (error.status, str(error), error.headers, error.close) == (
        413,
        "too long",
        {"Allow": "GET"},
        True,
    )
