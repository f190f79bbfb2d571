"""Numbers in the other byte order."""

from __future__ import annotations

from appliance.pixels.swapping import swapped


def test_each_number_is_turned_and_half_ones_stay() -> None:
    assert swapped(b"1234567", 1) == b"1234567"
    assert swapped(b"1234567", 2) == b"2143657"
    assert swapped(b"123456", 4) == b"432156"
    assert swapped(b"12345678", 8) == b"87654321"
