"""C-ECHO to a real peer, and what is said when nobody is there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pynetdicom import AE, evt
from pynetdicom.sop_class import Verification

from appliance.network.services import AssociationReport
from appliance.nodes.model import Node
from appliance.nodes.verification import verify


class Peer:
    """pynetdicom, answering C-ECHO."""

    def __init__(self) -> None:
        self.status = 0
        entity = AE("PACS")
        entity.add_supported_context(Verification)
        handlers = [(evt.EVT_C_ECHO, lambda _: self.status)]
        self.server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        self.node = Node("pacs", "PACS", "127.0.0.1", self.server.server_address[1])
        self.entity = entity

    def closes(self) -> None:
        if self.server in self.entity._servers:
            self.server.shutdown()


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.closes()


async def test_a_node_that_is_there(peer: Peer) -> None:
    reports: list[AssociationReport] = []
    echo = await verify(peer.node, "ARCA", reports.append)
    assert (echo.ok, echo.diagnosis) == (True, "")
    assert echo.seconds > 0
    assert [one.outcome for one in reports] == ["released"]


async def test_a_node_that_answers_oddly(peer: Peer) -> None:
    peer.status = 0x0122
    echo = await verify(peer.node, "ARCA")
    assert not echo.ok
    assert "status 0122" in echo.diagnosis


async def test_a_node_that_is_not_there(peer: Peer) -> None:
    peer.closes()
    echo = await verify(peer.node, "ARCA")
    assert not echo.ok
    assert "127.0.0.1" in echo.diagnosis
