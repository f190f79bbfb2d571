"""The DICOM JSON model, beside pydicom's reading of it."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from web.dicomweb.notation import encoded, object_of
from web.dicomweb.services import Bulk


def made(**attributes: Any) -> dict[str, Any]:
    one = Dataset()
    for keyword, value in attributes.items():
        setattr(one, keyword, value)
    return object_of(one)


@pytest.mark.parametrize(
    ("keyword", "value", "tag", "told"),
    [
        (
            "PatientName",
            "Yamada^Tarou=山田^太郎",
            "00100010",
            {
                "vr": "PN",
                "Value": [{"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎"}],
            },
        ),
        ("PatientName", "=山田", "00100010", {"vr": "PN", "Value": [{"Ideographic": "山田"}]}),
        ("PatientName", "", "00100010", {"vr": "PN"}),
        ("PatientID", None, "00100020", {"vr": "LO"}),
        ("InstanceNumber", "5", "00200013", {"vr": "IS", "Value": [5]}),
        ("PixelSpacing", ["0.5", "1"], "00280030", {"vr": "DS", "Value": [0.5, 1.0]}),
        ("ImageType", ["A", "", "B"], "00080008", {"vr": "CS", "Value": ["A", None, "B"]}),
        ("Rows", 512, "00280010", {"vr": "US", "Value": [512]}),
        ("FrameIncrementPointer", 0x00181063, "00280009", {"vr": "AT", "Value": ["00181063"]}),
        ("RequestAttributesSequence", Sequence([]), "00400275", {"vr": "SQ"}),
        (
            "RequestAttributesSequence",
            Sequence([Dataset()]),
            "00400275",
            {"vr": "SQ", "Value": [{}]},
        ),
        ("EncryptedContent", b"\1\2\3\4", "04000520", {"vr": "OB", "InlineBinary": "AQIDBA=="}),
    ],
)
def test_values(keyword: str, value: Any, tag: str, told: dict[str, Any]) -> None:
    assert made(**{keyword: value}) == {tag: told}


def test_numbers_that_json_has_no_word_for() -> None:
    assert made(EventElapsedTimes=float("nan"))["00082130"]["Value"] == ["nan"]


def test_a_large_value_has_an_address() -> None:
    told = object_of(Dataset(), [Bulk(0x7FE00010, "OW", 0, 9)], lambda bulk: f"/x/{bulk.tag:08X}")
    assert told == {"7FE00010": {"vr": "OW", "BulkDataURI": "/x/7FE00010"}}


@pytest.mark.parametrize("name", ["CT_small.dcm", "reportsi.dcm", "rtplan.dcm", "test-SR.dcm"])
def test_pydicom_reads_what_we_wrote(name: str) -> None:
    original = dcmread(str(get_testdata_file(name)))
    read = Dataset.from_json(json.loads(encoded([object_of(original)]))[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for element in original:
            assert read[element.tag].value == element.value, element


def test_a_value_that_cannot_be_understood_is_left_out() -> None:
    one = Dataset()
    one.add_new(0x00200013, "IS", None)
    one.PatientID = "7"
    one[0x00200013]._value = "not a number"
    told = object_of(one)
    assert told["00100020"]["Value"] == ["7"]
