"""Memory that a socket receives into and that is parsed where it lies."""

from __future__ import annotations

# While nothing but talk and small objects arrive: 200 associations cost 13 MB.
IDLE_SIZE = 64 << 10
# From the first object on that does not fit: what is hashed and written together still lies in
# the processor's cache.
BUSY_SIZE = 512 << 10
# With the first object that is larger than this.
LARGE_SIZE = 1 << 20
# Less room than this is not worth a system call: hand on what is there first.
_WORTHWHILE = 16 << 10


class Buffer:
    """Bytes between a parsed position and `end` (received) in one block."""

    def __init__(self) -> None:
        self._block = memoryview(bytearray(IDLE_SIZE))
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
        """Move what is unparsed to the front of a block of at least `size` bytes.

        What was taken is overwritten.
        """
        rest = self._block[self._start : self.end]
        if len(self._block) < size:
            self._block = memoryview(bytearray(size))
        self._block[: len(rest)] = rest
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
