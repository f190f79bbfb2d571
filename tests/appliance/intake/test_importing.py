"""One file into the store, or the reason why not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.dicom.part10 import file_header
from appliance.intake.desk import Desk
from appliance.intake.importing import Kept, import_file
from appliance.intake.model import Fate, Imported
from storage.errors import StoreError
from storage.store import Outcome
from storage.volume import Volume

DataSet = Callable[..., bytes]
CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
HEADER = file_header(CT, "1.2.3.4", EXPLICIT)


def _import(desk: Desk, folder: Path, content: bytes) -> Kept | Imported:
    path = folder / "file.dcm"
    path.write_bytes(content)
    return import_file(desk, path)


@pytest.mark.parametrize("start", [HEADER, HEADER[132:], b"", bytes(128) + b"DICM"])
async def test_the_data_set_is_kept_as_it_is(
    desk: Desk, volume: Volume, tmp_path: Path, data_set: DataSet, start: bytes
) -> None:
    data = data_set(3_000_000)
    kept = _import(desk, tmp_path, start + data)
    assert isinstance(kept, Kept)
    entry = kept.receipt.entry
    assert b"".join(volume.open(entry.sha256).chunks(content_only=True)) == data
    assert (entry.name, entry.group) == ("1.2.3.4", "1.2.3")
    assert (entry.notes["via"], entry.notes["transfer_syntax"]) == ("import", EXPLICIT)


async def test_the_same_object_by_two_ways_is_one(
    desk: Desk, tmp_path: Path, data_set: DataSet
) -> None:
    first = _import(desk, tmp_path, HEADER + data_set())
    again = _import(desk, tmp_path, b"\x01" * 128 + HEADER[128:] + data_set())
    assert isinstance(first, Kept)
    assert isinstance(again, Kept)
    assert again.receipt.outcome is Outcome.DUPLICATE


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF", "not a DICOM file"),
        (b"", "not a DICOM file"),
        (file_header("1.2.840.10008.1.3.10", "1.2", EXPLICIT), "DICOMDIR"),
    ],
)
async def test_other_files_are_skipped(
    desk: Desk, tmp_path: Path, content: bytes, reason: str
) -> None:
    result = _import(desk, tmp_path, content)
    assert isinstance(result, Imported)
    assert (result.fate, reason in result.reason) == (Fate.SKIPPED, True)


async def test_broken_objects_are_refused_with_the_reason(
    desk: Desk, volume: Volume, tmp_path: Path, data_set: DataSet
) -> None:
    for content in (
        HEADER[:200],
        HEADER + data_set()[:60],
        HEADER + data_set(SOPClassUID=None),
        HEADER + data_set().replace(b"1.2.3.4\0", b"../../x\0"),
    ):
        result = _import(desk, tmp_path, content)
        assert isinstance(result, Imported)
        assert result.fate is Fate.REFUSED
        assert result.reason
    assert volume.last() == 1


async def test_a_file_that_cannot_be_read_is_refused(desk: Desk, tmp_path: Path) -> None:
    result = import_file(desk, tmp_path / "missing")
    assert isinstance(result, Imported)
    assert "No such file" in result.reason


async def test_a_store_that_takes_nothing_ends_the_import(
    desk: Desk, volume: Volume, tmp_path: Path, data_set: DataSet
) -> None:
    volume.close()
    with pytest.raises(StoreError):
        _import(desk, tmp_path, HEADER + data_set())
