"""The last response of a retrieval."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.dicom.dataset import decode
from appliance.dicom.dimse import Element
from appliance.dicom.negotiation import Context
from appliance.query.ending import finish
from appliance.query.tally import Tally
from tests.appliance.running import EXPLICIT


class Dialogue:
    """Remembers what it was told to answer."""

    context = Context(1, "1.2", EXPLICIT)

    async def answer(self, status: int, comment: str = "", **more: Any) -> None:
        self.status, self.comment, self.more = status, comment, more


@pytest.mark.parametrize(
    ("tally", "status", "listed"),
    [
        (Tally(0, completed=2), 0x0000, False),
        (Tally(0, completed=2, failed=1, failed_uids=["1.1"], words="why"), 0xB000, True),
        (Tally(0, failed=1, failed_uids=["1.1"], words="why"), 0xA702, True),
        (Tally(3, completed=1), 0xFE00, False),
    ],
)
async def test_statuses(tally: Tally, status: int, listed: bool) -> None:
    dialogue = Dialogue()
    await finish(dialogue, tally)  # type: ignore[arg-type]
    assert dialogue.status == status
    assert dialogue.comment == tally.words
    raw = dialogue.more["dataset"]
    assert bool(raw) == listed
    if listed:
        assert decode(raw, EXPLICIT).FailedSOPInstanceUIDList == "1.1"
    assert (Element.REMAINING_SUB_OPERATIONS in dialogue.more["values"]) == (status == 0xFE00)
