"""Folders are imported file by file; a request becomes a sink."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.dicom.header import Header
from appliance.dicom.part10 import file_header
from appliance.intake.model import Fate
from appliance.intake.service import Intake
from appliance.network.services import StoreRequest
from storage.errors import StoreError
from storage.store import Entry
from storage.volume import Volume

DataSet = Callable[..., bytes]
CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"


def _write(folder: Path, number: int, data_set: DataSet) -> None:
    uid = f"1.2.3.{number}"
    content = file_header(CT, uid, EXPLICIT) + data_set(SOPInstanceUID=uid)
    (folder / f"{number:03}.dcm").write_bytes(content)


@pytest.fixture
def folder(tmp_path: Path, data_set: DataSet) -> Path:
    folder = tmp_path / "medium"
    (folder / "below").mkdir(parents=True)
    for number in range(40):
        _write(folder if number % 2 else folder / "below", number, data_set)
    (folder / "readme.txt").write_text("not an image")
    return folder


async def _import(intake: Intake, path: Path) -> Counter[Fate]:
    async with intake.import_path(path) as progress:
        return Counter([one.fate async for one in progress])


async def test_a_folder_is_imported(
    intake: Intake, volume: Volume, folder: Path, stored: list[tuple[Entry, Header]]
) -> None:
    assert await _import(intake, folder) == {Fate.STORED: 40, Fate.SKIPPED: 1}
    assert len(stored) == 40
    assert volume.last() == 41
    assert await _import(intake, folder) == {Fate.DUPLICATE: 40, Fate.SKIPPED: 1}


async def test_a_single_file_is_imported(
    intake: Intake, folder: Path, count: Callable[[str], float]
) -> None:
    assert (await intake.import_file(folder / "001.dcm")).fate is Fate.STORED
    assert (await intake.import_file(folder / "readme.txt")).fate is Fate.SKIPPED
    assert count("stored") == 1


async def test_an_import_can_be_left_early(intake: Intake, folder: Path, volume: Volume) -> None:
    async with intake.import_path(folder) as progress:
        async for one in progress:
            assert one.fate in Fate
            break
    assert 1 < volume.last() < 41


async def test_a_missing_folder_is_an_error(intake: Intake, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await _import(intake, tmp_path / "missing")


async def test_a_store_that_takes_nothing_ends_the_import(
    intake: Intake, folder: Path, volume: Volume
) -> None:
    volume.close()
    with pytest.raises(StoreError):
        await _import(intake, folder)


async def test_by_import_and_by_association_is_one_object(
    intake: Intake,
    folder: Path,
    volume: Volume,
    data_set: DataSet,
    request_for: Callable[..., StoreRequest],
) -> None:
    await intake.import_file(folder / "001.dcm")
    sink = intake.store(request_for("1.2.3.1"))
    sink.write([memoryview(data_set(SOPInstanceUID="1.2.3.1"))])
    assert (sink.finish()).status == 0x0000
    assert len(volume.find("1.2.3.1")) == 1
