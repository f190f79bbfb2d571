"""Memory that a socket receives into and that is parsed where it lies."""

from __future__ import annotations

# While nothing but talk and small objects arrive: 200 associations cost 13 MB.
IDLE_SIZE = 64 << 10
# From the first object on that does not fit: an object of CT size comes in two parts, so that
# the first is hashed and written while the other is received.
BUSY_SIZE = 320 << 10
# With the first object that is larger than this: each part costs a hop into a thread.
LARGE_SIZE = 1 << 20
# Less room than this is not worth a system call: hand on what is there first.
_WORTHWHILE = 16 << 10


class Buffer:
    """Bytes between a parsed position and `end` (received) in one of two blocks, used in turn."""

    def __init__(self) -> None:
        self._block = memoryview(bytearray(IDLE_SIZE))
        self._other = memoryview(b"")
        self._start = 0
        self._taken_from = 0  # where what was taken last begins
        self.end = 0

    @property
    def available(self) -> int:
        return self.end - self._start

    @property
    def crowded(self) -> bool:
        """What lies here must be handed on before more is received."""
        return len(self._block) - self.end < _WORTHWHILE

    def reserve(self, size: int) -> None:
        """Move what is unparsed to the front of the other block, of at least `size` bytes.

        What was taken stays as it is until the next call but one.
        """
        rest = self._block[self._start : self.end]
        if len(self._other) < max(size, len(rest)):
            self._other = memoryview(bytearray(max(size, len(rest))))
        self._other[: len(rest)] = rest
        self._block, self._other = self._other, self._block
        self._start, self.end = 0, len(rest)

    def writable(self) -> memoryview:
        return self._block[self.end :]

    def take(self, count: int) -> memoryview:
        """The next `count` bytes, which must have been received."""
        self._taken_from = self._start
        return self.take_along(count)

    def take_along(self, count: int) -> memoryview:
        """What was taken last and the next `count` bytes, in one."""
        self._start += count
        return self._block[self._taken_from : self._start]
