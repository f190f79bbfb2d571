"""A token bucket: how long to wait before the next bytes may go."""

from __future__ import annotations

from dataclasses import dataclass

# What may go at once after a rest: smooth enough for a line, coarse enough for a timer.
_BURST_SECONDS = 0.25


@dataclass(slots=True)
class Bucket:
    """Tokens are bytes. The time is handed in, in seconds of any steady clock."""

    rate: float  # bytes per second
    _free_at: float = 0.0  # when all that was taken is paid for

    def take(self, amount: int, now: float) -> float:
        """Take `amount` bytes at `now`; the seconds to wait before sending them."""
        begin = max(self._free_at, now - _BURST_SECONDS)
        self._free_at = begin + amount / self.rate
        return max(0.0, begin - now)
