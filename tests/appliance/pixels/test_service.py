"""What the other rooms ask of pixels, with a real store and real workers."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
from pydicom.data import get_testdata_file
from pydicom.filereader import dcmread

from appliance.errors import BadRequest
from appliance.pixels.model import (
    EXPLICIT,
    JPEG_BASELINE,
    JPEG_LS,
    RLE,
    PixelError,
    Rendering,
    Window,
)
from appliance.pixels.service import Pixels
from storage.errors import Corrupt, Missing
from storage.volume import Volume
from tests.appliance.pixels.conftest import Put


async def test_an_object_there_and_back(pixels: Pixels, put: Put, tmp_path: Path) -> None:
    name = "MR_small_jp2klossless.dcm"
    async with pixels.converted(put(name), JPEG_LS) as converted:
        assert converted.size == converted.path.stat().st_size
        again = put(converted.path.read_bytes(), JPEG_LS)
    assert not converted.path.exists()
    wanted = dcmread(str(get_testdata_file(name))).pixel_array
    assert await pixels.frame(again, 1, native=True) == wanted.tobytes()
    assert list((tmp_path / "scratch").iterdir()) == []


async def test_the_same_syntax_is_a_copy(pixels: Pixels, put: Put, volume: Volume) -> None:
    digest = put("SC_rgb_jpeg_dcmtk.dcm")
    stored = b"".join(volume.open(digest).chunks(content_only=True))
    async with pixels.converted(digest, JPEG_BASELINE) as converted:
        assert converted.path.read_bytes() == stored


async def test_what_is_never_made_is_said_at_once(pixels: Pixels, put: Put) -> None:
    with pytest.raises(PixelError, match="without loss"):
        async with pixels.converted(put("CT_small.dcm"), JPEG_BASELINE):
            pass
    assert not pixels.can_convert(EXPLICIT, JPEG_BASELINE)
    assert pixels.can_convert(JPEG_BASELINE, EXPLICIT)


async def test_a_frame_as_stored(pixels: Pixels, put: Put) -> None:
    digest = put("SC_rgb_jpeg_dcmtk.dcm")
    assert (await pixels.frame(digest, 1)).startswith(b"\xff\xd8")
    with pytest.raises(PixelError, match="no frame 2"):
        await pixels.frame(digest, 2)


async def test_a_picture(pixels: Pixels, put: Put) -> None:
    digest = put("CT_small.dcm")
    assert (await pixels.rendered(digest, 1, Rendering(64, 64))).startswith(b"\xff\xd8")
    window = Rendering(window=Window(40, 400), format="png")
    assert (await pixels.rendered(digest, 1, window)).startswith(b"\x89PNG")
    with pytest.raises(BadRequest, match="quality"):
        await pixels.rendered(digest, 1, Rendering(quality=0))


async def test_a_damaged_copy_is_ours_to_mend(pixels: Pixels, put: Put, volume: Volume) -> None:
    digest = put("CT_small.dcm")
    entry = volume.entry(digest)
    assert entry is not None
    _damage(Path(volume.layout.absolute(entry.path)))
    with pytest.raises(Corrupt, match="restore"):
        async with pixels.converted(digest, RLE):
            pass
    with pytest.raises(Missing):
        await pixels.frame("0" * 64, 1)


def _damage(path: Path) -> None:
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"x")


async def test_many_at_once_wait_for_their_turn(pixels: Pixels, put: Put) -> None:
    digest, pictures = put("CT_small.dcm"), []

    async def one() -> None:
        pictures.append(await pixels.rendered(digest, 1, Rendering(16, 16)))

    async with trio.open_nursery() as nursery:
        for _ in range(6):
            nursery.start_soon(one)
    assert len(set(pictures)) == 1


async def test_scratch_is_emptied_at_the_start(volume: Volume, tmp_path: Path) -> None:
    from appliance.pixels.model import Settings

    (tmp_path / "scratch").mkdir()
    (tmp_path / "scratch" / "left").write_bytes(b"x")
    async with Pixels(volume, Settings(tmp_path / "scratch")).open():
        assert list((tmp_path / "scratch").iterdir()) == []
