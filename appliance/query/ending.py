"""The last response of a C-MOVE or C-GET."""

from __future__ import annotations

from appliance.dicom import statuses
from appliance.dicom.dataset import encode
from appliance.network.services import Dialogue
from appliance.query.tally import Tally


async def finish(dialogue: Dialogue, tally: Tally) -> None:
    """What remains when this is called was cancelled by the caller."""
    cancelled = tally.remaining > 0
    failed = tally.failed_list()
    await dialogue.answer(
        statuses.CANCEL if cancelled else tally.status(),
        tally.words,
        dataset=encode(failed, dialogue.context.transfer_syntax) if failed else b"",
        values=tally.counts(final=not cancelled),
    )
