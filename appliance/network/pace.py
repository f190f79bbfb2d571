"""Tells a slow line from a peer that only pretends to send."""

from __future__ import annotations


class Pace:
    """The average rate of a peer over the time it was waited for."""

    def __init__(self, minimum_rate: int, window: float) -> None:
        self._minimum_rate = minimum_rate
        self._window = window
        self._bytes = 0
        self._waited = 0.0

    def received(self, count: int) -> None:
        self._bytes += count

    def waited(self, seconds: float) -> bool:
        """Count time spent waiting; False: the peer was too slow over the last window."""
        self._waited += seconds
        if self._waited < self._window:
            return True
        enough = self._bytes >= self._minimum_rate * self._waited
        self._bytes, self._waited = 0, 0.0
        return enough
