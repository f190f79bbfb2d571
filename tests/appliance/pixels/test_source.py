"""Opening a data set: its digest, its form, its compression."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

import pytest

from appliance.pixels.model import BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT, PixelError
from appliance.pixels.source import Damaged, open_source
from tests.appliance.pixels.pictures import source

ELEMENT = b"\x08\0\x16\0UI\x04\x001.2\0"


def _file(folder: Path, content: bytes) -> str:
    (folder / "file").write_bytes(content)
    return str(folder / "file")


def test_the_first_element_tells_the_form() -> None:
    assert not source(ELEMENT, EXPLICIT).implicit
    assert not source(ELEMENT, IMPLICIT).implicit  # announced wrongly
    assert source(b"\x08\0\x16\0\x04\0\0\x001.2\0", EXPLICIT).implicit
    assert not source(ELEMENT, BIG_ENDIAN).implicit


def test_the_end_is_the_end() -> None:
    opened = source(ELEMENT)
    assert b"".join(opened.chunks(8, 4)) == b"1.2\0"
    with pytest.raises(PixelError, match="2 bytes too early"):
        opened.exactly(10, 4)


def test_a_digest_is_looked_at(tmp_path: Path) -> None:
    path = _file(tmp_path, b"head" + ELEMENT)
    digest = hashlib.sha256(b"head" + ELEMENT).hexdigest()
    opened = open_source(path, 4, EXPLICIT, digest, 100)
    assert opened.exactly(opened.start, 12) == ELEMENT
    opened.close()
    with pytest.raises(Damaged, match="restore"):
        open_source(path, 4, EXPLICIT, "0" * 64, 100)


def _deflated(content: bytes) -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflate.compress(content) + deflate.flush()


def test_what_is_deflated_is_inflated_within_limits(tmp_path: Path) -> None:
    path = _file(tmp_path, _deflated(ELEMENT) + b"\0")
    opened = open_source(path, 0, DEFLATED, "", 100)
    assert opened.exactly(opened.start, opened.end) == ELEMENT
    opened.close()
    bomb = _file(tmp_path, _deflated(bytes(50 << 20)))
    with pytest.raises(PixelError, match="longer than 1000000"):
        open_source(bomb, 0, DEFLATED, "", 1_000_000)


@pytest.mark.parametrize("content", [b"", _deflated(ELEMENT * 100)[:-5], b"\xff" * 50])
def test_what_cannot_be_inflated_is_said(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(PixelError, match="deflated data set"):
        open_source(_file(tmp_path, content), 0, DEFLATED, "", 100_000)
