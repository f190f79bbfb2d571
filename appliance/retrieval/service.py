"""Looks into other archives, and brings studies from there."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Mapping,
    Sequence,
    Set,
)
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import trio
from pydicom.dataset import Dataset

from appliance import clock
from appliance.dicom.dataset import DatasetError
from appliance.dicom.items import RoleSelection
from appliance.dicom.negotiation import Proposal
from appliance.errors import BadRequest
from appliance.network.errors import AssociationFailed
from appliance.network.outgoing import OutgoingAssociation
from appliance.network.requestor import associate
from appliance.network.services import AssociationReport, StoreRequest, StoreSink
from appliance.network.settings import Remote, RequestorSettings
from appliance.nodes.model import Node
from appliance.retrieval import asking, fetching, model
from appliance.retrieval.asking import Refused
from appliance.retrieval.fetching import UNCOMPRESSED, Progress
from appliance.retrieval.model import (
    FIND,
    GET,
    MOVE,
    Counts,
    Found,
    Method,
    Result,
    Step,
    Wanted,
)

# Between two answers about sub-operations an archive may be silent for long: it reads tapes.
_PATIENCE = 600.0
# What an archive sends on other associations may come a little after its last word.
_STRAGGLERS = 10.0
_LOOK = 0.25
# Ends of an association after which the rest is asked for again.
_CUT = frozenset({"aborted", "broken", "protocol", "timeout"})

_QUESTION: Proposal = (FIND, UNCOMPRESSED)


@dataclass(frozen=True, slots=True)
class Ourselves:
    """What retrieval needs of the rest of the appliance."""

    ae_title: str  # under which other archives know us
    remote: Callable[[Node], Remote]
    store: Callable[[StoreRequest], StoreSink]
    held: Callable[[str], Awaitable[Set[str]]]  # SOP Instance UIDs of a study that are here
    ended: Callable[[AssociationReport], None]


class Retrieval:
    """Everything raises AssociationFailed, whose text says what to change where."""

    def __init__(self, ourselves: Ourselves) -> None:
        self._ourselves = ourselves
        self._busy: dict[str, trio.Lock] = {}  # one study at a time from each archive

    async def find(self, node: Node, wanted: Wanted, limit: int = 1000) -> list[Found]:
        """Studies that the node has. Raises BadRequest for what cannot be asked."""
        model.identifier(wanted)
        async with self._association(node, [_QUESTION]) as association:
            try:
                today = clock.local(clock.now()).date()
                return await asking.studies(association, wanted, limit, today)
            except Refused as error:
                raise BadRequest(f"{node.name}: {error}") from error

    @trio.as_safe_channel
    async def retrieving(
        self, node: Node, studies: Sequence[str], method: Method
    ) -> AsyncGenerator[Step, None]:
        """Bring studies one after the other.

        `async with retrieval.retrieving(…) as steps: async for step in steps: …`; leaving the
        block breaks off what is under way, and keeps what has come.
        """
        for study_uid in dict.fromkeys(studies):
            send, receive = trio.open_memory_channel[Step](1)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._step_by_step, send, node, study_uid, method)
                async with receive:
                    async for step in receive:
                        yield step

    async def _step_by_step(
        self, send: trio.MemorySendChannel[Step], node: Node, study_uid: str, method: Method
    ) -> None:
        def progress(counts: Counts) -> None:
            with suppress(trio.WouldBlock):  # who does not look need not see each of them
                send.send_nowait(Step(study_uid, counts))

        async with send:
            result = await self.retrieve(node, study_uid, method, progress)
            await send.send(Step(study_uid, result=result))

    async def retrieve(
        self, node: Node, study_uid: str, method: Method, progress: Progress
    ) -> Result:
        """Bring one study here; what is missing then is asked for once more.

        Never raises for what the node does: that is the result.
        """
        async with self._busy.setdefault(node.name, trio.Lock()):
            try:
                return await self._retrieve(node, study_uid, method, progress)
            except AssociationFailed as error:
                here = await self._ourselves.held(study_uid)
                state: model.State = "partial" if here else "refused"
                return Result(study_uid, state, None, len(here), words=str(error))

    async def _retrieve(
        self, node: Node, study_uid: str, method: Method, progress: Progress
    ) -> Result:
        expected, announced = await self._contents(node, study_uid)
        if not expected and announced == 0:
            words = "it has no such study, or does not let us see it"
            return Result(study_uid, "nothing", 0, 0, words=words)
        here, said = await self._ourselves.held(study_uid), ""
        for attempt in (1, 2):
            orders = _orders(study_uid, expected, announced, here, first=attempt == 1)
            if not orders:
                break
            classes = {sop_class for _, sop_class in expected.values() if sop_class}
            said, patience = await self._attempt(node, orders, classes, method, progress)
            here = await self._landed(study_uid, set(expected), announced, patience)
        return model.judge(study_uid, set(expected), announced, here, said)

    async def _contents(
        self, node: Node, study_uid: str
    ) -> tuple[Mapping[str, tuple[str, str]], int | None]:
        """What the node has of a study: its instances, where it tells, and how many it counts."""
        try:
            async with self._association(node, [_QUESTION]) as association:
                return await _told(association, study_uid)
        except DatasetError:  # what cannot be read tells nothing
            return {}, None
        except AssociationFailed as error:
            if error.kind != "no_context":
                raise
            return {}, None  # it answers no queries, and may send nevertheless

    async def _attempt(
        self,
        node: Node,
        orders: Sequence[Dataset],
        classes: Set[str],
        method: Method,
        progress: Progress,
    ) -> tuple[str, float]:
        """What the node complains of, and for how many seconds more may come.

        Raises AssociationFailed when it was not even asked.
        """
        try:
            said, moved = await self._fetch(node, orders, classes, method, progress)
        except AssociationFailed as error:
            if error.kind not in _CUT:
                raise
            return str(error), _STRAGGLERS
        return said, _STRAGGLERS if moved else 0.0

    async def _fetch(
        self,
        node: Node,
        orders: Sequence[Dataset],
        classes: Set[str],
        method: Method,
        progress: Progress,
    ) -> tuple[str, bool]:
        """What the node complains of, and whether it sends on associations of its own."""
        if method != "move":
            try:
                said = await self._get(node, orders, classes, method, progress)
            except AssociationFailed as error:
                if method == "get" or error.kind != "no_context":
                    raise
                said = None
            if said is not None:
                return said, False
        async with self._association(node, [(MOVE, UNCOMPRESSED)]) as association:
            title = self._ourselves.ae_title
            return await fetching.move(association, orders, title, progress), True

    async def _get(
        self,
        node: Node,
        orders: Sequence[Dataset],
        classes: Set[str],
        method: Method,
        progress: Progress,
    ) -> str | None:
        """As `_fetch`; None when the node does not offer C-GET and need not."""
        contexts, roles = fetching.proposal(classes or fetching.USUAL_CLASSES)
        offer = [(GET, UNCOMPRESSED), *contexts]
        async with self._association(node, offer, roles) as association:
            offered = any(association.accepted(GET, syntax) for syntax in UNCOMPRESSED)
            if method == "auto" and not offered:
                return None
            association.fetching(self._ourselves.store)
            return await fetching.get(association, orders, progress)

    async def _landed(
        self, study_uid: str, expected: Set[str], announced: int | None, patience: float
    ) -> Set[str]:
        """What is here, once nothing more seems to come."""
        here = await self._ourselves.held(study_uid)
        until = trio.current_time() + patience
        while not model.all_here(expected, announced, here) and trio.current_time() < until:
            await trio.sleep(_LOOK)
            now = await self._ourselves.held(study_uid)
            if len(now) > len(here):
                until = trio.current_time() + patience
            here = now
        return here

    @asynccontextmanager
    async def _association(
        self, node: Node, contexts: Sequence[Proposal], roles: Sequence[RoleSelection] = ()
    ) -> AsyncIterator[OutgoingAssociation]:
        settings = RequestorSettings(
            connect_timeout=node.connect_seconds,
            response_timeout=max(node.answer_seconds, _PATIENCE),
        )
        remote = self._ourselves.remote(node)
        async with associate(
            remote, contexts, settings, ended=self._ourselves.ended, roles=roles
        ) as association:
            yield association


async def _told(
    association: OutgoingAssociation, study_uid: str
) -> tuple[Mapping[str, tuple[str, str]], int | None]:
    today = clock.local(clock.now()).date()
    try:
        known = await asking.studies(association, Wanted(study_uid=study_uid), 2, today)
    except Refused:
        return {}, None
    match = next((one for one in known if one.study_uid == study_uid), None)
    if match is None:
        return {}, 0
    try:
        return await asking.instances(association, study_uid), match.instances
    except Refused:  # it answers about studies only
        return {}, match.instances


def _orders(
    study_uid: str,
    expected: Mapping[str, tuple[str, str]],
    announced: int | None,
    here: Set[str],
    *,
    first: bool,
) -> list[Dataset]:
    """What to ask for: the whole study, or what is missing of it; nothing when all is here.

    A whole study is asked for again only where the archive counts more than came and names none.
    """
    if model.all_here(set(expected), announced, here):
        return []
    missing = {uid: of for uid, of in expected.items() if uid not in here}
    named = len(expected) >= (announced or 0)
    if first:
        return _named(study_uid, missing if here and named else {})
    if not missing and (expected or announced is None):
        return []
    return _named(study_uid, missing)


def _named(study_uid: str, missing: Mapping[str, tuple[str, str]]) -> list[Dataset]:
    """The whole study; or, series by series, the instances that are missing."""
    if not missing:
        return [model.order(study_uid)]
    series: dict[str, list[str]] = {}
    for uid, (series_uid, _) in missing.items():
        series.setdefault(series_uid, []).append(uid)
    return [
        model.order(study_uid, series_uid, uids[at : at + 500])
        for series_uid, uids in series.items()
        for at in range(0, len(uids), 500)
    ]
