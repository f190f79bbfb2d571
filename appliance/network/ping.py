"""ICMP echo without privileges: Linux offers it to the groups of `net.ipv4.ping_group_range`."""

from __future__ import annotations

import socket

import trio

from appliance import clock

# RFC 792 and RFC 4443 §4.1: type, code, checksum, identifier, sequence number. The kernel
# fills in the checksum and the identifier.
_ASK = {socket.AF_INET: b"\x08\0\0\0\0\0\0\x01", socket.AF_INET6: b"\x80\0\0\0\0\0\0\x01"}
_PROTOCOL = {socket.AF_INET: socket.IPPROTO_ICMP, socket.AF_INET6: socket.IPPROTO_ICMPV6}


async def ping(address: str, seconds: float) -> float | None:
    """Seconds until `address` answered; None: it did not.

    Raises OSError when this process may not ask, or there is no way there.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with trio.socket.socket(family, socket.SOCK_DGRAM, _PROTOCOL[family]) as sock:
        began = clock.monotonic()
        await sock.sendto(_ASK[family], (address, 0))
        with trio.move_on_after(seconds):
            await sock.recv(64)
            return clock.monotonic() - began
    return None
