"""What is known of a remote system leaves as it is."""

from __future__ import annotations

from web.app import _Json
from web.services.nodes import Echo, Node


def test_a_node_leaves_field_by_field() -> None:
    node = Node("PACS", "PACS", "10.0.0.9", 104, "", ("1.2.840.10008.1.2.1",), 2, None, None, True)
    told = _Json.default(node)
    assert (told["name"], told["paused"], told["note"]) == ("PACS", True, "")
    assert told["transfer_syntaxes"] == ("1.2.840.10008.1.2.1",)
    assert told["bandwidth"] is None


def test_an_echo_that_failed_says_why() -> None:
    told = _Json.default(Echo(False, 0.1, "nobody listens there"))
    assert told == {"ok": False, "seconds": 0.1, "diagnosis": "nobody listens there"}
