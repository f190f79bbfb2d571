"""A remote system that follows a script, for the side that calls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio

from appliance.dicom import dimse, pdu
from appliance.dicom.pdu import ReleaseReply
from appliance.network.settings import Outgoing, Remote
from tests.appliance.dicom.playbook import ANSWER, CT, EXPLICIT, pdata
from tests.appliance.network.caller import Caller


@dataclass
class Peer:
    """One connection to us, from the other side."""

    wire: Caller

    async def accept(self, answer: pdu.AssociateAccept = ANSWER) -> None:
        kind, _ = await self.wire.pdu()
        assert kind == pdu.Kind.ASSOCIATE_RQ
        await self.wire.send(pdu.encode(answer))

    async def message(self) -> tuple[dimse.Command, bytes]:
        """A whole message: command set and data set."""
        raw, data, command = b"", b"", None
        while True:
            kind, body = await self.wire.pdu()
            assert kind == pdu.Kind.P_DATA
            control, value = body[5], body[6:]
            raw, data = (raw + value, data) if control & pdu.COMMAND else (raw, data + value)
            if control & pdu.LAST:
                command = command or dimse.decode(raw)
                if not (control & pdu.COMMAND and command.has_data):
                    return command, data

    async def answer(self, command: dimse.Command, status: int, comment: str = "") -> None:
        await self.say(dimse.response(command, status, comment))

    async def say(self, raw: bytes, context_id: int = 1) -> None:
        await self.wire.send(pdata(context_id, pdu.COMMAND | pdu.LAST, raw))

    async def release(self) -> None:
        kind, _ = await self.wire.pdu()
        assert kind == pdu.Kind.RELEASE_RQ
        await self.wire.send(pdu.encode(ReleaseReply()))
        await self.wire.end()


Script = Callable[[Peer], Awaitable[None]]


@asynccontextmanager
async def playing(script: Script) -> AsyncIterator[Remote]:
    """A remote system that plays `script` with each caller and then closes."""

    async def serve(stream: trio.SocketStream) -> None:
        async with Caller(stream) as wire:
            await script(Peer(wire))
            await stream.aclose()

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, serve, listeners)
        port = listeners[0].socket.getsockname()[1]
        yield Remote("STORE", "127.0.0.1", port, "SENDER")
        nursery.cancel_scope.cancel()


def outgoing(*chunks: bytes) -> Outgoing:
    return Outgoing(CT, "1.2.3", EXPLICIT, sum(map(len, chunks)), lambda: iter(chunks))
