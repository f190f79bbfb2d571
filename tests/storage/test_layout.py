"""Where things lie, and the marker of a unit."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.errors import NotAUnit, StoreError
from storage.layout import (
    Layout,
    create_marker,
    folder_of,
    group_key,
    is_locked,
    lock,
    read_marker,
    write_json,
)
from storage.system import System
from tests.storage.faults import Faulty


def test_a_marker_is_read_as_it_was_written(tmp_path: Path) -> None:
    layout = Layout(str(tmp_path / "new/unit"))
    unit = create_marker(layout, "Röntgen", System())
    assert read_marker(layout, None) == read_marker(layout, unit.id) == unit
    assert unit.name == "Röntgen"
    assert len(unit.id) == 32


@pytest.mark.parametrize("text", ["", "{}", "[]", "7", '{"id": 1, "name": 2}', "\0"])
def test_a_spoiled_marker_is_no_unit(tmp_path: Path, text: str) -> None:
    (tmp_path / "unit.json").write_text(text)
    with pytest.raises(NotAUnit, match="cannot be read"):
        read_marker(Layout(str(tmp_path)), None)


def test_a_format_of_the_future_is_refused(tmp_path: Path) -> None:
    (tmp_path / "unit.json").write_text('{"id": "a", "name": "b", "format": 9}')
    with pytest.raises(NotAUnit, match="format 9"):
        read_marker(Layout(str(tmp_path)), None)


def test_a_lock_is_held_until_it_is_closed(tmp_path: Path) -> None:
    import os

    layout = Layout(str(tmp_path))
    descriptor = lock(layout)
    assert is_locked(layout)
    with pytest.raises(StoreError, match="in use"):
        lock(layout)
    os.close(descriptor)
    assert not is_locked(layout)
    os.close(lock(layout))


def test_whether_it_is_locked_is_yes_when_nobody_can_say(tmp_path: Path) -> None:
    assert is_locked(Layout(str(tmp_path / "none")))


def test_folders_hold_no_wire_data() -> None:
    day = datetime(2026, 3, 4, tzinfo=UTC)
    assert folder_of(day, "../x") == f"objects/2026/03/04/{group_key('../x')}"
    assert group_key("a") != group_key("b")
    assert group_key("\udcff").isalnum()


def test_a_small_file_is_replaced_whole(tmp_path: Path) -> None:
    path = str(tmp_path / "x.json")
    write_json(path, {"a": 1}, System())
    broken = Faulty(["sync"])
    broken.arm(1)
    with pytest.raises(OSError, match="Input/output"):
        write_json(path, {"a": 2}, broken)
    assert '"a": 1' in Path(path).read_text()
    write_json(path, {"a": 3}, System())
    assert '"a": 3' in Path(path).read_text()
