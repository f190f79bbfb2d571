"""Carries objects to one destination, over one association after another."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Protocol

import trio

from appliance.errors import PeerError
from appliance.network.errors import AssociationFailed
from appliance.network.services import Answer
from appliance.network.settings import Outgoing, Throttle
from appliance.nodes.model import Node
from appliance.transfers import classify, converting
from appliance.transfers.classify import Class
from appliance.transfers.converting import Converter, outgoing_in
from appliance.transfers.load import Cargo, look_up, pack
from appliance.transfers.model import Leased
from appliance.transfers.sender import Context, Line, Sender
from storage.errors import StoreError
from storage.store import Store


class Home(Protocol):
    """What a courier asks of the lane it works for."""

    def may_go_on(self) -> bool:
        """Whether the next object may go: nobody paused or removed the destination."""

    async def more(self, limit: int) -> list[Leased]:
        """The next items, after waiting a little while for some; none: go home."""

    def answered(self, cargo: Cargo, answer: Answer) -> bool:
        """The destination answered; False: it wants a rest."""

    def unfit(self, cargo: Cargo, words: str) -> None:
        """The destination can not be sent this object."""

    def broken(self, item: Leased, words: str) -> None:
        """Our own copy can not be sent."""

    async def failed(
        self, failure: AssociationFailed, held: Sequence[Leased], now: Leased | None
    ) -> None:
        """The association failed, perhaps with one object half sent."""

    async def give_back(self, items: Sequence[Leased]) -> None:
        """These items were not touched."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a courier works with."""

    sender: Sender
    store: Store
    throttle: Throttle | None = None
    converter: Converter | None = None


class Courier:
    """One person's worth of work: leased items go out, answers come home."""

    def __init__(self, home: Home, node: Node, tools: Tools) -> None:
        self._home = home
        self._node = node
        self._tools = tools
        self._held: dict[int, Leased] = {}  # by item: what nobody has answered yet
        self._now: Cargo | None = None  # half sent
        self._left = 0  # objects this association may still carry
        self._resting = False  # the destination asked for it

    async def carry(self, items: Sequence[Leased]) -> None:
        """Send the items, and what else comes up while the association is open."""
        cargo = await self._load(items)
        try:
            while cargo and self._goes_on():
                fits, contexts, rest = pack(cargo, self._contexts)
                cargo = await self._associate(fits, contexts) + rest
        except AssociationFailed as failure:
            now = self._now.item if self._now else None
            await self._home.failed(failure, list(self._held.values()), now)
            if self._now is not None:
                self._settled(self._now)
        await self._home.give_back(list(self._held.values()))

    async def _load(self, items: Sequence[Leased]) -> list[Cargo]:
        self._held.update((item.id, item) for item in items)
        cargo, missing = await trio.to_thread.run_sync(look_up, self._tools.store, items)
        for item in missing:
            self._held.pop(item.id)
            self._home.broken(item, f"{item.sha256} is not in the store")
        return [one for one in cargo if self._wanted(one)]

    def _wanted(self, cargo: Cargo) -> bool:
        if self._contexts(cargo):
            return True
        self._unfit(
            cargo,
            f"{self._node.name} shall not be sent transfer syntax "
            f"{cargo.outgoing.transfer_syntax_uid}: allow it for that node, or let the source "
            "send another one",
        )
        return False

    def _contexts(self, cargo: Cargo) -> list[Context]:
        return converting.contexts(self._node, cargo, self._tools.converter)

    async def _associate(self, cargo: list[Cargo], contexts: Sequence[Context]) -> list[Cargo]:
        """Send over one association; what it could not carry."""
        self._left = self._node.batch_size
        try:
            async with self._tools.sender.connect(
                self._node, contexts, self._tools.throttle
            ) as line:
                return await self._send(line, cargo, set(contexts))
        except AssociationFailed as failure:
            if classify.of_failure(failure.kind) is not Class.DATA:
                raise
            for one in cargo:
                self._unfit(one, str(failure))
            return []
        except _OurCopy as damage:
            return [one for one in damage.rest if one.item.id in self._held]

    async def _send(self, line: Line, cargo: list[Cargo], proposed: set[Context]) -> list[Cargo]:
        later: list[Cargo] = []
        while cargo:
            for number, one in enumerate(cargo):
                if self._left <= 0 or not self._goes_on():
                    return later + cargo[number:]
                await self._send_one(line, one, later + cargo[number + 1 :])
            if later or self._left <= 0 or not self._goes_on():
                return later  # they need an association with other contexts
            fresh = await self._load(await self._home.more(self._left))
            cargo = [one for one in fresh if proposed.issuperset(self._contexts(one))]
            later = [one for one in fresh if not proposed.issuperset(self._contexts(one))]
        return later

    async def _send_one(self, line: Line, cargo: Cargo, rest: list[Cargo]) -> None:
        accepted = [
            syntax for name, syntax in self._contexts(cargo) if line.accepted((name, syntax))
        ]
        words = _no_context(self._node, cargo)
        for syntax in accepted:
            async with AsyncExitStack() as stack:
                try:
                    outgoing = await stack.enter_async_context(
                        outgoing_in(cargo, syntax, self._tools.converter)
                    )
                except PeerError as error:  # the next syntax may do
                    words = str(error)
                    continue
                except StoreError as error:
                    self._settled(cargo)
                    self._home.broken(cargo.item, str(error))
                    return
                await self._hand_over(line, cargo, outgoing, rest)
                return
        self._unfit(cargo, words)

    async def _hand_over(
        self, line: Line, cargo: Cargo, outgoing: Outgoing, rest: list[Cargo]
    ) -> None:
        self._left -= 1
        self._now = cargo
        try:
            answer = await line.store(outgoing)
        except StoreError as error:
            self._settled(cargo)
            self._home.broken(cargo.item, str(error))
            raise _OurCopy(rest) from error
        self._settled(cargo)
        self._resting = not self._home.answered(cargo, answer)

    def _goes_on(self) -> bool:
        return not self._resting and self._home.may_go_on()

    def _unfit(self, cargo: Cargo, words: str) -> None:
        self._held.pop(cargo.item.id, None)
        self._home.unfit(cargo, words)

    def _settled(self, cargo: Cargo) -> None:
        self._held.pop(cargo.item.id, None)
        self._now = None


class _OurCopy(Exception):
    """An object could not be read, so its association had to be broken off."""

    def __init__(self, rest: list[Cargo]) -> None:
        super().__init__()
        self.rest = rest


def _no_context(node: Node, cargo: Cargo) -> str:
    return (
        f"no presentation context: {node.name} accepts no SOP class "
        f"{cargo.outgoing.sop_class_uid} in transfer syntax {cargo.outgoing.transfer_syntax_uid}. "
        "Allow both on the destination, or let the source send another transfer syntax."
    )
