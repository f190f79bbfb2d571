"""Where the elements are, in every form; what is malformed is said."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from appliance.dicom.dataset import encode
from appliance.pixels.elements import Walker
from appliance.pixels.model import BIG_ENDIAN, EXPLICIT, IMPLICIT, PixelError
from tests.appliance.pixels.pictures import source

END = b"\xfe\xff\xdd\xe0\0\0\0\0"
ITEM = b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
ITEM_END = b"\xfe\xff\x0d\xe0\0\0\0\0"


def _nested(depth: int) -> Dataset:
    dataset = Dataset()
    dataset.PatientID = "x" * depth
    if depth:
        dataset.ReferencedSeriesSequence = [_nested(depth - 1), _nested(0)]
    return dataset


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN])
def test_elements_of_every_form(syntax: str) -> None:
    walker = Walker(source(encode(_nested(3), syntax), syntax))
    sequence, patient = walker.elements()
    assert (sequence.tag, patient.tag) == (0x00081115, 0x00100020)
    assert walker.source.read(patient.start, patient.size) == b"xxx "
    items = list(walker.items(sequence))
    assert len(items) == 2
    assert [one.tag for one in walker.inside(items[0])] == [0x00081115, 0x00100020]


def test_lengths_that_are_not_given() -> None:
    inner = b"\x10\0\x20\0LO\x02\0ab"
    raw = b"\x08\0\x15\x11SQ\0\0\xff\xff\xff\xff" + ITEM + inner + ITEM_END + END + inner
    walker = Walker(source(raw))
    sequence, patient = walker.elements()
    assert (sequence.stop, patient.at) == (len(raw) - 10, len(raw) - 10)
    [item] = walker.items(sequence)
    assert [one.size for one in walker.inside(item)] == [2]


def test_what_is_unknown_and_unbounded_is_implicit_inside() -> None:
    inner = b"\x09\0\x01\x10\x02\0\0\0ab"
    raw = b"\x09\0\x02\x10UN\0\0\xff\xff\xff\xff" + ITEM + inner + ITEM_END + END
    walker = Walker(source(raw))
    [unknown] = walker.elements()
    [item] = walker.items(unknown)
    [element] = walker.inside(item)
    assert (element.tag, element.size, element.vr) == (0x00091001, 2, b"")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\x10\0\x20\0LO\x08\0ab", "6 bytes longer than"),
        (b"\x10\0\x20\0LO\x02\0ab\x10\0\x21\0zz\x02\0ab", "no value representation"),
        (b"\x08\0\x15\x11SQ\0\0\xff\xff\xff\xff" + ITEM, "no length and no end"),
        ((b"\x08\0\x15\x11SQ\0\0\xff\xff\xff\xff" + ITEM) * 70, "nested deeper than 64"),
    ],
)
def test_what_is_malformed_is_said(raw: bytes, words: str) -> None:
    with pytest.raises(PixelError, match=words):
        list(Walker(source(raw)).elements())


@given(st.binary(max_size=200), st.sampled_from([EXPLICIT, IMPLICIT, BIG_ENDIAN]))
def test_any_bytes_end_in_words_or_elements(raw: bytes, syntax: str) -> None:
    try:
        elements = list(Walker(source(raw, syntax)).elements())
    except PixelError:
        return
    assert all(one.at < one.start <= one.stop <= len(raw) for one in elements)


def test_the_number_of_elements_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.pixels.elements._MOST_ELEMENTS", 10)
    raw = b"".join(struct.pack("<HH2sH", 0x10, number, b"LO", 0) for number in range(20))
    with pytest.raises(PixelError, match="more than 10 elements"):
        list(Walker(source(raw)).elements())
