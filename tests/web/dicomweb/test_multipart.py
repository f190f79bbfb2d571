"""Bodies of several parts, in any chunking."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.dicomweb.multipart import Content, MultipartError, PartBegins, PartEnds, Reader

Part = tuple[dict[str, str], bytes]


def read(raw: bytes, cuts: Sequence[int] = (), boundary: str = "B") -> list[Part]:
    """All parts; every part that began has ended."""
    reader, found, open_part = Reader(boundary), [], None
    places = [0, *sorted(cut % (len(raw) + 1) for cut in cuts), len(raw)]
    for start, stop in pairwise(places):
        for event in reader.feed(raw[start:stop]):
            if isinstance(event, PartBegins):
                assert open_part is None
                open_part = (dict(event.headers), b"")
            elif isinstance(event, Content):
                assert open_part is not None
                assert event.data
                open_part = (open_part[0], open_part[1] + event.data)
            else:
                assert isinstance(event, PartEnds)
                assert open_part is not None
                found.append(open_part)
                open_part = None
    reader.finish()
    return found


CONTENTS = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.lists(
            st.sampled_from([b"\r", b"\n", b"\r\n", b"-", b"--", b"\r\n--", b"\r\n--A", b"B"]),
            max_size=8,
        ).map(b"".join),
    ).filter(lambda one: b"\r\n--B" not in one),
    min_size=1,
    max_size=4,
)
CUTS = st.lists(st.integers(0, 400), max_size=12)


@given(CONTENTS, CUTS)
def test_any_chunking_gives_the_same_parts(contents: list[bytes], cuts: list[int]) -> None:
    head = b"--B \t\r\nContent-Type: application/dicom\r\n\r\n"
    # A content may itself look like the beginning of a delimiter at its end.
    raw = b"".join(head + one + b"\r\n" for one in contents) + b"--B--"
    wanted = [({"content-type": "application/dicom"}, one) for one in contents]
    assert read(raw, cuts) == wanted
    assert read(b"preamble\r\n" + raw + b"\r\nepilogue --B", cuts) == wanted
    assert read(raw, range(len(raw))) == wanted


@given(st.binary(max_size=200), CUTS)
def test_rubbish_is_refused_or_read(raw: bytes, cuts: list[int]) -> None:
    with suppress(MultipartError):
        read(b"--B" + raw, cuts)


def test_a_part_without_headers() -> None:
    assert read(b"--B\r\n\r\ncontent\r\n--B--") == [({}, b"content")]
    assert read(b"--B\r\nA: 1\r\n\r\n\r\n--B--") == [({"a": "1"}, b"")]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"nothing",
        b"--B\r\n",
        b"--B\r\n\r\ncontent",
        b"--B\r\n\r\ncontent\r\n--B",
        b"--B\r\n\r\ncontent\r\n--Bx\r\n",
        b"--B\r\nno header\r\n\r\nx\r\n--B--",
        b"--B\r\nA: 1\r\nA: 2\r\n\r\nx\r\n--B--",
        b"--B\r\nA: 1\nB: 2\r\n\r\nx\r\n--B--",
        b"--B\r\nA\0: 1\r\n\r\nx\r\n--B--",
        b"--B\r\n A: folded\r\n\r\nx\r\n--B--",
        b"--B" + b" " * 300,
        b"--B\r\n" + b"A" * 9000,
        b"p" * 70_000,
    ],
)
def test_what_breaks_the_rules(raw: bytes) -> None:
    with pytest.raises(MultipartError):
        read(raw)


@pytest.mark.parametrize("boundary", ["", "a" * 201, "a ", "ä", 'a"b', "a\r\nb"])
def test_boundaries_that_are_none(boundary: str) -> None:
    with pytest.raises(MultipartError):
        Reader(boundary)


def test_little_is_held() -> None:
    reader = Reader("B")
    list(reader.feed(b"--B\r\n\r\n"))
    for _ in range(100):
        given_back = sum(
            len(one.data) for one in reader.feed(b"\r\n--A" * 2000) if isinstance(one, Content)
        )
        assert given_back > 9000
