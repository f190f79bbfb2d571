"""Orders, transfers and their items as values."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from appliance.transfers.classify import Class

# Priorities: the higher goes first. A rule's orders are ordinary; a person does not like to wait.
ORDINARY = 0
BY_HAND = 10


@dataclass(frozen=True, slots=True)
class Settings:
    """How the queue works; the defaults suit a clinic."""

    node: str = "arca"  # this process among those that share the database
    lease: int = 100  # items taken from the queue at a time
    linger_seconds: float = 3.0  # an association waits so long for more work
    record_seconds: float = 0.25  # answers are written in groups, this far apart
    record_items: int = 100  # … or when there are so many
    poll_seconds: float = 10.0  # other processes' orders are noticed this late at most
    keep_days: int = 90  # finished transfers are remembered for so long


@dataclass(frozen=True, slots=True)
class Order:
    """What shall go where: asked for by a rule, or by a person (no rule)."""

    study_uid: str
    destination: str  # a node's name
    instances: tuple[str, ...]  # SHA-256 of the stored files
    rule: str = ""
    priority: int = ORDINARY
    window: str = ""  # "22:00-06:00": only then; empty: always
    timed: bool = True  # counts for the service level: it did not wait for its study


class ItemState(IntEnum):
    """What is known of one object on its way to one destination."""

    WAITING = 0
    SENT = 1  # the destination answered that it has it
    SET_ASIDE = 2  # the destination will not take it as it is: a person must look
    CANCELLED = 3


class Proof(IntEnum):
    """What is known of an object that was sent: does the destination promise to keep it?"""

    NONE = 0  # it was not asked
    ASKED = 1
    VERIFIED = 2
    REFUSED = 3
    UNCONFIRMED = 4  # it did not say in time


class Stage(IntEnum):
    """How far a transfer is, as it is kept."""

    OPEN = 0
    DONE = 1
    PARTLY = 2  # every item was answered, some were set aside
    FAILED = 3  # every item was set aside
    CANCELLED = 4


class State(StrEnum):
    """How a transfer stands, as it is shown."""

    WAITING = "waiting"
    RUNNING = "running"
    BACKING_OFF = "backing-off"
    PAUSED = "paused"
    PARKED = "parked"  # somebody must mend the configuration
    DONE = "done"
    PARTLY = "partly"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Transfer:
    """Some instances of a study on their way to one destination."""

    id: int
    study_uid: str
    destination: str
    rule: str
    priority: int
    state: State
    instances: int
    sent: int
    set_aside: int
    attempts: int  # how often it was tried, the successful time included
    next_try: datetime | None
    last_error: str
    created: datetime
    closed: datetime | None = None
    verified: int | None = None  # objects that the destination promised to keep; None: not asked


@dataclass(frozen=True, slots=True)
class Finished:
    """A transfer that has ended, and not by sending nothing."""

    transfer: int
    study_uid: str
    destination: str


async def _nobody(_: Sequence[Finished]) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told of transfers that have ended.

    `note` is a unit of work in the transaction that ends them; `news` comes once it is committed.
    """

    note: Callable[[Sequence[Finished]], Awaitable[None]] = _nobody
    news: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Item:
    """One object of a transfer."""

    sha256: str
    state: ItemState
    tries: int
    status: int | None  # of the last C-STORE-RSP
    error: str
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Leased:
    """An item that is ours to send now."""

    id: int
    transfer: int
    sha256: str
    tries: int = 0  # answers it got that were no success
    window: str = ""
    timed: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a leased item."""

    item: Leased
    answer: Class
    at: datetime
    status: int | None = None
    words: str = ""  # empty when all went well
    next_try: datetime | None = None  # None with a failure: it is set aside
    tried: bool = True  # False: it goes back untouched

    @property
    def state(self) -> ItemState:
        if self.answer in (Class.SUCCESS, Class.DUPLICATE):
            return ItemState.SENT
        if self.next_try is not None or not self.tried:
            return ItemState.WAITING
        return ItemState.SET_ASIDE

    @property
    def failed(self) -> bool:
        return self.state is not ItemState.SENT and self.words != ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a destination stands at present."""

    destination: str
    paused: bool = False
    parked: str = ""  # why, in words
    next_try: datetime | None = None  # the circuit is open until then
    trouble: str = ""  # why, in words
    waiting: int = 0  # objects queued for it

    @property
    def state(self) -> State:
        if self.paused:
            return State.PAUSED
        if self.parked:
            return State.PARKED
        return State.BACKING_OFF if self.next_try else State.WAITING


_SETTLED = {
    Stage.DONE: State.DONE,
    Stage.PARTLY: State.PARTLY,
    Stage.FAILED: State.FAILED,
    Stage.CANCELLED: State.CANCELLED,
}


def shown(stage: Stage, standing: Standing, *, running: bool, put_off: bool) -> State:
    """The one word for a transfer; `put_off`: all its items wait for a later try."""
    if stage is not Stage.OPEN:
        return _SETTLED[stage]
    if running:
        return State.RUNNING
    if standing.state is State.WAITING and put_off:
        return State.BACKING_OFF
    return standing.state


def settled(instances: int, sent: int, set_aside: int, cancelled: int) -> Stage:
    """How far a transfer is by the numbers of its items."""
    if sent + set_aside + cancelled < instances:
        return Stage.OPEN
    if set_aside:
        return Stage.PARTLY if sent else Stage.FAILED
    return Stage.DONE if sent or not cancelled else Stage.CANCELLED
