"""What the index does not know, from the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.query.headers import read_headers
from storage.volume import Volume, VolumeSettings, create_volume, open_volume
from tests.appliance.running import EXPLICIT, picture

KVP, COLUMNS = 0x00180060, 0x00280011


@pytest.fixture
def volume(tmp_path: Path):  # type: ignore[no-untyped-def]
    settings = VolumeSettings(low_watermark=0, reserve=0, sync=False)
    create_volume(tmp_path / "store", name="test", settings=settings)
    from appliance import clock

    with open_volume(tmp_path / "store", settings=settings, clock=clock.now) as opened:
        yield opened


def _put(volume: Volume, content: bytes) -> str:
    incoming = volume.receive(b"x" * 10)
    incoming.write([content])
    return incoming.commit("1.2", "1.1", {}).entry.sha256


def test_values(volume: Volume) -> None:
    sha256 = _put(volume, picture("1.2").content)
    found = read_headers(volume, {sha256: EXPLICIT}, {KVP, COLUMNS, 0x00104000})
    assert sorted(found[sha256].keys()) == [KVP, COLUMNS]
    assert found[sha256].KVP == 120


@pytest.mark.parametrize(
    ("content", "syntax"),
    [
        (b"nonsense" * 100, EXPLICIT),
        (b"", EXPLICIT),
        (b"x" * 50, "1.2.840.10008.1.2.1.99"),
    ],
)
def test_what_cannot_be_read_is_missing(volume: Volume, content: bytes, syntax: str) -> None:
    sha256 = _put(volume, content)
    assert len(read_headers(volume, {sha256: syntax}, {KVP})[sha256]) == 0


def test_what_is_not_there_is_missing(volume: Volume) -> None:
    assert len(read_headers(volume, {"0" * 64: EXPLICIT}, {KVP})["0" * 64]) == 0
