"""Looking things up in the store, and packing them for associations."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from appliance.transfers.load import MOST_CONTEXTS, Cargo, look_up, pack
from appliance.transfers.model import Leased
from appliance.transfers.sender import Context, context_of
from storage.errors import Corrupt
from storage.memory import MemoryStore


def test_what_is_sent_is_the_data_set_as_stored(
    store: MemoryStore, put: Callable[..., str]
) -> None:
    sha256 = put(1, content=b"x" * 5000)
    [cargo], missing = look_up(store, [Leased(1, 1, sha256)])
    assert missing == []
    assert cargo.outgoing.sop_instance_uid == "1.2.3.1"
    assert cargo.outgoing.length == 5000
    assert b"".join(cargo.outgoing.chunks()) == b"x" * 5000
    assert b"".join(cargo.outgoing.chunks()) == b"x" * 5000


def test_what_is_not_there_is_said(store: MemoryStore, put: Callable[..., str]) -> None:
    gone = Leased(2, 1, "0" * 64)
    cargo, missing = look_up(store, [Leased(1, 1, put(1)), gone])
    assert [one.item.id for one in cargo] == [1]
    assert missing == [gone]


def test_damage_shows_instead_of_the_last_chunk(
    store: MemoryStore, put: Callable[..., str]
) -> None:
    sha256 = put(1)
    [cargo], _ = look_up(store, [Leased(1, 1, sha256)])
    store.spoil(sha256)
    with pytest.raises(Corrupt):
        list(cargo.outgoing.chunks())


def test_no_more_contexts_than_an_association_has(
    store: MemoryStore, put: Callable[..., str]
) -> None:
    items = [Leased(n, 1, put(n, sop_class=f"1.2.{n % 130}")) for n in range(260)]
    cargo, _ = look_up(store, items)
    fits, contexts, rest = pack(cargo, _as_stored)
    assert len(contexts) == MOST_CONTEXTS
    assert len(fits) == 2 * MOST_CONTEXTS
    assert [one.item.id for one in rest] == [128, 129, 258, 259]
    assert pack(rest, _as_stored)[2] == []


def _as_stored(cargo: Cargo) -> list[Context]:
    return [context_of(cargo.outgoing)]
