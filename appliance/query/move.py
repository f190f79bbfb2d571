"""C-MOVE (PS3.4 §C.4.2): objects go to a registered node, over associations of this errand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import trio

from appliance.dicom import statuses
from appliance.dicom.dimse import Element, Operation
from appliance.network.services import Dialogue, Provider
from appliance.nodes.model import Node, plain_host
from appliance.query.ending import finish
from appliance.query.errand import Errand
from appliance.query.model import (
    MODELS,
    UNKNOWN_DESTINATION,
    Refused,
    Settings,
    negotiate_retrieve,
)
from appliance.query.sending import Packer
from appliance.query.tally import Tally
from appliance.query.targets import Index, asked_for
from appliance.transfers.sender import Sender

_INTERVAL = 1.0  # seconds between two pending responses


class Move:
    """Sends what is asked for to a node."""

    def __init__(
        self,
        index: Index,
        packer: Packer,
        sender: Sender,
        nodes: Callable[[], Sequence[Node]],
        settings: Settings,
    ) -> None:
        """`nodes` gives those that objects may be moved to."""
        self._index = index
        self._packer = packer
        self._sender = sender
        self._nodes = nodes
        self._settings = settings

    @property
    def provider(self) -> Provider:
        classes = frozenset(model.move for model in MODELS)
        operations = frozenset({int(Operation.C_MOVE)})
        return Provider("move", classes, operations, self.handle, negotiate_retrieve)

    async def handle(self, dialogue: Dialogue) -> None:
        """Answer one C-MOVE-RQ."""
        try:
            node = self._destination(dialogue)
            rows = await asked_for(dialogue, self._index, self._settings)
        except Refused as refusal:
            words, offending = str(refusal), refusal.offending
            await dialogue.answer(refusal.status, words, offending_element=offending)
            return
        tally = Tally(len(rows))
        errand = Errand(dialogue, node, tally, self._packer, self._sender)
        await _telling(dialogue, tally, partial(errand.run, self._index, rows))
        await finish(dialogue, tally)

    def _destination(self, dialogue: Dialogue) -> Node:
        title = dialogue.command.name(Element.MOVE_DESTINATION).strip()
        named = [node for node in self._nodes() if node.ae_title.strip() == title]
        if not named:
            words = f"destination {title or '(none)'} is no node here: add it first"
            raise Refused(UNKNOWN_DESTINATION, words)
        host = plain_host(dialogue.caller.host)  # of namesakes the one that calls
        return next((node for node in named if node.host == host), named[0])


async def _telling(dialogue: Dialogue, tally: Tally, work: Callable[[], Awaitable[None]]) -> None:
    """Do the work and tell the caller meanwhile how far it is."""

    async def tell() -> None:
        while True:
            await dialogue.answer(statuses.PENDING, values=tally.counts())
            await trio.sleep(_INTERVAL)

    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tell)
            await work()
            nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        # The association may end under either task; the listener wants to know just how.
        _, rest = group.split(trio.Cancelled)
        if rest is None:
            raise
        raise _first(rest) from group


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    one = group.exceptions[0]
    return _first(one) if isinstance(one, BaseExceptionGroup) else one
