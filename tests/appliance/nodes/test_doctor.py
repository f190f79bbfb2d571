"""What is said of the way to a node, with real sockets at its end."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import aclosing
from socketserver import BaseRequestHandler, TCPServer
from threading import Thread

import pytest
from pynetdicom import AE
from pynetdicom.sop_class import (
    CTImageStorage,
    Verification,
)

from appliance.network.services import AssociationReport
from appliance.nodes.doctor import Step, examine
from appliance.nodes.model import Node


def _node(port: int, title: str = "PACS") -> Node:
    return Node("pacs", title, "127.0.0.1", port, connect_seconds=0.3, answer_seconds=0.3)


async def _examined(node: Node) -> list[Step]:
    async with aclosing(examine(node, "ARCA")) as steps:
        return [step async for step in steps]


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


@pytest.fixture
def pacs() -> Iterator[int]:
    entity = AE("PACS")
    entity.require_called_aet = True
    entity.add_supported_context(Verification)
    entity.add_supported_context(CTImageStorage)
    server = entity.start_server(("127.0.0.1", 0), block=False)
    yield server.server_address[1]
    server.shutdown()


async def test_all_is_well(pacs: int) -> None:
    reports: list[AssociationReport] = []
    node = _node(pacs)
    steps = [step async for step in examine(node, "ARCA", ended=reports.append)]
    names = [step.name for step in steps if step.name != "ping"]
    assert names == ["name", "connection", "association", "C-ECHO", "images"]
    assert False not in [step.ok for step in steps]
    assert "takes 1 of the 12 usual kinds" in steps[-1].words
    assert "MR Image Storage" in steps[-1].words
    assert [one.outcome for one in reports] == ["released"]


async def test_a_wrong_title(pacs: int) -> None:
    last = (await _examined(_node(pacs, "WRONG")))[-1]
    assert (last.name, last.ok) == ("association", False)
    assert 'Check that it is really called "WRONG", and correct it here.' in last.words


async def test_a_closed_port(listening: socket.socket) -> None:
    node = _node(listening.getsockname()[1])
    listening.close()
    last = (await _examined(node))[-1]
    assert (last.name, last.ok) == ("connection", False)
    assert "nothing listens on that port" in last.words


async def test_a_black_hole(listening: socket.socket) -> None:
    last = (await _examined(_node(listening.getsockname()[1])))[-1]
    assert (last.name, last.ok) == ("association", False)
    assert "kept silent for 0.3 s" in last.words


class _Web(BaseRequestHandler):
    """What web servers say to what is no HTTP."""

    def handle(self) -> None:
        if self.request.recv(64):
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


async def test_a_web_server() -> None:
    with TCPServer(("127.0.0.1", 0), _Web) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        last = (await _examined(_node(server.server_address[1])))[-1]
        server.shutdown()
        thread.join()
    assert (last.name, last.ok) == ("association", False)
    assert "not DICOM" in last.words


async def test_an_unknown_name() -> None:
    [only] = await _examined(Node("pacs", "PACS", "no.such.host.invalid", 104))
    assert (only.name, only.ok) == ("name", False)
    assert "is unknown" in only.words


async def test_tls_that_is_not_set_up(pacs: int) -> None:
    node = Node("pacs", "PACS", "127.0.0.1", pacs, tls=True)
    last = (await _examined(node))[-1]
    assert (last.name, last.ok) == ("TLS", False)
    assert "`arca certificate`" in last.words


async def test_a_node_of_the_web_is_told_apart(pacs: int) -> None:
    node = Node("pacs", "PACS", "127.0.0.1", pacs, url="https://pacs/web")
    [said] = [step for step in await _examined(node) if step.name == "DICOMweb"]
    assert (said.ok, "https://pacs/web" in said.words) == (None, True)
