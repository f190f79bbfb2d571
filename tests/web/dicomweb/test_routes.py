"""Which resource an address means."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.dicomweb.errors import Refused
from web.dicomweb.routes import Target, target_of

ONE = "/studies/1/series/2/instances/3"


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("", Target("capabilities")),
        ("/studies", Target("search study")),
        ("/studies/1", Target("objects", "1")),
        ("/studies/1/series", Target("search series", "1")),
        ("/studies/1/series/2/instances", Target("search instance", "1", "2")),
        (ONE, Target("objects", "1", "2", "3")),
        (f"{ONE}/metadata", Target("metadata", "1", "2", "3")),
        (f"{ONE}/frames/4,5", Target("frames", "1", "2", "3", (4, 5))),
        (f"{ONE}/frames/4/rendered", Target("rendered", "1", "2", "3", (4,))),
        (f"{ONE}/bulkdata/7fe00010", Target("bulkdata", "1", "2", "3", (), 0x7FE00010)),
        ("/studies/1/thumbnail", Target("thumbnail", "1")),
    ],
)
def test_addresses(path: str, target: Target) -> None:
    assert target_of(path) == target


@given(st.text(max_size=80))
def test_whatever_is_taken_for_a_uid_is_digits_and_dots(text: str) -> None:
    with suppress(Refused):
        target = target_of(f"/studies/{text}")
        assert set(target.study + target.series + target.instance) <= set("0123456789.")
