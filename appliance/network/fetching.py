"""Takes the objects that come over an association of ours while a C-GET goes on."""

from __future__ import annotations

from collections.abc import Callable

import trio

from appliance.dicom import dimse
from appliance.dicom.dimse import Element, Operation
from appliance.dicom.events import CommandReceived
from appliance.network.call import Call
from appliance.network.services import Answer, Caller, StoreRequest, StoreSink
from appliance.network.settings import Remote


class Fetching:
    """See `OutgoingAssociation.serve`."""

    def __init__(
        self, call: Call, remote: Remote, store: Callable[[StoreRequest], StoreSink]
    ) -> None:
        """`store` and the sinks it makes are used in worker threads."""
        self.statuses: list[int] = []  # what each object was answered, in order
        self._call = call
        self._remote = remote
        self._store = store

    async def __call__(self, event: CommandReceived) -> None:
        """Keep the object that `event` announces; decline anything else."""
        if event.command.field != Operation.C_STORE or not event.command.has_data:
            await self._call.decline(event)
            return
        answer = await self._keep(event)
        self.statuses.append(answer.status)
        raw = dimse.response(event.command, answer.status, answer.comment, answer.offending_element)
        self._call.association.command(event.context_id, raw)
        await self._call.flush()

    async def _keep(self, event: CommandReceived) -> Answer:
        sink = await trio.to_thread.run_sync(self._store, self._request(event))
        try:
            last = False
            while not last:
                part = await self._call.fragments()
                last = part.last
                await trio.to_thread.run_sync(sink.write, part.fragments)
            return await trio.to_thread.run_sync(sink.finish)
        except BaseException:
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(sink.discard)
            raise

    def _request(self, event: CommandReceived) -> StoreRequest:
        command, remote = event.command, self._remote
        context = self._call.association.contexts[event.context_id]
        return StoreRequest(
            caller=Caller(remote.ae_title, remote.calling_ae_title, remote.host, remote.port),
            affected_sop_class_uid=command.name(Element.AFFECTED_SOP_CLASS_UID),
            affected_sop_instance_uid=command.name(Element.AFFECTED_SOP_INSTANCE_UID),
            transfer_syntax_uid=context.transfer_syntax,
        )
