"""The upper layer's state machine as data: PS3.8 §9.2, Tables 9-1 to 9-10.

Everything that affects the state lies in this table. It knows neither bytes nor which side we
are: the two actions with two outcomes (AE-6, AR-8) name both, and the association chooses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class State(IntEnum):
    """Table 9-1 to 9-5."""

    IDLE = 1
    TRANSPORT_OPEN = 2  # awaiting A-ASSOCIATE-RQ
    AWAITING_LOCAL_ANSWER = 3
    AWAITING_TRANSPORT = 4
    AWAITING_ANSWER = 5  # A-ASSOCIATE-AC or -RJ
    ESTABLISHED = 6
    AWAITING_RELEASE = 7  # A-RELEASE-RP
    AWAITING_LOCAL_RELEASE = 8
    COLLISION_REQUESTOR_LOCAL = 9
    COLLISION_ACCEPTOR_REMOTE = 10
    COLLISION_REQUESTOR_REMOTE = 11
    COLLISION_ACCEPTOR_LOCAL = 12
    AWAITING_CLOSE = 13


class Event(IntEnum):
    """Table 9-10, first column."""

    ASSOCIATE_REQUEST = 1
    TRANSPORT_CONFIRMED = 2
    ASSOCIATE_AC_RECEIVED = 3
    ASSOCIATE_RJ_RECEIVED = 4
    TRANSPORT_INDICATED = 5
    ASSOCIATE_RQ_RECEIVED = 6
    ACCEPT = 7
    REJECT = 8
    DATA_REQUEST = 9
    DATA_RECEIVED = 10
    RELEASE_REQUEST = 11
    RELEASE_RQ_RECEIVED = 12
    RELEASE_RP_RECEIVED = 13
    RELEASE_REPLY = 14
    ABORT_REQUEST = 15
    ABORT_RECEIVED = 16
    TRANSPORT_CLOSED = 17
    ARTIM_EXPIRED = 18
    INVALID_PDU = 19


class Send(StrEnum):
    """What an action puts on the wire."""

    NOTHING = "nothing"
    REQUESTED = "requested"  # the PDU the local user handed in
    USER_ABORT = "user abort"
    PROVIDER_ABORT = "provider abort"


@dataclass(frozen=True, slots=True)
class Action:
    """What happens on a transition (Tables 9-6 to 9-9)."""

    goes_to: tuple[State, ...]  # two for AE-6 (acceptable or not), AR-8 (requestor or not)
    send: Send = Send.NOTHING
    tell: bool = False  # issue the indication or confirmation to the local user
    artim: bool | None = None  # start (restart) or stop the timer; None: leave it
    close: bool = False  # close the transport connection


_S = State
ACTIONS: Mapping[str, Action] = {
    "AE-1": Action((_S.AWAITING_TRANSPORT,)),
    "AE-2": Action((_S.AWAITING_ANSWER,), send=Send.REQUESTED),
    "AE-3": Action((_S.ESTABLISHED,), tell=True),
    "AE-4": Action((_S.IDLE,), tell=True, close=True),
    "AE-5": Action((_S.TRANSPORT_OPEN,), artim=True),
    "AE-6": Action((_S.AWAITING_LOCAL_ANSWER, _S.AWAITING_CLOSE), tell=True, artim=False),
    "AE-7": Action((_S.ESTABLISHED,), send=Send.REQUESTED),
    "AE-8": Action((_S.AWAITING_CLOSE,), send=Send.REQUESTED, artim=True),
    "DT-1": Action((_S.ESTABLISHED,), send=Send.REQUESTED),
    "DT-2": Action((_S.ESTABLISHED,), tell=True),
    "AR-1": Action((_S.AWAITING_RELEASE,), send=Send.REQUESTED),
    "AR-2": Action((_S.AWAITING_LOCAL_RELEASE,), tell=True),
    "AR-3": Action((_S.IDLE,), tell=True, close=True),
    "AR-4": Action((_S.AWAITING_CLOSE,), send=Send.REQUESTED, artim=True),
    "AR-5": Action((_S.IDLE,), artim=False),
    "AR-6": Action((_S.AWAITING_RELEASE,), tell=True),
    "AR-7": Action((_S.AWAITING_LOCAL_RELEASE,), send=Send.REQUESTED),
    "AR-8": Action((_S.COLLISION_REQUESTOR_LOCAL, _S.COLLISION_ACCEPTOR_REMOTE), tell=True),
    "AR-9": Action((_S.COLLISION_REQUESTOR_REMOTE,), send=Send.REQUESTED),
    "AR-10": Action((_S.COLLISION_ACCEPTOR_LOCAL,), tell=True),
    "AA-1": Action((_S.AWAITING_CLOSE,), send=Send.USER_ABORT, artim=True),
    "AA-2": Action((_S.IDLE,), artim=False, close=True),
    "AA-3": Action((_S.IDLE,), tell=True, close=True),
    "AA-4": Action((_S.IDLE,), tell=True),
    "AA-5": Action((_S.IDLE,), artim=False),
    "AA-6": Action((_S.AWAITING_CLOSE,)),
    "AA-7": Action((_S.AWAITING_CLOSE,), send=Send.PROVIDER_ABORT),
    "AA-8": Action((_S.AWAITING_CLOSE,), send=Send.PROVIDER_ABORT, tell=True, artim=True),
}

# Table 9-10, row by row; columns are states 1 to 13, "-" is a cell the standard leaves empty.
_ROWS = """
 1 AE-1 -    -    -    -    -    -    -    -    -     -    -    -
 2 -    -    -    AE-2 -    -    -    -    -    -     -    -    -
 3 -    AA-1 AA-8 -    AE-3 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
 4 -    AA-1 AA-8 -    AE-4 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
 5 AE-5 -    -    -    -    -    -    -    -    -     -    -    -
 6 -    AE-6 AA-8 -    AA-8 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-7
 7 -    -    AE-7 -    -    -    -    -    -    -     -    -    -
 8 -    -    AE-8 -    -    -    -    -    -    -     -    -    -
 9 -    -    -    -    -    DT-1 -    AR-7 -    -     -    -    -
10 -    AA-1 AA-8 -    AA-8 DT-2 AR-6 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
11 -    -    -    -    -    AR-1 -    -    -    -     -    -    -
12 -    AA-1 AA-8 -    AA-8 AR-2 AR-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-6
13 -    AA-1 AA-8 -    AA-8 AA-8 AR-3 AA-8 AA-8 AR-10 AR-3 AA-8 AA-6
14 -    -    -    -    -    -    -    AR-4 AR-9 -     -    AR-4 -
15 -    -    AA-1 AA-2 AA-1 AA-1 AA-1 AA-1 AA-1 AA-1  AA-1 AA-1 -
16 -    AA-2 AA-3 -    AA-3 AA-3 AA-3 AA-3 AA-3 AA-3  AA-3 AA-3 AA-2
17 -    AA-5 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4  AA-4 AA-4 AR-5
18 -    AA-2 -    -    -    -    -    -    -    -     -    -    AA-2
19 -    AA-1 AA-8 -    AA-8 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8 AA-8 AA-7
"""


def _read(rows: str) -> dict[tuple[Event, State], str]:
    table = {}
    for row in rows.split("\n"):
        for column, name in enumerate(row.split()[1:], start=1):
            if name != "-":
                table[Event(int(row.split()[0])), State(column)] = name
    return table


TRANSITIONS: Mapping[tuple[Event, State], str] = _read(_ROWS)
