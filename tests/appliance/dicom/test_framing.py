from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.dicom import pdu
from appliance.dicom.buffer import BUSY_SIZE, IDLE_SIZE, LARGE_SIZE
from appliance.dicom.errors import AbortReason, RemoteProtocolError
from appliance.dicom.framing import CommandSet, ControlPdu, DataFragments, Frame, Framing
from tests.appliance.dicom.playbook import pdata

_COMMAND, _LAST = pdu.COMMAND, pdu.LAST


def _framing(maximum_length: int = 4096) -> Framing:
    framing = Framing(maximum_length, lambda kind: None)
    framing.contexts = {1, 3}
    return framing


def _put(framing: Framing, data: bytes) -> list[Frame]:
    frames = []
    while data:
        view = framing.writable()
        count = min(len(view), len(data))
        view[:count] = data[:count]
        framing.received(count)
        data = data[count:]
        while frame := framing.next_frame():
            frames.append(frame)
            if isinstance(frame, CommandSet):
                framing.expect_data(frame.context_id)
    return frames


def _header(kind: int, length: int) -> bytes:
    return struct.pack(">BxI", kind, length)


def test_a_control_pdu_is_gathered() -> None:
    framing = _framing()
    assert _put(framing, _header(1, 3) + b"ab") == []
    assert _put(framing, b"c") == [ControlPdu(1, b"abc")]


def test_a_command_set_may_come_in_several_values() -> None:
    raw = pdata(1, _COMMAND, b"abc") + pdata(1, _COMMAND | _LAST, b"def")
    assert _put(_framing(), raw) == [CommandSet(1, b"abcdef")]


def test_data_is_handed_on_where_it_lies() -> None:
    framing = _framing()
    _put(framing, pdata(1, _COMMAND | _LAST, b"x"))
    [frame] = _put(framing, pdata(1, 0, b"abc") + pdata(1, _LAST, b"def"))
    assert isinstance(frame, DataFragments)
    assert [bytes(fragment) for fragment in frame.fragments] == [b"abc", b"def"]
    assert frame.last
    assert framing.between_messages


def test_a_data_set_may_end_with_an_empty_value() -> None:
    framing = _framing()
    _put(framing, pdata(1, _COMMAND | _LAST, b"x"))
    assert _put(framing, pdata(1, _LAST, b"")) == [DataFragments(1, (), last=True)]


def test_a_long_value_is_handed_on_when_the_buffer_is_full() -> None:
    framing = _framing(maximum_length=1 << 24)
    _put(framing, pdata(1, _COMMAND | _LAST, b"x"))
    size = 3 * BUSY_SIZE
    frames = _put(framing, pdata(1, _LAST, bytes(size)))
    parts = [frame for frame in frames if isinstance(frame, DataFragments)]
    assert sum(len(f) for part in parts for f in part.fragments) == size
    assert [part.last for part in parts] == [False] * (len(parts) - 1) + [True]
    assert len(parts) <= 5


def test_a_value_that_comes_in_many_reads_is_one_fragment() -> None:
    framing = _framing(maximum_length=1 << 18)
    _put(framing, pdata(1, _COMMAND | _LAST, b"x"))
    raw = pdata(1, 0, b"abcdef") + pdata(1, _LAST, b"ghijkl")
    frames = [frame for at in range(len(raw)) for frame in _put(framing, raw[at : at + 1])]
    [part] = frames
    assert isinstance(part, DataFragments)
    assert [bytes(fragment) for fragment in part.fragments] == [b"abcdef", b"ghijkl"]


def test_memory_grows_with_the_first_object_that_does_not_fit() -> None:
    framing = _framing(maximum_length=1 << 24)
    small, middle, large = IDLE_SIZE // 2, 2 * IDLE_SIZE, 2 * LARGE_SIZE
    for size, room in ((small, IDLE_SIZE), (middle, BUSY_SIZE), (large, LARGE_SIZE)):
        _put(framing, pdata(1, _COMMAND | _LAST, b"x") + pdata(1, _LAST, bytes(size)))
        assert len(framing.writable()) == room


@pytest.mark.parametrize(
    ("kind", "length"),
    [
        (1, (256 << 10) + 1),
        (2, 2**32 - 1),
        (4, 0),
        (4, 5),
        (4, 4097),
        (4, 2**32 - 1),
        (5, 3),
        (7, 5),
    ],
)
def test_a_length_that_cannot_be_is_refused_before_anything_is_read(kind: int, length: int) -> None:
    framing = _framing()
    with pytest.raises(RemoteProtocolError) as raised:
        _put(framing, _header(kind, length))
    assert raised.value.reason == AbortReason.INVALID_PARAMETER


def test_the_longest_lengths_allowed_are_waited_for() -> None:
    assert _put(_framing(), _header(4, 4096)) == []
    assert _put(_framing(), _header(1, 256 << 10)) == []


@pytest.mark.parametrize(
    "sample", [b"GET / ", b"\x16\x03\x01\x02\x00\x01", bytes(6), b"\x08\0\0\0\0\4"]
)
def test_what_is_no_pdu_is_kept_to_tell_what_it_was(sample: bytes) -> None:
    with pytest.raises(RemoteProtocolError) as raised:
        _put(_framing(), sample)
    assert (raised.value.reason, raised.value.sample) == (AbortReason.UNRECOGNIZED_PDU, sample)


@pytest.mark.parametrize(
    "raw",
    [
        _header(4, 6) + struct.pack(">IBB", 1, 1, 3),
        _header(4, 6) + struct.pack(">IBB", 3, 1, 3),
        _header(4, 10) + struct.pack(">IBB", 2**32 - 1, 1, 3),
        _header(4, 8) + struct.pack(">IBB", 2, 1, 1) + b"xx",
        pdata(2, _COMMAND | _LAST, b"x"),
        pdata(1, _LAST, b"x"),
        pdata(1, _COMMAND | _LAST, b"x") + pdata(3, _LAST, b"x"),
        pdata(1, _COMMAND | _LAST, b"x") + pdata(1, _COMMAND, b"x"),
        pdata(1, _COMMAND, bytes(4000)) * 17,
    ],
    ids=[
        "value shorter than its header",
        "value longer than its PDU",
        "value of 4 GiB",
        "half a value header at the end",
        "context not accepted",
        "data nobody announced",
        "data in another context",
        "command within a data set",
        "command set of 66 KiB",
    ],
)
def test_values_that_cannot_be_are_the_peers_fault(raw: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        _put(_framing(), raw)


@given(st.binary(max_size=400))
def test_any_bytes_are_frames_or_the_peers_fault(raw: bytes) -> None:
    with contextlib.suppress(RemoteProtocolError):
        _put(_framing(), raw)
