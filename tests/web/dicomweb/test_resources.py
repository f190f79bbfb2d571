"""Which handler answers, and which right it takes."""

from __future__ import annotations

import pytest

from web.dicomweb.errors import Refused
from web.dicomweb.resources import find_handler
from web.dicomweb.routes import target_of


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("GET", "/studies", "search"),
        ("HEAD", "/studies/1", "retrieve"),
        ("GET", "/studies/1/metadata", "retrieve"),
        ("POST", "/studies", "store"),
        ("POST", "/studies/1", "store"),
    ],
)
def test_rights(method: str, path: str, right: str) -> None:
    assert find_handler(method, target_of(path))[1] == right


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/series"), ("POST", "/studies/1/series/2"), ("DELETE", "/studies/1")],
)
def test_what_may_not_be_done(method: str, path: str) -> None:
    with pytest.raises(Refused) as refused:
        find_handler(method, target_of(path))
    assert refused.value.status == 405
