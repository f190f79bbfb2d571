"""How the listener and the requestor behave, and what they are told to do: values only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Set
from dataclasses import dataclass

from appliance.dicom.association import MAXIMUM_LENGTH
from appliance.dicom.items import UserInformation
from appliance.network.secure import Security

# A UID of our own below 2.25 (PS3.5 Annex B.2): names this implementation, not its version.
IMPLEMENTATION_CLASS_UID = "2.25.131206849143907236415894262353105398817"
IMPLEMENTATION_VERSION_NAME = "ARCA_0_1"


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """Where callers are awaited, and what none of them may exceed. Times are seconds."""

    address: str = "0.0.0.0"  # noqa: S104  (modalities call from anywhere in the clinic)
    port: int = 11112  # 0: any free one
    secure_port: int | None = None  # for callers over TLS; None: there is none
    transfer_syntaxes: Set[str] | None = None  # accepted ones; None: every one
    max_pdu: int = MAXIMUM_LENGTH
    max_associations: int = 200
    max_associations_per_peer: int = 20
    max_waiting_per_peer: int = 8  # connections that have not asked for an association yet
    request_timeout: float = 10.0  # until the association request is complete
    idle_timeout: float = 60.0  # between messages, and without a byte within one
    answer_timeout: float = 30.0  # until the peer has taken what we send
    linger_timeout: float = 2.0  # for the peer to close after the last word
    max_age: float = 4 * 3600.0  # of an association
    minimum_rate: int = 4096  # bytes per second of waiting …
    rate_window: float = 30.0  # … judged each time the peer was waited for this long
    threads: int = 16  # that take objects in, of all associations
    patience: float = 0.02  # of such a thread with a peer that pauses
    grace: float = 10.0  # for objects on their way when the listener is stopped


@dataclass(frozen=True, slots=True)
class Remote:
    """Whom to call, and under which name."""

    ae_title: str
    host: str
    port: int
    calling_ae_title: str
    source: str = ""  # the local address to call from; "": any
    security: Security | None = None  # None: without TLS


@dataclass(frozen=True, slots=True)
class RequestorSettings:
    """How long a remote system may take, in seconds."""

    connect_timeout: float = 10.0
    associate_timeout: float = 30.0
    response_timeout: float = 60.0  # from the last byte sent to the answer
    stall_timeout: float = 60.0  # without the peer taking one byte
    release_timeout: float = 5.0
    max_pdu: int = MAXIMUM_LENGTH


Throttle = Callable[[int], Awaitable[None]]  # awaited with the number of bytes about to be sent


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An object to be stored at a remote system."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    length: int  # bytes of the data set, for reports; `chunks` decides
    chunks: Callable[[], Iterator[bytes]]  # blocking; pulled in worker threads
    move_originator: tuple[str, int] | None = None  # AE title and message ID of the C-MOVE


def ourselves(max_pdu: int) -> UserInformation:
    """What we tell every peer about us."""
    return UserInformation(max_pdu, IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME)
