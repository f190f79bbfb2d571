from __future__ import annotations

from appliance.dicom.buffer import BUSY_SIZE, IDLE_SIZE, Buffer


def _fill(buffer: Buffer, data: bytes) -> None:
    buffer.writable()[: len(data)] = data
    buffer.end += len(data)


def test_what_is_put_in_is_taken_out() -> None:
    buffer = Buffer()
    _fill(buffer, b"abcdef")
    assert bytes(buffer.take(2)) + bytes(buffer.take(3)) == b"abcde"
    assert buffer.available == 1


def test_views_are_good_until_room_is_reserved() -> None:
    buffer = Buffer()
    _fill(buffer, b"abc")
    view = buffer.take(2)
    _fill(buffer, b"def")
    assert bytes(view) == b"ab"
    buffer.reserve(IDLE_SIZE)
    _fill(buffer, b"gh")
    assert bytes(view) != b"ab"
    assert (buffer.available, bytes(buffer.take(4))) == (6, b"cdef")
    assert bytes(buffer.take(2)) == b"gh"


def test_it_grows_and_keeps_what_was_not_taken() -> None:
    buffer = Buffer()
    _fill(buffer, b"xyz")
    buffer.take(1)
    assert len(buffer.writable()) == IDLE_SIZE - 3
    buffer.reserve(BUSY_SIZE)
    assert len(buffer.writable()) == BUSY_SIZE - 2
    assert bytes(buffer.take(2)) == b"yz"


def test_it_is_crowded_when_a_read_is_not_worth_while() -> None:
    buffer = Buffer()
    assert not buffer.crowded
    _fill(buffer, bytes(IDLE_SIZE - 1))
    assert buffer.crowded


def test_what_is_taken_in_turns_can_be_had_in_one() -> None:
    buffer = Buffer()
    _fill(buffer, b"abcdef")
    buffer.take(1)
    assert bytes(buffer.take(2)) == b"bc"
    assert bytes(buffer.take_along(1)) == b"bcd"
    _fill(buffer, b"gh")
    assert bytes(buffer.take_along(4)) == b"bcdefgh"
    assert buffer.available == 0
