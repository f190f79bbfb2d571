"""The scripted destination keeps what every sender promises, so it may stand in for one."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from appliance.network.errors import AssociationFailed
from appliance.network.settings import Outgoing
from appliance.nodes.model import Node
from appliance.transfers.sender import context_of
from tests.appliance.transfers.conformance import FOREIGN, Conformance
from tests.appliance.transfers.script import CT, EXPLICIT, Script


@dataclass
class Scripted:
    """See `conformance.Place`."""

    node: Node = Node("pacs", "PACS", "127.0.0.1", 104)  # noqa: RUF009
    sender: Script = field(default_factory=lambda: Script(unsupported={FOREIGN}))

    def received(self) -> list[tuple[str, bytes]]:
        return self.sender.received

    def answers(self, status: int) -> None:
        self.sender.answers = {f"1.2.3.{n}": [status] for n in range(10)}

    def closes(self) -> None:
        self.sender.refusal = AssociationFailed("refused_connection", "nobody listens")


class TestScript(Conformance):
    """The script against the suite."""

    @pytest.fixture
    def place(self) -> Scripted:
        return Scripted()


def test_an_object_needs_its_own_context() -> None:
    assert context_of(Outgoing(CT, "1.2", EXPLICIT, 0, lambda: iter(()))) == (CT, EXPLICIT)
