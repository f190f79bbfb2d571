"""Storage commitment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Transaction:
    """One storage commitment, asked of us or by us."""

    transaction_uid: str
    direction: Literal["in", "out"]  # "in": asked of us
    peer: str  # an AE title, or a node's name
    state: str
    instances: int
    failed: int
    began: datetime
    closed: datetime | None
    next_try: datetime | None
    last_error: str  # "" when nothing went wrong


class Commitments(Protocol):
    """Storage commitment in both directions."""

    async def listed(self) -> list[Transaction]:
        """What is open and what was closed last, newest first."""
        ...
