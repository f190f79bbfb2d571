"""Transfers as the web shows them."""

from __future__ import annotations

from dataclasses import replace

from appliance.network.services import Answer
from appliance.rooms import Rooms
from tests.appliance.network.reception import receiving
from tests.appliance.running import until
from web.forms import NodeForm
from web.services.bundle import Services


async def _add(services: Services, name: str, port: int) -> None:
    await services.nodes.add(NodeForm(name, name, "127.0.0.1", port))


async def _is_done(services: Services) -> bool:
    return {one.state for one in await services.queue.jobs(None, None)} == {"done"}


async def test_a_transfer_from_its_order_to_its_end(services: Services) -> None:
    async with receiving() as pacs:
        await _add(services, "PACS", pacs.port)
        await services.queue.pause("PACS")
        ordered = await services.studies.send("1.2.3", "PACS", None)
        assert (ordered.state, ordered.instances, ordered.sent) == ("paused", 3, 0)
        assert (ordered.rule, ordered.attempts, ordered.last_error) == ("", 0, "")
        await services.queue.resume("PACS")
        await until(lambda: _is_done(services))
    [done] = await services.queue.jobs(None, "done")
    assert (done.id, done.sent, done.attempts, done.next_try) == (ordered.id, 3, 1, None)
    assert done.created == ordered.created
    assert len(pacs.rooms.stored) == 3


async def test_a_destination_that_is_down_is_told_of(services: Services, lived_in: Rooms) -> None:
    await _add(services, "PACS", 11)
    await services.studies.send("1.2.3", "PACS", None)

    async def has_failed() -> bool:
        [job] = await services.queue.jobs("PACS", None)
        return job.state == "backing-off" and bool(job.last_error)

    await until(has_failed)
    [waits] = await services.queue.jobs(None, "backing-off")
    assert waits.next_try is not None
    assert (waits.sent, waits.instances) == (0, 3)
    async with receiving() as pacs:
        [node] = lived_in.nodes.list()
        await lived_in.nodes.change(replace(node, port=pacs.port))
        await services.queue.retry(waits.id)
        await until(lambda: _is_done(services))
    assert len(pacs.rooms.stored) == 3


async def test_what_a_destination_refuses_is_set_aside_until_somebody_retries(
    services: Services,
) -> None:
    async with receiving() as pacs:
        await _add(services, "PACS", pacs.port)
        pacs.rooms.answer = Answer(0xC001, "no such patient")
        job = await services.studies.send("1.2.4", "PACS", None)

        async def is_failed() -> bool:
            return [one.state for one in await services.queue.jobs("PACS", None)] == ["failed"]

        await until(is_failed)
        [failed] = await services.queue.jobs(None, "failed")
        assert "C001" in failed.last_error
        assert (await services.overview.status()).set_aside == 1
        pacs.rooms.answer = Answer(0)
        assert await services.queue.retry(job.id) == 1
        await until(lambda: _is_done(services))
    assert (await services.overview.status()).set_aside == 0
