"""Runs the table of PS3.8 §9.2 for one association: state, ARTIM timer, end of the connection."""

from __future__ import annotations

from typing import Literal, TypeAlias

from appliance.dicom.errors import AbortReason, LocalProtocolError, RemoteProtocolError
from appliance.dicom.pdu import Kind
from appliance.dicom.states import ACTIONS, TRANSITIONS, Action, Event, Send, State

Role: TypeAlias = Literal["acceptor", "requestor"]

RECEIVED = {
    Kind.ASSOCIATE_RQ: Event.ASSOCIATE_RQ_RECEIVED,
    Kind.ASSOCIATE_AC: Event.ASSOCIATE_AC_RECEIVED,
    Kind.ASSOCIATE_RJ: Event.ASSOCIATE_RJ_RECEIVED,
    Kind.P_DATA: Event.DATA_RECEIVED,
    Kind.RELEASE_RQ: Event.RELEASE_RQ_RECEIVED,
    Kind.RELEASE_RP: Event.RELEASE_RP_RECEIVED,
    Kind.ABORT: Event.ABORT_RECEIVED,
}


class Machine:
    """Where an association stands."""

    def __init__(self, role: Role) -> None:
        self.state = State.IDLE
        self.artim = False  # the timer runs
        self.closing = False  # the connection is to be closed
        self._role = role

    @property
    def ended(self) -> bool:
        """Nothing that still comes has a meaning."""
        return self.state in (State.IDLE, State.AWAITING_CLOSE)

    def step(self, event: Event) -> Action:
        """Go on by `event`; raises LocalProtocolError where the table has no such cell."""
        name = TRANSITIONS.get((event, self.state))
        if name is None:
            raise LocalProtocolError(f"{words(event)} is not possible while {words(self.state)}")
        action = ACTIONS[name]
        # AR-8: a requestor answers a release collision first (Sta9), an acceptor second (Sta10).
        # AE-6: whether a request is acceptable is the owner's to say, in Sta3.
        acceptor = name == "AR-8" and self._role == "acceptor"
        self.state = action.goes_to[acceptor]
        self.closing = self.closing or action.close
        self.artim = self.artim if action.artim is None else action.artim
        return action

    def permit(self, kind: int) -> None:
        """Raise RemoteProtocolError when a PDU of that type may not come now."""
        action = ACTIONS[TRANSITIONS[RECEIVED[Kind(kind)], self.state]]
        if action.send in (Send.USER_ABORT, Send.PROVIDER_ABORT):
            raise RemoteProtocolError(
                f"A PDU of type {kind} came while {words(self.state)}", AbortReason.UNEXPECTED_PDU
            )

    def turn_away(self) -> None:
        """End before the request has come; the table would have us close without a word."""
        if self.state != State.TRANSPORT_OPEN:
            raise LocalProtocolError(f"It is too late to turn away while {words(self.state)}")
        self.state, self.artim = State.AWAITING_CLOSE, True


def words(name: State | Event) -> str:
    return name.name.lower().replace("_", " ")
