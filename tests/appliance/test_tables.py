"""Strict tables: sizes, numbers, lists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import ConfigError
from appliance.tables import Size, section


@dataclass(frozen=True)
class _Box:
    room: Size = Size(0)  # noqa: RUF009
    ratio: float = 1.0
    names: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("given_size", "size"),
    [(5, 5), ("5", 5), ("5 KB", 5000), ("1.5GiB", 3 << 29), ("2 tb", 2 * 10**12)],
)
def test_sizes(given_size: object, size: int) -> None:
    assert section(_Box, {"room": given_size}, None, "").room == size


@given(st.integers(0, 10**12))
def test_a_size_is_its_number(number: int) -> None:
    assert section(_Box, {"room": number}, None, "").room == number


@pytest.mark.parametrize("wrong", [-1, "5 XB", "", True, None, 1.5, "1e9", "9" * 40])
def test_what_is_no_size(wrong: object) -> None:
    with pytest.raises(ConfigError, match="room"):
        section(_Box, {"room": wrong}, Path("f.toml"), "")


def test_a_whole_number_will_do_for_a_ratio() -> None:
    assert section(_Box, {"ratio": 2}, None, "").ratio == 2.0


def test_a_list_holds_texts() -> None:
    assert section(_Box, {"names": ["a"]}, None, "").names == ("a",)
    with pytest.raises(ConfigError, match="a list of texts"):
        section(_Box, {"names": [1]}, None, "")
