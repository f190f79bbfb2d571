from __future__ import annotations

from itertools import product

import pytest
from pynetdicom import fsm

from appliance.dicom.states import ACTIONS, TRANSITIONS, Event, Send, State


@pytest.mark.parametrize(("event", "state"), list(product(Event, State)))
def test_each_cell_is_what_an_independent_table_says(event: Event, state: State) -> None:
    theirs = fsm.TRANSITION_TABLE.get((f"Evt{event.value}", f"Sta{state.value}"))
    assert TRANSITIONS.get((event, state)) == theirs


@pytest.mark.parametrize("name", fsm.ACTIONS)
def test_each_action_leads_where_an_independent_table_says(name: str) -> None:
    goes_to = fsm.ACTIONS[name][2]
    theirs = (goes_to,) if isinstance(goes_to, str) else goes_to
    assert tuple(f"Sta{state.value}" for state in ACTIONS[name].goes_to) == tuple(theirs)


def test_there_is_no_action_that_nothing_leads_to() -> None:
    assert set(ACTIONS) == set(TRANSITIONS.values()) == set(fsm.ACTIONS)


def test_every_abort_waits_for_the_end_of_the_connection() -> None:
    for action in ACTIONS.values():
        if action.send in (Send.USER_ABORT, Send.PROVIDER_ABORT):
            assert action.goes_to == (State.AWAITING_CLOSE,)


def test_who_closes_the_connection_is_idle_then() -> None:
    assert all(a.goes_to == (State.IDLE,) for a in ACTIONS.values() if a.close)
