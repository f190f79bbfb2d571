"""The appliance as a whole: how it is doing, and what happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Level:
    """A promised average beside the measured one, in seconds."""

    name: str  # "receive", "send" or "route"
    promised: float
    average: float | None  # None: nothing measured yet
    count: int
    kept: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the process, or what it stands on."""

    name: str
    well: bool
    failure: str = ""  # in words; shown to the operator only
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """The whole appliance on one page, without a word about any patient."""

    name: str
    version: str
    ae_title: str
    address: str
    port: int
    started: datetime
    uptime_seconds: float
    free_bytes: int
    store: Literal["open", "full", "stopped"]  # nothing is taken in unless it is open
    studies: int | None  # these four: None while the database does not answer
    instances: int | None
    waiting: int | None  # objects that wait for a destination
    set_aside: int | None  # objects that a person must look at
    index_lag: int  # lines of the ledger not indexed yet
    open_associations: int
    nodes: int
    rules: int
    levels: tuple[Level, ...]
    parts: tuple[Part, ...]
    availability: float | None = None  # share of this month, 0 to 1; None: not measured yet

    @property
    def counted(self) -> bool:
        """Whether the database told its numbers; its part says why not."""
        return self.studies is not None

    @property
    def well(self) -> bool:
        return all(part.well for part in self.parts)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened which a person should know."""

    at: datetime
    kind: str
    severity: Literal["info", "warning", "alarm"]
    text: str


class Overview(Protocol):
    """The appliance as a whole."""

    async def status(self) -> Status: ...

    async def healthy(self) -> tuple[Part, ...]:
        """The parts, without touching a disk or the database: asked every few seconds."""
        ...

    async def exposition(self) -> bytes:
        """Everything metered, in Prometheus' text format."""
        ...

    async def events(self, limit: int) -> list[Event]:
        """The newest first."""
        ...
