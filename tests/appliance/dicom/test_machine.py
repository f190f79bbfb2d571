from __future__ import annotations

from itertools import product

import pytest

from appliance.dicom.errors import AbortReason, LocalProtocolError, RemoteProtocolError
from appliance.dicom.machine import RECEIVED, Machine, Role
from appliance.dicom.pdu import Kind
from appliance.dicom.states import ACTIONS, TRANSITIONS, Event, State


def _machine(state: State, role: Role = "acceptor") -> Machine:
    machine = Machine(role)
    machine.state = state
    return machine


@pytest.mark.parametrize(("event", "state"), list(product(Event, State)))
def test_every_cell_is_followed_and_every_other_is_our_mistake(event: Event, state: State) -> None:
    machine = _machine(state)
    name = TRANSITIONS.get((event, state))
    if name is None:
        with pytest.raises(LocalProtocolError):
            machine.step(event)
        assert machine.state == state
    else:
        assert machine.step(event) == ACTIONS[name]
        assert machine.state in ACTIONS[name].goes_to


@pytest.mark.parametrize(
    ("role", "goes_to"),
    [
        ("requestor", State.COLLISION_REQUESTOR_LOCAL),
        ("acceptor", State.COLLISION_ACCEPTOR_REMOTE),
    ],
)
def test_a_release_collision_depends_on_who_asked(role: Role, goes_to: State) -> None:
    machine = _machine(State.AWAITING_RELEASE, role)
    machine.step(Event.RELEASE_RQ_RECEIVED)
    assert machine.state == goes_to


def test_the_timer_follows_the_table() -> None:
    machine = Machine("acceptor")
    machine.step(Event.TRANSPORT_INDICATED)
    assert machine.artim
    machine.step(Event.ASSOCIATE_RQ_RECEIVED)
    assert not machine.artim
    machine.step(Event.REJECT)
    assert machine.artim
    machine.step(Event.ARTIM_EXPIRED)
    assert (machine.artim, machine.closing, machine.ended) == (False, True, True)


@pytest.mark.parametrize(
    ("kind", "state"), list(product(Kind, [State(n) for n in (2, 3, *range(5, 13))]))
)
def test_a_pdu_is_permitted_when_it_would_not_be_answered_by_an_abort(
    kind: Kind, state: State
) -> None:
    machine = _machine(state)
    if TRANSITIONS[RECEIVED[kind], state] in ("AA-1", "AA-8"):
        with pytest.raises(RemoteProtocolError) as raised:
            machine.permit(kind)
        assert raised.value.reason == AbortReason.UNEXPECTED_PDU
    else:
        machine.permit(kind)


def test_only_who_has_not_asked_can_be_turned_away() -> None:
    machine = _machine(State.TRANSPORT_OPEN)
    machine.turn_away()
    assert (machine.state, machine.artim) == (State.AWAITING_CLOSE, True)
    with pytest.raises(LocalProtocolError):
        _machine(State.ESTABLISHED).turn_away()
