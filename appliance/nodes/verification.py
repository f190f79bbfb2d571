"""Asks a node whether it is there (C-ECHO, PS3.4 Annex A)."""

from __future__ import annotations

from collections.abc import Callable

import trio

from appliance.network.errors import AssociationFailed
from appliance.network.requestor import VERIFICATION, associate
from appliance.network.secure import Security
from appliance.network.services import AssociationReport
from appliance.network.settings import RequestorSettings
from appliance.nodes.calling import remote_of
from appliance.nodes.model import Echo, Node


async def verify(
    node: Node,
    calling_ae_title: str,
    ended: Callable[[AssociationReport], None] | None = None,
    security: Security | None = None,
) -> Echo:
    """Never raises for what the node does: that is the diagnosis. `ended` gets the report."""
    remote = remote_of(node, calling_ae_title, security)
    settings = RequestorSettings(
        connect_timeout=node.connect_seconds, response_timeout=node.answer_seconds
    )
    began = trio.current_time()
    try:
        async with associate(remote, [VERIFICATION], settings, ended=ended) as association:
            status = await association.echo()
    except AssociationFailed as failure:
        return Echo(ok=False, seconds=trio.current_time() - began, diagnosis=str(failure))
    words = "" if status == 0 else f"{node.name} answered the C-ECHO with status {status:04X}"
    return Echo(status == 0, trio.current_time() - began, words)
