from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.commitment.model import Reference
from appliance.commitment.packing import pack, pack_numbers, unpack, unpack_numbers

UIDS = st.from_regex(r"[0-9.]{1,64}", fullmatch=True)


@given(st.lists(st.builds(Reference, UIDS, UIDS), min_size=1, max_size=20))
def test_references_come_back(names: list[Reference]) -> None:
    assert unpack(pack(names)) == tuple(names)


@given(st.lists(st.integers(0, (1 << 64) - 1), max_size=20))
def test_numbers_come_back(numbers: list[int]) -> None:
    assert unpack_numbers(pack_numbers(numbers)) == tuple(numbers)
    assert unpack_numbers(b"") == ()
