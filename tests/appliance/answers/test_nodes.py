"""Nodes with what is known of their queues."""

from __future__ import annotations

import pytest
import trio

from appliance.errors import BadRequest
from appliance.rooms import Rooms
from tests.appliance.running import until
from web.forms import NodeForm
from web.services.bundle import Services
from web.services.nodes import Node

EVERYTHING = NodeForm(
    "PACS",
    "PACS_AE",
    "127.0.0.1",
    11,
    calling_ae_title="ME",
    transfer_syntaxes=("1.2.840.10008.1.2.1",),
    max_associations=4,
    bandwidth=1 << 20,
    window="22:00-06:00",
)


async def test_every_field_comes_back_also_after_a_restart(
    services: Services, lived_in: Rooms
) -> None:
    made = await services.nodes.add(EVERYTHING)
    assert (made.calling_ae_title, made.transfer_syntaxes) == ("ME", ("1.2.840.10008.1.2.1",))
    assert (made.max_associations, made.bandwidth, made.window) == (4, 1 << 20, "22:00-06:00")
    await lived_in.nodes.load()
    assert await services.nodes.listed() == [made]


@pytest.mark.parametrize(
    "form",
    [
        NodeForm("PACS", "PACS", "127.0.0.1", 0),
        NodeForm("PACS", "a\\b", "127.0.0.1", 104),
        NodeForm("", "PACS", "127.0.0.1", 104),
        NodeForm("PACS", "PACS", "127.0.0.1", 104, window="at night"),
    ],
)
async def test_nonsense_is_refused(services: Services, form: NodeForm) -> None:
    with pytest.raises(BadRequest):
        await services.nodes.add(form)
    assert await services.nodes.listed() == []


async def test_a_node_shows_what_waits_for_it_and_why(services: Services) -> None:
    await services.nodes.add(NodeForm("PACS", "PACS", "127.0.0.1", 11))
    await services.studies.send("1.2.3", "PACS", None)

    async def is_told() -> bool:
        return bool((await _the_node(services)).note)

    await until(is_told)
    node = await _the_node(services)
    assert (node.waiting, node.paused) == (3, False)
    [job] = await services.queue.jobs("PACS", None)
    assert job.last_error == node.note


async def _the_node(services: Services) -> Node:
    [node] = await services.nodes.listed()
    return node


async def test_a_caller_admitted_under_a_name(services: Services, lived_in: Rooms) -> None:
    with pytest.raises(BadRequest):
        await services.nodes.admit("MR2", None, "no / name \n")
    assert len(await services.nodes.pending()) == 1
    await services.nodes.admit("MR2", "10.0.0.8", "Scanner-2")
    assert [one.name for one in await services.nodes.listed()] == ["Scanner-2"]


async def test_the_association_of_a_transfer_is_listed_under_its_node(services: Services) -> None:
    with trio.fail_after(20):
        await services.nodes.add(NodeForm("PACS", "PACS", "127.0.0.1", 11))
        await services.nodes.echo("PACS")
    [one] = await services.nodes.associations("PACS")
    assert (one.direction, one.calling_ae_title, one.outcome) == ("out", "ARCA", "refused")
    assert (one.objects, one.bytes) == (0, 0)
