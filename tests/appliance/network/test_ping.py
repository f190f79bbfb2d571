"""ICMP, where this machine lets us."""

from __future__ import annotations

import socket

import pytest

from appliance.network.ping import ping


def _allowed() -> bool:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP).close()
    except OSError:
        return False
    return True


async def test_this_machine_answers_or_may_not_be_asked() -> None:
    if _allowed():
        seconds = await ping("127.0.0.1", 1.0)
        assert seconds is not None
        assert seconds < 1
    else:
        with pytest.raises(OSError, match="ermi"):
            await ping("127.0.0.1", 1.0)
