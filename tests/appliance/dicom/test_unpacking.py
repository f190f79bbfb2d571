from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.dicom import items, unpacking
from appliance.dicom.errors import RemoteProtocolError
from appliance.dicom.items import ProposedContext, RoleSelection, UserInformation

_UIDS = st.from_regex(r"[0-9.]{1,64}", fullmatch=True)
_USERS = st.builds(
    UserInformation,
    st.integers(0, 2**32 - 1),
    _UIDS,
    st.from_regex(r"[A-Z0-9_]{0,16}", fullmatch=True),
    st.lists(st.builds(RoleSelection, _UIDS, st.booleans(), st.booleans()), max_size=3).map(tuple),
    st.none() | st.tuples(st.integers(0, 65535), st.integers(0, 65535)),
)


@given(_USERS)
def test_user_information_survives_the_wire(user: UserInformation) -> None:
    assert unpacking.decode_variable(memoryview(items.encode_user(user))).user == user


@given(st.binary(max_size=200))
def test_any_bytes_are_parts_or_the_peers_fault(raw: bytes) -> None:
    with contextlib.suppress(RemoteProtocolError):
        unpacking.decode_variable(memoryview(raw))


def test_unknown_items_are_passed_over() -> None:
    raw = b"\x99\x00\x00\x02xx" + items.encode_application(items.APPLICATION_CONTEXT)
    assert unpacking.decode_variable(memoryview(raw)).application == items.APPLICATION_CONTEXT


@pytest.mark.parametrize(
    "raw",
    [
        items.encode_proposed(ProposedContext(2, "1.2", ("1.2",))),
        items.encode_proposed(ProposedContext(1, "1.2", ("1.2",))) * 2,
        b"\x20\x00\x00\x03\x01\x00\x00",
        b"\x20\x00\x00\x09\x01\x00\x00",
        b"\x20\x00\x00",
        b"\x99\x00\x00\x00" * 8193,
    ],
    ids=["even id", "same id twice", "too short", "too long", "half a header", "too many"],
)
def test_what_no_peer_may_send_is_its_fault(raw: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        unpacking.decode_variable(memoryview(raw))


def test_titles_lose_their_padding_only() -> None:
    assert unpacking.text(b"  STORE SCP \0\0") == "STORE SCP"


def test_what_a_terminal_would_obey_is_not_kept() -> None:
    assert unpacking.text(b"A\x1b[2J\nB\x9b") == "A?[2J?B?"
