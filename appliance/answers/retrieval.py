"""Other archives: what they have, and bringing it here."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import get_args

from appliance.archive.service import Archive
from appliance.dicom.uids import well_formed
from appliance.errors import BadRequest
from appliance.nodes.service import Nodes as Registry
from appliance.retrieval.model import Found, Method, Step, Wanted
from appliance.retrieval.service import Retrieval as Room
from web.forms import QueryForm
from web.services.retrieval import RemoteStudy, RetrievalStep

_MOST = 10_000


@dataclass(frozen=True)
class Retrieval:
    """See `web.services.retrieval.Retrieval`."""

    registry: Registry
    room: Room
    archive: Archive

    async def find(self, node: str, form: QueryForm) -> list[RemoteStudy]:
        limit = min(max(form.limit, 1), _MOST)
        known = self.registry.known(node)
        return [await self._study(one) for one in await self.room.find(known, _wanted(form), limit)]

    async def retrieve(
        self, node: str, studies: tuple[str, ...], method: str
    ) -> AsyncGenerator[RetrievalStep, None]:
        known = self.registry.known(node)
        chosen: Method | None = next((one for one in get_args(Method) if one == method), None)
        if chosen is None:
            raise BadRequest(f"method '{method}': there are {', '.join(get_args(Method))}")
        for uid in studies:
            if not well_formed(uid):
                raise BadRequest(f"'{uid[:70]}' is no Study Instance UID")
        async with self.room.retrieving(known, studies, chosen) as steps:
            async for step in steps:
                yield _step(step)

    async def _study(self, one: Found) -> RemoteStudy:
        known = await self.archive.study(one.study_uid)
        return RemoteStudy(
            one.study_uid,
            one.patient_id,
            one.patient_name,
            one.study_date,
            one.accession_number,
            one.description,
            one.modalities,
            one.instances,
            known.study.instances if known else 0,
        )


def _wanted(form: QueryForm) -> Wanted:
    plain = {name: getattr(form, name) for name in Wanted.__slots__ if name != "others"}
    others: dict[str, str] = {}
    for one in form.others:
        name, equals, value = one.partition("=")
        if not equals:
            raise BadRequest(f"'{one}': write Keyword=value")
        others[name.strip()] = value.strip()
    return Wanted(**plain, others=others)


def _step(step: Step) -> RetrievalStep:
    counts, result = step.counts, step.result
    if result is None:
        return RetrievalStep(step.study_uid, counts.remaining, counts.completed, counts.failed)
    return RetrievalStep(
        step.study_uid,
        state=result.state,
        expected=result.expected,
        here=result.here,
        missing=result.missing,
        words=result.words,
    )
