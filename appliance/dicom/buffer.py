"""Memory that a socket receives into and that is parsed where it lies."""

from __future__ import annotations

# While nothing but talk and small objects arrive: 200 associations cost 13 MB.
IDLE_SIZE = 64 << 10
# From the first object on that does not fit: one of CT size costs its sink one or two writes.
BUSY_SIZE = 512 << 10
# Less room than this is not worth a system call: hand on what is there first.
_WORTHWHILE = 16 << 10


class Buffer:
    """Bytes between a parsed position and `end` (received) in a reusable block."""

    def __init__(self) -> None:
        self._block = memoryview(bytearray(IDLE_SIZE))
        self._start = 0
        self.end = 0

    @property
    def available(self) -> int:
        return self.end - self._start

    @property
    def crowded(self) -> bool:
        """What lies here must be handed on before more is received."""
        return len(self._block) - self.end < _WORTHWHILE

    def reserve(self, size: int) -> None:
        """Move what is unparsed to the front of a block of at least `size` bytes."""
        rest = bytes(self._block[self._start : self.end])
        if size > len(self._block):
            self._block = memoryview(bytearray(size))
        self._block[: len(rest)] = rest
        self._start, self.end = 0, len(rest)

    def writable(self) -> memoryview:
        return self._block[self.end :]

    def take(self, count: int) -> memoryview:
        """The next `count` bytes, which must have been received."""
        at = self._start
        self._start = at + count
        return self._block[at : at + count]
