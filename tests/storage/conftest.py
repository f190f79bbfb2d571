"""A wall clock that the test moves, and units of storage in a folder of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.volume import Volume
from tests.storage.units import Wall, new_unit, reopen


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The folder of a new unit, closed."""
    return new_unit(tmp_path / "unit")


@pytest.fixture
def volume(unit: Path, wall: Wall) -> Iterator[Volume]:
    with reopen(unit, wall) as volume:
        yield volume
