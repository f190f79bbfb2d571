"""Other archives: what they have, and bringing it here."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal, Protocol

from web.forms import QueryForm


@dataclass(frozen=True, slots=True)
class RemoteStudy:
    """A study that another archive says it has."""

    study_uid: str
    patient_id: str
    patient_name: str
    study_date: str  # as received
    accession_number: str
    description: str
    modalities: tuple[str, ...]
    instances: int | None  # as it says; None: it does not
    here: int  # instances of it that are here already


@dataclass(frozen=True, slots=True)
class RetrievalStep:
    """How far a study has come; with `state` it is the last one about that study."""

    study_uid: str
    remaining: int = 0
    completed: int = 0
    failed: int = 0
    state: Literal["", "complete", "partial", "nothing", "refused"] = ""
    expected: int | None = None
    here: int = 0
    missing: tuple[str, ...] = ()
    words: str = ""  # what happened and what to change; "" when all is well


class Retrieval(Protocol):
    """Query and retrieve."""

    async def find(self, node: str, form: QueryForm) -> list[RemoteStudy]:
        """Raises `UnknownName`, `BadRequest`, and `PeerError` in the words of a technician."""
        ...

    def retrieve(
        self, node: str, studies: tuple[str, ...], method: str
    ) -> AsyncGenerator[RetrievalStep, None]:
        """Bring studies, one after the other. Raises `UnknownName` and `BadRequest`."""
        ...
