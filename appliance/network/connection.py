"""A TCP connection in trio that receives into memory given to it and sends without copying.

The socket is tried first and waited for only when it would block: a fast peer costs no round
through the event loop per read.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Sequence
from contextlib import suppress

import trio

# Give others their turn after so many bytes that needed no waiting.
_TURN = 1 << 20
# Linux takes 1,024 buffers per call (IOV_MAX).
_MOST_BUFFERS = 512
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)


class Connection:
    """Owns a connected, non-blocking socket."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        # Nagle's algorithm with delayed acknowledgements: 40 ms for each small PDU.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock: socket.socket = sock
        self._since_turn = 0
        self.received_bytes = 0

    async def handshake(self) -> None:
        """What has to happen before the first byte: nothing, on a plain connection."""

    def acknowledge_quickly(self) -> None:
        """Let the kernel acknowledge what comes next at once: peers with Nagle wait for it."""
        if _QUICKACK is not None:
            with suppress(OSError):
                self._sock.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)

    def try_receive(self, view: memoryview) -> int | None:
        """Bytes that are there now; 0 at the end of the connection; None when one must wait."""
        try:
            count = self._sock.recv_into(view)
        except BlockingIOError:
            return None
        except OSError:
            return 0  # reset: an end as any other
        self._since_turn += count
        self.received_bytes += count
        return count

    def await_bytes(self, seconds: float) -> bool:
        """Block the calling thread until something came, for at most so long."""
        self.acknowledge_quickly()
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def try_send(self, data: bytes) -> int:
        """How many bytes the peer takes now. Raises OSError when the connection is gone."""
        try:
            return self._sock.send(data)
        except BlockingIOError:
            return 0

    async def readable(self) -> None:
        """Wait for bytes or the end of the connection."""
        self._since_turn = 0
        self.acknowledge_quickly()
        await trio.lowlevel.wait_readable(self._sock)

    async def take_turns(self) -> None:
        """Let other tasks run when this one has not waited for long."""
        if self._since_turn >= _TURN:
            self._since_turn = 0
            await trio.lowlevel.checkpoint()

    async def send(self, pieces: Sequence[bytes | memoryview], stall: float) -> None:
        """Send all of `pieces`; raises trio.TooSlowError after `stall` seconds without progress.

        Raises OSError when the connection is gone.
        """
        queue = [memoryview(piece) for piece in pieces if len(piece)]
        at = 0
        while at < len(queue):
            try:
                sent = self._sock.sendmsg(queue[at : at + _MOST_BUFFERS])
            except BlockingIOError:
                with trio.fail_after(stall):
                    await trio.lowlevel.wait_writable(self._sock)
                continue
            while sent and sent >= len(queue[at]):
                sent -= len(queue[at])
                at += 1
            if sent:
                queue[at] = queue[at][sent:]

    def send_now(self, data: bytes) -> None:
        """Send what fits without waiting: a last word that nobody depends on."""
        with suppress(OSError):
            self._sock.send(data)

    async def linger(self, seconds: float) -> None:
        """Say that we are done and wait for the peer to close.

        Closing with bytes unread would reset the connection and could destroy our last word.
        """
        scratch = memoryview(bytearray(4096))
        with trio.move_on_after(seconds), suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)
            while (count := self.try_receive(scratch)) != 0:
                if count is None:
                    await trio.lowlevel.wait_readable(self._sock)
                await self.take_turns()

    def close(self) -> None:
        trio.lowlevel.notify_closing(self._sock)
        self._sock.close()
