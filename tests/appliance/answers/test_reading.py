"""Data sets without their large values."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence

from appliance.answers.reading import pieces_of, read_metadata
from appliance.errors import PeerError
from storage.store import Action, Entry

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
DEFLATED, BIG = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
HEAD = b"h" * 77


@dataclass
class Held:
    """A stored file in memory."""

    content: bytes
    read: int = 0
    entry: Entry = field(init=False)

    def __post_init__(self) -> None:
        self.content = HEAD + self.content
        now = datetime(2026, 3, 1, tzinfo=UTC)
        size = len(self.content)
        self.entry = Entry(1, now, Action.PUT, size=size, header=len(HEAD))

    def range(self, start: int, length: int) -> bytes:
        piece = self.content[start : start + length]
        self.read += len(piece)
        return piece

    def chunks(self, size: int = 1, *, content_only: bool = False) -> Any: ...

    def close(self) -> None: ...


def encoded(syntax: str = EXPLICIT, **attributes: Any) -> bytes:
    one = Dataset()
    one.BitsAllocated = 16
    for keyword, value in attributes.items():
        setattr(one, keyword, value)
    file = DicomBytesIO()
    file.is_implicit_VR, file.is_little_endian = syntax == IMPLICIT, syntax != BIG
    write_dataset(file, one)
    return bytes(file.getvalue())


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG])
def test_large_values_stay_where_they_are(syntax: str) -> None:
    items = Sequence([Dataset()])
    items[0].PatientComments = "x" * 9000
    raw = encoded(
        syntax,
        PatientID="P1",
        ImageComments="c" * 5000,
        EncryptedContent=b"e" * 6000,
        OtherPatientIDsSequence=items,
        PixelData=b"p" * 500_000,
    )
    held = Held(raw)
    found = read_metadata(held, syntax)
    assert found.dataset.PatientID == "P1"
    assert found.dataset.ImageComments == "c" * 5000
    assert found.dataset.OtherPatientIDsSequence[0].PatientComments == "x" * 9000
    values = {bulk.tag: held.content[bulk.offset :][: bulk.length] for bulk in found.bulk}
    assert values == {0x04000520: b"e" * 6000, 0x7FE00010: b"p" * 500_000}
    assert held.read < 200_000


def test_a_deflated_one() -> None:
    deflate = zlib.compressobj(wbits=-15)
    raw = deflate.compress(encoded(PatientID="P1", PixelData=b"p" * 9000)) + deflate.flush()
    found = read_metadata(Held(raw), DEFLATED)
    assert (found.dataset.PatientID, found.bulk) == ("P1", ())


def test_bombs() -> None:
    deflate = zlib.compressobj(wbits=-15)
    bomb = deflate.compress(bytes(40 << 20)) + deflate.flush()
    with pytest.raises(PeerError, match="inflated"):
        read_metadata(Held(bomb), DEFLATED)
    with pytest.raises(PeerError):
        read_metadata(Held(b"rubbish"), DEFLATED)
    endless = b"\x40\x00\x75\x02SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff" * 5000
    for raw in (endless, b"\x10\x00\x20\x00LT\0\0" * 5):
        try:
            read_metadata(Held(raw), EXPLICIT)
        except PeerError as error:
            assert str(error)  # noqa: PT017 - or it is read as far as it goes


@given(st.binary(max_size=200), st.sampled_from([IMPLICIT, EXPLICIT, BIG, DEFLATED]))
def test_rubbish_is_refused_or_read(raw: bytes, syntax: str) -> None:
    try:
        read_metadata(Held(raw), syntax)
    except PeerError as error:
        assert str(error)  # noqa: PT017 - or it is read as far as it goes


def test_a_part_in_pieces() -> None:
    held = Held(b"0123456789")
    assert list(pieces_of(held, len(HEAD) + 2, 5, 2)) == [b"23", b"45", b"6"]
    assert list(pieces_of(held, len(HEAD) + 8, 50, 10)) == [b"89"]
