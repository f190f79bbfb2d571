"""Holds a caller to the rate its node is allowed, by reading more slowly: it is never refused."""

from __future__ import annotations

# What may come at once after a rest.
_BURST_SECONDS = 0.25


class Brake:
    """How long to leave the bytes of one association unread. Times are of any steady clock."""

    def __init__(self, rate: int) -> None:
        """`rate` is in bytes per second."""
        self.rate = rate
        self.held = 0.0  # seconds in all, for the report
        self._seen = 0
        self._free_at = 0.0

    def pause(self, received: int, now: float) -> float:
        """Seconds to wait when `received` bytes have come in all until `now`."""
        begin = max(self._free_at, now - _BURST_SECONDS)
        self._free_at = begin + (received - self._seen) / self.rate
        self._seen = received
        return max(0.0, self._free_at - now)
