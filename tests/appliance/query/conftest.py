"""An appliance with a few studies in it, and somebody who asks."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydicom.dataset import Dataset

from appliance.config import Config
from appliance.dicom.dimse import Element, Operation
from appliance.dicom.items import ExtendedNegotiation, RoleSelection
from appliance.network.inquiry import Response
from appliance.network.outgoing import OutgoingAssociation
from appliance.network.requestor import associate
from appliance.network.settings import Remote
from appliance.query.model import STUDY_ROOT, Model
from tests.appliance.network.reception import Rooms as Receiver
from tests.appliance.running import EXPLICIT, Operator, Picture, picture, send, serving, until

CT = "1.2.840.10008.5.1.4.1.1.2"
JANE = {"PatientID": "P1", "PatientName": "Doe^Jane", "AccessionNumber": "A1"}
YAMADA = {
    "PatientID": "P2",
    "PatientName": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "SpecificCharacterSet": "ISO_IR 192",
    "StudyDate": "20260228",
    "StudyTime": "101500",
    "AccessionNumber": "A2",
    "StudyDescription": "Kopf",
}
PICTURES = (
    picture("1.2.3.1.1", **JANE, SeriesInstanceUID="1.2.3.1", InstanceNumber=1),
    picture("1.2.3.1.2", **JANE, SeriesInstanceUID="1.2.3.1", InstanceNumber=2),
    picture("1.2.3.2.1", **JANE, SeriesInstanceUID="1.2.3.2", Modality="PT"),
    picture("1.2.4.1.1", "1.2.4", **YAMADA, SeriesInstanceUID="1.2.4.1"),
)


def question(level: str, **keys: Any) -> Dataset:
    """An identifier; its keys by keyword."""
    made = Dataset()
    made.QueryRetrieveLevel = level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # wildcards and nonsense
        for keyword, value in keys.items():
            setattr(made, keyword, value)
    return made


@dataclass
class Asker:
    """Asks a running appliance."""

    config: Config
    port: int
    kept: Receiver = field(default_factory=Receiver)

    @property
    def operator(self) -> Operator:
        return Operator(self.config)

    async def introduced(self) -> None:
        """Be a node: unknown callers may not ask."""
        await self.operator.node("ASKER", 104)

    async def instances(self) -> int:
        return sum(one["instances"] for one in await self.operator.get("/studies"))

    async def find(
        self, asked: Dataset, model: Model = STUDY_ROOT, *, wish: bytes = b"", cancel_after: int = 0
    ) -> list[Response]:
        """All responses, the final one last."""
        extended = [ExtendedNegotiation(model.find, wish)] if wish else []
        async with self._association(model.find, extended=extended) as association:
            inquiry = await association.ask(
                model.find, Operation.C_FIND, {Element.PRIORITY: 0}, asked
            )
            found: list[Response] = [await inquiry.next()]
            while found[-1].pending:
                if len(found) == cancel_after:
                    await inquiry.cancel()
                found.append(await inquiry.next())
            return found

    async def move(
        self, asked: Dataset, destination: str, model: Model = STUDY_ROOT
    ) -> list[Response]:
        async with self._association(model.move) as association:
            values: Mapping[Element, int | str] = {
                Element.PRIORITY: 0,
                Element.MOVE_DESTINATION: destination,
            }
            inquiry = await association.ask(model.move, Operation.C_MOVE, values, asked)
            found = [await inquiry.next()]
            while found[-1].pending:
                found.append(await inquiry.next())
            return found

    async def get(
        self, asked: Dataset, model: Model = STUDY_ROOT, syntaxes: Sequence[str] = (EXPLICIT,)
    ) -> list[Response]:
        roles = (RoleSelection(CT, scu=False, scp=True),)
        contexts = [(CT, (one,)) for one in syntaxes]
        async with self._association(model.get, *contexts, roles=roles) as association:
            association.fetching(self.kept.store)
            inquiry = await association.ask(
                model.get, Operation.C_GET, {Element.PRIORITY: 0}, asked
            )
            found = [await inquiry.next()]
            while found[-1].pending:
                found.append(await inquiry.next())
            return found

    def _association(self, sop_class: str, *contexts: Any, **more: Any) -> Any:
        remote = Remote("ARCA", "127.0.0.1", self.port, "ASKER")
        return associate(remote, [(sop_class, (EXPLICIT,)), *contexts], **more)


def statuses_of(found: Sequence[Response]) -> list[int]:
    return [one.answer.status for one in found]


def values_of(found: Sequence[Response], keyword: str) -> list[str]:
    return [str(one.dataset.get(keyword, "")) for one in found[:-1]]


async def fill(asker: Asker, pictures: Sequence[Picture]) -> None:
    """Store pictures and wait for the index."""
    before = await asker.instances()
    assert await send(asker.port, pictures) == [0] * len(pictures)

    async def indexed() -> bool:
        return await asker.instances() == before + len(pictures)

    await until(indexed)


@pytest.fixture
async def empty(config: Config) -> AsyncIterator[Asker]:
    async with serving(config) as port:
        asker = Asker(config, port)
        await asker.introduced()
        yield asker


@pytest.fixture
async def asker(empty: Asker) -> Asker:
    await fill(empty, PICTURES)
    return empty


__all__ = ["Asker", "OutgoingAssociation", "question", "statuses_of", "values_of"]
