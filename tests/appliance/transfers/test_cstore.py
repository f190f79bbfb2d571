"""The real sender against a real peer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pynetdicom import AE, evt

from appliance.meter import Meter
from appliance.network.services import AssociationReport
from appliance.nodes.model import Node
from appliance.transfers.cstore import CStore
from tests.appliance.transfers.conformance import CONTEXT, Conformance, image
from tests.appliance.transfers.script import CT, EXPLICIT


class Peer:
    """pynetdicom as the destination; see `conformance.Place`."""

    def __init__(self) -> None:
        self.status = 0
        self.callers: list[str] = []
        self.reports: list[AssociationReport] = []
        self._received: list[tuple[str, bytes]] = []
        entity = AE("PACS")
        self._entity = entity
        entity.add_supported_context(CT, EXPLICIT)
        self._server = entity.start_server(
            ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, self._store)]
        )
        self.meter = Meter()
        self.sender = CStore("ARCA", self.meter, self.reports.append)
        port = self._server.server_address[1]
        self.node = Node("pacs", "PACS", "127.0.0.1", port)

    def _store(self, event: evt.Event) -> int:
        self.callers.append(event.assoc.requestor.ae_title)
        request = event.request
        self._received.append((str(request.AffectedSOPInstanceUID), request.DataSet.getvalue()))
        return self.status

    def received(self) -> list[tuple[str, bytes]]:
        return self._received

    def answers(self, status: int) -> None:
        self.status = status

    def closes(self) -> None:
        if self._server in self._entity._servers:
            self._server.shutdown()


@pytest.fixture
def place() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.closes()


class TestCStore(Conformance):
    """Associations against the suite."""


async def test_names_reports_and_figures(place: Peer) -> None:
    async with place.sender.connect(place.node, [CONTEXT], None) as line:
        await line.store(image(1, b"ab"))
    assert place.callers == ["ARCA"]
    [report] = place.reports
    assert (report.direction, report.outcome, report.objects) == ("out", "released", 1)
    [sent] = [one for one in place.meter.levels() if one.name == "send"]
    assert sent.count == 1


async def test_a_node_may_know_us_by_another_name(place: Peer) -> None:
    node = Node("pacs", "PACS", "127.0.0.1", place.node.port, calling_ae_title="OTHER")
    async with place.sender.connect(node, [CONTEXT], None) as line:
        await line.store(image(1, b"ab"))
    assert place.callers == ["OTHER"]
