"""C-GET (PS3.4 §C.4.3): objects go over the association that asks for them."""

from __future__ import annotations

from contextlib import aclosing

import trio

from appliance.dicom import statuses
from appliance.dicom.dimse import Operation
from appliance.errors import PeerError
from appliance.network.ending import Ended
from appliance.network.services import Dialogue, Provider
from appliance.query.ending import finish
from appliance.query.model import MODELS, Refused, Settings, negotiate_retrieve
from appliance.query.sending import Packer, Unsendable
from appliance.query.tally import Tally
from appliance.query.targets import Index, Parcel, asked_for, parcels
from storage.errors import StoreError

_INTERVAL = 1.0  # seconds between two pending responses


class Get:
    """Sends what is asked for to whoever asks."""

    def __init__(self, index: Index, packer: Packer, settings: Settings) -> None:
        self._index = index
        self._packer = packer
        self._settings = settings

    @property
    def provider(self) -> Provider:
        classes = frozenset(model.get for model in MODELS)
        operations = frozenset({int(Operation.C_GET)})
        return Provider("get", classes, operations, self.handle, negotiate_retrieve)

    async def handle(self, dialogue: Dialogue) -> None:
        """Answer one C-GET-RQ."""
        try:
            rows = await asked_for(dialogue, self._index, self._settings)
        except Refused as refusal:
            words, offending = str(refusal), refusal.offending
            await dialogue.answer(refusal.status, words, offending_element=offending)
            return
        tally, told = Tally(len(rows)), trio.current_time()
        async with aclosing(parcels(self._index, rows)) as stream:
            async for parcel in stream:
                if dialogue.cancelled():
                    break
                await self._one(dialogue, parcel, tally)
                if trio.current_time() - told >= _INTERVAL:
                    await dialogue.answer(statuses.PENDING, values=tally.counts())
                    told = trio.current_time()
        await finish(dialogue, tally)

    async def _one(self, dialogue: Dialogue, parcel: Parcel | None, tally: Tally) -> None:
        if parcel is None:
            tally.lost(1)
            return
        uid = parcel.sop_instance_uid
        try:
            async with self._packer.packed(parcel, dialogue.takes) as outgoing:
                tally.answered(uid, await dialogue.store(outgoing))
        except Unsendable as error:
            tally.fail(uid, f"{error}; propose it, with the SCP role")
        except StoreError as error:
            # Half of it is sent, and nothing in DICOM takes that back.
            raise Ended("aborted", f"our copy of {uid} cannot be read: {error}") from error
        except PeerError as error:
            tally.fail(uid, str(error))
