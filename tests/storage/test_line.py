"""A line of the ledger: what is written is read, and any change is seen."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import Corrupt
from storage.line import carried_seal, decode, encode, seal_of
from storage.store import Action, Entry

_text = st.text(st.characters(), max_size=40)
_times = st.datetimes(timezones=st.just(UTC))
ENTRIES = st.builds(
    Entry,
    sequence=st.integers(1, 10**12),
    time=_times,
    action=st.sampled_from(Action),
    sha256=_text,
    content=_text,
    name=_text,
    group=_text,
    path=_text,
    size=st.integers(1, 10**13),
    header=st.integers(0, 10**6),
    retain_until=st.none() | _times,
    notes=st.dictionaries(_text, _text, max_size=4),
    actor=_text,
)


@given(ENTRIES, st.text("0123456789abcdef", min_size=64, max_size=64) | st.just(""))
def test_what_is_written_is_read(entry: Entry, previous: str) -> None:
    line, seal = encode(entry, previous)
    assert decode(line) == entry
    assert seal_of(line, previous) == carried_seal(line) == seal
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert line.isascii()


def test_anyone_can_check_the_chain_with_standard_tools() -> None:
    entry = Entry(7, datetime(2026, 1, 1, tzinfo=UTC), Action.PUT, "ab", size=3)
    line, seal = encode(entry, "f" * 64)
    assert json.loads(line)["hash"] == seal
    body = line[: line.index(b',"hash"')]
    assert sha256(b"f" * 64 + body).hexdigest() == seal


def test_every_changed_bit_breaks_the_seal() -> None:
    line, _ = encode(Entry(1, datetime(2026, 1, 1, tzinfo=UTC), Action.OPEN), "")
    for at in range(len(line)):
        for bit in range(8):
            changed = bytearray(line)
            changed[at] ^= 1 << bit
            assert seal_of(bytes(changed), "") is None
    assert seal_of(line, "0" * 64) is None


@given(st.binary(max_size=300))
def test_garbage_is_no_line(garbage: bytes) -> None:
    assert seal_of(garbage, "") is None


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"7", b"{}", b'{"sequence":1,"time":"never","action":"put"}', b"\xff", b"null"],
)
def test_what_is_no_entry_is_corrupt(text: bytes) -> None:
    with pytest.raises(Corrupt):
        decode(text)
