"""Modalities tell what they do: N-CREATE, N-SET and N-GET of MPPS (PS3.4 Annex F.7, F.8).

A step is durable before it is answered, and the items it is about follow in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import trio
from pydicom.dataset import Dataset

from appliance import clock
from appliance.database.door import Database
from appliance.database.failures import failures
from appliance.dicom import statuses
from appliance.dicom.dataset import DatasetError, decode, encode
from appliance.dicom.dimse import Element, Operation
from appliance.dicom.negotiation import EXPLICIT_LITTLE_ENDIAN
from appliance.dicom.uids import stand_in, well_formed
from appliance.errors import BadRequest
from appliance.journal.service import Journal
from appliance.network.services import Dialogue, Provider
from appliance.worklist import performed, steps
from appliance.worklist.performed import MPPS, MPPS_RETRIEVE, Performed, Refusal
from appliance.worklist.steps import Begun

_OPERATIONS = frozenset({Operation.N_CREATE, Operation.N_SET, Operation.N_GET})


class Performing:
    """Keeps performed procedure steps."""

    def __init__(self, database: Database, journal: Journal, now: clock.Clock = clock.now) -> None:
        self._database = database
        self._journal = journal
        self._now = now
        self._turn = trio.Lock()  # an N-SET reads what it changes

    @property
    def provider(self) -> Provider:
        return Provider("mpps", frozenset({MPPS, MPPS_RETRIEVE}), _OPERATIONS, self._handle)

    async def _handle(self, dialogue: Dialogue) -> None:
        kind = {
            Operation.N_CREATE: self._create,
            Operation.N_SET: self._set,
            Operation.N_GET: self._get,
        }[Operation(dialogue.command.field)]
        try:
            await kind(dialogue)
        except Refusal as refusal:
            values = {Element.ERROR_ID: refusal.error_id} if refusal.error_id else {}
            await dialogue.answer(
                refusal.status, str(refusal), offending_element=refusal.tags, values=values
            )
        except (DatasetError, BadRequest) as error:
            await dialogue.answer(statuses.PROCESSING_FAILURE, str(error))

    async def _create(self, dialogue: Dialogue) -> None:
        uid = _affected(dialogue)
        async with self._turn:
            begun = await trio.to_thread.run_sync(_begun, dialogue, uid)
            followed = await self._kept(begun)
        if followed is None:
            raise Refusal(statuses.DUPLICATE_INSTANCE, "There is a step of that UID already")
        if not followed:
            self._note_unscheduled(begun)
        given = dialogue.command.name(Element.AFFECTED_SOP_INSTANCE_UID)
        made = {} if given else {Element.AFFECTED_SOP_INSTANCE_UID: uid}
        await dialogue.answer(statuses.SUCCESS, values=made)

    def _note_unscheduled(self, begun: Begun) -> None:
        self._journal.note(
            "worklist.unscheduled",
            f"{begun.ae_title} began something that no item of the worklist stands for",
            subject=begun.links[0].study_uid,
            details={"step": begun.uid},
        )

    async def _set(self, dialogue: Dialogue) -> None:
        uid = dialogue.command.name(Element.REQUESTED_SOP_INSTANCE_UID)
        async with self._turn:
            before = await self._known(uid)
            after = await trio.to_thread.run_sync(_changed, dialogue, before)
            await self._replace(uid, after)
        await dialogue.answer(statuses.SUCCESS)

    async def _get(self, dialogue: Dialogue) -> None:
        one = await self._known(dialogue.command.name(Element.REQUESTED_SOP_INSTANCE_UID))
        raw = dialogue.command.elements.get(Element.ATTRIBUTE_IDENTIFIER_LIST, b"")
        wanted = _tags(raw)
        whole = decode(one.raw, EXPLICIT_LITTLE_ENDIAN)
        some = Dataset()
        some.update({e.tag: e for e in whole if not wanted or e.tag in wanted})
        some.SpecificCharacterSet = whole.SpecificCharacterSet
        data = encode(some, dialogue.context.transfer_syntax)
        await dialogue.answer(statuses.SUCCESS, dataset=data)

    async def _known(self, uid: str) -> Performed:
        with _in_words():
            found = await self._database.read(steps.get, uid)
        if found is None:
            raise Refusal(statuses.NO_SUCH_INSTANCE, "No step of that UID is known here")
        return found

    async def _kept(self, begun: Begun) -> int | None:
        with _in_words():
            return await self._database.run(steps.create, begun, self._now())

    async def _replace(self, uid: str, after: Dataset) -> None:
        state = performed.state_of(after)
        becomes, links = performed.item_state(state), performed.links(after)
        raw = encode(after, EXPLICIT_LITTLE_ENDIAN)
        with _in_words():
            await self._database.run(steps.change, uid, state, becomes, links, raw, self._now())


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except failures() as error:
        words = "It cannot be kept now: the database does not answer"
        raise Refusal(statuses.PROCESSING_FAILURE, words) from error


def _affected(dialogue: Dialogue) -> str:
    given = dialogue.command.name(Element.AFFECTED_SOP_INSTANCE_UID)
    if given and not well_formed(given):
        raise Refusal(statuses.INVALID_INSTANCE, "The SOP Instance UID is no UID")
    return given or stand_in(clock.fresh_name())


def _begun(dialogue: Dialogue, uid: str) -> Begun:
    made = performed.created(decode(dialogue.dataset, dialogue.context.transfer_syntax))
    return Begun(
        uid,
        str(made.PerformedStationAETitle).strip() or dialogue.caller.calling_ae_title.strip(),
        tuple(performed.links(made)),
        encode(made, EXPLICIT_LITTLE_ENDIAN),
    )


def _changed(dialogue: Dialogue, before: Performed) -> Dataset:
    change = decode(dialogue.dataset, dialogue.context.transfer_syntax)
    return performed.changed(decode(before.raw, EXPLICIT_LITTLE_ENDIAN), change)


def _tags(raw: bytes) -> Sequence[int]:
    """A value of VR AT, little endian."""
    return [
        int.from_bytes(raw[at : at + 2], "little") << 16
        | int.from_bytes(raw[at + 2 : at + 4], "little")
        for at in range(0, len(raw) - 3, 4)
    ]
