"""The objects of one C-MOVE on their way: association after association, until all are told of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

import trio

from appliance.errors import PeerError
from appliance.network.errors import AssociationFailed
from appliance.network.services import Dialogue
from appliance.nodes.model import Node
from appliance.query.sending import Packer, Unsendable, Wish
from appliance.query.tally import Tally
from appliance.query.targets import Index, Parcel, parcels
from appliance.transfers.bandwidth import Bucket
from appliance.transfers.load import MOST_CONTEXTS
from appliance.transfers.sender import Context, Line, Sender
from storage.errors import StoreError


class Errand:
    """One at a time. Counts in the tally what became of each object."""

    def __init__(
        self, dialogue: Dialogue, node: Node, tally: Tally, packer: Packer, sender: Sender
    ) -> None:
        self._dialogue = dialogue
        self._node = node
        self._tally = tally
        self._packer = packer
        self._sender = sender
        self._wish = Wish(node.transfer_syntaxes, node.preferred_syntax)
        self._bucket = Bucket(node.bandwidth) if node.bandwidth else None
        title = dialogue.caller.calling_ae_title.strip()
        self._originator = (title, dialogue.command.message_id)
        self._proposed: set[Context] = set()

    async def run(self, index: Index, rows: Sequence[int]) -> None:
        """Send the objects; returns early when the caller cancels. Raises what ends its call."""
        kinds = await index.contexts(rows)
        async with aclosing(parcels(index, rows)) as stream:
            await self._carry(_Waiting(stream), kinds)

    async def _carry(self, waiting: _Waiting, kinds: Sequence[Context]) -> None:
        while (parcel := await waiting.first()) is not None and not self._dialogue.cancelled():
            before = self._tally.remaining
            try:
                await self._associate(self._contexts(parcel, kinds), waiting)
            except AssociationFailed as failure:
                # The object on its way is lost with it; without one there is no use in going on.
                if waiting.touched:
                    self._fail(waiting, str(failure))
                if before - self._tally.remaining <= 1:
                    await self._give_up(waiting, str(failure))
            except StoreError as error:  # the association had to be broken off
                self._fail(waiting, f"our copy cannot be read: {error}")
        self._tally.lost(waiting.gone)

    async def _associate(self, contexts: Sequence[Context], waiting: _Waiting) -> None:
        self._proposed, left = set(contexts), self._node.batch_size
        throttle = self._throttle if self._bucket else None
        async with self._sender.connect(self._node, contexts, throttle) as line:
            while left and (parcel := await waiting.first()) is not None:
                if self._dialogue.cancelled() or not self._fits(parcel):
                    return
                await self._one(line, parcel, waiting)
                left -= 1

    async def _one(self, line: Line, parcel: Parcel, waiting: _Waiting) -> None:
        uid = parcel.sop_instance_uid
        accepted = lambda sop_class, syntax: line.accepted((sop_class, syntax))  # noqa: E731
        try:
            packed = self._packer.packed(parcel, accepted, self._originator, self._wish)
            async with packed as outgoing:
                waiting.touched = True
                self._tally.answered(uid, await line.store(outgoing))
        except AssociationFailed:
            raise
        except Unsendable as error:
            self._tally.fail(uid, f"{self._node.name}: {error}")
        except PeerError as error:
            self._tally.fail(uid, str(error))
        waiting.take()

    def _contexts(self, first: Parcel, kinds: Sequence[Context]) -> list[Context]:
        """What to propose, for the next object first; one context for each pair."""
        wanted: dict[Context, None] = {}
        for sop_class, syntax in [(first.sop_class_uid, first.transfer_syntax_uid), *kinds]:
            able = self._packer.syntaxes(syntax, self._wish)
            wanted.update({(sop_class, one): None for one in able})
        return list(wanted)[:MOST_CONTEXTS] or [(first.sop_class_uid, first.transfer_syntax_uid)]

    def _fits(self, parcel: Parcel) -> bool:
        """Whether it may go over this association; one that fits nowhere fails here as well."""
        able = self._packer.syntaxes(parcel.transfer_syntax_uid, self._wish)
        return not able or any((parcel.sop_class_uid, one) in self._proposed for one in able)

    def _fail(self, waiting: _Waiting, words: str) -> None:
        if (parcel := waiting.held) is not None:
            self._tally.fail(parcel.sop_instance_uid, words)
            waiting.take()

    async def _give_up(self, waiting: _Waiting, words: str) -> None:
        while (parcel := await waiting.first()) is not None:
            self._tally.fail(parcel.sop_instance_uid, words)
            waiting.take()

    async def _throttle(self, size: int) -> None:
        assert self._bucket is not None
        await trio.sleep(self._bucket.take(size, trio.current_time()))


class _Waiting:
    """The objects that nobody has told of yet."""

    def __init__(self, stream: AsyncIterator[Parcel | None]) -> None:
        self._stream = stream
        self.held: Parcel | None = None
        self.gone = 0  # let go of by the store meanwhile
        self.touched = False  # the first one is on its way

    async def first(self) -> Parcel | None:
        """The next one, which stays the first until it is taken."""
        while self.held is None:
            try:
                self.held = await anext(self._stream)
            except StopAsyncIteration:
                return None
            self.gone += self.held is None
        return self.held

    def take(self) -> None:
        self.held, self.touched = None, False
