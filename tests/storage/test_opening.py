"""Putting a volume together and taking it apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.errors import Stopped, StoreError
from storage.store import Action
from tests.storage.faults import Faulty
from tests.storage.units import Wall, open_files, put, reopen


def test_the_first_line_names_the_unit(unit: Path, wall: Wall) -> None:
    with reopen(unit, wall) as volume:
        (line,) = volume.follow(0)
        assert line.action is Action.OPEN
        assert line.notes == {"unit": volume.unit.id, "name": "test"}
    with reopen(unit, wall) as volume:
        assert volume.last() == 1


def test_a_unit_that_cannot_be_opened_is_let_go(unit: Path, wall: Wall) -> None:
    with reopen(unit, wall):
        pass
    before = open_files()
    system = Faulty(["sync"])
    system.arm(1)
    with pytest.raises(Stopped, match="Input/output"):
        reopen(unit, wall, system=system)
    assert open_files() == before
    with reopen(unit, wall) as volume:
        assert volume.trouble == ""


def test_a_good_end_is_noted_and_a_bad_one_is_not(unit: Path, wall: Wall) -> None:
    for trouble in ("", "broken"):
        with reopen(unit, wall) as volume:
            if trouble:
                volume._parts.dock.committer.stop(trouble)
        with reopen(unit, wall) as volume:
            assert volume._parts.dock.catalogue.was_clean is not bool(trouble)


def test_a_catalogue_in_the_way_is_told(unit: Path, wall: Wall) -> None:
    (unit / "catalogue.sqlite").mkdir()
    with pytest.raises(StoreError, match="cannot be made"):
        reopen(unit, wall)


def test_the_reading_side_takes_in_what_is_new(unit: Path, wall: Wall) -> None:
    with reopen(unit, wall) as volume, reopen(unit, wall, read_only=True) as beside:
        for number in range(30):
            entry = put(volume, str(number), b"%d" % number).entry
            assert beside.entry(entry.sha256) == entry
        volume.delete(entry.sha256, "me", "old")
        assert beside.entry(entry.sha256) is None
