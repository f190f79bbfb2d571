"""What a worker does for one job."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.pixels.model import EXPLICIT, JPEG_LS, Job, PixelError, Rendering
from appliance.pixels.work import perform
from tests.appliance.pixels.pictures import frames, grey, native, turned


def _perform(folder: Path, raw: bytes, **job: object) -> bytes:
    (folder / "given").write_bytes(b"head" + raw)
    (folder / "out").write_bytes(b"")
    given = {"path": str(folder / "given"), "start": 4, "out": str(folder / "out")}
    perform(Job(**{"syntax": EXPLICIT} | given | job))  # type: ignore[arg-type]
    return (folder / "out").read_bytes()


def test_each_kind_of_job(tmp_path: Path) -> None:
    pixels = grey(frames=3)
    raw = native(pixels)
    assert _perform(tmp_path, raw, do="frame", frame=2) == pixels[1].tobytes()
    assert _perform(tmp_path, raw, do="native", frame=3) == pixels[2].tobytes()
    assert _perform(tmp_path, raw, do="convert", target=EXPLICIT) == raw
    picture = _perform(tmp_path, raw, do="render", rendering=Rendering(format="png"))
    assert picture.startswith(b"\x89PNG")
    encoded = turned(raw, EXPLICIT, JPEG_LS, tmp_path)
    assert (frames(encoded, JPEG_LS)[2] == pixels[2]).all()
    found = _perform(tmp_path, encoded, do="frame", frame=1, syntax=JPEG_LS)
    assert found.startswith(b"\xff\xd8")


@pytest.mark.parametrize("frame", [0, 4, -1])
def test_frames_that_are_not_there(tmp_path: Path, frame: int) -> None:
    with pytest.raises(PixelError, match=f"no frame {frame}: the object has 3"):
        _perform(tmp_path, native(grey(frames=3)), do="frame", frame=frame)
