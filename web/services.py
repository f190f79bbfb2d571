"""What the web asks of the process: values it shows, and the questions it puts.

`assembly` answers these Protocols with the real rooms. Every value is frozen and turns
into JSON field by field; moments are aware datetimes and leave as ISO 8601.
Methods raise `appliance.errors`: `UnknownName` becomes 404, `NameTaken` 409, `BadRequest` 400.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from web.forms import NodeForm, RuleForm


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
    """One supervised part of the process."""

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
    studies: int
    instances: int
    waiting: int  # objects that wait for a destination
    set_aside: int  # objects that a person must look at
    index_lag: int  # lines of the ledger not indexed yet
    open_associations: int
    nodes: int
    rules: int
    levels: tuple[Level, ...]
    parts: tuple[Part, ...]
    availability: float | None = None  # share of this month, 0 to 1; None: not measured yet

    @property
    def well(self) -> bool:
        return all(part.well for part in self.parts)


@dataclass(frozen=True, slots=True)
class Study:
    """One study as the index knows it."""

    patient_id: str
    patient_name: str
    study_uid: str
    study_date: str  # ISO 8601 date, or as received when it is not a date, or ""
    modalities: tuple[str, ...]
    instances: int
    complete: bool
    description: str = ""
    accession_number: str = ""
    received: datetime | None = None  # when its newest instance came


@dataclass(frozen=True, slots=True)
class Node:
    """A remote system that images go to or come from."""

    name: str
    ae_title: str
    host: str
    port: int
    calling_ae_title: str  # "": ours
    transfer_syntaxes: tuple[str, ...]  # empty: any
    max_associations: int
    bandwidth: int | None  # bytes per second; None: no limit
    window: str | None  # "22:00-06:00", local time; None: always
    paused: bool
    waiting: int = 0  # objects queued for it
    note: str = ""  # why it is parked or its circuit open, in words


@dataclass(frozen=True, slots=True)
class Echo:
    """The answer to a C-ECHO, or why none came."""

    ok: bool
    seconds: float
    diagnosis: str  # "" when ok


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who called and waits to be admitted."""

    calling_ae_title: str
    called_ae_title: str
    host: str
    calls: int
    first_call: datetime
    last_call: datetime


@dataclass(frozen=True, slots=True)
class Association:
    """How one association went."""

    peer: str
    calling_ae_title: str
    called_ae_title: str
    direction: Literal["in", "out"]
    began: datetime
    seconds: float
    outcome: str
    objects: int
    bytes: int
    diagnosis: str  # "" when all went well


@dataclass(frozen=True, slots=True)
class Rule:
    """Where images of one kind go."""

    name: str
    when: str  # CEL
    to: str  # a node's name
    per: Literal["instance", "study"]
    priority: int
    window: str | None
    note: str = ""  # why it does not work at present, in words


@dataclass(frozen=True, slots=True)
class Trial:
    """What one rule would do with one study."""

    study_uid: str
    rule: str  # "" for an expression that is no rule yet
    to: str
    matched: int  # instances it applies to
    instances: int  # of so many
    explanation: str


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


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import has come; the last one has `done`, and an `error` when it broke off."""

    files: int
    stored: int
    duplicates: int
    ignored: int  # not DICOM
    failed: int
    bytes: int
    current: str  # the file it is at; what was to be imported when it broke off
    error: str = ""  # what was wrong with `current`
    done: bool = False


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


class Studies(Protocol):
    """What the index knows, and moving it."""

    async def find(self, search: str, limit: int | None) -> list[Study]:
        """Newest first, all of them without a `limit`.

        `search` is part of a patient's name or ID, of an accession number, a description or
        a Study Instance UID.
        """
        ...

    async def send(self, study_uid: str, node: str, priority: int | None) -> Job: ...

    def import_path(self, path: Path) -> AsyncGenerator[ImportProgress, None]:
        """Take in a file, or every file under a folder; one report per file or so.

        When nothing more can be taken in, the last report says why, and what came in before.
        """
        ...


class Nodes(Protocol):
    """The registry of remote systems."""

    async def listed(self) -> list[Node]: ...

    async def add(self, form: NodeForm) -> Node: ...

    async def remove(self, name: str) -> None: ...

    async def echo(self, name: str) -> Echo:
        """Never raises for what the peer does: that is the diagnosis."""
        ...

    async def pending(self) -> list[Caller]: ...

    async def admit(self, ae_title: str, host: str | None, name: str | None) -> Caller:
        """Let a held caller in from now on; `host` when several hosts use the title."""
        ...

    async def associations(self, peer: str | None) -> list[Association]:
        """The last ones kept, newest first; `peer` is a node's name, a host or an AE title."""
        ...


class Rules(Protocol):
    """The routing rules."""

    async def listed(self) -> list[Rule]: ...

    async def add(self, form: RuleForm) -> Rule: ...

    async def remove(self, name: str) -> None: ...

    async def test(self, study_uid: str | None, when: str | None) -> list[Trial]:
        """Dry run of every rule, or of `when`, on one study, or on the newest ones."""
        ...


class Queue(Protocol):
    """The transfers."""

    async def jobs(self, destination: str | None, state: str | None) -> list[Job]: ...

    async def retry(self, job: int | None) -> int:
        """Try it now (None: all that failed or wait); how many jobs that is."""
        ...

    async def pause(self, node: str) -> Node: ...

    async def resume(self, node: str) -> Node: ...


class Commitments(Protocol):
    """Storage commitment in both directions."""

    async def listed(self) -> list[Transaction]:
        """What is open and what was closed last, newest first."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the two doors need."""

    overview: Overview
    studies: Studies
    nodes: Nodes
    rules: Rules
    queue: Queue
    commitments: Commitments
