"""An errand among difficulties: a destination that refuses, breaks off, or takes little."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from appliance import clock
from appliance.archive.criteria import Criterion, Found, Level
from appliance.dicom.dimse import Command, Element
from appliance.network.errors import AssociationFailed
from appliance.network.services import Answer, Caller
from appliance.network.settings import Outgoing, Throttle
from appliance.nodes.model import Node
from appliance.query.errand import Errand
from appliance.query.sending import Packer
from appliance.query.tally import Tally
from appliance.transfers.sender import Context, Line
from storage.memory import MemoryStore

NODE = Node("pacs", "PACS", "127.0.0.1", 104, batch_size=3)
CT, EXPLICIT, JPEG = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.70"


@dataclass
class Rows:
    """An index with so many instances."""

    syntaxes: Sequence[str]
    gone: frozenset[int] = frozenset()

    async def matching(
        self, level: Level, criteria: Sequence[Criterion], *, before: int | None, limit: int
    ) -> list[int]:
        raise NotImplementedError

    async def found(self, level: Level, rows: Sequence[int], sums: frozenset[str]) -> list[Found]:
        return [self._one(row) for row in rows if row not in self.gone]

    def _one(self, row: int) -> Found:
        names = {"sha256": f"{row:064}", "sop_class_uid": CT, "sop_instance_uid": f"1.{row}"}
        return Found(row, {**names, "transfer_syntax_uid": self.syntaxes[row]})

    async def contexts(self, rows: Sequence[int]) -> list[tuple[str, str]]:
        return [(CT, one) for one in sorted({self.syntaxes[row] for row in rows})]


@dataclass
class Destination:
    """Takes what its script says: a status, or the kind of a failure."""

    script: list[int | str] = field(default_factory=list)
    accepts: Sequence[str] = (EXPLICIT,)
    refusal: str = ""
    associations: list[list[Context]] = field(default_factory=list)
    stored: list[Outgoing] = field(default_factory=list)

    @asynccontextmanager
    async def connect(
        self, node: Node, contexts: Sequence[Context], throttle: Throttle | None
    ) -> AsyncIterator[Line]:
        self.associations.append(list(contexts))
        if self.refusal:
            raise AssociationFailed("refused_connection", self.refusal)
        yield self

    def accepted(self, context: Context) -> bool:
        return context in self.associations[-1] and context[1] in self.accepts

    async def store(self, outgoing: Outgoing) -> Answer:
        said = self.script.pop(0) if self.script else 0
        if isinstance(said, str):
            raise AssociationFailed("broken", said)
        self.stored.append(outgoing)
        return Answer(said)


class Dialogue:
    """A caller that may cancel after so many looks."""

    caller = Caller("ASKER  ", "ARCA", "127.0.0.1", 5)
    command = Command({Element.MESSAGE_ID: b"\7\0"})

    def __init__(self, patience: int = 1000) -> None:
        self._patience = patience

    def cancelled(self) -> bool:
        self._patience -= 1
        return self._patience < 0


async def _run(
    rows: Rows, destination: Destination, node: Node = NODE, patience: int = 1000
) -> Tally:
    numbers = range(len(rows.syntaxes))
    tally = Tally(len(numbers))
    packer = Packer(MemoryStore(clock.now), None)
    errand = Errand(Dialogue(patience), node, tally, packer, destination)  # type: ignore[arg-type]
    await errand.run(rows, numbers)
    return tally


async def test_everything_goes_with_its_originator_in_associations_of_their_size() -> None:
    destination = Destination()
    tally = await _run(Rows([EXPLICIT] * 7), destination)
    assert (tally.completed, tally.remaining) == (7, 0)
    assert len(destination.associations) == 3
    assert {one.move_originator for one in destination.stored} == {("ASKER", 7)}


async def test_nobody_there() -> None:
    tally = await _run(Rows([EXPLICIT] * 3), Destination(refusal="nobody listens at port 104"))
    assert (tally.failed, tally.words) == (3, "nobody listens at port 104")
    assert tally.status() == 0xA702


async def test_an_object_that_breaks_the_association_is_left_behind() -> None:
    destination = Destination([0, "cut off", 0, 0])
    tally = await _run(Rows([EXPLICIT] * 4), destination)
    assert (tally.completed, tally.failed_uids) == (3, ["1.1"])
    assert len(destination.associations) == 2


async def test_one_that_always_breaks_off_is_given_up() -> None:
    destination = Destination(["cut off"] * 9)
    tally = await _run(Rows([EXPLICIT] * 5), destination)
    assert (tally.failed, tally.remaining) == (5, 0)
    assert len(destination.associations) == 1


async def test_what_it_does_not_take_is_counted_with_words() -> None:
    tally = await _run(Rows([JPEG, EXPLICIT]), Destination())
    assert (tally.completed, tally.failed_uids) == (1, ["1.0"])
    assert JPEG in tally.words
    only_jpeg = replace(NODE, transfer_syntaxes=(JPEG,))
    tally = await _run(Rows([JPEG, EXPLICIT]), Destination(accepts=(JPEG, EXPLICIT)), only_jpeg)
    assert (tally.completed, tally.failed_uids) == (1, ["1.1"])


async def test_what_was_let_go_meanwhile() -> None:
    tally = await _run(Rows([EXPLICIT] * 3, frozenset({1})), Destination())
    assert (tally.completed, tally.failed, tally.remaining) == (2, 1, 0)


@pytest.mark.parametrize("patience", [0, 1, 3])
async def test_a_cancel_is_heard_between_two_objects(patience: int) -> None:
    tally = await _run(Rows([EXPLICIT] * 5), Destination(), patience=patience)
    assert 0 < tally.remaining == 5 - tally.completed


async def test_a_node_with_little_bandwidth_is_sent_to_slowly() -> None:
    tally = await _run(Rows([EXPLICIT]), Destination(), replace(NODE, bandwidth=1000))
    assert tally.completed == 1
