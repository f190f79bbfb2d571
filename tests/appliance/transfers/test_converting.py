"""In which transfer syntax an object goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.nodes.model import Node
from appliance.transfers.converting import contexts, outgoing_in, syntaxes
from appliance.transfers.load import look_up
from appliance.transfers.model import Leased
from storage.errors import StoreError
from storage.memory import MemoryStore
from tests.appliance.transfers.script import CT, EXPLICIT
from tests.appliance.transfers.turner import IMPLICIT, JPEG_LS, Turner

NODE = Node("pacs", "PACS", "127.0.0.1", 104)
RLE = "1.2.840.10008.1.2.5"


@pytest.mark.parametrize(
    ("preferred", "allowed", "order"),
    [
        ("", (), (JPEG_LS, EXPLICIT, IMPLICIT)),
        (RLE, (), (RLE, JPEG_LS, EXPLICIT, IMPLICIT)),
        ("", (RLE, IMPLICIT), (IMPLICIT, RLE)),
        (RLE, (IMPLICIT,), (IMPLICIT,)),
        (EXPLICIT, (EXPLICIT, JPEG_LS), (EXPLICIT, JPEG_LS)),
    ],
)
def test_the_order(
    preferred: str, allowed: tuple[str, ...], order: tuple[str, ...], tmp_path: Path
) -> None:
    node = replace(NODE, preferred_syntax=preferred, transfer_syntaxes=allowed)
    assert syntaxes(node, JPEG_LS, Turner(tmp_path)) == order
    assert syntaxes(node, JPEG_LS, None) == tuple(one for one in order if one == JPEG_LS)


async def test_an_object_goes_as_it_is_or_turned(
    store: MemoryStore, put: Callable[..., str], tmp_path: Path
) -> None:
    [cargo], _ = look_up(store, [Leased(1, 1, put(1))])
    turner = Turner(tmp_path)
    assert contexts(NODE, cargo, turner) == [(CT, EXPLICIT), (CT, IMPLICIT)]
    async with outgoing_in(cargo, EXPLICIT, None) as outgoing:
        assert outgoing is cargo.outgoing
    async with outgoing_in(cargo, RLE, turner) as outgoing:
        content = b"".join(outgoing.chunks())
        assert (content, outgoing.transfer_syntax_uid) == (f"turned into {RLE}".encode(), RLE)
        assert outgoing.length == len(content)
        (tmp_path / cargo.item.sha256).unlink()
        with pytest.raises(StoreError, match="cannot be read"):
            list(outgoing.chunks())
