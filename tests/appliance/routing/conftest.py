"""Objects as routing sees them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from appliance.archive.model import IndexedInstance
from appliance.dicom.attributes import Attributes
from appliance.dicom.header import read_header
from storage.store import Action, Entry

_EXPLICIT = "1.2.840.10008.1.2.1"


@pytest.fixture
def image() -> Callable[..., IndexedInstance]:
    """A CT image; attributes by keyword, None leaves one out."""

    def make(number: int = 1, source: str = "CT1", **attributes: object) -> IndexedInstance:
        given = {
            "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
            "StudyDate": "20240115",
            "Modality": "CT",
            "StudyDescription": "Head",
            "PatientName": "Doe^Jane",
            "PatientBirthDate": "19840115",
            "PatientSex": "F",
            "BodyPartExamined": "HEAD",
            "SliceThickness": "2.5",
            "StudyInstanceUID": "1.2.3",
            "InstanceNumber": number,
            "Rows": 512,
        }
        data = Dataset()
        for keyword, value in (given | attributes).items():
            if value is not None:
                setattr(data, keyword, value)
        file = DicomBytesIO()
        file.is_implicit_VR, file.is_little_endian = False, True
        write_dataset(file, data)
        notes = {"source": source, "called": "ARCA", "host": "10.0.0.7", "via": "dicom"}
        entry = Entry(
            number,
            datetime(2024, 1, 15, 12, tzinfo=UTC),
            Action.PUT,
            sha256=f"{number:064x}",
            group=str(data.StudyInstanceUID),
            size=1000,
            notes=notes | {"transfer_syntax": _EXPLICIT, "sop_class": "1.2.840.10008.5.1.4.1.1.2"},
        )
        header = read_header([bytes(file.getvalue())], _EXPLICIT)
        return IndexedInstance(entry, Attributes(header))

    return make
