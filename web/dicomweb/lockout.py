"""Addresses that gave wrong tokens wait longer and longer."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

_FREE = 5  # wrong tokens without a penalty: somebody is setting up a viewer
_LONGEST_SECONDS = 300.0
_MOST_ADDRESSES = 10_000


@dataclass(slots=True)
class _Record:
    failures: int = 0
    until: float = 0.0


class Lockout:
    """Counts failures by address; times are seconds on any clock that goes forward."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def wait(self, host: str, now: float) -> float:
        """How many seconds it has to wait yet."""
        record = self._records.get(host)
        return max(record.until - now, 0.0) if record is not None else 0.0

    def failed(self, host: str, now: float) -> int:
        """How often it failed by now."""
        record = self._records.setdefault(host, _Record())
        self._records.move_to_end(host)
        if now - record.until > _LONGEST_SECONDS and record.failures > _FREE:
            record.failures = 0
        record.failures += 1
        if record.failures > _FREE:
            record.until = now + min(2.0 ** (record.failures - _FREE), _LONGEST_SECONDS)
        if len(self._records) > _MOST_ADDRESSES:
            self._records.popitem(last=False)
        return record.failures

    def succeeded(self, host: str) -> None:
        self._records.pop(host, None)
