"""A store with images in it, and a pool over it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from appliance import clock
from appliance.dicom.part10 import file_header, read_file_meta
from appliance.pixels.model import Settings
from appliance.pixels.service import Pixels
from storage.volume import Volume, VolumeSettings, create_volume, open_volume

Put = Callable[..., str]


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Volume]:
    settings = VolumeSettings(low_watermark=0, reserve=0, sync=False)
    create_volume(tmp_path / "store", name="store", settings=settings)
    with open_volume(tmp_path / "store", settings=settings, clock=clock.now) as volume:
        yield volume


@pytest.fixture
def put(volume: Volume) -> Put:
    """Keep a data set, or one of pydicom's files by its name; its digest."""

    def put(content: bytes | str, syntax: str = "") -> str:
        if isinstance(content, str):
            content, syntax = data_set(content)
        incoming = volume.receive(file_header("1.2.3", "1.2.3.4", syntax))
        incoming.write([content])
        notes = {"transfer_syntax": syntax, "sop_class": "1.2.3"}
        return incoming.commit("1.2.3.4", "1.2.3", notes).entry.sha256

    return put


def data_set(name: str) -> tuple[bytes, str]:
    """The data set of one of pydicom's own files, and its transfer syntax."""
    path = get_testdata_file(name)
    assert isinstance(path, str)
    raw = Path(path).read_bytes()
    meta = read_file_meta(raw[: 64 << 10])
    assert meta is not None
    return raw[meta.data_set :], meta.transfer_syntax_uid


@pytest.fixture
async def pixels(volume: Volume, tmp_path: Path) -> AsyncIterator[Pixels]:
    pixels = Pixels(volume, Settings(tmp_path / "scratch", workers=1, seconds=20))
    async with pixels.open():
        yield pixels
