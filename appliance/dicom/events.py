"""What an association tells its owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from appliance.dicom.dimse import Command
from appliance.dicom.pdu import AssociateAccept, AssociateReject, AssociateRequest


@dataclass(frozen=True, slots=True)
class AssociateRequested:
    """A peer wants an association: accept or reject it."""

    request: AssociateRequest


@dataclass(frozen=True, slots=True)
class AssociateAccepted:
    """The peer accepted ours."""

    answer: AssociateAccept


@dataclass(frozen=True, slots=True)
class AssociateRejected:
    """The peer refused ours; the connection is to be closed."""

    answer: AssociateReject


@dataclass(frozen=True, slots=True)
class CommandReceived:
    """A complete command set; when `command.has_data` its data set follows."""

    context_id: int
    command: Command


@dataclass(frozen=True, slots=True)
class DataReceived:
    """The next bytes of the data set; the views are good until `writable` is called again."""

    context_id: int
    fragments: tuple[memoryview, ...]
    last: bool


@dataclass(frozen=True, slots=True)
class ReleaseRequested:
    """The peer wants to end in peace: finish, then `reply_release`."""


@dataclass(frozen=True, slots=True)
class ReleaseConfirmed:
    """The peer answered our release; the connection is to be closed."""


@dataclass(frozen=True, slots=True)
class Aborted:
    """The peer sent A-ABORT (PS3.8 Table 9-26); the connection is to be closed."""

    source: int
    reason: int


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """The transport connection ended; after a release, reject or abort that is how it ends."""

    expected: bool


Event: TypeAlias = (
    AssociateRequested
    | AssociateAccepted
    | AssociateRejected
    | CommandReceived
    | DataReceived
    | ReleaseRequested
    | ReleaseConfirmed
    | Aborted
    | ConnectionLost
)
