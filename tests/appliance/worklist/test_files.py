"""Items from files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance.dicom.dataset import encode
from appliance.dicom.negotiation import EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN
from appliance.dicom.part10 import file_header
from appliance.errors import BadRequest
from appliance.worklist import files
from appliance.worklist.attributes import dataset_of
from tests.appliance.worklist.schedule import JANE, YAMADA


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN])
def test_dicom_with_a_header_or_without(tmp_path: Path, syntax: str) -> None:
    data = encode(dataset_of(YAMADA), syntax)
    (tmp_path / "a.wl").write_bytes(file_header("1.2", "1.3", syntax) + data)
    (tmp_path / "b.wl").write_bytes(data)
    (tmp_path / "lockfile").touch()
    found = [one[0].item for one in files.read(tmp_path) if not isinstance(one, str)]
    assert found == [YAMADA, YAMADA]


def test_json_lines_of_both_kinds(tmp_path: Path) -> None:
    plain = {"patient_name": "山田^太郎", "station_ae_titles": "CT1", "start_date": "20261130"}
    lines = [dataset_of(JANE).to_json(), json.dumps(plain), "", '{"colour": "red"}', "{", "[]"]
    lines += ['{"patient_name": 7}', '{"00100010": 7}', '{"state": "GONE"}']
    path = tmp_path / "items.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    found = list(files.read(path))
    assert [one[0].item.patient_name for one in found if not isinstance(one, str)] == [
        "Doe^Jane",
        "山田^太郎",
    ]
    wrong = [one for one in found if isinstance(one, str)]
    assert len(wrong) == 6
    assert wrong[0].startswith("items.jsonl, line 4: colour is no field")


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", bytes(200), b"\xff" * 500])
def test_what_is_no_item_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wl").write_bytes(content)
    (tmp_path / "b.wl").write_bytes(bytes(128) + b"DICM" + content)
    assert all(isinstance(one, str) for one in files.read(tmp_path))


def test_where_nothing_is(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="no such file"):
        list(files.read(tmp_path / "nowhere"))
    with (tmp_path / "large.wl").open("wb") as file:
        file.truncate(9 << 20)
    assert list(files.read(tmp_path)) == ["large.wl: larger than 8 MiB is no worklist file"]
