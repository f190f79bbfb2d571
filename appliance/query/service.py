"""The room's three services for callers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from appliance.archive.service import Archive
from appliance.network.services import Provider
from appliance.nodes.model import Node
from appliance.query.find import Find
from appliance.query.get import Get
from appliance.query.model import Settings
from appliance.query.move import Move
from appliance.query.sending import Converter, Packer
from appliance.transfers.sender import Sender
from storage.store import Store


class Query:
    """Query/Retrieve as a service class provider."""

    def __init__(
        self,
        archive: Archive,
        store: Store,
        sender: Sender,
        nodes: Callable[[], Sequence[Node]],
        *,
        ae_title: str,
        settings: Settings | None = None,
        converter: Converter | None = None,
    ) -> None:
        """`nodes` gives those that objects may be moved to; `ae_title` is ours."""
        chosen = settings or Settings()
        packer = Packer(store, converter)
        self._services = (
            Find(archive, store, ae_title, chosen).provider,
            Move(archive, packer, sender, nodes, chosen).provider,
            Get(archive, packer, chosen).provider,
        )

    @property
    def providers(self) -> tuple[Provider, ...]:
        """What the listener offers: "find", "move" and "get"."""
        return self._services
