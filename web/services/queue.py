"""The transfers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from web.services.nodes import Node


@dataclass(frozen=True, slots=True)
class Job:
    """One transfer: some instances of a study on their way to one destination."""

    id: int
    destination: str
    state: str
    study_uid: str
    rule: str
    priority: int
    instances: int
    sent: int
    attempts: int
    next_try: datetime | None
    last_error: str
    created: datetime
    verified: int | None = None  # objects the destination promised to keep; None: not asked


class Queue(Protocol):
    """The transfers."""

    async def jobs(self, destination: str | None, state: str | None) -> list[Job]: ...

    async def retry(self, job: int | None) -> int:
        """Try it now (None: all that failed or wait); how many jobs that is."""
        ...

    async def pause(self, node: str) -> Node: ...

    async def resume(self, node: str) -> Node: ...
