"""How a node is called."""

from __future__ import annotations

from appliance.network.secure import Security
from appliance.network.settings import Remote
from appliance.nodes.model import Node


def remote_of(node: Node, ae_title: str, security: Security | None) -> Remote:
    """Where and as whom to call it; `ae_title` is ours, where the node has no other for us."""
    return Remote(
        node.ae_title,
        node.host,
        node.port,
        node.calling_ae_title or ae_title,
        security=security if node.tls else None,
    )
