"""A destination that follows a script, and the time it lives in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import trio

from appliance.network.errors import AssociationFailed
from appliance.network.services import Answer
from appliance.network.settings import Outgoing, Throttle
from appliance.nodes.model import Node
from appliance.transfers.sender import Context, context_of
from storage.errors import StoreError

BEGAN = datetime(2024, 1, 15, 12, tzinfo=UTC)
CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"


def wall() -> datetime:
    """The clinic's clock, moved by trio's."""
    return BEGAN + timedelta(seconds=trio.current_time())


@dataclass
class Script:
    """What the destination does, and what it saw. Passes the suite of every sender."""

    refusal: AssociationFailed | None = None  # of every association
    unsupported: set[Context] = field(default_factory=set)
    answers: dict[str, list[int | AssociationFailed]] = field(default_factory=dict)
    seconds: float = 0.0  # an object takes
    received: list[tuple[str, bytes]] = field(default_factory=list)  # SOP Instance UID, data set
    calls: list[float] = field(default_factory=list)  # when somebody called
    open: int = 0
    most_open: int = 0
    proposed: list[tuple[Context, ...]] = field(default_factory=list)

    @asynccontextmanager
    async def connect(
        self, node: Node, contexts: Sequence[Context], throttle: Throttle | None
    ) -> AsyncIterator[ScriptedLine]:
        await trio.lowlevel.checkpoint()
        self.calls.append(trio.current_time())
        self.proposed.append(tuple(contexts))
        if self.refusal is not None:
            raise self.refusal
        if all(context in self.unsupported for context in contexts):
            raise AssociationFailed("no_context", f"{node.name} accepts nothing of it")
        self.open += 1
        self.most_open = max(self.open, self.most_open)
        try:
            yield ScriptedLine(self, throttle)
        finally:
            self.open -= 1

    def answer(self, uid: str) -> int:
        """The next answer about an object; success when the script says nothing."""
        left = self.answers.get(uid, [])
        said = left.pop(0) if left else 0x0000
        if isinstance(said, AssociationFailed):
            raise said
        return said

    @property
    def uids(self) -> list[str]:
        return [uid for uid, _ in self.received]


class ScriptedLine:
    """An association with the script."""

    def __init__(self, script: Script, throttle: Throttle | None) -> None:
        self._script = script
        self._throttle = throttle
        self._usable = True

    def accepted(self, context: Context) -> bool:
        return context not in self._script.unsupported

    async def store(self, outgoing: Outgoing) -> Answer:
        assert self._usable
        assert self.accepted(context_of(outgoing))
        try:
            data = await trio.to_thread.run_sync(lambda: b"".join(outgoing.chunks()))
            if self._throttle is not None:
                await self._throttle(len(data))
            await trio.sleep(self._script.seconds)
            status = self._script.answer(outgoing.sop_instance_uid)
        except (AssociationFailed, StoreError):
            self._usable = False
            raise
        self._script.received.append((outgoing.sop_instance_uid, data))
        return Answer(status)
