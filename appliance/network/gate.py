"""Who may come in: connections counted in all and per peer.

A connection that has not asked for an association yet costs little and proves nothing. When a
peer has too many of them the oldest must go, never the newest: an honest caller asks at once
and is past this gate within milliseconds, even when it shares its address with a hostile one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

# Connections waiting in all: with more, the peer that holds most of them loses its oldest.
_MOST_WAITING = 256
# Connections that have had our last word and may take it in before we close.
_MOST_LINGERING = 64


@dataclass(eq=False, slots=True)
class Ticket:
    """One connection's place."""

    host: str
    evict: Callable[[], None]
    associated: bool = False
    node: str = ""  # as whom it was let in


class Gate:
    """Counts what is open."""

    def __init__(self, most: int, most_per_peer: int, most_waiting_per_peer: int) -> None:
        self._most = most
        self._most_per_peer = most_per_peer
        self._most_waiting_per_peer = most_waiting_per_peer
        self._waiting: dict[Ticket, None] = {}  # oldest first
        self._waiting_of: Counter[str] = Counter()
        self._associated_of: Counter[str] = Counter()
        self._let_in: Counter[str] = Counter()  # by node
        self._lingering = 0

    @property
    def associations(self) -> int:
        return self._associated_of.total()

    def arrive(self, ticket: Ticket) -> None:
        """Let a connection in; another one may have to leave for it."""
        self._waiting[ticket] = None
        self._waiting_of[ticket.host] += 1
        if self._waiting_of[ticket.host] > self._most_waiting_per_peer:
            self._evict_oldest(ticket.host)
        elif len(self._waiting) > _MOST_WAITING:
            self._evict_oldest(self._waiting_of.most_common(1)[0][0])

    def associate(self, ticket: Ticket) -> str:
        """Make it an association; returns why not, or "" when it is one now."""
        if self.associations >= self._most:
            return f"{self._most} associations are open, as many as are allowed in all"
        if self._associated_of[ticket.host] >= self._most_per_peer:
            return (
                f"{self._most_per_peer} associations with {ticket.host} are open, as many as are "
                "allowed per peer"
            )
        self._forget_waiting(ticket)
        self._associated_of[ticket.host] += 1
        ticket.associated = True
        return ""

    def let_in(self, ticket: Ticket, node: str, most: int | None) -> str:
        """Count an association as one of a node; returns why not, or ""."""
        if most is not None and self._let_in[node] >= most:
            return f"{most} associations of node {node} are open, as many as it is allowed here"
        self._let_in[node] += 1
        ticket.node = node
        return ""

    def leave(self, ticket: Ticket) -> None:
        """The connection has ended."""
        if ticket.node:
            self._count_down(self._let_in, ticket.node)
            ticket.node = ""
        if ticket.associated:
            ticket.associated = False
            self._count_down(self._associated_of, ticket.host)
        else:
            self._forget_waiting(ticket)

    @contextmanager
    def lingering(self) -> Iterator[bool]:
        """Whether there is room for one more to wait for its peer to close."""
        self._lingering += 1
        try:
            yield self._lingering <= _MOST_LINGERING
        finally:
            self._lingering -= 1

    def _evict_oldest(self, host: str) -> None:
        oldest = next(ticket for ticket in self._waiting if ticket.host == host)
        self._forget_waiting(oldest)
        oldest.evict()

    def _forget_waiting(self, ticket: Ticket) -> None:
        if ticket in self._waiting:
            del self._waiting[ticket]
            self._count_down(self._waiting_of, ticket.host)

    @staticmethod
    def _count_down(counts: Counter[str], host: str) -> None:
        counts[host] -= 1
        if not counts[host]:
            del counts[host]
