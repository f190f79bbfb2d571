"""The transfers."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.answers.nodes import Nodes
from appliance.transfers.model import Transfer
from appliance.transfers.service import Transfers
from web.services.nodes import Node
from web.services.queue import Job


@dataclass(frozen=True)
class Queue:
    """See `web.services.queue.Queue`."""

    transfers: Transfers
    nodes: Nodes

    async def jobs(self, destination: str | None, state: str | None) -> list[Job]:
        found = await self.transfers.queue(destination=destination or "")
        return [job_of(one) for one in found if state in (None, one.state.value)]

    async def retry(self, job: int | None) -> int:
        return await self.transfers.retry(job)

    async def pause(self, node: str) -> Node:
        await self.transfers.pause(node)
        return await self.nodes.one(node)

    async def resume(self, node: str) -> Node:
        await self.transfers.resume(node)
        return await self.nodes.one(node)


def job_of(one: Transfer) -> Job:
    return Job(
        id=one.id,
        destination=one.destination,
        state=one.state.value,
        study_uid=one.study_uid,
        rule=one.rule,
        priority=one.priority,
        instances=one.instances,
        sent=one.sent,
        attempts=one.attempts,
        next_try=one.next_try,
        last_error=one.last_error,
        created=one.created,
        verified=one.verified,
    )
