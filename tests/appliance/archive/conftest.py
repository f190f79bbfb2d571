"""Objects as intake would have stored them, in a real store without syncing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from appliance.archive.description import describe
from appliance.archive.model import Described, IndexedInstance
from appliance.dicom.attributes import Attributes
from appliance.dicom.header import read_header
from storage.store import Action, Entry, Receipt
from storage.volume import Volume, VolumeSettings, create_volume, open_volume

BEGAN = datetime(2024, 1, 15, 12, tzinfo=UTC)
CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
NOTES = {"source": "CT1", "called": "ARCA", "sop_class": CT, "transfer_syntax": EXPLICIT}


def data_set(number: int, **attributes: object) -> bytes:
    """A small CT image; attributes by keyword."""
    given = {
        "SOPClassUID": CT,
        "SOPInstanceUID": f"1.2.3.{number}",
        "StudyDate": "20240115",
        "StudyTime": "101500",
        "Modality": "CT",
        "StudyDescription": "Head",
        "PatientName": "Doe^Jane",
        "PatientID": "4711",
        "PatientBirthDate": "19700101",
        "PatientSex": "F",
        "StudyInstanceUID": "1.2.3",
        "SeriesInstanceUID": "1.2.3.1",
        "InstanceNumber": number,
        "Rows": 512,
        "Columns": 256,
        "BitsStored": 12,
    }
    one = Dataset()
    for keyword, value in (given | attributes).items():
        if value is not None:
            setattr(one, keyword, value)
    file = DicomBytesIO()
    file.is_implicit_VR, file.is_little_endian = False, True
    write_dataset(file, one)
    return bytes(file.getvalue())


@pytest.fixture
def make() -> Callable[..., IndexedInstance]:
    """An object as routing sees it; its number is its line in the ledger."""

    def indexed(number: int, **attributes: object) -> IndexedInstance:
        content = data_set(number, **attributes)
        header = read_header([content], EXPLICIT)
        study = str(attributes.get("StudyInstanceUID", "1.2.3"))
        entry = Entry(
            sequence=number,
            time=BEGAN + timedelta(seconds=number),
            action=Action.PUT,
            sha256=f"{number:064x}",
            name=f"1.2.3.{number}",
            group=study,
            size=len(content),
            notes=NOTES,
        )
        return IndexedInstance(entry, Attributes(header))

    return indexed


@pytest.fixture
def line(make: Callable[..., IndexedInstance]) -> Callable[..., Described]:
    """The same, as the index gets it."""
    return lambda number, **attributes: describe(make(number, **attributes))


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Volume]:
    settings = VolumeSettings(low_watermark=0, reserve=0, sync=False)
    create_volume(tmp_path / "store", name="test", settings=settings)
    ticks = count()
    clock = lambda: BEGAN + timedelta(milliseconds=next(ticks))  # noqa: E731
    with open_volume(tmp_path / "store", settings=settings, clock=clock) as opened:
        yield opened


@pytest.fixture
def put(volume: Volume) -> Callable[..., Receipt]:
    """Store an object."""

    def store(number: int, content: bytes | None = None, **attributes: object) -> Receipt:
        incoming = volume.receive(b"header")
        incoming.write([content if content is not None else data_set(number, **attributes)])
        study = str(attributes.get("StudyInstanceUID", "1.2.3"))
        return incoming.commit(f"1.2.3.{number}", study, NOTES)

    return store
