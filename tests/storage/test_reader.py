"""Reading back."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.errors import Corrupt, Missing, StoreError
from storage.reader import FileReader
from storage.store import Entry
from storage.volume import Volume
from tests.storage.units import file_of, put


def _failed(error: OSError, doing: str) -> StoreError:
    return StoreError(f"{doing}: {error.strerror}")


def test_longer_than_it_was_is_corrupt(volume: Volume, unit: Path) -> None:
    entry = put(volume, "1", b"x" * 100).entry
    file_of(unit, entry).chmod(0o640)
    with file_of(unit, entry).open("ab") as file:
        file.write(b"more")
    with volume.open(entry.sha256) as reader, pytest.raises(Corrupt, match="116 of 112"):
        list(reader.chunks())


def test_a_file_that_is_not_there_is_missing(tmp_path: Path, volume: Volume) -> None:
    entry = put(volume, "1", b"x").entry
    with pytest.raises(Missing):
        FileReader(str(tmp_path / "none"), entry, _failed)


def test_what_cannot_be_read_is_said(tmp_path: Path, volume: Volume) -> None:
    entry: Entry = put(volume, "1", b"x").entry
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(StoreError, match="opening"):
        FileReader(str(tmp_path / "loop"), entry, _failed)
    reader = FileReader(str(tmp_path), entry, _failed)
    with pytest.raises(StoreError, match="reading"):
        reader.range(0, 10)
    reader.close()
    reader.close()


def test_a_failed_read_stops_nothing(volume: Volume, unit: Path) -> None:
    entry = put(volume, "1", b"x").entry
    file_of(unit, entry).unlink()
    file_of(unit, entry).mkdir()
    with volume.open(entry.sha256) as reader, pytest.raises(StoreError):
        list(reader.chunks())
    assert volume.trouble == ""
    put(volume, "2", b"y")
