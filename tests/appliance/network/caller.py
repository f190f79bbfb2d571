"""A caller by hand: its bytes are under the test's control."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import trio

from appliance.dicom import dimse, pdu
from appliance.dicom.dimse import Element
from appliance.dicom.pdu import AssociateRequest, Pdu
from tests.appliance.dicom.playbook import REQUEST


class Caller:
    """One connection to a listener."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self._read = bytearray()

    @classmethod
    async def connect(cls, port: int) -> Self:
        return cls(await trio.open_tcp_stream("127.0.0.1", port))

    async def send(self, data: bytes) -> None:
        await self.stream.send_all(data)

    async def pdu(self) -> tuple[int, bytes]:
        """The next PDU: type and body; (0, b"") at the end of the connection."""
        header = await self._exactly(6)
        if len(header) < 6:
            return 0, b""
        return header[0], await self._exactly(int.from_bytes(header[2:], "big"))

    async def control(self) -> Pdu:
        kind, body = await self.pdu()
        return pdu.decode(kind, body)

    async def associate(self, request: AssociateRequest = REQUEST) -> Pdu:
        await self.send(pdu.encode(request))
        return await self.control()

    async def answer(self) -> dimse.Command:
        """The next command set, which must come in one P-DATA PDU of one value."""
        kind, body = await self.pdu()
        assert kind == pdu.Kind.P_DATA
        return dimse.decode(body[6:])

    async def status(self) -> int | None:
        return (await self.answer()).number(Element.STATUS)

    async def end(self) -> bytes:
        """Everything until the connection ends."""
        rest = bytes(self._read)
        self._read.clear()
        try:
            async for chunk in self.stream:
                rest += chunk
        except trio.BrokenResourceError:
            pass
        return rest

    async def _exactly(self, count: int) -> bytes:
        while len(self._read) < count:
            chunk = await self.stream.receive_some()
            if not chunk:
                return b""
            self._read += chunk
        data = bytes(self._read[:count])
        del self._read[:count]
        return data

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await trio.aclose_forcefully(self.stream)
