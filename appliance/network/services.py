"""The seam between the wire and the rooms: what a listener asks for, and what it is answered.

The listener knows no node, no store and no rule. Whoever starts it hands it a `Services`.
"""

from __future__ import annotations

import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from appliance.dicom import statuses
from appliance.dicom.dimse import Command, Element
from appliance.dicom.negotiation import Context
from appliance.network.settings import Outgoing

Direction: TypeAlias = Literal["in", "out"]

Outcome: TypeAlias = Literal[
    "released",  # ended as PS3.8 wishes
    "aborted",  # one side sent A-ABORT
    "broken",  # the connection ended without release or abort
    "rejected",  # A-ASSOCIATE-RJ was sent or received
    "refused",  # no connection came about, or no PDU ever came over it
    "timeout",  # a deadline passed
    "not_dicom",  # the other side does not speak DICOM here
]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling, known before the association is answered."""

    calling_ae_title: str
    called_ae_title: str
    host: str
    port: int
    implementation: str = ""  # implementation version name, or its class UID when it has none
    proposed: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (abstract syntax, transfer syntaxes)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Accept, or the A-ASSOCIATE-RJ to give (PS3.8 Table 9-21) with the reason in words."""

    accept: bool
    reason: str = ""
    result: int = 1
    source: int = 1
    diagnostic: int = 1
    services: frozenset[str] | None = None  # names of those it may use; None: all
    transfer_syntaxes: frozenset[str] | None = None  # of its objects; None: as everybody
    node: str = ""  # as whom we know it
    most: int | None = None  # associations of that node at the same time; None: as everybody
    rate: int | None = None  # bytes per second of its objects over one association


@dataclass(frozen=True, slots=True)
class StoreRequest:
    """What a C-STORE-RQ announces before its data set arrives."""

    caller: Caller
    affected_sop_class_uid: str
    affected_sop_instance_uid: str
    transfer_syntax_uid: str
    move_originator: str | None = None
    association: str = ""  # our name of the association
    study_instance_uid: str = ""  # it must belong to this study; "": to any
    via: str = "dicom"  # the way it came, for the ledger


@dataclass(frozen=True, slots=True)
class Answer:
    """The status of a response with what goes beside it (PS3.7 Annex C)."""

    status: int
    comment: str = ""  # shown to the peer's operator; cut to 64 characters on the wire
    offending_element: tuple[int, ...] = ()
    conflict: bool = False  # stored, though its UID stands for other content as well

    @classmethod
    def read(cls, command: Command) -> Answer:
        """What a peer's response says."""
        raw = command.elements.get(Element.OFFENDING_ELEMENT, b"")
        pairs = struct.iter_unpack("<HH", raw[: len(raw) // 4 * 4])
        status = command.number(Element.STATUS)
        if status is None:
            return cls(statuses.PROCESSING_FAILURE, "The answer came without a status")
        tags = tuple(group << 16 | element for group, element in pairs)
        return cls(status, command.name(Element.ERROR_COMMENT), tags)


class StoreSink(Protocol):
    """One object on its way in. Blocks: used in one worker thread after the other.

    Nothing here raises for expected trouble: `finish` answers.
    """

    def write(self, fragments: Sequence[memoryview]) -> None:
        """Take the next bytes of the data set; the views are not good any more afterwards."""

    def finish(self) -> Answer:
        """The last fragment was written: return once it is durable, or an error status."""

    def discard(self) -> None:
        """The transfer broke off: nothing of it may remain visible."""


class Channel(Protocol):
    """An open association with a caller, for what we have to say to it between its requests."""

    @property
    def caller(self) -> Caller: ...

    def context(self, sop_class_uid: str) -> Context | None:
        """The context for that SOP class; None when it was not negotiated."""

    async def ask(
        self, context: Context, field: int, values: Mapping[Element, int | str], dataset: bytes
    ) -> Answer | None:
        """Send a request once the caller lets us speak; its answer.

        What the caller asks meanwhile is served in order. None when the association ends
        before the answer came: whether the request arrived is not known then. To be awaited in
        a task of the room: while an operation is being handled nothing else is said.
        """


class Dialogue(Protocol):
    """One operation that a caller asked for, while a room answers it.

    The association may end at any moment: then what is awaited here does not return, and the
    room is cancelled.
    """

    @property
    def caller(self) -> Caller: ...

    @property
    def association(self) -> str:
        """Our name of the association."""

    @property
    def channel(self) -> Channel:
        """The association itself, also for after this operation."""

    @property
    def command(self) -> Command: ...

    @property
    def context(self) -> Context: ...

    @property
    def dataset(self) -> bytes:
        """What came with the command, in the context's transfer syntax; "" for nothing."""

    @property
    def negotiated(self) -> bytes:
        """What we answered to extended negotiation for the SOP class; "" for nothing."""

    async def answer(
        self,
        status: int,
        comment: str = "",
        *,
        dataset: bytes = b"",
        offending_element: Sequence[int] = (),
        values: Mapping[Element, int | str] = ...,
    ) -> None:
        """One response; its data set is in the context's transfer syntax already."""

    def cancelled(self) -> bool:
        """Whether the caller has said that it wants no more answers. Costs a system call."""

    def takes(self, sop_class_uid: str, transfer_syntax_uid: str) -> bool:
        """Whether the caller stores such objects that come over this association (C-GET)."""

    async def store(self, outgoing: Outgoing) -> Answer:
        """C-STORE over this association; `takes` must have said so."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A service that a room offers to callers."""

    name: str  # as people switch it on and off for a node: "find", "move", "worklist" …
    sop_classes: frozenset[str]
    operations: frozenset[int]  # command fields; other ones are answered 0211H
    handle: Callable[[Dialogue], Awaitable[None]]
    # What is answered to extended negotiation (PS3.7 D.3.3.5); "": nothing.
    negotiate: Callable[[bytes], bytes] = lambda information: b""
    # Whether callers may be the provider, and we their user (role selection, PS3.7 D.3.3.4).
    either_role: bool = False
    # Told of each association for one of the SOP classes when it begins; must not block.
    begun: Callable[[Channel], None] = lambda channel: None


@dataclass(frozen=True, slots=True)
class AssociationReport:
    """How an association went, in numbers and in plain words."""

    peer: str  # host
    calling_ae_title: str
    called_ae_title: str
    direction: Direction
    began: datetime
    seconds: float
    outcome: Outcome
    objects: int = 0
    bytes: int = 0
    diagnosis: str = ""  # what happened and what to change on which side; "" when all went well


@dataclass(frozen=True, slots=True)
class Services:
    """What the rooms do for the listener."""

    admit: Callable[[Caller], Awaitable[Verdict]]
    store: Callable[[StoreRequest], StoreSink]  # called in worker threads
    ended: Callable[[AssociationReport], None]  # called once for every connection, whatever it was
    providers: Sequence[Provider] = ()
