"""What answers and failures make of a destination."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from appliance.nodes.model import Node
from appliance.nodes.window import Window
from appliance.transfers.classify import of_status
from appliance.transfers.destination import Destination
from appliance.transfers.model import ItemState, Leased, Standing, State

NOW = datetime(2024, 1, 15, 12, tzinfo=UTC)
NODE = Node("pacs", "PACS", "127.0.0.1", 104)
ITEM = Leased(1, 1, "a")


def _destination(standing: Standing = Standing("pacs")) -> Destination:  # noqa: B008
    return Destination(standing, NOW, lambda: 0.0)


def test_leave_to_send() -> None:
    destination = _destination()
    local = NOW.astimezone()
    open_now = Window(local.time(), (local + timedelta(hours=1)).time())
    shut = Window((local + timedelta(hours=1)).time(), (local + timedelta(hours=2)).time())
    assert destination.may_send(NODE, NOW)
    assert destination.may_send(replace(NODE, window=open_now), NOW)
    assert not destination.may_send(replace(NODE, window=shut), NOW)
    assert not destination.may_send(None, NOW)
    destination.paused = True
    assert not destination.may_send(NODE, NOW)


def test_trouble_is_told_once_and_its_end() -> None:
    destination = _destination()
    assert destination.down(NOW, "refused")
    assert not destination.down(NOW, "refused")
    assert destination.standing(NODE).trouble == "refused"
    assert destination.next_look(NODE, NOW) == NOW + timedelta(seconds=30)
    assert destination.up(NOW) == "refused"
    assert destination.up(NOW) == ""
    assert destination.next_look(NODE, NOW) is None


def test_a_parked_one() -> None:
    destination = _destination()
    assert destination.park(NOW, "rejected")
    assert not destination.park(NOW, "rejected")
    assert destination.standing(NODE).state is State.PARKED
    assert not destination.may_start(NOW)
    destination.forget()
    assert destination.may_start(NOW)
    assert destination.standing(NODE).state is State.WAITING


def test_it_is_still_parked_after_a_restart_but_tried_at_once() -> None:
    destination = _destination(Standing("pacs", parked="rejected"))
    assert destination.standing(NODE).state is State.PARKED
    assert destination.may_start(NOW)
    assert destination.up(NOW) == "rejected"
    assert destination.standing(NODE).state is State.WAITING


def test_a_removed_node_parks() -> None:
    assert "no node is called pacs" in _destination().standing(None).parked


def test_only_one_looks_through_an_open_circuit() -> None:
    destination = _destination()
    destination.down(NOW, "gone")
    later = NOW + timedelta(minutes=1)
    assert destination.may_start(later)
    assert destination.start()
    assert not destination.may_start(later)
    assert destination.is_open_for(probing=True)
    assert not destination.is_open_for(probing=False)
    destination.ended(probing=True)
    assert destination.may_start(later)


def test_an_object_that_breaks_associations_goes_behind_the_others() -> None:
    destination = _destination()
    destination.down(NOW, "aborted")
    result = destination.broken_off(replace(ITEM, tries=2), "aborted", NOW)
    assert result.next_try == NOW + timedelta(seconds=30 + 120)
    assert destination.next_look(NODE, NOW) == NOW + timedelta(seconds=30)
    assert destination.next_look(NODE, NOW + timedelta(seconds=31)) == NOW + timedelta(seconds=151)


def test_what_answers_make_of_items() -> None:
    destination = _destination()
    sent = destination.result(ITEM, of_status(0), 0, NOW)
    assert (sent.state, sent.words) == (ItemState.SENT, "")
    bad = destination.result(ITEM, of_status(0xA900), 0xA900, NOW)
    assert bad.state is ItemState.SET_ASIDE
    again = destination.result(ITEM, of_status(0x0110), 0x0110, NOW)
    assert again.next_try == NOW + timedelta(seconds=30)
    last = destination.result(replace(ITEM, tries=2), of_status(0x0110), 0x0110, NOW)
    assert last.state is ItemState.SET_ASIDE
    full = destination.result(replace(ITEM, tries=99), of_status(0xA700), 0xA700, NOW)
    assert full.state is ItemState.WAITING


def test_what_waited_for_the_destination_is_not_timed() -> None:
    destination = _destination()
    assert destination.in_time(NOW)
    assert not destination.in_time(NOW - timedelta(seconds=1))
    destination.down(NOW, "gone")
    destination.up(NOW + timedelta(minutes=1))
    assert not destination.in_time(NOW)
